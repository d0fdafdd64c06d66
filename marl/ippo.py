"""Independent PPO (de Witt et al. 2020): every player's critic sees what the player sees."""

from __future__ import annotations

from dataclasses import dataclass

from .ppo import PPOConfig, agent, build, train

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(PPOConfig):
    """All of `PPOConfig` as it is."""
