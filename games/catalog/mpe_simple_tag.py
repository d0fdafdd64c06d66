"""Tag (Lowe et al. 2017): slow adversaries chase fast players among obstacles; as in mpe2 1.1."""

from __future__ import annotations

import numpy as np

from ..dynamics import RUNNING, TERMINATED, TRUNCATED, Dynamics, EnvSetup, Feature, rule
from ..spec import GameSpec, Parameter
from . import _mpe_faces as faces
from ._mpe import (
    BODIES,
    CYCLES,
    LANDMARKS,
    MOVES,
    OWN,
    PLAYERS,
    STEP,
    VX,
    VY,
    WORDS,
    X,
    Y,
    allow,
    bounce,
    collide,
    drift,
    floats,
    limit,
    outside,
    scatter,
    show_motion,
    show_velocity,
    square,
    thrust,
)
from ._mpe_near import farther, near_landmarks, near_others

BAD, SUCCESS, NEAR_PLAYERS, NEAR_LANDMARKS, SPEED = range(OWN, OWN + 5)
BAD_RADIUS, GOOD_RADIUS, OBSTACLE = 0.075, 0.05, 0.2
BAD_DRIVE, GOOD_DRIVE = 3.0, 4.0
BAD_TOP, GOOD_TOP = 1.0, 1.3


@rule
def reset(params, state, rng):
    scatter(params, floats(state), 0.9, rng)


@rule
def advance(params, state, actions, rng, reward):
    values, count, bad, speed = floats(state), params[PLAYERS], params[BAD], floats(params)[SPEED]
    for p in range(count):
        thrust(params, actions, values, p, BAD_DRIVE if p < bad else GOOD_DRIVE * speed)
    for p in range(count):
        at, radius = BODIES + WORDS * p, BAD_RADIUS if p < bad else GOOD_RADIUS
        for q in range(p + 1, count):
            collide(values, at, BODIES + WORDS * q, radius + (BAD_RADIUS if q < bad else GOOD_RADIUS))
        for l in range(params[LANDMARKS]):
            bounce(values, at, BODIES + WORDS * count + 2 * l, radius + OBSTACLE)
    for p in range(count):
        drift(values, BODIES + WORDS * p)
        limit(values, BODIES + WORDS * p, BAD_TOP if p < bad else GOOD_TOP * speed)
    tags, caught, reach = 0, 0, BAD_RADIUS + GOOD_RADIUS
    for p in range(bad, count):
        at, touched = BODIES + WORDS * p, 0
        for q in range(bad):
            touched += int(square(values, at, BODIES + WORDS * q) < reach * reach)
        tags += touched
        caught += int(touched > 0)
        reward[p] = -10.0 * touched - outside(values[at + X]) - outside(values[at + Y])
    for p in range(bad):
        reward[p] = 10.0 * tags
    state[STEP] += 1
    if state[STEP] >= params[CYCLES]:
        return TRUNCATED
    return TERMINATED if params[SUCCESS] and caught == count - bad else RUNNING


@rule
def near_velocities(params, values, seen, k, player):
    """Velocities of the nearest others, of adversaries 0."""
    count, at, i = params[PLAYERS], BODIES + WORDS * player, np.int64(-1)
    for _ in range(params[NEAR_PLAYERS]):
        i = farther(values, at, np.int64(BODIES), np.int64(WORDS), count, player, i)
        good = params[BAD] <= i < count
        seen[k] = values[BODIES + WORDS * i + VX] if good else 0.0
        seen[k + 1] = values[BODIES + WORDS * i + VY] if good else 0.0
        k += 2


@rule
def view(params, state, fresh, obs, legal):
    """Own velocity and place; obstacles and others relative to the observer; velocities of the other good players."""
    values, count = floats(state), params[PLAYERS]
    for p in range(count):
        seen, at = obs[p], BODIES + WORDS * p
        k = show_motion(values, seen, at)
        k = near_landmarks(values, seen, k, at, BODIES + WORDS * count, params[LANDMARKS], params[NEAR_LANDMARKS])
        k = near_others(values, seen, k, p, count, params[NEAR_PLAYERS])
        if params[NEAR_PLAYERS]:
            near_velocities(params, values, seen, k, p)
        else:
            for q in range(params[BAD], count):
                if q != p:
                    k = show_velocity(values, seen, k, BODIES + WORDS * q)
        if fresh:
            allow(params, legal[p], np.int64(MOVES))


DYNAMICS = Dynamics.of(globals())


def simple_tag(
    num_good: int,
    num_adversaries: int,
    num_obstacles: int,
    max_cycles: int,
    continuous_actions: bool,
    prey_speed: float,
    terminate_on_success: bool,
    num_agent_neighbors: int,
    num_landmark_neighbors: int,
) -> EnvSetup:
    others = num_agent_neighbors or num_good + num_adversaries - 1
    moving, landmarks = num_agent_neighbors or num_good, num_landmark_neighbors or num_obstacles
    looks = [faces.Body(BAD_RADIUS, faces.RED, str(p)) for p in range(num_adversaries)]
    looks += [faces.Body(GOOD_RADIUS, faces.GREEN, str(num_adversaries + p)) for p in range(num_good)]
    looks += [faces.Body(OBSTACLE, faces.GREY, "#")] * num_obstacles
    roles = [lambda obs, legal: chase(obs, num_obstacles, num_good)] * num_adversaries
    roles += [lambda obs, legal: flee(obs, num_obstacles, num_adversaries)] * num_good
    plain = not (continuous_actions or num_agent_neighbors or num_landmark_neighbors)
    return faces.setup(
        DYNAMICS,
        faces.Crew(num_adversaries + num_good, num_obstacles),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=5,
        own=(num_adversaries, int(terminate_on_success), num_agent_neighbors, num_landmark_neighbors, prey_speed),
        bodies=lambda state: looks,
        observation_size=4 + 2 * landmarks + 2 * others + 2 * moving,
        action_names=faces.MOVE_NAMES,
        features=(
            Feature("velocity", 2, "the observer's"),
            Feature("place", 2, "the observer's"),
            Feature("obstacles", 2 * landmarks, "x, y of each obstacle relative to the observer"),
            Feature("others", 2 * others, "x, y of each other player relative to the observer, adversaries first"),
            Feature("velocities", 2 * moving, "of each other player who is chased"),
        ),
        heuristic=(lambda: faces.SeatedAgent(roles, "chase and flee")) if plain else None,
    )


def chase(obs: np.ndarray, obstacles: int, good: int) -> np.ndarray:
    """Preferences float64[B, 5] of an adversary who runs to where the nearest good player will soon be."""
    velocities = obs[:, obs.shape[1] - 2 * good :].reshape(len(obs), good, 2).astype(float)
    prey = obs[:, obs.shape[1] - 4 * good : obs.shape[1] - 2 * good].reshape(len(obs), good, 2) + 0.3 * velocities
    nearest = np.linalg.norm(prey, axis=2).argmin(axis=1)
    return faces.towards(prey[np.arange(len(obs)), nearest], obs[:, :2], BAD_DRIVE)


def flee(obs: np.ndarray, obstacles: int, adversaries: int) -> np.ndarray:
    """Preferences float64[B, 5] of a good player who runs from the nearest adversary and stays within bounds."""
    after = faces.coasting(obs[:, :2], GOOD_DRIVE)
    first = 4 + 2 * obstacles
    hunters = obs[:, first : first + 2 * adversaries].reshape(len(obs), 1, adversaries, 2)
    apart = np.linalg.norm(after[:, :, None] - hunters, axis=3).min(axis=2)
    beyond = np.maximum(np.abs(obs[:, None, 2:4] + after) - 0.8, 0.0).sum(axis=2)
    return np.minimum(apart, 1.0) - 5.0 * beyond


GAMES = (
    GameSpec(
        id="mpe/simple_tag",
        title="Particles: tag",
        build=simple_tag,
        players="2-40",
        parameters=(
            Parameter("num_good", 1, "players who are chased", low=1, high=20),
            Parameter("num_adversaries", 3, "players who chase", low=1, high=20),
            Parameter("num_obstacles", 2, "obstacles", low=0, high=20),
            faces.MAX_CYCLES,
            faces.CONTINUOUS,
            Parameter("prey_speed", 1.0, "speed of the chased; mpe2's curriculum: 0.5, 0.75, 1", low=0.01, high=10.0),
            Parameter("terminate_on_success", False, "whether the episode ends when all the chased are touched"),
            faces.NEAR_PLAYERS,
            faces.NEAR_LANDMARKS,
        ),
        tags=("competitive", "environment", "general-sum", "simultaneous"),
        scores={"random": -0.66, "heuristic": 26.3},
    ),
)
