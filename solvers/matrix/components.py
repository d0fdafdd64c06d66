"""All equilibria of two-player games, degenerate ones too: extreme equilibria, maximal convex parts, components.

The equilibria of a two-player game are a finite union of maximal Nash subsets conv X' × conv Y', whose vertices are
vertices of the best-response polytopes that have all labels between them (Winkels 1979; Avis, Rosenberg, Savani &
von Stengel 2010, "Enumeration of Nash equilibria for two-player games").
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from .exact_tableau import ExactTableau, normalised, polytopes
from .profile import Profile, StrategicForm, strategic_form

Mixture = tuple[Fraction, ...]

MOST_PARTS = 100_000
"""The most maximal convex parts that are listed."""


class NashSet(NamedTuple):
    """A maximal Nash subset: every pair from the two convex hulls is an equilibrium, and no larger such set is."""

    rows: tuple[Mixture, ...]
    """Vertices of the row player's strategies."""
    columns: tuple[Mixture, ...]
    """Vertices of the column player's strategies."""
    component: int
    """Sets that touch one another have one number."""

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """float64[·, m], float64[·, n]: the vertices as floats."""
        return np.array(self.rows, np.float64), np.array(self.columns, np.float64)


def nash_sets(game: Any) -> list[NashSet]:
    """Every maximal Nash subset of a two-player game, in exact arithmetic: together they are all its equilibria.

    Args:
        game: what `nash` takes; integers and fractions are taken as they are, floats as binary fractions.

    Raises:
        ValueError: the game has not two players.
        ArithmeticError: there are more than `MOST_PARTS` of them.
    """
    form = strategic_form(game)
    if form.num_players != 2:
        raise ValueError(f"nash_sets takes two players, and the game has {form.num_players}")
    pairs = _extreme_pairs(form)
    component = _components(pairs)
    return [
        NashSet(tuple(sorted(xs, reverse=True)), tuple(sorted(ys, reverse=True)), component[min(xs), min(ys)])
        for xs, ys in _maximal(pairs)
    ]


def extreme_equilibria(form: StrategicForm, *, exact: bool, method: str) -> list[Profile]:
    """The vertices of all maximal Nash subsets, each once, numbered by component."""
    pairs = _extreme_pairs(form)
    component = _components(pairs)
    return [Profile.of(form, pair, exact=exact, component=component[pair], method=method) for pair in pairs]


def _extreme_pairs(form: StrategicForm) -> list[tuple[Mixture, Mixture]]:
    """The pairs of vertices that have all labels between them, the row player's in order."""
    first, second = (_vertices(t) for t in polytopes(form.fractions))
    everything = frozenset(range(sum(form.counts)))
    pairs = [(x, y) for x, a in first.items() for y, b in second.items() if a | b == everything]
    return sorted(pairs, reverse=True)


def _vertices(tableau: ExactTableau) -> dict[Mixture, frozenset[int]]:
    """The labels of each vertex but the origin."""
    return {normalised(point): labels for point, labels in tableau.vertices() if any(point)}


def _components(pairs: list[tuple[Mixture, Mixture]]) -> dict[tuple[Mixture, Mixture], int]:
    """The number of each pair's connected component, in the order of the pairs."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    xs = {x: i for i, x in enumerate(dict.fromkeys(x for x, _ in pairs))}
    ys = {y: len(xs) + i for i, y in enumerate(dict.fromkeys(y for _, y in pairs))}
    ends = np.array([(xs[x], ys[y]) for x, y in pairs]).T
    size = len(xs) + len(ys)
    graph = coo_matrix((np.ones(len(pairs)), (ends[0], ends[1])), (size, size))
    label = connected_components(graph, directed=False)[1]
    order = {c: k for k, c in enumerate(dict.fromkeys(label[ends[0]].tolist()))}
    return {pair: order[int(label[i])] for pair, i in zip(pairs, ends[0].tolist())}


def _maximal(pairs: list[tuple[Mixture, Mixture]]) -> list[tuple[frozenset[Mixture], frozenset[Mixture]]]:
    """The maximal bicliques: sets of x that are closed under having the same partners, found by intersections."""
    partners: dict[Mixture, set[Mixture]] = {}
    for x, y in pairs:
        partners.setdefault(x, set()).add(y)
    closed: set[frozenset[Mixture]] = set()
    for ys in map(frozenset, partners.values()):
        closed |= {ys} | {ys & other for other in closed if ys & other}
        if len(closed) > MOST_PARTS:
            raise ArithmeticError(f"the equilibria form more than {MOST_PARTS:,} maximal convex sets")
    return [(frozenset(x for x, its in partners.items() if ys <= its), ys) for ys in sorted(closed, key=sorted)]
