"""TrueSkill against the tables of its authors, brute-force integration, and the trueskill package where installed."""

from __future__ import annotations

import numpy as np
import pytest

import ludus.ratings as lr

from .strategies import random_log


def _fresh(teams, ranks, **parameters):
    """Posterior of newcomers: [(mu, sigma), ...] in order of seats."""
    seats = iter(range(100))
    named = [[str(next(seats)) for _ in range(size)] for size in teams]
    log = lr.MatchLog.from_matches([{"teams": named, "ranks": ranks}])
    after = lr.TrueSkill(**parameters).fit(log)
    return list(zip(after.mu.tolist(), after.sigma.tolist()))


@pytest.mark.parametrize(
    ("teams", "ranks", "want"),
    [
        ([1, 1], [0, 1], [(29.396, 7.171), (20.604, 7.171)]),
        ([1, 1], [0, 0], [(25.000, 6.458), (25.000, 6.458)]),
        ([2, 2], [0, 1], [(28.108, 7.774)] * 2 + [(21.892, 7.774)] * 2),
        ([2, 2], [0, 0], [(25.000, 7.455)] * 4),
        ([1, 1, 1], [0, 1, 2], [(31.675, 6.656), (25.000, 6.208), (18.325, 6.656)]),
        (
            [1] * 8,
            list(range(8)),
            [
                (36.771, 5.749),
                (32.242, 5.133),
                (29.074, 4.943),
                (26.322, 4.874),
                (23.678, 4.874),
                (20.926, 4.943),
                (17.758, 5.133),
                (13.229, 5.749),
            ],
        ),
    ],
)
def test_published_tables(teams, ranks, want):
    """Microsoft Research's TrueSkill calculator: defaults, 10 % draws, three decimals."""
    np.testing.assert_allclose(_fresh(teams, ranks), want, atol=6e-4)


def test_two_teams_against_integration_by_sampling():
    """With two teams the posterior's moments are exact: compare with weighted samples of the prior."""
    rng = np.random.default_rng(0)
    mu, sigma = np.array([27.0, 22.0, 30.0]), np.array([5.0, 3.0, 6.0])
    skill = mu + sigma * rng.standard_normal((1_500_000, 3))
    play = skill + 25 / 6 * rng.standard_normal(skill.shape)
    lead = play[:, 0] + play[:, 1] * 0.5 - play[:, 2]
    from statistics import NormalDist

    margin = NormalDist().inv_cdf(0.55) * 25 / 6 * np.sqrt(3)
    for ranks, kept in (([1, 0], lead < -margin), ([0, 1], lead > margin), ([0, 0], abs(lead) < margin)):
        log = lr.MatchLog.from_matches([{"teams": [["0", "1"], ["2"]], "ranks": ranks, "weights": [[1, 0.5], [1]]}])
        model = lr.TrueSkill(tau=0.0)
        after = model.update(model.start(3)._replace(mu=mu, sigma=sigma), log)
        # Standard errors of these means are below 0.02.
        np.testing.assert_allclose(after.mu, skill[kept].mean(0), atol=0.08)
        np.testing.assert_allclose(after.sigma, skill[kept].std(0), atol=0.08)


def test_against_the_trueskill_package():
    """Its normal distribution function has errors of 1e-7, hence the tolerance."""
    import trueskill

    env = trueskill.TrueSkill(draw_probability=0.1)
    rng = np.random.default_rng(1)
    for _ in range(60):
        sizes = rng.integers(1, 4, rng.integers(2, 6))
        teams = [[(rng.normal(25, 5), rng.uniform(1, 8)) for _ in range(s)] for s in sizes]
        weights = [rng.choice([0.3, 1.0], s).tolist() for s in sizes]
        ranks = rng.permutation(len(teams)).tolist()
        objects = [[env.create_rating(*p) for p in team] for team in teams]
        want = [p for t in env.rate(objects, ranks=ranks, weights=weights, min_delta=1e-12) for p in t]
        seats = iter(range(100))
        row = {"teams": [[str(next(seats)) for _ in t] for t in teams], "ranks": ranks, "weights": weights}
        flat = np.array([p for t in teams for p in t])
        model = lr.TrueSkill(tolerance=1e-12)
        start = model.start(len(flat))._replace(mu=flat[:, 0].copy(), sigma=flat[:, 1].copy())
        got = model.update(start, lr.MatchLog.from_matches([row]))
        np.testing.assert_allclose(got.mu, [p.mu for p in want], atol=5e-5)
        np.testing.assert_allclose(got.sigma, [p.sigma for p in want], atol=5e-5)


def test_the_kernel_for_duels_is_the_general_one():
    log = random_log(2, matches=300, teams=(2, 2), size=(1, 1))
    rows = [{"teams": m.teams, "ranks": m.ranks, "weights": [[1.0], [1.0]]} for m in log]
    general = lr.MatchLog.from_matches(rows, names=log.names)
    model = lr.TrueSkill()
    (a, pa), (b, pb) = (model.replay(model.start(12), x) for x in (log, general))
    np.testing.assert_allclose(a.mu, b.mu, rtol=1e-9)
    np.testing.assert_allclose(a.sigma, b.sigma, rtol=1e-9)
    np.testing.assert_allclose(pa, pb, rtol=1e-9)


def test_draws_of_equals_have_the_probability_asked_for():
    board = lr.rate(random_log(0)[:0], "trueskill", draw_probability=0.25)
    equal = board.model.start(2)._replace(sigma=np.zeros(2))
    assert board.model.draw_probability(equal, [[0], [1]]) == pytest.approx(0.25, abs=1e-9)


def test_bad_parameters():
    with pytest.raises(ValueError, match="draw_probability"):
        lr.TrueSkill(draw_probability=1.0)
    with pytest.raises(ValueError, match="drift"):
        lr.TrueSkill(drift=1.0).fit(random_log(0))
