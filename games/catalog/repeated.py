"""A classic matrix game played again and again by the same players, who see what everybody did.

Without `continuation` exactly `rounds` rounds are played. With it, a chance node stands after each round but the
`rounds`-th: with probability `continuation` (outcome 1) another round follows, else (outcome 0) the game ends; after
`rounds` rounds it ends for certain. A return is the sum of the payoffs of the rounds played.
"""

from __future__ import annotations

from ..matrix import matrix_setup
from ..rules import Setup
from ..spec import GameSpec, Parameter
from .matrix_games import CLASSICS, classic


def repeated(stage: str, rounds: int, continuation: float) -> Setup:
    if continuation == 0.0:
        raise ValueError("repeated: parameter continuation must be above 0 (a single round is the matrix game itself)")
    _, names, _ = CLASSICS[stage]
    return matrix_setup(classic(stage).payoffs, rounds, continuation, names)


GAMES = (
    GameSpec(
        id="repeated",
        title="Repeated matrix game",
        build=repeated,
        parameters=(
            Parameter("stage", "prisoners_dilemma", "the matrix game of each round", choices=tuple(CLASSICS)),
            Parameter("rounds", 3, "number of rounds, at most", 1, 1000),
            Parameter("continuation", 1.0, "probability that another round follows a round", 0.0, 1.0),
        ),
        tags=("general-sum", "repeated", "simultaneous"),
    ),
)
