"""Independent Q-learning (Tan 1993): every player learns its own action values from its own reward."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from .mixers import Own
from .value import ValueConfig, agent, build, train

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(ValueConfig):
    def mixer(self, num_players: int, state_size: int) -> nn.Module:
        return Own()
