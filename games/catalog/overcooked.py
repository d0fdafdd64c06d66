"""Overcooked (Carroll et al. 2019): two cooks bring onions to pots and serve the soups; the rules of overcooked_ai.

A soup is three onions and takes 20 steps to cook; each one served pays both cooks 20. What they hold can be laid on
counters. First both interact with what they face, player 0 before player 1; then both move, unless they would collide;
then the pots cook. Ids are ``overcooked/cramped_room`` and so on; any other kitchen is given as text (`_kitchens.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..agent import ScriptedAgent
from ..dynamics import EnvSetup, Feature
from ..environment import EnvironmentGame
from ..spec import GameSpec, Parameter
from ._kitchens import LAYOUTS, Kitchen, read_kitchen
from ._overcooked_faces import Cook, picture, text
from ._overcooked_rules import CELLS, CHANNELS, DYNAMICS, POT, SERVED, SHAPING, SOUP_TAKEN


def overcooked(layout: str, steps: int, shaping: float, old_dynamics: bool, observation: str, cooking: int) -> EnvSetup:
    kitchen = read_kitchen(layout)
    pots, area = kitchen.cells(POT), kitchen.terrain.size
    small = observation == "compact"
    facts = [area, kitchen.columns, steps, cooking, old_dynamics, np.float64(shaping).view(np.int64), small]
    size = sum(feature.size for feature in features(kitchen)) if small else CHANNELS * area
    soups = pots.size * (steps // cooking)  # each one keeps a pot for that long
    reach = float(max(kitchen.rows, kitchen.columns))
    return EnvSetup(
        dynamics=DYNAMICS,
        params=np.array([*facts, *kitchen.starts, *kitchen.deltas, pots.size, *kitchen.terrain, *pots], np.int64),
        state_size=CELLS + area,
        num_players=2,
        num_actions=6,
        observation_size=size,
        min_utility=0.0,
        max_utility=SERVED * soups + shaping * 2 * SOUP_TAKEN * steps,
        common_payoff=True,
        observation_bounds=(-reach if small else 0.0, max(reach, float(cooking), 3.0)),
        action_names=("north", "south", "east", "west", "stay", "interact"),
        features=features(kitchen) if small else channels(area),
        render=lambda state: text(kitchen, state),
        picture=lambda state: picture(kitchen, state),
        heuristic=lambda: ScriptedAgent(Cook(kitchen, small, old_dynamics), name="cook"),
        extra={"kitchen": kitchen},
    )


def set_shaping(game: EnvironmentGame, weight: float) -> None:
    """Changes the weight of the shaped rewards in all batches of this `game`, from their next step on.

    So a learner anneals them: it calls this between rollouts with a weight that falls to 0. `game.parameters` keeps the
    weight that the game was made with.

    Raises:
        ValueError: the game is not Overcooked, or the weight is negative or not finite.
    """
    if not isinstance(game, EnvironmentGame) or game.setup.dynamics.advance is not DYNAMICS.advance:
        raise ValueError(f"set_shaping takes a game of overcooked, got {getattr(game, 'id', game)!r}")
    if not 0 <= weight < np.inf:
        raise ValueError(f"{game.id}: weight must be a finite number of at least 0, got {weight!r}")
    game.setup.params.view(np.float64)[SHAPING] = weight


def channels(area: int) -> tuple[Feature, ...]:
    """The lossless observation: it goes cell by cell, so its one stretch is described whole."""
    numbers = (
        "0 observer, 1 other, 2-5 observer's facing (north, south, east, west), 6-9 other's, 10 pot, 11 counter, "
        "12 onions, 13 (tomatoes), 14 dishes, 15 serving, 16 onions in an idle pot, 17 (tomatoes), "
        "18 onions in a soup, 19 (tomatoes), 20 cooking time left, 21 soup done, 22 dish, 23 onion, 24 (tomato), "
        "25 fewer than 40 steps left"
    )
    return (Feature("cells", CHANNELS * area, f"26 numbers a cell, row by row: {numbers}"),)


def features(kitchen: Kitchen) -> tuple[Feature, ...]:
    """The compact observation."""
    return (
        Feature("self", 9, "row, column, facing (north, south, east, west), holds onion, dish, soup"),
        Feature("other", 9, "rows and columns away, facing, holds"),
        Feature("ahead", 9, "floor, counter, onions, dishes, pot, serving; onion, dish, soup lies on that counter"),
        Feature("places", 9, "onions, dishes, serving: whether there, rows and columns to the nearest"),
        Feature("lying", 9, "onion, dish, soup on a counter: whether there, rows and columns to the nearest"),
        Feature("time", 1, "share of the steps that are left"),
        Feature("pots", 5 * int(kitchen.cells(POT).size), "each: rows, columns away, onions, cooking time left, done"),
    )


def read(name: str) -> Mapping[str, Any] | None:
    """Parameters of a classic layout's id."""
    layout = name.removeprefix("overcooked/")
    return {"layout": layout} if name.startswith("overcooked/") and layout in LAYOUTS else None


GAMES = (
    GameSpec(
        id="overcooked",
        title="Overcooked",
        build=overcooked,
        parameters=(
            Parameter("layout", "cramped_room", "a classic layout's name, or rows of a kitchen separated by '/'"),
            Parameter("steps", 400, "time limit", low=1, high=100_000),
            Parameter(
                "shaping", 0.0, "weight of the shaped rewards for onions placed, dishes and soups taken", low=0.0
            ),
            Parameter("old_dynamics", True, "whether a full pot begins to cook by itself"),
            Parameter("observation", "lossless", "26 numbers a cell, or few in all", choices=("lossless", "compact")),
            Parameter("cooking", 20, "steps that a soup cooks", low=1, high=1000),
        ),
        tags=("common-payoff", "cooperative", "environment", "simultaneous"),
        read=read,
        scores={"random": 0.96, "heuristic": 240.0},
        names=tuple(f"overcooked/{name}" for name in LAYOUTS),
    ),
)
