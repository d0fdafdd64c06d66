"""Compiled parts of voting: pairwise support, exact Kemeny rankings, soft Condorcet descent."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def support(places, weights, out):
    """Add to ``out[n, n]`` the weight of ballots ``places[B, n]`` (NaN: left out) that put the row above the column."""
    for b in range(places.shape[0]):
        for i in range(places.shape[1]):
            if places[b, i] == places[b, i]:
                for j in range(places.shape[1]):
                    if places[b, i] < places[b, j]:
                        out[i, j] += weights[b]


@njit(cache=True, error_model="numpy")
def kemeny(margins, order):
    """``order int64[n]``, best first, of largest total margin: Bellman over the 2^n sets of alternatives placed first.

    Among rankings of equal value the lexicographically first in the order of the alternatives.
    """
    n = margins.shape[0]
    full = 1 << n
    best = np.empty(full)
    best[0] = 0.0
    # best[rest]: value of ordering the alternatives in rest among themselves.
    for rest in range(1, full):
        value = -np.inf
        for i in range(n):
            if rest >> i & 1:
                gain = 0.0
                for j in range(n):
                    if j != i and rest >> j & 1:
                        gain += margins[i, j]
                value = max(value, gain + best[rest & ~(1 << i)])
        best[rest] = value
    rest = full - 1
    for place in range(n):
        for i in range(n):
            if rest >> i & 1:
                gain = 0.0
                for j in range(n):
                    if j != i and rest >> j & 1:
                        gain += margins[i, j]
                if gain + best[rest & ~(1 << i)] >= best[rest] - 1e-9 * (1.0 + abs(best[rest])):
                    order[place] = i
                    rest &= ~(1 << i)
                    break


@njit(cache=True, error_model="numpy")
def soft_condorcet(share, x, iterations, sigmoid, out):
    """Descend from ``x[n]``; the best point seen goes to ``out``, its Kendall distance is returned."""
    n = x.shape[0]
    speed = np.zeros(n)
    gradient = np.empty(n)
    best = np.inf
    busiest = 0.0
    for i in range(n):
        degree = 0.0
        for j in range(n):
            degree += share[i, j] + share[j, i]
        busiest = max(busiest, degree)
    # Curvature is at most half the largest degree, so that steps of this size with momentum 0.9 cannot run away.
    rate = (3.0 if sigmoid else 1.0) / max(busiest, 1e-300)
    for step in range(iterations):
        gradient[:] = 0.0
        wrong = 0.0
        for i in range(n):
            for j in range(n):
                w = share[i, j]
                if w > 0.0:
                    p = 1.0 / (1.0 + math.exp(x[i] - x[j]))
                    g = w * p * (1.0 - p) if sigmoid else w * p
                    gradient[i] -= g
                    gradient[j] += g
                    wrong += w if x[j] > x[i] else (0.5 * w if x[j] == x[i] else 0.0)
        if wrong < best or (wrong == best and step == iterations - 1) or not sigmoid:
            best = wrong
            out[:] = x
        size = 0.0
        for i in range(n):
            size = max(size, abs(gradient[i]))
        if size < 1e-12:
            break
        for i in range(n):
            speed[i] = 0.9 * speed[i] - rate * gradient[i]
            x[i] = min(max(x[i] + speed[i], -50.0), 50.0)
    return best
