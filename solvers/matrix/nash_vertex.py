"""All equilibria of two players by the vertices of the best-response polytopes."""

from __future__ import annotations

import numpy as np

from .components import extreme_equilibria
from .nash import NashMethod
from .profile import Profile, StrategicForm

NAME = "vertex_enumeration"
MOST_LABELS = 63
"""Sets of labels are bits of a word."""


def vertex_enumeration(form: StrategicForm, *, exact: bool = False) -> list[Profile]:
    """All equilibria: pairs of vertices that have all labels between them. Degenerate games, and all with `exact`, are
    computed in rational arithmetic; there every extreme equilibrium is returned, numbered by component."""
    found = None if exact or sum(form.counts) > MOST_LABELS else _nondegenerate(form)
    if found is None:
        return extreme_equilibria(form, exact=exact, method=NAME)
    return [Profile.of(form, pair, component=k, method=NAME) for k, pair in enumerate(found)]


def _nondegenerate(form: StrategicForm) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """All equilibria in floats, or None where a polytope is not simple as far as floats can tell."""
    from . import _tableau

    m, n = form.counts
    first, second = 1.0 + form.scaled
    own, others = np.arange(m), np.arange(m, m + n)
    x = _enumerated(first=np.ascontiguousarray(second.T), inside=own, slack=others)
    y = None if x is None else _enumerated(first=first, inside=others, slack=own)
    if x is None or y is None:
        return None
    pairs = np.empty((x[0], 2), np.int64)
    everything = np.uint64((1 << (m + n)) - 1)
    count = _tableau.complementary(x[3], x[0], y[3], y[4], everything, pairs)
    return [(_strategy(x, i, m, 0), _strategy(y, j, n, m)) for i, j in pairs[:count].tolist()]


def _enumerated(first: np.ndarray, inside: np.ndarray, slack: np.ndarray) -> tuple | None:
    """-> (number of vertices, dictionaries, basic labels, keys, hash slots) of {x >= 0 : first @ x <= 1}."""
    from . import _tableau

    rows, columns = first.shape
    room = 1024
    while True:
        tables = np.empty((room, rows, columns + 1))
        tables[0, :, :-1], tables[0, :, -1] = first, 1.0
        basics, nonbasics = np.empty((room, rows), np.int64), np.empty((room, columns), np.int64)
        basics[0], nonbasics[0] = slack, inside
        keys, slots = np.empty(room, np.uint64), np.full(4 * room, -1)
        status, count = _tableau.vertices(tables, basics, nonbasics, keys, slots)
        if status == _tableau.DONE:
            return count, tables, basics, keys, slots
        if status != _tableau.FULL:
            return None
        room *= 8


def _strategy(enumerated: tuple, vertex: int, count: int, first_label: int) -> np.ndarray:
    _, tables, basics, _, _ = enumerated
    x = np.zeros(count)
    inside = (basics[vertex] >= first_label) & (basics[vertex] < first_label + count)
    x[basics[vertex][inside] - first_label] = tables[vertex, inside, -1]
    return x


METHODS = (
    NashMethod(
        NAME,
        "vertex enumeration",
        "all",
        "all equilibria; where there is a continuum, the vertices of its maximal convex parts",
        "Mangasarian 1964; Avis, Rosenberg, Savani & von Stengel 2010",
        vertex_enumeration,
        max_players=2,
    ),
)
