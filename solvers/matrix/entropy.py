"""The equilibrium of largest entropy, by Newton's method on the dual program, with a bound.

Over the joint distributions x with ``rows @ x >= 0`` the entropy's dual is min over α >= 0 of log Σ exp(rowsᵀ α), and
the optimum has x ∝ exp(rowsᵀ α) (Ortiz, Schapire & Kakade 2007, "Maximum entropy correlated equilibria"). Where some
action profiles are played in no equilibrium, or constraints bind in all, that minimum is not attained. So one linear
program first finds the profiles that some equilibrium plays, and the constraints that bind in all: on the former, with
the latter's multipliers of either sign, it is attained.
"""

from __future__ import annotations

from typing import Any

import numpy as np

STEPS = 500
ENOUGH = 1e-13
"""Newton's method stops where the dual's decrement, which bounds what is left of the entropy, is below this."""


def largest_entropy(rows: Any) -> tuple[np.ndarray, float]:
    """-> (float64[joint actions], upper bound of the entropy over all x with ``rows @ x >= 0``), in nats.

    Raises:
        ArithmeticError: the linear program was not solved, or Newton's method did not converge.
    """
    support, equal = relative_interior(rows)
    inside = rows[:, support].toarray()
    factors = np.concatenate([inside[equal], inside[~equal]])
    # Dependent or empty rows would make the Hessian singular; the ridge below handles those that are left.
    keep = np.abs(factors).max(axis=1, initial=0.0) > 0.0
    free = int(keep[: equal.sum()].sum())
    x, bound = _dual_newton(factors[keep], free)
    joint = np.zeros(rows.shape[1])
    joint[support] = x
    return joint, bound


def relative_interior(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """-> (bool[joint actions]: played in some equilibrium, bool[rows]: bind in all equilibria).

    The constraints are homogeneous, so a large multiple of an interior point has every coordinate and every slack that
    can be positive at 1 at least: one linear program counts them.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    count, size = rows.shape
    identity, slack = sparse.identity(size), sparse.identity(count)
    below = sparse.bmat([[-identity, identity, None], [-rows, None, slack]], "csc")
    found = linprog(
        np.concatenate([np.zeros(size), -np.ones(size + count)]),
        below,
        np.zeros(size + count),
        bounds=[(0.0, None)] * size + [(0.0, 1.0)] * (size + count),
        method="highs-ds",
    )
    if found.status != 0:
        raise ArithmeticError(f"the linear program was not solved: {found.message}")
    return found.x[size : 2 * size] > 0.5, found.x[2 * size :] < 0.5


def _dual_newton(rows: np.ndarray, free: int) -> tuple[np.ndarray, float]:
    """min log Σ exp(rowsᵀ α), the first `free` multipliers of either sign, the others not negative.

    Projected Newton steps (Bertsekas 1982) with backtracking. -> (distribution, the dual value: an upper bound).
    """
    count = len(rows)
    alpha, bounded = np.zeros(count), np.arange(count) >= free
    value, x = _log_partition(rows, alpha)
    for _ in range(STEPS):
        gradient = rows @ x
        held = bounded & (alpha <= 1e-14) & (gradient >= 0.0)
        move = np.flatnonzero(~held)
        left = np.where(held, 0.0, gradient)
        # What complementary slackness and feasibility lack, in entropy: a certificate on its own.
        if np.abs(np.where(bounded & (left > 0.0), left * alpha, left)).sum() <= ENOUGH:
            break
        centred = rows[move] - gradient[move][:, None]
        hessian = (centred * x) @ centred.T
        ridge = 1e-14 * max(float(np.trace(hessian)), 1e-300) + 1e-3 * min(1.0, float(np.abs(left).max())) ** 2
        step = np.zeros(count)
        step[move] = -np.linalg.solve(hessian + ridge * np.eye(len(move)), gradient[move])
        size = 1.0
        while True:
            new = np.where(bounded, np.maximum(alpha + size * step, 0.0), alpha + size * step)
            new_value, new_x = _log_partition(rows, new)
            if new_value <= value + 1e-4 * gradient @ (new - alpha) or size < 1e-12:
                break
            size *= 0.5
        if size < 1e-12 or np.array_equal(new, alpha):
            break
        alpha, value, x = new, new_value, new_x
    return x, value


def _log_partition(rows: np.ndarray, alpha: np.ndarray) -> tuple[float, np.ndarray]:
    power = alpha @ rows
    top = float(power.max())
    weight = np.exp(power - top)
    total = float(weight.sum())
    return top + float(np.log(total)), weight / total
