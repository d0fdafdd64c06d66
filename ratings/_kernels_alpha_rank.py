"""Stationary distributions of Markov chains whose rates span any range, by elimination without subtractions (GTH)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# A rate is x * 2^(512 e), x in [2^-256, 2^256) and e whole: sums and products of any range without logarithms.
_LOW, _HIGH = 2.0**-256, 2.0**256
_DOWN, _UP = 2.0**-512, 2.0**512
_UNIT = 512.0 * math.log(2.0)
_NEVER = -1e300  # the exponent of 0


@njit(cache=True, error_model="numpy")
def split_logs(rates, exponents):
    """Turn logarithms ``rates [n, n]`` into the pair (x in place, ``exponents``)."""
    for i in range(rates.shape[0]):
        for j in range(rates.shape[1]):
            if rates[i, j] == -np.inf:
                rates[i, j], exponents[i, j] = 0.0, _NEVER
            else:
                whole = math.floor(rates[i, j] / _UNIT + 0.5)
                rates[i, j], exponents[i, j] = math.exp(rates[i, j] - whole * _UNIT), whole


@njit(cache=True, error_model="numpy")
def add_multiple(x, e, by_x, by_e, row_x, row_e):
    """Add (by_x, by_e) times the row (row_x, row_e) to the row (x, e), in selects that compile to vectors."""
    for j in range(x.shape[0]):
        new_x = by_x * row_x[j]
        new_e = by_e + row_e[j]
        large, small = new_x >= _HIGH, new_x < _LOW
        new_x = new_x * (_DOWN if large else (_UP if small else 1.0))
        new_e = new_e + (1.0 if large else (-1.0 if small else 0.0))
        gap = new_e - e[j]
        keep = 1.0 if gap <= 0.0 else (_DOWN if gap == 1.0 else 0.0)
        take = 1.0 if gap >= 0.0 else (_DOWN if gap == -1.0 else 0.0)
        total = x[j] * keep + new_x * take
        over = total >= _HIGH
        x[j] = total * (_DOWN if over else 1.0)
        e[j] = max(e[j], new_e) + (1.0 if over else 0.0)


@njit(cache=True, error_model="numpy")
def stationary_log(rates, out):
    """``out[n]``: stationary law of a chain from the *logarithms* of its off-diagonal rates ``[n, n]``, destroyed.

    Grassmann, Taksar & Heyman (1985): states are eliminated from the last one; only sums and products of positive
    numbers occur, here with exponents of their own, so nothing overflows, cancels or underflows. -inf is "no
    transition". The diagonal is ignored. Work n³/3.
    """
    n = rates.shape[0]
    exponents = np.empty((n, n))
    split_logs(rates, exponents)
    leave = np.full(n, -np.inf)
    total_x, total_e = np.empty(1), np.empty(1)
    for k in range(n - 1, 0, -1):
        total_x[0], total_e[0] = 0.0, _NEVER
        for j in range(k):
            add_multiple(total_x, total_e, 1.0, 0.0, rates[k, j : j + 1], exponents[k, j : j + 1])
        if total_x[0] == 0.0:
            # k leads to none of the states before it; all of them lead to it, so that it takes their mass.
            continue
        leave[k] = math.log(total_x[0]) + total_e[0] * _UNIT
        for i in range(k):
            if rates[i, k] > 0.0:
                come_x, come_e = rates[i, k] / total_x[0], exponents[i, k] - total_e[0]
                if come_x >= _HIGH:
                    come_x, come_e = come_x * _DOWN, come_e + 1.0
                elif come_x < _LOW:
                    come_x, come_e = come_x * _UP, come_e - 1.0
                add_multiple(rates[i, :k], exponents[i, :k], come_x, come_e, rates[k, :k], exponents[k, :k])
    # Masses relative to state 0, in logs.
    logs = np.full(n, -np.inf)
    logs[0] = 0.0
    flow = np.empty(n)
    for k in range(1, n):
        top = -np.inf
        for i in range(k):
            come = math.log(rates[i, k]) + exponents[i, k] * _UNIT if rates[i, k] > 0.0 else -np.inf
            flow[i] = logs[i] + come
            top = max(top, flow[i])
        if top == -np.inf:
            continue
        if leave[k] == -np.inf:
            logs[:k] = -np.inf
            logs[k] = 0.0
            continue
        total = 0.0
        for i in range(k):
            total += math.exp(flow[i] - top)
        logs[k] = top + math.log(total) - leave[k]
    normalise(logs, out)


@njit(cache=True, error_model="numpy")
def normalise(logs, out):
    """``out``: the distribution whose logarithms are ``logs`` up to a constant."""
    top = logs.max()
    total = 0.0
    for k in range(logs.shape[0]):
        out[k] = math.exp(logs[k] - top)
        total += out[k]
    for k in range(logs.shape[0]):
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
    normalise(logs, out)


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
def fixation(u, m):
    """log((1 - e^-u) / (1 - e^-mu)), stable for every u."""
    size = abs(u)
    if size * m < 1e-9:
        return -math.log(m) + 0.5 * (m - 1.0) * u
    # log(1 - e^-x) for x > 0, with the large factor taken out where u is negative.
    low = math.log(-math.expm1(-size)) if size < 40.0 else -math.exp(-size)
    high = math.log(-math.expm1(-m * size)) if m * size < 40.0 else 0.0
    return low - high if u > 0.0 else low - high - (m - 1.0) * size


@njit(cache=True, error_model="numpy")
def log_fixation(gain, alpha, m):
    """Put in the place of every ``gain [n, n]`` the log of the chance that it takes over; NaN, never tried, is -inf."""
    for s in range(gain.shape[0]):
        for r in range(gain.shape[1]):
            gain[s, r] = fixation(alpha * gain[s, r], m) if gain[s, r] == gain[s, r] else -np.inf
