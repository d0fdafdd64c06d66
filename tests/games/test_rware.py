"""RWARE against rware 2.0, step by step from the original's own initial states."""

from __future__ import annotations

import networkx
import numpy as np
import pytest
from rware.warehouse import RewardType, Warehouse

import ludus
from ludus.games.catalog import _rware_rules as rw
from ludus.games.catalog import rware

CASES = {  # id, parameters, steps: 10,000 in all
    "tiny-2ag": ("rware/tiny-2ag", {}, 5500),
    "small-4ag-hard": ("rware/small-4ag-hard", {}, 1200),
    "tiny-6ag-easy": ("rware/tiny-6ag-easy", {}, 1000),
    "crowded": ("rware/tiny-16ag", {"height": 1, "requests": 2}, 600),
    "two stages": ("rware/tiny-3ag", {"reward": "two_stage"}, 1000),
    "global": ("rware/tiny-2ag", {"reward": "global", "sight": 2, "steps": 250}, 700),
}


def published(game):
    """The original with our game's parameters."""
    given = game.parameters
    blocks, across = rware.SIZES[given["size"]]
    return Warehouse(
        shelf_columns=across,
        column_height=given["height"],
        shelf_rows=blocks,
        n_agents=given["agents"],
        msg_bits=0,
        sensor_range=given["sight"],
        request_queue_size=given["requests"],
        max_inactivity_steps=None,
        max_steps=given["steps"],
        reward_type=RewardType[given["reward"].upper()],
    )


def copied(game, original):
    """The original's state as ours."""
    setup, sight = game.setup, game.parameters["sight"]
    words, width = np.zeros(setup.state_size, np.int64), setup.params[rw.WIDTH]
    cells = rw.AGENTS + rw.WORDS * game.num_players
    words[cells:] = np.pad(original.grid[1] > 0, sight).ravel() * rw.SHELF
    for shelf in original.request_queue:
        words[cells + (shelf.y + sight) * width + shelf.x + sight] = rw.REQUESTED
    for a, agent in enumerate(original.agents):
        cell, facing, loaded = (agent.y + sight) * width + agent.x + sight, agent.dir.value, bool(agent.carrying_shelf)
        at = rw.AGENTS + rw.WORDS * a
        words[at : at + 4] = cell, facing, loaded, agent.has_delivered
        words[cells + cell] += 4 * (1 + 4 * a + facing)
    words[rw.STEP] = original._cur_steps
    return words


def ties_by_number(monkeypatch, original):
    """Of equally long rows that meet the original takes one by the order of a set of cells; here it is, as with us, the
    one with the lowest number in front. Everything else stays the original's."""
    longest = networkx.algorithms.dag_longest_path

    def decided(rows):
        theirs, depth = longest(rows), {}
        for cell in networkx.topological_sort(rows):
            depth[cell] = 1 + max((depth[other] for other in rows.pred[cell]), default=0)
        path = [theirs[-1]]
        while rows.pred[path[0]]:
            behind = [cell for cell in rows.pred[path[0]] if depth[cell] == depth[path[0]] - 1]
            path.insert(0, min(behind, key=lambda cell: original.grid[0, cell[1], cell[0]]))
        assert len(path) == len(theirs) == depth[path[-1]]
        return path

    monkeypatch.setattr(networkx.algorithms, "dag_longest_path", decided)


@pytest.mark.parametrize("case", CASES)
def test_plays_as_the_original(case, monkeypatch):
    """States, observations, rewards and ends; which shelf is requested next is taken from the original."""
    id, parameters, total = CASES[case]
    game = ludus.make(id, **parameters)
    original, setup, functions = published(game), game.setup, game.setup.dynamics.compiled()
    if game.num_players > 2:
        ties_by_number(monkeypatch, original)
    players, cells = game.num_players, rw.AGENTS + rw.WORDS * game.num_players
    rng, stream, patrol = np.random.default_rng(1), np.ones(2, np.uint64), game.heuristic()
    done, paid, moved = True, 0.0, 0
    for step in range(total):
        if done:
            expected, _ = original.reset(seed=step)
            words = copied(game, original)
            obs, legal = np.zeros((players, setup.observation_size), np.float32), np.zeros((players, 5), bool)
            functions.view(setup.params, words, 1, obs, legal)
            assert np.array_equal(obs, np.array(expected))
        sensible = patrol.probabilities(obs, legal)[0].argmax(axis=1)
        actions = np.where(rng.random(players) < 0.85, sensible, rng.integers(5, size=players))
        before = [(agent.x, agent.y) for agent in original.agents]
        expected, rewards, done, _, _ = original.step(actions.tolist())
        moved += sum(place != (agent.x, agent.y) for place, agent in zip(before, original.agents))
        reward = np.zeros(players)
        end = functions.advance(setup.params, words, actions, stream, reward)
        theirs = copied(game, original)
        if words[rw.NEW_REQUEST]:
            assert (words[cells:] & 3 == rw.REQUESTED).sum() == game.parameters["requests"]
            assert np.array_equal(words[cells:] & 3 > 0, theirs[cells:] & 3 > 0)
            words[cells:] = theirs[cells:]
        functions.view(setup.params, words, 0, obs, legal)
        assert np.array_equal(words[cells:], theirs[cells:])
        ours, robots = words[rw.AGENTS : cells].reshape(players, -1), theirs[rw.AGENTS : cells].reshape(players, -1)
        assert np.array_equal(ours[:, :4], robots[:, :4])
        assert np.array_equal(obs, np.array(expected))
        assert reward.tolist() == rewards
        assert (end != 0) == done
        paid += reward.sum()
    assert paid > 0
    assert moved > total / 4


def test_first_states_are_distributed_as_the_originals():
    """No two robots on a cell, all requests made; robots, directions and requests in every place equally often."""
    game = ludus.make("rware/tiny-4ag-easy")
    env, episodes = game.vector_env(4000, seed=1, specialised=False), 4000
    obs, _ = env.reset()
    words = np.array([env.flat_state(e) for e in range(episodes)])
    cells = words[:, rw.AGENTS + rw.WORDS * 4 :]
    assert ((cells & 3 == rw.REQUESTED).sum(axis=1) == 8).all()
    assert ((cells >> 2 > 0).sum(axis=1) == 4).all()
    requested = (cells & 3 == rw.REQUESTED).mean(axis=0)
    assert (abs(requested[requested > 0] - 8 / 32) < 5 * np.sqrt(8 / 32 * 24 / 32 / episodes)).all()
    assert (requested > 0).sum() == 32
    robots = (cells >> 2 > 0).mean(axis=0)[game.setup.params[rw.GROUND :] != rw.OUTSIDE]
    assert (abs(robots - 4 / 110) < 5 * np.sqrt(4 / 110 / episodes)).all()
    assert (abs(obs[:, :, 3:7].mean(axis=(0, 1)) - 0.25) < 5 * np.sqrt(0.1875 / episodes / 4)).all()


def test_next_requests_are_drawn_evenly_from_the_others():
    """The shelf that is requested after a delivery; the delivered one cannot be."""
    game = ludus.make("rware/tiny-1ag-easy")
    setup, functions = game.setup, game.setup.dynamics.compiled()
    start, first, stream = np.zeros(setup.state_size, np.int64), rw.AGENTS + rw.WORDS, np.ones(2, np.uint64)
    functions.reset(setup.params, start, stream)
    cell, width = setup.params[rw.GOALS], setup.params[rw.WIDTH]
    start[first:] &= 3
    at = first + np.flatnonzero(start[first:] == rw.REQUESTED)[0]
    start[at], start[first + cell - width] = 0, rw.REQUESTED  # carried, and a cell above the goal
    start[rw.AGENTS : rw.AGENTS + 3] = cell - width, rw.DOWN, 1
    start[first + cell - width] += 4 * (1 + rw.DOWN)
    drawn, times = np.zeros(setup.params[rw.AREA]), 6000
    for _ in range(times):
        words, reward = start.copy(), np.zeros(1)
        functions.advance(setup.params, words, np.array([rw.FORWARD]), stream, reward)
        assert reward[0] == 1.0
        drawn += (words[first:] & 3 == rw.REQUESTED) & (start[first:] & 3 == rw.SHELF)
    assert drawn.sum() == times
    assert (drawn > 0).sum() == 30
    assert (abs(drawn[drawn > 0] / times - 1 / 30) < 5 * np.sqrt(1 / 30 / times)).all()


def test_robots_that_patrol_deliver():
    game = ludus.make("rware/tiny-2ag", steps=250)
    log = ludus.play(game, [game.heuristic() for _ in range(2)], matches=4, seed=0)
    assert np.asarray(log.scores).reshape(4, 2).sum(axis=1).min() >= 2


def test_ids_are_the_published_ones():
    game = ludus.make("rware/small-4ag-hard")
    assert (game.id, game.num_players, game.parameters["requests"]) == ("rware/small-4ag-hard", 4, 2)
    assert game.observation_size == 71
    assert ludus.make("rware/tiny-3ag-easy").parameters["requests"] == 6
    with pytest.raises(ValueError, match="there is no game 'rware/huge-2ag'"):
        ludus.make("rware/huge-2ag")
    with pytest.raises(ValueError, match="rware: parameter requests must be fewer than the 32 shelves; got 38"):
        ludus.make("rware/tiny-19ag-easy")
    with pytest.raises(ValueError, match="rware: parameter requests must be an integer from 1 to 200; got 0"):
        ludus.make("rware/tiny-1ag-hard")
    with pytest.raises(ValueError, match="parameter agents must be an integer from 1 to 19; got 20"):
        ludus.make("rware/tiny-20ag")
