"""Match logs and boards to files and dataframes."""

from __future__ import annotations

import csv
import gzip
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .log import MatchLog
from .readers import pyarrow, suffix


def long_columns(log: MatchLog) -> dict[str, Any]:
    """The long form of a log as columns: match and team numbers from 1, ranks from 1, names and floats."""
    teams_per = np.diff(log.match_starts)
    seats_per = np.diff(log.team_starts)
    match_of_team = np.repeat(np.arange(len(log)), teams_per)
    match_of = np.repeat(match_of_team, seats_per)
    team_of = np.repeat(np.arange(len(log.ranks)) - log.match_starts[match_of_team], seats_per)
    names = np.array(log.names, dtype=object)
    out: dict[str, Any] = {"match": match_of + 1, "player": names[log.players], "team": team_of + 1}
    if log.scores is not None:
        out["score"] = np.repeat(log.scores, seats_per)
    else:
        out["rank"] = np.repeat(log.ranks, seats_per) + 1
    if log.weights is not None:
        out["weight"] = log.weights
    if log.times is not None:
        out["time"] = log.times[match_of]
    if log.games is not None:
        out["game"] = np.array(log.game_names, dtype=object)[log.games][match_of]
    return out


def to_frame(log: MatchLog, backend: str) -> Any:
    """See MatchLog.to_frame."""
    return frame_of(long_columns(log), backend)


def frame_of(columns: dict[str, Any], backend: str) -> Any:
    """Columns of arrays as a dataframe of the named library."""
    import narwhals as nw

    try:
        data = {key: value.tolist() if value.dtype == object else value for key, value in columns.items()}
        return nw.from_dict(data, backend=backend).to_native()  # type: ignore[arg-type]
    except (ImportError, ModuleNotFoundError):
        raise ImportError(f"a {backend} dataframe needs {backend} installed") from None


def write(log: MatchLog, path: str | Path) -> None:
    """See MatchLog.write."""
    kind = suffix(Path(path))
    if kind == ".jsonl":
        atomically(path, lambda handle: _write_jsonl(log, handle))
    else:
        write_columns(long_columns(log), path)


def _write_jsonl(log: MatchLog, handle: Any) -> None:
    for match in log:
        record = {key: value for key, value in match._asdict().items() if value is not None}
        if match.scores is not None:
            del record["ranks"]
        handle.write(json.dumps(record) + "\n")


def write_columns(columns: dict[str, Any], path: str | Path) -> None:
    """Equally long columns to .csv, .csv.gz or .parquet, under a temporary name that is then renamed."""
    path = Path(path)
    kind = suffix(path)
    if kind == ".parquet":
        pa, pq = pyarrow("arrow"), pyarrow("parquet")
        table = pa.table({key: pa.array(value) for key, value in columns.items()})
        atomically(path, lambda handle: pq.write_table(table, handle), binary=True)
    elif kind == ".csv":

        def rows(handle: Any) -> None:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*(np.asarray(value).tolist() for value in columns.values())))

        atomically(path, rows)
    else:
        raise ValueError(f"cannot write {path.name!r}: the formats are .csv, .csv.gz, .parquet and, for logs, .jsonl")


def atomically(path: str | Path, fill: Callable[[Any], object], binary: bool = False) -> None:
    """Let ``fill(handle)`` write a file beside ``path`` and put it in place only when that succeeded."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no folder {str(path.parent)!r} to write {path.name!r} into")
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(number)
    try:
        opener: Any = gzip.open if path.name.lower().endswith(".gz") else open
        options = {} if binary else {"encoding": "utf-8", "newline": ""}
        with opener(name, "wb" if binary else "wt", **options) as handle:
            fill(handle)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
