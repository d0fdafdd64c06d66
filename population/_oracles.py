"""Compiled tabular Q-learning against opponents whose choices are part of chance."""

from __future__ import annotations

import numba as nb
import numpy as np

from ..games._streams import uniform
from ..solvers.tree._mccfr import CHANCE, END, pick, stream


@nb.njit(cache=True, error_model="numpy")
def q_learning(
    done, count, seed, nodes, chance, sets, utility, rate, epsilon, decay, values, visits
):  # fmt: skip
    """Episodes done … done + count - 1 of one player (number 0 in `nodes`), Watkins' Q-learning without discount.

    An action is updated towards the best value at the player's next decision, the last one towards the return. Step
    size: rate / (1 + decay * earlier updates). nodes: int32[N, 4] (player, first child, information set or leaf,
    children); chance: float64[N], probability of the edge into a node; sets: int64[I, 2] (first sequence, sequence
    before); utility: float64[L, 1]. values, visits: float64[S], in and out.
    """
    for episode in range(done, done + count):
        key, counter = stream(seed, episode), np.uint64(0)
        node, last = np.int64(0), np.int64(-1)
        while True:
            player, below, index, n = nodes[node, 0], np.int64(nodes[node, 1]), np.int64(nodes[node, 2]), nodes[node, 3]
            if player == CHANCE:
                node = below + pick(chance, below, n, 0.0, uniform(key, counter))
                counter += np.uint64(1)
                continue
            if player == END:
                target = utility[index, 0]
            else:
                first = sets[index, 0]
                best = 0
                for k in range(1, n):
                    if values[first + k] > values[first + best]:
                        best = k
                target = values[first + best]
            if last >= 0:
                values[last] += rate / (1.0 + decay * visits[last]) * (target - values[last])
                visits[last] += 1.0
            if player == END:
                break
            if uniform(key, counter) < epsilon:
                counter += np.uint64(1)
                best = min(np.int64(uniform(key, counter) * n), n - 1)
            counter += np.uint64(1)
            last = first + best
            node = below + best
