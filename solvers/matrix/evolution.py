"""Evolutionary dynamics: shares of actions in one population or in one for each player, over time.

`evolve` integrates the mean dynamics of Sandholm ("Population games and evolutionary dynamics", 2010, chapters 5-6) by
scipy, follows the best response inclusion segment by segment, and simulates finite populations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .ess import symmetric_payoffs
from .payoffs import payoffs_of, probabilities
from .profile import Profile, StrategicForm, deviation_payoffs

MOST_SWITCHES = 10_000
"""Where the best response dynamics stop: at an equilibrium that they circle, switches crowd without end."""

State = tuple[np.ndarray, ...]
"""For each population float64[A_p], the shares of the actions."""


@dataclass(frozen=True, eq=False)
class PopulationGame:
    """A payoff tensor, played within one population or between one population for each player."""

    payoffs: np.ndarray
    """float64[P, A0, …, A(P-1)]."""
    single: bool
    """One population, matched with itself: two players, and the game is symmetric."""

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of actions in each population."""
        return self.payoffs.shape[1:2] if self.single else self.payoffs.shape[1:]

    def worth(self, state: Sequence[np.ndarray]) -> State:
        """For each population, what each action pays against a state; complex states give complex numbers."""
        if self.single:
            return (self.payoffs[0] @ state[0],)
        return tuple(deviation_payoffs(table, state, p) for p, table in enumerate(self.payoffs))


def population_game(game: Any, populations: int | None = None) -> PopulationGame:
    """Who is matched with whom.

    Args:
        game: a `MatrixGame`, its id, payoffs [P, A0, …] or a one-shot game; a square matrix alone is the row player's
            payoff in a symmetric game.
        populations: 1 for a symmetric game of two within one population; P for one population for each player; None
            takes 1 where the game is symmetric.

    Raises:
        ValueError: payoffs that make no game, or 1 population in a game that is not symmetric.
    """
    square = not isinstance(game, str) and not hasattr(game, "num_players") and _is_matrix(game)
    if square:
        own = symmetric_payoffs(game)
        payoffs = np.stack([own, own.T])
    else:
        payoffs = payoffs_of(game)
    players = len(payoffs)
    symmetric = players == 2 and payoffs.shape[1] == payoffs.shape[2] and np.array_equal(payoffs[0], payoffs[1].T)
    if populations is None:
        return PopulationGame(payoffs, symmetric)
    if populations not in (1, players):
        raise ValueError(f"populations must be 1 or {players}, one for each player, got {populations!r}")
    if populations == 1 and not symmetric and players > 1:
        raise ValueError(
            "one population needs a symmetric game of 2 players, the second's payoffs the first's transposed; here "
            f"each of the {players} players needs a population of its own (populations={players})"
        )
    return PopulationGame(payoffs, populations == 1 and players == 2)


def _is_matrix(game: Any) -> bool:
    try:
        return np.ndim(game) == 2
    except ValueError:
        return False


def checked_state(game: PopulationGame, start: Any, seed: int | np.random.Generator = 0) -> State:
    """A state as given (for one population its shares alone do), or a random one; ValueError if it is none."""
    if start is None:
        rng = np.random.default_rng(seed)
        return tuple(rng.dirichlet(np.ones(n)) for n in game.counts)
    if len(game.counts) == 1 and np.ndim(start[0]) == 0:
        start = [start]
    if len(start) != len(game.counts):
        raise ValueError(f"start needs {len(game.counts)} states, one for each population, got {len(start)}")
    return tuple(probabilities(f"start of population {p}", x, n) for p, (x, n) in enumerate(zip(start, game.counts)))


@dataclass(frozen=True)
class Dynamics:
    """One row of the table: how shares change.

    Attributes:
        change: (shares, worth of each action) -> their rates; with `logs` the growth rates, which shares multiply.
        logs: shares are integrated as logarithms, so that absent actions stay absent and none becomes negative.
        options: the defaults of what `change` takes beside.
    """

    name: str
    reference: str
    change: Callable[..., np.ndarray]
    logs: bool = False
    options: tuple[tuple[str, float], ...] = ()


def replicator(x: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Growth by what an action pays beyond the average."""
    return worth - x @ worth


def imitation(x: np.ndarray, worth: np.ndarray, selection: float) -> np.ndarray:
    """Pairs compare; who sees more copies with probability 1 / (1 + exp(-selection × difference)): the mean of the
    ``"pairwise"`` process in large populations."""
    return np.tanh(selection / 2.0 * (worth[:, None] - worth)) @ x


def smith(x: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """From each action to each better one, in proportion to the difference."""
    gain = np.maximum(worth[:, None] - worth, 0.0)
    return gain @ x - x * gain.sum(axis=0)


def bnn(x: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """To each action in proportion to its excess over the average."""
    excess = np.maximum(worth - x @ worth, 0.0)
    return excess - x * excess.sum()


def logit(x: np.ndarray, worth: np.ndarray, noise: float) -> np.ndarray:
    """Towards perturbed best responses, softmax(worth / noise)."""
    weights = np.exp((worth - worth[worth.real.argmax()]) / noise)
    return weights / weights.sum() - x


DYNAMICS = {
    row.name: row
    for row in (
        Dynamics("replicator", "Taylor & Jonker 1978", replicator, logs=True),
        Dynamics("imitation", "Traulsen, Nowak & Pacheco 2006", imitation, logs=True, options=(("selection", 1.0),)),
        Dynamics("smith", "Smith 1984", smith),
        Dynamics("bnn", "Brown & von Neumann 1950", bnn),
        Dynamics("logit", "Fudenberg & Levine 1998", logit, options=(("noise", 0.1),)),
    )
}
FINITE = ("moran", "pairwise")
NAMES = (*DYNAMICS, "best_response", *FINITE)


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A path of T points.

    Attributes:
        dynamics: its name.
        times: float64[T]; generations of discrete dynamics, single steps of finite populations.
        states: for each population float64[T, A_p], the shares of the actions.
        game: what was played.
        unique: False where the best response dynamics allowed other paths too.
        complete: False where the path ends before the time asked for (`MOST_SWITCHES`).
    """

    dynamics: str
    times: np.ndarray
    states: tuple[np.ndarray, ...]
    game: PopulationGame
    unique: bool = True
    complete: bool = True

    @property
    def last(self) -> State:
        """The last state."""
        return tuple(x[-1] for x in self.states)

    @property
    def profile(self) -> Profile:
        """The last state as a `Profile` with its certified regret: how far it is from a Nash equilibrium."""
        last = self.last * 2 if self.game.single else self.last
        return Profile.of(StrategicForm(self.game.payoffs), last, method=self.dynamics)


def evolve(
    game: Any,
    dynamics: str = "replicator",
    *,
    start: Any = None,
    time: float = 100.0,
    points: int = 1001,
    populations: int | None = None,
    discrete: bool = False,
    seed: int | np.random.Generator = 0,
    **options: Any,
) -> Trajectory:
    """The path of one population, or of one for each player, under an evolutionary dynamic.

    Args:
        game: as for `population_game`.
        dynamics: ``"replicator"``, ``"imitation"`` (`selection`), ``"smith"``, ``"bnn"``, ``"logit"`` (`noise`),
            ``"best_response"``; ``"moran"`` and ``"pairwise"`` simulate one finite population, `time` being its number
            of steps (options of `simulate_population`: `population`, `selection`, `mutation`, `fitness`).
        start: for each population the shares of the actions; for one population also float64[A] alone; None draws
            them uniformly.
        time: how long; whole generations if `discrete`.
        points: how many points of the path are returned, evenly spaced.
        populations: see `population_game`.
        discrete: the replicator in generations, x' ∝ x × (background + worth) (Maynard Smith 1982, appendix D);
            `background` must make all of that positive, and is by default what makes the worst payoff 1.
        options: of the dynamics; `rtol` and `atol` (1e-10, 1e-12) and `method` ("LSODA") of the solver.

    Raises:
        ValueError: an unknown dynamic or option, a start that is no distribution, a game of the wrong kind.
        ArithmeticError: scipy's solver gave up.
    """
    if dynamics not in NAMES:
        raise ValueError(f"dynamics must be one of {', '.join(NAMES)}, got {dynamics!r}")
    if not 0.0 < time < np.inf:
        raise ValueError(f"time must be positive and finite, got {time!r}")
    if not isinstance(points, (int, np.integer)) or points < 2:
        raise ValueError(f"points must be a whole number from 2, got {points!r}")
    if discrete and dynamics != "replicator":
        raise ValueError(f"discrete=True goes with the replicator dynamics, not with {dynamics!r}")
    if dynamics in FINITE:
        from .finite_population import simulate_population

        _known(options, ("population", "selection", "mutation", "fitness"), dynamics)
        if populations not in (None, 1):
            raise ValueError(f"{dynamics!r} simulates one population, got populations={populations!r}")
        run = simulate_population(game, dynamics, start=start, steps=int(time), points=points, seed=seed, **options)
        shares = run.counts / run.counts[0].sum()
        return Trajectory(dynamics, run.times.astype(float), (shares,), population_game(game, 1))
    arena = population_game(game, populations)
    state = checked_state(arena, start, seed)
    if dynamics == "best_response":
        from .best_response_dynamics import best_response_path

        _known(options, (), dynamics)
        return best_response_path(arena, state, time, points)
    if discrete:
        return _generations(arena, state, time, points, **options)
    return _integrated(arena, DYNAMICS[dynamics], state, np.linspace(0.0, time, points), options)


def _known(options: dict[str, Any], allowed: Sequence[str], dynamics: str) -> None:
    for name in options:
        if name not in allowed:
            raise ValueError(f"{dynamics!r} has no option {name!r}; its options are: {', '.join(allowed) or 'none'}")


def settings(row: Dynamics, options: dict[str, Any]) -> dict[str, float]:
    """The options of a dynamic with its defaults filled in; ValueError for one that is not positive."""
    chosen = {name: options.get(name, default) for name, default in row.options}
    for name, value in chosen.items():
        if not 0.0 < value < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {value!r}")
    return chosen


def rates(game: PopulationGame, row: Dynamics, chosen: dict[str, float], state: Sequence[np.ndarray]) -> State:
    """How fast the shares change, with `chosen` options; the state may be complex."""
    worths = game.worth(state)
    found = [row.change(x, worth, **chosen) for x, worth in zip(state, worths)]
    return tuple(x * rate if row.logs else rate for x, rate in zip(state, found))


def _integrated(
    game: PopulationGame, row: Dynamics, start: State, times: np.ndarray, options: dict[str, Any]
) -> Trajectory:
    from scipy.integrate import solve_ivp

    _known(options, [*dict(row.options), "rtol", "atol", "method"], row.name)
    chosen = settings(row, options)
    solver = {"rtol": 1e-10, "atol": 1e-12, "method": "LSODA"} | {k: options[k] for k in options if k not in chosen}
    cuts = np.cumsum(game.counts)[:-1]
    with np.errstate(divide="ignore"):
        begin = np.concatenate([np.log(x) if row.logs else x for x in start])
    present = np.isfinite(begin)

    def shares(z: np.ndarray) -> list[np.ndarray]:
        """Of coordinates [T, ΣA]: logarithms up to a constant, or the shares themselves."""
        parts = np.split(z, cuts, axis=-1)
        if row.logs:
            parts = [np.exp(u - u.max(axis=-1, keepdims=True)) for u in parts]
        return [part / part.sum(axis=-1, keepdims=True) for part in parts]

    whole = begin.copy()

    def flow(_: float, z: np.ndarray) -> np.ndarray:
        whole[present] = z
        state = shares(whole)
        moved = [row.change(x, worth, **chosen) for x, worth in zip(state, game.worth(state))]
        return np.concatenate(moved)[present]

    found = solve_ivp(flow, (0.0, times[-1]), begin[present], t_eval=times, **solver)
    if not found.success:
        raise ArithmeticError(f"scipy's {solver['method']} stopped at time {found.t[-1:]}: {found.message}")
    path = np.repeat(begin[None], len(times), axis=0)
    path[:, present] = found.y.T
    if not row.logs:
        path = np.maximum(path, 0.0)
    return Trajectory(row.name, times, tuple(shares(path)), game)


def _generations(
    game: PopulationGame, start: State, time: float, points: int, background: float | None = None
) -> Trajectory:
    count = int(time)
    low = float(game.payoffs.min())
    base = 1.0 - low if background is None else background
    if not np.isfinite(base) or base + low <= 0.0:
        raise ValueError(f"background must exceed {-low:g}, minus the worst payoff, got {base!r}")
    kept = np.unique(np.linspace(0, count, points).astype(int))
    state = list(start)
    rows: list[list[np.ndarray]] = []
    for t in range(count + 1):
        if t == kept[len(rows)]:
            rows.append(state)
        grown = [x * (base + worth) for x, worth in zip(state, game.worth(state))]
        state = [x / x.sum() for x in grown]
    return Trajectory("replicator", kept.astype(float), tuple(map(np.array, zip(*rows))), game)


def field(game: Any, dynamics: str, populations: int | None = None, **options: Any) -> Callable[..., State]:
    """The vector field of a dynamic: a function of a state, for each population float64[A_p], to the rates.

    Raises:
        ValueError: an unknown dynamic or option, or one without a single-valued field.
    """
    if dynamics not in DYNAMICS:
        raise ValueError(f"dynamics with a vector field are {', '.join(DYNAMICS)}, got {dynamics!r}")
    row = DYNAMICS[dynamics]
    _known(options, list(dict(row.options)), dynamics)
    return partial(rates, population_game(game, populations), row, settings(row, options))
