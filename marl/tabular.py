"""Tables in place of networks: rows by observation, agents that look them up, and the loop of independent learners."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..games.agent import Agent, sample_rows
from ..games.game import Game
from .config import setting
from .loop import Loop
from .rollout import Snapshot


@dataclass(frozen=True, kw_only=True)
class TabularConfig:
    num_envs: int = setting(16, "environments that step together", low=1)
    lr: float = setting(0.1, "step size of the tables' updates", low=0, high=1)
    anneal_lr: bool = setting(True, "let the step size fall linearly to zero")
    gamma: float = setting(0.99, "discount per decision", low=0, high=1)
    epsilon_start: float = setting(1.0, "probability of a random action at first", low=0, high=1)
    epsilon_end: float = setting(0.05, "probability of a random action at last", low=0, high=1)
    epsilon_fraction: float = setting(0.5, "part of the run over which it falls", low=0, high=1)


def epsilon(config: TabularConfig, step: int, steps: int) -> float:
    """The probability of a random action at a step of a run."""
    progress = min(1.0, step / max(1.0, steps * config.epsilon_fraction))
    return config.epsilon_start + (config.epsilon_end - config.epsilon_start) * progress


class Table:
    """Rows of numbers by key, added as they are met.

    Attributes:
        values: name -> float64[R, ...], room for rows; those from ``len(keys)`` on are as a new row begins.
    """

    def __init__(self, width: int, fresh: Mapping[str, np.ndarray]):
        """width: numbers of a key; fresh: name -> the entry of a new row."""
        self.width, self.fresh = width, dict(fresh)
        self.keys: dict[bytes, int] = {}
        self.values = {name: np.zeros((0, *value.shape)) for name, value in fresh.items()}

    def rows(self, keys: np.ndarray, add: bool = True) -> np.ndarray:
        """The rows int64[N] of keys float32[N, width]; new ones are added, or with add=False told by -1."""
        names = [key.tobytes() for key in np.ascontiguousarray(keys, np.float32) + 0.0]  # no negative zeros
        if add:
            for name in names:
                self.keys.setdefault(name, len(self.keys))
            for name, array in self.values.items():
                if len(self.keys) > len(array):
                    more = np.tile(self.fresh[name], (max(len(self.keys), 64), *[1] * self.fresh[name].ndim))
                    self.values[name] = np.concatenate([array, more])
        return np.array([self.keys.get(name, -1) for name in names], np.int64)

    def state_dict(self) -> dict[str, Any]:
        keys = np.frombuffer(b"".join(self.keys), np.float32).reshape(-1, self.width)
        return {"keys": keys, "values": {name: array[: len(self.keys)] for name, array in self.values.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.keys = {key.tobytes(): row for row, key in enumerate(state["keys"])}
        self.values = {name: np.array(state["values"][name]) for name in self.values}


def seat_keys(obs: np.ndarray, player: np.ndarray) -> np.ndarray:
    """float32[N, 1 + O]: whose observation it is, and the observation."""
    return np.concatenate([player[:, None].astype(np.float32), obs], axis=1)


class TableAgent(Agent):
    """Plays the entry ``policy`` of a player's row, or where there is none the greatest of ``q``; uniformly where the
    observation was never met."""

    def __init__(self, table: Table, name: str = "", seat: int | None = None):
        self.table = Table(table.width, table.fresh)
        self.table.load_state_dict(table.state_dict())
        self.name, self.seat = name, seat

    def at(self, player: int) -> TableAgent:
        return TableAgent(self.table, self.name, player)

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        """Raises ValueError where nobody said which player it is."""
        if self.seat is None:
            raise ValueError(f"{self.name or 'this agent'} plays each seat differently: use agent.at(player)")
        rows = self.table.rows(seat_keys(obs, np.full(len(obs), self.seat)), add=False)
        p, known = legal / legal.sum(axis=1, keepdims=True), rows >= 0
        p[known] = policy_of(self.table, rows[known], legal[known])
        return p, memory


def policy_of(table: Table, rows: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """float64[N, A]: what the rows play among legal actions bool[N, A]."""
    if "policy" not in table.values:
        return np.eye(legal.shape[1])[np.where(legal, table.values["q"][rows], -np.inf).argmax(axis=1)]
    p = np.where(legal, table.values["policy"][rows], 0.0)
    total = p.sum(axis=1, keepdims=True)
    return np.where(total > 0, p / np.where(total > 0, total, 1.0), legal / legal.sum(axis=1, keepdims=True))


def agent(nets: Table, name: str) -> TableAgent:
    return TableAgent(nets, name)


Learn = Callable[[Table, int, int, float, np.ndarray, float], float]
"""(table, row, action, target, legal bool[A], step size) -> the error; changes one row."""


def train(
    game: Game,
    config: TabularConfig,
    steps: int,
    seed: int,
    name: str = "tabular",
    state: Mapping[str, Any] | None = None,
    *,
    build: Callable[[Game, Any], Table],
    learn: Learn,
) -> Iterator[Snapshot]:
    """Every player learns from its own decisions and rewards; a transition lasts until its next decision.

    Args:
        state: of a checkpoint, from which to go on.
        build, learn: the learner's table with the entry ``q`` float64[A], and its update.
    """
    loop = Loop(game, config, steps, seed, build, state)
    table, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    b, p, a = envs.legal.shape
    row, taken = np.full((b, p), -1, np.int64), np.zeros((b, p), np.int64)
    paid, may = np.zeros((b, p)), np.zeros((b, p, a), bool)
    loop.keep(state, row=row, taken=taken, paid=paid, may=may)
    while True:
        rate = config.lr * (loop.left if config.anneal_lr else 1.0)
        chance = epsilon(config, clock.step, steps)
        where = envs.active.nonzero()
        legal = envs.legal[where]
        now = table.rows(seat_keys(envs.obs[where], where[1]))
        best = np.where(legal, table.values["q"][now], -np.inf).max(axis=1)
        errors = []
        for e, player, later in zip(*where, best):
            if row[e, player] >= 0:
                target = paid[e, player] + config.gamma * later
                errors.append(learn(table, row[e, player], taken[e, player], target, may[e, player], rate))
        greedy = sample_rows(policy_of(table, now, legal), rng)
        anything = sample_rows(legal.astype(np.float64), rng)
        row[where], may[where], paid[where] = now, legal, 0.0
        taken[where] = np.where(rng.random(len(now)) < chance, anything, greedy)
        reward, done = envs.step(np.where(envs.active, taken, 0))
        paid += reward
        clock.step += b
        for e, player in zip(*(done[:, None] & (row >= 0)).nonzero()):
            target = paid[e, player]
            if envs.truncated[e]:
                last = table.rows(seat_keys(envs.final_obs[e, player : player + 1], np.array([player])))
                target += config.gamma * table.values["q"][last[0]].max()
            errors.append(learn(table, row[e, player], taken[e, player], target, may[e, player], rate))
        row[done] = -1
        clock.updates += len(errors)
        yield loop.snapshot(partial(agent, table, name), errors, epsilon=chance)
