"""Leagues and their store: what is kept, what is derived, what is refused."""

from __future__ import annotations

import itertools
import sqlite3

import numpy as np
import pytest

from ludus.games.agent import Agent, StateAgent, UniformAgent
from ludus.games.policy import Policy
from ludus.games.registry import make
from ludus.population import League, StoreError
from ludus.population.series import batch_size
from ludus.ratings.log import MatchLog


def first_legal(state, player, rng):
    return state.actions(player)[0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "league.db"


def filled(path, matches=3000, **options):
    game = make("kuhn_poker")
    league = League(game, path, **options)
    for seed in range(3):
        league.add(f"table {seed}", Policy.random(game, seed))
    league.add("uniform", UniformAgent(), parent="table 0")
    return league.run(matches, seed=1)


def test_a_league_comes_back_without_its_agents(path):
    with filled(path) as league:
        log, payoffs = league.log(), league.payoffs()
    with League.open(path) as again:
        assert again.names == ("table 0", "table 1", "table 2", "uniform")
        assert again.members[3].row.parent == "table 0"
        assert again.log() == log
        again.run(3000, seed=1)
        assert again.log() == log, "the series was complete"
        again.run(4000, seed=1)
        assert again.log()[:3000] == log
        again.run(1000, seed=2)
        assert len(again.log()) == 5000
    assert payoffs.count.sum() == 2 * 3000


def test_executors_and_pauses_give_one_log(path, tmp_path):
    with filled(path, 20_000) as league, filled(tmp_path / "pool.db", 0) as pool, filled(None, 0) as paused:
        pool.run(20_000, "processes", seed=1, workers=2)
        assert pool.log() == league.log()
        steps = paused.iterate(20_000, seed=1)
        next(steps)
        steps.close()
        paused.run(20_000, seed=1)
        assert paused.log() == league.log()


def test_round_robin_is_balanced():
    with filled(None, 6000) as league:
        count = league.payoffs().count
        assert (count[~np.eye(4, dtype=bool)] == 1000).all()
        for seat in (0, 1):
            assert (league.payoffs(seat).count[~np.eye(4, dtype=bool)] == 500).all()


def test_processes_that_are_started_anew(monkeypatch):
    """Where forking is not safe the members travel: as policies, or pickled where there is no tree."""
    from ludus.population import executors

    monkeypatch.setattr(executors, "start_method", lambda: "spawn")
    for name in ("kuhn_poker", "connect_four"):
        logs = []
        for executor in ("serial", "processes"):
            with League(name) as league:
                league.add("a", UniformAgent())
                league.add("b", UniformAgent())
                league.add("c", Policy.random(league.game, 1) if name == "kuhn_poker" else UniformAgent())
                logs.append(league.run(1300, executor, workers=2).log())
        assert logs[0] == logs[1]
    with League("kuhn_poker") as league:
        league.add("a", UniformAgent())
        league.add("b", StateAgent(lambda state, player, rng: 0))
        with pytest.raises(TypeError, match="cannot be sent to a new process"):
            league.run(100, "processes")


def test_stored_members_play_as_the_ones_that_were_added(path):
    """Also against one that is asked: a policy stands for its agent everywhere."""
    logs = []
    for reopen in (False, True):
        with League("kuhn_poker", None if not reopen else path) as league:
            league.add("uniform", UniformAgent())
            league.add("scripted", StateAgent(first_legal))
            if not reopen:
                logs.append(league.run(500).log())
    with League.open(path) as league:
        league.add("scripted", StateAgent(first_legal))
        logs.append(league.run(500).log())
    assert logs[0] == logs[1]


def test_members_meet_by_turns():
    """A rating that is folded over the log must not see all matches of a pair in one piece."""
    with filled(None, 12 * 50) as league:
        players = league.log().players.reshape(-1, 12, 2)
    pairs = {frozenset(p) for p in itertools.combinations(range(4), 2)}
    for round_ in players:
        assert [frozenset(p) for p in round_[0::2]] == [frozenset(p) for p in round_[1::2]]
        assert {frozenset(p) for p in round_} == pairs


@pytest.mark.parametrize(("matches", "parts", "size"), [(1, 1, 12), (10**6, 1, 42), (10**5, 40, 500), (10**7, 3, 512)])
def test_batches_are_whole_rounds(matches, parts, size):
    batch = batch_size(matches, parts, size, 16_384)
    assert batch % size == 0
    assert size <= batch <= max(size, 16_384)
    assert batch == size or batch * parts <= matches


def test_large_populations_are_dealt_with_in_parts():
    from ludus.population.matchmaking import MOST_SETS, round_robin, rounds

    parts = rounds(tuple(range(60)), 2)
    assert all(len(part) <= 2 * MOST_SETS for part in parts)
    seen = [tuple(row) for k in range(len(parts)) for row in round_robin(k, tuple(range(60)), 2).tolist()]
    assert sorted(seen) == sorted(itertools.permutations(range(60), 2))


def test_payoffs_are_those_of_the_log():
    with filled(None, 2000) as league:
        log, payoffs = league.log(), league.payoffs()
    returns = {}
    for match in log:
        (a,), (b,) = match.teams
        returns.setdefault((a, b), []).append(match.scores[0])
        returns.setdefault((b, a), []).append(match.scores[1])
    for i, j in itertools.permutations(range(4), 2):
        mine = np.array(returns[log.names[i], log.names[j]])
        theirs = np.array(returns[log.names[j], log.names[i]])
        assert payoffs.count[i, j] == len(mine)
        assert payoffs.mean[i, j] == pytest.approx(mine.mean())
        assert payoffs.variance[i, j] == pytest.approx(mine.var(ddof=1))
        assert payoffs.wins[i, j] == (mine > theirs).sum()
        assert payoffs.win_rate[i, j] == pytest.approx((mine > theirs).mean())
    others = [[payoffs.mean[i, j] for j in range(4) if j != i] for i in range(4)]
    np.testing.assert_allclose(payoffs.field, np.mean(others, axis=1))
    assert np.isnan(payoffs.mean.diagonal()).all()


def test_three_players_meet():
    game = make("kuhn_poker(players=3)")
    with League(game, paired=True) as league:
        for seed in range(4):
            league.add(f"m{seed}", Policy.random(game, seed))
        payoffs = league.run(2400).payoffs()
        assert (payoffs.count[~np.eye(4, dtype=bool)] == 1200).all()
        assert len(league.log()) == 2400


def test_the_file_tells_its_matches_to_sql(path):
    with filled(path, 700) as league:
        log = league.log()
    assert MatchLog.read(path) == MatchLog.from_arrays(
        [[log.names[p] for p in row] for row in log.players.reshape(-1, 2)], scores=log.scores.reshape(-1, 2)
    )


def test_codes_of_two_and_four_bytes(path):
    """Many different outcomes: the codes widen, and both readers still agree."""
    from ludus.population.store import Batch, StageRow, Store

    rng = np.random.default_rng(0)
    with filled(path, 0) as league:
        store: Store = league.store
        stage = store.add_stage(StageRow(-1, 9, 0, 70_000, (0, 1, 2, 3), "round_robin", False), "test")
        outcomes = rng.normal(size=(66_000, 2))
        codes = np.resize(rng.permutation(66_000), 70_000).astype(np.int32)
        rota = np.array([[1, 2], [2, 1]])
        for start, stop in ((0, 100), (100, 1000), (1000, 70_000)):
            assert store.commit([Batch(stage.id, start, rota, start, 4, outcomes, codes[start:stop])])
        assert {row[0] for row in store._rows("SELECT width FROM batches")} == {1, 2, 4}
        players, scores = store.matches()
        np.testing.assert_array_equal(scores, outcomes[codes])
        np.testing.assert_array_equal(players[0::2], np.broadcast_to([1, 2], (35_000, 2)))
        query = "SELECT score FROM match_log WHERE match >= 990 AND match < 1400 ORDER BY match, seat"
        np.testing.assert_array_equal(np.reshape(store._rows(query), (-1, 2)), scores[990:1400])


def test_a_batch_committed_twice_counts_once():
    from ludus.population.store import Batch

    with filled(None, 1000) as league:
        before = league.log()
        stage = league.store.last_stage(1)
        again = Batch(stage.id, 0, np.array([[0, 1]]), 0, 1, np.array([[1.0, -1.0]]), np.zeros(10, np.int32))
        assert league.store.commit([again]) == 0
        assert league.log() == before


def test_members_are_frozen(path):
    with filled(path, 100) as league:
        league.add("table 1", Policy.random(league.game, 1))
        with pytest.raises(ValueError, match="another agent; members are frozen"):
            league.add("table 1", Policy.random(league.game, 7))
        with pytest.raises(ValueError, match="no member 'nobody'"):
            league.add("child", UniformAgent(), parent="nobody")
        with pytest.raises(ValueError, match="name is a text"):
            league.add("", UniformAgent())


def test_agents_that_cannot_be_stored_are_asked_for(path):
    with filled(path, 0) as league:
        league.add("scripted", StateAgent(first_legal))
        league.run(200)
    with League.open(path) as league:
        with pytest.raises(ValueError, match=r"agents of scripted could not be stored: add them again"):
            league.run(400)
        league.add("scripted", StateAgent(first_legal))
        assert len(league.run(400).log()) == 400


def test_an_agent_that_fails_loses_nothing_that_was_played(path):
    class Fails(Agent):
        name = "fails"
        left = 6

        def act(self, obs, legal, memory, rng):
            self.left -= 1
            return (legal.argmax(1) if self.left > 0 else np.full(len(obs), -1)), memory

    with filled(path, 0) as league:
        league.add("fails", Fails())
        with pytest.raises(ValueError, match="fails chose the illegal action -1"):
            league.run(8000)
        kept = len(league.log())
    with League.open(path, read_only=True) as league:
        assert len(league.log()) == kept > 0


def test_unknown_preset_and_executor_name_what_there_is():
    with pytest.raises(ValueError, match="no preset 'alpha'; there is round_robin"):
        League("kuhn_poker", preset="alpha")
    with filled(None, 0) as league:
        with pytest.raises(ValueError, match="no executor 'rey'; there is serial, processes"):
            league.run(10, executor="rey")
        with pytest.raises(ValueError, match="matches must be"):
            league.run(1.5)
    with League("kuhn_poker") as league, pytest.raises(ValueError, match="needs 2 members"):
        league.run(10)


def test_a_full_disk_loses_nothing_that_was_written(path):
    with filled(path, 100_000) as league:
        before, (pages,) = league.log(), league.store._rows("PRAGMA page_count")[0]
        league.store._rows(f"PRAGMA max_page_count = {pages + 8}")
        with pytest.raises(StoreError, match="full"):
            league.run(400_000, seed=1)
    with League.open(path) as league, filled(None, 100_000) as never:
        assert league.log()[:100_000] == before
        assert league.run(400_000, seed=1).log() == never.run(400_000, seed=1).log()


# -- stores that are not what they should be ---------------------------------------------------------------------------


def test_what_is_no_store(path, tmp_path):
    with pytest.raises(FileNotFoundError, match="no league store"):
        League.open(path)
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="it is empty"):
        League.open(path)
    path.write_text("winner,loser\n" * 500)
    for attempt in (lambda: League.open(path), lambda: League("kuhn_poker", path)):
        with pytest.raises(StoreError, match="is no league store"):
            attempt()
    assert path.read_text() == "winner,loser\n" * 500
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (x)")
    db.close()
    for attempt in (lambda: League.open(other), lambda: League("kuhn_poker", other)):
        with pytest.raises(StoreError, match="is no league store"):
            attempt()


def test_another_schema_version(path):
    filled(path, 0).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="schema version 99; this ludus reads versions 1 to 2"):
        League.open(path)


def test_another_game(path):
    filled(path, 0).close()
    with pytest.raises(StoreError, match="league with game kuhn_poker, not leduc_poker"):
        League("leduc_poker", path)
    with pytest.raises(StoreError, match="league of kuhn_poker version 1, not of leduc_poker"):
        League.open(path, game="leduc_poker")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE facts SET value = 'house_game' WHERE key = 'game'")
    db.close()
    with pytest.raises(StoreError, match=r"league of house_game: .* pass the game as `game`"):
        League.open(path)


def test_the_same_id_with_other_rules(path, monkeypatch):
    filled(path, 0).close()
    other = make("leduc_poker")
    object.__setattr__(other, "id", "kuhn_poker")
    with pytest.raises(StoreError, match="'table 0' was made for another game"):
        League.open(path, game=other)


def test_two_coordinators(path):
    with filled(path, 100):
        with pytest.raises(StoreError, match="in use by another coordinator"):
            League.open(path)
        with pytest.raises(StoreError, match="in use by another coordinator"):
            League("kuhn_poker", path)
        with League.open(path, read_only=True) as reader:
            assert len(reader.log()) == 100
            with pytest.raises(StoreError, match="readonly"):
                reader.run(200)
    with League.open(path) as league:
        assert len(league.run(200, seed=1).log()) == 200


def test_damage_is_found(path):
    filled(path, 1000).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE batches SET codes = zeroblob(count * width) WHERE first = 0")
        db.execute("UPDATE checkpoints SET data = x'00' WHERE hash = (SELECT checkpoint FROM players WHERE id = 0)")
    db.close()
    with pytest.raises(StoreError, match=r"checkpoint .* is damaged"):
        League.open(path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE players SET checkpoint = NULL")
    db.close()
    with League.open(path) as league, pytest.raises(StoreError, match="matches from number 0 on is damaged"):
        league.log()


def test_a_torn_file(path):
    filled(path, 50_000).close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="damaged"), League.open(path) as league:
        league.log()


@pytest.mark.parametrize("content", ["kuhn_poker", "leduc_poker"])
def test_exact_payoffs_are_the_limits_of_the_played_ones(content):
    game = make(content)
    with League(game) as league:
        for seed in range(3):
            league.add(f"t{seed}", Policy.random(game, seed))
        league.add("uniform", UniformAgent())
        league.add("scripted", StateAgent(first_legal))
        exact = league.exact()
        assert exact.names == ("t0", "t1", "t2", "uniform")
        played = league.run(40_000).payoffs()
    value, mean, error = exact.value, played.mean[:4, :4], played.error[:4, :4]
    off = ~np.eye(4, dtype=bool)
    assert (np.abs(value - mean)[off] < 4.5 * error[off]).all()
    np.testing.assert_allclose((value + value.T)[off], 0.0, atol=1e-12)
    assert (exact.exploitability > 0).all()
    # The uniform profile: NashConv 11/12 in Kuhn poker and 4.7472222 in Leduc poker, halved.
    known = {"kuhn_poker": 11 / 24, "leduc_poker": 4.747222222222222 / 2}
    assert exact.exploitability[3] == pytest.approx(known[content], abs=1e-9)
