"""Targets against the forward view of TD(λ), written out player by player in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.marl.targets import gae, greedy, lambda_returns


def forward_view(reward, done, active, value, gamma, lam):
    """One player's stream -> ({time: λ-return} of complete decisions). λ-returns as weighted n-step returns."""
    episodes, current, open_reward = [], [], False
    for t in range(len(reward)):
        if active[t]:
            current.append([t, 0.0])
            open_reward = True
        if open_reward:
            current[-1][1] += reward[t]
        if done[t]:
            episodes.append((current, True))
            current, open_reward = [], False
    episodes.append((current, False))
    out = {}
    for decisions, ended in episodes:
        times = [t for t, _ in decisions]
        rewards = [r for _, r in decisions]
        last = len(decisions) if ended else len(decisions) - 1  # up to here rewards are known
        worth = [value[t] for t in times] + [0.0]
        for k in range(last):

            def n_step(n, k=k, rewards=rewards, worth=worth):
                return sum(gamma**i * rewards[k + i] for i in range(n)) + gamma**n * worth[k + n]

            most = last - k
            out[times[k]] = (1 - lam) * sum(lam ** (n - 1) * n_step(n) for n in range(1, most))
            out[times[k]] += lam ** (most - 1) * n_step(most)
    return out


def stream(seed, steps, columns):
    rng = np.random.default_rng(seed)
    reward, value = rng.normal(size=(2, steps, columns))
    return reward, rng.random((steps, 1)) < 0.2, rng.random((steps, columns)) < 0.6, value


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    steps=st.integers(1, 20),
    gamma=st.floats(0, 1),
    lam=st.floats(0, 1),
)
def test_lambda_returns_equal_the_forward_view(seed, steps, gamma, lam):
    reward, done, active, value = stream(seed, steps, 3)
    tensors = [torch.from_numpy(a) for a in (reward, done, active, value)]
    returns, complete = lambda_returns(*tensors, gamma, lam)
    advantage, same, _ = gae(*tensors, gamma, lam)
    assert torch.equal(returns, same)
    for column in range(3):
        slow = forward_view(reward[:, column], done[:, 0], active[:, column], value[:, column], gamma, lam)
        assert complete[:, column].nonzero().flatten().tolist() == sorted(slow)
        for t in range(steps):
            assert returns[t, column].item() == pytest.approx(slow.get(t, 0.0), abs=1e-9)
            expected = slow[t] - value[t, column] if t in slow else 0.0
            assert advantage[t, column].item() == pytest.approx(expected, abs=1e-9)


def test_lambda_one_is_the_discounted_sum_and_lambda_zero_one_step_td():
    reward = torch.tensor([1.0, 2.0, 4.0]).reshape(3, 1)
    value = torch.tensor([10.0, 20.0, 40.0]).reshape(3, 1)
    done, active = torch.tensor([[False], [False], [True]]), torch.ones(3, 1, dtype=torch.bool)
    sums, _ = lambda_returns(reward, done, active, value, 0.5, 1.0)
    assert sums.flatten().tolist() == [1 + 0.5 * 2 + 0.25 * 4, 2 + 0.5 * 4, 4]
    one_step, _ = lambda_returns(reward, done, active, value, 0.5, 0.0)
    assert one_step.flatten().tolist() == [1 + 0.5 * 20, 2 + 0.5 * 40, 4]


def test_gae_is_the_discounted_sum_of_td_errors():
    """Schulman et al. 2016, equation 16, on a stream in which the player always acts and nothing ends."""
    reward, _, _, value = (torch.from_numpy(a) for a in stream(3, 12, 2))
    done, active = torch.zeros(12, 1, dtype=torch.bool), torch.ones(12, 2, dtype=torch.bool)
    advantage, _, complete = gae(reward, done, active, value, 0.9, 0.8)
    delta = reward[:-1] + 0.9 * value[1:] - value[:-1]
    for t in range(11):
        weights = (0.9 * 0.8) ** torch.arange(11 - t, dtype=torch.float64)
        torch.testing.assert_close(advantage[t], (weights.unsqueeze(1) * delta[t:]).sum(0))
    assert complete[:-1].all()
    assert not complete[-1].any()


def test_two_episodes_are_two_streams():
    reward, done, active, value = (torch.from_numpy(a) for a in stream(5, 16, 2))
    done = torch.zeros_like(done)
    done[7] = done[15] = True
    whole, _ = lambda_returns(reward, done, active, value, 0.9, 0.7)
    halves = [lambda_returns(reward[s], done[s], active[s], value[s], 0.9, 0.7)[0] for s in (slice(8), slice(8, 16))]
    torch.testing.assert_close(whole, torch.cat(halves))


def test_greedy_takes_the_best_legal_action():
    values = torch.tensor([[1.0, 5.0, 9.0], [1.0, 5.0, 9.0], [-3.0, -2.0, 0.0]])
    legal = torch.tensor([[True, True, True], [True, True, False], [True, False, False]])
    assert greedy(values, legal).tolist() == [2, 1, 0]
