"""Kernels of the iterated dilemma: matches of automata and programs, replays, and the Moran process.

A strategy is (address of its program or 0, cooperate float64[S], next int64[S, 4]); the tables are read where there is
no program. Actions are 0 (cooperate) and 1 (defect); payoffs float64[4] are R, S, T, P. Turn t of a match draws number
4t (+ 1) of the match's stream for the first (second) side's choice; a word between them, halved, is their noise.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from ..games._streams import mix64, uniform
from ..games._vector import pointer
from ..games.streams import GOLDEN
from ._programs import MEMORY, SIGNATURE

_I, _U, _F = nb.types.int64, nb.types.uint64, nb.types.float64
_I1, _I2, _F1, _F2 = nb.types.int64[::1], nb.types.int64[:, ::1], nb.types.float64[::1], nb.types.float64[:, ::1]
_N1, _U1 = nb.types.int8[::1], nb.types.uint64[::1]
_program_at = pointer(nb.types.FunctionType(SIGNATURE))


@nb.njit(_I(_F, _U, _U), cache=True, error_model="numpy")
def _toss(p, key, number):
    """0 with probability p, else 1; draws nothing where p decides."""
    if p >= 1.0:
        return 0
    if p <= 0.0:
        return 1
    return 0 if uniform(key, number) < p else 1


@nb.njit(_U(_F), cache=True, error_model="numpy")
def flip_threshold(noise):
    """Half a word below this number flips an action: noise to 32 binary digits."""
    return np.uint64(round(noise * 4294967296.0))


@nb.njit(_U(_I, _F), cache=True, error_model="numpy")
def _word(state, p):
    action = 0 if p >= 1.0 else 1 if p <= 0.0 else 2
    return np.uint64(4 * state + (action << 32))


@nb.njit(_U(_F1, _I2, _U1), cache=True, error_model="numpy")
def unroll(cooperate, next, words):
    """An automaton as matches read it. A word is four times a state, and above 32 bits its action, 2 if it draws.

    words uint64[4·S] (out): what comes after four times a state + outcome. -> the first word.
    """
    for s in range(len(cooperate)):
        for outcome in range(4):
            state = next[s, outcome]
            words[4 * s + outcome] = _word(state, cooperate[state])
    return _word(0, cooperate[0])


@nb.njit(nb.void(_F1, _U, _U1, _F1, _U, _U1, _I, _F, _U, _I1), cache=True, error_model="numpy")
def automata_match(cooperate_a, s, words_a, cooperate_b, t, words_b, turns, noise, key, counts):
    """One match of two automata from the words s and t on; counts int64[4] (out): rounds with each outcome, seen from
    the first side.

    The chain of dependent loads decides the speed: one a round, as a word brings its action along. Unsigned numbers
    index without a test for negative ones.
    """
    zero, one, two, high = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(32)
    low, width = np.uint64(0xFFFFFFFF), np.uint64(21)
    packed = zero  # rounds of CC, CD and DC, 21 bits each; a match has at most a million rounds
    threshold = flip_threshold(noise)
    for turn in range(turns):
        a, b = s >> high, t >> high
        s &= low
        t &= low
        number = np.uint64(4 * turn)
        if a == two:
            a = one if uniform(key, number) >= cooperate_a[s >> two] else zero
        if b == two:
            b = one if uniform(key, number + one) >= cooperate_b[t >> two] else zero
        if threshold > zero:
            flips = mix64(key + (number + two) * np.uint64(GOLDEN))
            a ^= np.uint64((flips >> high) < threshold)
            b ^= np.uint64((flips & low) < threshold)
        outcome = two * a + b
        packed += one << (width * outcome)
        s = words_a[s + outcome]
        t = words_b[t + two * b + a]
    mask = (one << width) - one
    counts[0], counts[1], counts[2] = packed & mask, (packed >> width) & mask, (packed >> (width + width)) & mask
    counts[3] = turns - counts[0] - counts[1] - counts[2]


@nb.njit(nb.void(_I, _F1, _I2, _I, _F1, _I2, _F1, _I, _I, _F, _U, _I2, _I1, _N1), cache=True, error_model="numpy")
def match(
    program_a,
    cooperate_a,
    next_a,
    program_b,
    cooperate_b,
    next_b,
    payoffs,
    turns,
    length,
    noise,
    key,
    memory,
    counts,
    moves,
):
    """One match; length: what programs are told (-1: nothing).

    memory int64[2, MEMORY]: scratch. moves int8[turns] (out) takes the outcomes if it is not empty.
    """
    fa, fb = _program_at(program_a), _program_at(program_b)
    ma, mb = memory[0], memory[1]
    ma[:], mb[:], counts[:] = 0, 0, 0
    s, t, a, b = 0, 0, 0, 0
    threshold = flip_threshold(noise)
    for turn in range(turns):
        number = np.uint64(4 * turn)
        if program_a != 0:
            x = fa(ma, payoffs, turn, a, b, length, uniform(key, number))
        else:
            x = _toss(cooperate_a[s], key, number)
        if program_b != 0:
            y = fb(mb, payoffs, turn, b, a, length, uniform(key, number + np.uint64(1)))
        else:
            y = _toss(cooperate_b[t], key, number + np.uint64(1))
        if threshold > np.uint64(0):
            flips = mix64(key + (number + np.uint64(2)) * np.uint64(GOLDEN))
            x ^= (flips >> np.uint64(32)) < threshold
            y ^= (flips & np.uint64(0xFFFFFFFF)) < threshold
        a, b = x, y
        outcome = 2 * a + b
        counts[outcome] += 1
        if moves.size:
            moves[turn] = outcome
        if program_a == 0:
            s = next_a[s, outcome]
        if program_b == 0:
            t = next_b[t, 2 * b + a]


@nb.njit(nb.void(_I, _F1, _I2, _I, _F1, _I2, _F1, _I1, _I, _F, _U, _I2, _I2), cache=True, error_model="numpy")
def matches(
    program_a, cooperate_a, next_a, program_b, cooperate_b, next_b, payoffs, turns, known, noise, key, memory, counts
):
    """Match m of M has turns[m] rounds; known: whether programs are told so. counts int64[M, 4] (out)."""
    nothing = np.empty(0, np.int8)
    words_a, words_b = np.empty(4 * len(cooperate_a), np.uint64), np.empty(4 * len(cooperate_b), np.uint64)
    first_a, first_b = unroll(cooperate_a, next_a, words_a), unroll(cooperate_b, next_b, words_b)
    for m in range(len(turns)):
        own = mix64(key + np.uint64(m + 1) * np.uint64(GOLDEN))
        if program_a == 0 and program_b == 0:
            automata_match(
                cooperate_a, first_a, words_a, cooperate_b, first_b, words_b, turns[m], noise, own, counts[m]
            )
        else:
            length = turns[m] if known else -1
            match(
                program_a, cooperate_a, next_a, program_b, cooperate_b, next_b, payoffs, turns[m], length, noise, own,
                memory, counts[m], nothing,
            )  # fmt: skip


@nb.njit(nb.void(_I, _F1, _I2, _F1, _I1, _I1, _I, _F1, _I1), cache=True, error_model="numpy")
def replay(program, cooperate, next, payoffs, own, other, length, draws, chosen):
    """What a strategy chooses in each round of a given play: own, other int64[T] as played, draws float64[T].

    chosen int64[T] (out).
    """
    f = _program_at(program)
    memory = np.zeros(MEMORY, np.int64)
    s, a, b = 0, 0, 0
    for turn in range(len(own)):
        if program != 0:
            chosen[turn] = f(memory, payoffs, turn, a, b, length, draws[turn])
        else:
            chosen[turn] = 0 if draws[turn] < cooperate[s] else 1
            s = next[s, 2 * own[turn] + other[turn]]
        a, b = own[turn], other[turn]


@nb.njit(_I(_F2, _I1, _F, _F, _I, _U, _I2), cache=True, error_model="numpy")
def moran(payoffs, counts, intensity, mutation, steps, key, path):
    """The Moran process: one birth by fitness, one death by chance a step, until a type is alone or `steps` are done.

    payoffs float64[n, n]; counts int64[n] (in and out); fitness 1 − intensity + intensity·(mean payoff against the
    others); with probability `mutation` a newborn is of a type drawn uniformly. path int64[K, n] (out) takes the counts
    after each step while it has room. -> steps done; with mutation the process does not stop by itself.
    """
    n = len(counts)
    size = counts.sum()
    fitness = np.empty(n)
    number = np.uint64(0)
    for step in range(steps):
        alone = False
        for i in range(n):
            alone |= counts[i] == size
        if alone and mutation == 0.0:
            return step
        total = 0.0
        for i in range(n):
            earned = 0.0
            for j in range(n):
                earned += payoffs[i, j] * (counts[j] - (1 if i == j else 0))
            fitness[i] = counts[i] * (1.0 - intensity + intensity * earned / (size - 1))
            total += fitness[i]
        left = uniform(key, number) * total
        born = 0
        while born < n - 1 and left >= fitness[born]:
            left -= fitness[born]
            born += 1
        if mutation > 0.0 and uniform(key, number + np.uint64(1)) < mutation:
            born = min(int(uniform(key, number + np.uint64(2)) * n), n - 1)
        left = uniform(key, number + np.uint64(3)) * size
        dead = 0
        while dead < n - 1 and left >= counts[dead]:
            left -= counts[dead]
            dead += 1
        counts[born] += 1
        counts[dead] -= 1
        number += np.uint64(4)
        if step < len(path):
            path[step] = counts
    return steps
