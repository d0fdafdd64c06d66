"""Every example runs from a folder of its own, at small size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ludus

EXAMPLES = Path(__file__).parent.parent / "examples"
SMALL = {
    "auctions.py": [],
    "axelrod_tournament.py": [],
    "bankruptcy.py": [],
    "braess.py": [],
    "commitment.py": [],
    "compare_solvers.py": ["--games", "kuhn_poker", "--iterations", "50"],
    "correlated_chicken.py": [],
    "demo.py": ["--matches", "4000", "--train-steps", "1024"],
    "empirical_game.py": [],
    "evolution.py": [],
    "games_of_skill.py": [],
    "league_self_play.py": ["--rounds", "6", "--seeds", "1"],
    "my_game.py": [],
    "network_game.py": [],
    "psro_leduc.py": ["--rounds", "4"],
    "quantal_curve.py": [],
    "refinements.py": [],
    "repeated_dilemma.py": [],
    "sheriff.py": [],
    "small_population.py": [],
    "train_two_step.py": [],
}
ELSEWHERE = {"league.py"}
"""Tested in tests/report/test_example.py, which looks at what it writes."""


def test_every_example_is_run():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SMALL) | ELSEWHERE


@pytest.mark.parametrize("name", sorted(SMALL))
def test_the_example_runs(name, tmp_path):
    done = subprocess.run([sys.executable, EXAMPLES / name, *SMALL[name]], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout
    if name == "demo.py":
        page = (tmp_path / "demo" / "report.html").read_text()
        assert "always raise" in page
        assert ludus.Solution.load(tmp_path / "demo" / "leduc.ludus").exploitability <= 1e-4


def test_preferring_agents_take_the_first_legal_action():
    game = ludus.make("leduc_poker")
    policy = ludus.tabulate(game, ludus.PreferenceAgent("raise", 2, 1))
    for _, row in policy.items():
        assert row[2 if 2 in row else 1] == 1.0
    with pytest.raises(ValueError, match=r"none of the actions \[0\] is legal"):
        ludus.PreferenceAgent("fold", 0).probabilities(np.zeros((1, 1)), np.array([[False, True, True]]))
    with pytest.raises(ValueError, match="at least one action"):
        ludus.PreferenceAgent("nothing")
