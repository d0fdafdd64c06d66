"""Compiled TrueSkill: expectation propagation over comparisons of teams (Herbrich, Minka & Graepel 2006)."""

from __future__ import annotations

import math

from numba import njit

from ._kernels_gauss import best_of_all, draw_factors, normal_cdf, win_factors
from ._kernels_weng_lin import sort_teams


@njit(cache=True, error_model="numpy")
def most_comparisons(match_starts, rank):
    """The largest number of comparisons in a match: all pairs of a tied group and all pairs of successive groups."""
    most = 0
    for m in range(match_starts.shape[0] - 1):
        lo, hi = match_starts[m], match_starts[m + 1]
        twice = 0
        for i in range(lo, hi):
            tied = 0
            after = 0
            next_rank = hi - lo
            for j in range(lo, hi):
                tied += rank[j] == rank[i]
                if rank[j] > rank[i]:
                    next_rank = min(next_rank, rank[j])
            for j in range(lo, hi):
                after += rank[j] == next_rank
            twice += tied - 1 + 2 * after
        most = max(most, twice // 2)
    return most


@njit(cache=True, error_model="numpy")
def propagate(comparisons, pairs, tied, margin, count, mean, var, messages, post, tolerance):
    """Posterior precision and precision * mean of team performances in ``post[2, count]``.

    Team ``pairs[k, 0]`` beats ``pairs[k, 1]`` by more than ``margin[k]``, or draws within it where ``tied[k]``. Scratch
    ``messages[6, comparisons]``: to the first team, to the second (precision, precision * mean), and of the truncation.
    """
    for i in range(count):
        post[0, i] = 1.0 / var[i]
        post[1, i] = mean[i] / var[i]
    messages[:, :comparisons] = 0.0
    for sweep in range(1 if comparisons == 1 else 500):
        moved = 0.0
        for step in range(comparisons):
            k = step if sweep % 2 == 0 else comparisons - 1 - step
            a, b = pairs[k, 0], pairs[k, 1]
            # What each side believes without this comparison.
            pi_a, pi_b = post[0, a] - messages[0, k], post[0, b] - messages[2, k]
            h_a, h_b = post[1, a] - messages[1, k], post[1, b] - messages[3, k]
            mean_a, mean_b = h_a / pi_a, h_b / pi_b
            spread = 1.0 / pi_a + 1.0 / pi_b
            c = math.sqrt(spread)
            lead = mean_a - mean_b
            if tied[k]:
                v, w = draw_factors(lead / c, margin[k] / c, 0, 1)
            else:
                v, w = win_factors(lead / c, margin[k] / c, 0, 1)
            w = min(w, 1.0 - 1e-12)
            new_mean = lead + c * v
            new_pi = 1.0 / (spread * (1.0 - w))
            f_pi = new_pi - 1.0 / spread
            f_h = new_mean * new_pi - lead / spread
            # Change of the comparison's marginal, in units of its own deviation.
            old_pi = 1.0 / spread + messages[4, k]
            old_mean = (lead / spread + messages[5, k]) / old_pi
            moved = max(moved, abs(new_mean - old_mean) * math.sqrt(new_pi), abs(math.log(new_pi / old_pi)))
            messages[4, k], messages[5, k] = f_pi, f_h
            # Written without dividing by f_pi, which may be 0.
            scale_a, scale_b = 1.0 / (1.0 + f_pi / pi_b), 1.0 / (1.0 + f_pi / pi_a)
            messages[0, k], messages[1, k] = f_pi * scale_a, (f_h + f_pi * mean_b) * scale_a
            messages[2, k], messages[3, k] = f_pi * scale_b, (f_pi * mean_a - f_h) * scale_b
            post[0, a], post[1, a] = pi_a + messages[0, k], h_a + messages[1, k]
            post[0, b], post[1, b] = pi_b + messages[2, k], h_b + messages[3, k]
        if moved < tolerance:
            break


@njit(cache=True, error_model="numpy")
def trueskill_log(
    match_starts,
    team_starts,
    players,
    rank,
    weights,
    times,
    mu,
    sigma,
    last,
    beta,
    tau,
    drift,
    margin,
    tolerance,
    order,
    teams,
    pairs,
    tied,
    margins,
    messages,
    win,
    predict,
):
    """Fold a log into ``mu``, ``sigma``, ``last`` [n]. ``margin`` is the draw margin per square root of a player.

    Scratch of the most teams in a match: ``order int64``, ``teams float64[5, .]``; of the most comparisons:
    ``pairs int64[., 2]``, ``tied bool``, ``margins float64``, ``messages float64[6, .]``.
    """
    timed = times.shape[0] > 0
    for m in range(match_starts.shape[0] - 1):
        first = match_starts[m]
        count = match_starts[m + 1] - first
        for t in range(count):
            mean = 0.0
            var = 0.0
            ahead = 0.0
            for s in range(team_starts[first + t], team_starts[first + t + 1]):
                p = players[s]
                w = weights[s] if weights.shape[0] > 0 else 1.0
                if predict:
                    ahead += w * w * (sigma[p] * sigma[p] + beta * beta)
                grown = tau * tau
                if timed:
                    if last[p] == last[p]:
                        grown += drift * drift * (times[m] - last[p])
                    last[p] = times[m]
                sigma[p] = math.sqrt(sigma[p] * sigma[p] + grown)
                mean += w * mu[p]
                var += w * w * (sigma[p] * sigma[p] + beta * beta)
            teams[0, t] = mean
            teams[1, t] = max(var, 1e-9)
            teams[2, t] = math.sqrt(max(ahead, 1e-9))
        if predict:
            best_of_all(count, teams[0], teams[2], win[first : first + count])
        sort_teams(rank, first, count, teams, 0, order)
        comparisons = 0
        for k in range(count):
            here = rank[first + order[k]]
            after = -1
            for l in range(k + 1, count):
                there = rank[first + order[l]]
                if there != here:
                    if after >= 0 and there != after:
                        break
                    after = there
                a, b = first + order[k], first + order[l]
                size = team_starts[a + 1] - team_starts[a] + team_starts[b + 1] - team_starts[b]
                pairs[comparisons, 0], pairs[comparisons, 1] = order[k], order[l]
                tied[comparisons] = there == here
                margins[comparisons] = margin * math.sqrt(size)
                comparisons += 1
        post = teams[3:5]
        propagate(comparisons, pairs, tied, margins, count, teams[0], teams[1], messages, post, tolerance)
        for i in range(count):
            t = first + i
            shift = (post[1, i] / post[0, i] - teams[0, i]) / teams[1, i]
            shrink = (1.0 - 1.0 / (post[0, i] * teams[1, i])) / teams[1, i]
            for s in range(team_starts[t], team_starts[t + 1]):
                p = players[s]
                w = weights[s] if weights.shape[0] > 0 else 1.0
                var = sigma[p] * sigma[p]
                mu[p] += w * var * shift
                sigma[p] = math.sqrt(var * max(1.0 - w * w * var * shrink, 1e-12))


@njit(cache=True, error_model="numpy")
def trueskill_duels(players, rank, mu, var, beta, tau, margin, win, predict):
    """The same over duels without times and weights, where one truncation is exact; ``var`` = sigma² [n]."""
    noise = 2.0 * beta * beta
    tau2 = tau * tau
    edge = margin * math.sqrt(2.0)
    for m in range(players.shape[0] // 2):
        a, b = players[2 * m], players[2 * m + 1]
        if predict:
            win[2 * m] = normal_cdf((mu[a] - mu[b]) / math.sqrt(noise + var[a] + var[b]), 1)
            win[2 * m + 1] = 1.0 - win[2 * m]
        if rank[2 * m] > rank[2 * m + 1]:
            a, b = b, a
        va, vb = var[a] + tau2, var[b] + tau2
        inv_c = 1.0 / math.sqrt(noise + va + vb)
        x = (mu[a] - mu[b]) * inv_c
        if rank[2 * m] == rank[2 * m + 1]:
            v, w = draw_factors(x, edge * inv_c, 0, 1)
        else:
            v, w = win_factors(x, edge * inv_c, 0, 1)
        w *= inv_c * inv_c
        mu[a] += va * inv_c * v
        mu[b] -= vb * inv_c * v
        var[a] = va * max(1.0 - va * w, 1e-12)
        var[b] = vb * max(1.0 - vb * w, 1e-12)
