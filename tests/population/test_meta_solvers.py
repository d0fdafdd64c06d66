"""Meta-strategy solvers against theory, other packages and slow references."""

from __future__ import annotations

import nashpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_spiel.python.algorithms import projected_replicator_dynamics
from scipy.optimize import minimize

from ludus.population.meta_solvers import (
    META_SOLVERS,
    deviation_values,
    marginals,
    meta_strategy,
    product,
    projected_replicator,
    regret,
)

RPS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
CHICKEN = np.array([[[0.0, 7.0], [2.0, 6.0]], [[0.0, 2.0], [7.0, 6.0]]])


@st.composite
def tensors(draw, players=(2, 3), zero_sum=False):
    """Small payoff tensors, some with ties."""
    sizes = [draw(st.integers(1, 4)) for _ in range(draw(st.sampled_from(players)))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (len(sizes), *sizes)
    payoffs = rng.integers(-3, 4, shape).astype(float) if draw(st.booleans()) else rng.normal(size=shape)
    if zero_sum:
        payoffs[1] = -payoffs[0]
    return payoffs


def incentives(payoffs, joint, concept):
    """What deviators gain, by definition: each player's best function of its recommendation, or best constant."""
    gains = []
    for p, table in enumerate(payoffs):
        own, seen = (np.moveaxis(a, p, 0).reshape(a.shape[p], -1) for a in (table, joint))
        if concept == "ce":
            gains.append(sum(max(own @ row) - own[i] @ row for i, row in enumerate(seen)))
        else:
            gains.append(max(own @ seen.sum(axis=0)) - (own * seen).sum())
    return max(gains)


@pytest.mark.parametrize("name", [name for name in META_SOLVERS if name != "last"])
def test_rock_paper_scissors_is_mixed_evenly(name):
    for part in marginals(meta_strategy(RPS, name)):
        np.testing.assert_allclose(part, 1 / 3, atol=1e-6)


def test_self_play_meets_the_newest():
    assert meta_strategy(RPS, "last")[2, 2] == 1.0


@settings(max_examples=25, deadline=None)
@given(tensors(players=(2,), zero_sum=True))
def test_zero_sum_nash_has_the_value_of_the_game(payoffs):
    joint = meta_strategy(payoffs, "nash")
    assert regret(payoffs, joint) < 1e-8
    np.testing.assert_allclose(joint, product(marginals(joint)), atol=1e-12)
    if min(payoffs.shape[1:]) > 1:
        x, y = nashpy.Game(*payoffs).linear_program()
        assert (payoffs[0] * joint).sum() == pytest.approx(x @ payoffs[0] @ y, abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(tensors(players=(2,)))
def test_bimatrix_nash_leaves_no_regret_and_has_the_greatest_welfare(payoffs):
    joint = meta_strategy(payoffs, "nash")
    assert regret(payoffs, joint) < 1e-6
    found = (payoffs * joint).sum()
    for x, y in nashpy.Game(*payoffs).vertex_enumeration() if min(payoffs.shape[1:]) > 1 else ():
        if np.isfinite(x).all() and np.isfinite(y).all():
            assert found >= (x @ payoffs.sum(axis=0) @ y) - 1e-5


@settings(max_examples=15, deadline=None)
@given(tensors(players=(3,)))
def test_nash_of_three_players_leaves_little_regret(payoffs):
    joint = meta_strategy(payoffs, "nash")
    assert regret(payoffs, joint) <= 1e-5 * max(1.0, float(np.ptp(payoffs)))


def test_replicator_dynamics_are_openspiels():
    rng = np.random.default_rng(0)
    for shape in ((2, 3, 4), (3, 2, 3, 2)):
        payoffs = rng.normal(size=shape)
        theirs = projected_replicator_dynamics.projected_replicator_dynamics(
            list(payoffs), prd_iterations=300, prd_dt=0.1, prd_gamma=0.01
        )
        ours = marginals(projected_replicator(payoffs, iterations=300, step=0.1, floor=0.01))
        for a, b in zip(ours, theirs):
            np.testing.assert_allclose((300 * a + 1 / len(a)) / 301, b, atol=1e-9)  # they average the start as well


@settings(max_examples=15, deadline=None)
@given(tensors(), st.sampled_from(["mgce", "mgcce", "mwce", "mwcce", "mece", "mecce"]))
def test_correlated_solvers_keep_their_incentives(payoffs, name):
    joint = meta_strategy(payoffs, name)
    assert incentives(payoffs, joint, name[2:]) <= 2e-5 * max(1.0, float(np.ptp(payoffs)))
    if name[1] == "g":
        for other in ("mw", "me"):
            assert (joint**2).sum() <= (meta_strategy(payoffs, other + name[2:]) ** 2).sum() + 1e-5


def test_greatest_gini_impurity_against_a_general_solver():
    payoffs = np.random.default_rng(3).normal(size=(2, 3, 3))

    def gains(x):
        joint = x.reshape(3, 3)
        return np.concatenate(
            [
                [-(t[b] - t[a]) @ j[a] for a in range(3) for b in range(3) if a != b]
                for t, j in ((payoffs[0], joint), (payoffs[1].T, joint.T))
            ]
        )

    found = minimize(
        lambda x: x @ x,
        np.full(9, 1 / 9),
        jac=lambda x: 2 * x,
        bounds=[(0, 1)] * 9,
        constraints=[{"type": "ineq", "fun": gains}, {"type": "eq", "fun": lambda x: x.sum() - 1}],
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    np.testing.assert_allclose(meta_strategy(payoffs, "mgce").ravel(), found.x, atol=1e-5)


def test_welfare_in_the_game_of_chicken():
    # The best correlated equilibrium pays 5.25 to each (Aumann's mediator with weights 1/4, 1/4, 1/2).
    assert (CHICKEN * meta_strategy(CHICKEN, "mwce")).sum() == pytest.approx(10.5)
    np.testing.assert_allclose(meta_strategy(CHICKEN, "mwce"), [[0, 0.25], [0.25, 0.5]], atol=1e-9)


def test_alpha_rank_prefers_what_dominates():
    dominant = np.array([[0.0, -1.0], [1.0, 0.0]])
    assert marginals(meta_strategy(dominant, "alpha_rank"))[0][1] > 0.99


def test_deviation_values_are_expected_payoffs():
    payoffs = np.random.default_rng(1).normal(size=(3, 2, 3, 4))
    x, y, z = (np.random.default_rng(2).dirichlet(np.ones(n)) for n in (2, 3, 4))
    found = deviation_values(payoffs, product([x, y, z]))
    np.testing.assert_allclose(found[1], np.einsum("abc,a,c->b", payoffs[1], x, z))


def test_a_function_may_give_a_joint_distribution_or_one_for_each_player():
    def first(payoffs):
        return [np.eye(n)[0] for n in payoffs.shape[1:]]

    assert meta_strategy(RPS, first)[0, 0] == 1.0
    assert meta_strategy(RPS, lambda payoffs: product(first(payoffs)))[0, 0] == 1.0


@pytest.mark.parametrize(
    ("payoffs", "solver", "message"),
    [
        (RPS, "nahs", "did you mean 'nash'"),
        (RPS, 3, "name or a function"),
        (RPS, lambda payoffs: np.ones(3), "distribution of shape"),
        (RPS * np.nan, "nash", "finite"),
        (CHICKEN, "max_entropy", "zero-sum"),
        (np.ones((2, 0, 3)), "nash", "at least one action"),
    ],
)
def test_bad_input_is_one_clear_error(payoffs, solver, message):
    with pytest.raises((ValueError, TypeError), match=message):
        meta_strategy(payoffs, solver)
