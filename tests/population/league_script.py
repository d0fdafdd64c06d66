"""Kills leagues and resumes them, in a process of its own: ``league_script.py FOLDER EXECUTOR KILLS PRESET [ADDRESS]``.

Prints one line of JSON: after how many matches each kill came, and whether the league that was killed and resumed ended
like one that never was. Children are forked from this process, which has loaded everything but started no thread.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from ludus.games.agent import Agent, StateAgent, UniformAgent
from ludus.games.policy import Policy
from ludus.games.registry import make
from ludus.population import League, series
from ludus.population.methods import METHODS

MATCHES, SEED = 4_000, 5
series.PYTHON_BATCH, series.COMMIT_SECONDS = 60, 0.0  # small tasks, each committed at once: there is much to kill
GAME = make("kuhn_poker")


class Sleepy(Agent):
    """Plays the last legal action, and sleeps before: slow enough to be killed in the middle of things."""

    def __init__(self, seconds):
        self.seconds = seconds

    def act(self, obs, legal, memory, rng):
        time.sleep(self.seconds)
        last = legal.shape[1] - 1 - legal[:, ::-1].argmax(axis=1)
        return np.where(rng.random(len(legal)) < 0.8, last, legal.argmax(axis=1)), memory


def careless(state, player, rng):
    return int(rng.choice(state.actions(player)))


def play(path, executor, preset, address, seconds, say):
    training = {"oracle": "exact", "matches_per_round": 40} if preset in METHODS else {}
    with League(GAME, path, preset, paired=True, **training) as league:
        say("open")
        league.add("random table", Policy.random(GAME, 3))
        league.add("uniform", UniformAgent(), parent="random table")
        if not training:  # the oracle asks everybody for probabilities
            league.add("sleepy", Sleepy(seconds))
            league.add("careless", StateAgent(careless))
        say("ready")
        target = 1_600 if training else MATCHES
        for snapshot in league.iterate(target, executor, seed=SEED, workers=2, ray_address=address):
            say("committed" if snapshot.seconds else "started")


def in_a_child(path, executor, preset, address, seconds, wait_for=None, times=1, delay=0.0):
    """Runs the league in a forked process and kills it so long after it said something so often; -> its status."""
    ear, mouth = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(ear)
            play(path, executor, preset, address, seconds, lambda text: os.write(mouth, text.encode() + b"\n"))
            code = 0
        finally:
            os._exit(code)
    os.close(mouth)
    with os.fdopen(ear) as lines:
        for line in lines:
            times -= line.strip() == wait_for
            if times <= 0:
                time.sleep(delay)
                os.kill(child, signal.SIGKILL)
                break
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def facts(path):
    """Everything that must not depend on what happened to the process."""
    with League.open(path, read_only=True) as league:
        log, payoffs = league.log(), league.payoffs()
        players = [row._replace(created=0.0) for row in league.store.players()]
        ratings = league.leaderboard()
        integrity = league.store._rows("PRAGMA integrity_check")
        return [
            log.players.tolist(), log.scores.tolist(), payoffs.count.tolist(), np.nan_to_num(payoffs.mean).tolist(),
            [(row.player, row.mu, row.sigma) for row in ratings], players, integrity,
        ]  # fmt: skip


def main(folder, executor, kills, preset, address=None):
    rng, where = np.random.default_rng(), Path(folder)
    killed, never = where / f"{executor}-{preset}.db", where / f"never-{preset}.db"
    if not never.exists():
        assert in_a_child(never, "serial", preset, None, 0.0) == 0
    after = []
    for k in range(int(kills)):
        wait_for = ("open", "ready", "started", "committed", "committed")[k % 5]
        times, delay = (int(rng.integers(1, 3)), rng.uniform(0, 0.03)) if k % 5 > 2 else (1, rng.uniform(0, 0.06))
        status = in_a_child(killed, executor, preset, address, 0.004, wait_for, times, delay)
        assert status == -signal.SIGKILL, f"{executor} ended with {status} before kill {k}: it must be slower"
        with League.open(killed, read_only=True) as league:
            after.append(league.store.played())
    assert in_a_child(killed, executor, preset, address, 0.0) == 0
    print(json.dumps({"after": after, "same": facts(killed) == facts(never), "matches": len(facts(never)[1]) // 2}))


if __name__ == "__main__":
    main(*sys.argv[1:])
