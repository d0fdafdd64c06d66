"""RWARE, the multi-robot warehouse (Christianos et al. 2020; Papoudakis et al. 2021), with the rules of rware 2.0.

Robots turn, drive, pick shelves up and put them down. A requested shelf that is driven over a goal pays 1, and another
one is requested; it can be put down only where shelves stand. Robots without load drive under shelves; loaded ones
do not. Ids are the published ones: ``rware/tiny-2ag``, ``rware/small-4ag-hard``. Robots' messages are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..agent import ScriptedAgent
from ..drawing import PALETTE, Scene, Shape, box, disc, grid_scene, stroke
from ..dynamics import EnvSetup, Feature
from ..spec import GameSpec, Parameter
from ._rware_rules import (
    AGENTS,
    CELL,
    DOWN,
    DYNAMICS,
    FORWARD,
    GOAL,
    HIGHWAY,
    LEFT,
    OUTSIDE,
    REQUESTED,
    RIGHT,
    SELF,
    SENSED,
    SLOT,
    TOGGLE,
    TURN_LEFT,
    TURN_RIGHT,
    UP,
    WORDS,
)

SIZES = {"tiny": (1, 3), "small": (2, 3), "medium": (2, 5), "large": (3, 5)}
"""Rows and columns of shelf blocks."""

REWARDS = ("individual", "global", "two_stage")


def ground_of(size: str, height: int) -> np.ndarray:
    """int64[rows, columns]: HIGHWAY, SLOT or GOAL."""
    blocks, across = SIZES[size]
    rows, columns = (height + 1) * blocks + 2, 3 * across + 1
    y, x = np.indices((rows, columns))
    goals = (x == columns // 2 - 1) | (x == columns // 2)
    queue = goals & (y > rows - (height + 3))
    highway = (x % 3 == 0) | (y % (height + 1) == 0) | (y == rows - 1) | queue
    return np.where(goals & (y == rows - 1), GOAL, np.where(highway, HIGHWAY, SLOT))


def rware(size: str, agents: int, requests: int, steps: int, sight: int, reward: str, height: int) -> EnvSetup:
    ground = ground_of(size, height)
    rows, columns = ground.shape
    shelves = int((ground == SLOT).sum())
    if requests >= shelves:
        raise ValueError(f"rware: parameter requests must be fewer than the {shelves} shelves; got {requests}")
    padded = np.pad(ground, sight, constant_values=OUTSIDE)
    goals = np.flatnonzero(padded == GOAL)
    width, area = padded.shape[1], padded.size
    facts = [width, area, agents, requests, steps, sight, REWARDS.index(reward), shelves]
    cells = AGENTS + WORDS * agents

    def things(state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Shelves int64[rows, columns]; row and column int64[agents, 2]; facing, loaded int64[agents, 2]."""
        inner = (state[cells:] & 3).reshape(-1, width)[sight:-sight, sight:-sight]
        each = state[AGENTS:cells].reshape(-1, WORDS)
        return inner, np.stack(np.divmod(each[:, CELL], width), axis=1) - sight, each[:, 1:3]

    def render(state: np.ndarray) -> str:
        inner, places, poses = things(state)
        marks = np.where(inner == 0, np.array(list(" ._g"))[ground], np.array(list(" xR"))[inner])
        board = [[f"{mark} " for mark in row] for row in marks]
        for (row, column), (facing, loaded) in zip(places.tolist(), poses.tolist()):
            board[row][column] = "^v<>"[facing] + (marks[row, column] if loaded else "-")
        return "\n".join(" ".join(row).rstrip() for row in board)

    def picture(state: np.ndarray) -> Scene:
        inner, places, poses = things(state)
        shapes: list[Shape] = []
        for row, column in np.argwhere((ground == GOAL) | (inner > 0)).tolist():
            if ground[row, column] == GOAL:
                shapes.append(box(column, rows - row - 1, 1, 1, (120, 120, 120)))
            if inner[row, column]:
                colour = (60, 160, 130) if inner[row, column] == REQUESTED else (170, 160, 205)
                shapes.append(box(column + 0.08, rows - row - 0.92, 0.84, 0.84, colour))
        for (row, column), (facing, loaded) in zip(places.tolist(), poses.tolist()):
            x, y = column + 0.5, rows - row - 0.5
            dx, dy = ((0, 1), (0, -1), (-1, 0), (1, 0))[facing]
            shapes += [disc(x, y, 0.3, PALETTE[1 if loaded else 4]), stroke(x, y, 0.45 * dx, 0.45 * dy)]
        return grid_scene(columns, rows, shapes)

    return EnvSetup(
        dynamics=DYNAMICS,
        params=np.array([*facts, *goals, *padded.ravel()], np.int64),
        state_size=cells + area,
        num_players=agents,
        num_actions=5,
        observation_size=SELF + SENSED * (2 * sight + 1) ** 2,
        min_utility=0.0,
        max_utility=float(steps * (2 if reward == "global" else 1)),
        common_payoff=reward == "global",
        observation_bounds=(0.0, float(max(rows, columns))),
        action_names=("noop", "forward", "left", "right", "toggle load"),
        features=(
            Feature("self", 8, "column, row, loaded, facing (up, down, left, right), on a highway"),
            Feature(
                "around",
                SENSED * (2 * sight + 1) ** 2,
                "of each cell, row by row: robot, its facing (up where there is none), shelf, requested",
            ),
        ),
        render=render,
        picture=picture,
        heuristic=lambda: ScriptedAgent(Patrol(ground, sight), name="patrol"),
    )


class Patrol:
    """Drives round the one-way circuit past all shelves and over the goals; enters it with what it finds beside it.

    The circuit goes up the first aisle, down the second and so on, and back along the goals. A robot that sees a
    requested shelf beside it fetches it; one whose shelf has been delivered puts it into the next free place.
    """

    def __init__(self, ground: np.ndarray, sight: int):
        self.ground, self.sight = ground, sight
        rows, columns = ground.shape
        y, x = np.indices(ground.shape)
        upwards, aisle, last = x % 6 == 0, x % 3 == 0, x == columns - 1
        flow = np.where(aisle & ~upwards & ((y < rows - 2) | last), DOWN, RIGHT)
        flow = np.where(aisle & upwards & (y > 0), UP, flow)
        flow = np.where((y == rows - 1) & (x > 0), LEFT, flow)
        self.flow = np.where(ground == SLOT, np.where(x % 3 == 1, LEFT, RIGHT), flow)

    def __call__(self, obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
        """Preferences float64[B, 5]."""
        column, row, loaded = obs[:, 0].astype(int), obs[:, 1].astype(int), obs[:, 2] > 0
        facing, inside = obs[:, 3:7].argmax(axis=1), obs[:, 7] == 0
        cells = obs[:, SELF:].reshape(len(obs), -1, SENSED)
        centre = cells.shape[1] // 2
        requested = cells[:, centre, 6] > 0
        way = self.flow[row, column]
        slots = np.pad(self.ground == SLOT, 1)
        for step, side in ((-1, LEFT), (1, RIGHT)):
            beside = cells[:, centre + step]
            free = slots[row + 1, column + 1 + step] & (beside[:, 0] == 0) & ~inside
            wanted = np.where(loaded, ~requested & (beside[:, 5] == 0), beside[:, 6] > 0)
            way = np.where(free & wanted, side, way)
        clockwise = np.array([0, 2, 3, 1])  # up, down, left, right
        turn = (clockwise[way] - clockwise[facing]) % 4
        action = np.where(turn == 0, FORWARD, np.where(turn == 3, TURN_LEFT, TURN_RIGHT))
        return np.eye(5)[np.where(inside & (loaded != requested), TOGGLE, action)]


NAME = re.compile(r"rware/(tiny|small|medium|large)-(\d+)ag(-easy|-hard)?")
REQUESTS = {"-easy": 2.0, None: 1.0, "-hard": 0.5}
"""Requested shelves for each agent."""


def read(name: str) -> Mapping[str, Any] | None:
    """Parameters of a published id."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    size, agents, difficulty = match.groups()
    return {"size": size, "agents": int(agents), "requests": int(int(agents) * REQUESTS[difficulty])}


GAMES = (
    GameSpec(
        id="rware",
        title="Robot warehouse (RWARE)",
        build=rware,
        players="1-19",
        parameters=(
            Parameter("size", "tiny", "blocks of shelves", choices=tuple(SIZES)),
            Parameter("agents", 2, "robots", low=1, high=19),
            Parameter("requests", 2, "shelves that are requested at a time", low=1, high=200),
            Parameter("steps", 500, "time limit", low=1, high=100_000),
            Parameter("sight", 1, "cells that a robot sees in each direction", low=1, high=5),
            Parameter("reward", "individual", "who is paid: who delivers, all, or half on return", choices=REWARDS),
            Parameter("height", 8, "shelves in a column of a block", low=1, high=15),
        ),
        tags=("cooperative", "environment", "general-sum", "simultaneous"),
        read=read,
        scores={"random": 0.0174, "heuristic": 4.68},
        names=tuple(
            f"rware/{size}-{agents}ag{difficulty or ''}"
            for size in SIZES
            for agents in range(1, 20)
            for difficulty in REQUESTS
        ),
    ),
)
