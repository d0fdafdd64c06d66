"""QTRAN (Son et al. 2019): a joint value without restriction, and a sum of the players' values tied to its maximum.

QTRAN-base: the joint value learns by TD; the sum of the players' values plus a state value V must equal it at the
greedy joint action and may not lie below it anywhere else (equations 5 and 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from ..games.game import Game
from . import value
from .config import setting
from .mixers import JointValue, Sum
from .networks import MLP
from .rollout import state_size
from .targets import greedy
from .value import Nets, ValueConfig, action_values, agent, chosen, half_mean_square, player_net, td_targets

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(ValueConfig):
    joint_hidden: int = setting(64, "width of the joint value's layers", low=1)
    opt_weight: float = setting(1.0, "weight of the tie at the greedy joint action", low=0)
    nopt_weight: float = setting(1.0, "weight of the tie elsewhere", low=0)

    def mixer(self, num_players: int, state_size: int) -> nn.Module:
        return Sum()


def build(game: Game, config: Config) -> Nets:
    """The players' values, the joint value of state and joint action, and V."""
    size, hidden = state_size(game), [config.joint_hidden] * 2
    joint = JointValue(size, game.num_players, game.num_actions, hidden)
    return Nets(player_net(game, config), Sum(), joint=joint, offset=MLP(size, hidden, 1))


def loss(nets: Nets, target: Nets, data: Mapping[str, Tensor], config: Config) -> Tensor:
    """The joint value's TD error, and the two ties."""
    legal, state, action = data["legal"], data["state"], data["action"]
    values = action_values(nets.agent, data)
    best_action = greedy(values, legal)
    with torch.no_grad():
        later = target.joint(state, best_action, data["active"])
        returns, complete = td_targets(nets.mixer, data, later, config)
        best = nets.joint(state, best_action, data["active"])
    joint = nets.joint(state, action, data["active"])
    offset = nets.offset.layers(state)
    at_best = nets.mixer(chosen(values, best_action, legal), state) + offset - best
    below = (nets.mixer(chosen(values, action, legal), state) + offset - joint.detach()).clamp(max=0)
    return (
        half_mean_square(joint - returns, complete)
        + config.opt_weight * half_mean_square(at_best, complete)
        + config.nopt_weight * half_mean_square(below, complete)
    )


train = partial(value.train, build=build, loss=loss)
