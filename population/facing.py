"""`Facing`: what one player of a tree faces when the others' choices are known, as a game against chance alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..games.agent import Agent, TabularAgent
from ..games.game import Game
from ..games.policy import Policy
from ..games.rules import CHANCE
from ..games.tabulate import tabulate
from ..games.tree import GameTree
from ..solvers.tree import _kernels
from ..solvers.tree.layout import layout_of
from ..solvers.tree.mccfr import packed
from ..solvers.tree.reach import histories


class Facing(NamedTuple):
    """A tree in which everybody but one player belongs to chance; that player has the number 0. N nodes, L leaves."""

    nodes: np.ndarray
    """int32[N, 4]: player (0, chance or end), first child, information set or leaf, children."""
    chance: np.ndarray
    """float64[N]: probability of the edge into the node where chance or another player moved."""
    sets: np.ndarray
    """int64[I, 2]: first sequence, the player's sequence before."""
    utility: np.ndarray
    """float64[L, 1]: the player's."""


def plans_of(game: Game, opponent: Agent | Sequence[Agent]) -> np.ndarray:
    """float64[S]: the realisation plans of one agent for all seats, or of several, one a seat.

    Raises:
        ValueError: as `tabulate`.
        NotImplementedError: an agent does not tell its probabilities.
    """
    return realisation_plans(game.tree(), tabulate(game, opponent).probabilities)


def realisation_plans(tree: GameTree, probabilities: np.ndarray) -> np.ndarray:
    """float64[S]: every player's realisation plan of a behaviour profile float64[S]."""
    layout = layout_of(tree)
    out = np.zeros(layout.size)
    _kernels.plans(layout.arrays, layout.place(probabilities), out, layout.scratch())
    return out[layout.position]


def facing(tree: GameTree, player: int, plans: np.ndarray, weights: np.ndarray) -> Facing:
    """The player's decision problem against plans float64[K, S], of which one is drawn by `weights` float64[K].

    The others' choices depend on the history through what it tells of the draw, so correlated mixtures stay exact.
    """
    sequences, _ = histories(tree)
    mass = np.zeros(tree.num_histories)
    others = [q for q in range(tree.num_players) if q != player]
    for plan, weight in zip(plans, weights):
        mass += weight * np.prod(plan[sequences[:, others]], axis=1)
    game = packed(tree)
    nodes, chance = game.nodes.copy(), game.chance.copy()
    theirs = (tree.node_player >= 0) & (tree.node_player != player)
    counts = np.where(theirs, tree.node_count, 0).astype(np.int64)
    above = np.repeat(np.arange(tree.num_histories), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    below = tree.node_first[above] + within
    with np.errstate(invalid="ignore", divide="ignore"):
        # Where nobody comes anything may follow.
        chance[below] = np.where(mass[above] > 0.0, mass[below] / mass[above], 1.0 / tree.node_count[above])
    nodes[theirs, 0] = CHANCE
    nodes[tree.node_player == player, 0] = 0
    return Facing(nodes, chance, game.sets, np.ascontiguousarray(tree.leaf_utility[:, [player]]))


def gradient(tree: GameTree, player: int, plans: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64[S]: what the player gets at the leaves after each of its sequences (0 elsewhere), against such a mixture.

    A plan x of the player is worth its product with this vector.
    """
    layout = layout_of(tree)
    if tree.num_players == 2:  # linear in the opponent's plan
        plans, weights = (weights @ plans)[None], np.ones(1)
    total, out = np.zeros(layout.size), np.zeros(layout.size)
    for plan, weight in zip(plans, weights):
        out[:] = 0.0
        _kernels.gradient(player, layout.place(plan), out, *layout.arrays[4])
        total += weight * out
    return total[layout.position]


def respond(tree: GameTree, player: int, grad: np.ndarray) -> tuple[float, np.ndarray]:
    """A best response to a `gradient`. -> (its value, float64[S]: its behaviour, 0 at other players' sequences)."""
    layout = layout_of(tree)
    _, groups, group_start, parents, _ = layout.arrays
    worth, choice = layout.place(grad), np.zeros(tree.num_infosets, np.int64)
    first, last = group_start[player], group_start[player + 1]
    _kernels.best_response(first, last, groups, parents, worth, layout.scratch()[0], choice)
    at = slice(*np.searchsorted(tree.infoset_player[layout.infosets], [player, player + 1]))
    infosets = layout.infosets[at]
    behaviour = np.zeros(tree.num_sequences)
    behaviour[tree.infoset_first[infosets] + choice[at]] = 1.0
    behaviour[tree.sequence_start[player]] = 1.0
    return float(worth[layout.position[tree.sequence_start[player]]]), behaviour


def with_part(tree: GameTree, profile: np.ndarray, player: int, behaviour: np.ndarray) -> np.ndarray:
    """`profile` float64[S] with the player's part taken from `behaviour` float64[S]."""
    own = slice(tree.sequence_start[player], tree.sequence_start[player + 1])
    out = profile.copy()
    out[own] = behaviour[own]
    return out


def agent_of(game: Game, probabilities: Any, name: str) -> TabularAgent:
    """The agent that plays a behaviour profile float64[S] in every seat."""
    return TabularAgent(Policy(game, probabilities), name, game=game)
