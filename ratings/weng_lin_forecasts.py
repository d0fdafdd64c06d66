"""Forecasts from rating objects, in openskill's shapes: who wins, who draws, which rank."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from . import _kernels_gauss
from .rating_objects import Rating
from .weng_lin_match import EMPTY, NORMAL, MatchRater


class MatchForecaster(MatchRater):
    """What the five models foretell."""

    def _team_sums(self, teams: Sequence[Sequence[Rating]]) -> tuple[np.ndarray, np.ndarray, int]:
        """float64 means and variances of the teams' skills, and the number of players."""
        self._checked(teams)
        seats = [player for team in teams for player in team]
        options, values = self._settings(False)
        starts = np.cumsum([0] + [len(team) for team in teams]).astype(np.int64)
        mu, sigma = np.array([p.mu for p in seats]), np.array([p.sigma for p in seats])
        self._check_numbers(seats, mu, sigma)
        mean, var = self._sums(starts, mu, sigma, EMPTY, options, values)
        return mean, var, len(seats)

    def predict_win(self, teams: Sequence[Sequence[Rating]]) -> list[float]:
        """Probability of each team to perform best. ``compat`` gives openskill's normalised mean over pairs instead."""
        mean, var, _ = self._team_sums(teams)
        return (self._pair_means(mean, var) if self.compat else self._best(mean, var)).tolist()

    def predict_draw(self, teams: Sequence[Sequence[Rating]]) -> float:
        """Probability that the best two teams perform within the draw margin sqrt(N) beta Phi^-1((1 + 1/N) / 2).

        N is the number of players. ``compat`` gives openskill's mean over pairs of teams.
        """
        mean, var, players = self._team_sums(teams)
        margin = math.sqrt(players) * self.beta * NORMAL.inv_cdf((1.0 + 1.0 / players) / 2.0)
        if self.compat is None:
            return max(0.0, 1.0 - float(self._lead(mean, var, margin).sum()))
        total, pairs = 0.0, 0
        for i in range(len(mean)):
            for j in range(i + 1, len(mean)):
                sd = math.sqrt(2.0 * self.beta**2 + var[i] + var[j])
                total += NORMAL.cdf((margin - mean[i] + mean[j]) / sd) - NORMAL.cdf((mean[j] - mean[i] - margin) / sd)
                pairs += 1
        return total / pairs

    def predict_outcome(self, teams: Sequence[Sequence[Rating]]) -> tuple[list[float], float]:
        """Probabilities of each team to win by more than the draw margin, and of a draw for first; they sum to 1."""
        mean, var, players = self._team_sums(teams)
        margin = math.sqrt(players) * self.beta * NORMAL.inv_cdf((1.0 + 1.0 / players) / 2.0)
        wins = self._lead(mean, var, margin)
        return wins.tolist(), max(0.0, 1.0 - float(wins.sum()))

    def predict_rank(self, teams: Sequence[Sequence[Rating]]) -> list[tuple[int, float]]:
        """For each team its likely rank (1 = first, equal probabilities share one) and its win probability."""
        mean, var, _ = self._team_sums(teams)
        p = self._pair_means(mean, var, same=True) if self.compat else self._best(mean, var)
        return [(1 + int((p > own).sum()), float(own)) for own in p]

    def _pair_means(self, mean: np.ndarray, var: np.ndarray, same: bool = False) -> np.ndarray:
        n = len(mean)
        if n == 2 and not same:
            first = NORMAL.cdf((mean[0] - mean[1]) / math.sqrt(2.0 * self.beta**2 + var[0] + var[1]))
            return np.array([first, 1.0 - first])
        out = np.zeros(n)
        for i in range(n):
            for j in range(n):
                if i != j:
                    out[i] += NORMAL.cdf((mean[i] - mean[j]) / math.sqrt(2.0 * self.beta**2 + var[i] + var[j]))
        out /= n - 1
        return out / out.sum()

    def _best(self, mean: np.ndarray, var: np.ndarray) -> np.ndarray:
        out = np.empty(len(mean))
        _kernels_gauss.best_of_all(len(mean), mean, np.sqrt(var + self.beta**2), out)
        return out

    def _lead(self, mean: np.ndarray, var: np.ndarray, margin: float) -> np.ndarray:
        """P(team i is ahead of all by more than ``margin``): P(best) with its mean lowered by the margin."""
        out, both = np.empty(len(mean)), np.empty(len(mean))
        for i in range(len(mean)):
            lowered = mean.copy()
            lowered[i] -= margin
            _kernels_gauss.best_of_all(len(mean), lowered, np.sqrt(var + self.beta**2), both)
            out[i] = both[i]
        return out
