"""Matchmakers: who meets whom in batch k of a schedule, as functions."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

Matchmaker = Callable[[int, tuple[int, ...], int], tuple[int, ...]]
"""(batch number, members, players of the game) -> the members who meet in that batch."""


def round_robin(batch: int, members: tuple[int, ...], players: int) -> tuple[int, ...]:
    """Every set of members in turn, over and over."""
    sets = pairings(members, players)
    return sets[batch % len(sets)]


@functools.lru_cache(maxsize=8)
def pairings(members: tuple[int, ...], players: int) -> tuple[tuple[int, ...], ...]:
    """All sets of as many members as the game has players."""
    return tuple(itertools.combinations(members, players))


PRESETS: dict[str, Matchmaker] = {"round_robin": round_robin}
