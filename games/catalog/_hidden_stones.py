"""The rules of dark Hex and phantom tic-tac-toe: each player sees the own stones, and those run into.

An action tries a cell. Where the opponent has a stone already, the stone becomes known and, in the classical game, the
player tries again; in the abrupt game the turn is over. Information state: the own tries and how they ended, so that
recall is perfect; with ``reveal-numturns`` also when the opponent tried, though not what.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..rules import TERMINAL, Rules, Setup, rule
from ..spec import Parameter
from ._board import connect, record_size, recorded, remember, remembered

# params: [rows, columns, stones in a line that win (0: Hex's connection wins), abrupt, opponent's tries are noticed]
# state: [tries made, who tries, winner + 1, stones on the board, board (0 free, player + 1), who knows of the stone
#         (bit p), links of the union-find forest, record of tries: 1 + player + 2 · (failed) + 4 · cell]
ROWS, COLUMNS, LINE, ABRUPT, NOTICED = range(5)
TRIES, MOVER, WINNER, STONES, BOARD = range(5)
UNKNOWN = 0x7FFF
"""Stands in an information state for a try of the opponent's."""


@rule
def record(params):
    """Where the record of tries stands."""
    return BOARD + 3 * params[ROWS] * params[COLUMNS] + 4


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    over = state[WINNER] > 0 or state[STONES] == params[ROWS] * params[COLUMNS]
    return TERMINAL if over else 1 << state[MOVER]


@rule
def legal(params, state, player, out):
    size, count = params[ROWS] * params[COLUMNS], 0
    for cell in range(size):
        if not state[BOARD + size + cell] >> player & 1:
            out[count] = cell
            count += 1
    return count


@rule
def in_line(params, board, cell, stone):
    """Whether the stone on a cell stands in a winning line."""
    rows, columns, k = params[ROWS], params[COLUMNS], params[LINE]
    row = cell // columns
    column = cell - row * columns
    for direction in range(4):
        down, across = int(direction > 0), int(direction != 1) - 2 * int(direction == 3)
        length = 1
        for sense in (1, -1):
            r, c = row + sense * down, column + sense * across
            while 0 <= r < rows and 0 <= c < columns and board[r * columns + c] == stone:
                length += 1
                r, c = r + sense * down, c + sense * across
        if length >= k:
            return True
    return False


@rule
def apply(params, state, actions):
    player, size = state[MOVER], params[ROWS] * params[COLUMNS]
    cell, board = actions[player], state[BOARD : BOARD + size]
    failed = int(board[cell] > 0)
    remember(state, record(params), state[TRIES], 1 + player + 2 * failed + 4 * cell)
    state[TRIES] += 1
    state[BOARD + size + cell] |= 1 << player
    if not failed:
        board[cell] = player + 1
        state[STONES] += 1
        if params[LINE] > 0:
            won = in_line(params, board, cell, player + 1)
        else:
            won = connect(state[BOARD + 2 * size :], board, params[ROWS], params[COLUMNS], cell, player)
        if won:
            state[WINNER] = player + 1
    if not failed or params[ABRUPT]:
        state[MOVER] = 1 - player


@rule
def returns(params, state, out):
    if state[WINNER] > 0:
        winner = state[WINNER] - 1
        out[winner], out[1 - winner] = 1.0, -1.0


@rule
def info(params, state, player, out):
    at, count = record(params), 0
    for i in range(state[TRIES]):
        word = remembered(state, at, i) - 1
        if word & 1 != player:
            if not params[NOTICED]:
                continue
            word = UNKNOWN - 1
        if count & 3 == 0:
            out[count >> 2] = 0
        remember(out, 0, count, word + 1)
        count += 1
    return count + 3 >> 2


@rule
def observe(params, state, player, out):
    """Three boards: the observer's stones, the opponent's that are known, the cells not known; then, where the
    opponent's tries are noticed, the number of tries so far as one-hot."""
    size = params[ROWS] * params[COLUMNS]
    for cell in range(size):
        stone = state[BOARD + cell] if state[BOARD + size + cell] >> player & 1 else 0
        out[cell], out[size + cell], out[2 * size + cell] = stone == player + 1, stone == 2 - player, stone == 0
    if params[NOTICED]:
        out[3 * size + state[TRIES]] = 1.0


@rule
def view(params, state, fresh, obs, legal):
    """As `observe`, but only what the last try has changed is written where the rest is there."""
    size, tries = params[ROWS] * params[COLUMNS], state[TRIES]
    if fresh:
        observe(params, state, 0, obs[0])
        observe(params, state, 1, obs[1])
    else:
        word = remembered(state, record(params), tries - 1) - 1
        seen, cell, failed = obs[word & 1], word >> 2, word >> 1 & 1
        seen[failed * size + cell], seen[2 * size + cell] = 1.0, 0.0
        if params[NOTICED]:
            for p in range(2):
                obs[p][3 * size + tries - 1], obs[p][3 * size + tries] = 0.0, 1.0
    mover = state[MOVER]
    mine, other, known = legal[mover], legal[1 - mover], state[BOARD + size : BOARD + 2 * size]
    going = to_move(params, state) != TERMINAL
    for cell in range(size):
        other[cell] = False
        mine[cell] = going and not known[cell] >> mover & 1


RULES = Rules.of(globals())

PARAMETERS = (
    Parameter(
        *("version", "classical", "who runs into a stone tries again (classical) or loses the turn (abrupt)"),
        choices=("classical", "abrupt"),
    ),
    Parameter(
        *("obs_type", "reveal-nothing", "whether players notice the opponent's tries"),
        choices=("reveal-nothing", "reveal-numturns"),
        also=("obstype",),
    ),
)
"""What both games may vary."""


def hidden_stones(
    rows: int,
    columns: int,
    line: int,
    version: str,
    obs_type: str,
    action_text: Callable[[int], str],
    draw: Callable[[list[int]], str],
) -> Setup:
    """The setup of one such game; `draw` makes text of a board, row by row: 0 free, player + 1."""
    cells, noticed = rows * columns, obs_type == "reveal-numturns"

    def info_text(player: int, key: tuple[int, ...]) -> str:
        """The player, then the tries: a cell, an asterisk where it was taken, a question mark for the opponent's."""
        tries = ("?" if n == UNKNOWN else f"{(n - 1) >> 2}{'*' * ((n - 1) >> 1 & 1)}" for n in recorded(key))
        return f"{player}:{' '.join(tries)}"

    def render(state: np.ndarray) -> str:
        stones, known = state[BOARD : BOARD + cells], state[BOARD + cells : BOARD + 2 * cells]
        boards = [("the board", stones)] + [(f"player {p} sees", stones * (known >> p & 1)) for p in range(2)]
        return "\n".join(f"{title}\n{draw(board.tolist())}" for title, board in boards)

    return Setup(
        rules=RULES,
        params=np.array([rows, columns, line, version == "abrupt", noticed], np.int64),
        state_size=BOARD + 3 * cells + 4 + record_size(2 * cells),
        num_players=2,
        num_actions=cells,
        info_size=record_size(2 * cells),
        observation_size=3 * cells + noticed * 2 * cells,
        min_utility=-1.0,
        max_utility=1.0,
        zero_sum=True,
        info_text=info_text,
        action_text=action_text,
        render=render,
    )
