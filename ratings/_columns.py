"""Columns as they are given: labels and players numbered, numbers finite, each error with the place it happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Where = Callable[[int], str]


def number(values: Any, index: dict[Any, int], argument: str = "players") -> np.ndarray:
    """int64 numbers of hashable labels, in order of first appearance, written into ``index`` (label -> number)."""
    labels = values.tolist() if isinstance(values, np.ndarray) else list(values)
    try:
        for label in dict.fromkeys(labels):
            index.setdefault(label, len(index))
        return np.fromiter(map(index.__getitem__, labels), np.int64, len(labels))
    except TypeError as error:
        raise TypeError(f"{argument} must hold names or integers: {error}") from None


def player_numbers(flat: Any, names: Sequence[str] | None, where: Where) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers int64[S] of the seats' players and all names. Integers stay as they are, names are looked up."""
    array = flat if isinstance(flat, np.ndarray) else np.asarray(flat)
    if array.dtype.kind in "iu" or array.size == 0:
        array = array.astype(np.int64, copy=False)
        size = len(names) if names is not None else int(array.max(initial=-1)) + 1
        bad = np.flatnonzero((array < 0) | (array >= size))
        if bad.size:
            raise ValueError(f"players, {where(int(bad[0]))}: player {array[bad[0]]} is outside 0..{size - 1}")
        return array, tuple(map(str, names)) if names is not None else tuple(map(str, range(size)))
    if array.dtype.kind not in "UOS":
        raise TypeError(f"players must be names or integers, not {array.dtype}")
    index = {str(name): i for i, name in enumerate(names)} if names is not None else {}
    known = len(index)
    numbers = number([x if isinstance(x, str) else _name(x, i, where) for i, x in enumerate(array.tolist())], index)
    if names is not None and len(index) > known:
        first = int(np.flatnonzero(numbers >= known)[0])
        raise ValueError(f"players, {where(first)}: {array[first]!r} is not among names")
    return numbers, tuple(index)


def _name(value: Any, row: int, where: Where) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (int, np.integer)):
        return str(value)
    raise TypeError(f"players, {where(row)}: got {value!r}; a player is a name or an integer")


def floats(values: Any, size: int, argument: str, where: Where, unit: str) -> np.ndarray:
    """``values`` as a finite float64[size], or a ValueError with the place of the first that is not."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{argument} must hold {size} numbers, one per {unit}") from None
    if array.shape != (size,):
        raise ValueError(f"{argument} has shape {array.shape}, but there are {size} {unit}s")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise ValueError(f"{argument}, {where(int(bad[0]))}: got {array[bad[0]]}; every value must be a finite number")
    return array
