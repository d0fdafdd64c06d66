"""Bradley–Terry by maximum likelihood: against a direct maximisation, a simulated truth, and its coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import ludus.ratings as lr

from .strategies import random_log


def _sample(rng, skill, matches, tie=0.0):
    n = len(skill)
    a = rng.integers(0, n, matches)
    b = (a + rng.integers(1, n, matches)) % n
    first = rng.random(matches) < 1 / (1 + np.exp(skill[b] - skill[a]))
    return lr.MatchLog.from_arrays(
        winners=np.where(first, a, b),
        losers=np.where(first, b, a),
        draws=rng.random(matches) < tie,
        names=list(map(str, range(n))),
    )


def _slow_likelihood(theta, log, ties, prior):
    """The penalised likelihood, match by match, as the papers write it."""
    n = log.num_players
    total = -0.5 * np.sum(theta[:n] ** 2) / prior**2
    for match in log:
        i, j = (log.names.index(team[0]) for team in match.teams)
        if match.ranks[0] > match.ranks[1]:
            i, j = j, i
        pi, pj = np.exp(theta[i]), np.exp(theta[j])
        drawn = match.ranks[0] == match.ranks[1]
        if ties == "half":
            win, loss = pi / (pi + pj), pj / (pi + pj)
            total += 0.5 * np.log(win * loss) if drawn else np.log(win)
        elif ties == "davidson":
            nu = np.exp(theta[-1])
            total += np.log((nu * np.sqrt(pi * pj) if drawn else pi) / (pi + pj + nu * np.sqrt(pi * pj)))
        else:
            t = 1 + np.exp(theta[-1])
            p = (t * t - 1) * pi * pj / ((pi + t * pj) * (t * pi + pj)) if drawn else pi / (pi + t * pj)
            total += np.log(p)
    return total


@pytest.mark.parametrize("ties", ["half", "rao_kupper", "davidson"])
def test_the_maximum_is_the_maximum(ties):
    log = _sample(np.random.default_rng(0), np.array([1.0, 0.3, -0.4, -0.9]), 120, tie=0.25)
    fit = lr.fit_bradley_terry(log, ties, prior=2.0)
    best = minimize(lambda x: -_slow_likelihood(x, log, ties, 2.0), np.zeros(4 + (ties != "half")), tol=1e-12)
    strengths = best.x[:4] - best.x[:4].mean()
    np.testing.assert_allclose(fit.strengths, strengths, atol=2e-5)
    if ties != "half":
        assert fit.tie == pytest.approx(best.x[-1], abs=2e-5)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-5)


def test_against_choix():
    import choix

    log = _sample(np.random.default_rng(1), np.array([1.0, 0.3, 0.0, -0.4, -0.9]), 400)
    want = choix.ilsr_pairwise(5, log.players.reshape(-1, 2).tolist(), tol=1e-12)
    np.testing.assert_allclose(lr.fit_bradley_terry(log, prior=1e4).strengths, want - want.mean(), atol=1e-6)


def test_the_order_of_matches_is_moot_and_duels_are_tallied_right():
    log = _sample(np.random.default_rng(2), np.array([1.0, 0.0, -1.0]), 200, tie=0.1)
    rows = [{"teams": m.teams, "ranks": m.ranks, "weights": [[1.0], [1.0]]} for m in log]
    one_by_one = lr.MatchLog.from_matches(rows, names=log.names)  # weights keep it from being tallied
    a, b, c = (lr.fit_bradley_terry(x) for x in (log, log[::-1], one_by_one))
    np.testing.assert_allclose(a.strengths, b.strengths, atol=1e-10)
    np.testing.assert_allclose(a.strengths, c.strengths, atol=1e-10)
    np.testing.assert_allclose(a.covariance, c.covariance, atol=1e-10)


def test_both_ways_to_tally_agree():
    """Few players are tallied in a table, many (here by names who never play) through sorting."""
    log = _sample(np.random.default_rng(7), np.linspace(-1, 1, 40), 800, tie=0.2)
    more = lr.MatchLog.from_matches(list(log), names=[*log.names, *(f"absent {i}" for i in range(600))])
    few, many = lr.fit_bradley_terry(log), lr.fit_bradley_terry(more)
    np.testing.assert_allclose(many.strengths[:40], few.strengths, atol=1e-8)


def test_sandwich_intervals_cover_and_bootstrap_agrees():
    """250 simulated logs: 90 % intervals of six strengths cover within 87-93 %."""
    rng = np.random.default_rng(3)
    skill = np.array([1.2, 0.5, 0.1, -0.2, -0.6, -1.0])
    truth = skill - skill.mean()
    hits = []
    for _ in range(250):
        interval = lr.fit_bradley_terry(_sample(rng, skill, 300), prior=100.0).intervals(0.9)
        hits.append((interval[:, 0] <= truth) & (truth <= interval[:, 1]))
    assert 0.87 < np.mean(hits) < 0.93
    fit = lr.fit_bradley_terry(_sample(rng, skill, 3000), bootstrap=200, seed=1)
    np.testing.assert_allclose(fit.bootstraps.std(0), fit.sigma, rtol=0.25)
    boot = fit.intervals(0.9, "bootstrap")
    assert (boot[:, 0] < fit.strengths).all()
    assert (boot[:, 1] > fit.strengths).all()


def test_covariates_find_the_home_advantage():
    rng = np.random.default_rng(4)
    skill, n, size = np.linspace(-1, 1, 6), 6, 6000
    a = rng.integers(0, n, size)
    b = (a + rng.integers(1, n, size)) % n
    first = rng.random(size) < 1 / (1 + np.exp(skill[b] - skill[a] - 0.5))
    log = lr.MatchLog.from_arrays(np.column_stack([a, b]), ranks=np.column_stack([~first, first]).astype(int))
    fit = lr.fit_bradley_terry(log, covariates=np.ones((size, 1)))
    error = np.sqrt(fit.covariance[n, n])
    assert abs(fit.coefficients[0] - 0.5) < 4 * error
    assert error < 0.05
    with pytest.raises(ValueError, match="covariates"):
        lr.fit_bradley_terry(log, covariates=np.ones(3))


def test_an_anchor_and_differences():
    log = _sample(np.random.default_rng(5), np.array([1.0, 0.0, -1.0]), 500)
    fit = lr.fit_bradley_terry(log, anchor="1")
    free = lr.fit_bradley_terry(log)
    assert fit.strengths[1] == 0.0
    assert fit.sigma[1] == pytest.approx(0.0, abs=1e-9)
    assert fit.difference("0", "2") == pytest.approx(free.difference("0", "2"))
    with pytest.raises(ValueError, match="anchor"):
        lr.fit_bradley_terry(log, anchor="eve")


def test_players_who_won_everything_stay_finite():
    log = lr.MatchLog.from_arrays(winners=[0, 0, 1], losers=[1, 2, 2])
    fit = lr.fit_bradley_terry(log)
    assert np.isfinite(fit.strengths).all()
    assert fit.strengths[0] > fit.strengths[1] > fit.strengths[2]


def test_teams_add_up():
    """A partner of known, opposite strength changes the team's odds by exactly his strength."""
    rng = np.random.default_rng(6)
    skill = np.array([0.8, 0.2, -0.3, -0.7])
    rows = []
    for _ in range(4000):
        p = rng.permutation(4)
        lead = skill[p[0]] + skill[p[1]] - skill[p[2]] - skill[p[3]]
        won = rng.random() < 1 / (1 + np.exp(-lead))
        rows.append({"teams": [[str(p[0]), str(p[1])], [str(p[2]), str(p[3])]], "ranks": [1 - won, int(won)]})
    log = lr.MatchLog.from_matches(rows, names=list("0123"))
    fit = lr.fit_bradley_terry(log)
    assert (abs(fit.strengths - skill + skill.mean()) < 4 * fit.sigma + 0.01).all()


def test_forecasts_of_the_model():
    board = lr.rate(random_log(0, teams=(2, 2), size=(1, 1), matches=200), "bradley_terry")
    a, b = board.players[0], board.players[-1]
    p = 1 / (1 + 10 ** (-(board[a].mu - board[b].mu) / 400))
    assert board.predict([[a], [b]])[0] == pytest.approx(p)
