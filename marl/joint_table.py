"""The loop of Nash-Q and correlated-Q: a state's joint action values make a stage game; its equilibrium is played.

For Markov games in which every player sees the state: a row of the table belongs to what all players observe together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from ..games.agent import sample_rows
from ..games.game import Game
from .loop import Loop
from .rollout import Snapshot
from .tabular import Table, TableAgent, TabularConfig, epsilon, seat_keys

Solve = Callable[[np.ndarray], np.ndarray]
"""Payoffs float64[P, A_1, ..., A_P] -> joint distribution float64[A_1, ..., A_P] (see `stage`)."""


class Tables:
    """Joint action values by state, and each player's own policy by what it observes.

    Attributes:
        joint: entries ``q`` float64[P, A, ..., A], ``mix`` float64[A, ..., A] (the stage game's solution), ``worth``
            float64[P] (its payoffs).
        own: entries ``policy`` float64[A], and ``state``: the state's row.
    """

    def __init__(self, game: Game):
        p, a = game.num_players, game.num_actions
        shape = (a,) * p
        fresh = {"q": np.zeros((p, *shape)), "mix": np.zeros(shape), "worth": np.zeros(p)}
        self.joint = Table(p * game.observation_size, fresh)
        self.own = Table(1 + game.observation_size, {"policy": np.full(a, 1.0 / a), "state": np.full((), -1.0)})

    def state_dict(self) -> dict[str, Any]:
        return {"joint": self.joint.state_dict(), "own": self.own.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.joint.load_state_dict(state["joint"])
        self.own.load_state_dict(state["own"])


def build(game: Game, config: TabularConfig) -> Tables:
    """Empty tables."""
    return Tables(game)


def agent(nets: Tables, name: str) -> TableAgent:
    """Each player plays its own part of the equilibria."""
    return TableAgent(nets.own, name)


def train(
    game: Game,
    config: TabularConfig,
    steps: int,
    seed: int,
    name: str = "joint",
    state: Mapping[str, Any] | None = None,
    *,
    solve: Solve,
    build: Callable[[Game, Any], Tables] = build,
) -> Iterator[Snapshot]:
    """Learns without end; `steps` is the length by which schedules are measured.

    Args:
        state: of a checkpoint, from which to go on.
        solve, build: how stage games are solved, and how tables are made.

    Raises:
        ValueError: a player who is to move does not see the state.
    """
    loop = Loop(game, config, steps, seed, build, state)
    tables, envs, rng, clock = loop.nets, loop.envs, loop.rng, loop.clock
    b, p, a = envs.legal.shape
    loop.keep(state)
    while True:
        rate = config.lr * (loop.left if config.anneal_lr else 1.0)
        chance = epsilon(config, clock.step, steps)
        rows = tables.joint.rows(envs.obs.reshape(b, -1))
        legal = envs.legal | ~envs.active[..., None] & (np.arange(a) == 0)  # who is not to move does nothing: action 0
        for e in {row: e for e, row in enumerate(rows)}.values():
            _settle(tables, rows[e], envs.obs[e], envs.active[e], legal[e], solve)
        played = tables.joint.values["mix"][rows].reshape(b, -1)
        advised = np.stack(np.unravel_index(sample_rows(played, rng), (a,) * p), axis=1)
        anything = sample_rows(legal.reshape(b * p, a).astype(np.float64), rng).reshape(b, p)
        action = np.where(rng.random((b, p)) < chance, anything, advised)
        reward, done = envs.step(action)
        clock.step += b
        later = tables.joint.rows(envs.obs.reshape(b, -1))
        worth = tables.joint.values["worth"][later] * ~done[:, None]
        cut = np.flatnonzero(envs.truncated)
        if cut.size:
            last = tables.joint.rows(envs.final_obs[cut].reshape(len(cut), -1))
            worth[cut] = tables.joint.values["worth"][last]
        errors = []
        for e in range(b):
            place = (rows[e], slice(None), *action[e])
            error = reward[e] + config.gamma * worth[e] - tables.joint.values["q"][place]
            tables.joint.values["q"][place] += rate * error
            errors.append(float(np.abs(error).mean()))
        clock.updates += b
        yield loop.snapshot(partial(agent, tables, name), errors, epsilon=chance)


def _settle(tables: Tables, row: int, obs: np.ndarray, active: np.ndarray, legal: np.ndarray, solve: Solve) -> None:
    """Solves a state's stage game, and writes down what it is worth and what each player is to play."""
    values, players = tables.joint.values, range(len(legal))
    allowed = np.ix_(*(np.flatnonzero(mask) for mask in legal))
    payoffs = np.stack([values["q"][row, player][allowed] for player in players])
    joint = np.zeros_like(values["mix"][row])
    joint[allowed] = solve(payoffs)
    values["mix"][row] = joint
    values["worth"][row] = (values["q"][row] * joint).reshape(len(legal), -1).sum(axis=1)
    for player in np.flatnonzero(active):
        mine = tables.own.rows(seat_keys(obs[player : player + 1], np.array([player])))[0]
        if tables.own.values["state"][mine] not in (-1, row):
            raise ValueError(
                f"player {player} does not see the state: one observation belongs to several; this learner is for "
                "Markov games that every player observes"
            )
        tables.own.values["state"][mine] = row
        tables.own.values["policy"][mine] = joint.sum(axis=tuple(other for other in players if other != player))
