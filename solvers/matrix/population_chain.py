"""Finite populations as exact Markov chains: transition probabilities, the long run, the limit of rare mutations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from .finite_population import change_probabilities, checked_process, fixation_probability

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST_STATES = 200_000


@dataclass(frozen=True, eq=False)
class Stationary:
    """The long run of a finite population with mutation. S states.

    Attributes:
        states: int64[S, A]: how many individuals play each strategy.
        probabilities: float64[S].
    """

    states: np.ndarray
    probabilities: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """float64[A]: the strategies' mean shares."""
        return self.probabilities @ self.states / self.states[0].sum()


def population_states(kinds: int, population: int) -> np.ndarray:
    """int64[S, A]: all ways to divide a population among A strategies, in lexicographic order.

    Raises:
        ValueError: more than 200,000.
    """
    number = comb(population + kinds - 1, kinds - 1)
    if number > MOST_STATES:
        raise ValueError(f"{population} individuals and {kinds} strategies have {number} states; at most {MOST_STATES}")
    return np.array(list(_divisions(kinds, population)), np.int64)


def _divisions(kinds: int, left: int) -> Iterator[tuple[int, ...]]:
    if kinds == 1:
        yield (left,)
        return
    for own in range(left + 1):
        for rest in _divisions(kinds - 1, left - own):
            yield (own, *rest)


def population_chain(
    game: Any,
    process: str = "moran",
    *,
    population: int = 20,
    selection: float = 1.0,
    mutation: float = 0.0,
    fitness: str = "exponential",
) -> tuple[np.ndarray, csr_matrix]:
    """The exact Markov chain of a process. -> (states int64[S, A], transition probabilities, sparse float64[S, S]).

    Raises:
        ValueError: as for `simulate_population`; more than 200,000 states.
    """
    from scipy import sparse

    rules = checked_process(game, process, population, selection, mutation, fitness)
    kinds = len(rules.payoffs)
    states = population_states(kinds, population)
    number = {tuple(state): i for i, state in enumerate(states.tolist())}
    rows, columns, values = [], [], []
    for i, counts in enumerate(states):
        stay = 1.0
        change = change_probabilities(rules, counts, mutation)
        for new, old in np.argwhere(change > 0.0):
            after = counts.copy()
            after[new] += 1
            after[old] -= 1
            rows.append(i)
            columns.append(number[tuple(after.tolist())])
            values.append(change[new, old])
            stay -= change[new, old]
        rows.append(i)
        columns.append(i)
        values.append(max(stay, 0.0))
    return states, sparse.csr_matrix((values, (rows, columns)), shape=(len(states), len(states)))


def stationary_distribution(
    game: Any,
    process: str = "moran",
    *,
    population: int = 20,
    selection: float = 1.0,
    mutation: float = 0.01,
    fitness: str = "exponential",
) -> Stationary:
    """The long run of a process with mutation, exact up to rounding: one sparse linear system.

    Raises:
        ValueError: as for `simulate_population`; no mutation; more than 200,000 states.
    """
    if mutation <= 0.0:
        raise ValueError(
            "a stationary distribution needs mutation > 0: without it one strategy takes over for good; "
            "monomorphic_distribution is the limit of rare mutations"
        )
    from scipy.sparse.linalg import spsolve

    states, chain = population_chain(
        game, process, population=population, selection=selection, mutation=mutation, fitness=fitness
    )
    system = chain.T.tolil()
    system.setdiag(system.diagonal() - 1.0)
    system[-1] = 1.0
    side = np.zeros(len(states))
    side[-1] = 1.0
    found = np.maximum(spsolve(system.tocsc(), side), 0.0)
    return Stationary(states, found / found.sum())


def monomorphic_distribution(
    game: Any,
    process: str = "moran",
    *,
    population: int = 100,
    selection: float = 1.0,
    fitness: str = "exponential",
) -> np.ndarray:
    """float64[A]: how much of the time everybody plays each strategy in the limit of rare mutations, in which a mutant
    takes over or dies out before the next one comes (Fudenberg & Imhof 2006)."""
    kinds = len(checked_process(game, process, population, selection, 0.0, fitness).payoffs)
    chain = np.zeros((kinds, kinds))
    for resident in range(kinds):
        for mutant in range(kinds):
            if mutant != resident:
                chain[resident, mutant] = fixation_probability(
                    game, mutant, resident, population=population, process=process, selection=selection, fitness=fitness
                )
    return _stationary(chain)


def _stationary(moves: np.ndarray) -> np.ndarray:
    """The stationary distribution of rates float64[A, A], without subtraction, so that tiny ones lose no digits
    (Grassmann, Taksar & Heyman 1985)."""
    moves = moves.copy()
    for k in range(len(moves) - 1, 0, -1):
        moves[:k, k] /= moves[k, :k].sum()
        moves[:k, :k] += np.outer(moves[:k, k], moves[k, :k])
    found = np.zeros(len(moves))
    found[0] = 1.0
    for k in range(1, len(moves)):
        found[k] = found[:k] @ moves[:k, k]
    return found / found.sum()
