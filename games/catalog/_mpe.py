"""The physics that the particle environments share (Lowe et al. 2017; Mordatch & Abbeel 2018), as in mpe2 1.1.

Bodies are discs of mass 1 in the plane. In a step of 0.1 s a place moves on by the velocity, which then loses a
quarter and gains the forces: the player's own and, between bodies that collide, a soft repulsion.

params: [players, landmarks, time limit, continuous, numbers or choices of an action, then what is each game's own]
state: [step, two words of the game's own, then x, y, velocity x, y, force x, y of each player, x, y of each landmark,
        then what players have said], floats from the fourth word on

Helpers take int64 alone: Numba compiles a function again for each integer that stands literally in a call.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numba.extending import overload

from .._vector import borrowed
from ..dynamics import draw

PLAYERS, LANDMARKS, CYCLES, CONTINUOUS, WIDTH, OWN = range(6)
STEP, GOAL, OTHER, BODIES = range(4)
WORDS = 6
X, Y, VX, VY, FX, FY = range(WORDS)
MOVES = 5

DT = 0.1
KEPT = 0.75
FORCE = 100.0
MARGIN = 1e-3
SHARP = 40.0
"""So many margins from contact the soft repulsion log(1 + exp(depth)) is 0 or the depth itself: exp(-40) is 4e-18."""
DRIVE = 5.0
"""How strongly players push themselves, where a game does not say otherwise."""


def part(function):
    """Marks a small helper that is compiled into every rule that calls it: calls with arrays cost more than it does."""
    return nb.njit(cache=True, error_model="numpy", forceinline=True)(function)


def floats(words):
    """The words of a state, of parameters or of actions as floats."""
    return words.view(np.float64)


@overload(floats, jit_options={"forceinline": True, "error_model": "numpy"})
def _floats(words):  # compiled, it counts no references
    return lambda words: borrowed(words).view(np.float64)


@part
def scatter(params, values, spread, rng):
    """Draws places: players' in the square from -1 to 1, landmarks' in that from -spread to spread."""
    at = BODIES
    for _ in range(params[PLAYERS]):
        values[at + X] = 2.0 * draw(rng) - 1.0
        values[at + Y] = 2.0 * draw(rng) - 1.0
        at += WORDS
    for i in range(2 * params[LANDMARKS]):
        values[at + i] = spread * (2.0 * draw(rng) - 1.0)


@part
def thrust(params, actions, values, player, drive):
    """Sets a player's own force: left, right, down, up of its action."""
    at = BODIES + WORDS * player
    if params[CONTINUOUS]:
        numbers, first = floats(actions), params[WIDTH] * player
        values[at + FX] = drive * (numbers[first + 2] - numbers[first + 1])
        values[at + FY] = drive * (numbers[first + 4] - numbers[first + 3])
    else:
        action = actions[player]
        if action >= MOVES:
            action %= MOVES
        values[at + FX] = drive * (int(action == 2) - int(action == 1))
        values[at + FY] = drive * (int(action == 4) - int(action == 3))


@part
def say(params, actions, values, player, first, size):
    """Writes what a player who stands still says to values[first:first + size]."""
    if params[CONTINUOUS]:
        numbers = floats(actions)
        for i in range(size):
            values[first + i] = numbers[params[WIDTH] * player + i]
    else:
        for i in range(size):
            values[first + i] = int(i == actions[player])


@part
def say_moving(params, actions, values, player, first, size):
    """Writes what a player says who moves by the same action."""
    if params[CONTINUOUS]:
        numbers = floats(actions)
        for i in range(size):
            values[first + i] = numbers[params[WIDTH] * player + MOVES + i]
    else:
        said = actions[player] // MOVES
        for i in range(size):
            values[first + i] = int(i == said)


@part
def square(values, a, b):
    """The squared distance between the places values[a:a + 2] and values[b:b + 2]."""
    dx, dy = values[a + X] - values[b + X], values[a + Y] - values[b + Y]
    return dx * dx + dy * dy


@part
def contact(apart, least):
    """The force of a contact over the bodies' distance; apart: its square, least: the sum of the radii."""
    reach = least + SHARP * MARGIN
    if apart >= reach * reach or apart == 0.0:
        return 0.0
    distance = np.sqrt(apart)
    depth = (least - distance) / MARGIN
    penetration = depth if depth > SHARP else np.log1p(np.exp(depth))
    return FORCE * MARGIN * penetration / distance


@part
def collide(values, a, b, least):
    """Two players push each other apart."""
    push = contact(square(values, a, b), least)
    if push > 0.0:
        dx, dy = push * (values[a + X] - values[b + X]), push * (values[a + Y] - values[b + Y])
        values[a + FX] += dx
        values[a + FY] += dy
        values[b + FX] -= dx
        values[b + FY] -= dy


@part
def bounce(values, a, b, least):
    """A landmark pushes a player away."""
    push = contact(square(values, a, b), least)
    if push > 0.0:
        values[a + FX] += push * (values[a + X] - values[b + X])
        values[a + FY] += push * (values[a + Y] - values[b + Y])


@part
def drift(values, at):
    """Moves one player on by a step."""
    values[at + X] += DT * values[at + VX]
    values[at + Y] += DT * values[at + VY]
    values[at + VX] = KEPT * values[at + VX] + DT * values[at + FX]
    values[at + VY] = KEPT * values[at + VY] + DT * values[at + FY]


@part
def limit(values, at, top):
    """Slows a player down to its greatest speed."""
    speed = values[at + VX] * values[at + VX] + values[at + VY] * values[at + VY]
    if speed > top * top:
        slower = top / np.sqrt(speed)
        values[at + VX] *= slower
        values[at + VY] *= slower


@part
def outside(x):
    """What standing at this coordinate costs: nothing within 0.9, soon more beyond."""
    x = abs(x)
    if x < 0.9:
        return 0.0
    if x < 1.0:
        return (x - 0.9) * 10.0
    return min(np.exp(2.0 * x - 2.0), 10.0)


@part
def show_velocity(values, seen, k, at):
    """Writes a player's velocity. -> the next place in `seen`."""
    seen[k], seen[k + 1] = values[at + VX], values[at + VY]
    return k + 2


@part
def show_motion(values, seen, at):
    """Writes a player's velocity and place. -> the next place in `seen`."""
    seen[0], seen[1], seen[2], seen[3] = values[at + VX], values[at + VY], values[at + X], values[at + Y]
    return 4


@part
def show_landmarks(values, seen, k, at, first, count):
    """Writes where the landmarks from values[first] on are, relative to the player at `at`. -> the next place."""
    x, y = values[at + X], values[at + Y]
    for _ in range(count):
        seen[k], seen[k + 1] = values[first + X] - x, values[first + Y] - y
        first += 2
        k += 2
    return k


@part
def show_others(values, seen, k, player, count):
    """Writes where the other players are, relative to one. -> the next place."""
    at = BODIES + WORDS * player
    x, y = values[at + X], values[at + Y]
    for q in range(count):
        if q != player:
            other = BODIES + WORDS * q
            seen[k], seen[k + 1] = values[other + X] - x, values[other + Y] - y
            k += 2
    return k


@part
def hear(values, seen, k, first, size):
    """Writes what was said. -> the next place in `seen`."""
    for i in range(size):
        seen[k + i] = values[first + i]
    return k + size


@part
def allow(params, may, count):
    """The first `count` actions are legal; all, where they are numbers."""
    for a in range(may.size):
        may[a] = a < count or params[CONTINUOUS] == 1
