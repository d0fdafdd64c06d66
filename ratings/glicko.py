"""Glicko (Glickman, Applied Statistics 48, 1999) and Glicko-2 (Glickman 2012), by rating periods or by matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _kernels, _kernels_glicko
from .log import MatchLog, optional
from .model import RatingModel, Ratings, newcomers, positive

MODELS = {"glicko": "Glicko", "glicko2": "Glicko2"}


class Glicko(RatingModel):
    """Glicko: ``mu`` points and ``sigma`` = rating deviation (RD).

    - ``c``: growth of RD, in points per square root of a period; ``least``, ``most``: bounds of RD.
    - ``period``: length of a rating period in the log's unit of time, all matches of which count at once. None: every
      match is a period of its own, and RD grows with time where the log has times, else once per match.

    Teams are the (share-weighted) mean of their players, each of whom moves by his own RD; of several teams every pair
    is a game. Raises ValueError where ``period`` is set and the log has no times, or they go backwards.
    """

    name = "glicko"
    _two = False

    def __init__(
        self,
        mu: float = 1500.0,
        sigma: float = 350.0,
        c: float = 10.0,
        period: float | None = None,
        least: float = 30.0,
        most: float = 350.0,
    ):
        self.mu, self.sigma, self.c = float(mu), positive("sigma", sigma), positive("c", c, zero=True)
        self.period = None if period is None else positive("period", period)
        self.least, self.most = positive("least", least, zero=True), positive("most", most)

    def start(self, players: int) -> Ratings:
        return newcomers(players, self.mu, self.sigma)

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        mu, rd, last = ratings.mu.copy(), ratings.sigma.copy(), ratings.last.copy()
        extra, matches = ratings.extra.copy(), ratings.matches.copy()
        vol = np.ascontiguousarray(extra[:, 0]) if self._two else np.empty(0)
        size, n = len(log), log.num_players
        if log.times is not None and (np.diff(log.times) < 0).any():
            at = int(np.flatnonzero(np.diff(log.times) < 0)[0]) + 1
            raise ValueError(f"times, match {at}: earlier than the match before; use log.sorted()")
        period = np.full(size, -1, np.int64)
        since = last.copy()
        if self.period is not None:
            if log.times is None:
                raise ValueError("period needs a log with times; this one has none")
            clock = np.floor(log.times / self.period)
            period = (clock - clock[0]).astype(np.int64) if size else period
            since = np.floor(last / self.period)
        else:
            clock = optional(log.times).copy()
            if log.times is None:
                since = np.where(matches > 0, 0.0, np.nan)
        win = np.zeros(len(log.ranks))
        options = (self._two, getattr(self, "c", 0.0), getattr(self, "change", 0.0), self.least, self.most)
        if self.period is None and log.times is None and log.duels and log.weights is None:
            _kernels_glicko.glicko_duels(log.players, log.ranks, mu, rd, vol, matches, win, predict, *options)
            if self._two:
                extra[:, 0] = vol
            return Ratings(mu, rd, matches, last, extra), win
        most_teams = int(np.diff(log.match_starts).max(initial=0))
        _kernels.count_seats(log.players, matches)
        _kernels_glicko.glicko_log(
            log.match_starts,
            log.team_starts,
            log.players,
            log.ranks,
            optional(log.weights),
            period,
            clock,
            log.times is not None,
            mu,
            rd,
            vol,
            since,
            np.zeros(n),
            np.zeros(n),
            np.empty(n, np.int64),
            np.full(n, -1, np.int64),
            np.empty(most_teams),
            np.empty(most_teams),
            win,
            predict,
            *options,
        )
        if self._two:
            extra[:, 0] = vol
        if log.times is not None:
            _kernels.last_times(log.match_starts, log.team_starts, log.players, log.times, last)
        return Ratings(mu, rd, matches, last, extra), win

    def ordinal(self, ratings: Ratings) -> np.ndarray:
        """float64[n]: mu - 2 RD, the lower end of Glickman's 95 % interval."""
        return ratings.mu - 2.0 * ratings.sigma

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        """Expected scores with both sides' deviations (Glickman 1999, eq. 16), draws as half, pairs averaged."""
        q = np.log(10.0) / 400.0
        mu = np.array([ratings.mu[np.asarray(team)].mean() for team in teams])
        var = np.array([(ratings.sigma[np.asarray(team)] ** 2).sum() / len(team) ** 2 for team in teams])
        g = 1.0 / np.sqrt(1.0 + 3.0 * q**2 * (var[:, None] + var[None, :]) / np.pi**2)
        expected = 1.0 / (1.0 + np.exp(np.clip(-q * g * (mu[:, None] - mu[None, :]), -700.0, 700.0)))
        np.fill_diagonal(expected, 0.0)
        return expected.sum(1) / expected.sum()


class Glicko2(Glicko):
    """Glicko-2: as Glicko, and every player has a volatility (``ratings.extra[:, 0]``), in Glicko-2's unit.

    - ``volatility``: of newcomers; ``change``: Glickman's tau, how fast volatility itself may change (0.3 to 1.2).
    - ``period``: as for :class:`Glicko`; RD grows by the volatility per period.
    """

    name = "glicko2"
    _two = True

    def __init__(
        self,
        mu: float = 1500.0,
        sigma: float = 350.0,
        volatility: float = 0.06,
        change: float = 0.5,
        period: float | None = None,
        least: float = 0.0,
        most: float = 350.0,
    ):
        super().__init__(mu, sigma, 0.0, period, least, most)
        del self.c
        self.volatility, self.change = positive("volatility", volatility), positive("change", change)

    def start(self, players: int) -> Ratings:
        fresh = newcomers(players, self.mu, self.sigma, extra=1)
        fresh.extra[:, 0] = self.volatility
        return fresh
