"""Kitchens of Overcooked: the five classic layouts, reading a layout text, and the ways through a kitchen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._overcooked_rules import COUNTER, DISHES, FLOOR, ONIONS, POT, SERVE

MARKS = " XODPS"

LAYOUTS = {
    "cramped_room": "XXPXX/O  2O/X1  X/XDXSX",
    "asymmetric_advantages": "XXXXXXXXX/O XSXOX S/X   P 1 X/X2  P   X/XXXDXDXXX",
    "coordination_ring": "XXXPX/X 1 P/D2X X/O   X/XOSXX",
    "forced_coordination": "XXXPX/O X1P/O2X X/D X X/XXXSX",
    "counter_circuit": "XXXPPXXX/X  2   X/D XXXX S/X  1   X/XXXOOXXX",
}
"""The layouts of Carroll et al. 2019 as text, row by row."""

FAR = 1_000_000


class Kitchen(NamedTuple):
    """A layout that has been read; cell = row · columns + column."""

    rows: int
    columns: int
    terrain: np.ndarray
    """int64[rows · columns]: FLOOR … SERVE."""
    starts: tuple[int, int]
    """Where the players begin."""

    @property
    def deltas(self) -> tuple[int, int, int, int]:
        """What a step north, south, east, west adds to a cell."""
        return -self.columns, self.columns, 1, -1

    def cells(self, kind: int) -> np.ndarray:
        """The cells of a kind, ascending."""
        return np.flatnonzero(self.terrain == kind)


def read_kitchen(layout: str) -> Kitchen:
    """Reads a classic layout's name or a layout text.

    Rows are separated by ``/`` or line ends. ``X`` is a counter, ``O`` onions, ``D`` dishes, ``P`` a pot, ``S`` where
    soups are served, ``1`` and ``2`` where the players begin, a blank or ``.`` floor.

    Raises:
        ValueError: the text is no kitchen, or no soup can be served in it.
    """
    text = LAYOUTS.get(layout, layout).strip("\n").replace("/", "\n")
    rows = [row.strip().replace(".", " ") for row in text.split("\n")]
    width = len(rows[0])
    if len(rows) == 1:
        names = ", ".join(LAYOUTS)
        raise ValueError(
            f"overcooked: parameter layout must be one of {names} or rows separated by '/'; got {layout!r}"
        )
    if any(len(row) != width for row in rows):
        raise ValueError(f"overcooked: layout: all rows must be of one length; got {[len(row) for row in rows]}")
    everything = "".join(rows)
    strange = sorted(set(everything) - set(MARKS + "12"))
    if strange:
        raise ValueError(f"overcooked: layout: unknown character {strange[0]!r}; allowed are {MARKS + '.12'!r}")
    for mark in "12":
        if everything.count(mark) != 1:
            raise ValueError(f"overcooked: layout: player {mark} must stand there once; got {everything.count(mark)}")
    border = rows[0] + rows[-1] + "".join(row[0] + row[-1] for row in rows)
    if set(border) & set(" 12"):
        raise ValueError("overcooked: layout: the border must be counters, sources, pots or servings, not floor")
    terrain = np.array([max(MARKS.find(mark), FLOOR) for mark in everything], np.int64)
    kitchen = Kitchen(len(rows), width, terrain, (everything.index("1"), everything.index("2")))
    needed = {ONIONS: "onions (O)", DISHES: "dishes (D)", POT: "pot (P)", SERVE: "serving place (S)"}
    for kind, name in needed.items():
        if not (terrain == kind).any():
            raise ValueError(f"overcooked: layout: there is no {name}")
    reach = [reached(kitchen, start) for start in kitchen.starts]
    if (reach[0] & reach[1] & (terrain <= COUNTER)).any():  # they meet, or hand things over a counter
        reach = [reach[0] | reach[1]]
    missing = [name for kind, name in needed.items() if not any((cells & (terrain == kind)).any() for cells in reach)]
    if missing:
        raise ValueError(f"overcooked: layout: no soup can be served, the players cannot reach: {', '.join(missing)}")
    if not any(serves(terrain, cook, waiter) for cook in reach for waiter in reach):
        raise ValueError("overcooked: layout: no soup can be served, the players cannot hand each other what they need")
    return kitchen


def serves(terrain: np.ndarray, cook: np.ndarray, waiter: np.ndarray) -> bool:
    """Whether one who reaches the cells `cook` can fill a pot whose soup one who reaches `waiter` can serve."""
    pots = cook & waiter & (terrain == POT)
    ready = [(cells & (terrain == kind)).any() for cells, kind in ((cook, ONIONS), (waiter, DISHES), (waiter, SERVE))]
    return bool(pots.any() and all(ready))


def reached(kitchen: Kitchen, start: int) -> np.ndarray:
    """bool[cells]: where a player can walk to, and what it can touch from there."""
    seen = np.zeros(kitchen.terrain.size, bool)
    seen[start] = True
    edge = [start]
    while edge:
        cell = edge.pop()
        for delta in kitchen.deltas:
            if not seen[cell + delta]:
                seen[cell + delta] = True
                if kitchen.terrain[cell + delta] == FLOOR:
                    edge.append(cell + delta)
    return seen


def ways(kitchen: Kitchen, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The way from every cell to touching every target, past another player.

    Returns:
        steps int64[cells, targets, cells] and actions int64[cells, targets, cells], indexed by the other's cell (0:
        nobody stands in the way), the target's place in `targets` and the own cell: moves until one stands beside it
        (`FAR`: no way) and the direction to take, which at 0 steps is that of the target.
    """
    cells = kitchen.terrain.size
    steps = np.full((cells, targets.size, cells), FAR)
    actions = np.zeros((cells, targets.size, cells), np.int64)
    for other in (0, *kitchen.cells(FLOOR)):
        free = kitchen.terrain == FLOOR
        free[other] = False
        for t, target in enumerate(targets):
            edge, distance = [int(target)], 0
            while edge:
                further = []
                for cell in edge:
                    for action, delta in enumerate(kitchen.deltas):
                        near = cell - delta
                        if 0 <= near < cells and free[near] and steps[other, t, near] == FAR:
                            steps[other, t, near], actions[other, t, near] = distance, action
                            further.append(near)
                edge, distance = further, distance + 1
    return steps, actions
