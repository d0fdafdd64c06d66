"""The payoff tensor that a matrix method's argument stands for, one-shot games included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...games.matrix import MatrixGame
from .profile import Profile, StrategicForm, strategic_form

if TYPE_CHECKING:
    from ...games.tree import GameTree


def payoffs_of(game: Any) -> np.ndarray:
    """float64[P, A0, …, A(P-1)] of a `MatrixGame`, its id, a one-shot game or its tree, or payoffs as arrays.

    A game is one-shot where each player has one information set; chance is averaged over.

    Raises:
        ValueError: ragged or non-finite payoffs, one player's payoffs missing, a game that is not one-shot.
    """
    from ...games.game import Game
    from ...games.tree import GameTree

    if isinstance(game, str):
        from ...games.registry import make

        game = make(game)
    if isinstance(game, MatrixGame) or not isinstance(game, (Game, GameTree)):
        return strategic_form(game).payoffs
    tree = game if isinstance(game, GameTree) else game.tree()
    if not is_one_shot(tree):
        raise ValueError(
            f"matrix methods need a game where each player has one information set; {tree.game_id or 'this tree'} has "
            f"{np.diff(tree.infoset_start).tolist()}: use a method for trees (ludus.solve, or correlated with 'efce')"
        )
    return one_shot_payoffs(tree)


def from_zero(payoffs: np.ndarray) -> np.ndarray:
    """The same game with each player's least payoff at 0: a constant that is added to all costs no precision then."""
    return payoffs - payoffs.min(axis=tuple(range(1, payoffs.ndim)), keepdims=True)


def is_one_shot(tree: GameTree) -> bool:
    """Whether no player has two information sets, so that actions are plans."""
    return bool(np.diff(tree.infoset_start).max() <= 1)


def one_shot_payoffs(tree: GameTree) -> np.ndarray:
    """float64[P, A0, …, A(P-1)]: expected payoffs of a tree where each player has at most one information set."""
    players = len(tree.infoset_start) - 1
    counts = np.maximum(np.diff(tree.sequence_start) - 1, 1)
    payoffs = np.zeros((players, *counts))
    for sequences, chance, utility in zip(tree.leaf_sequence, tree.leaf_chance, tree.leaf_utility):
        # A player that did not move on the way gets there with every action.
        own = sequences - tree.sequence_start[:-1] - 1
        cell = tuple(slice(None) if a < 0 else int(a) for a in own)
        payoffs[(slice(None), *cell)] += (chance * utility).reshape(players, *(1 for a in own if a < 0))
    return payoffs


def two_player_payoffs(game: Any, method: str, instead: str) -> np.ndarray:
    """float64[2, A, B].

    Raises:
        ValueError: not two players; the sentence names the `method` and what to use `instead`.
    """
    payoffs = payoffs_of(game)
    if len(payoffs) != 2:
        raise ValueError(f"{method} takes games of 2 players, got {len(payoffs)}: {instead}")
    return payoffs


def probabilities(name: str, given: Any, count: int) -> np.ndarray:
    """float64[count]: probabilities that sum to 1 within 1e-6 (and then do exactly), or ValueError."""
    found = np.array(given, np.float64)
    if found.shape != (count,) or not np.isfinite(found).all() or (found < 0.0).any():
        raise ValueError(f"{name} must hold {count} probabilities, got {given!r}")
    if abs(found.sum() - 1.0) > 1e-6:
        raise ValueError(f"{name} must sum to 1, got {found.sum():.6g}")
    return found / found.sum()


def mixed_profile(payoffs: np.ndarray, strategies: Any) -> Profile:
    """A `Profile` of strategies that sum to 1 each; one that is a `Profile` already stays as it is.

    Raises:
        ValueError: not one strategy for each player, or one that is no distribution over its actions.
    """
    if isinstance(strategies, Profile) and tuple(map(len, strategies)) == payoffs.shape[1:]:
        return strategies
    if len(strategies) != len(payoffs):
        raise ValueError(f"a profile needs {len(payoffs)} strategies, one for each player, got {len(strategies)}")
    counts = payoffs.shape[1:]
    return Profile.of(
        StrategicForm(payoffs),
        [probabilities(f"player {p}'s strategy", x, n) for p, (x, n) in enumerate(zip(strategies, counts))],
    )
