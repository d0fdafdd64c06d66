"""The centipede game (Rosenthal 1981): take the larger pile and end the game, or pass and let both piles grow.

Two players move in turn, player 0 first. Who takes after t passes gets ``large · growth**t``, the other one
``small · growth**t``; if everybody always passes, the player who would move next gets the larger pile. The defaults are
the four-move game of McKelvey & Palfrey (1992) in units of 10 cents. Action 0 is take, 1 is pass.
"""

from __future__ import annotations

import numpy as np

from ..rules import TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter

# params: [moves at most, large, small, growth (floats)]; state: [passes so far, whether somebody took]
PASSES, TAKEN = 0, 1


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    return TERMINAL if state[TAKEN] or state[PASSES] == params[0] else 1 << (state[PASSES] & 1)


@rule
def legal(params, state, player, out):
    out[0], out[1] = 0, 1
    return 2


@rule
def apply(params, state, actions):
    if actions[state[PASSES] & 1] == 0:
        state[TAKEN] = 1
    else:
        state[PASSES] += 1


@rule
def returns(params, state, out):
    if to_move(params, state) == TERMINAL:
        piles = params[1:].view(np.float64)
        taker, factor = state[PASSES] & 1, piles[2] ** state[PASSES]
        out[taker], out[1 - taker] = piles[0] * factor, piles[1] * factor


@rule
def info(params, state, player, out):
    out[0] = state[PASSES]
    return 1


@rule
def observe(params, state, player, out):
    """One-hot player, one-hot number of passes, and whether somebody took."""
    out[player] = 1.0
    out[2 + state[PASSES]] = 1.0
    out[3 + params[0]] = state[TAKEN]


RULES = Rules.of(globals())


def centipede(moves: int, large: float, small: float, growth: float) -> Setup:
    payoffs = [pile * growth**t for pile in (large, small) for t in range(moves + 1)]
    return Setup(
        rules=RULES,
        params=np.concatenate([[moves], np.array([large, small, growth]).view(np.int64)]),
        state_size=2,
        num_players=2,
        num_actions=2,
        info_size=1,
        observation_size=moves + 4,
        min_utility=min(payoffs),
        max_utility=max(payoffs),
        action_text=lambda action: ("take", "pass")[action],
        info_text=lambda player, key: f"pass {key[0]}",
        perfect_information=True,
        render=lambda state: f"passes {state[PASSES]}{'  taken' if state[TAKEN] else ''}",
    )


GAMES = (
    GameSpec(
        id="centipede",
        title="Centipede",
        build=centipede,
        parameters=(
            Parameter("moves", 4, "number of moves, at most", 1, 100),
            Parameter("large", 4.0, "the larger pile at the start", 0.0),
            Parameter("small", 1.0, "the smaller pile at the start", 0.0),
            Parameter("growth", 2.0, "what both piles are multiplied by at a pass", 1.0, 10.0),
        ),
        tags=("general-sum", "perfect-information"),
    ),
)
