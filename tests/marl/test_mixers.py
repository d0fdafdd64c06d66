"""Mixers: sums and monotonicity."""

from __future__ import annotations

import pytest
import torch

from ludus.marl import weighted_qmix
from ludus.marl.mixers import Duplex, Monotone, Own, Sum, mixed_reward


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


@pytest.mark.parametrize("seed", range(2))
def test_qplex_is_greatest_where_every_player_is_greedy(seed):
    """At 1,000 random points: a player who takes less than its best lowers the total, the more the less it takes."""
    generator = torch.Generator().manual_seed(seed)
    mixer = Duplex(num_players=3, num_actions=2, state_size=5, embed=8)
    state = torch.randn(1000, 5, generator=generator)
    action = torch.randint(2, (1000, 3), generator=generator)
    best, loss = 5 * torch.randn(1000, 3, generator=generator), 5 * torch.rand(1000, 3, generator=generator)
    at_best, less, least = (mixer(best - k * loss, state, best, action) for k in (0, 1, 2))
    assert (at_best > less).all()
    assert (less > least).all()


def test_weights_of_weighted_qmix():
    """Equations 6 and 7 of the paper at three decisions: underrated, overrated, overrated but greedy."""
    q, returns = torch.tensor([1.0, 3.0, 3.0]), torch.tensor([2.0, 2.0, 2.0])
    best, is_best = torch.tensor([5.0, 5.0, 5.0]), torch.tensor([False, False, True])
    optimistic, central = (weighted_qmix.Config(weighting=kind, alpha=0.25) for kind in ("optimistic", "central"))
    assert weighted_qmix.weights(q, returns, best, is_best, optimistic).tolist() == [1, 0.25, 0.25]
    assert weighted_qmix.weights(q, returns, best, is_best, central).tolist() == [0.25, 0.25, 1]
    assert weighted_qmix.weights(q, returns, best - 4, is_best, central).tolist() == [1, 1, 1]
