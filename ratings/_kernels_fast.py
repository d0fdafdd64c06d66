"""Compiled Weng–Lin updates in the default mode, over variances instead of deviations: no root a player.

The settings ``options`` and ``values`` are described in ``_kernels_pairs``. COMPAT, BALANCE and a gamma of one's own go
the slower way of ``_kernels_weng_lin``, with the same results otherwise.
"""

from __future__ import annotations

import math

from numba import njit

from ._kernels_gauss import best_of_all, draw_factors, normal_cdf, win_factors
from ._kernels_pairs import (
    BETA,
    DELTA,
    DRIFT,
    EPSILON,
    KAPPA,
    KIND,
    LIMIT,
    MARGIN,
    MU,
    OMEGA,
    TAU,
    VAR,
    WEIGHTS,
    margin_factor,
    pairwise_fast,
)
from ._kernels_weng_lin import plackett_luce, sort_teams


@njit(cache=True, error_model="numpy")
def sum_variances(starts, first, count, players, weights, mu, var, extra, options, teams):
    """Mean and variance of every team's summed skill, with ``extra`` added to every player's variance."""
    partial = options[WEIGHTS] == 1
    for t in range(count):
        mean = 0.0
        total = 0.0
        for s in range(starts[first + t], starts[first + t + 1]):
            p = players[s]
            if partial:
                mean += weights[s] * mu[p]
                total += weights[s] * weights[s] * (var[p] + extra)
            else:
                mean += mu[p]
                total += var[p] + extra
        teams[MU, t] = mean
        teams[VAR, t] = total


@njit(cache=True, error_model="numpy")
def move_variances(starts, first, count, players, weights, mu, var, extra, options, values, teams):
    """Share every team's step among its players, whose variances grow by ``extra`` first."""
    plain = options[WEIGHTS] == 0
    for t in range(count):
        start = starts[first + t]
        if plain and starts[first + t + 1] == start + 1 and teams[VAR, t] > 0.0:
            p = players[start]
            mu[p] += teams[OMEGA, t]
            new = teams[VAR, t] * max(1.0 - teams[DELTA, t], values[KAPPA])
            var[p] = min(new, var[p]) if options[LIMIT] else new
            continue
        scale = 1.0 / teams[VAR, t] if teams[VAR, t] > 0.0 else 0.0
        gains = teams[OMEGA, t] >= 0.0
        step, shrink = teams[OMEGA, t] * scale, teams[DELTA, t] * scale
        for s in range(starts[first + t], starts[first + t + 1]):
            p = players[s]
            own = var[p] + extra
            o, d = own * step, own * shrink
            if options[WEIGHTS] == 1:
                o *= weights[s]
                d *= weights[s] * weights[s]
            elif options[WEIGHTS] == 2:
                o = o * weights[s] if gains else o / weights[s]
                d = d * weights[s] if gains else d / weights[s]
            mu[p] += o
            new = own * max(1.0 - d, values[KAPPA])
            var[p] = min(new, var[p]) if options[LIMIT] else new


@njit(cache=True, error_model="numpy")
def two_teams(first, rank, score, options, values, teams):
    """A match of two teams, for which full and part, Plackett–Luce and Bradley–Terry are one."""
    inv = 1.0 / math.sqrt(teams[VAR, 0] + teams[VAR, 1] + 2.0 * values[BETA] * values[BETA])
    x = (teams[MU, 0] - teams[MU, 1]) * inv
    difference = rank[first + 1] - rank[first]
    if options[KIND] == 2:
        t = values[EPSILON] * inv
        if difference == 0:
            o, d = draw_factors(x, t, 0, 1)
        elif difference > 0:
            o, d = win_factors(x, t, 0, 1)
        else:
            o, d = win_factors(-x, t, 0, 1)
            o = -o
    else:
        p = 1.0 / (1.0 + math.exp(min(-x, 700.0)))
        o = (0.5 if difference == 0 else (1.0 if difference > 0 else 0.0)) - p
        d = p * (1.0 - p)
    if score.shape[0] > 0 and values[MARGIN] > 0.0:
        f = margin_factor(abs(score[first] - score[first + 1]), options, values)
        o *= f
        d *= f
    o *= inv
    d *= inv * inv * inv
    teams[OMEGA, 0], teams[OMEGA, 1] = o * teams[VAR, 0], -o * teams[VAR, 1]
    # The default gamma sqrt(S) / c times S / c².
    teams[DELTA, 0] = d * teams[VAR, 0] * math.sqrt(teams[VAR, 0])
    teams[DELTA, 1] = d * teams[VAR, 1] * math.sqrt(teams[VAR, 1])


@njit(cache=True, error_model="numpy")
def rate_match_fast(
    starts,
    first,
    count,
    players,
    rank,
    score,
    weights,
    mu,
    var,
    extra,
    options,
    values,
    gamma,
    pairs,
    order,
    teams,
    block,
):
    """Update ``mu``, ``var`` [n] by one match. Scratch: ``teams float64[8, >=count]``, ``block float64[3, P]``.

    ``gamma`` is an empty float64[0, 0]; ``pairs uint32[2, P]`` is described in :func:`pairwise_fast`.
    """
    sum_variances(starts, first, count, players, weights, mu, var, extra, options, teams)
    if count == 2:
        two_teams(first, rank, score, options, values, teams)
    else:
        sort_teams(rank, first, count, teams, 0, order)
        if options[KIND] == 0:
            plackett_luce(first, count, rank, score, order, options, values, gamma, teams)
        else:
            pairwise_fast(first, count, rank, score, order, options, values, pairs, teams, block)
    move_variances(starts, first, count, players, weights, mu, var, extra, options, values, teams)


@njit(cache=True, error_model="numpy")
def rate_log_fast(
    match_starts,
    team_starts,
    players,
    rank,
    score,
    weights,
    times,
    mu,
    var,
    last,
    options,
    values,
    gamma,
    pairs,
    win,
    predict,
    order,
    teams,
    block,
):
    """Fold a log into ``mu``, ``var``, ``last`` [n]; with ``predict`` also ``win[T]``, forecasts made before.

    With ``times`` variances first grow by DRIFT for the time since a player's last match.
    """
    timed = times.shape[0] > 0
    beta2 = values[BETA] * values[BETA]
    tau2 = values[TAU] * values[TAU]
    for m in range(match_starts.shape[0] - 1):
        first = match_starts[m]
        count = match_starts[m + 1] - first
        if predict:
            sum_variances(team_starts, first, count, players, weights, mu, var, 0.0, options, teams)
            for t in range(count):
                teams[1, t] = math.sqrt(teams[1, t] + beta2)
            best_of_all(count, teams[0], teams[1], win[first : first + count])
        if timed:
            for s in range(team_starts[first], team_starts[first + count]):
                p = players[s]
                if last[p] == last[p]:
                    var[p] += values[DRIFT] * (times[m] - last[p])
                last[p] = times[m]
        rate_match_fast(
            team_starts,
            first,
            count,
            players,
            rank,
            score,
            weights,
            mu,
            var,
            tau2,
            options,
            values,
            gamma,
            pairs,
            order,
            teams,
            block,
        )


@njit(cache=True, error_model="numpy")
def logistic_duels(players, rank, mu, var, values, win, predict):
    """Plackett–Luce and Bradley–Terry over duels, where all three are one: ``mu``, ``var`` (sigma²) [n] change."""
    beta2 = 2.0 * values[BETA] * values[BETA]
    tau2 = values[TAU] * values[TAU]
    kappa = values[KAPPA]
    for m in range(players.shape[0] // 2):
        a, b = players[2 * m], players[2 * m + 1]
        if predict:
            win[2 * m] = normal_cdf((mu[a] - mu[b]) / math.sqrt(beta2 + var[a] + var[b]), 1)
            win[2 * m + 1] = 1.0 - win[2 * m]
        va, vb = var[a] + tau2, var[b] + tau2
        inv_c2 = 1.0 / (va + vb + beta2)
        inv_c = math.sqrt(inv_c2)
        p = 1.0 / (1.0 + math.exp(min((mu[b] - mu[a]) * inv_c, 700.0)))
        score = 0.5
        if rank[2 * m] < rank[2 * m + 1]:
            score = 1.0
        elif rank[2 * m] > rank[2 * m + 1]:
            score = 0.0
        step = (score - p) * inv_c
        shrink = p * (1.0 - p) * inv_c2 * inv_c
        mu[a] += va * step
        mu[b] -= vb * step
        var[a] = va * max(1.0 - shrink * va * math.sqrt(va), kappa)
        var[b] = vb * max(1.0 - shrink * vb * math.sqrt(vb), kappa)
