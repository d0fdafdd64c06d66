"""The climbing and the penalty game (Claus & Boutilier 1998): common payoffs in which the best joint action is risky.

With one round they are matrix games. With more, the same players play again and see what both did; the literature's
environments repeat them 25 times an episode.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..game import Game
from ..matrix import MatrixGame, matrix_setup
from ..rules import Setup
from ..spec import GameSpec, Parameter

CLIMBING = [[11, -30, 0], [-30, 7, 0], [0, 6, 5]]
NAMES = ("a", "b", "c")


def common(payoff: Sequence[Sequence[float]], rounds: int) -> Game | Setup:
    """Both players are paid `payoff`, `rounds` times."""
    if rounds == 1:
        return MatrixGame(payoff, payoff, action_names=NAMES)
    return matrix_setup(np.array([payoff, payoff], float), rounds, action_names=NAMES)


def climbing(rounds: int) -> Game | Setup:
    return common(CLIMBING, rounds)


def penalty(k: float, rounds: int) -> Game | Setup:
    return common([[k, 0, 10], [0, 2, 0], [10, 0, k]], rounds)


ROUNDS = Parameter("rounds", 1, "how often the game is played", low=1, high=1000)
TAGS = ("common-payoff", "cooperative", "matrix", "repeated", "simultaneous")

GAMES = (
    GameSpec(id="climbing", title="Climbing game", build=climbing, parameters=(ROUNDS,), tags=TAGS),
    GameSpec(
        id="penalty",
        title="Penalty game",
        build=penalty,
        parameters=(Parameter("k", -50.0, "what missing each other costs", high=0.0), ROUNDS),
        tags=TAGS,
    ),
)
