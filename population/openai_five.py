"""OpenAI Five's opponents: mostly the present self, the rest from a pool of past selves by their quality scores.

Source: Berner et al., "Dota 2 with large scale deep reinforcement learning" (2019), section 3.3 and appendix N.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .interaction import Interaction, spread
from .members import Population


def quality_distribution(quality: np.ndarray) -> np.ndarray:
    """float64[N]: past self i is met with probability p_i = exp(q_i) / Σ exp(q_j)."""
    weights = np.exp(quality - quality.max())
    return weights / weights.sum()


def quality_update(quality: np.ndarray, wins: np.ndarray, rate: float) -> np.ndarray:
    """float64[N]: the scores after matches of the present self against the pool.

    A past self that loses falls: q_i ← q_i − η / (N p_i) for each of its defeats; one that wins or draws stays. The p_i
    are those under which the matches were drawn.

    Args:
        quality: float64[N], the scores so far.
        wins: float[N], how often the present self beat each of them.
        rate: η (the paper's is 0.01).
    """
    return quality - wins * rate / (len(quality) * quality_distribution(quality))


def pool(latest: float) -> Interaction:
    """The present self with probability `latest` (the paper's is 0.8), else a past one by quality."""

    def row(population: Population, learner: int) -> np.ndarray:
        past = population.opponents_of(learner)
        return spread(population, past, (1 - latest) * quality_distribution(population.quality[past])) + spread(
            population, np.array([learner]), latest
        )

    return row


def scored(population: Population, wins: np.ndarray, rate: float) -> Population:
    """The population after a round; wins: float64[n, n], of the row over the column, in this round."""
    quality = population.quality.copy()
    for learner in population.learners.tolist():
        past = population.opponents_of(learner)
        quality[past] = quality_update(quality[past], wins[learner, past], rate)
    return replace(population, quality=quality)


def newcomer(population: Population, pool: np.ndarray) -> float:
    """The score with which a copy joins its pool: the largest there."""
    return float(population.quality[pool].max(initial=-np.inf)) if len(pool) else 0.0
