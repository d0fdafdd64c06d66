"""Evaluation: the inter-quartile mean, bootstrap intervals, and returns against exact expected values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import trim_mean

import ludus
from ludus.marl import bootstrap, evaluate, iqm


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 10), st.integers(0, 1000))
def test_iqm_is_the_trimmed_mean(quarter, seed):
    scores = np.random.default_rng(seed).normal(size=(4 * quarter, 3))
    np.testing.assert_allclose(iqm(scores), trim_mean(scores, 0.25, axis=0))


def test_iqm_counts_entries_at_the_cuts_in_part():
    """Of 6 sorted scores the middle half is 3 wide: half of the second, the third and fourth, half of the fifth."""
    assert iqm(np.array([100.0, 1, 2, 3, 4, -100])) == pytest.approx((0.5 * 1 + 2 + 3 + 0.5 * 4) / 3)
    assert iqm(np.array([5.0])) == 5


def test_bootstrap_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    hits = 0
    for k in range(100):
        low, high = bootstrap([rng.normal(size=60)], seed=k, confidence=0.9, resamples=300)
        hits += low <= 0 <= high
    assert 80 <= hits <= 98


def test_strata_are_resampled_each_by_itself():
    """Two strata without spread leave nothing to vary, however far apart they are."""
    assert bootstrap([np.zeros(8), np.full(8, 100.0)], resamples=50).tolist() == [50, 50]


def test_uniform_play_earns_its_expected_value():
    game = ludus.make("kuhn_poker")
    found = evaluate(ludus.UniformAgent(), game, episodes=20_000, seed=3)
    exact = ludus.solvers.expected_values(game, ludus.Policy.uniform(game))
    error = found.returns.std(axis=0) / np.sqrt(20_000)
    assert found.returns.shape == (20_000, 2)
    assert (np.abs(found.mean - exact) < 4 * error).all()
    assert (found.interval[:, 0] <= found.iqm).all()
    assert (found.iqm <= found.interval[:, 1]).all()


def test_same_seed_same_returns_and_seats_are_kept():
    agents = [ludus.TabularAgent(ludus.Policy.random(ludus.make("kuhn_poker"), 1)), ludus.UniformAgent()]
    a, b = (evaluate(agents, "kuhn_poker", episodes=100, seed=9) for _ in range(2))
    assert np.array_equal(a.returns, b.returns)
    assert not np.array_equal(a.returns, evaluate(agents, "kuhn_poker", episodes=100, seed=10).returns)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="2 players, got 3 agents"):
        evaluate([ludus.UniformAgent()] * 3, "kuhn_poker")
    with pytest.raises(ValueError, match="episodes must be at least 1, got 0"):
        evaluate(ludus.UniformAgent(), "kuhn_poker", episodes=0)
