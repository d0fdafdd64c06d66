"""Batched rollouts: the environments of a learner, and choosing for everybody who is to move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..games.agent import Agent, sample_rows
from ..games.game import Game
from ..games.vector import Snapshot as EnvSnapshot
from .networks import PlayerNet, masked_log_softmax


class Snapshot(NamedTuple):
    """What a learner's loop yields after each pass. `parts` go on changing: save them before the next pass."""

    step: int
    """Environment steps so far; one step of B environments counts B."""
    mean_return: float
    """Of the episodes that ended lately, exploration included; NaN before the first."""
    metrics: dict[str, float]
    parts: dict[str, Any]
    """Everything that decides how the run goes on (see `checkpoint`)."""
    agent: Callable[[], Agent]
    """Makes the agent as it is now."""


class Envs:
    """B environments with their current observations; the last ended episodes' mean return.

    Attributes:
        obs: float32[B, P, O]; legal: bool[B, P, A]; state: float32[B, S], the global state.
        truncated: bool[B]: the last step ended an episode by a time limit.
        mean_return: a moving average over ended episodes of the mean over players; NaN before the first.
    """

    def __init__(self, game: Game, num_envs: int, seed: int):
        self.env = game.vector_env(num_envs, seed)
        self.obs, self.legal = self.env.reset()
        self.state = self.env.state()
        self._total = np.zeros(num_envs)
        self._average, self._weight = np.zeros(()), np.zeros(())

    @property
    def active(self) -> np.ndarray:
        """bool[B, P]: who is to move."""
        return np.asarray(self.legal.any(axis=2))

    @property
    def truncated(self) -> np.ndarray:
        return self.env.truncated

    @property
    def final_obs(self) -> np.ndarray:
        return self.env.final_obs

    @property
    def mean_return(self) -> float:
        return float(self._average / self._weight) if self._weight else float("nan")

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """actions: int64[B, P] -> (reward float64[B, P], done bool[B]).

        Raises:
            ValueError: a reward is not a finite number.
        """
        self.obs, reward, _, self.legal = self.env.step(actions)
        done = self.env.ended.copy()
        self.state = self.env.state()
        if not np.isfinite(reward).all():
            raise ValueError(f"{self.env.game.id} gave a reward that is not finite: {reward[~np.isfinite(reward)][0]}")
        self._total += reward.mean(axis=1)
        ended = self._total[done]
        if ended.size:
            keep = 0.99**ended.size
            self._average[...] = keep * self._average + (1 - keep) * ended.mean()
            self._weight[...] = keep * self._weight + (1 - keep)
            self._total[done] = 0.0
        return reward, done

    _STATE = ("obs", "legal", "state", "_total", "_average", "_weight")

    def state_dict(self) -> dict[str, Any]:
        saved = self.env.save()
        states = saved.states if isinstance(saved.states, np.ndarray) else None
        return {"states": states, "arrays": saved.arrays, **{name: getattr(self, name) for name in self._STATE}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Raises ValueError where the game's states are Python objects, which checkpoints do not hold."""
        if state["states"] is None:
            raise ValueError(f"{self.env.game.id} is no game of compiled rules: a run on it cannot be resumed")
        self.env.restore(EnvSnapshot(self.env.game.id, state["states"], state["arrays"]))
        for name in self._STATE:
            getattr(self, name)[...] = state[name]


def state_size(game: Game) -> int:
    """How many numbers the global state has."""
    return game.vector_env(1).state().shape[1]


class Choice(NamedTuple):
    """What those who are to move chose; n rows, one each."""

    rows: tuple[np.ndarray, np.ndarray]
    """(environment, player) of each row, int64[n] both."""
    action: np.ndarray
    """int64[n]."""
    log_prob: np.ndarray
    """float32[n]: of the action under the policy (zeros where actions were not sampled from one)."""


def sample_actions(net: PlayerNet, envs: Envs, memory: np.ndarray, rng: np.random.Generator) -> Choice:
    """Samples the policy whose logits `net` gives. memory: float32[B, P, M], moves on in place."""
    rows, logits, legal = _outputs(net, envs, memory)
    log_probs = masked_log_softmax(logits, torch.from_numpy(legal)).numpy()
    action = sample_rows(np.exp(log_probs, dtype=np.float64), rng)
    memory[rows] = net.remember(memory[rows], action)
    return Choice(rows, action, log_probs[np.arange(len(action)), action])


def explore(net: PlayerNet, envs: Envs, memory: np.ndarray, epsilon: float, rng: np.random.Generator) -> Choice:
    """Takes the action of highest value, or with probability `epsilon` any legal one. memory: as above."""
    rows, values, legal = _outputs(net, envs, memory)
    greedy = np.where(legal, values.numpy(), -np.inf).argmax(axis=1)
    anything = sample_rows(legal.astype(np.float64), rng)
    action = np.where(rng.random(len(greedy)) < epsilon, anything, greedy)
    memory[rows] = net.remember(memory[rows], action)
    return Choice(rows, action, np.zeros(len(action), np.float32))


def _outputs(
    net: PlayerNet, envs: Envs, memory: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], Tensor, np.ndarray]:
    """(rows of those to move, their outputs [n, A], their legal actions bool[n, A])."""
    env, player = envs.active.nonzero()
    rows = env, player
    with torch.inference_mode():
        obs, before = torch.from_numpy(envs.obs[rows]), torch.from_numpy(memory[rows])
        out, after = net.step(obs, torch.from_numpy(player), before)
        memory[rows] = after.numpy()
    return rows, out, envs.legal[rows]


@dataclass
class Clock:
    """How far a run is."""

    step: int = 0
    """Environment steps."""
    updates: int = 0
    """Gradient updates."""
    loss: float = 0.0
    """Of the last update, or the mean over a rollout's; 0 before the first."""

    def state_dict(self) -> dict[str, Any]:
        return asdict(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.step, self.updates, self.loss = state["step"], state["updates"], state["loss"]
