"""Weighted QMIX (Rashid et al. 2020): a monotone fit that cares most about joint actions worth choosing.

A second, unrestricted value Q* of state and joint action is learned alongside, and its targets serve both. QMIX's error
is weighted: fully where the joint action may be the best one, by `alpha` elsewhere (*centrally*: the target exceeds Q*
of the greedy action, equation 6; *optimistically*: QMIX underestimates, equation 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from ..games.game import Game
from . import qmix, value
from .config import setting
from .mixers import Unrestricted
from .rollout import state_size
from .targets import greedy
from .value import Nets, action_values, agent, chosen, half_mean_square, player_net, td_targets

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(qmix.Config):
    weighting: str = setting("optimistic", "which weights", choices=("optimistic", "central"))
    alpha: float = setting(0.1, "the weight of joint actions that are not worth choosing", low=0, high=1)
    central_hidden: int = setting(64, "width of the unrestricted mixer", low=1)


def build(game: Game, config: Config) -> Nets:
    """QMIX's networks, and for Q* a network of action values with an unrestricted mixer."""
    size, players = state_size(game), game.num_players
    central = nn.ModuleDict(
        {"agent": player_net(game, config), "mixer": Unrestricted(players, size, config.central_hidden)}
    )
    return Nets(player_net(game, config), config.mixer(players, size), central=central)


def weights(q: Tensor, returns: Tensor, best: Tensor, is_best: Tensor, config: Config) -> Tensor:
    """Each decision's weight. q: QMIX's value; returns: its target; best: Q* of the greedy joint action; is_best:
    whether that was taken."""
    worth = q < returns if config.weighting == "optimistic" else (returns > best) | is_best
    return torch.where(worth, 1.0, config.alpha)


def loss(nets: Nets, target: Nets, data: Mapping[str, Tensor], config: Config) -> Tensor:
    """Weighted error of QMIX, and the error of Q*, against the TD(λ) returns of Q*'s target network."""
    legal, state, action = data["legal"], data["state"], data["action"]
    values = action_values(nets.agent, data)
    q = nets.mixer(chosen(values, action, legal), state)
    central = chosen(action_values(nets.central["agent"], data), action, legal)
    with torch.no_grad():
        best_action = greedy(values, legal)
        later = chosen(action_values(target.central["agent"], data), best_action, legal)
        best = target.central["mixer"](later, state)
        returns, complete = td_targets(nets.mixer, data, best, config)
        same = ((best_action == action) | ~data["active"]).all(dim=-1, keepdim=True)
        weight = weights(q, returns, best, same, config)
    star = nets.central["mixer"](central, state)
    return half_mean_square(weight.sqrt() * (q - returns), complete) + half_mean_square(star - returns, complete)


train = partial(value.train, build=build, loss=loss)
