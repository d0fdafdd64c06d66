"""What an oracle is, and what all oracles share: how a new member of a population is made, given whom it shall meet.

Every oracle is a frozen record of options with three functions. A *state* is a dict of arrays, so that it can be kept
as npz; the oracle goes on from it, or starts a new member.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..games.agent import Agent
from ..games.game import Game
from ..games.policy import Policy
from ..games.tree import GameTree
from .facing import agent_of, plans_of
from .functional_games import FunctionalGame

OracleState = dict[str, np.ndarray]
Opponents = Sequence[Any]
"""K opponents, of which one is drawn for each match: each is an agent that sits in all other seats, or a sequence of
agents with one for each seat of the game (the learner's own entry is not looked at)."""
INITIAL = ("uniform", "random", "pure")
"""How tabular members start: all actions alike, drawn from the simplex, or one random action each."""


@runtime_checkable
class Oracle(Protocol):
    """What a loop over populations asks of an oracle."""

    def start(self, game: Any, seed: int | np.random.Generator = 0) -> OracleState:
        """A new member that has learned nothing."""
        ...

    def train(
        self,
        game: Any,
        state: OracleState,
        player: int,
        opponents: Opponents,
        weights: Any,
        seed: int | np.random.Generator = 0,
        budget: int = 1,
    ) -> OracleState:
        """The member after training in one seat against a mixture of opponents; `state` stays as it is.

        Args:
            weights: float64[K], which opponent is met how often; sums to one.
            budget: how long, in units that the oracle documents.
        """
        ...

    def agent(self, game: Any, state: OracleState) -> Agent:
        """The member as an agent for all seats (those that were not trained play as they started)."""
        ...


class VectorAgent(Agent):
    """A strategy of a game over parameter vectors; such games are not played move by move."""

    def __init__(self, vector: Any, name: str = "vector"):
        self.vector = np.array(vector, np.float64)
        self.vector.setflags(write=False)
        self.name = name


# -- what oracles share ------------------------------------------------------------------------------------------------


def start_state(game: Any, initial: str, seed: int | np.random.Generator) -> OracleState:
    """{"probabilities": float64[S]} of a game with a tree, {"vector": float64[D]} of one over vectors (drawn).

    Raises:
        ValueError: an unknown way to start.
    """
    if initial not in INITIAL:
        raise ValueError(f"initial must be one of {', '.join(INITIAL)}, got {initial!r}")
    rng = np.random.default_rng(seed)
    if isinstance(game, FunctionalGame):
        return {"vector": game.sample(1, rng)[0]}
    tree = tree_of(game)
    if initial == "uniform":
        return {"probabilities": Policy.uniform(tree).probabilities.copy()}
    if initial == "random":
        return {"probabilities": Policy.random(tree, rng).probabilities.copy()}
    return {"probabilities": greedy(tree, rng.random(tree.num_sequences))}


def greedy(tree: GameTree, values: np.ndarray) -> np.ndarray:
    """float64[S]: the pure profile that takes the action of greatest value (the first of equals) everywhere."""
    order = np.lexsort((-np.arange(tree.num_sequences), values, tree.sequence_infoset))
    infoset = tree.sequence_infoset[order]
    best = order[np.append(infoset[1:] != infoset[:-1], True) & (infoset >= 0)]
    out = np.zeros(tree.num_sequences)
    out[best] = 1.0
    out[tree.sequence_start[:-1]] = 1.0
    return out


def checked(opponents: Opponents, weights: Any, budget: int) -> np.ndarray:
    """The weights as float64[K].

    Raises:
        ValueError: no opponents, weights that do not fit or are no distribution, a budget below 1.
    """
    if len(opponents) == 0:
        raise ValueError("opponents must name at least one opponent")
    mix = np.asarray(weights, np.float64)
    if mix.shape != (len(opponents),):
        raise ValueError(f"weights must have one entry for each of the {len(opponents)} opponents, got {mix.shape}")
    if not (mix >= 0.0).all() or abs(mix.sum() - 1.0) > 1e-6:
        raise ValueError(f"weights must be probabilities that sum to 1, got a sum of {mix.sum():.6g}")
    if isinstance(budget, bool) or not isinstance(budget, (int, np.integer)) or budget < 1:
        raise ValueError(f"budget must be an integer of at least 1, got {budget!r}")
    return mix / mix.sum()


def tree_of(game: Any) -> GameTree:
    if isinstance(game, Game):
        return game.tree()
    raise TypeError(f"game must be a ludus.Game or a game over vectors, got {type(game).__name__}")


def seat(game: Any, player: int) -> int:
    players = 2 if isinstance(game, FunctionalGame) else game.num_players
    if player not in range(players):
        raise ValueError(f"player must be from 0 to {players - 1}, got {player!r}")
    return int(player)


def mixed_plans(game: Game, opponents: Opponents, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(plans float64[K', S], weights float64[K']) of the opponents that are met at all."""
    met = np.flatnonzero(weights).tolist()
    return np.array([plans_of(game, opponents[k]) for k in met]), weights[met]


def vectors_of(opponents: Opponents) -> np.ndarray:
    for opponent in opponents:
        if not isinstance(opponent, VectorAgent):
            raise TypeError(f"opponents in a game over vectors must be VectorAgents, got {type(opponent).__name__}")
    return np.stack([opponent.vector for opponent in opponents])


def member_agent(game: Any, state: OracleState, name: str) -> Agent:
    if isinstance(game, FunctionalGame):
        return VectorAgent(state["vector"], name)
    return agent_of(game, state["probabilities"], name)


def with_tree(game: Any, who: str) -> Game:
    if isinstance(game, FunctionalGame):
        raise ValueError(f"{who} needs a game with a tree; over vectors use 'exact' or 'evolution_strategies'")
    tree_of(game)
    return game
