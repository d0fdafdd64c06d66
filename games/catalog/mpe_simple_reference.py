"""Reference (Lowe et al. 2017): each of two players knows where the other should go; as in mpe2 1.1."""

from __future__ import annotations

import numpy as np

from ..agent import ScriptedAgent
from ..dynamics import RUNNING, TRUNCATED, Dynamics, EnvSetup, Feature, draw_below, rule
from ..spec import GameSpec
from . import _mpe_faces as faces
from ._mpe import (
    BODIES,
    CYCLES,
    DRIVE,
    GOAL,
    OWN,
    STEP,
    WIDTH,
    WORDS,
    allow,
    drift,
    floats,
    hear,
    part,
    say_moving,
    scatter,
    show_landmarks,
    show_velocity,
    square,
    thrust,
)

LOCAL = OWN
MARKS = BODIES + 2 * WORDS
SAID = MARKS + 6
LETTERS = 10
COLOURS = 3


@rule
def reset(params, state, rng):
    state[GOAL] = draw_below(rng, COLOURS)  # where player 1 should go, as player 0 knows
    state[GOAL + 1] = draw_below(rng, COLOURS)
    scatter(params, floats(state), 1.0, rng)


@part
def advance(params, state, actions, rng, reward):
    values, local = floats(state), floats(params)[LOCAL]
    for p in range(2):
        thrust(params, actions, values, p, DRIVE)
        drift(values, BODIES + WORDS * p)
        say_moving(params, actions, values, p, SAID + LETTERS * p, np.int64(LETTERS))
    for p in range(2):
        reward[p] = -np.sqrt(square(values, BODIES + WORDS * (1 - p), MARKS + 2 * state[GOAL + p]))
    mean = 0.5 * (reward[0] + reward[1])
    for p in range(2):
        reward[p] = mean * (1.0 - local) + reward[p] * local
    state[STEP] += 1
    return TRUNCATED if state[STEP] >= params[CYCLES] else RUNNING


@part
def view(params, state, fresh, obs, legal):
    """Own velocity, landmarks relative to the observer, the colour of the other's goal, what the other said."""
    values = floats(state)
    for p in range(2):
        seen, at = obs[p], BODIES + WORDS * p
        k = show_velocity(values, seen, np.int64(0), at)
        k = show_landmarks(values, seen, k, at, np.int64(MARKS), np.int64(COLOURS))
        hear(values, seen, k + COLOURS, SAID + LETTERS * (1 - p), np.int64(LETTERS))
        if fresh:
            for i in range(COLOURS):
                seen[k + i] = 0.75 if i == state[GOAL + p] else 0.25
            allow(params, legal[p], params[WIDTH])


DYNAMICS = Dynamics.of(globals())


def simple_reference(local_ratio: float, max_cycles: int, continuous_actions: bool) -> EnvSetup:
    marks = [faces.Body(0.05, colour, mark) for colour, mark in zip((faces.RED, faces.GREEN, faces.BLUE), "abc")]

    def bodies(state: np.ndarray) -> list[faces.Body]:
        goals = [marks[state[GOAL + 1 - p]].colour for p in range(2)]
        return [faces.Body(0.08, goals[p], str(p)) for p in range(2)] + marks

    return faces.setup(
        DYNAMICS,
        faces.Crew(2, COLOURS, 2 * LETTERS),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=5 + LETTERS if continuous_actions else 5 * LETTERS,
        own=(local_ratio,),
        bodies=bodies,
        told=lambda values: [faces.words(values[SAID + LETTERS * p :][:LETTERS], f"player {p}") for p in range(2)],
        observation_size=21,
        max_utility=0.0,
        common_payoff=local_ratio == 0.0,
        action_names=faces.numbers(LETTERS) if continuous_actions else faces.spoken(LETTERS),
        features=(
            Feature("velocity", 2, "the observer's"),
            Feature("landmarks", 6, "x, y of each landmark relative to the observer"),
            Feature("goal", 3, "the colour of the landmark to which the other should go"),
            Feature("heard", LETTERS, "what the other said in the last step"),
        ),
        heuristic=None if continuous_actions else lambda: ScriptedAgent(tell_and_go, "name the goal"),
    )


def tell_and_go(obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, 50] of a player who names the goal of the other and goes where the other says."""
    marks, heard = obs[:, 2:8].reshape(-1, 3, 2).astype(float), obs[:, 11:14].astype(float)
    weights = np.where(heard.any(axis=1, keepdims=True), heard, 1 / 3)
    moves = faces.towards((weights[:, :, None] * marks).sum(axis=1), obs[:, :2])
    told = np.arange(LETTERS) == obs[:, 8:11].argmax(axis=1)[:, None]
    return np.where(told[:, :, None], moves[:, None], -np.inf).reshape(len(obs), -1)


GAMES = (
    GameSpec(
        id="mpe/simple_reference",
        title="Particles: reference",
        build=simple_reference,
        parameters=(faces.LOCAL_RATIO, faces.MAX_CYCLES, faces.CONTINUOUS),
        tags=("cooperative", "environment", "general-sum", "simultaneous"),
        scores={"random": -28.31, "heuristic": -7.89},
    ),
)
