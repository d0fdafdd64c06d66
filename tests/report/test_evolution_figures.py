"""Pictures of evolution: written, and only of what they can show."""

from __future__ import annotations

import numpy as np
import pytest

from ludus import solvers
from ludus.report import evolution_figures as figures

RPS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])


def test_pictures_are_written(tmp_path):
    path = solvers.evolve(RPS, start=[0.5, 0.3, 0.2], time=5.0, points=20)
    long = solvers.stationary_distribution(RPS, population=6, mutation=0.1)
    written = [
        figures.phase_portrait(RPS, tmp_path / "simplex.svg", trajectories=[path], names=["r", "p", "s"], density=6),
        figures.phase_portrait("chicken", tmp_path / "square.svg", populations=2, density=5),
        figures.phase_portrait([[-1, 4], [0, 2]], tmp_path / "line.svg", "logit", noise=0.2),
        figures.shares_over_time(path, tmp_path / "time.svg", [["rock", "paper", "scissors"]]),
        figures.long_run(long, tmp_path / "long.svg"),
    ]
    for file in written:
        assert file.read_text().startswith("<?xml")


def test_points_of_the_simplex():
    assert figures._place((np.eye(3),)) == pytest.approx(figures.CORNERS)
    assert figures._place((np.full((1, 3), 1 / 3),))[0] == pytest.approx([0.5, np.sqrt(3) / 6])


def test_what_cannot_be_drawn(tmp_path):
    with pytest.raises(ValueError, match="a phase portrait shows one population of 2 or 3 actions"):
        figures.phase_portrait(np.zeros((2, 3, 2)), tmp_path / "a.svg")
    with pytest.raises(ValueError, match="long_run draws 2 or 3 strategies, got 4"):
        figures.long_run(solvers.stationary_distribution(np.zeros((4, 4)), population=3), tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())
