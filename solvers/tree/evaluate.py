"""Exact evaluation of policies on a tree: expected values, best responses, NashConv and exploitability."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...games.policy import Policy, as_tree, require_same_game
from ...games.tree import GameTree
from . import _kernels
from .layout import layout_of

if TYPE_CHECKING:
    from ...games.game import Game


class Evaluation(NamedTuple):
    """What one pass finds of a profile."""

    expected: np.ndarray
    """float64[P]: each player's expected utility."""
    best: np.ndarray
    """float64[P]: each player's utility when best responding to the others."""
    choice: np.ndarray
    """int64[I]: the position of the best response's action at each of the tree's information sets."""

    @property
    def nash_conv(self) -> float:
        """Sum over players of what a best response gains. Rounding may leave it a hair below zero; it is cut there."""
        return max(float((self.best - self.expected).sum()), 0.0)


def evaluate(tree: GameTree, probabilities: np.ndarray) -> Evaluation:
    """Evaluates a behaviour profile, float64[S], against itself."""
    layout = layout_of(tree)
    plan, grad, scratch = np.zeros(layout.size), np.zeros(layout.size), layout.scratch()
    placed, expected, best = (
        np.zeros(tree.num_infosets, np.int64),
        np.zeros(tree.num_players),
        np.zeros(tree.num_players),
    )
    _kernels.plans(layout.arrays, layout.place(probabilities), plan, scratch)
    _kernels.evaluate(layout.arrays, plan, grad, scratch, placed, expected, best)
    choice = np.empty_like(placed)
    choice[layout.infosets] = placed
    return Evaluation(expected, best, choice)


def _checked(game: Game | GameTree, policy: Policy) -> tuple[GameTree, np.ndarray]:
    tree = as_tree(game)
    if not isinstance(policy, Policy):
        raise TypeError(
            f"policy must be a ludus.Policy (ludus.tabulate makes one of an agent), got {type(policy).__name__}"
        )
    require_same_game(tree, policy.tree)
    return tree, policy.probabilities


def expected_values(game: Game | GameTree, policy: Policy) -> np.ndarray:
    """float64[P]: each player's expected utility when all follow the profile.

    Raises:
        ValueError: the policy was made for another game.
    """
    return evaluate(*_checked(game, policy)).expected


def best_response(game: Game | GameTree, policy: Policy, player: int) -> tuple[float, Policy]:
    """The player's best response to the others. -> (its value, the profile with it in the player's place).

    Where the others never let the player come, and between equally good actions, the first action is taken.

    Raises:
        ValueError: the policy was made for another game, or there is no such player.
    """
    tree, probabilities = _checked(game, policy)
    if player not in range(tree.num_players):
        raise ValueError(f"player must be from 0 to {tree.num_players - 1}, got {player!r}")
    found = evaluate(tree, probabilities)
    response = probabilities.copy()
    mine = slice(tree.sequence_start[player] + 1, tree.sequence_start[player + 1])
    infosets = slice(tree.infoset_start[player], tree.infoset_start[player + 1])
    response[mine] = 0.0
    response[tree.infoset_first[infosets] + found.choice[infosets]] = 1.0
    return float(found.best[player]), Policy(tree, response)


def nash_conv(game: Game | GameTree, policy: Policy) -> float:
    """Sum over players of what a best response to the others would gain; 0 exactly in a Nash equilibrium.

    Source: Lanctot et al. 2017, "A unified game-theoretic approach to multiagent reinforcement learning", section 3.

    Raises:
        ValueError: the policy was made for another game.
    """
    return evaluate(*_checked(game, policy)).nash_conv


def exploitability(game: Game | GameTree, policy: Policy) -> float:
    """`nash_conv` divided by the number of players."""
    return nash_conv(game, policy) / as_tree(game).num_players
