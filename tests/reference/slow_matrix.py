"""Slow and plain computations on payoff tensors, straight from the definitions."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import linprog


def correlated_constraints(payoffs, coarse):
    """Rows r with r @ joint >= 0 in every (coarse) correlated equilibrium, by loops over action profiles."""
    counts, rows = payoffs.shape[1:], []
    cells = list(product(*(range(n) for n in counts)))
    for p, n in enumerate(counts):
        for b in range(n):
            told = [None] if coarse else [a for a in range(n) if a != b]
            for a in told:
                row = []
                for cell in cells:
                    other = (*cell[:p], b, *cell[p + 1 :])
                    row.append(payoffs[p][cell] - payoffs[p][other] if a is None or cell[p] == a else 0.0)
                rows.append(row)
    return np.array(rows)


def correlated_optimum(payoffs, worth, coarse):
    rows = correlated_constraints(payoffs, coarse)
    size = worth.size
    found = linprog(-worth.ravel(), -rows, np.zeros(len(rows)), np.ones((1, size)), [1.0], method="highs")
    return -found.fun


def commitment_by_grid(own, other, steps):
    """The best commitment of a leader with two actions, on a grid; ties within 1e-9 go to the leader."""
    best = -np.inf
    for x in np.linspace(0.0, 1.0, steps):
        mixed = np.array([x, 1.0 - x])
        replies = mixed @ other >= (mixed @ other).max() - 1e-9
        best = max(best, (mixed @ own)[replies].max())
    return best


def harsanyi(leader, follower, prior):
    """The two-player game in which the follower chooses an action for each type."""
    plans = list(product(range(leader.shape[2]), repeat=len(prior)))
    types = range(len(prior))
    return [
        np.array([[sum(prior[t] * u[t, i, plan[t]] for t in types) for plan in plans] for i in range(u.shape[1])])
        for u in (leader, follower)
    ]


def epsilon_proper(first, second, order_rows, order_columns, epsilon):
    """Whether the strategies are ε-proper: worse actions have at most ε times the probability (Myerson 1978)."""
    for table, own, other in ((first, order_rows, order_columns), (second.T, order_columns, order_rows)):
        worth = table @ other
        for i, j in product(range(len(own)), repeat=2):
            if worth[i] < worth[j] - 1e-15 and own[i] > epsilon * own[j] * (1 + 1e-9):
                return False
    return True
