"""QPLEX (Wang et al. 2021): the team's value is a state value plus positively weighted advantages of the players.

The weights depend on the state and the joint action, so that every joint value is represented whose best joint action
is made of the players' best ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from ..games.game import Game
from . import value
from .config import setting
from .mixers import Duplex
from .networks import ILLEGAL
from .rollout import state_size
from .value import Nets, ValueConfig, agent, chosen, player_net, td_loss

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(ValueConfig):
    embed: int = setting(64, "width of the hypernetworks", low=1)
    heads: int = setting(4, "weights of an advantage are sums of so many", low=1)


def build(game: Game, config: Config) -> Nets:
    """The players' values and their duplex duelling mixer."""
    mixer = Duplex(game.num_players, game.num_actions, state_size(game), config.embed, config.heads)
    return Nets(player_net(game, config), mixer)


def mix(mixer: nn.Module, values: Tensor, action: Tensor, legal: Tensor, state: Tensor) -> Tensor:
    best = values.masked_fill(~legal, ILLEGAL).amax(dim=-1) * legal.any(dim=-1)
    return mixer(chosen(values, action, legal), state, best, action)


def loss(nets: Nets, target: Nets, data: Mapping[str, Tensor], config: Config) -> Tensor:
    """The TD error of the mixed values."""
    return td_loss(nets, target, data, config, mix)


train = partial(value.train, build=build, loss=loss)
