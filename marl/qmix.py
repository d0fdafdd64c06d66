"""QMIX (Rashid et al. 2018): the team's value is a monotone, state-dependent mix of the players' values."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from .config import setting
from .mixers import Monotone
from .value import ValueConfig, agent, build, train

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(ValueConfig):
    embed: int = setting(32, "width of the mixing layer", low=1)
    hyper_hidden: int = setting(64, "width of the hypernetworks", low=1)

    def mixer(self, num_players: int, state_size: int) -> nn.Module:
        return Monotone(num_players, state_size, self.embed, self.hyper_hidden)
