"""Reading CSV fast: plain text is cut at its commas in one go, anything else goes to the csv module."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

EXPECTED = (
    "match,player,[team],rank|score,[weight],[time],[game] (a row per player) or winner,loser,[draw],[time],[game]"
)
_CHUNK = 200_000
_BLOCK = 1 << 23


def csv_chunks(path: Path) -> Iterator[tuple[list[str], list[Sequence[str]], int]]:
    """(header, columns, number of rows before) for chunk after chunk; blank lines are left out.

    Plain text is cut at its commas in one go; from the first quotation mark or irregular line on, the csv module reads.
    """
    opener: Any = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rb") as handle:
        start = 3 if handle.read(3) == b"\xef\xbb\xbf" else 0
        handle.seek(start)
        first = handle.readline()
        if not first.strip():
            raise ValueError(f"{path.name}: the file is empty; expected {EXPECTED}")
        header = next(csv.reader([_text(first, path, 0)]))
        done = 0
        if b'"' not in first:
            while True:
                at = handle.tell()
                block = handle.read(_BLOCK)
                block += handle.readline()
                if not block:
                    return
                columns = _plain_columns(block, len(header), path, done)
                if columns is None:
                    break
                yield header, columns, done
                done += len(columns[0])
            handle.seek(at)
        else:
            handle.seek(start)
        with io.TextIOWrapper(handle, encoding="utf-8", newline="") as text:
            rows = csv.reader(text)
            if b'"' in first:
                header = next(rows)
            yield from _csv_rows(header, rows, done, path)


def _text(block: bytes, path: Path, done: int) -> str:
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}, after row {done}: no UTF-8 ({error.reason})") from None


def _plain_columns(block: bytes, width: int, path: Path, done: int) -> list[Sequence[str]] | None:
    """The columns of lines that hold ``width`` fields each and no quotation mark; None for anything else."""
    if b'"' in block:
        return None
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    block = block.rstrip(b"\n")
    if not block:
        return None
    marks = np.frombuffer(block, np.uint8)
    marks = marks[(marks == 44) | (marks == 10)]
    lines = len(marks) // width + 1
    if (
        len(marks) != lines * width - 1
        or (np.flatnonzero(marks == 10) != np.arange(width, lines * width, width) - 1).any()
    ):
        return None
    fields = _text(block, path, done).replace("\n", ",").split(",")
    return [fields[i::width] for i in range(width)]


def _csv_rows(header: list[str], rows: Any, done: int, path: Path) -> Iterator[tuple[list[str], list[Any], int]]:
    while True:
        try:
            chunk = list(islice(rows, _CHUNK))
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{path.name}, after row {done + rows.line_num}: {error}") from None
        if not chunk:
            return
        if set(map(len, chunk)) != {len(header)}:
            for i, row in enumerate(chunk):
                if row and len(row) != len(header):
                    raise ValueError(
                        f"{path.name}, row {done + i + 1}: {len(row)} fields, the header has {len(header)}"
                    )
            chunk = [row for row in chunk if row]
        if chunk:
            yield header, list(zip(*chunk)), done
        done += len(chunk)
