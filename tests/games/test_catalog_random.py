"""What random games promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.games.build import compile_tree
from ludus.games.explicit import explicit_setup
from ludus.games.generators import random_tensor, random_tree
from ludus.games.policy import Policy
from ludus.games.registry import make

SHAPES = {
    "seed": st.integers(0, 2**63),
    "players": st.integers(1, 5),
    "depth": st.integers(1, 6),
    "actions": st.integers(2, 4),
    "chance": st.sampled_from([0.0, 0.2, 0.7, 1.0]),
    "merge": st.sampled_from([0.0, 0.5, 1.0]),
    "stop": st.sampled_from([0.0, 0.3]),
}


@settings(max_examples=60, deadline=None)
@given(zero_sum=st.booleans(), **SHAPES)
def test_random_trees(zero_sum, **shape):
    """Building proves perfect recall, equal actions in an information set, and probabilities that sum to one."""
    tree = compile_tree(explicit_setup(random_tree(zero_sum=zero_sum, **shape)))
    assert tree.num_players == shape["players"]
    assert 1 <= tree.depth <= shape["depth"]
    assert (tree.depth == shape["depth"]) or shape["stop"] > 0
    inner = tree.node_count > 0
    assert tree.node_count[inner].min() >= 2
    assert tree.node_count.max() <= shape["actions"]
    if zero_sum:
        assert tree.zero_sum
    members = np.bincount(tree.node_index[tree.node_player >= 0], minlength=tree.num_infosets)
    assert (members >= 1).all()
    if shape["merge"] == 0.0:
        assert (members == 1).all()
    if shape["chance"] in (0.0, 1.0):
        chance_nodes = (tree.node_player == -1).sum()
        assert chance_nodes == (0 if shape["chance"] == 0.0 else inner.sum())
    plan = Policy.uniform(tree).realisation_plan()
    np.testing.assert_allclose(tree.leaf_chance @ plan[tree.leaf_sequence].prod(axis=1), 1.0)


@settings(max_examples=20, deadline=None)
@given(**SHAPES)
def test_the_seed_decides(**shape):
    one, same = random_tree(**shape), random_tree(**shape)
    for a, b in zip(one[:-1], same[:-1]):
        np.testing.assert_array_equal(a, b)
    assert one.names == same.names
    other = random_tree(**{**shape, "seed": shape["seed"] + 1})
    assert (
        one.payoff.shape != other.payoff.shape or not np.array_equal(one.payoff, other.payoff) or shape["players"] == 1
    )


def test_random_games_hide_things():
    tree = make("random_game(depth=6,merge=0.8,stop=0.0,seed=3)").tree()
    assert tree.num_infosets < (tree.node_player >= 0).sum() / 2


@pytest.mark.parametrize("zero_sum", [False, True])
def test_random_tensors(zero_sum):
    tensor = random_tensor(0, players=3, actions=4, zero_sum=zero_sum)
    assert tensor.shape == (3, 4, 4, 4)
    assert np.allclose(tensor.sum(axis=0), 0) == zero_sum
    shapes = {random_tensor(seed, players=2, actions=3, ragged=True).shape for seed in range(100)}
    assert shapes == {(2, a, b) for a in (1, 2, 3) for b in (1, 2, 3)}
