"""Games of skill against their definitions, OpenSpiel's Blotto, and closed forms of best responses."""

from __future__ import annotations

import math

import numpy as np
import pyspiel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.population import functional_games as functional
from ludus.population import games_of_skill as skill

FINITE = {
    "blotto": lambda: skill.blotto(5, 3),
    "cyclic": lambda: skill.cyclic_game(7),
    "disc": lambda: skill.disc_game(12, seed=1),
    "elo": lambda: skill.elo_game(12, seed=1),
    "noisy": lambda: skill.elo_game(12, noise=0.5, seed=1),
    "mixture": lambda: skill.transitive_cyclic(12, 0.3, seed=1),
    "random": lambda: skill.random_game_of_skill(12, seed=1),
    "top": lambda: skill.spinning_top((1, 3, 5, 3)),
}


@pytest.mark.parametrize("name", FINITE)
def test_finite_games_are_symmetric_zero_sum_and_repeatable(name):
    game = FINITE[name]()
    assert game.zero_sum
    np.testing.assert_array_equal(game.payoffs[0], -game.payoffs[0].T)
    np.testing.assert_array_equal(game.payoffs, FINITE[name]().payoffs)


def test_blotto_is_openspiels():
    # OpenSpiel gives 1 to who wins more fields; ours counts fields. Both order forces lexicographically.
    ours = skill.blotto(5, 3)
    peer = pyspiel.load_matrix_game("blotto(players=2,coins=5,fields=3)")
    theirs = np.array([[peer.row_utility(i, j) for j in range(peer.num_cols())] for i in range(peer.num_rows())])
    assert ours.payoffs.shape[1:] == (21, 21) == theirs.shape
    np.testing.assert_array_equal(np.sign(ours.payoffs[0]), theirs)
    assert ours.payoffs[0][-1, 0] == 0.0  # 5-0-0 against 0-0-5: one field each, one tied
    assert np.abs(ours.payoffs[0]).max() == pytest.approx(1 / 3)


def test_cyclic_game_of_three_is_rock_paper_scissors():
    np.testing.assert_array_equal(skill.cyclic_game(3).payoffs[0], [[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    np.testing.assert_array_equal(skill.cyclic_game(9).payoffs[0].sum(axis=1), 0)


def test_elo_game_is_transitive_and_its_log_odds_are_differences():
    p = (skill.elo_game(9, seed=4).payoffs[0] + 1.0) / 2.0
    odds = np.log(p / (1.0 - p))
    np.testing.assert_allclose(odds[:, :1] + odds[:1, :], odds, atol=1e-10)


def test_mixture_has_the_two_parts_as_its_ends():
    ladder = skill.transitive_cyclic(9, 0.0, seed=4).payoffs[0]
    np.testing.assert_allclose(ladder[:, :1] + ladder[:1, :], ladder, atol=1e-12)
    assert np.linalg.matrix_rank(skill.transitive_cyclic(9, 1.0, seed=4).payoffs[0]) == 2
    assert np.linalg.matrix_rank(skill.transitive_cyclic(9, 0.5, seed=4).payoffs[0]) == 4


def test_random_game_of_skill_has_the_published_moments():
    a = skill.random_game_of_skill(400, skill=2.0, noise=1.0, seed=0).payoffs[0]
    strength = a.mean(axis=1)
    residual = a - (strength[:, None] - strength[None, :])
    # Var(½(W − Wᵀ)) = ½; the standard error of a variance of n numbers is √(2/n) of it
    off = residual[np.triu_indices(400, 1)]
    assert off.var() == pytest.approx(0.5, rel=0.03)
    assert strength.std() == pytest.approx(2.0, rel=0.15)


def test_layers_of_a_spinning_top():
    a = skill.spinning_top((1, 3, 5)).payoffs[0]
    assert (a[0, 1:] == 1).all()
    assert (a[1:4, 4:] == 1).all()
    np.testing.assert_array_equal(a[1:4, 1:4], skill.cyclic_game(3).payoffs[0])


@pytest.mark.parametrize("name", functional.FUNCTIONAL_GAMES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_functional_games(name, seed):
    game = functional.FUNCTIONAL_GAMES[name]()
    rng = np.random.default_rng(seed)
    points, weights = game.sample(6, rng), rng.dirichlet(np.ones(6))
    table = game.payoffs(points)
    np.testing.assert_array_equal(table, -table.T)
    np.testing.assert_allclose(game.payoffs(points, points[2]), table[:, 2:3], atol=1e-12)
    np.testing.assert_allclose(game.project(points), points, atol=1e-15)

    v, h = points[0], 1e-6
    ends = [game.payoffs(np.stack([v + h * e, v - h * e]), points) @ weights for e in np.eye(game.dimension)]
    slope = [(up - down) / (2 * h) for up, down in ends]
    np.testing.assert_allclose(game.gradient(v, points, weights), slope, atol=1e-7)

    best, value = game.best_response(points, weights)
    np.testing.assert_allclose(game.project(best[None])[0], best, atol=1e-12)
    assert value == pytest.approx(float((game.payoffs(best, points) @ weights).item()))
    assert value >= (game.payoffs(game.sample(500, rng), points) @ weights).max() - 1e-9
    assert game.exploitability(points, weights) == pytest.approx(max(value, 0.0))


def test_disc_in_closed_form():
    game = functional.disc(radius=2.0)
    assert game.payoffs([0.0, 1.0], [1.0, 0.0]).item() == 1.0
    assert game.exploitability([0.6, 0.8]) == pytest.approx(2.0)  # radius times the length of the mean
    third = 2 * math.pi / 3 * np.arange(3)
    assert game.exploitability(np.stack([np.cos(third), np.sin(third)], axis=1)) == pytest.approx(0.0, abs=1e-12)


def test_tops_in_closed_form():
    assert functional.top().exploitability([1.0, 0.3, 0.4]) == 0.0
    assert functional.elo(3.0).exploitability([1.0]) == 2.0
    # at half the height the style has its full width: ½ + 4t(1 − t)·width + t is best at t = ½ + 1/(8·width)
    width = 0.5
    best = functional.top(width=width).best_response([0.5, 1.0, 0.0])[0]
    np.testing.assert_allclose(best, [0.5 + 1 / (8 * width**2), 0.0, 1.0])


def test_gradient_steps_climb():
    game = functional.elo_disc()
    v = game.ascend([0.0, 0.0, 0.0], [0.5, 1.0, 0.0], rate=0.1, steps=40)
    np.testing.assert_allclose(v, [1.0, 0.0, 1.0], atol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: skill.blotto(0), "soldiers must be an integer of at least 1, got 0"),
        (lambda: skill.blotto(100, 10), "at most 5,000"),
        (lambda: skill.cyclic_game(4), "odd"),
        (lambda: skill.transitive_cyclic(3, 1.5), "cyclic must be from 0 to 1, got 1.5"),
        (lambda: skill.spinning_top([1, 2]), "odd"),
        (lambda: skill.elo_game(3, noise=math.nan), "noise must be at least 0"),
        (lambda: functional.disc(-1.0), "radius must be positive"),
        (lambda: functional.disc().payoffs([[1.0, 2.0, 3.0]]), r"finite numbers \[N, 2\], got shape \(1, 3\)"),
        (lambda: functional.disc().exploitability([[1.0, 0.0]], [0.5]), "1 probabilities that sum to 1"),
        (lambda: functional.disc().ascend([0, 0], [[1.0, 0.0]], rate=0.0), "rate must be positive"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
