"""Stackelberg commitments and security games."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_matrix import commitment_by_grid, harsanyi

from ludus import solvers

GAME = [[[2, 4], [1, 3]], [[1, 0], [0, 1]]]


def test_example_of_conitzer_and_sandholm():
    """2006: the dominated row is worth committing to: Nash gives (2, 1), a pure commitment (3, 1), a mixed one 3.5."""
    assert [e.payoffs.tolist() for e in solvers.nash(GAME, "pure")] == [[2.0, 1.0]]
    found = solvers.stackelberg(GAME, leader=0)
    assert found.strategy == pytest.approx([0.5, 0.5])
    assert (found.value, found.follower_value, found.response) == (pytest.approx(3.5), pytest.approx(0.5), (1,))
    weak = solvers.stackelberg(GAME, kind="weak")
    assert weak.value == pytest.approx(3.5)  # generic: the same, but only approached
    assert not weak.attained
    near = 0.999 * weak.strategy + 0.001 * weak.towards
    assert (near @ np.array(GAME[1])).argmax() == 1
    assert near @ np.array(GAME[0])[:, 1] >= 3.5 - 0.01


def test_weak_commitment_where_ties_cannot_be_broken():
    """von Stengel & Zamir 2010: against a follower whose two responses pay it the same everywhere, the weak leader gets
    the worse of them, a maximin; the strong leader the better."""
    leader, same = np.array([[3.0, 0.0], [0.0, 3.0], [1.0, 1.0]]), np.zeros((3, 2))
    assert solvers.stackelberg([leader, same]).value == pytest.approx(3.0)
    weak = solvers.stackelberg([leader, same], kind="weak")
    assert weak.value == pytest.approx(1.5)
    assert weak.strategy == pytest.approx([0.5, 0.5, 0.0])
    assert weak.attained
    # A response that is best only in ties with another is never what a weak leader gets.
    leader, follower = np.array([[0.0, 5.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [1.0, 0.0]])
    assert solvers.stackelberg([leader, follower]).value == pytest.approx(5.0)
    assert solvers.stackelberg([leader, follower], kind="weak").value == pytest.approx(0.0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 4))
def test_optimal_on_a_grid_and_between_nash_and_correlated(seed, columns):
    payoffs = np.random.default_rng(seed).integers(-5, 6, (2, 2, columns)).astype(float)
    found = solvers.stackelberg(payoffs)
    assert found.value >= commitment_by_grid(*payoffs, 61) - 1e-9  # von Stengel & Zamir: leadership never hurts
    replies = found.strategy @ payoffs[1]
    assert replies[found.response[0]] >= replies.max() - 1e-9
    assert found.value == pytest.approx(found.strategy @ payoffs[0][:, found.response[0]])
    weak = solvers.stackelberg(payoffs, kind="weak")
    assert weak.value <= found.value + 1e-9
    # von Stengel & Zamir 2010, theorem 11: at least the leader's least Nash payoff, and even its least correlated one.
    assert weak.value >= -solvers.correlated(payoffs, "ce", [-1.0, 0.0]).objective - 1e-8
    assert found.value >= solvers.correlated(payoffs, "ce", [1.0, 0.0]).objective - 1e-8
    swapped = solvers.stackelberg([payoffs[1].T, payoffs[0].T], leader=1)
    assert swapped.value == pytest.approx(found.value)


def test_zero_sum_commitment_is_maximin():
    payoffs = np.random.default_rng(0).normal(size=(4, 5))
    value = solvers.nash(payoffs, "lp")[0].payoffs[0]
    for kind in ("strong", "weak"):
        assert solvers.stackelberg(payoffs, kind=kind).value == pytest.approx(value, abs=1e-9)


def test_bayesian_commitment_against_the_harsanyi_transform():
    for seed in range(6):
        rng = np.random.default_rng(seed)
        types, rows, columns = rng.integers(1, 4), rng.integers(1, 4), rng.integers(1, 4)
        leader, follower = rng.normal(size=(2, types, rows, columns)) * 10.0 ** rng.integers(-3, 4)
        prior = rng.dirichlet(np.ones(types))
        found = solvers.bayesian_stackelberg(leader, follower, prior)
        whole = solvers.stackelberg(harsanyi(leader, follower, prior))
        assert found.value == pytest.approx(whole.value, rel=1e-6, abs=1e-9 * np.abs(leader).max())
        for u, j in zip(follower, found.response):
            assert (found.strategy @ u)[j] >= (found.strategy @ u).max() - 1e-8 * np.ptp(u)


@pytest.mark.parametrize("seed", range(6))
def test_security_game_against_its_matrix_form(seed):
    rng = np.random.default_rng(seed)
    targets, resources = int(rng.integers(2, 6)), int(rng.integers(1, 3))
    bad, good = rng.uniform(-10, -1, (2, targets)), rng.uniform(0, 5, (2, targets))
    payoffs = (good[0], bad[0], bad[1], good[1])
    patrols = list(combinations(range(targets), min(resources, targets)))
    guarded = np.array([[t in patrol for t in range(targets)] for patrol in patrols])
    matrix = [np.where(guarded, payoffs[0], payoffs[1]), np.where(guarded, payoffs[2], payoffs[3])]
    whole = solvers.stackelberg(matrix)
    for found in (
        solvers.security_game(*payoffs, resources),
        solvers.security_game(*payoffs, resources, schedules=np.eye(targets)),
    ):
        assert found.defender_value == pytest.approx(whole.value, abs=1e-8)
        assert found.coverage.sum() <= resources + 1e-9
        assert found.weights.sum() == pytest.approx(1.0)
        reached = found.coverage * payoffs[2] + (1 - found.coverage) * payoffs[3]
        assert reached[found.target] == pytest.approx(reached.max(), abs=1e-8)
    marginal = solvers.security_game(*payoffs, resources)
    assert marginal.weights @ marginal.patrols == pytest.approx(marginal.coverage, abs=1e-9)
    assert marginal.patrols.sum(axis=1).max() <= resources


def test_security_game_by_hand():
    """Two equal targets, one guard, an attacker who gains 1 unguarded and 0 guarded: half each. A target that is worth
    three times as much to the attacker is guarded so that both are worth the same: 1 - c = 3 c."""
    even = solvers.security_game([0, 0], [-1, -1], [0, 0], [1, 1])
    assert even.coverage == pytest.approx([0.5, 0.5])
    assert even.defender_value == pytest.approx(-0.5)
    uneven = solvers.security_game([0, 0], [-1, -3], [0, 0], [1, 3])
    assert uneven.attacker_value == pytest.approx(0.75)
    assert uneven.coverage == pytest.approx([0.25, 0.75])
    pairs = solvers.security_game([0] * 3, [-1] * 3, [0] * 3, [1] * 3, schedules=[[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    assert pairs.coverage == pytest.approx([2 / 3] * 3)


def test_bad_input():
    three = np.zeros((3, 2, 2, 2))
    for call, message in (
        (lambda: solvers.stackelberg(three), "takes games of 2 players, got 3: for more players"),
        (lambda: solvers.stackelberg("chicken", leader=2), "leader must be 0 or 1"),
        (lambda: solvers.stackelberg("chicken", kind="strongest"), "kind must be"),
        (lambda: solvers.stackelberg([[[1, np.inf]], [[1, 2]]]), "finite"),
        (lambda: solvers.bayesian_stackelberg(np.zeros((2, 1, 1)), np.zeros((2, 1, 1)), [0.5, 0.6]), "sum to 1"),
        (lambda: solvers.bayesian_stackelberg(np.zeros((2, 1, 1)), np.zeros((2, 1, 1)), [1.5, -0.5]), "probabilities"),
        (lambda: solvers.bayesian_stackelberg(np.zeros((2, 1, 2)), np.zeros((2, 1, 1)), [0.5, 0.5]), "shape"),
        (lambda: solvers.security_game([0], [-1], [0], [1, 2]), "attacker_uncovered"),
        (lambda: solvers.security_game([-2], [-1], [0], [1]), "must not hurt"),
        (lambda: solvers.security_game([0], [-1], [0], [1], 0), "resources"),
        (lambda: solvers.security_game([0], [-1], [0], [1], schedules=[[1, 0]]), "schedules"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
