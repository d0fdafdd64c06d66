"""Elo (1978) with K schedules, draws, home advantage, margin of victory, teams and partial play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _kernels
from .log import MatchLog, optional
from .model import RatingModel, Ratings, finite, newcomers, positive

MODELS = {"elo": "Elo"}


class Elo(RatingModel):
    """Elo: after a match a player gains ``k * (score - expected)``, expected = 1 / (1 + 10^(-difference / scale)).

    A team's rating is the mean of its players, weighted by their share of play; several teams meet pairwise, each pair
    counting 1 / (teams - 1). Draws score one half, so the sum of ratings stays the same while everyone has one K.

    - ``mu``: rating of newcomers. ``k``: step. ``k_new``: step of players who have fewer than ``new_matches`` matches.
    - ``home``: added to the rating of the team listed first.
    - ``margin``: multiply the step by ln(1 + score difference) * 2.2 / (0.001 * winner's lead + 2.2) (FiveThirtyEight's
      factor for the NFL); the log must have scores.
    """

    name = "elo"

    def __init__(
        self,
        mu: float = 1500.0,
        k: float = 32.0,
        k_new: float | None = None,
        new_matches: int = 30,
        scale: float = 400.0,
        home: float = 0.0,
        margin: bool = False,
    ):
        self.mu = finite("mu", mu)
        self.k = positive("k", k)
        self.k_new = self.k if k_new is None else positive("k_new", k_new)
        self.new_matches = int(positive("new_matches", new_matches, zero=True))
        self.scale = positive("scale", scale)
        self.home = finite("home", home)
        self.margin = bool(margin)

    def start(self, players: int) -> Ratings:
        return newcomers(players, self.mu, np.nan)

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        if self.margin and log.scores is None:
            raise ValueError("margin=True needs a log with scores; this one has ranks only")
        mu, played, last = ratings.mu.copy(), ratings.matches.copy(), ratings.last.copy()
        win = np.zeros(len(log.ranks))
        settings = (self.k, self.k_new, self.new_matches, self.scale, self.home)
        if log.duels and log.weights is None and not self.margin:
            _kernels.elo_duels(log.players, log.ranks, mu, played, win, predict, *settings)
        else:
            most = int(np.diff(log.match_starts).max(initial=0))
            _kernels.elo_matches(
                log.match_starts,
                log.team_starts,
                log.players,
                log.ranks,
                optional(log.scores),
                optional(log.weights),
                mu,
                played,
                np.empty(most),
                np.empty(most),
                win,
                predict,
                *settings,
                self.margin,
            )
        if log.times is not None:
            _kernels.last_times(log.match_starts, log.team_starts, log.players, log.times, last)
        return Ratings(mu, ratings.sigma.copy(), played, last, ratings.extra), win

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        """Expected score of each team against the others, draws as half, normalised; the home advantage is left out."""
        mu = np.array([ratings.mu[np.asarray(team)].mean() for team in teams])
        lead = (mu[None, :] - mu[:, None]) * np.log(10.0) / self.scale
        expected = 1.0 / (1.0 + np.exp(np.clip(lead, -700.0, 700.0)))
        np.fill_diagonal(expected, 0.0)
        return expected.sum(1) / expected.sum()
