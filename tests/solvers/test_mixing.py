"""Optimal mixtures of partial averages, against the linear program over all pure replies and plain averages."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_cfr import SlowCFR
from scipy.optimize import linprog

import ludus
from ludus import solvers


def pure_replies(tree, player):
    """Every pure plan of a player, float64[N, S] over its own sequences."""
    sets = range(tree.infoset_start[player], tree.infoset_start[player + 1])
    found = set()
    for choice in product(*(range(tree.infoset_count[i]) for i in sets)):
        plan = np.zeros(tree.num_sequences)
        plan[tree.sequence_start[player]] = 1.0
        for i, a in zip(sets, choice):
            plan[tree.infoset_first[i] + a] = plan[tree.infoset_parent[i]]
        found.add(tuple(plan))
    return np.array(sorted(found))


def plan_of(tree, policy):
    plan = np.ones(tree.num_sequences)
    for i in range(tree.num_infosets):  # parents before children
        own = slice(tree.infoset_first[i], tree.infoset_first[i] + tree.infoset_count[i])
        plan[own] = policy.probabilities[own] * plan[tree.infoset_parent[i]]
    return plan


def test_first_ten_iterations_reach_the_linear_programs_optimum():
    """A mixture's value against all 64 pure replies of Kuhn poker, with plans from the slow solver."""
    game = ludus.make("kuhn_poker")
    tree = game.tree()
    leaves = np.zeros((tree.num_sequences,) * 2)
    np.add.at(leaves, tuple(tree.leaf_sequence.T), tree.leaf_chance * tree.leaf_utility[:, 0])
    slow = SlowCFR(game.root(), 2, lambda t: (1, 1, 0, 1, 0, t))
    replies = [pure_replies(tree, p) for p in range(2)]
    plans = []
    for t in range(1, 11):
        snapshot = next(solvers.iterate(tree, "dcfr-mix", base="cfr+", precision=1e-6, every=[t]))
        plans.append(
            plan_of(tree, ludus.Policy.from_dict(game, slow.policy))
        )  # what iteration t plays, before its update
        slow.iterate()
        x = np.array(plans)
        best = 0.0
        for player, sign in ((0, -1.0), (1, 1.0)):
            against = leaves if player == 0 else leaves.T
            rows = sign * replies[1 - player] @ (x @ against).T
            found = linprog(
                np.append(np.zeros(t), 1.0),
                A_ub=np.hstack([rows, -np.ones((len(rows), 1))]),
                b_ub=np.zeros(len(rows)),
                A_eq=np.append(np.ones(t), 0.0)[None],
                b_eq=[1.0],
                bounds=[(0, None)] * t + [(None, None)],
            )
            best += found.fun
        assert best - 1e-9 <= snapshot.nash_conv <= best * (1 + 1e-5) + 1e-7


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), base=st.sampled_from(["cfr", "cfr+", "dcfr", "pcfr+"]), T=st.integers(1, 60))
def test_the_gap_is_never_above_the_bases(seed, base, T):
    tree = ludus.make("random_game", seed=seed, zero_sum=True).tree()
    plain = next(solvers.iterate(tree, base, every=[T]))
    mixed = next(solvers.iterate(tree, "dcfr-mix", base=base, pieces=16, every=[T]))
    assert mixed.nash_conv <= plain.nash_conv + 1e-12 * tree.utility_range


@pytest.mark.parametrize("game", ["leduc_poker", "goofspiel(cards=5,imp_info=True,points_order=descending)"])
def test_ten_times_below_cfr_plus_after_a_thousand_iterations(game):
    tree = ludus.make(game).tree()
    plus, mixed = (next(solvers.iterate(tree, name, every=[1000])).nash_conv for name in ("cfr+", "dcfr-mix"))
    assert 10 * mixed <= plus


def test_every_point_of_a_run_has_the_guarantee():
    """Pieces join at 8, 16, 32, …; points lie inside and at the ends of pieces."""
    points = [0, 1, 13, 14, 64, 77]
    plain_run = solvers.iterate("leduc_poker", "dcfr", every=points)
    mixed_run = solvers.iterate("leduc_poker", "dcfr-mix", pieces=8, every=points)
    for plain, mixed, point in zip(plain_run, mixed_run, points):
        assert (plain.iteration, mixed.iteration) == (point, point)
        assert mixed.nash_conv <= plain.nash_conv * (1 + 1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base": "xfp"}, "base must be one of 'cfr'"),
        ({"pieces": 1}, "pieces must be at least 2, got 1"),
        ({"precision": 0.0}, "precision must lie between 0 and 1"),
    ],
)
def test_bad_options_get_one_clear_error(options, message):
    with pytest.raises(ValueError, match=message):
        solvers.solve("kuhn_poker", "dcfr-mix", iterations=2, **options)


def test_general_sums_are_refused():
    with pytest.raises(ValueError, match="dcfr-mix is for zero-sum games"):
        solvers.solve("shapley", "dcfr-mix")
