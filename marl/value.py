"""The loop of the value learners IQL, VDN and QMIX: replay of episodes, target networks, double-Q TD(λ), a mixer.

Explores ε-greedily in `num_envs` environments at once, keeps whole episodes, and regresses the mixed value of the
actions taken on the TD(λ) return of the target networks. The number of updates follows from the environment steps
(`updates_per_step`) and not from the number of environments.
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
from . import checkpoint
from .agents import NetAgent
from .buffers import EpisodeReplay
from .config import setting
from .mixers import mixed_reward
from .networks import NETWORKS, PlayerNet, initial_weights
from .rollout import Clock, Envs, Snapshot, check_finite, explore
from .targets import double_q, lambda_returns


@dataclass(frozen=True, kw_only=True)
class ValueConfig:
    num_envs: int = setting(8, "environments that step together", low=1)
    lr: float = setting(1e-3, "Adam's step size", low=0)
    anneal_lr: bool = setting(False, "let the step size fall linearly to zero")
    gamma: float = setting(0.99, "discount per step", low=0, high=1)
    td_lambda: float = setting(
        0.0,
        "λ of the TD(λ) target; 0 is one-step Q-learning, .6 suits long episodes played almost greedily",
        low=0,
        high=1,
    )
    epsilon_start: float = setting(1.0, "probability of a random action at first", low=0, high=1)
    epsilon_end: float = setting(0.05, "probability of a random action at last", low=0, high=1)
    epsilon_fraction: float = setting(0.5, "part of the run over which it falls", low=0, high=1)
    capacity: int = setting(5000, "episodes in the replay", low=1)
    batch: int = setting(32, "episodes in an update", low=1)
    warmup: int = setting(1000, "environment steps before the first update", low=0)
    updates_per_step: float = setting(0.04, "updates for each environment step", low=0)
    target_every: int = setting(200, "updates between copies into the target networks", low=1)
    max_grad_norm: float = setting(10.0, "gradients are clipped to this norm", low=0)
    network: str = setting("mlp", "each player's network", choices=tuple(NETWORKS))
    hidden: int = setting(64, "width of its layers", low=1)
    share: bool = setting(True, "one network for all players; else one each")
    agent_ids: bool = setting(False, "give a shared network the player's number (where observations do not tell it)")

    def mixer(self, num_players: int, state_size: int) -> nn.Module:
        """How the players' values become what is learned (see `mixers`)."""
        raise NotImplementedError


class Nets(nn.Module):
    agent: PlayerNet
    """Observation -> action values."""
    mixer: nn.Module
    """See `mixers`."""

    def __init__(self, agent: PlayerNet, mixer: nn.Module):
        super().__init__()
        self.agent, self.mixer = agent, mixer


def build(game: Game, config: ValueConfig) -> Nets:
    """New networks."""

    def net(inputs: int) -> nn.Module:
        return NETWORKS[config.network](inputs, [config.hidden] * 2, game.num_actions)

    size, players = game.observation_size, game.num_players
    player_net = PlayerNet(net, size, players, config.share, config.agent_ids)
    return Nets(agent=player_net, mixer=config.mixer(players, size * players))


def agent(nets: Nets, name: str) -> NetAgent:
    """Plays the action of highest value."""
    return NetAgent(nets.agent, greedy=True, name=name)


def train(
    game: Game, config: ValueConfig, steps: int, seed: int, name: str = "value", state: Mapping[str, Any] | None = None
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured.

    Args:
        state: of a checkpoint, from which to go on.

    Raises:
        FloatingPointError: the loss is not a finite number.
    """
    env_seed, weight_seed, choice_seed = (int(w) for w in np.random.SeedSequence(seed).generate_state(3))
    rng = np.random.default_rng(choice_seed)
    envs, clock = Envs(game, config.num_envs, env_seed), Clock()
    with initial_weights(weight_seed):
        nets = build(game, config)
    target = copy.deepcopy(nets).requires_grad_(False)
    optimiser = torch.optim.Adam(nets.parameters(), lr=config.lr, fused=True)
    b, p, a = envs.legal.shape
    memory = np.zeros((b, p, nets.agent.memory_size), np.float32)
    fields = {
        "obs": (envs.obs.shape[1:], np.float32),
        "legal": ((p, a), bool),
        "state": (envs.state.shape[1:], np.float32),
        "action": ((p,), np.int64),
        "reward": ((p,), np.float32),
        "terminal": ((), bool),
    }
    replay = EpisodeReplay(config.capacity, b, fields)
    parts = {
        "nets": nets,
        "target": target,
        "optimiser": optimiser,
        "envs": envs,
        "memory": memory,
        "replay": replay,
        "rng": rng,
        "clock": clock,
    }
    if state is not None:
        checkpoint.restore(parts, state)

    now = partial(agent, nets, name)
    while True:
        progress = clock.step / max(1.0, steps * config.epsilon_fraction)
        epsilon = config.epsilon_start + (config.epsilon_end - config.epsilon_start) * min(1.0, progress)
        seen = {"obs": envs.obs, "legal": envs.legal, "state": envs.state}
        choice = explore(nets.agent, envs, memory, epsilon, rng)
        action = np.zeros((b, p), np.int64)
        action[choice.rows] = choice.action
        reward, done = envs.step(action)
        replay.add(done, **seen, action=action, reward=reward, terminal=done & ~envs.truncated)
        memory[done] = 0.0
        clock.step += b

        while clock.updates < (clock.step - config.warmup) * config.updates_per_step and len(replay):
            loss = td_loss(nets, target, replay.sample(rng, config.batch), config.gamma, config.td_lambda)
            clock.loss = check_finite(loss.item(), clock)
            for group in optimiser.param_groups:
                group["lr"] = config.lr * (max(0.0, 1 - clock.step / steps) if config.anneal_lr else 1.0)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(nets.parameters(), config.max_grad_norm)
            optimiser.step()
            clock.updates += 1
            if clock.updates % config.target_every == 0:
                target.load_state_dict(nets.state_dict())
        yield Snapshot(clock.step, envs.mean_return, {"loss": clock.loss, "epsilon": epsilon}, parts, now)


def td_loss(nets: Nets, target: Nets, batch: Mapping[str, np.ndarray], gamma: float, lam: float) -> Tensor:
    """Half the mean squared TD(λ) error of the mixed values over a batch of episodes, arrays [T, N, ...]."""
    data = {name: torch.from_numpy(array) for name, array in batch.items()}
    legal = data["legal"] & data["filled"][..., None, None]
    active = legal.any(dim=-1)
    values = action_values(nets.agent, data["obs"], active)
    chosen = values.gather(-1, data["action"].unsqueeze(-1)).squeeze(-1) * active
    with torch.no_grad():
        greedy = double_q(values, action_values(target.agent, data["obs"], active), legal)
        value = target.mixer(greedy, data["state"])
        decided = data["filled"].unsqueeze(-1) if nets.mixer.team else active
        terminal = (data["terminal"] & data["filled"]).unsqueeze(-1)
        reward = mixed_reward(nets.mixer, data["reward"])
        returns, complete = lambda_returns(reward, terminal, decided, value, gamma, lam)
    error = (nets.mixer(chosen, data["state"]) - returns) * complete
    return 0.5 * error.square().sum() / complete.sum().clamp(min=1)


def action_values(net: PlayerNet, obs: Tensor, active: Tensor) -> Tensor:
    """obs: [T, N, P, O]; active: bool[T, N, P] -> every player's action values [T, N, P, A]."""
    t, n, p = active.shape
    player = torch.arange(p).repeat(n)
    return net.unroll(obs.flatten(1, 2), player, active.reshape(t, n * p)).unflatten(1, (n, p))
