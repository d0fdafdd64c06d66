"""Multi-agent soft actor-critic (after Haarnoja et al. 2018): policies with entropy, twin central critics."""

from __future__ import annotations

from dataclasses import dataclass

from .config import setting
from .off_policy import OffPolicyConfig, agent, build, train

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(OffPolicyConfig):
    entropy: float = setting(0.01, "weight of the policies' entropy", low=0)
    stochastic: bool = setting(True, "policies are distributions, also where actions are continuous")
    critics: int = setting(2, "critics, of which the lowest value counts", low=1)
