"""Simple spread (Lowe et al. 2017): players cover as many landmarks without bumping into each other; as in mpe2 1.1."""

from __future__ import annotations

import numpy as np

from ..agent import ScriptedAgent
from ..dynamics import RUNNING, TERMINATED, TRUNCATED, Dynamics, EnvSetup, Feature, rule
from ..spec import GameSpec, Parameter
from . import _mpe_faces as faces
from ._mpe import (
    BODIES,
    CYCLES,
    DRIVE,
    MOVES,
    OWN,
    PLAYERS,
    STEP,
    WORDS,
    allow,
    borrowed,
    collide,
    drift,
    floats,
    part,
    scatter,
    show_landmarks,
    show_motion,
    show_others,
    square,
    thrust,
)
from ._mpe_near import near_landmarks, near_others

LOCAL, SUCCESS, NEAR_PLAYERS, NEAR_LANDMARKS = range(OWN, OWN + 4)
RADIUS = 0.15
COVERED = 0.1


@rule
def reset(params, state, rng):
    scatter(params, floats(state), 1.0, rng)


@part
def play(params, state, actions, reward, count):
    """`advance` for a number of players; where that is a constant, its loops are unrolled."""
    values, first = floats(state), BODIES + WORDS * count
    for p in range(count):
        thrust(params, actions, values, p, DRIVE)
    for p in range(count):
        for q in range(p + 1, count):
            collide(values, BODIES + WORDS * p, BODIES + WORDS * q, 2 * RADIUS)
    for p in range(count):
        drift(values, BODIES + WORDS * p)
    for p in range(count):
        for q in range(p + 1, count):
            if square(values, BODIES + WORDS * p, BODIES + WORDS * q) < 4 * RADIUS * RADIUS:
                reward[p] -= 1.0
                reward[q] -= 1.0
    total, covered = 0.0, 0
    for l in range(count):
        nearest = np.inf
        for p in range(count):
            nearest = min(nearest, square(values, BODIES + WORDS * p, first + 2 * l))
        total -= np.sqrt(nearest)
        covered += int(nearest < COVERED * COVERED)
    local = floats(params)[LOCAL]
    for p in range(count):
        reward[p] = total * (1.0 - local) + reward[p] * local
    state[STEP] += 1
    if state[STEP] >= params[CYCLES]:
        return TRUNCATED
    return TERMINATED if params[SUCCESS] and covered == count else RUNNING


@rule
def play_any(params, state, actions, reward):
    """`advance` for any number of players."""
    return play(params, state, actions, reward, params[PLAYERS])


@part
def advance(params, state, actions, rng, reward):
    if params[PLAYERS] == 3:  # the usual number
        return play(params, state, actions, reward, np.int64(3))
    return play_any(params, state, actions, reward)


@part
def look(values, obs, count):
    """Writes observations of all players and landmarks."""
    obs = borrowed(obs)
    for p in range(count):
        seen, at = obs[p], BODIES + WORDS * p
        k = show_motion(values, seen, at)
        k = show_landmarks(values, seen, k, at, BODIES + WORDS * count, count)
        show_others(values, seen, k, p, count)


@rule
def look_any(params, values, obs):
    """Writes observations where some number is not the usual one, or only the nearest are seen."""
    count = params[PLAYERS]
    for p in range(count):
        seen, at, first = obs[p], BODIES + WORDS * p, BODIES + WORDS * count
        k = show_motion(values, seen, at)
        k = near_landmarks(values, seen, k, at, first, count, params[NEAR_LANDMARKS])
        near_others(values, seen, k, p, count, params[NEAR_PLAYERS])


@part
def view(params, state, fresh, obs, legal):
    """Own velocity and place; landmarks and others relative to the observer; what the others say: nothing, ever."""
    values, count = floats(state), params[PLAYERS]
    if count == 3 and params[NEAR_PLAYERS] == 0 and params[NEAR_LANDMARKS] == 0:  # the usual case
        look(values, obs, np.int64(3))
    else:
        look_any(params, values, obs)
    if fresh:
        for p in range(count):
            allow(params, legal[p], np.int64(MOVES))


DYNAMICS = Dynamics.of(globals())


def simple_spread(
    num_agents: int,
    local_ratio: float,
    max_cycles: int,
    continuous_actions: bool,
    terminate_on_success: bool,
    num_agent_neighbors: int,
    num_landmark_neighbors: int,
) -> EnvSetup:
    others, landmarks = num_agent_neighbors or num_agents - 1, num_landmark_neighbors or num_agents
    seen = [faces.Body(RADIUS, faces.BLUE, str(p)) for p in range(num_agents)]
    seen += [faces.Body(0.05, faces.GREY, "x")] * num_agents
    whole = not (num_agent_neighbors or num_landmark_neighbors or continuous_actions)
    return faces.setup(
        DYNAMICS,
        faces.Crew(num_agents, num_agents),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=5,
        own=(local_ratio, int(terminate_on_success), num_agent_neighbors, num_landmark_neighbors),
        bodies=lambda state: seen,
        observation_size=4 + 2 * landmarks + 4 * others,
        max_utility=0.0,
        common_payoff=local_ratio == 0.0,
        action_names=faces.MOVE_NAMES,
        features=(
            Feature("velocity", 2, "the observer's"),
            Feature("place", 2, "the observer's"),
            Feature("landmarks", 2 * landmarks, "x, y of each landmark relative to the observer"),
            Feature("others", 2 * others, "x, y of each other player relative to the observer"),
            Feature("heard", 2 * others, "always 0: nobody speaks"),
        ),
        heuristic=(lambda: ScriptedAgent(lambda obs, legal: to_own_landmark(obs, num_agents), "assignment"))
        if whole
        else None,
    )


def to_own_landmark(obs: np.ndarray, count: int) -> np.ndarray:
    """Preferences float64[B, 5] of a player who goes where the assignment of least way puts it: all find the same."""
    seen = obs[:, 4 : 2 + 4 * count].reshape(len(obs), -1, 2).astype(float)
    landmarks = seen[:, :count]
    players = np.concatenate([np.zeros((len(obs), 1, 2)), seen[:, count:]], axis=1)
    ways = np.linalg.norm(players[:, :, None] - landmarks[:, None], axis=3)
    return faces.towards(landmarks[np.arange(len(obs)), faces.matched(ways)], obs[:, :2])


GAMES = (
    GameSpec(
        id="mpe/simple_spread",
        title="Particles: simple spread",
        build=simple_spread,
        players="1-20",
        parameters=(
            Parameter("num_agents", 3, "players, and landmarks", low=1, high=20, also=("N",)),
            faces.LOCAL_RATIO,
            faces.MAX_CYCLES,
            faces.CONTINUOUS,
            Parameter("terminate_on_success", False, "whether the episode ends when every landmark is covered"),
            faces.NEAR_PLAYERS,
            faces.NEAR_LANDMARKS,
        ),
        tags=("cooperative", "environment", "general-sum", "simultaneous"),
        scores={"random": -26.49, "heuristic": -7.83},
    ),
)
