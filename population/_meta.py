"""Compiled projected replicator dynamics for any number of players."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True, error_model="numpy")
def project(x, floor):
    """Moves x float64[n], in place, to the nearest point of {x >= floor, sum x = 1} (Michelot 1986)."""
    free, total = x.size, 0.0
    for i in range(x.size):
        x[i] -= floor
        total += x[i]
    cut = (total - 1.0 + x.size * floor) / free
    while True:
        count, total = 0, 0.0
        for i in range(x.size):
            if x[i] > cut:
                count += 1
                total += x[i]
        cut = (total - 1.0 + x.size * floor) / count
        if count == free:
            break
        free = count
    for i in range(x.size):
        x[i] = floor + max(x[i] - cut, 0.0)


@nb.njit(cache=True, error_model="numpy")
def projected_replicator(payoffs, sizes, iterations, step, floor, out):
    """Adds up the players' strategies over all iterations. payoffs: float64[P, profiles], in C order of the players'
    members; sizes: int64[P]; out: float64[sum of sizes], player after player."""
    players, profiles = payoffs.shape
    start = np.zeros(players + 1, np.int64)
    for p in range(players):
        start[p + 1] = start[p] + sizes[p]
    now, worth = np.empty(start[players]), np.empty(start[players])
    digit = np.zeros(players, np.int64)
    for p in range(players):
        now[start[p] : start[p + 1]] = 1.0 / sizes[p]
    for _ in range(iterations):
        worth[:] = 0.0
        digit[:] = 0
        for cell in range(profiles):
            for p in range(players):
                reach = payoffs[p, cell]
                for q in range(players):
                    if q != p:
                        reach *= now[start[q] + digit[q]]
                worth[start[p] + digit[p]] += reach
            q = players - 1
            while q >= 0:
                digit[q] += 1
                if digit[q] < sizes[q]:
                    break
                digit[q] = 0
                q -= 1
        for p in range(players):
            x, u = now[start[p] : start[p + 1]], worth[start[p] : start[p + 1]]
            mean = 0.0
            for k in range(x.size):
                mean += x[k] * u[k]
            for k in range(x.size):
                x[k] += step * x[k] * (u[k] - mean)
            project(x, floor)
        out += now
