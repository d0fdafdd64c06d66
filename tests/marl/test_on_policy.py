"""Chunks of decisions, and the scale of values."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus
from ludus.marl import train
from ludus.marl.buffers import Reservoir
from ludus.marl.on_policy import ValueScale, chunks


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), length=st.integers(1, 6))
def test_chunks_hold_every_decision_once_in_order_and_within_episodes(seed, length):
    rng = np.random.default_rng(seed)
    t, b, p = 12, 3, 2
    complete, done = rng.random((t, b, p)) < 0.6, rng.random((t, b)) < 0.2
    rows, mask = chunks(complete, done, length)
    assert sorted(rows[mask]) == np.flatnonzero(complete).tolist()
    for rows_, mask_ in zip(rows.T, mask.T):
        size = int(mask_.sum())
        assert 1 <= size <= length
        assert mask_[:size].all()
        time, env, player = np.unravel_index(rows_[:size], complete.shape)
        assert len({*zip(env, player)}) == 1
        assert (np.diff(time) > 0).all()
        assert not done[time[0] : time[-1], env[0]].any()
        assert complete[time[0] : time[-1] + 1, env[0], player[0]].sum() == size  # none is left out in between


def test_value_scale_is_debiased_and_inverts():
    """After equal batches the moments are the batch's, however few there were."""
    x = torch.tensor([1.0, 5.0, 9.0])
    scale = ValueScale(keep=0.99)
    for _ in range(3):
        scale.update(x)
        mean, deviation = scale.moments()
        assert mean.item() == pytest.approx(5, rel=1e-5)
        assert deviation.item() == pytest.approx(x.std(correction=0).item(), rel=1e-4)
    torch.testing.assert_close(scale.real(scale.normalised(x)), x)
    off = ValueScale(on=False)
    off.update(x)
    assert torch.equal(off.normalised(x), x)


def test_a_reservoir_keeps_everything_with_the_same_probability():
    counts = np.zeros(40)
    for seed in range(400):
        rng, reservoir = np.random.default_rng(seed), Reservoir(10, {"x": ((), np.int64)})
        for start in range(0, 40, 5):
            reservoir.add(rng, x=np.arange(start, start + 5))
        counts[reservoir.data["x"]] += 1
    assert np.abs(counts / 400 - 0.25).max() < 4.5 * np.sqrt(0.25 * 0.75 / 400)


@pytest.mark.parametrize("algorithm", ["maddpg", "masac"])
def test_continuous_actions_learn(algorithm):
    """One particle and its landmark: far better than doing nothing at all after a few thousand steps."""
    game = ludus.make("mpe/simple_spread", num_agents=1, continuous_actions=True)
    run = train(algorithm, game, steps=5_000, points=5, episodes=32, updates_per_step=0.1, warmup=500)
    assert run.curve[-1].mean_return > run.curve[0].mean_return
    found = run.agent.act(np.zeros((2, game.observation_size), np.float32), np.ones((2, 5), bool), None, None)[0]
    assert found.shape == (2, 5)
    assert (found >= 0).all()
    assert (found <= 1).all()
