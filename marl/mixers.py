"""How the players' chosen action values become the values that are learned.

A mixer maps ``(q[..., P], state[..., S]) -> [..., K]``: K = 1 where the team has one value, K = P where each player
keeps its own. ``reward[..., P] -> [..., K]`` goes with it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


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


def mixed_reward(mixer: nn.Module, reward: Tensor) -> Tensor:
    """The reward of what a mixer values: float[..., P] -> [..., 1], the players' mean, for a team; unchanged else."""
    return reward.mean(dim=-1, keepdim=True) if mixer.team else reward
