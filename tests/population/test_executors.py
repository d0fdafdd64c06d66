"""Executors: one log under one seed wherever it is played, whatever dies, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from ludus.games.agent import Agent, StateAgent, UniformAgent
from ludus.games.policy import Policy
from ludus.games.registry import make
from ludus.population import League, executors, series
from ludus.population.executors import EXECUTORS, Groups
from ludus.population.failures import WorkerDied


class Counts(Agent):
    """Plays at random and remembers how often it has."""

    def start(self, batch):
        return np.zeros(batch, np.int64)

    def act(self, obs, legal, memory, rng):
        return (legal * rng.random(legal.shape)).argmax(axis=1), memory + 1


class Dies(Agent):
    """Takes its process with it, so often as there are files to remove."""

    def __init__(self, folder):
        self.folder = folder

    def act(self, obs, legal, memory, rng):
        for name in os.listdir(self.folder):
            os.remove(os.path.join(self.folder, name))
            os.kill(os.getpid(), signal.SIGKILL)
        return (legal * rng.random(legal.shape)).argmax(axis=1), memory


def careless(state, player, rng):
    return int(rng.choice(state.actions(player)))


def played(executor, game="kuhn_poker", matches=4_000, agents=None, preset="round_robin", **options):
    with League(game, preset=preset, paired=True) as league:
        agents = agents or {
            "policy": Policy.random(make(game), 1),
            "counts": Counts(),
            "careless": StateAgent(careless),
        }
        for name, agent in agents.items():
            league.add(name, agent)
        league.run(matches, executor, seed=4, workers=2, **options)
        return league.log()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(series, "PYTHON_BATCH", 120)


def test_an_address_without_cluster():
    with pytest.raises(ConnectionError, match="no Ray cluster at 127.0.0.1:1"):
        played("ray", ray_address="127.0.0.1:1")


@pytest.fixture(scope="module")
def joined(ray_address):
    """This process has joined the cluster, as a notebook might have; leagues then use it and leave it."""
    import ray

    ray.init(address=ray_address, log_to_driver=False, logging_level=40)
    yield ray
    assert ray.is_initialized()
    ray.shutdown()


@pytest.mark.parametrize("preset", ["round_robin", "information_gain"])
def test_processes_give_the_log_of_serial(small, preset):
    assert played("processes", preset=preset) == played("serial", preset=preset)


@pytest.mark.parametrize("preset", ["round_robin", "swiss"])
def test_ray_gives_the_log_of_serial(small, joined, preset):
    assert played("ray", preset=preset) == played("serial", preset=preset)


def test_compiled_matches_on_every_executor(joined):
    agents = {"a": UniformAgent(), "b": Policy.random(make("leduc_poker"), 1)}
    logs = [played(executor, "leduc_poker", 40_000, agents) for executor in EXECUTORS]
    assert logs[0] == logs[1] == logs[2]


@pytest.mark.parametrize("executor", ["processes", "ray"])
def test_a_worker_killed_in_flight_loses_and_doubles_nothing(small, tmp_path, joined, executor):
    agents = {"a": Counts(), "dies": Dies(tmp_path)}
    never = played("serial", matches=1_200, agents=agents)
    (tmp_path / "once").touch()
    assert played(executor, matches=1_200, agents=agents) == never
    assert not os.listdir(tmp_path), "it did die"


def test_a_worker_that_dies_again_and_again_is_given_up(small, tmp_path):
    for k in range(30):
        (tmp_path / str(k)).touch()
    with League("kuhn_poker") as league:
        league.add("a", Counts())
        league.add("dies", Dies(tmp_path))
        with pytest.raises(WorkerDied, match="died 4 times over the same matches"):
            league.run(240, "processes", workers=1)
        (failure,) = league.store.failures()
    assert (failure.player, failure.kind, failure.first) == (None, "process died", 0)


def test_ray_starts_a_cluster_by_itself_is_quiet_and_stops_it(tmp_path):
    code = """
import sys, ludus
with ludus.League("kuhn_poker", sys.argv[1]) as league:
    league.add("a", ludus.UniformAgent())
    league.add("b", ludus.Policy.random(league.game, 1))
    league.run(1000, "ray", workers=1)
import ray
assert not ray.is_initialized()
assert len(league.store.path.read_bytes()) > 0
"""
    path = tmp_path / "league.db"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with League.open(path, read_only=True) as league:
        assert len(league.log()) == 1000


def test_agents_that_cannot_travel(monkeypatch, joined):
    lock = __import__("threading").Lock()
    agents = {"a": Counts(), "b": StateAgent(lambda state, player, rng: 0 if lock else 1)}
    monkeypatch.setattr(executors, "start_method", lambda: "spawn")
    for executor in ("processes", "ray"):
        with pytest.raises(TypeError, match=r"an agent cannot be sent to a new process \(.*\); use executor='serial'"):
            played(executor, agents=agents)


def test_results_come_in_order_and_tasks_are_taken_as_needed():
    taken = []

    def tasks():
        for k in range(200):
            taken.append(k)
            yield k

    for name in ("serial", "processes"):
        taken.clear()
        with EXECUTORS[name](slow_square, 2, None) as play:
            results = play(tasks())
            assert [next(results) for _ in range(5)] == [0, 1, 4, 9, 16]
            assert len(taken) < 200
            results.close()
            assert list(play(range(30))) == [k * k for k in range(30)], "play again on the same processes"


def slow_square(k):
    time.sleep(0.004)
    return k * k


def test_submissions_are_as_long_as_they_should_be():
    """Overhead below 5 %: what costs half a millisecond to send takes fifty to play, however short the tasks."""
    for seconds, expected in ((0.0001, 64), (0.005, 10), (0.04, 1), (3.0, 1)):
        groups = Groups(range(1000))
        assert len(groups.next(executors.SECONDS)) == 1
        groups.took(1, seconds)
        assert len(groups.next(executors.SECONDS)) == expected
