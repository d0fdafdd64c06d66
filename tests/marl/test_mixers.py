"""Mixers: sums and monotonicity."""

from __future__ import annotations

import pytest
import torch

from ludus.marl.mixers import Monotone, Own, Sum, mixed_reward


@pytest.mark.parametrize("seed", range(5))
def test_qmix_is_monotone_in_every_players_value(seed):
    """∂Q_tot/∂Q_i ≥ 0 at 1,000 random points, by autograd and by moving along random non-negative directions."""
    generator = torch.Generator().manual_seed(seed)
    mixer = Monotone(num_players=4, state_size=7, embed=8, hyper_hidden=16)
    q = (10 * torch.randn(1000, 4, generator=generator)).requires_grad_()
    state = 3 * torch.randn(1000, 7, generator=generator)
    total = mixer(q, state)
    (gradient,) = torch.autograd.grad(total.sum(), q)
    assert (gradient >= 0).all()
    assert (gradient > 0).any()
    more = mixer(q + torch.rand(1000, 4, generator=generator), state)
    assert (more >= total - 1e-5).all()


def test_qmix_follows_its_formula():
    """One point, computed with the paper's formula from the layers' outputs, entry by entry."""
    mixer = Monotone(num_players=2, state_size=3, embed=4, hyper_hidden=5)
    q, s = torch.tensor([0.5, -2.0]), torch.tensor([1.0, 0.0, -1.0])
    w1, b1, w2, v = (layer(s).tolist() for layer in (mixer.w1, mixer.b1, mixer.w2, mixer.v))
    total = v[0]
    for e in range(4):
        x = abs(w1[e]) * 0.5 + abs(w1[4 + e]) * -2.0 + b1[e]
        elu = x if x > 0 else torch.tensor(x).exp().item() - 1
        total += abs(w2[e]) * elu
    assert mixer(q, s).item() == pytest.approx(total, abs=1e-5)


def test_vdn_is_the_sum_and_iql_keeps_the_players_apart():
    q, state = torch.randn(3, 5, 2), torch.zeros(3, 5, 7)
    assert torch.equal(Sum()(q, state), q.sum(-1, keepdim=True))
    assert torch.equal(Own()(q, state), q)
    reward = torch.tensor([[1.0, 3.0]])
    assert mixed_reward(Sum(), reward).tolist() == [[2.0]]
    assert mixed_reward(Own(), reward).tolist() == [[1.0, 3.0]]
