"""One equilibrium of any number of players by simplicial subdivision.

Zeros of H(z) = x + u(x) - z, where x is z's projection onto the simplices and u(x) what each action pays against it,
are the points z = x + u(x) of equilibria x (Gül, Pearce & Stacchetti 1993). Zeros of H's piecewise linear
interpolations on ever finer triangulations are found by Merrill's restart algorithm (Merrill 1972; Eaves 1976): between
level 0, where the map is z0 - z, and level 1, where it is H, complementary pivoting walks from simplex to simplex of
Kuhn's triangulation of R^N x [0, 1].
"""

from __future__ import annotations

import numpy as np

from .nash import NashMethod
from .polish import polished
from .profile import Profile, StrategicForm, certified_regret, deviation_payoffs

GOOD = 1e-10


def simplicial(
    form: StrategicForm, *, seed: int | np.random.Generator = 0, rounds: int = 40, max_pivots: int = 500_000
) -> list[Profile]:
    """Halves the mesh round by round, starts each at the last one's solution, and finishes by Newton's method.

    Args:
        seed: of the first starting point.
        max_pivots: in all.

    Raises:
        ArithmeticError: that many rounds or pivots were not enough.
    """
    rng = np.random.default_rng(seed)
    z = np.concatenate([rng.dirichlet(np.ones(n)) for n in form.counts])
    mesh, pivots = 0.5, 0
    regret = np.inf
    for _ in range(rounds):
        z, used = _walk(form, z, mesh, max_pivots - pivots, rng)
        pivots += used
        x = polished(form, _projected(form, z))
        regret = certified_regret(form.scaled, x)[0]
        if regret <= GOOD:
            return [Profile.of(form, x, method="simplicial")]
        mesh *= 0.5
    raise ArithmeticError(f"a regret of {regret:.3g} of the range of payoffs is left after {rounds} rounds")


def _projected(form: StrategicForm, z: np.ndarray) -> list[np.ndarray]:
    """The nearest point of the product of simplices."""
    out = []
    for part in np.split(z, np.cumsum(form.counts)[:-1]):
        order = np.sort(part)[::-1]
        levels = (np.cumsum(order) - 1.0) / np.arange(1, len(part) + 1)
        x = np.maximum(part - levels[np.flatnonzero(order > levels)[-1]], 0.0)
        out.append(x / x.sum())
    return out


def _walk(
    form: StrategicForm, start: np.ndarray, mesh: float, most: int, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    """-> (a zero of H's interpolation, pivots)."""
    n = len(start)
    # The triangulation is shifted so that the start lies inside a facet of level 0, at random weights.
    weights = rng.dirichlet(np.full(n + 1, 5.0))
    order = [*rng.permutation(n).tolist(), n]
    base = np.zeros(n + 1, np.int64)
    steps = np.cumsum(np.eye(n, dtype=np.int64)[order[:n]], axis=0)
    origin = start - mesh * (weights[1:] @ steps)

    def label(vertex: np.ndarray) -> np.ndarray:
        z = origin + mesh * vertex[:n]
        if vertex[n] == 0:
            return np.append(start - z, 1.0)
        x = _projected(form, z)
        worth = [deviation_payoffs(t, x, i) for i, t in enumerate(form.scaled)]
        return np.append(np.concatenate(x) + np.concatenate(worth) - z, 1.0)

    vertices = [base, *(np.append(s, 0) for s in steps)]
    labels = np.column_stack([label(v) for v in vertices])
    inverse = np.linalg.inv(labels)
    entering = vertices[-1].copy()
    entering[n] = 1
    simplex = [*vertices, entering]  # along the order of steps
    columns: list[int | None] = [*range(n + 1), None]  # where each vertex's label stands in the basis
    pivots = 0
    side = np.append(np.zeros(n), 1.0)
    while pivots < most:
        new = columns.index(None)
        coming = label(simplex[new])
        direction, share = inverse @ coming, inverse @ side
        rows = np.flatnonzero(direction > 1e-13)
        row = int(rows[np.argmin(np.maximum(share[rows], 0.0) / direction[rows])])
        labels[:, row] = coming
        pivots += 1
        if pivots % 50 == 0:
            inverse = np.linalg.inv(labels)
        else:
            source = inverse[row] / direction[row]
            inverse -= np.outer(direction, source)
            inverse[row] = source
        out = columns.index(row)
        columns[new], columns[out] = row, None
        if all(v[n] == 1 for k, v in enumerate(simplex) if k != out):
            share = np.maximum(np.linalg.solve(labels, side), 0.0)
            points = np.array([simplex[columns.index(k)][:n] for k in range(n + 1)])
            return origin + mesh * (share / share.sum()) @ points, pivots
        _replace(simplex, columns, order, out)
        if not 0 <= simplex[columns.index(None)][n] <= 1:
            raise ArithmeticError("the walk left the triangulation: rounding won")
    raise ArithmeticError(f"the walk at mesh {mesh:.3g} has more than {most:,} pivots")


def _replace(simplex: list[np.ndarray], columns: list[int | None], order: list[int], out: int) -> None:
    """Reflects one vertex across the others, in Kuhn's triangulation."""
    last = len(simplex) - 1
    if out == 0:
        order.append(order.pop(0))
        simplex.append(_moved(simplex[-1], order[-1], 1))
        simplex.pop(0)
        columns.append(columns.pop(0))
    elif out == last:
        order.insert(0, order.pop())
        simplex.insert(0, _moved(simplex[0], order[0], -1))
        simplex.pop()
        columns.insert(0, columns.pop())
    else:
        order[out - 1], order[out] = order[out], order[out - 1]
        simplex[out] = _moved(simplex[out - 1], order[out - 1], 1)


def _moved(vertex: np.ndarray, axis: int, by: int) -> np.ndarray:
    moved = vertex.copy()
    moved[axis] += by
    return moved


METHODS = (
    NashMethod(
        "simplicial",
        "simplicial subdivision",
        "one",
        "one equilibrium of any game, if enough rounds and pivots are allowed",
        "Merrill 1972; Eaves 1976; van der Laan & Talman 1982",
        simplicial,
    ),
)
