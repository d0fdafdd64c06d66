"""What mu and sigma say about places, and how sure game-theoretic ratings are."""

from __future__ import annotations

import numpy as np
import pytest

import ludus.ratings as lr


def test_probabilities_by_simulation():
    rng = np.random.default_rng(0)
    mu, sigma = np.array([3.0, 2.5, 0.0, 2.0]), np.array([1.0, 2.0, 0.5, 0.1])
    draws = mu + sigma * rng.standard_normal((400_000, 4))
    best = np.bincount(draws.argmax(1), minlength=4) / len(draws)
    np.testing.assert_allclose(lr.probability_best(mu, sigma), best, atol=4e-3)
    better = (draws[:, :, None] > draws[:, None, :]).mean(0) + 0.5 * np.eye(4)
    np.testing.assert_allclose(lr.probability_better(mu, sigma), better, atol=4e-3)


def test_rank_intervals_hold_the_true_rank():
    """Skills drawn from their posteriors: 90 % intervals hold the true place about 90 % of the time."""
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(60):
        sigma = rng.uniform(0.2, 1.5, 30)
        mu = rng.normal(0, 2, 30)
        true = mu + sigma * rng.standard_normal(30)
        place = 1 + (true[None, :] > true[:, None]).sum(1)
        interval = lr.rank_intervals(mu, sigma)
        hits.append((interval[:, 0] <= place) & (place <= interval[:, 1]))
    assert 0.88 < np.mean(hits) < 0.97


def test_uncertainty_of_payoffs_reaches_the_ratings():
    few = np.array([[0, 3, 1], [1, 0, 3], [3, 1, 0]], float)
    for method in (lambda m: lr.nash_average(m).weights, lambda m: lr.alpha_rank(m, alpha=5.0)):
        mean, low, high = lr.propagate(few, method, samples=60)
        _, low_many, high_many = lr.propagate(100 * few, method, samples=60)
        assert mean.sum() == pytest.approx(1.0)
        assert (low <= mean).all()
        assert ((high - low) > 2 * (high_many - low_many)).all()
    with pytest.raises(ValueError, match="wins"):
        lr.propagate(-few, lambda m: m[0])
