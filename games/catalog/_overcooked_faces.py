"""Overcooked for people, as text and picture, and its scripted cook."""

from __future__ import annotations

import numpy as np

from ..drawing import PALETTE, Scene, Shape, box, disc, grid_scene, label, stroke
from ._kitchens import FAR, MARKS, Kitchen, ways
from ._overcooked_rules import (
    CELLS,
    CHANNELS,
    COUNTER,
    DISH,
    DISHES,
    DISHES_AT,
    DONE,
    FLOOR,
    IN_POT,
    IN_SOUP,
    INTERACT,
    NOTHING,
    ONION,
    ONIONS,
    ONIONS_AT,
    PLAYERS,
    POT,
    SERVE,
    SOUP,
    STAY,
    TIME_LEFT,
    TOWARDS,
    WORDS,
)

NAMES = ".od123"
"""What is held or lies on a counter, as text: onion, dish, soup of so many onions."""


def text(kitchen: Kitchen, state: np.ndarray) -> str:
    """Three characters a cell: terrain or player, content or facing, held."""
    shown = []
    for cell, kind in enumerate(kitchen.terrain.tolist()):
        content = int(state[CELLS + cell])
        inside = f"{content & 3}{' ~!'[min(content >> 2, 1) + (content >> 2 == 1)]}" if content else "  "
        shown.append(MARKS[kind] + (inside if kind == POT else f"{NAMES[content]} " if content else "  "))
    for p in range(2):
        cell, facing, held = state[PLAYERS + WORDS * p : PLAYERS + WORDS * p + 3].tolist()
        shown[cell] = f"{p + 1}{'^v><'[facing]}{NAMES[held] if held else ' '}"
    width = kitchen.columns
    return "\n".join("".join(shown[r * width : (r + 1) * width]).rstrip() for r in range(kitchen.rows))


WOOD, SOURCE, PAN, PLACE = (196, 164, 120), (226, 190, 90), (70, 72, 78), (140, 190, 140)
THINGS = {ONION: (236, 200, 60), DISH: (245, 245, 245), SOUP + 1: (200, 110, 40)}


def thing(x: float, y: float, held: int) -> list[Shape]:
    """An onion, a dish or a soup."""
    return [] if held == NOTHING else [disc(x, y, 0.17), disc(x, y, 0.14, THINGS[min(held, SOUP + 1)])]


def picture(kitchen: Kitchen, state: np.ndarray) -> Scene:
    """Terrain in colours, what lies on counters and is in pots, the players with what they hold."""
    colours = {COUNTER: WOOD, ONIONS: SOURCE, DISHES: SOURCE, POT: PAN, SERVE: PLACE}
    shapes: list[Shape] = []
    for cell, kind in enumerate(kitchen.terrain.tolist()):
        x, y, content = cell % kitchen.columns, kitchen.rows - 1 - cell // kitchen.columns, int(state[CELLS + cell])
        if kind == FLOOR:
            continue
        shapes.append(box(x, y, 1, 1, colours[kind]))
        if kind == POT:
            clock = content >> 2
            shapes += [disc(x + 0.25 + 0.25 * i, y + 0.7, 0.11, THINGS[ONION]) for i in range(content & 3)]
            words = "done" if clock == 1 else str(clock - 1) if clock else "pot"
            shapes.append(label(x + 0.5, y + 0.3, words, 0.3, (255, 255, 255)))
        elif kind == COUNTER:
            shapes += thing(x + 0.5, y + 0.5, content)
        else:
            shapes.append(label(x + 0.5, y + 0.5, {ONIONS: "onions", DISHES: "dishes", SERVE: "serve"}[kind], 0.24))
    for p in range(2):
        cell, facing, held = state[PLAYERS + WORDS * p : PLAYERS + WORDS * p + 3].tolist()
        x, y = cell % kitchen.columns + 0.5, kitchen.rows - cell // kitchen.columns - 0.5
        dx, dy = ((0, 1), (0, -1), (1, 0), (-1, 0))[facing]
        shapes += [disc(x, y, 0.36, PALETTE[p]), stroke(x, y, 0.48 * dx, 0.48 * dy)]
        shapes += thing(x + 0.26 * dx, y + 0.26 * dy, held)
    return grid_scene(kitchen.columns, kitchen.rows, shapes)


class Cook:
    """Does what is needed next, going round the other: fills pots, fetches one dish for each, serves.

    Nobody fetches an onion for which no pot has room or will have; one who has it in advance waits at the onions. It
    hands nothing over counters.
    """

    def __init__(self, kitchen: Kitchen, small: bool, alone: bool):
        self.kitchen, self.small, self.alone = kitchen, small, alone
        self.pots = kitchen.cells(POT)
        self.targets = np.flatnonzero(kitchen.terrain >= ONIONS)
        self.kinds = kitchen.terrain[self.targets]
        self.steps, self.actions = ways(kitchen, self.targets)

    def read(self, obs: np.ndarray) -> tuple[np.ndarray, ...]:
        """Own cell, facing, held; the other's cell, held; onions and clock of each pot."""
        width = self.kitchen.columns
        if self.small:
            seen = obs.astype(int)
            cells = [seen[:, 0] * width + seen[:, 1], (seen[:, 0] + seen[:, 9]) * width + seen[:, 1] + seen[:, 10]]
            held = [seen[:, i : i + 3] @ np.array([ONION, DISH, SOUP + 3]) for i in (6, 15)]
            pots = obs[:, -5 * self.pots.size :].reshape(len(obs), -1, 5)
            onions, left, done = pots[:, :, 2], pots[:, :, 3], pots[:, :, 4]
            return cells[0], seen[:, 2:6].argmax(1), held[0], cells[1], held[1], onions, left + done
        board = obs.reshape(len(obs), -1, CHANNELS)
        rows, (own, other) = np.arange(len(obs)), (board[:, :, :2].argmax(axis=1).T)
        things = board[:, :, ONIONS_AT] * ONION + board[:, :, DISHES_AT] * DISH + board[:, :, DONE] * (SOUP + 3)
        facing = board[rows, own, TOWARDS : TOWARDS + 4].argmax(axis=1)
        pots = board[:, self.pots]
        onions, clock = pots[:, :, IN_POT] + pots[:, :, IN_SOUP], pots[:, :, TIME_LEFT] + pots[:, :, DONE]
        return own, facing, things[rows, own].astype(int), other, things[rows, other].astype(int), onions, clock

    def __call__(self, obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
        """Preferences float64[B, 6]."""
        own, facing, held, other, others, onions, clock = self.read(obs)
        idle = (clock == 0) & (onions < 3)
        room = (3 - onions).sum(axis=1, where=idle) - (others == ONION)
        hot = (clock > 0).sum(axis=1) - (others == DISH)
        full = (clock == 0) & (onions == 3) & (not self.alone)
        goal = np.where(full.any(axis=1), POT, np.where(hot > 0, DISHES, ONIONS))
        goal = np.where(held == ONION, np.where(idle.any(axis=1), POT, ONIONS), goal)
        goal = np.where(held == DISH, np.where((clock > 0).any(axis=1), POT, DISHES), goal)
        goal = np.where(held > SOUP, SERVE, goal)
        wanted = self.kinds == goal[:, None]
        right = np.where(held[:, None] == ONION, idle, np.where(held[:, None] == DISH, clock > 0, full))
        wanted[:, self.kinds == POT] &= right
        far = np.where(wanted, self.steps[other, :, own], FAR)
        around = np.where((far == FAR).all(axis=1), 0, other)  # no way past the other: as if nobody stood there
        far = np.where(wanted, self.steps[around, :, own], FAR)
        target = far.argmin(axis=1)
        steps, action = far[np.arange(len(obs)), target], self.actions[around, target, own]
        waits = (goal == ONIONS) & ((held == ONION) | (room < 0)) | ((held == DISH) & (goal == DISHES))
        there = np.where(waits, STAY, np.where(facing == action, INTERACT, action))
        width = self.kitchen.columns
        near = abs(own // width - other // width) + abs(own % width - other % width) <= 2
        yields = (around != other) & near & (held == NOTHING)  # who carries goes first
        return np.eye(6)[np.where((steps == FAR) | yields, STAY, np.where(steps == 0, there, action))]
