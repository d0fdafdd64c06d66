"""The loop of IPPO and MAPPO: proximal policy optimisation in self-play, simultaneous or turn by turn.

A player's transition lasts from one of its decisions to its next one, or to the end of the episode; the rewards in
between add up (`on_policy.Window`). Recurrent networks learn from chunks of decisions, each from the memory that the
player had when the chunk began.

In games against each other, plain PPO runs in circles around the equilibrium. A term `magnet` · KL(π‖ρ) pulls the
policy towards a slowly following copy ρ of itself, the moving magnet of magnetic mirror descent (Sokota et al. 2023).
With it the last iterate settles: at a quantal response equilibrium while ρ stands still, at a Nash equilibrium once ρ
follows.
"""

from __future__ import annotations

import copy
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
from .networks import NETWORKS, PlayerNet, masked_log_softmax
from .on_policy import ValueScale, Window, chunks, collect, gather
from .rollout import Snapshot
from .targets import gae


@dataclass(frozen=True, kw_only=True)
class PPOConfig:
    num_envs: int = setting(64, "environments that step together", low=1)
    length: int = setting(16, "steps of each environment in a rollout", low=1)
    epochs: int = setting(4, "passes over a rollout", low=1)
    minibatches: int = setting(4, "gradient updates in a pass", low=1)
    lr: float = setting(1e-3, "Adam's step size", low=0)
    anneal_lr: bool = setting(True, "let the step size fall linearly to zero")
    gamma: float = setting(0.99, "discount per decision", low=0, high=1)
    gae_lambda: float = setting(0.95, "λ of the advantage estimates", low=0, high=1)
    clip: float = setting(0.2, "the policy's ratio is clipped to 1 ± clip", low=0)
    normalise: bool = setting(True, "scale advantages to mean 0 and deviation 1 in each minibatch")
    value_weight: float = setting(0.5, "weight of the critic's loss", low=0)
    magnet: float = setting(0.5, "weight of KL(policy‖magnet)", low=0)
    magnet_rate: float = setting(0.07, "the magnet's step to the policy after a rollout; 0: it stays", low=0, high=1)
    max_grad_norm: float = setting(0.5, "gradients are clipped to this norm", low=0)
    value_norm: bool = setting(False, "the critic predicts returns on a running scale of mean 0 and deviation 1")
    network: str = setting("mlp", "each player's network, and its critic's", choices=tuple(NETWORKS))
    chunk: int = setting(10, "decisions through which a recurrent network is unrolled", low=1)
    hidden: int = setting(64, "width of the networks' layers", low=1)
    share: bool = setting(True, "one policy and one critic for all players; else one each")
    agent_ids: bool = setting(False, "give a shared network the player's number (where observations do not tell it)")
    central_critic: bool = setting(False, "the critic sees the global state and not only the player's observation")


class Nets(nn.Module):
    policy: PlayerNet
    """Observation -> logits."""
    critic: PlayerNet
    """Observation or global state -> value, on the scale's terms."""
    scale: ValueScale

    def __init__(self, policy: PlayerNet, critic: PlayerNet, scale: ValueScale):
        super().__init__()
        self.policy, self.critic, self.scale = policy, critic, scale


def build(game: Game, config: PPOConfig) -> Nets:
    """New networks."""
    size, players = game.observation_size, game.num_players
    hidden, kind = [config.hidden] * 2, NETWORKS[config.network]

    def policy(inputs: int) -> nn.Module:
        return kind(inputs, hidden, game.num_actions, gain=0.01)

    def critic(inputs: int) -> nn.Module:
        return kind(inputs, hidden, 1)

    seen = size * players if config.central_critic else size
    return Nets(
        policy=PlayerNet(policy, size, players, config.share, config.agent_ids),
        critic=PlayerNet(critic, seen, players, config.share, config.agent_ids or config.central_critic),
        scale=ValueScale(config.value_norm),
    )


def agent(nets: Nets, name: str) -> NetAgent:
    """Samples the policy."""
    return NetAgent(nets.policy, greedy=False, name=name)


def log_policy(policy: PlayerNet, batch: Mapping[str, Tensor]) -> Tensor:
    """Log-probabilities float[L, S, A] of every action at the decisions of S chunks."""
    out = policy.unroll(batch["obs"], batch["player"], batch["mask"], batch["action"], batch["memory"])
    return masked_log_softmax(out, batch["legal"])


def surrogate(log_probs: Tensor, batch: Mapping[str, Tensor], clip: float, normalise: bool) -> Tensor:
    """Clipped surrogate, to be maximised (Schulman et al. 2017, equation 7), over the decisions of a batch of chunks.

    log_probs: [L, S, A], of all actions now; batch: action, mask, log_prob (when the action was taken) and advantage.
    """
    mask = batch["mask"]
    advantage = batch["advantage"][mask]
    if normalise:
        advantage = (advantage - advantage.mean()) / (advantage.std(correction=0) + 1e-8)
    now = log_probs.gather(-1, batch["action"].unsqueeze(-1)).squeeze(-1)
    ratio = (now - batch["log_prob"])[mask].exp()
    return torch.minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage).mean()


def critic_error(nets: Nets, batch: Mapping[str, Tensor]) -> Tensor:
    """Mean squared error of the critic's values, on the scale's terms."""
    out = nets.critic.unroll(batch["seen"], batch["player"], batch["mask"], batch["action"], batch["critic_memory"])
    return (out.squeeze(-1) - nets.scale.normalised(batch["returns"]))[batch["mask"]].square().mean()


def ppo_loss(nets: Nets, batch: Mapping[str, Tensor], config: PPOConfig) -> Tensor:
    """Clipped surrogate, squared error of the critic, and the pull of the magnet.

    batch: S chunks of L decisions: obs, seen, legal, action, log_prob, advantage, returns, magnet, mask [L, S, …];
    player, memory, critic_memory [S, …].
    """
    log_probs = log_policy(nets.policy, batch)
    divergence = (log_probs.exp() * (log_probs - batch["magnet"])).sum(dim=-1)[batch["mask"]].mean()
    gain = surrogate(log_probs, batch, config.clip, config.normalise)
    return config.value_weight * critic_error(nets, batch) + config.magnet * divergence - gain


def train(
    game: Game, config: PPOConfig, steps: int, seed: int, name: str = "ppo", state: Mapping[str, Any] | None = None
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured.

    Args:
        state: of a checkpoint, from which to go on.

    Raises:
        FloatingPointError: the loss is not a finite number.
    """
    loop = Loop(game, config, steps, seed, build, state)
    nets, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    optimiser = torch.optim.Adam(nets.parameters(), lr=config.lr, eps=1e-5, fused=True)
    memories = nets.policy.memory_size, nets.critic.memory_size
    window = Window(envs, config.length, config.central_critic, *memories)
    magnet = copy.deepcopy(nets.policy).requires_grad_(False)
    loop.keep(state, magnet=magnet, optimiser=optimiser, window=window)

    while True:
        collect(nets.policy, nets.critic, nets.scale, envs, window, rng, config.gamma)
        clock.step += config.length * config.num_envs
        data = {name: torch.from_numpy(array) for name, array in window.data.items()}
        advantage, returns, complete = gae(
            data["reward"], data["done"].unsqueeze(-1), data["active"], data["value"], config.gamma, config.gae_lambda
        )
        nets.scale.update(returns[complete])
        length = config.chunk if nets.policy.memory_size else 1
        rows, mask = chunks(complete.numpy(), window.data["done"], length)
        batch = {**gather(window, rows, advantage=advantage, returns=returns), "mask": torch.from_numpy(mask)}
        with torch.no_grad():
            batch["magnet"] = log_policy(magnet, batch)
        losses = []
        for _ in range(config.epochs):
            for part in filter(len, np.array_split(rng.permutation(mask.shape[1]), config.minibatches)):
                loss = ppo_loss(nets, pick(batch, torch.from_numpy(part)), config)
                losses.append(loop.update(optimiser, loss))
        with torch.no_grad():
            for slow, fast in zip(magnet.parameters(), nets.policy.parameters()):
                slow.lerp_(fast, config.magnet_rate)
        window.carry(complete.numpy())
        yield loop.snapshot(partial(agent, nets, name), losses)


def pick(batch: Mapping[str, Tensor], part: Tensor) -> dict[str, Tensor]:
    """Some chunks of a batch. part: int64[S'], their numbers."""
    by_chunk = ("player", "memory", "critic_memory")
    return {name: x.index_select(0 if name in by_chunk else 1, part) for name, x in batch.items()}
