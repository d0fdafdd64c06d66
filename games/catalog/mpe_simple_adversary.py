"""Adversary (Lowe et al. 2017): a team is near the goal and hides from one adversary which landmark that is; as in
mpe2 1.1."""

from __future__ import annotations

import numpy as np

from ..dynamics import RUNNING, TRUNCATED, Dynamics, EnvSetup, Feature, draw_below, rule
from ..spec import GameSpec, Parameter
from . import _mpe_faces as faces
from ._mpe import (
    BODIES,
    CYCLES,
    DRIVE,
    GOAL,
    LANDMARKS,
    MOVES,
    OWN,
    PLAYERS,
    STEP,
    WORDS,
    allow,
    drift,
    floats,
    part,
    scatter,
    show_landmarks,
    square,
    thrust,
)
from ._mpe_near import near_landmarks, near_others

NEAR_PLAYERS, NEAR_LANDMARKS = range(OWN, OWN + 2)


@rule
def reset(params, state, rng):
    state[GOAL] = draw_below(rng, params[LANDMARKS])
    scatter(params, floats(state), 1.0, rng)


@part
def advance(params, state, actions, rng, reward):
    values, count = floats(state), params[PLAYERS]
    goal, nearest = BODIES + WORDS * count + 2 * state[GOAL], np.inf
    for p in range(count):
        thrust(params, actions, values, p, DRIVE)
        drift(values, BODIES + WORDS * p)
        if p > 0:
            nearest = min(nearest, square(values, BODIES + WORDS * p, goal))
    adversary = np.sqrt(square(values, np.int64(BODIES), goal))
    reward[0] = -adversary
    for p in range(1, count):
        reward[p] = adversary - np.sqrt(nearest)
    state[STEP] += 1
    return TRUNCATED if state[STEP] >= params[CYCLES] else RUNNING


@part
def view(params, state, fresh, obs, legal):
    """The goal (not shown to the adversary, player 0), landmarks and others, relative to the observer."""
    values, count = floats(state), params[PLAYERS]
    first = BODIES + WORDS * count
    for p in range(count):
        seen, at, k = obs[p], BODIES + WORDS * p, np.int64(0)
        if p > 0:
            k = show_landmarks(values, seen, k, at, first + 2 * state[GOAL], np.int64(1))
        k = near_landmarks(values, seen, k, at, first, params[LANDMARKS], params[NEAR_LANDMARKS])
        near_others(values, seen, k, p, count, params[NEAR_PLAYERS])
        if fresh:
            allow(params, legal[p], np.int64(MOVES))


DYNAMICS = Dynamics.of(globals())


def simple_adversary(
    num_good: int, max_cycles: int, continuous_actions: bool, num_agent_neighbors: int, num_landmark_neighbors: int
) -> EnvSetup:
    others, landmarks = num_agent_neighbors or num_good, num_landmark_neighbors or num_good
    team = [faces.Body(0.15, faces.RED, "0")] + [faces.Body(0.15, faces.BLUE, str(p + 1)) for p in range(num_good)]

    def bodies(state: np.ndarray) -> list[faces.Body]:
        return team + [
            faces.Body(0.08, faces.GREEN if l == state[GOAL] else faces.GREY, "x" if l == state[GOAL] else "o")
            for l in range(num_good)
        ]

    roles = (lambda obs, legal: follow(obs, num_good), *[lambda obs, legal: cover(obs, num_good)] * num_good)
    plain = not (continuous_actions or num_agent_neighbors or num_landmark_neighbors)
    return faces.setup(
        DYNAMICS,
        faces.Crew(num_good + 1, num_good),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=5,
        own=(num_agent_neighbors, num_landmark_neighbors),
        bodies=bodies,
        observation_size=2 + 2 * landmarks + 2 * others,
        action_names=faces.MOVE_NAMES,
        features=(
            Feature("goal", 2, "x, y of the goal relative to the observer (the adversary's begin with the landmarks)"),
            Feature("landmarks", 2 * landmarks, "x, y of each landmark relative to the observer"),
            Feature("others", 2 * others, "x, y of each other player relative to the observer, the adversary first"),
        ),
        heuristic=(lambda: faces.SeatedAgent(roles, "cover all")) if plain else None,
    )


def cover(obs: np.ndarray, count: int) -> np.ndarray:
    """Preferences float64[B, 5] of a player whose team covers all landmarks by the assignment of least way."""
    seen = obs[:, 2:].reshape(len(obs), -1, 2).astype(float)
    marks, mates = seen[:, :count], seen[:, count + 1 :]
    team = np.concatenate([np.zeros((len(obs), 1, 2)), mates], axis=1)
    ways = np.linalg.norm(team[:, :, None] - marks[:, None], axis=3)
    return faces.towards(marks[np.arange(len(obs)), faces.matched(ways)], 0.0)


def follow(obs: np.ndarray, count: int) -> np.ndarray:
    """Preferences float64[B, 5] of an adversary who goes to the landmark that has a player nearest to it."""
    seen = obs[:, : 4 * count].reshape(len(obs), -1, 2).astype(float)
    marks, team = seen[:, :count], seen[:, count:]
    near = np.linalg.norm(team[:, :, None] - marks[:, None], axis=3).min(axis=1)
    return faces.towards(marks[np.arange(len(obs)), near.argmin(axis=1)], 0.0)


GAMES = (
    GameSpec(
        id="mpe/simple_adversary",
        title="Particles: adversary",
        build=simple_adversary,
        players="2-20",
        parameters=(
            Parameter("num_good", 2, "players of the team, and landmarks", low=1, high=19, also=("N",)),
            faces.MAX_CYCLES,
            faces.CONTINUOUS,
            faces.NEAR_PLAYERS,
            faces.NEAR_LANDMARKS,
        ),
        tags=("competitive", "environment", "general-sum", "simultaneous"),
        scores={"random": -4.48, "heuristic": 0.305},
    ),
)
