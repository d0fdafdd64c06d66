"""Leaderboards: order, intervals, forecasts, files."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import ludus.ratings as lr

from .strategies import random_log


@pytest.fixture(scope="module")
def board():
    rng = np.random.default_rng(0)
    skill = np.array([4.0, 2.0, 0.0, -2.0])
    a = rng.integers(0, 4, 600)
    b = (a + rng.integers(1, 4, 600)) % 4
    first = rng.random(600) < 1 / (1 + np.exp(skill[b] - skill[a]))
    names = ["ann", "bob", "cat", "dan"]
    return lr.rate(lr.MatchLog.from_arrays(winners=np.where(first, a, b), losers=np.where(first, b, a), names=names))


def test_order_and_rows(board):
    assert board.players == ("ann", "bob", "cat", "dan")
    assert board.rank.tolist() == [1, 2, 3, 4]
    row = board["bob"]
    assert (row.rank, row.player) == (2, "bob")
    assert row.rank_low <= row.rank <= row.rank_high
    assert board.matches.sum() == 1200
    assert (board.interval[:, 0] < board.mu).all()
    assert "ann" in str(board)
    assert board.ratings.mu[board.number].tolist() == board.mu.tolist()


def test_forecasts(board):
    p = board.predict([["ann"], ["dan"]])
    assert p.sum() == pytest.approx(1)
    assert p[0] > 0.9
    assert board.predict([["ann", "dan"], ["bob"], ["cat"]]).shape == (3,)
    up = board.matchup("ann", "bob")
    assert up.win + up.draw + up.loss == pytest.approx(1)
    assert up.better > 0.9
    with pytest.raises(ValueError, match="eve"):
        board.predict([["ann"], ["eve"]])
    with pytest.raises(ValueError, match="twice"):
        board.predict([["ann"], ["ann"]])


def test_files_and_frames(board, tmp_path):
    board.write(tmp_path / "board.csv")
    rows = list(csv.DictReader((tmp_path / "board.csv").open()))
    assert [r["player"] for r in rows] == list(board.players)
    assert float(rows[0]["mu"]) == board.mu[0]
    board.write(tmp_path / "board.json")
    assert json.loads((tmp_path / "board.json").read_text())["players"][0]["player"] == "ann"
    assert board.to_frame().shape == (4, 8)
    assert board.to_frame("polars").columns == list(rows[0])


def test_models_without_sigma_say_so(tmp_path):
    board = lr.rate(random_log(0), "elo")
    assert np.isnan(board.sigma).all()
    assert (board.ordinal == board.mu).all()
    assert (board.rank_interval[:, 0] == board.rank).all()
    board.write(tmp_path / "b.json")
    assert json.loads((tmp_path / "b.json").read_text())["players"][0]["sigma"] is None


def test_unknown_models_and_parameters():
    log = random_log(0)
    with pytest.raises(ValueError, match="plackett_luce"):
        lr.rate(log, "placket_luce")
    with pytest.raises(TypeError, match="zeta"):
        lr.rate(log, "plackett_luce", zeta=1)


def test_rank_intervals_of_known_cases():
    apart = lr.rank_intervals([0.0, 10.0, 20.0], [0.1, 0.1, 0.1])
    assert apart.tolist() == [[3, 3], [2, 2], [1, 1]]
    same = lr.rank_intervals(np.zeros(20), np.ones(20))
    # The place of one of 20 exchangeable players is uniform on 1..20.
    assert (abs(same - [[1, 20]]) <= 1).all()


def test_rank_intervals_of_many_players_agree_with_sampling():
    rng = np.random.default_rng(1)
    mu, sigma = rng.normal(0, 3, 20_500), rng.uniform(0.3, 2.0, 20_500)
    grid = lr.rank_intervals(mu, sigma)
    drawn = lr.rank_intervals(mu[:20_000], sigma[:20_000])
    assert np.abs(grid[:20_000] / 20_500 - drawn / 20_000).mean() < 0.02
