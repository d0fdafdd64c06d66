"""Compiled iterations of mirror descent, follow the regularised leader, and their magnetic and optimistic relatives.

At each information set, bottom-up, the next policy is argmax_p <V, p> - (scale / eta) D(p, centre) - alpha · scale ·
D(p, magnet) with V the action values: own leaf utilities against the others' plans plus what comes from below. What
goes up is either that maximum (dilated regularisers) or the value of the policy that was played. Vectors over
sequences are float64[size] in the layout's places, those over information sets float64[I] in the order of `parents`.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from ._kernels import CHUNK, fast, gradient, realise

ROUND = 6755399441055744.0
"""1.5 · 2^52: adding it rounds to an integer, which then stands in the low bits."""
LEAST = -708.0
"""exp of anything below is cut here, so that no probability is zero or denormal."""
UNREACHED = 1e-280
"""Information sets that the others reach with less have no action values: only the magnet moves them."""


@nb.njit(cache=True, fastmath={"contract"}, error_model="numpy")
def exp(x):
    """e^x to 2 units in the last place for x <= 700, without branches, so that loops over it become vector code."""
    x = max(x, LEAST)
    shifted = x * 1.4426950408889634 + ROUND
    k = shifted - ROUND
    r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    p = 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.984126984126984e-04
    p = p * r + 1.3888888888888889e-03
    p = p * r + 8.333333333333333e-03
    p = p * r + 4.1666666666666664e-02
    p = p * r + 1.6666666666666666e-01
    p = ((p * r + 0.5) * r + 1.0) * r + 1.0
    return np.int64(np.float64(p).view(np.int64) + (np.float64(shifted).view(np.int64) << 52)).view(np.float64)


@nb.njit(cache=True, fastmath={"contract"}, error_model="numpy")
def log(x):
    """ln x to 2 units in the last place for normal x > 0, without branches."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits - 0x3FE6A09E667F3BCD) >> 52
    m = np.int64(bits - (exponent << 52)).view(np.float64)
    k = np.int64(exponent + 0x4338000000000000).view(np.float64) - ROUND
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1 / 21
    p = p * z + 1 / 19
    p = p * z + 1 / 17
    p = p * z + 1 / 15
    p = p * z + 1 / 13
    p = p * z + 1 / 11
    p = p * z + 1 / 9
    p = p * z + 1 / 7
    p = p * z + 1 / 5
    p = p * z + 1 / 3
    return k * 6.93147180559945286e-01 + 2.0 * (s + s * z * p)


@nb.njit(cache=True, fastmath=fast, error_model="numpy")
def entropic_sweep(
    first_group, last_group, groups, parents, grad, played, centre, magnet, out, scale, eta, alpha,
    dilated, charged, move, values, sums, highs,
):  # fmt: skip
    """One player's update with D the Kullback–Leibler divergence; `centre` and `magnet` are logarithms.

    grad: leaf utilities, consumed; played: the current policy; out: the next one (may be `played`); charged: the played
    policy's value includes its regulariser; move: `centre` becomes the next policy's logarithm, up to a constant where
    not `dilated`; values, sums, highs: scratch, float64[>= CHUNK].
    """
    keep = 1.0 / (1.0 + eta * alpha)
    pull = eta * alpha * keep
    for q in range(last_group - 1, first_group - 1, -1):
        first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
        if n == 1:
            g, parent = grad[first : first + width], parents[at : at + width]
            for k in range(width):
                grad[parent[k]] += g[k]
            continue
        for start in range(0, width, CHUNK):
            size = min(CHUNK, width - start)
            value, total, high = values[:size], sums[:size], highs[:size]
            weight, parent = scale[at + start : at + start + size], parents[at + start : at + start + size]
            value[:] = 0.0
            if not dilated:
                for a in range(n):
                    o = first + a * width + start
                    p, g = played[o : o + size], grad[o : o + size]
                    for k in range(size):
                        value[k] += p[k] * g[k]
            if charged:
                for a in range(n):
                    o = first + a * width + start
                    p, m = played[o : o + size], magnet[o : o + size]
                    for k in range(size):
                        value[k] -= alpha * weight[k] * p[k] * (log(p[k]) - m[k])
            for k in range(size):
                total[k] = eta * keep / weight[k] if weight[k] > UNREACHED else 0.0
                high[k] = -np.inf
            for a in range(n):
                o = first + a * width + start
                g, c, m = grad[o : o + size], centre[o : o + size], magnet[o : o + size]
                for k in range(size):
                    g[k] = keep * c[k] + pull * m[k] + total[k] * g[k]
                    high[k] = max(high[k], g[k])
            total[:] = 0.0
            for a in range(n):
                o = first + a * width + start
                g, p = grad[o : o + size], out[o : o + size]
                for k in range(size):
                    p[k] = exp(g[k] - high[k])
                    total[k] += p[k]
            if dilated:
                for k in range(size):
                    high[k] += log(total[k])
                    value[k] = high[k] * weight[k] / (eta * keep)
            for k in range(size):
                total[k] = 1.0 / total[k]
            for a in range(n):
                o = first + a * width + start
                p = out[o : o + size]
                for k in range(size):
                    p[k] *= total[k]
            if move:
                for a in range(n):
                    o = first + a * width + start
                    g, c = grad[o : o + size], centre[o : o + size]
                    for k in range(size):
                        c[k] = g[k] - high[k]
            for k in range(size):
                grad[parent[k]] += value[k]


@nb.njit(cache=True, error_model="numpy")
def euclidean_sweep(
    first_group, last_group, groups, parents, grad, played, centre, magnet, out, scale, eta, alpha,
    dilated, charged, move,
):  # fmt: skip
    """`entropic_sweep` with D half the squared Euclidean distance; `centre` and `magnet` are probabilities."""
    keep = 1.0 / (1.0 + eta * alpha)
    pull = eta * alpha * keep
    for q in range(last_group - 1, first_group - 1, -1):
        first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
        for k in range(width):
            o, end = first + k, first + k + n * width
            weight = scale[at + k]
            rate = eta / weight if weight > UNREACHED else 0.0
            value = 0.0
            if not dilated:
                for i in range(o, end, width):
                    value += played[i] * grad[i]
                    if charged:
                        value -= 0.5 * alpha * weight * (played[i] - magnet[i]) ** 2
            top = -np.inf
            for i in range(o, end, width):
                out[i] = keep * (centre[i] + rate * grad[i]) + pull * magnet[i]
                top = max(top, out[i])
            level, active = -1.0, n + 1
            while True:  # Michelot 1986, below the largest: who is under the level drops out, the level rises
                total, above = -1.0, 0
                for i in range(o, end, width):
                    if out[i] - top > level:
                        total += out[i] - top
                        above += 1
                if above >= active:
                    break
                level, active = total / above, above
            for i in range(o, end, width):
                p = max(out[i] - top - level, 0.0)
                if dilated:
                    value += p * grad[i] - 0.5 * alpha * weight * (p - magnet[i]) ** 2
                    value -= 0.5 * weight / eta * (p - centre[i]) ** 2
                if move:
                    centre[i] = p
                out[i] = p
            grad[parents[at + k]] += value


@nb.njit(cache=True, fastmath=fast, error_model="numpy")
def opponents_reach(player, row_start, indptr, chance, columns, row_of, infoset_start, plan, totals, scale):
    """Writes the probability that chance and the others play towards each of the player's information sets."""
    for row in range(row_start[player], row_start[player + 1]):
        total = 0.0
        for i in range(indptr[row], indptr[row + 1]):
            reach = chance[i]
            for q in range(columns.shape[1]):
                reach *= plan[columns[i, q]]
            total += reach
        totals[row] = total
    for k in range(infoset_start[player], infoset_start[player + 1]):
        scale[k] = totals[row_of[k]]


@nb.njit(cache=True, fastmath=fast, error_model="numpy")
def charge_opponent(
    player, first_group, last_group, groups, parents, row_start, indptr, chance, columns, row_of,
    policy, magnet, plan, alpha, totals, grad,
):  # fmt: skip
    """Two players: adds to the opponent's `grad` alpha · KL(policy, magnet) wherever `player` acts."""
    totals[row_start[player] : row_start[player + 1]] = 0.0
    for q in range(first_group, last_group):
        first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
        for k in range(width):
            o = first + k
            divergence = 0.0
            for i in range(o, o + n * width, width):
                divergence += policy[i] * (log(policy[i]) - magnet[i])
            totals[row_of[at + k]] += divergence * plan[parents[at + k]]
    for row in range(row_start[player], row_start[player + 1]):
        for i in range(indptr[row], indptr[row + 1]):
            grad[columns[i, 0]] += alpha * totals[row] * chance[i]


@nb.njit(cache=True, error_model="numpy")
def mirror_iterations(
    schedule, flags, layout, reach, policy, plan, centre, magnet, leader, average, grad, work, scale, scratch
):
    """Many iterations in one call.

    schedule: float64[T, 4], a row for each iteration: eta, alpha, how far the magnet moves to the policy, weight in the
    average. flags: eight booleans: entropic, lazy (`leader` collects the gradients, `centre` stays), optimistic,
    dilated, charged, zero_sum (the opponent is paid the charge), by_reach (`scale` is the others' reach), alternating.
    reach: `Reach.arrays`; policy, plan, centre, magnet, leader, average: in and out; the rest: scratch.
    """
    player_start, groups, group_start, parents, leaves = layout
    row_start, indptr, chance, columns, row_of, infoset_start = reach
    entropic, lazy, optimistic, dilated, charged, zero_sum, by_reach, alternating = flags
    values, sums, highs = scratch[0], scratch[1], scratch[2]
    totals, spare = np.zeros(len(indptr)), np.ones_like(policy)
    players = len(player_start) - 1
    for t in range(schedule.shape[0]):
        eta, alpha, drift, weight = schedule[t, 0], schedule[t, 1], schedule[t, 2], schedule[t, 3]
        for stage in range(players if alternating else 1):
            low, high = (stage, stage + 1) if alternating else (0, players)
            for p in range(low, high):
                grad[player_start[p] : player_start[p + 1]] = 0.0
                gradient(p, plan, grad, *leaves)
                if by_reach:
                    opponents_reach(p, row_start, indptr, chance, columns, row_of, infoset_start, plan, totals, scale)
            if zero_sum:
                for p in range(low, high):
                    other = 1 - p
                    charge_opponent(
                        other, group_start[other], group_start[other + 1], groups, parents, row_start, indptr,
                        chance, columns, row_of, policy, magnet, plan, alpha, totals, grad,
                    )  # fmt: skip
            for p in range(low, high):
                start, end = player_start[p], player_start[p + 1]
                g, s = grad[start:end], work[start:end]
                first, last = group_start[p], group_start[p + 1]
                halves = 2 if optimistic and not lazy else 1
                for k in range(end - start):
                    s[k] = g[k]
                if lazy:
                    sum_ = leader[start:end]
                    for k in range(end - start):
                        sum_[k] += g[k]
                        s[k] = sum_[k] + (g[k] if optimistic else 0.0)
                for half in range(halves):  # two: the centre moves by the gradient, the policy a step further
                    values_of = grad if half else work
                    out = spare if half + 1 < halves else policy
                    move = not lazy and half == 0
                    if entropic:
                        entropic_sweep(
                            first, last, groups, parents, values_of, policy, centre, magnet, out, scale, eta, alpha,
                            dilated, charged, move, values, sums, highs,
                        )  # fmt: skip
                    else:
                        euclidean_sweep(
                            first, last, groups, parents, values_of, policy, centre, magnet, out, scale, eta, alpha,
                            dilated, charged, move,
                        )  # fmt: skip
                if drift > 0.0:
                    m, c = magnet[start:end], centre[start:end]
                    for k in range(end - start):
                        m[k] += drift * (c[k] - m[k])
                x, mean = plan[start:end], average[start:end]
                for k in range(end - start):
                    mean[k] += weight * x[k]
                realise(first, last, groups, parents, policy, plan, values)
