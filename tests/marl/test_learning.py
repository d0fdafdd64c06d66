"""Learning where the answer is known exactly."""

from __future__ import annotations

import importlib
import itertools

import numpy as np
import pytest
import torch

import ludus
from ludus.marl import evaluate, train
from ludus.marl.config import configure

GAMMA = 0.99
MATRICES = {"2A": np.full((2, 2), 7.0), "2B": np.array([[0.0, 1.0], [1.0, 8.0]])}
UNIFORM = {"epsilon_end": 1.0, "gamma": GAMMA}
"""The two-step game is learned from uniformly random play, so that every learner sees the same data."""
FAST = {"num_envs": 32, "batch": 64, "lr": 3e-3, "anneal_lr": True, "target_every": 25, "updates_per_step": 0.05}


def additive_fit(matrix):
    """The least-squares fit of a[i] + b[j] to a matrix, by solving for a and b."""
    rows = [np.concatenate([np.eye(2)[i], np.eye(2)[j]]) for i, j in itertools.product(range(2), repeat=2)]
    x = np.linalg.lstsq(np.array(rows), matrix.ravel(), rcond=None)[0]
    return x[:2, None] + x[None, 2:]


def fixed_point(fit):
    """Joint Q tables [first, 2A, 2B] of a learner that fits each state's targets by `fit`."""
    second = {name: fit(matrix) for name, matrix in MATRICES.items()}
    best = [GAMMA * table.max() for table in second.values()]
    return np.stack([fit(np.repeat(np.array(best)[:, None], 2, axis=1)), *second.values()])


def joint_tables(nets):
    """The learned Q_tot, float[3 states, 2, 2]."""
    out = np.zeros((3, 2, 2))
    obs = torch.zeros(3, 2, 5)
    for s, p in itertools.product(range(3), range(2)):
        obs[s, p, p] = obs[s, p, 2 + s] = 1.0
    with torch.no_grad():
        for s in range(3):
            q = nets.agent.at_once(obs[s], torch.arange(2))
            for i, j in itertools.product(range(2), repeat=2):
                out[s, i, j] = nets.mixer(torch.stack([q[0, i], q[1, j]]), obs[s].flatten()).item()
    return out


@pytest.fixture(scope="module")
def learned():
    """(algorithm, seed) -> (joint tables, mean return of the greedy agent)."""
    torch.set_num_threads(1)
    game, found = ludus.make("two_step"), {}
    for algorithm, seed in itertools.product(("vdn", "qmix"), range(5)):
        module = importlib.import_module(f"ludus.marl.{algorithm}")
        config = configure(module.Config, UNIFORM | FAST, algorithm)
        for snapshot in module.train(game, config, 10_000, seed):
            if snapshot.step >= 10_000:
                break
        score = evaluate(snapshot.agent(), game, episodes=20, seed=seed).mean
        found[algorithm, seed] = joint_tables(snapshot.parts["nets"]), score
    return found


@pytest.mark.parametrize("seed", range(5))
def test_vdn_learns_the_additive_fit_and_returns_7(learned, seed):
    tables, score = learned["vdn", seed]
    expected = fixed_point(additive_fit)
    np.testing.assert_allclose(expected[2], [[-1.5, 2.5], [2.5, 6.5]])
    np.testing.assert_allclose(tables, expected, atol=0.4)
    assert score.tolist() == [7, 7]


@pytest.mark.parametrize("seed", range(5))
def test_qmix_represents_2b_and_returns_8(learned, seed):
    tables, score = learned["qmix", seed]
    expected = fixed_point(lambda matrix: matrix)  # every one of these tables is monotone
    np.testing.assert_allclose(tables[2], MATRICES["2B"], atol=0.05)
    np.testing.assert_allclose(tables, expected, atol=0.15)
    assert score.tolist() == [8, 8]


@pytest.mark.parametrize("seed", range(5))
def test_ppo_self_play_on_kuhn_poker_is_hard_to_exploit(seed):
    game = ludus.make("kuhn_poker")
    run = train("ippo", game, steps=60_000, seed=seed, points=1)
    policy = ludus.tabulate(game, run.agent)
    assert ludus.solvers.exploitability(game, policy) < 0.15


@pytest.mark.parametrize("algorithm", ["iql", "vdn", "qmix", "ippo", "mappo"])
def test_every_learner_finds_a_dominant_joint_action(algorithm):
    """3 × 2 actions; the best reply does not depend on the other, so that every learner must find (2, 0), worth 5."""
    payoff = np.array([2.0, 0.0, 4.0])[:, None] + np.array([1.0, -1.0])[None, :]
    game = ludus.MatrixGame(np.stack([payoff, payoff]))
    on_policy = algorithm in ("ippo", "mappo")
    run = train(algorithm, game, steps=30_000 if on_policy else 6_000, points=1, **({} if on_policy else FAST))
    policy = ludus.tabulate(game, run.agent)
    assert ludus.solvers.expected_values(game, policy)[0] == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize("algorithm", ["ippo", "mappo"])
def test_policy_learners_find_the_best_of_the_two_step_game(algorithm):
    run = train(algorithm, "two_step", steps=30_000, points=1)
    assert run.curve[-1].mean_return == pytest.approx(8, abs=0.1)


@pytest.mark.parametrize("setting", [{"share": False}, {"agent_ids": True}, {"network": "gru"}])
def test_variants_of_the_value_networks_learn_too(setting):
    run = train("qmix", "two_step", steps=10_000, points=1, **(FAST | UNIFORM | setting))
    assert run.curve[-1].returns == (8, 8)
    policy = ludus.tabulate(run.game, [run.agent.at(p) for p in range(2)])
    assert ludus.solvers.expected_values(run.game, policy).tolist() == [8, 8]
