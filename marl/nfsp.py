"""Neural fictitious self-play (Heinrich and Silver 2016): a best response by Q-learning, and its average by imitation.

In each episode a player plays its best response with probability `eta`, else its average policy. The best response
learns from a ring of transitions, the average policy from a reservoir of what best responses did; the average policy
is what approaches an equilibrium, and what the agent plays.
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
from .buffers import Reservoir, TransitionReplay
from .config import setting
from .loop import Loop
from .networks import ILLEGAL, MLP, PlayerNet, masked_log_softmax
from .rollout import Snapshot, explore, sample_actions

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config:
    num_envs: int = setting(64, "environments that step together", low=1)
    eta: float = setting(0.1, "probability of an episode with the best response", low=0, high=1)
    lr: float = setting(1e-3, "Adam's step size for the average policy", low=0)
    critic_lr: float = setting(3e-3, "Adam's step size for the best response", low=0)
    anneal_lr: bool = setting(False, "let the step sizes fall linearly to zero")
    gamma: float = setting(1.0, "discount per decision", low=0, high=1)
    epsilon_start: float = setting(0.1, "probability of a random action of the best response at first", low=0, high=1)
    epsilon_end: float = setting(0.0, "probability of a random action of the best response at last", low=0, high=1)
    capacity: int = setting(20_000, "transitions in the ring", low=1)
    reservoir: int = setting(200_000, "decisions in the reservoir", low=1)
    batch: int = setting(128, "transitions, and decisions, in an update", low=1)
    warmup: int = setting(1000, "environment steps before the first update", low=0)
    updates_per_step: float = setting(0.02, "updates of both networks for each environment step", low=0)
    target_every: int = setting(200, "updates between copies into the target network", low=1)
    max_grad_norm: float = setting(10.0, "gradients are clipped to this norm", low=0)
    hidden: int = setting(64, "width of the networks' layers", low=1)
    share: bool = setting(True, "one network for all players; else one each")
    agent_ids: bool = setting(False, "give a shared network the player's number (where observations do not tell it)")


class Nets(nn.Module):
    best: PlayerNet
    """Observation -> action values of the best response."""
    target: PlayerNet
    average: PlayerNet
    """Observation -> logits of the average policy."""

    def __init__(self, best: PlayerNet, average: PlayerNet):
        super().__init__()
        self.best, self.average = best, average
        self.target = copy.deepcopy(best).requires_grad_(False)


def build(game: Game, config: Config) -> Nets:
    """New networks."""

    def net(gain: float) -> PlayerNet:
        def make(inputs: int) -> nn.Module:
            return MLP(inputs, [config.hidden] * 2, game.num_actions, gain)

        return PlayerNet(make, game.observation_size, game.num_players, config.share, config.agent_ids)

    return Nets(net(1.0), net(0.01))


def agent(nets: Nets, name: str) -> NetAgent:
    """Samples the average policy."""
    return NetAgent(nets.average, greedy=False, name=name)


def train(
    game: Game, config: Config, steps: int, seed: int, name: str = "nfsp", state: Mapping[str, Any] | None = None
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured. state: of a checkpoint.

    Raises:
        FloatingPointError: a loss is not a finite number.
    """
    loop = Loop(game, config, steps, seed, build, state)
    nets, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    best = torch.optim.Adam(nets.best.parameters(), lr=config.critic_lr, fused=True)
    average = torch.optim.Adam(nets.average.parameters(), lr=config.lr, fused=True)
    b, p, a = envs.legal.shape
    decision = {"obs": ((game.observation_size,), np.float32), "legal": ((a,), bool), "player": ((), np.int64)}
    later = {"next_obs": decision["obs"], "next_legal": decision["legal"], "terminal": ((), bool)}
    taken = {"action": ((), np.int64)}
    ring = TransitionReplay(config.capacity, decision | taken | {"reward": ((), np.float32)} | later)
    reservoir = Reservoir(config.reservoir, decision | taken)
    # each player's decision under way: none where `waiting` is False
    waiting, responds = np.zeros((b, p), bool), rng.random((b, p)) < config.eta
    held = {"obs": envs.obs.copy(), "legal": envs.legal.copy(), "action": np.zeros((b, p), np.int64)}
    paid = np.zeros((b, p), np.float32)
    under_way = {f"held_{name}": array for name, array in held.items()}
    loop.keep(state, best=best, average=average, ring=ring, reservoir=reservoir, waiting=waiting, responds=responds,
              paid=paid, **under_way)  # fmt: skip
    no_memory = np.zeros((b, p, 0), np.float32)

    def store(which: np.ndarray, obs: np.ndarray, legal: np.ndarray, terminal: np.ndarray) -> None:
        """Completes decisions of bool[B, P] by what followed them, arrays [B, P, …]."""
        if which.any():
            ring.add(
                **{name: array[which] for name, array in held.items()}, player=which.nonzero()[1],
                reward=paid[which], next_obs=obs[which], next_legal=legal[which], terminal=terminal[which],
            )  # fmt: skip

    while True:
        chance = config.epsilon_end + (config.epsilon_start - config.epsilon_end) * loop.left
        active, nobody = envs.active, np.zeros((b, p), bool)
        store(active & waiting, envs.obs, envs.legal, nobody)
        response = explore(nets.best, envs, no_memory, chance, rng)
        imitation = sample_actions(nets.average, envs, no_memory, rng)
        rows = response.rows
        action = np.zeros((b, p), np.int64)
        action[rows] = np.where(responds[rows], response.action, imitation.action)
        for name_, now in (("obs", envs.obs), ("legal", envs.legal), ("action", action)):
            held[name_][active] = now[active]
        responding = active & responds
        if responding.any():
            imitated = {name: array[responding] for name, array in held.items()}
            reservoir.add(rng, **imitated, player=responding.nonzero()[1])
        waiting |= active
        paid[active] = 0.0
        reward, done = envs.step(action)
        paid += reward
        ended = waiting & done[:, None]
        cut = np.broadcast_to(envs.truncated[:, None], ended.shape)
        store(ended, envs.final_obs, envs.legal | cut[..., None], ~cut)
        waiting[done] = False
        responds[done] = rng.random((int(done.sum()), p)) < config.eta
        clock.step += b

        losses = []
        while clock.updates // 2 < (clock.step - config.warmup) * config.updates_per_step and len(reservoir):
            data = {name: torch.from_numpy(array) for name, array in ring.sample(rng, config.batch).items()}
            loop.update(best, best_loss(nets, data, config.gamma), config.critic_lr)
            data = {name: torch.from_numpy(array) for name, array in reservoir.sample(rng, config.batch).items()}
            losses.append(loop.update(average, average_loss(nets, data)))
            if clock.updates // 2 % config.target_every == 0:
                nets.target.load_state_dict(nets.best.state_dict())
        yield loop.snapshot(partial(agent, nets, name), losses, epsilon=chance)


def best_loss(nets: Nets, data: Mapping[str, Tensor], gamma: float) -> Tensor:
    """Squared one-step error of Q-learning with a target network."""
    with torch.no_grad():
        later = nets.target.at_once(data["next_obs"], data["player"])
        value = later.masked_fill(~data["next_legal"], ILLEGAL).amax(dim=1)
        aim = data["reward"] + gamma * torch.where(data["terminal"], 0.0, value)
    q = nets.best.at_once(data["obs"], data["player"]).gather(1, data["action"].unsqueeze(1)).squeeze(1)
    return (q - aim).square().mean()


def average_loss(nets: Nets, data: Mapping[str, Tensor]) -> Tensor:
    """Cross-entropy of the best responses' actions under the average policy."""
    log_probs = masked_log_softmax(nets.average.at_once(data["obs"], data["player"]), data["legal"])
    return -log_probs.gather(1, data["action"].unsqueeze(1)).mean()
