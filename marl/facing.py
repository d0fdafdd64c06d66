"""One seat of a game against given opponents, inside the batched rollout: what an oracle's learner trains on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..games.agent import Agent, put, take
from ..games.game import Game


class SeatGame:
    """A game in which only one player is ever to move; what a learner's loop needs of it.

    Each episode meets one opponent, drawn from a mixture. Steps in which the learner has no decision pass like those of
    a turn-based game. All players are paid what the learner is paid, so that learners of team values serve too.
    """

    def __init__(self, game: Game, player: int, opponents: Sequence[Any], weights: np.ndarray):
        """opponents: K agents for all other seats, or sequences of one for each seat; weights: float64[K]."""
        self.game, self.player, self.weights = game, player, np.asarray(weights, np.float64)
        self.others = [seat for seat in range(game.num_players) if seat != player]
        self.teams: list[dict[int, Agent]] = [
            {seat: (o if isinstance(o, Agent) else o[seat]).at(seat) for seat in self.others} for o in opponents
        ]
        self.id, self.version, self.num_players = f"{game.id}, seat {player}", game.version, game.num_players
        self.num_actions, self.observation_size = game.num_actions, game.observation_size

    def vector_env(self, num_envs: int, seed: int | np.random.Generator = 0) -> SeatEnv:
        return SeatEnv(self, num_envs, seed)


class SeatEnv:
    """Its batch, as `ludus.games.vector.VectorEnv`; it cannot be saved, since opponents may be anything."""

    def __init__(self, game: SeatGame, num_envs: int, seed: int | np.random.Generator = 0):
        self.game, self.num_envs, self.rng = game, num_envs, np.random.default_rng(seed)
        self.env = game.game.vector_env(num_envs, int(self.rng.integers(2**63)))
        self.met = np.zeros(num_envs, np.int64)
        self.memory: list[dict[int, Any]] = []

    @property
    def ended(self) -> np.ndarray:
        return self.env.ended

    @property
    def truncated(self) -> np.ndarray:
        return self.env.truncated

    @property
    def final_obs(self) -> np.ndarray:
        return self.env.final_obs

    def state(self) -> np.ndarray:
        return self.env.state()

    def reset(self) -> tuple[np.ndarray, np.ndarray]:
        self.obs, self.legal = self.env.reset()
        self.memory = [{seat: a.start(self.num_envs) for seat, a in team.items()} for team in self.game.teams]
        self.met = self._draw(self.num_envs)
        return self.obs, self._mine()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """actions: int64[B, P], of which the learner's column is read -> as `VectorEnv.step`."""
        actions = actions.copy()
        for k, team in enumerate(self.game.teams):
            for seat, agent in team.items():
                rows = np.flatnonzero((self.met == k) & self.legal[:, seat].any(axis=1))
                if rows.size:
                    seen = self.obs[rows, seat], self.legal[rows, seat]
                    actions[rows, seat], after = agent.act(*seen, take(self.memory[k][seat], rows), self.rng)
                    self.memory[k][seat] = put(self.memory[k][seat], rows, after)
        self.obs, reward, done, self.legal = self.env.step(actions)
        fresh = np.flatnonzero(self.env.ended)
        if fresh.size:
            self.met[fresh] = self._draw(len(fresh))
            for team, memory in zip(self.game.teams, self.memory):
                for seat, agent in team.items():
                    memory[seat] = put(memory[seat], fresh, agent.start(len(fresh)))
        mine = np.repeat(reward[:, self.game.player, None], self.game.num_players, axis=1)
        return self.obs, mine, done, self._mine()

    def _draw(self, count: int) -> np.ndarray:
        return self.rng.choice(len(self.game.weights), size=count, p=self.game.weights)

    def _mine(self) -> np.ndarray:
        legal = self.legal.copy()
        legal[:, self.game.others] = False
        return legal
