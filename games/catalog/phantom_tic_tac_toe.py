"""Phantom tic-tac-toe: the opponent's marks are hidden until one runs into them. As OpenSpiel's ``phantom_ttt``."""

from __future__ import annotations

from ..rules import Setup
from ..spec import GameSpec, Parameter
from ._hidden_stones import PARAMETERS, hidden_stones


def phantom_tic_tac_toe(rows: int, columns: int, k: int, version: str, obs_type: str) -> Setup:
    if k > max(rows, columns):
        raise ValueError(f"phantom_tic_tac_toe: nobody can have {k} in a line on {rows} rows and {columns} columns")

    def draw(board: list[int]) -> str:
        lines = [board[i : i + columns] for i in range(0, rows * columns, columns)]
        return "\n".join(" ".join(".xo"[mark] for mark in line) for line in lines)

    return hidden_stones(rows, columns, k, version, obs_type, action_text=str, draw=draw)


GAMES = (
    GameSpec(
        id="phantom_tic_tac_toe",
        title="Phantom tic-tac-toe",
        build=phantom_tic_tac_toe,
        parameters=(
            Parameter("rows", 3, "number of rows", 1, 10),
            Parameter("columns", 3, "number of columns", 1, 10),
            Parameter("k", 3, "how many in a line win", 2, 10),
            *PARAMETERS,
        ),
        tags=("board", "imperfect-information", "zero-sum"),
    ),
)
