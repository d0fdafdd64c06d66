"""Othello (Reversi): a disc must outflank the opponent's in a straight line, and turns them over; most discs win.

An action is a cell, row by row, or 64: pass, the only action of who cannot outflank. Information state: all moves, so
that recall is perfect. Rules as OpenSpiel's ``othello``.
"""

from __future__ import annotations

import numpy as np

from ..rules import TERMINAL, Rules, Setup, rule
from ..spec import GameSpec
from ._board import recite, record_size, record_text, remember

# state: [moves made, who moves, over, then bit sets of cells: turned over or placed by the last move, discs of each
#         player, where the mover may place one; record of moves + 1]
MOVES, MOVER, OVER, CHANGED, DISCS, OPEN, RECORD = 0, 1, 2, 3, 4, 6, 7
PASS, LONGEST = 64, 128
"""No game has more than 60 discs placed, and a pass only between two of them."""

ONE, NONE = np.uint64(1), np.uint64(0)
INNER = np.uint64(0x7E7E7E7E7E7E7E7E)
"""The cells off the first and the last column: a line that goes on has no others but in its column."""

DIRECTIONS = (1, 7, 8, 9)
"""Bits between neighbours: in the row, a diagonal, the column, the other diagonal."""


@rule
def shifted(cells, step):
    """Cells moved by `step` bits, backwards where it is negative."""
    return cells << np.uint64(step) if step > 0 else cells >> np.uint64(-step)


@rule
def openings(own, other):
    """Where `own` may place a disc."""
    found = np.uint64(0)
    for direction in DIRECTIONS:
        through = other if direction == 8 else other & INNER
        for step in (direction, -direction):
            line = through & shifted(own, step)
            for _ in range(5):
                line |= through & shifted(line, step)
            found |= shifted(line, step)
    return found & ~(own | other)


@rule
def turned(own, other, disc):
    """The opponent's discs that a new disc turns over."""
    found = np.uint64(0)
    for direction in DIRECTIONS:
        through = other if direction == 8 else other & INNER
        for step in (direction, -direction):
            line, end = NONE, shifted(disc, step)
            while end & through:
                line |= end
                end = shifted(end, step)
            if end & own:
                found |= line
    return found


@rule
def count_cells(cells):
    count = 0
    while cells:
        cells &= cells - ONE
        count += 1
    return count


@rule
def init(params, state):
    sets = state.view(np.uint64)
    sets[DISCS], sets[DISCS + 1] = (
        ONE << np.uint64(28) | ONE << np.uint64(35),
        ONE << np.uint64(27) | ONE << np.uint64(36),
    )
    sets[OPEN] = openings(sets[DISCS], sets[DISCS + 1])


@rule
def to_move(params, state):
    return TERMINAL if state[OVER] else 1 << state[MOVER]


@rule
def legal(params, state, player, out):
    count, cells = 0, state.view(np.uint64)[OPEN]
    for cell in range(64):
        if cells >> np.uint64(cell) & ONE:
            out[count] = cell
            count += 1
    if count == 0:
        out[0] = PASS
        count = 1
    return count


@rule
def apply(params, state, actions):
    player, sets = state[MOVER], state.view(np.uint64)
    action, other = actions[player], 1 - player
    remember(state, RECORD, state[MOVES], action + 1)
    state[MOVES] += 1
    sets[CHANGED] = NONE
    if action != PASS:
        disc = ONE << np.uint64(action)
        flips = turned(sets[DISCS + player], sets[DISCS + other], disc)
        sets[DISCS + player] |= flips | disc
        sets[DISCS + other] ^= flips
        sets[CHANGED] = flips | disc
    state[MOVER] = other
    sets[OPEN] = openings(sets[DISCS + other], sets[DISCS + player])
    if sets[OPEN] == NONE:
        state[OVER] = openings(sets[DISCS + player], sets[DISCS + other]) == NONE


@rule
def returns(params, state, out):
    if state[OVER]:
        sets = state.view(np.uint64)
        lead = count_cells(sets[DISCS]) - count_cells(sets[DISCS + 1])
        out[0] = int(lead > 0) - int(lead < 0)
        out[1] = -out[0]


@rule
def info(params, state, player, out):
    return recite(state, RECORD, state[MOVES], out)


@rule
def show(state, player, cells, out):
    """Writes some cells of the three boards that a player sees."""
    sets = state.view(np.uint64)
    own, other = sets[DISCS + player], sets[DISCS + 1 - player]
    for cell in range(64):
        bit = np.uint64(cell)
        if cells >> bit & ONE:
            mine, theirs = np.int64(own >> bit & ONE), np.int64(other >> bit & ONE)
            out[cell], out[64 + cell], out[128 + cell] = mine, theirs, 1 - mine - theirs


@rule
def observe(params, state, player, out):
    """Three boards: the observer's discs, the opponent's, and the free cells."""
    show(state, player, ~NONE, out)


@rule
def view(params, state, fresh, obs, legal):
    """As `observe`, but only the cells of the last move are written where the rest is there."""
    cells = ~NONE if fresh else state.view(np.uint64)[CHANGED]
    for p in range(2):
        show(state, p, cells, obs[p])
    mine, other = legal[state[MOVER]], legal[1 - state[MOVER]]
    free, going = state.view(np.uint64)[OPEN], state[OVER] == 0
    for cell in range(64):
        other[cell] = False
        mine[cell] = going and free >> np.uint64(cell) & ONE != NONE
    other[PASS] = False
    mine[PASS] = going and free == NONE


RULES = Rules.of(globals())


def othello() -> Setup:
    return Setup(
        rules=RULES,
        params=np.zeros(1, np.int64),
        state_size=RECORD + record_size(LONGEST),
        num_players=2,
        num_actions=65,
        info_size=record_size(LONGEST),
        observation_size=192,
        min_utility=-1.0,
        max_utility=1.0,
        zero_sum=True,
        info_text=record_text,
        action_text=lambda action: "pass" if action == PASS else f"{'abcdefgh'[action % 8]}{action // 8 + 1}",
        perfect_information=True,
        render=render,
    )


def render(state: np.ndarray) -> str:
    first, second = (int(cells) for cells in state.view(np.uint64)[DISCS : DISCS + 2])
    lines = ["  a b c d e f g h"]
    for row in range(8):
        marks = ("x" if first >> c & 1 else "o" if second >> c & 1 else "." for c in range(8 * row, 8 * row + 8))
        lines.append(f"{row + 1} {' '.join(marks)}")
    return "\n".join(lines)


GAMES = (
    GameSpec(
        id="othello",
        title="Othello",
        build=othello,
        tags=("board", "perfect-information", "zero-sum"),
    ),
)
