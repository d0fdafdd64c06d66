"""Go with area scoring (Tromp and Taylor's): stones and surrounded points count, and White's gets a komi.

An action is a point, row by row, or size²: pass. Two passes end the game, and so does its greatest length. Suicide and
retaking a ko at once are not allowed; a move that repeats an earlier position (positional superko) ends the game with a
draw. Information state: all moves, so that recall is perfect. Rules as OpenSpiel's ``go``, without handicap stones.
"""

from __future__ import annotations

import numpy as np

from .._streams import mix64
from ..rules import TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter
from ._board import recite, record_size, record_text, remember, remembered

# The board has a frame: point (row, column) stands at (row + 1) · (size + 1) + column, and the cell after a row's last
# point is the frame on its right and on the next row's left. A chain's stones form a ring through `ring`; `head` names
# one of them, whose word of `liberties` sums, over pairs of a stone and a free point beside it, 1 in the lowest bits,
# the point's place in the next and its square in the highest. So chains are joined by adding, and all free points are
# one point exactly where sum² = count · sum of squares.
#
# params: [size, komi as a float, greatest length]
# state: [moves made, who moves, two passes or the greatest length or superko, return of player 0 (when over), ko point
#         or 0, stones taken by the last move, hash of the position,
#         cells of the frame: stone (0 free, player + 1, FRAME), head, ring, liberties; hash after each move; record of
#         moves + 1]
MOVES, MOVER, OVER, RESULT, KO, TAKEN, HASH, CELLS = 0, 1, 2, 3, 4, 5, 6, 7
FRAME = 3


@rule
def cells_of(params):
    """Points with the frame."""
    return (params[0] + 2) * (params[0] + 1)


@rule
def record(params):
    """Where the record of moves stands."""
    return CELLS + 4 * cells_of(params) + params[2] + 1


@rule
def place(params, action):
    """The cell of an action's point."""
    return action + action // params[0] + params[0] + 1


@rule
def liberty(cell):
    """What a free point adds to the liberties of a stone beside it."""
    return 1 + (cell << 12) + (cell * cell << 32)


@rule
def in_atari(word):
    """Whether the liberties of a chain are a single point."""
    count, total = word & 0xFFF, word >> 12 & 0xFFFFF
    return total * total == count * (word >> 32)


@rule
def mark(state, cell, player):
    """Enters a stone into the hash of the position, or takes it out."""
    state[HASH] ^= np.int64(mix64(np.uint64(2 * cell + player)) >> np.uint64(1))


@rule
def init(params, state):
    size, n = params[0], cells_of(params)
    stones = state[CELLS : CELLS + n]
    for cell in range(n):
        stones[cell] = FRAME
    for row in range(1, size + 1):
        for column in range(size):
            stones[row * (size + 1) + column] = 0


@rule
def to_move(params, state):
    return TERMINAL if state[OVER] else 1 << state[MOVER]


@rule
def may_play(params, state, cell, player):
    """Whether a stone may be placed: the point is free and no ko, and the stone lives or takes."""
    n, stride = cells_of(params), params[0] + 1
    stones, head, liberties = state[CELLS : CELLS + n], state[CELLS + n :], state[CELLS + 3 * n :]
    if stones[cell] != 0 or cell == state[KO]:
        return False
    for side in range(4):
        near = cell + (1 if side == 0 else -1 if side == 1 else stride if side == 2 else -stride)
        stone = stones[near]
        if stone == 0:
            return True
        if stone != FRAME and (stone == player + 1) != in_atari(liberties[head[near]]):
            return True
    return False


@rule
def legal(params, state, player, out):
    count, size = 0, params[0]
    for action in range(size * size):
        if may_play(params, state, place(params, action), player):
            out[count] = action
            count += 1
    out[count] = size * size
    return count + 1


@rule
def take(params, state, first, player):
    """Removes the chain of `player` with the stone `first`. -> its stones"""
    n, stride, count, cell = cells_of(params), params[0] + 1, 0, first
    stones, head, ring, liberties = state[CELLS:], state[CELLS + n :], state[CELLS + 2 * n :], state[CELLS + 3 * n :]
    while True:
        stones[cell] = 0
        mark(state, cell, player)
        count += 1
        for side in range(4):
            near = cell + (1 if side == 0 else -1 if side == 1 else stride if side == 2 else -stride)
            if stones[near] == 2 - player:
                liberties[head[near]] += liberty(cell)
        cell = ring[cell]
        if cell == first:
            return count


@rule
def put(params, state, cell, player):
    """Places a stone, joins it with its own neighbours and takes chains without liberties."""
    n, stride, stone = cells_of(params), params[0] + 1, player + 1
    stones, head, ring, liberties = state[CELLS:], state[CELLS + n :], state[CELLS + 2 * n :], state[CELLS + 3 * n :]
    stones[cell], head[cell], ring[cell] = stone, cell, cell
    mark(state, cell, player)
    free, enclosed = 0, True
    for side in range(4):
        near = cell + (1 if side == 0 else -1 if side == 1 else stride if side == 2 else -stride)
        if stones[near] == 0:
            free += liberty(near)
        elif stones[near] != FRAME:
            liberties[head[near]] -= liberty(cell)
        enclosed = enclosed and (stones[near] == 2 - player or stones[near] == FRAME)
    liberties[cell] = free
    taken, last = 0, 0
    for side in range(4):
        near = cell + (1 if side == 0 else -1 if side == 1 else stride if side == 2 else -stride)
        if stones[near] == stone and head[near] != head[cell]:
            old, new = head[cell], head[near]
            liberties[new] += liberties[old]
            at = cell
            while head[at] == old:  # once around the ring of the smaller part
                head[at] = new
                at = ring[at]
            ring[cell], ring[near] = ring[near], ring[cell]
        elif stones[near] == 2 - player and liberties[head[near]] == 0:
            taken += take(params, state, near, 1 - player)
            last = near
    state[TAKEN] = taken
    state[KO] = last if enclosed and taken == 1 else 0


@rule
def seen_before(params, state):
    """Whether the position has occurred before the last move."""
    first = CELLS + 4 * cells_of(params)
    past = state[first : first + state[MOVES]]
    found = False
    for i in range(past.size):
        found = found or past[i] == state[HASH]
    return found


@rule
def area_lead(params, state):
    """Black's area less White's: stones, and free regions that touch one colour alone. Writes over the rings."""
    n, stride, lead = cells_of(params), params[0] + 1, 0
    stones, touch = state[CELLS : CELLS + n], state[CELLS + 2 * n : CELLS + 3 * n]
    for cell in range(n):
        touch[cell] = stones[cell] if stones[cell] < FRAME else 0
    changed = True
    while changed:
        changed = False
        for i in range(2 * n):  # once forwards, once backwards
            cell = i if i < n else 2 * n - 1 - i
            if stones[cell] == 0:
                reached = touch[cell] | touch[cell - 1] | touch[cell + 1]
                reached |= touch[cell - stride] | touch[cell + stride]
                changed = changed or reached != touch[cell]
                touch[cell] = reached
    for cell in range(n):
        lead += int(touch[cell] == 1) - int(touch[cell] == 2)
    return lead


@rule
def apply(params, state, actions):
    size, player = params[0], state[MOVER]
    action, first = actions[player], CELLS + 4 * cells_of(params)
    passed = action == size * size
    over, draw = False, False
    if passed:
        state[KO], state[TAKEN] = 0, 0
        over = state[MOVES] > 0 and remembered(state, record(params), state[MOVES] - 1) == action + 1
    else:
        put(params, state, place(params, action), player)
    remember(state, record(params), state[MOVES], action + 1)
    state[MOVES] += 1
    if not passed:
        draw = seen_before(params, state)
    state[first + state[MOVES]] = state[HASH]
    state[MOVER] = 1 - player
    if over or draw or state[MOVES] >= params[2]:
        state[OVER] = 1
        if not draw:
            lead = area_lead(params, state) - params[1:2].view(np.float64)[0]
            state[RESULT] = int(lead > 0) - int(lead < 0)


@rule
def returns(params, state, out):
    out[0], out[1] = state[RESULT], -state[RESULT]


@rule
def info(params, state, player, out):
    return recite(state, record(params), state[MOVES], out)


@rule
def observe(params, state, player, out):
    """Three boards: the observer's stones, the opponent's, and the free points; then whether the observer plays White,
    and whether the last move was a pass."""
    size = params[0]
    points = size * size
    for row in range(size):
        for column in range(size):
            point, stone = row * size + column, state[CELLS + (row + 1) * (size + 1) + column]
            out[point], out[points + point] = stone == player + 1, stone == 2 - player
            out[2 * points + point] = stone == 0
    out[3 * points], out[3 * points + 1] = player, passed_last(params, state)


@rule
def passed_last(params, state):
    moves = state[MOVES]
    return moves > 0 and remembered(state, record(params), moves - 1) == params[0] * params[0] + 1


@rule
def view(params, state, fresh, obs, legal):
    """As `observe`, but only the point of the last move is written where the rest is there and nothing was taken."""
    points, mover = params[0] * params[0], state[MOVER]
    if fresh or state[TAKEN] > 0:
        observe(params, state, 0, obs[0])
        observe(params, state, 1, obs[1])
    else:
        passed = passed_last(params, state)
        if not passed:
            point = remembered(state, record(params), state[MOVES] - 1) - 1
            obs[1 - mover][point], obs[mover][points + point] = 1.0, 1.0
            obs[0][2 * points + point], obs[1][2 * points + point] = 0.0, 0.0
        obs[0][3 * points + 1], obs[1][3 * points + 1] = passed, passed
    mine, other, going = legal[mover], legal[1 - mover], state[OVER] == 0
    for action in range(points):
        other[action] = False
        mine[action] = going and may_play(params, state, place(params, action), mover)
    other[points], mine[points] = False, going


RULES = Rules.of(globals())


def go(size: int, komi: float, max_length: int) -> Setup:
    points, frame = size * size, (size + 2) * (size + 1)
    length = max_length or 2 * points
    letters = "ABCDEFGHJKLMNOPQRST"

    def action_text(action: int) -> str:
        return "pass" if action == points else f"{letters[action % size]}{action // size + 1}"

    def render(state: np.ndarray) -> str:
        board = state[CELLS + size + 1 : CELLS + frame - size - 1].reshape(size, size + 1)[:, :size]
        lines = [f"{row + 1:2} {' '.join('.xo'[stone] for stone in board[row])}" for row in range(size - 1, -1, -1)]
        return "\n".join([*lines, f"   {' '.join(letters[:size])}"])

    return Setup(
        rules=RULES,
        params=np.array([size, np.float64(komi).view(np.int64), length], np.int64),
        state_size=CELLS + 4 * frame + length + 1 + record_size(length),
        num_players=2,
        num_actions=points + 1,
        info_size=record_size(length),
        observation_size=3 * points + 2,
        min_utility=-1.0,
        max_utility=1.0,
        zero_sum=True,
        info_text=record_text,
        action_text=action_text,
        perfect_information=True,
        render=render,
    )


GAMES = (
    GameSpec(
        id="go",
        title="Go",
        build=go,
        parameters=(
            Parameter("size", 9, "rows and columns of the board", 2, 19, also=("board_size",)),
            Parameter("komi", 7.5, "points that White gets", -361.0, 361.0),
            Parameter("max_length", 0, "the most moves; 0: twice the points", 0, 10_000, also=("max_game_length",)),
        ),
        tags=("board", "perfect-information", "zero-sum"),
    ),
)
