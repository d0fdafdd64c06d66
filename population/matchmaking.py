"""Matchmakers: who meets whom in batch k of a schedule, as functions."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

import numpy as np

from .match import seat_orders

MOST_SETS = 256
"""At most so many sets of members meet within one batch."""

Matchmaker = Callable[[int, tuple[int, ...], int], np.ndarray]
"""(batch number, members, players of the game) -> int64[R, P]: who sits in each seat, for the batch's matches modulo R.
The seat orders of one set of members stand together."""


def round_robin(batch: int, members: tuple[int, ...], players: int) -> np.ndarray:
    """Every set of members in all seat orders, in turn and over and over; many sets are dealt with in several batches.

    The sets alternate from match to match (and not from batch to batch), because ratings that are folded over a log
    believe what came last.
    """
    parts = rounds(members, players)
    return parts[batch % len(parts)]


@functools.lru_cache(maxsize=8)
def rounds(members: tuple[int, ...], players: int) -> tuple[np.ndarray, ...]:
    """All sets of as many members as the game has players, in all seat orders, cut into parts of `MOST_SETS` sets."""
    sets = np.array(list(itertools.combinations(members, players)), np.int64)
    parts = np.array_split(sets, -(-len(sets) // MOST_SETS))
    return tuple(part[:, seat_orders(players)].reshape(-1, players) for part in parts)


PRESETS: dict[str, Matchmaker] = {"round_robin": round_robin}
