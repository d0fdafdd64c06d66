"""How the players' chosen action values become the values that are learned.

A mixer maps ``(q[..., P], state[..., S]) -> [..., K]``: K = 1 where the team has one value, K = P where each player
keeps its own. ``reward[..., P] -> [..., K]`` goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .networks import MLP


class Own(nn.Module):
    """Independent Q-learning: each player learns its own value from its own reward (Tan 1993)."""

    team = False

    def forward(self, q: Tensor, state: Tensor) -> Tensor:
        return q


class Sum(nn.Module):
    """Value decomposition networks: the team's value is the sum of the players' (Sunehag et al. 2018)."""

    team = True

    def forward(self, q: Tensor, state: Tensor) -> Tensor:
        return q.sum(dim=-1, keepdim=True)


class Monotone(nn.Module):
    """QMIX: ``|w2(s)| · ELU(|w1(s)| q + b1(s)) + v(s)``, monotone in every player's value (Rashid et al. 2018).

    Hypernetworks make the weights of the state, so that the state may enter without any constraint.
    """

    team = True

    def __init__(self, num_players: int, state_size: int, embed: int = 32, hyper_hidden: int = 64):
        """embed: width of the mixing layer; hyper_hidden: width of the hypernetworks."""
        super().__init__()
        self.num_players, self.embed = num_players, embed
        self.w1 = nn.Sequential(
            nn.Linear(state_size, hyper_hidden), nn.ReLU(), nn.Linear(hyper_hidden, num_players * embed)
        )
        self.b1 = nn.Linear(state_size, embed)
        self.w2 = nn.Sequential(nn.Linear(state_size, hyper_hidden), nn.ReLU(), nn.Linear(hyper_hidden, embed))
        self.v = nn.Sequential(nn.Linear(state_size, embed), nn.ReLU(), nn.Linear(embed, 1))

    def forward(self, q: Tensor, state: Tensor) -> Tensor:
        w1 = self.w1(state).abs().unflatten(-1, (self.num_players, self.embed))
        hidden = nn.functional.elu(torch.einsum("...p,...pe->...e", q, w1) + self.b1(state))
        return (hidden * self.w2(state).abs()).sum(dim=-1, keepdim=True) + self.v(state)


class Unrestricted(nn.Module):
    """A perceptron of the players' values and the state, monotone in nothing (weighted QMIX's Q*)."""

    team = True

    def __init__(self, num_players: int, state_size: int, hidden: int = 64):
        super().__init__()
        self.net = MLP(num_players + state_size, [hidden] * 2, 1)

    def forward(self, q: Tensor, state: Tensor) -> Tensor:
        return self.net.layers(torch.cat([q, state], dim=-1))


class JointValue(nn.Module):
    """A value of state and joint action (QTRAN)."""

    def __init__(self, state_size: int, num_players: int, num_actions: int, hidden: Sequence[int]):
        super().__init__()
        self.num_actions = num_actions
        self.net = MLP(state_size + num_players * num_actions, hidden, 1)

    def forward(self, state: Tensor, action: Tensor, active: Tensor) -> Tensor:
        """state: [..., S]; action: int64[..., P], nothing where not active: bool[..., P] -> [..., 1]."""
        taken = nn.functional.one_hot(action, self.num_actions) * active.unsqueeze(-1)
        return self.net.layers(torch.cat([state, taken.flatten(-2).to(state.dtype)], dim=-1))


class Duplex(nn.Module):
    """QPLEX: ``Σ w_i(s) max_a Q_i + b(s) + Σ λ_i(s, a) w_i(s) (Q_i - max_a Q_i)`` with positive w and λ.

    (Wang et al. 2021, equations 8 to 11.) λ is a sum over heads of a positive key and two gates in (0, 1).
    """

    team = True

    def __init__(self, num_players: int, num_actions: int, state_size: int, embed: int = 64, heads: int = 4):
        super().__init__()
        self.num_players, self.num_actions, self.heads = num_players, num_actions, heads

        def hyper(inputs: int, outputs: int) -> nn.Module:
            return nn.Sequential(nn.Linear(inputs, embed), nn.ReLU(), nn.Linear(embed, outputs))

        self.w, self.b = hyper(state_size, num_players), hyper(state_size, 1)
        self.key, self.gate = hyper(state_size, heads), hyper(state_size, heads * num_players)
        self.joint = hyper(state_size + num_players * num_actions, heads * num_players)

    def forward(self, q: Tensor, state: Tensor, best: Tensor, action: Tensor) -> Tensor:
        """q: [..., P], the chosen actions' values; best: [..., P], the best actions'; action: int64[..., P]."""
        taken = nn.functional.one_hot(action, self.num_actions).flatten(-2).to(state.dtype)
        shape = (self.heads, self.num_players)
        gates = self.gate(state).unflatten(-1, shape).sigmoid()
        gates = gates * self.joint(torch.cat([state, taken], dim=-1)).unflatten(-1, shape).sigmoid()
        weight = (self.key(state).abs().unsqueeze(-1) * gates).sum(dim=-2) + 1e-3
        w = self.w(state).abs() + 1e-3
        advantage = w * (q - best)
        total = (w * q).sum(dim=-1, keepdim=True) + self.b(state)
        # values learn through their plain sum alone: else a small λ would keep an underrated action as it is
        return total + ((weight - 1) * advantage.detach()).sum(dim=-1, keepdim=True)


def mixed_reward(mixer: nn.Module, reward: Tensor) -> Tensor:
    """The reward of what a mixer values: float[..., P] -> [..., 1], the players' mean, for a team; unchanged else."""
    return reward.mean(dim=-1, keepdim=True) if mixer.team else reward
