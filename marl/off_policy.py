"""The loop of MADDPG and MASAC: replay of transitions, central critics, policies that learn through the critics.

Every player's critic sees all observations and all actions; its policy follows the critic's gradient through the own
action. Discrete actions are one-hot vectors, drawn by the straight-through Gumbel softmax (Jang et al. 2017), so that
the gradient passes; continuous ones are tanh of what the network says, stretched to the game's bounds.
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

from ..games.agent import Agent
from ..games.game import Game
from .agents import ContinuousAgent, NetAgent, action_bounds
from .buffers import TransitionReplay
from .config import setting
from .loop import Loop
from .networks import ILLEGAL, MLP, PlayerNet
from .rollout import Snapshot


@dataclass(frozen=True, kw_only=True)
class OffPolicyConfig:
    num_envs: int = setting(16, "environments that step together", low=1)
    lr: float = setting(1e-3, "Adam's step size for the policy", low=0)
    critic_lr: float = setting(3e-3, "Adam's step size for the critics", low=0)
    anneal_lr: bool = setting(False, "let the step sizes fall linearly to zero")
    gamma: float = setting(0.99, "discount per step", low=0, high=1)
    capacity: int = setting(100_000, "transitions in the replay", low=1)
    batch: int = setting(256, "transitions in an update", low=1)
    warmup: int = setting(1000, "environment steps before the first update", low=0)
    updates_per_step: float = setting(0.05, "updates for each environment step", low=0)
    target_rate: float = setting(0.02, "the target networks' step to the networks after an update", low=0, high=1)
    gumbel: float = setting(1.0, "temperature of the Gumbel softmax", low=1e-3)
    noise: float = setting(
        0.2, "deviation of a continuous action's exploration, where policies are not stochastic", low=0
    )
    entropy: float = setting(0.0, "weight of the policies' entropy", low=0)
    stochastic: bool = setting(False, "policies are distributions, also where actions are continuous")
    critics: int = setting(1, "critics, of which the lowest value counts", low=1)
    max_grad_norm: float = setting(10.0, "gradients are clipped to this norm", low=0)
    hidden: int = setting(64, "width of the networks' layers", low=1)
    share: bool = setting(True, "one policy and one set of critics for all players; else one each")
    agent_ids: bool = setting(False, "give a shared policy the player's number (where observations do not tell it)")


class Nets(nn.Module):
    policy: PlayerNet
    """Observation -> logits, or a continuous action's mean (and, where stochastic, its logarithmic deviation)."""
    critics: nn.ModuleList
    """All observations and actions -> the player's value."""

    def __init__(self, policy: PlayerNet, critics: nn.ModuleList, bounds: tuple[float, float] | None):
        super().__init__()
        self.policy, self.critics, self.bounds = policy, critics, bounds


def build(game: Game, config: OffPolicyConfig) -> Nets:
    """New networks."""
    size, players, actions = game.observation_size, game.num_players, game.num_actions
    bounds, hidden = action_bounds(game), [config.hidden] * 2
    outputs = 2 * actions if bounds and config.stochastic else actions

    def policy(inputs: int) -> nn.Module:
        return MLP(inputs, hidden, outputs, gain=0.01)

    def critic(inputs: int) -> nn.Module:
        return MLP(inputs, hidden, 1)

    critics = (
        PlayerNet(critic, players * (size + actions), players, config.share, True) for _ in range(config.critics)
    )
    return Nets(PlayerNet(policy, size, players, config.share, config.agent_ids), nn.ModuleList(critics), bounds)


def agent(nets: Nets, name: str) -> Agent:
    """Continuous: the policy's mean. Discrete: samples the policy."""
    if nets.bounds:
        return ContinuousAgent(nets.policy, nets.bounds, name)
    return NetAgent(nets.policy, greedy=False, name=name)


def train(
    game: Game, config: OffPolicyConfig, steps: int, seed: int, name: str, state: Mapping[str, Any] | None = None
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured. state: of a checkpoint.

    Raises:
        FloatingPointError: a loss is not a finite number.
    """
    loop = Loop(game, config, steps, seed, build, state)
    nets, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    target = copy.deepcopy(nets).requires_grad_(False)
    actor = torch.optim.Adam(nets.policy.parameters(), lr=config.lr, fused=True)
    critic = torch.optim.Adam(nets.critics.parameters(), lr=config.critic_lr, fused=True)
    b, p, a = envs.legal.shape
    own = ((p, game.observation_size), np.float32), ((p, a), bool)
    fields = {
        "obs": own[0],
        "legal": own[1],
        "action": ((p, a), np.float32),
        "reward": ((p,), np.float32),
        "next_obs": own[0],
        "next_legal": own[1],
        "terminal": ((), bool),
    }
    replay = TransitionReplay(config.capacity, fields)
    loop.keep(state, target=target, actor=actor, critic=critic, replay=replay)

    while True:
        obs, legal = envs.obs, envs.legal
        with torch.no_grad():
            taken, _ = draw(nets, torch.from_numpy(obs), torch.from_numpy(legal), config, rng)
        reward, done = envs.step(playable(taken, nets.bounds))
        cut = envs.truncated[:, None, None]
        after = np.where(done[:, None, None], envs.final_obs, envs.obs)
        replay.add(
            obs=obs, legal=legal, action=taken.numpy(), reward=reward,
            next_obs=after, next_legal=envs.legal | cut, terminal=done & ~envs.truncated,
        )  # fmt: skip
        clock.step += b

        losses = []
        while clock.updates // 2 < (clock.step - config.warmup) * config.updates_per_step:
            data = {name: torch.from_numpy(array) for name, array in replay.sample(rng, config.batch).items()}
            losses.append(loop.update(critic, critic_loss(nets, target, data, config, rng), config.critic_lr))
            loop.update(actor, actor_loss(nets, data, config, rng))
            with torch.no_grad():
                for slow, fast in zip(target.parameters(), nets.parameters()):
                    slow.lerp_(fast, config.target_rate)
        yield loop.snapshot(partial(agent, nets, name), losses)


def draw(
    nets: Nets, obs: Tensor, legal: Tensor, config: OffPolicyConfig, rng: np.random.Generator, explore: bool = True
) -> tuple[Tensor, Tensor]:
    """Every player's action as a vector that gradients pass through, float[N, P, A] (continuous: within -1 … 1), and
    its entropy or a sample of it, float[N, P]. Players who may not move get zeros. explore: add noise at all."""
    n, p, _ = obs.shape
    out = nets.policy.at_once(obs.flatten(0, 1), torch.arange(p).repeat(n)).unflatten(0, (n, p))
    active = legal.any(dim=-1)
    if nets.bounds is None:
        logits = out.masked_fill(~legal, ILLEGAL)
        log_p = logits.log_softmax(dim=-1)
        entropy = -(log_p.exp() * log_p).sum(dim=-1)
        if explore:
            logits = logits + torch.from_numpy(rng.gumbel(size=logits.shape).astype(np.float32))
        soft = (logits / config.gumbel).softmax(dim=-1)
        hard = nn.functional.one_hot(logits.argmax(dim=-1), logits.shape[-1])
        return (hard + soft - soft.detach()) * active.unsqueeze(-1), entropy * active
    noise = torch.from_numpy(rng.standard_normal(legal.shape).astype(np.float32)) * explore
    if not config.stochastic:
        return (out.tanh() + config.noise * noise).clamp(-1, 1), torch.zeros(active.shape)
    mean, log_std = out.chunk(2, dim=-1)
    log_std = log_std.clamp(-5, 1)
    before = mean + log_std.exp() * noise
    # the density of tanh(x): that of x over 1 - tanh²(x) = 4 / (e^x + e^-x)²
    slope = 2 * (np.log(2.0) - before - nn.functional.softplus(-2 * before))
    density = -0.5 * noise.square() - log_std - 0.5 * np.log(2 * np.pi) - slope
    return before.tanh(), -density.sum(dim=-1)


def playable(action: Tensor, bounds: tuple[float, float] | None) -> np.ndarray:
    """What the environment takes: int64[N, P], or float64[N, P, A] within its bounds."""
    if bounds is None:
        return action.argmax(dim=-1).numpy()
    low, high = bounds
    return np.clip(low + (action.numpy().astype(np.float64) + 1) / 2 * (high - low), low, high)


def value(critics: nn.ModuleList, obs: Tensor, action: Tensor) -> Tensor:
    """Every player's value by each critic, float[K, N, P]. obs: [N, P, O]; action: [N, P, A], or [N, P, P, A] where
    each player's critic is told other joint actions."""
    n, p, _ = obs.shape
    seen = obs.flatten(1).unsqueeze(1).expand(n, p, -1)
    joint = (action.unsqueeze(1).expand(n, p, *action.shape[1:]) if action.dim() == 3 else action).flatten(2)
    x, player = torch.cat([seen, joint], dim=-1).flatten(0, 1), torch.arange(p).repeat(n)
    nets: list[Any] = list(critics)
    return torch.stack([critic.at_once(x, player).reshape(n, p) for critic in nets])


def critic_loss(
    nets: Nets, target: Nets, data: Mapping[str, Tensor], config: OffPolicyConfig, rng: np.random.Generator
) -> Tensor:
    """Squared one-step TD error of all critics, summed over them."""
    with torch.no_grad():
        actor = nets if config.stochastic else target
        action, entropy = draw(actor, data["next_obs"], data["next_legal"], config, rng, explore=config.stochastic)
        later = value(target.critics, data["next_obs"], action).amin(dim=0) + config.entropy * entropy
        aim = data["reward"] + config.gamma * ~data["terminal"].unsqueeze(-1) * later
    return (value(nets.critics, data["obs"], data["action"]) - aim).square().mean(dim=(1, 2)).sum()


def actor_loss(nets: Nets, data: Mapping[str, Tensor], config: OffPolicyConfig, rng: np.random.Generator) -> Tensor:
    """Minus the lowest critic's value and the weighted entropy; each player's own action is drawn anew, the others' are
    the replay's."""
    explore = config.stochastic or nets.bounds is None
    action, entropy = draw(nets, data["obs"], data["legal"], config, rng, explore)
    n, p, a = action.shape
    mine = torch.eye(p, dtype=torch.bool)[None, :, :, None]
    joint = torch.where(mine, action.unsqueeze(1), data["action"].unsqueeze(1).expand(n, p, p, a))
    active = data["legal"].any(dim=-1)
    gain = value(nets.critics, data["obs"], joint).amin(dim=0) + config.entropy * entropy
    return -(gain * active).sum() / active.sum().clamp(min=1)
