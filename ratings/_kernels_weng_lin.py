"""Compiled Weng–Lin updates (Weng & Lin, JMLR 12, 2011): one match with any teams, a whole log, and a log of duels.

The settings ``options`` and ``values`` are described in ``_kernels_pairs``. Teams of one match are 0..T-1; rows of
``teams`` are indexed by team, ``order`` lists the teams from the best rank down.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels_gauss import best_of_all
from ._kernels_pairs import (
    BALANCE,
    BETA,
    COMPAT,
    DELTA,
    DRIFT,
    KAPPA,
    KIND,
    LIMIT,
    MARGIN,
    MU,
    OMEGA,
    STRENGTH,
    TAU,
    VAR,
    WEIGHTS,
    WINDOW,
    exp_block,
    margin_factor,
    pairwise,
)


@njit(cache=True, error_model="numpy")
def sum_teams(starts, first, count, players, weights, mu, sigma, options, values, seat_order, teams):
    """Mean and variance of every team's summed skill into ``teams`` (``seat_order`` is scratch)."""
    for t in range(count):
        lo, hi = starts[first + t], starts[first + t + 1]
        mean = 0.0
        var = 0.0
        if not options[COMPAT] and not options[BALANCE]:
            for s in range(lo, hi):
                p = players[s]
                w = weights[s] if options[WEIGHTS] == 1 else 1.0
                mean += w * mu[p]
                var += w * w * sigma[p] * sigma[p]
        else:
            # openskill sums from the highest ordinal down; a stable insertion sort reproduces its rounding.
            for s in range(lo, hi):
                k = s - lo
                own = mu[players[s]] - 3.0 * sigma[players[s]]
                while k > 0 and mu[players[seat_order[k - 1]]] - 3.0 * sigma[players[seat_order[k - 1]]] < own:
                    seat_order[k] = seat_order[k - 1]
                    k -= 1
                seat_order[k] = s
            best = mu[players[seat_order[0]]] - 3.0 * sigma[players[seat_order[0]]]
            base = best + values[KAPPA] if options[COMPAT] else abs(best) + values[BETA]
            for k in range(hi - lo):
                p = players[seat_order[k]]
                scale = 1.0
                if options[BALANCE]:
                    scale = 1.0 + (best - (mu[p] - 3.0 * sigma[p])) / base
                if options[WEIGHTS] == 1:
                    scale *= weights[seat_order[k]]
                mean += mu[p] * scale
                var += (sigma[p] * scale) * (sigma[p] * scale)
        teams[MU, t] = mean
        teams[VAR, t] = var


@njit(cache=True, error_model="numpy")
def sort_teams(rank, first, count, teams, compat, order):
    """Teams from the best rank down; ties stay in order (COMPAT) or go by skill, whatever their order of entry."""
    for t in range(count):
        k = t
        while k > 0:
            u = order[k - 1]
            ahead = rank[first + u] < rank[first + t]
            if rank[first + u] == rank[first + t]:
                ahead = (
                    compat == 1
                    or teams[MU, u] > teams[MU, t]
                    or (teams[MU, u] == teams[MU, t] and teams[VAR, u] <= teams[VAR, t])
                )
            if ahead:
                break
            order[k] = u
            k -= 1
        order[k] = t


@njit(cache=True, error_model="numpy")
def plackett_luce(first, count, rank, score, order, options, values, gamma, teams):
    """Algorithm 4 of Weng & Lin into rows OMEGA and DELTA of ``teams``.

    Outside COMPAT a tie is the average over the orders of the tied teams: exact for two, for more the strengths of the
    others at a stage are replaced by their mean. Two teams then are Bradley–Terry, draws included.
    """
    beta2 = values[BETA] * values[BETA]
    c2 = 0.0
    top = -np.inf
    for t in range(count):
        c2 += teams[VAR, t] + beta2
        top = max(top, teams[MU, t])
    c = math.sqrt(c2)
    inverse = 1.0 / c
    least = 0.0
    compat = options[COMPAT] == 1
    use_score = score.shape[0] > 0
    for i in range(count):
        x = teams[MU, i]
        if compat:
            shift = 0.0
            compared = 0
            if use_score:
                for j in range(count):
                    gap = score[first + i] - score[first + j]
                    if j != i and gap != 0.0:
                        f = margin_factor(abs(gap), options, values) - 1.0
                        # Both branches of openskill move a team by the same signed amount.
                        shift += (teams[MU, j] - x) * f
                        compared += 1
            teams[STRENGTH, i] = math.exp((x + (shift / compared if compared else shift)) / c)
        else:
            teams[STRENGTH, i] = (x - top) * inverse
            least = min(least, teams[STRENGTH, i])
    if not compat:
        if least > -45.0:
            exp_block(teams, STRENGTH, count)
        else:
            for i in range(count):
                # Beyond 300 the weaker side is a certain loser to every digit; the clip keeps its own stages finite.
                teams[STRENGTH, i] = math.exp(max(teams[STRENGTH, i], -300.0))
    # Strength of everyone ranked worse than a tied group, kept in omega at the group's first member.
    worse = 0.0
    stop = count
    while stop > 0:
        start = stop - 1
        while start > 0 and rank[first + order[start - 1]] == rank[first + order[start]]:
            start -= 1
        teams[OMEGA, order[start]] = worse
        for k in range(start, stop):
            worse += teams[STRENGTH, order[k]]
        stop = start
    sum1 = 0.0  # over stages already passed: weight / strength
    sum2 = 0.0  # and weight / strength²
    start = 0
    while start < count:
        stop = start + 1
        while stop < count and rank[first + order[stop]] == rank[first + order[start]]:
            stop += 1
        m = stop - start
        rest = teams[OMEGA, order[start]]
        group = 0.0
        for k in range(start, stop):
            group += teams[STRENGTH, order[k]]
        if compat or m == 1:
            f = 1.0
            if not compat and use_score and values[MARGIN] > 0.0 and stop < count:
                f = 0.0
                for k in range(stop, count):
                    f += margin_factor(score[first + order[start]] - score[first + order[k]], options, values)
                f /= count - stop
            stage_share = 1.0 / (rest + group)
            # Every member of the group adds its stage, divided by the size of the group: m / m = 1.
            sum1 += f * stage_share
            sum2 += f * stage_share * stage_share
            own = f if m == 1 else f / m
            for k in range(start, stop):
                i = order[k]
                teams[OMEGA, i] = own - teams[STRENGTH, i] * sum1
                teams[DELTA, i] = max(teams[STRENGTH, i] * sum1 - teams[STRENGTH, i] * teams[STRENGTH, i] * sum2, 0.0)
        else:
            f = 1.0
            if use_score and values[MARGIN] > 0.0 and stop < count:
                f = 0.0
                for k in range(stop, count):
                    f += margin_factor(score[first + order[start]] - score[first + order[k]], options, values)
                f /= count - stop
            for k in range(start, stop):
                i = order[k]
                teams[OMEGA, i] = f - teams[STRENGTH, i] * sum1
                teams[DELTA, i] = teams[STRENGTH, i] * sum1 - teams[STRENGTH, i] * teams[STRENGTH, i] * sum2
            for stage in range(1, m + 1):
                others = (stage - 1.0) / (m - 1.0)
                taken = 0.0
                for k in range(start, stop):
                    i = order[k]
                    p = teams[STRENGTH, i] / (rest + teams[STRENGTH, i] + others * (group - teams[STRENGTH, i]))
                    teams[OMEGA, i] -= f * stage / m * p
                    teams[DELTA, i] += f * stage / m * p * (1.0 - p)
                    taken += stage / m * p
                if rest > 0.0:
                    share = min(max(1.0 - taken, 0.0), 1.0) / rest
                    sum1 += f * share
                    sum2 += f * share * share
            for k in range(start, stop):
                teams[DELTA, order[k]] = max(teams[DELTA, order[k]], 0.0)
        start = stop
    for i in range(count):
        g = gamma[i, 0] if gamma.shape[0] > 0 else math.sqrt(teams[VAR, i]) * inverse
        teams[OMEGA, i] *= teams[VAR, i] * inverse
        teams[DELTA, i] *= teams[VAR, i] * inverse * inverse * g


@njit(cache=True, error_model="numpy")
def move_players(starts, first, count, players, weights, mu, sigma, before, options, values, teams):
    """Share every team's step among its players; ``before float64[S]`` holds sigma before drift, for LIMIT."""
    strict = options[KIND] == 2 and options[WINDOW] >= 0 and options[COMPAT] == 1
    for t in range(count):
        if teams[VAR, t] <= 0.0:
            continue
        gains = teams[OMEGA, t] > 0.0 or (teams[OMEGA, t] == 0.0 and not strict)
        base = starts[first]
        for s in range(starts[first + t], starts[first + t + 1]):
            p = players[s]
            share = sigma[p] * sigma[p] / teams[VAR, t]
            # In openskill's order of operations, whose rounding COMPAT keeps.
            o, d = share * teams[OMEGA, t], share * teams[DELTA, t]
            if options[WEIGHTS] == 1:
                o *= weights[s]
                d *= weights[s] * weights[s]
            elif options[WEIGHTS] == 2:
                o = o * weights[s] if gains else o / weights[s]
                d = d * weights[s] if gains else d / weights[s]
            mu[p] += o
            sigma[p] *= math.sqrt(max(1.0 - d, values[KAPPA]))
            if options[LIMIT]:
                sigma[p] = min(sigma[p], before[s - base])


@njit(cache=True, error_model="numpy")
def rate_match(
    starts,
    first,
    count,
    players,
    rank,
    score,
    weights,
    mu,
    sigma,
    dt,
    options,
    values,
    gamma,
    order,
    teams,
    seats,
    seat_order,
):
    """Update ``mu``, ``sigma`` [n] by the match whose teams are ``first .. first+count-1`` of ``starts``.

    ``dt[seats]`` is time since the player's last match; ``teams float64[5, >=count]``, ``seats float64[>=seats]``,
    ``order`` and ``seat_order`` int64 are scratch. ``gamma`` is empty for the default sqrt(S)/c.
    """
    tau2 = values[TAU] * values[TAU]
    base = starts[first]
    for s in range(base, starts[first + count]):
        p = players[s]
        seats[s - base] = sigma[p]
        grown = tau2 + values[DRIFT] * dt[s - base] if values[DRIFT] > 0.0 else tau2
        sigma[p] = math.sqrt(sigma[p] * sigma[p] + grown)
    sum_teams(starts, first, count, players, weights, mu, sigma, options, values, seat_order, teams)
    sort_teams(rank, first, count, teams, options[COMPAT], order)
    if options[KIND] == 0:
        plackett_luce(first, count, rank, score, order, options, values, gamma, teams)
    else:
        pairwise(first, count, rank, score, order, options, values, gamma, teams)
    move_players(starts, first, count, players, weights, mu, sigma, seats, options, values, teams)


@njit(cache=True, error_model="numpy")
def rate_log(
    match_starts,
    team_starts,
    players,
    rank,
    score,
    weights,
    times,
    mu,
    sigma,
    last,
    options,
    values,
    win,
    predict,
    order,
    teams,
    seats,
    seat_order,
    dt,
):
    """Fold a log into ``mu``, ``sigma``, ``last`` [n]; with ``predict`` also ``win[T]``, forecasts made before."""
    no_gamma = np.empty((0, 0))
    timed = times.shape[0] > 0
    beta2 = values[BETA] * values[BETA]
    for m in range(match_starts.shape[0] - 1):
        first = match_starts[m]
        count = match_starts[m + 1] - first
        base = team_starts[first]
        if timed:
            for s in range(base, team_starts[first + count]):
                p = players[s]
                dt[s - base] = times[m] - last[p] if last[p] == last[p] else 0.0
                last[p] = times[m]
        if predict:
            sum_teams(team_starts, first, count, players, weights, mu, sigma, options, values, seat_order, teams)
            for t in range(count):
                teams[1, t] = math.sqrt(teams[1, t] + beta2)
            best_of_all(count, teams[0], teams[1], win[first : first + count])
        rate_match(
            team_starts,
            first,
            count,
            players,
            rank,
            score,
            weights,
            mu,
            sigma,
            dt,
            options,
            values,
            no_gamma,
            order,
            teams,
            seats,
            seat_order,
        )
