"""Compiled iterations of VAD-CFR."""

from __future__ import annotations

import numba as nb
import numpy as np

from ._kernels import gradient, realise


@nb.njit(cache=True, error_model="numpy")
def vad_iterations(done, count, start, layout, policy, regret, volatility, weight, plan, average, grad, scratch):
    """Iterations done + 1, … with players alternating.

    regret, policy, plan, average: float64[size], in and out; volatility, weight: float64[I] in the layout's order.
    """
    player_start, groups, group_start, parents, leaves = layout
    for t in range(done + 1, done + count + 1):
        ahead = 1.0 / (1.0 + t / 100.0)
        for p in range(len(player_start) - 1):
            grad[player_start[p] : player_start[p + 1]] = 0.0
            gradient(p, plan, grad, *leaves)
            for q in range(group_start[p + 1] - 1, group_start[p] - 1, -1):
                first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
                for k in range(width):
                    o, end = first + k, first + k + n * width
                    value = 0.0
                    for i in range(o, end, width):
                        value += policy[i] * grad[i]
                    largest = 0.0
                    for i in range(o, end, width):
                        largest = max(largest, abs(grad[i] - value))
                    v = 0.9 * volatility[at + k] + 0.1 * largest
                    volatility[at + k] = v
                    kept = (t - 1.0) ** max(0.1, 1.5 - 0.5 * v)
                    lost = (t - 1.0) ** (-0.1 - 0.5 * v) if t > 1 else np.inf
                    positive = kept / (kept + 1.0)
                    negative = lost / (lost + 1.0) if t > 1 else 1.0
                    total, size = 0.0, 0.0
                    for i in range(o, end, width):
                        now = grad[i] - value
                        if now > 0.0:
                            now *= 1.1
                        regret[i] = max(regret[i] * (positive if regret[i] > 0.0 else negative) + now, -20.0)
                        size = max(size, abs(regret[i]))
                        policy[i] = max(regret[i] + ahead * now, 0.0) ** 1.5
                        total += policy[i]
                    for i in range(o, end, width):
                        policy[i] = policy[i] / total if total > 0.0 else 1.0 / n
                    grad[parents[at + k]] += value
                    if t > start:
                        weight[at + k] = t ** min(4.0, 2.0 + 1.5 * v) * (1.0 + np.sqrt(size / 2.0)) / (1.0 + size**1.5)
            for q in range(group_start[p], group_start[p + 1]):
                first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
                if t > start:
                    for a in range(n):
                        o = first + a * width
                        for k in range(width):
                            average[o + k] += weight[at + k] * plan[o + k]
            realise(group_start[p], group_start[p + 1], groups, parents, policy, plan, scratch)
