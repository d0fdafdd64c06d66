"""One equilibrium of two players along an almost completely labelled path (Lemke & Howson 1964)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .exact_tableau import normalised, polytopes
from .nash import NashMethod
from .profile import Profile, StrategicForm

NAME = "lemke_howson"
SOUND = 1e-9
"""The regret, with payoffs scaled to [0, 1], at which a path in floats counts as having gone astray."""


def lemke_howson(
    form: StrategicForm, *, labels: int | Iterable[int] | None = None, exact: bool = False, max_pivots: int = 1_000_000
) -> list[Profile]:
    """The equilibria that the paths from the origin lead to, each once, in the order of the labels.

    Pivoting is lexicographic (von Stengel 2002), so that degenerate games cannot cycle; a path whose end is no
    equilibrium because of rounding is walked again in integers.

    Args:
        labels: which labels to drop: the row player's actions 0 … m - 1, then the column player's; None: all of them.
        max_pivots: of one path; paths may be exponentially long (Savani & von Stengel 2006).

    Raises:
        ValueError: a label that there is not.
        ArithmeticError: a path is longer than `max_pivots`.
    """
    every = sum(form.counts)
    if labels is None:
        dropped = list(range(every))
    else:
        dropped = [labels] if isinstance(labels, (int, np.integer)) else list(labels)
    for label in dropped:
        if not isinstance(label, (int, np.integer)) or not 0 <= label < every:
            raise ValueError(f"labels must be integers from 0 to {every - 1}, got {label!r}")
    found: list[Profile] = []
    for label in dropped:
        profile = None if exact else _path(form, int(label), max_pivots)
        if profile is None:
            profile = _exact_path(form, int(label), max_pivots, exact)
        if not any(_same(profile, other, exact) for other in found):
            found.append(profile)
    return found


def _same(a: Profile, b: Profile, exact: bool) -> bool:
    return a.exact == b.exact if exact else all(np.abs(s - t).max() < 1e-9 for s, t in zip(a, b))


def _path(form: StrategicForm, label: int, max_pivots: int) -> Profile | None:
    """In floats; None where rounding led astray."""
    from . import _tableau

    m, n = form.counts
    first, second = 1.0 + form.scaled
    own, others = np.arange(m), np.arange(m, m + n)
    x, y = _start(second.T, own, others), _start(first, others, own)
    status, _ = _tableau.lemke_howson_path(*x, *y, label, m, max_pivots)
    if status == _tableau.FULL:
        raise ArithmeticError(f"the path of label {label} is longer than max_pivots = {max_pivots:,}: try other labels")
    if status == _tableau.LOST:
        return None
    pair = _polished(form, _point(x, 0, m), _point(y, m, n))
    if pair is None:
        return None
    profile = Profile.of(form, pair, method=NAME)
    return profile if _scaled_regret(form, profile) <= SOUND else None


def _start(constraints: np.ndarray, inside: np.ndarray, slack: np.ndarray) -> tuple[Any, ...]:
    """-> (dictionary, column of each label or -1, basic labels, nonbasic labels)."""
    rows, columns = constraints.shape
    table = np.ones((rows, columns + 1))
    table[:, :-1] = constraints
    place = np.full(rows + columns, -1)
    place[inside] = np.arange(columns)
    return table, place, slack.copy(), inside.copy()


def _point(side: tuple[Any, ...], first_label: int, count: int) -> np.ndarray:
    table, _, basic, _ = side
    x = np.zeros(count)
    inside = (basic >= first_label) & (basic < first_label + count)
    x[basic[inside] - first_label] = np.maximum(table[inside, -1], 0.0)
    return x


def _polished(form: StrategicForm, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The equilibrium on the supports that the path ended with, solved afresh: pivots add up their rounding."""
    from .polish import on_support

    if not (x.any() and y.any()):
        return None
    x, y = x / x.sum(), y / y.sum()
    better = on_support(form, (x, y))
    return (x, y) if better is None else (better[0], better[1])


def _scaled_regret(form: StrategicForm, profile: Profile) -> float:
    from .profile import certified_regret

    return certified_regret(form.scaled, profile)[0]


def _exact_path(form: StrategicForm, label: int, max_pivots: int, exact: bool) -> Profile:
    x, y = polytopes(form.fractions)
    sides = (x, y) if label < form.counts[0] else (y, x)
    entering = label
    for step in range(max_pivots):
        entering = sides[step % 2].exchange(entering)
        if entering == label:
            return Profile.of(form, [normalised(x.point()), normalised(y.point())], exact=exact, method=NAME)
    raise ArithmeticError(f"the path of label {label} is longer than max_pivots = {max_pivots:,}: try other labels")


METHODS = (
    NashMethod(
        NAME,
        "Lemke-Howson",
        "one",
        "at least one equilibrium of any game, one for each label dropped (several may be the same)",
        "Lemke & Howson 1964; von Stengel 2002",
        lemke_howson,
        max_players=2,
    ),
)
