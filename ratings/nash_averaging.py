"""Nash averaging (Balduzzi et al., NeurIPS 2018): ratings that no copy of an agent or task can move."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog


class NashAverage(NamedTuple):
    """Weights of the maximum-entropy equilibrium and the scores against it."""

    weights: Any  # float64[n], or for agents against tasks (float64[agents], float64[tasks])
    scores: Any  # float64[n]: expected payoff against the weights; (agents' skill, tasks' difficulty)


def nash_average(payoffs: Any) -> NashAverage:
    """Maximum-entropy Nash equilibrium of the evaluation as a zero-sum game, and everyone's payoff against it.

    - Agents against agents: ``payoffs float64[n, n]`` antisymmetric, or of constant sum (win rates: M + M' = 1), from
      which half the constant is taken. Returns ``(weights[n], scores[n])``; scores of the supporting agents are 0.
    - Agents against tasks: any other ``payoffs float64[agents, tasks]``: agents maximise, the tasks' player minimises.
      Returns ``((agents' weights, tasks' weights), (skills, difficulties))``, skills relative to the value of the game.

    No antisymmetry to the last digit is asked for: differences up to 1e-6 of the largest payoff are averaged out.
    """
    a = np.array(payoffs, np.float64)
    if a.ndim != 2 or 0 in a.shape or not np.isfinite(a).all():
        raise ValueError(f"payoffs must be a finite matrix, got shape {a.shape}")
    scale = max(np.abs(a).max(), 1e-300)
    if a.shape[0] == a.shape[1]:
        total = a + a.T
        if np.ptp(total) <= 1e-6 * scale:
            skew = (a - a.T) / 2.0
            weights = max_entropy_optimum(skew / scale)
            return NashAverage(weights, skew @ weights)
    rows = max_entropy_optimum(a / scale)
    columns = max_entropy_optimum(-a.T / scale)
    value = float(rows @ a @ columns)
    return NashAverage((rows, columns), (a @ columns - value, value - rows @ a))


def max_entropy_optimum(a: np.ndarray) -> np.ndarray:
    """float64[n]: of the row player's optimal strategies in the zero-sum game ``a[n, m]`` the one of most entropy."""
    n, m = a.shape
    # Value of the game, then a point inside the optimal set: as many constraints slack as can be (Goldman & Tucker).
    top = linprog(
        np.r_[np.zeros(n), -1.0],
        A_ub=np.c_[-a.T, np.ones(m)],
        b_ub=np.zeros(m),
        A_eq=[np.r_[np.ones(n), 0.0]],
        b_eq=[1.0],
        bounds=[(0, None)] * n + [(None, None)],
        method="highs",
    )
    value = -top.fun
    # Unknowns: s * p, s, and slack u in [0, 1] for every p_i and every column.
    inside = linprog(
        np.r_[np.zeros(n + 1), -np.ones(n + m)],
        A_ub=np.block(
            [
                [-np.eye(n), np.zeros((n, 1)), np.eye(n), np.zeros((n, m))],
                [-a.T, np.full((m, 1), value - 1e-11), np.zeros((m, n)), np.eye(m)],
            ]
        ),
        b_ub=np.zeros(n + m),
        A_eq=[np.r_[np.ones(n), -1.0, np.zeros(n + m)]],
        b_eq=[0.0],
        bounds=[(0, None)] * (n + 1) + [(0, 1)] * (n + m),
        method="highs",
    )
    slack = inside.x[n + 1 :]
    support = slack[:n] > 0.5
    loose = slack[n:] > 0.5  # columns that are worse than the value somewhere in the optimal set
    start = inside.x[:n] / inside.x[n]
    p = np.where(support, start, 0.0)
    p /= p.sum()
    tight = a.T[~loose][:, support]
    directions = null_space(np.vstack([np.ones(support.sum()), tight]), rcond=1e-9)
    if directions.shape[1] == 0:
        return p
    x = p[support]
    rows = a.T[loose][:, support]
    for barrier in 10.0 ** np.arange(0.0, -13.0, -1.0):
        for _ in range(60):
            gap = rows @ x - value
            gradient = directions.T @ (np.log(x) + 1.0 - barrier * (rows.T @ (1.0 / gap)))
            curve = directions.T @ (
                (1.0 / x)[:, None] * directions + barrier * rows.T @ ((1.0 / gap**2)[:, None] * (rows @ directions))
            )
            step = directions @ np.linalg.lstsq(curve, -gradient, rcond=None)[0]
            size = 1.0
            while (x + size * step).min() <= 0.0 or (len(gap) and (rows @ (x + size * step) - value).min() <= 0.0):
                size *= 0.5
                if size < 1e-14:
                    break
            if size < 1e-14:
                break
            x = x + 0.95 * size * step if size < 1.0 else x + step
            if np.abs(step).max() < 1e-13:
                break
    p[support] = x
    return p / p.sum()
