"""`LEAGUE.toml`: what is accepted, what is refused and how, and that running it again changes nothing."""

from __future__ import annotations

import pytest

from ludus.population import StoreError
from ludus.population.config import ConfigError, LeagueConfig, parse_config, read_config, run_config

BOTS = """
import numpy as np
from ludus import Agent


class First(Agent):
    def __init__(self, place=0):
        self.place = place

    def act(self, obs, legal, memory, rng):
        return np.sort(np.where(legal, np.arange(legal.shape[1]), 99), axis=1)[:, self.place], memory


def last(state, player, rng):
    return state.actions(player)[-1]
"""
FILE = """
[league]
game = "kuhn_poker"
store = "league.db"
preset = "swiss"
[run]
matches = 400
seed = 7
time_limit = 5
[[members]]
name = "solved"
solve = { algorithm = "cfr+", iterations = 20 }
[[members]]
name = "random"
random_policy = 3
parent = "solved"
[[members]]
name = "prefers"
prefers = [1, 0]
[[members]]
name = "first"
python = "kuhn_bots.py:First"
arguments = { place = 1 }
[[members]]
name = "last"
python = "kuhn_bots.py:last"
"""


def changed(file, old, new):
    text = file.read_text()
    assert text.count(old) >= 1
    file.write_text(text.replace(old, new, 1))


@pytest.fixture
def file(tmp_path):
    (tmp_path / f"{tmp_path.name}.py").write_text(BOTS)
    (tmp_path / "LEAGUE.toml").write_text(FILE.replace("kuhn_bots", tmp_path.name))
    return tmp_path / "LEAGUE.toml"


def test_a_run_records_what_it_was_and_running_again_resumes(file):
    with run_config(file) as league:
        log = league.log()
        assert league.store.path == file.parent / "league.db"
        assert league.names == ("solved", "random", "prefers", "first", "last")
        assert league.store.players()[1].parent == "solved"
    with run_config(file) as league:
        assert league.log() == log
    with run_config(file, matches=600, executor="processes", workers=2) as league:
        assert league.log()[:400] == log
        assert len(league.log()) == 600
        runs = league.store.runs()
    assert [(run.executor, run.seed, run.config["matches"]) for run in runs] == [
        ("serial", 7, 400),
        ("processes", 7, 600),
    ]
    assert parse_config(runs[1].config["file"]).members[0].solve.iterations == 20
    assert {"ludus", "numpy", "kuhn_poker"} <= set(runs[0].versions)


TRAINING = """
[league]
game = "kuhn_poker"
preset = "alphastar"
oracle = "evolution_strategies"
oracle_options = { population = 4 }
matches_per_round = 40
budget = 1
options = { patience = 1, league_exploiters = 1 }
[run]
matches = 600
[[members]]
name = "guest"
agent = "uniform"
"""


def test_a_league_that_trains_resumes_from_its_file(file):
    file.write_text(TRAINING)
    with run_config(file) as league:
        log, names = league.log(), league.names
        assert {row.role for row in league.store.players()} >= {"main", "main exploiter", "league exploiter"}
    with run_config(file) as league:
        assert (league.log(), league.names) == (log, names)
    with run_config(file, matches=800) as league:
        assert (league.log().players[: 2 * 600] == log.players).all()
        assert (league.log().scores[: 2 * 600] == log.scores).all()


def test_a_member_that_was_made_otherwise_is_refused(file):
    run_config(file).close()
    changed(file, "iterations = 20", "iterations = 30")
    with pytest.raises(ConfigError, match=r"members.0: 'solved' is in .*league.db otherwise; members are frozen"):
        run_config(file)
    changed(file, "kuhn_poker", "leduc_poker")
    with pytest.raises(StoreError, match="league with game kuhn_poker, not leduc_poker"):
        run_config(file)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("matches = 400", "", r"LEAGUE.toml: run.matches: this key is missing"),
        ("matches = 400", 'matches = "400"', r"run.matches: input should be a valid integer, got '400'"),
        ("matches = 400", "matches = -1", r"run.matches: input should be greater than or equal to 0, got -1"),
        ("seed = 7", "sed = 7", r"run.sed: there is no such key; did you mean 'seed'\?"),
        ("seed = 7", "quux = 7", r"run.quux: there is no such key; known: matches, seed, executor"),
        ("seed = 7", 'executor = "procesess"', r"run.executor: 'procesess' is none of .*; did you mean 'processes'\?"),
        ('preset = "swiss"', 'preset = "swis"', r"league.preset: 'swis' is none of .*; did you mean 'swiss'\?"),
        ("time_limit = 5", "time_limit = 0", r"run.time_limit: .* greater than 0, got 0"),
        (
            "iterations = 20",
            "iteration = 20",
            r"members.0.solve.iteration: there is no such key; did you mean 'iterations'",
        ),
        ("random_policy = 3", "", r"members.1: give one of agent, .*; got none"),
        (
            "random_policy = 3",
            'random_policy = 3\nagent = "uniform"',
            r"members.1: give one of .*; got agent and random_policy",
        ),
        ('parent = "solved"', 'parent = "last"', r"members.1.parent: there is no member 'last' above"),
        ('name = "random"', 'name = "solved"', r"members.1.name: 'solved' is there twice"),
        ("prefers = [1, 0]", "prefers = []", r"members.2.prefers: .*at least 1 item"),
        ("[league]", "[league", r"is no TOML file"),
        ('preset = "swiss"', "budget = 3", r"league: preset 'round_robin' trains nobody, and has no budget"),
        (
            'preset = "swiss"',
            'preset = "alphastar"\noptions = { patiense = 3 }',
            r"league: options.patiense: 'patiense' is none of .*; did you mean 'patience'\?",
        ),
        ('preset = "swiss"', 'preset = "pfsp"\noracle = "exakt"', r"league.oracle: 'exakt' is none of .* 'exact'\?"),
    ],
)
def test_mistakes_name_the_key_and_leave_nothing(file, old, new, message):
    changed(file, old, new)
    with pytest.raises(ConfigError, match=message):
        run_config(file)
    assert not (file.parent / "league.db").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (".py:last", ".py:nobody", r"members.4.python: '.*py:nobody' cannot be imported: .* no attribute 'nobody'"),
        (".py:last", "_nowhere.py:last", r"members.4.python: .*there is no file"),
        (".py:last", "", r"members.4.python: must be 'module:name' or 'file.py:name'"),
        ("place = 1", "plaice = 1", r"members.3.python: First cannot be made: .*plaice"),
        ("cfr+", "crf+", r"there is no algorithm 'crf\+'; did you mean 'cfr\+'"),
        ("kuhn_poker", "kun_poker", r"there is no game 'kun_poker'; did you mean 'kuhn_poker'"),
    ],
)
def test_agents_that_cannot_be_made(file, old, new, message):
    changed(file, old, new)
    with pytest.raises(ValueError, match=message):
        run_config(file)


def test_every_key_is_described_or_plain():
    """What `docs/leagues.md` lists is what the model has."""
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "leagues.md").read_text()
    for name, field in LeagueConfig.model_fields.items():
        table = field.annotation if isinstance(field.annotation, type) else field.annotation.__args__[0]
        for key in table.model_fields:
            assert f"`{key}`" in page, f"docs/leagues.md says nothing of {name}.{key}"


def test_the_example_is_valid():
    from pathlib import Path

    config = read_config(Path(__file__).parents[2] / "examples" / "league.toml")
    assert config.league.game == "leduc_poker"
