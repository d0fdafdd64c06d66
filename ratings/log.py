"""MatchLog: the one columnar record of matches that every rating method here reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import _kernels


class Match(NamedTuple):
    """One match in words: ``teams`` of player names, 0-based ``ranks`` (equal = tie), and what else was recorded."""

    teams: tuple[tuple[str, ...], ...]
    ranks: tuple[int, ...]
    scores: tuple[float, ...] | None
    weights: tuple[tuple[float, ...], ...] | None
    time: float | None
    game: str | None


def freeze(array: np.ndarray) -> np.ndarray:
    """The array, contiguous and read-only: the one place where arrays of a log are frozen."""
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


_NO_FLOATS = freeze(np.empty(0))


@dataclass(frozen=True, eq=False)
class MatchLog:
    """Matches of any number of teams of any sizes, as a struct of read-only arrays.

    With M matches, T teams in all and S seats in all: the seats of team ``t`` are
    ``players[team_starts[t]:team_starts[t + 1]]``, the teams of match ``m`` are
    ``range(match_starts[m], match_starts[m + 1])``. Build logs with :meth:`from_arrays`, :meth:`from_matches`,
    :meth:`from_frame` or :meth:`read`; they check their input and say which row and column is wrong.
    """

    names: tuple[str, ...]  # n players; arrays hold indices into it
    match_starts: np.ndarray  # int64[M + 1]
    team_starts: np.ndarray  # int64[T + 1]
    players: np.ndarray  # int32[S]
    ranks: np.ndarray  # int32[T], 0-based competition ranks within the match: lower is better, equal is a tie
    scores: np.ndarray | None = None  # float64[T], higher is better
    weights: np.ndarray | None = None  # float64[S], share of the match played, 1 = all of it
    times: np.ndarray | None = None  # float64[M], any unit, finite
    games: np.ndarray | None = None  # int32[M], indices into game_names
    game_names: tuple[str, ...] = ()

    # -- size and reading --------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.match_starts) - 1

    @property
    def num_players(self) -> int:
        return len(self.names)

    @property
    def duels(self) -> bool:
        """Whether every match has two teams of one player."""
        m = len(self)
        return len(self.players) == 2 * m and len(self.ranks) == 2 * m and bool((np.diff(self.match_starts) == 2).all())

    def match(self, index: int) -> Match:
        """Match ``index`` as a record of names and Python numbers."""
        lo, hi = int(self.match_starts[index]), int(self.match_starts[index + 1])
        cuts = [slice(int(self.team_starts[t]), int(self.team_starts[t + 1])) for t in range(lo, hi)]
        return Match(
            tuple(tuple(self.names[p] for p in self.players[cut]) for cut in cuts),
            tuple(self.ranks[lo:hi].tolist()),
            None if self.scores is None else tuple(self.scores[lo:hi].tolist()),
            None if self.weights is None else tuple(tuple(self.weights[cut].tolist()) for cut in cuts),
            None if self.times is None else float(self.times[index]),
            None if self.games is None else self.game_names[self.games[index]],
        )

    def __iter__(self) -> Iterator[Match]:
        return (self.match(m) for m in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MatchLog):
            return NotImplemented
        return (
            self.names == other.names
            and self.game_names == other.game_names
            and all(_same(getattr(self, key), getattr(other, key)) for key in _ARRAYS)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        extras = [key for key in ("scores", "weights", "times", "games") if getattr(self, key) is not None]
        return (
            f"MatchLog({len(self):,} matches, {self.num_players:,} players{', ' if extras else ''}{', '.join(extras)})"
        )

    def __getitem__(self, index: Any) -> Any:
        """``log[i]`` is a :class:`Match`; a slice, a boolean mask or an array of match numbers gives a MatchLog.

        Players keep their numbers, so ratings of a part fit the whole.
        """
        if isinstance(index, (int, np.integer)):
            if not -len(self) <= index < len(self):
                raise IndexError(f"match {index} of a log of {len(self)} matches")
            return self.match(int(index) % len(self))
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return self._span(start, max(start, stop))
            index = np.arange(start, stop, step)
        rows = np.asarray(index)
        if rows.dtype == bool:
            if rows.shape != (len(self),):
                raise IndexError(f"a mask of shape {rows.shape} for a log of {len(self)} matches")
            rows = np.flatnonzero(rows)
        if rows.ndim != 1 or not (rows.size == 0 or np.issubdtype(rows.dtype, np.integer)):
            raise IndexError("a log takes an integer, a slice, a boolean mask or a 1-d array of integers")
        if rows.size and (rows.min() < -len(self) or rows.max() >= len(self)):
            raise IndexError(f"match numbers {rows.min()}..{rows.max()} in a log of {len(self)} matches")
        return self._take(rows.astype(np.int64) % max(len(self), 1))

    def _span(self, start: int, stop: int) -> MatchLog:
        t0, t1 = int(self.match_starts[start]), int(self.match_starts[stop])
        s0, s1 = int(self.team_starts[t0]), int(self.team_starts[t1])
        cut = {
            "scores": slice(t0, t1),
            "weights": slice(s0, s1),
            "times": slice(start, stop),
            "games": slice(start, stop),
        }
        return MatchLog(
            self.names,
            freeze(self.match_starts[start : stop + 1] - t0),
            freeze(self.team_starts[t0 : t1 + 1] - s0),
            self.players[s0:s1],
            self.ranks[t0:t1],
            **{key: None if getattr(self, key) is None else getattr(self, key)[part] for key, part in cut.items()},
            game_names=self.game_names,
        )

    def _take(self, rows: np.ndarray) -> MatchLog:
        teams, match_starts = _gather(self.match_starts, rows)
        seats, team_starts = _gather(self.team_starts, teams)
        pick = {"scores": teams, "weights": seats, "times": rows, "games": rows}
        return MatchLog(
            self.names,
            freeze(match_starts),
            freeze(team_starts),
            freeze(self.players[seats]),
            freeze(self.ranks[teams]),
            **{key: None if getattr(self, key) is None else freeze(getattr(self, key)[at]) for key, at in pick.items()},
            game_names=self.game_names,
        )

    def sorted(self) -> MatchLog:
        """The matches in order of time; matches of one time keep their order. The log itself where it has no times."""
        if self.times is None or not (np.diff(self.times) < 0).any():
            return self
        return self._take(np.argsort(self.times, kind="stable"))

    def counts(self) -> np.ndarray:
        """int64[n]: the number of matches every player sat in."""
        out = np.zeros(self.num_players, np.int64)
        _kernels.count_seats(self.players, out)
        return out

    # -- building ----------------------------------------------------------------------------------------------------

    @classmethod
    def from_arrays(
        cls,
        players: Any = None,
        teams: Any = None,
        *,
        winners: Any = None,
        losers: Any = None,
        draws: Any = None,
        matches: Any = None,
        ranks: Any = None,
        scores: Any = None,
        weights: Any = None,
        times: Any = None,
        games: Any = None,
        names: Sequence[str] | None = None,
    ) -> MatchLog:
        """A log from arrays, in one of three forms.

        - Duels: ``winners[M]``, ``losers[M]`` and perhaps ``draws bool[M]`` (the two drew).
        - A row per match: ``players[M, P]`` (or M sequences of any lengths) and ``teams`` of the same shape, the team
          of every player within its match (left out: everyone alone). ``ranks`` (lower is better) or ``scores`` (higher
          is better) have one value per team in ascending order of team label, or one per player; ``weights`` one per
          player. Without ``teams`` the rows may also hold teams of players: ``[[["a", "b"], ["c"]], ...]``.
        - A row per seat: flat ``players[S]``, ``teams[S]`` and ``matches[S]``; ranks, scores, weights one per seat.

        Players are names, or integers below ``len(names)``. ``times[M]`` and ``games[M]`` go with matches (or seats).
        Raises ValueError naming the argument and the match that is wrong.
        """
        from . import _build

        extra = {"times": times, "games": games, "names": names}
        if winners is not None or losers is not None:
            given = {"players": players, "teams": teams, "matches": matches, "ranks": ranks, "scores": scores}
            clash = [key for key, value in given.items() if value is not None]
            if winners is None or losers is None or clash:
                raise ValueError(
                    f"winners and losers go together and without {', '.join(clash) or 'each other missing'}"
                )
            return _build.duels(winners, losers, draws=draws, weights=weights, **extra)
        if players is None:
            raise ValueError("from_arrays needs winners and losers, or players (with teams, ranks or scores)")
        if draws is not None:
            raise ValueError("draws goes with winners and losers; elsewhere equal ranks or scores are a draw")
        return _build.rows(players, teams, matches, ranks=ranks, scores=scores, weights=weights, **extra)

    @classmethod
    def from_matches(cls, matches: Sequence[Any], names: Sequence[str] | None = None) -> MatchLog:
        """A log from :class:`Match` records or from dicts with the same keys, as in a line of a ``.jsonl`` file."""
        from . import readers

        return readers.from_matches(matches, names=names)

    @classmethod
    def from_frame(cls, frame: Any) -> MatchLog:
        """A log from any dataframe narwhals knows (pandas, polars, pyarrow, ...), in the columns of the CSV forms."""
        from . import readers

        return readers.from_frame(frame)

    @classmethod
    def read(cls, source: Any) -> MatchLog:
        """A log from a file (.csv, .csv.gz, .jsonl, .parquet, a league store .db), a dataframe or a log.

        Matches with times come out in order of time. The columns are described in ``docs/ratings.md``.
        Raises ValueError in one sentence that names the row and the column, FileNotFoundError where there is no file.
        """
        from . import readers

        return readers.read(source)

    @classmethod
    def stream(cls, path: str | Path, matches: int = 1_000_000) -> Iterator[MatchLog]:
        """Logs of at most ``matches`` matches from a file that need not fit in memory; player numbers stay the same.

        Rows of one match must stand together, and ``names`` grows from chunk to chunk.
        """
        from . import readers

        return readers.stream(path, matches)

    @classmethod
    def concat(cls, logs: Sequence[MatchLog]) -> MatchLog:
        """One log after the other; players and games of the same name are the same. Columns only some have are lost."""
        from . import _build

        return _build.concat(list(logs))

    # -- writing -----------------------------------------------------------------------------------------------------

    def to_frame(self, backend: str = "pandas") -> Any:
        """The long form (one row per seat) as a dataframe of ``backend``: pandas, polars or pyarrow."""
        from . import writers

        return writers.to_frame(self, backend)

    def write(self, path: str | Path) -> None:
        """Write the long form to .csv, .csv.gz or .parquet, or one match a line to .jsonl; all or nothing."""
        from . import writers

        writers.write(self, path)


_ARRAYS = ("match_starts", "team_starts", "players", "ranks", "scores", "weights", "times", "games")


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    return a is b or (a is not None and b is not None and np.array_equal(a, b))


def _gather(starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of all members of the chosen groups, and the starts of the groups among them."""
    sizes = starts[rows + 1] - starts[rows]
    out = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(sizes, out=out[1:])
    members = np.arange(out[-1]) + np.repeat(starts[rows] - out[:-1], sizes)
    return members, out


def optional(array: np.ndarray | None) -> np.ndarray:
    """The array for a kernel: an empty one where there is none."""
    return _NO_FLOATS if array is None else array
