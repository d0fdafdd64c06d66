"""The compiled walk over a game's rules that writes its tree as flat arrays."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from .rules import CHANCE, POINTERS, TERMINAL

OK, RECALL, ACTIONS, PROBABILITIES, UTILITY, HISTORIES, DEPTH, STUCK = range(8)
"""How a walk ends: well, or what is wrong with the game."""


class Raw(NamedTuple):
    """What a walk found, in order of discovery (depth first); `GameTree` renumbers it by player."""

    node_player: np.ndarray  # int8[N]: player, CHANCE, or -2 at the end
    node_index: np.ndarray  # int32[N]: information set, leaf, or -1 at chance
    node_first: np.ndarray  # int32[N]: first child; children are neighbours
    node_count: np.ndarray  # int32[N]
    node_label: np.ndarray  # int32[N]: action or outcome of the edge into the node
    node_prob: np.ndarray  # float64[N]: chance probability of the edge into the node, 1 elsewhere
    infoset_player: np.ndarray  # int32[I]
    infoset_parent: np.ndarray  # int32[I]: the player's own last sequence (0 = empty), numbered for each player
    infoset_first: np.ndarray  # int32[I]: first of the player's sequences
    infoset_count: np.ndarray  # int32[I]
    infoset_node: np.ndarray  # int32[I]: the first node
    infoset_actions: np.ndarray  # int32[I]: where its actions start in `actions`
    actions: np.ndarray  # int32[ΣA]
    key_start: np.ndarray  # int64[I+1]
    keys: np.ndarray  # int64[K]: information states, one after the other
    leaf_seq: np.ndarray  # int32[L, P]: each player's last sequence
    leaf_chance: np.ndarray  # float64[L]
    leaf_utility: np.ndarray  # float64[L, P]


@nb.njit(cache=True)
def _grown(a, size):
    out = np.empty(size, a.dtype)
    out[: a.size] = a
    return out


@nb.njit(cache=True)
def _grown_rows(a, rows):
    out = np.empty((rows, a.shape[1]), a.dtype)
    out[: a.shape[0]] = a
    return out


@nb.njit(cache=True)
def _hash(player, key, count):
    h = np.uint64(player + 1) * np.uint64(0x9E3779B97F4A7C15)
    for i in range(count):
        h = (h ^ np.uint64(key[i])) * np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(29)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(32))


_NAMES = ("init", "to_move", "legal", "chance", "apply", "returns", "info")
_I = nb.types.int64
WALK = (*(POINTERS[name] for name in _NAMES), nb.types.int64[::1], _I, _I, _I, _I, _I, _I, _I)


@nb.njit(WALK, cache=True, error_model="numpy")
def walk(
    init,
    to_move,
    legal,
    chance,
    apply,
    returns,
    info,
    params,
    state_size,
    players,
    branching,
    info_size,
    chance_size,
    max_histories,
    max_depth,
):
    """Depth first over the whole game. -> (status, information set at fault, path to it, arrays of `Raw`)."""
    depth_room = 32
    states = np.zeros((depth_room, state_size), np.int64)
    pending = np.zeros((depth_room, players), np.int64)
    last = np.zeros((depth_room, players), np.int32)
    choice = np.zeros((depth_room, branching), np.int64)
    weight = np.zeros((depth_room, branching), np.float64)
    movers, turn, node = (
        np.zeros(depth_room, np.int64),
        np.zeros(depth_room, np.int64),
        np.zeros(depth_room, np.int64),
    )
    done, width, first_seq = (
        np.zeros(depth_room, np.int64),
        np.zeros(depth_room, np.int64),
        np.zeros(depth_room, np.int64),
    )
    reach = np.ones(depth_room)

    node_player, node_index = np.empty(1024, np.int8), np.empty(1024, np.int32)
    node_first, node_count = np.zeros(1024, np.int32), np.zeros(1024, np.int32)
    node_label, node_prob = np.zeros(1024, np.int32), np.ones(1024, np.float64)
    infoset_player, infoset_parent = np.empty(256, np.int32), np.empty(256, np.int32)
    infoset_first, infoset_count = np.empty(256, np.int32), np.empty(256, np.int32)
    infoset_node, infoset_actions = np.empty(256, np.int32), np.empty(256, np.int32)
    infoset_hash = np.empty(256, np.uint64)
    actions, num_actions = np.empty(1024, np.int32), 0
    key_start, keys = np.zeros(257, np.int64), np.empty(4096, np.int64)
    slots = np.full(1024, -1, np.int64)
    leaf_seq, leaf_chance = np.empty((512, players), np.int32), np.empty(512, np.float64)
    leaf_utility = np.empty((512, players), np.float64)
    num_sequences = np.ones(players, np.int64)  # the empty sequence is each player's first
    joint, key, out = np.zeros(players, np.int64), np.zeros(info_size, np.int64), np.zeros(players, np.float64)
    legal_out = np.zeros(branching, np.int64)
    outcome_out, probability_out = np.zeros(max(chance_size, 1), np.int64), np.zeros(max(chance_size, 1), np.float64)

    nodes, infosets, leaves, status, fault, d = 1, 0, 0, OK, -1, 0
    init(params, states[0])
    enter = True
    while d >= 0:
        if enter:
            state, v = states[d], node[d]
            if movers[d] == 0:
                movers[d] = to_move(params, state)
            if movers[d] == TERMINAL:
                if leaves == leaf_chance.size:
                    leaf_seq, leaf_utility = _grown_rows(leaf_seq, 2 * leaves), _grown_rows(leaf_utility, 2 * leaves)
                    leaf_chance = _grown(leaf_chance, 2 * leaves)
                out[:] = 0.0
                returns(params, state, out)
                for p in range(players):
                    leaf_seq[leaves, p] = last[d, p]
                    leaf_utility[leaves, p] = out[p]
                    if not np.isfinite(out[p]):
                        status = UTILITY
                leaf_chance[leaves] = reach[d]
                node_player[v], node_index[v] = -2, leaves
                leaves += 1
                width[d] = 0
            elif movers[d] == CHANCE:
                n = chance(params, state, outcome_out, probability_out)
                total = 0.0
                for k in range(n):
                    choice[d, k], weight[d, k] = outcome_out[k], probability_out[k]
                    total += probability_out[k]
                    if not probability_out[k] > 0.0:
                        status = PROBABILITIES
                if not abs(total - 1.0) < 1e-9:
                    status = PROBABILITIES
                node_player[v], node_index[v] = CHANCE, -1
                turn[d], width[d] = CHANCE, n
            else:
                p = 0
                while not movers[d] >> p & 1:
                    p += 1
                turn[d] = p
                n = legal(params, state, p, legal_out)
                for k in range(n):
                    choice[d, k] = legal_out[k]
                if n == 0:
                    status = STUCK
                width[d] = n
                size = info(params, state, p, key)
                h = _hash(p, key, size)
                slot = np.int64(h & np.uint64(slots.size - 1))
                found = -1
                while slots[slot] >= 0:
                    j = slots[slot]
                    if infoset_hash[j] == h and infoset_player[j] == p and key_start[j + 1] - key_start[j] == size:
                        start, same = key_start[j], True
                        for k in range(size):
                            if keys[start + k] != key[k]:
                                same = False
                                break
                        if same:
                            found = j
                            break
                    slot = (slot + 1) & (slots.size - 1)
                if found < 0:
                    if infosets == infoset_player.size:
                        room = 2 * infosets
                        infoset_player, infoset_parent = _grown(infoset_player, room), _grown(infoset_parent, room)
                        infoset_first, infoset_count = _grown(infoset_first, room), _grown(infoset_count, room)
                        infoset_node, infoset_actions = _grown(infoset_node, room), _grown(infoset_actions, room)
                        infoset_hash, key_start = _grown(infoset_hash, room), _grown(key_start, room + 1)
                    found = infosets
                    infosets += 1
                    infoset_player[found], infoset_parent[found], infoset_hash[found] = p, last[d, p], h
                    infoset_first[found], infoset_count[found] = num_sequences[p], n
                    infoset_node[found], infoset_actions[found] = v, num_actions
                    num_sequences[p] += n
                    while num_actions + n > actions.size:
                        actions = _grown(actions, 2 * actions.size)
                    for k in range(n):
                        actions[num_actions + k] = choice[d, k]
                    num_actions += n
                    start = key_start[found]
                    while start + size > keys.size:
                        keys = _grown(keys, 2 * keys.size)
                    for k in range(size):
                        keys[start + k] = key[k]
                    key_start[found + 1] = start + size
                    slots[slot] = found
                    if 2 * infosets > slots.size:
                        slots = np.full(4 * slots.size, -1, np.int64)
                        for j in range(infosets):
                            slot = np.int64(infoset_hash[j] & np.uint64(slots.size - 1))
                            while slots[slot] >= 0:
                                slot = (slot + 1) & (slots.size - 1)
                            slots[slot] = j
                else:
                    if infoset_parent[found] != last[d, p]:
                        status, fault = RECALL, found
                    if infoset_count[found] != n:
                        status, fault = ACTIONS, found
                    else:
                        start = infoset_actions[found]
                        for k in range(n):
                            if actions[start + k] != choice[d, k]:
                                status, fault = ACTIONS, found
                node_player[v], node_index[v] = p, found
                first_seq[d] = infoset_first[found]
            if status != OK:
                break
            n = width[d]
            if n > 0:
                if nodes + n > max_histories:
                    status = HISTORIES
                    break
                while nodes + n > node_player.size:
                    room = 2 * node_player.size
                    node_player, node_index = _grown(node_player, room), _grown(node_index, room)
                    node_first, node_count = _grown(node_first, room), _grown(node_count, room)
                    node_label, node_prob = _grown(node_label, room), _grown(node_prob, room)
                for k in range(n):
                    node_label[nodes + k] = choice[d, k]
                    node_prob[nodes + k] = weight[d, k] if turn[d] == CHANCE else 1.0
            node_first[v], node_count[v] = nodes if n > 0 else 0, n
            nodes += n
            done[d] = 0
        if done[d] == width[d]:
            d -= 1
            enter = False
            continue
        k = done[d]
        done[d] += 1
        if d + 1 == depth_room:
            if depth_room >= max_depth:
                status = DEPTH
                break
            depth_room *= 2
            states, pending = _grown_rows(states, depth_room), _grown_rows(pending, depth_room)
            last, choice = _grown_rows(last, depth_room), _grown_rows(choice, depth_room)
            weight = _grown_rows(weight, depth_room)
            movers, turn, node = _grown(movers, depth_room), _grown(turn, depth_room), _grown(node, depth_room)
            done, width = _grown(done, depth_room), _grown(width, depth_room)
            first_seq, reach = _grown(first_seq, depth_room), _grown(reach, depth_room)
        child = d + 1
        for i in range(state_size):
            states[child, i] = states[d, i]
        for p in range(players):
            last[child, p] = last[d, p]
        node[child], movers[child], reach[child] = node_first[node[d]] + k, 0, reach[d]
        if turn[d] == CHANCE:
            reach[child] *= weight[d, k]
            joint[0] = choice[d, k]
            apply(params, states[child], joint)
        else:
            p = turn[d]
            for i in range(players):
                pending[child, i] = pending[d, i]
            pending[child, p] = choice[d, k]
            last[child, p] = first_seq[d] + k
            rest = movers[d] & ~(1 << p)
            if rest == 0:
                apply(params, states[child], pending[child])
            movers[child] = rest
        d, enter = child, True

    path = np.empty(max(d, 0), np.int64)
    if status != OK:
        for i in range(d):
            path[i] = choice[i, done[i] - 1]
    return (
        status,
        fault,
        path,
        (
            node_player[:nodes].copy(),
            node_index[:nodes].copy(),
            node_first[:nodes].copy(),
            node_count[:nodes].copy(),
            node_label[:nodes].copy(),
            node_prob[:nodes].copy(),
        ),
        (
            infoset_player[:infosets].copy(),
            infoset_parent[:infosets].copy(),
            infoset_first[:infosets].copy(),
            infoset_count[:infosets].copy(),
            infoset_node[:infosets].copy(),
            infoset_actions[:infosets].copy(),
            actions[:num_actions].copy(),
        ),
        (key_start[: infosets + 1].copy(), keys[: key_start[infosets]].copy()),
        (leaf_seq[:leaves].copy(), leaf_chance[:leaves].copy(), leaf_utility[:leaves].copy()),
    )


OBSERVE = (
    *(POINTERS[name] for name in ("init", "to_move", "apply", "observe")),
    nb.types.int64[::1],
    _I,
    _I,
    _I,
    nb.types.int8[::1],
    nb.types.int32[::1],
    nb.types.int32[::1],
    nb.types.int32[::1],
    nb.types.int32[::1],
    nb.types.int64[::1],
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
        states[d + 1] = states[d]
        pending[d + 1] = pending[d]
        node[d + 1], done[d + 1], movers[d + 1] = w, 0, 0
        pending[d + 1, max(player[v], 0)] = label[w]
        rest = 0 if player[v] < 0 else movers[d] & ~(1 << player[v])
        if rest == 0:
            apply(params, states[d + 1], pending[d + 1])
        movers[d + 1] = rest
        d += 1
