"""Heterogeneous-agent PPO (Kuba et al. 2022): players with policies of their own are updated one after the other.

Each player's advantage is the team's times the ratio by which the players before it have already changed the joint
policy, so that every update improves the team's return on top of the updates before it (equation 11). One critic sees
the global state. For teams: the reward is the mean of the players'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from ..games.game import Game
from .config import setting
from .loop import Loop
from .on_policy import Window, chunks, collect, gather
from .ppo import Nets, PPOConfig, agent, build, critic_error, log_policy, pick, surrogate
from .rollout import Snapshot
from .targets import gae

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(PPOConfig):
    central_critic: bool = setting(True, "the critic sees the global state and not only the player's observation")
    share: bool = setting(False, "one policy for all players, against the method's point")
    magnet: float = setting(0.01, "weight of the entropy bonus")
    magnet_rate: float = setting(0.0, "not used: the magnet is the uniform policy", low=0, high=0)


def train(
    game: Game, config: Config, steps: int, seed: int, name: str = "happo", state: Mapping[str, Any] | None = None
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured. state: of a checkpoint.

    Raises:
        FloatingPointError: the loss is not a finite number.
    """
    loop = Loop(game, config, steps, seed, build, state)
    nets, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    optimiser = torch.optim.Adam(nets.parameters(), lr=config.lr, eps=1e-5, fused=True)
    memories = nets.policy.memory_size, nets.critic.memory_size
    window = Window(envs, config.length, config.central_critic, *memories)
    loop.keep(state, optimiser=optimiser, window=window)

    while True:
        collect(nets.policy, nets.critic, nets.scale, envs, window, rng, config.gamma)
        clock.step += config.length * config.num_envs
        data = {name: torch.from_numpy(array) for name, array in window.data.items()}
        reward = data["reward"].mean(dim=-1, keepdim=True).expand_as(data["reward"])
        advantage, returns, complete = gae(
            reward, data["done"].unsqueeze(-1), data["active"], data["value"], config.gamma, config.gae_lambda
        )
        nets.scale.update(returns[complete])
        centre, spread = advantage[complete].mean(), advantage[complete].std(correction=0) + 1e-8
        advantage = (advantage - centre) / spread if config.normalise else advantage
        length = config.chunk if nets.policy.memory_size else 1
        joint_ratio, losses = torch.ones_like(advantage[..., :1]), []
        for player in rng.permutation(game.num_players):
            mine = np.zeros_like(window.data["active"])
            mine[..., player] = complete.numpy()[..., player]
            rows, mask = chunks(mine, window.data["done"], length)
            if not mask.size:
                continue
            batch = {
                **gather(window, rows, advantage=joint_ratio * advantage, returns=returns),
                "mask": torch.from_numpy(mask),
            }
            for _ in range(config.epochs):
                for part in filter(len, np.array_split(rng.permutation(mask.shape[1]), config.minibatches)):
                    loss = happo_loss(nets, pick(batch, torch.from_numpy(part)), config)
                    losses.append(loop.update(optimiser, loss))
            joint_ratio = joint_ratio * changed(nets, batch, rows, joint_ratio)
        window.carry(complete.numpy())
        yield loop.snapshot(partial(agent, nets, name), losses)


def happo_loss(nets: Nets, batch: Mapping[str, torch.Tensor], config: Config) -> torch.Tensor:
    """One player's clipped surrogate with the advantages as they are, its entropy, and the critic's error."""
    log_probs = log_policy(nets.policy, batch)
    entropy = -(log_probs.exp() * log_probs).sum(dim=-1)[batch["mask"]].mean()
    gain = surrogate(log_probs, batch, config.clip, normalise=False) + config.magnet * entropy
    return config.value_weight * critic_error(nets, batch) - gain


def changed(nets: Nets, batch: Mapping[str, torch.Tensor], rows: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """By what ratio a player's update changed the probability of what it did: [T + 1, B, 1], 1 where it did not act."""
    with torch.no_grad():
        now = log_policy(nets.policy, batch).gather(-1, batch["action"].unsqueeze(-1)).squeeze(-1)
        ratio = (now - batch["log_prob"]).exp()[batch["mask"]]
    out = torch.ones(like.numel())
    place = torch.from_numpy(rows)[batch["mask"]] // nets.policy.num_players
    out[place] = ratio
    return out.reshape(like.shape)
