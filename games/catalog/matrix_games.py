"""Classic matrix games, with OpenSpiel's payoffs where OpenSpiel has the game, and the public goods game."""

from __future__ import annotations

import numpy as np

from ..matrix import MatrixGame
from ..spec import GameSpec, Parameter

ROCK_PAPER_SCISSORS = ("rock", "paper", "scissors")

CLASSICS = {
    "prisoners_dilemma": (
        "Prisoner's dilemma",
        ("cooperate", "defect"),
        ([[5, 0], [10, 1]], [[5, 10], [0, 1]]),
    ),
    "chicken": ("Chicken", ("dare", "chicken"), ([[0, 4], [1, 3]], [[0, 1], [4, 3]])),
    "stag_hunt": ("Stag hunt", ("stag", "hare"), ([[2, 0], [1, 1]], [[2, 1], [0, 1]])),
    "matching_pennies": ("Matching pennies", ("heads", "tails"), ([[1, -1], [-1, 1]],)),
    "rock_paper_scissors": (
        "Rock, paper, scissors",
        ROCK_PAPER_SCISSORS,
        ([[0, -1, 1], [1, 0, -1], [-1, 1, 0]],),
    ),
    "shapley": (
        "Shapley's game",
        ROCK_PAPER_SCISSORS,
        ([[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    ),
    "battle_of_the_sexes": (
        "Battle of the sexes",
        ("bach", "stravinsky"),
        ([[3, 0], [0, 2]], [[2, 0], [0, 3]]),
    ),
}
"""id: (title, action names, payoffs as `MatrixGame` takes them)."""


def classic(id: str) -> MatrixGame:
    _, names, payoffs = CLASSICS[id]
    return MatrixGame(*payoffs, action_names=names)


def public_goods(players: int, levels: int, multiplier: float) -> MatrixGame:
    """Everybody gives a share k / (levels - 1) of an endowment of 1; gifts are multiplied and split evenly."""
    shares = np.arange(levels) / (levels - 1)
    gifts = np.stack(np.meshgrid(*[shares] * players, indexing="ij"))
    payoffs = 1.0 - gifts + multiplier * gifts.mean(axis=0)
    return MatrixGame(payoffs, action_names=[f"give {share:.4g}" for share in shares])


def spec(id: str) -> GameSpec:
    game = classic(id)
    tags = sorted(("matrix", "simultaneous", "zero-sum" if game.zero_sum else "general-sum"))
    return GameSpec(id=id, title=CLASSICS[id][0], build=lambda: classic(id), tags=tuple(tags))


GAMES = (
    *(spec(id) for id in CLASSICS),
    GameSpec(
        id="public_goods",
        title="Public goods",
        build=public_goods,
        players="2-8",
        parameters=(
            Parameter("players", 3, "number of players", 2, 8),
            Parameter("levels", 2, "number of gifts to choose from, evenly spaced from nothing to all", 2, 32),
            Parameter("multiplier", 1.6, "what the sum of gifts is multiplied by before it is split", 0.0),
        ),
        tags=("general-sum", "matrix", "simultaneous"),
    ),
)
