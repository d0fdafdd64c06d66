"""Crypto (Lowe et al. 2017): Alice tells Bob a bit under a key they share, and Eve listens; as in mpe2 1.1.

Nobody moves, so places are not part of the state: those of the picture are fixed.
"""

from __future__ import annotations

import numpy as np

from ..dynamics import RUNNING, TRUNCATED, Dynamics, EnvSetup, Feature, draw_below, rule
from ..spec import GameSpec
from . import _mpe_faces as faces
from ._mpe import BODIES, CYCLES, GOAL, OTHER, STEP, WORDS, X, Y, allow, floats, hear, part, say

KEY = OTHER
EVE, BOB, ALICE = range(3)
LETTERS = 4
SAID = BODIES + 3 * WORDS
PLACES = ((0.0, -0.6), (0.6, 0.4), (-0.6, 0.4))


@rule
def reset(params, state, rng):
    state[GOAL], state[KEY] = draw_below(rng, 2), draw_below(rng, 2)
    values = floats(state)
    for p in range(3):
        values[BODIES + WORDS * p + X], values[BODIES + WORDS * p + Y] = PLACES[p]


@rule
def wrong(values, first, goal):
    """The squared distance of what somebody said from the message; 0 where nothing was said."""
    total, silent = 0.0, True
    for i in range(LETTERS):
        said = values[first + i]
        total += (said - int(i == goal)) ** 2
        silent = silent and said == 0.0
    return 0.0 if silent else total


@part
def advance(params, state, actions, rng, reward):
    values = floats(state)
    for p in range(3):
        say(params, actions, values, p, SAID + LETTERS * p, np.int64(LETTERS))
    eve = wrong(values, np.int64(SAID), state[GOAL])
    team = eve - wrong(values, np.int64(SAID + LETTERS), state[GOAL])
    reward[EVE], reward[BOB], reward[ALICE] = -eve, team, team
    state[STEP] += 1
    return TRUNCATED if state[STEP] >= params[CYCLES] else RUNNING


@part
def view(params, state, fresh, obs, legal):
    """Eve: what Alice said. Bob: the key, what Alice said. Alice: the message, the key."""
    values, first = floats(state), np.int64(SAID + 2 * LETTERS)
    hear(values, obs[EVE], np.int64(0), first, np.int64(LETTERS))
    hear(values, obs[BOB], np.int64(LETTERS), first, np.int64(LETTERS))
    if fresh:
        obs[BOB, state[KEY]] = 1.0
        obs[ALICE, state[GOAL]] = 1.0
        obs[ALICE, LETTERS + state[KEY]] = 1.0
        for p in range(3):
            allow(params, legal[p], np.int64(LETTERS))


DYNAMICS = Dynamics.of(globals())


def simple_crypto(max_cycles: int, continuous_actions: bool) -> EnvSetup:
    looks = [faces.Body(0.1, faces.RED, "E"), faces.Body(0.1, faces.BLUE, "B"), faces.Body(0.1, faces.BLUE, "A")]
    return faces.setup(
        DYNAMICS,
        faces.Crew(3, 0, 3 * LETTERS),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=LETTERS,
        bodies=lambda state: looks,
        told=lambda values: [
            faces.words(values[SAID + LETTERS * p :][:LETTERS], name)
            for p, name in ((2, "Alice"), (1, "Bob"), (0, "Eve"))
        ],
        observation_size=2 * LETTERS,
        action_names=tuple(f"say {word}" for word in range(LETTERS)),
        features=(
            Feature("message or key", LETTERS, "Alice: the message; Bob: the key; Eve: what Alice said"),
            Feature("key or heard", LETTERS, "Alice: the key; Bob: what Alice said; Eve: nothing"),
        ),
        heuristic=None if continuous_actions else lambda: faces.SeatedAgent((guess, read, tell), "one-time pad"),
    )


def tell(obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, 4] of Alice: the message where the key is 0, else the other one."""
    return np.eye(LETTERS)[obs[:, :LETTERS].argmax(axis=1) ^ obs[:, LETTERS:].argmax(axis=1)]


def read(obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, 4] of Bob, who reads by the same rule."""
    return tell(obs, legal)


def guess(obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, 4] of Eve, who cannot do better than always say the same bit."""
    return np.tile(np.eye(LETTERS)[0], (len(obs), 1))


GAMES = (
    GameSpec(
        id="mpe/simple_crypto",
        title="Particles: crypto",
        build=simple_crypto,
        players="3",
        parameters=(faces.MAX_CYCLES, faces.CONTINUOUS),
        tags=("competitive", "environment", "general-sum", "simultaneous"),
        scores={"random": -12.49, "heuristic": 7.64},
    ),
)
