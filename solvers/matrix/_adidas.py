"""Adaptively annealed descent of the deviation incentive, on sampled rows of the payoff tensor (Gemp et al. 2022)."""

from __future__ import annotations

import numba as nb
import numpy as np

from ...games._streams import uniform

_I, _F, _U = nb.types.int64, nb.types.float64, nb.types.uint64
_I1, _F1 = nb.types.int64[::1], nb.types.float64[::1]
_TENSOR = nb.types.Array(_F, 2, "C", readonly=True)


@nb.njit(_F(_F1, _F, _F1), cache=True, error_model="numpy")
def softmax(scores, temperature, out):
    """out: the softmax of scores / temperature. -> its entropy."""
    best, total, entropy = scores.max(), 0.0, 0.0
    for k in range(scores.size):
        out[k] = np.exp((scores[k] - best) / temperature)
        total += out[k]
    for k in range(scores.size):
        out[k] /= total
        if out[k] > 0.0:
            entropy -= out[k] * np.log(out[k])
    return entropy


@nb.njit(
    nb.types.Tuple((_F, _F, _I))(
        _TENSOR, _F1, _F1, _I1, _I1, _F1, _F1, _F1, _F1, _F1, _F1, _I1, _I, _I, _I, _F, _F, _F, _F, _F, _U
    ),
    cache=True,
    error_model="numpy",
)
def anneal(
    payoffs, lows, ranges, strides, starts, scores, x, worth, best, fresh, slope, joint,
    begin, end, samples, temperature, coldest, incentive, rate, memory, key,
):  # fmt: skip
    """Iterations begin … end - 1. -> (temperature, running deviation incentive, iterations at this temperature).

    payoffs: float64[P, profiles], used as (payoff - low) / range; scores: float64[N], x = softmax(scores); worth: a
    running mean of each action's sampled payoff, the newest with weight `memory`; best, fresh and slope are scratch.
    """
    players = strides.size
    since = 0
    for t in range(begin, end):
        fresh[:] = 0.0
        slope[:] = 0.0
        for p in range(players):
            s = slice(starts[p], starts[p + 1])
            softmax(scores[s], 1.0, x[s])
        for sample in range(samples):
            at = 0
            for p in range(players):
                draw = uniform(key, np.uint64((t * samples + sample) * players + p))
                k = starts[p]
                while k < starts[p + 1] - 1 and draw >= x[k]:
                    draw -= x[k]
                    k += 1
                joint[p] = k - starts[p]
                at += strides[p] * joint[p]
            for p in range(players):
                row = at - strides[p] * joint[p]
                for k in range(starts[p + 1] - starts[p]):
                    cell = row + strides[p] * k
                    fresh[starts[p] + k] += (payoffs[p, cell] - lows[p]) / (ranges[p] * samples)
                    for q in range(players):  # how p's action changes what q gains by its best response
                        if q != p:
                            side, total = cell - strides[q] * joint[q], 0.0
                            for h in range(starts[q + 1] - starts[q]):
                                shift = best[starts[q] + h] - x[starts[q] + h]
                                total += (payoffs[q, side + strides[q] * h] - lows[q]) * shift
                            slope[starts[p] + k] += total / (ranges[q] * samples)
        gap = 0.0
        weight = max(memory, 1.0 / (t + 1.0))
        for p in range(players):
            s = slice(starts[p], starts[p + 1])
            for k in range(starts[p], starts[p + 1]):
                worth[k] += weight * (fresh[k] - worth[k])
            gap += temperature * softmax(worth[s], temperature, best[s])
            for k in range(starts[p], starts[p + 1]):
                log_x = np.log(max(x[k], 1e-300))
                gap += worth[k] * (best[k] - x[k]) + temperature * x[k] * log_x
                scores[k] += rate * (fresh[k] - temperature * log_x - slope[k])
            top = scores[s].max()
            for k in range(starts[p], starts[p + 1]):
                scores[k] = max(scores[k] - top, -50.0)
        incentive += 0.05 * (gap - incentive)
        since += 1
        if incentive < 0.5 * temperature and since > 50 and temperature > coldest:
            temperature = max(0.8 * temperature, coldest)
            since = 0
    return temperature, incentive, since
