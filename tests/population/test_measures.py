"""Measures of populations against values worked by hand and the literature's."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import ludus
from ludus.population import games_of_skill as skill
from ludus.population import measures

RPS = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
LADDER = np.array([[0.0, -1, -2], [1, 0, -1], [2, 1, 0]])


def test_rock_paper_scissors():
    # by hand: p = 1/3 each, so pᵀ max(A, 0) p = 3·1/9; A Aᵀ has eigenvalues 0, 3, 3, so 2·3/4
    np.testing.assert_allclose(measures.meta_nash(RPS), 1 / 3)
    assert measures.effective_diversity(RPS) == pytest.approx(1 / 3)
    assert measures.expected_cardinality(RPS) == pytest.approx(1.5)
    assert measures.cyclic_triples(RPS) == 1
    assert measures.nash_conv(RPS, np.full(3, 1 / 3)) == pytest.approx(0)
    assert measures.nash_conv(RPS, [1, 0, 0]) == pytest.approx(2)


def test_a_ladder_has_no_diversity_and_no_cycles():
    np.testing.assert_allclose(measures.meta_nash(LADDER), [0, 0, 1], atol=1e-9)
    assert measures.effective_diversity(LADDER) == pytest.approx(0)
    graph = measures.beats(LADDER, ["a", "b", "c"])
    assert measures.cycles(graph) == []
    assert measures.cyclic_triples(LADDER) == 0
    assert list(nx.topological_sort(graph)) == ["c", "b", "a"]
    assert [layer.tolist() for layer in measures.nash_layers(LADDER)] == [[2], [1], [0]]
    np.testing.assert_array_equal(measures.forgetting(LADDER), 0)


def test_relative_performance():
    # rock alone against all three loses to paper; the three against rock win by 1; twins draw
    assert measures.relative_performance(RPS[:1]) == pytest.approx(-1)
    assert measures.relative_performance(RPS[:, :1]) == pytest.approx(1)
    assert measures.relative_performance(RPS) == pytest.approx(0)
    assert measures.relative_performance([[3, -1], [-2, 1]]) == pytest.approx(1 / 7)  # mixed: (3·1 − 2)/(3 + 1 + 1 + 2)


def test_nash_conv_of_general_games():
    pd = np.array([[[3.0, 0], [5, 1]], [[3, 5], [0, 1]]])
    assert measures.nash_conv(pd, [1, 0], [1, 0]) == pytest.approx(4)
    assert measures.nash_conv(pd, [0, 1], [0, 1]) == pytest.approx(0)
    with pytest.raises(ValueError, match="column must be given"):
        measures.nash_conv([[1.0, 2.0]], [1.0])


def test_layers_of_a_spinning_top():
    layers = measures.nash_layers(skill.spinning_top((1, 3, 5)).payoffs[0])
    assert [layer.tolist() for layer in layers] == [[0], [1, 2, 3], [4, 5, 6, 7, 8]]


def test_cycles_and_margins():
    graph = measures.beats(skill.spinning_top((1, 3, 3)).payoffs[0], list("abcdefg"))
    assert measures.cycles(graph) == [["b", "c", "d"], ["e", "f", "g"]]
    assert graph.edges["a", "b"]["payoff"] == 1.0
    noisy = RPS * 0.1
    assert measures.cycles(measures.beats(noisy, margin=0.2)) == []
    assert measures.cyclic_triples(skill.cyclic_game(5).payoffs[0]) == 5  # (n³ − n)/24 in a regular tournament
    unknown = RPS.copy()
    unknown[0, 1] = unknown[1, 0] = np.nan
    assert measures.beats(unknown).number_of_edges() == 2


def test_forgetting_by_hand():
    # three snapshots of rock-paper-scissors: paper beats rock, scissors lose to rock: 1 against rock fell to −1,
    # and against paper 0 (paper itself) rose to 1
    m = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    np.testing.assert_allclose(measures.forgetting(m), [0, 0, (2 + 0) / 2])


def test_curves_of_a_growing_population():
    curves = measures.population_curves(RPS)
    # rock alone: paper gets 1; rock and paper: paper is the equilibrium, scissors get 1; all: nothing
    np.testing.assert_allclose(curves.exploitability, [1, 1, 0], atol=1e-9)
    np.testing.assert_allclose(curves.performance, [-1, mixed_value(RPS[:2]), 0], atol=1e-9)
    np.testing.assert_allclose(curves.diversity, [0, 0, 1 / 3], atol=1e-9)
    np.testing.assert_allclose(curves.cardinality, [0, 1, 1.5], atol=1e-9)
    np.testing.assert_allclose(curves.forgetting, [0, 0, 1], atol=1e-9)
    fast = measures.population_curves(RPS, unique=False)  # each of these equilibria is the only one
    np.testing.assert_allclose(fast.diversity, curves.diversity, atol=1e-9)
    assert measures.population_curves(LADDER).size.tolist() == [1, 2, 3]
    assert len(measures.population_curves(np.zeros((30, 30)), most=5).size) == 5


def mixed_value(a):
    """The value of a 2 × 3 game whose rows mix with weight x on the first: by looking at every kink."""
    x = np.linspace(0, 1, 3001)[:, None]
    return float((x * a[0] + (1 - x) * a[1]).min(axis=1).max())


def test_rating_curves_end_at_the_ratings_of_the_log():
    rng = np.random.default_rng(0)
    winners = rng.integers(0, 2, 200)
    log = ludus.MatchLog.from_arrays(winners=winners, losers=2 * np.ones(200, int), names=("a", "b", "c"))
    curves = measures.rating_curves(log, points=4)
    assert curves.matches.tolist() == [50, 100, 150, 200]
    board = ludus.rate(log)
    for player, mu in zip(board.players, board.mu):
        assert curves.mu[-1, log.names.index(player)] == pytest.approx(mu)
    assert np.isnan(measures.rating_curves(log[:1], points=1).mu).sum() == 1  # one of the three has not played
    with pytest.raises(ValueError, match="empty"):
        measures.rating_curves(log[:0])


def test_exact_exploitability():
    game = ludus.make("kuhn_poker")
    uniform, equilibrium = ludus.Policy.uniform(game), ludus.solve(game, "lp").policy
    curve = measures.exploitability_curve(game, [uniform, equilibrium])
    np.testing.assert_allclose(curve, [11 / 24, 0], atol=1e-9)  # NashConv of uniform play is 11/12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measures.antisymmetric([[0, np.nan], [np.nan, 0]]), "members 0 and 1 have not met"),
        (lambda: measures.antisymmetric([[0, 1.0]]), "square"),
        (lambda: measures.expected_cardinality([[0, np.nan], [1, 0]]), "of 0 against 1 is not known"),
        (lambda: measures.nash_conv(RPS, [1, 1, 1]), "3 probabilities"),
        (lambda: measures.beats(RPS, ["a"]), "names must be 3"),
        (lambda: measures.relative_performance([]), "matrix"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
