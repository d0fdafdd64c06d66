"""Finite populations: many steps of the Moran and the pairwise-comparison process in one compiled call."""

from __future__ import annotations

import numba as nb
import numpy as np

from ...games._streams import draw, draw_below

MORAN, PAIRWISE = range(2)
EXPONENTIAL, LINEAR = range(2)

_I, _F = nb.types.int64, nb.types.float64
_I1, _F1, _F2 = nb.types.int64[::1], nb.types.float64[::1], nb.types.float64[:, ::1]
_I2, _U1 = nb.types.int64[:, ::1], nb.types.uint64[::1]


@nb.njit(nb.types.void(_F2, _I, _F, _I, _I1, _F1, _F1), cache=True, error_model="numpy")
def appraise(payoffs, fitness, selection, process, counts, worth, weight):
    """worth: each strategy's mean payoff against the others of the population; weight: its share of births (Moran)."""
    others = 1.0 / (counts.sum() - 1.0)
    best = -np.inf
    for a in range(counts.size):
        row = payoffs[a]
        total = -row[a]
        for b in range(counts.size):
            total += row[b] * counts[b]
        worth[a] = total * others
        if counts[a] > 0:
            best = max(best, worth[a])
    if process == MORAN:
        for a in range(counts.size):
            if fitness == LINEAR:
                weight[a] = counts[a] * (1.0 - selection + selection * worth[a])
            elif counts[a] > 0:
                weight[a] = counts[a] * np.exp(selection * (worth[a] - best))
            else:
                weight[a] = 0.0


@nb.njit(nb.types.int64(_I1, _U1), cache=True, error_model="numpy")
def somebody(counts, rng):
    """The strategy of one individual, drawn uniformly."""
    rest = draw_below(rng, counts.sum())
    a = 0
    while rest >= counts[a]:
        rest -= counts[a]
        a += 1
    return a


@nb.njit(nb.types.int64(_F1, _U1), cache=True, error_model="numpy")
def weighted(weight, rng):
    """An index drawn in proportion to weights."""
    rest = draw(rng) * weight.sum()
    a = 0
    while a < weight.size - 1 and rest >= weight[a]:
        rest -= weight[a]
        a += 1
    while weight[a] == 0.0:  # rounding may lead past the last positive weight
        a -= 1
    return a


@nb.njit(nb.types.int64(_F2, _I, _I, _F, _F, _I, _I1, _I2, _F1, _F1, _U1), cache=True, error_model="numpy")
def steps(payoffs, process, fitness, selection, mutation, count, counts, visits, worth, weight, rng):
    """Up to `count` steps, fewer where one strategy has taken over for good. -> steps taken.

    visits: int64[A, N + 1]: at how many steps each strategy had how many individuals, after the step.
    """
    strategies, size = counts.size, counts.sum()
    appraise(payoffs, fitness, selection, process, counts, worth, weight)
    for t in range(count):
        if mutation == 0.0:
            for a in range(strategies):
                if counts[a] == size:
                    return t
        if process == MORAN:
            new = weighted(weight, rng)
            old = somebody(counts, rng)
            if mutation > 0.0 and draw(rng) < mutation:
                new = draw_below(rng, strategies)
        else:
            old = somebody(counts, rng)
            if mutation > 0.0 and draw(rng) < mutation:
                new = draw_below(rng, strategies)
            else:
                counts[old] -= 1  # the model is another individual
                new = somebody(counts, rng)
                counts[old] += 1
                if new != old and draw(rng) * (1.0 + np.exp(selection * (worth[old] - worth[new]))) >= 1.0:
                    new = old
        if new != old:
            counts[new] += 1
            counts[old] -= 1
            appraise(payoffs, fitness, selection, process, counts, worth, weight)
        for a in range(strategies):
            visits[a, counts[a]] += 1
    return count


@nb.njit(nb.types.int64(_F2, _I, _I, _F, _I, _I, _I, _I, _U1), cache=True, error_model="numpy")
def fixations(payoffs, process, fitness, selection, size, mutants, runs, most, rng):
    """How many of `runs` populations of two strategies, without mutation, strategy 1 takes over from `mutants`
    individuals; -1 if a run lasts more than `most` steps."""
    counts, visits = np.zeros(2, np.int64), np.zeros((2, size + 1), np.int64)
    worth, weight = np.zeros(2), np.zeros(2)
    won = 0
    for _ in range(runs):
        counts[0], counts[1] = size - mutants, mutants
        taken = steps(payoffs, process, fitness, selection, 0.0, most, counts, visits, worth, weight, rng)
        if taken == most and counts[0] * counts[1] > 0:
            return -1
        won += counts[0] == 0
    return won
