"""Compiled Monte Carlo counterfactual regret minimisation: one walk that serves every way of sampling.

A walk keeps a frame for each node where something is learned and runs through all others by drawing from chance and the
current policies. First it expands the sampled part of the tree, then it folds the frames in reverse. Policies and
averages are brought up to date only where a walk comes by:

- `regret` changes at the end of a walk; `policy` follows at the next visit (`changed` says in which walk it fell
  behind);
- `total`, the sum of the player's realisation plans so far, grows at a visit by what its parent's has grown since,
  times the policy that stood unchanged all the while. So averages are exact, without importance weights.

Arrays over sequences: policy, regret, total: float64[S]; baseline: float64[S, P]. `changed`: int64[I].
"""

from __future__ import annotations

import numba as nb
import numpy as np

from ...games._streams import mix64, uniform
from ...games.streams import GOLDEN

CHANCE, END = -1, -2
EVERY, REACHED, ONE, EACH, PASS = range(5)
"""What a frame walks: every action; those that its player may take; one, drawn; each with a probability of its own.
`PASS`: there is no frame, an action is drawn on the way."""

SET, FIRST, COUNT, SLOT, UP, OWN, FRAME = range(7)
"""The words of a frame: information set, its first sequence and actions, first slot, slot of its own value, whose."""


@nb.njit(cache=True, error_model="numpy")
def stream(seed, index):
    """The key of stream number `index`: `games.streams.stream_key` of the seed whose `mix64` is given."""
    return mix64(seed + np.uint64(index + 1) * np.uint64(GOLDEN))


@nb.njit(cache=True, error_model="numpy")
def pick(weights, first, count, epsilon, u):
    """Draws k by u in [0, 1) from epsilon / count + (1 - epsilon) * weights[first + k]; never one of probability 0."""
    chosen, floor, scale = 0, epsilon / count, 1.0 - epsilon
    for k in range(count):
        p = floor + scale * weights[first + k]
        if p > 0.0:
            chosen = k
            u -= p
            if u < 0.0:
                break
    return chosen


@nb.njit(cache=True, error_model="numpy")
def match(regret, policy, first, count):
    """The policy proportional to positive regrets; uniform where there are none (Hart & Mas-Colell 2000)."""
    mass = 0.0
    for k in range(first, first + count):
        policy[k] = max(regret[k], 0.0)
        mass += policy[k]
    scale, rest = (1.0 / mass, 0.0) if mass > 0.0 else (0.0, 1.0 / count)
    for k in range(first, first + count):
        policy[k] = policy[k] * scale + rest


@nb.njit(cache=True, error_model="numpy")
def accumulate(total, policy, parent, first, count):
    """Brings the sum of plans of one information set up to date with its parent's."""
    gain = total[parent]
    for k in range(first, first + count):
        gain -= total[k]
    gain = max(gain, 0.0)  # nothing but rounding makes it negative
    for k in range(first, first + count):
        total[k] += gain * policy[k]


@nb.njit(cache=True, error_model="numpy")
def choose(kind, first, count, policy, total, epsilon, tau, beta, key, counter, share, slot):
    """Decides which actions a frame walks: writes their probabilities, 0 for the others, into share[slot], …
    -> next counter.

    epsilon: the exploration of `ONE`, and in `EACH` the least probability of an action, which is
    max(epsilon, (beta + tau * total) / (beta + sum of totals)), cut at 1.
    """
    if kind == ONE:
        for k in range(count):
            share[slot + k] = 0.0
        k = pick(policy, first, count, epsilon, uniform(key, counter))
        share[slot + k] = epsilon / count + (1.0 - epsilon) * policy[first + k]
        return counter + np.uint64(1)
    mass = beta
    for k in range(first, first + count):
        mass += total[k]
    for k in range(count):
        rho = 1.0
        if kind == REACHED:
            rho = 1.0 if policy[first + k] > 0.0 else 0.0
        elif kind == EACH:
            rho = min(1.0, max(epsilon, (beta + tau * total[first + k]) / mass))
            if rho < 1.0:
                if uniform(key, counter) >= rho:
                    rho = 0.0
                counter += np.uint64(1)
        share[slot + k] = rho
    return counter


@nb.njit(cache=True, error_model="numpy")
def settle(own, weight, first, count, worth, share, slot, policy, regret, baseline, player, rate):
    """The value of a frame from its walked actions' worth[slot], …; the walk's own player's regrets learn from it.

    An action's value is estimated by b + (worth - b) / share if it was walked, else by b, its baseline (0 without;
    Schmid et al. 2019, equation 9).
    """
    value = 0.0
    for k in range(count):
        b, q, x = (baseline[first + k, player] if rate > 0.0 else 0.0), share[slot + k], 0.0
        if q > 0.0:
            x = worth[slot + k] - b
            if rate > 0.0:
                baseline[first + k, player] = b + rate * x
            x /= q
        worth[slot + k] = b + x
        value += policy[first + k] * (b + x)
    if own:
        for k in range(count):
            regret[first + k] += weight * (worth[slot + k] - value)
    return value


@nb.njit(cache=True, error_model="numpy")
def sample_tree(
    done, count, seed, own_kind, others_kind, epsilon, tau, beta, rate, nodes, chance, sets, roots, utility,
    policy, regret, total, changed, baseline, frames, weight, worth, share, waiting,
):  # fmt: skip
    """Iterations done, done + 1, … on a tree; in each one walk for every player in turn.

    seed: `mix64` of the seed. own_kind, others_kind: what frames of the walk's own player and of the others walk.
    epsilon, tau, beta: see `choose`. rate: step of the baselines, 0 for none. nodes: int32[N, 4] (player, first child,
    information set or leaf, children); chance: float64[N], probability of the edge into a node; sets: int64[I, 2]
    (first sequence, sequence before); roots: int64[P], empty sequences; utility: float64[L, P]. Learned, in and out:
    policy … baseline. Scratch: frames: int64[M, FRAME]; and for the slots, one for each action of a frame: weight,
    worth, share: float64[W], waiting: int64[W, 2].
    """
    plain = own_kind == EVERY and others_kind == PASS
    for t in range(done, done + count):
        for i in range(roots.size):
            total[roots[i]] = t + 1.0
            walk = t * roots.size + i + 1
            key, counter = stream(seed, walk - 1), np.uint64(0)
            opened, slots, left = 0, 1, 1
            waiting[0, 0], waiting[0, 1], weight[0] = 0, 0, 1.0
            while left > 0:
                left -= 1
                node, up = waiting[left, 0], waiting[left, 1]
                while True:
                    player, below, n = nodes[node, 0], np.int64(nodes[node, 1]), np.int64(nodes[node, 3])
                    if player == CHANCE:
                        node = below + pick(chance, below, n, 0.0, uniform(key, counter))
                        counter += np.uint64(1)
                        continue
                    j = np.int64(nodes[node, 2])
                    if player == END:
                        worth[up] = utility[j, i]
                        break
                    first, own = sets[j, 0], player == i
                    if changed[j] != 0 and changed[j] != walk:
                        match(regret, policy, first, n)
                        changed[j] = 0
                    if not own and others_kind == PASS:
                        node = below + pick(policy, first, n, 0.0, uniform(key, counter))
                        counter += np.uint64(1)
                        continue
                    frames[opened, SET], frames[opened, FIRST], frames[opened, COUNT] = j, first, n
                    frames[opened, SLOT], frames[opened, UP], frames[opened, OWN] = slots, up, own
                    opened += 1
                    if own:
                        accumulate(total, policy, sets[j, 1], first, n)
                    if not plain:
                        counter = choose(
                            own_kind if own else others_kind, first, n, policy, total,
                            epsilon if own else 0.0, tau, beta, key, counter, share, slots,
                        )  # fmt: skip
                    for k in range(n - 1, -1, -1):
                        if plain:
                            weight[slots + k] = 1.0
                        elif share[slots + k] > 0.0:
                            weight[slots + k] = weight[up] / share[slots + k] * (1.0 if own else policy[first + k])
                        else:
                            continue
                        if nodes[below + k, 0] == END:
                            worth[slots + k] = utility[nodes[below + k, 2], i]
                        else:
                            waiting[left, 0], waiting[left, 1] = below + k, slots + k
                            left += 1
                    slots += n
                    break
            for f in range(opened - 1, -1, -1):
                first, n, slot = frames[f, FIRST], frames[f, COUNT], frames[f, SLOT]
                up, own = frames[f, UP], frames[f, OWN]
                if plain:
                    value = 0.0
                    for k in range(n):
                        value += policy[first + k] * worth[slot + k]
                    for k in range(n):
                        regret[first + k] += worth[slot + k] - value
                else:
                    value = settle(
                        own, weight[up], first, n, worth, share, slot, policy, regret, baseline, i, rate
                    )  # fmt: skip
                worth[up] = value
                if own:
                    changed[frames[f, SET]] = walk


@nb.njit(cache=True, error_model="numpy")
def average(sets, sizes, done, roots, policy, regret, total):
    """Brings all policies and sums of plans up to date after `done` iterations. sizes: int64[I], actions."""
    for p in range(roots.size):
        total[roots[p]] = done
    for j in range(sizes.size):
        if regret.size:
            match(regret, policy, sets[j, 0], sizes[j])
        accumulate(total, policy, sets[j, 1], sets[j, 0], sizes[j])
