"""Match logs from and to files and dataframes: CSV, JSON lines, Parquet, league stores, whatever narwhals reads.

Two forms of table, told apart by their column names (any case, any order, further columns are ignored):

- long, a row per seat: ``match, player, [team], rank | score, [weight], [time], [game]``. Without ``team`` everyone
  plays alone; rows of one team repeat its rank or score. Lower ranks and higher scores are better.
- short, a row per duel: ``winner, loser, [draw], [time], [game]``; ``draw`` is 0/1, false/true, no/yes or empty.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from . import _build
from ._columns import number
from ._csv import csv_chunks
from ._table import Table, choose_columns
from .log import MatchLog

_CHUNK = 200_000


def read(source: Any) -> MatchLog:
    """See MatchLog.read."""
    if isinstance(source, MatchLog):
        return source
    if not isinstance(source, (str, os.PathLike)):
        return from_frame(source)
    path = Path(source)
    reader = {
        ".csv": _read_csv,
        ".jsonl": _read_jsonl,
        ".parquet": _read_parquet,
        ".db": _read_store,
    }.get(suffix(path))
    if reader is None:
        raise ValueError(f"cannot read {path.name!r}: a match log is .csv, .csv.gz, .jsonl, .jsonl.gz, .parquet or .db")
    if not path.is_file():
        raise FileNotFoundError(f"no match log at {str(path)!r}")
    return reader(path).sorted()


def suffix(path: Path) -> str:
    return Path(path.name[:-3]).suffix.lower() if path.name.lower().endswith(".gz") else path.suffix.lower()


def _open_text(path: Path) -> io.TextIOBase:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")  # type: ignore[return-value]
    return open(path, encoding="utf-8-sig", newline="")  # type: ignore[return-value]


# -- files -------------------------------------------------------------------------------------------------------------


def _read_csv(path: Path) -> MatchLog:
    table = None
    for header, fields, done in csv_chunks(path):
        if table is None:
            form, columns = choose_columns(header, path.name)
            table = Table(form, columns, lambda row: f"{path.name}, row {row + 1}")
        table.rows = done
        for column, at in columns.items():
            table.add(column, fields[at])
    if table is None:
        with _open_text(path) as handle:
            form, columns = choose_columns(next(csv.reader(handle)), path.name)  # type: ignore[arg-type]
        table = Table(form, columns, str)
    return table.log()


# -- JSON lines ------------------------------------------------------------------------------------------------------


def _read_jsonl(path: Path) -> MatchLog:
    with _open_text(path) as handle:
        return from_matches(_json_lines(handle, path.name), place=lambda i: f"{path.name}, line {i + 1}")


def _json_lines(handle: Iterable[str], place: str) -> Iterator[Any]:
    for i, line in enumerate(handle):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{place}, line {i + 1}: no JSON ({error.msg})") from None


def from_matches(matches: Iterable[Any], names: Sequence[str] | None = None, place: Any = None) -> MatchLog:
    """See MatchLog.from_matches; ``place(i)`` says where match i stands."""
    where = place or (lambda i: f"match {i}")
    index: dict[str, int] = {str(name): i for i, name in enumerate(names or ())}
    known = len(index)
    seats: list[str] = []
    sizes: list[int] = []
    counts: list[int] = []
    columns: dict[str, list[Any]] = {"ranks": [], "scores": [], "weights": [], "time": [], "game": []}
    seat_match: list[int] = []
    for i, record in enumerate(matches):
        match = record._asdict() if hasattr(record, "_asdict") else record
        if not isinstance(match, dict) or "teams" not in match:
            raise ValueError(
                f"{where(i)}: a match is an object with 'teams' and 'ranks' or 'scores', got {match!r:.80}"
            )
        teams = [[team] if isinstance(team, (str, int)) else list(team) for team in match["teams"]]
        if not all(teams):
            raise ValueError(f"{where(i)}: 'teams' has an empty team")
        for team in teams:
            seats.extend(map(str, team))
            sizes.append(len(team))
            seat_match.extend([i] * len(team))
        counts.append(len(teams))
        for key in ("scores", "ranks"):
            value = match.get(key)
            if value is not None and len(value) != len(teams):
                raise ValueError(f"{where(i)}: {len(value)} {key} for {len(teams)} teams")
        if match.get("scores") is None and match.get("ranks") is None:
            raise ValueError(f"{where(i)}: neither 'ranks' nor 'scores'")
        columns["scores"].extend(match.get("scores") or [None] * len(teams))
        columns["ranks"].extend(match.get("ranks") or [None] * len(teams))
        weights = match.get("weights")
        if weights is not None and [len(w) for w in weights] != [len(team) for team in teams]:
            raise ValueError(f"{where(i)}: 'weights' does not have one value per player of 'teams'")
        columns["weights"].extend(
            [w for row in weights for w in row] if weights is not None else [None] * sum(map(len, teams))
        )
        columns["time"].append(match.get("time"))
        columns["game"].append(match.get("game"))
    present = {key: bool(values) and all(v is not None for v in values) for key, values in columns.items()}
    for key, values in columns.items():
        if not present[key] and any(v is not None for v in values) and key not in ("ranks", "scores"):
            raise ValueError(f"{key!r} is given for some matches and left out for others")
    if counts and not present["scores"] and not present["ranks"]:
        raise ValueError("some matches have 'ranks', others 'scores'; a log has one of them throughout")
    numbers = number(seats, index)
    if names is not None and len(index) > known:
        raise ValueError(f"player {seats[int(np.flatnonzero(numbers >= known)[0])]!r} is not among names")
    key = "scores" if present["scores"] else "ranks"
    outcome: dict[str, Any] = {key: columns[key] if counts else []}
    return _build.assemble(
        numbers,
        tuple(index),
        np.cumsum([0, *counts]),
        np.cumsum([0, *sizes]),
        **outcome,
        weights=columns["weights"] if present["weights"] else None,
        times=columns["time"] if present["time"] else None,
        games=columns["game"] if present["game"] else None,
        seat_where=lambda s: where(seat_match[s]),
        match_where=where,
    )


# -- Parquet, dataframes, league stores ------------------------------------------------------------------------------


def pyarrow(what: str) -> Any:
    try:
        if what == "parquet":
            import pyarrow.parquet as module
        else:
            import pyarrow as module  # type: ignore[no-redef]
    except ImportError:
        raise ImportError("Parquet needs pyarrow: pip install 'ludus[parquet]'") from None
    return module


def _parquet_table(
    path: Path,
    form_columns: tuple[str, dict[str, int]],
    header: Sequence[str],
    batches: Iterable[Any],
    index: dict[str, int] | None = None,
) -> MatchLog:
    form, columns = form_columns
    table = Table(form, columns, lambda row: f"{path.name}, row {row + 1}", index)
    for batch in batches:
        for column, at in columns.items():
            values = batch.column(header[at])
            if column in ("player", "winner", "loser"):
                table.parts[column].append(_arrow_players(values, table, column))
            else:
                if values.null_count and column != "draw":
                    raise ValueError(f"column {column!r}, {table.where(table.rows + _first_null(values))}: no value")
                table.add(column, _arrow_values(values))
        table.rows += batch.num_rows
    return table.log()


def _first_null(values: Any) -> int:
    return values.is_null().to_pylist().index(True)


def _arrow_values(values: Any) -> Any:
    kind = str(values.type)
    if kind.startswith(("int", "uint", "float", "double")):
        return values.to_numpy(zero_copy_only=False)
    if kind.startswith(("timestamp", "date")):
        import pyarrow as pa

        return values.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False) / 1e6
    return values.to_pylist()


def _arrow_players(values: Any, table: Table, column: str) -> np.ndarray:
    """Player numbers of one batch; only the distinct names become Python strings."""
    if values.null_count:
        raise ValueError(f"column {column!r}, {table.where(table.rows + _first_null(values))}: a player needs a name")
    if str(values.type).startswith(("int", "uint")):
        distinct, inverse = np.unique(values.to_numpy(zero_copy_only=False), return_inverse=True)
        return number([str(x) for x in distinct.tolist()], table.index)[inverse].astype(np.int32)
    coded = values if str(values.type).startswith("dictionary") else values.dictionary_encode()
    mapping = number(coded.dictionary.to_pylist(), table.index)
    if "" in table.index:
        raise ValueError(f"column {column!r} of {table.where(table.rows)}: an empty name")
    return mapping[coded.indices.to_numpy(zero_copy_only=False)].astype(np.int32)


def _read_parquet(path: Path) -> MatchLog:
    file = pyarrow("parquet").ParquetFile(path)
    header = file.schema_arrow.names
    chosen = choose_columns(header, path.name)
    batches = file.iter_batches(batch_size=1 << 20, columns=[header[at] for at in chosen[1].values()])
    return _parquet_table(path, chosen, header, batches)


def from_frame(frame: Any) -> MatchLog:
    """See MatchLog.from_frame."""
    import narwhals as nw

    try:
        data = nw.from_native(frame, eager_only=True)
    except TypeError:
        raise TypeError(f"expected a path, a dataframe or a MatchLog, got {type(frame).__name__}") from None
    form, columns = choose_columns(data.columns, "the dataframe")
    table = Table(form, columns, lambda row: f"row {row}")
    for column, at in columns.items():
        series = data[data.columns[at]]
        if column != "draw" and series.is_null().any():
            row = int(series.is_null().arg_true()[0])
            raise ValueError(f"column {column!r}, {table.where(row)}: no value")
        if series.dtype in (nw.Datetime, nw.Date):
            series = series.cast(nw.Datetime("us")).dt.timestamp("us") / 1e6
        table.add(column, series.to_numpy() if series.dtype.is_numeric() and column != "player" else series.to_list())
    return table.log().sorted()


def _read_store(path: Path) -> MatchLog:
    """A league store: any SQLite file with a table or view ``match_log`` in the columns of the long or short form."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        cursor = connection.execute("SELECT * FROM match_log")
        header = [item[0] for item in cursor.description]
        form, columns = choose_columns(header, path.name)
        table = Table(form, columns, lambda row: f"{path.name}, row {row + 1}")
        optional = {"weight", "time", "game", "score", "rank"}
        while chunk := cursor.fetchmany(_CHUNK):
            fields = list(zip(*chunk))
            for column in [c for c in columns if c in optional and table.rows == 0 and fields[columns[c]][0] is None]:
                columns.pop(column)
                table.parts.pop(column)
            for column, at in columns.items():
                table.add(column, fields[at])
            table.rows += len(chunk)
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{path.name}: no league store with a table or view 'match_log' ({error})") from None
    finally:
        connection.close()
    return table.log()


# -- streaming -------------------------------------------------------------------------------------------------------


def stream(path: str | Path, matches: int) -> Iterator[MatchLog]:
    """See MatchLog.stream."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no match log at {str(path)!r}")
    if matches < 1:
        raise ValueError(f"matches must be at least 1, got {matches}")
    index: dict[str, int] = {}
    if suffix(path) == ".csv":
        yield from _stream_csv(path, matches, index)
    elif suffix(path) == ".jsonl":
        with _open_text(path) as handle:
            lines = _json_lines(handle, path.name)
            while chunk := list(islice(lines, matches)):
                log = from_matches(chunk)
                yield _renamed(log, index)
    else:
        log = read(path)
        for start in range(0, len(log), matches):
            yield log[start : start + matches]


def _renamed(log: MatchLog, index: dict[str, int]) -> MatchLog:
    from dataclasses import replace

    from .log import freeze

    numbers = number(log.names, index)
    return replace(log, names=tuple(index), players=freeze(numbers[log.players].astype(np.int32)))


def _stream_csv(path: Path, matches: int, index: dict[str, int]) -> Iterator[MatchLog]:
    held: list[list[str]] = []
    start = 0
    for header, fields, _ in csv_chunks(path):
        form, columns = choose_columns(header, path.name)
        held += map(list, zip(*fields))
        while True:
            cut = _cut(held, columns.get("match"), matches)
            if cut is None:
                break
            yield _csv_log(path, form, columns, held[:cut], start, index)
            held, start = held[cut:], start + cut
    if held:
        yield _csv_log(path, form, columns, held, start, index)


def _cut(rows: list[list[str]], at: int | None, matches: int) -> int | None:
    """How many rows make up ``matches`` whole matches, or None where the rows may not suffice."""
    if at is None:
        return matches if len(rows) > matches else None
    seen, last = 0, None
    for i, row in enumerate(rows):
        if row[at] != last:
            if seen == matches:
                return i
            seen, last = seen + 1, row[at]
    return None


def _csv_log(path, form, columns, rows, start, index) -> MatchLog:
    table = Table(form, columns, lambda row: f"{path.name}, row {start + row + 1}", index)
    fields = list(zip(*rows))
    for column, at in columns.items():
        table.add(column, fields[at])
    return table.log()
