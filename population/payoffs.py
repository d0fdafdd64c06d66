"""Payoff tables: what each member of a population gets against each other, played and exact."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..games.game import Game
from ..games.policy import Policy
from .match import seat_orders


@dataclass(frozen=True, eq=False)
class Payoffs:
    """Returns of n members in matches against each other. Row: whose return; column: who else played.

    In a game of more than two players a match counts in the cells of all its pairs.
    """

    names: tuple[str, ...]
    count: np.ndarray
    """int64[n, n]: matches."""
    mean: np.ndarray
    """float64[n, n]: mean return; NaN where no match was played."""
    variance: np.ndarray
    """float64[n, n]: sample variance of one match's return; NaN below two matches."""
    wins: np.ndarray
    """int64[n, n]: matches in which the row's return was the greater of the two."""
    draws: np.ndarray
    """int64[n, n]: matches with equal returns."""

    @property
    def error(self) -> np.ndarray:
        """float64[n, n]: standard error of the mean."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.sqrt(self.variance / self.count)

    @property
    def win_rate(self) -> np.ndarray:
        """float64[n, n]: wins plus half the draws, as a share of the matches; NaN where there are none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self.wins + 0.5 * self.draws) / self.count

    @cached_property
    def field(self) -> np.ndarray:
        """float64[n]: mean return against the others who were met, each with the same weight; NaN if nobody was."""
        return field_mean(self.mean)

    def ordered(self, order: np.ndarray) -> Payoffs:
        """The members numbered `order`, in that order."""
        cut = np.ix_(order, order)
        arrays = (self.count, self.mean, self.variance, self.wins, self.draws)
        return Payoffs(tuple(self.names[i] for i in order), *(array[cut] for array in arrays))

    def __repr__(self) -> str:
        return f"Payoffs({len(self.names)} members, {int(self.count.sum()) // 2:,} meetings)"


def payoffs_of(
    names: Sequence[str],
    players: np.ndarray,
    scores: np.ndarray,
    seat: int | None = None,
    times: np.ndarray | None = None,
) -> Payoffs:
    """The payoff table of matches: players int[M, P] and scores float64[M, P], both by seat; times int64[M]: how often
    each was played (once).

    With `seat`, only the matches in which the row's member sat there count.
    """
    totals = Totals(len(names))
    totals.add(players, scores, seat, times)
    return totals.payoffs(names)


class Totals:
    """Sums over matches from which a payoff table of n members is made; matches are added stretch by stretch."""

    def __init__(self, n: int):
        self.n, self._shift = n, 0.0
        self._count, self._wins, self._draws = (np.zeros(n * n, np.int64) for _ in range(3))
        self._total, self._square = np.zeros(n * n), np.zeros(n * n)

    def add(
        self, players: np.ndarray, scores: np.ndarray, seat: int | None = None, times: np.ndarray | None = None
    ) -> None:
        """Adds matches: players int[M, P] and scores float64[M, P], both by seat; times int64[M]: how often each."""
        size = self.n * self.n
        if scores.size and not self._count.any():
            self._shift = float(scores.mean())  # squares of what is nearly centred keep their digits
        often = np.ones(len(players), np.int64) if times is None else times
        for a, b in itertools.permutations(range(players.shape[1]), 2):
            if seat is not None and a != seat:
                continue
            cell = players[:, a].astype(np.int64) * self.n + players[:, b]
            mine, other = scores[:, a], scores[:, b]
            for tally, which in ((self._count, slice(None)), (self._wins, mine > other), (self._draws, mine == other)):
                tally += np.bincount(cell[which], often[which], size).astype(np.int64)
            centred = mine - self._shift
            self._total += np.bincount(cell, often * centred, size)
            self._square += np.bincount(cell, often * centred**2, size)

    def payoffs(self, names: Sequence[str]) -> Payoffs:
        """The table of the matches so far."""
        count, shape = self._count, (self.n, self.n)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self._total / count
            variance = np.where(count > 1, np.maximum(self._square - count * mean**2, 0.0) / (count - 1), np.nan)
        return Payoffs(
            tuple(names),
            count.reshape(shape).copy(),
            (mean + self._shift).reshape(shape),
            variance.reshape(shape),
            self._wins.reshape(shape).copy(),
            self._draws.reshape(shape).copy(),
        )


@dataclass(frozen=True, eq=False)
class ExactPayoffs:
    """Exact expected returns of n tabular members, seats balanced, and their exploitability."""

    names: tuple[str, ...]
    value: np.ndarray
    """float64[n, n]: expected return of the row in matches in which the column sits too (others uniformly drawn)."""
    field: np.ndarray
    """float64[n]: mean over the others."""
    exploitability: np.ndarray
    """float64[n]: of the profile in which the member sits in every seat."""

    def __repr__(self) -> str:
        return f"ExactPayoffs({len(self.names)} members)"


def exact_payoffs(game: Game, names: Sequence[str], policies: Sequence[Policy]) -> ExactPayoffs:
    """Walks the tree for every set of members and every seat order; no sampling."""
    from ..solvers import expected_values, exploitability

    n, seats = len(names), game.num_players
    total, count = np.zeros((n, n)), np.zeros((n, n))
    for members in itertools.combinations(range(n), seats):
        for order in np.asarray(members)[seat_orders(seats)]:
            value = expected_values(game, Policy.combine([policies[i] for i in order]))
            for a, b in itertools.permutations(range(seats), 2):
                total[order[a], order[b]] += value[a]
                count[order[a], order[b]] += 1
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
    gaps = np.array([exploitability(game, policy) for policy in policies], np.float64)
    return ExactPayoffs(tuple(names), mean, field_mean(mean), gaps)


def field_mean(table: np.ndarray) -> np.ndarray:
    """Means of rows over the entries that are known, the diagonal aside; NaN where there are none."""
    others = np.isfinite(table) & ~np.eye(len(table), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(others, table, 0.0).sum(axis=1) / others.sum(axis=1)
