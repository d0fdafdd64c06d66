"""Pursuit (Gupta, Egorov & Kochenderfer 2017): pursuers surround evaders that wander at random around a building.

Rules of PettingZoo's ``pursuit_v5`` (SISL) as its parallel environment has them. Pursuers move in turn, then evaders
are caught, then the others move. After each pursuer's move everybody is paid `tag` / pursuers for each evader beside;
one that helps to catch an evader gets `catch`; each step costs `urgency`. An evader is caught where every free cell
beside it is held by a pursuer or, without `surround`, where `needed` pursuers stand on its cell. Payments are averaged
over all where they are shared. An episode ends when everybody is caught, or by the time limit.
"""

from __future__ import annotations

import numpy as np

from ..agent import ScriptedAgent
from ..drawing import PALETTE, Scene, box, disc, grid_scene, label
from ..dynamics import RUNNING, TERMINATED, TRUNCATED, Dynamics, EnvSetup, Feature, draw_below, rule
from ..spec import GameSpec, Parameter

# params: [size, pursuers, evaders, sight (cells in each direction), steps, surround, needed, shared, frozen, then tag,
#         catch, urgency as floats, then 1 on the building's cells]
# state: [step, evaders left, cell of each pursuer, of each evader (-1: caught); then the pursuers on each cell, the
#         evaders on each cell]
# A cell (x, y) is x · size + y here and in observations; x grows to the right and y upwards.
SIZE, PURSUERS, EVADERS, SIGHT, STEPS, SURROUND, NEEDED, SHARED, FROZEN, TAG, CATCH, URGENCY, WALLS = range(13)
STEP, LEFT, BODIES = 0, 1, 2
WEST, EAST, NORTH, SOUTH, STAY = range(5)


@rule
def blocked(params, x, y):
    """Whether (x, y) is off the board or in the building."""
    size = params[SIZE]
    return x < 0 or y < 0 or x >= size or y >= size or params[WALLS + x * size + y] == 1


@rule
def step_from(params, cell, action):
    """The cell that a step leads to: where it came from, if the way is blocked."""
    size = params[SIZE]
    x = cell // size
    y = cell - x * size
    x += int(action == EAST) - int(action == WEST)
    y += int(action == NORTH) - int(action == SOUTH)
    return cell if blocked(params, x, y) else x * size + y


@rule
def counts_at(params, evaders):
    """Where the number of bodies on each cell stands in the state: pursuers, or evaders."""
    return BODIES + params[PURSUERS] + params[EVADERS] + evaders * params[SIZE] * params[SIZE]


@rule
def scatter(params, state, first, count, counts, rng):
    """Places bodies at random on free cells, none on or beside another of their kind."""
    size, placed = params[SIZE], 0
    while placed < count:
        x, y = draw_below(rng, size), draw_below(rng, size)
        cell = x * size + y
        crowded = params[WALLS + cell] == 1 or state[counts + cell] > 0
        for side in range(4):
            a = x + int(side == EAST) - int(side == WEST)
            b = y + int(side == NORTH) - int(side == SOUTH)
            if 0 <= a < size and 0 <= b < size and state[counts + a * size + b] > 0:
                crowded = True
        if not crowded:
            state[first + placed] = cell
            state[counts + cell] = 1
            placed += 1


@rule
def reset(params, state, rng):
    scatter(params, state, BODIES, params[PURSUERS], counts_at(params, 0), rng)
    scatter(params, state, BODIES + params[PURSUERS], params[EVADERS], counts_at(params, 1), rng)
    state[LEFT] = params[EVADERS]


@rule
def caught(params, state, cell):
    """Whether the evader on a cell is caught."""
    size, held = params[SIZE], counts_at(params, 0)
    if not params[SURROUND]:
        return state[held + cell] >= params[NEEDED]
    x = cell // size
    y = cell - x * size
    for side in range(4):
        a = x + int(side == EAST) - int(side == WEST)
        b = y + int(side == NORTH) - int(side == SOUTH)
        if not blocked(params, a, b) and state[held + a * size + b] == 0:
            return False
    return True


@rule
def beside(params, state, at):
    """Evaders on the four cells beside one; beyond the edge of the board its own cell counts instead."""
    size, there = params[SIZE], counts_at(params, 1)
    x = at // size
    y = at - x * size
    across = state[there + max(x - 1, 0) * size + y] + state[there + min(x + 1, size - 1) * size + y]
    return across + state[there + x * size + max(y - 1, 0)] + state[there + x * size + min(y + 1, size - 1)]


@rule
def advance(params, state, actions, rng, reward):
    count = params[PURSUERS]
    held, there, evaders = counts_at(params, 0), counts_at(params, 1), BODIES + params[PURSUERS]
    floats = params.view(np.float64)
    state[STEP] += 1
    for p in range(count):
        old = state[BODIES + p]
        new = step_from(params, old, actions[p])
        state[BODIES + p] = new
        state[held + old] -= 1
        state[held + new] += 1
        near = p * beside(params, state, old) + (count - p) * beside(params, state, new)
        reward[p] = floats[TAG] * near / count + floats[URGENCY]
    for e in range(params[EVADERS]):
        cell = state[evaders + e]
        if cell >= 0 and caught(params, state, cell):
            state[evaders + e] = -2 - cell  # noted, and gone once all have been looked at
    for p in range(count):
        if helps(params, state, state[BODIES + p]):
            reward[p] += floats[CATCH]
    for e in range(params[EVADERS]):
        cell = state[evaders + e]
        if cell < -1:
            state[evaders + e] = -1
            state[there - 2 - cell] -= 1
            state[LEFT] -= 1
        elif cell >= 0 and not params[FROZEN]:
            new = step_from(params, cell, draw_below(rng, 5))
            state[evaders + e] = new
            state[there + cell] -= 1
            state[there + new] += 1
    if params[SHARED]:
        mean = 0.0
        for p in range(count):
            mean += reward[p]
        for p in range(count):
            reward[p] = mean / count
    if state[STEP] == params[STEPS]:
        return TRUNCATED
    return TERMINATED if state[LEFT] == 0 else RUNNING


@rule
def helps(params, state, at):
    """Whether a pursuer on a cell has helped to catch an evader: it stands beside it, or on it."""
    size, evaders = params[SIZE], BODIES + params[PURSUERS]
    for e in range(params[EVADERS]):
        if state[evaders + e] < -1:
            cell = -2 - state[evaders + e]
            x, a = cell // size, at // size
            apart = abs(x - a) + abs(cell - x * size - at + a * size)
            if apart == int(params[SURROUND] == 1):
                return True
    return False


@rule
def view(params, state, fresh, obs, legal):
    """The window around each pursuer, cell by cell: whether it is wall or off the board, pursuers, evaders."""
    size, sight = params[SIZE], params[SIGHT]
    held, there = counts_at(params, 0), counts_at(params, 1)
    for p in range(params[PURSUERS]):
        seen, may = obs[p], legal[p]
        x = state[BODIES + p] // size
        y = state[BODIES + p] - x * size
        k = 0
        for b in range(y - sight, y + sight + 1):
            for a in range(x - sight, x + sight + 1):
                if a < 0 or b < 0 or a >= size or b >= size:
                    seen[k], seen[k + 1], seen[k + 2] = 1.0, 0.0, 0.0
                else:
                    cell = a * size + b
                    seen[k], seen[k + 1], seen[k + 2] = params[WALLS + cell], state[held + cell], state[there + cell]
                k += 3
        for action in range(5):
            may[action] = True


@rule
def overview(params, state, out):
    """The whole board, row by row upwards, each cell: whether it is wall, pursuers, evaders."""
    size, held, there, k = params[SIZE], counts_at(params, 0), counts_at(params, 1), 0
    for y in range(size):
        for x in range(size):
            cell = x * size + y
            out[k], out[k + 1], out[k + 2] = params[WALLS + cell], state[held + cell], state[there + cell]
            k += 3


DYNAMICS = Dynamics.of(globals())


def building(size: int) -> np.ndarray:
    """bool[size, size]: the building in the middle, from 0.3 to 0.7 of the width and from 0.2 to 0.8 of the height."""
    at = np.arange(size) / size
    return ((at > 0.3) & (at < 0.7))[:, None] & ((at > 0.2) & (at < 0.8))[None, :]


def pursuit(
    size: int, pursuers: int, evaders: int, sight: int, steps: int, surround: bool, needed: int, shared: bool,
    frozen: bool, tag: float, catch: float, urgency: float,
) -> EnvSetup:  # fmt: skip
    walls = building(size)
    free = int((~walls).sum())
    if 5 * max(pursuers, evaders) > free:
        raise ValueError(
            f"pursuit: {pursuers} pursuers and {evaders} evaders do not fit on size={size}, which has {free} free "
            "cells; of each kind one needs about five"
        )
    cells, window = size * size, 2 * sight + 1
    facts = [size, pursuers, evaders, sight, steps, surround, needed, shared, frozen]
    weights = np.array([tag, catch, urgency]).view(np.int64)
    bodies = pursuers + evaders

    def places(state: np.ndarray) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """(x, y) of the pursuers, and of the evaders that are left."""
        at = [divmod(int(cell), size) if cell >= 0 else (-1, -1) for cell in state[BODIES : BODIES + bodies]]
        return at[:pursuers], [place for place in at[pursuers:] if place != (-1, -1)]

    def render(state: np.ndarray) -> str:
        marks = np.where(walls, "#", ".").astype("<U2")
        hunters, prey = places(state)
        for mark, bodies_at in (("e", prey), ("P", hunters)):
            for x, y in bodies_at:
                marks[x, y] = mark
        return "\n".join(" ".join(marks[:, y]) for y in range(size - 1, -1, -1))

    def picture(state: np.ndarray) -> Scene:
        hunters, prey = places(state)
        shapes = [box(x, y, 1, 1, (150, 150, 145)) for x, y in np.argwhere(walls).tolist()]
        for x, y in sorted(set(prey)):
            shapes.append(disc(x + 0.5, y + 0.5, 0.3, PALETTE[0]))
            if prey.count((x, y)) > 1:
                shapes.append(label(x + 0.5, y + 0.5, str(prey.count((x, y))), 0.5, (255, 255, 255)))
        shapes += [disc(x + 0.5, y + 0.5, 0.4, PALETTE[1]) for x, y in hunters]
        return grid_scene(size, size, shapes)

    return EnvSetup(
        dynamics=DYNAMICS,
        params=np.concatenate([np.array(facts, np.int64), weights, walls.ravel().astype(np.int64)]),
        state_size=BODIES + bodies + 2 * cells,
        num_players=pursuers,
        num_actions=5,
        observation_size=3 * window * window,
        common_payoff=shared,
        observation_bounds=(0.0, float(max(pursuers, evaders, 1))),
        overview_size=3 * cells,
        overview_bounds=(0.0, float(max(pursuers, evaders, 1))),
        action_names=("west", "east", "north", "south", "stay"),
        features=(
            Feature("window", 3 * window * window, "row by row upwards, each cell: wall, pursuers, evaders there"),
        ),
        render=render,
        picture=picture,
        heuristic=lambda: ScriptedAgent(lambda obs, legal: to_nearest_evader(obs, window), name="nearest evader"),
    )


def to_nearest_evader(obs: np.ndarray, window: int) -> np.ndarray:
    """Preferences float64[B, 5] of a pursuer that walks to the nearest evader it sees and stays beside it."""
    seen, sight = obs.reshape(-1, window, window, 3).astype(float), window // 2
    down, across = np.mgrid[-sight : sight + 1, -sight : sight + 1]
    distance = np.where(seen[..., 2] > 0, np.abs(down) + np.abs(across) + 0.0, np.inf).reshape(len(seen), -1)
    nearest = distance.argmin(axis=1)
    found = np.isfinite(distance.min(axis=1))
    dy, dx = down.ravel()[nearest], across.ravel()[nearest]
    wants = np.zeros((len(seen), 5))
    middle = sight
    for action, (y, x) in {WEST: (0, -1), EAST: (0, 1), NORTH: (1, 0), SOUTH: (-1, 0)}.items():
        gain = y * dy + x * dx
        open_ = seen[:, middle + y, middle + x, 0] == 0
        wants[:, action] = np.where(found, np.where(open_, gain, -10.0), open_ - 0.5)
    wants[:, STAY] = np.where(found & (np.abs(dx) + np.abs(dy) == 1), 10.0, -0.1)
    return wants


GAMES = (
    GameSpec(
        id="pursuit",
        title="Pursuit",
        build=pursuit,
        players="1-64",
        parameters=(
            Parameter("size", 16, "columns and rows of the board", low=4, high=64),
            Parameter("pursuers", 8, "number of pursuers, the players", low=1, high=64),
            Parameter("evaders", 30, "number of evaders", low=1, high=128),
            Parameter("sight", 3, "cells that a pursuer sees in each direction", low=1, high=16),
            Parameter("steps", 500, "time limit", low=1, high=100_000, also=("max_cycles",)),
            Parameter("surround", True, "whether an evader is caught by surrounding it"),
            Parameter("needed", 2, "pursuers on an evader that catch it, without surround", low=1, also=("n_catch",)),
            Parameter("shared", True, "whether payments are averaged over all", also=("shared_reward",)),
            Parameter("frozen", False, "whether evaders stand still", also=("freeze_evaders",)),
            Parameter("tag", 0.01, "paid for each evader beside a pursuer, by the number of pursuers"),
            Parameter("catch", 5.0, "paid to each who helps to catch an evader"),
            Parameter("urgency", -0.1, "paid to each in each step"),
        ),
        tags=("cooperative", "environment", "general-sum", "simultaneous"),
        scores={"random": -46.13, "heuristic": -43.85},
    ),
)
