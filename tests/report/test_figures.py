"""Figures and terminal tables."""

from __future__ import annotations

import io
import struct

import pytest
from rich.console import Console

from ludus.population import League
from ludus.report import gap_curve, leaderboard_figure, payoff_figure, print_leaderboard, print_solution


def png_size(path):
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:24])


def test_figures_are_written(reported, tmp_path):
    history = reported.solution.history
    assert min(png_size(gap_curve({"cfr+": history}, tmp_path / "gap.png"))) > 400
    assert b"<svg" in gap_curve({"cfr+": history}, tmp_path / "gap.svg", by="seconds").read_bytes()
    with League.open(reported.path, read_only=True) as league:
        assert min(png_size(leaderboard_figure(league, tmp_path / "board.png"))) > 300
        assert min(png_size(payoff_figure(league.payoffs(), tmp_path / "payoffs.png"))) > 300
    assert len(list(tmp_path.iterdir())) == 4


def test_figures_refuse_what_they_cannot_draw(reported, tmp_path):
    with pytest.raises(ValueError, match="at least one history"):
        gap_curve({}, tmp_path / "gap.png")
    with pytest.raises(ValueError, match="by must be"):
        gap_curve({"a": reported.solution.history}, tmp_path / "gap.png", by="hours")
    with pytest.raises(ValueError, match=r"gap\.docx: a figure is written as .*png"):
        gap_curve({"a": reported.solution.history}, tmp_path / "gap.docx")
    assert list(tmp_path.iterdir()) == []


def test_tables_of_the_terminal(reported):
    out = io.StringIO()
    console = Console(file=out, width=160)
    with League.open(reported.path, read_only=True) as league:
        print_leaderboard(league, console=console)
        exact = league.exact()
    print_solution(reported.solution, console=console)
    lines = out.getvalue().splitlines()
    row = next(line for line in lines if " uniform " in line)
    assert f"{exact.exploitability[exact.names.index('uniform')]:.4g}" in row
    assert next(line for line in lines if " silent " in line).count("–") >= 2
    assert any("iterations" in line and "200" in line for line in lines)
