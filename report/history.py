"""How a league grew: ratings and measures over its matches, results of every pair in slices, who was made from whom."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from ..population.league import League
from ..population.measures import PopulationCurves, RatingCurves, population_curves, rating_curves
from ..population.payoffs import Payoffs, payoffs_of

MOST_POINTS = 16
"""Points of a curve; fewer where the log is long, as each point folds it again."""
MOST_MEASURED = 400
"""Populations beyond this size get no measures over time (each point solves a game of that size)."""
FEW = 48
"""Up to this size, diversity is that of the equilibrium of most entropy; beyond, of one that is found faster."""
SLICES = 10


class Kin(NamedTuple):
    """One member and where it comes from."""

    name: str
    parent: str | None
    role: str
    generation: int
    frozen: bool
    lane: int
    """The column it stands in; a member and its largest line of descent share one."""
    above: int
    """Row of its parent; -1: none."""


class Slice(NamedTuple):
    """Matches first … last - 1, counted from 0."""

    first: int
    last: int
    payoffs: Payoffs


class History(NamedTuple):
    """What a report shows of a league's past."""

    ratings: RatingCurves
    measures: PopulationCurves | None
    """Of members in the order in which they came; None for one member or very many."""
    strangers: int
    """Pairs that have not met, which the measures count as even."""
    slices: tuple[Slice, ...]
    lineage: tuple[Kin, ...]
    """Parents before their children; empty where nobody has a parent."""


def history(league: League, model: str = "plackett_luce") -> History:
    """Derives everything from the store's matches and players.

    Raises:
        ValueError: the league has no matches.
    """
    log, table = league.log(), league.payoffs()
    points = MOST_POINTS if len(log) <= 200_000 else 8 if len(log) <= 2_000_000 else 4
    fixed = {"tau": 0.0} if "tau" in _parameters(model) else {}
    ratings = rating_curves(log, model, points, **fixed)
    skew = np.where(np.isnan(table.mean) & np.isnan(table.mean.T), 0.0, table.mean)
    n = len(table.names)
    strangers = int((table.count + table.count.T == 0).sum() - n) // 2
    measures = population_curves(skew, MOST_POINTS, unique=n <= FEW) if 1 < n <= MOST_MEASURED else None
    players, scores = league.store.matches()
    ends = np.unique(np.linspace(0, len(players), SLICES + 1).round().astype(int)).tolist()
    slices = tuple(Slice(a, b, payoffs_of(table.names, players[a:b], scores[a:b])) for a, b in itertools.pairwise(ends))
    return History(ratings, measures, strangers, slices, lineage(league))


def lineage(league: League) -> tuple[Kin, ...]:
    """The family trees of a league, in the order in which they are drawn; () where nobody has a parent."""
    rows = [member.row for member in league.members]
    if all(row.parent is None for row in rows):
        return ()
    children: dict[str | None, list[str]] = {}
    size = {row.name: 1 for row in rows}
    for row in rows:
        children.setdefault(row.parent, []).append(row.name)
    for row in reversed(rows):  # a parent came before its children
        if row.parent is not None:
            size[row.parent] += size[row.name]
    of_name = {row.name: row for row in rows}
    out: list[Kin] = []
    waiting = [(name, 0, -1) for name in reversed(children.get(None, []))]
    while waiting:
        name, lane, above = waiting.pop()
        row = of_name[name]
        out.append(Kin(name, row.parent, row.role, row.generation, row.frozen, lane, above))
        # the largest line goes on in this lane, below the others, which stand one lane further
        below = sorted(children.get(name, []), key=size.__getitem__, reverse=True)
        here = len(out) - 1
        waiting += [(child, lane, here) for child in below[:1]]
        waiting += [(child, lane + 1, here) for child in reversed(below[1:])]
    return tuple(out)


def _parameters(model: str) -> dict:
    from ..ratings import make

    return make(model).parameters()
