"""One table of a league for every kind of report: ratings, played means and exact numbers side by side."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..population.league import League
from ..population.payoffs import Payoffs


class BoardRow(NamedTuple):
    """One member. Numbers that are not known are NaN."""

    rank: int
    player: str
    mu: float
    low: float
    """Lower and"""
    high: float
    """upper end of the 90 % interval of mu."""
    rank_low: int
    """Best and"""
    rank_high: int
    """worst place within the 90 % interval."""
    matches: int
    mean: float
    """Mean return against the others, each with the same weight."""
    error: float
    """Standard error of `mean`."""
    value: float
    """Exact expected return against the other tabular members."""
    exploitability: float


class Summary(NamedTuple):
    """What a report shows of a league."""

    game: str
    model: str
    rows: tuple[BoardRow, ...]
    """Best first."""
    payoffs: Payoffs
    """In the order of `rows`."""
    matches: int

    @property
    def exact(self) -> bool:
        """Whether any member's exact numbers are known."""
        return any(math.isfinite(row.exploitability) for row in self.rows)


def summarise(league: League, model: str = "plackett_luce") -> Summary:
    """Rates the league's matches and lays everything side by side.

    Raises:
        ValueError: the league has no members or no matches.
    """
    if not league.members or not league.store.played():
        raise ValueError(f"the league of {league.game.id} has no matches to report")
    board, payoffs = league.leaderboard(model), league.payoffs()
    exact = {}
    if league.has_exact():
        found = league.exact()
        exact = dict(zip(found.names, zip(found.field.tolist(), found.exploitability.tolist())))
    order = np.array([payoffs.names.index(player) for player in board.players])
    squares = np.where(np.isfinite(payoffs.error), payoffs.error, 0.0) ** 2
    met = np.isfinite(payoffs.mean).sum(axis=1)
    rows = []
    for place, number in enumerate(order.tolist()):
        row, (low, high) = board.row(place), board.interval[place].tolist()
        value, gap = exact.get(row.player, (math.nan, math.nan))
        error = math.sqrt(squares[number].sum()) / max(met[number], 1)
        place_of = (row.rank, row.player, row.mu, low, high, row.rank_low, row.rank_high, row.matches)
        rows.append(BoardRow(*place_of, float(payoffs.field[number]), error, value, gap))
    return Summary(league.game.id, model, tuple(rows), payoffs.ordered(order), league.store.played())
