"""Expected values, best responses and NashConv against slow versions, OpenSpiel and known values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import slow_cfr

import ludus
from ludus import solvers

SMALL = ["kuhn_poker", "kuhn_poker(players=3)", "shapley", "public_goods"]
SHARED = [
    *("kuhn_poker", "kuhn_poker(players=3)", "leduc_poker", "tiny_hanabi"),
    *("liars_dice(numdice=1,dice_sides=3)", "liars_dice(numdice=2,dice_sides=2)", "kuhn_poker(players=4)"),
    *("first_sealed_auction(max_value=4)", "matrix_shapleys_game", "matrix_rps"),
    *("matrix_pd", "matrix_sh", "matrix_mp", "matrix_bos", "matrix_cd"),
    *("connect_four(rows=3,columns=3,x_in_row=3)", "liars_dice(numdice=1,dice_sides=4,bidding_rule=reset-quantity)"),
    *("goofspiel(num_cards=3,imp_info=True,points_order=descending)", "goofspiel(num_cards=3,imp_info=True,players=3)"),
]
LARGE = ["leduc_poker(players=3,suit_isomorphism=True)", "tic_tac_toe"]


@settings(max_examples=40, deadline=None)
@given(game=st.sampled_from(SMALL), seed=st.integers(0, 2**32 - 1))
def test_equal_to_the_slow_versions(game, seed):
    made = ludus.make(game)
    policy = ludus.Policy.random(made, seed=seed)
    table, root = policy.to_dict(), slow_cfr.Node(made.root())
    assert solvers.expected_values(made, policy) == pytest.approx(
        slow_cfr.expected_values(root, table, made.num_players), abs=1e-12
    )
    for p in range(made.num_players):
        value, response = solvers.best_response(made, policy, p)
        assert value == pytest.approx(slow_cfr.best_response_value(root, table, p), abs=1e-12)
        assert solvers.expected_values(made, response)[p] == pytest.approx(value, abs=1e-12)
    assert solvers.nash_conv(made, policy) == pytest.approx(
        slow_cfr.nash_conv(root, table, made.num_players), abs=1e-11
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), players=st.integers(2, 4))
def test_equal_to_the_slow_versions_on_random_trees(seed, players):
    made = ludus.make("random_game", seed=seed, players=players)
    policy = ludus.Policy.random(made, seed=seed)
    table, root = policy.to_dict(), slow_cfr.Node(made.root())
    assert solvers.nash_conv(made, policy) == pytest.approx(slow_cfr.nash_conv(root, table, players), abs=1e-10)


@pytest.mark.parametrize("game", [*SHARED, *LARGE])
def test_nash_conv_equals_openspiels(game):
    import pyspiel

    made = ludus.make(f"openspiel/{game}")
    theirs = pyspiel.load_game(game)
    if theirs.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS:
        theirs = pyspiel.convert_to_turn_based(theirs)
    uniform = pyspiel.UniformRandomPolicy(theirs)
    assert solvers.nash_conv(made, ludus.Policy.uniform(made)) == pytest.approx(
        pyspiel.nash_conv(theirs, uniform, True), abs=1e-10
    )
    for seed in range(1 if game in LARGE else 2):
        policy = ludus.Policy.random(made, seed=seed)
        table = {key: list(row.items()) for (_, key), row in policy.items()}
        # made turn-based, OpenSpiel puts the mover before a simultaneous game's information state
        table |= {f"Current player: {p}\n{key}": list(row.items()) for (p, key), row in policy.items()}
        expected = pyspiel.nash_conv(theirs, pyspiel.TabularPolicy(table), True)
        assert solvers.nash_conv(made, policy) == pytest.approx(expected, abs=1e-10)


def test_uniform_play_in_kuhn_and_leduc():
    """Known: 11/12 and 4.7472 (Southey et al. 2005; OpenSpiel)."""
    kuhn, leduc = ludus.make("kuhn_poker"), ludus.make("leduc_poker")
    assert solvers.nash_conv(kuhn, ludus.Policy.uniform(kuhn)) == pytest.approx(11 / 12, abs=1e-14)
    assert solvers.nash_conv(leduc, ludus.Policy.uniform(leduc)) == pytest.approx(4.7472222, abs=1e-7)
    assert solvers.exploitability(leduc, ludus.Policy.uniform(leduc)) == pytest.approx(4.7472222 / 2, abs=1e-7)


def test_leaf_reach_sums_to_one_and_gradient_is_a_derivative():
    tree = ludus.make("leduc_poker").tree()
    policy = ludus.Policy.random(tree, seed=4)
    plan = policy.realisation_plan()
    reach = tree.leaf_chance * plan[tree.leaf_sequence].prod(axis=1)
    assert reach.sum() == pytest.approx(1.0, abs=1e-12)
    by_leaves = reach @ tree.leaf_utility
    assert solvers.expected_values(tree, policy) == pytest.approx(by_leaves, abs=1e-12)


def test_an_equilibrium_of_kuhn_has_no_gap():
    """The α = 0 member of the first player's family, and the second player's strategy (Kuhn 1950)."""
    third = 1 / 3
    table = {
        "0": {0: 1, 1: 0}, "1": {0: 1, 1: 0}, "2": {0: 1, 1: 0},
        "0pb": {0: 1, 1: 0}, "1pb": {0: 2 * third, 1: third}, "2pb": {0: 0, 1: 1},
        "0p": {0: 2 * third, 1: third}, "1p": {0: 1, 1: 0}, "2p": {0: 0, 1: 1},
        "0b": {0: 1, 1: 0}, "1b": {0: 2 * third, 1: third}, "2b": {0: 0, 1: 1},
    }  # fmt: skip
    game = ludus.make("kuhn_poker")
    policy = ludus.Policy.from_dict(game, table)
    assert solvers.nash_conv(game, policy) == pytest.approx(0, abs=1e-14)
    assert solvers.expected_values(game, policy) == pytest.approx([-1 / 18, 1 / 18], abs=1e-14)


def test_a_policy_of_another_game_is_refused():
    with pytest.raises(ValueError, match="made for another game: leduc_poker"):
        solvers.nash_conv(ludus.make("kuhn_poker"), ludus.Policy.uniform(ludus.make("leduc_poker")))


def test_best_response_needs_a_player_of_the_game():
    game = ludus.make("kuhn_poker")
    with pytest.raises(ValueError, match="player must be from 0 to 1, got 2"):
        solvers.best_response(game, ludus.Policy.uniform(game), 2)


def test_compiled_strips_equal_their_plain_form():
    from numba import njit

    from ludus.solvers.tree._simd import add_strip

    @njit
    def compiled(values, plan, count, out):
        add_strip(values, 8, plan, 2, count, out, 3)

    rng = np.random.default_rng(0)
    for count in range(7):
        values, plan = rng.normal(size=80), rng.normal(size=12)
        one, two = np.ones(16), np.ones(16)
        compiled(values, plan, count, one)
        add_strip(values, 8, plan, 2, count, two, 3)
        assert one == pytest.approx(two, abs=1e-14)
