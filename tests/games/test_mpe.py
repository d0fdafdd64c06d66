"""Particle environments against mpe2, step by step from the original's own initial states."""

from __future__ import annotations

import importlib
import itertools

import numpy as np
import pytest
from pettingzoo.utils.conversions import parallel_wrapper_fn

import ludus
from ludus.games.catalog import _mpe, mpe_simple_world_comm

VERSIONS = {"simple_speaker_listener": 4}
CASES = [
    ("simple", {}, {}, 1200),
    ("simple_spread", {}, {}, 600),
    ("simple_spread", {"num_agents": 4, "local_ratio": 0.25, "max_cycles": 12}, {"N": 4}, 250),
    (
        "simple_spread",
        {"num_agents": 5, "num_agent_neighbors": 2, "num_landmark_neighbors": 7, "local_ratio": 0.0},
        {"N": 5},
        100,
    ),
    ("simple_spread", {"num_agents": 1, "terminate_on_success": True}, {"N": 1}, 500),
    ("simple_speaker_listener", {}, {}, 1200),
    ("simple_reference", {}, {}, 700),
    ("simple_reference", {"local_ratio": 0.0, "max_cycles": 40}, {}, 300),
    ("simple_adversary", {}, {}, 800),
    ("simple_adversary", {"num_good": 3, "num_agent_neighbors": 2, "num_landmark_neighbors": 1}, {"N": 3}, 200),
    ("simple_tag", {}, {}, 350),
    ("simple_tag", {"num_good": 2, "num_adversaries": 2, "num_agent_neighbors": 2, "num_obstacles": 3}, {}, 200),
    ("simple_tag", {"num_adversaries": 4, "num_obstacles": 0, "terminate_on_success": True}, {}, 200),
    ("simple_push", {}, {}, 1200),
    ("simple_crypto", {}, {}, 1600),
    ("simple_world_comm", {}, {}, 150),
    (
        "simple_world_comm",
        {"num_good": 1, "num_adversaries": 2, "num_obstacles": 2, "num_food": 1, "num_forests": 3},
        {},
        200,
    ),
]
RENAMED = ("num_agents", "num_good")
"""Parameters that mpe2 calls N, in some scenarios."""
assert sum(case[3] for case in CASES) >= 9_500


def original(name, continuous, **parameters):
    """mpe2's parallel environment, without the wrapper that clips actions to float32."""
    module = importlib.import_module(f"mpe2.{name}_v{VERSIONS.get(name, 3)}")
    return parallel_wrapper_fn(module.raw_env)(continuous_actions=continuous, **parameters)


def copied(game, world):
    """The original's state as ours; only at the beginning of an episode."""
    words = np.zeros(game.setup.state_size, np.int64)
    values = words.view(np.float64)
    for p, agent in enumerate(world.agents):
        at = _mpe.BODIES + _mpe.WORDS * p
        values[at : at + 4] = *agent.state.p_pos, *agent.state.p_vel
    first = _mpe.BODIES + _mpe.WORDS * len(world.agents)
    landmarks = [l.state.p_pos for l in world.landmarks] if game.setup.params[_mpe.LANDMARKS] else []
    for l, place in enumerate(landmarks):
        values[first + 2 * l : first + 2 * l + 2] = place
    goals = [world.landmarks.index(goal) for goal in known_goals(world)]
    words[_mpe.GOAL : _mpe.GOAL + len(goals)] = goals
    if "world_comm" in game.id:
        mpe_simple_world_comm.hide(game.setup.params, words)
    return words


def known_goals(world):
    """The landmarks that matter: the goal, or each player's, or the message and the key."""
    if hasattr(world.agents[0], "speaker"):
        key = next(l for l in world.landmarks if l.color is world.agents[2].key)
        return [world.agents[0].goal_a, key]
    if hasattr(world.agents[0], "_goal_b"):
        return [agent.goal_b for agent in world.agents if agent._goal_b is not None]
    return [world.agents[0].goal_a] if hasattr(world.agents[0], "_goal_a") else []


def padded(seen, size):
    """Observations of all players, shorter ones filled with zeros, as one float32[P, size]."""
    rows = np.zeros((len(seen), size), np.float32)
    for row, each in zip(rows, seen):
        row[: len(each)] = each
    return rows


def random_actions(env, names, width, continuous, rng):
    """(our actions, the original's) drawn at random; some numbers are 0, so that now and then somebody is silent."""
    if not continuous:
        drawn = [int(rng.integers(env.action_space(a).n)) for a in names]
        return np.array(drawn), dict(zip(names, drawn))
    numbers = rng.random((len(names), width)) * (rng.random(len(names)) < 0.8)[:, None]
    return numbers, {a: row[: env.action_space(a).shape[0]] for a, row in zip(names, numbers)}


@pytest.mark.parametrize(("name", "ours", "theirs", "steps"), CASES)
@pytest.mark.parametrize("continuous", [False, True])
def test_plays_as_the_original(name, ours, theirs, steps, continuous):
    game = ludus.make(f"mpe/{name}", continuous_actions=continuous, **ours)
    setup, functions = game.setup, game.setup.dynamics.compiled()
    env = original(name, continuous, **{k: v for k, v in ours.items() if k not in RENAMED or not theirs}, **theirs)
    raw, names = env.aec_env.unwrapped, env.possible_agents
    rng, stream, played = np.random.default_rng(3), np.zeros(2, np.uint64), 0
    seen, expected, paid, due, ends, others_ends = [], [], [], [], [], []
    obs = np.zeros((len(names), setup.observation_size), np.float32)
    legal = np.zeros((len(names), setup.num_actions), bool)
    for episode in itertools.count():
        if played >= steps // 2:
            break
        env.reset(seed=episode)
        for body in raw.world.entities:  # every other episode begins in a crowd
            body.state.p_pos *= (1.0, 0.3, 1.0, 0.1)[episode % 4]
        words, end = copied(game, raw.world), 0
        obs[:], legal[:] = 0.0, False
        functions.view(setup.params, words, 1, obs, legal)
        seen.append(obs.copy())
        expected.append(padded([raw.observe(a) for a in names], setup.observation_size))
        while env.agents:
            actions, chosen = random_actions(env, names, setup.num_actions, continuous, rng)
            shown, rewards, terminated, truncated, _ = env.step(chosen)
            reward = np.zeros(len(names))
            end = functions.advance(setup.params, words, actions.reshape(-1).view(np.int64), stream, reward)
            functions.view(setup.params, words, 0, obs, legal)
            seen.append(obs.copy())
            expected.append(padded(list(shown.values()), setup.observation_size))
            paid.append(reward)
            due.append(list(rewards.values()))
            ends.append(end)
            others_ends.append(1 if any(terminated.values()) else 2 * any(truncated.values()))
            played += 1
    np.testing.assert_allclose(np.array(seen), np.array(expected), rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(np.array(paid), np.array(due), rtol=1e-9, atol=1e-9)
    assert ends == others_ends
    assert np.any(due)
    assert set(ends) == ({0, 1, 2} if ours.get("terminate_on_success") else {0, 2})
    counts = [setup.num_actions if continuous else env.action_space(a).n for a in names]
    assert [np.flatnonzero(row).tolist() for row in legal] == [list(range(count)) for count in counts]


@pytest.mark.parametrize("name", sorted({case[0] for case in CASES}))
def test_initial_states_are_distributed_as_the_originals(name):
    """Mean and mean square of every number of the first observations."""
    game = ludus.make(f"mpe/{name}")
    ours, _ = game.vector_env(4000, seed=1, specialised=False).reset()
    env = original(name, False)
    raw, size = env.aec_env.unwrapped, game.observation_size
    theirs = []
    for seed in range(200):
        raw.reset(seed=seed)
        theirs.append(padded([raw.observe(a) for a in env.possible_agents], size))
    first, second = ours.astype(float), np.array(theirs, float)
    for a, b in ((first, second), (first * first, second * second)):
        error = np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b))
        assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) < 5 * error + 1e-7).all()


def test_where_actions_are_numbers_the_surplus_of_a_player_counts_nothing():
    """The speaker has three numbers, the listener five; both hand in five."""
    env = ludus.make("mpe/simple_speaker_listener", continuous_actions=True).vector_env(2, seed=0)
    env.reset()
    start, actions = env.save(), np.full((2, 2, 5), 0.25)
    first = env.step(actions)
    env.restore(start)
    actions[:, 0, 3:] = 0.75
    again = env.step(actions)
    assert all(np.array_equal(a, b) for a, b in zip(first, again))


def test_numbers_and_sizes_of_observations():
    game = ludus.make("mpe/simple_spread(num_agents=5)")
    assert (game.num_players, game.observation_size) == (5, 30)
    assert ludus.make("mpe/simple_spread", N=5).id == game.id
    assert ludus.make("mpe/simple_spread", local_ratio=0.0).setup.common_payoff
    with pytest.raises(ValueError, match=r"mpe/simple_spread: parameter local_ratio must be a number from 0.0 to 1.0"):
        ludus.make("mpe/simple_spread", local_ratio=1.5)
    with pytest.raises(ValueError, match="mpe/simple_world_comm: parameter num_food must be an integer from 1 to 20"):
        ludus.make("mpe/simple_world_comm", num_food=0)
    with pytest.raises(ValueError, match="did you mean 'mpe/simple_spread'"):
        ludus.make("mpe/simple_spred")
