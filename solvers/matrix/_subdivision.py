"""All roots of the indifference equations on given supports: subdivision with bounds, and Krawczyk's test.

Mixed strategies x are numbered over the supports, N in all; boxes are lo <= x <= hi, cut with the simplices. Equations
and derivatives are linear in each player's strategy, so that their bounds over a box are greedy sums, exact where one
strategy is concerned (Krawczyk 1969; Neumaier 1990, "Interval methods for systems of equations", chapter 5). Bounds are
widened by `MARGIN` for rounding.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from ._logit import factor, substitute

MARGIN = 1e-12
NARROW = 1e-9
"""The width at which a box that may hold a root, but is not proven to hold just one, counts as degenerate."""
DONE, ROOM, DEGENERATE, MANY = 0, 1, 2, 3

_I, _F, _B = nb.types.int64, nb.types.float64, nb.types.boolean
_I1, _F1, _F2 = nb.types.int64[::1], nb.types.float64[::1], nb.types.float64[:, ::1]
_PLACE = (_F2, _I1, _I1, _I1)
"""payoffs float64[P, profiles]; strides of the players' actions; actions of the supports; the supports' starts."""


@nb.njit(_F(_F1, _F1, _F1, _I, _I, _I), cache=True, error_model="numpy")
def least(numbers, lo, hi, at, first, end):
    """min Σ numbers[at + k] x[first + k] over the box and the simplex of one player."""
    left, total = 1.0, 0.0
    for k in range(first, end):
        left -= lo[k]
        total += numbers[at + k - first] * lo[k]
    bound = -np.inf
    while left > 0.0:
        value, width = np.inf, 0.0
        for k in range(first, end):
            number = numbers[at + k - first]
            if number > bound:
                if number < value:
                    value, width = number, hi[k] - lo[k]
                elif number == value:
                    width += hi[k] - lo[k]
        if value == np.inf:
            break
        take = min(left, width)
        total += take * value
        left -= take
        bound = value
    return total


@nb.njit(
    nb.types.UniTuple(_F, 2)(*_PLACE, _I, _I, _I, _I, _I, _I, _F1, _F1, _F1, _F1, _I1), cache=True, error_model="numpy"
)
def enclose(payoffs, strides, acts, first, i, a, b, j, c, d, lo, hi, low, high, digits):
    """Bounds on u_i(a, ·) - u_i(b, ·) over the box; with j >= 0 on how much larger it is at j's action c than at d."""
    players = strides.size
    table = payoffs[i]
    size = 1
    for p in range(players):
        digits[p] = 0
        if p != i and p != j:
            size *= first[p + 1] - first[p]
    for cell in range(size):
        at = 0
        for p in range(players):
            if p != i and p != j:
                at += strides[p] * acts[first[p] + digits[p]]
        up, down = at + strides[i] * a, at + strides[i] * b
        if j >= 0:
            value = table[up + strides[j] * c] - table[down + strides[j] * c]
            value -= table[up + strides[j] * d] - table[down + strides[j] * d]
        else:
            value = table[up] - table[down]
        low[cell], high[cell] = value, -value
        p = players - 1
        while p >= 0:
            if p != i and p != j:
                digits[p] += 1
                if first[p] + digits[p] < first[p + 1]:
                    break
                digits[p] = 0
            p -= 1
    for p in range(players - 1, -1, -1):
        if p != i and p != j:
            width = first[p + 1] - first[p]
            size //= width
            for g in range(size):
                low[g] = least(low, lo, hi, g * width, first[p], first[p + 1])
                high[g] = least(high, lo, hi, g * width, first[p], first[p + 1])
    return low[0], -high[0]


@nb.njit(_B(_I1, _F1, _F1), cache=True, error_model="numpy")
def tighten(first, lo, hi):
    """Cuts a box with the simplices. -> whether anything is left."""
    for p in range(first.size - 1):
        low = high = 0.0
        for k in range(first[p], first[p + 1]):
            low += lo[k]
            high += hi[k]
        if low > 1.0 + MARGIN or high < 1.0 - MARGIN:
            return False
        for k in range(first[p], first[p + 1]):
            least_k, most_k = 1.0 - (high - hi[k]), 1.0 - (low - lo[k])
            lo[k], hi[k] = max(lo[k], least_k - MARGIN), min(hi[k], most_k + MARGIN)
            if lo[k] > hi[k] + 2.0 * MARGIN:
                return False
            hi[k] = max(hi[k], lo[k])
    return True


@nb.njit(_B(*_PLACE, _I1, _F1, _F1, _F1, _F1, _I1), cache=True, error_model="numpy")
def possible(payoffs, strides, acts, first, counts, lo, hi, low, high, digits):
    """Whether the bounds allow for an equilibrium in the box: indifference inside supports, nothing better outside."""
    for i in range(strides.size):
        last = acts[first[i + 1] - 1]
        for k in range(first[i], first[i + 1]):
            for other in range(k + 1, first[i + 1]):
                down, up = enclose(
                    payoffs, strides, acts, first, i, acts[k], acts[other], -1, 0, 0, lo, hi, low, high, digits
                )
                if down > MARGIN or up < -MARGIN:
                    return False
        for action in range(counts[i]):
            down, _ = enclose(payoffs, strides, acts, first, i, action, last, -1, 0, 0, lo, hi, low, high, digits)
            if down > MARGIN:
                return False
    return True


@nb.njit(nb.types.void(*_PLACE, _F1, _F1, _F2, _F2, _F1, _F1, _I1), cache=True, error_model="numpy")
def derivatives(payoffs, strides, acts, first, lo, hi, lower, upper, low, high, digits):
    """Bounds on the equations' derivatives by all probabilities but each player's last, which makes up for them."""
    players, row = strides.size, 0
    for i in range(players):
        for k in range(first[i], first[i + 1] - 1):
            a, b = acts[k], acts[first[i + 1] - 1]
            column = 0
            for j in range(players):
                for h in range(first[j], first[j + 1] - 1):
                    if i == j:
                        lower[row, column] = upper[row, column] = 0.0
                    else:
                        c, d = acts[h], acts[first[j + 1] - 1]
                        down, up = enclose(payoffs, strides, acts, first, i, a, b, j, c, d, lo, hi, low, high, digits)
                        lower[row, column], upper[row, column] = down, up
                    column += 1
            row += 1


@nb.njit(nb.types.void(*_PLACE, _F1, _F1, _F1, _F1, _I1), cache=True, error_model="numpy")
def equations(payoffs, strides, acts, first, x, out, low, high, digits):
    """How much more each action of a support pays than the support's last."""
    row = 0
    for i in range(strides.size):
        for k in range(first[i], first[i + 1] - 1):
            a, b = acts[k], acts[first[i + 1] - 1]
            out[row], _ = enclose(payoffs, strides, acts, first, i, a, b, -1, 0, 0, x, x, low, high, digits)
            row += 1


@nb.njit(nb.types.void(_I1, _F1, _F1), cache=True, error_model="numpy")
def move(first, x, step):
    """x - step, where each player's last probability makes up for the others."""
    row = 0
    for p in range(first.size - 1):
        last = first[p + 1] - 1
        for k in range(first[p], last):
            x[k] -= step[row]
            x[last] += step[row]
            row += 1


@nb.njit(
    nb.types.Tuple((_I, _I, _I))(*_PLACE, _I1, _F2, _F2, _F2, _F2, _F2, _F2, _F2, _F2, _F2, _I1, _I1, _I),
    cache=True,
    error_model="numpy",
)
def roots(
    payoffs, strides, acts, first, counts, los, his, found,
    lower, upper, inverse, work, vectors, buffers, order, digits, most,
):  # fmt: skip
    """All equilibria with exactly these supports. -> (status, roots found, boxes looked at).

    los, his: a stack of boxes, float64[depth, N]; found: float64[room, N]; scratch: lower, upper, inverse and work
    float64[n, n], n the number of equations, vectors float64[8, N], buffers float64[2, profiles].
    """
    players, n_all = strides.size, acts.size
    n = n_all - players
    low, high = buffers[0], buffers[1]
    center, x, side, value = vectors[0], vectors[1], vectors[2, :n], vectors[3, :n]
    wide_lo, wide_hi = vectors[4], vectors[5]
    column = vectors[6, :n]
    los[0] = 0.0
    his[0] = 1.0
    depth, count, boxes = 1, 0, 0
    while depth > 0:
        lo, hi = los[depth - 1], his[depth - 1]
        boxes += 1
        if boxes > most:
            return MANY, count, boxes
        if not tighten(first, lo, hi) or not possible(payoffs, strides, acts, first, counts, lo, hi, low, high, digits):
            depth -= 1
            continue
        widest, at = 0.0, 0
        for k in range(n_all):
            if hi[k] - lo[k] > widest:
                widest, at = hi[k] - lo[k], k
        for p in range(players):  # a centre inside the simplices
            total = 0.0
            for k in range(first[p], first[p + 1]):
                center[k] = lo[k]
                total += hi[k] - lo[k]
            left = 1.0
            for k in range(first[p], first[p + 1]):
                left -= lo[k]
            if total > 0.0:
                for k in range(first[p], first[p + 1]):
                    center[k] += max(left, 0.0) * (hi[k] - lo[k]) / total
        derivatives(payoffs, strides, acts, first, center, center, work, upper, low, high, digits)
        shrunk = False
        if factor(work, order):
            for k in range(n):
                column[:] = 0.0
                column[k] = 1.0
                substitute(work, order, column)
                for r in range(n):
                    inverse[r, k] = column[r]
            # At most one root in a slightly larger box, and Newton's method finds it: the box is done.
            for k in range(n_all):
                spare = 0.1 * (hi[k] - lo[k]) + 1e-10
                wide_lo[k], wide_hi[k] = max(lo[k] - spare, 0.0), hi[k] + spare
            derivatives(payoffs, strides, acts, first, wide_lo, wide_hi, lower, upper, low, high, digits)
            norm = 0.0
            for r in range(n):
                total = 0.0
                for c in range(n):
                    down = up = 1.0 if r == c else 0.0
                    for k in range(n):
                        factor_k = inverse[r, k]
                        one, two = factor_k * lower[k, c], factor_k * upper[k, c]
                        down -= max(one, two)
                        up -= min(one, two)
                    work[r, c] = max(abs(down), abs(up))
                    total += work[r, c]
                norm = max(norm, total)
            equations(payoffs, strides, acts, first, center, value, low, high, digits)
            if norm < 0.95:
                x[:] = center
                for _ in range(60):
                    equations(payoffs, strides, acts, first, x, value, low, high, digits)
                    largest = 0.0
                    for r in range(n):
                        total = 0.0
                        for k in range(n):
                            total += inverse[r, k] * value[k]
                        side[r] = total
                        largest = max(largest, abs(total))
                    move(first, x, side)
                    if largest < 1e-15 or largest > 2.0:
                        break
                inside = largest < 1e-12
                for k in range(n_all):
                    inside = inside and wide_lo[k] <= x[k] <= wide_hi[k] and x[k] > 1e-11
                if inside:
                    new = True
                    for other in range(count):
                        far = 0.0
                        for k in range(n_all):
                            far = max(far, abs(found[other, k] - x[k]))
                        new = new and far > 1e-9
                    if new:
                        if count == found.shape[0]:
                            return ROOM, count, boxes
                        found[count] = x
                        count += 1
                    depth -= 1
                    continue
            equations(payoffs, strides, acts, first, center, value, low, high, digits)
            row = 0
            before = widest
            for p in range(players):
                for k in range(first[p], first[p + 1] - 1):
                    middle, reach = center[k], MARGIN
                    for c in range(n):
                        middle -= inverse[row, c] * value[c]
                    c = 0
                    for q in range(players):
                        for h in range(first[q], first[q + 1] - 1):
                            reach += work[row, c] * max(hi[h] - center[h], center[h] - lo[h])
                            c += 1
                    lo[k], hi[k] = max(lo[k], middle - reach), min(hi[k], middle + reach)
                    row += 1
            widest = 0.0
            empty = False
            for k in range(n_all):
                empty = empty or lo[k] > hi[k]
                if hi[k] - lo[k] > widest:
                    widest, at = hi[k] - lo[k], k
            if empty:
                depth -= 1
                continue
            shrunk = widest < 0.6 * before
        if widest < NARROW:
            return DEGENERATE, count, boxes
        if shrunk:
            continue
        if depth == los.shape[0]:
            return MANY, count, boxes
        los[depth], his[depth] = lo, hi
        cut = lo[at] + 0.4871 * (hi[at] - lo[at])
        his[depth, at] = cut
        lo[at] = cut
        depth += 1
    return DONE, count, boxes
