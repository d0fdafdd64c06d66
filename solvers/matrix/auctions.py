"""Sealed-bid auctions of one object, with values and bids on grids, as Bayesian games (Vickrey 1961; Krishna 2010)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from .bayesian import MOST_CELLS, BayesianGame, BayesProfile, bayesian_game

KINDS = ("first", "second", "all_pay")


@dataclass(frozen=True, eq=False)
class Auction:
    """An auction of P bidders with V values and B bids.

    Attributes:
        game: as a Bayesian game: types are values, actions are bids.
        values: float64[V]: what the object may be worth to a bidder.
        bids: float64[B], rising.
        shares: float64[P, B, …]: the probability that each bidder gets the object.
        payments: float64[P, B, …]: what each is expected to pay.
    """

    game: BayesianGame
    values: np.ndarray
    bids: np.ndarray
    shares: np.ndarray
    payments: np.ndarray

    def revenue(self, profile: BayesProfile | Sequence[np.ndarray]) -> float:
        """What the seller expects from strategies float64[V, B]."""
        return self._expected(profile, self.payments.sum(axis=0)[(None,) * len(self.payments)])

    def welfare(self, profile: BayesProfile | Sequence[np.ndarray]) -> float:
        """The expected value to the one who gets the object."""
        players = len(self.shares)
        total = 0.0
        for p in range(players):
            own = self.values.reshape([-1 if q == p else 1 for q in range(players)] + [1] * players)
            total += self._expected(profile, own * self.shares[p])
        return total

    def _expected(self, profile: BayesProfile | Sequence[np.ndarray], table: np.ndarray) -> float:
        strategies = profile.strategies if isinstance(profile, BayesProfile) else profile
        players = len(self.shares)
        whole = np.broadcast_to(table, (*self.game.types, *self.game.actions))
        operands: list[Any] = [whole, list(range(2 * players)), self.game.prior, list(range(players))]
        for q, mixed in enumerate(strategies):
            operands += [mixed, [q, players + q]]
        return float(np.einsum(*operands, [], optimize=True))

    def truthful(self) -> tuple[np.ndarray, ...]:
        """Everybody bids the own value, or the highest bid below it."""
        at = np.maximum(np.searchsorted(self.bids, self.values + 1e-12, side="right") - 1, 0)
        return (np.eye(len(self.bids))[at],) * len(self.shares)


def auction(
    kind: str,
    values: Sequence[float],
    bids: Sequence[float] | None = None,
    *,
    players: int = 2,
    prior: Any = None,
    reserve: float = 0.0,
) -> Auction:
    """A sealed-bid auction with private values; the highest bid wins, ties are broken by lot.

    Args:
        kind: ``"first"``: the winner pays the own bid; ``"second"``: the second-highest one (at least the reserve);
            ``"all_pay"``: everybody pays the own bid.
        values: what the object may be worth to a bidder.
        bids: that are allowed; the values, with 0, if None.
        prior: [V] for values that are drawn independently, or [V, …, V] for the joint distribution; None is uniform.
        reserve: lower bids do not win.

    Raises:
        ValueError: an unknown kind, empty or non-finite grids, one bidder, a prior that is no distribution, more than
            ten million payoffs.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be 'first', 'second' or 'all_pay', got {kind!r}")
    if not isinstance(players, (int, np.integer)) or players < 2:
        raise ValueError(f"players must be a whole number from 2, got {players!r}")
    worth = _grid("values", values)
    offers = np.unique(_grid("bids", bids if bids is not None else [0.0, *values]))
    if not np.isfinite(reserve):
        raise ValueError(f"reserve must be finite, got {reserve!r}")
    shape = (*(len(worth),) * players, *(len(offers),) * players)
    if players * prod(shape) > MOST_CELLS:
        raise ValueError(f"the auction has {players * prod(shape)} payoffs, at most {MOST_CELLS}: choose coarser grids")
    chances = np.full(len(worth), 1.0 / len(worth)) if prior is None else np.array(prior, np.float64)
    if chances.shape == worth.shape:
        single, chances = chances, np.ones(())
        for _ in range(players):
            chances = np.multiply.outer(chances, single)
    shares, payments = _rules(kind, offers, int(players), reserve)
    table = np.empty((players, *shape))
    for p in range(players):
        own = worth.reshape([-1 if q == p else 1 for q in range(players)] + [1] * players)
        table[p] = own * shares[p] - payments[p]
    return Auction(bayesian_game(table, chances), worth, offers, shares, payments)


def _grid(name: str, given: Sequence[float]) -> np.ndarray:
    found = np.array(given, np.float64)
    if found.ndim != 1 or not found.size or not np.isfinite(found).all():
        raise ValueError(f"{name} must be a list of finite numbers, got {given!r}")
    return found


def _rules(kind: str, bids: np.ndarray, players: int, reserve: float) -> tuple[np.ndarray, np.ndarray]:
    """-> (who gets the object, what everybody pays), float64[P, B, …] each."""
    offers = np.stack(np.meshgrid(*[bids] * players, indexing="ij"))
    top = offers.max(axis=0)
    wins = (offers == top) & (offers >= reserve)
    shares = wins / np.maximum(wins.sum(axis=0), 1)
    if kind == "all_pay":
        return shares, offers.copy()
    if kind == "first":
        return shares, shares * top
    second = np.sort(offers, axis=0)[-2]
    return shares, shares * np.maximum(second, reserve)
