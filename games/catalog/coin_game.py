"""The coin game (Lerer & Peysakhovich 2017; rules of Foerster et al. 2018): two players on a torus, one coloured coin
each.

Both move at once. Taking a coin pays its taker 1; its owner loses 2 if the other took it. A taken coin comes back on a
uniformly drawn cell. Two players who take every coin expect 0 together; two who take their own expect more.
"""

from __future__ import annotations

import numpy as np

from ..agent import ScriptedAgent
from ..drawing import PALETTE, Scene, box, disc, grid_scene
from ..dynamics import RUNNING, TRUNCATED, Dynamics, EnvSetup, Feature, draw_below, rule
from ..spec import GameSpec, Parameter

# params: [size, steps]; state: [step, cell of each player, cell of each player's coin]; cell = row · size + column
STEP, AT, COIN = 0, 1, 3
RIGHT, LEFT, DOWN, UP, STAY = 0, 1, 2, 3, 4


@rule
def reset(params, state, rng):
    cells = params[0] * params[0]
    for i in range(4):
        state[AT + i] = draw_below(rng, cells)


@rule
def moved(size, cell, action):
    """The cell that a move leads to on the torus."""
    row, column = cell // size, cell % size
    if action == RIGHT:
        column = 0 if column == size - 1 else column + 1
    elif action == LEFT:
        column = size - 1 if column == 0 else column - 1
    elif action == DOWN:
        row = 0 if row == size - 1 else row + 1
    elif action == UP:
        row = size - 1 if row == 0 else row - 1
    return row * size + column


@rule
def advance(params, state, actions, rng, reward):
    size = params[0]
    for p in range(2):
        state[AT + p] = moved(size, state[AT + p], actions[p])
    for owner in range(2):
        coin, taken = state[COIN + owner], False
        for p in range(2):
            if state[AT + p] == coin:
                taken = True
                reward[p] += 1.0
                if p != owner:
                    reward[owner] -= 2.0
        if taken:
            state[COIN + owner] = draw_below(rng, size * size)
    state[STEP] += 1
    return TRUNCATED if state[STEP] == params[1] else RUNNING


@rule
def view(params, state, fresh, obs, legal):
    """Four boards: the observer, the other, the observer's coin, the other's coin."""
    cells = params[0] * params[0]
    for p in range(2):
        seen, may = obs[p], legal[p]
        for i in range(4 * cells):
            seen[i] = 0.0
        for a in range(5):
            may[a] = True
        seen[state[AT + p]] = 1.0
        seen[cells + state[AT + 1 - p]] = 1.0
        seen[2 * cells + state[COIN + p]] = 1.0
        seen[3 * cells + state[COIN + 1 - p]] = 1.0


DYNAMICS = Dynamics.of(globals())


def coin_game(size: int, steps: int) -> EnvSetup:
    cells = size * size

    def render(state: np.ndarray) -> str:
        rows = [["."] * size for _ in range(size)]
        for mark, cell in zip("abAB", (*state[COIN : COIN + 2], *state[AT : AT + 2])):  # players lie over coins
            rows[int(cell) // size][int(cell) % size] = mark
        return "\n".join(" ".join(row) for row in rows)

    def picture(state: np.ndarray) -> Scene:
        shapes = []
        for p in range(2):
            row, column = divmod(int(state[COIN + p]), size)
            shapes.append(disc(column + 0.5, size - row - 0.5, 0.2, PALETTE[p]))
        for p in range(2):
            row, column = divmod(int(state[AT + p]), size)
            shapes.append(box(column + 0.12 + 0.4 * p, size - row - 0.42, 0.36, 0.36, PALETTE[p]))
        return grid_scene(size, size, shapes)

    return EnvSetup(
        dynamics=DYNAMICS,
        params=np.array([size, steps], np.int64),
        state_size=5,
        num_players=2,
        num_actions=5,
        observation_size=4 * cells,
        min_utility=-4.0 * steps,
        max_utility=2.0 * steps,
        observation_bounds=(0.0, 1.0),
        action_names=("right", "left", "down", "up", "stay"),
        features=tuple(
            Feature(name, cells, f"1 on the cell of {what}")
            for name, what in (
                ("self", "the observer"),
                ("other", "the other player"),
                ("own coin", "the observer's coin"),
                ("other's coin", "the other's coin"),
            )
        ),
        render=render,
        picture=picture,
        heuristic=lambda: ScriptedAgent(lambda obs, legal: own_coin(obs, size), name="own coin"),
    )


def own_coin(obs: np.ndarray, size: int) -> np.ndarray:
    """Preferences float64[B, 5] of a player who walks to the own coin and nowhere else."""
    boards = obs.reshape(-1, 4, size * size).argmax(axis=2)
    rows, columns = boards // size, boards % size
    down, right = (rows[:, 2] - rows[:, 0]) % size, (columns[:, 2] - columns[:, 0]) % size
    wants = np.zeros((len(obs), 5))
    wants[:, RIGHT], wants[:, LEFT] = (right > 0) & (2 * right <= size), 2 * right > size
    wants[:, DOWN], wants[:, UP] = (down > 0) & (2 * down <= size), 2 * down > size
    wants[:, STAY] = 0.5
    return wants


GAMES = (
    GameSpec(
        id="coin_game",
        title="Coin game",
        build=coin_game,
        parameters=(
            Parameter("size", 3, "side of the torus", low=3, high=7),
            Parameter("steps", 50, "steps of an episode", low=1, high=10_000),
        ),
        tags=("competitive", "environment", "general-sum", "simultaneous"),
        scores={"random": 0.0, "heuristic": 28.26},
    ),
)
