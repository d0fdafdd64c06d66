"""Correlated equilibria of payoff tensors: optima, vertices, entropy, learners; the literature's examples."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_matrix import correlated_constraints, correlated_optimum
from scipy.optimize import minimize

import ludus
from ludus import solvers
from ludus.solvers.matrix.correlated_learning import REGRETS, regret_bound, regret_of, respond
from ludus.solvers.matrix.incentives import gains_of

CHICKEN = [[[6, 2], [7, 0]], [[6, 7], [2, 0]]]
SHAPES = [(2, 2), (2, 3), (3, 3), (1, 4), (2, 2, 2), (2, 1, 3)]


def random_payoffs(seed):
    rng = np.random.default_rng(seed)
    shape = SHAPES[rng.integers(len(SHAPES))]
    return rng.integers(0, rng.choice([2, 4, 10]), (len(shape), *shape)).astype(float)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), concept=st.sampled_from(["ce", "cce"]))
def test_linear_objectives_against_the_definition(seed, concept):
    payoffs = random_payoffs(seed)
    rng = np.random.default_rng(seed)
    worth = rng.normal(size=payoffs.shape[1:])
    for objective, table in (("welfare", payoffs.sum(axis=0)), (worth, worth)):
        found = solvers.correlated(payoffs, concept, objective)
        assert found.objective == pytest.approx(correlated_optimum(payoffs, table, concept == "cce"), abs=1e-8)
        assert 0.0 <= found.bound - found.objective <= 1e-8  # strong duality
        assert found.gap <= 1e-9
        assert (correlated_constraints(payoffs, concept == "cce") @ found.joint.ravel()).min() >= -1e-9
    fair = solvers.correlated(payoffs, concept, "maximin")
    assert fair.values.min() == pytest.approx(fair.bound, abs=1e-8)
    assert fair.objective >= solvers.correlated(payoffs, concept).values.min() - 1e-9


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), concept=st.sampled_from(["ce", "cce"]))
def test_largest_entropy_is_between_its_bounds_and_above_other_equilibria(seed, concept):
    payoffs = random_payoffs(seed)
    found = solvers.correlated(payoffs, concept, "max_entropy")
    assert found.gap <= 1e-7
    assert 0.0 <= found.bound - found.objective <= 1e-8
    for weights in np.eye(len(payoffs)):
        x = solvers.correlated(payoffs, concept, weights).joint
        assert found.objective >= -(x[x > 0] * np.log(x[x > 0])).sum() - 1e-8


def test_largest_entropy_against_a_general_solver():
    payoffs = np.array(CHICKEN, float)
    rows = correlated_constraints(payoffs, False)
    found = minimize(
        lambda x: (x * np.log(np.maximum(x, 1e-300))).sum(),
        np.full(4, 0.25),
        method="SLSQP",
        bounds=[(0, 1)] * 4,
        constraints=[
            {"type": "eq", "fun": lambda x: x.sum() - 1},
            {"type": "ineq", "fun": lambda x: rows @ x},
        ],
        options={"ftol": 1e-14},
    )
    assert solvers.correlated(payoffs, "ce", "max_entropy").joint.ravel() == pytest.approx(found.x, abs=1e-6)
    # Uniform play where every profile is as good: the largest entropy there is.
    assert solvers.correlated(np.zeros((2, 3, 4)), "ce", "max_entropy").objective == pytest.approx(np.log(12))


def test_chicken():
    """Aumann (1974): (6,6)/(2,7)/(7,2)/(0,0). The traffic light pays 5 each, the optimum 5.25; five vertices (Nau,
    Gomez Canovas & Hansen 2004 show that Nash equilibria lie on the boundary: three of the five are)."""
    light = np.array([[1, 1], [1, 0]]) / 3
    assert solvers.incentive_gap(CHICKEN, light, "ce") == 0.0
    assert solvers.correlated(CHICKEN, "ce").joint == pytest.approx(np.array([[0.5, 0.25], [0.25, 0.0]]))
    vertices = solvers.correlated_vertices(CHICKEN, exact=True)
    known = [
        [0, 0, 1, 0],
        [0, Fraction(2, 5), Fraction(2, 5), Fraction(1, 5)],
        [0, 1, 0, 0],
        [Fraction(4, 9), Fraction(2, 9), Fraction(2, 9), Fraction(1, 9)],
        [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4), 0],
    ]
    assert vertices.reshape(-1, 4).tolist() == known


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), concept=st.sampled_from(["ce", "cce"]))
def test_vertices_are_equilibria_and_reach_every_linear_optimum(seed, concept):
    payoffs = random_payoffs(seed)
    if payoffs[0].size > 8:
        payoffs = payoffs[:, :2, :2]
    vertices = solvers.correlated_vertices(payoffs, concept)
    assert vertices.reshape(len(vertices), -1).sum(axis=1) == pytest.approx(1.0)
    rows = correlated_constraints(payoffs, concept == "cce")
    rank = rows.shape[1]
    for x in vertices.reshape(len(vertices), -1):
        assert (rows @ x).min() >= -1e-9
        tight = np.vstack([rows[np.abs(rows @ x) <= 1e-9], np.eye(rank)[x <= 1e-12], np.ones((1, rank))])
        assert np.linalg.matrix_rank(tight) == rank  # an extreme point, not just an equilibrium
    for worth in np.random.default_rng(seed).normal(size=(3, *payoffs.shape[1:])):
        best = max((worth * x).sum() for x in vertices)
        assert solvers.correlated(payoffs, concept, worth).objective == pytest.approx(best, abs=1e-8)


def test_no_nash_equilibrium_is_better():
    for seed in range(25):
        payoffs = np.random.default_rng(seed).normal(size=(2, 3, 3))
        equilibria = solvers.nash(payoffs, "vertex_enumeration")
        for concept in ("ce", "cce"):
            welfare = solvers.correlated(payoffs, concept)
            fair = solvers.correlated(payoffs, concept, "maximin")
            spread = solvers.correlated(payoffs, concept, "max_entropy")
            for e in equilibria:
                assert welfare.objective >= e.payoffs.sum() - 1e-8
                assert fair.objective >= e.payoffs.min() - 1e-8
                joint = np.outer(*e)
                assert spread.objective >= -(joint[joint > 0] * np.log(joint[joint > 0])).sum() - 1e-7


def test_values_of_zero_sum_games_and_coarse_above_fine():
    for seed in range(10):
        payoffs = np.random.default_rng(seed).normal(size=(4, 5))
        value = solvers.nash(payoffs, "lp")[0].payoffs[0]
        for concept in ("ce", "cce"):
            assert solvers.correlated(payoffs, concept, [1, 0]).objective == pytest.approx(value, abs=1e-8)
        general = np.random.default_rng(seed).normal(size=(3, 2, 3, 2))
        fine, coarse = (solvers.correlated(general, concept).objective for concept in ("ce", "cce"))
        assert coarse >= fine - 1e-9


@pytest.mark.parametrize("size", [1e-12, 1e12])
def test_the_unit_of_payoffs_does_not_matter(size):
    payoffs = np.random.default_rng(0).normal(size=(3, 3, 2, 3))
    for objective in ("welfare", "maximin"):
        plain, sized = (solvers.correlated(g, "ce", objective) for g in (payoffs, payoffs * size + 0.0))
        assert sized.objective / size == pytest.approx(plain.objective, rel=1e-9)
    plain, sized = (solvers.correlated(g, "ce", "max_entropy") for g in (payoffs, payoffs * size))
    assert sized.joint == pytest.approx(plain.joint, abs=1e-6)


def test_slack_brings_more():
    """In the prisoner's dilemma cooperation is an equilibrium of slack 2, the gain of defecting."""
    game = [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]
    assert solvers.correlated(game, "ce").objective == pytest.approx(2.0)
    found = solvers.correlated(game, "ce", epsilon=2.0)
    assert found.objective == pytest.approx(6.0)
    assert found.gap == pytest.approx(2.0)
    half = solvers.correlated(game, "cce", epsilon=1.0)
    assert 2.0 < half.objective < 6.0
    assert half.gap <= 1.0 + 1e-9


def test_forms_of_games():
    with pytest.raises(ValueError, match="two players"):
        solvers.correlated("kuhn_poker(players=3)", "efce")
    three = ludus.make("public_goods")
    found = solvers.correlated(three, "ce")
    assert solvers.correlated(three.tree(), "ce").objective == pytest.approx(found.objective)
    assert np.asarray(found).sum() == pytest.approx(1.0)
    assert [m.sum() for m in found.marginals()] == pytest.approx([1.0] * len(found.values))
    drawn = found.sample(100, seed=1)
    assert (found.joint[tuple(drawn.T)] > 0.0).all()


def test_bad_input():
    for arguments, message in (
        (("chicken", "cee"), "concept must be one of"),
        (("chicken", "ce", "welfair"), "objective must be 'welfare', 'max_entropy', 'maximin', 2 weights"),
        (("chicken", "ce", [1, 2, 3]), "2 weights or an array of shape"),
        (("chicken", "ce", [1, np.nan]), "finite"),
        (([[[1, 2], [3]], [[1, 2], [3, 4]]], "ce"), "rectangular"),
        (([[[1, np.nan], [3, 1]], [[1, 2], [3, 4]]], "ce"), "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            solvers.correlated(*arguments)
    with pytest.raises(ValueError, match="epsilon"):
        solvers.correlated("chicken", "ce", epsilon=-1.0)
    with pytest.raises(TypeError, match="takes the options"):
        solvers.correlated("chicken", "ce", columns=3)
    with pytest.raises(ValueError, match="sum to 1"):
        solvers.incentive_gap("chicken", [[1, 1], [0, 0]], "ce")
    with pytest.raises(ValueError, match="shape of the actions"):
        solvers.incentive_gap("chicken", [1, 0], "ce")
    with pytest.raises(ArithmeticError, match="rays"):
        solvers.correlated_vertices(np.random.default_rng(0).normal(size=(2, 3, 3)), "cce", limit=4)
    with pytest.raises(ValueError, match="regret must be one of"):
        solvers.learn_correlated("chicken", "none")
    with pytest.raises(ValueError, match="rounds"):
        solvers.learn_correlated("chicken", "swap", 0)
    with pytest.raises(ValueError, match="span"):
        respond([[2.0, 0.0]])


def sequences(rounds, actions, seed):
    """Payoffs in [0, 1] that make learners suffer: random, in turn, slow waves, and an adversary of Hedge's kind."""
    rng, t = np.random.default_rng(seed), np.arange(rounds)[:, None]
    yield rng.random((rounds, actions))
    yield (t % actions == np.arange(actions)).astype(float)
    yield np.sign(np.sin(t * np.arange(1, actions + 1) / 50)) / 2 + 0.5
    yield (rng.random((rounds, actions)) < 0.5).astype(float)


@pytest.mark.parametrize("regret", REGRETS)
@pytest.mark.parametrize(("rounds", "actions"), [(1, 3), (50, 2), (2000, 5), (300, 1)])
def test_regret_is_below_the_proven_bound_on_any_sequence(regret, rounds, actions):
    for worths in sequences(rounds, actions, seed=rounds):
        played = respond(worths, regret)
        assert played.sum(axis=1) == pytest.approx(1.0)
        assert (played >= 0.0).all()
        assert regret_of(worths, played, regret) <= regret_bound(regret, rounds, actions) + 1e-9


@pytest.mark.parametrize("regret", REGRETS)
def test_regret_is_below_the_bound_against_an_adversary_that_sees_the_strategy(regret):
    """Each round the likeliest action pays 0 and the others 1: replayed in prefixes, as the learner sees no future."""
    actions, rounds = 3, 120
    worths = np.zeros((rounds, actions))
    for t in range(rounds):
        likeliest = respond(worths, regret)[t].argmax()
        worths[t] = 1.0
        worths[t, likeliest] = 0.0
    assert regret_of(worths, respond(worths, regret), regret) <= regret_bound(regret, rounds, actions) + 1e-9


@pytest.mark.parametrize("regret", REGRETS)
def test_learners_play_reaches_the_equilibria(regret):
    for seed, shape in ((0, (3, 3)), (1, (2, 3, 2))):
        payoffs = np.random.default_rng(seed).normal(size=(len(shape), *shape))
        *_, last = solvers.learning_play(payoffs, regret, 20_000, every=5000)
        assert last.rounds == 20_000
        assert (last.regrets <= last.bounds).all()
        concept = "cce" if regret == "external" else "ce"
        gains = gains_of(payoffs, last.joint, concept)
        assert (gains <= last.bounds * (max(shape) if regret == "internal" else 1) + 1e-9).all()
        assert solvers.correlated(payoffs, concept, epsilon=float(gains.max())).objective >= last.values.sum() - 1e-8


def test_learners_reach_the_value_of_asymmetric_zero_sum_games():
    for seed in range(4):
        payoffs = np.random.default_rng(seed).normal(size=(3, 5)) + 1.0
        value = solvers.nash(payoffs, "lp")[0].payoffs[0]
        for regret in ("external", "swap"):
            play = solvers.learn_correlated(payoffs, regret, 20_000)
            assert abs(play.values[0] - value) <= play.bounds.max()


def test_a_constant_added_to_all_payoffs_changes_nothing():
    for seed in (26, 32, 47):
        payoffs = np.random.default_rng(seed).integers(0, 5, (2, 3, 3)).astype(float)
        moved = payoffs + 1e9
        assert solvers.correlated(moved, "ce", "maximin").gap <= 1e-9
        assert [e.exact for e in solvers.proper_equilibria(moved)] == [
            e.exact for e in solvers.proper_equilibria(payoffs)
        ]
        assert all(solvers.is_perfect(moved, e) for e in solvers.proper_equilibria(moved))
        assert solvers.stackelberg(moved, kind="weak").attained == solvers.stackelberg(payoffs, kind="weak").attained


def test_one_player_and_one_action():
    alone = ludus.MatrixGame([1.0, 3.0, 2.0])
    for concept in ("ce", "cce"):
        assert solvers.correlated(alone, concept).joint.tolist() == [0.0, 1.0, 0.0]
        assert solvers.correlated_vertices(alone, concept).tolist() == [[0.0, 1.0, 0.0]]
    assert solvers.learn_correlated(alone, "swap", 2000).values[0] >= 2.9
    assert solvers.level_k(alone, 1)[0].tolist() == [0.0, 1.0, 0.0]
    assert solvers.eliminate(alone).remaining == ((1,),)
    assert solvers.prices(alone).anarchy == 1.0
    single = ludus.MatrixGame([[4.0]], [[2.0]])
    assert solvers.correlated(single, "ce", "max_entropy").values.tolist() == [4.0, 2.0]
    assert solvers.stackelberg(single, kind="weak").value == 4.0
    assert len(solvers.proper_equilibria(single)) == 1
