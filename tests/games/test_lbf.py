"""Level-based foraging against lbforaging, step by step from the original's own initial states."""

from __future__ import annotations

import gymnasium
import lbforaging  # noqa: F401  (registers the ids)
import numpy as np
import pytest

import ludus
from ludus.games.catalog import lbf

CASES = ["8x8-2p-2f", "8x8-2p-2f-coop", "2s-8x8-2p-2f-coop", "10x10-3p-3f", "2s-10x10-4p-4f", "15x15-9p-4f-coop"]
STEPS = 1700


def published(name):
    """``2s-8x8-2p-2f-coop`` -> lbforaging's id."""
    coop, name = name.endswith("-coop"), name.removesuffix("-coop")
    sight, name = name.startswith("2s-"), name.removeprefix("2s-")
    return f"Foraging{'-2s' if sight else ''}-{name}{'-coop' if coop else ''}-v3"


def copied(game, original):
    """The original's state as ours."""
    setup = game.setup
    words = np.zeros(setup.state_size, np.int64)
    for p, player in enumerate(original.players):
        words[lbf.PLAYERS + 3 * p : lbf.PLAYERS + 3 * p + 3] = *player.position, player.level
    rows, columns = np.nonzero(original.field)
    start = lbf.PLAYERS + 3 * game.num_players
    for f, (row, column) in enumerate(zip(rows, columns)):
        words[start + 3 * f : start + 3 * f + 3] = row, column, original.field[row, column]
    words[lbf.SPAWNED], words[lbf.LEFT] = original.field.sum(), len(rows)
    return words


@pytest.mark.parametrize("name", CASES)
def test_plays_as_the_original(name):
    game = ludus.make(f"lbf/{name}")
    setup, functions = game.setup, game.setup.dynamics.compiled()
    original = gymnasium.make(published(name), disable_env_checker=True).unwrapped
    rng, steps, episode, paid = np.random.default_rng(1), 0, 0, 0.0
    stream = np.zeros(2, np.uint64)
    while steps < STEPS:
        expected, _ = original.reset(seed=episode)
        episode += 1
        words, done = copied(game, original), False
        obs = np.zeros((game.num_players, setup.observation_size), np.float32)
        legal = np.zeros((game.num_players, 6), bool)
        functions.view(setup.params, words, 1, obs, legal)
        while not done:
            np.testing.assert_array_equal(obs, np.array(expected))
            for p, player in enumerate(original.players):
                assert np.flatnonzero(legal[p]).tolist() == sorted(a.value for a in original._valid_actions[player])
            # loading is tried more often than other actions, so that food is eaten
            wished = np.where(rng.random(game.num_players) < 0.4, lbf.LOAD, rng.integers(6, size=game.num_players))
            expected, rewards, done, _, _ = original.step(wished.tolist())
            actions = np.where(legal[np.arange(game.num_players), wished], wished, lbf.NONE)
            reward = np.zeros(game.num_players)
            end = functions.advance(setup.params, words, actions, stream, reward)
            functions.view(setup.params, words, 0, obs, legal)
            np.testing.assert_allclose(reward, rewards, rtol=1e-12)
            assert (end != 0) == done
            paid += reward.sum()
            steps += 1
    assert paid > 0


def test_initial_states_are_distributed_as_the_originals():
    """Mean level of players and foods, and mean distance between the foods, over many resets."""
    game = ludus.make("lbf/8x8-2p-2f")
    obs, _ = game.vector_env(4000, seed=1, specialised=False).reset()
    ours = obs[:, 0].astype(float)
    original = gymnasium.make(published("8x8-2p-2f"), disable_env_checker=True).unwrapped
    theirs = np.array([original.reset(seed=seed)[0][0] for seed in range(2000)], float)

    def facts(rows):
        distance = np.abs(rows[:, 0] - rows[:, 3]) + np.abs(rows[:, 1] - rows[:, 4])
        return np.stack([rows[:, 2], rows[:, 5], rows[:, 8], rows[:, 11], distance, rows[:, 6], rows[:, 9]])

    a, b = facts(ours), facts(theirs)
    error = np.sqrt(a.var(axis=1) / a.shape[1] + b.var(axis=1) / b.shape[1])
    assert (np.abs(a.mean(axis=1) - b.mean(axis=1)) < 4.5 * error).all()


def test_ids_are_the_published_ones():
    game = ludus.make("lbf/2s-10x10-3p-3f-coop")
    assert (game.id, game.num_players) == ("lbf/2s-10x10-3p-3f-coop", 3)
    assert game.parameters["sight"] == 2
    assert ludus.make("lbf/8x8-2p-2f(steps=10)").id == "lbf/8x8-2p-2f(steps=10)"
    with pytest.raises(ValueError, match="there is no game 'lbf/8x8-2p'; did you mean 'lbf/8x8-2p-"):
        ludus.make("lbf/8x8-2p")
    with pytest.raises(ValueError, match="12 foods do not fit on 6x6"):
        ludus.make("lbf/6x6-2p-12f")
    with pytest.raises(ValueError, match="parameter players must be an integer from 2 to 9; got 12"):
        ludus.make("lbf/8x8-12p-2f")
