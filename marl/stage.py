"""Stage games of Markov games: small games in strategic form, solved afresh whenever a table has changed."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import linprog


def correlated(payoffs: np.ndarray) -> np.ndarray:
    """The correlated equilibrium of greatest total payoff (Greenwald and Hall 2003, uCE), by linear programming.

    payoffs: float64[P, A_1, ..., A_P] -> joint distribution float64[A_1, ..., A_P].
    """
    shape = payoffs.shape[1:]
    rows = []
    for player, count in enumerate(shape):
        mine = np.moveaxis(payoffs[player], player, 0)
        for told, other in itertools.permutations(range(count), 2):
            loss = np.zeros_like(mine)
            loss[told] = mine[other] - mine[told]  # what deviating gains must not be positive on average
            rows.append(np.moveaxis(loss, 0, player).ravel())
    size = int(np.prod(shape))
    limits = {"A_ub": np.array(rows), "b_ub": np.zeros(len(rows))} if rows else {}
    found = linprog(-payoffs.sum(axis=0).ravel(), A_eq=np.ones((1, size)), b_eq=[1.0], bounds=(0, 1), **limits)
    joint = np.clip(found.x, 0.0, None)
    return (joint / joint.sum()).reshape(shape)


def nash(payoffs: np.ndarray) -> np.ndarray:
    """A Nash equilibrium of two players, as the product distribution float64[A, B].

    Of the pure ones the one of greatest total payoff; without a pure one the first that equal supports give.
    payoffs: float64[2, A, B].
    """
    first, second = payoffs
    pure = (first >= first.max(axis=0) - 1e-12) & (second >= second.max(axis=1, keepdims=True) - 1e-12)
    if pure.any():
        out = np.zeros(first.shape)
        out[np.unravel_index(np.where(pure, first + second, -np.inf).argmax(), out.shape)] = 1.0
        return out
    best, gap = None, np.inf
    for size in range(2, min(first.shape) + 1):
        for rows in itertools.combinations(range(first.shape[0]), size):
            for columns in itertools.combinations(range(first.shape[1]), size):
                x = _indifferent(second[np.ix_(rows, columns)].T)
                y = _indifferent(first[np.ix_(rows, columns)])
                if x is None or y is None:
                    continue
                p, q = np.zeros(first.shape[0]), np.zeros(first.shape[1])
                p[list(rows)], q[list(columns)] = x, y
                regret = max((first @ q).max() - p @ first @ q, (p @ second).max() - p @ second @ q)
                if regret < gap:
                    best, gap = np.outer(p, q), regret
                if regret <= 1e-9:
                    return np.outer(p, q)
    # only degenerate games come here: the nearest of the candidates
    return best if best is not None else np.full(first.shape, 1.0 / first.size)


def _indifferent(matrix: np.ndarray) -> np.ndarray | None:
    """The mixture of columns under which all rows of a square matrix pay the same; None where there is none."""
    n = len(matrix)
    system = np.zeros((n + 1, n + 1))
    system[:n, :n], system[:n, n], system[n, :n] = matrix, -1.0, 1.0
    try:
        found = np.linalg.solve(system, np.append(np.zeros(n), 1.0))[:n]
    except np.linalg.LinAlgError:
        return None
    return found / found.sum() if (found >= -1e-12).all() else None
