"""Compiled scores of forecasts."""

from __future__ import annotations

import math

from numba import njit


@njit(cache=True, error_model="numpy")
def score(match_starts, ranks, win, start, target, loss, brier, hit, overlap):
    """Per match from ``start`` on: log-loss, Brier, hit, rank-biased overlap; ``target[T]`` is the shared first place.

    Probabilities are kept above 1e-15 in the logarithm.
    """
    for m in range(start, match_starts.shape[0] - 1):
        lo, hi = match_starts[m], match_starts[m + 1]
        firsts = 0
        best = -1.0
        favourites = 0
        for t in range(lo, hi):
            firsts += ranks[t] == 0
            if win[t] > best + 1e-12:
                best, favourites = win[t], 1
            elif win[t] >= best - 1e-12:
                favourites += 1
        a = b = c = 0.0
        for t in range(lo, hi):
            y = 1.0 / firsts if ranks[t] == 0 else 0.0
            target[t] = y
            if y > 0.0:
                a -= y * math.log(max(win[t], 1e-15))
            b += 0.5 * (win[t] - y) ** 2
            if win[t] >= best - 1e-12:
                c += y / favourites
        loss[m - start], brier[m - start], hit[m - start] = a, b, c
        overlap[m - start] = _overlap(ranks[lo:hi], win[lo:hi])


@njit(cache=True, error_model="numpy")
def _overlap(ranks, win):
    """Rank-biased overlap of two whole rankings, p = 0.9, scaled so that equal rankings give 1; ties share places."""
    n = ranks.shape[0]
    total = 0.0
    norm = 0.0
    weight = 1.0
    for depth in range(1, n + 1):
        both = 0.0
        for t in range(n):
            above = 0
            same = 0
            for u in range(n):
                above += win[u] > win[t]
                same += win[u] == win[t]
            tied = 0
            for u in range(n):
                tied += ranks[u] == ranks[t]
            # Share of this team that stands within the first ``depth`` places of either ranking.
            p = min(max((depth - above) / same, 0.0), 1.0)
            q = min(max((depth - ranks[t]) / tied, 0.0), 1.0)
            both += min(p, q)
        total += weight * both / depth
        norm += weight
        weight *= 0.9
    return total / norm
