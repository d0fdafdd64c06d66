"""Gambit's files: written by us and read by Gambit, written by Gambit and read by us, and what damaged ones say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pygambit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.games import generators, nfg
from ludus.games.matrix import MatrixGame
from ludus.games.policy import Policy
from ludus.games.registry import load, make, save


def values(tree):
    """The values of the uniform profile, and each leaf's chance and utilities."""
    plan = Policy.uniform(tree).realisation_plan()
    return (tree.leaf_chance * plan[tree.leaf_sequence].prod(axis=1)) @ tree.leaf_utility


def gambit_values(game):
    profile = game.mixed_behavior_profile()
    return [profile.payoff(player) for player in game.players]


TREES = [
    "kuhn_poker",
    "kuhn_poker(players=3)",
    "leduc_poker(suit_isomorphism=true)",
    "liars_dice(faces=2)",
    "goofspiel(cards=3,imp_info=true)",
    "connect_four(rows=2,columns=3,k=2)",
    "centipede(growth=1.7)",
    "public_goods",
    "repeated(stage=shapley,rounds=2,continuation=0.3)",
    "random_game(seed=3,players=3)",
    "openspiel/kuhn_poker",
]


@pytest.mark.parametrize("id", TREES)
def test_efg_is_the_same_game_to_gambit_and_to_us(id, tmp_path):
    game, path = make(id), tmp_path / "game.efg"
    save(game, path)
    theirs, again = pygambit.read_efg(str(path)), load(path)
    tree = game.tree()
    assert theirs.is_perfect_recall
    assert len(theirs.players) == game.num_players == again.num_players
    assert len(theirs.infosets) == tree.num_infosets == again.tree().num_infosets
    assert again.tree().num_histories == tree.num_histories
    assert again.zero_sum == game.zero_sum
    assert again.title == game.title
    np.testing.assert_allclose(gambit_values(theirs), values(tree), atol=1e-12)
    np.testing.assert_allclose(values(again.tree()), values(tree), atol=1e-12)
    if "" not in tree.keys:
        assert again.tree().keys == tree.keys
    assert [p.name for p in tmp_path.iterdir()] == ["game.efg"]


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    players=st.integers(1, 4),
    chance=st.sampled_from([0.0, 0.4]),
    merge=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_efg_round_trip_of_random_games(seed, players, chance, merge, tmp_path_factory):
    game = make("random_game", seed=seed, players=players, chance=chance, merge=merge, zero_sum=False)
    path = tmp_path_factory.mktemp("efg") / "game.efg"
    save(game, path)
    again = load(path)
    for name in ("node_player", "node_index", "node_count", "infoset_parent", "leaf_sequence", "leaf_utility"):
        np.testing.assert_array_equal(getattr(again.tree(), name), getattr(game.tree(), name))
    # Gambit demands probabilities that sum to one exactly: the last digit of one may move.
    np.testing.assert_allclose(again.tree().leaf_chance, game.tree().leaf_chance, rtol=1e-14)
    np.testing.assert_allclose(gambit_values(pygambit.read_efg(str(path))), values(game.tree()), atol=1e-12)


def test_efg_written_by_gambit(tmp_path):
    """Gambit's own writer, on a game built with Gambit."""
    built = pygambit.Game.new_tree(players=["Ann", "Bob"], title="Ann moves, Bob guesses")
    built.append_move(built.root, built.players.chance, ["high", "low"])
    built.set_chance_probs(built.root.infoset, [pygambit.Rational(1, 3), pygambit.Rational(2, 3)])
    for node in built.root.children:
        built.append_move(node, "Ann", ["raise", "fold"])
    built.append_move([node.children["raise"] for node in built.root.children], "Bob", ["call", "fold"])
    for k, node in enumerate(built.root.children):
        raised = node.children["raise"]
        built.set_outcome(node.children["fold"], built.add_outcome(f"fold {k}", [-1, 1]))
        built.set_outcome(raised.children["call"], built.add_outcome(f"call {k}", [2 - 4 * k, 4 * k - 2]))
        built.set_outcome(raised.children["fold"], built.add_outcome(f"give up {k}", [1, -1]))
    path = tmp_path / "gambit.efg"
    built.to_efg(str(path))
    game = load(path)
    assert (game.num_players, game.zero_sum, game.has_chance, game.title) == (2, True, True, built.title)
    assert game.tree().num_infosets == 3
    np.testing.assert_allclose(values(game.tree()), gambit_values(built), atol=1e-12)


HAND_WRITTEN = """EFG 2 R "By hand" { "A" "B" }
"A comment with \\"quotes\\" and { braces }"

c "" 1 "deal" { "left" 1/4 "right" .75 "never" 0 } 0
p "" 1 7 "me" { "up" "down" } 1 "fee" { -1, 1.5e0 }
t "" 2 "" { 10 20 }
p "" 2 1 "you" { "x" "y" } 0
t "" 2
t "" 3 "three" { 1/2, -1/2 }
p "" 1 7 0
t "" 0
t "" 2
t "" 0
"""


def test_efg_payoffs_add_up_along_the_way(tmp_path):
    """Payoffs at inner nodes, outcomes named once, actions given once, a chance outcome of probability zero."""
    path = tmp_path / "hand.efg"
    path.write_text(HAND_WRITTEN)
    game = load(path)
    tree = game.tree()
    assert (tree.num_leaves, tree.num_infosets, tree.keys) == (5, 2, ("me", "you"))
    expected = [[9, 21.5], [9, 21.5], [-0.5, 1.0], [0, 0], [10, 20]]
    np.testing.assert_allclose(tree.leaf_utility, expected)
    np.testing.assert_allclose(tree.leaf_chance, [0.25, 0.25, 0.25, 0.75, 0.75])
    again = tmp_path / "again.efg"
    save(game, again)
    theirs = pygambit.read_efg(str(again))
    np.testing.assert_allclose(gambit_values(theirs), values(tree), atol=1e-12)


@pytest.mark.parametrize("id", ["shapley", "public_goods", "random_matrix(seed=1,players=3,ragged=true)", "chicken"])
def test_nfg_is_the_same_game_to_gambit_and_to_us(id, tmp_path):
    game, path = make(id), tmp_path / "game.nfg"
    save(game, path)
    theirs = pygambit.read_nfg(str(path))
    np.testing.assert_array_equal(np.array(theirs.to_arrays(dtype=float)), game.payoffs)
    np.testing.assert_array_equal(load(path).payoffs, game.payoffs)
    theirs.to_nfg(str(tmp_path / "theirs.nfg"))
    np.testing.assert_array_equal(load(tmp_path / "theirs.nfg").payoffs, game.payoffs)


@pytest.mark.parametrize("name", [f.name for f in generators.families()])
@pytest.mark.parametrize("layout", ["payoffs", "outcomes"])
def test_nfg_round_trip_of_families(name, layout, tmp_path):
    """Ours to Gambit, Gambit's to us, and back to the bit, in both layouts."""
    game, path = generators.generate(name, 7), tmp_path / "game.nfg"
    nfg.save(game, path, layout)
    assert load(path).payoffs.tolist() == game.payoffs.tolist()
    theirs = pygambit.read_nfg(str(path))
    np.testing.assert_allclose(np.array(theirs.to_arrays(dtype=float), float), game.payoffs, rtol=1e-12)
    (tmp_path / "theirs.nfg").write_text(theirs.to_nfg())
    np.testing.assert_allclose(load(tmp_path / "theirs.nfg").payoffs, game.payoffs, rtol=1e-12)


@pytest.mark.parametrize(
    "name", ["random_graphical", "shapley", "duplicates", "war_of_attrition", "dispersion", "team"]
)
def test_efg_of_families(name, tmp_path):
    """Simultaneous moves as trees of imperfect information: the same expected payoffs, to Gambit and to us."""
    game, path = generators.generate(name, 3), tmp_path / "game.efg"
    save(game, path)
    theirs = pygambit.read_efg(str(path))
    expected = game.payoffs.reshape(game.num_players, -1).mean(axis=1)
    np.testing.assert_allclose(gambit_values(theirs), expected, atol=1e-12)
    np.testing.assert_allclose(values(load(path).tree()), expected, atol=1e-12)
    (tmp_path / "theirs.efg").write_text(theirs.to_efg())
    np.testing.assert_allclose(values(load(tmp_path / "theirs.efg").tree()), expected, atol=1e-12)


def test_nfg_of_games_made_by_gambit(tmp_path):
    """Tables filled by Gambit, with fractions and with strategies of different numbers."""
    rng = np.random.default_rng(0)
    for counts in ((3,), (2, 4), (2, 1, 3), (2, 2, 2, 2)):
        built = pygambit.Game.new_table(list(counts), title="made by Gambit")
        for profile in built.contingencies:
            for player in built.players:
                built[profile][player.label] = pygambit.Rational(int(rng.integers(-9, 9)), int(rng.integers(1, 9)))
        path = tmp_path / "gambit.nfg"
        path.write_text(built.to_nfg())
        game = load(path)
        np.testing.assert_allclose(game.payoffs, np.array(built.to_arrays(dtype=float), float), rtol=1e-15)
        assert game.title == "made by Gambit"
        assert game.num_players == len(counts)


@pytest.mark.parametrize("layout", ["payoffs", "outcomes"])
def test_fractions_survive(layout, tmp_path):
    table = [[Fraction(1, 3), Fraction(2)], [Fraction(-7, 11), Fraction(10**20, 3)]]
    game = MatrixGame(table, [[0, 1], [1, 0]])
    nfg.save(game, tmp_path / "game.nfg", layout)
    again = load(tmp_path / "game.nfg")
    assert again.given[0].tolist() == table
    theirs = pygambit.read_nfg(str(tmp_path / "game.nfg"))
    assert theirs.to_arrays()[0][0, 0] == pygambit.Rational(1, 3)
    with pytest.raises(ValueError, match="layout must be 'payoffs' or 'outcomes', got 'tree'"):
        nfg.save(game, tmp_path / "game.nfg", "tree")


def test_nfg_with_outcomes(tmp_path):
    """The layout with numbered outcomes, the first player's strategy fastest, 0 for nothing."""
    path = tmp_path / "outcomes.nfg"
    path.write_text(
        'NFG 1 R "Outcomes" { "A" "B" }\n{ { "U" "M" "D" } { "L" "R" } }\n"comment"\n'
        '{ { "first" 1, 2 }\n  { "second" 1/2, -3 } }\n1 2 0 0 2 1\n'
    )
    game = load(path)
    np.testing.assert_array_equal(game.payoffs[0], [[1, 0], [0.5, 0.5], [0, 1]])
    np.testing.assert_array_equal(game.payoffs[1], [[2, 0], [-3, -3], [0, 2]])
    profile = pygambit.read_nfg(str(path)).mixed_strategy_profile()
    np.testing.assert_allclose(game.payoffs.mean(axis=(1, 2)), [profile.payoff("A"), profile.payoff("B")])


def test_nfg_with_counts(tmp_path):
    path = tmp_path / "counts.nfg"
    path.write_text('NFG 1 R "Counts" { "A" "B" } { 2 3 }\n1 -1 2 -2 3 -3 4 -4 5 -5 6 -6')
    np.testing.assert_array_equal(load(path).payoffs[0], [[1, 3, 5], [2, 4, 6]])


def test_numbers_survive_exactly(tmp_path):
    payoffs = np.array([[1e-300, 0.1], [1e20 / 3, -2.5e-7]])
    save(MatrixGame(payoffs), tmp_path / "game.nfg")
    np.testing.assert_array_equal(load(tmp_path / "game.nfg").payoffs[0], payoffs)


EFG = 'EFG 2 R "t" { "A" }\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.efg", "", "line 1, column 1: the file ends"),
        ("a.efg", "NFG 1 R", "line 1, column 1: the file must begin with EFG 2 R"),
        ("a.efg", 'EFG 2 R "t" { }\n', "column 15: a game needs at least one player"),
        ("a.efg", 'EFG 2 R "t', "line 1, column 9: a quoted text does not end"),
        ("a.efg", EFG + 'x "" 1', "line 2, column 1: a node begins with c, p or t, found 'x'"),
        ("a.efg", EFG + 't "" 1', "line 2, column 7: outcome 1 is new here"),
        ("a.efg", EFG + 't "" 1 "" { 1, 2 }', "line 2, column 16: the closing brace after 1 payoffs"),
        ("a.efg", EFG + 't "" 1 "" { x }', "line 2, column 13: payoffs must be a number, found 'x'"),
        ("a.efg", EFG + 't "" 1 "" { nan }', "payoffs must be a number, found 'nan'"),
        ("a.efg", EFG + 't "" 1 "" { 1 }\nt "" 1', "line 3, column 1: the game is complete, but 't' follows"),
        ("a.efg", EFG + 'p "" 2 1 "" { "a" } 0', "line 2, column 6: the player must be a whole number from 1 to 1"),
        ("a.efg", EFG + 'p "" 1 1 0', "line 2, column 10: information set 1 is new here"),
        ("a.efg", EFG + 'p "" 1 1 "" { } 0', "an information set needs at least one action"),
        ("a.efg", EFG + 'p "" 1 1 "" { "a" "b" } 0\nt "" 0', "line 3, column 7: the file ends"),
        (
            "a.efg",
            EFG + 'p "" 1 1 "" { "a" "b" } 0\np "" 1 1 "" { "a" } 0',
            "line 3, column 13: information set 1 has other actions here than before",
        ),
        ("a.efg", EFG + 'c "" 1 "" { "a" 1/2 "b" 1/3 } 0', "line 2, column 11: the probabilities sum to 0.833333"),
        ("a.efg", EFG + 'c "" 1 "" { "a" 3/2 "b" -1/2 } 0', "line 2, column 25: a probability must not be negative"),
        ("a.efg", EFG + 'p "" 1 1 "" { "a" "b" } 0\nt "" 1 "" { 1 }\nt "" 1 "" { 2 }', "has other payoffs here"),
        ("a.nfg", 'NFG 1 R "t" { "A" "B" } { 2 }', "line 1, column 29: player 2's number of strategies"),
        ("a.nfg", 'NFG 1 R "t" { "A" "B" } { 2 0 }', "must be a whole number of at least 1, found '0'"),
        ("a.nfg", 'NFG 1 R "t" { "A" } { 2 }\n1', "line 2, column 2: the file ends where a payoff"),
        ("a.nfg", 'NFG 1 R "t" { "A" } { 2 }\n1 2 3', "line 2, column 5: the game is complete, but '3' follows"),
        ("a.nfg", 'NFG 1 R "t" { "A" } { 2 }\n{ { "o" 1 } }\n1 2', "line 3, column 3: an outcome's number must be"),
        ("a.nfg", 'NFG 1 R "t" { "A" } { 2 }\n1 1/0', "line 2, column 3: a payoff must be a number, found '1/0'"),
        ("a.txt", "", "games are read and written as .efg or .nfg, not '.txt'"),
    ],
)
def test_damaged_files(name, content, message, tmp_path):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        load(path)
    assert message in str(error.value)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "a.efg").write_bytes(b"EFG 2 R \xff\xfe")
    with pytest.raises(ValueError, match="not text in UTF-8"):
        load(tmp_path / "a.efg")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 19), data=st.data())
def test_a_cut_or_garbled_file_is_an_error_or_a_game(seed, data, tmp_path_factory):
    """Whatever happens to a file, reading it ends in a game or in one line that says what is wrong."""
    path = tmp_path_factory.mktemp("garbled") / "game.efg"
    save(make("random_game", seed=seed, depth=3), path)
    words = path.read_text().split(" ")
    i, j = (data.draw(st.integers(0, len(words) - 1)) for _ in range(2))
    action = data.draw(st.sampled_from(["cut", "swap", "drop"]))
    if action == "cut":
        words = words[:i]
    elif action == "swap":
        words[i], words[j] = words[j], words[i]
    else:
        del words[i]
    path.write_text(" ".join(words))
    try:
        game = load(path)
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert game.num_players >= 1


def test_absent_files(tmp_path):
    for ending in ("efg", "nfg"):
        with pytest.raises(FileNotFoundError, match="there is no file"):
            load(tmp_path / f"absent.{ending}")


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    with pytest.raises(ValueError, match="file holds a matrix game"):
        save(make("kuhn_poker"), tmp_path / "kuhn.nfg")
    with pytest.raises(FileNotFoundError):
        save(make("kuhn_poker"), tmp_path / "no such folder" / "kuhn.efg")
    assert list(tmp_path.iterdir()) == []
