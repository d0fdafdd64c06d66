"""The compiled match kernel: whole games by a walk from the root of a tree to a leaf.

Random numbers are counted, not kept: the draws of match m are a function of (seed, m) alone, so that results do not
depend on how matches are batched or which process plays them.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from ..games._streams import mix64
from ..games.streams import GOLDEN

CHANCE, END = -1, -2
DECISION_STREAM = np.uint64(0x6A09E667F3BCC908)
CHANCE_STREAM = np.uint64(0xBB67AE8584CAA73B)
_GOLDEN, _S11 = np.uint64(GOLDEN), np.uint64(11)

_U, _I = nb.types.uint64, nb.types.int64
_READ_I = nb.types.Array(nb.types.int64, 1, "C", readonly=True)
_READ_I2 = nb.types.Array(nb.types.int64, 2, "C", readonly=True)
_READ_N2 = nb.types.Array(nb.types.int32, 2, "C", readonly=True)
_READ_N = nb.types.Array(nb.types.int32, 1, "C", readonly=True)


@nb.njit(
    nb.types.void(_READ_N2, _READ_I, _READ_I2, _READ_I2, _READ_N, _U, _I, _I, nb.types.int32[::1]),
    cache=True,
    error_model="numpy",
)
def play_tree(nodes, chance, policies, seatings, leaf_outcome, seed, start, paired, out):
    """Plays matches start, start + 1, … and writes the outcome of each.

    nodes: int32[N, 4], per node: player (or `CHANCE`, `END`), first child, first threshold (at the end: the leaf),
    number of children. chance: int64[C], policies: int64[members, S]: cumulative probabilities times 2^53. seatings:
    int64[O, P]: the row of `policies` in each seat, for match numbers modulo O. paired: matches whose numbers have one
    quotient by `paired` share the luck of chance. out: int32[n], `leaf_outcome` of the leaf where the match ended.
    """
    orders = seatings.shape[0]
    decision_seed, chance_seed = mix64(seed ^ DECISION_STREAM), mix64(seed ^ CHANCE_STREAM)
    for i in range(out.size):
        m = start + i
        seats = seatings[m % orders]
        decisions = mix64(decision_seed + _GOLDEN * np.uint64(m))
        luck = mix64(chance_seed + _GOLDEN * np.uint64(m // paired))
        node = nodes[0]
        player = node[0]
        while player != END:
            first = np.int64(node[2])
            last = np.int64(node[3]) - 1
            if player == CHANCE:
                luck += _GOLDEN
                u = np.int64(mix64(luck) >> _S11)
                row = chance[first : first + last]
            else:
                decisions += _GOLDEN
                u = np.int64(mix64(decisions) >> _S11)
                row = policies[seats[player], first : first + last]
            child = np.int64(node[1])
            if last > 16:
                low, high = 0, int(last)
                while low < high:
                    middle = (low + high) >> 1
                    if u >= row[middle]:
                        low = middle + 1
                    else:
                        high = middle
                child += low
            else:
                for k in range(last):  # counting spares the mispredicted exit of a search
                    child += u >= row[k]
            node = nodes[child]
            player = node[0]
        out[i] = leaf_outcome[node[2]]
