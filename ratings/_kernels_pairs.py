"""Compiled Weng–Lin steps from pairs of teams: Bradley–Terry and Thurstone–Mosteller, full and part.

Settings travel in two short arrays, so that every model is one specialisation:

- ``options int64[8]``: KIND (0 Plackett–Luce, 1 Bradley–Terry, 2 Thurstone–Mosteller), COMPAT (1 = as openskill 6.2.0),
  ERFC (how the running Python writes the normal distribution function, for COMPAT), WINDOW (-1 = full), BALANCE,
  WEIGHTS (0 none, 1 partial play, 2 contribution), LIMIT (sigma never grows), DOUBLED (the c of
  Thurstone–Mosteller part in COMPAT).
- ``values float64[6]``: BETA, KAPPA, EPSILON, TAU, MARGIN, DRIFT (variance per unit of time).

Teams of one match are 0..T-1; rows of ``teams float64[8, >=T]`` (MU, VAR, ... below) are
indexed by team, ``order`` lists the teams from the best rank down. Rows of a table are never sliced per match: a view
costs two atomic operations.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels_gauss import draw_factors, win_factors

KIND, COMPAT, ERFC, WINDOW, BALANCE, WEIGHTS, LIMIT, DOUBLED = range(8)
BETA, KAPPA, EPSILON, TAU, MARGIN, DRIFT = range(6)
MU, VAR, STRENGTH, OMEGA, DELTA, SORTED_VAR, STEP, SHRINK = range(8)
LEAD, INVERSE, CHANCE = range(3)
_INVERSE_LN2 = 1.0 / math.log(2.0)


@njit(cache=True, error_model="numpy")
def margin_factor(difference, options, values):
    """How much more a win by ``difference`` counts than a bare one: 1 at the margin, never less, growing with it."""
    if values[MARGIN] <= 0.0 or difference <= values[MARGIN]:
        return 1.0
    if options[COMPAT]:
        return math.log1p(difference / values[MARGIN])
    return math.log1p(difference / values[MARGIN]) * _INVERSE_LN2


@njit(cache=True, error_model="numpy")
def pairwise(first, count, rank, score, order, options, values, gamma, teams):
    """Algorithms 1–3 of Weng & Lin (Bradley–Terry, Thurstone–Mosteller; all pairs or a window) into OMEGA, DELTA.

    Part averages over the neighbours. Full adds up all opponents in COMPAT; otherwise each pair counts 2/count, for
    count teams hold count-1 independent comparisons, not count(count-1)/2.
    """
    beta2 = values[BETA] * values[BETA]
    compat = options[COMPAT] == 1
    window = options[WINDOW]
    for a in range(count):
        i = order[a]
        lo, hi = 0, count
        if window >= 0:
            lo, hi = max(0, a - window), min(count, a + window + 1)
        sum_o = 0.0
        sum_d = 0.0
        for b in range(lo, hi):
            if b == a:
                continue
            q = order[b]
            c = math.sqrt(teams[VAR, i] + teams[VAR, q] + 2.0 * beta2)
            if options[DOUBLED]:
                c = 2.0 * c
            to_c = teams[VAR, i] / c
            g = gamma[i, q] if gamma.shape[0] > 0 else math.sqrt(teams[VAR, i]) / c
            f = 1.0
            if score.shape[0] > 0:
                f = margin_factor(abs(score[first + i] - score[first + q]), options, values)
            divisor = f if compat else 1.0
            factor = 1.0 if compat else f
            won = rank[first + q] > rank[first + i]
            tied = rank[first + q] == rank[first + i]
            if options[KIND] == 1:
                p = 1.0 / (1.0 + math.exp(min(((teams[MU, q] - teams[MU, i]) / divisor) / c, 700.0)))
                s = 1.0 if won else (0.5 if tied else 0.0)
                sum_o += factor * (to_c * (s - p))
                sum_d += factor * ((g * to_c / c) * p * (1.0 - p))
            else:
                x = ((teams[MU, i] - teams[MU, q]) / c) / divisor
                t = values[EPSILON] / c
                if won:
                    v, w = win_factors(x, t, compat, options[ERFC])
                elif tied:
                    v, w = draw_factors(x, t, compat, options[ERFC])
                else:
                    v, w = win_factors(-x, t, compat, options[ERFC])
                    v = -v
                sum_o += factor * (to_c * v)
                sum_d += factor * ((g * to_c / c) * w)
        if window >= 0:
            pairs = hi - lo - 1
            sum_o = sum_o / pairs if pairs > 0 else 0.0
            sum_d = sum_d / pairs if pairs > 0 else 0.0
        elif not compat:
            sum_o *= 2.0 / count
            sum_d *= 2.0 / count
        teams[OMEGA, i] = sum_o
        teams[DELTA, i] = sum_d


# "contract" lets a product and a sum fuse, which only makes them more exact.
@njit(cache=True, error_model="numpy", fastmath={"contract"})
def exp_block(x, row, size):
    """exp of ``x[row, :size]`` in [-45, 45], in place: straight-line arithmetic that compiles to vector instructions.

    exp(x) = exp(x / 256)^256 by a Taylor polynomial of degree 10, good to 1e-13.
    """
    for k in range(size):
        y = x[row, k] * 0.00390625
        e = 1.0 + y * (1.0 / 10.0)
        e = 1.0 + y * (1.0 / 9.0) * e
        e = 1.0 + y * (1.0 / 8.0) * e
        e = 1.0 + y * (1.0 / 7.0) * e
        e = 1.0 + y * (1.0 / 6.0) * e
        e = 1.0 + y * (1.0 / 5.0) * e
        e = 1.0 + y * (1.0 / 4.0) * e
        e = 1.0 + y * (1.0 / 3.0) * e
        e = 1.0 + y * (1.0 / 2.0) * e
        e = 1.0 + y * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        x[row, k] = e


@njit(cache=True, error_model="numpy")
def logistic_block(block, size):
    """From mean differences in row LEAD and c² in INVERSE: steps of wins by the first, (1 - p) / c in LEAD and
    p (1 - p) / c³ in CHANCE; INVERSE becomes 1 / c.
    """
    for k in range(size):
        inv = 1.0 / math.sqrt(block[INVERSE, k])
        x = block[LEAD, k] * inv
        x = 45.0 if x > 45.0 else x
        block[CHANCE, k] = -45.0 if x < -45.0 else x
        block[INVERSE, k] = inv
    exp_block(block, CHANCE, size)
    for k in range(size):
        e = block[CHANCE, k]
        inv = block[INVERSE, k]
        q = 1.0 / (1.0 + e)
        o = q * inv
        block[LEAD, k] = o
        block[CHANCE, k] = o * (e * q) * (inv * inv)


@njit(cache=True, error_model="numpy")
def next_pairs(i, j, count, window, pairs):
    """Fill ``pairs uint32[2, P]`` with pairs i < j < count, at most ``window`` apart, by j, from (i, j) on.

    Returns how many there are and the pair to go on with. The pairs of fewer teams are a prefix of those of more.
    """
    size = 0
    while j < count and size < pairs.shape[1]:
        pairs[0, size] = i
        pairs[1, size] = j
        size += 1
        i += 1
        if i == j:
            j += 1
            i = max(0, j - window)
    return size, i, j


@njit(cache=True, error_model="numpy")
def special_steps(pairs, size, first, rank, score, order, scored, options, values, block):
    """Steps of pairs with ties, margins or Thurstone–Mosteller's functions, into rows LEAD and CHANCE."""
    for k in range(size):
        one, two = first + order[pairs[0, k]], first + order[pairs[1, k]]
        tied = rank[one] == rank[two]
        if options[KIND] == 1:
            o, d = block[LEAD, k], block[CHANCE, k]
            if tied:
                o -= 0.5 * block[INVERSE, k]
        else:
            inv = 1.0 / math.sqrt(block[INVERSE, k])
            if tied:
                o, d = draw_factors(block[LEAD, k] * inv, values[EPSILON] * inv, 0, 1)
            else:
                o, d = win_factors(block[LEAD, k] * inv, values[EPSILON] * inv, 0, 1)
            o *= inv
            d *= inv * inv * inv
        if scored:
            f = margin_factor(abs(score[one] - score[two]), options, values)
            o *= f
            d *= f
        block[LEAD, k], block[CHANCE, k] = o, d


@njit(cache=True, error_model="numpy")
def settle_block(pairs, size, first, rank, score, order, special, scored, options, values, teams, block):
    """Add the steps of ``size`` pairs to both their teams."""
    noise = 2.0 * values[BETA] * values[BETA]
    whole = (size + 7) // 8 * 8  # whole vectors; what stands past the end is computed and left
    for k in range(whole):
        i, j = pairs[0, k], pairs[1, k]
        block[LEAD, k] = teams[STRENGTH, i] - teams[STRENGTH, j]
        block[INVERSE, k] = teams[SORTED_VAR, i] + teams[SORTED_VAR, j] + noise
    if options[KIND] == 1:
        logistic_block(block, whole)
    if special:
        special_steps(pairs, size, first, rank, score, order, scored, options, values, block)
    k = 0
    while k < size:
        j = pairs[1, k]
        own_o = 0.0  # in registers: one cell of memory would be a chain of waits
        own_d = 0.0
        while k < size and pairs[1, k] == j:
            i = pairs[0, k]
            o, d = block[LEAD, k], block[CHANCE, k]
            own_o += o
            own_d += d
            teams[STEP, i] += o
            teams[SHRINK, i] += d
            k += 1
        teams[STEP, j] -= own_o
        teams[SHRINK, j] += own_d


@njit(cache=True, error_model="numpy")
def pairwise_fast(first, count, rank, score, order, options, values, pairs, teams, block):
    """:func:`pairwise` outside COMPAT and with the default gamma: every pair once, for both of its teams, in blocks.

    Scratch: ``block float64[3, P]``. ``pairs uint32[2, P]`` comes from :func:`next_pairs` for this many teams or more,
    P a multiple of 8. Rows STRENGTH (for means) and SORTED_VAR, STEP, SHRINK of ``teams`` stand in finishing order.
    """
    window = min(options[WINDOW], count - 1) if options[WINDOW] >= 0 else count - 1
    scored = score.shape[0] > 0 and values[MARGIN] > 0.0
    special = scored or options[KIND] == 2
    for i in range(count):
        t = order[i]
        if i > 0 and rank[first + t] == rank[first + order[i - 1]]:
            special = True
        teams[STRENGTH, i] = teams[MU, t]
        teams[SORTED_VAR, i] = teams[VAR, t]
        teams[STEP, i] = 0.0
        teams[SHRINK, i] = 0.0
    total = window * (window + 1) // 2 + (count - 1 - window) * window
    size = min(total, pairs.shape[1])
    settle_block(pairs, size, first, rank, score, order, special, scored, options, values, teams, block)
    if size < total:
        more = np.zeros_like(pairs)
        i, j = np.int64(pairs[0, size - 1]) + 1, np.int64(pairs[1, size - 1])
        if i == j:
            j += 1
            i = max(0, j - window)
        while j < count:
            size, i, j = next_pairs(i, j, count, window, more)
            settle_block(more, size, first, rank, score, order, special, scored, options, values, teams, block)
    share = 2.0 / count
    for i in range(count):
        if options[WINDOW] >= 0:
            near = min(count, i + window + 1) - max(0, i - window) - 1
            share = 1.0 / near if near > 0 else 0.0
        t = order[i]
        var = teams[SORTED_VAR, i]
        teams[OMEGA, t] = share * var * teams[STEP, i]
        # The default gamma sqrt(S) / c times S / c².
        teams[DELTA, t] = share * math.sqrt(var) * var * teams[SHRINK, i]
