"""Backgammon without the doubling cube: dice are rolled, checkers run home and off; who is rid of all 15 first wins.

An action moves up to two checkers and is numbered as in OpenSpiel: 26 · second + first, plus 676 where the first goes
by the lower die. `first` and `second` name where the checkers start: a point from 0 to 23 (player 0 runs upwards), 24
the bar, 25 nothing. Of actions that do the same in another order, one is legal. A double is played as two actions. Both
dice are used where that is possible, or else the higher; a game that is not won within its turns is a draw. Information
state: all rolls and moves, so that recall is perfect. Rules as OpenSpiel's ``backgammon``.
"""

from __future__ import annotations

import numpy as np

from ..rules import CHANCE, TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter
from ._board import recite, record_size, record_text, remember

# Each player counts points from the own side: 0 the bar, 1 … 24 on the way, 25 off; the other's number is 25 - point.
#
# params: [most turns, 1: gammons count double, 2: and backgammons threefold]
# state: [what to_move says, who moved last, turns, whether a double's second half is to be played, two dice (0: none),
#         rolls and moves so far, return of player 0, checkers of each player at 0 … 25, record of rolls and moves + 1]
TURN, LAST, TURNS, AGAIN, DICE, EVENTS, RESULT, CHECKERS = 0, 1, 2, 3, 4, 6, 7, 8
RECORD = CHECKERS + 52
BAR, OFF, ALL = 0, 25, 15
NOTHING, HALF, PASS = 25, 676, 1351
"""The digit for no checker, what is added for the lower die first, and the action that moves nothing."""

START = ((1, 2), (12, 5), (17, 3), (19, 5))
"""Points and their checkers at the beginning, alike for both."""


@rule
def init(params, state):
    for p in range(2):
        for point, count in START:
            state[CHECKERS + 26 * p + point] = count
    state[TURN], state[LAST] = CHANCE, -1


@rule
def to_move(params, state):
    return state[TURN]


@rule
def chance(params, state, outcomes, probabilities):
    """Rolls in OpenSpiel's order: 12 21 13 31 … 56 65 11 … 66; the first one has no doubles and says who begins."""
    count = 30 if state[LAST] < 0 else 36
    for k in range(count):
        outcomes[k], probabilities[k] = k, 1.0 / count
    return count


@rule
def goes(state, own, first, through, start, die):
    """Whether a checker may go from `start` by `die` after one has gone from `first` (-1: none has) to `through`.

    own: where the mover's checkers stand in the state.
    """
    if state[own + start] - int(start == first) + int(start == through) <= 0:
        return False
    if start != BAR and state[own] > int(first == BAR):
        return False
    end = start + die
    if end < OFF:
        return state[2 * CHECKERS + 26 - own + OFF - end] < 2
    last = 18 if end == OFF else max(18, start - 1)  # nobody may be left behind these
    for point in range(last + 1):  # noqa: SIM110
        if state[own + point] - int(point == first) + int(point == through) > 0:
            return False
    return True


@rule
def follow(state, own, first, die, second, other):
    """Whether two checkers may go, one after the other."""
    return goes(state, own, -1, -1, first, die) and goes(state, own, first, min(first + die, OFF), second, other)


@rule
def digit(player, point):
    """How an action names a mover's point."""
    return 24 if point == BAR else point - 1 if player == 0 else 24 - point


@rule
def point_of(player, number):
    """The mover's point that an action's digit names."""
    return BAR if number == 24 else number + 1 if player == 0 else 24 - number


@rule
def repeats(state, own, player, first, die, second, other):
    """Whether the same move is legal in an order that comes earlier (by first digit, its die, second digit)."""
    a, b = digit(player, first), digit(player, second)
    if (b, other) < (a, die) and follow(state, own, second, other, first, die):
        return True
    if die != other and first + min(die, other) >= OFF and second + min(die, other) >= OFF:  # either die bears off
        if other < die and follow(state, own, first, other, second, die):
            return True
        if b < a and follow(state, own, second, die, first, other):
            return True
    return False


@rule
def legal(params, state, player, out):
    own, count = CHECKERS + 26 * player, 0
    high, low = max(state[DICE], state[DICE + 1]), min(state[DICE], state[DICE + 1])
    for order in range(2 if high > low else 1):
        die, other = (low, high) if order else (high, low)
        for b in range(25):
            second = point_of(player, b)
            reached = second >= die and state[own + second - die] > 0
            if state[own + second] == 0 and not reached:
                continue
            for a in range(25):
                first = point_of(player, a)
                if state[own + first] == 0 or not follow(state, own, first, die, second, other):
                    continue
                if not repeats(state, own, player, first, die, second, other):
                    out[count] = 26 * b + a + HALF * order
                    count += 1
    for die in (high, low):
        if count == 0:
            for a in range(25):
                first = point_of(player, a)
                if goes(state, own, -1, -1, first, die):
                    out[count] = 26 * NOTHING + a + HALF * int(die < high)
                    count += 1
    if count == 0:
        out[0], count = PASS, 1
    return count


@rule
def move(state, player, number, die):
    """Moves the checker that an action's digit names, and a single one that it meets to the bar. -> how many moved"""
    if number == NOTHING:
        return 0
    own, theirs = CHECKERS + 26 * player, CHECKERS + 26 - 26 * player
    start = point_of(player, number)
    end = min(start + die, OFF)
    state[own + start] -= 1
    state[own + end] += 1
    if end < OFF and state[theirs + OFF - end] == 1:
        state[theirs + OFF - end] = 0
        state[theirs + BAR] += 1
    return 1


@rule
def roll(state, outcome):
    """Sets the dice, and who plays them."""
    if outcome >= 30:
        state[DICE] = state[DICE + 1] = outcome - 29
    else:
        low, k = 1, outcome >> 1
        while k >= 6 - low:
            k -= 6 - low
            low += 1
        high = low + 1 + k
        state[DICE], state[DICE + 1] = (high, low) if outcome & 1 else (low, high)
    player = outcome & 1 if state[LAST] < 0 else 1 - state[LAST]
    state[TURN] = 1 << player


@rule
def apply(params, state, actions):
    chosen = actions[0]
    if state[TURN] != CHANCE:
        chosen = actions[state[TURN] >> 1]
    remember(state, RECORD, state[EVENTS], chosen + 1)
    state[EVENTS] += 1
    if state[TURN] == CHANCE:
        roll(state, chosen)
        return
    player = state[TURN] >> 1
    high, low = max(state[DICE], state[DICE + 1]), min(state[DICE], state[DICE + 1])
    pair, die, other = chosen, high, low
    if pair >= HALF:
        pair, die, other = pair - HALF, low, high
    second = pair // 26
    used = move(state, player, pair - 26 * second, die)
    used += move(state, player, second, other)
    if not state[AGAIN]:
        state[TURNS] += 1
    state[LAST] = player
    if not state[AGAIN] and high == low and used == 2:
        state[AGAIN] = 1
    else:
        state[AGAIN], state[DICE], state[DICE + 1], state[TURN] = 0, 0, 0, CHANCE
    if state[CHECKERS + 26 * player + OFF] == ALL:
        stake = worth(params[1], state, CHECKERS + 26 - 26 * player)
        state[TURN], state[RESULT] = TERMINAL, stake if player == 0 else -stake
    elif state[TURNS] > params[0]:
        state[TURN] = TERMINAL


@rule
def worth(scoring, state, loser):
    """How many times a win counts; loser: where the loser's checkers stand in the state."""
    if scoring == 0 or state[loser + OFF] > 0:
        return 1
    behind = 0
    for point in range(7):  # on the bar, or in the winner's home
        behind += state[loser + point]
    return 3 if scoring == 2 and behind > 0 else 2


@rule
def returns(params, state, out):
    out[0], out[1] = state[RESULT], -state[RESULT]


@rule
def info(params, state, player, out):
    return recite(state, RECORD, state[EVENTS], out)


@rule
def observe(params, state, player, out):
    """Tesauro's features (1994), the observer's side first: of each point, from the own side on, whether 1, 2, 3
    checkers stand there, and how many beyond 3, for the own and then the opponent's checkers; bar and off of both;
    whether the observer is to move; the dice; whether a double's second half is to be played."""
    own, theirs = CHECKERS + 26 * player, CHECKERS + 26 - 26 * player
    for point in range(1, 25):
        for side in range(2):
            count = state[theirs + OFF - point] if side else state[own + point]
            at = 96 * side + 4 * point - 4
            if 1 <= count <= 3:
                out[at + count - 1] = 1.0
            elif count > 3:
                out[at + 3] = count - 3
    out[192], out[193], out[194], out[195] = state[own], state[own + OFF], state[theirs], state[theirs + OFF]
    out[196] = state[TURN] == 1 << player
    out[197], out[198], out[199] = state[DICE], state[DICE + 1], state[AGAIN]


RULES = Rules.of(globals())
SCORING = ("winloss_scoring", "enable_gammons", "full_scoring")


def backgammon(scoring: str, max_turns: int) -> Setup:
    events = 3 * (max_turns + 1)
    most = float(SCORING.index(scoring) + 1)
    return Setup(
        rules=RULES,
        params=np.array([max_turns, SCORING.index(scoring)], np.int64),
        state_size=RECORD + record_size(events),
        num_players=2,
        num_actions=2 * HALF,
        max_outcomes=36,
        info_size=record_size(events),
        observation_size=200,
        observation_bounds=(0.0, float(ALL)),
        min_utility=-most,
        max_utility=most,
        zero_sum=True,
        info_text=record_text,
        action_text=action_text,
        perfect_information=True,
        render=render,
    )


def action_text(action: int) -> str:
    """For instance ``high 11, low bar``: the dice's points of departure as actions name them."""
    order, pair = divmod(action, HALF)
    second, first = divmod(pair, 26)
    places = ["bar" if at == 24 else "-" if at == NOTHING else str(at) for at in (first, second)]
    dice = ("low", "high") if order else ("high", "low")
    return ", ".join(f"{die} {place}" for die, place in zip(dice, places))


def render(state: np.ndarray) -> str:
    first, second = state[CHECKERS : CHECKERS + 26], state[CHECKERS + 26 : CHECKERS + 52]
    counts = [int(first[point] - second[OFF - point]) for point in range(1, 25)]
    cells = ["  ." if count == 0 else f"{abs(count):2}{'x' if count > 0 else 'o'}" for count in counts]
    sides = [f"{mark}: {side[BAR]} on the bar, {side[OFF]} off" for mark, side in (("x", first), ("o", second))]
    dice = " ".join(str(die) for die in state[DICE : DICE + 2] if die) or "-"
    rows = [" ".join(cells[12:]), " ".join(cells[11::-1])]
    return "\n".join([*rows, *sides, f"dice {dice}"])


GAMES = (
    GameSpec(
        id="backgammon",
        title="Backgammon",
        build=backgammon,
        parameters=(
            Parameter(
                *("scoring", "winloss_scoring", "whether gammons count double, and backgammons threefold"),
                choices=SCORING,
                also=("scoring_type",),
            ),
            Parameter("max_turns", 500, "turns after which the game is a draw", 1, 5000, also=("max_player_turns",)),
        ),
        tags=("board", "chance", "dice", "perfect-information", "zero-sum"),
    ),
)
