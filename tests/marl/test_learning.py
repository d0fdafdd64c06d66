"""Learning where the answer is known exactly."""

from __future__ import annotations

import importlib
import itertools

import numpy as np
import pytest
import torch

import ludus
from ludus.marl import algorithms, evaluate, train
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


QUICK = {
    **dict.fromkeys(("iql", "vdn", "qmix", "weighted_qmix", "qtran", "qplex"), (4_000, FAST)),
    **dict.fromkeys(("ippo", "mappo", "happo", "pqn_vdn"), (20_000, {})),
    "regret_pg": (20_000, {"lr": 5e-3}),
    "coma": (20_000, {"lr": 5e-3}),
    "nfsp": (10_000, {"eta": 0.5, "lr": 3e-3, "warmup": 200, "updates_per_step": 0.05}),
    **dict.fromkeys(("maddpg", "masac"), (4_000, {"warmup": 200})),
    **dict.fromkeys(("q_learning", "nash_q", "correlated_q"), (3_000, {})),
    "wolf_phc": (6_000, {"win_rate": 0.1, "lose_rate": 0.4}),
}
"""Steps and settings with which each learner solves a small game in a second."""


@pytest.mark.parametrize("algorithm", [learner.name for learner in algorithms()])
def test_every_learner_finds_a_dominant_joint_action(algorithm):
    """3 × 2 actions; the best reply does not depend on the other, so that every learner must find (2, 0), worth 5."""
    payoff = np.array([2.0, 0.0, 4.0])[:, None] + np.array([1.0, -1.0])[None, :]
    game = ludus.MatrixGame(np.stack([payoff, payoff]))
    steps, settings = QUICK[algorithm]
    run = train(algorithm, game, steps=steps, points=1, episodes=4, **settings)
    policy = ludus.tabulate(game, [run.agent.at(p) for p in range(2)])
    assert ludus.solvers.expected_values(game, policy)[0] == pytest.approx(5, abs=0.4)


NON_MONOTONE = np.array([[8.0, -12.0, -12.0], [-12.0, 0.0, 0.0], [-12.0, 0.0, 0.0]])


@pytest.mark.parametrize(("algorithm", "expected"), [("vdn", 0), ("qmix", 0), ("weighted_qmix", 8), ("qtran", 8)])
@pytest.mark.parametrize("seed", range(2))
def test_what_each_value_learner_makes_of_a_matrix_that_is_not_monotone(algorithm, expected, seed):
    """From uniform play. VDN fits row means -16/3, -4, -4, and QMIX no better; the others represent the matrix, or its
    maximum."""
    game = ludus.MatrixGame(np.stack([NON_MONOTONE, NON_MONOTONE]))
    run = train(algorithm, game, steps=8_000, seed=seed, points=1, episodes=4, **(FAST | UNIFORM))
    assert run.curve[-1].mean_return == expected


@pytest.mark.parametrize(
    ("algorithm", "settings"),
    [("ippo", {}), ("mappo", {"value_norm": True}), ("mappo", {"network": "gru"}), ("happo", {})],
)
def test_policy_learners_find_the_best_of_the_two_step_game(algorithm, settings):
    run = train(algorithm, "two_step", steps=30_000, points=1, **settings)
    assert run.curve[-1].mean_return == pytest.approx(8, abs=0.1)


@pytest.mark.parametrize("setting", [{"share": False}, {"agent_ids": True}, {"network": "gru", "last_action": True}])
def test_variants_of_the_value_networks_learn_too(setting):
    run = train("qmix", "two_step", steps=10_000, points=1, **(FAST | UNIFORM | setting))
    assert run.curve[-1].returns == (8, 8)
    policy = ludus.tabulate(run.game, [run.agent.at(p) for p in range(2)])
    assert ludus.solvers.expected_values(run.game, policy).tolist() == [8, 8]
