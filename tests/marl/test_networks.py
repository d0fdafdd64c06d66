"""Networks: who shares what, memory at own decisions only, masks."""

from __future__ import annotations

import pytest
import torch

from ludus.marl.networks import GRU, MLP, PlayerNet, initial_weights, masked_log_softmax


def mlp(inputs):
    return MLP(inputs, [8], 3)


def gru(inputs):
    return GRU(inputs, [8], 3)


def test_without_sharing_each_row_goes_through_its_players_net():
    net = PlayerNet(mlp, 4, num_players=3, share=False, ids=False)
    x, player = torch.randn(2, 6, 4), torch.tensor([2, 0, 1, 1, 0, 2])
    out, _ = net(x, player, torch.zeros(6, 0))
    for row, p in enumerate(player.tolist()):
        torch.testing.assert_close(out[:, row], net.nets[p].layers(x[:, row]))
    assert net.needs_seat


def test_sharing_with_ids_joins_a_one_hot_number():
    net = PlayerNet(mlp, 4, num_players=3, share=True, ids=True)
    x = torch.randn(1, 1, 4)
    for p in range(3):
        out, _ = net(x, torch.tensor([p]), torch.zeros(1, 0))
        joined = torch.cat([x[0, 0], torch.eye(3)[p]])
        torch.testing.assert_close(out[0, 0], net.nets[0].layers(joined))
    assert net.needs_seat
    assert not PlayerNet(mlp, 4, num_players=3, share=True, ids=False).needs_seat


@pytest.mark.parametrize("share", [True, False])
def test_unrolling_equals_stepping_at_own_decisions(share):
    net = PlayerNet(gru, 4, num_players=2, share=share, ids=False)
    x, player = torch.randn(7, 4, 4), torch.tensor([0, 1, 0, 1])
    active = torch.rand(7, 4, generator=torch.Generator().manual_seed(1)) < 0.6
    with torch.no_grad():
        out = net.unroll(x, player, active)
        memory = torch.zeros(4, net.memory_size)
        for t in range(7):
            rows = active[t]
            step, memory[rows] = net(x[t : t + 1, rows], player[rows], memory[rows])
            torch.testing.assert_close(out[t, rows], step[0])


def test_masked_log_softmax_gives_illegal_actions_no_weight_and_no_gradient():
    logits = torch.tensor([[1.0, 50.0, 2.0]], requires_grad=True)
    log_probs = masked_log_softmax(logits, torch.tensor([[True, False, True]]))
    p = log_probs.exp()
    assert p[0, 1] == 0
    assert p.sum().item() == pytest.approx(1)
    entropy = -(p * log_probs).sum()
    entropy.backward()
    assert logits.grad is not None
    assert logits.grad[0, 1] == 0
    assert torch.isfinite(logits.grad).all()
    assert entropy.item() == pytest.approx(torch.distributions.Categorical(logits=torch.tensor([1.0, 2.0])).entropy())


def test_initial_weights_come_from_the_seed_and_leave_the_global_generator_alone():
    before = torch.random.get_rng_state()
    weights = []
    for seed in (1, 1, 2):
        with initial_weights(seed):
            weights.append(mlp(4).layers[0].weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert torch.equal(before, torch.random.get_rng_state())
