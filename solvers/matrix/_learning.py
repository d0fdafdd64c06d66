"""Repeated play: regret matching, Hedge and fictitious play, many rounds in one compiled call.

Payoffs are flat, float64[P, profiles] in C order; mixed strategies stand one after the other, float64[ΣA], player i's
from starts[i] on.
"""

from __future__ import annotations

import numba as nb
import numpy as np

MATCHING, MATCHING_PLUS, HEDGE = range(3)

_I, _F, _B = nb.types.int64, nb.types.float64, nb.types.boolean
_I1, _F1, _F2 = nb.types.int64[::1], nb.types.float64[::1], nb.types.float64[:, ::1]


@nb.njit(nb.types.void(_F2, _I1, _F1, _F1, _I1), cache=True, error_model="numpy")
def deviations(payoffs, starts, mixed, worth, digits):
    """worth: what each action pays its player against the others' strategies; digits: scratch int64[P]."""
    players = payoffs.shape[0]
    worth[:] = 0.0
    if players == 2:
        m, n = starts[1], starts[2] - starts[1]
        x, y = mixed[:m], mixed[m : m + n]
        back = worth[m : m + n]
        for a in range(m):
            total, weight = 0.0, x[a]
            row, other = payoffs[0, a * n : (a + 1) * n], payoffs[1, a * n : (a + 1) * n]
            for b in range(n):
                total += row[b] * y[b]
            worth[a] = total
            if weight != 0.0:
                for b in range(n):
                    back[b] += other[b] * weight
        return
    digits[:] = 0
    for cell in range(payoffs.shape[1]):
        zeros, zero, product = 0, -1, 1.0
        for p in range(players):
            q = mixed[starts[p] + digits[p]]
            if q == 0.0:
                zeros += 1
                zero = p
            else:
                product *= q
        if zeros == 0:
            for p in range(players):
                at = starts[p] + digits[p]
                worth[at] += payoffs[p, cell] * (product / mixed[at])
        elif zeros == 1:
            worth[starts[zero] + digits[zero]] += payoffs[zero, cell] * product
        p = players - 1
        while p >= 0:
            digits[p] += 1
            if starts[p] + digits[p] < starts[p + 1]:
                break
            digits[p] = 0
            p -= 1


@nb.njit(nb.types.void(_I, _F, _F1, _F1, _F1, _F1, _B), cache=True, error_model="numpy")
def respond(rule, rate, regret, last, mixed, scratch, optimistic):
    """The next strategy from cumulated regrets (of Hedge: cumulated payoffs) and, if optimistic, the last round's."""
    n = mixed.size
    hope = 1.0 if optimistic else 0.0
    if rule == HEDGE:
        best = -np.inf
        for a in range(n):
            scratch[a] = rate * (regret[a] + hope * last[a])
            best = max(best, scratch[a])
        total = 0.0
        for a in range(n):
            mixed[a] = np.exp(scratch[a] - best)
            total += mixed[a]
    else:
        total = 0.0
        for a in range(n):
            mixed[a] = max(regret[a] + hope * last[a], 0.0)
            total += mixed[a]
    if total > 0.0:
        inverse = 1.0 / total
        for a in range(n):
            mixed[a] *= inverse
    else:
        mixed[:] = 1.0 / n


@nb.njit(nb.types.void(_I, _F1, _F1, _F1, _F1), cache=True, error_model="numpy")
def learn(rule, mixed, worth, regret, last):
    """Takes in what each action would have paid this round."""
    paid = 0.0
    if rule != HEDGE:
        for a in range(mixed.size):
            paid += mixed[a] * worth[a]
    for a in range(mixed.size):
        last[a] = worth[a] - paid
        regret[a] += last[a]
        if rule == MATCHING_PLUS and regret[a] < 0.0:
            regret[a] = 0.0


@nb.njit(
    nb.types.void(_F2, _I1, _I, _F1, _B, _B, _I, _I, _F1, _F1, _F1, _F1, _F1, _F1, _I1),
    cache=True,
    error_model="numpy",
)
def play(
    payoffs, starts, rule, rates, optimistic, alternating, begin, end, regret, last, mixed, average, worth, scratch,
    digits,
):  # fmt: skip
    """Rounds begin … end - 1 of every player against every other. The state is regret, last and mixed, float64[ΣA];
    average: the weighted sum of strategies (weights 1; t for regret matching+). rates: float64[P]."""
    players = payoffs.shape[0]
    for t in range(begin, end):
        weight = t + 1.0 if rule == MATCHING_PLUS else 1.0
        if not alternating:
            for p in range(players):
                s = slice(starts[p], starts[p + 1])
                respond(rule, rates[p], regret[s], last[s], mixed[s], scratch, optimistic)
            deviations(payoffs, starts, mixed, worth, digits)
            for p in range(players):
                s = slice(starts[p], starts[p + 1])
                learn(rule, mixed[s], worth[s], regret[s], last[s])
        else:
            for p in range(players):
                s = slice(starts[p], starts[p + 1])
                deviations(payoffs, starts, mixed, worth, digits)
                learn(rule, mixed[s], worth[s], regret[s], last[s])
                respond(rule, rates[p], regret[s], last[s], mixed[s], scratch, optimistic)
        for k in range(average.size):
            average[k] += weight * mixed[k]


@nb.njit(nb.types.void(_F2, _F2, _I, _I, _F1, _F1, _F1, _F1), cache=True, error_model="numpy")
def fictitious_two(to_row, to_column, begin, end, plays_x, plays_y, worth_x, worth_y):
    """Fictitious play of two: both best-respond to the other's plays so far, ties to the first. to_row: float64[n, m],
    the row player's payoffs for each action of the column player; to_column: float64[m, n]. worth: cumulated."""
    for _ in range(begin, end):
        a = b = 0
        best = worth_x[0]
        for k in range(1, worth_x.size):
            if worth_x[k] > best:
                a, best = k, worth_x[k]
        best = worth_y[0]
        for k in range(1, worth_y.size):
            if worth_y[k] > best:
                b, best = k, worth_y[k]
        plays_x[a] += 1.0
        plays_y[b] += 1.0
        row, column = to_row[b], to_column[a]
        for k in range(worth_x.size):
            worth_x[k] += row[k]
        for k in range(worth_y.size):
            worth_y[k] += column[k]


@nb.njit(nb.types.void(_F2, _I1, _I, _I, _F1, _F1, _F1, _I1), cache=True, error_model="numpy")
def fictitious(payoffs, starts, begin, end, plays, mixed, worth, digits):
    """Fictitious play of any number of players: each best-responds to the product of the others' empirical mixtures."""
    players = payoffs.shape[0]
    for _ in range(begin, end):
        for p in range(players):
            s = slice(starts[p], starts[p + 1])
            total = plays[s].sum()
            if total > 0.0:
                mixed[s] = plays[s] / total
            else:
                mixed[s] = 1.0 / (starts[p + 1] - starts[p])
        deviations(payoffs, starts, mixed, worth, digits)
        for p in range(players):
            best = starts[p]
            for k in range(starts[p] + 1, starts[p + 1]):
                if worth[k] > worth[best]:
                    best = k
            plays[best] += 1.0


@nb.njit(nb.types.void(_F2, _I, _F, _B, _F2, _F1, _F1, _F1), cache=True, error_model="numpy")
def follow(sequence, rule, rate, optimistic, strategies, regret, last, scratch):
    """One learner against a given sequence of payoffs float64[T, A]; strategies: what it plays, float64[T, A]."""
    for t in range(sequence.shape[0]):
        respond(rule, rate, regret, last, strategies[t], scratch, optimistic)
        learn(rule, strategies[t], sequence[t], regret, last)
