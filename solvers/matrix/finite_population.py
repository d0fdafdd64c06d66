"""Evolution in one finite population: the Moran process (birth in proportion to fitness, death of anybody) and the
pairwise-comparison process (somebody compares with somebody else), simulated; fixation probabilities.

Sources: Nowak, Sasaki, Taylor & Fudenberg 2004; Traulsen, Nowak & Pacheco 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...games.streams import seed_word, stream_key
from .ess import symmetric_payoffs

PROCESSES = ("moran", "pairwise")
FITNESS = ("exponential", "linear")
MOST_SPREAD = 600.0
CHUNK = 50_000_000
"""Steps of one compiled call at most, so that a long run can be interrupted."""


@dataclass(frozen=True, eq=False)
class PopulationRun:
    """A simulated population of N individuals over S steps.

    Attributes:
        times: int64[T]: at which steps the population was looked at.
        counts: int64[T, A]: how many played each strategy then.
        visits: int64[A, N + 1]: after how many of the steps each strategy had 0, 1, …, N individuals; fewer than S in
            all where one strategy took over for good.
        steps: how many steps were taken.
    """

    times: np.ndarray
    counts: np.ndarray
    visits: np.ndarray
    steps: int

    @property
    def mean(self) -> np.ndarray:
        """float64[A]: the strategies' mean shares over all steps."""
        size = self.visits.shape[1] - 1
        return self.visits @ np.arange(size + 1) / (size * max(self.steps, 1))


def simulate_population(
    game: Any,
    process: str = "moran",
    *,
    population: int = 100,
    start: Any = None,
    steps: int = 1_000_000,
    points: int = 1001,
    selection: float = 1.0,
    mutation: float = 0.0,
    fitness: str = "exponential",
    seed: int | np.random.Generator = 0,
) -> PopulationRun:
    """Plays a process forward.

    In a step of ``"moran"`` one individual, drawn in proportion to fitness, has a child, which replaces one drawn
    uniformly (maybe its parent). In one of ``"pairwise"`` an individual copies another, both drawn uniformly, with
    probability 1 / (1 + exp(-selection × how much more the other earns)). With probability `mutation` the new strategy
    is instead any of all, drawn uniformly. Payoffs are means over the population's other members.

    Args:
        game: a symmetric two-player game, or the row player's payoffs [A, A] alone.
        population: N, the number of individuals.
        start: how many individuals play each strategy, int[A]; or shares that sum to 1, which are rounded; None is as
            even as possible.
        fitness: of the Moran process: ``"exponential"``, exp(selection × payoff), or ``"linear"``,
            1 - selection + selection × payoff, which must not be negative.

    Raises:
        ValueError: a game that is not symmetric, a start of another size, options out of their ranges.
    """
    from . import _moran

    rules = checked_process(game, process, population, selection, mutation, fitness)
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise ValueError(f"steps must be a whole number from 1, got {steps!r}")
    if not isinstance(points, (int, np.integer)) or points < 2:
        raise ValueError(f"points must be a whole number from 2, got {points!r}")
    kinds = len(rules.payoffs)
    counts = _counts(start, kinds, population)
    if kinds > 2 and rules.spread > MOST_SPREAD:
        raise ValueError(
            f"selection times the range of payoffs must be at most {MOST_SPREAD:g} in simulations of three or more "
            f"strategies, where fitness must fit into floats; got {rules.spread:g}"
        )
    times = np.unique(np.linspace(0, steps, min(points, steps + 1)).astype(np.int64))
    rows = np.empty((len(times), kinds), np.int64)
    rows[0] = counts
    visits = np.zeros((kinds, population + 1), np.int64)
    rng = np.array([stream_key(seed_word(seed), 0), 0], np.uint64)
    state: tuple[np.ndarray, ...]
    if kinds == 2:
        walk, place = _walk(rules, population, mutation), counts[:1].copy()
        advance = partial(_moran.pair_steps, *walk)
        state = (place, visits[0], rng)
    else:
        advance = partial(_moran.steps, *rules.kernel(population), mutation, rules.refresh)
        state = (counts, visits, np.zeros(kinds), rng)
    done = 0
    for k, gap in enumerate(np.diff(times)):
        left = int(gap)
        while left > 0:
            asked = min(left, CHUNK)
            taken = advance(asked, *state)
            done += taken
            left = 0 if taken < asked else left - taken
        rows[k + 1] = (place[0], population - place[0]) if kinds == 2 else counts
    if kinds == 2:
        visits[1] = visits[0, ::-1]
    return PopulationRun(times, rows, visits, done)


def _walk(rules: Process, population: int, mutation: float) -> tuple[np.ndarray, np.ndarray]:
    """For two strategies float64[N + 1] each, by how many play the first: the probability that they become one more,
    and that their number changes."""
    changes = np.array(
        [change_probabilities(rules, np.array([k, population - k]), mutation) for k in range(population + 1)]
    )
    return changes[:, 0, 1].copy(), changes[:, 0, 1] + changes[:, 1, 0]


@dataclass(frozen=True, eq=False)
class Process:
    payoffs: np.ndarray
    process: str
    selection: float
    fitness: str

    def kernel(self, size: int) -> tuple[np.ndarray, np.ndarray, int, int, float]:
        """What the compiled steps of a population begin with. Pairwise comparison is written in exponential fitness,
        whose ratios are what it looks at."""
        kind = 0 if self.process == "pairwise" else FITNESS.index(self.fitness)
        columns = self.payoffs.T
        change = self.selection * (columns[:, None] - columns) / (size - 1.0)
        with np.errstate(over="ignore"):  # where it overflows it is not used: see `refresh`
            change = np.exp(change) if kind == 0 else change
        return self.payoffs, np.ascontiguousarray(change), PROCESSES.index(self.process), kind, self.selection

    @property
    def refresh(self) -> int:
        """After how many changes fitness is computed afresh: at once where its range is near that of floats."""
        return 1024 if self.spread < MOST_SPREAD / 2 else 1

    @property
    def spread(self) -> float:
        """The range of logarithms of exponential fitness."""
        return self.selection * float(np.ptp(self.payoffs))

    def worth(self, counts: np.ndarray) -> np.ndarray:
        """float64[A]: each strategy's mean payoff against the others."""
        return (self.payoffs @ counts - np.diag(self.payoffs)) / (counts.sum() - 1)


def checked_process(
    game: Any, process: str, population: int, selection: float, mutation: float = 0.0, fitness: str = "exponential"
) -> Process:
    payoffs = np.array(symmetric_payoffs(game), np.float64, order="C")  # writable, as the kernels take it
    if process not in PROCESSES:
        raise ValueError(f"process must be 'moran' or 'pairwise', got {process!r}")
    if fitness not in FITNESS:
        raise ValueError(f"fitness must be 'exponential' or 'linear', got {fitness!r}")
    if not isinstance(population, (int, np.integer)) or population < 2:
        raise ValueError(f"population must be a whole number from 2, got {population!r}")
    if not 0.0 <= mutation <= 1.0:
        raise ValueError(f"mutation must be from 0 to 1, got {mutation!r}")
    if not 0.0 <= selection < np.inf:
        raise ValueError(f"selection must be finite and 0 or more, got {selection!r}")
    if process == "moran" and fitness == "linear":
        least = 1.0 - selection + selection * float(payoffs.min())
        if selection > 1.0 or least < 0.0 or 1.0 - selection + selection * float(payoffs.max()) <= 0.0:
            raise ValueError(
                f"linear fitness needs selection up to 1 and 1 - selection + selection x payoff at least 0; the "
                f"worst is {least:g} at selection {selection:g}"
            )
    return Process(payoffs, process, float(selection), fitness)


def _counts(start: Any, kinds: int, population: int) -> np.ndarray:
    if start is None:
        start = np.full(kinds, 1.0 / kinds)
    given = np.array(start, np.float64)
    if given.shape != (kinds,) or not np.isfinite(given).all() or (given < 0.0).any():
        raise ValueError(f"start must hold {kinds} numbers, 0 or more, got {start!r}")
    if abs(given.sum() - 1.0) < 1e-6 and population > 1:
        shares = given * population
        counts = np.floor(shares + 1e-9).astype(np.int64)
        # The largest remainders get the individuals that are left.
        counts[np.argsort(counts - shares, kind="stable")[: population - counts.sum()]] += 1
        return counts
    counts = given.astype(np.int64)
    if (counts != given).any() or counts.sum() != population:
        raise ValueError(
            f"start must be whole numbers that sum to {population}, or shares that sum to 1, got {start!r}"
        )
    return counts


def change_probabilities(rules: Process, counts: np.ndarray, mutation: float) -> np.ndarray:
    """float64[A, A]: the probability that one more plays the row's strategy and one less the column's."""
    size, kinds = counts.sum(), len(counts)
    worth, shares = rules.worth(counts), counts / counts.sum()
    if rules.process == "moran":
        if rules.fitness == "linear":
            weight = counts * (1.0 - rules.selection + rules.selection * worth)
        else:
            weight = counts * np.exp(rules.selection * (worth - worth[counts > 0].max()))
        found = (weight / weight.sum())[:, None] * shares
    else:
        from scipy.special import expit

        found = counts[:, None] / (size - 1.0) * shares * expit(rules.selection * (worth[:, None] - worth))
    found = (1.0 - mutation) * found + mutation * shares / kinds
    np.fill_diagonal(found, 0.0)
    return found


def fixation_probability(
    game: Any,
    mutant: int = 1,
    resident: int = 0,
    *,
    population: int = 100,
    mutants: int = 1,
    process: str = "moran",
    selection: float = 1.0,
    fitness: str = "exponential",
) -> float:
    """The probability that `mutants` players of one strategy take a population of another over, without mutation.

    Exact: 1 / (1 + Σ_k Π_j T-/T+) (Nowak et al. 2004, equation 2), summed in logarithms. Neutral: mutants / population.

    Raises:
        ValueError: as for `simulate_population`, and where linear fitness is 0, so that nothing need happen.
    """
    rules = _pair(checked_process(game, process, population, selection, 0.0, fitness), mutant, resident)
    _mutants(mutants, population)
    steps = _log_ratios(rules, population)
    sums = np.concatenate([[0.0], np.cumsum(steps)])  # log of Π_{j <= k} T-/T+, k = 0 … N - 1
    top = sums.max()
    weights = np.exp(sums - top)
    return float(weights[:mutants].sum() / weights.sum())


def _mutants(mutants: int, population: int) -> None:
    if not isinstance(mutants, (int, np.integer)) or not 0 < mutants < population:
        raise ValueError(f"mutants must be a whole number from 1 to {population - 1}, got {mutants!r}")


def _pair(rules: Process, mutant: int, resident: int) -> Process:
    """The process among two strategies, the resident first."""
    kinds = len(rules.payoffs)
    for name, chosen in (("mutant", mutant), ("resident", resident)):
        if not isinstance(chosen, (int, np.integer)) or not 0 <= chosen < kinds:
            raise ValueError(f"{name} must be a strategy from 0 to {kinds - 1}, got {chosen!r}")
    if mutant == resident:
        raise ValueError(f"mutant and resident must differ, got {mutant} twice")
    both = np.ascontiguousarray(rules.payoffs[np.ix_([resident, mutant], [resident, mutant])])
    return Process(both, rules.process, rules.selection, rules.fitness)


def _log_ratios(rules: Process, population: int) -> np.ndarray:
    """float64[N - 1]: log(T-/T+) with 1, …, N - 1 mutants."""
    number = np.arange(1, population)
    counts = np.stack([population - number, number])
    worth = (rules.payoffs @ counts - np.diag(rules.payoffs)[:, None]) / (population - 1)
    if rules.process == "moran" and rules.fitness == "linear":
        weight = 1.0 - rules.selection + rules.selection * worth
        if (weight <= 0.0).any():
            raise ValueError("linear fitness must be positive for a fixation probability; choose a smaller selection")
        return np.log(weight[0]) - np.log(weight[1])
    return rules.selection * (worth[0] - worth[1])


def simulate_fixation(
    game: Any,
    mutant: int = 1,
    resident: int = 0,
    *,
    population: int = 100,
    mutants: int = 1,
    runs: int = 1000,
    process: str = "moran",
    selection: float = 1.0,
    fitness: str = "exponential",
    seed: int | np.random.Generator = 0,
    most_steps: int = 10**9,
) -> float:
    """The share of simulated populations that the mutants take over; arguments as for `fixation_probability`.

    Raises:
        ArithmeticError: a run lasted more than `most_steps`.
    """
    from . import _moran

    rules = _pair(checked_process(game, process, population, selection, 0.0, fitness), mutant, resident)
    _mutants(mutants, population)
    rng = np.array([stream_key(seed_word(seed), 0), 0], np.uint64)
    won = _moran.fixations(*_walk(rules, population, 0.0), population - mutants, runs, most_steps, rng)
    if won < 0:
        raise ArithmeticError(f"a population was still mixed after {most_steps} steps: use fixation_probability")
    return won / runs
