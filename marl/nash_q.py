"""Nash-Q (Hu and Wellman 2003): states are valued at a Nash equilibrium of the joint action values; two players."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ..games.game import Game
from . import joint_table
from .joint_table import Tables, agent
from .stage import nash
from .tabular import TabularConfig

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(TabularConfig):
    """All of `TabularConfig` as it is."""


def build(game: Game, config: Config) -> Tables:
    """Empty tables; raises ValueError where the game has not two players."""
    if game.num_players != 2:
        raise ValueError(f"nash_q is for two players, {game.id} has {game.num_players}")
    return joint_table.build(game, config)


train = partial(joint_table.train, solve=nash, build=build)
