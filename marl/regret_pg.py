"""Regret policy gradients (Srinivasan et al. 2018): actors that follow a critic of action values, in self-play.

The critic learns what each action is worth to the player who sees its observation; between updates of the policy it is
updated several times. ``qpg`` climbs Σ π(a) (q(a) - v), ``rpg`` descends the regret Σ (q(a) - v)⁺, and ``rmpg``
climbs Σ π(a) (q(a) - v)⁺, where v = Σ π(b) q(b) (the paper's equations 3, 6 and 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..games.game import Game
from .agents import NetAgent
from .config import setting
from .loop import Loop
from .networks import MLP, PlayerNet, masked_log_softmax
from .on_policy import ValueScale, Window, collect
from .rollout import Snapshot
from .targets import lambda_returns

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config:
    num_envs: int = setting(64, "environments that step together", low=1)
    length: int = setting(4, "steps of each environment in a rollout", low=1)
    kind: str = setting("qpg", "which gradient", choices=("qpg", "rpg", "rmpg"))
    critic_updates: int = setting(4, "updates of the critic after a rollout", low=1)
    lr: float = setting(1e-3, "Adam's step size for the policy", low=0)
    critic_lr: float = setting(3e-3, "Adam's step size for the critic", low=0)
    anneal_lr: bool = setting(True, "let the step sizes fall linearly to zero")
    gamma: float = setting(1.0, "discount per decision", low=0, high=1)
    entropy: float = setting(0.1, "weight of the policy's entropy at first; it falls linearly to a tenth", low=0)
    max_grad_norm: float = setting(1.0, "gradients are clipped to this norm", low=0)
    hidden: int = setting(64, "width of the networks' layers", low=1)
    share: bool = setting(True, "one policy and one critic for all players; else one each")
    agent_ids: bool = setting(False, "give a shared network the player's number (where observations do not tell it)")


class Nets(nn.Module):
    policy: PlayerNet
    """Observation -> logits."""
    critic: PlayerNet
    """Observation -> the actions' values."""

    def __init__(self, policy: PlayerNet, critic: PlayerNet):
        super().__init__()
        self.policy, self.critic = policy, critic


def build(game: Game, config: Config) -> Nets:
    """New networks."""

    def net(gain: float) -> PlayerNet:
        def make(inputs: int) -> nn.Module:
            return MLP(inputs, [config.hidden] * 2, game.num_actions, gain)

        return PlayerNet(make, game.observation_size, game.num_players, config.share, config.agent_ids)

    return Nets(net(0.01), net(1.0))


def agent(nets: Nets, name: str) -> NetAgent:
    """Samples the policy."""
    return NetAgent(nets.policy, greedy=False, name=name)


def train(
    game: Game, config: Config, steps: int, seed: int, name: str = "regret_pg", state: Mapping[str, Any] | None = None
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured. state: of a checkpoint.

    Raises:
        FloatingPointError: a loss is not a finite number.
    """
    loop = Loop(game, config, steps, seed, build, state)
    nets, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    actor = torch.optim.Adam(nets.policy.parameters(), lr=config.lr, fused=True)
    critic = torch.optim.Adam(nets.critic.parameters(), lr=config.critic_lr, fused=True)
    window, plain = Window(envs, config.length, central=False), ValueScale(False)
    loop.keep(state, actor=actor, critic=critic, window=window)

    while True:
        collect(nets.policy, None, plain, envs, window, rng, config.gamma)
        clock.step += config.length * config.num_envs
        data = {name: torch.from_numpy(array) for name, array in window.data.items()}
        shape = data["active"].shape
        player = torch.arange(shape[2]).repeat(shape[0] * shape[1])
        with torch.no_grad():  # the expected value of the policy, from the critic
            seen, legal = data["obs"].flatten(0, 2), data["legal"].flatten(0, 2)
            p = masked_log_softmax(nets.policy.at_once(seen, player), legal).exp()
            value = (p * nets.critic.at_once(seen, player)).sum(dim=-1).reshape(shape)
            returns, complete = lambda_returns(
                data["reward"], data["done"].unsqueeze(-1), data["active"], value, config.gamma, 1.0
            )
        rows = complete.flatten().nonzero().squeeze(-1)
        seen, legal, player, aim = seen[rows], legal[rows], player[rows], returns.flatten()[rows]
        took = data["action"].flatten()[rows].unsqueeze(1)
        losses = []
        for _ in range(config.critic_updates if len(rows) else 0):
            error = nets.critic.at_once(seen, player).gather(1, took).squeeze(1) - aim
            losses.append(loop.update(critic, error.square().mean(), config.critic_lr))
        if len(rows):
            with torch.no_grad():
                q = nets.critic.at_once(seen, player)
            log_probs = masked_log_softmax(nets.policy.at_once(seen, player), legal)
            entropy = config.entropy * (0.1 + 0.9 * loop.left)
            losses.append(loop.update(actor, policy_loss(log_probs, q, legal, config.kind, entropy)))
        window.carry(complete.numpy())
        yield loop.snapshot(partial(agent, nets, name), losses)


def policy_loss(log_probs: Tensor, q: Tensor, legal: Tensor, kind: str, entropy: float) -> Tensor:
    """What the policy descends. log_probs, q: [N, A]; legal: bool[N, A]."""
    p = log_probs.exp()
    if kind == "rpg":
        loss = ((q - (p * q).sum(dim=1, keepdim=True)).relu() * legal).sum(dim=1).mean()
    else:
        advantage = q - (p.detach() * q).sum(dim=1, keepdim=True)
        loss = -(p * (advantage.relu() if kind == "rmpg" else advantage)).sum(dim=1).mean()
    return loss + entropy * (p * log_probs).sum(dim=1).mean()
