"""The rules of Overcooked and what its players see, as functions over a flat state (see `overcooked.py`)."""

from __future__ import annotations

import numpy as np

from ..dynamics import RUNNING, TRUNCATED, Dynamics, rule

FLOOR, COUNTER, ONIONS, DISHES, POT, SERVE = range(6)

# params: [cells, columns, steps, cooking time, pots cook by themselves, weight of shaping as a float, compact, start of
#         each player, what a step north, south, east, west adds to a cell, pots, then each cell's terrain, each pot's]
# state: [step, dishes on counters, then of each player: cell, facing, held, the same three before the last step, cell
#         whose content it changed in that step (0: none), then each cell's content]
# held, and content of a counter: NOTHING, ONION, DISH, SOUP + onions; of a pot: onions + 4 · clock, where the clock is
# 0 before cooking and then 1 + the steps left
AREA, WIDTH, STEPS, COOKING, ALONE, SHAPING, COMPACT, START = range(8)
DELTA, POTS, TERRAIN = 9, 13, 14
STEP, DISHES_OUT, PLAYERS, CELLS = 0, 1, 2, 16
CELL, FACING, HELD, OLD_CELL, OLD_FACING, OLD_HELD, TOUCHED, WORDS = range(8)
NOTHING, ONION, DISH, SOUP = 0, 1, 2, 2
NORTH, SOUTH, EAST, WEST, STAY, INTERACT = range(6)

ONIONS_A_SOUP = 3
SERVED = 20
PLACED, DISH_TAKEN, SOUP_TAKEN = 3, 3, 5
HURRY = 40

CHANNELS = 26
AT, TOWARDS, GROUND, IN_POT, IN_SOUP, TIME_LEFT, DONE, DISHES_AT, ONIONS_AT, URGENT = (
    0,
    2,
    10,
    16,
    18,
    20,
    21,
    22,
    23,
    25,
)


@rule
def reset(params, state, rng):
    for p in range(2):
        at = PLAYERS + WORDS * p
        state[at + CELL] = state[at + OLD_CELL] = params[START + p]


@rule
def advance(params, state, actions, rng, reward):
    state[STEP] += 1
    first_pot, busy = TERRAIN + params[AREA], 0
    for k in range(params[POTS]):
        pot = state[CELLS + params[first_pot + k]]
        busy += int(pot != 0 and pot != ONIONS_A_SOUP)
    served, shaped = 0, 0
    for p in range(2):
        at = PLAYERS + WORDS * p
        for i in range(3):
            state[at + OLD_CELL + i] = state[at + CELL + i]
        state[at + TOUCHED] = 0
        if actions[p] == INTERACT:
            points, hint = interact(params, state, at, busy)
            served += points
            shaped += hint
    move(params, state, actions[0], actions[1])
    for k in range(params[POTS]):
        cell = CELLS + params[first_pot + k]
        if state[cell] == ONIONS_A_SOUP and params[ALONE]:
            state[cell] += 4 * (params[COOKING] + 1)
        if state[cell] >= 8:
            state[cell] -= 4
    paid = served + params.view(np.float64)[SHAPING] * shaped
    reward[0], reward[1] = paid, paid
    return TRUNCATED if state[STEP] == params[STEPS] else RUNNING


@rule
def interact(params, state, at, busy):
    """A player handles what it faces. -> (points, shaped points).

    `busy` counts the pots that were being filled, cooking or done before anybody interacted.
    """
    cell = state[at + CELL] + params[DELTA + state[at + FACING]]
    kind, held, content = params[TERRAIN + cell], state[at + HELD], state[CELLS + cell]
    if kind == COUNTER:
        if (held == NOTHING) != (content == NOTHING):
            state[at + HELD], state[CELLS + cell], state[at + TOUCHED] = content, held, cell
            state[DISHES_OUT] += int(held == DISH) - int(content == DISH)
    elif kind == ONIONS:
        if held == NOTHING:
            state[at + HELD] = ONION
    elif kind == DISHES:
        if held == NOTHING:
            carried = int(state[PLAYERS + HELD] == DISH) + int(state[PLAYERS + WORDS + HELD] == DISH)
            state[at + HELD] = DISH
            if state[DISHES_OUT] == 0 and carried < busy:
                return 0, DISH_TAKEN
    elif kind == POT:
        if held == NOTHING:
            if not params[ALONE] and 0 < content < 4:
                state[CELLS + cell] += 4 * (params[COOKING] + 1)
        elif held == ONION:
            if content < ONIONS_A_SOUP:
                state[at + HELD], state[CELLS + cell] = NOTHING, content + 1
                return 0, PLACED
        elif held == DISH and content >= 4 and content < 8:
            state[at + HELD], state[CELLS + cell] = SOUP + content - 4, 0
            return 0, SOUP_TAKEN
    elif kind == SERVE and held > SOUP:
        state[at + HELD] = NOTHING
        return SERVED if held == SOUP + ONIONS_A_SOUP else 0, 0
    return 0, 0


@rule
def goal(params, state, at, action):
    """The cell that a player's action leads to, others left aside; it turns there."""
    cell = state[at + CELL]
    if action >= STAY:
        return cell
    state[at + FACING] = action
    there = cell + params[DELTA + action]
    return there if params[TERRAIN + there] == FLOOR else cell


@rule
def move(params, state, action, other_action):
    """Both players turn and move; neither does where they would meet or change places."""
    a, b = PLAYERS + CELL, PLAYERS + WORDS + CELL
    to, other_to = goal(params, state, PLAYERS, action), goal(params, state, PLAYERS + WORDS, other_action)
    if to != other_to and (to != state[b] or other_to != state[a]):
        state[a], state[b] = to, other_to


@rule
def view(params, state, fresh, obs, legal):
    if fresh:
        for p in range(2):
            may = legal[p]
            for a in range(6):
                may[a] = True
    for p in range(2):
        if params[COMPACT]:
            compact(params, state, p, obs[p])
        else:
            lossless(params, state, fresh, p, obs[p])


@rule
def lossless(params, state, fresh, p, seen):
    """26 numbers a cell, of which only those that changed in the last step are written."""
    area, own, other = params[AREA], PLAYERS + WORDS * p, PLAYERS + WORDS * (1 - p)
    if fresh:
        for cell in range(area):
            kind = params[TERRAIN + cell]
            if kind != FLOOR:
                at = CHANNELS * cell
                # pots, counters, onions, (tomatoes,) dishes, servings
                place = 0 if kind == POT else kind if kind <= ONIONS else 4 if kind == DISHES else 5
                seen[at + GROUND + place] = 1.0
                if kind == COUNTER:
                    show_counter(seen, at, state[CELLS + cell])
    else:
        show_player(seen, 0, state[own + OLD_CELL], state[own + OLD_FACING], state[own + OLD_HELD], 0.0)
        show_player(seen, 1, state[other + OLD_CELL], state[other + OLD_FACING], state[other + OLD_HELD], 0.0)
        for q in range(2):
            cell = state[PLAYERS + WORDS * q + TOUCHED]
            if cell:
                show_counter(seen, CHANNELS * cell, state[CELLS + cell])
    show_player(seen, 0, state[own + CELL], state[own + FACING], state[own + HELD], 1.0)
    show_player(seen, 1, state[other + CELL], state[other + FACING], state[other + HELD], 1.0)
    for k in range(params[POTS]):
        cell = params[TERRAIN + area + k]
        content, at = state[CELLS + cell], CHANNELS * cell
        clock, onions = content >> 2, content & 3
        seen[at + IN_POT], seen[at + IN_SOUP] = onions * int(clock == 0), onions * int(clock > 0)
        seen[at + TIME_LEFT], seen[at + DONE] = max(clock - 1, 0), clock == 1
    left = params[STEPS] - state[STEP]
    if left == HURRY - 1 or (fresh and left < HURRY):
        for cell in range(area):
            seen[CHANNELS * cell + URGENT] = 1.0


@rule
def show_player(seen, which, cell, facing, held, value):
    """Writes (1) or wipes (0) a player and what it holds."""
    at = CHANNELS * cell
    seen[at + AT + which] = value
    seen[at + TOWARDS + 4 * which + facing] = value
    if held == ONION:
        seen[at + ONIONS_AT] = value
    elif held == DISH:
        seen[at + DISHES_AT] = value
    elif held > SOUP:
        seen[at + IN_SOUP], seen[at + DONE] = (held - SOUP) * value, value


@rule
def show_counter(seen, at, content):
    """Writes what lies on a counter."""
    seen[at + IN_SOUP], seen[at + DONE] = max(content - SOUP, 0), content > SOUP
    seen[at + DISHES_AT], seen[at + ONIONS_AT] = content == DISH, content == ONION


@rule
def compact(params, state, p, seen):
    """The compact observation (see `features`); places count from the observer's cell, rows first."""
    width, area = params[WIDTH], params[AREA]
    own, other = PLAYERS + WORDS * p, PLAYERS + WORDS * (1 - p)
    here, there = state[own + CELL], state[other + CELL]
    row, column = here // width, here % width
    ahead = here + params[DELTA + state[own + FACING]]
    lying = state[CELLS + ahead] if params[TERRAIN + ahead] == COUNTER else NOTHING
    seen[0], seen[1] = row, column
    for i in range(4):
        seen[2 + i], seen[11 + i] = state[own + FACING] == i, state[other + FACING] == i
    for i in range(6):
        seen[18 + i] = params[TERRAIN + ahead] == i
    for i in range(3):
        seen[6 + i], seen[15 + i] = min(state[own + HELD], 3) == 1 + i, min(state[other + HELD], 3) == 1 + i
        seen[24 + i] = min(lying, 3) == 1 + i
    seen[9], seen[10] = there // width - row, there % width - column
    k = 27
    for kind in (ONIONS, DISHES, SERVE):  # the nearest of each, as the crow flies
        nearest(params, state, here, kind, NOTHING, seen[k : k + 3])
        k += 3
    for thing in range(1, 4):
        nearest(params, state, here, COUNTER, thing, seen[k : k + 3])
        k += 3
    seen[k] = 1.0 - state[STEP] / params[STEPS]
    k += 1
    for i in range(params[POTS]):
        cell = params[TERRAIN + area + i]
        clock = state[CELLS + cell] >> 2
        seen[k], seen[k + 1] = cell // width - row, cell % width - column
        seen[k + 2], seen[k + 3], seen[k + 4] = state[CELLS + cell] & 3, max(clock - 1, 0), clock == 1
        k += 5


@rule
def nearest(params, state, here, kind, thing, out):
    """Whether there is a cell of a kind with a thing on it, and by how many rows and columns the nearest is away."""
    width, best = params[WIDTH], params[AREA]
    out[0], out[1], out[2] = 0.0, 0.0, 0.0
    for cell in range(params[AREA]):
        if params[TERRAIN + cell] == kind and min(state[CELLS + cell], 3) == thing:
            down, across = cell // width - here // width, cell % width - here % width
            if abs(down) + abs(across) < best:
                best = abs(down) + abs(across)
                out[0], out[1], out[2] = 1.0, down, across


DYNAMICS = Dynamics.of(globals())
