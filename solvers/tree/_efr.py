"""Compiled iterations of extensive-form regret minimisation."""

from __future__ import annotations

import numba as nb

from ._kernels import gradient, realise

JITTER = 1e-12
"""Rate between any two actions, relative to all others: it makes the fixed point unique and hardly moves it."""
NOTHING = 1e-11
"""What that leaves on an action of the fixed point is cut, so that memories of it weigh exactly nothing."""


@nb.njit(cache=True, error_model="numpy")
def memory_reach(memory, indptr, places, policy):
    """Probability that the player's policy plays the remembered actions."""
    reach = 1.0
    for i in range(indptr[memory], indptr[memory + 1]):
        reach *= policy[places[i]]
    return reach


@nb.njit(cache=True, error_model="numpy")
def stationary(n, rates, least, out):
    """The distribution out[:n] that the rates (from, to), float64[n, n], keep, each raised by `least`: Grassmann,
    Taksar & Heyman 1985, which subtracts nowhere. `rates` is consumed."""
    for i in range(n):
        for j in range(n):
            rates[i, j] += least
    for s in range(n - 1, 0, -1):
        leaving = 0.0
        for j in range(s):
            leaving += rates[s, j]
        for i in range(s):
            rates[i, s] /= leaving
            for j in range(s):
                rates[i, j] += rates[i, s] * rates[s, j]
    out[0] = total = 1.0
    for s in range(1, n):
        out[s] = 0.0
        for i in range(s):
            out[s] += out[i] * rates[i, s]
        total += out[s]
    kept = 0.0
    for s in range(n):
        out[s] = out[s] / total if out[s] > NOTHING * total else 0.0
        kept += out[s]
    for s in range(n):
        out[s] /= kept


@nb.njit(cache=True, error_model="numpy")
def efr_iterations(
    count, layout, memories, policy, plan, regret, average, grad, rates, mixed, scratch
):  # fmt: skip
    """All players at once. memories: (first of each information set int64[I+1], indptr, places, internal bool[M],
    offset in `regret` int64[M]); rates, mixed: scratch, float64[A, A] and float64[A]."""
    player_start, groups, group_start, parents, leaves = layout
    memory_start, indptr, places, internal, offset = memories
    players = len(player_start) - 1
    for _ in range(count):
        for p in range(players):
            grad[player_start[p] : player_start[p + 1]] = 0.0
            gradient(p, plan, grad, *leaves)
        for p in range(players):
            for q in range(group_start[p + 1] - 1, group_start[p] - 1, -1):
                first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
                for k in range(width):
                    o = first + k
                    value = 0.0
                    for a in range(n):
                        value += policy[o + a * width] * grad[o + a * width]
                    for m in range(memory_start[at + k], memory_start[at + k + 1]):
                        reach = memory_reach(m, indptr, places, policy)
                        r = offset[m]
                        for b in range(n):
                            to = grad[o + b * width]
                            if internal[m]:
                                for a in range(n):
                                    i = o + a * width
                                    regret[r + a * n + b] += reach * policy[i] * (to - grad[i])
                            else:
                                regret[r + b] += reach * (to - value)
                    grad[parents[at + k]] += value
            for i in range(player_start[p], player_start[p + 1]):
                average[i] += plan[i]
            for q in range(group_start[p], group_start[p + 1]):  # from the root: memories are of the new policy
                first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
                for k in range(width):
                    for a in range(n):
                        for b in range(n):
                            rates[a, b] = 0.0
                    total = 0.0
                    for m in range(memory_start[at + k], memory_start[at + k + 1]):
                        reach = memory_reach(m, indptr, places, policy)
                        r = offset[m]
                        for a in range(n):
                            for b in range(n):
                                gain = regret[r + a * n + b] if internal[m] else regret[r + b]
                                rates[a, b] += reach * max(gain, 0.0)
                                total += reach * max(gain, 0.0)
                    if total > 0.0:
                        stationary(n, rates, JITTER * total, mixed)
                    for a in range(n):
                        policy[first + k + a * width] = mixed[a] if total > 0.0 else 1.0 / n
            realise(group_start[p], group_start[p + 1], groups, parents, policy, plan, scratch)
