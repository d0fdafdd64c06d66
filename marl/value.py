"""The loop of the value learners IQL, VDN and QMIX: replay of episodes, target networks, double-Q TD(λ), a mixer.

Explores ε-greedily in `num_envs` environments at once, keeps whole episodes, and regresses the mixed value of the
actions taken on the TD(λ) return of the target networks. The number of updates follows from the environment steps
(`updates_per_step`) and not from the number of environments.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..games.game import Game
from .agents import NetAgent
from .buffers import EpisodeReplay
from .config import setting
from .loop import Loop
from .mixers import mixed_reward
from .networks import NETWORKS, PlayerNet
from .rollout import Snapshot, explore, state_size
from .targets import greedy, lambda_returns


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
    last_action: bool = setting(False, "a recurrent network sees the player's last action")
    hidden: int = setting(64, "width of its layers", low=1)
    share: bool = setting(True, "one network for all players; else one each")
    agent_ids: bool = setting(False, "give a shared network the player's number (where observations do not tell it)")

    def mixer(self, num_players: int, state_size: int) -> nn.Module:
        """How the players' values become what is learned (see `mixers`)."""
        raise NotImplementedError


Mix = Callable[[nn.Module, Tensor, Tensor, Tensor, Tensor], Tensor]
"""(mixer, action values [..., P, A], actions int64[..., P], legal bool[..., P, A], state [..., S]) -> [..., K]."""


class Nets(nn.Module):
    agent: PlayerNet
    """Observation -> action values."""
    mixer: nn.Module
    """See `mixers`."""

    def __init__(self, agent: PlayerNet, mixer: nn.Module, **more: nn.Module):
        super().__init__()
        self.agent, self.mixer = agent, mixer
        for name, module in more.items():
            self.add_module(name, module)

    def __getattr__(self, name: str) -> Any:  # what `more` holds has types of its own
        return super().__getattr__(name)


def player_net(game: Game, config: ValueConfig) -> PlayerNet:
    """A new network of action values."""

    def net(inputs: int) -> nn.Module:
        return NETWORKS[config.network](inputs, [config.hidden] * 2, game.num_actions)

    last = game.num_actions if config.last_action and config.network != "mlp" else 0
    return PlayerNet(net, game.observation_size, game.num_players, config.share, config.agent_ids, last)


def build(game: Game, config: ValueConfig) -> Nets:
    """New networks."""
    return Nets(player_net(game, config), config.mixer(game.num_players, state_size(game)))


def agent(nets: Nets, name: str) -> NetAgent:
    """Plays the action of highest value."""
    return NetAgent(nets.agent, greedy=True, name=name)


def action_values(net: PlayerNet, data: Mapping[str, Tensor]) -> Tensor:
    """Every player's action values over episodes: [T, N, P, A] from obs [T, N, P, O], active and action [T, N, P]."""
    _, n, p = data["active"].shape
    player = torch.arange(p).repeat(n)
    parts = (data[name].flatten(1, 2) for name in ("active", "action"))
    return net.unroll(data["obs"].flatten(1, 2), player, *parts).unflatten(1, (n, p))


def chosen(values: Tensor, action: Tensor, legal: Tensor) -> Tensor:
    """The values [..., P] of the actions taken; 0 for players who did not decide."""
    return values.gather(-1, action.unsqueeze(-1)).squeeze(-1) * legal.any(dim=-1)


def mix_chosen(mixer: nn.Module, values: Tensor, action: Tensor, legal: Tensor, state: Tensor) -> Tensor:
    return mixer(chosen(values, action, legal), state)


def prepared(batch: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """A replay's batch as tensors, with ``active`` bool[T, N, P]; nobody is active where nothing is filled."""
    data = {name: torch.from_numpy(array) for name, array in batch.items()}
    data["legal"] = data["legal"] & data["filled"][..., None, None]
    return {**data, "active": data["legal"].any(dim=-1)}


def td_targets(
    mixer: nn.Module, data: Mapping[str, Tensor], value: Tensor, config: ValueConfig
) -> tuple[Tensor, Tensor]:
    """TD(λ) returns [T, N, K] and which of them are complete, from the values [T, N, K] of the greedy actions."""
    decided = data["filled"].unsqueeze(-1) if mixer.team else data["active"]
    terminal = (data["terminal"] & data["filled"]).unsqueeze(-1)
    reward = mixed_reward(mixer, data["reward"])
    return lambda_returns(reward, terminal, decided, value, config.gamma, config.td_lambda)


def half_mean_square(error: Tensor, complete: Tensor) -> Tensor:
    """Half the mean of squares over complete decisions."""
    return 0.5 * (error * complete).square().sum() / complete.sum().clamp(min=1)


def td_loss(nets: Nets, target: Nets, data: Mapping[str, Tensor], config: ValueConfig, mix: Mix = mix_chosen) -> Tensor:
    """Half the mean squared TD(λ) error of the mixed values over a batch of episodes, tensors [T, N, ...]."""
    values, legal, state = action_values(nets.agent, data), data["legal"], data["state"]
    with torch.no_grad():  # double Q: the target networks value what the online network would do
        value = mix(target.mixer, action_values(target.agent, data), greedy(values, legal), legal, state)
        returns, complete = td_targets(nets.mixer, data, value, config)
    return half_mean_square(mix(nets.mixer, values, data["action"], legal, state) - returns, complete)


def train(
    game: Game,
    config: ValueConfig,
    steps: int,
    seed: int,
    name: str = "value",
    state: Mapping[str, Any] | None = None,
    *,
    build: Callable[[Game, Any], Nets] = build,
    loss: Callable[[Nets, Nets, Mapping[str, Tensor], Any], Tensor] = td_loss,
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured.

    Args:
        state: of a checkpoint, from which to go on.
        build, loss: the learner's networks, and what it minimises.

    Raises:
        FloatingPointError: the loss is not a finite number.
    """
    loop = Loop(game, config, steps, seed, build, state)
    nets, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
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
    loop.keep(state, target=target, optimiser=optimiser, memory=memory, replay=replay)

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

        losses = []
        while clock.updates < (clock.step - config.warmup) * config.updates_per_step and len(replay):
            data = prepared(replay.sample(rng, config.batch))
            losses.append(loop.update(optimiser, loss(nets, target, data, config)))
            if clock.updates % config.target_every == 0:
                target.load_state_dict(nets.state_dict())
        yield loop.snapshot(partial(agent, nets, name), losses, epsilon=epsilon)
