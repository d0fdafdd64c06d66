"""The compiled walk over a game's rules that writes its tree as flat arrays."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from ._streams import uniform
from .rules import CHANCE, POINTERS, TERMINAL, Setup

OK, RECALL, ACTIONS, PROBABILITIES, UTILITY, HISTORIES, DEPTH, STUCK, FULL = range(9)
"""How a walk ends: well, or what is wrong with the game; `FULL`: it goes on once the arrays have more room."""


PROBE_AT, PROBES = 20_000, 1024
"""After how many histories a walk asks whether the end is in sight, and by how many random games at most."""

SURELY = 10.0
"""A tree is given up where its estimated size is so many times what is allowed. The estimate is right on average, and
the trees of games are regular, so that hardly a tree that would fit is given up; a larger limit helps."""


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


def build(setup: Setup, max_histories: int, max_depth: int) -> tuple[int, int, list[int], Raw]:
    """Walks compiled rules. -> (status, information set at fault or -1, moves that lead there, what was found).

    The kernel never allocates: it stops where room is short, and goes on in larger arrays.
    """
    rules, players = setup.rules.compiled(), setup.num_players
    branching = max(setup.num_actions, setup.max_outcomes)
    info_size = max(setup.info_size, 1)
    key, out = np.zeros(info_size, np.int64), np.zeros(players)

    def stack(depth: int) -> list[np.ndarray]:
        words = np.zeros((depth, setup.state_size), np.int64)
        own, frame = np.zeros((depth, 2 * players), np.int64), np.zeros((depth, FRAME), np.int64)
        return [words, own, frame, np.zeros((depth, branching), np.int64), np.zeros((depth, branching)), np.ones(depth)]

    frames = stack(64)
    nodes, node_prob = np.zeros((5, 16_384), np.int32), np.ones(16_384)
    infosets, infoset_hash = np.zeros((6, 4096), np.int32), np.zeros(4096, np.uint64)
    actions, key_start, keys = np.zeros(16_384, np.int32), np.zeros(4097, np.int64), np.zeros(16_384, np.int64)
    slots, num_sequences = np.full(16_384, -1, np.int64), np.ones(players, np.int64)
    leaf_seq, leaf_chance = np.zeros((8192, players), np.int32), np.zeros(8192)
    leaf_utility = np.zeros((8192, players))
    at = np.array([1, 0, 0, 0, 0, 0, 1, -1], np.int64)
    rules.init(setup.params, frames[0][0])
    root, probed = frames[0][0].copy(), False
    while True:
        status = walk(
            *(getattr(rules, name) for name in _CALLED),
            *(setup.params, max_histories, at, num_sequences, key, out),
            *frames,
            *(nodes, node_prob, infosets, infoset_hash, actions, key_start, keys, slots),
            *(leaf_seq, leaf_chance, leaf_utility),
        )
        if status != FULL:
            break
        if not probed and at[NODES] > PROBE_AT:
            probed, enough = True, SURELY * max_histories
            called = (getattr(rules, name) for name in _CALLED[:4])
            scratch = (np.zeros(players, np.int64), np.zeros(branching, np.int64), np.zeros(branching))
            if estimate(*called, setup.params, root, root.copy(), *scratch, PROBES, max_depth, enough) > enough:
                status = HISTORIES
                break
        if at[HERE] + 1 >= len(frames[0]):
            if len(frames[0]) >= max_depth:
                status = DEPTH
                break
            frames = [_copied(old, new) for old, new in zip(frames, stack(2 * len(frames[0])))]
        # Each stop costs a call from Python, so that everything more than half full grows together.
        if room := _more(at[NODES] + branching, node_prob.size):
            nodes, node_prob = _grown(nodes.T, room).T, _grown(node_prob, room)
        if room := _more(at[INFOSETS] + 1, infoset_hash.size):
            infosets, infoset_hash = _grown(infosets.T, room).T, _grown(infoset_hash, room)
            key_start = _grown(key_start, room + 1)
        if room := _more(at[ACTION_WORDS] + branching, actions.size):
            actions = _grown(actions, room)
        if room := _more(at[KEY_WORDS] + info_size, keys.size):
            keys = _grown(keys, room)
        if room := _more(2 * at[INFOSETS] + 2, slots.size):
            slots = np.full(room, -1, np.int64)
            rehash(infoset_hash, at[INFOSETS], slots)
        if room := _more(at[LEAVES] + 1, leaf_chance.size):
            leaf_seq, leaf_chance = _grown(leaf_seq, room), _grown(leaf_chance, room)
            leaf_utility = _grown(leaf_utility, room)

    n, i, leaves, fault = int(at[NODES]), int(at[INFOSETS]), int(at[LEAVES]), int(at[FAULT])
    _, _, frame, choice, _, _ = frames
    path = [int(choice[d, frame[d, DONE] - 1]) for d in range(at[HERE])] if status != OK else []
    found = (
        nodes[0, :n].astype(np.int8),
        *nodes[1:, :n],
        node_prob[:n],
        *infosets[:, :i],
        actions[: at[ACTION_WORDS]],
        key_start[: i + 1],
        keys[: at[KEY_WORDS]],
        leaf_seq[:leaves],
        leaf_chance[:leaves],
        leaf_utility[:leaves],
    )
    return status, fault, path, Raw._make(array.copy() for array in found)


def _more(used: int, room: int) -> int:
    """The room that an array needs next, a power of two times what it has; 0 while half of it is free."""
    more = room
    while 2 * used > more:
        more *= 4
    return more if more > room else 0


def _grown(old: np.ndarray, room: int) -> np.ndarray:
    """A longer array with the old content, in the same memory order."""
    return _copied(old, np.empty((room, *old.shape[1:]), old.dtype, order="F" if old.flags.f_contiguous else "C"))


def _copied(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    new[: len(old)] = old
    return new


_CALLED = ("to_move", "legal", "chance", "apply", "returns", "info")
_I = nb.types.int64
_I1, _I2 = nb.types.int64[::1], nb.types.int64[:, ::1]
_S1, _S2 = nb.types.int32[::1], nb.types.int32[:, ::1]
_F1, _F2 = nb.types.float64[::1], nb.types.float64[:, ::1]
_U1 = nb.types.uint64[::1]

# Where a walk stands: the words of `at`.
NODES, INFOSETS, LEAVES, ACTION_WORDS, KEY_WORDS, HERE, ENTER, FAULT = range(8)

# A frame of the stack: who is yet to move (0: not asked), who moves, the node, children done, children, first sequence.
MOVERS, TURN, NODE, DONE, WIDTH, FIRST, FRAME = range(7)

WALK = (
    *(POINTERS[name] for name in _CALLED),
    *(_I1, _I, _I1, _I1, _I1, _F1),
    *(_I2, _I2, _I2, _I2, _F2, _F1),
    *(_S2, _F1, _S2, _U1, _S1, _I1, _I1, _I1),
    *(_S2, _F1, _F2),
)


ESTIMATE = (*(POINTERS[name] for name in _CALLED[:4]), *[_I1] * 5, _F1, _I, _I, nb.float64)


@nb.njit(nb.float64(*ESTIMATE), cache=True, error_model="numpy")
def estimate(to_move, legal, chance, apply, params, root, state, joint, options, weight, probes, max_depth, enough):
    """The number of histories below `root` as Knuth (1975) estimates it: over random games, the products of the numbers
    of choices so far. Stops where the mean is sure to be more than `enough`.

    state: int64[state size], joint: int64[players], options, weight: [branching], all of them scratch.
    """
    total, counter = 0.0, np.uint64(0)
    for _ in range(probes):
        for i in range(state.size):
            state[i] = root[i]
        width = 1.0
        total += width
        for _ in range(max_depth):
            movers = to_move(params, state)
            if movers == TERMINAL or total > enough * probes:
                break
            for p in range(1 if movers == CHANCE else joint.size):
                if not movers >> p & 1:
                    continue
                n = chance(params, state, options, weight) if movers == CHANCE else legal(params, state, p, options)
                joint[p] = options[np.int64(uniform(np.uint64(0), counter) * n)]
                counter += np.uint64(1)
                width *= n
                total += width
            apply(params, state, joint)
    return total / probes


@nb.njit(nb.uint64(_I, _I1, _I), cache=True)
def hash_key(player, key, count):
    h = np.uint64(player + 1) * np.uint64(0x9E3779B97F4A7C15)
    for i in range(count):
        h = (h ^ np.uint64(key[i])) * np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(29)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(32))


@nb.njit(nb.void(_U1, _I, _I1), cache=True)
def rehash(infoset_hash, infosets, slots):
    """Enters every information set into a fresh table of slots, a power of two of them."""
    mask = np.uint64(slots.size - 1)
    for j in range(infosets):
        slot = np.int64(infoset_hash[j] & mask)
        while slots[slot] >= 0:
            slot = (slot + 1) & (slots.size - 1)
        slots[slot] = j


@nb.njit(_I(*WALK), cache=True, error_model="numpy")
def walk(
    to_move,
    legal,
    chance,
    apply,
    returns,
    info,
    params,
    max_histories,
    at,
    num_sequences,
    key,
    out,
    states,
    own,
    frame,
    choice,
    weight,
    reach,
    nodes,
    node_prob,
    infosets,
    infoset_hash,
    actions,
    key_start,
    keys,
    slots,
    leaf_seq,
    leaf_chance,
    leaf_utility,
):
    """Depth first over the game from where `at` stands, until the end, a fault, or the end of the arrays' room.

    No array variable is assigned inside the loop: each assignment would count references, the dearest thing here.

    states: int64[D, state size], own: int64[D, 2P] (pending joint action, own last sequences), frame: int64[D, FRAME],
    choice, weight: [D, branching], reach: float64[D], for D levels; nodes: int32[5, N] as in `Raw` from `node_player`
    to `node_label`; infosets: int32[6, I] as in `Raw`; num_sequences: int64[P]. -> a status
    """
    players, branching, info_size, levels = out.size, choice.shape[1], key.size, reach.size
    state_size, mask = states.shape[1], slots.size - 1
    count, sets, leaves, action_words, key_words, d = at[NODES], at[INFOSETS], at[LEAVES], at[3], at[4], at[HERE]
    enter, status = at[ENTER] != 0, OK
    while d >= 0:
        if enter:
            if (
                d + 1 >= levels
                or count + branching > node_prob.size
                or sets == infoset_hash.size
                or 2 * sets >= slots.size
                or action_words + branching > actions.size
                or key_words + info_size > keys.size
                or leaves == leaf_chance.size
            ):
                status = FULL
                break
            v, mover, n = frame[d, NODE], frame[d, MOVERS], 0
            if mover == 0:
                mover = to_move(params, states[d])
                frame[d, MOVERS] = mover
            if mover == TERMINAL:
                for p in range(players):
                    out[p] = 0.0
                returns(params, states[d], out)
                for p in range(players):
                    leaf_seq[leaves, p] = own[d, players + p]
                    leaf_utility[leaves, p] = out[p]
                    if not np.isfinite(out[p]):
                        status = UTILITY
                leaf_chance[leaves] = reach[d]
                nodes[0, v], nodes[1, v] = -2, leaves
                leaves += 1
            elif mover == CHANCE:
                n = chance(params, states[d], choice[d], weight[d])
                total = 0.0
                for k in range(n):
                    total += weight[d, k]
                    if not weight[d, k] > 0.0:
                        status = PROBABILITIES
                if not abs(total - 1.0) < 1e-9:
                    status = PROBABILITIES
                nodes[0, v], nodes[1, v] = CHANCE, -1
                frame[d, TURN] = CHANCE
            else:
                p = 0
                while not mover >> p & 1:
                    p += 1
                frame[d, TURN] = p
                n = legal(params, states[d], p, choice[d])
                if n == 0:
                    status = STUCK
                size = info(params, states[d], p, key)
                last = own[d, players + p]
                h = hash_key(p, key, size)
                slot, found = np.int64(h & np.uint64(mask)), -1
                while slots[slot] >= 0:
                    j = slots[slot]
                    start = key_start[j]
                    if infoset_hash[j] == h and infosets[0, j] == p and key_start[j + 1] - start == size:
                        same = True
                        for k in range(size):
                            if keys[start + k] != key[k]:
                                same = False
                        if same:
                            found = j
                            break
                    slot = (slot + 1) & mask
                if found < 0:
                    found = sets
                    slots[slot], infoset_hash[found] = found, h
                    infosets[0, found], infosets[1, found], infosets[2, found] = p, last, num_sequences[p]
                    infosets[3, found], infosets[4, found], infosets[5, found] = n, v, action_words
                    num_sequences[p] += n
                    for k in range(n):
                        actions[action_words + k] = choice[d, k]
                    for k in range(size):
                        keys[key_words + k] = key[k]
                    sets, action_words, key_words = sets + 1, action_words + n, key_words + size
                    key_start[sets] = key_words
                else:
                    if infosets[3, found] == n:
                        start = infosets[5, found]
                        for k in range(n):
                            if actions[start + k] != choice[d, k]:
                                status = ACTIONS
                    else:
                        status = ACTIONS
                    if infosets[1, found] != last:
                        status = RECALL
                if status != OK:
                    at[FAULT] = found
                nodes[0, v], nodes[1, v] = p, found
                frame[d, FIRST] = infosets[2, found]
            if status == OK and count + n > max_histories:
                status = HISTORIES
            if status != OK:
                break
            nodes[2, v], nodes[3, v] = count if n > 0 else 0, n
            for k in range(n):
                nodes[4, count + k] = choice[d, k]
                node_prob[count + k] = weight[d, k] if mover == CHANCE else 1.0
            count += n
            frame[d, DONE], frame[d, WIDTH] = 0, n
        k = frame[d, DONE]
        if k == frame[d, WIDTH]:
            d -= 1
            enter = False
            continue
        frame[d, DONE] = k + 1
        turn, child, rest = frame[d, TURN], d + 1, 0
        for i in range(state_size):
            states[child, i] = states[d, i]
        for i in range(2 * players):
            own[child, i] = own[d, i]
        reach[child] = reach[d]
        if turn == CHANCE:
            reach[child] *= weight[d, k]
            own[child, 0] = choice[d, k]
        else:
            own[child, turn] = choice[d, k]
            own[child, players + turn] = frame[d, FIRST] + k
            rest = frame[d, MOVERS] & ~(1 << turn)
        if rest == 0:
            apply(params, states[child], own[child])
        frame[child, NODE], frame[child, MOVERS] = nodes[2, frame[d, NODE]] + k, rest
        d, enter = child, True
    at[NODES], at[INFOSETS], at[LEAVES], at[3], at[4], at[HERE] = count, sets, leaves, action_words, key_words, d
    at[ENTER] = enter
    return status
