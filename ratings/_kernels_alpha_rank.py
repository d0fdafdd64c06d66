"""Stationary distributions of Markov chains whose rates span any range, by elimination without subtractions (GTH)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def stationary_log(rates, out):
    """``out[n]``: stationary law of a chain from the *logarithms* of its off-diagonal rates ``[n, n]``, destroyed.

    Grassmann, Taksar & Heyman (1985): states are eliminated from the last one; only sums and products of positive
    numbers occur, here as log-sum-exp and sums, so nothing overflows, cancels or underflows. -inf is "no transition".
    The diagonal is ignored. Work n³/3.
    """
    n = rates.shape[0]
    for k in range(n - 1, 0, -1):
        top = -np.inf
        for j in range(k):
            top = max(top, rates[k, j])
        leave = 0.0
        if top > -np.inf:
            for j in range(k):
                leave += math.exp(rates[k, j] - top)
            leave = top + math.log(leave)
        row = rates[k]
        out[k] = leave
        if top == -np.inf:
            # k leads to none of the states before it; all of them lead to it, so that it takes their mass.
            continue
        for i in range(k):
            come = rates[i, k] - leave
            if come == -np.inf:
                continue
            target = rates[i]
            for j in range(k):
                new = come + row[j]
                old = target[j]
                gap = new - old
                if gap > 37.0:
                    target[j] = new
                elif gap > -37.0:
                    target[j] = max(new, old) + math.log1p(math.exp(-abs(gap)))
    # Masses relative to state 0, in logs.
    logs = np.full(n, -np.inf)
    logs[0] = 0.0
    for k in range(1, n):
        if out[k] == 0.0 and not np.any(rates[k, :k] > -np.inf):
            best = -np.inf
            for j in range(k):
                best = max(best, logs[j] + rates[j, k])
            if best > -np.inf:
                logs[:k] = -np.inf
                logs[k] = 0.0
            continue
        top = -np.inf
        for i in range(k):
            top = max(top, logs[i] + rates[i, k])
        if top == -np.inf:
            continue
        total = 0.0
        for i in range(k):
            total += math.exp(logs[i] + rates[i, k] - top)
        logs[k] = top + math.log(total) - out[k]
    top = logs.max()
    total = 0.0
    for k in range(n):
        out[k] = math.exp(logs[k] - top)
        total += out[k]
    for k in range(n):
        out[k] /= total


@njit(cache=True, error_model="numpy")
def eliminate(rates, k, leave):
    """Take state k out of plain ``rates``: one multiple of its row for every other row."""
    row = rates[k, :k]
    for i in range(k):
        come = rates[i, k] / leave
        target = rates[i, :k]
        for j in range(target.shape[0]):
            target[j] += come * row[j]


@njit(cache=True, error_model="numpy")
def stationary_plain(rates, out):
    """:func:`stationary_log` from plain rates, all positive and within a factor 1e250: only sums inside."""
    n = rates.shape[0]
    for k in range(n - 1, 0, -1):
        leave = 0.0
        for j in range(k):
            leave += rates[k, j]
        out[k] = leave
        eliminate(rates, k, leave)
    logs = np.zeros(n)
    for k in range(1, n):
        top = -np.inf
        for i in range(k):
            top = max(top, logs[i])
        total = 0.0
        for i in range(k):
            total += math.exp(logs[i] - top) * rates[i, k]
        # The leading mass may come by a tiny rate only; then the sum is redone in logs.
        if total > 1e-250:
            logs[k] = top + math.log(total / out[k])
        else:
            best = -np.inf
            for i in range(k):
                best = max(best, logs[i] + math.log(rates[i, k]))
            total = 0.0
            for i in range(k):
                total += math.exp(logs[i] + math.log(rates[i, k]) - best)
            logs[k] = best + math.log(total) - math.log(out[k])
    top = logs.max()
    total = 0.0
    for k in range(n):
        out[k] = math.exp(logs[k] - top)
        total += out[k]
    for k in range(n):
        out[k] /= total


@njit(cache=True, error_model="numpy")
def stationary_limit(order, size, out):
    """The same in the limit alpha -> infinity of rates ``size * exp(-alpha * order)``, both ``[n, n]`` and destroyed.

    The same elimination over pairs (order, size): of a sum only the smallest order stays. ``order`` inf is "none".
    """
    n = order.shape[0]
    near = 1e-9
    leave_o = np.empty(n)
    leave_s = np.empty(n)
    for k in range(n - 1, 0, -1):
        least = np.inf
        for j in range(k):
            least = min(least, order[k, j])
        total = 0.0
        for j in range(k):
            if order[k, j] <= least + near:
                total += size[k, j]
        leave_o[k], leave_s[k] = least, total
        for i in range(k):
            if order[i, k] == np.inf or least == np.inf:
                continue
            come_o, come_s = order[i, k] - least, size[i, k] / total
            for j in range(k):
                o = come_o + order[k, j]
                if o < order[i, j] - near:
                    order[i, j], size[i, j] = o, come_s * size[k, j]
                elif o <= order[i, j] + near and o < np.inf:
                    size[i, j] += come_s * size[k, j]
    mass_o = np.full(n, np.inf)
    mass_s = np.zeros(n)
    mass_o[0], mass_s[0] = 0.0, 1.0
    for k in range(1, n):
        least = np.inf
        for i in range(k):
            least = min(least, mass_o[i] + order[i, k])
        if least == np.inf:
            continue
        total = 0.0
        for i in range(k):
            if mass_o[i] + order[i, k] <= least + near:
                total += mass_s[i] * size[i, k]
        mass_o[k], mass_s[k] = least - leave_o[k], total / leave_s[k]
    least = mass_o.min()
    total = 0.0
    for k in range(n):
        out[k] = mass_s[k] if mass_o[k] <= least + near * n else 0.0
        total += out[k]
    for k in range(n):
        out[k] /= total


@njit(cache=True, error_model="numpy")
def log_fixation(payoffs, alpha, m, out):
    """``out[s, r]``: log of the chance that a mutant r takes over a population of s, from ``payoffs[n, n]``.

    (1 - e^-u) / (1 - e^-mu) with u = alpha (payoffs[r, s] - payoffs[s, r]); 1/m at 0. NaN payoffs: -inf, never tried.
    """
    n = payoffs.shape[0]
    for s in range(n):
        for r in range(n):
            u = alpha * (payoffs[r, s] - payoffs[s, r])
            if r == s or u != u:
                out[s, r] = -np.inf
            else:
                out[s, r] = fixation(u, m)


@njit(cache=True, error_model="numpy")
def fixation(u, m):
    """log((1 - e^-u) / (1 - e^-mu)), stable for every u."""
    size = abs(u)
    if size * m < 1e-9:
        return -math.log(m) + 0.5 * (m - 1.0) * u
    # log(1 - e^-x) for x > 0, with the large factor taken out where u is negative.
    low = math.log(-math.expm1(-size)) if size < 40.0 else -math.exp(-size)
    high = math.log(-math.expm1(-m * size)) if m * size < 40.0 else 0.0
    return low - high if u > 0.0 else low - high - (m - 1.0) * size
