"""Compiled smoothing over time: TrueSkill through time (messages) and whole-history rating (Newton on tridiagonals).

A node is a player at one time. ``node_starts int64[n + 1]`` cuts the nodes, sorted by player and time, into players;
``node int64[S]`` is the node of every seat.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels_trueskill import propagate


@njit(cache=True, error_model="numpy")
def smooth_chain(node_starts, step, prior_pi, prior_h, like_pi, like_h, chain_pi, chain_h):
    """What a player's other times say of each node, ``chain_pi, chain_h`` (precision, precision * mean).

    ``step[k]`` is the variance of the drift from node k-1 to k, ``prior_pi, prior_h`` [n] the belief at the first node.
    """
    for p in range(node_starts.shape[0] - 1):
        lo, hi = node_starts[p], node_starts[p + 1]
        if lo == hi:
            continue
        pi, h = prior_pi[p], prior_h[p]
        for k in range(lo, hi):
            if k > lo:
                shrink = 1.0 / (1.0 + step[k] * pi)
                pi, h = pi * shrink, h * shrink
            chain_pi[k], chain_h[k] = pi, h
            pi += like_pi[k]
            h += like_h[k]
        pi, h = 0.0, 0.0
        for k in range(hi - 1, lo - 1, -1):
            chain_pi[k] += pi
            chain_h[k] += h
            pi += like_pi[k]
            h += like_h[k]
            shrink = 1.0 / (1.0 + step[k] * pi)
            pi, h = pi * shrink, h * shrink


@njit(cache=True, error_model="numpy")
def reach(k, first, last, forward, step, start_pi, start_h, like_pi, like_h, ahead, back, chain_pi, chain_h):
    """Bring the message from the node before k (after it, going backward) up to date, and with it the chain's at k.

    ``first, last`` are the player's first and last node; ``ahead, back float64[2, nodes]`` hold the messages.
    """
    if forward:
        pi, h = start_pi, start_h
        if k > first:
            pi, h = ahead[0, k - 1] + like_pi[k - 1], ahead[1, k - 1] + like_h[k - 1]
            shrink = 1.0 / (1.0 + step[k] * pi)
            pi, h = pi * shrink, h * shrink
        ahead[0, k], ahead[1, k] = pi, h
    elif k < last:
        pi, h = back[0, k + 1] + like_pi[k + 1], back[1, k + 1] + like_h[k + 1]
        shrink = 1.0 / (1.0 + step[k + 1] * pi)
        back[0, k], back[1, k] = pi * shrink, h * shrink
    chain_pi[k], chain_h[k] = ahead[0, k] + back[0, k], ahead[1, k] + back[1, k]


@njit(cache=True, error_model="numpy")
def through_time(
    match_starts,
    team_starts,
    rank,
    weights,
    node,
    node_starts,
    owner,
    step,
    prior_pi,
    prior_h,
    like_pi,
    like_h,
    chain_pi,
    chain_h,
    seat_pi,
    seat_h,
    beta,
    margin,
    tolerance,
    sweeps,
    teams,
    pairs,
    tied,
    margins,
    messages,
):
    """Expectation propagation to convergence; returns the sweeps made. ``seat_*`` [S], ``like_*`` [nodes] start at 0.

    Sweeps go forward and backward in turn and carry every message along at once: updates that wait for the end of a
    sweep can swing ever further. ``owner int64[nodes]`` is the player of a node.

    Scratch as in ``trueskill_log``, with ``teams float64[4, .]``.
    """
    smooth_chain(node_starts, step, prior_pi, prior_h, like_pi, like_h, chain_pi, chain_h)
    ahead, back = np.zeros((2, step.shape[0])), np.zeros((2, step.shape[0]))
    ahead[0], ahead[1] = chain_pi, chain_h
    matches = match_starts.shape[0] - 1
    for sweep in range(sweeps):
        moved = 0.0
        forward = sweep % 2 == 0
        for at in range(matches):
            m = at if forward else matches - 1 - at
            first = match_starts[m]
            count = match_starts[m + 1] - first
            for s in range(team_starts[first], team_starts[first + count]):
                k = node[s]
                p = owner[k]
                lo, hi = node_starts[p], node_starts[p + 1] - 1
                reach(
                    k, lo, hi, forward, step, prior_pi[p], prior_h[p], like_pi, like_h, ahead, back, chain_pi, chain_h
                )
            for t in range(count):
                mean = 0.0
                var = 0.0
                for s in range(team_starts[first + t], team_starts[first + t + 1]):
                    k = node[s]
                    pi = chain_pi[k] + like_pi[k] - seat_pi[s]
                    w = weights[s] if weights.shape[0] > 0 else 1.0
                    mean += w * (chain_h[k] + like_h[k] - seat_h[s]) / pi
                    var += w * w * (1.0 / pi + beta * beta)
                teams[0, t] = mean
                teams[1, t] = max(var, 1e-12)
            comparisons = 0
            for i in range(count):
                following = 1 << 60
                for j in range(count):
                    if rank[first + j] > rank[first + i]:
                        following = min(following, rank[first + j])
                for j in range(count):
                    same = rank[first + j] == rank[first + i]
                    if (same and j > i) or rank[first + j] == following:
                        size = team_starts[first + i + 1] - team_starts[first + i]
                        size += team_starts[first + j + 1] - team_starts[first + j]
                        pairs[comparisons, 0], pairs[comparisons, 1] = i, j
                        tied[comparisons] = same
                        margins[comparisons] = margin * math.sqrt(size)
                        comparisons += 1
            post = teams[2:4]
            propagate(comparisons, pairs, tied, margins, count, teams[0], teams[1], messages, post, tolerance)
            for t in range(count):
                # The match as a message about the team's performance, then about each player's skill.
                pi_t = max(post[0, t] - 1.0 / teams[1, t], 0.0)
                h_t = post[1, t] - teams[0, t] / teams[1, t]
                for s in range(team_starts[first + t], team_starts[first + t + 1]):
                    k = node[s]
                    pi = chain_pi[k] + like_pi[k] - seat_pi[s]
                    mean = (chain_h[k] + like_h[k] - seat_h[s]) / pi
                    w = weights[s] if weights.shape[0] > 0 else 1.0
                    others = teams[1, t] - w * w / pi
                    rest = teams[0, t] - w * mean
                    scale = 1.0 / (1.0 + pi_t * others)
                    new_pi = w * w * pi_t * scale
                    new_h = w * (h_t - pi_t * rest) * scale
                    total = chain_pi[k] + like_pi[k]
                    moved = max(moved, abs(new_h - seat_h[s]) / math.sqrt(total), abs(new_pi - seat_pi[s]) / total)
                    like_pi[k] += new_pi - seat_pi[s]
                    like_h[k] += new_h - seat_h[s]
                    seat_pi[s], seat_h[s] = new_pi, new_h
        if moved < tolerance:
            smooth_chain(node_starts, step, prior_pi, prior_h, like_pi, like_h, chain_pi, chain_h)
            return sweep + 1
    smooth_chain(node_starts, step, prior_pi, prior_h, like_pi, like_h, chain_pi, chain_h)
    return sweeps


@njit(cache=True, error_model="numpy")
def whole_history(
    match_starts,
    team_starts,
    rank,
    weights,
    node,
    node_starts,
    seat_starts,
    seats,
    team_of,
    match_of,
    step,
    prior_pi,
    prior_mean,
    r,
    var,
    tolerance,
    sweeps,
    gradient,
    curve,
):
    """Coulom's Newton steps player by player until none moves by ``tolerance``; ``r``, ``var`` [nodes] are out.

    ``seats[seat_starts[k]:seat_starts[k+1]]`` are the seats of node k; ``gradient`` and ``curve`` [nodes] are scratch.
    """
    for sweep in range(sweeps):
        moved = 0.0
        for p in range(node_starts.shape[0] - 1):
            lo, hi = node_starts[p], node_starts[p + 1]
            if lo == hi:
                continue
            for k in range(lo, hi):
                g = 0.0
                c = 0.0
                for at in range(seat_starts[k], seat_starts[k + 1]):
                    s = seats[at]
                    own = team_of[s]
                    m = match_of[s]
                    count = match_starts[m + 1] - match_starts[m]
                    w = weights[s] if weights.shape[0] > 0 else 1.0
                    mine = 0.0
                    for q in range(team_starts[own], team_starts[own + 1]):
                        mine += (weights[q] if weights.shape[0] > 0 else 1.0) * r[node[q]]
                    for u in range(match_starts[m], match_starts[m + 1]):
                        if u == own:
                            continue
                        theirs = 0.0
                        for q in range(team_starts[u], team_starts[u + 1]):
                            theirs += (weights[q] if weights.shape[0] > 0 else 1.0) * r[node[q]]
                        chance = 1.0 / (1.0 + math.exp(min(theirs - mine, 700.0)))
                        score = 0.5 if rank[u] == rank[own] else (1.0 if rank[own] < rank[u] else 0.0)
                        # Of count teams' pairs count - 1 are independent, hence 2 / count.
                        g += 2.0 / count * w * (score - chance)
                        c += 2.0 / count * w * w * chance * (1.0 - chance)
                if k == lo:
                    g -= prior_pi[p] * (r[k] - prior_mean[p])
                    c += prior_pi[p]
                else:
                    g -= (r[k] - r[k - 1]) / step[k]
                    c += 1.0 / step[k]
                if k + 1 < hi:
                    g -= (r[k] - r[k + 1]) / step[k + 1]
                    c += 1.0 / step[k + 1]
                gradient[k], curve[k] = g, c
            # Elimination downwards, then steps and variances upwards.
            for k in range(lo + 1, hi):
                f = 1.0 / step[k]
                gradient[k] += f / curve[k - 1] * gradient[k - 1]
                curve[k] -= f * f / curve[k - 1]
            delta = gradient[hi - 1] / curve[hi - 1]
            v = 1.0 / curve[hi - 1]
            var[hi - 1] = v
            for k in range(hi - 1, lo - 1, -1):
                if k < hi - 1:
                    f = 1.0 / step[k + 1]
                    delta = (gradient[k] + f * delta) / curve[k]
                    v = 1.0 / curve[k] + (f / curve[k]) ** 2 * v
                    var[k] = v
                bounded = min(max(delta, -2.0), 2.0)
                moved = max(moved, abs(bounded))
                r[k] += bounded
        if moved < tolerance:
            return sweep + 1
    return sweeps
