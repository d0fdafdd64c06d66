"""What SMAX battles are made of: unit types, armies of scenarios, drawings and the scripted agent.

Figures are those of JaxMARL 0.2 (Rutherford et al. 2024), whose numbers of unit types and actions are kept.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from ..agent import Agent
from ..drawing import PALETTE, Colour, Scene, Shape, disc, label, stroke

SIZE = 32.0
"""Side of the square map."""
MOVES = 5
"""Actions before the attacks: north, east, south, west, stop."""
FEATURES, OWN = 13, 10
"""Numbers about another unit and about oneself in an observation."""


class Unit(NamedTuple):
    """One unit type: distances in map units, times in seconds, damage and health in points."""

    name: str
    letter: str
    speed: float
    attack: float
    attack_range: float
    sight: float
    radius: float
    health: float
    cooldown: float


UNITS = (
    Unit("marine", "m", 3.15, 9.0, 5.0, 9.0, 0.375, 45.0, 0.61),
    Unit("marauder", "M", 2.25, 10.0, 6.0, 10.0, 0.5625, 125.0, 1.07),
    Unit("stalker", "s", 4.13, 13.0, 6.0, 10.0, 0.625, 160.0, 1.87),
    Unit("zealot", "z", 3.15, 8.0, 2.0, 9.0, 0.5, 150.0, 0.86),
    Unit("zergling", "l", 4.13, 5.0, 2.0, 8.0, 0.375, 35.0, 0.5),
    Unit("hydralisk", "h", 3.15, 12.0, 5.0, 9.0, 0.625, 80.0, 0.59),
)
"""In the order of their numbers; letters as scenarios write them."""

SCENARIOS = (
    *(
        "3m",
        "2s3z",
        "25m",
        "3s5z",
        "8m",
        "5m_vs_6m",
        "10m_vs_11m",
        "27m_vs_30m",
        "3s5z_vs_3s6z",
        "3s_vs_5z",
        "6h_vs_8z",
    ),
    *("smacv2_5_units", "smacv2_10_units", "smacv2_20_units"),
)
"""The published scenarios; any other two armies are written alike."""

MOST_UNITS = 62
LETTERS = "".join(unit.letter for unit in UNITS)
ARMY = re.compile(rf"(?:[1-9]\d?[{LETTERS}])+")


class Armies(NamedTuple):
    """A scenario: unit types of the allies and of the enemies, and whether types and places are drawn (SMACv2)."""

    allies: tuple[int, ...]
    enemies: tuple[int, ...]
    drawn: bool


def armies(scenario: str) -> Armies:
    """Reads a scenario: ``2s3z`` (both sides), ``5m_vs_6m``, ``smacv2_5_units``.

    Raises:
        ValueError: it is none, or has more units than `MOST_UNITS`.
    """
    drawn = re.fullmatch(r"smacv2_([1-9]\d?)_units", scenario)
    sides = scenario.split("_vs_")
    if drawn:
        found = Armies((0,) * int(drawn[1]), (0,) * int(drawn[1]), True)
    elif len(sides) <= 2 and all(ARMY.fullmatch(side) for side in sides):
        found = Armies(army(sides[0]), army(sides[-1]), False)
    else:
        letters = ", ".join(f"{unit.letter} {unit.name}" for unit in UNITS)
        raise ValueError(
            f"smax: there is no scenario {scenario!r}; there are {', '.join(SCENARIOS)}, and others are written like "
            f"2s3z or 5m_vs_6m with {letters}"
        )
    count = len(found.allies) + len(found.enemies)
    if count > MOST_UNITS:
        raise ValueError(f"smax: scenario {scenario!r} has {count} units; at most {MOST_UNITS} are allowed")
    return found


def army(text: str) -> tuple[int, ...]:
    """Unit types of ``2s3z``."""
    pairs = re.findall(rf"(\d+)([{LETTERS}])", text)
    return tuple(LETTERS.index(letter) for count, letter in pairs for _ in range(int(count)))


COLOURS: tuple[tuple[Colour, Colour], ...] = ((PALETTE[0], (150, 185, 215)), (PALETTE[1], (235, 170, 160)))
"""Of allies and of enemies: what is left of a unit's health, and what is lost."""


class Force(NamedTuple):
    """Who stands where, for drawings: arrays of one entry a unit, allies first; the dead have no health."""

    allies: int
    step: int
    kind: np.ndarray
    x: np.ndarray
    y: np.ndarray
    health: np.ndarray
    target: np.ndarray
    """The unit that each attacked in the last step, or -1."""


def as_text(force: Force) -> str:
    """The map in cells of two by one units (allies ``+``, enemies ``-`` before the unit's letter), then the health."""
    width, height = int(SIZE), int(SIZE) // 2
    cells = [[" ."] * width for _ in range(height)]
    lines: tuple[list[str], list[str]] = ([], [])
    for i, kind in enumerate(force.kind.tolist()):
        unit, enemy = UNITS[kind], i >= force.allies
        lines[enemy].append(f"{unit.letter}{force.health[i]:.0f}")
        if force.health[i] > 0:
            row, column = int((SIZE - force.y[i]) / 2), int(force.x[i])
            cells[min(max(row, 0), height - 1)][min(max(column, 0), width - 1)] = "+-"[enemy] + unit.letter
    field = "\n".join("".join(row) for row in cells)
    return f"step {force.step}\n{field}\nallies:  {' '.join(lines[0])}\nenemies: {' '.join(lines[1])}"


def as_picture(force: Force) -> Scene:
    """Discs with the unit's letter, filled to the share of its health; a line leads to the unit that it attacks."""
    standing = np.flatnonzero(force.health > 0).tolist()
    lines: list[Shape] = []
    units: list[Shape] = []
    for i in standing:
        unit, (full, pale) = UNITS[int(force.kind[i])], COLOURS[int(i >= force.allies)]
        x, y, share = float(force.x[i]), float(force.y[i]), float(force.health[i]) / unit.health
        units += [disc(x, y, unit.radius, pale), disc(x, y, unit.radius * share**0.5, full)]
        units.append(label(x, y, unit.letter, 1.1 * unit.radius, (255, 255, 255)))
        j = int(force.target[i])
        if j >= 0 and force.health[j] > 0:
            lines.append(stroke(x, y, float(force.x[j]) - x, float(force.y[j]) - y, full))
    border = [stroke(0, 0, SIZE, 0), stroke(0, SIZE, SIZE, 0), stroke(0, 0, 0, SIZE), stroke(SIZE, 0, 0, SIZE)]
    return Scene(-0.3, -0.3, SIZE + 0.6, SIZE + 0.6, [*border, *units, *lines])


class ScriptAgent(Agent):
    """JaxMARL's script: keeps attacking one enemy in range (at first the nearest), else walks towards one in sight.

    Who sees nobody walks to the point opposite of where it began. Its memory is float64[B, 3]: that point (NaN before
    the first decision) and the place in the list of enemies of the one attacked (-1: nobody).
    """

    name = "script"

    def __init__(self, allies: int, enemies: int, player: int = 0):
        self._sizes, self._player = (allies, enemies), player
        own, other = (allies, enemies) if player < allies else (enemies, allies)
        self._foes = slice(FEATURES * (own - 1), FEATURES * (own - 1 + other))
        self._actions = MOVES + max(allies, enemies)

    def at(self, player: int) -> ScriptAgent:
        return ScriptAgent(*self._sizes, player)

    def start(self, batch: int) -> np.ndarray:
        return np.tile([np.nan, np.nan, -1.0], (batch, 1))

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        rows = np.arange(len(obs))
        memory = self.start(len(obs)) if memory is None else memory.copy()
        foes = obs[:, self._foes].astype(float).reshape(len(obs), -1, FEATURES)
        own = obs[:, len(obs[0]) - OWN :].astype(float)
        here, kind = own[:, 1:3] * SIZE, own[:, 4:].argmax(axis=1)
        new = np.isnan(memory[:, 0])
        memory[new, :2] = SIZE - here[new]
        seen = foes[:, :, 0] > 0
        away = foes[:, :, 1:3] * np.array([unit.sight for unit in UNITS])[kind, None, None]
        distance = np.sqrt((away**2).sum(axis=2))
        near = seen & (distance < np.array([unit.attack_range for unit in UNITS])[kind, None])
        held = memory[:, 2].astype(int)
        chosen = np.where((held >= 0) & near[rows, held], held, np.where(near, distance, np.inf).argmin(axis=1))
        shoots = near.any(axis=1)
        memory[:, 2] = np.where(shoots, chosen, -1)
        p = np.zeros((len(obs), self._actions))
        p[rows[shoots], MOVES + chosen[shoots]] = 1.0
        looks = np.any(seen, axis=1)
        ways = np.where(looks[:, None, None], away, (memory[:, :2] - here)[:, None])
        share = np.where(looks[:, None], seen, np.arange(seen.shape[1]) == 0)
        share = share / share.sum(axis=1, keepdims=True)
        moves = np.stack([ways[:, :, 1], ways[:, :, 0], -ways[:, :, 1], -ways[:, :, 0]], axis=2).argmax(axis=2)
        for move in range(4):
            p[:, move] = np.where(shoots, 0.0, (share * (moves == move)).sum(axis=1))
        dead = ~legal[:, 0]
        p[dead] = np.eye(self._actions)[MOVES - 1]
        return p, memory
