"""Sampling on compiled rules, without a tree: information sets stand in a hash table and are entered as they are met.

The walks are those of `tree._mccfr` and `tree._trajectory`, with the same random numbers: on a game that has a tree
they meet the same episodes. No kernel allocates: where room is short it stops (`FULL`), and goes on in larger arrays.

The table, of I information sets with S sequences (each player's empty one first) and K words of keys, all with room to
grow: hashes: uint64[I]; sets: int64[I, 4] (first sequence, sequence before, player, actions); key_start: int64[I+1];
keys: int64[K]; slots: int64, a power of two, -1 where empty; fill: int64[3], what is used of I, S and K; actions:
int64[S]; policy: float64[S].
"""

from __future__ import annotations

import numba as nb
import numpy as np

from ..games._build import hash_key
from ..games._streams import uniform
from ..games.rules import CHANCE, POINTERS, TERMINAL
from .tree import _trajectory
from .tree._mccfr import PASS, accumulate, choose, match, pick, settle, stream
from .tree._trajectory import learn

DONE, FULL, END = 0, -3, -2
CALLED = ("to_move", "legal", "chance", "apply", "info", "returns", "init")
SET, ACTION, OWN, FRAME = range(4)
"""The words of a frame: information set, the action under way, whose."""
AT = 5
"""Words of where a walk stands: iteration, player, level, numbers drawn, whether it is under way."""

_I, _F, _U, _B = nb.types.int64, nb.types.float64, nb.types.uint64, nb.types.boolean
_I1, _I2, _U1 = nb.types.int64[::1], nb.types.int64[:, ::1], nb.types.uint64[::1]
_F1, _F2 = nb.types.float64[::1], nb.types.float64[:, ::1]
_POINTERS = tuple(POINTERS[name] for name in CALLED)
_TABLE = (_U1, _I2, _I1, _I1, _I1, _I1, _I1, _F1)
_WALK = (_I1, _I1, _I1, _I1)
_SCRATCH = (_I1, _I1, _F1)


@nb.njit(_I(POINTERS["legal"], _I1, _I1, _I, _I, _I, *_TABLE, _I1, _I1), cache=True, error_model="numpy")
def enter(
    legal, params, state, player, size, before, hashes, sets, key_start, keys, slots, fill, actions, policy, words, out
):  # fmt: skip
    """The information set of a player with the key words[:size]; a new one plays its legal actions uniformly."""
    h = hash_key(player, words, size)
    slot = np.int64(h & np.uint64(slots.size - 1))
    while slots[slot] >= 0:
        j = slots[slot]
        start = key_start[j]
        if hashes[j] == h and sets[j, 2] == player and key_start[j + 1] - start == size:
            k = 0
            while k < size and keys[start + k] == words[k]:
                k += 1
            if k == size:
                return j
        slot = (slot + 1) & (slots.size - 1)
    j, first, count = fill[0], fill[1], legal(params, state, player, out)
    slots[slot], hashes[j] = j, h
    sets[j, 0], sets[j, 1], sets[j, 2], sets[j, 3] = first, before, player, count
    for k in range(count):
        actions[first + k], policy[first + k] = out[k], 1.0 / count
    for k in range(size):
        keys[fill[2] + k] = words[k]
    fill[0], fill[1], fill[2] = j + 1, first + count, fill[2] + size
    key_start[j + 1] = fill[2]
    return j


@nb.njit(
    nb.types.Tuple((_I, _I, _U))(*_POINTERS[:5], _I1, *_WALK, *_TABLE, *_SCRATCH, _U, _U),
    cache=True,
    error_model="numpy",
)
def arrive(
    to_move, legal, chance, apply, info, params, state, pending, last, rest,
    hashes, sets, key_start, keys, slots, fill, actions, policy, words, choice, odds, key, counter,
):  # fmt: skip
    """Draws chance until somebody is to move. -> (player, information set, numbers drawn); the player is `END` where
    the game is over, `FULL` where room is short.

    Where the walk stands: state: int64[words]; pending: int64[P], actions chosen in this move; last: int64[P], last
    sequences; rest: int64[1], the players yet to choose (0: not asked).
    """
    while True:
        movers = rest[0]
        if movers == 0:
            movers = to_move(params, state)
        if movers == TERMINAL:
            return END, 0, counter
        if movers != CHANCE:
            break
        n = chance(params, state, choice, odds)
        pending[0] = choice[pick(odds, 0, n, 0.0, uniform(key, counter))]
        counter += np.uint64(1)
        apply(params, state, pending)
    rest[0] = movers
    if (
        fill[0] == hashes.size
        or 2 * fill[0] >= slots.size
        or fill[1] + choice.size > actions.size
        or fill[2] + words.size > keys.size
    ):
        return FULL, 0, counter
    p = 0
    while not movers >> p & 1:
        p += 1
    size = info(params, state, p, words)
    j = enter(
        legal, params, state, p, size, last[p], hashes, sets, key_start, keys, slots, fill, actions, policy,
        words, choice,
    )  # fmt: skip
    return p, j, counter


@nb.njit(nb.void(POINTERS["apply"], _I1, *_WALK, _I, _I, _I), cache=True, error_model="numpy")
def move(apply, params, state, pending, last, rest, player, action, sequence):
    """The walk goes on by a player's action, which ends the sequence of that number."""
    pending[player], last[player] = action, sequence
    rest[0] &= ~(1 << player)
    if rest[0] == 0:
        apply(params, state, pending)


@nb.njit(nb.void(POINTERS["init"], _I1, *_WALK), cache=True, error_model="numpy")
def begin(init, params, state, pending, last, rest):
    """The walk stands at the root."""
    for k in range(state.size):
        state[k] = 0
    init(params, state)
    for p in range(last.size):
        pending[p], last[p] = 0, p
    rest[0] = 0


@nb.njit(
    _I(
        *_POINTERS, _I1, _I1, _I, _U, _I, _I, _F, _F, _F, _F, *_TABLE, _F1, _F1, _I1, _F2,
        *_WALK, _I2, _I2, _F1, _F1, _F1, *_SCRATCH, _F1,
    ),
    cache=True,
    error_model="numpy",
)  # fmt: skip
def sample_rules(
    to_move, legal, chance, apply, info, returns, init, params, at, until, seed, own_kind, others_kind,
    epsilon, tau, beta, rate, hashes, sets, key_start, keys, slots, fill, actions, policy, regret, total, changed,
    baseline, state, pending, last, rest, saved, frames, weight, worth, share, words, choice, odds, out,
):  # fmt: skip
    """Iterations from where `at` stands up to `until`, as `tree._mccfr.sample_tree`. -> `DONE` or `FULL`.

    Scratch besides that of `arrive`: of each level: saved: int64[D, words + 2P + 1], where it stands; frames: int64[D,
    FRAME]; weight: float64[D + 1]; worth, share: float64[D * A].
    """
    t, i, d, counter, under_way = at[0], at[1], at[2], np.uint64(at[3]), at[4] != 0
    players, width, size, status = out.size, worth.size // frames.shape[0], state.size, DONE
    while t < until and status == DONE:
        walk = t * players + i + 1
        key = stream(seed, walk - 1)
        if not under_way:
            total[i] = t + 1.0
            begin(init, params, state, pending, last, rest)
            d, counter, under_way, weight[0] = 0, np.uint64(0), True, 1.0
        back, value = False, 0.0
        while True:
            if not back:
                p, j, counter = arrive(
                    to_move, legal, chance, apply, info, params, state, pending, last, rest,
                    hashes, sets, key_start, keys, slots, fill, actions, policy, words, choice, odds, key, counter,
                )  # fmt: skip
                if p == FULL or (p != END and d == frames.shape[0]):
                    status = FULL
                    break
                if p == END:
                    for q in range(players):
                        out[q] = 0.0
                    returns(params, state, out)
                    value, back = out[i], True
                else:
                    first, n, own = sets[j, 0], sets[j, 3], p == i
                    if changed[j] != 0 and changed[j] != walk:
                        match(regret, policy, first, n)
                        changed[j] = 0
                    if not own and others_kind == PASS:
                        k = pick(policy, first, n, 0.0, uniform(key, counter))
                        counter += np.uint64(1)
                        move(apply, params, state, pending, last, rest, p, actions[first + k], first + k)
                        continue
                    if own:
                        accumulate(total, policy, sets[j, 1], first, n)
                    counter = choose(
                        own_kind if own else others_kind, first, n, policy, total, epsilon if own else 0.0, tau, beta,
                        key, counter, share, d * width,
                    )  # fmt: skip
                    frames[d, SET], frames[d, ACTION], frames[d, OWN] = j, -1, own
                    for k in range(size):
                        saved[d, k] = state[k]
                    for q in range(players):
                        saved[d, size + q] = pending[q]
                        saved[d, size + players + q] = last[q]
                    saved[d, size + 2 * players] = rest[0]
                    d += 1
            if back:
                if d == 0:
                    break
                worth[(d - 1) * width + frames[d - 1, ACTION]] = value
            f, j, own = d - 1, frames[d - 1, SET], frames[d - 1, OWN]
            first, n, a = sets[j, 0], sets[j, 3], frames[f, ACTION] + 1
            while a < n and share[f * width + a] == 0.0:
                a += 1
            back = a == n
            if back:
                d = f
                value = settle(
                    own, weight[f], first, n, worth, share, f * width, policy, regret, baseline, i, rate
                )  # fmt: skip
                if own:
                    changed[j] = walk
            else:
                for k in range(size):
                    state[k] = saved[f, k]
                for q in range(players):
                    pending[q] = saved[f, size + q]
                    last[q] = saved[f, size + players + q]
                rest[0], frames[f, ACTION] = saved[f, size + 2 * players], a
                weight[d] = weight[f] / share[f * width + a] * (1.0 if own else policy[first + a])
                move(apply, params, state, pending, last, rest, sets[j, 2], actions[first + a], first + a)
        if status == DONE:
            i, under_way = i + 1, False
            if i == players:
                t, i = t + 1, 0
    at[0], at[1], at[2], at[3], at[4] = t, i, d, np.int64(counter), under_way
    return status


@nb.njit(
    _I(
        *_POINTERS, _I1, _I1, _I, _U, _B, _F, _F, _F, _F, _F, _F, *_TABLE, *[_F1] * 4, _F1, _F1,
        *_WALK, _I2, _F1, _F1, _F1, _F1, *_SCRATCH, _F1,
    ),
    cache=True,
    error_model="numpy",
)  # fmt: skip
def play_rules(
    to_move, legal, chance, apply, info, returns, init, params, at, until, seed, adaptive, base, explore, power, decay,
    low, high, hashes, sets, key_start, keys, slots, fill, actions, policy, total, logit, origin, shade, mass, pace,
    state, pending, last, rest, steps, plan, own, loss, carry, words, choice, odds, out,
):  # fmt: skip
    """Episodes from where `at` stands up to `until`, as `tree._trajectory.play_tree`. -> `DONE` or `FULL`.

    New information sets are to be found with shade, mass 1 and pace 0. Scratch besides that of `arrive`: steps:
    int64[D, STEP], plan: float64[D + 1], own, loss, carry: float64[P]. The level counts steps.
    """
    t, d, counter, under_way = at[0], at[2], np.uint64(at[3]), at[4] != 0
    players, status = out.size, DONE
    while t < until:
        key = stream(seed, t)
        if not under_way:
            for p in range(players):
                total[p], own[p] = t + 1.0, 1.0
            begin(init, params, state, pending, last, rest)
            d, counter, under_way = 0, np.uint64(0), True
        while True:
            p, j, counter = arrive(
                to_move, legal, chance, apply, info, params, state, pending, last, rest,
                hashes, sets, key_start, keys, slots, fill, actions, policy, words, choice, odds, key, counter,
            )  # fmt: skip
            if p != END and d == steps.shape[0]:
                p = FULL
            if p in (FULL, END):
                break
            first, n = sets[j, 0], sets[j, 3]
            if pace[j] == 0.0:
                for k in range(first, first + n):
                    logit[k] = origin[k] = -np.log(n)
            accumulate(total, policy, sets[j, 1], first, n)
            k = pick(policy, first, n, 0.0, uniform(key, counter))
            counter += np.uint64(1)
            own[p] *= policy[first + k]
            steps[d, _trajectory.PLAYER], steps[d, _trajectory.SET], steps[d, _trajectory.ACTION] = p, j, k
            steps[d, _trajectory.FIRST], steps[d, _trajectory.COUNT], plan[d] = first, n, own[p]
            d += 1
            move(apply, params, state, pending, last, rest, p, actions[first + k], first + k)
        if p == FULL:
            status = FULL
            break
        for q in range(players):
            out[q] = 0.0
        returns(params, state, out)
        for q in range(players):
            loss[q] = (high - out[q]) / (high - low)
        scale = (t + 1.0) ** -decay
        learn(
            steps, d, plan, loss, carry, adaptive, base * scale, explore * scale, power,
            policy, logit, origin, shade, mass, pace,
        )  # fmt: skip
        t, under_way = t + 1, False
    at[0], at[1], at[2], at[3], at[4] = t, 0, d, np.int64(counter), under_way
    return status
