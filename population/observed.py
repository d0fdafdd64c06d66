"""`ObservedEvolution`: an oracle for games without a tree, over observations and played matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..games.agent import Agent
from ..games.game import Game
from .match import play_batch
from .oracles import ORACLES, OracleState, checked


class LinearAgent(Agent):
    """Probabilities proportional to exp of a linear function of the observation, over the legal actions."""

    def __init__(self, weights: np.ndarray, name: str = "linear"):
        """weights: float64[O + 1, A], the last row for the constant."""
        self.weights, self.name = np.array(weights, np.float64), name
        self.weights.setflags(write=False)

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        flat = obs.reshape(len(obs), -1)
        return _softmax(flat @ self.weights[:-1] + self.weights[-1], legal), memory


class _Swarm(Agent):
    """Several linear agents side by side: row r of a batch is played by number ``r // matches``."""

    name = "swarm"

    def __init__(self, weights: np.ndarray, matches: int):
        """weights: float64[N, O + 1, A]."""
        self.weights, self.matches = weights, matches

    def start(self, batch: int) -> np.ndarray:
        return np.arange(batch) // self.matches

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        logits = np.empty(legal.shape)
        flat = obs.reshape(len(obs), -1)
        for number in np.unique(memory):
            rows, weights = memory == number, self.weights[number]
            logits[rows] = flat[rows] @ weights[:-1] + weights[-1]
        return _softmax(logits, legal), memory


@dataclass(frozen=True)
class ObservedEvolution:
    """Evolution strategies on a linear policy over observations (Salimans et al. 2017); `budget`: generations.

    Fitness is the mean return of played matches, opponents drawn by their weights and the same for all of a generation.
    It serves games that have no tree, against any agents. State: weights float64[O + 1, A].
    """

    population: int = 16
    """Even: samples come in mirrored pairs."""
    matches: int = 16
    """Of every sample in a generation."""
    sigma: float = 0.3
    rate: float = 0.5

    def __post_init__(self) -> None:
        if self.population < 2 or self.population % 2:
            raise ValueError(f"population must be an even number of at least 2, got {self.population!r}")
        if self.matches < 1:
            raise ValueError(f"matches must be at least 1, got {self.matches!r}")
        for name in ("sigma", "rate"):
            if not 0.0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be positive and finite, got {getattr(self, name)!r}")

    def start(self, game: Game, seed: int | np.random.Generator = 0) -> OracleState:
        """All legal actions alike."""
        obs, legal = game.vector_env(1, 0).reset()
        return {"weights": np.zeros((obs[0, 0].size + 1, legal.shape[2]))}

    def train(
        self,
        game: Game,
        state: OracleState,
        player: int,
        opponents: Sequence[Agent],
        weights: Any,
        seed: int | np.random.Generator = 0,
        budget: int = 1,
    ) -> OracleState:
        """See `Oracle.train`."""
        mix, rng = checked(opponents, weights, budget), np.random.default_rng(seed)
        mean, half = state["weights"], self.population // 2
        ranks = np.linspace(-0.5, 0.5, self.population)
        seats = np.zeros((self.population * self.matches, game.num_players), np.int64)
        for _ in range(budget):
            noise = rng.standard_normal((half, *mean.shape))
            noise = np.concatenate([noise, -noise])
            drawn = 1 + rng.choice(len(mix), (self.matches, game.num_players), p=mix)
            seats[:] = np.tile(drawn, (self.population, 1))
            seats[:, player] = 0
            swarm = _Swarm(mean + self.sigma * noise, self.matches)
            returns = play_batch(game, [swarm, *opponents], seats, int(rng.integers(2**63)), rng)
            worth = returns[:, player].reshape(self.population, self.matches).mean(axis=1)
            if np.ptp(worth) == 0.0:
                continue
            shaped = np.empty(self.population)
            shaped[np.argsort(worth, kind="stable")] = ranks
            mean = mean + self.rate / self.population / self.sigma * np.tensordot(shaped, noise, axes=1)
        return {"weights": mean}

    def agent(self, game: Game, state: OracleState) -> Agent:
        return LinearAgent(state["weights"], "evolved")


def _softmax(logits: np.ndarray, legal: np.ndarray) -> np.ndarray:
    logits = np.where(legal, logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


ORACLES["observed_evolution"] = ObservedEvolution
