"""Equilibria in pure strategies: joint actions at which nobody's payoff is below its best against the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import numpy as np

from .nash import NashMethod
from .profile import Profile, StrategicForm


def pure(form: StrategicForm, *, exact: bool = False) -> Iterator[Profile]:
    """Every pure equilibrium, in the order of the tensor; with `exact` payoffs are compared as they were given."""
    tensor = form.fractions if exact else form.payoffs
    best = [table == table.max(axis=player, keepdims=True) for player, table in enumerate(tensor)]
    for cell in np.argwhere(reduce(np.logical_and, best).astype(bool)).tolist():
        corners = [np.eye(n, dtype=np.int64)[a] for a, n in zip(cell, form.counts)]
        yield Profile.of(form, [c.tolist() for c in corners], exact=exact, method="pure")


METHODS = (
    NashMethod(
        "pure",
        "enumeration of pure strategies",
        "pure",
        "all equilibria in pure strategies; there may be none",
        "Nash 1950",
        pure,
    ),
)
