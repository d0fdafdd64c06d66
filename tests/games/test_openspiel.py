"""OpenSpiel's games as ours."""

from __future__ import annotations

import numpy as np
import pyspiel
import pytest
from open_spiel.python import policy as spiel_policy
from open_spiel.python.algorithms import expected_game_score

from ludus.games.policy import Policy
from ludus.games.registry import make


@pytest.mark.parametrize(
    ("id", "native"),
    [
        ("openspiel/kuhn_poker", "kuhn_poker"),
        ("openspiel/kuhn_poker(players=3)", "kuhn_poker(players=3)"),
        ("openspiel/leduc_poker(suit_isomorphism=true)", "leduc_poker(suit_isomorphism=true)"),
        ("openspiel/liars_dice(dice_sides=3)", "liars_dice(faces=3)"),
        ("openspiel/goofspiel(num_cards=3,imp_info=true)", "goofspiel(cards=3,imp_info=true)"),
        ("openspiel/connect_four(rows=3,columns=3,x_in_row=3)", "connect_four(rows=3,columns=3,k=3)"),
        ("openspiel/matrix_shapleys_game", "shapley"),
        ("openspiel/repeated_game(stage_game=matrix_pd(),num_repetitions=2)", "repeated(rounds=2)"),
    ],
)
def test_imported_game_is_the_catalogues(id, native):
    assert make(id).tree().fingerprint == make(native).tree().fingerprint


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker", "tiny_hanabi", "first_sealed_auction"])
def test_keys_are_openspiels_strings(name):
    """A policy written by OpenSpiel's keys is the same policy: the values agree."""
    theirs = pyspiel.load_game(name)
    game = make(f"openspiel/{name}")
    tabular = spiel_policy.TabularPolicy(theirs)
    weights = np.random.default_rng(0).random(tabular.action_probability_array.shape) * tabular.legal_actions_mask
    tabular.action_probability_array[:] = weights / weights.sum(axis=1, keepdims=True)
    table = {}
    for key, row in tabular.state_lookup.items():
        legal = np.flatnonzero(tabular.legal_actions_mask[row]).tolist()
        player = next(p for p, states in enumerate(tabular.states_per_player) if key in states)
        table[player, key] = {a: float(tabular.action_probability_array[row, a]) for a in legal}
    plan = Policy.from_dict(game, table).realisation_plan()
    tree = game.tree()
    reach = tree.leaf_chance * plan[tree.leaf_sequence].prod(axis=1)
    expected = expected_game_score.policy_value(theirs.new_initial_state(), [tabular] * theirs.num_players())
    np.testing.assert_allclose(reach @ tree.leaf_utility, expected, atol=1e-12)


def test_parameters_as_keywords():
    game = make("openspiel/goofspiel", num_cards=3, imp_info=True, points_order="descending")
    assert game.id == "openspiel/goofspiel(num_cards=3,imp_info=true,points_order=descending)"
    assert make(game.id).tree().fingerprint == game.tree().fingerprint
    assert make("openspiel/goofspiel(num_cards=3)", imp_info=True).simultaneous
    assert not game.has_chance


@pytest.mark.parametrize("name", ["tic_tac_toe", "backgammon", "matrix_rps", "coop_box_pushing", "hanabi"])
def test_random_play(name):
    game, rng = make(f"openspiel/{name}"), np.random.default_rng(0)
    state = game.root()
    for _ in range(200):
        if state.terminal:
            break
        for player in state.to_move():
            if player >= 0:
                assert state.observe(player).shape == (game.observation_size,)
        choices = [[o for o, _ in state.chance()] if p < 0 else state.actions(p) for p in state.to_move()]
        joint = [int(rng.choice(c)) for c in choices]
        before = str(state.inner)
        after = state.apply(joint if len(joint) > 1 else joint[0])
        assert str(state.inner) == before
        state = after
    assert len(state.returns()) == game.num_players


def test_perfect_information_without_information_states_has_a_tree():
    """Nim gives strings, capture-like games only histories; a player who sees everything knows the history."""
    state = make("openspiel/breakthrough(rows=3,columns=2)").root()
    assert state.info(0) != state.apply(state.actions(0)[0]).info(0)
    with pytest.raises(ValueError, match="no information states for hanabi"):
        make("openspiel/hanabi").root().info(0)


@pytest.mark.parametrize(
    ("id", "message"),
    [
        ("openspiel/kuhn_pokr", "did you mean 'kuhn_poker'"),
        ("openspiel/kuhn_poker(players=99)", "OpenSpiel refuses kuhn_poker(players=99): num_players_ <= "),
        ("openspiel/kuhn_poker(plyers=3)", "Unknown parameter 'plyers'"),
        ("openspiel/kuhn_poker(players=3", "the bracket is not closed"),
        ("openspiel/negotiation", "its chance can only be sampled"),
        ("openspiel/mfg_garnet", "is a mean field game"),
        ("openspiel/", "there is no game ''"),
    ],
)
def test_what_cannot_be_imported(id, message):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        make(id)
    assert message in str(error.value)


def test_illegal_actions():
    root = make("openspiel/matrix_pd").root()
    with pytest.raises(ValueError, match="2 player"):
        root.apply(0)
    with pytest.raises(ValueError, match="action 7 is not legal for player 1"):
        root.apply((0, 7))
    with pytest.raises(ValueError, match="over"):
        root.apply((0, 0)).apply((0, 0))


def test_openspiel_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyspiel", None)
    with pytest.raises(ImportError, match="pip install open_spiel"):
        make("openspiel/kuhn_poker")
