"""Support enumeration in floats: for supports of one size, strategies that make the other side indifferent."""

from __future__ import annotations

import numba as nb
import numpy as np

from ._tableau import DONE, FULL, TIED

ZERO = 1e-10
"""Probabilities and payoff differences (payoffs are scaled to [0, 1]) below this may be zero."""

_I, _F1, _F2, _I1 = nb.types.int64, nb.types.float64[::1], nb.types.float64[:, ::1], nb.types.int64[::1]
NO, YES, TIE, SINGULAR = 0, 1, 2, 3


@nb.njit(_I(_F2, _I1, _I1, _I, _F2, _F1), cache=True, error_model="numpy")
def indifferent(payoffs, own, other, size, work, mixed):
    """The mixture over `own` that makes the opponent indifferent among `other` and nothing else better.

    payoffs: float64[own actions, opponent's actions], the opponent's payoffs; own, other: the supports, `size` of each;
    work: float64[>= size + 1, >= size + 2]; mixed: float64[size + 1], the mixture and what it leaves to the opponent.
    -> NO, YES, TIE (a probability is zero or another action is as good) or SINGULAR.
    """
    n = size + 1
    for r in range(size):
        line, column = work[r], other[r]
        for k in range(size):
            line[k] = payoffs[own[k], column]
        line[size], line[n] = -1.0, 0.0
    line = work[size]
    for k in range(size):
        line[k] = 1.0
    line[size], line[n] = 0.0, 1.0
    for c in range(n):
        best, size_best = c, abs(work[c, c])
        for r in range(c + 1, n):
            if abs(work[r, c]) > size_best:
                best, size_best = r, abs(work[r, c])
        if size_best < 1e-12:
            return SINGULAR
        if best != c:
            for k in range(c, n + 1):
                work[c, k], work[best, k] = work[best, k], work[c, k]
        source = work[c]
        inverse = 1.0 / source[c]
        for r in range(c + 1, n):
            target = work[r]
            factor = target[c] * inverse
            if factor != 0.0:
                for k in range(c + 1, n + 1):
                    target[k] -= factor * source[k]
    for c in range(n - 1, -1, -1):
        total = work[c, n]
        for k in range(c + 1, n):
            total -= work[c, k] * mixed[k]
        mixed[c] = total / work[c, c]
        if c < size and mixed[c] < -ZERO:
            return NO
    verdict = YES
    for k in range(size):
        if mixed[k] < ZERO:
            verdict = TIE
    value = mixed[size]
    at = 0
    for column in range(payoffs.shape[1]):
        if at < size and other[at] == column:
            at += 1
            continue
        worth = 0.0
        for k in range(size):
            worth += mixed[k] * payoffs[own[k], column]
        if worth > value + ZERO:
            return NO
        if worth > value - ZERO:
            verdict = TIE
    return verdict


@nb.njit(_I(_F2, _I1, _I, _I1), cache=True, error_model="numpy")
def undominated(payoffs, own, size, out):
    """The opponent's actions that no other one beats on the whole support. -> how many, in out."""
    count = 0
    for j in range(payoffs.shape[1]):
        beaten = False
        for other in range(payoffs.shape[1]):
            worse = True
            for k in range(size):
                if payoffs[own[k], j] >= payoffs[own[k], other] - ZERO:
                    worse = False
                    break
            if worse:
                beaten = True
                break
        if not beaten:
            out[count] = j
            count += 1
    return count


@nb.njit(nb.types.boolean(_I1, _I, _I), cache=True, error_model="numpy")
def next_subset(chosen, size, among):
    """Advances sorted numbers below `among` to the next subset of that size; False after the last."""
    k = size - 1
    while k >= 0 and chosen[k] == among - size + k:
        k -= 1
    if k < 0:
        return False
    chosen[k] += 1
    for r in range(k + 1, size):
        chosen[r] = chosen[r - 1] + 1
    return True


@nb.njit(
    nb.types.Tuple((_I, _I))(_F2, _F2, _F2, _F2, _F2, nb.types.int64[:, ::1], _F1, _F1), cache=True, error_model="numpy"
)
def enumerate_supports(to_row, to_column, found_x, found_y, work, numbers, mixed_x, mixed_y):
    """Every equilibrium of a nondegenerate game (Porter, Nudelman & Shoham 2008: only pairs of one size, and no action
    that is dominated on the other's support). -> (status, their number); `TIED` as soon as the game looks degenerate.

    to_row, to_column: float64[m, n], payoffs scaled to [0, 1]; found_x: float64[room, m]; found_y: float64[room, n];
    work, numbers: scratch float64[k + 1, k + 2], int64[4, max(m, n)], for k = min(m, n) + 1.

    Why no tie is missed: a polytope of best responses that is not simple has a vertex with more best responses than
    actions in its support, and among these as many as make the system regular. So if every regular pair is looked at
    for the row player, and the column player's system is regular wherever it is needed, the game has no ties that
    matter.
    """
    m, n = to_row.shape
    back = np.ascontiguousarray(to_row.T)
    rows, columns, chosen, able = numbers[0], numbers[1], numbers[2], numbers[3]
    count = 0
    for size in range(1, min(m, n) + 1):
        for k in range(size):
            rows[k] = k
        more_rows = True
        while more_rows:
            candidates = undominated(to_column, rows, size, able)
            more_columns = candidates >= size
            for k in range(size):
                chosen[k] = k
            while more_columns:
                for k in range(size):
                    columns[k] = able[chosen[k]]
                verdict = indifferent(to_column, rows, columns, size, work, mixed_x)
                if verdict == TIE:
                    return TIED, count
                if verdict == YES:
                    verdict = indifferent(back, columns, rows, size, work, mixed_y)
                    if verdict in (TIE, SINGULAR):
                        return TIED, count
                    if verdict == YES:
                        if count == found_x.shape[0]:
                            return FULL, count
                        found_x[count] = 0.0
                        found_y[count] = 0.0
                        for k in range(size):
                            found_x[count, rows[k]] = mixed_x[k]
                            found_y[count, columns[k]] = mixed_y[k]
                        count += 1
                more_columns = next_subset(chosen, size, candidates)
            more_rows = next_subset(rows, size, m)
    return DONE, count
