"""WoLF-PHC (Bowling and Veloso 2002): Q-learning with a mixed policy that climbs slowly when it wins.

A player wins where its policy is worth more than its average policy; when it loses it climbs fast. The average policy
converges where the policy itself may circle; the agent plays the policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..games.game import Game
from . import tabular
from .config import setting
from .q_learning import learn as learn_q
from .tabular import Table, TabularConfig, agent

__all__ = ["Config", "agent", "build", "train"]


@dataclass(frozen=True, kw_only=True)
class Config(TabularConfig):
    epsilon_start: float = setting(0.05, "probability of a random action at first", low=0, high=1)
    win_rate: float = setting(0.01, "the policy's step when winning, in parts of lr", low=0, high=1)
    lose_rate: float = setting(0.04, "the policy's step when losing, in parts of lr", low=0, high=1)


def build(game: Game, config: Config) -> Table:
    """A table of action values, policies, average policies and visits by player and observation; rates in ``step``."""
    uniform = np.full(game.num_actions, 1.0 / game.num_actions)
    rates = np.array([config.win_rate, config.lose_rate])
    fresh = {"q": np.zeros(game.num_actions), "policy": uniform, "average": uniform, "visits": np.zeros(())}
    return Table(1 + game.observation_size, {**fresh, "step": rates})


def learn(table: Table, row: int, action: int, target: float, legal: np.ndarray, rate: float) -> float:
    """Q-learning, then one step of the policy towards the best action (the paper's Table 4)."""
    error = learn_q(table, row, action, target, legal, rate)
    q, policy, average = (table.values[name][row] for name in ("q", "policy", "average"))
    policy[~legal] = 0.0
    policy /= policy.sum()
    table.values["visits"][row] += 1
    average += (policy - average) / table.values["visits"][row]
    win, lose = table.values["step"][row]
    step = rate * (win if policy @ q > average @ q else lose)
    best = np.where(legal, q, -np.inf).argmax()
    others = legal.copy()
    others[best] = False
    taken = np.where(others, np.minimum(policy, step / max(1, others.sum())), 0.0)
    policy -= taken
    policy[best] += taken.sum()
    return error


train = partial(tabular.train, build=build, learn=learn)
