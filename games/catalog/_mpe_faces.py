"""What the particle environments share besides physics (`_mpe.py`): setups, pictures, scripted players."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..agent import Agent, ScriptedAgent
from ..drawing import GRID, Colour, Scene, disc, label, stroke
from ..dynamics import Dynamics, EnvSetup
from ..spec import Parameter
from ._mpe import BODIES, DRIVE, DT, KEPT, WORDS

MOVE_NAMES = ("stay", "left", "right", "down", "up")
PUSHES = np.array([[0.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]])

COAST = 0.25
"""Seconds of the next velocity that `towards` counts as travelled; coasting to the end would be 0.4."""

MAX_CYCLES = Parameter("max_cycles", 25, "steps of an episode", low=1, high=1_000_000)
CONTINUOUS = Parameter("continuous_actions", False, "whether an action is numbers from 0 to 1 instead of a choice")
LOCAL_RATIO = Parameter("local_ratio", 0.5, "weight of the own reward against the common one", low=0.0, high=1.0)
NEAR_PLAYERS = Parameter(
    "num_agent_neighbors", 0, "how many others are seen, the nearest first; 0: all", low=0, high=50
)
NEAR_LANDMARKS = Parameter(
    "num_landmark_neighbors", 0, "how many landmarks are seen, the nearest first; 0: all", low=0, high=50
)

GREY: Colour = (110, 112, 118)
RED: Colour = (214, 76, 60)
GREEN: Colour = (60, 150, 80)
BLUE: Colour = (70, 110, 200)


class Body(NamedTuple):
    """How a body looks: its radius, its colour, and the mark by which text knows it."""

    radius: float
    colour: Colour
    mark: str


class Crew(NamedTuple):
    """Sizes of one particle environment."""

    players: int
    landmarks: int
    said: int = 0
    """Numbers that hold what players have said."""


def setup(
    dynamics: Dynamics,
    crew: Crew,
    *,
    max_cycles: int,
    continuous: bool,
    width: int,
    own: Sequence[int | float] = (),
    bodies: Callable[[np.ndarray], Sequence[Body]],
    told: Callable[[np.ndarray], Sequence[str]] = lambda values: (),
    **facts: Any,
) -> EnvSetup:
    """A particle environment.

    Args:
        width: choices of an action, or its numbers where it is continuous.
        own: the game's own words of `params`; floats are kept as their bits.
        bodies: (state) -> how players and then landmarks look.
        told: (floats of the state) -> what players say, for people.
        facts: the other fields of `EnvSetup`.
    """
    words = [crew.players, crew.landmarks, max_cycles, int(continuous), width, *own]
    bits = [int(np.float64(w).view(np.int64)) if isinstance(w, float) else w for w in words]
    marks = BODIES + WORDS * crew.players

    def placed(state: np.ndarray) -> list[tuple[float, float, Body]]:
        """Landmarks, then players, which lie over them."""
        values = state.view(np.float64)
        places = [values[BODIES + WORDS * p :][:2] for p in range(crew.players)]
        places += [values[marks + 2 * l :][:2] for l in range(crew.landmarks)]
        found = [(float(x), float(y), body) for (x, y), body in zip(places, bodies(state))]
        return found[crew.players :] + found[: crew.players]

    def render(state: np.ndarray) -> str:
        rows = [["."] * 31 for _ in range(15)]
        for x, y, body in placed(state):
            column, row = round(15 + 10 * x), round(7 - 5 * y)
            if 0 <= row < 15 and 0 <= column < 31:
                rows[row][column] = body.mark
        return "\n".join(["".join(row) for row in rows] + list(told(state.view(np.float64))))

    def picture(state: np.ndarray) -> Scene:
        found, lines = placed(state), told(state.view(np.float64))
        far = max(1.0, *(max(abs(x), abs(y)) + body.radius for x, y, body in found)) * 1.05
        shapes = [stroke(-1, y, 2, 0, GRID) for y in (-1, 1)] + [stroke(x, -1, 0, 2, GRID) for x in (-1, 1)]
        for x, y, body in found:
            shapes += [disc(x, y, body.radius, body.colour)]
            if body.radius >= 0.045 and body.mark.isalnum():
                shapes += [label(x, y, body.mark, 0.08, (255, 255, 255))]
        shapes += [label(0.0, -far - 0.12 * (i + 0.5), line, 0.1) for i, line in enumerate(lines)]
        below = 0.12 * len(lines)
        return Scene(-far, -far - below, 2 * far, 2 * far + below, shapes)

    return EnvSetup(
        dynamics=dynamics,
        params=np.array(bits, np.int64),
        state_size=marks + 2 * crew.landmarks + crew.said,
        num_players=crew.players,
        num_actions=width,
        continuous=continuous,
        render=render,
        picture=picture,
        **facts,
    )


def spoken(words: int) -> tuple[str, ...]:
    """Names of the choices of one who moves and says one of some words."""
    return tuple(f"{move}, say {word}" for word in range(words) for move in MOVE_NAMES)


def numbers(words: int) -> tuple[str, ...]:
    """Names of the numbers of a continuous action of one who moves and speaks."""
    return MOVE_NAMES + tuple(f"say {word}" for word in range(words))


def words(said: np.ndarray, who: str) -> str:
    """What a player says, for people."""
    if not said.any():
        return f"{who} says nothing"
    if set(said.tolist()) <= {0.0, 1.0} and said.sum() == 1:
        return f"{who} says {int(said.argmax())}"
    return f"{who} says " + " ".join(f"{x:.2f}" for x in said)


def coasting(velocity: np.ndarray, drive: float = DRIVE) -> np.ndarray:
    """float64[B, 5, 2]: how far a player of that velocity float[B, 2] gets, roughly, after each of the five pushes."""
    return (DT + COAST * KEPT) * velocity[:, None].astype(float) + COAST * DT * drive * PUSHES


def towards(offset: np.ndarray, velocity: np.ndarray | float, drive: float = DRIVE) -> np.ndarray:
    """Preferences float64[B, 5] over moves of a player who wants to come to rest at `offset` float[B, 2]."""
    return -np.square(offset[:, None] - coasting(velocity + 0.0 * offset, drive)).sum(axis=2)


class SeatedAgent(ScriptedAgent):
    """A scripted player of each seat's own role."""

    def __init__(self, roles: Sequence[Callable[[np.ndarray, np.ndarray], np.ndarray]], name: str, seat: int = 0):
        """roles: for each seat what a `ScriptedAgent` prefers."""
        super().__init__(roles[seat], name)
        self._roles = roles

    def at(self, player: int) -> Agent:
        return SeatedAgent(self._roles, self.name, player)


def matched(costs: np.ndarray) -> np.ndarray:
    """int64[B]: the column of row 0 in the assignment of least sum, for costs float[B, N, M]."""
    from scipy.optimize import linear_sum_assignment

    return np.array([linear_sum_assignment(cost)[1][0] for cost in costs], np.int64)
