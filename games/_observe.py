"""The compiled walk over a built tree that observes every information set."""

from __future__ import annotations

import numba as nb
import numpy as np

from .rules import POINTERS

_I = nb.types.int64


def _read(kind):
    return nb.types.Array(kind, 1, "C", readonly=True)


OBSERVE = (
    *(POINTERS[name] for name in ("init", "to_move", "apply", "observe")),
    nb.types.int64[::1],
    _I,
    _I,
    _I,
    _read(nb.types.int8),
    *[_read(nb.types.int32)] * 4,
    _read(nb.types.int64),
    nb.types.float32[:, ::1],
)


@nb.njit(OBSERVE, cache=True, error_model="numpy")
def observe_infosets(
    init, to_move, apply, observe, params, state_size, players, depth, player, index, first, count, label, node_of, out
):
    """Walks a built tree again and writes each information set's observation at its first node.

    player, index, first, count, label: a `GameTree`'s node arrays; node_of: int64[I], each information set's first
    node; depth: the tree's depth; out: float32[I, observation_size], zeroed.
    """
    states = np.zeros((depth + 1, state_size), np.int64)
    pending = np.zeros((depth + 1, players), np.int64)
    node, done, movers = np.zeros(depth + 1, np.int64), np.zeros(depth + 1, np.int64), np.zeros(depth + 1, np.int64)
    init(params, states[0])
    d = 0
    while d >= 0:
        v = node[d]
        if done[d] == 0:
            if movers[d] == 0:
                movers[d] = to_move(params, states[d])
            if player[v] >= 0 and node_of[index[v]] == v:
                observe(params, states[d], np.int64(player[v]), out[index[v]])
        if done[d] == count[v]:
            d -= 1
            continue
        w = first[v] + done[d]
        done[d] += 1
        for i in range(state_size):  # loops compile in a third of the time of slices
            states[d + 1, i] = states[d, i]
        for p in range(players):
            pending[d + 1, p] = pending[d, p]
        node[d + 1], done[d + 1], movers[d + 1] = w, 0, 0
        pending[d + 1, max(player[v], 0)] = label[w]
        rest = 0 if player[v] < 0 else movers[d] & ~(1 << player[v])
        if rest == 0:
            apply(params, states[d + 1], pending[d + 1])
        movers[d + 1] = rest
        d += 1
