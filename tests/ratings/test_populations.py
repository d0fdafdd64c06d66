"""Generated populations of known truth: who foretells better than openskill and trueskill themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import openskill.models
import pytest
import trueskill

import ludus.ratings as lr

BETA = 25 / 6


def drifting(seed: int, players: int = 150, matches: int = 24_000) -> lr.MatchLog:
    """Duels over irregular times, skills drifting by the clock, some players away for long."""
    rng = np.random.default_rng(seed)
    skill, seen, clock = rng.normal(25, 6, players), np.zeros(players), 0.0
    active = rng.random(players) < 0.5
    rows, times = [], []
    for _ in range(matches):
        clock += rng.exponential(0.01)
        if rng.random() < 0.01:
            active[rng.integers(players)] ^= True
        pool = np.flatnonzero(active)
        if len(pool) < 2:
            active[:] = True
            pool = np.arange(players)
        pair = rng.choice(pool, 2, replace=False)
        for p in pair:
            skill[p] += 0.6 * np.sqrt(clock - seen[p]) * rng.standard_normal()
            seen[p] = clock
        lead = skill[pair[0]] - skill[pair[1]] + np.sqrt(2) * BETA * rng.standard_normal()
        rows.append(pair if lead > 0 else pair[::-1])
        times.append(clock)
    winners, losers = np.array(rows).T
    return lr.MatchLog.from_arrays(winners=winners, losers=losers, times=times, names=list(map(str, range(players))))


def teams(seed: int, players: int = 300, matches: int = 12_000) -> lr.MatchLog:
    """Two teams of one to five players each, of unequal size, some playing a part; performance noise per team."""
    rng = np.random.default_rng(seed)
    skill = rng.normal(25, 8, players)
    rows = []
    for _ in range(matches):
        size = int(rng.integers(1, 6))
        sizes = (size, min(size + int(rng.random() < 0.3), 5))
        seats = rng.choice(players, sum(sizes), replace=False)
        shares = np.where(rng.random(len(seats)) < 0.3, rng.uniform(0.2, 0.9, len(seats)), 1.0)
        sums = np.add.reduceat(skill[seats] * shares, [0, sizes[0]])
        sums += BETA * rng.standard_normal(2)
        rows.append(
            {
                "teams": [list(map(str, seats[: sizes[0]])), list(map(str, seats[sizes[0] :]))],
                "scores": sums.tolist(),
                "weights": [shares[: sizes[0]].tolist(), shares[sizes[0] :].tolist()],
            }
        )
    return lr.MatchLog.from_matches(rows, names=list(map(str, range(players))))


def _loop(log: lr.MatchLog, fresh: Any, rate: Callable, first_wins: Callable, weighted: bool) -> np.ndarray:
    """Forecasts float64[T] of a peer that rates match by match."""
    state = [fresh() for _ in log.names]
    win = np.empty(len(log.ranks))
    starts, ranks = log.team_starts.tolist(), log.ranks.tolist()
    for t in range(0, len(win), 2):
        cuts = [slice(starts[t], starts[t + 1]), slice(starts[t + 1], starts[t + 2])]
        seats = [log.players[cut].tolist() for cut in cuts]
        teams = [[state[p] for p in team] for team in seats]
        win[t] = first_wins(teams)
        win[t + 1] = 1.0 - win[t]
        weights = [log.weights[cut].tolist() for cut in cuts] if weighted else None
        for team, after in zip(seats, rate(teams, ranks=ranks[t : t + 2], weights=weights)):
            for p, new in zip(team, after):
                state[p] = new
    return win


def openskill_forecasts(log: lr.MatchLog, weighted: bool) -> np.ndarray:
    model = openskill.models.PlackettLuce()
    return _loop(log, model.rating, model.rate, lambda teams: model.predict_win(teams)[0], weighted)


def trueskill_forecasts(log: lr.MatchLog, weighted: bool) -> np.ndarray:
    """With the win probability of its documentation."""
    env, normal = trueskill.TrueSkill(), NormalDist()

    def first_wins(teams):
        lead = sum(r.mu for r in teams[0]) - sum(r.mu for r in teams[1])
        both = [r for team in teams for r in team]
        return normal.cdf(lead / math.sqrt(len(both) * env.beta**2 + sum(r.sigma**2 for r in both)))

    return _loop(log, env.create_rating, env.rate, first_wins, weighted)


def _better(log: lr.MatchLog, ours: lr.RatingModel) -> None:
    """Two standard errors better on the second half; the peers are tried with and without partial play."""
    half = len(log) // 2
    for peer in (openskill_forecasts, trueskill_forecasts):
        for weighted in (False,) if log.weights is None else (False, True):
            theirs = lr.score_forecasts(log, peer(log, weighted), peer.__name__, half)
            mine = lr.score_forecasts(log, lr.forecast(log, ours), "ours", half)
            (comparison,) = lr.Evaluations([mine, theirs]).compare()
            assert comparison.difference < -2 * comparison.error, (comparison, weighted)


def test_drifting_population():
    """Parameters are fitted on the first half, everyone is scored on the second."""
    log = drifting(0, matches=8_000)
    tuned = lr.tune(log[: len(log) // 2], "trueskill", {"drift": [0.15, 0.3, 0.6, 1.2], "tau": [1e-6, 0.08]})
    _better(log, lr.make("trueskill", draw_probability=0.0, **tuned.parameters))


def test_team_population():
    log = teams(0, players=150, matches=2_000)
    tuned = lr.tune(log[: len(log) // 2], "thurstone_mosteller_full", {"beta": [3.0, 4.2, 6.0], "tau": [0.01, 0.08]})
    _better(log, lr.make("thurstone_mosteller_full", **tuned.parameters))


def test_coverage_of_filtered_intervals():
    """TrueSkill with the truth's parameters: 90 % intervals of 3,000 final skills cover within 87-93 %."""
    hits = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        skill = rng.normal(25, 25 / 3, 100)
        a = rng.integers(0, 100, 2500)
        b = (a + rng.integers(1, 100, 2500)) % 100
        first = skill[a] - skill[b] + np.sqrt(2) * BETA * rng.standard_normal(2500) > 0
        log = lr.MatchLog.from_arrays(
            winners=np.where(first, a, b), losers=np.where(first, b, a), names=list(map(str, range(100)))
        )
        fit = lr.TrueSkill(tau=0.0, draw_probability=0.0).fit(log)
        centred = (fit.mu - fit.mu.mean()) - (skill - skill.mean())
        hits.append(np.abs(centred) < 1.645 * fit.sigma)
    assert 0.87 < np.mean(hits) < 0.93


def test_smurfs_rise_fast():
    """Strong players under new names: after 15 matches the models with sigma rank them above what Elo does."""
    rng = np.random.default_rng(5)
    skill = np.concatenate([rng.normal(25, 5, 100), np.full(10, 42.0)])
    rows = []
    for k in range(6000):
        pool = 100 if k < 5500 else 110
        a, b = rng.choice(pool, 2, replace=False)
        if k >= 5500 and k % 3 == 0:
            a = 100 + (k // 3) % 10
            b = rng.integers(100)
        lead = skill[a] - skill[b] + np.sqrt(2) * BETA * rng.standard_normal()
        rows.append((a, b) if lead > 0 else (b, a))
    log = lr.MatchLog.from_arrays(
        winners=[r[0] for r in rows], losers=[r[1] for r in rows], names=list(map(str, range(110)))
    )
    places = {}
    for name in ("elo", "trueskill", "plackett_luce"):
        mu = lr.make(name).fit(log).mu
        places[name] = np.mean([np.sum(mu > mu[s]) for s in range(100, 110)])
    assert places["trueskill"] < places["elo"]
    assert places["plackett_luce"] < places["elo"]


def test_tune_finds_what_made_the_log_and_flags_edges():
    log = drifting(3, matches=6000)
    result = lr.tune(log, "trueskill", {"beta": [1.0, 25 / 6, 12.0]})
    assert result.parameters == {"beta": 25 / 6}
    assert result.edges == ()
    assert lr.tune(log, "elo", {"k": [0.5, 1.0]}).edges == ("k",)
    with pytest.raises(ValueError, match="grid"):
        lr.tune(log, "elo", {})
