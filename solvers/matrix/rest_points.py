"""Rest points of the replicator dynamics, and how stable they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from typing import Any

import numpy as np

from .evolution import DYNAMICS, PopulationGame, State, checked_state, field, population_game
from .profile import StrategicForm

MOST_SUPPORTS = 20_000
TOLERANCE = 1e-9
"""Real parts of eigenvalues and gains, in units of the range of payoffs, that count as zero."""


@dataclass(frozen=True, eq=False)
class RestPoint:
    """A state that does not move.

    Attributes:
        state: for each population float64[A_p].
        eigenvalues: complex128[ΣA - populations], of the linearised dynamics on the simplex's tangent space, by falling
            real part.
        nash: whether it is a Nash equilibrium.
        isolated: False where rest points of the same support form a continuum; this is an inner one of them.
    """

    state: State
    eigenvalues: np.ndarray
    nash: bool
    isolated: bool
    scale: float

    @property
    def kind(self) -> str:
        """``"stable"`` (asymptotically), ``"saddle"``, ``"unstable"`` or ``"neutral"``: by the eigenvalues' real parts;
        ``"neutral"`` where the largest is zero, which leaves the question open."""
        real = self.eigenvalues.real
        if not real.size or real.max() < -TOLERANCE * self.scale:
            return "stable"
        if real.max() <= TOLERANCE * self.scale:
            return "neutral"
        return "saddle" if real.min() < -TOLERANCE * self.scale else "unstable"


def rest_points(game: Any, populations: int | None = None) -> list[RestPoint]:
    """All rest points of the replicator dynamics: for each support, the states where its actions pay the same.

    They are the fully mixed equilibria of all restricted games. A Lyapunov-stable one is a Nash equilibrium of the
    whole game (Bomze 1986): the others have an eigenvalue with a positive real part.

    Args:
        game: as for `evolve`.
        populations: as for `evolve`.

    Raises:
        ValueError: no game, or more than 20,000 supports.
    """
    arena = population_game(game, populations)
    number = float(np.prod([2.0**n - 1.0 for n in arena.counts]))
    if number > MOST_SUPPORTS:
        raise ValueError(f"rest_points looks at every support: at most {MOST_SUPPORTS}, and here are {number:.0f}")
    find = _of_one if arena.single else _of_two if len(arena.counts) == 2 else _of_more
    scale = float(np.ptp(arena.payoffs)) or 1.0
    found = []
    for state, isolated in find(arena):
        worths = arena.worth(state)
        nash = all(float(w.max() - w @ x) <= TOLERANCE * scale for w, x in zip(worths, state))
        found.append(RestPoint(state, _eigenvalues(arena, state), nash, isolated, scale))
    return found


def stability(
    game: Any, state: Any, dynamics: str = "replicator", *, populations: int | None = None, **options: Any
) -> np.ndarray:
    """complex128[ΣA - populations]: the eigenvalues of a smooth dynamic, linearised at a state, on the simplex's
    tangent space, by falling real part.

    Args:
        dynamics: ``"replicator"``, ``"imitation"`` or ``"logit"``; options as for `evolve`.

    Raises:
        ValueError: a dynamic that is not differentiable, or a state that is none.
    """
    smooth = [name for name in DYNAMICS if name not in ("smith", "bnn")]
    if dynamics not in smooth:
        raise ValueError(f"stability takes differentiable dynamics ({', '.join(smooth)}), got {dynamics!r}")
    arena = population_game(game, populations)
    return _eigenvalues(arena, checked_state(arena, state), dynamics, **options)


def _eigenvalues(game: PopulationGame, state: State, dynamics: str = "replicator", **options: float) -> np.ndarray:
    """By complex steps, which lose no digits (Squire & Trapp 1998)."""
    flow = field(game.payoffs, dynamics, 1 if game.single else len(game.payoffs), **options)
    cuts = np.cumsum(game.counts)[:-1]
    flat = np.concatenate(state).astype(complex)
    step = 1e-20
    columns = [np.concatenate(flow(np.split(flat + 1j * step * unit, cuts))).imag / step for unit in np.eye(len(flat))]
    basis = np.zeros((len(flat), len(flat) - len(game.counts)))
    row = column = 0
    for n in game.counts:  # an orthonormal basis of the vectors that sum to zero, for each population
        basis[row : row + n, column : column + n - 1] = np.linalg.qr(np.eye(n)[:, 1:] - np.eye(n)[:, :1])[0]
        row, column = row + n, column + n - 1
    values = np.linalg.eigvals(basis.T @ np.stack(columns, axis=1) @ basis).astype(complex)
    return values[np.lexsort((values.imag, -values.real))]


def supports(count: int) -> Iterator[tuple[int, ...]]:
    """All sets of actions but the empty one, the small ones first."""
    return chain.from_iterable(combinations(range(count), size) for size in range(1, count + 1))


def equaliser(rows: np.ndarray, support: Sequence[int]) -> tuple[np.ndarray, bool] | None:
    """A distribution float64[n] with exactly that support, against which all rows float64[R, n] pay the same, and
    whether it is the only one; None if there is none. Of a continuum, the one whose least share is largest."""
    count, size = rows.shape[1], len(support)
    part = rows[:, list(support)]
    unit = float(np.ptp(part)) or 1.0
    system = np.vstack([(part[1:] - part[:1]) / unit, np.ones(size)])
    side = np.append(np.zeros(len(rows) - 1), 1.0)
    if np.linalg.matrix_rank(system, tol=1e-10) == size:
        inner, unique = np.linalg.lstsq(system, side, rcond=None)[0], True
        if np.abs(system @ inner - side).max() > TOLERANCE:
            return None
    else:
        from scipy.optimize import linprog

        cost = np.append(np.zeros(size), -1.0)
        least = np.hstack([-np.eye(size), np.ones((size, 1))])
        equal = np.hstack([system, np.zeros((len(system), 1))])
        found = linprog(
            cost, least, np.zeros(size), equal, side, [(0, None)] * size + [(None, None)], method="highs-ds"
        )
        if found.status != 0:
            return None
        inner, unique = found.x[:size], False
    if inner.min() <= TOLERANCE:
        return None
    whole = np.zeros(count)
    whole[list(support)] = inner / inner.sum()
    return whole, unique


def _of_one(game: PopulationGame) -> Iterator[tuple[State, bool]]:
    own = game.payoffs[0]
    for support in supports(len(own)):
        found = equaliser(own[list(support)], support)
        if found is not None:
            yield (found[0],), found[1]


def _of_two(game: PopulationGame) -> Iterator[tuple[State, bool]]:
    first, second = game.payoffs
    m, n = first.shape
    for rows, columns in product(supports(m), supports(n)):
        sides = (second[:, list(columns)].T, rows), (first[list(rows)], columns)
        harder = int(len(rows) >= len(columns))  # more equations than unknowns: it seldom has a solution
        one = equaliser(*sides[harder])
        other = equaliser(*sides[1 - harder]) if one is not None else None
        if one is not None and other is not None:
            x, y = (one, other) if harder == 0 else (other, one)
            yield (x[0], y[0]), x[1] and y[1]


def _of_more(game: PopulationGame) -> Iterator[tuple[State, bool]]:
    from .nash import nash

    for chosen in product(*(supports(n) for n in game.counts)):
        cells: tuple[Any, ...] = (slice(None), *np.ix_(*chosen))
        for profile in nash(StrategicForm(game.payoffs[cells]), "support_enumeration"):
            if all(x.min() > TOLERANCE for x in profile):
                state = []
                for n, support, x in zip(game.counts, chosen, profile):
                    whole = np.zeros(n)
                    whole[list(support)] = x
                    state.append(whole)
                yield tuple(state), True
