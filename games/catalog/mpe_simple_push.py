"""Push (Lowe et al. 2017): one goes to a landmark, the other, who does not know which, keeps it off; as in mpe2 1.1."""

from __future__ import annotations

import numpy as np

from ..dynamics import RUNNING, TRUNCATED, Dynamics, EnvSetup, Feature, draw_below, rule
from ..spec import GameSpec
from . import _mpe_faces as faces
from ._mpe import (
    BODIES,
    CYCLES,
    DRIVE,
    GOAL,
    MOVES,
    STEP,
    WORDS,
    allow,
    collide,
    drift,
    floats,
    part,
    scatter,
    show_landmarks,
    show_others,
    show_velocity,
    square,
    thrust,
)

GOOD = BODIES + WORDS
MARKS = GOOD + WORDS
RADIUS = 0.05


@rule
def reset(params, state, rng):
    state[GOAL] = draw_below(rng, 2)
    scatter(params, floats(state), 1.0, rng)


@part
def advance(params, state, actions, rng, reward):
    values, bad, good = floats(state), np.int64(BODIES), np.int64(GOOD)
    for p in range(2):
        thrust(params, actions, values, p, DRIVE)
    collide(values, bad, good, 2 * RADIUS)
    for p in range(2):
        drift(values, BODIES + WORDS * p)
    far = np.sqrt(square(values, good, MARKS + 2 * state[GOAL]))
    reward[0] = far - np.sqrt(square(values, bad, MARKS + 2 * state[GOAL]))
    reward[1] = -far
    state[STEP] += 1
    return TRUNCATED if state[STEP] >= params[CYCLES] else RUNNING


@part
def view(params, state, fresh, obs, legal):
    """The adversary (player 0): own velocity, landmarks, the other. The other: own velocity, the goal, the own colour
    (which tells the goal), landmarks, their colours, the adversary."""
    values, goal = floats(state), state[GOAL]
    for p in range(2):
        seen, at = obs[p], BODIES + WORDS * p
        k = show_velocity(values, seen, np.int64(0), at)
        if p == 1:
            k = 3 + show_landmarks(values, seen, k, at, MARKS + 2 * goal, np.int64(1))
        k = 6 * p + show_landmarks(values, seen, k, at, np.int64(MARKS), np.int64(2))
        show_others(values, seen, k, p, np.int64(2))
        if fresh:
            allow(params, legal[p], np.int64(MOVES))
    if fresh:
        seen = obs[1]
        for i in range(3):
            seen[4 + i] = 0.75 if i == goal + 1 else 0.25
            seen[11 + i] = 0.9 if i == 1 else 0.1
            seen[14 + i] = 0.9 if i == 2 else 0.1


DYNAMICS = Dynamics.of(globals())


def simple_push(max_cycles: int, continuous_actions: bool) -> EnvSetup:
    marks = [faces.Body(0.05, faces.GREEN, "a"), faces.Body(0.05, faces.BLUE, "b")]

    def bodies(state: np.ndarray) -> list[faces.Body]:
        return [faces.Body(RADIUS, faces.RED, "0"), faces.Body(RADIUS, marks[state[GOAL]].colour, "1"), *marks]

    return faces.setup(
        DYNAMICS,
        faces.Crew(2, 2),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=5,
        bodies=bodies,
        observation_size=19,
        action_names=faces.MOVE_NAMES,
        features=(
            Feature("velocity", 2, "the observer's (the adversary sees this, then landmarks and the other, 8 in all)"),
            Feature("goal", 2, "x, y of the goal relative to the observer"),
            Feature("own colour", 3, "tells the goal, too"),
            Feature("landmarks", 4, "x, y of each landmark relative to the observer"),
            Feature("colours", 6, "of the landmarks, always the same"),
            Feature("other", 2, "x, y of the adversary relative to the observer"),
        ),
        heuristic=None if continuous_actions else lambda: faces.SeatedAgent((guard, go), "go and guard"),
    )


def go(obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, 5] of one who goes to the goal."""
    return faces.towards(obs[:, 2:4], obs[:, :2])


def guard(obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, 5] of an adversary who goes to the landmark that is nearest to the other."""
    marks, other = obs[:, 2:6].reshape(-1, 2, 2), obs[:, 6:8]
    nearest = np.linalg.norm(marks - other[:, None], axis=2).argmin(axis=1)
    return faces.towards(marks[np.arange(len(obs)), nearest], obs[:, :2])


GAMES = (
    GameSpec(
        id="mpe/simple_push",
        title="Particles: push",
        build=simple_push,
        parameters=(faces.MAX_CYCLES, faces.CONTINUOUS),
        tags=("competitive", "environment", "general-sum", "simultaneous"),
        scores={"random": -14.2, "heuristic": -5.59},
    ),
)
