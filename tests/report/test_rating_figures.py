"""Figures of ratings draw what the records hold."""

from __future__ import annotations

import numpy as np
import pytest

import ludus.ratings as lr
from ludus.report import rating_figures as figures


@pytest.fixture(scope="module")
def log():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 6, 300)
    b = (a + rng.integers(1, 6, 300)) % 6
    return lr.MatchLog.from_arrays(
        winners=np.minimum(a, b), losers=np.maximum(a, b), times=np.arange(300.0), names=list("abcdef")
    )


def test_leaderboard_and_matrix(log, tmp_path):
    board = lr.rate(log, "trueskill")
    axes = figures.leaderboard(board, top=4)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["1. a", "2. b", "3. c", "4. d"]
    axes = figures.win_matrix(board)
    drawn = axes.images[0].get_array()
    np.testing.assert_allclose(drawn + drawn.T, 1.0)
    figures.save(axes, tmp_path / "m.png")
    assert (tmp_path / "m.png").stat().st_size > 1000
    figures.leaderboard(lr.rate(log, "elo"))


def test_history(log):
    model = lr.WholeHistory()
    axes = figures.history(model.history(log), log.names, ["a", "f"])
    assert len(axes.lines) == 2
    with pytest.raises(ValueError, match="zoe"):
        figures.history(model.history(log), log.names, ["zoe"])


def test_calibration_and_learning(log):
    result = lr.evaluate(log, ["elo", "glicko"])
    assert len(figures.calibration(result).lines) == 3
    assert len(figures.learning(result).lines) == 2
