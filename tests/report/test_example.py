"""The example of a league runs, and runs again without playing anything twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ludus.population import League

EXAMPLE = Path(__file__).parents[2] / "examples" / "league.py"


def test_the_league_example(tmp_path):
    logs = []
    for _ in range(2):
        done = subprocess.run([sys.executable, EXAMPLE], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        with League.open(tmp_path / "runs" / "league.db", read_only=True) as league:
            logs.append(league.log())
            exact = league.exact()
    assert len(logs[0]) == 200_000
    assert logs[0] == logs[1]
    assert exact.exploitability[exact.names.index("CFR+")] <= 1e-3
    assert "Leaderboard" in (tmp_path / "runs" / "league.html").read_text()
