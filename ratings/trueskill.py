"""TrueSkill (Herbrich, Minka & Graepel, NIPS 2006): teams of any number and size, ties, partial play."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from . import _kernels, _kernels_gauss, _kernels_trueskill
from .log import MatchLog, optional
from .model import RatingModel, Ratings, finite, newcomers, positive

MODELS = {"trueskill": "TrueSkill"}


class TrueSkill(RatingModel):
    """TrueSkill by expectation propagation, iterated to convergence.

    - ``mu``, ``sigma``: newcomers; ``beta``: spread of a player's performance; ``tau``: added to sigma (in squares)
      before every match; ``drift``: sigma gained per square root of time, for logs with times.
    - ``draw_probability``: of a duel between equals; it sets the draw margin.
    - ``tolerance``: where the sweeps over more than two teams stop (relative to a comparison's own deviation).

    Weights are shares of the match played. Every team is compared with those of its own rank (a draw) and with those of
    the next, so that ties are symmetric; without ties that is the usual chain of neighbours.
    """

    name = "trueskill"

    def __init__(
        self,
        mu: float = 25.0,
        sigma: float = 25.0 / 3.0,
        beta: float = 25.0 / 6.0,
        tau: float = 25.0 / 300.0,
        draw_probability: float = 0.1,
        drift: float = 0.0,
        tolerance: float = 1e-6,
    ):
        self.mu, self.sigma = finite("mu", mu), positive("sigma", sigma, zero=True)
        self.beta, self.tau = positive("beta", beta), positive("tau", tau, zero=True)
        self.drift, self.tolerance = positive("drift", drift, zero=True), positive("tolerance", tolerance)
        self.draws = positive("draw_probability", draw_probability, zero=True)
        if self.draws >= 1.0:
            raise ValueError(f"draw_probability must lie in [0, 1), got {draw_probability}")

    def _margin(self) -> float:
        """Draw margin per square root of the number of players in the two teams."""
        return NormalDist().inv_cdf((1.0 + self.draws) / 2.0) * self.beta

    def start(self, players: int) -> Ratings:
        return newcomers(players, self.mu, self.sigma)

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        mu, sigma, last = ratings.mu.copy(), ratings.sigma.copy(), ratings.last.copy()
        matches = ratings.matches.copy()
        _kernels.count_seats(log.players, matches)
        if self.drift > 0.0 and log.times is None:
            raise ValueError("drift needs a log with times; this one has none")
        if log.times is not None and (np.diff(log.times) < 0).any():
            at = int(np.flatnonzero(np.diff(log.times) < 0)[0]) + 1
            raise ValueError(f"times, match {at}: earlier than the match before; use log.sorted()")
        if log.duels and log.weights is None and log.times is None:
            var, win = sigma * sigma, np.zeros(len(log.ranks))
            _kernels_trueskill.trueskill_duels(
                log.players, log.ranks, mu, var, self.beta, self.tau, self._margin(), win, predict
            )
            return Ratings(mu, np.sqrt(var), matches, last, ratings.extra.copy()), win
        most = int(np.diff(log.match_starts).max(initial=0))
        win = np.zeros(len(log.ranks))
        comparisons = _kernels_trueskill.most_comparisons(log.match_starts, log.ranks)
        _kernels_trueskill.trueskill_log(
            log.match_starts,
            log.team_starts,
            log.players,
            log.ranks,
            optional(log.weights),
            optional(log.times),
            mu,
            sigma,
            last,
            self.beta,
            self.tau,
            self.drift,
            self._margin(),
            self.tolerance,
            np.empty(most, np.int64),
            np.empty((5, most)),
            np.empty((comparisons, 2), np.int64),
            np.empty(comparisons, np.bool_),
            np.empty(comparisons),
            np.empty((6, comparisons)),
            win,
            predict,
        )
        return Ratings(mu, sigma, matches, last, ratings.extra.copy()), win

    def _performance(self, ratings: Ratings, teams: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        mean = np.array([ratings.mu[np.asarray(team)].sum() for team in teams])
        var = np.array([(ratings.sigma[np.asarray(team)] ** 2 + self.beta**2).sum() for team in teams])
        return mean, np.sqrt(var)

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        mean, sd = self._performance(ratings, teams)
        out = np.empty(len(teams))
        _kernels_gauss.best_of_all(len(teams), mean, sd, out)
        return out

    def draw_probability(self, ratings: Ratings, teams: Sequence[Any]) -> float:
        """P(the best two teams end within the draw margin of all players)."""
        mean, sd = self._performance(ratings, teams)
        margin = self._margin() * float(np.sqrt(sum(len(team) for team in teams)))
        total, out = 0.0, np.empty(len(teams))
        for i in range(len(teams)):
            lowered = mean.copy()
            lowered[i] -= margin
            _kernels_gauss.best_of_all(len(teams), lowered, sd, out)
            total += out[i]
        return max(0.0, 1.0 - total)
