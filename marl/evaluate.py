"""Evaluation: fixed numbers of whole episodes, inter-quartile means and stratified bootstrap intervals.

After Agarwal et al. 2021 and Gorsane et al. 2022: report the inter-quartile mean with an interval from resampling, not
the mean of a few runs alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..games.agent import Agent, put, take
from ..games.game import Game
from ..games.registry import make

BATCH = 1024


@dataclass(frozen=True)
class Evaluation:
    """What the players got. P players, N episodes."""

    returns: np.ndarray
    """float64[N, P]: each episode's returns."""
    mean: np.ndarray
    """float64[P]."""
    iqm: np.ndarray
    """float64[P]: the mean of the middle half."""
    interval: np.ndarray
    """float64[P, 2]: bootstrap interval of the inter-quartile mean."""
    confidence: float = 0.95

    def __repr__(self) -> str:
        rows = (f"{m:.4g} (iqm {q:.4g} in [{low:.4g}, {high:.4g}])" for m, q, (low, high) in zip(
            self.mean, self.iqm, self.interval
        ))  # fmt: skip
        return f"Evaluation({len(self.returns)} episodes; mean return by player: {', '.join(rows)})"


def evaluate(
    agents: Agent | Sequence[Agent],
    game: str | Game,
    episodes: int = 320,
    seed: int | np.random.Generator = 0,
    confidence: float = 0.95,
) -> Evaluation:
    """Plays exactly `episodes` episodes and sums up the returns.

    Args:
        agents: one agent for every seat, or a sequence of one for each player.

    Raises:
        ValueError: a wrong number of agents or episodes.
    """
    game = make(game) if isinstance(game, str) else game
    if isinstance(agents, Agent):
        agents = [agents] * game.num_players
    if len(agents) != game.num_players:
        raise ValueError(f"{game.id} has {game.num_players} players, got {len(agents)} agents")
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    rng = np.random.default_rng(seed)
    seats = [seated(agent, p) for p, agent in enumerate(agents)]
    sizes = [min(BATCH, episodes - start) for start in range(0, episodes, BATCH)]
    returns = np.concatenate([_play(seats, game, size, rng) for size in sizes])
    mean, middle = returns.mean(axis=0), iqm(returns)
    return Evaluation(returns, mean, middle, bootstrap([returns], rng, confidence), confidence)


def iqm(scores: np.ndarray) -> np.ndarray:
    """Inter-quartile mean over axis 0: the mean of what is left when a quarter is cut off at either end.

    Where a quarter of N is no whole number, the entries at the cuts count in part, so that the weights sum to N/2.
    scores: float[N, ...] -> float64[...].
    """
    n = len(scores)
    at = np.arange(n)
    weight = np.clip(np.minimum(at + 1, 0.75 * n) - np.maximum(at, 0.25 * n), 0.0, 1.0)
    return np.tensordot(weight, np.sort(np.asarray(scores, np.float64), axis=0), axes=1) / weight.sum()


def bootstrap(
    strata: Sequence[np.ndarray],
    seed: int | np.random.Generator = 0,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> np.ndarray:
    """Percentile interval of the inter-quartile mean under stratified resampling.

    Args:
        strata: float[N_k, ...] each (for instance one task's scores by seed); resampled each by itself, then pooled.

    Returns:
        float64[..., 2]: lower and upper end.
    """
    rng = np.random.default_rng(seed)
    values = np.stack(
        [iqm(np.concatenate([s[rng.integers(len(s), size=len(s))] for s in strata])) for _ in range(resamples)]
    )
    tail = (1 - confidence) / 2
    return np.moveaxis(np.quantile(values, [tail, 1 - tail], axis=0), 0, -1)


def seated(agent: Agent, player: int) -> Agent:
    """The agent for a seat: one that plays each seat differently is told which by its method `at`."""
    return agent.at(player) if hasattr(agent, "at") else agent


def _play(agents: Sequence[Agent], game: Game, episodes: int, rng: np.random.Generator) -> np.ndarray:
    """One episode in each of `episodes` environments -> returns float64[episodes, P]."""
    env = game.vector_env(episodes, int(rng.integers(2**63)))
    obs, legal = env.reset()
    memories = [agent.start(episodes) for agent in agents]
    continuous = getattr(getattr(game, "setup", None), "continuous", False)
    going, total = np.ones(episodes, bool), np.zeros((episodes, game.num_players))
    while going.any():
        actions = env.random_actions(rng) if continuous else legal.argmax(axis=2)  # for those whose episode is over
        for p, agent in enumerate(agents):
            rows = np.flatnonzero(going & legal[:, p].any(axis=1))
            if rows.size:
                actions[rows, p], after = agent.act(obs[rows, p], legal[rows, p], take(memories[p], rows), rng)
                memories[p] = put(memories[p], rows, after)
        obs, reward, _, legal = env.step(actions)
        total[going] += reward[going]
        going &= ~env.ended
    return total
