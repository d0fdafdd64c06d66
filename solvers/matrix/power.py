"""Values of cooperative games: Shapley's and Banzhaf's, which are two things, exact and sampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

from .coalitions import CoalitionalGame, coalitional_game


def shapley(game: Any, players: int | None = None) -> np.ndarray:
    """float64[n]: the Shapley value, each player's mean contribution over all orders of arrival (Shapley 1953).

    Args:
        game, players: as for `coalitional_game`.
    """
    table = coalitional_game(game, players)
    n = table.num_players
    weights = np.array([1.0 / (n * comb(n - 1, size)) for size in range(n)])
    return _mean_contributions(table, lambda size: weights[size])


def banzhaf(game: Any, players: int | None = None, *, normalised: bool = False) -> np.ndarray:
    """float64[n]: the Banzhaf value, each player's mean contribution over all coalitions of the others (Banzhaf 1965).

    It does not share out the grand coalition's worth; `normalised` scales it so that it does.

    Raises:
        ValueError: as for `coalitional_game`; `normalised` where the contributions sum to 0.
    """
    table = coalitional_game(game, players)
    found = _mean_contributions(table, lambda size: np.full(size.shape, 2.0 ** (1 - table.num_players)))
    if not normalised:
        return found
    if abs(found.sum()) < 1e-12 * (float(np.abs(table.values).max()) or 1.0):
        raise ValueError("the contributions sum to 0, so that the normalised Banzhaf value is not defined")
    return found * table.values[-1] / found.sum()


def _mean_contributions(table: CoalitionalGame, weight: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    sizes = table.members.sum(axis=1)
    found = np.empty(table.num_players)
    for i in range(table.num_players):
        without = np.flatnonzero(~table.members[:, i])
        found[i] = weight(sizes[without]) @ (table.values[without | 1 << i] - table.values[without])
    return found


@dataclass(frozen=True, eq=False)
class SampledValue:
    """A value estimated from samples.

    Attributes:
        values: float64[n].
        errors: float64[n]: standard errors.
    """

    values: np.ndarray
    errors: np.ndarray


def sampled_shapley(
    worth: Callable[[frozenset[int]], float],
    players: int,
    *,
    permutations: int = 1000,
    seed: int | np.random.Generator = 0,
) -> SampledValue:
    """The Shapley value of any number of players, from random orders, each taken forwards and backwards (Castro, Gómez
    & Tejada 2009; antithetic pairs: Lomeli et al. 2019).

    The estimate shares out the grand coalition's worth exactly.

    Args:
        worth: of a frozenset of players.
        permutations: how many orders are evaluated, an even number from 4; n calls of `worth` each.

    Raises:
        ValueError: too few players or permutations.
    """
    _sizes(players, permutations)
    rng = np.random.default_rng(seed)
    pairs = np.zeros((permutations // 2, players))
    for row in pairs:
        order = rng.permutation(players)
        for way in (order, order[::-1]):
            before, coalition = float(worth(frozenset())), []
            for i in way.tolist():
                coalition.append(i)
                now = float(worth(frozenset(coalition)))
                row[i] += (now - before) / 2.0
                before = now
    return SampledValue(pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)))


def sampled_banzhaf(
    worth: Callable[[frozenset[int]], float],
    players: int,
    *,
    coalitions: int = 1000,
    seed: int | np.random.Generator = 0,
) -> SampledValue:
    """The Banzhaf value from random coalitions: everybody is in with probability one half.

    Args:
        coalitions: how many, an even number from 4; n + 1 calls of `worth` each.
    """
    _sizes(players, coalitions)
    rng = np.random.default_rng(seed)
    rows = np.empty((coalitions, players))
    for row in rows:
        inside = frozenset(np.flatnonzero(rng.random(players) < 0.5).tolist())
        whole = float(worth(inside))
        for i in range(players):
            row[i] = whole - float(worth(inside - {i})) if i in inside else float(worth(inside | {i})) - whole
    return SampledValue(rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(coalitions))


def _sizes(players: int, samples: int) -> None:
    if not isinstance(players, (int, np.integer)) or players < 1:
        raise ValueError(f"players must be a whole number from 1, got {players!r}")
    if not isinstance(samples, (int, np.integer)) or samples < 4 or samples % 2:
        raise ValueError(f"the number of samples must be even and at least 4, got {samples!r}")
