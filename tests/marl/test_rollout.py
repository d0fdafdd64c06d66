"""Rollouts: decisions that reach into the next one, and what is legal."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus
from ludus.marl.networks import MLP, PlayerNet
from ludus.marl.on_policy import Window
from ludus.marl.rollout import Envs, explore, sample_actions
from ludus.marl.targets import lambda_returns


def targets(data):
    tensors = [torch.from_numpy(data[name]) for name in ("reward", "done", "active", "value")]
    tensors[1] = tensors[1].unsqueeze(-1)
    returns, complete = lambda_returns(*tensors, 0.9, 0.0)
    return returns.numpy(), complete.numpy()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), length=st.integers(1, 9))
def test_no_decision_is_lost_or_cut_between_rollouts(seed, length):
    """One-step targets of a stream seen through windows are those of the whole stream, each exactly once."""
    rng = np.random.default_rng(seed)
    steps, b, p = 40 // length * length, 3, 2
    whole = {
        "reward": rng.normal(size=(steps, b, p)).astype(np.float32),
        "value": np.arange(steps * b * p, dtype=np.float32).reshape(steps, b, p),  # tells each decision from others
        "active": rng.random((steps, b, p)) < 0.4,
        "done": rng.random((steps, b)) < 0.1,
    }
    returns, complete = targets(whole)
    expected = sorted(zip(whole["value"][complete].tolist(), returns[complete].tolist()))
    envs = SimpleNamespace(legal=np.zeros((b, p, 2), bool), obs=np.zeros((b, p, 1), np.float32))
    window, seen = Window(envs, length, central=False), []
    for start in range(0, steps, length):
        for name, array in whole.items():
            window.data[name][1:] = array[start : start + length]
        returns, complete = targets(window.data)
        seen += zip(window.data["value"][complete].tolist(), returns[complete].tolist())
        window.carry(complete)
    np.testing.assert_allclose(sorted(seen), expected, rtol=1e-5, atol=1e-5)


def test_choices_are_legal_and_told_probabilities_are_right():
    """Leduc poker masks actions; a wild net prefers illegal ones."""
    game = ludus.make("leduc_poker")
    envs, rng = Envs(game, 50, seed=0), np.random.default_rng(0)
    net = PlayerNet(lambda n: MLP(n, [16], game.num_actions, gain=20.0), game.observation_size, 2, True, False)
    memory, met = np.zeros((50, 2, 0), np.float32), set()
    for t in range(60):
        if t % 2:
            choice = explore(net, envs, memory, 0.5, rng)
        else:
            choice = sample_actions(net, envs, memory, rng)
        legal = envs.legal[choice.rows]
        met.add(legal.sum(axis=1).min())
        assert legal[np.arange(len(legal)), choice.action].all()
        if t % 2 == 0:
            with torch.no_grad():
                out = net.at_once(torch.from_numpy(envs.obs[choice.rows]), torch.from_numpy(choice.rows[1])).double()
            for k, a in enumerate(choice.action):
                mine = torch.from_numpy(legal[k])
                weight = (out[k] - out[k][mine].max()).exp() * mine
                assert np.isclose(np.exp(choice.log_prob[k]), (weight[a] / weight.sum()).item(), rtol=1e-3)
        action = np.zeros((50, 2), np.int64)
        action[choice.rows] = choice.action
        envs.step(action)
    assert min(met) < game.num_actions
