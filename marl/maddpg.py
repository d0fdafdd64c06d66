"""MADDPG (Lowe et al. 2017): deterministic policies with central critics, for discrete and for continuous actions."""

from __future__ import annotations

from dataclasses import dataclass

from .off_policy import OffPolicyConfig, agent, build, train

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(OffPolicyConfig):
    """All of `OffPolicyConfig` as it is."""
