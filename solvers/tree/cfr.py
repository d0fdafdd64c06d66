"""Counterfactual regret minimisation and its relatives: one compiled iteration, a table of schedules.

Every member keeps a regret R for each action, updated by the instantaneous counterfactual regret r of iteration t as
``R <- max(R · (positive if R > 0 else negative) + r, floor)``, plays ``max(ahead · R + predict · r, 0)`` normalised,
and returns the average of its realisation plans weighted by t^power. The members differ in these six numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import count as numbers
from typing import Any, NamedTuple

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm, Play, option_names
from . import _kernels, _parts
from .layout import layout_of

AVERAGING = {"uniform": 0.0, "linear": 1.0, "quadratic": 2.0}
"""Names of averages and the power of t that weights iteration t; ``"last"`` returns the current policy."""


class Schedule(NamedTuple):
    """How regrets are discounted; each entry a number or a function of the iterations t, float64[T]."""

    positive: float | Callable[[np.ndarray], np.ndarray] = 1.0
    """Factor of positive regrets before iteration t's are added."""
    negative: float | Callable[[np.ndarray], np.ndarray] = 1.0
    floor: float = -np.inf
    """Regrets are not kept below this."""
    ahead: float | Callable[[np.ndarray], np.ndarray] = 1.0
    """Factor of the regrets that the next policy is made of."""
    predict: float | Callable[[np.ndarray], np.ndarray] = 0.0
    """Weight of the last instantaneous regret as a prediction of the next."""
    power: float | Callable[[np.ndarray], np.ndarray] = 0.0
    """Iteration t weighs t^power in the average; a function: ∏ (s / (s - 1))^power(s) over s from 2 to t."""

    def table(self, first: int, count: int) -> np.ndarray:
        """float64[count, 6] for iterations first, first + 1, …: the rows that the compiled loop reads."""
        t = np.arange(first, first + count, dtype=np.float64)
        out = np.empty((count, 6))
        for k, entry in enumerate((self.positive, self.negative, self.floor, self.ahead, self.predict)):
            out[:, k] = entry(t) if callable(entry) else entry
        if callable(self.power):
            s = np.arange(2, first + count, dtype=np.float64)
            steps = self.power(s) * np.log(s / (s - 1))
            out[:, 5] = np.exp(np.concatenate([[0.0], np.cumsum(steps)])[first - 1 :])
        else:
            out[:, 5] = t**self.power
        return out

    def weights(self) -> Iterator[float]:
        """What iterations 1, 2, … weigh in the average."""
        for first in numbers(1, 4096):
            yield from self.table(first, 4096)[:, 5].tolist()


def discount(
    power: float | Callable[[np.ndarray], np.ndarray], shift: float = 0.0
) -> Callable[[np.ndarray], np.ndarray]:
    """t -> s^power / (s^power + 1) with s = t + shift: the discount of DCFR (Brown & Sandholm 2019, section 4).

    power: a number, or a function of s.
    """

    def factor(t: np.ndarray) -> np.ndarray:
        s = t + shift
        with np.errstate(divide="ignore", over="ignore"):
            return 1.0 / (1.0 + s ** -(power(s) if callable(power) else power))

    return factor


def cfr() -> Schedule:
    return Schedule()


def cfr_plus() -> Schedule:
    return Schedule(floor=0.0, power=1.0)


def linear_cfr() -> Schedule:
    def share(t: np.ndarray) -> np.ndarray:
        return (t - 1) / t

    return Schedule(positive=share, negative=share, power=1.0)


def dcfr(alpha: float = 1.5, beta: float = 0.0, gamma: float = 2.0) -> Schedule:
    return Schedule(positive=discount(alpha, -1), negative=discount(beta, -1), power=gamma)


def predictive_cfr_plus(gamma: float = 2.0) -> Schedule:
    return Schedule(floor=0.0, predict=1.0, power=gamma)


def dcfr_plus(alpha: float = 1.5, gamma: float = 4.0) -> Schedule:
    return Schedule(positive=discount(alpha, -1), floor=0.0, power=gamma)


def predictive_dcfr_plus(alpha: float = 2.3, gamma: float = 5.0) -> Schedule:
    return Schedule(positive=discount(alpha, -1), floor=0.0, ahead=discount(alpha), predict=1.0, power=gamma)


def ramp(start: float, end: float, horizon: int) -> Callable[[np.ndarray], np.ndarray]:
    """t -> from start at 0 straight to end at `horizon`, and there it stays.

    Raises:
        ValueError: a horizon below 1.
    """
    if not horizon >= 1:
        raise ValueError(f"horizon must be at least 1, got {horizon!r}")
    return lambda t: start + (end - start) * np.minimum(t / horizon, 1.0)


def hs_dcfr(gamma: float = 15.0, horizon: int = 1000) -> Schedule:
    return Schedule(
        positive=discount(ramp(1.0, 4.0, horizon), -1),
        negative=discount(ramp(-1.0, -3.0, horizon), -1),
        power=ramp(gamma, gamma - 5.0, horizon),
    )


def hs_pcfr_plus(gamma: float = 15.0, horizon: int = 1000) -> Schedule:
    return Schedule(floor=0.0, predict=1.0, power=ramp(gamma, gamma - 5.0, horizon))


def hs_pdcfr(gamma: float = 12.0, horizon: int = 1000) -> Schedule:
    """Found by random search on Leduc poker at 1000 iterations: discounts fade, and so does trust in predictions."""
    return Schedule(
        positive=discount(ramp(1.2, 5.0, horizon), -1),
        negative=0.3,
        predict=ramp(0.45, 0.05, horizon),
        power=ramp(gamma, gamma / 20.0, horizon),
    )


def check_averaging(averaging: str | None) -> None:
    """Raises ValueError where it is neither a name of `AVERAGING` nor ``"last"`` nor None."""
    if averaging is not None and averaging != "last" and averaging not in AVERAGING:
        raise ValueError(f"averaging must be one of {', '.join(map(repr, [*AVERAGING, 'last']))}; got {averaging!r}")


class Minimiser:
    """The state of a run; vectors over the places of the tree's layout, float64[size].

    Trees that are laid out in parts are swept part by part, whether by one thread or by two, so that every sum has the
    same order: the trunk and two parts that share nothing but the trunk.
    """

    def __init__(self, tree: GameTree, schedule: Schedule, alternating: bool = True, threads: int = 1):
        if not isinstance(alternating, (bool, np.bool_)):
            raise TypeError(f"alternating must be True or False, got {alternating!r}")
        if threads not in (1, 2):
            raise ValueError(f"threads must be 1 or 2, got {threads!r}")
        self.schedule, self.alternating, self.threads = schedule, alternating, threads
        self.layout = layout_of(tree)
        self.policy = self.layout.place(behaviour(tree, np.ones(tree.num_sequences)))
        self.regret, self.plan, self.average, self.grad = np.zeros((4, self.layout.size))
        self.scratch = self.layout.scratch()
        self.done = 0
        _kernels.plans(self.layout.arrays, self.policy, self.plan, self.scratch)

    def advance(self, point: int) -> None:
        """Runs until `point` iterations are done."""
        while self.done < point:
            count = min(point - self.done, 4096)
            table = self.schedule.table(self.done + 1, count)
            self.average[self.layout.player_start[:-1]] += table[:, 5].sum()  # kernels leave empty sequences alone
            if len(self.layout.parts):
                self._sweep_in_parts(table)
            else:
                _kernels.regret_iterations(
                    *(table, self.alternating, self.layout.arrays),
                    *(self.policy, self.regret, self.plan, self.average, self.grad, self.scratch),
                )
            self.done += count

    def _sweep_in_parts(self, table: np.ndarray) -> None:
        """Between two meetings a thread goes down a part's information sets for the players that the trunk has just
        updated, and up again for those that come next."""
        layout, places = self.layout, self.layout.part_places
        vectors = self.policy, self.regret, self.plan, self.average, self.grad
        spare = np.empty_like(self.scratch)

        def parts(pool: ThreadPoolExecutor | None, down: int, weight: float, up: int, row: np.ndarray) -> None:
            def share(part: int, scratch: np.ndarray) -> None:
                ranges = layout.parts[part], places[part]
                _parts.part_step(down, weight, up, row, *ranges, layout.arrays, *vectors, scratch)

            if pool is None:
                share(1, self.scratch)
                share(2, spare)
            else:
                other = pool.submit(share, 2, spare)
                share(1, self.scratch)
                other.result()

        down, weight = 0, 0.0
        self.grad[:] = 0.0
        with ThreadPoolExecutor(1) if self.threads == 2 else nullcontext() as pool:
            for row in table:
                for up in (1, 2) if self.alternating else (3,):
                    parts(pool, down, weight, up, row)
                    _parts.trunk_step(up, row, layout.parts[0], places[0], layout.arrays, *vectors, self.scratch)
                    down, weight = up, float(row[5])
            parts(pool, down, weight, 0, table[-1])


def regret_minimisation(
    tree: GameTree,
    points: Iterable[int],
    schedule: Schedule,
    *,
    alternating: bool = True,
    averaging: str | None = None,
    threads: int = 1,
) -> Iterator[tuple[int, np.ndarray]]:
    """Runs a schedule and yields (iteration, behaviour profile float64[S]) at each of the growing `points`.

    alternating: players update one after the other, each against the others' newest policy; else all at once.
    averaging: a name of `AVERAGING` or ``"last"`` instead of the schedule's own.
    threads: 1 or 2; two share the sweeps of large two-player trees, with the same result bit for bit.

    Raises:
        ValueError: an unknown averaging, or threads other than 1 and 2.
    """
    check_averaging(averaging)
    if averaging in AVERAGING:
        schedule = schedule._replace(power=AVERAGING[averaging])
    run = Minimiser(tree, schedule, alternating, threads)
    position = run.layout.position
    for point in points:
        run.advance(point)
        if averaging == "last" or run.done == 0:
            yield run.done, run.policy[position]
        else:
            yield run.done, behaviour(tree, run.average[position])


def behaviour(tree: GameTree, plan: np.ndarray) -> np.ndarray:
    """The behaviour profile of a realisation plan up to scale, float64[S]; uniform where the plan has no mass."""
    inner = tree.sequence_infoset >= 0
    at = tree.sequence_infoset[inner]
    total = np.bincount(at, weights=plan[inner], minlength=tree.num_infosets)[at]
    out = np.ones(tree.num_sequences)
    with np.errstate(divide="ignore", invalid="ignore"):
        out[inner] = np.where(total > 0.0, plan[inner] / total, 1.0 / tree.infoset_count[at])
    return out


NO_REGRET = (
    "two-player zero-sum: the average converges to a Nash equilibrium, gap O(1/√T); "
    "other games: no regret (a coarse correlated equilibrium in play), no claim about Nash"
)


COMMON = ("alternating", "averaging", "threads")
"""Options of the whole family."""


def _member(name: str, title: str, reference: str, guarantee: str = NO_REGRET) -> Algorithm:
    schedule = SCHEDULES[name]

    def run(
        tree: GameTree,
        points: Iterable[int],
        seed: int | np.random.Generator = 0,
        alternating: bool = True,
        averaging: str | None = None,
        threads: int = 1,
        **parameters: float,
    ) -> Iterator[tuple[int, np.ndarray]]:
        for option, value in parameters.items():
            if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
                raise ValueError(f"{option} must be a finite number, got {value!r}")
        made = schedule(**parameters)
        return regret_minimisation(tree, points, made, alternating=alternating, averaging=averaging, threads=threads)

    def play(options: Mapping[str, Any]) -> Play:
        made = schedule(**{k: v for k, v in options.items() if k not in COMMON})
        averaging = options.get("averaging")
        power = AVERAGING.get(averaging, made.power) if averaging else made.power
        return Play({**options, "averaging": "last"}, made._replace(power=power).weights())

    options = (*COMMON, *option_names(schedule))
    return Algorithm(name, title, "full width", guarantee, reference, run, options, play=play)


HS = "Zhang, McAleer & Sandholm 2024, 'Faster game solving via hyperparameter schedules'"

SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "cfr": cfr,
    "cfr+": cfr_plus,
    "lcfr": linear_cfr,
    "dcfr": dcfr,
    "pcfr+": predictive_cfr_plus,
    "dcfr+": dcfr_plus,
    "pdcfr+": predictive_dcfr_plus,
    "hs_dcfr": hs_dcfr,
    "hs_pcfr+": hs_pcfr_plus,
    "hs_pdcfr": hs_pdcfr,
}

ALGORITHMS = (
    _member("cfr", "Counterfactual regret minimisation", "Zinkevich et al. 2007"),
    _member("cfr+", "CFR+", "Tammelin 2014; Bowling et al. 2015"),
    _member("lcfr", "Linear CFR", "Brown & Sandholm 2019"),
    _member("dcfr", "Discounted CFR", "Brown & Sandholm 2019"),
    _member("pcfr+", "Predictive CFR+", "Farina, Kroer & Sandholm 2021"),
    _member("dcfr+", "Discounted CFR+", "Xu et al. 2024, 'Minimizing weighted counterfactual regret'"),
    _member("pdcfr+", "Predictive discounted CFR+", "Xu et al. 2024"),
    _member("hs_dcfr", "DCFR with hyper-parameter schedules", HS, "none proven"),
    _member("hs_pcfr+", "Predictive CFR+ with a hyper-parameter schedule", HS),
    _member(
        "hs_pdcfr",
        "Predictive DCFR with hyper-parameter schedules",
        "this project; after Zhang et al. 2024 and Xu et al. 2024",
        "none proven",
    ),
)
