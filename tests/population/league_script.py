"""A league that goes on with its store; run as a program by the kill tests, which kill it."""

from __future__ import annotations

import sys
import time

import numpy as np

from ludus.games.agent import Agent, StateAgent, UniformAgent
from ludus.games.policy import Policy
from ludus.games.registry import make
from ludus.population import League, league

MATCHES, SEED = 12_000, 5
SETTINGS = {"PYTHON_BATCH": 120, "COMMIT_SECONDS": 0.0}
"""Of the module `league`: small batches, each committed at once, so that there is much to kill."""


class Sleepy(Agent):
    """Plays the last legal action, and sleeps before: slow enough to be killed in the middle of things."""

    def __init__(self, seconds: float):
        self.seconds = seconds

    def act(self, obs, legal, memory, rng):
        time.sleep(self.seconds)
        last = legal.shape[1] - 1 - legal[:, ::-1].argmax(axis=1)
        return np.where(rng.random(len(legal)) < 0.8, last, legal.argmax(axis=1)), memory


def careless(state, player, rng):
    return int(rng.choice(state.actions(player)))


def play(path: str, executor: str, seconds: float) -> None:
    """Says "open", "ready" and "committed" as it goes."""
    game = make("kuhn_poker")
    with League(game, path, paired=True) as entered:
        print("open", flush=True)
        entered.add("sleepy", Sleepy(seconds))
        entered.add("random table", Policy.random(game, 3))
        entered.add("uniform", UniformAgent(), parent="random table")
        entered.add("careless", StateAgent(careless))
        print("ready", flush=True)
        for snapshot in entered.iterate(MATCHES, executor=executor, seed=SEED, workers=2):
            print("committed" if snapshot.seconds else "started", flush=True)


if __name__ == "__main__":
    for name, value in SETTINGS.items():
        setattr(league, name, value)
    play(sys.argv[1], sys.argv[2], float(sys.argv[3]))
