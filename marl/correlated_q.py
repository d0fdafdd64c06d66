"""Correlated-Q (Greenwald and Hall 2003): states are valued at the correlated equilibrium of greatest total payoff."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from . import joint_table
from .joint_table import agent, build
from .stage import correlated
from .tabular import TabularConfig

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(TabularConfig):
    """All of `TabularConfig` as it is."""


train = partial(joint_table.train, solve=correlated)
