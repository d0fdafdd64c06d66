"""Cooperative games: values, cores and nucleoli of the literature's examples, and the axioms on random games."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus import solvers
from ludus.solvers.matrix import coalitions


def random_game(seed, players):
    values = np.random.default_rng(seed).uniform(size=1 << players)
    values[0] = 0.0
    values[-1] += players
    return solvers.coalitional_game(values)


def by_orders(game):
    """The Shapley value by its definition."""
    n = game.num_players
    total, orders = np.zeros(n), list(permutations(range(n)))
    for order in orders:
        coalition = 0
        for i in order:
            total[i] += game.values[coalition | 1 << i] - game.values[coalition]
            coalition |= 1 << i
    return total / len(orders)


def test_gloves():
    """One left glove, two right ones: all to the left in the core, less by Shapley's and by Banzhaf's value."""
    game = coalitions.glove_game(1, 2)
    assert solvers.shapley(game) == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert solvers.banzhaf(game) == pytest.approx([3 / 4, 1 / 4, 1 / 4])
    assert solvers.banzhaf(game, normalised=True) == pytest.approx([3 / 5, 1 / 5, 1 / 5])
    assert solvers.core_point(game) == pytest.approx([1, 0, 0])
    assert solvers.nucleolus(game) == pytest.approx([1, 0, 0])
    assert solvers.in_core(game, [1, 0, 0])
    assert not solvers.in_core(game, [2 / 3, 1 / 6, 1 / 6])
    assert not solvers.in_core(game, [1, 0, 0.5])


def test_airport():
    """Everybody pays an equal share of each piece of runway that it needs (Littlechild & Owen 1973)."""
    costs = [1.0, 3.0, 6.0, 10.0]
    game = coalitions.airport_game(costs)
    pieces = np.diff([0.0, *costs])
    assert -solvers.shapley(game) == pytest.approx([sum(pieces[: k + 1] / (4 - np.arange(k + 1))) for k in range(4)])
    assert game.convex
    # The nucleolus by Littlechild's (1974) recursion: the least of c_k / (k + 1), where the last piece is shared by k.
    assert -solvers.nucleolus(game) == pytest.approx([0.5, 1.25, 2.125, 6.125])


@pytest.mark.parametrize(("estate", "shares"), [(100, [100 / 3] * 3), (200, [50, 75, 75]), (300, [50, 100, 150])])
def test_bankruptcy_in_the_talmud(estate, shares):
    """Aumann & Maschler 1985: the Mishna's divisions are the nucleoli."""
    game = coalitions.bankruptcy_game(estate, [100, 200, 300])
    assert solvers.nucleolus(game) == pytest.approx(shares)
    assert solvers.in_core(game, shares)


def test_majorities():
    """Three equal votes: an empty core, ε = 1/3. The Security Council by Shapley and Shubik (1954)."""
    majority = coalitions.voting_game(2, [1, 1, 1])
    assert solvers.core_point(majority) is None
    assert solvers.least_core(majority).epsilon == pytest.approx(1 / 3)
    assert solvers.nucleolus(majority) == pytest.approx([1 / 3] * 3)
    council = coalitions.voting_game(39, [7] * 5 + [1] * 10)
    values = solvers.shapley(council)
    assert values[:5] == pytest.approx(421 / 2145)
    assert values[5:] == pytest.approx(4 / 2145)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), players=st.integers(1, 5))
def test_values_by_their_definitions(seed, players):
    game = random_game(seed, players)
    value = solvers.shapley(game)
    assert value == pytest.approx(by_orders(game))
    assert value.sum() == pytest.approx(game.values[-1])  # efficiency
    double = solvers.shapley(game.values * 2 + random_game(seed + 1, players).values)
    assert double == pytest.approx(2 * value + solvers.shapley(random_game(seed + 1, players)))  # additivity


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), players=st.integers(2, 5))
def test_the_nucleolus_is_lexicographically_least(seed, players):
    """Small moves in any direction worsen the sorted excesses; the least core's ε bounds the first."""
    game = random_game(seed, players)
    x = solvers.nucleolus(game)
    assert x.sum() == pytest.approx(game.values[-1])

    def excesses(y):
        return np.sort(game.excess(y)[1:-1])[::-1]

    own, rng = excesses(x), np.random.default_rng(seed)
    assert own[0] == pytest.approx(solvers.least_core(game).epsilon, abs=1e-7)
    for _ in range(50):
        step = rng.normal(size=players)
        step -= step.mean()
        other = excesses(x + 0.01 * step)
        first = int(np.flatnonzero(np.abs(other - own) > 1e-7)[0])
        assert other[first] > own[first]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_convex_games_have_their_shapley_value_in_the_core(seed):
    """Shapley 1971; squares of sums of weights are convex."""
    weights = np.random.default_rng(seed).uniform(size=4)
    game = solvers.coalitional_game(lambda c: sum(weights[i] for i in c) ** 2, 4)
    assert game.convex
    assert solvers.in_core(game, solvers.shapley(game))


def test_sampled_values_meet_the_exact_ones():
    """The two estimators carry their names: on gloves they differ."""
    game = coalitions.glove_game(2, 3)

    def worth(c):
        return min(sum(i < 2 for i in c), sum(i >= 2 for i in c))

    sampled = solvers.sampled_shapley(worth, 5, permutations=2000, seed=1)
    assert (np.abs(sampled.values - solvers.shapley(game)) < 4 * sampled.errors + 1e-12).all()
    assert sampled.values.sum() == pytest.approx(2.0)
    other = solvers.sampled_banzhaf(worth, 5, coalitions=2000, seed=1)
    assert (np.abs(other.values - solvers.banzhaf(game)) < 4 * other.errors + 1e-12).all()
    assert np.abs(solvers.shapley(game) - solvers.banzhaf(game)).max() > 0.02
    many = solvers.sampled_shapley(lambda c: float(len(c)), 40, permutations=4)
    assert many.values == pytest.approx(np.ones(40))


def test_tables_mappings_and_functions_are_the_same_game():
    table = [0, 1, 2, 5]
    mapping = {(0,): 1, (1,): 2, (0, 1): 5}
    assert solvers.coalitional_game(mapping).values.tolist() == table
    assert solvers.coalitional_game(lambda c: table[sum(1 << i for i in c)], 2).values.tolist() == table


@pytest.mark.parametrize(
    ("worth", "players", "message"),
    [
        ([0, 1, 2], None, "a table of 2\\^n numbers"),
        ([1, 2], None, "the empty coalition's worth must be 0, got 1"),
        ([0, np.nan], None, "must be finite"),
        (len, None, "players must be a whole number from 1 to 20, got None"),
        ({(0, 5): 1}, 3, "players 0 to 2"),
    ],
)
def test_bad_input(worth, players, message):
    with pytest.raises(ValueError, match=message):
        solvers.coalitional_game(worth, players)


def test_what_has_no_solution():
    with pytest.raises(ValueError, match="alone the players are worth 2, together 1"):
        solvers.nucleolus([0, 1, 1, 1])
    with pytest.raises(ValueError, match="payoffs must be 2 finite numbers"):
        solvers.in_core([0, 0, 0, 1], [1])
    with pytest.raises(ValueError, match="at most 14 players, got 15"):
        solvers.nucleolus(lambda c: 0.0, 15)
    with pytest.raises(ValueError, match="even and at least 4"):
        solvers.sampled_shapley(len, 2, permutations=3)
    with pytest.raises(ValueError, match="normalised Banzhaf value is not defined"):
        solvers.banzhaf([0, 0, 0, 0], normalised=True)
