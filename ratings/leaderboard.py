"""Rating a log, and the leaderboard that comes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from . import writers
from .log import MatchLog
from .model import RatingModel, Ratings, make

LEVEL = 0.9  # of all intervals on a leaderboard


class Row(NamedTuple):
    """One line of a leaderboard."""

    rank: int  # 1-based place by ordinal
    player: str
    mu: float
    sigma: float  # NaN for models without
    ordinal: float
    rank_low: int  # best and
    rank_high: int  # worst place within the 90 % interval
    matches: int


class Matchup(NamedTuple):
    """What to expect when ``first`` meets ``second``: ``win + draw + loss = 1``, for ``first``."""

    first: str
    second: str
    win: float
    draw: float
    loss: float
    better: float  # P(the skill of first is above that of second), NaN for models without sigma


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """Players sorted by ordinal, best first. Arrays are aligned with ``players``; ``number`` leads back to the log."""

    players: tuple[str, ...]
    mu: np.ndarray  # float64[n]
    sigma: np.ndarray  # float64[n], NaN for models without
    ordinal: np.ndarray  # float64[n]
    matches: np.ndarray  # int64[n]
    number: np.ndarray  # int64[n], player numbers in the log
    model: RatingModel
    ratings: Ratings  # in the log's order of players

    def __len__(self) -> int:
        return len(self.players)

    def __iter__(self):
        return (self.row(i) for i in range(len(self)))

    def row(self, place: int) -> Row:
        """The line at 0-based ``place``."""
        low, high = self.rank_interval[place].tolist()
        return Row(
            int(self.rank[place]),
            self.players[place],
            float(self.mu[place]),
            float(self.sigma[place]),
            float(self.ordinal[place]),
            low,
            high,
            int(self.matches[place]),
        )

    def __getitem__(self, player: str | int) -> Row:
        """The line of a player, by name or by place."""
        return self.row(player if isinstance(player, int) else self._place(player))

    @cached_property
    def rank(self) -> np.ndarray:
        """int64[n]: 1-based place by ordinal, equal ordinals share one."""
        return 1 + np.searchsorted(-self.ordinal, -self.ordinal, side="left")

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.players)}

    def _place(self, player: str) -> int:
        if player not in self._places:
            raise ValueError(f"no player {player!r} on this leaderboard of {len(self)}")
        return self._places[player]

    @cached_property
    def interval(self) -> np.ndarray:
        """float64[n, 2]: 90 % interval of every player's mu; NaN where the model keeps no sigma."""
        z = NormalDist().inv_cdf(0.5 + LEVEL / 2.0)
        return np.column_stack([self.mu - z * self.sigma, self.mu + z * self.sigma])

    @cached_property
    def rank_interval(self) -> np.ndarray:
        """int64[n, 2]: best and worst place in the middle 90 % of the places that mu and sigma leave open."""
        from .uncertainty import rank_intervals

        if np.isnan(self.sigma).any():
            return np.column_stack([self.rank, self.rank])
        return rank_intervals(self.mu, self.sigma, level=LEVEL)

    # -- forecasts ---------------------------------------------------------------------------------------------------

    def _numbers(self, teams: Sequence[Sequence[str]]) -> list[list[int]]:
        if isinstance(teams, str) or len(teams) < 2:
            raise ValueError("teams must be two or more lists of player names")
        groups = [[team] if isinstance(team, str) else list(team) for team in teams]
        seen: set[str] = set()
        for name in (name for group in groups for name in group):
            if name in seen:
                raise ValueError(f"teams hold {name!r} twice")
            seen.add(name)
        if not all(groups):
            raise ValueError("teams hold an empty team")
        return [[int(self.number[self._place(name)]) for name in group] for group in groups]

    def predict(self, teams: Sequence[Sequence[str]]) -> np.ndarray:
        """float64[len(teams)]: each team's probability to finish first (draws shared out), summing to 1."""
        return self.model.win_probabilities(self.ratings, self._numbers(teams))

    def matchup(self, first: str, second: str) -> Matchup:
        """Win, draw and loss probability of ``first`` against ``second``, and P(it is the better of the two)."""
        teams = self._numbers([[first], [second]])
        p = self.model.win_probabilities(self.ratings, teams)
        draw = min(self.model.draw_probability(self.ratings, teams), 2.0 * float(p.min()))
        a, b = self._place(first), self._place(second)
        spread = float(np.hypot(self.sigma[a], self.sigma[b]))
        gap = float(self.mu[a] - self.mu[b])
        if np.isnan(spread):
            better = float("nan")
        else:
            better = NormalDist().cdf(gap / spread) if spread > 0.0 else 0.5 + 0.5 * float(np.sign(gap))
        return Matchup(first, second, float(p[0]) - draw / 2.0, draw, float(p[1]) - draw / 2.0, better)

    # -- output ------------------------------------------------------------------------------------------------------

    def columns(self) -> dict[str, np.ndarray]:
        """The board as columns: rank, player, mu, sigma, ordinal, rank_low, rank_high, matches."""
        return {
            "rank": self.rank,
            "player": np.array(self.players, dtype=object),
            "mu": self.mu,
            "sigma": self.sigma,
            "ordinal": self.ordinal,
            "rank_low": self.rank_interval[:, 0],
            "rank_high": self.rank_interval[:, 1],
            "matches": self.matches,
        }

    def to_frame(self, backend: str = "pandas") -> Any:
        """The board as a dataframe of ``backend``: pandas, polars or pyarrow."""
        return writers.frame_of(self.columns(), backend)

    def write(self, path: str | Path) -> None:
        """Write the board to .csv, .csv.gz, .parquet or .json, by way of a temporary file."""
        if Path(path).suffix.lower() == ".json":
            rows = [{k: None if v != v else v for k, v in row._asdict().items()} for row in self]
            writers.atomically(path, lambda handle: json.dump({"model": self.model.name, "players": rows}, handle))
        else:
            writers.write_columns(self.columns(), path)

    def table(self, top: int | None = None) -> str:
        """The first ``top`` lines (all of them where None) as text."""
        shown = min(len(self), len(self) if top is None else top)
        width = max([6, *(len(name) for name in self.players[:shown])])
        lines = [f"{'rank':>5} {'90 %':>11}  {'player':<{width}} {'mu':>9} {'sigma':>8} {'ordinal':>9} {'matches':>9}"]
        for i in range(shown):
            row = self.row(i)
            sigma = "–" if np.isnan(row.sigma) else f"{row.sigma:.3f}"
            span = f"{row.rank_low}–{row.rank_high}"
            lines.append(
                f"{row.rank:>5} {span:>11}  {row.player:<{width}} {row.mu:>9.3f} {sigma:>8} {row.ordinal:>9.3f}"
                f" {row.matches:>9,}"
            )
        if shown < len(self):
            lines.append(f"... and {len(self) - shown:,} more")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.table(50)

    def __repr__(self) -> str:
        return f"Leaderboard({len(self)} players, model={self.model.name!r})"


def board(model: RatingModel, ratings: Ratings, names: Sequence[str]) -> Leaderboard:
    """The leaderboard of ``ratings``; players who never played stand on it as the newcomers they are."""
    ordinal = model.ordinal(ratings)
    order = np.lexsort((np.arange(len(ordinal)), -ratings.mu, -ordinal))
    return Leaderboard(
        tuple(names[i] for i in order),
        ratings.mu[order],
        ratings.sigma[order],
        ordinal[order],
        ratings.matches[order],
        order,
        model,
        ratings,
    )


def rate(log: Any, model: str | RatingModel = "plackett_luce", **parameters: Any) -> Leaderboard:
    """Rate all players of a log: fold ``model`` over it and sort.

    ``log`` is a MatchLog or whatever :meth:`MatchLog.read` takes (a path, a dataframe); ``parameters`` are the model's.
    Raises ValueError for an unknown model or a bad log, TypeError for a parameter the model does not have.
    """
    matches = MatchLog.read(log)
    chosen = make(model, **parameters)
    return board(chosen, chosen.fit(matches), matches.names)
