"""Population-based training: learners with hyper-parameters of their own; the worst copy the best and vary them.

Source: Jaderberg et al., "Population based training of neural networks" (2017), section 3 and 4.1: truncation selection
and perturbation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .members import Population

TABLES = ("games", "wins", "draws", "total")
"""What is known of a member's results."""
Ranges = dict[str, tuple[float, float]]
"""Field of the oracle -> (lowest, highest) value, both positive."""


def drawn(ranges: Ranges, rng: np.random.Generator) -> tuple[tuple[str, float], ...]:
    """Hyper-parameters to begin with: log-uniform within their ranges."""
    return tuple((name, float(np.exp(rng.uniform(np.log(low), np.log(high))))) for name, (low, high) in ranges.items())


def fitness(population: Population) -> np.ndarray:
    """float64[L]: mean win rate of every learner against the other learners."""
    rates = population.win_rates[np.ix_(population.learners, population.learners)]
    return (rates.sum(axis=1) - rates.diagonal()) / (len(rates) - 1)


def exploit_and_explore(
    population: Population, share: float, factors: tuple[float, float], rng: np.random.Generator
) -> Population:
    """The worst `share` of the learners each take over state and hyper-parameters of one of the best `share`, with each
    hyper-parameter multiplied by one of two factors; their results become those of whom they copied.

    Args:
        share: 0.2 in the paper (truncation selection).
        factors: (0.8, 1.2) in the paper (perturbation).
    """
    order = population.learners[np.argsort(fitness(population), kind="stable")]
    several = int(np.ceil(share * len(order)))
    for loser in order[:several].tolist():
        best = int(rng.choice(order[-several:]))
        donor = population.members[best]
        hyper = tuple((name, value * float(rng.choice(factors))) for name, value in donor.hyper)
        population = population.with_member(loser, population.members[loser]._replace(state=donor.state, hyper=hyper))
        tables: dict[str, Any] = {name: _copied(getattr(population, name), best, loser) for name in TABLES}
        population = replace(population, **tables)
    return population


def _copied(table: np.ndarray, source: int, target: int) -> np.ndarray:
    table = table.copy()
    table[target], table[:, target] = table[source], table[:, source]
    table[target, target] = 0.0
    return table
