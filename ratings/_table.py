"""Tables of matches, chunk by chunk: which columns they have, and the log that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from . import _build
from ._columns import number
from ._csv import EXPECTED
from .log import MatchLog

LONG = ("match", "player", "team", "rank", "score", "weight", "time", "game")
SHORT = ("winner", "loser", "draw", "time", "game")
_YES_NO = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}
_LABELS = {
    "players": "column 'player'",
    "ranks": "column 'rank'",
    "scores": "column 'score'",
    "weights": "column 'weight'",
    "times": "column 'time'",
    "games": "column 'game'",
    "matches": "column 'match'",
}


def choose_columns(header: Sequence[str], place: str) -> tuple[str, dict[str, int]]:
    """Which form a header announces ("long" or "short") and where its columns are; ValueError naming what to expect."""
    positions: dict[str, int] = {}
    for i, name in enumerate(header):
        key = str(name).strip().lower()
        if key in positions and key in LONG + SHORT:
            raise ValueError(f"{place}: column {key!r} is there twice")
        positions.setdefault(key, i)
    if "winner" in positions and "loser" in positions:
        return "short", {key: positions[key] for key in SHORT if key in positions}
    if "match" in positions and "player" in positions and ("rank" in positions or "score" in positions):
        return "long", {key: positions[key] for key in LONG if key in positions}
    got = ", ".join(map(repr, header[:8])) + (", ..." if len(header) > 8 else "")
    raise ValueError(f"{place}: the columns are {got or 'none'}; expected {EXPECTED}")


class Table:
    """Columns gathered chunk by chunk: players numbered on the way, numbers parsed, then one log built at the end."""

    def __init__(
        self, form: str, columns: Iterable[str], where: Callable[[int], str], index: dict[str, int] | None = None
    ):
        self.form, self.where = form, where
        self.index: dict[str, int] = {} if index is None else index
        self.parts: dict[str, list[Any]] = {key: [] for key in columns}
        self.labels: dict[str, dict[Any, int]] = {key: {} for key in ("match", "team")}
        self.rows = 0

    def add(self, column: str, values: Any) -> None:
        """One chunk of one column; strings or an array."""
        if column in ("player", "winner", "loser"):
            part: Any = self._players(column, values)
        elif column in ("match", "team"):
            part = values if _integers(values) else number(values, self.labels[column], column)
        elif column == "game":
            part = list(map(str, values))
        elif column == "draw":
            part = self._draws(values)
        else:
            part = self._numbers(column, values)
        self.parts[column].append(part)

    def _players(self, column: str, values: Any) -> np.ndarray:
        names = values if isinstance(values, (list, tuple)) else list(values)
        for i, name in enumerate(names if set(map(type, names)) != {str} else ()):
            if not isinstance(name, str):
                if isinstance(name, (int, np.integer)) and not isinstance(name, bool):
                    names = [str(x) if isinstance(x, (int, np.integer)) else x for x in names]
                    if all(isinstance(x, str) for x in names):
                        break
                    continue
                raise ValueError(f"column {column!r}, {self.where(self.rows + i)}: got {name!r}; a player needs a name")
        numbers = number(names, self.index, f"column {column!r}")
        if "" in self.index:
            row = self.rows + int(np.flatnonzero(numbers == self.index[""])[0])
            raise ValueError(f"column {column!r}, {self.where(row)}: the name is empty")
        return numbers

    def _numbers(self, column: str, values: Any) -> np.ndarray:
        if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
            return values.astype(np.float64)
        try:
            return np.fromiter(map(float, values), np.float64, len(values))
        except (TypeError, ValueError):
            for i, value in enumerate(values):
                try:
                    float(value)
                except (TypeError, ValueError):
                    row = self.where(self.rows + i)
                    raise ValueError(f"column {column!r}, {row}: got {value!r}, which is no number") from None
            raise

    def _draws(self, values: Any) -> np.ndarray:
        out = np.zeros(len(values), bool)
        for i, value in enumerate(values):
            if isinstance(value, float):
                value = "" if value != value else f"{value:g}"
            known = _YES_NO.get("" if value is None else str(value).strip().lower())
            if known is None:
                raise ValueError(f"column 'draw', {self.where(self.rows + i)}: got {value!r}; draw is 0, 1 or empty")
            out[i] = known
        return out

    def log(self) -> MatchLog:
        got = {key: _joined(parts) for key, parts in self.parts.items()}
        names = tuple(self.index)
        if self.form == "short":
            size = len(got["winner"])
            players = np.column_stack([got["winner"], got["loser"]]).reshape(-1)
            ranks = np.zeros((size, 2), np.int32)
            ranks[:, 1] = 1 if "draw" not in got else ~got["draw"]
            return _build.assemble(
                players,
                names,
                np.arange(0, 2 * size + 1, 2),
                np.arange(2 * size + 1),
                ranks=ranks.reshape(-1),
                times=got.get("time"),
                games=got.get("game"),
                labels={**_LABELS, "players": "columns 'winner' and 'loser'"},
                seat_where=lambda s: self.where(s // 2),
                match_where=self.where,
            )
        key = "ranks" if "rank" in got and "score" not in got else "scores"
        return _build.seats(
            got["player"],
            names,
            got["match"],
            got.get("team"),
            **{key: got[key[:-1]]},
            weights=got.get("weight"),
            times=got.get("time"),
            games=got.get("game"),
            where=self.where,
            labels=_LABELS,
        )


def _integers(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in "iu"


def _joined(parts: list[Any]) -> Any:
    if not parts:
        return []
    if isinstance(parts[0], np.ndarray):
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
    return [x for part in parts for x in part]
