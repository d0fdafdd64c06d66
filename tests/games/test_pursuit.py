"""Pursuit beside PettingZoo's: the original's reset states are loaded, and its evaders are given our random steps."""

from __future__ import annotations

import numpy as np
import pytest
from pettingzoo.sisl import pursuit_v5

import ludus
from ludus.games.catalog import pursuit
from ludus.games.dynamics import RUNNING, TRUNCATED, draw_below

SMALL = {"x_size": 7, "y_size": 7, "n_pursuers": 4, "n_evaders": 3, "obs_range": 5, "max_cycles": 50}
CASES = {
    "pursuit": ({}, 12),
    "pursuit(size=7,pursuers=4,evaders=3,sight=2,steps=50)": (SMALL, 220),
    "pursuit(size=7,pursuers=4,evaders=3,sight=2,steps=50,shared=false,surround=false,needed=1)": (
        SMALL | {"shared_reward": False, "surround": False, "n_catch": 1},
        220,
    ),
    "pursuit(size=7,pursuers=4,evaders=3,sight=2,steps=50,frozen=true,shared=false)": (
        SMALL | {"freeze_evaders": True, "shared_reward": False},
        220,
    ),
}


class Tape:
    """An evader controller that draws what our environment draws."""

    def __init__(self, rng):
        self.rng = rng

    def act(self, state):
        return int(draw_below(self.rng, 5))


def loaded(game, original):
    """Our flat state of the original's positions."""
    params = game.setup.params
    size, pursuers = int(params[pursuit.SIZE]), int(params[pursuit.PURSUERS])
    state = np.zeros(game.setup.state_size, np.int64)
    kinds = original.pursuers, original.evaders
    for kind, (bodies, first) in enumerate(zip(kinds, (pursuit.BODIES, pursuit.BODIES + pursuers))):
        for i, body in enumerate(bodies):
            cell = int(body.current_pos[0]) * size + int(body.current_pos[1])
            state[first + i] = cell
            state[pursuit.counts_at(params, kind) + cell] += 1
    state[pursuit.LEFT] = len(original.evaders)
    return state


def shown(game, state):
    setup = game.setup
    obs = np.zeros((setup.num_players, setup.observation_size), np.float32)
    legal = np.zeros((setup.num_players, 5), bool)
    setup.dynamics.view(setup.params, state, 1, obs, legal)
    world = np.zeros(setup.overview_size, np.float32)
    setup.dynamics.overview(setup.params, state, world)
    assert legal.all()
    return obs, world


@pytest.mark.parametrize("id", CASES)
def test_the_originals_observations_rewards_and_ends(id):
    keywords, steps = CASES[id]
    game, peer = ludus.make(id), pursuit_v5.parallel_env(**keywords)
    original, rng = peer.unwrapped.env, np.random.default_rng(0)
    seed, ends, paid = 0, set(), 0
    while steps > 0:
        seen, _ = peer.reset(seed=seed)
        state, stream = loaded(game, original), np.array([seed, 0], np.uint64)
        seed += 1
        if "frozen" not in id:
            original.evader_controller = Tape(stream.copy())
        end = RUNNING
        while end == RUNNING and steps > 0:
            obs, world = shown(game, state)
            for p, agent in enumerate(peer.possible_agents):
                np.testing.assert_array_equal(obs[p], seen[agent].ravel())
            np.testing.assert_array_equal(world, peer.state().ravel())
            actions = rng.integers(5, size=game.num_players)
            reward = np.zeros(game.num_players)
            end = game.setup.dynamics.advance(game.setup.params, state, actions, stream, reward)
            seen, theirs, over, cut, _ = peer.step(dict(zip(peer.possible_agents, actions.tolist())))
            np.testing.assert_allclose(reward, list(theirs.values()), atol=1e-12)
            assert set(cut.values()) == {end == TRUNCATED}
            assert (set(over.values()) == {True}) == (end != RUNNING and end != TRUNCATED)
            steps -= 1
            paid += reward.max() > 1.0
        ends.add(end)
    if keywords:
        assert TRUNCATED in ends
    assert paid > 0 or "needed" not in id


def test_nobody_begins_beside_another_of_its_kind_or_in_the_building():
    game = ludus.make("pursuit")
    env = game.vector_env(200, seed=0)
    env.reset()
    state = env.state()
    board = np.asarray(state).reshape(200, 16, 16, 3)
    assert not (board[..., 0:1] * board[..., 1:]).any()
    assert board.sum(axis=(1, 2))[:, 1:].tolist() == [[8, 30]] * 200
    for counts in (board[..., 1], board[..., 2]):
        assert counts.max() == 1
        assert not (counts[:, 1:] * counts[:, :-1]).any()
        assert not (counts[:, :, 1:] * counts[:, :, :-1]).any()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="pursuit: 8 pursuers and 30 evaders do not fit on size=8"):
        ludus.make("pursuit", size=8)
