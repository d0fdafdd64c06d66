"""The command as a person types it: what it prints, its exit status, and one line where something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ludus

LUDUS = Path(sys.executable).parent / "ludus"


def run(*words, cwd=None, **environment):
    variables = {**os.environ, "COLUMNS": "100", **environment}
    return subprocess.run([LUDUS, *map(str, words)], capture_output=True, text=True, cwd=cwd, env=variables)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("solved")
    done = run(
        "solve",
        "kuhn_poker",
        "--target",
        "1e-3",
        "--out",
        folder / "kuhn.ludus",
        "--plot",
        folder / "gap.png",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_solve_prints_what_it_certifies_and_saves_it(solved):
    folder, facts = solved
    assert facts["exploitability"] <= 1e-3
    assert facts["values"][0] == pytest.approx(-1 / 18, abs=2e-3)
    loaded = ludus.Solution.load(folder / "kuhn.ludus")
    assert ludus.solvers.exploitability("kuhn_poker", loaded.policy) == pytest.approx(facts["exploitability"])
    assert (folder / "gap.png").read_bytes().startswith(b"\x89PNG")


def test_a_gambit_file_can_be_solved(tmp_path):
    assert run("games", "kuhn_poker", "--export", tmp_path / "kuhn.efg").returncode == 0
    done = run("solve", tmp_path / "kuhn.efg", "--target", "1e-3", "--json")
    assert json.loads(done.stdout)["values"][0] == pytest.approx(-1 / 18, abs=2e-3)


def test_games_lists_every_game_and_describes_one():
    listed = {row["id"] for row in json.loads(run("games", "--json").stdout)}
    assert listed == {info.id for info in ludus.available()}
    one = json.loads(run("games", "kuhn_poker(players=3)", "--tree", "--json").stdout)
    assert (one["players"], one["information sets"]) == (3, 48)


def test_every_command_teaches_itself():
    commands = ["games", "solve", "algorithms", "rate", "models", "play", "train", "report", "bench", "league", "psro"]
    assert set(commands) <= set(run("--help").stdout.split())
    for words in [*([c] for c in commands), ["league", "run"], ["league", "status"], ["league", "export"]]:
        done = run(*words, "--help")
        assert done.returncode == 0
        assert "Usage: ludus" in done.stdout


def test_the_path_from_a_league_to_a_report(tmp_path):
    with ludus.League("kuhn_poker", store=tmp_path / "league.db") as league:
        league.add("uniform", ludus.UniformAgent())
        league.add("solved", ludus.solve("kuhn_poker", iterations=50).policy)
        league.run(matches=2_000, seed=0)
    status = run("league", "status", tmp_path / "league.db")
    assert "exact" in status.stdout
    assert "solved" in status.stdout
    assert run("league", "export", tmp_path / "league.db", tmp_path / "log.csv").returncode == 0
    rated = run("rate", tmp_path / "log.csv", "--model", "elo", "--out", tmp_path / "board.csv")
    assert rated.returncode == 0
    assert (tmp_path / "board.csv").read_text().count("\n") == 3
    assert run("report", tmp_path / "league.db", "--out", tmp_path / "r.html").returncode == 0
    assert "<html" in (tmp_path / "r.html").read_text()


LEAGUE = """
[league]
game = "kuhn_poker"
store = "kuhn.db"
[run]
matches = 2_000
[[members]]
name = "uniform"
agent = "uniform"
[[members]]
name = "solved"
solve = { algorithm = "cfr+", iterations = 50 }
parent = "uniform"
"""


def test_a_league_from_its_file(tmp_path):
    """It runs, is found complete when asked again, goes on, and says so; its matches go to Parquet."""
    import pyarrow.parquet

    (tmp_path / "LEAGUE.toml").write_text(LEAGUE)
    first = json.loads(run("league", "run", "LEAGUE.toml", "--json", cwd=tmp_path).stdout)
    assert (first["matches"], [r["executor"] for r in first["runs"]]) == (2_000, ["serial"])
    assert first["runs"][0]["config"]["file"]["run"]["matches"] == 2_000
    again = run("league", "run", "LEAGUE.toml", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    more = run("league", "run", "LEAGUE.toml", "--matches", 3_000, "--executor", "processes", "--json", cwd=tmp_path)
    assert json.loads(more.stdout)["matches"] == 3_000
    status = run("league", "status", tmp_path / "kuhn.db")
    assert "3,000 of 3,000 (100%) matches" in status.stdout
    assert "run 2 on processes" in status.stdout
    assert run("league", "export", tmp_path / "kuhn.db", tmp_path / "log.parquet").returncode == 0
    assert pyarrow.parquet.read_table(tmp_path / "log.parquet").num_rows == 6_000
    (tmp_path / "LEAGUE.toml").write_text(LEAGUE.replace("matches", "match"))
    wrong = run("league", "run", "LEAGUE.toml", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "run.match: there is no such key; did you mean 'matches'?" in wrong.stderr


def test_train_and_resume(tmp_path):
    words = ("train", "vdn", "two_step", "--steps", "600", "--out", tmp_path / "run", "--json")
    first = run(*words)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["steps"] >= 600


def test_play_at_the_terminal(solved):
    folder, _ = solved
    words = [LUDUS, "play", "kuhn_poker", "--against", folder / "kuhn.ludus", "--seed", "1", "--seat", "0"]
    done = subprocess.run(words, input="bet\nn\n", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "The match is over" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["solve", "kun_poker"], "there is no game 'kun_poker'; did you mean 'kuhn_poker'"),
        (["solve", "kuhn_poker(players=9)"], "parameter players must be an integer from 2 to 5; got 9"),
        (["solve", "kuhn_poker", "--algorithm", "crf"], "there is no algorithm 'crf'; did you mean"),
        (["solve", "kuhn_poker", "--target", "-1"], "target must be positive"),
        (["solve", "kuhn_poker", "-o", "alpha"], "--option takes NAME=VALUE"),
        (["solve", "nothing.efg"], "nothing.efg"),
        (["rate", "nothing.csv"], "nothing.csv"),
        (["league", "status", "nothing.db"], "nothing.db"),
        (["league", "run", "nothing.toml"], "there is no configuration nothing.toml"),
        (["league", "status", "nothing.db", "--live", "--json"], "--live draws on the terminal"),
        (["play", "kuhn_poker", "--against", "nothing.ludus"], "nothing.ludus"),
        (["train", "qmx", "two_step"], "qmix"),
        (["bench", "nothing"], "there is no benchmark 'nothing'"),
        (["games", "--tree"], "--tree and --export need a game"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(words, message, tmp_path):
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("ludus: ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_solution_of_another_game_is_refused(solved):
    folder, _ = solved
    done = run("play", "leduc_poker", "--against", folder / "kuhn.ludus")
    assert done.returncode == 2
    assert "is a solution of kuhn_poker" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("league", "status"), ("report",), ("rate",)])
def test_a_damaged_store_is_refused(words, tmp_path):
    (tmp_path / "league.db").write_bytes(b"SQLite format 3\x00" + bytes(range(256)) * 40)
    done = run(*words, tmp_path / "league.db", cwd=tmp_path)
    assert done.returncode == 2
    assert "league.db" in done.stderr
    assert done.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["league.db"]


def test_a_damaged_solution_is_refused(solved, tmp_path):
    folder, _ = solved
    whole = (folder / "kuhn.ludus").read_bytes()
    (tmp_path / "half.ludus").write_bytes(whole[: len(whole) // 2])
    done = run("play", "kuhn_poker", "--against", tmp_path / "half.ludus")
    assert done.returncode == 2
    assert "damaged" in done.stderr
