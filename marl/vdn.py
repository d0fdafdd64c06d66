"""Value decomposition networks (Sunehag et al. 2018): the team's value is the sum of the players' values."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from .mixers import Sum
from .value import ValueConfig, agent, build, train

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(ValueConfig):
    def mixer(self, num_players: int, state_size: int) -> nn.Module:
        return Sum()
