"""PQN with a sum of values (Gallici et al. 2024): Q(λ) from rollouts of many environments, without replay.

Layer normalisation takes the part of a target network. The team's value is the sum of the players', as in VDN.
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
from .networks import LayerNormMLP, PlayerNet
from .rollout import Snapshot, explore
from .targets import lambda_returns
from .value import chosen

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config:
    num_envs: int = setting(64, "environments that step together", low=1)
    length: int = setting(16, "steps of each environment in a rollout", low=1)
    epochs: int = setting(4, "passes over a rollout", low=1)
    minibatches: int = setting(4, "gradient updates in a pass", low=1)
    lr: float = setting(1e-3, "RAdam's step size", low=0)
    anneal_lr: bool = setting(True, "let the step size fall linearly to zero")
    gamma: float = setting(0.99, "discount per step", low=0, high=1)
    q_lambda: float = setting(0.65, "λ of the Q(λ) target", low=0, high=1)
    epsilon_start: float = setting(1.0, "probability of a random action at first", low=0, high=1)
    epsilon_end: float = setting(0.05, "probability of a random action at last", low=0, high=1)
    epsilon_fraction: float = setting(0.5, "part of the run over which it falls", low=0, high=1)
    max_grad_norm: float = setting(10.0, "gradients are clipped to this norm", low=0)
    hidden: int = setting(64, "width of the network's layers", low=1)
    share: bool = setting(True, "one network for all players; else one each")
    agent_ids: bool = setting(False, "give a shared network the player's number (where observations do not tell it)")


class Nets(nn.Module):
    agent: PlayerNet
    """Observation -> action values."""

    def __init__(self, agent: PlayerNet):
        super().__init__()
        self.agent = agent


def build(game: Game, config: Config) -> Nets:
    """A new network."""

    def net(inputs: int) -> nn.Module:
        return LayerNormMLP(inputs, [config.hidden] * 2, game.num_actions)

    return Nets(PlayerNet(net, game.observation_size, game.num_players, config.share, config.agent_ids))


def agent(nets: Nets, name: str) -> NetAgent:
    """Plays the action of highest value."""
    return NetAgent(nets.agent, greedy=True, name=name)


def train(
    game: Game, config: Config, steps: int, seed: int, name: str = "pqn_vdn", state: Mapping[str, Any] | None = None
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured. state: of a checkpoint.

    Raises:
        FloatingPointError: the loss is not a finite number.
    """
    loop = Loop(game, config, steps, seed, build, state)
    nets, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    optimiser = torch.optim.RAdam(nets.parameters(), lr=config.lr)
    loop.keep(state, optimiser=optimiser)
    b, p, a = envs.legal.shape
    length = config.length
    obs, legal = np.zeros((length + 1, b, p, game.observation_size), np.float32), np.zeros((length + 1, b, p, a), bool)
    action = np.zeros((length + 1, b, p), np.int64)
    reward, done = np.zeros((length + 1, b, 1), np.float32), np.zeros((length + 1, b, 1), bool)
    no_memory = np.zeros((b, p, 0), np.float32)

    while True:
        progress = min(1.0, clock.step / max(1.0, steps * config.epsilon_fraction))
        epsilon = config.epsilon_start + (config.epsilon_end - config.epsilon_start) * progress
        for t in range(length):
            obs[t], legal[t] = envs.obs, envs.legal
            choice = explore(nets.agent, envs, no_memory, epsilon, rng)
            action[t][choice.rows] = choice.action
            earned, done[t, :, 0] = envs.step(action[t])
            reward[t, :, 0] = earned.mean(axis=1)
            cut = np.flatnonzero(envs.truncated)
            if cut.size:  # a time limit is not the end: what would have followed counts as reward
                last = torch.from_numpy(envs.final_obs[cut])
                after = best_value(nets, last, torch.ones(len(cut), p, a, dtype=torch.bool))
                reward[t, cut] += config.gamma * after.numpy()
            clock.step += b
        obs[length], legal[length] = envs.obs, envs.legal

        seen, may = torch.from_numpy(obs), torch.from_numpy(legal)
        value = best_value(nets, seen, may)
        paid, ended = torch.from_numpy(reward), torch.from_numpy(done)
        returns, _ = lambda_returns(paid, ended, torch.ones_like(ended), value, config.gamma, config.q_lambda)
        took = torch.from_numpy(action)
        batch = [x[:length].flatten(0, 1) for x in (seen, may, took, returns)]
        losses = []
        for _ in range(config.epochs):
            for rows in filter(len, np.array_split(rng.permutation(length * b), config.minibatches)):
                x, can, taken, aim = (part[torch.from_numpy(rows)] for part in batch)
                error = chosen(action_values(nets, x), taken, can).sum(dim=-1, keepdim=True) - aim
                losses.append(loop.update(optimiser, 0.5 * error.square().mean()))
        yield loop.snapshot(partial(agent, nets, name), losses, epsilon=epsilon)


def action_values(nets: Nets, obs: Tensor) -> Tensor:
    """obs: [..., P, O] -> [..., P, A]."""
    flat = obs.flatten(0, -2)
    players = torch.arange(obs.shape[-2]).repeat(len(flat) // obs.shape[-2])
    return nets.agent.at_once(flat, players).unflatten(0, obs.shape[:-1])


def best_value(nets: Nets, obs: Tensor, legal: Tensor) -> Tensor:
    """The team's value of the greedy joint action, [..., 1]; players without a legal action count 0."""
    with torch.no_grad():
        values = action_values(nets, obs).masked_fill(~legal, -torch.inf)
        return torch.where(legal.any(dim=-1), values.amax(dim=-1), 0.0).sum(dim=-1, keepdim=True)
