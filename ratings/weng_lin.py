"""The Weng–Lin models (Plackett–Luce, Bradley–Terry and Thurstone–Mosteller, full and part), in openskill's shapes.

One implementation; the five differ in the table at the end. Two modes:

- the default mends what is wrong in openskill 6.2.0 (``docs/ratings.md`` lists where the two differ and why);
- ``compat="openskill"`` reproduces openskill 6.2.0 number for number.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _kernels, _kernels_fast, _kernels_weng_lin
from .log import MatchLog, freeze, optional
from .model import Ratings, newcomers
from .rating_objects import (
    BradleyTerryFullRating,
    BradleyTerryPartRating,
    PlackettLuceRating,
    Rating,
    ThurstoneMostellerFullRating,
    ThurstoneMostellerPartRating,
)
from .weng_lin_forecasts import MatchForecaster
from .weng_lin_match import AUTO, NO_GAMMA, pair_table

MODELS = {
    "plackett_luce": "PlackettLuce",
    "bradley_terry_full": "BradleyTerryFull",
    "bradley_terry_part": "BradleyTerryPart",
    "thurstone_mosteller_full": "ThurstoneMostellerFull",
    "thurstone_mosteller_part": "ThurstoneMostellerPart",
}


class WengLin(MatchForecaster):
    """The five models over whole logs; their parameters are described in ``MatchRater``."""

    def start(self, players: int) -> Ratings:
        return newcomers(players, self.mu, self.sigma)

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        mu, sigma, last = ratings.mu.copy(), ratings.sigma.copy(), ratings.last.copy()
        matches = ratings.matches.copy()
        _kernels.count_seats(log.players, matches)
        win = np.zeros(len(log.ranks))
        drifting = self.drift > 0.0 and log.times is not None
        if self.drift > 0.0 and log.times is None:
            raise ValueError("drift needs a log with times; this one has none")
        if drifting and log.times is not None and (np.diff(log.times) < 0).any():
            at = int(np.flatnonzero(np.diff(log.times) < 0)[0]) + 1
            raise ValueError(f"times, match {at}: earlier than the match before; use log.sorted()")
        if self.gamma is not None:
            self._replay_objects(log, mu, sigma, win, predict)
        elif self.kind < 2 and log.duels and log.weights is None and not (self._odd(log) or drifting):
            var = sigma * sigma
            _options, values = self._settings(False)
            _kernels_fast.logistic_duels(log.players, log.ranks, mu, var, values, win, predict)
            sigma = np.sqrt(var)
        else:
            self._replay_any(log, mu, sigma, last, win, predict, drifting)
        if log.times is not None and not drifting:
            _kernels.last_times(log.match_starts, log.team_starts, log.players, log.times, last)
        return Ratings(mu, sigma, matches, last, ratings.extra), win

    def _odd(self, log: MatchLog) -> bool:
        """Whether an option is on that the kernel for duels does not know."""
        return self.limit_sigma or self.balance or (self.margin > 0.0 and log.scores is not None)

    def _replay_any(self, log: MatchLog, mu, sigma, last, win, predict, drifting) -> None:
        options, values = self._settings(log.weights is not None)
        weights = log.weights
        if weights is not None and self.weight_bounds is not None:
            cuts = zip(log.team_starts[:-1].tolist(), log.team_starts[1:].tolist())
            weights = freeze(np.array([x for a, b in cuts for x in self._rescale(weights[a:b].tolist())]))
        teams = int(np.diff(log.match_starts).max(initial=0))
        seats = int(np.diff(log.team_starts[log.match_starts]).max(initial=0))
        columns = (log.match_starts, log.team_starts, log.players, log.ranks, optional(log.scores), optional(weights))
        times = optional(log.times if drifting else None)
        order, work = np.empty(teams, np.int64), np.zeros((8, teams))
        if self.compat is None and not self.balance:
            var = sigma * sigma
            pairs = pair_table(teams, None if self.full else self.window_size)
            block = np.empty((3, pairs.shape[1]))
            _kernels_fast.rate_log_fast(
                *columns, times, mu, var, last, options, values, NO_GAMMA, pairs, win, predict, order, work, block
            )
            np.sqrt(var, out=sigma)
            return
        scratch = (np.empty(seats), np.empty(seats, np.int64), np.zeros(seats))
        _kernels_weng_lin.rate_log(
            *columns, times, mu, sigma, last, options, values, win, predict, order, work, *scratch
        )

    def _replay_objects(self, log: MatchLog, mu, sigma, win, predict) -> None:
        """The slow way, for a ``gamma`` written in Python."""
        if self.drift > 0.0:
            raise ValueError("drift and a gamma of one's own do not go together")
        for m in range(len(log)):
            lo, hi = int(log.match_starts[m]), int(log.match_starts[m + 1])
            cuts = [slice(int(log.team_starts[t]), int(log.team_starts[t + 1])) for t in range(lo, hi)]
            teams = [[self.rating(float(mu[p]), float(sigma[p])) for p in log.players[cut]] for cut in cuts]
            if predict:
                win[lo:hi] = self._best(*self._team_sums(teams)[:2])
            new = self.rate(
                teams,
                ranks=None if log.scores is not None else log.ranks[lo:hi].tolist(),
                scores=None if log.scores is None else log.scores[lo:hi].tolist(),
                weights=None if log.weights is None else [log.weights[cut].tolist() for cut in cuts],
            )
            for cut, team in zip(cuts, new):
                mu[log.players[cut]] = [p.mu for p in team]
                sigma[log.players[cut]] = [p.sigma for p in team]

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        mean = np.array([ratings.mu[np.asarray(team)].sum() for team in teams])
        var = np.array([(ratings.sigma[np.asarray(team)] ** 2).sum() for team in teams])
        return self._best(mean, var)

    def draw_probability(self, ratings: Ratings, teams: Sequence[Any]) -> float:
        return self.predict_draw(
            [[self.rating(float(ratings.mu[p]), float(ratings.sigma[p])) for p in t] for t in teams]
        )


# -- the table of the five -------------------------------------------------------------------------------------------

_DEFAULTS: dict[str, Any] = {
    "mu": 25.0,
    "sigma": 25.0 / 3.0,
    "beta": 25.0 / 6.0,
    "kappa": 1e-4,
    "epsilon": 0.1,
    "gamma": None,
    "tau": 25.0 / 300.0,
    "margin": 0.0,
    "window_size": 4,
    "limit_sigma": False,
    "balance": False,
    "weight_bounds": AUTO,
}


def _declare(cls: type[WengLin], rating_class: type[Rating], name: str, kind: int, full: bool) -> None:
    """Fill in what distinguishes a model: its formula, its pairs, its parameters."""
    without = ({"epsilon"} if kind != 2 else set()) | ({"window_size"} if full else set())
    positional = [
        inspect.Parameter(key, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=value)
        for key, value in _DEFAULTS.items()
        if key not in without
    ]
    keyword = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=value)
        for key, value in {"compat": None, "drift": 0.0}.items()
    ]
    cls.name, cls.kind, cls.full, cls.rating_class = name, kind, full, rating_class
    cls.__signature__ = inspect.Signature(positional + keyword)  # type: ignore[attr-defined]
    setattr(cls, rating_class.__name__, rating_class)


class PlackettLuce(WengLin):
    """Weng & Lin's algorithm 4: the finishing order as a sequence of choices among those still racing."""


class BradleyTerryFull(WengLin):
    """Weng & Lin's algorithm 1: logistic, every pair of teams."""


class BradleyTerryPart(WengLin):
    """Weng & Lin's algorithm 2: logistic, pairs of neighbours in the finishing order."""


class ThurstoneMostellerFull(WengLin):
    """Weng & Lin's algorithm 3: Gaussian with draw margin epsilon, every pair of teams."""


class ThurstoneMostellerPart(WengLin):
    """Weng & Lin's algorithm 3 over pairs of neighbours in the finishing order."""


_declare(PlackettLuce, PlackettLuceRating, "plackett_luce", 0, True)
_declare(BradleyTerryFull, BradleyTerryFullRating, "bradley_terry_full", 1, True)
_declare(BradleyTerryPart, BradleyTerryPartRating, "bradley_terry_part", 1, False)
_declare(ThurstoneMostellerFull, ThurstoneMostellerFullRating, "thurstone_mosteller_full", 2, True)
_declare(ThurstoneMostellerPart, ThurstoneMostellerPartRating, "thurstone_mosteller_part", 2, False)
