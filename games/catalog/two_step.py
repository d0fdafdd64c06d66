"""The two-step cooperative game of QMIX (Rashid et al. 2018, section 5).

Two players with one common payoff choose an action at the same time, twice. The first player's first action decides
which matrix game is played second: 0 leads to 2A, where everything pays 7; 1 leads to 2B, which pays
``[[0, 1], [1, 8]]``. The best joint play is worth 8, and no sum of the two players' values can represent 2B.
"""

from __future__ import annotations

import numpy as np

from ..rules import TERMINAL, Rules, Setup, rule
from ..spec import GameSpec

# state: [moves made, first move of each player, second move of each player]
MOVES, FIRST, SECOND = 0, 1, 3


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    return TERMINAL if state[MOVES] == 2 else 0b11


@rule
def legal(params, state, player, out):
    out[0], out[1] = 0, 1
    return 2


@rule
def apply(params, state, actions):
    at = FIRST if state[MOVES] == 0 else SECOND
    state[at], state[at + 1] = actions[0], actions[1]
    state[MOVES] += 1


@rule
def returns(params, state, out):
    if state[MOVES] < 2:
        return
    both = state[SECOND] + state[SECOND + 1]
    payoff = 7.0
    if state[FIRST] == 1:
        payoff = 8.0 if both == 2 else float(both)
    out[0], out[1] = payoff, payoff


@rule
def info(params, state, player, out):
    """Nothing at first; then the matrix game, and the player's own first move."""
    if state[MOVES] == 0:
        return 0
    out[0], out[1] = state[FIRST], state[FIRST + player]
    if state[MOVES] == 1:
        return 2
    out[2] = state[SECOND + player]
    return 3


@rule
def observe(params, state, player, out):
    """One-hot player, then one-hot stage: first, 2A, 2B."""
    out[player] = 1.0
    out[2 if state[MOVES] == 0 else 3 + state[FIRST]] = 1.0


RULES = Rules.of(globals())


def two_step() -> Setup:
    return Setup(
        rules=RULES,
        params=np.zeros(0, np.int64),
        state_size=5,
        num_players=2,
        num_actions=2,
        info_size=3,
        observation_size=5,
        min_utility=0.0,
        max_utility=8.0,
        simultaneous=True,
        info_text=info_text,
        render=render,
    )


def info_text(player: int, key: tuple[int, ...]) -> str:
    if not key:
        return "first"
    text = f"2{'AB'[key[0]]} after own {key[1]}"
    return text if len(key) == 2 else f"{text}, {key[2]}"


def render(state: np.ndarray) -> str:
    moves = int(state[MOVES])
    if moves == 0:
        return "first"
    text = f"2{'AB'[state[FIRST]]} after {state[FIRST]}, {state[FIRST + 1]}"
    return text if moves == 1 else f"{text}; then {state[SECOND]}, {state[SECOND + 1]}"


GAMES = (
    GameSpec(
        id="two_step",
        title="Two-step cooperative game",
        build=two_step,
        tags=("common-payoff", "cooperative", "simultaneous"),
    ),
)
