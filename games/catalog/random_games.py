"""Random games, the same for the same seed: trees of perfect recall, and matrix games."""

from __future__ import annotations

from ..explicit import explicit_setup
from ..generators import random_tensor, random_tree
from ..matrix import MatrixGame
from ..rules import Setup
from ..spec import GameSpec, Parameter

SEED = Parameter("seed", 0, "decides everything that the other parameters leave open", 0)
PLAYERS = Parameter("players", 2, "number of players", 1, 10)


def random_game(**parameters: float) -> Setup:
    return explicit_setup(random_tree(**parameters))  # type: ignore[arg-type]


def random_matrix(seed: int, players: int, actions: int, ragged: bool, zero_sum: bool) -> MatrixGame:
    return MatrixGame(random_tensor(seed, players, actions, ragged, zero_sum))


GAMES = (
    GameSpec(
        id="random_game",
        title="Random tree",
        build=random_game,
        players="1-10",
        parameters=(
            SEED,
            PLAYERS,
            Parameter("depth", 5, "edges on the longest history", 1, 30),
            Parameter("actions", 3, "the most actions or chance outcomes of a node", 2, 20),
            Parameter("chance", 0.2, "probability that an inner node is a chance node", 0.0, 1.0),
            Parameter("merge", 0.5, "probability that a node joins an information set, where recall allows", 0.0, 1.0),
            Parameter("stop", 0.1, "probability that a node below the root ends the game", 0.0, 1.0),
            Parameter("zero_sum", True, "whether utilities sum to zero"),
        ),
        tags=("chance", "imperfect-information", "random", "zero-sum"),
    ),
    GameSpec(
        id="random_matrix",
        title="Random matrix game",
        build=random_matrix,
        players="1-10",
        parameters=(
            SEED,
            PLAYERS,
            Parameter("actions", 3, "each player's number of actions", 1, 1000),
            Parameter("ragged", False, "whether players' numbers of actions are drawn, from 1 to `actions`"),
            Parameter("zero_sum", False, "whether payoffs sum to zero"),
        ),
        tags=("general-sum", "matrix", "random", "simultaneous"),
    ),
)
