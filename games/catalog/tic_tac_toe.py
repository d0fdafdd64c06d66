"""Tic-tac-toe: three in a row on a board of nine.

Cells, and the actions that take them:  0 1 2
                                        3 4 5
                                        6 7 8
Information state: all moves, so that recall is perfect. Rules as OpenSpiel's ``tic_tac_toe``.
"""

from __future__ import annotations

import numpy as np

from ..rules import TERMINAL, Rules, Setup, rule
from ..spec import GameSpec

LINES = (0o007, 0o070, 0o700, 0o111, 0o222, 0o444, 0o421, 0o124)
"""The eight rows of three, as bit sets of cells."""

# state: [moves made, winner + 1, history, cells of each player]; in the history, packed in base 16, a move to cell c is
# the digit c + 1, the latest lowest
MOVES, WINNER, HISTORY, CELLS = 0, 1, 2, 3


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    return TERMINAL if state[WINNER] > 0 or state[MOVES] == 9 else 1 << (state[MOVES] & 1)


@rule
def legal(params, state, player, out):
    taken, count = state[CELLS] | state[CELLS + 1], 0
    for cell in range(9):
        if not taken >> cell & 1:
            out[count] = cell
            count += 1
    return count


@rule
def apply(params, state, actions):
    player = state[MOVES] & 1
    cell = actions[player]
    own = state[CELLS + player] | 1 << cell
    state[CELLS + player] = own
    state[HISTORY] = 16 * state[HISTORY] + cell + 1
    state[MOVES] += 1
    for line in LINES:
        if own & line == line:
            state[WINNER] = player + 1


@rule
def returns(params, state, out):
    if state[WINNER] > 0:
        winner = state[WINNER] - 1
        out[winner], out[1 - winner] = 1.0, -1.0


@rule
def info(params, state, player, out):
    out[0] = state[HISTORY]
    return 1


@rule
def observe(params, state, player, out):
    """For each cell, whether it is the observer's; then whether it is the opponent's; then whether it is free."""
    for cell in range(9):
        owner = 2
        if state[CELLS + player] >> cell & 1:
            owner = 0
        elif state[CELLS + 1 - player] >> cell & 1:
            owner = 1
        out[9 * owner + cell] = 1.0


RULES = Rules.of(globals())


def tic_tac_toe() -> Setup:
    return Setup(
        rules=RULES,
        params=np.zeros(1, np.int64),
        state_size=CELLS + 2,
        num_players=2,
        num_actions=9,
        info_size=1,
        observation_size=27,
        min_utility=-1.0,
        max_utility=1.0,
        zero_sum=True,
        info_text=lambda player, key: "".join(str(int(digit, 16) - 1) for digit in f"{key[0]:x}" if key[0]),
        perfect_information=True,
        render=render,
    )


def render(state: np.ndarray) -> str:
    marks = ["x" if state[CELLS] >> c & 1 else "o" if state[CELLS + 1] >> c & 1 else "." for c in range(9)]
    return "\n".join(" ".join(marks[row : row + 3]) for row in (0, 3, 6))


GAMES = (
    GameSpec(
        id="tic_tac_toe",
        title="Tic-tac-toe",
        build=tic_tac_toe,
        tags=("board", "perfect-information", "zero-sum"),
    ),
)
