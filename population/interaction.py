"""Who meets whom: rows of the interaction matrix Σ, as functions (population, learner) -> distribution over members.

The framework is that of Zhang et al., "A survey on self-play methods in reinforcement learning" (2024), section 3: row
i of Σ is the mixture of opponents against which the oracle trains learner i.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .members import Population
from .meta_solvers import marginals, meta_strategy

Interaction = Callable[[Population, int], np.ndarray]
"""(population of n, a learner's number) -> float64[n], sums to one."""

WEIGHTINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "squared": lambda x: (1 - x) ** 2,
    "variance": lambda x: x * (1 - x),
    "linear": lambda x: 1 - x,
    "linear_capped": lambda x: np.minimum(0.5, 1 - x),
}
"""Weights of prioritised fictitious self-play over the learner's win rates x (Vinyals et al. 2019, Methods and
pseudocode; squared is the paper's f_hard with p = 2, variance its f_var)."""


def pfsp(win_rates: Any, weighting: str = "squared") -> np.ndarray:
    """The distribution over opponents of prioritised fictitious self-play.

    P(B) = f(P[A beats B]) / Σ f(P[A beats C]); uniform where the weights sum to less than 1e-10.

    Args:
        win_rates: float[n], the learner's own win rate against each opponent.
        weighting: one of `WEIGHTINGS`.

    Returns:
        float64[n].

    Raises:
        ValueError: an unknown weighting, or win rates that are none.

    Source: Vinyals et al., "Grandmaster level in StarCraft II using multi-agent reinforcement learning" (2019).
    """
    if weighting not in WEIGHTINGS:
        raise ValueError(f"weighting must be one of {', '.join(WEIGHTINGS)}, got {weighting!r}")
    x = np.asarray(win_rates, np.float64)
    if x.ndim != 1 or not x.size or not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"win_rates must be a list of at least one number from 0 to 1, got {win_rates!r}")
    weights = WEIGHTINGS[weighting](x)
    total = weights.sum()
    return np.full(x.size, 1 / x.size) if total < 1e-10 else weights / total


def spread(population: Population, numbers: np.ndarray, weights: np.ndarray | float) -> np.ndarray:
    """float64[n]: weights at the numbers of some members, 0 elsewhere."""
    row = np.zeros(len(population.members))
    row[numbers] = weights
    return row


def over(population: Population, learner: int, numbers: np.ndarray, weighting: str) -> np.ndarray:
    """float64[n]: PFSP of a learner over some members."""
    return spread(population, numbers, pfsp(population.win_rates[learner, numbers], weighting))


def latest(population: Population, learner: int) -> np.ndarray:
    """Vanilla self-play: the newest copy of oneself."""
    return spread(population, population.past(learner)[-1:], 1.0)


def delta_uniform(delta: float) -> Interaction:
    """Uniform over the copies numbered δv … v, v the newest: δ = 0 all of them, δ = 1 the newest alone.

    Source: Bansal et al., "Emergent complexity via multi-agent competition" (2018), section 4.2.
    """

    def row(population: Population, learner: int) -> np.ndarray:
        past = population.past(learner)
        recent = past[int(np.ceil(delta * (len(past) - 1) - 1e-9)) :]
        return spread(population, recent, 1 / len(recent))

    return row


def uniform(population: Population, learner: int) -> np.ndarray:
    """Fictitious self-play: every copy of oneself, and every guest, with the same probability."""
    numbers = population.opponents_of(learner)
    return spread(population, numbers, 1 / len(numbers))


def prioritised(weighting: str) -> Interaction:
    """Prioritised fictitious self-play over one's own past and the guests."""
    if weighting not in WEIGHTINGS:
        raise ValueError(f"weighting must be one of {', '.join(WEIGHTINGS)}, got {weighting!r}")

    def row(population: Population, learner: int) -> np.ndarray:
        return over(population, learner, population.opponents_of(learner), weighting)

    return row


def meta(solver: Any) -> Interaction:
    """A meta-solver's strategy over one's own past and the guests, in the empirical game of their mean returns."""

    def row(population: Population, learner: int) -> np.ndarray:
        numbers = population.opponents_of(learner)
        table = population.mean[np.ix_(numbers, numbers)]
        return spread(population, numbers, marginals(meta_strategy(np.stack([table, table.T]), solver))[0])

    return row


def near(width: float) -> Interaction:
    """Learners of like strength: weights exp(-(x - 1/2)² / 2 width²) over the win rates x against the other learners.

    Source: Jaderberg et al., "Human-level performance in 3D multiplayer games with population-based reinforcement
    learning" (2019), supplement (their width is 1/6).
    """

    def row(population: Population, learner: int) -> np.ndarray:
        others = population.learners[population.learners != learner]
        weights = np.exp(-((population.win_rates[learner, others] - 0.5) ** 2) / (2 * width**2))
        return spread(population, others, weights / weights.sum())

    return row
