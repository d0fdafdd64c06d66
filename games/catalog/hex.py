"""Hex (Hein 1942; Nash 1948): two players fill a rhombus; who first connects the own two edges wins. Nobody draws.

An action is a cell, row by row. Player 0 connects the first with the last row, player 1 the first with the last column.
Information state: all moves, so that recall is perfect. Rules as OpenSpiel's ``hex``.
"""

from __future__ import annotations

import numpy as np

from ..rules import TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter
from ._board import connect, hex_text, recite, record_size, record_text, remember, remembered

# params: [rows, columns]
# state: [moves made, winner + 1, board (0 free, player + 1), links of the union-find forest, record of moves + 1]
MOVES, WINNER, BOARD = 0, 1, 2


@rule
def record(params):
    """Where the record of moves stands."""
    return BOARD + 2 * params[0] * params[1] + 4


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    return TERMINAL if state[WINNER] > 0 else 1 << (state[MOVES] & 1)


@rule
def legal(params, state, player, out):
    count = 0
    for cell in range(params[0] * params[1]):
        if state[BOARD + cell] == 0:
            out[count] = cell
            count += 1
    return count


@rule
def apply(params, state, actions):
    player, size = state[MOVES] & 1, params[0] * params[1]
    cell, board = actions[player], state[BOARD : BOARD + size]
    board[cell] = player + 1
    remember(state, record(params), state[MOVES], cell + 1)
    state[MOVES] += 1
    if connect(state[BOARD + size :], board, params[0], params[1], cell, player):
        state[WINNER] = player + 1


@rule
def returns(params, state, out):
    if state[WINNER] > 0:
        winner = state[WINNER] - 1
        out[winner], out[1 - winner] = 1.0, -1.0


@rule
def info(params, state, player, out):
    return recite(state, record(params), state[MOVES], out)


@rule
def observe(params, state, player, out):
    """Three boards: the observer's stones, the opponent's, and the free cells; then the observer's number."""
    size = params[0] * params[1]
    for cell in range(size):
        stone = state[BOARD + cell]
        out[cell], out[size + cell], out[2 * size + cell] = stone == player + 1, stone == 2 - player, stone == 0
    out[3 * size] = player


@rule
def view(params, state, fresh, obs, legal):
    """As `observe`, but only the cell of the last move is written where the rest is there."""
    size, moves = params[0] * params[1], state[MOVES]
    if fresh:
        observe(params, state, 0, obs[0])
        observe(params, state, 1, obs[1])
    else:
        cell, mover = remembered(state, record(params), moves - 1) - 1, moves + 1 & 1
        obs[mover][cell], obs[1 - mover][size + cell] = 1.0, 1.0
        obs[0][2 * size + cell], obs[1][2 * size + cell] = 0.0, 0.0
    mine, other, going = legal[moves & 1], legal[1 - (moves & 1)], state[WINNER] == 0
    board = state[BOARD : BOARD + size]
    for cell in range(size):
        other[cell] = False
        mine[cell] = going and board[cell] == 0


RULES = Rules.of(globals())


def hex(size: int, rows: int, columns: int) -> Setup:
    rows, columns = rows or size, columns or size
    cells = rows * columns

    def render(state: np.ndarray) -> str:
        return hex_text(state[BOARD : BOARD + cells].tolist(), columns)

    return Setup(
        rules=RULES,
        params=np.array([rows, columns], np.int64),
        state_size=BOARD + 2 * cells + 4 + record_size(cells),
        num_players=2,
        num_actions=cells,
        info_size=record_size(cells),
        observation_size=3 * cells + 1,
        min_utility=-1.0,
        max_utility=1.0,
        zero_sum=True,
        info_text=record_text,
        action_text=lambda action: cell_name(action, columns),
        perfect_information=True,
        render=render,
    )


def cell_name(cell: int, columns: int) -> str:
    """A cell's name, for instance ``c2``: column, then row."""
    return f"{chr(97 + cell % columns)}{cell // columns + 1}"


GAMES = (
    GameSpec(
        id="hex",
        title="Hex",
        build=hex,
        parameters=(
            Parameter("size", 11, "rows and columns of the board", 1, 26, also=("board_size",)),
            Parameter("rows", 0, "rows, where they differ from columns; 0: size", 0, 26, also=("num_rows",)),
            Parameter("columns", 0, "columns; 0: size", 0, 26, also=("num_cols",)),
        ),
        tags=("board", "perfect-information", "zero-sum"),
    ),
)
