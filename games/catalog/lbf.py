"""Level-based foraging (Albrecht & Ramamoorthy 2013; Papoudakis et al. 2021), with the rules of lbforaging 2.0.

Players and foods have levels. A food is taken when players beside it load at once whose levels sum to at least its own;
it pays each of them in proportion to level, so that all the food of an episode pays 1. An episode ends when the food is
gone, or by the time limit. Ids are the published ones: ``lbf/8x8-2p-2f-coop``, ``lbf/2s-10x10-3p-3f`` (sight 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..agent import ScriptedAgent
from ..drawing import PALETTE, Scene, disc, grid_scene, label
from ..dynamics import RUNNING, TERMINATED, TRUNCATED, Dynamics, EnvSetup, Feature, draw_below, rule
from ..spec import GameSpec, Parameter

# params: [rows, columns, players, foods, coop, sight, steps, greatest player level, penalty as a float]
# state: [step, sum of food levels, foods left, then row, column, level of each player and of each food (level 0: eaten;
#         foods stand row by row), where each player wants to go, whether it loads]
STEP, SPAWNED, LEFT, PLAYERS = 0, 1, 2, 3
ROWS, COLUMNS, COUNT, FOODS, COOP, SIGHT, STEPS, LEVELS, PENALTY = range(9)
NONE, NORTH, SOUTH, WEST, EAST, LOAD = range(6)


@rule
def food_start(params):
    """Where the foods stand in the state."""
    return PLAYERS + 3 * params[COUNT]


@rule
def food_at(params, state, row, column):
    """The number of the food on a cell, or -1."""
    at = food_start(params)
    for f in range(params[FOODS]):
        if state[at] == row and state[at + 1] == column and state[at + 2] > 0:
            return f
        at += 3
    return -1


@rule
def food_beside(params, state, row, column):
    """The number of the food beside a cell, or -1; no cell is beside two."""
    at = food_start(params)
    for f in range(params[FOODS]):
        if state[at + 2] > 0 and abs(state[at] - row) + abs(state[at + 1] - column) == 1:
            return f
        at += 3
    return -1


@rule
def crowded(params, state, placed, row, column):
    """Whether a new food may not stand here: food within one cell or two in a line, or a player."""
    for p in range(params[COUNT]):
        at = PLAYERS + 3 * p
        if state[at] == row and state[at + 1] == column:
            return True
    at = food_start(params)
    for _ in range(placed):
        down, across = abs(state[at] - row), abs(state[at + 1] - column)
        if max(down, across) <= 1 or (down == 0 and across <= 2) or (across == 0 and down <= 2):
            return True
        at += 3
    return False


@rule
def reset(params, state, rng):
    rows, columns, count, foods = params[ROWS], params[COLUMNS], params[COUNT], params[FOODS]
    for p in range(count):
        at = PLAYERS + 3 * p
        free = False
        while not free:
            row, column, free = draw_below(rng, rows), draw_below(rng, columns), True
            for q in range(p):
                if state[PLAYERS + 3 * q] == row and state[PLAYERS + 3 * q + 1] == column:
                    free = False
        state[at], state[at + 1], state[at + 2] = row, column, 1 + draw_below(rng, params[LEVELS])
    top = three_weakest(params, state)
    first = food_start(params)
    placed, attempts = 0, 0
    while placed < foods and attempts < 1000:
        attempts += 1
        row, column = 1 + draw_below(rng, rows - 2), 1 + draw_below(rng, columns - 2)
        if crowded(params, state, placed, row, column):
            continue
        level = top if params[COOP] else 1 + draw_below(rng, top)
        at = first + 3 * placed  # kept row by row, as observations list them
        while at > first and (state[at - 3] > row or (state[at - 3] == row and state[at - 2] > column)):
            state[at], state[at + 1], state[at + 2] = state[at - 3], state[at - 2], state[at - 1]
            at -= 3
        state[at], state[at + 1], state[at + 2] = row, column, level
        placed += 1
        state[SPAWNED] += level
    state[LEFT] = placed


@rule
def three_weakest(params, state):
    """The greatest food level: the sum of the three lowest player levels (as published: lists are sorted upwards)."""
    total, taken = 0, 0
    for level in range(1, params[LEVELS] + 1):
        for p in range(params[COUNT]):
            if state[PLAYERS + 3 * p + 2] == level and taken < 3:
                total += level
                taken += 1
    return total


@rule
def advance(params, state, actions, rng, reward):
    count, first = params[COUNT], food_start(params)
    goals = first + 3 * params[FOODS]
    loads = goals + 2 * count
    state[STEP] += 1
    for p in range(count):
        row, column, action = state[PLAYERS + 3 * p], state[PLAYERS + 3 * p + 1], actions[p]
        row += int(action == SOUTH) - int(action == NORTH)
        column += int(action == EAST) - int(action == WEST)
        state[goals + 2 * p], state[goals + 2 * p + 1], state[loads + p] = row, column, action == LOAD
    for p in range(count):
        row, column, alone = state[goals + 2 * p], state[goals + 2 * p + 1], True
        for q in range(count):
            if q != p and state[goals + 2 * q] == row and state[goals + 2 * q + 1] == column:
                alone = False
        if alone:
            state[PLAYERS + 3 * p], state[PLAYERS + 3 * p + 1] = row, column
    for p in range(count):
        if state[loads + p]:
            food = food_beside(params, state, state[PLAYERS + 3 * p], state[PLAYERS + 3 * p + 1])
            if food >= 0:
                load(params, state, first + 3 * food, loads, reward)
    if state[LEFT] == 0:
        return TERMINATED
    return TRUNCATED if state[STEP] == params[STEPS] else RUNNING


@rule
def load(params, state, food, loads, reward):
    """All who load beside the food at state[food] try to take it; they are done with loading."""
    count, strength = params[COUNT], 0
    for p in range(count):
        at = PLAYERS + 3 * p
        if state[loads + p] and abs(state[at] - state[food]) + abs(state[at + 1] - state[food + 1]) == 1:
            state[loads + p] = 2
            strength += state[at + 2]
    taken, level = strength >= state[food + 2], state[food + 2]
    for p in range(count):
        if state[loads + p] == 2:
            state[loads + p] = 0
            if taken:
                reward[p] = state[PLAYERS + 3 * p + 2] * level / (strength * state[SPAWNED])
            else:
                reward[p] -= params.view(np.float64)[PENALTY]
    if taken:
        state[food + 2] = 0
        state[LEFT] -= 1


@rule
def view(params, state, fresh, obs, legal):
    """Row, column, level of each food seen (row by row), then of the observer, then of the others seen.

    Rows and columns count within the window that the observer sees. What is not seen is (-1, -1, 0).
    """
    count, foods, sight, first = params[COUNT], params[FOODS], params[SIGHT], food_start(params)
    rows, columns = params[ROWS], params[COLUMNS]
    for p in range(count):
        seen, may = obs[p], legal[p]
        row, column = state[PLAYERS + 3 * p], state[PLAYERS + 3 * p + 1]
        top, left = max(row - sight, 0), max(column - sight, 0)
        k, beside = 0, False
        may[NORTH], may[SOUTH], may[WEST], may[EAST] = row > 0, row < rows - 1, column > 0, column < columns - 1
        for f in range(foods):
            at = first + 3 * f
            if state[at + 2] == 0:
                continue
            down, across = state[at] - row, state[at + 1] - column
            if abs(down) <= sight and abs(across) <= sight:
                seen[k], seen[k + 1], seen[k + 2] = state[at] - top, state[at + 1] - left, state[at + 2]
                k += 3
            if abs(down) + abs(across) == 1:
                beside = True
                may[NORTH] = may[NORTH] and down != -1
                may[SOUTH] = may[SOUTH] and down != 1
                may[WEST] = may[WEST] and across != -1
                may[EAST] = may[EAST] and across != 1
        may[NONE], may[LOAD] = True, beside
        while k < 3 * foods:
            seen[k], seen[k + 1], seen[k + 2] = -1.0, -1.0, 0.0
            k += 3
        seen[k], seen[k + 1], seen[k + 2] = row - top, column - left, state[PLAYERS + 3 * p + 2]
        k += 3
        for q in range(count):
            at = PLAYERS + 3 * q
            y, x = state[at] - top, state[at + 1] - left
            if q != p and y >= 0 and x >= 0 and y <= 2 * sight and x <= 2 * sight:
                seen[k], seen[k + 1], seen[k + 2] = y, x, state[at + 2]
                k += 3
        while k < 3 * (foods + count):
            seen[k], seen[k + 1], seen[k + 2] = -1.0, -1.0, 0.0
            k += 3


DYNAMICS = Dynamics.of(globals())


def lbf(
    rows: int, columns: int, players: int, foods: int, coop: bool, sight: int, steps: int, levels: int, penalty: float
) -> EnvSetup:
    sees = sight or max(rows, columns)
    if 4 * foods > (rows - 2) * (columns - 2):
        raise ValueError(f"lbf: {foods} foods do not fit on {rows}x{columns}; one needs about four inner cells")
    if players + foods > rows * columns // 2:
        raise ValueError(f"lbf: {players} players and {foods} foods do not fit on {rows}x{columns}")
    facts = [rows, columns, players, foods, coop, sees, steps, levels]
    start = PLAYERS + 3 * players

    def things(state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row, column, level of the players and of the foods that are left."""
        food = state[start : start + 3 * foods].reshape(-1, 3)
        return state[PLAYERS:start].reshape(-1, 3), food[food[:, 2] > 0]

    def render(state: np.ndarray) -> str:
        cells = [[" ."] * columns for _ in range(rows)]
        who, food = things(state)
        for row, column, level in food:
            cells[row][column] = f"*{level}"
        for row, column, level in who:
            cells[row][column] = f"p{level}"
        return "\n".join(" ".join(row) for row in cells)

    def picture(state: np.ndarray) -> Scene:
        who, food = things(state)
        shapes = []
        for row, column, level in food.tolist():
            shapes += [disc(column + 0.5, rows - row - 0.5, 0.3, (200, 60, 50))]
            shapes += [label(column + 0.5, rows - row - 0.5, str(level), 0.4, (255, 255, 255))]
        for p, (row, column, level) in enumerate(who.tolist()):
            shapes += [disc(column + 0.5, rows - row - 0.5, 0.42, PALETTE[0 if p % 2 == 0 else 2])]
            shapes += [label(column + 0.5, rows - row - 0.5, str(level), 0.5, (255, 255, 255))]
        return grid_scene(columns, rows, shapes)

    return EnvSetup(
        dynamics=DYNAMICS,
        params=np.array([*facts, np.float64(penalty).view(np.int64)], np.int64),
        state_size=start + 3 * foods + 3 * players,
        num_players=players,
        num_actions=6,
        observation_size=3 * (foods + players),
        min_utility=-penalty * steps,
        max_utility=1.0,
        observation_bounds=(-1.0, float(max(rows, columns, 3 * levels))),
        action_names=("none", "north", "south", "west", "east", "load"),
        features=(
            Feature("foods", 3 * foods, "row, column, level of each food seen; -1, -1, 0 for those not seen"),
            Feature("self", 3, "the observer's row, column, level"),
            Feature("others", 3 * (players - 1), "row, column, level of each other player seen"),
        ),
        render=render,
        picture=picture,
        heuristic=lambda: ScriptedAgent(lambda obs, legal: to_first_food(obs, foods), name="first food"),
    )


def to_first_food(obs: np.ndarray, foods: int) -> np.ndarray:
    """Preferences float64[B, 6] of a player who walks to the first food listed and loads: all who see all agree.

    Of two players the one further down and right walks rows first, the other columns first, so that they rarely want
    the same cell; nobody wants a cell where another stands.
    """
    things = obs.reshape(len(obs), -1, 3).astype(float)
    food, own, others = things[:, 0], things[:, foods], things[:, foods + 1 :]
    down, across = (food - own)[:, 0], (food - own)[:, 1]
    beside = np.abs(down) + np.abs(across) == 1
    last = (own[:, None, 0] * 100 + own[:, None, 1] > others[:, :, 0] * 100 + others[:, :, 1]).all(axis=1)
    wants = np.zeros((len(obs), 6))
    wants[:, NORTH], wants[:, SOUTH] = (down < 0) * (1 + last), (down > 0) * (1 + last)
    wants[:, WEST], wants[:, EAST] = (across < 0) * (2 - last), (across > 0) * (2 - last)
    for action, (y, x) in {NORTH: (-1, 0), SOUTH: (1, 0), WEST: (0, -1), EAST: (0, 1)}.items():
        taken = (others[:, :, 0] == own[:, None, 0] + y) & (others[:, :, 1] == own[:, None, 1] + x)
        wants[:, action] -= 3 * (taken & (others[:, :, 2] > 0)).any(axis=1)
    wants[:, NONE] = -0.5
    wants[beside] = np.eye(6)[LOAD]
    wants[food[:, 2] == 0] = np.eye(6)[NONE]
    return wants


NAME = re.compile(r"lbf/(?:(\d+)s-)?(\d+)x(\d+)-(\d+)p-(\d+)f(-coop)?")


def read(name: str) -> Mapping[str, Any] | None:
    """Parameters of a published id."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    sight, rows, columns, players, foods, coop = match.groups()
    numbers = {"rows": int(rows), "columns": int(columns), "players": int(players), "foods": int(foods)}
    return {**numbers, "sight": int(sight or 0), "coop": coop is not None}


GAMES = (
    GameSpec(
        id="lbf",
        title="Level-based foraging",
        build=lbf,
        players="2-9",
        parameters=(
            Parameter("rows", 8, "rows of the field", low=5, high=50),
            Parameter("columns", 8, "columns of the field", low=5, high=50),
            Parameter("players", 2, "foragers", low=2, high=9),
            Parameter("foods", 2, "foods at the beginning", low=1, high=20),
            Parameter("coop", False, "whether every food needs the strongest group"),
            Parameter("sight", 0, "cells that a player sees in each direction; 0: all", low=0, high=50),
            Parameter("steps", 50, "time limit", low=1, high=100_000),
            Parameter("levels", 2, "greatest level of a player", low=1, high=20),
            Parameter("penalty", 0.0, "what loading in vain costs", low=0.0),
        ),
        tags=("cooperative", "environment", "general-sum", "simultaneous"),
        read=read,
        scores={"random": 0.120, "heuristic": 0.454, "optimal": 0.5},
        names=tuple(
            f"lbf/{sight}{size}x{size}-{players}p-{foods}f{coop}"
            for size in range(5, 20)
            for players in range(2, 10)
            for foods in range(1, 5)
            for coop in ("", "-coop")
            for sight in ("", "2s-")
        ),
    ),
)
