"""COMA (Foerster et al. 2018): a central critic of joint actions, and each player's counterfactual advantage.

The critic values every action of one player given the state and what the others did; the advantage is the value of the
action taken less the policy's mean over that player's actions (equation 4). For teams: the reward is the players' mean.
A time limit counts as the end of an episode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
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
    num_envs: int = setting(16, "environments that step together", low=1)
    length: int = setting(8, "steps of each environment in a rollout", low=1)
    critic_updates: int = setting(8, "updates of the critic after a rollout", low=1)
    lr: float = setting(2e-3, "Adam's step size for the policy", low=0)
    critic_lr: float = setting(5e-3, "Adam's step size for the critic", low=0)
    anneal_lr: bool = setting(True, "let the step sizes fall linearly to zero")
    gamma: float = setting(0.99, "discount per decision", low=0, high=1)
    td_lambda: float = setting(0.8, "λ of the critic's TD(λ) target", low=0, high=1)
    entropy: float = setting(0.01, "weight of the policy's entropy", low=0)
    target_rate: float = setting(0.1, "the target critic's step to the critic after a rollout", low=0, high=1)
    max_grad_norm: float = setting(10.0, "gradients are clipped to this norm", low=0)
    hidden: int = setting(64, "width of the networks' layers", low=1)
    share: bool = setting(True, "one policy and one critic for all players; else one each")
    agent_ids: bool = setting(False, "give a shared network the player's number (where observations do not tell it)")


class Nets(nn.Module):
    policy: PlayerNet
    """Observation -> logits."""
    critic: PlayerNet
    """All observations and the others' actions -> a value of each action."""
    target: PlayerNet
    """The critic, following slowly."""

    def __init__(self, policy: PlayerNet, critic: PlayerNet, target: PlayerNet):
        super().__init__()
        self.policy, self.critic, self.target = policy, critic, target.requires_grad_(False)
        self.target.load_state_dict(critic.state_dict())


def build(game: Game, config: Config) -> Nets:
    """New networks."""
    size, players, actions = game.observation_size, game.num_players, game.num_actions
    hidden = [config.hidden] * 2

    def policy(inputs: int) -> nn.Module:
        return MLP(inputs, hidden, actions, gain=0.01)

    def critic(inputs: int) -> nn.Module:
        return MLP(inputs, hidden, actions)

    def new_critic() -> PlayerNet:
        return PlayerNet(critic, players * (size + actions), players, config.share, True)

    return Nets(PlayerNet(policy, size, players, config.share, config.agent_ids), new_critic(), new_critic())


def agent(nets: Nets, name: str) -> NetAgent:
    """Samples the policy."""
    return NetAgent(nets.policy, greedy=False, name=name)


def train(
    game: Game, config: Config, steps: int, seed: int, name: str = "coma", state: Mapping[str, Any] | None = None
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured. state: of a checkpoint.

    Raises:
        FloatingPointError: a loss is not a finite number.
    """
    loop = Loop(game, config, steps, seed, build, state)
    nets, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    actor = torch.optim.Adam(nets.policy.parameters(), lr=config.lr, eps=1e-5, fused=True)
    critic = torch.optim.Adam(nets.critic.parameters(), lr=config.critic_lr, eps=1e-5, fused=True)
    window, plain = Window(envs, config.length, central=True), ValueScale(False)
    loop.keep(state, actor=actor, critic=critic, window=window)

    while True:
        collect(nets.policy, None, plain, envs, window, rng, config.gamma)
        clock.step += config.length * config.num_envs
        data = {name: torch.from_numpy(array) for name, array in window.data.items()}
        inputs, player = critic_inputs(data, game.num_actions)
        shape = data["action"].shape
        took = data["action"].reshape(-1, 1)
        with torch.no_grad():
            value = nets.target.at_once(inputs, player).gather(1, took).reshape(shape)
            reward = data["reward"].mean(dim=-1, keepdim=True).expand(shape)
            returns, complete = lambda_returns(
                reward, data["done"].unsqueeze(-1), data["active"], value, config.gamma, config.td_lambda
            )
        rows = complete.flatten().nonzero().squeeze(-1)
        inputs, player, took, aim = inputs[rows], player[rows], took[rows], returns.flatten()[rows]
        losses = []
        for part in np.array_split(rng.permutation(len(rows)), config.critic_updates):
            if len(part):
                k = torch.from_numpy(part)
                error = nets.critic.at_once(inputs[k], player[k]).gather(1, took[k]).squeeze(1) - aim[k]
                losses.append(loop.update(critic, error.square().mean(), config.critic_lr))
        if len(rows):
            with torch.no_grad():
                q = nets.critic.at_once(inputs, player)
            legal = data["legal"].flatten(0, 2)[rows]
            obs = data["obs"].flatten(0, 2)[rows]
            log_probs = masked_log_softmax(nets.policy.at_once(obs, player), legal)
            losses.append(loop.update(actor, coma_loss(log_probs, q, took.squeeze(1), config.entropy)))
        with torch.no_grad():
            for slow, fast in zip(nets.target.parameters(), nets.critic.parameters()):
                slow.lerp_(fast, config.target_rate)
        window.carry(complete.numpy())
        yield loop.snapshot(partial(agent, nets, name), losses)


def critic_inputs(data: Mapping[str, Tensor], num_actions: int) -> tuple[Tensor, Tensor]:
    """(what the critic sees float[T·B·P, P·(O + A)], whose row it is): all observations, and the others' actions.

    The own action and those of players who do not move are zeros; in a decision carried over from the last rollout the
    others' actions are those of row 0.
    """
    active = data["active"]
    t, b, p = active.shape
    taken = nn.functional.one_hot(data["action"], num_actions) * active.unsqueeze(-1)
    others = taken.unsqueeze(2) * (1 - torch.eye(p, dtype=taken.dtype))[:, :, None]
    seen = torch.cat([data["seen"], others.flatten(-2).to(data["seen"].dtype)], dim=-1)
    return seen.flatten(0, 2), torch.arange(p).repeat(t * b)


def coma_loss(log_probs: Tensor, q: Tensor, action: Tensor, entropy: float) -> Tensor:
    """Policy gradient with counterfactual advantages. log_probs, q: [N, A]; action: int64[N]."""
    p, at = log_probs.exp(), action.unsqueeze(1)
    advantage = (q.gather(1, at) - (p.detach() * q).sum(dim=1, keepdim=True)).squeeze(1)
    bonus = -(p * log_probs).sum(dim=1).mean()
    return -(log_probs.gather(1, at).squeeze(1) * advantage).mean() - entropy * bonus
