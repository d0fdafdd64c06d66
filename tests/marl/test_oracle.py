"""Learners as oracles: best responses to fixed opponents, and PSRO with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import ludus
from ludus.marl.oracle import LearnerOracle


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize(("algorithm", "player"), [("ippo", 0), ("ippo", 1), ("iql", 1), ("q_learning", 0)])
def test_a_learner_finds_the_best_response(algorithm, player):
    """Rock, paper, scissors against a mixture of one who plays rock and one who plays paper: paper earns .7."""
    game = ludus.make("rock_paper_scissors")
    fast = {"warmup": 64, "num_envs": 16} if algorithm == "iql" else {"num_envs": 16}
    oracle = LearnerOracle(algorithm, steps=2_000 if algorithm == "iql" else 6_000, settings=fast)
    begun = oracle.start(game, seed=1)
    kept = {name: array.copy() for name, array in begun.items()}
    rock, paper = (ludus.games.agent.PreferenceAgent(str(a), a) for a in (0, 1))
    state = oracle.train(game, begun, player, [rock, [paper, paper]], [0.7, 0.3], seed=2)
    assert all(np.array_equal(kept[name], begun[name]) for name in kept)
    obs, legal = game.vector_env(1).reset()
    p, _ = oracle.agent(game, state).at(player).probabilities(obs[:, player], legal[:, player])
    assert p[0, 1] > 0.8


def test_a_state_of_another_learner_is_refused():
    game = ludus.make("rock_paper_scissors")
    state = LearnerOracle("q_learning").start(game)
    with pytest.raises(ValueError, match="nets does not fit"):
        LearnerOracle("ippo").agent(game, state)
