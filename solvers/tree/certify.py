"""Bounds on a profile's values and gap that hold in exact arithmetic: rounding is accounted for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...games.policy import Policy, as_tree, require_same_game
from ...games.tree import GameTree
from .layout import _depths

if TYPE_CHECKING:
    from ...games.game import Game

UNIT = np.finfo(np.float64).eps / 2
"""Relative error of one rounded operation."""


class Certificate(NamedTuple):
    """Intervals that contain the exact figures of a profile; each pair is (at least, at most)."""

    expected: np.ndarray
    """float64[P, 2]: each player's expected utility."""
    best: np.ndarray
    """float64[P, 2]: each player's utility when best responding to the others."""
    nash_conv: tuple[float, float]
    value: tuple[float, float] | None
    """Of the game, for the first player, where it is a two-player zero-sum game: what the profile proves about it."""


def certify(game: Game | GameTree, policy: Policy) -> Certificate:
    """Rigorous bounds on the expected and best-response values of a profile, its NashConv, and the value of the game.

    They hold for the profile whose probabilities are the policy's, divided by their exact sum at each information set,
    and for the game whose utilities are the tree's and whose chance probabilities are the tree's up to one rounding
    each (1/3 has no binary form). Error analysis: Higham 2002, "Accuracy and stability of numerical algorithms",
    chapter 3: n roundings multiply by a factor within 1 ± γ(n), γ(n) = nu / (1 - nu), and a sum of n terms is off by
    at most γ(n - 1) times the sum of their sizes, whatever the order.

    Raises:
        ValueError: the policy was made for another game.
    """
    tree = as_tree(game)
    require_same_game(tree, policy.tree)
    plan, roundings = _plans(tree, policy.probabilities)
    players = range(tree.num_players)
    expected = np.array([_expected(tree, plan, roundings, p) for p in players])
    best = np.array([_best(tree, plan, roundings, p) for p in players])
    gains = np.stack([_down(best[:, 0] - expected[:, 1]), _up(best[:, 1] - expected[:, 0])], axis=1)
    low, high = _down(math.fsum(gains[:, 0])), _up(math.fsum(gains[:, 1]))
    value = None
    if tree.num_players == 2 and tree.zero_sum:
        value = (-float(best[1, 1]), float(best[0, 1]))
    return Certificate(expected, best, (max(float(low), 0.0), max(float(high), 0.0)), value)


def _gamma(n: np.ndarray | float) -> np.ndarray | float:
    """γ(n), itself rounded up generously."""
    return n * UNIT / (1.0 - n * UNIT) * (1.0 + 8 * UNIT)


def _down(x: np.ndarray | float) -> np.ndarray:
    return np.nextafter(x, -np.inf)


def _up(x: np.ndarray | float) -> np.ndarray:
    return np.nextafter(x, np.inf)


def _plans(tree: GameTree, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """-> (realisation plan float64[S], roundings int64[S] that each of its entries went through)."""
    inner = tree.sequence_infoset >= 0
    at = tree.sequence_infoset[inner]
    total = np.bincount(at, weights=probabilities[inner], minlength=tree.num_infosets)
    plan, roundings = np.ones(tree.num_sequences), np.zeros(tree.num_sequences, np.int64)
    plan[inner] = probabilities[inner] / total[at]
    roundings[inner] = tree.infoset_count[at] + 1  # the sum, the division, and the product below
    for level in _depths(tree)[1]:
        sequences, parent = _sequences(tree, level)
        plan[sequences] *= plan[parent]
        roundings[sequences] += roundings[parent]
    return plan, roundings


def _sequences(tree: GameTree, infosets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """-> (all sequences that end at these information sets, the sequence before each)."""
    counts = tree.infoset_count[infosets]
    ends = np.cumsum(counts)
    sequences = np.arange(counts.sum()) + np.repeat(tree.infoset_first[infosets] - (ends - counts), counts)
    return sequences, np.repeat(tree.infoset_parent[infosets], counts)


def _sum(where: np.ndarray, intervals: np.ndarray, size: int) -> np.ndarray:
    """float64[size, 2]: sums of the intervals, float64[n, 2], by `where`, rounded outward."""
    count = np.bincount(where, minlength=size)
    out = np.empty((size, 2))
    for side, direction in enumerate((-1.0, 1.0)):
        total = np.bincount(where, weights=intervals[:, side], minlength=size)
        sizes = np.bincount(where, weights=np.abs(intervals[:, side]), minlength=size)
        # one rounding more than the sum has, for the sum of sizes and the product, which are rounded as well
        out[:, side] = total + direction * _gamma(2.0 * count + 4) * sizes
    return np.stack([_down(out[:, 0]), _up(out[:, 1])], axis=1)


def _leaves(tree: GameTree, plan: np.ndarray, roundings: np.ndarray, player: int, own: bool) -> np.ndarray:
    """float64[L, 2]: the player's utility at each leaf times the chance to come there; `own`: by the player's plan
    too, else by the others' alone."""
    weight, steps = tree.leaf_chance * tree.leaf_utility[:, player], np.full(tree.num_leaves, 2 * tree.depth + 2)
    for q in range(tree.num_players):
        if own or q != player:
            weight = weight * plan[tree.leaf_sequence[:, q]]
            steps = steps + roundings[tree.leaf_sequence[:, q]] + 1
    # the last term covers products so small that they are rounded to a fixed grid
    error = _gamma(steps + 4.0) * np.abs(weight) + (steps + 1) * np.finfo(np.float64).tiny
    return np.stack([_down(weight - error), _up(weight + error)], axis=1)


def _expected(tree: GameTree, plan: np.ndarray, roundings: np.ndarray, player: int) -> np.ndarray:
    low, high = _leaves(tree, plan, roundings, player, own=True).T
    return np.array([_down(math.fsum(low)), _up(math.fsum(high))])  # fsum rounds once


def _best(tree: GameTree, plan: np.ndarray, roundings: np.ndarray, player: int) -> np.ndarray:
    leaves = _leaves(tree, plan, roundings, player, own=False)
    gain = _sum(tree.leaf_sequence[:, player], leaves, tree.num_sequences)
    for level in reversed(_depths(tree)[1]):
        level = level[tree.infoset_player[level] == player]
        if not level.size:
            continue
        counts = tree.infoset_count[level]
        sequences, _ = _sequences(tree, level)
        best = np.maximum.reduceat(gain[sequences], np.cumsum(counts) - counts, axis=0)
        before = np.unique(tree.infoset_parent[level])
        where = np.searchsorted(before, tree.infoset_parent[level])
        parts = np.concatenate([gain[before], best])
        gain[before] = _sum(np.concatenate([np.arange(len(before)), where]), parts, len(before))
    return gain[tree.sequence_start[player]]
