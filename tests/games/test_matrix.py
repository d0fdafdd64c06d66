"""Matrix games and their repetitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.games.matrix import MatrixGame
from ludus.games.registry import make


def test_one_payoff_array_for_each_player():
    game = MatrixGame([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    assert (game.num_players, game.num_actions, game.zero_sum, game.simultaneous) == (2, 2, False, True)
    assert (game.min_utility, game.max_utility) == (0.0, 5.0)
    root = game.root()
    assert root.to_move() == (0, 1)
    for row in range(2):
        for column in range(2):
            end = root.apply((row, column))
            assert end.to_move() == ()
            assert end.returns().tolist() == game.payoffs[:, row, column].tolist()
    assert root.apply((1, 0)).returns().tolist() == [5.0, 0.0]


def test_short_forms():
    pennies = MatrixGame([[1, -1], [-1, 1]])
    np.testing.assert_array_equal(pennies.payoffs, [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]])
    assert pennies.zero_sum
    alone = MatrixGame([4.0, 7.0, 1.0])
    assert (alone.num_players, alone.num_actions, alone.simultaneous) == (1, 3, False)
    assert alone.root().apply(1).returns().tolist() == [7.0]
    tensor = np.arange(2 * 3 * 4.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(MatrixGame(tensor).payoffs, MatrixGame(*tensor).payoffs)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 2**32))
def test_any_number_of_players_and_actions(counts, seed):
    tensor = np.random.default_rng(seed).normal(size=(len(counts), *counts))
    game = MatrixGame(*tensor)
    assert [game.num_actions_of(p) for p in range(len(counts))] == counts
    tree = game.tree()
    assert tree.num_leaves == np.prod(counts)
    assert tree.num_infosets == len(counts)
    np.testing.assert_array_equal(np.sort(tree.leaf_utility, axis=0), np.sort(tensor.reshape(len(counts), -1).T, 0))
    joint = [int(a) for a in np.random.default_rng(seed).integers(counts)]
    end = game.root().apply(joint if len(joint) > 1 else joint[0])
    np.testing.assert_array_equal(end.returns(), tensor[(slice(None), *joint)])


def test_payoffs_are_read_only_and_copied():
    payoffs = np.ones((2, 2))
    game = MatrixGame(payoffs, payoffs)
    payoffs[0, 0] = 9.0
    assert game.payoffs.max() == 1.0
    with pytest.raises(ValueError, match="read-only"):
        game.payoffs[0, 0, 0] = 2.0


@pytest.mark.parametrize(
    ("payoffs", "message"),
    [
        ((), "needs payoffs"),
        (([[1, 2], [3]],), "payoff array 0 is not a rectangular array"),
        ((["a", "b"],), "payoff array 0 is not"),
        (([[1, 2]], [[1], [2]]), "got shapes (1, 2), (2, 1)"),
        (([1, 2], [1, 2]), "must all have the same 2 dimensions"),
        ((np.zeros((3, 2, 2)),), "got shape (3, 2, 2)"),
        ((np.zeros((2, 0, 2)),), "at least one action"),
        (([[0, np.nan]],), "player 0's payoff at (0, 1) is nan"),
        (([[0.0]], [[np.inf]]), "player 1's payoff at (0, 0) is inf"),
    ],
)
def test_bad_payoffs(payoffs, message):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        MatrixGame(*payoffs)
    assert message in str(error.value)


def test_too_few_action_names():
    with pytest.raises(ValueError, match="2 action names are needed, got 1"):
        MatrixGame([[1, 2], [3, 4]], action_names=["only one"])


def test_public_goods_by_its_formula():
    """Payoff: what is kept of the endowment, plus the multiplied mean gift."""
    game = make("public_goods(players=3,levels=3,multiplier=2.0)")
    for joint in np.ndindex(3, 3, 3):
        gifts = np.array(joint) / 2
        np.testing.assert_allclose(game.payoffs[(slice(None), *joint)], 1 - gifts + 2.0 * gifts.sum() / 3)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.floats(0.05, 1.0))
def test_expected_rounds_of_a_repeated_game(rounds, continuation):
    """A constant joint action pays its stage payoff once for each round, and 1 + c + c² + … rounds are expected."""
    tree = make("repeated", stage="chicken", rounds=rounds, continuation=continuation).tree()
    both_chicken = np.ones(tree.num_leaves, bool)
    for player in range(2):
        last = tree.leaf_sequence[:, player]
        while (last != tree.sequence_start[player]).any():
            inner = last != tree.sequence_start[player]
            both_chicken[inner] &= tree.sequence_action[last[inner]] == 1
            last = np.where(inner, tree.infoset_parent[tree.sequence_infoset[last]], last)
    value = tree.leaf_chance[both_chicken] @ tree.leaf_utility[both_chicken]
    np.testing.assert_allclose(value, 3.0 * sum(continuation**k for k in range(rounds)))


def test_past_actions_are_seen_in_a_repeated_game():
    root = make("repeated(stage=stag_hunt,rounds=3)").root()
    one, other = root.apply((0, 1)), root.apply((1, 1))
    for player in range(2):
        assert one.info(player) != other.info(player)
        assert one.observe(player).tolist() != other.observe(player).tolist()
    assert one.returns().tolist() == [0.0, 1.0]
    assert one.apply((0, 0)).returns().tolist() == [2.0, 3.0]
