"""Agents, disks and files that fail: one clear message, a record where that is right, and nothing lost."""

from __future__ import annotations

import resource
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from ludus.games.agent import Agent, StateAgent, UniformAgent
from ludus.games.policy import Policy
from ludus.population import AgentError, League, StoreError, database, executors, failures, series

EXECUTORS = ["serial", "processes"]


class Faulty(Agent):
    """Chooses at random; after so many calls in a process it does something else while the file is there."""

    def __init__(self, fault, switch, after):
        self.fault, self.switch, self.after, self.calls = fault, switch, after, 0

    def act(self, obs, legal, memory, rng):
        actions = (legal * rng.random(legal.shape)).argmax(axis=1)
        self.calls += 1
        if self.calls > self.after and self.switch.exists():
            return self.fault(actions), memory
        return actions, memory


def raises(actions):
    raise LookupError("no move for this position")


def illegal(actions):
    return actions + 7


def shapeless(actions):
    return actions[:-1]


def hangs(actions):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def stuck(actions):
    return sum(range(10**12))  # one call of C: no alarm is heard in it


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(series, "PYTHON_BATCH", 60)
    monkeypatch.setattr(series, "COMMIT_SECONDS", 0.0)
    return tmp_path / "league.db"


def filled(path, fault=None, switch=Path("absent"), after=6):
    league = League("kuhn_poker", path)
    league.add("uniform", UniformAgent())
    league.add("faulty", Faulty(fault, switch, after))
    return league


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (raises, "raised", "faulty raised LookupError: no move for this position"),
        (illegal, "illegal action", r"faulty chose the illegal action \d; legal were \[0, 1\]"),
        (shapeless, "illegal action", r"faulty must return \d+ integer actions, got int64 of shape"),
        (hangs, "time limit", r"faulty took longer than its time limit of 0.2 s to act"),
    ],
)
def test_an_agent_that_fails_is_named_and_recorded_and_nothing_is_lost(path, tmp_path, executor, fault, kind, message):
    switch = tmp_path / "faulty"
    switch.touch()
    with filled(path, fault, switch) as league:
        with pytest.raises(AgentError, match=message) as caught:
            league.run(480, executor, workers=1, time_limit=0.2)
        kept, (failure,) = league.log(), league.store.failures()
        assert (caught.value.agent, caught.value.kind) == ("faulty", kind)
        assert (failure.player, failure.kind, failure.run, failure.message) == ("faulty", kind, 0, str(caught.value))
        assert (failure.first, failure.stop) == (len(kept), len(kept) + 60)
    assert 0 < len(kept) < 480
    switch.unlink()
    with filled(path, fault, switch) as league, filled(None, None, switch) as never:
        assert league.log() == kept
        assert league.run(480, executor, workers=1).log() == never.run(480).log()


def test_a_worker_stuck_in_compiled_code_is_ended(path, tmp_path, monkeypatch):
    monkeypatch.setattr(failures, "GRACE", 0.3)
    monkeypatch.setattr(executors, "RETRIES", 1)
    (tmp_path / "faulty").touch()
    with filled(path, stuck, tmp_path / "faulty", 0) as league:
        with pytest.raises(failures.WorkerDied, match="died 2 times over the same matches"):
            league.run(480, "processes", workers=1, time_limit=0.1)
        (failure,) = league.store.failures()
        assert (failure.kind, failure.player) == ("process died", None)
        assert league.store.played() == failure.first


def test_a_choice_that_takes_too_long(path):
    def slow(state, player, rng):
        time.sleep(0.3)
        return state.actions(player)[0]

    with League("kuhn_poker", path) as league:
        league.add("uniform", UniformAgent())
        league.add("slow", StateAgent(slow))
        with pytest.raises(AgentError, match="slow took longer than its time limit of 0.1 s"):
            league.run(10, time_limit=0.1)


def test_the_alarm_of_the_program_is_given_back(path):
    import signal

    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        with filled(path) as league:
            league.run(60, time_limit=5)
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("limit", [0, -1.0, float("inf"), float("nan")])
def test_time_limits_that_are_none(path, limit):
    with filled(path) as league, pytest.raises(ValueError, match="time_limit must be a number of seconds above 0"):
        league.run(60, time_limit=limit)


def test_a_disk_that_fills_up(path):
    """The system refuses to let any file grow further (a limit of this process)."""
    tables = {f"table {seed}": Policy.random(League("kuhn_poker").game, seed) for seed in range(3)}

    def league_of_tables(where):
        league = League("kuhn_poker", where)
        for name, policy in tables.items():
            league.add(name, policy)
        return league

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with league_of_tables(path) as league:
        before = league.run(50_000).log()
        largest = max(p.stat().st_size for p in path.parent.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 40_000, limits[1]))
        try:
            with pytest.raises(StoreError, match="what was committed is safe, make room and run again"):
                league.run(2_000_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with League.open(path) as league, league_of_tables(None) as never:
        assert league.log()[:50_000] == before
        done = league.store.played()
        assert league.run(done + 30_000).log()[:done] == never.run(2_000_000).log()[:done]
        assert league.store._rows("PRAGMA integrity_check") == [("ok",)]


def test_a_store_that_another_program_has_locked(path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with filled(path) as league:
        league.run(240)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked by another program .*; what was committed is safe"):
            league.run(480)
        other.execute("ROLLBACK")
        other.close()
        with filled(None) as never:
            assert league.run(480).log() == never.run(480).log()


def test_a_checkpoint_with_one_flipped_bit(path):
    with League("kuhn_poker", path) as league:
        league.add("table", Policy.random(league.game, 1))
        league.store.set_state("training", {}, b"weights")
    with sqlite3.connect(path) as db:
        for digest, data in db.execute("SELECT hash, data FROM checkpoints").fetchall():
            damaged = bytes([data[0] ^ 1]) + data[1:]
            db.execute("UPDATE checkpoints SET data = ? WHERE hash = ?", (damaged, digest))
    db.close()
    with pytest.raises(StoreError, match=r"checkpoint [0-9a-f]{12} is damaged or absent"):
        League.open(path)
    from ludus.population import Store

    store = Store.open(path)
    with pytest.raises(StoreError, match="is damaged or absent"):
        store.state("training")
    store.close()


def test_what_is_no_number(path):
    with filled(path) as league:
        for name, value in (("matches", True), ("matches", -1), ("workers", 0), ("batch", 1.5)):
            with pytest.raises(ValueError, match=f"{name} must be an integer of at least"):
                league.run(**{"matches": 10, name: value})
        assert league.store.runs() == []
        assert np.isnan(league.payoffs().mean).all()
