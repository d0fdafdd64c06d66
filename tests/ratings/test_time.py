"""Ratings through time: published curves, a direct maximisation, and what smoothing must do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import ludus.ratings as lr

from .strategies import random_log


def test_the_cycle_of_landfrieds_documentation():
    """a beats b, b beats c, c beats a; sigma 6, beta 1, no drift, no draws: after convergence 0 ± 2.395 throughout."""
    log = lr.MatchLog.from_arrays(winners=["a", "b", "c"], losers=["b", "c", "a"], times=[1.0, 2.0, 3.0])
    model = lr.TrueSkillThroughTime(mu=0.0, sigma=6.0, beta=1.0, drift=0.0, draw_probability=0.0, tolerance=1e-10)
    curves = model.history(log)
    np.testing.assert_allclose(curves.mu, 0.0, atol=1e-6)
    np.testing.assert_allclose(curves.sigma, 2.395, atol=5e-4)


def test_one_match_through_time_is_trueskill():
    log = random_log(0, matches=1, teams=(3, 3), size=(2, 2))
    a = lr.TrueSkillThroughTime(tolerance=1e-12).fit(log)
    b = lr.TrueSkill(tau=0.0, tolerance=1e-12).fit(log)
    np.testing.assert_allclose(a.mu, b.mu, rtol=1e-8)
    np.testing.assert_allclose(a.sigma, b.sigma, rtol=1e-8)


def test_without_drift_the_order_is_moot():
    log = random_log(1, matches=30, times=True)
    model = lr.TrueSkillThroughTime(drift=0.0, tolerance=1e-9, sweeps=2000)
    back = lr.MatchLog.from_matches([m._replace(time=-m.time) for m in log][::-1], names=log.names)
    np.testing.assert_allclose(model.fit(log).mu, model.fit(back).mu, atol=1e-5)


def test_whole_history_is_the_most_likely_curve():
    """The posterior of Coulom (2008), written out and maximised directly."""
    log = random_log(2, matches=15, players=4, teams=(2, 2), size=(1, 1), times=True)
    model = lr.WholeHistory(sigma=250.0, drift=40.0, tolerance=1e-12)
    curves = model.history(log)
    unit = 400 / np.log(10)
    at = {(int(p), t): k for k, (p, t) in enumerate(zip(curves.player, curves.time))}

    def loss(r):
        total = 0.0
        for match in log:
            i, j = (at[log.names.index(team[0]), match.time] for team in match.teams)
            score = 0.5 * (1 + np.sign(match.ranks[1] - match.ranks[0]))
            total += score * np.logaddexp(0, r[j] - r[i]) + (1 - score) * np.logaddexp(0, r[i] - r[j])
        for k in range(len(r)):
            if k and curves.player[k] == curves.player[k - 1]:
                total += (r[k] - r[k - 1]) ** 2 / 2 / ((40 / unit) ** 2 * (curves.time[k] - curves.time[k - 1]))
            else:
                total += r[k] ** 2 / 2 / (250 / unit) ** 2
        return total

    best = minimize(loss, np.zeros(len(curves.mu)), tol=1e-12).x
    np.testing.assert_allclose((curves.mu - 1500) / unit, best, atol=1e-4)


def test_variances_of_whole_history_are_those_of_the_tridiagonal_matrix():
    """Two players, the second known exactly: then the curve's covariance is the inverse of its own Hessian."""
    times = np.arange(6.0)
    log = lr.MatchLog.from_arrays(winners=[0, 1, 0, 0, 1, 0], losers=[1, 0, 1, 1, 0, 1], times=times)
    model = lr.WholeHistory(drift=30.0, tolerance=1e-12)
    start = model.start(2)._replace(sigma=np.array([350.0, 350.0]))
    curves = model.history(log, start)
    unit = 400 / np.log(10)
    mine, other = curves.of(0), curves.of(1)
    p = 1 / (1 + np.exp(-(mine.mu - other.mu) / unit))
    h = np.diag(p * (1 - p))
    h[0, 0] += unit**2 / 350**2
    f = unit**2 / 30**2
    for k in range(5):
        h[k, k] += f
        h[k + 1, k + 1] += f
        h[k, k + 1] -= f
        h[k + 1, k] -= f
    np.testing.assert_allclose(mine.sigma / unit, np.sqrt(np.diag(np.linalg.inv(h))), rtol=1e-6)


def _drifting(rng, players=12, matches=3000, drift=1.0):
    """Duels whose players' skills wander; returns the log, the curves as [matches, players]."""
    skill = 25 + 5 * rng.standard_normal(players)
    rows, truth = [], []
    for _ in range(matches):
        skill = skill + drift * np.sqrt(1 / 30) * rng.standard_normal(players)
        skill += 25 - skill.mean()  # matches say nothing of what all have in common
        a, b = rng.permutation(players)[:2]
        lead = skill[a] - skill[b] + 25 / 6 * np.sqrt(2) * rng.standard_normal()
        rows.append((a, b) if lead > 0 else (b, a))
        truth.append(skill)
    winners, losers = np.array(rows).T
    log = lr.MatchLog.from_arrays(
        winners=winners, losers=losers, times=np.arange(matches) / 30, names=list(map(str, range(players)))
    )
    return log, np.array(truth)


def test_smoothing_follows_drift_better_than_filtering_and_its_intervals_cover():
    """Known drift: 90 % intervals of the smoothed curves cover within 87-93 % (of 24,000 points)."""
    hits, errors, filtered = [], [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        log, truth = _drifting(rng)
        model = lr.TrueSkillThroughTime(sigma=5.0, drift=1.0, draw_probability=0.0)
        curves = model.history(log)
        row = np.round(curves.time * 30).astype(int)
        real = truth[row, curves.player]
        hits.append(np.abs(curves.mu - real) < 1.645 * curves.sigma)
        late = row > 1500
        errors.append(np.mean((curves.mu - real)[late] ** 2))
        forward = lr.TrueSkill(sigma=5.0, tau=0.0, drift=1.0, draw_probability=0.0)
        state, online = forward.start(12), []
        for start in range(1500, 3000, 500):
            state = forward.fit(log[: start + 1])
            online.append(np.mean((state.mu - truth[start]) ** 2))
        filtered.append(np.mean(online))
    assert 0.87 < np.mean(np.concatenate(hits)) < 0.93
    assert np.mean(errors) < np.mean(filtered)


@pytest.mark.parametrize("name", ["trueskill_through_time", "whole_history"])
def test_chunks_in_bounded_memory_stay_close_to_the_whole(name):
    log, _ = _drifting(np.random.default_rng(9), matches=1500)
    model = lr.make(name)
    whole = model.fit(log)
    ratings = model.start(log.num_players)
    for start in range(0, len(log), 250):
        ratings = model.update(ratings, log[start : start + 250])
    assert np.corrcoef(whole.mu, ratings.mu)[0, 1] > 0.97
    assert (ratings.matches == whole.matches).all()


def test_messages_settle_where_teams_meet_again_and_again():
    """Team against team, time after time: the skills stay near what one match of summed skills would say."""
    for scores in ([[3, 1], [2, 2], [0, 1]], [[k % 3, 1] for k in range(40)]):
        size = len(scores)
        log = lr.MatchLog.from_arrays([list("abcd")] * size, [[0, 0, 1, 1]] * size, scores=scores)
        fit = lr.TrueSkillThroughTime().fit(log)
        np.testing.assert_allclose(fit.mu[[0, 1]] + fit.mu[[2, 3]], 50.0, atol=1e-3)
        assert np.abs(fit.mu - 25.0).max() < 2.0
        assert (fit.sigma < 25 / 3).all()
