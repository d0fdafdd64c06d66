"""Compiled learning from played episodes: every player sees only its own information sets, actions and final return.

Arrays over sequences: policy, logit, origin (the first policy's logits), total (see `_mccfr`), shade: float64[S]; over
information sets: mass, pace: float64[I]. An information set learns at the rate base / mass^power and explores
implicitly by explore / shade^power; mass and shade are given once for a known tree, and grow where the method adapts to
a tree that it does not know. `pace` is the rate at which an information set learned last (0: never yet).
"""

from __future__ import annotations

import numba as nb
import numpy as np

from ._mccfr import CHANCE, END, accumulate, pick, stream, uniform

PLAYER, SET, FIRST, COUNT, ACTION, STEP = range(6)
"""The words of a step: who, information set, its first sequence and actions, the action played."""


@nb.njit(cache=True, error_model="numpy")
def lowered(rate, x, power):
    """rate / x^power, without a general power for the usual ones."""
    if power == 1.0:
        return rate / x
    return rate / np.sqrt(x) if power == 0.5 else rate * x**-power


@nb.njit(cache=True, error_model="numpy")
def learn(
    steps, count, plan, loss, carry, adaptive, base, explore, power,
    policy, logit, origin, shade, mass, pace,
):  # fmt: skip
    """One episode's update, from its last step to its first: follow the regularised leader with dilated entropy.

    steps: int64[D, STEP], `count` of them; plan: float64[D], the own plan up to and with the action; loss: float64[P],
    in [0, 1], read at each player's last step and zeroed; carry: float64[P], zeroed on the way out.
    """
    for d in range(count - 1, -1, -1):
        p, j, first, n = steps[d, PLAYER], steps[d, SET], steps[d, FIRST], steps[d, COUNT]
        played = first + steps[d, ACTION]
        implicit = 1.0 / (plan[d] + lowered(explore, shade[played], power))
        if adaptive:
            shade[played] += implicit
            mass[j] += implicit / n
        rate = lowered(base, mass[j], power)
        if pace[j] > 0.0 and rate != pace[j]:
            # A lower rate weighs all that was learned less: the logits move back towards the first ones.
            kept = rate / pace[j]
            for k in range(first, first + n):
                logit[k] = kept * logit[k] + (1.0 - kept) * origin[k]
        pace[j] = rate
        logit[played] -= rate * (loss[p] * implicit - carry[p])
        top = logit[first]
        for k in range(first + 1, first + n):
            top = max(top, logit[k])
        weight = 0.0
        for k in range(first, first + n):
            policy[k] = np.exp(logit[k] - top)
            weight += policy[k]
        top += np.log(weight)
        for k in range(first, first + n):
            logit[k] -= top
            policy[k] /= weight
        loss[p], carry[p] = 0.0, top / rate
    carry[:] = 0.0


@nb.njit(cache=True, error_model="numpy")
def play_tree(
    done, count, seed, adaptive, base, explore, power, decay, low, high, nodes, chance, sets, roots, utility,
    policy, total, logit, origin, shade, mass, pace, steps, plan, own, loss, carry,
):  # fmt: skip
    """Episodes done, done + 1, … on a tree, all players learning from each.

    base, explore: of the first episode; those of episode t are t^decay times lower. low, high: the least and greatest
    utility. nodes … utility: as in `_mccfr.sample_tree`. Learned, in and out: policy … pace. Scratch: steps:
    int64[D, STEP], plan: float64[D], own, loss, carry: float64[P], the last zeroed.
    """
    for t in range(done, done + count):
        key, counter = stream(seed, t), np.uint64(0)
        for p in range(roots.size):
            total[roots[p]], own[p] = t + 1.0, 1.0
        node, d = 0, 0
        while nodes[node, 0] != END:
            p, below, n = np.int64(nodes[node, 0]), np.int64(nodes[node, 1]), np.int64(nodes[node, 3])
            u = uniform(key, counter)
            counter += np.uint64(1)
            if p == CHANCE:
                node = below + pick(chance, below, n, 0.0, u)
                continue
            j = np.int64(nodes[node, 2])
            first = sets[j, 0]
            accumulate(total, policy, sets[j, 1], first, n)
            k = pick(policy, first, n, 0.0, u)
            own[p] *= policy[first + k]
            steps[d, PLAYER], steps[d, SET], steps[d, FIRST], steps[d, COUNT], steps[d, ACTION] = p, j, first, n, k
            plan[d] = own[p]
            d += 1
            node = below + k
        for p in range(roots.size):
            loss[p] = (high - utility[nodes[node, 2], p]) / (high - low)
        scale = (t + 1.0) ** -decay
        learn(
            steps, d, plan, loss, carry, adaptive, base * scale, explore * scale, power,
            policy, logit, origin, shade, mass, pace,
        )  # fmt: skip
