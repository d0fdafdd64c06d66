"""The store by itself: schema versions, transactions, members with lineage, what training keeps, runs, failures."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from ludus.population import League, Store, StoreError
from ludus.population.checkpoints import content_hash, pack, unpack
from ludus.population.store import Batch, FailureRow, StageRow

OLD = Path(__file__).with_name("store_v1.sql")
"""A league of schema version 1, as the first version wrote it: kuhn_poker, 3 members, 150 matches of seed 3."""
MEANS = [[np.nan, 0.0, -0.12], [0.0, np.nan, -0.18], [0.12, 0.18, np.nan]]
"""Its payoffs, as the first version derived them."""


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        db.executescript(OLD.read_text())
    db.close()
    return path


@pytest.fixture
def store(tmp_path):
    made = Store.create(tmp_path / "league.db", {"game": "any", "players": "2"})
    yield made
    made.close()


def tables(path):
    with sqlite3.connect(path) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in names}


def test_an_old_file_is_brought_up_to_date(old, store):
    with League.open(old, read_only=True) as league:
        np.testing.assert_allclose(league.payoffs().mean, MEANS)
    assert sqlite3.connect(old).execute("PRAGMA user_version").fetchone() == (1,), "a reader leaves the file as it is"
    with League.open(old) as league:
        np.testing.assert_allclose(league.payoffs().mean, MEANS)
        assert [(row.name, row.parent, row.frozen) for row in league.store.players()] == [
            ("uniform", None, True),
            ("first", None, True),
            ("second", "first", True),
        ]
        assert len(league.run(150, seed=3).log()) == 150, "the series was complete"
        assert len(league.run(200, seed=3).log()) == 200
    assert tables(old) == tables(store.path)


def test_a_failing_step_leaves_the_old_version(old, monkeypatch):
    from ludus.population import store as module

    monkeypatch.setattr(module, "VERSIONS", (module.VERSIONS[0], module.VERSIONS[1] + "CREATE TABLE runs (x);\n"))
    before = tables(old)
    with pytest.raises(StoreError, match="table runs already exists"):
        Store.open(old)
    assert tables(old) == before


def test_checkpoints_are_known_by_their_content_and_hold_no_pickle():
    arrays = {"w": np.arange(6.0).reshape(2, 3), "name": np.array("a")}
    assert pack(**arrays) == pack(**arrays)
    assert content_hash(pack(**arrays)) != content_hash(pack(w=arrays["w"] + 1))
    assert {k: v.tolist() for k, v in unpack(pack(**arrays)).items()} == {k: v.tolist() for k, v in arrays.items()}
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        pack(evil=np.array([object()]))


def test_a_transaction_is_written_whole_or_not_at_all(store):
    """Matches, a snapshot and the state of training belong together."""
    stage = store.add_stage(StageRow(-1, 1, 0, 10, (0, 1), "any", False), "test")
    store.add_player("learner", "none", None, b"0", role="main agent", frozen=False)
    batch = Batch(stage.id, 0, np.array([[0, 1], [1, 0]]), 0, 5, np.array([[1.0, -1.0]]), np.zeros(10, np.int32))

    def step():
        with store.transaction():
            store.commit([batch])
            store.update_player("learner", b"1")
            store.add_player("learner 1", "none", "learner", b"1", role="main agent", generation=1)
            store.set_state("training", {"step": 1}, b"optimizer")
            if not done:
                raise KeyboardInterrupt

    for done in (False, True):
        if done:
            step()
        else:
            with pytest.raises(KeyboardInterrupt):
                step()
            assert (store.played(), len(store.players()), store.state("training")) == (0, 1, None)
            assert store.checkpoint(store.players()[0].checkpoint) == b"0"
    assert store.played() == 10
    assert store.state("training") == ({"step": 1}, b"optimizer")
    learner, snapshot = store.players()
    assert (learner.frozen, snapshot.frozen, snapshot.parent, snapshot.generation) == (False, True, "learner", 1)
    assert learner.checkpoint == snapshot.checkpoint == content_hash(b"1")
    players, scores = store.matches()
    assert players.tolist() == [[0, 1], [1, 0]] * 5
    assert scores.tolist() == [[1.0, -1.0]] * 10


def test_checkpoints_that_nobody_names_are_forgotten(store):
    store.add_player("learner", "none", None, b"0", frozen=False)
    store.add_player("snapshot", "none", "learner", b"0")
    for k in range(1, 4):
        store.update_player("learner", bytes([k]))
        store.set_state("training", k, b"state" + bytes([k]))
    kept = {data for (data,) in store._rows("SELECT data FROM checkpoints")}
    assert kept == {b"0", bytes([3]), b"state" + bytes([3])}
    with pytest.raises(StoreError, match="'snapshot' is no member, or is frozen"):
        store.update_player("snapshot", b"other")


def test_runs_and_failures_come_back(store):
    """Also seeds that need all 64 bits, unsigned."""
    seed = 2**64 - 1
    run = store.add_run(seed, "serial", {"matches": 5}, {"ludus": "0"})
    store.add_player("a", "none", None, None)
    store.add_failure(FailureRow(run, "a", seed, 3, 5, "raised", "it broke", 1.0))
    store.add_failure(FailureRow(None, None, seed, 0, 5, "process died", "killed", 2.0))
    assert [(r.seed, r.executor, r.config, r.versions) for r in store.runs()] == [
        (seed, "serial", {"matches": 5}, {"ludus": "0"})
    ]
    assert store.failures() == [
        FailureRow(run, "a", seed, 3, 5, "raised", "it broke", 1.0),
        FailureRow(None, None, seed, 0, 5, "process died", "killed", 2.0),
    ]


def test_payoffs_in_sql_are_those_of_the_league(tmp_path):
    from ludus.games.agent import UniformAgent

    with League("kuhn_poker", tmp_path / "k.db") as league:
        for name in "abc":
            league.add(name, UniformAgent())
        payoffs = league.run(600).payoffs()
        rows = league.store._rows("SELECT * FROM payoff_table ORDER BY player, opponent")
    assert len(rows) == 6
    for a, b, matches, mean, variance in rows:
        i, j = payoffs.names.index(a), payoffs.names.index(b)
        assert matches == payoffs.count[i, j]
        assert mean == pytest.approx(payoffs.mean[i, j])
        assert variance == pytest.approx(payoffs.variance[i, j])
