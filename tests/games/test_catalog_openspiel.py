"""Every catalogue game that OpenSpiel has, walked side by side with OpenSpiel's."""

from __future__ import annotations

import numpy as np
import pyspiel
import pytest

from ludus.games.registry import make

SAME = {
    "kuhn_poker": "kuhn_poker",
    "kuhn_poker(players=3)": "kuhn_poker(players=3)",
    "leduc_poker": "leduc_poker",
    "leduc_poker(suit_isomorphism=true)": "leduc_poker(suit_isomorphism=true)",
    "leduc_poker(players=3)": "leduc_poker(players=3)",
    "leduc_poker(players=3,suit_isomorphism=true)": "leduc_poker(players=3,suit_isomorphism=true)",
    "liars_dice(faces=3)": "liars_dice(dice_sides=3)",
    "liars_dice(faces=3,bidding_rule=reset-quantity)": "liars_dice(dice_sides=3,bidding_rule=reset-quantity)",
    "liars_dice(dice=2,faces=2)": "liars_dice(numdice=2,dice_sides=2)",
    "liars_dice": "liars_dice",
    "tic_tac_toe": "tic_tac_toe",
    "connect_four": "connect_four",
    "connect_four(rows=3,columns=4,k=3)": "connect_four(rows=3,columns=4,x_in_row=3)",
    "connect_four(rows=4,columns=3,k=3)": "connect_four(rows=4,columns=3,x_in_row=3)",
    "goofspiel": "goofspiel(num_cards=4)",
    "goofspiel(cards=13,returns_type=point_difference)": "goofspiel(returns_type=point_difference)",
    "goofspiel(cards=4,imp_info=true,points_order=descending)": (
        "goofspiel(num_cards=4,imp_info=true,points_order=descending)"
    ),
    "goofspiel(cards=3,imp_info=true,points_order=random,returns_type=total_points)": (
        "goofspiel(num_cards=3,imp_info=true,points_order=random,returns_type=total_points)"
    ),
    "goofspiel(players=3,cards=3,imp_info=true,points_order=ascending)": (
        "goofspiel(players=3,num_cards=3,imp_info=true,points_order=ascending)"
    ),
    "goofspiel(players=3,cards=5,turns=3,imp_info=true,returns_type=point_difference)": (
        "goofspiel(players=3,num_cards=5,num_turns=3,imp_info=true,returns_type=point_difference)"
    ),
    "repeated(stage=prisoners_dilemma,rounds=2)": "repeated_game(stage_game=matrix_pd(),num_repetitions=2)",
    "repeated(stage=shapley,rounds=5)": "repeated_game(stage_game=matrix_shapleys_game(),num_repetitions=5)",
    "prisoners_dilemma": "matrix_pd",
    "chicken": "matrix_cd",
    "stag_hunt": "matrix_sh",
    "matching_pennies": "matrix_mp",
    "rock_paper_scissors": "matrix_rps",
    "shapley": "matrix_shapleys_game",
    "battle_of_the_sexes": "matrix_bos",
    "hex(size=5)": "hex(board_size=5)",
    "hex(rows=2,columns=3)": "hex(num_rows=2,num_cols=3)",
    "othello": "othello",
    "go(size=5,komi=0.5,max_length=200)": "go(board_size=5,komi=0.5,max_game_length=200)",
    "go(size=2,komi=0.0,max_length=5)": "go(board_size=2,komi=0.0,max_game_length=5)",
    "dark_hex(rows=3,columns=4,version=abrupt)": "dark_hex(num_rows=3,num_cols=4,gameversion=adh)",
    "dark_hex(size=2,obs_type=reveal-numturns)": "dark_hex(board_size=2,obstype=reveal-numturns)",
    "dark_hex(size=2,version=abrupt,obs_type=reveal-numturns)": (
        "dark_hex(board_size=2,gameversion=adh,obstype=reveal-numturns)"
    ),
    "phantom_tic_tac_toe": "phantom_ttt",
    "phantom_tic_tac_toe(version=abrupt)": "phantom_ttt(gameversion=abrupt)",
    "blotto(coins=5,fields=3)": "blotto(coins=5,fields=3)",
    "blotto(players=3,coins=3,fields=2)": "blotto(players=3,coins=3,fields=2)",
}
"""Our id: OpenSpiel's."""

LARGE = {
    "hex(size=5)",
    "othello",
    "go(size=5,komi=0.5,max_length=200)",
    "dark_hex(rows=3,columns=4,version=abrupt)",
    "phantom_tic_tac_toe",
    "phantom_tic_tac_toe(version=abrupt)",
    "leduc_poker(players=3)",
    "leduc_poker(players=3,suit_isomorphism=true)",
    "liars_dice",
    "tic_tac_toe",
    "connect_four",
    "connect_four(rows=3,columns=4,k=3)",
    "connect_four(rows=4,columns=3,k=3)",
    "goofspiel(cards=13,returns_type=point_difference)",
    "repeated(stage=shapley,rounds=5)",
    "goofspiel(players=3,cards=5,turns=3,imp_info=true,returns_type=point_difference)",
}
"""Those that a Python loop does not walk in a moment."""

FORGETFUL = {"goofspiel"}
"""Where OpenSpiel's information states forget the order of past bids, so that ours are finer."""


def movers(state) -> tuple[int, ...]:
    """Who is to move in an OpenSpiel state, as our `to_move` says it."""
    if state.is_terminal():
        return ()
    if state.is_simultaneous_node():
        return tuple(range(state.num_players()))
    return (state.current_player(),)


@pytest.mark.parametrize("id", SAME)
def test_random_play_is_the_same(id):
    ours, theirs = make(id), pyspiel.load_game(SAME[id])
    assert ours.num_players == theirs.num_players()
    assert ours.num_actions == theirs.num_distinct_actions()
    if "point_difference" not in id:  # there OpenSpiel divides integers and does not count turns
        assert ours.min_utility == pytest.approx(theirs.min_utility())
        assert ours.max_utility == pytest.approx(theirs.max_utility())
    assert ours.simultaneous == (theirs.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS)
    assert ours.has_chance == (theirs.max_chance_outcomes() > 0)
    rng = np.random.default_rng(0)
    for _ in range(60):
        a, b = ours.root(), theirs.new_initial_state()
        while True:
            assert a.to_move() == movers(b)
            np.testing.assert_allclose(a.returns(), b.returns(), atol=1e-12)
            if a.terminal:
                break
            if a.to_move() == (-1,):
                outcomes = a.chance()
                assert [o for o, _ in outcomes] == [o for o, _ in b.chance_outcomes()]
                np.testing.assert_allclose([p for _, p in outcomes], [p for _, p in b.chance_outcomes()], atol=1e-12)
                outcome = int(rng.choice([o for o, _ in outcomes]))
                a = a.apply(outcome)
                b.apply_action(outcome)
                continue
            for p in a.to_move():
                assert list(a.actions(p)) == b.legal_actions(p)
            joint = [int(rng.choice(a.actions(p))) for p in a.to_move()]
            if len(joint) > 1:
                b.apply_actions(joint)
            else:
                b.apply_action(joint[0])
            a = a.apply(joint)


def walk(state, path, serial):
    """Every history of an OpenSpiel game, depth first, simultaneous moves one after the other.

    Yields (path, player, information state) with player None at the end and -1 at chance."""
    who = movers(state)
    if not who:
        yield path, None, tuple(state.returns())
        return
    if len(who) > 1:
        player = len(serial)
        yield path, player, state.information_state_string(player)
        for action in state.legal_actions(player):
            joint = (*serial, action)
            child = state.clone()
            if len(joint) == len(who):
                child.apply_actions(list(joint))
                joint = ()
            yield from walk(child, (*path, action), joint)
        return
    yield path, who[0], state.information_state_string(who[0]) if who[0] >= 0 else None
    for action in state.legal_actions():
        yield from walk(state.child(action), (*path, action), ())


@pytest.mark.parametrize("id", [id for id in SAME if id not in LARGE])
def test_trees_are_the_same(id):
    """The same histories, the same partition into information sets, the same utilities and reach probabilities."""
    tree = make(id).tree()
    names: dict[tuple[int, str], set[int]] = {}
    paths = {}
    stack = [(0, ())]
    while stack:
        v, path = stack.pop()
        paths[path] = v
        first = int(tree.node_first[v])
        stack.extend((w, (*path, int(tree.node_label[w]))) for w in range(first, first + int(tree.node_count[v])))
    count = 0
    for path, player, known in walk(pyspiel.load_game(SAME[id]).new_initial_state(), (), ()):
        v, count = paths[path], count + 1
        if player is None:
            assert tree.node_player[v] == -2
            np.testing.assert_allclose(tree.leaf_utility[tree.node_index[v]], known, atol=1e-12)
            continue
        assert tree.node_player[v] == player
        if player >= 0:
            names.setdefault((player, known), set()).add(int(tree.node_index[v]))
    assert count == tree.num_histories
    if id not in FORGETFUL:
        assert all(len(found) == 1 for found in names.values())
        assert len(names) == tree.num_infosets


@pytest.mark.parametrize(
    ("id", "histories", "infosets"),
    [
        ("kuhn_poker", 58, 12),
        ("leduc_poker", 9_457, 936),
        ("liars_dice", 294_883, 24_576),
        ("goofspiel(cards=6,imp_info=true,points_order=descending)", 969_523, 34_482),
        ("tic_tac_toe", 549_946, 294_778),
    ],
)
def test_published_sizes(id, histories, infosets):
    """Sizes that the literature quotes (histories count terminal and chance nodes)."""
    tree = make(id).tree()
    assert (tree.num_histories, tree.num_infosets) == (histories, infosets)
