"""Simple (Lowe et al. 2017): one player goes to a landmark; as in mpe2 1.1."""

from __future__ import annotations

import numpy as np

from ..agent import ScriptedAgent
from ..dynamics import RUNNING, TRUNCATED, Dynamics, EnvSetup, Feature, rule
from ..spec import GameSpec
from . import _mpe_faces as faces
from ._mpe import (
    BODIES,
    CYCLES,
    DRIVE,
    MOVES,
    STEP,
    WORDS,
    allow,
    drift,
    floats,
    part,
    scatter,
    show_landmarks,
    show_velocity,
    square,
    thrust,
)

MARK = BODIES + WORDS


@rule
def reset(params, state, rng):
    scatter(params, floats(state), 1.0, rng)


@part
def advance(params, state, actions, rng, reward):
    values, at = floats(state), np.int64(BODIES)
    thrust(params, actions, values, np.int64(0), DRIVE)
    drift(values, at)
    reward[0] = -square(values, at, np.int64(MARK))
    state[STEP] += 1
    return TRUNCATED if state[STEP] >= params[CYCLES] else RUNNING


@part
def view(params, state, fresh, obs, legal):
    """Own velocity; the landmark relative to the player."""
    values, at = floats(state), np.int64(BODIES)
    k = show_velocity(values, obs[0], np.int64(0), at)
    show_landmarks(values, obs[0], k, at, np.int64(MARK), np.int64(1))
    if fresh:
        allow(params, legal[0], np.int64(MOVES))


DYNAMICS = Dynamics.of(globals())


def simple(max_cycles: int, continuous_actions: bool) -> EnvSetup:
    bodies = [faces.Body(0.05, faces.BLUE, "0"), faces.Body(0.05, faces.RED, "x")]
    return faces.setup(
        DYNAMICS,
        faces.Crew(1, 1),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=5,
        bodies=lambda state: bodies,
        observation_size=4,
        max_utility=0.0,
        common_payoff=True,
        action_names=faces.MOVE_NAMES,
        features=(
            Feature("velocity", 2, "the player's"),
            Feature("landmark", 2, "its x, y relative to the player"),
        ),
        heuristic=None
        if continuous_actions
        else lambda: ScriptedAgent(lambda obs, legal: faces.towards(obs[:, 2:], obs[:, :2]), "go there"),
    )


GAMES = (
    GameSpec(
        id="mpe/simple",
        title="Particles: simple",
        build=simple,
        players="1",
        parameters=(faces.MAX_CYCLES, faces.CONTINUOUS),
        tags=("cooperative", "environment", "simultaneous"),
    ),
)
