"""Leagues that train: the same as in memory, the same after any interruption, and clear about what they refuse."""

from __future__ import annotations

import itertools
import sqlite3

import numpy as np
import pytest

import ludus
from ludus.games.policy import Policy
from ludus.population import League, StoreError, series
from ludus.population.loop import self_play
from ludus.population.match import as_agent
from ludus.population.observed import LinearAgent, ObservedEvolution

SIZES = {"matches_per_round": 12, "budget": 40}
SMALL = {"oracle": "q_learning", **SIZES}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "league.db"


def content(league):
    """All that a run leaves: the matches, the members with their checkpoints, counters and counted results."""
    now = league.population
    members = [(m.name, m.role, m.parent, m.generation, m.frozen, m.trained, m.hyper) for m in now.members]
    arrays = [now.games, now.wins, now.draws, now.total, now.quality, now.sigma]
    states = [array.tobytes() for m in now.members for array in (m.state or {}).values()]
    rows = [(row.name, row.checkpoint) for row in league.store.players()]
    return league.log(), members, [a.tobytes() for a in arrays], states, rows, now.round


@pytest.mark.parametrize("preset", ["openai_five", "alphastar_pseudocode", "psro"])
def test_reopened_again_and_again_it_is_the_undisturbed_one(preset, path, monkeypatch):
    """Cut within rounds, between rounds and after single commits; each time all that is not in the file is lost."""
    options = {"every": 2} if preset == "openai_five" else {}
    with League("kuhn_poker", preset=preset, **SMALL, **options) as league:
        league.add("guest", Policy.random(league.game, 1))
        league.run(200, seed=3)
        league.run(300, seed=3)
        whole = content(league)
    monkeypatch.setattr(series, "COMMIT_SECONDS", -1.0)  # every task is committed alone
    with League("kuhn_poker", path, preset=preset, **SMALL, **options) as league:
        league.add("guest", Policy.random(league.game, 1))
        league.run(7, seed=3)
    for target in (7, 8, 40, 41, 96, 200):
        with League.open(path) as league:
            steps = league.iterate(target, seed=3)
            for _ in itertools.islice(steps, 4):
                pass
            steps.close()
    with League.open(path) as league:
        league.run(300, seed=3)
        assert len(league.log()) == 300
        assert content(league) == whole
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_training_that_was_lost_is_done_again(path, monkeypatch):
    """The process ends while it trains: the file has the last conclusion, and the next run comes to the same."""
    from ludus.population import training

    with League("kuhn_poker", preset="alphastar", **SMALL) as league:
        whole = content(league.run(240))
    real, calls = training.trained, itertools.count(1)

    def killed(*arguments):
        if next(calls) % 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(training, "trained", killed)
    for _ in range(40):
        with League("kuhn_poker", path, preset="alphastar", **SMALL) as league:
            try:
                assert content(league.run(240)) == whole
                return
            except KeyboardInterrupt:
                continue
    raise AssertionError("it never ended")


def test_the_store_and_the_memory_run_the_same_loop():
    populations = self_play("kuhn_poker", "q_learning", "openai_five", matches=12, budget=40, seed=5, every=2)
    *_, memory = itertools.islice(populations, 9)
    with League("kuhn_poker", preset="openai_five", every=2, **SMALL) as league:
        league.run(memory.matches, seed=5)
        stored = league.population
    assert [m._replace(state=None) for m in stored.members] == [m._replace(state=None) for m in memory.members]
    for mine, theirs in zip(stored.members, memory.members):
        np.testing.assert_array_equal(mine.state["values"], theirs.state["values"])
    np.testing.assert_array_equal(stored.games, memory.games)
    np.testing.assert_array_equal(stored.quality, memory.quality)
    assert stored.round == 8


def test_processes_give_the_same_league():
    found = []
    for executor in ("serial", "processes"):
        with League("kuhn_poker", preset="alphastar", paired=True, **SMALL) as league:
            found.append(content(league.run(150, executor, seed=1, workers=2)))
    assert found[0] == found[1]


def test_the_store_says_who_comes_from_whom(path):
    with League("kuhn_poker", path, preset="alphastar", patience=1, **SMALL) as league:
        league.run(300)
        kept = league.population
    with League.open(path, read_only=True) as league:
        rows = {member.name: member.row for member in league.members}
        assert [name for name, row in rows.items() if not row.frozen] == [
            "main",
            "main exploiter",
            "league exploiter 1",
            "league exploiter 2",
        ]
        assert rows["main v0"].parent == "main"
        assert rows["main v1"].generation == 1
        assert rows["main exploiter v0"].role == "main exploiter"
        assert all(row.checkpoint for row in rows.values())
        assert league.exact().exploitability.shape == (len(kept.members),)
        assert len(league.leaderboard().to_frame()) == len(kept.members)


def test_guests_are_met_from_when_they_come():
    with League("kuhn_poker", preset="fictitious", **SMALL) as league:
        league.run(60)
        league.add("late", Policy.random(league.game, 1))
        league.run(61)
        assert "late" in [m.name for m in league.population.members]
        league.run(400)
        counts = league.payoffs().count
        late = league.names.index("late")
        assert counts[0, late] > 0
        assert league.names[late + 1] == "learner v6"


def test_hyper_parameters_are_kept(path):
    options = {"learners": 4, "interval": 1, "hyper": {"rate": [0.1, 1.0]}, "high": 1.0}
    with League("kuhn_poker", path, preset="pbt", **SMALL, **options) as league:
        league.run(200)
        before = [member.hyper for member in league.population.members]
    with League.open(path) as league:
        assert [member.hyper for member in league.population.members] == before
    assert len(set(before)) > 1


def test_a_game_without_a_tree_is_learned_from_observations(path):
    oracle = ObservedEvolution(population=2, matches=4)
    with League("connect_four", path, preset="fictitious", oracle=oracle, matches_per_round=4, budget=1) as league:
        league.add("uniform", ludus.UniformAgent())
        league.run(12)
        weights = league.population.members[1].state["weights"]
    with League.open(path) as league:
        assert isinstance(league.members[1].agent, LinearAgent)
        np.testing.assert_array_equal(league.members[1].agent.weights, weights)
        assert len(league.run(16).log()) == 16


def test_observed_evolution_learns_to_win():
    """Rock against somebody who mostly plays scissors: the best response is rock, whatever is observed."""
    game = ludus.MatrixGame([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    oracle = ObservedEvolution(population=8, matches=32, rate=1.0)
    tree = game.tree()
    rival = as_agent(Policy.from_weights(tree, np.where(tree.sequence_action == 2, 8.0, 1.0)))
    state = oracle.start(game)
    for player in (0, 1):
        state = oracle.train(game, state, player, [rival], [1.0], seed=1, budget=15)
    policy = ludus.tabulate(game, oracle.agent(game, state))
    assert (policy.probabilities[tree.sequence_action == 0] > 0.8).all()


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_another_seed_is_another_league():
    with League("kuhn_poker", preset="vanilla", **SMALL) as league:
        league.run(20, seed=1)
        with pytest.raises(ValueError, match="seed must be 1, with which the training of this league began; got 2"):
            league.run(40, seed=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "alpha_star"}, "there is no preset 'alpha_star'; there is round_robin, .*openai_five, alphastar"),
        ({"preset": "alphastar", "speed": 1}, "alphastar has no option 'speed'; it has mains, main_exploiters"),
        ({"preset": "vanilla", "oracle": "guess"}, "there is no oracle 'guess'"),
        ({"preset": "vanilla", "matches_per_round": 0}, "matches_per_round must be an integer of at least 1, got 0"),
        ({"preset": "vanilla", "budget": 1.5}, "budget must be an integer of at least 1, got 1.5"),
        (
            {"preset": "round_robin", "oracle": "exact"},
            "preset 'round_robin' trains nobody, and has no option 'oracle'",
        ),
        ({"preset": "swiss", "mains": 2}, "preset 'swiss' trains nobody, and has no option 'mains'"),
    ],
)
def test_bad_settings_have_one_clear_error(options, message, path):
    with pytest.raises(ValueError, match=message):
        League("kuhn_poker", path, **options)
    assert not path.exists()


def test_games_for_three_are_refused():
    with pytest.raises(ValueError, match="methods for two players, and .* has 3"):
        League("kuhn_poker(players=3)", preset="alphastar")
    with pytest.raises(ValueError, match="matches must be an integer of at least 1"):
        self_play("kuhn_poker", matches=0)


def test_names_of_learners_are_taken():
    with League("kuhn_poker", preset="alphastar", league_exploiters=2, **SMALL) as league:
        for name in ("main", "league exploiter 2", "main v3"):
            with pytest.raises(ValueError, match="is a name for learners and their copies"):
                league.add(name, ludus.UniformAgent())
        league.add("maintenance", ludus.UniformAgent())


def test_a_league_keeps_its_settings(path):
    with League("kuhn_poker", path, preset="vanilla", **SMALL):
        pass
    with pytest.raises(StoreError, match="training"):
        League("kuhn_poker", path, preset="vanilla", oracle="exact", **SIZES)
    with pytest.raises(StoreError, match="preset vanilla, not fictitious"):
        League("kuhn_poker", path, preset="fictitious", **SMALL)


def always_calls(game, state, player, opponents, weights, seed, budget):
    return Policy.uniform(game)


def test_an_oracle_of_ones_own_is_asked_for(path):
    with League("kuhn_poker", path, preset="vanilla", oracle=always_calls, **SIZES) as league:
        league.run(20)
    with League.open(path) as league:
        assert len(league.log()) == 20
        with pytest.raises(ValueError, match="oracle .*always_calls.* could not be stored: pass it as `oracle`"):
            league.run(40)
    with League.open(path, oracle=always_calls) as league:
        assert len(league.run(40).log()) == 40
    with pytest.raises(StoreError, match="trains with the oracle"):
        League.open(path, oracle="exact")
