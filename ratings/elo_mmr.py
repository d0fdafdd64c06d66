"""Elo-MMR (Ebtekar & Liu, WWW 2021): contests of many single players, robust to bad days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _kernels, _kernels_elo_mmr, _kernels_gauss
from .log import MatchLog
from .model import RatingModel, Ratings, finite, newcomers, positive

MODELS = {"elo_mmr": "EloMMR"}


class EloMMR(RatingModel):
    """Elo-MMR: a contest shows a performance, and a skill is the robust centre of past performances.

    - ``mu``, ``sigma``: newcomers; ``beta``: deviation of a performance; ``gamma``: drift of skill between contests.
    - ``rho``: how soon a performance's heavy tail is forgotten (the paper's rho; inf makes all of it Gaussian at once).
    - ``history``: performances kept one by one per player, the older ones as one Gaussian, so that memory is bounded;
      0 is Elo-MMχ.

    Single players only, ties as the paper has them. ``extra`` holds the performances.
    """

    name = "elo_mmr"
    duels_only = True

    def __init__(
        self,
        mu: float = 1500.0,
        sigma: float = 350.0,
        beta: float = 200.0,
        gamma: float = 35.0,
        rho: float = 1.0,
        history: int = 20,
    ):
        self.mu, self.sigma, self.beta = finite("mu", mu), positive("sigma", sigma), positive("beta", beta)
        self.gamma, self.rho = positive("gamma", gamma, zero=True), float(rho)
        if not self.rho >= 0.0:
            raise ValueError(f"rho must be 0 or more, or inf, got {rho!r}")
        self.history = int(positive("history", history, zero=True))

    def start(self, players: int) -> Ratings:
        fresh = newcomers(players, self.mu, self.sigma, 3 + 2 * self.history)
        fresh.extra[:, 1] = self.mu
        fresh.extra[:, 2] = 1.0 / self.sigma**2
        return fresh

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        if len(log.players) != len(log.ranks):
            raise ValueError(
                "elo_mmr rates single players and this log has teams; trueskill, plackett_luce or elo rate teams"
            )
        mu, sigma, extra = ratings.mu.copy(), ratings.sigma.copy(), ratings.extra.copy()
        matches, last = ratings.matches.copy(), ratings.last.copy()
        win = np.zeros(len(log.ranks))
        most = int(np.diff(log.match_starts).max(initial=0))
        # A newcomer whose mu was set by hand carries it as his Gaussian part.
        fresh = matches == 0
        extra[fresh, 1], extra[fresh, 2] = mu[fresh], 1.0 / sigma[fresh] ** 2
        _kernels_elo_mmr.elo_mmr_log(
            log.match_starts,
            log.players,
            log.ranks,
            mu,
            sigma,
            matches,
            extra,
            self.beta,
            self.gamma,
            self.rho,
            np.empty(most),
            np.empty(most),
            win,
            predict,
        )
        if log.times is not None:
            _kernels.last_times(log.match_starts, log.team_starts, log.players, log.times, last)
        return Ratings(mu, sigma, matches, last, extra), win

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        """P(best performance), with performances taken as normal."""
        players = [int(team[0]) for team in teams]
        out = np.empty(len(players))
        spread = np.sqrt(ratings.sigma[players] ** 2 + self.beta**2)
        _kernels_gauss.best_of_all(len(players), ratings.mu[players], spread, out)
        return out
