"""Kernels of the regret learners: what each plays, what it learns, and many rounds of all against each other."""

from __future__ import annotations

import numba as nb
import numpy as np

EXTERNAL, INTERNAL, SWAP = 0, 1, 2

_I, _F = nb.int64, nb.float64
_F1, _F2, _F3, _I1 = nb.float64[::1], nb.float64[:, ::1], nb.float64[:, :, ::1], nb.int64[::1]


@nb.njit(nb.void(_F2, _F1, _I), cache=True, error_model="numpy")
def stationary(rates, x, actions):
    """The stationary distribution of a chain with the given rates (diagonal ignored), which are overwritten.

    Elimination without subtraction (Grassmann, Taksar & Heyman 1985). Where states cannot be left downwards, the last
    such class has all mass.
    """
    start = 0
    for k in range(actions - 1, 0, -1):
        out = 0.0
        for j in range(k):
            out += rates[k, j]
        if out <= 0.0:
            start = k
            break
        rates[k, k] = out
        for i in range(k):
            share = rates[i, k] / out
            if share > 0.0:
                for j in range(k):
                    rates[i, j] += share * rates[k, j]
    x[:actions] = 0.0
    x[start] = 1.0
    total = 1.0
    for k in range(start + 1, actions):
        into = 0.0
        for i in range(k):
            into += x[i] * rates[i, k]
        x[k] = into / rates[k, k]
        total += x[k]
    for k in range(actions):
        x[k] /= total


@nb.njit(nb.void(_F1, _F1, _F), cache=True, error_model="numpy")
def softmax(scores, x, eta):
    top = scores.max()
    total = 0.0
    for a in range(len(scores)):
        x[a] = np.exp(eta * (scores[a] - top))
        total += x[a]
    for a in range(len(scores)):
        x[a] /= total


@nb.njit(nb.void(_I, _F2, _F1, _F, _F2), cache=True, error_model="numpy")
def choose(kind, memory, x, eta, rates):
    """The strategy x that a learner plays; `memory` and `rates` are float64[A, A]."""
    actions = len(x)
    if kind == EXTERNAL:
        softmax(memory[0], x, eta)
        return
    if kind == SWAP:
        for a in range(actions):
            softmax(memory[a], rates[a], eta)
        stationary(rates, x, actions)
        return
    some = False
    for a in range(actions):
        for b in range(actions):
            rates[a, b] = max(memory[a, b], 0.0)
            some = some or rates[a, b] > 0.0
    if some:
        stationary(rates, x, actions)
    else:
        x[:] = 1.0 / actions


@nb.njit(nb.void(_I, _F2, _F1, _F1), cache=True, error_model="numpy")
def learn(kind, memory, x, worth):
    """Adds what a round was worth: to each action (external), or weighted by how often a was played: to b in its
    place (swap), or what that gains (internal)."""
    actions = len(x)
    if kind == EXTERNAL:
        for b in range(actions):
            memory[0, b] += worth[b]
        return
    for a in range(actions):
        less = worth[a] if kind == INTERNAL else 0.0
        for b in range(actions):
            memory[a, b] += x[a] * (worth[b] - less)


@nb.njit(nb.void(_I, _F2, _F2, _F), cache=True, error_model="numpy")
def respond(kind, worths, strategies, eta):
    """One learner against a sequence of worths float64[T, A]; fills the strategies float64[T, A]."""
    rounds, actions = worths.shape
    memory, rates = np.zeros((actions, actions)), np.zeros((actions, actions))
    for t in range(rounds):
        choose(kind, memory, strategies[t], eta, rates)
        learn(kind, memory, strategies[t], worths[t])


@nb.njit(nb.void(_I, _I, _F2, _I1, _F1, _F3, _F1), cache=True, error_model="numpy")
def self_play(kind, rounds, payoffs, counts, etas, memories, total):
    """Rounds of all players at once, who see what each action would have been worth.

    `payoffs` float64[P, J], flattened tensors; `counts` int64[P]; `memories` float64[P, A, A] of the largest A; `total`
    float64[J] gets the sum of the joint distributions played.
    """
    players, most = len(counts), memories.shape[1]
    x, worth = np.zeros((players, most)), np.zeros((players, most))
    digits = np.zeros(players, np.int64)
    before, after = np.ones(players + 1), np.ones(players + 1)
    own = [np.ascontiguousarray(memories[p, : counts[p], : counts[p]]) for p in range(players)]
    room = [np.zeros((counts[p], counts[p])) for p in range(players)]
    for _ in range(rounds):
        for p in range(players):
            choose(kind, own[p], x[p, : counts[p]], etas[p], room[p])
        worth[:] = 0.0
        digits[:] = 0
        for j in range(payoffs.shape[1]):
            for p in range(players):
                before[p + 1] = before[p] * x[p, digits[p]]
            for p in range(players - 1, -1, -1):
                worth[p, digits[p]] += before[p] * after[p + 1] * payoffs[p, j]
                after[p] = after[p + 1] * x[p, digits[p]]
            total[j] += before[players]
            for p in range(players - 1, -1, -1):
                digits[p] += 1
                if digits[p] < counts[p]:
                    break
                digits[p] = 0
        for p in range(players):
            learn(kind, own[p], x[p, : counts[p]], worth[p, : counts[p]])
    for p in range(players):
        memories[p, : counts[p], : counts[p]] = own[p]
