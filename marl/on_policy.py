"""Rollouts of the policy learners: windows of decisions, carried from one to the next, cut into chunks for learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .networks import PlayerNet
from .rollout import Envs, sample_actions

DECISION = ("obs", "seen", "legal", "action", "log_prob", "value", "memory", "critic_memory")
"""What belongs to a decision, and is carried on with it."""


class Window:
    """One rollout: `length` steps after a row 0 that holds each player's decision carried over from the last one.

    A player's transition lasts from one of its decisions to its next one, or to the end of the episode. A decision
    whose end lies beyond the rollout is carried into the next one, so none is lost or cut.

    Attributes:
        length: T.
        data: name -> array[T + 1, B, …]; entries of players who did not act are arbitrary where not `active`.
            ``seen`` is what the critic sees; memories are those before the decision.
        memory, critic_memory: float32[B, P, M], of the players in the episodes under way.
    """

    def __init__(self, envs: Envs, length: int, central: bool, memory_size: int = 0, critic_memory_size: int = 0):
        b, p, a = envs.legal.shape
        self.length, self.central = length, central
        self.memory = np.zeros((b, p, memory_size), np.float32)
        self.critic_memory = np.zeros((b, p, critic_memory_size), np.float32)
        shapes: dict[str, tuple[tuple[int, ...], Any]] = {
            "obs": (envs.obs.shape[1:], np.float32),
            "seen": (self.seen_of(envs.obs).shape[1:], np.float32),
            "legal": ((p, a), bool),
            "active": ((p,), bool),
            "action": ((p,), np.int64),
            "log_prob": ((p,), np.float32),
            "value": ((p,), np.float32),
            "reward": ((p,), np.float32),
            "done": ((), bool),
            "memory": ((p, memory_size), np.float32),
            "critic_memory": ((p, critic_memory_size), np.float32),
        }
        self.data = {name: np.zeros((length + 1, b, *shape), dtype) for name, (shape, dtype) in shapes.items()}

    def seen_of(self, obs: np.ndarray) -> np.ndarray:
        """float32[B, P, O] -> what the critic sees, [B, P, C]: each player's observation, or for each all of them."""
        b, p, o = obs.shape
        return np.broadcast_to(obs.reshape(b, 1, p * o), (b, p, p * o)) if self.central else obs

    def carry(self, complete: np.ndarray) -> None:
        """Puts decisions that are not complete into row 0, with the rewards they have had so far.

        Each player has at most one. complete: bool[T + 1, B, P].
        """
        pending = self.data["active"] & ~complete
        t, b, p = pending.nonzero()
        reward = (self.data["reward"] * np.logical_or.accumulate(pending)).sum(axis=0)
        for name in DECISION:
            self.data[name][0, b, p] = self.data[name][t, b, p]
        self.data["active"][0] = pending.any(axis=0)
        self.data["reward"][0] = reward * self.data["active"][0]

    def state_dict(self) -> dict[str, np.ndarray]:
        first = {name: array[0] for name, array in self.data.items()}
        return {**first, "now": self.memory, "critic_now": self.critic_memory}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        for name, array in self.data.items():
            array[0] = state[name]
        self.memory[...], self.critic_memory[...] = state["now"], state["critic_now"]


def collect(
    policy: PlayerNet, critic: PlayerNet | None, scale: ValueScale, envs: Envs, window: Window,
    rng: np.random.Generator, gamma: float,
) -> None:  # fmt: skip
    """Plays T steps of self-play into rows 1, 2, … of the window.

    Args:
        critic: values what each player sees; None leaves ``value`` alone.
        scale: a `ValueScale`, from the critic's outputs to values.
    """
    data = window.data
    for t in range(1, window.length + 1):
        data["obs"][t], data["legal"][t], data["active"][t] = envs.obs, envs.legal, envs.active
        data["seen"][t] = window.seen_of(envs.obs)
        data["memory"][t], data["critic_memory"][t] = window.memory, window.critic_memory
        choice = sample_actions(policy, envs, window.memory, rng)
        data["action"][t][choice.rows] = choice.action
        data["log_prob"][t][choice.rows] = choice.log_prob
        if critic is not None and critic.memory_size:
            _assess(critic, scale, window, t)
        data["reward"][t], data["done"][t] = envs.step(data["action"][t])
        if critic is not None and envs.truncated.any():
            # a time limit is not the end: what would have followed counts as reward
            cut = np.flatnonzero(envs.truncated)
            seen = window.seen_of(envs.final_obs)[cut]
            after = _values(critic, scale, seen, window.critic_memory[cut])[0]
            data["reward"][t][cut] += gamma * after
        ended = data["done"][t]
        window.memory[ended], window.critic_memory[ended] = 0.0, 0.0
    if critic is not None and not critic.memory_size:  # all at once, since no value depends on another
        flat = data["seen"][1:].reshape(-1, *data["seen"].shape[2:])
        found, _ = _values(critic, scale, flat, np.zeros((*flat.shape[:2], 0), np.float32))
        data["value"][1:] = found.reshape(data["value"][1:].shape)


def _assess(critic: PlayerNet, scale: ValueScale, window: Window, t: int) -> None:
    """Values of step t, the critic's memory moving on where a player decides."""
    active = window.data["active"][t]
    window.data["value"][t], after = _values(critic, scale, window.data["seen"][t], window.critic_memory)
    window.critic_memory[active] = after[active]


def _values(
    critic: PlayerNet, scale: ValueScale, seen: np.ndarray, memory: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """float32[N, P, C], memories [N, P, M] -> (values [N, P], memories after)."""
    n, p, _ = seen.shape
    with torch.no_grad():
        flat = torch.from_numpy(np.ascontiguousarray(seen)).flatten(0, 1)
        out, after = critic.step(flat, torch.arange(p).repeat(n), torch.from_numpy(memory).flatten(0, 1))
        return scale.real(out.squeeze(-1)).reshape(n, p).numpy(), after.reshape(memory.shape).numpy()


def chunks(complete: np.ndarray, done: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Cuts each player's decisions into chunks of at most `length`, none across the end of an episode.

    Args:
        complete: bool[T, B, P], the decisions to learn from; done: bool[T, B].

    Returns:
        (rows int64[L, S], places in the flattened [T·B·P], S chunks of L decisions in their order; mask bool[L, S],
        which of them are there at all).
    """
    _, b, p = complete.shape
    time, env, player = complete.nonzero()
    episode = np.concatenate([np.zeros((1, b), np.int64), done.cumsum(axis=0)])[time, env]
    place = (time * b + env) * p + player
    if length == 1:
        return place[None], np.ones((1, len(place)), bool)
    order = np.lexsort((time, player, env))
    key = np.stack([env, player, episode])[:, order]
    fresh = np.append(True, (key[:, 1:] != key[:, :-1]).any(axis=0))[: len(order)]
    at = np.arange(len(order))
    offset = at - np.maximum.accumulate(np.where(fresh, at, 0))
    fresh |= offset % length == 0
    chunk, offset = fresh.cumsum() - 1, offset % length
    size = (int(offset.max(initial=0)) + 1, int(fresh.sum()))
    rows, mask = np.zeros(size, np.int64), np.zeros(size, bool)
    rows[offset, chunk], mask[offset, chunk] = place[order], True
    return rows, mask


def gather(window: Window, rows: np.ndarray, **more: Tensor) -> dict[str, Tensor]:
    """The decisions at `rows` int64[L, S]: name -> [L, S, …]; ``memory``, ``critic_memory`` [S, M] before the first,
    ``player`` [S]. more: name -> [T + 1, B, P, …], gathered like the window's own."""
    at = torch.from_numpy(rows)
    arrays = {name: torch.from_numpy(window.data[name]) for name in DECISION} | more
    out = {name: x.flatten(0, 2)[at[0] if "memory" in name else at] for name, x in arrays.items()}
    return {**out, "player": at[0] % window.memory.shape[1]}


class ValueScale(nn.Module):
    """Running mean and deviation of returns, debiased, by which a critic's targets are normalised (Yu et al. 2022).

    Moving averages with weight `keep` for what was, divided by their weight so far; variances have a floor of 0.01.
    """

    def __init__(self, on: bool = True, keep: float = 0.999):
        super().__init__()
        self.on, self.keep = on, keep
        self.mean: Tensor
        self.square: Tensor
        self.weight: Tensor
        for name in ("mean", "square", "weight"):
            self.register_buffer(name, torch.zeros(()))

    def update(self, returns: Tensor) -> None:
        """Counts in returns float[N]; nothing where there are none."""
        if self.on and len(returns):
            for average, now in ((self.mean, returns.mean()), (self.square, returns.square().mean())):
                average.lerp_(now, 1 - self.keep)
            self.weight.lerp_(torch.ones(()), 1 - self.keep)

    def moments(self) -> tuple[Tensor, Tensor]:
        """(mean, deviation) of returns; 0 and 1 before the first."""
        if not self.on or self.weight == 0:
            return torch.zeros(()), torch.ones(())
        mean = self.mean / self.weight
        return mean, (self.square / self.weight - mean.square()).clamp(min=1e-2).sqrt()

    def real(self, normalised: Tensor) -> Tensor:
        mean, deviation = self.moments()
        return normalised * deviation + mean

    def normalised(self, real: Tensor) -> Tensor:
        mean, deviation = self.moments()
        return (real - mean) / deviation
