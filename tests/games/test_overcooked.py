"""Overcooked against overcooked_ai, step by step from the original's own initial states."""

from __future__ import annotations

import numpy as np
import pytest
from overcooked_ai_py.mdp.actions import Action, Direction
from overcooked_ai_py.mdp.overcooked_mdp import OvercookedGridworld

import ludus
from ludus.games.catalog import _overcooked_rules as oc
from ludus.games.catalog._kitchens import LAYOUTS
from ludus.games.catalog.overcooked import set_shaping

STEPS = 1000
EPISODE = 200


class OldGridworld(OvercookedGridworld):
    """The original with the rules of its first version: full pots cook by themselves, and no others."""

    def soup_to_be_cooked_at_location(self, state, pos):
        return False

    def step_environment_effects(self, state):
        for thing in state.objects.values():
            if thing.name == "soup" and thing.is_idle and len(thing.ingredients) == 3:
                thing.begin_cooking()
        super().step_environment_effects(state)


def published(layout, old):
    """The original's kitchen of one of our layouts."""
    name = {"counter_circuit": "counter_circuit_o_1order"}.get(layout, layout)
    mdp = OvercookedGridworld.from_layout_name(name)
    mdp.__class__ = OldGridworld if old else OvercookedGridworld  # its factory makes no other class
    return mdp


def held(thing):
    """What a player holds or what lies on a counter, as our number."""
    if thing is None:
        return oc.NOTHING
    return {"onion": oc.ONION, "dish": oc.DISH}.get(thing.name) or oc.SOUP + len(thing.ingredients)


def copied(setup, state):
    """The original's state as ours."""
    kitchen = setup.extra["kitchen"]
    words = np.zeros(setup.state_size, np.int64)
    words[oc.STEP] = state.timestep
    for p, player in enumerate(state.players):
        x, y = player.position
        facing = Direction.DIRECTION_TO_INDEX[player.orientation]
        at = oc.PLAYERS + oc.WORDS * p
        words[at : at + 3] = y * kitchen.columns + x, facing, held(player.held_object)
    for (x, y), thing in state.objects.items():
        cell = y * kitchen.columns + x
        if kitchen.terrain[cell] == oc.POT:
            clock = 0 if thing.is_idle else 1 + thing.cook_time_remaining
            words[oc.CELLS + cell] = len(thing.ingredients) + 4 * clock
        else:
            words[oc.CELLS + cell] = held(thing)
            words[oc.DISHES_OUT] += thing.name == "dish"
    return words


def without_tomatoes(state):
    """A drawn state whose tomatoes have become onions: the classic kitchens have no others."""
    for thing in state.all_objects_list:
        for part in getattr(thing, "_ingredients", ()):
            part.name = "onion"
    return state


def seen(mdp, state):
    """The original's encoding as our rows of numbers."""
    return np.array([layers.transpose(1, 0, 2).ravel() for layers in mdp.lossless_state_encoding(state)])


@pytest.mark.parametrize("old", [True, False], ids=["old", "new"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_plays_as_the_original(layout, old):
    """Random steps from the standard state and from random ones; every word, observation and reward is compared."""
    mdp, game = published(layout, old), ludus.make("overcooked", layout=layout, old_dynamics=old)
    setup, functions = game.setup, game.setup.dynamics.compiled()
    dense = ludus.make("overcooked", layout=layout, old_dynamics=old, shaping=1.0).setup
    rng, stream, paid = np.random.default_rng(1), np.zeros(2, np.uint64), np.zeros(2)
    np.random.seed(3)  # noqa: NPY002 (the original draws its states with the global generator)
    drawn = mdp.get_random_start_state_fn(random_start_pos=True, rnd_obj_prob_thresh=0.5)
    for episode in range(STEPS // EPISODE):
        state = without_tomatoes(drawn()) if episode else mdp.get_standard_start_state()
        state.timestep = 400 - EPISODE if episode % 2 else 0
        words = copied(setup, state)
        obs, legal = np.zeros((2, setup.observation_size), np.float32), np.zeros((2, 6), bool)
        functions.view(setup.params, words, 1, obs, legal)
        for _ in range(EPISODE):
            np.testing.assert_array_equal(obs, seen(mdp, state))
            actions = np.where(rng.random(2) < 0.4, oc.INTERACT, rng.integers(5, size=2))
            state, info = mdp.get_state_transition(state, [Action.INDEX_TO_ACTION[a] for a in actions])
            reward, more, twin = np.zeros(2), np.zeros(2), words.copy()
            end = functions.advance(setup.params, words, actions, stream, reward)
            functions.advance(dense.params, twin, actions, stream, more)
            functions.view(setup.params, words, 0, obs, legal)
            fresh = copied(setup, state)
            np.testing.assert_array_equal(words[oc.CELLS :], fresh[oc.CELLS :])
            np.testing.assert_array_equal(words[: oc.PLAYERS], fresh[: oc.PLAYERS])
            for at in (oc.PLAYERS, oc.PLAYERS + oc.WORDS):
                np.testing.assert_array_equal(words[at : at + 3], fresh[at : at + 3])
            served, shaped = sum(info["sparse_reward_by_agent"]), sum(info["shaped_reward_by_agent"])
            assert reward.tolist() == [served, served]
            assert more.tolist() == [served + shaped] * 2
            assert (end != 0) == (state.timestep == 400)
            paid += served, shaped
        np.testing.assert_array_equal(obs, seen(mdp, state))
    assert paid[1] > 0


def test_ids_and_kitchens_of_ones_own():
    game = ludus.make("overcooked/forced_coordination")
    assert (game.id, game.parameters["layout"]) == ("overcooked/forced_coordination", "forced_coordination")
    assert ludus.make("overcooked").setup.params.tolist() == ludus.make("overcooked/cramped_room").setup.params.tolist()
    own = ludus.make("overcooked(layout=XPSX/O1.D/X.2X/XXXX)")
    assert ludus.make(own.id).id == own.id
    lines = ludus.make("overcooked", layout="XPSX\nO1 D\nX 2X\nXXXX")
    assert (lines.setup.params == own.setup.params).all()
    assert own.observation_size == 26 * 16
    ludus.make("overcooked", layout="XXXXX/O1P2D/XXXSX")  # a pot between the two


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("kitchen", "parameter layout must be one of cramped_room"),
        ("XPSX/O1D/X.2X/XXXX", "all rows must be of one length"),
        ("XPSX/O1.D/X.?X/XXXX", "unknown character '[?]'"),
        ("XPSX/O1.D/X..X/XXXX", "player 2 must stand there once; got 0"),
        ("XPSX/O1.D/X.2./XXXX", "the border must be"),
        ("XXSX/O1.D/X.2X/XXXX", r"there is no pot \(P\)"),
        ("XPXX/O1.X/X.2X/XXXX/XDSX", r"cannot reach: dishes \(D\), serving place \(S\)"),
        ("XPXXSX/O1PP2D/XXPPXX", "cannot hand each other what they need"),
    ],
)
def test_kitchens_in_which_nothing_can_be_cooked_are_refused(layout, message):
    with pytest.raises(ValueError, match="^overcooked: .*" + message):
        ludus.make("overcooked", layout=layout)


@pytest.mark.parametrize("id", ["cramped_room", "coordination_ring(observation=compact)", "counter_circuit"])
def test_two_cooks_deliver_soups(id):
    game = ludus.make(f"overcooked/{id}")
    log = ludus.play(game, [game.heuristic(), game.heuristic()], matches=1, seed=0)
    assert np.asarray(log.scores).min() >= 200  # ten soups


def test_the_weight_of_shaping_can_be_annealed():
    """Two cooks with weights 1 and then 0 in one batch: only the first rewards contain hints."""
    game = ludus.make("overcooked", shaping=1.0)
    env, cook, totals = game.vector_env(1), game.heuristic(), []
    obs, legal = env.reset()
    for step in range(400):
        if step == 200:
            set_shaping(game, 0.0)
        actions = np.array([[cook.probabilities(obs[:, p], legal[:, p])[0].argmax() for p in range(2)]])
        obs, reward, _, legal = env.step(actions)
        totals.append(reward[0, 0])
    assert set(totals[200:]) == {0.0, 20.0}
    assert {3.0, 5.0} <= set(totals[:200])
    with pytest.raises(ValueError, match="weight must be a finite number of at least 0, got -1"):
        set_shaping(game, -1)
    with pytest.raises(ValueError, match="takes a game of overcooked, got 'coin_game'"):
        set_shaping(ludus.make("coin_game"), 1)


def test_the_compact_observation_of_a_known_state():
    game = ludus.make("overcooked", observation="compact")
    setup, functions = game.setup, game.setup.dynamics.compiled()
    words = np.zeros(setup.state_size, np.int64)
    words[oc.PLAYERS : oc.PLAYERS + 3] = 6, oc.WEST, oc.DISH  # beside the onions
    words[oc.PLAYERS + oc.WORDS : oc.PLAYERS + oc.WORDS + 3] = 13, oc.SOUTH, oc.SOUP + 3  # before the serving place
    words[oc.CELLS + 2] = 3 + 4 * 8  # seven steps left
    words[oc.CELLS + 14], words[oc.STEP] = oc.ONION, 100
    obs, legal = np.zeros((2, setup.observation_size), np.float32), np.zeros((2, 6), bool)
    functions.view(setup.params, words, 1, obs, legal)
    own, other = [1, 1, 0, 0, 0, 1, 0, 1, 0], [1, 2, 0, 1, 0, 0, 0, 0, 1]
    ahead, places = [0, 0, 1, 0, 0, 0, 0, 0, 0], [1, 0, -1, 1, 2, 0, 1, 2, 2]
    lying, pots = [1, 1, 3, 0, 0, 0, 0, 0, 0], [-1, 1, 3, 7, 0]
    assert obs[0].tolist() == [*own, *other, *ahead, *places, *lying, 0.75, *pots]
