"""The loop of IPPO and MAPPO: proximal policy optimisation in self-play, simultaneous or turn by turn.

A player's transition lasts from one of its decisions to its next one, or to the end of the episode; the rewards in
between add up. A decision whose end lies beyond a rollout is carried into the next one, so none is lost or cut.

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
from . import checkpoint
from .agents import NetAgent
from .config import setting
from .networks import MLP, PlayerNet, initial_weights, masked_log_softmax
from .rollout import Clock, Envs, Snapshot, check_finite, sample_actions
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
    hidden: int = setting(64, "width of the networks' layers", low=1)
    share: bool = setting(True, "one policy and one critic for all players; else one each")
    agent_ids: bool = setting(False, "give a shared network the player's number (where observations do not tell it)")
    central_critic: bool = setting(False, "the critic sees the global state and not only the player's observation")


class Nets(nn.Module):
    policy: PlayerNet
    """Observation -> logits."""
    critic: PlayerNet
    """Observation or global state -> value."""

    def __init__(self, policy: PlayerNet, critic: PlayerNet):
        super().__init__()
        self.policy, self.critic = policy, critic


def build(game: Game, config: PPOConfig) -> Nets:
    """New networks."""
    size, players = game.observation_size, game.num_players
    hidden = [config.hidden] * 2

    def policy(inputs: int) -> nn.Module:
        return MLP(inputs, hidden, game.num_actions, gain=0.01)

    def critic(inputs: int) -> nn.Module:
        return MLP(inputs, hidden, 1)

    seen = size * players if config.central_critic else size
    return Nets(
        policy=PlayerNet(policy, size, players, config.share, config.agent_ids),
        critic=PlayerNet(critic, seen, players, config.share, config.agent_ids or config.central_critic),
    )


def agent(nets: Nets, name: str) -> NetAgent:
    """Samples the policy."""
    return NetAgent(nets.policy, greedy=False, name=name)


def train(
    game: Game, config: PPOConfig, steps: int, seed: int, name: str = "ppo", state: Mapping[str, Any] | None = None
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
    optimiser = torch.optim.Adam(nets.parameters(), lr=config.lr, eps=1e-5, fused=True)
    window = Window(envs, config)
    magnet = copy.deepcopy(nets.policy).requires_grad_(False)
    parts = {
        "nets": nets,
        "magnet": magnet,
        "optimiser": optimiser,
        "envs": envs,
        "window": window,
        "rng": rng,
        "clock": clock,
    }
    if state is not None:
        checkpoint.restore(parts, state)

    now = partial(agent, nets, name)
    while True:
        left = max(0.0, 1 - clock.step / steps)
        for group in optimiser.param_groups:
            group["lr"] = config.lr * (left if config.anneal_lr else 1.0)

        collect(nets, envs, window, config, rng)
        clock.step += config.length * config.num_envs
        data = {name: torch.from_numpy(array) for name, array in window.data.items()}
        done = data["done"].unsqueeze(-1)
        advantage, returns, complete = gae(
            data["reward"], done, data["active"], data["value"], config.gamma, config.gae_lambda
        )
        batch = {name: data[name][complete] for name in window.DECISION}
        batch |= {"advantage": advantage[complete], "returns": returns[complete], "player": complete.nonzero()[:, 2]}
        with torch.no_grad():
            batch["magnet"] = log_policy(magnet, batch)
        losses = []
        for _ in range(config.epochs):
            decisions = rng.permutation(len(batch["action"]))
            for rows in filter(len, np.array_split(decisions, config.minibatches)):
                part = {name: value[torch.from_numpy(rows)] for name, value in batch.items()}
                loss = ppo_loss(nets, part, config)
                losses.append(check_finite(loss.item(), clock))
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(nets.parameters(), config.max_grad_norm)
                optimiser.step()
                clock.updates += 1
        with torch.no_grad():
            for slow, fast in zip(magnet.parameters(), nets.policy.parameters()):
                slow.lerp_(fast, config.magnet_rate)
        window.carry(complete.numpy())
        clock.loss = float(np.mean(losses)) if losses else clock.loss
        yield Snapshot(clock.step, envs.mean_return, {"loss": clock.loss}, parts, now)


def collect(nets: Nets, envs: Envs, window: Window, config: PPOConfig, rng: np.random.Generator) -> None:
    """Plays `length` steps of self-play into rows 1, 2, … of the window."""
    data, no_memory = window.data, np.zeros((*envs.active.shape, 0), np.float32)
    for t in range(1, config.length + 1):
        data["obs"][t], data["legal"][t], data["active"][t] = envs.obs, envs.legal, envs.active
        data["seen"][t] = critic_input(envs.obs, config)
        choice = sample_actions(nets.policy, envs, no_memory, rng)
        data["action"][t][choice.rows] = choice.action
        data["log_prob"][t][choice.rows] = choice.log_prob
        data["reward"][t], data["done"][t] = envs.step(data["action"][t])
        if envs.truncated.any():  # a time limit is not the end: what would have followed counts as reward
            after = values(nets.critic, critic_input(envs.final_obs, config))
            data["reward"][t] += config.gamma * after * envs.truncated[:, None]
    data["value"][1:] = values(nets.critic, data["seen"][1:].reshape(-1, *data["seen"].shape[2:])).reshape(
        data["value"][1:].shape
    )


def critic_input(obs: np.ndarray, config: PPOConfig) -> np.ndarray:
    """float32[B, P, O] -> what the critic sees, [B, P, C]: each player's observation, or for each all of them."""
    if not config.central_critic:
        return obs
    b, p, o = obs.shape
    return np.broadcast_to(obs.reshape(b, 1, p * o), (b, p, p * o))


def values(critic: PlayerNet, seen: np.ndarray) -> np.ndarray:
    """float32[N, P, C] -> float32[N, P]."""
    n, p, c = seen.shape
    with torch.inference_mode():
        flat = torch.from_numpy(np.ascontiguousarray(seen)).reshape(n * p, c)
        return critic.at_once(flat, torch.arange(p).repeat(n)).reshape(n, p).numpy()


def log_policy(policy: PlayerNet, batch: Mapping[str, Tensor]) -> Tensor:
    """Log-probabilities float[N, A] of every action at N decisions."""
    return masked_log_softmax(policy.at_once(batch["obs"], batch["player"]), batch["legal"])


def ppo_loss(nets: Nets, batch: Mapping[str, Tensor], config: PPOConfig) -> Tensor:
    """Clipped surrogate (Schulman et al. 2017, equation 7), squared error of the critic, and the pull of the magnet.

    batch: N decisions: obs, seen, legal, action, log_prob (when it was taken), advantage, returns, player.
    """
    log_probs = log_policy(nets.policy, batch)
    value = nets.critic.at_once(batch["seen"], batch["player"]).squeeze(-1)
    advantage = batch["advantage"]
    if config.normalise:
        advantage = (advantage - advantage.mean()) / (advantage.std(correction=0) + 1e-8)
    ratio = (log_probs.gather(1, batch["action"].unsqueeze(1)).squeeze(1) - batch["log_prob"]).exp()
    clipped = ratio.clamp(1 - config.clip, 1 + config.clip)
    surrogate = torch.minimum(ratio * advantage, clipped * advantage).mean()
    divergence = (log_probs.exp() * (log_probs - batch["magnet"])).sum(dim=1).mean()
    error = (value - batch["returns"]).square().mean()
    return -surrogate + config.value_weight * error + config.magnet * divergence


class Window:
    """One rollout: `length` steps after a row 0 that holds each player's decision carried over from the last one.

    Attributes:
        data: name -> array[length + 1, B, …]; entries of players who did not act are arbitrary where not `active`.
            ``seen`` is what the critic sees.
    """

    DECISION = ("obs", "seen", "legal", "action", "log_prob", "value")

    def __init__(self, envs: Envs, config: PPOConfig):
        b, p, a = envs.legal.shape
        seen = critic_input(envs.obs, config)
        shapes = {
            "obs": (envs.obs.shape[1:], np.float32),
            "seen": (seen.shape[1:], np.float32),
            "legal": ((p, a), bool),
            "active": ((p,), bool),
            "action": ((p,), np.int64),
            "log_prob": ((p,), np.float32),
            "value": ((p,), np.float32),
            "reward": ((p,), np.float32),
            "done": ((), bool),
        }
        self.data = {name: np.zeros((config.length + 1, b, *shape), dtype) for name, (shape, dtype) in shapes.items()}

    def carry(self, complete: np.ndarray) -> None:
        """Puts decisions that are not complete into row 0, with the rewards they have had so far.

        Each player has at most one. complete: bool[length + 1, B, P].
        """
        pending = self.data["active"] & ~complete
        t, b, p = pending.nonzero()
        reward = (self.data["reward"] * np.logical_or.accumulate(pending)).sum(axis=0)
        for name in self.DECISION:
            self.data[name][0, b, p] = self.data[name][t, b, p]
        self.data["active"][0] = pending.any(axis=0)
        self.data["reward"][0] = reward * self.data["active"][0]

    def state_dict(self) -> dict[str, np.ndarray]:
        return {name: array[0] for name, array in self.data.items()}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        for name, array in self.data.items():
            array[0] = state[name]
