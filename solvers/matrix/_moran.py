"""Finite populations: many steps of the Moran and the pairwise-comparison process in one compiled call."""

from __future__ import annotations

import numba as nb
import numpy as np

from ...games._streams import draw, draw_below

MORAN, PAIRWISE = range(2)
EXPONENTIAL, LINEAR = range(2)

_I, _F = nb.types.int64, nb.types.float64
_I1, _F1, _F2 = nb.types.int64[::1], nb.types.float64[::1], nb.types.float64[:, ::1]
_F3, _I2, _U1 = nb.types.float64[:, :, ::1], nb.types.int64[:, ::1], nb.types.uint64[::1]


@nb.njit(nb.types.void(_F2, _I, _F, _I1, _I, _F1), cache=True, error_model="numpy")
def appraise(payoffs, fitness, selection, counts, size, score):
    """score: each strategy's fitness, by its mean payoff against the others of the population; exponential fitness
    relative to the best one that is present."""
    best = -np.inf
    for a in range(counts.size):
        row = payoffs[a]
        total = -row[a]
        for b in range(counts.size):
            total += row[b] * counts[b]
        score[a] = selection * total / (size - 1.0)
        if counts[a] > 0:
            best = max(best, score[a])
    for a in range(counts.size):
        score[a] = np.exp(score[a] - best) if fitness == EXPONENTIAL else 1.0 - selection + score[a]


@nb.njit(nb.types.int64(_I1, _I, _U1), cache=True, error_model="numpy")
def somebody(counts, size, rng):
    """The strategy of one of `size` individuals, drawn uniformly."""
    rest = draw_below(rng, size)
    a = 0
    while rest >= counts[a]:
        rest -= counts[a]
        a += 1
    return a


@nb.njit(nb.types.int64(_I1, _F1, _U1), cache=True, error_model="numpy")
def parent(counts, score, rng):
    """The strategy of one individual, drawn in proportion to fitness."""
    total = 0.0
    for a in range(counts.size):
        total += counts[a] * score[a]
    rest = draw(rng) * total
    last = 0
    for a in range(counts.size):
        weight = counts[a] * score[a]
        if weight > 0.0:
            last = a  # rounding may lead past the last positive weight
            if rest < weight:
                return a
            rest -= weight
    return last


@nb.njit(nb.types.int64(_F2, _F3, _I, _I, _F, _F, _I, _I, _I1, _I2, _F1, _U1), cache=True, error_model="numpy")
def steps(payoffs, change, process, fitness, selection, mutation, refresh, count, counts, visits, score, rng):
    """Up to `count` steps, fewer where one strategy has taken over for good. -> steps taken.

    change: float64[A, A, A]: what exponential fitness is multiplied by, or linear fitness gains, when one individual
    goes over [to the first, from the second]; fitness is computed afresh every `refresh` changes, so that rounding does
    not add up. visits: int64[A, N + 1]: at how many steps each strategy had how many individuals, after the step.
    score: scratch.
    """
    strategies, size = counts.size, counts.sum()
    appraise(payoffs, fitness, selection, counts, size, score)
    changes = 0
    alone = counts.max() == size
    for t in range(count):
        if alone and mutation == 0.0:
            return t
        if process == MORAN:
            new = parent(counts, score, rng)
            old = somebody(counts, size, rng)
            if mutation > 0.0 and draw(rng) < mutation:
                new = draw_below(rng, strategies)
        else:
            old = somebody(counts, size, rng)
            if mutation > 0.0 and draw(rng) < mutation:
                new = draw_below(rng, strategies)
            else:
                counts[old] -= 1  # the model is another individual
                new = somebody(counts, size - 1, rng)
                counts[old] += 1
                if new != old and draw(rng) * (score[new] + score[old]) >= score[new]:
                    new = old
        if new != old:
            counts[new] += 1
            counts[old] -= 1
            alone = counts[new] == size
            changes += 1
            if changes >= refresh:
                appraise(payoffs, fitness, selection, counts, size, score)
                changes = 0
            else:
                by = change[new, old]
                for a in range(strategies):
                    score[a] = score[a] * by[a] if fitness == EXPONENTIAL else score[a] + by[a]
        for a in range(strategies):
            visits[a, counts[a]] += 1
    return count


@nb.njit(nb.types.int64(_F1, _F1, _I, _I1, _I1, _U1), cache=True, error_model="numpy")
def pair_steps(up, moves, count, place, visits, rng):
    """The same for two strategies, whose numbers make a walk on 0 … N. -> steps taken.

    up: float64[N + 1]: the probability that the first strategy gains one; moves: that it gains or loses one. place:
    int64[1], how many play it; visits: int64[N + 1].
    """
    k = place[0]
    for t in range(count):
        if moves[k] == 0.0:
            place[0] = k
            return t
        u = draw(rng)
        if u < moves[k]:
            k += 1 if u < up[k] else -1
        visits[k] += 1
    place[0] = k
    return count


@nb.njit(nb.types.int64(_F1, _F1, _I, _I, _I, _U1), cache=True, error_model="numpy")
def fixations(up, moves, start, runs, most, rng):
    """How many of `runs` walks without mutation end at 0, where the second strategy has taken over; -1 if one lasts
    more than `most` steps."""
    place, visits = np.zeros(1, np.int64), np.zeros(up.size, np.int64)
    won = 0
    for _ in range(runs):
        place[0] = start
        if pair_steps(up, moves, most, place, visits, rng) == most and moves[place[0]] > 0.0:
            return -1
        won += place[0] == 0
    return won
