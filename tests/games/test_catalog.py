"""Every catalogue game, found in the registry: what it declares, its faces, and that they agree with each other."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ludus.games.build import walk_tree
from ludus.games.registry import make, parse_id, specs
from ludus.games.tree import END

MODERATE = 50_000
"""Histories that the tests walk in Python."""

TAGS = {
    *(
        "board",
        "card",
        "chance",
        "common-payoff",
        "competitive",
        "cooperative",
        "dice",
        "environment",
        "general-sum",
        "imperfect-information",
        "matrix",
    ),
    *("perfect-information", "random", "repeated", "simultaneous", "zero-sum"),
}

CATALOGUE = sorted(id for id, spec in specs().items() if spec.build.__module__.startswith("ludus.games.catalog"))
IDS = [id for id in CATALOGUE if "environment" not in specs()[id].tags]
"""Games of rules; environments that draw their own chance have no states (tests/games/test_environments.py)."""

VARIANTS = [
    "kuhn_poker(players=4)",
    "leduc_poker(suits=1,ranks=4)",
    "leduc_poker(suits=3,ranks=2,suit_isomorphism=true)",
    "liars_dice(faces=3)",
    "liars_dice(players=3,faces=2)",
    "liars_dice(dice=2,faces=2,bidding_rule=reset-quantity)",
    "goofspiel(cards=3,imp_info=true,returns_type=point_difference)",
    "goofspiel(players=3,cards=3,turns=2,returns_type=total_points)",
    "connect_four(rows=3,columns=3,k=3)",
    "hex(rows=2,columns=3)",
    "go(size=2,max_length=5)",
    "dark_hex(size=2,version=abrupt)",
    "dark_hex(size=2,obs_type=reveal-numturns)",
    "phantom_tic_tac_toe(rows=2,columns=2,k=2,obs_type=reveal-numturns)",
    "blotto(players=3,coins=3,fields=2)",
    "public_goods(players=4,levels=3)",
    "repeated(stage=shapley,rounds=3,continuation=0.25)",
    "repeated(stage=matching_pennies,rounds=4)",
    "centipede(moves=7,growth=1.5)",
    "random_game(seed=1,players=3,zero_sum=false)",
    "random_game(seed=2,players=1,chance=0.5)",
    "random_game(seed=3,players=4,depth=7,merge=1.0,stop=0.0)",
    "random_matrix(seed=4,players=3,ragged=true)",
    "random_matrix(seed=5,players=1)",
]


def moderate(id):
    """The game, if its tree is of moderate size, else None."""
    game = make(id)
    with contextlib.suppress(ValueError):  # too large; a game that cannot be built at all is missed below
        game.tree(max_histories=MODERATE)
        return game
    return None


GAMES = [game for game in map(moderate, [*IDS, *VARIANTS]) if game is not None]


def playout(game, rng):
    """The states of one random game."""
    state = game.root()
    states = [state]
    while not state.terminal:
        if state.to_move() == (-1,):
            outcomes, weights = zip(*state.chance())
            state = state.apply(int(rng.choice(outcomes, p=np.array(weights) / sum(weights))))
        else:
            joint = [int(rng.choice(state.actions(p))) for p in state.to_move()]
            state = state.apply(joint if len(joint) > 1 else joint[0])
        states.append(state)
    return states


def test_the_catalogue_has_what_it_should():
    wanted = "kuhn_poker leduc_poker liars_dice goofspiel tic_tac_toe connect_four prisoners_dilemma chicken stag_hunt "
    wanted += "matching_pennies rock_paper_scissors shapley battle_of_the_sexes public_goods centipede repeated "
    wanted += "random_game random_matrix two_step hex othello go backgammon dark_hex phantom_tic_tac_toe blotto"
    assert set(wanted.split()) <= set(IDS)
    large = [
        "liars_dice",
        "tic_tac_toe",
        "connect_four",
        "hex",
        "othello",
        "go",
        "backgammon",
        "dark_hex",
        "phantom_tic_tac_toe",
        "hanabi",
    ]
    assert len(GAMES) >= len(IDS) + len(VARIANTS) - len(large)


def test_every_game_has_its_row_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs" / "games.md").read_text()
    for id in IDS:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{id}` |")]
        for parameter in specs()[id].parameters:
            assert f"`{parameter.name}={parameter.default}`" in row


@pytest.mark.parametrize("id", CATALOGUE)
def test_specs_are_complete(id):
    spec = specs()[id]
    assert spec.title
    assert set(spec.tags) <= TAGS
    assert tuple(sorted(spec.tags)) == spec.tags
    for parameter in spec.parameters:
        assert parameter.help
        assert parameter.check(id, parameter.default) == parameter.default
        low, high = parameter.low, parameter.high
        outside = [v for v in (None if low is None else low - 1, None if high is None else high + 1) if v is not None]
        if parameter.choices is not None:
            outside.append("no such choice")
        for value in outside:
            with pytest.raises(ValueError, match=f"{parameter.name} must be"):
                make(id, **{parameter.name: value})


@pytest.mark.parametrize("game", GAMES, ids=lambda g: g.id)
def test_an_id_makes_the_same_game_again(game):
    name, values = parse_id(game.id)
    again = make(game.id)
    assert again.id == game.id
    assert again.parameters == game.parameters == {**make(name).parameters, **values}
    assert again.tree().fingerprint == game.tree().fingerprint


@pytest.mark.parametrize("game", GAMES, ids=lambda g: g.id)
def test_compiled_tree_is_the_tree_of_the_python_states(game):
    tree, slow = game.tree(), walk_tree(game.root(), game.num_players)
    assert tree.fingerprint == slow.fingerprint
    assert tree.keys == slow.keys
    for name in ("node_player", "node_index", "node_first", "node_count", "node_label", "node_prob", "infoset_node"):
        np.testing.assert_array_equal(getattr(tree, name), getattr(slow, name), err_msg=name)


@pytest.mark.parametrize("game", GAMES, ids=lambda g: g.id)
def test_declared_facts_are_the_trees(game):
    tree = game.tree()
    assert tree.num_players == game.num_players
    assert tree.num_actions <= game.num_actions
    assert tree.zero_sum == game.zero_sum
    assert game.has_chance == bool((tree.node_player == -1).any())
    assert tree.leaf_utility.min() >= game.min_utility - 1e-9
    assert tree.leaf_utility.max() <= game.max_utility + 1e-9
    for player in range(game.num_players):
        keys = tree.keys[tree.infoset_start[player] : tree.infoset_start[player + 1]]
        assert len(set(keys)) == len(keys)
    assert np.bincount(tree.node_index[tree.node_player == END]).tolist() == [1] * tree.num_leaves


@pytest.mark.parametrize("game", GAMES, ids=lambda g: g.id)
def test_observations_are_functions_of_information_states(game):
    """Equal information states look equal, and different ones look different; except that board games show the position
    and not the way to it, and that cooperating learners are to see no more than in the literature."""
    tree = game.tree()
    seen: dict[int, bytes] = {}
    joint = False
    stack = [(0, game.root(), ())]
    while stack:
        v, state, chosen = stack.pop()
        player, first = int(tree.node_player[v]), int(tree.node_first[v])
        movers = state.to_move()
        joint |= len(movers) > 1
        if player >= 0:
            look = state.observe(player)
            assert look.dtype == np.float32
            assert look.shape == (game.observation_size,)
            assert seen.setdefault(int(tree.node_index[v]), look.tobytes()) == look.tobytes()
        for w in range(first, first + int(tree.node_count[v])):
            own = (*chosen, int(tree.node_label[w]))
            done = len(own) == len(movers)
            stack.append((w, state.apply(own if len(own) > 1 else own[0]), ()) if done else (w, state, own))
    assert joint == game.simultaneous
    spec = specs()[parse_id(game.id)[0]]
    if not {"board", "common-payoff"} & set(spec.tags):
        for player in range(game.num_players):
            looks = [seen[i] for i in range(tree.infoset_start[player], tree.infoset_start[player + 1])]
            assert len(set(looks)) == len(looks)


@pytest.mark.parametrize("id", IDS)
def test_random_play(id):
    game, rng = make(id), np.random.default_rng(0)
    for _ in range(20):
        for state in playout(game, rng):
            assert isinstance(state.render(), str)
            for player in state.to_move():
                if player < 0:
                    assert abs(sum(p for _, p in state.chance()) - 1) < 1e-12
                    continue
                actions = state.actions(player)
                assert actions == sorted(set(actions))
                assert 0 <= actions[0] <= actions[-1] < game.num_actions
                assert len({state.action_text(player, a) for a in actions}) == len(actions)
            for player in range(game.num_players):  # also for those who do not move, and at the end
                assert np.isfinite(state.observe(player)).all()
                assert isinstance(state.info(player), str)
        returns = state.returns()
        assert (returns >= game.min_utility - 1e-9).all()
        assert (returns <= game.max_utility + 1e-9).all()
        if game.zero_sum:
            assert abs(returns.sum()) < 1e-9


@pytest.mark.parametrize("id", IDS)
def test_states_are_immutable(id):
    game = make(id)
    states = playout(game, np.random.default_rng(1))
    words = [state.words.copy() for state in states]
    playout(game, np.random.default_rng(2))
    for state, before in zip(states, words):
        np.testing.assert_array_equal(state.words, before)
    with pytest.raises(ValueError, match="over"):
        states[-1].apply(0)


SCRIPT = """
import json, sys
from ludus.games.registry import make
from ludus.games.build import walk_tree
games = [make(id) for id in sys.argv[1:]]
walked = [walk_tree(game.root(), game.num_players).fingerprint for game in games]
assert walked == [game.tree().fingerprint for game in games]
print(json.dumps(walked))
"""


def test_rules_run_as_plain_python():
    """The same functions, and the walk that builds trees, not compiled, make the same games."""
    ids = ["kuhn_poker", "leduc_poker(suit_isomorphism=true)", "liars_dice(faces=2)", "goofspiel(cards=3)"]
    ids += ["connect_four(rows=2,columns=3,k=2)", "centipede", "repeated(rounds=2,continuation=0.5)", "random_game"]
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *ids],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == [make(id).tree().fingerprint for id in ids]


def test_openspiels_parameter_names_are_understood():
    assert make("liars_dice(numdice=2,dice_sides=3)").id == "liars_dice(dice=2,faces=3)"
    with pytest.raises(ValueError, match="dice is given twice"):
        make("liars_dice", dice=1, numdice=2)


@pytest.mark.parametrize(
    ("id", "message"),
    [
        ("leduc_pocker", "did you mean 'leduc_poker'"),
        ("no such game at all", "cannot read the game id"),
        ("leduc_poker(players=1)", "players must be an integer from 2 to 10; got 1"),
        ("leduc_poker(colour=3)", "no parameter 'colour'; its parameters are players, suits"),
        ("leduc_poker(players=2", "cannot read the game id"),
        ("tic_tac_toe(size=4)", "no parameter 'size'; it has no parameters"),
        ("leduc_poker(suits=1,ranks=2)", "1 suits of 2 ranks are 2 cards"),
        ("liars_dice(players=9,dice=9)", "at most 61"),
        ("goofspiel(cards=3,turns=4)", "at most as many turns as cards"),
        ("goofspiel(points_order=sorted)", "points_order must be one of 'random', 'descending', 'ascending'"),
        ("connect_four(rows=14,columns=14)", "at most 62"),
        ("connect_four(rows=3,columns=3,k=4)", "nobody can have 4"),
        ("repeated(continuation=0.0)", "continuation must be above 0"),
        ("repeated(stage=chess)", "stage must be one of"),
        ("chess/standard", "there is no game 'chess/standard'"),
    ],
)
def test_mistakes_get_one_clear_error(id, message):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        make(id)
    assert message in str(error.value)
