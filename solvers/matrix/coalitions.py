"""Cooperative games with transferable utility: what each coalition is worth, and games with known solutions.

A coalition of n players is a bit set: player i belongs to number c if ``c >> i & 1``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

MOST_PLAYERS = 20
"""Of games with a table: 2^20 coalitions."""


@dataclass(frozen=True, eq=False)
class CoalitionalGame:
    """A characteristic function of n players as a table."""

    values: np.ndarray
    """float64[2^n], read-only: each coalition's worth; the empty one's is 0."""

    @property
    def num_players(self) -> int:
        return len(self.values).bit_length() - 1

    @cached_property
    def members(self) -> np.ndarray:
        """bool[2^n, n]: who belongs to each coalition."""
        return (np.arange(len(self.values))[:, None] >> np.arange(self.num_players) & 1).astype(bool)

    @cached_property
    def convex(self) -> bool:
        """Whether joining pays the more the larger the coalition: v(S ∪ i ∪ j) - v(S ∪ j) >= v(S ∪ i) - v(S)."""
        v, slack = self.values, 1e-9 * (float(np.ptp(self.values)) or 1.0)
        for i in range(self.num_players):
            for j in range(i):
                without = np.flatnonzero(~self.members[:, i] & ~self.members[:, j])
                gain = v[without | 1 << i | 1 << j] - v[without | 1 << j] - v[without | 1 << i] + v[without]
                if gain.min() < -slack:
                    return False
        return True

    def excess(self, payoffs: Any) -> np.ndarray:
        """float64[2^n]: how much more than its members get each coalition is worth."""
        return self.values - self.members @ allocation(self, payoffs)


def coalitional_game(worth: Any, players: int | None = None) -> CoalitionalGame:
    """A cooperative game from its worths.

    Args:
        worth: a `CoalitionalGame`; a table [2^n]; a mapping from collections of players to worths, 0 where absent; or
            a function of a frozenset of players (`players` says how many there are).

    Raises:
        ValueError: no table of 2^n finite numbers, a worth of the empty coalition other than 0, more than 20 players.
    """
    if isinstance(worth, CoalitionalGame):
        return worth
    if callable(worth) or isinstance(worth, Mapping):
        if isinstance(worth, Mapping):
            table = {frozenset(members): value for members, value in worth.items()}
            players = 1 + max((max(c) for c in table if c), default=-1) if players is None else players
            if any(not all(0 <= i < players for i in c) for c in table):
                raise ValueError(f"coalitions must be made of players 0 to {players - 1}")
        if not isinstance(players, (int, np.integer)) or not 1 <= players <= MOST_PLAYERS:
            raise ValueError(f"players must be a whole number from 1 to {MOST_PLAYERS}, got {players!r}")
        everyone = range(int(players))
        coalitions = [frozenset(i for i in everyone if c >> i & 1) for c in range(1 << int(players))]
        worth = [worth(c) if callable(worth) else table.get(c, 0.0) for c in coalitions]
    values = np.array(worth, np.float64)
    count = len(values) if values.ndim == 1 else 0
    if count < 2 or count & (count - 1) or count > 1 << MOST_PLAYERS:
        raise ValueError(f"worths must be a table of 2^n numbers, n from 1 to {MOST_PLAYERS}, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("worths must be finite")
    if values[0] != 0.0:
        raise ValueError(f"the empty coalition's worth must be 0, got {values[0]:g}")
    values.setflags(write=False)
    return CoalitionalGame(values)


def allocation(game: CoalitionalGame, payoffs: Any) -> np.ndarray:
    """float64[n]: payoffs, one for each player, or ValueError."""
    found = np.array(payoffs, np.float64)
    if found.shape != (game.num_players,) or not np.isfinite(found).all():
        raise ValueError(f"payoffs must be {game.num_players} finite numbers, one for each player, got {payoffs!r}")
    return found


def glove_game(left: int, right: int) -> CoalitionalGame:
    """Owners of left gloves, then of right ones; a pair is worth 1 (Shapley & Shubik 1969)."""
    return coalitional_game(lambda c: min(sum(i < left for i in c), sum(i >= left for i in c)), left + right)


def airport_game(costs: Sequence[float]) -> CoalitionalGame:
    """A runway as long as the largest plane needs; worths are costs, negative (Littlechild & Owen 1973)."""
    return coalitional_game(lambda c: -max((costs[i] for i in c), default=0.0), len(costs))


def bankruptcy_game(estate: float, claims: Sequence[float]) -> CoalitionalGame:
    """A coalition is sure of what is left when all others are paid in full (O'Neill 1982)."""
    return coalitional_game(
        lambda c: max(0.0, estate - sum(x for i, x in enumerate(claims) if i not in c)) if c else 0.0, len(claims)
    )


def voting_game(quota: float, weights: Collection[float]) -> CoalitionalGame:
    """Coalitions whose weights reach the quota are worth 1, all others 0 (Shapley & Shubik 1954)."""
    if not quota > 0.0:
        raise ValueError(f"quota must be positive, got {quota!r}")
    given = list(weights)
    return coalitional_game(lambda c: float(sum(given[i] for i in c) >= quota), len(given))
