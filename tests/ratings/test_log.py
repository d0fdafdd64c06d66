"""MatchLog: what goes in comes out, in every format, and what is wrong is named with its place."""

from __future__ import annotations

import itertools
import json
import sqlite3

import numpy as np
import pandas as pd
import polars as pl
import pytest

from ludus.ratings import MatchLog

from .strategies import random_log


def test_duels_from_arrays():
    log = MatchLog.from_arrays(winners=[0, 1, 2], losers=[1, 2, 0], draws=[False, True, False])
    assert len(log) == 3
    assert log.duels
    assert log.names == ("0", "1", "2")
    assert log.ranks.tolist() == [0, 1, 0, 0, 0, 1]
    assert log.match(1).teams == (("1",), ("2",))


def test_matrix_form_with_teams_and_scores():
    log = MatchLog.from_arrays(
        [[4, 0, 1, 2], [2, 3, 1, 0]], [[1, 0, 1, 0], [0, 0, 1, 1]], scores=[[3.0, 5.0], [2.0, 2.0]]
    )
    first, second = log.match(0), log.match(1)
    assert first.teams == (("0", "2"), ("4", "1"))
    assert first.ranks == (1, 0)
    assert second.ranks == (0, 0)
    assert second.scores == (2.0, 2.0)


def test_ragged_rows_and_values_per_player():
    log = MatchLog.from_arrays(
        [["a", "b", "c"], ["b", "a"]], [[0, 0, 1], [1, 0]], ranks=[[2, 2, 1], [1, 2]], weights=[[1, 0.5, 1], [1, 1]]
    )
    assert log.match(0) == ((("a", "b"), ("c",)), (1, 0), None, ((1.0, 0.5), (1.0,)), None, None)
    assert log.match(1).teams == (("a",), ("b",))
    assert log.match(1).ranks == (0, 1)  # a row of two values for two teams is read in order of team label
    nested = MatchLog.from_arrays([[["a", "b"], ["c"]], [["b"], ["a"]]], ranks=[[2, 1], [2, 1]])
    assert [m.teams for m in nested] == [(("a", "b"), ("c",)), (("b",), ("a",))]


def test_flat_seats_in_any_order():
    log = MatchLog.from_arrays(
        ["a", "x", "b", "y", "c"], ["r", "k", "s", "l", "r"], matches=[7, 3, 7, 3, 7], ranks=[1, 1, 2, 2, 1]
    )
    assert [m.teams for m in log] == [(("a", "c"), ("b",)), (("x",), ("y",))]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"winners": [0, 1], "losers": [1, 1]}, ["match 1", "twice"]),
        ({"winners": [0, 1], "losers": [1]}, ["one length"]),
        ({"winners": [0], "losers": [1], "ranks": [[1, 2]]}, ["ranks"]),
        ({"winners": [0], "losers": [5], "names": ["a", "b"]}, ["match 0", "5", "0..1"]),
        ({"winners": [0], "losers": [-1]}, ["match 0", "-1"]),
        ({"players": [[0, 1], [0, 0]], "ranks": [[1, 2], [1, 2]]}, ["match 1", "'0'", "twice"]),
        ({"players": [[0, 1], [0, 2]], "scores": [[1, 2], [1, np.nan]]}, ["scores", "match 1", "nan"]),
        ({"players": [[0, 1]], "ranks": [[1, 2]], "weights": [[1, -1]]}, ["weights", "match 0", "-1"]),
        ({"players": [[0, 1]], "ranks": [[1, 2, 3]]}, ["ranks", "match 0", "3 values"]),
        ({"players": [[0, 1]], "ranks": [[1, 2], [1, 2]]}, ["ranks", "2 rows"]),
        ({"players": [[0, 1]]}, ["ranks or scores"]),
        ({"players": [[0], [1]], "ranks": [[1], [1]]}, ["match 0", "one team"]),
        ({"players": [[0, 1]], "ranks": [[1, 2]], "times": [np.inf]}, ["times", "match 0", "inf"]),
        ({"players": [[0, 1, 2]], "teams": [[0, 1]], "ranks": [[1, 2]]}, ["teams", "match 0"]),
        ({"players": [[0, 1, 2]], "teams": [[0, 1, 1]], "ranks": [[1, 2, 3]]}, ["ranks", "match 0", "different"]),
        ({"players": [0, 1, 2], "ranks": [1, 2, 3]}, ["matches"]),
    ],
)
def test_bad_arrays_are_named(arguments, words):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        MatchLog.from_arrays(**arguments)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert "\n" not in str(error.value)


def test_slices_masks_and_matches():
    log = random_log(1, weights=True, times=True, scores=True)
    matches = list(log)
    assert list(log[10:20]) == matches[10:20]
    assert list(log[5:40:7]) == matches[5:40:7]
    mask = np.arange(len(log)) % 3 == 0
    assert list(log[mask]) == matches[::3]
    assert list(log[np.array([9, 2, 2])]) == [matches[9], matches[2], matches[2]]
    assert log[-1] == matches[-1]
    assert len(log[50:10]) == 0
    assert MatchLog.concat([log[:7], log[7:]]) == log
    with pytest.raises(IndexError, match="60"):
        log[60]
    for array in (log.players, log[3:].players, log.ranks):
        assert not array.flags.writeable


def test_large_matches_rank_like_small_ones():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 20, 60).astype(float)
    log = MatchLog.from_arrays([np.arange(60)], scores=[scores])
    assert log.ranks.tolist() == [(scores > s).sum() for s in scores]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("scores", [True, False])
def test_files_round_trip(tmp_path, suffix, scores):
    log = random_log(3, scores=scores, weights=True, times=True)
    path = tmp_path / f"log{suffix}"
    log.write(path)
    assert list(MatchLog.read(path)) == list(log)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_dataframes_round_trip(backend):
    log = random_log(4, weights=True)
    assert list(MatchLog.read(log.to_frame(backend))) == list(log)


def test_the_short_form_and_its_draws(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("Winner, Loser ,draw,season\nann,bob,0,1\nbob,cat,1,1\nann,cat,,2\n")
    log = MatchLog.read(path)
    assert log.duels
    assert [m.ranks for m in log] == [(0, 1), (0, 0), (0, 1)]
    assert list(MatchLog.read(pd.read_csv(path, skipinitialspace=True).rename(columns=str.strip))) == list(log)
    frame = pl.DataFrame({"winner": ["ann"], "loser": ["bob"]})
    assert MatchLog.read(frame).match(0).teams == (("ann",), ("bob",))


def test_csv_as_the_world_writes_it(tmp_path, monkeypatch):
    """Quotation marks, line ends of Windows, a byte order mark, blank lines, and chunks that end anywhere."""
    from ludus.ratings import _csv

    plain = "winner,loser\na,b\nb,c\nc,a\n"
    want = [(("a",), ("b",)), (("b",), ("c",)), (("c",), ("a",))]
    variants = [
        plain,
        plain.replace("\n", "\r\n"),
        "\ufeff" + plain,
        plain.replace("b,c", '"b",c'),
        plain.replace("winner", '"winner"'),
        plain.replace("b,c\n", "b,c\n\n"),
        plain.rstrip("\n"),
        plain + "\n\n",
    ]
    for block in (1, 5, 1 << 20):
        monkeypatch.setattr(_csv, "_BLOCK", block)
        for k, text in enumerate(variants):
            path = tmp_path / "m.csv"
            path.write_text(text, newline="")
            assert [m.teams for m in MatchLog.read(path)] == want, (block, k)
    path.write_text('winner,loser\n"a, jr",b\n"b\nc",d\n')
    assert MatchLog.read(path).names == ("a, jr", "b\nc", "b", "d")
    path.write_bytes(b"winner,loser\n\xff,b\n")
    with pytest.raises(ValueError, match="UTF-8"):
        MatchLog.read(path)


def test_files_come_out_in_order_of_time(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("winner,loser,time\na,b,5\nb,c,1\nc,a,1\n")
    assert [m.teams[0][0] for m in MatchLog.read(path)] == ["b", "c", "a"]


LONG = "match,player,team,score,weight\n1,a,1,3,1\n1,b,2,2,1\n2,a,1,0,1\n2,c,2,9,1\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty", "winner,loser"]),
        ("match,who,score\n1,a,2\n", ["'who'", "match,player"]),
        (LONG.replace("2,c,2,9,1", "2,c,2,nan,1"), ["row 4", "score", "nan"]),
        (LONG.replace("2,c,2,9,1", "2,c,2,x,1"), ["row 4", "score", "'x'"]),
        (LONG.replace("1,b,2,2,1", "1,b,2,2,-1"), ["row 2", "weight", "-1"]),
        (LONG.replace("1,b,2,2,1", "1,a,2,2,1"), ["row 2", "player", "'a'", "twice"]),
        (LONG.replace("1,b,2,2,1", "1,b,2,2"), ["row 2", "4 fields", "5"]),
        (LONG.replace("1,b,2,2,1", "1,b,1,2,1"), ["row 2", "score", "same team"]),
        (LONG + "3,a,1,1,1\n", ["row 5", "one team"]),
        ("winner,loser\na,b\nc,c\n", ["row 2", "'c'", "twice"]),
        ("winner,loser\na,\n", ["row 1", "loser", "empty"]),
        ("winner,loser,draw\na,b,perhaps\n", ["row 1", "draw", "'perhaps'"]),
        ("winner,loser,time\na,b,inf\n", ["row 1", "time", "inf"]),
        ("winner,loser,winner\na,b,c\n", ["'winner'", "twice"]),
    ],
)
def test_bad_files_are_named_by_row_and_column(tmp_path, text, words):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ValueError) as error:  # noqa: PT011
        MatchLog.read(path)
    assert all(word in str(error.value) for word in ["bad.csv", *words]), str(error.value)
    assert "\n" not in str(error.value)


def test_bad_json_and_other_sources(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"teams": [["a"], ["b"]], "ranks": [1, 2]}\n{"teams": [["a"], ["b"]], "ranks": [1]}\n')
    with pytest.raises(ValueError, match="line 2: 1 ranks for 2 teams"):
        MatchLog.read(path)
    path.write_text("{oops\n")
    with pytest.raises(ValueError, match="line 1"):
        MatchLog.read(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        MatchLog.read(tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match="xlsx"):
        MatchLog.read(tmp_path / "m.xlsx")
    with pytest.raises(TypeError, match="int"):
        MatchLog.read(3)


def test_null_in_parquet_is_named(tmp_path):
    path = tmp_path / "m.parquet"
    pl.DataFrame({"match": [1, 1], "player": ["a", "b"], "score": [1.0, None]}).write_parquet(path)
    with pytest.raises(ValueError, match=r"score.*row 2"):
        MatchLog.read(path)


def test_league_store_view(tmp_path):
    path = tmp_path / "league.db"
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE match_log(match INTEGER, player, team INTEGER, score REAL, weight REAL, time REAL, game TEXT)"
        )
        db.executemany(
            "INSERT INTO match_log VALUES (?,?,?,?,?,?,?)",
            [(1, "a", 0, 1.0, None, 0.0, "g"), (1, "b", 1, -1.0, None, 0.0, "g")],
        )
    db.close()
    log = MatchLog.read(path)
    assert log.match(0) == ((("a",), ("b",)), (0, 1), (1.0, -1.0), None, 0.0, "g")
    (tmp_path / "other.db").write_bytes(b"")
    with pytest.raises(ValueError, match="match_log"):
        MatchLog.read(tmp_path / "other.db")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_streaming_gives_the_same_matches(tmp_path, suffix):
    log = random_log(5, matches=53)
    path = tmp_path / f"log{suffix}"
    log.write(path)
    chunks = list(MatchLog.stream(path, matches=10))
    assert [len(c) for c in chunks] == [10, 10, 10, 10, 10, 3]
    assert [m for c in chunks for m in c] == list(log)
    for before, after in itertools.pairwise(chunks):
        assert after.names[: before.num_players] == before.names


def test_a_failed_write_leaves_nothing(tmp_path):
    log = random_log(6)
    with pytest.raises(ValueError, match="xyz"):
        log.write(tmp_path / "log.xyz")
    with pytest.raises(FileNotFoundError, match="folder"):
        log.write(tmp_path / "missing" / "log.csv")
    assert list(tmp_path.iterdir()) == []


def test_json_lines_are_plain_json(tmp_path):
    path = tmp_path / "log.jsonl"
    random_log(7, matches=2).write(path)
    assert set(json.loads(path.read_text().splitlines()[0])) == {"teams", "ranks"}
