"""Q-learning in a table (Watkins 1989), every player for itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..games.game import Game
from . import tabular
from .tabular import Table, TabularConfig, agent

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(TabularConfig):
    """All of `TabularConfig` as it is."""


def build(game: Game, config: Config) -> Table:
    """A table of action values by player and observation."""
    return Table(1 + game.observation_size, {"q": np.zeros(game.num_actions)})


def learn(table: Table, row: int, action: int, target: float, legal: np.ndarray, rate: float) -> float:
    error = target - table.values["q"][row, action]
    table.values["q"][row, action] += rate * error
    return abs(error)


train = partial(tabular.train, build=build, learn=learn)
