"""Compiled Weng–Lin steps from pairs of teams: Bradley–Terry and Thurstone–Mosteller, full and part.

Settings travel in two short arrays, so that every model is one specialisation:

- ``options int64[8]``: KIND (0 Plackett–Luce, 1 Bradley–Terry, 2 Thurstone–Mosteller), COMPAT (1 = as openskill 6.2.0),
  ERFC (how the running Python writes the normal distribution function, for COMPAT), WINDOW (-1 = full), BALANCE,
  WEIGHTS (0 none, 1 partial play, 2 contribution), LIMIT (sigma never grows), DOUBLED (the c of
  Thurstone–Mosteller part in COMPAT).
- ``values float64[6]``: BETA, KAPPA, EPSILON, TAU, MARGIN, DRIFT (variance per unit of time).

Teams of one match are 0..T-1; arrays ``team_*`` are indexed by team, ``order`` lists the teams from the best rank down.
"""

from __future__ import annotations

import math

from numba import njit

from ._kernels_gauss import draw_factors, win_factors

KIND, COMPAT, ERFC, WINDOW, BALANCE, WEIGHTS, LIMIT, DOUBLED = range(8)
BETA, KAPPA, EPSILON, TAU, MARGIN, DRIFT = range(6)
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
def pairwise(first, count, rank, score, team_mu, team_var, order, options, values, gamma, omega, delta):
    """Algorithms 1–3 of Weng & Lin (Bradley–Terry, Thurstone–Mosteller; all pairs or a window) into ``omega, delta``.

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
            c = math.sqrt(team_var[i] + team_var[q] + 2.0 * beta2)
            if options[DOUBLED]:
                c = 2.0 * c
            to_c = team_var[i] / c
            g = gamma[i, q] if gamma.shape[0] > 0 else math.sqrt(team_var[i]) / c
            f = 1.0
            if score.shape[0] > 0:
                f = margin_factor(abs(score[first + i] - score[first + q]), options, values)
            divisor = f if compat else 1.0
            factor = 1.0 if compat else f
            won = rank[first + q] > rank[first + i]
            tied = rank[first + q] == rank[first + i]
            if options[KIND] == 1:
                p = 1.0 / (1.0 + math.exp(min(((team_mu[q] - team_mu[i]) / divisor) / c, 700.0)))
                s = 1.0 if won else (0.5 if tied else 0.0)
                sum_o += factor * (to_c * (s - p))
                sum_d += factor * ((g * to_c / c) * p * (1.0 - p))
            else:
                x = ((team_mu[i] - team_mu[q]) / c) / divisor
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
        omega[i] = sum_o
        delta[i] = sum_d


# "contract" lets a product and a sum fuse, which only makes them more exact.
@njit(cache=True, error_model="numpy", fastmath={"contract"})
def exp_block(x):
    """exp of a slice in [-45, 45], in place: straight-line arithmetic that compiles to vector instructions.

    exp(x) = exp(x / 256)^256 by a Taylor polynomial of degree 10, good to 1e-13.
    """
    for k in range(x.shape[0]):
        y = x[k] * 0.00390625
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
        x[k] = e


@njit(cache=True, error_model="numpy")
def logistic_block(lead, inverse, chance):
    """From mean differences ``lead`` and c² in ``inverse``: steps of wins by the first, (1 - p) / c in ``lead`` and
    p (1 - p) / c³ in ``chance``; ``inverse`` becomes 1 / c.
    """
    for k in range(lead.shape[0]):
        inv = 1.0 / math.sqrt(inverse[k])
        x = lead[k] * inv
        x = 45.0 if x > 45.0 else x
        chance[k] = -45.0 if x < -45.0 else x
        inverse[k] = inv
    exp_block(chance)
    for k in range(lead.shape[0]):
        e = chance[k]
        q = 1.0 / (1.0 + e)
        o = q * inverse[k]
        lead[k] = o
        chance[k] = o * (e * q) * (inverse[k] * inverse[k])


@njit(cache=True, error_model="numpy")
def settle_rows(
    start, stop, count, window, first, rank, score, order, ties, scored, options, values, block, sum_o, sum_d
):
    """Add the steps of the sorted pairs (i, j), start <= i < stop, i < j <= i + window, to both their teams."""
    lead, inverse, chance = block[0], block[1], block[2]
    logistic = options[KIND] == 1
    size = 0
    for i in range(start, stop):
        size += min(count, i + window + 1) - i - 1
    if logistic:
        logistic_block(lead[:size], inverse[:size], chance[:size])
        if not ties and not scored:
            k = 0
            for i in range(start, stop):
                own_o = 0.0
                own_d = 0.0
                for j in range(i + 1, min(count, i + window + 1)):
                    o, d = lead[k], chance[k]
                    own_o += o
                    own_d += d
                    sum_o[j] -= o
                    sum_d[j] += d
                    k += 1
                sum_o[i] += own_o
                sum_d[i] += own_d
            return
    k = 0
    for i in range(start, stop):
        own = rank[first + order[i]]
        own_o = 0.0
        own_d = 0.0
        for j in range(i + 1, min(count, i + window + 1)):
            tied = rank[first + order[j]] == own
            if logistic:
                o, d = lead[k], chance[k]
                if tied:
                    o -= 0.5 * inverse[k]
            else:
                inv = 1.0 / math.sqrt(inverse[k])
                if tied:
                    o, d = draw_factors(lead[k] * inv, values[EPSILON] * inv, 0, 1)
                else:
                    o, d = win_factors(lead[k] * inv, values[EPSILON] * inv, 0, 1)
                o *= inv
                d *= inv * inv * inv
            if scored:
                f = margin_factor(abs(score[first + order[i]] - score[first + order[j]]), options, values)
                o *= f
                d *= f
            own_o += o
            own_d += d
            sum_o[j] -= o
            sum_d[j] += d
            k += 1
        sum_o[i] += own_o
        sum_d[i] += own_d


@njit(cache=True, error_model="numpy")
def pairwise_fast(
    first, count, rank, score, team_mu, team_var, order, options, values, mean, var, sum_o, sum_d, block, omega, delta
):
    """:func:`pairwise` outside COMPAT and with the default gamma: every pair once, for both of its teams, in blocks.

    Scratch: ``mean``, ``var``, ``sum_o``, ``sum_d`` [>=count] and ``block float64[3, >=count]``.
    """
    noise = 2.0 * values[BETA] * values[BETA]
    scored = score.shape[0] > 0 and values[MARGIN] > 0.0
    window = options[WINDOW] if options[WINDOW] >= 0 else count
    lead, inverse = block[0], block[1]
    ties = False
    for i in range(count):
        if i > 0 and rank[first + order[i]] == rank[first + order[i - 1]]:
            ties = True
        mean[i] = team_mu[order[i]]
        var[i] = team_var[order[i]]
        sum_o[i] = 0.0
        sum_d[i] = 0.0
    start = 0
    size = 0
    for i in range(count):
        last = min(count, i + window + 1)
        if size + last - i - 1 > lead.shape[0] or i == count - 1:
            settle_rows(
                start, i, count, window, first, rank, score, order, ties, scored, options, values, block, sum_o, sum_d
            )
            start = i
            size = 0
        m = mean[i]
        v = var[i] + noise
        for j in range(i + 1, last):
            lead[size] = m - mean[j]
            inverse[size] = v + var[j]
            size += 1
    for i in range(count):
        share = 2.0 / count
        if options[WINDOW] >= 0:
            pairs = min(count, i + window + 1) - max(0, i - window) - 1
            share = 1.0 / pairs if pairs > 0 else 0.0
        t = order[i]
        omega[t] = share * var[i] * sum_o[i]
        # The default gamma sqrt(S) / c times S / c².
        delta[t] = share * math.sqrt(var[i]) * var[i] * sum_d[i]
