"""What a rating model is, the record it keeps, and the registry made by listing this folder."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .log import MatchLog


class Ratings(NamedTuple):
    """The state of a model over n players. Models return fresh arrays and never write into those they are given."""

    mu: np.ndarray  # float64[n]
    sigma: np.ndarray  # float64[n], standard deviation of mu; NaN for models that keep none
    matches: np.ndarray  # int64[n]
    last: np.ndarray  # float64[n], time of the latest match, NaN before the first or without times
    extra: np.ndarray  # float64[n, k], what else the model keeps (volatility, vectors, ...)


class RatingModel:
    """Base of the models: ``start``, ``update`` and ``predict`` over arrays; the rest follows.

    A model is a module of this folder with a literal ``MODELS = {"name": "ClassName"}`` and classes derived from this
    one. Sub-classes write :meth:`start`, :meth:`replay` and :meth:`win_probabilities`.
    """

    name: ClassVar[str] = ""
    online: ClassVar[bool] = (
        True  # False for fits of a whole log at once, where later matches change earlier conclusions
    )

    def start(self, players: int) -> Ratings:
        """Ratings of ``players`` newcomers."""
        raise NotImplementedError

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        """Fold a log: new ratings, and ``float64[T]``, each team's win probability before its match was seen."""
        raise NotImplementedError

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        """float64[len(teams)]: probability of each team of player numbers to finish first, summing to 1."""
        raise NotImplementedError

    def update(self, ratings: Ratings, log: MatchLog) -> Ratings:
        """The ratings after a log. Players new to the log (its ``names`` may have grown) start as newcomers."""
        return self.replay(self.grow(ratings, log.num_players), log, predict=False)[0]

    def fit(self, log: MatchLog) -> Ratings:
        """The ratings of newcomers after a log."""
        return self.update(self.start(log.num_players), log)

    def ordinal(self, ratings: Ratings) -> np.ndarray:
        """float64[n]: a score that is safe to sort by, mu - 3 sigma; mu where there is no sigma."""
        return np.where(np.isnan(ratings.sigma), ratings.mu, ratings.mu - 3.0 * np.nan_to_num(ratings.sigma))

    def draw_probability(self, ratings: Ratings, teams: Sequence[Any]) -> float:
        """Probability of a draw for first place; 0 for models without draws."""
        return 0.0

    def grow(self, ratings: Ratings, players: int) -> Ratings:
        """Ratings with newcomers appended up to ``players``."""
        have = len(ratings.mu)
        if players <= have:
            return ratings
        fresh = self.start(players)
        return Ratings(*(np.concatenate([old, new[have:]]) for old, new in zip(ratings, fresh)))

    def parameters(self) -> dict[str, Any]:
        """The parameters it was made with, by name."""
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}


class BatchModel(RatingModel):
    """A model that weighs all matches of a log together, by the method ``settle``."""

    online = False

    def settle(self, ratings: Ratings, log: MatchLog) -> Ratings:
        """The ratings that a whole log leads to, from what was known before it."""
        raise NotImplementedError

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        """The ratings after the log, and what the ratings before it said of its matches."""
        win = np.zeros(len(log.ranks))
        if predict:
            for m in range(len(log)):
                lo, hi = int(log.match_starts[m]), int(log.match_starts[m + 1])
                teams = [log.players[log.team_starts[t] : log.team_starts[t + 1]] for t in range(lo, hi)]
                win[lo:hi] = self.win_probabilities(ratings, teams)
        return self.settle(ratings, log), win


def newcomers(players: int, mu: float, sigma: float, extra: int = 0) -> Ratings:
    """Ratings of players who have not played."""
    return Ratings(
        np.full(players, mu, np.float64),
        np.full(players, sigma, np.float64),
        np.zeros(players, np.int64),
        np.full(players, np.nan),
        np.zeros((players, extra)),
    )


@lru_cache(maxsize=1)
def models() -> dict[str, tuple[str, str]]:
    """Every rating model there is: name -> (module, class), read from this folder without importing it."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == ["MODELS"]:
                for name, class_name in ast.literal_eval(node.value).items():
                    found[name] = (path.stem, class_name)
    return found


def make(model: str | RatingModel, **parameters: Any) -> RatingModel:
    """A rating model by name with its parameters, or the given model itself."""
    if isinstance(model, RatingModel):
        if parameters:
            raise TypeError(f"parameters {', '.join(parameters)} go with a model's name, not with a finished model")
        return model
    if not isinstance(model, str):
        raise TypeError(f"model must be a name or a rating model, got {type(model).__name__}")
    known = models()
    if model not in known:
        raise ValueError(f"model must be one of {', '.join(sorted(known))}, got {model!r}")
    module, class_name = known[model]
    return getattr(importlib.import_module(f".{module}", __package__), class_name)(**parameters)


def positive(name: str, value: Any, zero: bool = False) -> float:
    """``value`` as a finite float above (with ``zero``: not below) 0, or a ValueError with its name."""
    number = finite(name, value)
    if number < 0.0 or (number == 0.0 and not zero):
        raise ValueError(f"{name} must be {'0 or more' if zero else 'above 0'}, got {value!r}")
    return number


def finite(name: str, value: Any) -> float:
    """``value`` as a finite float, or a TypeError or ValueError with its name."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not np.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return float(value)
