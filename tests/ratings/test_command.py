"""``ludus rate``: what is wrong with a log is one line that says where, and nothing is written."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("match,player,rank,weight\n1,a,1,1\n1,b,2,-3\n", "column 'weight', log.csv, row 2: got -3"),
        ("who,loser\na,b\n", "log.csv: the columns are 'who', 'loser'; expected"),
        ("match,player,rank\n1,a,1\n1,a,2\n", "column 'player', log.csv, row 2: 'a' is twice in one match"),
        ("match,player,score\n1,a,1\n1,b,nan\n", "column 'score', log.csv, row 2: got nan"),
        ("winner,loser\na,b\na\n", "log.csv, row 2: 1 fields, the header has 2"),
    ],
)
def test_bad_logs(text, message, tmp_path):
    (tmp_path / "log.csv").write_text(text)
    command = [sys.executable, "-m", "ludus", "rate", "log.csv", "--out", "board.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("ludus: " + message)
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]
