"""The batched environment and its random streams. What every game promises is in tests/conformance."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus
from ludus.games import _streams
from ludus.games.streams import Stream, mix64, seed_word, stream_key
from ludus.games.vector import StateVectorEnv, vector_env

WORDS = st.integers(0, 2**64 - 1)


def test_the_streams_are_splitmix64():
    """The published outputs of SplitMix64 for the state 1234567 (Vigna's reference implementation)."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    stream = Stream(1234567)
    assert [int(stream.uniform() * 2**53) for _ in published] == [word >> 11 for word in published]


@given(WORDS, st.integers(0, 2**40))
@settings(max_examples=50, deadline=None)
def test_kernel_and_python_draw_the_same(key, counter):
    assert int(_streams.mix64(np.uint64(key))) == mix64(key)
    drawn = float(_streams.uniform(np.uint64(key), np.uint64(counter)))
    assert drawn == Stream(key, counter).uniform()
    assert 0.0 <= drawn < 1.0


def test_streams_differ_between_seeds_and_environments():
    keys = {stream_key(seed, e) for seed in range(100) for e in range(100)}
    assert len(keys) == 10_000


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), (2**64, ValueError), (1.5, TypeError), (True, TypeError), (None, TypeError)]
)
def test_seeds_that_are_none(seed, error):
    with pytest.raises(error, match="seed must be"):
        seed_word(seed)


def test_a_generator_is_a_seed():
    game = ludus.make("kuhn_poker")
    runs = [game.vector_env(4, seed=np.random.default_rng(3)).reset() for _ in range(2)]
    np.testing.assert_array_equal(runs[0][0], runs[1][0])


def test_chance_and_returns_have_the_games_distribution():
    """Uniform play of Kuhn poker: deals are even and the mean return is the tree's, within five standard errors."""
    game, n = ludus.make("kuhn_poker"), 20_000
    env, rng = game.vector_env(n, seed=5), np.random.default_rng(5)
    obs, _ = env.reset()
    cards = obs[:, 0, 2:5].argmax(axis=1) * 3 + obs[:, 1, 2:5].argmax(axis=1)
    counts = np.bincount(cards, minlength=9).reshape(3, 3)
    assert (counts.diagonal() == 0).all()
    even = n / 6
    assert (np.abs(counts[~np.eye(3, dtype=bool)] - even) <= 5 * np.sqrt(even)).all()
    total, running = np.zeros((n, 2)), np.ones(n, bool)
    while running.any():
        _, reward, done, _ = env.step(env.random_actions(rng))
        total[running] += reward[running]
        running &= ~done.all(axis=1)
    tree = game.tree()
    plan = ludus.Policy.uniform(game).realisation_plan()
    expected = (tree.leaf_chance * plan[tree.leaf_sequence].prod(axis=1)) @ tree.leaf_utility
    assert (np.abs(total.mean(axis=0) - expected) <= 5 * total.std(axis=0) / np.sqrt(n)).all()
    np.testing.assert_array_equal(total.sum(axis=1), 0)


def test_an_ended_episode_is_followed_by_a_new_one():
    env = ludus.make("tic_tac_toe").vector_env(1)
    first, _ = env.reset()
    for cell in (0, 3, 1, 4):
        _, reward, done, _ = env.step(np.full((1, 2), cell))
        assert not done[0].any()
        assert (reward == 0).all()
    obs, reward, done, legal = env.step(np.full((1, 2), 2))
    assert done[0].all()
    assert reward.tolist() == [[1.0, -1.0]]
    np.testing.assert_array_equal(obs, first)
    assert legal[0, 0].all()
    assert env.to_move.tolist() == [[True, False]]
    own = env.final_obs[0, 0, :9]  # the winner's marks: the row that won
    assert own.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert not env.truncated[0]
    np.testing.assert_array_equal(env.state(), obs.reshape(1, -1))


def test_actions_of_who_is_not_to_move_are_ignored():
    game = ludus.make("connect_four")
    one, other = game.vector_env(2), game.vector_env(2)
    one.reset(), other.reset()
    a = one.step(np.array([[3, -1], [2, -1]]))
    b = other.step(np.array([[3, 99], [2, 3]], np.uint8))
    for x, y in zip(a, b):
        np.testing.assert_array_equal(x, y)


def test_bad_calls_are_named():
    game = ludus.make("connect_four")
    with pytest.raises(ValueError, match="num_envs must be an integer of at least 1, got 0"):
        game.vector_env(0)
    env = game.vector_env(2)
    with pytest.raises(ValueError, match="call reset"):
        env.step(np.zeros((2, 2), int))
    env.reset()
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        env.step(np.zeros(2, int))
    with pytest.raises(TypeError, match="actions must be integers, got float64"):
        env.step(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"environment 1: action 7 is not legal for player 0; legal are \[0, 1"):
        env.step(np.array([[0, 0], [7, 0]]))
    with pytest.raises(ValueError, match="read-only"):
        env.final_obs[0] = 1
    with pytest.raises(ValueError, match="the snapshot is of connect_four, this environment is tic_tac_toe"):
        ludus.make("tic_tac_toe").vector_env(2).restore(env.save())
    with pytest.raises(ValueError, match="2 environments, this batch has 3"):
        game.vector_env(3).restore(env.save())


@pytest.mark.parametrize("id", ["kuhn_poker", "goofspiel", "tic_tac_toe"])
def test_a_snapshot_goes_on_in_another_batch(id):
    game, rng = ludus.make(id), np.random.default_rng(0)
    env = game.vector_env(5, seed=1)
    env.reset()
    for _ in range(7):
        env.step(env.random_actions(rng))
    other = game.vector_env(5, seed=2)
    other.restore(env.save())
    for _ in range(20):
        actions = env.random_actions(rng)
        for x, y in zip(env.step(actions), other.step(actions)):
            np.testing.assert_array_equal(x, y)


def test_random_actions_are_even():
    game, rng = ludus.make("connect_four"), np.random.default_rng(0)
    env = game.vector_env(14_000)
    env.reset()
    actions = env.random_actions(rng)
    assert (actions[:, 1] == -1).all()
    counts = np.bincount(actions[:, 0], minlength=7)
    assert (np.abs(counts - 2_000) <= 5 * np.sqrt(2_000)).all()


class Luck(ludus.State):
    """A coin decides whether the one player may guess at all: in half of the episodes nobody ever moves."""

    num_players, num_actions, zero_sum, min_utility, max_utility, simultaneous = 1, 2, False, 0.0, 1.0, False
    has_chance = True

    def __init__(self, moves=()):
        self.moves = moves

    def to_move(self):
        return (ludus.CHANCE,) if not self.moves else (0,) if self.moves == (1,) else ()

    def actions(self, player):
        return [0, 1]

    def chance(self):
        return [(0, 0.5), (1, 0.5)]

    def apply(self, action):
        return Luck((*self.moves, int(action)))

    def returns(self):
        return [0.25 if self.moves == (0,) else float(self.moves == (1, 1))]

    def info(self, player):
        return repr(self.moves)


def test_an_episode_without_decisions_is_paid_by_the_next_step():
    from ludus.games.game import StateGame

    env = vector_env(StateGame.of(Luck, id="luck"), 200, seed=0)
    assert isinstance(env, StateVectorEnv)
    _, legal = env.reset()
    moves = env.to_move[:, 0]
    assert 50 < moves.sum() < 150
    np.testing.assert_array_equal(legal.any(axis=(1, 2)), moves)
    _, reward, done, _ = env.step(np.ones((200, 1), int))
    assert done.all()
    np.testing.assert_array_equal(reward[:, 0], np.where(moves, 1.0, 0.25))


def test_the_kernels_run_as_plain_python_too():
    """With the compiler off, the same seeds and actions give the same run."""
    program = """
import numpy as np, ludus
for id in ("kuhn_poker", "two_step"):
    env, rng = ludus.make(id).vector_env(3, seed=4), np.random.default_rng(0)
    shown = [*env.reset()]
    for _ in range(12):
        shown += env.step(env.random_actions(rng))
    print([a.astype(float).sum(axis=0).tolist() for a in shown])
"""
    runs = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for off in ("0", "1")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0]) > 100
