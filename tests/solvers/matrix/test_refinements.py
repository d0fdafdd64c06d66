"""Elimination, perfect and proper equilibria, evolutionary stability, selection, prices."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_matrix import epsilon_proper

from ludus import solvers

MYERSON = np.array([[1, 0, -9], [0, 0, -7], [-9, -7, -7]])
SELTEN = np.array([[1, 0], [0, 0]])


def pure(actions, counts):
    return [np.eye(n)[a] for a, n in zip(actions, counts)]


def test_myersons_example():
    """Myerson 1978, table 2: three pure equilibria; the first two are perfect, only the first is proper."""
    game = [MYERSON, MYERSON]
    nash = [(0, 0), (1, 1), (2, 2)]
    assert [solvers.is_perfect(game, pure(a, (3, 3))) for a in nash] == [True, True, False]
    assert [solvers.is_proper(game, pure(a, (3, 3))) for a in nash] == [True, False, False]
    assert [[list(map(float, x)) for x in e] for e in solvers.proper_equilibria(game)] == [[[1, 0, 0], [1, 0, 0]]]


def test_without_the_dominated_action_it_is_seltens():
    """(1, 1) against (0, 0) everywhere else: both corners are equilibria, one is perfect (Selten 1975)."""
    game = [SELTEN, SELTEN]
    assert solvers.is_perfect(game, [[1, 0], [1, 0]])
    assert not solvers.is_perfect(game, [[0, 1], [0, 1]])
    assert not solvers.is_perfect(game, [[0, 1], [1, 0]])  # not even an equilibrium
    assert len(solvers.proper_components(game)) == 1


def test_proper_equilibria_of_known_games():
    half = np.array([0.5, 0.5])
    found = solvers.proper_equilibria("matching_pennies")
    assert len(found) == 1
    assert found[0][0] == pytest.approx(half)
    assert found[0].regret == 0.0
    assert len(solvers.proper_equilibria("chicken")) == 3  # regular games: all equilibria are proper
    # van Damme: all-equal payoffs make every profile proper.
    component = solvers.proper_components(np.zeros((2, 2, 3)))
    assert len(component) == 1
    assert (len(component[0].first), len(component[0].second)) == (2, 3)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 3), columns=st.integers(1, 3))
def test_proper_equilibria_exist_and_are_perfect_equilibria(seed, rows, columns):
    payoffs = np.random.default_rng(seed).integers(0, 3, (2, rows, columns)).astype(float)
    found = solvers.proper_equilibria(payoffs)
    assert found  # Myerson's theorem
    for e in found:
        assert e.regret == 0.0
        assert solvers.is_perfect(payoffs, e)
        assert solvers.is_proper(payoffs, e)
    # Strict equilibria are proper, and equilibria in undominated interior strategies too.
    for actions in product(range(rows), range(columns)):
        if solvers.is_strict(payoffs, actions):
            assert solvers.is_proper(payoffs, pure(actions, (rows, columns)))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_pure_proper_profiles_against_the_search_for_epsilon_proper_ones(seed):
    """Near a proper profile of a 2×2 game there are ε-proper ones, on a grid of trembles; near others none."""
    payoffs = np.random.default_rng(seed).integers(0, 3, (2, 2, 2)).astype(float)
    epsilon = 1e-2
    trembles = [epsilon**k * c for k in (2, 3, 4, 6) for c in (0.9, 0.5)] + [epsilon * 0.9]
    for a, b in product(range(2), repeat=2):
        near = False
        for s, t in product(trembles, repeat=2):
            x, y = np.full(2, s), np.full(2, t)
            x[a], y[b] = 1 - s, 1 - t
            near = near or epsilon_proper(payoffs[0], payoffs[1], x, y, epsilon)
        assert solvers.is_proper(payoffs, pure((a, b), (2, 2))) == near


def test_elimination():
    # Bernheim's and Pearce's point: an action that only a mixture dominates.
    top = np.array([[3.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    other = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    found = solvers.eliminate([top, other])
    assert found.remaining == ((0, 1), (0, 1))
    player, action, by = found.steps[0]
    assert (player, action) == (0, 2)
    assert (by @ top > top[2]).all()
    assert solvers.eliminate([top, other], mixtures=False).remaining == ((0, 1, 2), (0, 1))
    assert solvers.eliminate("prisoners_dilemma").remaining == ((1,), (1,))
    assert solvers.eliminate([SELTEN, SELTEN]).remaining == ((0, 1), (0, 1))
    assert solvers.eliminate([SELTEN, SELTEN], "weak").remaining == ((0,), (0,))
    assert solvers.eliminate(np.zeros((3, 2, 2, 2)), "weak").remaining == ((0, 1),) * 3
    # Iterated: a guess of 2/3 of the average, with 3 to 0 dominating step by step.
    numbers = np.arange(0, 101, 5.0)
    own, rival = np.meshgrid(numbers, numbers, indexing="ij")
    lose = np.where(own == rival, 0.5, np.abs(own - (own + rival) / 3) < np.abs(rival - (own + rival) / 3))
    assert solvers.eliminate([lose, lose.T], "weak").remaining == ((0,), (0,))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_equilibria_live_on_rationalisable_actions(seed):
    payoffs = np.random.default_rng(seed).integers(0, 6, (2, 3, 3)).astype(float)
    left = solvers.rationalisable(payoffs)
    for e in solvers.nash(payoffs, "vertex_enumeration"):
        for x, actions in zip(e, left):
            assert x[list(actions)].sum() == pytest.approx(1.0)
    outside = solvers.correlated(payoffs, "ce", "max_entropy").marginals()
    for x, actions in zip(outside, left):
        assert x[list(actions)].sum() == pytest.approx(1.0)


def test_hawks_and_doves():
    """Maynard Smith & Price 1973: with value V below cost C hawks have share V / C; it is the only ESS."""
    hawk = np.array([[-1.0, 4.0], [0.0, 2.0]])  # V = 4, C = 6
    (found,) = solvers.evolutionarily_stable(hawk)
    assert found == pytest.approx([2 / 3, 1 / 3])
    assert not solvers.is_ess(hawk, [1, 0])


@pytest.mark.parametrize(("win", "stable"), [(2.0, True), (1.0, False), (0.5, False)])
def test_rock_paper_scissors(win, stable):
    """Hofbauer & Sigmund 1998, section 7.7: the middle is an ESS exactly if winning is worth more than losing costs."""
    game = np.array([[0, -1, win], [win, 0, -1], [-1, win, 0]])
    assert solvers.is_ess(game, np.full(3, 1 / 3)) is stable
    assert len(solvers.evolutionarily_stable(game)) == stable


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_stable_strategies_resist_all_mutants(seed):
    """By definition: for mutants y close by, x does better against y than y does against itself."""
    rng = np.random.default_rng(seed)
    game = rng.integers(-3, 4, (3, 3)).astype(float)
    candidates = [*np.eye(3), *(s / 2 for s in (np.eye(3)[[0, 0, 1]] + np.eye(3)[[1, 2, 2]])), np.full(3, 1 / 3)]
    mutants = rng.dirichlet(np.full(3, 0.5), 300)
    for x in [*candidates, *solvers.evolutionarily_stable(game)]:
        near = x + 1e-4 * (mutants - x)
        invaded = ((x - near) * (near @ game.T)).sum(axis=1) <= 1e-16
        if solvers.is_ess(game, x):
            assert not invaded[np.abs(mutants - x).max(axis=1) > 0.05].any()
    for x in solvers.evolutionarily_stable(game):
        assert solvers.is_proper([game, game.T], [x, x], tolerance=1e-7)  # van Damme 1991, theorem 9.3.4


def test_stag_hunt_selection():
    """Harsanyi & Selten 1988: hunting the stag dominates in payoffs, the hare in risk."""
    hunt = np.array([[4, 1], [3, 3]])
    game = [hunt, hunt.T]
    assert solvers.payoff_dominant(game).payoffs.tolist() == [4.0, 4.0]
    assert solvers.risk_dominant(game)[0].tolist() == [0.0, 1.0]
    assert solvers.risk_dominant([np.eye(2), np.eye(2)]) is None
    assert solvers.payoff_dominant("battle_of_the_sexes") is None
    assert solvers.select(game).payoffs.sum() == pytest.approx(8.0)
    mixed = solvers.select(game, "max_entropy")
    assert mixed[0] == pytest.approx([2 / 3, 1 / 3])
    assert solvers.select(game, equilibria=[[[0, 1], [0, 1]]]).payoffs.tolist() == [3.0, 3.0]


def test_prices():
    found = solvers.prices("prisoners_dilemma")
    assert found.anarchy == found.stability > 1.0
    hunt = np.array([[4, 1], [3, 3]])
    nash = solvers.prices([hunt, hunt.T])
    assert nash.stability == 1.0
    assert nash.anarchy == pytest.approx(8 / 6)
    # Two drivers, a road whose cost is its load and one of cost 2 (Pigou): at worst both on the first.
    costs = np.array([[2.0, 1.0], [2.0, 2.0]])
    pigou = solvers.prices([costs, costs.T], costs=True)
    assert (pigou.optimum, pigou.worst, pigou.anarchy, pigou.stability) == (3.0, 4.0, pytest.approx(4 / 3), 1.0)
    for seed in range(5):
        payoffs = np.random.default_rng(seed).random((2, 3, 3))
        prices = [solvers.prices(payoffs, concept) for concept in ("nash", "ce", "cce")]
        for fine, coarse in pairwise(prices):
            assert coarse.anarchy >= fine.anarchy - 1e-8
            assert coarse.stability <= fine.stability + 1e-8
        assert all(p.anarchy >= p.stability >= 1.0 for p in prices)


def test_bad_input():
    three = np.zeros((3, 2, 2, 2))
    for call, message in (
        (lambda: solvers.eliminate("chicken", "strong"), "kind must be"),
        (lambda: solvers.is_perfect(three, [[1, 0]] * 3), "takes games of 2 players, got 3"),
        (lambda: solvers.proper_equilibria(three), "takes games of 2 players, got 3"),
        (lambda: solvers.proper_equilibria(np.zeros((2, 6, 2))), "at most 5 actions"),
        (lambda: solvers.is_perfect("chicken", [[1, -1], [1, 0]]), "2 probabilities"),
        (lambda: solvers.is_perfect("chicken", [[1, 1], [1, 0]]), "player 0's strategy must sum to 1, got 2"),
        (lambda: solvers.is_proper("chicken", [[1, 0]]), "2 strategies"),
        (lambda: solvers.is_ess("battle_of_the_sexes", [1, 0]), "symmetric"),
        (lambda: solvers.is_ess([[1, 2], [3, 4]], [0.7, 0.7]), "sum to 1"),
        (lambda: solvers.is_ess([[1, 2, 3], [3, 4, 5]], [1, 0]), "square"),
        (lambda: solvers.is_ess(three, [1, 0]), "2 players"),
        (lambda: solvers.evolutionarily_stable(np.zeros((16, 16))), "at most 15 actions"),
        (lambda: solvers.select("chicken", "best"), "criterion"),
        (lambda: solvers.select("chicken", equilibria=[]), "one profile"),
        (lambda: solvers.risk_dominant("prisoners_dilemma"), "strict equilibria"),
        (lambda: solvers.risk_dominant("chicken", (0, 5), (1, 0)), "action of each player"),
        (lambda: solvers.risk_dominant(three), "2 players"),
        (lambda: solvers.prices("matching_pennies"), "not negative"),
        (lambda: solvers.prices("prisoners_dilemma", "efe"), "concept"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
