"""Pictures of matrix games: what is drawn is what was computed."""

from __future__ import annotations

import numpy as np
import pytest

from ludus import solvers
from ludus.report import matrix_figures
from ludus.solvers.matrix.repeated import convex_hull

GAME = np.array([[[6.0, 2.0], [7.0, 0.0]], [[6.0, 7.0], [2.0, 0.0]]])


def test_hulls_go_round_their_corners():
    square = np.array([[0, 0], [1, 1], [1, 0], [0.5, 0.5], [0, 1], [0.5, 0]], float)
    assert convex_hull(square).tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert convex_hull(np.array([[1.0, 2.0], [1.0, 2.0]])).tolist() == [[1, 2]]


def test_pictures_are_written(tmp_path):
    regions = {"correlated": solvers.correlated_vertices(GAME), "coarse": solvers.correlated_vertices(GAME, "cce")}
    first = matrix_figures.payoff_regions(GAME, regions, {"Nash": [(2, 7), (7, 2)]}, tmp_path / "regions.svg")
    branch = solvers.quantal_branch(GAME, lam=5.0)
    second = matrix_figures.quantal_curve(branch, tmp_path / "curve.svg", fitted=1.0)
    third = matrix_figures.commitment_curve(GAME, solvers.stackelberg(GAME), tmp_path / "commitment.svg")
    names = [["top", "bottom"], ["left", "right"]]
    fourth = matrix_figures.refinement_table(GAME, {(0, 1): "perfect"}, tmp_path / "table.svg", names)
    for path in (first, second, third, fourth):
        assert path.read_text().startswith("<?xml")
    with pytest.raises(ValueError, match="a figure is written as"):
        matrix_figures.quantal_curve(branch, tmp_path / "curve.xyz")
