"""Stage games with known equilibria."""

from __future__ import annotations

import numpy as np
import pytest

import ludus
from ludus.marl.stage import correlated, nash


def payoffs(game_id):
    return np.array(ludus.make(game_id).payoffs, np.float64)


@pytest.mark.parametrize("game_id", ["rock_paper_scissors", "matching_pennies", "shapley"])
def test_nash_of_games_without_a_pure_equilibrium_is_uniform(game_id):
    joint = nash(payoffs(game_id))
    np.testing.assert_allclose(joint, np.full(joint.shape, 1 / joint.size), atol=1e-9)


def test_nash_takes_the_pure_equilibrium_of_greatest_payoff():
    stag = payoffs("stag_hunt")
    joint = nash(stag)
    assert joint.max() == 1
    assert (stag * joint).sum() == stag.sum(axis=0).max()


def test_correlated_chicken_beats_the_mixed_equilibrium():
    """Aumann's chicken (7, 2, 6, 0): the best correlated equilibrium mixes (dare, chicken) / (chicken, dare) / both
    chicken at 1/4, 1/4, 1/2, worth 10.5 in total."""
    first = np.array([[0.0, 7.0], [2.0, 6.0]])
    joint = correlated(np.stack([first, first.T]))
    np.testing.assert_allclose(joint, [[0, 0.25], [0.25, 0.5]], atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_random_games(seed):
    game = np.random.default_rng(seed).normal(size=(2, 3, 3))
    joint = nash(game)
    p, q = joint.sum(axis=1), joint.sum(axis=0)
    np.testing.assert_allclose(joint, np.outer(p, q), atol=1e-12)
    assert (game[0] @ q).max() - p @ game[0] @ q < 1e-8
    assert (p @ game[1]).max() - p @ game[1] @ q < 1e-8
    assert (game * correlated(game)).sum() > (game * joint).sum() - 1e-8
