"""The PettingZoo faces, both ways: PettingZoo's own tests on every game, and outside environments."""

from __future__ import annotations

import warnings

import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, render_test, seed_test

import ludus
from ludus.games.pettingzoo import RENDER_MODES, register_all

IDS = [info.id for info in ludus.available()]
SIMULTANEOUS = [id for id in IDS if ludus.make(id).simultaneous]


@pytest.fixture(autouse=True)
def _quiet(capsys):
    """PettingZoo's tests print and warn about style; what they assert is what counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("id", IDS)
def test_aec_passes_pettingzoos_own_tests(id):
    game = ludus.make(id)
    api_test(game.aec_env(), num_cycles=100)
    seed_test(game.aec_env, num_cycles=50)


def forgiving(game):
    """The parallel environment with illegal actions replaced by the lowest legal one: PettingZoo's test of seeds draws
    actions without looking at masks."""
    env = game.parallel_env()
    reset, step = env.reset, env.step

    def legal(agent, action):
        mask = env.seen[agent]["action_mask"] if isinstance(env.seen[agent], dict) else None
        return action if mask is None or mask[action] else int(np.argmax(mask))

    def forgiving_reset(*args, **options):
        env.seen, infos = reset(*args, **options)
        return env.seen, infos

    def forgiving_step(actions):
        env.seen, *rest = step({agent: legal(agent, action) for agent, action in actions.items()})
        return (env.seen, *rest)

    env.reset, env.step = forgiving_reset, forgiving_step
    return env


@pytest.mark.parametrize("id", SIMULTANEOUS)
def test_parallel_passes_pettingzoos_own_tests(id):
    game = ludus.make(id)
    parallel_api_test(game.parallel_env(), num_cycles=100)
    parallel_seed_test(lambda: forgiving(game), num_cycles=50)


@pytest.mark.parametrize("id", ["kuhn_poker", "connect_four", "goofspiel"])
def test_rendering(id):
    game = ludus.make(id)
    render_test(game.aec_env)
    for mode in RENDER_MODES:
        env = game.aec_env(render_mode=mode)
        env.reset(seed=0)
        shown = env.render()
        if mode == "ansi":
            assert shown == env.position.render()
        elif mode == "rgb_array":
            assert shown.dtype == np.uint8
            assert shown.ndim == 3
            assert shown.shape[2] == 3
            assert shown.max() > 0  # something is drawn
    with pytest.raises(ValueError, match="render_mode must be None or one of human, ansi"):
        game.aec_env(render_mode="hologram")


def test_pettingzoos_registry_makes_every_game():
    names = register_all()
    assert register_all() == names  # again: nothing is overridden, nothing warns
    for id in IDS:
        name = f"ludus/{id.replace('/', '.')}-v{ludus.make(id).version}"
        assert name in names
        assert pettingzoo.make("aec", name).game.id == id
        assert (name in pettingzoo.parallel_registry) == (id in SIMULTANEOUS)
    assert pettingzoo.make("aec", "ludus/kuhn_poker", players=3).game.num_players == 3
    assert pettingzoo.make("parallel", "ludus/two_step-v1", render_mode="ansi").render_mode == "ansi"


def test_turns_have_no_parallel_face():
    with pytest.raises(ValueError, match="kuhn_poker is played in turns"):
        ludus.make("kuhn_poker").parallel_env()


def test_illegal_actions_are_named():
    env = ludus.make("tic_tac_toe").aec_env()
    with pytest.raises(ValueError, match="call reset"):
        env.state()
    env.reset(seed=0)
    env.step(4)
    with pytest.raises(ValueError, match=r"action 4 is not legal for player_1; legal are \[0, 1, 2, 3, 5, 6, 7, 8\]"):
        env.step(4)
    with pytest.raises(ValueError, match="action None is not legal"):
        env.step(None)
    parallel = ludus.make("two_step").parallel_env()
    parallel.reset(seed=0)
    with pytest.raises(ValueError, match="actions lacks player_1"):
        parallel.step({"player_0": 0})


def test_simultaneous_choices_are_not_seen():
    """Prisoner's dilemma, turn by turn: the second to choose observes the same whatever the first one chose."""
    seen = []
    for first in (0, 1):
        env = ludus.make("prisoners_dilemma").aec_env()
        env.reset(seed=0)
        assert env.observe("player_1")["action_mask"].any()
        env.step(first)
        assert not env.observe("player_0")["action_mask"].any()  # has chosen already
        seen.append(env.last()[0]["observation"])
        assert env.rewards == {"player_0": 0.0, "player_1": 0.0}
        env.step(1)
        assert env._cumulative_rewards == dict(zip(env.possible_agents, ([0, 10], [1, 1])[first]))
    np.testing.assert_array_equal(*seen)


def test_an_outside_parallel_environment_plays_as_the_original():
    """mpe2's simple_spread through the batch and by hand, same seeds and actions: equal observations and rewards."""
    import mpe2.simple_spread_v3

    game = ludus.make("pettingzoo/mpe2.simple_spread_v3", N=2, max_cycles=5)
    assert (game.num_players, game.num_actions, game.simultaneous) == (2, 5, True)
    batch = game.vector_env(3, seed=7)
    obs, legal = batch.reset()
    envs = [mpe2.simple_spread_v3.parallel_env(N=2, max_cycles=5) for _ in range(3)]
    rng = np.random.default_rng(0)
    for _episode in range(2):
        seen = [env.reset(seed=batch.save().states[e][0])[0] for e, env in enumerate(envs)]
        for t in range(5):
            np.testing.assert_array_equal(obs, [[s[a] for a in game.agents] for s in seen])
            assert legal.all()
            actions = rng.integers(5, size=(3, 2))
            obs, reward, done, legal = batch.step(actions)
            stepped = [env.step(dict(zip(game.agents, row.tolist()))) for env, row in zip(envs, actions)]
            seen = [s[0] for s in stepped]
            np.testing.assert_array_equal(reward, [[s[1][a] for a in game.agents] for s in stepped])
            assert (done == (t == 4)).all()
        assert batch.truncated.all()  # a time limit, not an end by the rules
        np.testing.assert_array_equal(batch.final_obs, [[s[a] for a in game.agents] for s in seen])


def test_an_outside_turn_based_environment():
    """PettingZoo's tic-tac-toe: masks are honoured, a win pays +1 and -1 and is no truncation."""
    batch = ludus.make("pettingzoo/classic.tictactoe_v3").vector_env(1)
    _, legal = batch.reset(seed=0)
    assert batch.to_move.tolist() == [[True, False]]
    for player, cell in enumerate([0, 3, 1, 4]):
        assert legal[0, player % 2, cell]
        _, reward, done, legal = batch.step(np.full((1, 2), cell))
        assert not legal[0].any(axis=0)[cell]
        assert not done[0].any()
    with pytest.raises(ValueError, match="environment 0: action 4 is not legal for player 0"):
        batch.step(np.full((1, 2), 4))
    saved = batch.save()
    for _ in range(2):
        _, reward, done, _ = batch.step(np.full((1, 2), 2))
        assert reward.tolist() == [[1.0, -1.0]]
        assert done[0].all()
        assert not batch.truncated[0]
        batch.restore(saved)


def test_an_outside_environment_has_no_tree_and_says_so():
    game = ludus.make("pettingzoo/classic.rps_v2")
    with pytest.raises(ValueError, match="has no tree"):
        game.tree()
    with pytest.raises(ValueError, match="without readable states"):
        game.root()
    parallel_api_test(game.parallel_env(), num_cycles=20)
    with pytest.raises(ValueError, match="no parallel face"):
        ludus.make("pettingzoo/classic.tictactoe_v3").parallel_env()


@pytest.mark.parametrize(
    ("id", "error", "message"),
    [
        ("pettingzoo/nosuchpackage.env_v0", ImportError, "needs the package 'nosuchpackage'"),
        ("pettingzoo/mpe2.nosuch_v0", ValueError, "the package 'mpe2' has no environment 'nosuch_v0'"),
        ("pettingzoo/classic.nosuch_v0", ValueError, "PettingZoo has no environment 'classic/nosuch-v0'"),
        ("pettingzoo/json", ValueError, "neither `parallel_env` nor `env`"),
        ("pettingzoo/mpe2.simple_spread_v3(Q=3)", ValueError, "refuses its parameters"),
        ("pettingzoo/mpe2.simple_spread_v3(continuous_actions=true)", ValueError, "actions must be Discrete"),
    ],
)
def test_what_cannot_be_brought_in_is_named(id, error, message):
    with pytest.raises(error, match=message):
        ludus.make(id)
