"""Partial observability of particle environments: only the nearest bodies are seen, nearest first, as in mpe2 1.1."""

from __future__ import annotations

import numpy as np

from ..dynamics import rule
from ._mpe import BODIES, WORDS, X, Y, show_landmarks, show_others, square


@rule
def farther(values, at, first, stride, count, skip, last):
    """The nearest body that is farther from `at` than number `last` (-1: the nearest); `count` where there is none.

    Body i stands at values[first + stride * i]; number `skip` does not count.
    """
    if last == count:
        return count
    bound = square(values, at, first + stride * last) if last >= 0 else -1.0
    found, least = count, np.inf
    for i in range(count):
        if i != skip:
            apart = square(values, at, first + stride * i)
            if (apart > bound or (apart == bound and i > last)) and apart < least:
                found, least = i, apart
    return found


@rule
def show_nearest(values, seen, k, at, first, stride, count, skip, slots):
    """Writes where the nearest bodies are, relative to `at`; places without a body stay as they are (0)."""
    i = np.int64(-1)
    for slot in range(slots):
        i = farther(values, at, first, stride, count, skip, i)
        if i < count:
            other = first + stride * i
            seen[k + 2 * slot] = values[other + X] - values[at + X]
            seen[k + 2 * slot + 1] = values[other + Y] - values[at + Y]
    return k + 2 * slots


@rule
def near_landmarks(values, seen, k, at, first, count, slots):
    """The landmarks seen: the nearest `slots`, or all where that is 0. -> the next place in `seen`."""
    if slots:
        return show_nearest(values, seen, k, at, first, np.int64(2), count, np.int64(-1), slots)
    return show_landmarks(values, seen, k, at, first, count)


@rule
def near_others(values, seen, k, player, count, slots):
    """The other players seen: the nearest `slots`, or all where that is 0. -> the next place in `seen`."""
    if slots:
        at = BODIES + WORDS * player
        return show_nearest(values, seen, k, at, np.int64(BODIES), np.int64(WORDS), count, player, slots)
    return show_others(values, seen, k, player, count)
