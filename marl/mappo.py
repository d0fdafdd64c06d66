"""Multi-agent PPO (Yu et al. 2022): the critic sees the global state and the player's number."""

from __future__ import annotations

from dataclasses import dataclass

from .config import setting
from .ppo import PPOConfig, agent, build, train

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(PPOConfig):
    central_critic: bool = setting(True, "the critic sees the global state and not only the player's observation")
