"""Speaker and listener (Lowe et al. 2017): one knows where to go and cannot, the other can and does not know; as in
mpe2 1.1."""

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
    drift,
    floats,
    hear,
    part,
    say,
    scatter,
    show_landmarks,
    show_velocity,
    square,
    thrust,
)

LISTENER = BODIES + WORDS
MARKS = LISTENER + WORDS
SAID = MARKS + 6
COLOURS = 3


@rule
def reset(params, state, rng):
    state[GOAL] = draw_below(rng, COLOURS)
    scatter(params, floats(state), 1.0, rng)


@part
def advance(params, state, actions, rng, reward):
    values, at = floats(state), np.int64(LISTENER)
    thrust(params, actions, values, np.int64(1), DRIVE)
    drift(values, at)
    say(params, actions, values, np.int64(0), np.int64(SAID), np.int64(COLOURS))
    reward[0] = reward[1] = -square(values, at, MARKS + 2 * state[GOAL])
    state[STEP] += 1
    return TRUNCATED if state[STEP] >= params[CYCLES] else RUNNING


@part
def view(params, state, fresh, obs, legal):
    """The speaker: the goal's colour. The listener: own velocity, landmarks relative to it, what the speaker said."""
    values, at, seen = floats(state), np.int64(LISTENER), obs[1]
    k = show_velocity(values, seen, np.int64(0), at)
    k = show_landmarks(values, seen, k, at, np.int64(MARKS), np.int64(COLOURS))
    hear(values, seen, k, np.int64(SAID), np.int64(COLOURS))
    if fresh:
        for i in range(COLOURS):
            obs[0, i] = 0.65 if i == state[GOAL] else 0.15
        allow(params, legal[0], np.int64(COLOURS))
        allow(params, legal[1], np.int64(MOVES))


DYNAMICS = Dynamics.of(globals())


def simple_speaker_listener(max_cycles: int, continuous_actions: bool) -> EnvSetup:
    marks = [faces.Body(0.04, colour, mark) for colour, mark in zip((faces.RED, faces.GREEN, faces.BLUE), "abc")]

    def bodies(state: np.ndarray) -> list[faces.Body]:
        goal = marks[state[GOAL]].colour
        return [faces.Body(0.075, faces.GREY, "0"), faces.Body(0.075, goal, "1"), *marks]

    return faces.setup(
        DYNAMICS,
        faces.Crew(2, COLOURS, COLOURS),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=5,
        bodies=bodies,
        told=lambda values: [faces.words(values[SAID:], "speaker")],
        observation_size=11,
        max_utility=0.0,
        common_payoff=True,
        action_names=("stay, say 0", "left, say 1", "right, say 2", "down", "up"),
        features=(
            Feature("velocity", 2, "the listener's (the speaker's numbers are the goal's colour, 3, then zeros)"),
            Feature("landmarks", 6, "x, y of each landmark relative to the listener"),
            Feature("heard", 3, "what the speaker said in the last step"),
        ),
        heuristic=None if continuous_actions else lambda: faces.SeatedAgent((tell, go), "name the goal"),
    )


def tell(obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, 5] of a speaker who says the number of the goal's colour."""
    return np.pad(obs[:, :COLOURS].astype(float), ((0, 0), (0, 2)))


def go(obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, 5] of a listener who goes to the landmark named; at first to the middle of all."""
    marks, heard = obs[:, 2:8].reshape(-1, 3, 2).astype(float), obs[:, 8:].astype(float)
    weights = np.where(heard.any(axis=1, keepdims=True), heard, 1 / 3)
    return faces.towards((weights[:, :, None] * marks).sum(axis=1), obs[:, :2])


GAMES = (
    GameSpec(
        id="mpe/simple_speaker_listener",
        title="Particles: speaker and listener",
        build=simple_speaker_listener,
        parameters=(faces.MAX_CYCLES, faces.CONTINUOUS),
        tags=("common-payoff", "cooperative", "environment", "simultaneous"),
        scores={"random": -39.94, "heuristic": -7.51},
    ),
)
