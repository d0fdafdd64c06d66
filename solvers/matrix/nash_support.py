"""All equilibria by their supports: for each pair of supports the strategies that make the other side indifferent."""

from __future__ import annotations

import numpy as np

from .components import extreme_equilibria
from .nash import NashMethod
from .profile import Profile, StrategicForm

NAME = "support_enumeration"


def support_enumeration(form: StrategicForm, *, exact: bool = False) -> list[Profile]:
    """All equilibria.

    Two players: in floats while the game is not degenerate (every equilibrium is then isolated, with supports of one
    size); as soon as a probability or a payoff difference is zero within rounding, or with `exact`, in rational
    arithmetic, where every extreme equilibrium is returned, numbered by component. More players: the polynomial
    systems of all supports are solved by subdivision, with proof that no root is missed (`polynomial.py`).

    Raises:
        ArithmeticError: with more than two players, where roots are not isolated.
    """
    if form.num_players > 2:
        from .polynomial import all_equilibria

        if exact:
            raise ValueError("exact=True takes at most 2 players: with more, probabilities are not rational")
        return all_equilibria(form, method=NAME)
    found = None if exact else _nondegenerate(form)
    if found is None:
        return extreme_equilibria(form, exact=exact, method=NAME)
    return [Profile.of(form, pair, component=k, method=NAME) for k, pair in enumerate(found)]


def _nondegenerate(form: StrategicForm) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """All equilibria in floats, or None where the game looks degenerate."""
    from . import _supports

    first, second = (np.ascontiguousarray(t) for t in form.scaled)
    m, n = form.counts
    k = min(m, n) + 1
    room = 64
    while True:
        x, y = np.empty((room, m)), np.empty((room, n))
        scratch = (np.empty((k + 1, k + 2)), np.empty((4, max(m, n)), np.int64), np.empty(k + 1), np.empty(k + 1))
        status, count = _supports.enumerate_supports(first, second, x, y, *scratch)
        if status == _supports.DONE:
            return list(zip(x[:count], y[:count]))
        if status == _supports.TIED:
            return None
        room *= 8


METHODS = (
    NashMethod(
        NAME,
        "support enumeration",
        "all",
        "all equilibria; where two-player games have a continuum, the vertices of its maximal convex parts. Of more "
        "than two players: all, or an error where roots are not isolated",
        "Dickhaut & Kaplan 1991; Porter, Nudelman & Shoham 2008",
        support_enumeration,
    ),
)
