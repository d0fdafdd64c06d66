"""Connect four: pieces fall to the bottom of a column; `k` in a row, a column or a diagonal win.

An action is a column. Information state: all moves, so that recall is perfect. Rules as OpenSpiel's ``connect_four``.
"""

from __future__ import annotations

import numpy as np

from ..rules import TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter

# params: [rows, columns, k]
# state: [moves made, winner + 1, height of each column (four bits each), pieces of each player, words of the history]
# Pieces are bit sets; cell (row, column) is bit column · (rows + 1) + row, and the spare bit above each column stays 0,
# so that lines never run from one column's top into the next. A history word packs 16 moves in base 16, a move to
# column c as the digit c + 1, the latest lowest.
MOVES, WINNER, HEIGHTS, PIECES, HISTORY = 0, 1, 2, 3, 5


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    if state[WINNER] > 0 or state[MOVES] == params[0] * params[1]:
        return TERMINAL
    return 1 << (state[MOVES] & 1)


@rule
def legal(params, state, player, out):
    count, heights = 0, state[HEIGHTS]
    for column in range(params[1]):
        if (heights >> 4 * column & 15) < params[0]:
            out[count] = column
            count += 1
    return count


@rule
def in_line(pieces, step, k):
    """Whether k pieces stand in a line whose neighbours are `step` bits apart."""
    found = pieces
    for i in range(1, k):
        found &= pieces >> i * step
    return found != 0


@rule
def apply(params, state, actions):
    player = state[MOVES] & 1
    column, stride, k = actions[player], params[0] + 1, params[2]
    own = state[PIECES + player] | 1 << (column * stride + (state[HEIGHTS] >> 4 * column & 15))
    state[PIECES + player] = own
    state[HEIGHTS] += 1 << 4 * column
    word = HISTORY + (state[MOVES] >> 4)
    state[word] = state[word] << 4 | column + 1
    state[MOVES] += 1
    if in_line(own, 1, k) or in_line(own, stride, k) or in_line(own, stride + 1, k) or in_line(own, stride - 1, k):
        state[WINNER] = player + 1


@rule
def returns(params, state, out):
    if state[WINNER] > 0:
        winner = state[WINNER] - 1
        out[winner], out[1 - winner] = 1.0, -1.0


@rule
def info(params, state, player, out):
    count = (state[MOVES] + 15) // 16
    for i in range(count):
        out[i] = state[HISTORY + i]
    return count


@rule
def observe(params, state, player, out):
    """Three boards, row by row from the bottom: the observer's pieces, the opponent's, and the free cells."""
    rows, columns = params[0], params[1]
    own, other = state[PIECES + player], state[PIECES + 1 - player]
    size = rows * columns
    mine, theirs, free = out[:size], out[size : 2 * size], out[2 * size :]
    for row in range(rows):
        for column in range(columns):
            cell, bit = row * columns + column, column * (rows + 1) + row
            a, b = own >> bit & 1, other >> bit & 1
            mine[cell], theirs[cell], free[cell] = a, b, 1 - a - b


@rule
def view(params, state, fresh, obs, legal):
    """As `observe`, but only the cell of the last move is written where the rest is there."""
    rows, columns = params[0], params[1]
    size, moves = rows * columns, state[MOVES]
    if fresh and moves == 0:
        first, second = obs[0], obs[1]
        for i in range(2 * size, 3 * size):
            first[i], second[i] = 1.0, 1.0
    elif fresh:
        observe(params, state, 0, obs[0])
        observe(params, state, 1, obs[1])
    else:
        column = (state[HISTORY + (moves - 1 >> 4)] & 15) - 1
        cell = ((state[HEIGHTS] >> 4 * column & 15) - 1) * columns + column
        mover = moves + 1 & 1
        obs[mover][cell], obs[1 - mover][size + cell] = 1.0, 1.0
        obs[0][2 * size + cell], obs[1][2 * size + cell] = 0.0, 0.0
    mine, other = legal[moves & 1], legal[1 - (moves & 1)]
    going = state[WINNER] == 0
    for column in range(columns):
        other[column] = False
        mine[column] = going and (state[HEIGHTS] >> 4 * column & 15) < rows


RULES = Rules.of(globals())


def connect_four(rows: int, columns: int, k: int) -> Setup:
    if (rows + 1) * columns > 62:
        raise ValueError(f"connect_four: (rows + 1) × columns must be at most 62, got {rows} rows, {columns} columns")
    if k > max(rows, columns):
        raise ValueError(f"connect_four: nobody can have {k} in a line on {rows} rows and {columns} columns")

    def info_text(player: int, key: tuple[int, ...]) -> str:
        """The columns of all moves as base-16 digits."""
        return "".join(f"{int(digit, 16) - 1:x}" for word in key for digit in f"{word & (2**64 - 1):x}")

    def render(state: np.ndarray) -> str:
        first, second = int(state[PIECES]), int(state[PIECES + 1])
        lines = []
        for row in range(rows - 1, -1, -1):
            bits = [column * (rows + 1) + row for column in range(columns)]
            lines.append(" ".join("x" if first >> b & 1 else "o" if second >> b & 1 else "." for b in bits))
        return "\n".join(lines)

    return Setup(
        rules=RULES,
        params=np.array([rows, columns, k], np.int64),
        state_size=HISTORY + (rows * columns + 15) // 16,
        num_players=2,
        num_actions=columns,
        info_size=(rows * columns + 15) // 16,
        observation_size=3 * rows * columns,
        min_utility=-1.0,
        max_utility=1.0,
        zero_sum=True,
        info_text=info_text,
        perfect_information=True,
        render=render,
    )


GAMES = (
    GameSpec(
        id="connect_four",
        title="Connect four",
        build=connect_four,
        parameters=(
            Parameter("rows", 6, "number of rows", 1, 14),
            Parameter("columns", 7, "number of columns", 1, 15),
            Parameter("k", 4, "how many in a line win", 2, 15, also=("x_in_row",)),
        ),
        tags=("board", "perfect-information", "zero-sum"),
    ),
)
