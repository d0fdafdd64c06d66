"""Compiled passes over match logs: checking them, ranking within a match, duels and Elo.

Names used throughout: M matches, T teams in all, S seats (player places) in all, n players.
``match_starts int64[M + 1]`` cuts the teams into matches and ``team_starts int64[T + 1]`` cuts the seats into teams.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def find_repeat(match_starts, team_starts, players, seen):
    """First seat whose player already sits in the same match, or -1. ``seen int64[n]`` is scratch filled with -1."""
    for m in range(match_starts.shape[0] - 1):
        for s in range(team_starts[match_starts[m]], team_starts[match_starts[m + 1]]):
            if seen[players[s]] == m:
                return s
            seen[players[s]] = m
    return -1


@njit(cache=True, error_model="numpy")
def competition_ranks(match_starts, values, out):
    """``out int32[T]``: number of teams of the same match with a smaller value; equal values share a rank."""
    for m in range(match_starts.shape[0] - 1):
        lo, hi = match_starts[m], match_starts[m + 1]
        if hi - lo <= 24:
            for i in range(lo, hi):
                better = 0
                for j in range(lo, hi):
                    better += values[j] < values[i]
                out[i] = better
        else:
            order = np.argsort(values[lo:hi])
            rank = 0
            for k in range(hi - lo):
                if k > 0 and values[lo + order[k]] != values[lo + order[k - 1]]:
                    rank = k
                out[lo + order[k]] = rank


@njit(cache=True, error_model="numpy")
def count_seats(players, out):
    """Add to ``out int64[n]`` the number of seats every player took."""
    for s in range(players.shape[0]):
        out[players[s]] += 1


@njit(cache=True, error_model="numpy")
def tally_duels(players, ranks, n, out):
    """Add every duel to ``out int64[3 n²]``, at (a n + b) 3 + 0, 1, 2 where a < b lost, drew, won."""
    for m in range(players.shape[0] // 2):
        a, b = players[2 * m], players[2 * m + 1]
        better = ranks[2 * m + 1] - ranks[2 * m]
        if a > b:
            a, b, better = b, a, -better
        out[(a * n + b) * 3 + (1 if better == 0 else (2 if better > 0 else 0))] += 1


@njit(cache=True, error_model="numpy")
def last_times(match_starts, team_starts, players, times, last):
    """``last float64[n]``: time of every player's latest match in the log (kept where there is none)."""
    for m in range(match_starts.shape[0] - 1):
        for s in range(team_starts[match_starts[m]], team_starts[match_starts[m + 1]]):
            last[players[s]] = times[m]


@njit(cache=True, error_model="numpy")
def elo_duels(players, ranks, mu, played, win, predict, k, k_new, new_matches, scale, home):
    """Elo over matches of two single players; seats 2m and 2m+1 meet. ``mu``, ``played`` change, ``win[2M]`` is out."""
    rate = math.log(10.0) / scale
    for m in range(players.shape[0] // 2):
        a, b = players[2 * m], players[2 * m + 1]
        expected = 1.0 / (1.0 + math.exp(min(rate * (mu[b] - mu[a] - home), 700.0)))
        if predict:
            win[2 * m] = expected
            win[2 * m + 1] = 1.0 - expected
        score = 0.5
        if ranks[2 * m] < ranks[2 * m + 1]:
            score = 1.0
        elif ranks[2 * m] > ranks[2 * m + 1]:
            score = 0.0
        surprise = score - expected
        mu[a] += (k_new if played[a] < new_matches else k) * surprise
        mu[b] -= (k_new if played[b] < new_matches else k) * surprise
        played[a] += 1
        played[b] += 1


@njit(cache=True, error_model="numpy")
def elo_matches(
    match_starts,
    team_starts,
    players,
    ranks,
    scores,
    weights,
    mu,
    played,
    team_mu,
    gain,
    win,
    predict,
    k,
    k_new,
    new_matches,
    scale,
    home,
    margin,
):
    """Elo over any matches: a team is the (weighted) mean of its players, several teams meet pairwise.

    ``team_mu``, ``gain`` are scratch float64 of the largest number of teams in a match; ``scores`` and ``weights`` may
    be empty. ``margin`` asks for the margin-of-victory factor, which needs scores.
    """
    rate = math.log(10.0) / scale
    for m in range(match_starts.shape[0] - 1):
        lo, hi = match_starts[m], match_starts[m + 1]
        for t in range(lo, hi):
            total = 0.0
            mass = 0.0
            for s in range(team_starts[t], team_starts[t + 1]):
                w = weights[s] if weights.shape[0] > 0 else 1.0
                total += w * mu[players[s]]
                mass += w
            team_mu[t - lo] = total / mass if mass > 0.0 else 0.0
            gain[t - lo] = 0.0
            win[t] = 0.0
        team_mu[0] += home
        for i in range(lo, hi):
            for j in range(i + 1, hi):
                lead = team_mu[i - lo] - team_mu[j - lo]
                expected = 1.0 / (1.0 + math.exp(min(-rate * lead, 700.0)))
                win[i] += expected
                win[j] += 1.0 - expected
                score = 0.5
                factor = 1.0
                if ranks[i] != ranks[j]:
                    score = 1.0 if ranks[i] < ranks[j] else 0.0
                    if margin:
                        # The second factor keeps favourites, who win by more, from drifting upwards.
                        ahead = lead if ranks[i] < ranks[j] else -lead
                        factor = math.log1p(abs(scores[i] - scores[j])) * 2.2 / max(0.001 * ahead + 2.2, 0.22)
                gain[i - lo] += factor * (score - expected)
                gain[j - lo] -= factor * (score - expected)
        pairs = 0.5 * (hi - lo) * (hi - lo - 1)
        for t in range(lo, hi):
            win[t] /= pairs
            for s in range(team_starts[t], team_starts[t + 1]):
                p = players[s]
                w = weights[s] if weights.shape[0] > 0 else 1.0
                step = k_new if played[p] < new_matches else k
                mu[p] += step * w * gain[t - lo] / (hi - lo - 1)
                played[p] += 1
