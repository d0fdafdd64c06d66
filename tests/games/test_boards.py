"""Board games: walks beside OpenSpiel where numbering or knowledge differ, a slow reference, and the rules' corners."""

from __future__ import annotations

import numpy as np
import pyspiel
import pytest
from reference.slow_hidden import SlowPhantom

import ludus
from ludus.games.build import walk_tree

LARGE_BOARDS = ("connect_four", "hex", "othello", "go", "backgammon", "dark_hex", "phantom_tic_tac_toe")


def played(id, actions):
    state = ludus.make(id).root()
    for action in actions:
        state = state.apply(action)
    return state


@pytest.mark.parametrize(
    ("id", "peer", "games"),
    [
        ("go", "go(board_size=9)", 6),
        ("hex", "hex", 6),
        ("go(size=2,komi=0.5,max_length=60)", "go(board_size=2,komi=0.5,max_game_length=60)", 40),
    ],
)
def test_whole_games_are_openspiels(id, peer, games):
    rng, theirs, draws = np.random.default_rng(0), pyspiel.load_game(peer), 0
    for _ in range(games):
        a, b = ludus.make(id).root(), theirs.new_initial_state()
        while not b.is_terminal():
            assert a.to_move() == (b.current_player(),)
            assert list(a.actions(b.current_player())) == b.legal_actions()
            action = int(rng.choice(b.legal_actions()))
            a, _ = a.apply(action), b.apply_action(action)
        assert a.terminal
        np.testing.assert_array_equal(a.returns(), b.returns())
        draws += a.returns()[0] == 0.0
    assert (draws > 0) == ("size=2" in id)  # by superko, since half points decide otherwise


@pytest.mark.parametrize("options", ["", "scoring_type=full_scoring,max_player_turns=60"])
def test_backgammon_is_openspiels(options):
    """OpenSpiel may list both orders of a move, under numbers of their own: one of them is legal here."""
    rng = np.random.default_rng(1)
    ours, theirs = ludus.make(f"backgammon({options})"), pyspiel.load_game(f"backgammon({options})")
    stakes = set()
    for _ in range(12):
        a, b = ours.root(), theirs.new_initial_state()
        while not b.is_terminal():
            (player,) = a.to_move()
            assert player == b.current_player()
            if player < 0:
                assert a.chance() == b.chance_outcomes()
                action = int(rng.choice([outcome for outcome, _ in a.chance()]))
            else:
                effect = {move: b.action_to_string(player, move).split(" - ")[-1] for move in b.legal_actions()}
                found = [effect[move] for move in a.actions(player)]
                assert len(set(found)) == len(found)
                assert set(found) == set(effect.values())
                action = int(rng.choice(a.actions(player)))
            a, _ = a.apply(action), b.apply_action(action)
            checkers = a.words[8:60].reshape(2, 26)
            assert checkers.sum(axis=1).tolist() == [15, 15]
            assert not (checkers[0, 1:25] * checkers[1, 24:0:-1]).any()
        assert a.terminal
        np.testing.assert_array_equal(a.returns(), b.returns())
        stakes.add(abs(float(a.returns()[0])))
    assert stakes == {1.0} if not options else len(stakes) > 2


@pytest.mark.parametrize("version", ["classical", "abrupt"])
def test_dark_hex_hides_what_openspiels_hides(version):
    """OpenSpiel tells the number of all tries so far even where it is to reveal nothing; the rest of its information
    states makes the same information sets."""
    tree = ludus.make("dark_hex", size=2, version=version).tree()
    named = {}
    start = pyspiel.load_game(f"dark_hex(board_size=2,gameversion={version[0]}dh)").new_initial_state()
    stack = [(0, start)]
    while stack:
        node, state = stack.pop()
        index, first = int(tree.node_index[node]), int(tree.node_first[node])
        if state.is_terminal():
            np.testing.assert_array_equal(tree.leaf_utility[index], state.returns())
            continue
        player = state.current_player()
        board, _, tries = state.information_state_string(player).rpartition("\n")
        named.setdefault((player, board.rpartition("\n")[0], tries), set()).add(index)
        children = range(first, first + int(tree.node_count[node]))
        assert [int(tree.node_label[child]) for child in children] == state.legal_actions()
        stack.extend((child, state.child(int(tree.node_label[child]))) for child in children)
    assert all(len(indices) == 1 for indices in named.values())
    assert len(named) == tree.num_infosets


@pytest.mark.parametrize("noticed", [False, True])
@pytest.mark.parametrize("abrupt", [False, True])
@pytest.mark.parametrize("board", [(2, 2, 2), (1, 4, 3)])
def test_phantom_tic_tac_toe_is_the_slow_one(board, abrupt, noticed):
    rows, columns, k = board
    facts = {"version": ("classical", "abrupt")[abrupt], "obs_type": ("reveal-nothing", "reveal-numturns")[noticed]}
    tree = ludus.make("phantom_tic_tac_toe", rows=rows, columns=columns, k=k, **facts).tree()
    slow = walk_tree(SlowPhantom(rows, columns, k, abrupt, noticed), 2)
    assert tree.fingerprint == slow.fingerprint
    assert tree.num_infosets == slow.num_infosets


def test_a_ko_may_not_be_retaken_at_once():
    # . x o .    Black takes the white stone between its own by a move to c2; White may not take back at once, but after
    # x o _ o    another move.
    # . x o .
    taken = played("go(size=4)", [1, 2, 4, 5, 9, 7, 15, 10, 6])
    assert 5 not in taken.actions(1)
    assert 5 in taken.apply(16).apply(12).actions(1)


def test_suicide_is_not_legal_but_taking_is():
    assert 0 not in played("go(size=3)", [1, 8, 3]).actions(1)  # Black has b1 and a2
    besieged = played("go(size=3)", [1, 2, 3, 4, 8])  # White has c1 and b2 as well: a1 takes b1
    assert 0 in besieged.actions(1)
    assert besieged.apply(0).observe(0)[:9].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(("komi", "winner"), [(8.5, 0), (9.5, 1), (9.0, None)])
def test_go_counts_area_and_komi(komi, winner):
    """A single black stone has the whole board: nine points."""
    over = played(f"go(size=3,komi={komi})", [4, 9, 9])
    assert over.terminal
    assert over.returns().tolist() == [0.0, 0.0] if winner is None else over.returns()[winner] == 1.0


def test_hex_is_won_by_a_connection_and_never_drawn():
    assert played("hex(size=3)", [1, 0, 4, 3, 7]).returns().tolist() == [1.0, -1.0]
    assert played("hex(size=3)", [0, 3, 1, 4, 8, 5]).returns().tolist() == [-1.0, 1.0]
    env = ludus.make("hex", size=4).vector_env(64, seed=0)
    env.reset()
    rng, ended = np.random.default_rng(0), 0
    for _ in range(40):
        _, reward, done, _ = env.step(env.random_actions(rng))
        over = done.all(axis=1)
        ended += over.sum()
        assert (np.abs(reward[over]) == 1.0).all()
    assert ended > 64


def test_blotto_of_three_fields_is_symmetric_and_bounded():
    game = ludus.make("blotto(players=3,coins=4,fields=3)")
    np.testing.assert_allclose(game.payoffs.sum(axis=0), 0.0, atol=1e-12)
    np.testing.assert_array_equal(game.payoffs[0], game.payoffs[1].transpose(1, 0, 2))
    assert ludus.make("blotto").num_actions == 66


@pytest.mark.parametrize("id", LARGE_BOARDS)
def test_trees_of_large_boards_are_refused_early(id):
    with pytest.raises(ValueError, match=r"more than 100,000,000 histories.*max_histories"):
        ludus.make(id).tree()


@pytest.mark.parametrize(
    ("id", "message"),
    [
        ("blotto(coins=1000,fields=10)", "use fewer players, coins or fields"),
        ("phantom_tic_tac_toe(k=4)", "nobody can have 4 in a line"),
        ("go(size=20)", "size must be an integer from 2 to 19; got 20"),
        ("dark_hex(version=adh)", "version must be one of 'classical', 'abrupt'"),
        ("backgammon(max_turns=0)", "max_turns must be"),
    ],
)
def test_mistakes_are_named(id, message):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        ludus.make(id)
    assert message in str(error.value)
