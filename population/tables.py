"""`MatchTables`: a game tree and the policies of a league's members, laid out for the compiled match kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..games.policy import Policy
from ..games.rules import CHANCE
from ..games.tree import GameTree

ONE = 1 << 53
"""Thresholds are probabilities in units of 2^-53, the draws of the kernel uniform on 0 … ONE - 1."""


class MatchTables(NamedTuple):
    """What the match kernel reads. N nodes, C outcomes of chance, S sequences, L leaves, U different outcomes."""

    nodes: np.ndarray
    """int32[N, 4]: player, first child, first threshold (at the end: the leaf), number of children."""
    chance: np.ndarray
    """int64[C]: cumulative probabilities of the chance nodes' outcomes."""
    leaf_outcome: np.ndarray
    """int32[L]."""
    outcomes: np.ndarray
    """float64[U, P]: the different payoff vectors at the leaves."""

    @classmethod
    def of(cls, tree: GameTree) -> MatchTables:
        """Lays out a tree."""
        at_chance = tree.node_player == CHANCE
        base = np.cumsum(np.where(at_chance, tree.node_count, 0)) - tree.node_count
        first = np.where(at_chance, base, tree.node_index)
        decision = tree.node_player >= 0
        first[decision] = tree.infoset_first[tree.node_index[decision]]
        nodes = np.stack([tree.node_player, tree.node_first, first, tree.node_count], axis=1).astype(np.int32)
        where, counts = tree.node_first[at_chance], tree.node_count[at_chance]
        children = np.repeat(where - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        outcomes, leaf_outcome = np.unique(tree.leaf_utility, axis=0, return_inverse=True)
        return cls(
            _frozen(nodes),
            thresholds(tree.node_prob[children], counts),
            _frozen(leaf_outcome.reshape(-1).astype(np.int32)),
            _frozen(outcomes),
        )

    def play(self, policies: np.ndarray, seatings: np.ndarray, seed: int, start: int, stop: int, paired: int):
        """Plays matches start … stop - 1. -> int32[stop - start], rows of `outcomes`.

        policies: int64[members, S] of `policy_thresholds`; seatings: int64[O, P], the members in each seat, for match
        numbers modulo O; paired: so many neighbouring matches share the luck of chance.
        """
        from ._kernels import play_tree

        out = np.empty(stop - start, np.int32)
        play_tree(
            self.nodes, self.chance, policies, _frozen(seatings), self.leaf_outcome, np.uint64(seed), start, paired, out
        )
        return out


def policy_thresholds(policies: Sequence[Policy]) -> np.ndarray:
    """int64[members, S]: cumulative probabilities within each information set, in the order of sequences."""
    tree = policies[0].tree
    order = np.argsort(tree.infoset_first)
    sizes = tree.infoset_count[order]
    inner = tree.sequence_infoset >= 0
    out = np.full((len(policies), tree.num_sequences), ONE, np.int64)
    for row, policy in zip(out, policies):
        row[inner] = thresholds(policy.probabilities[inner], sizes)
    return _frozen(out)


def thresholds(probabilities: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """int64[n]: cumulative sums in units of 2^-53 within groups of `sizes` (int[G], sum n).

    A draw u takes the first entry with u < threshold; an entry of probability zero is never taken.
    """
    starts = np.cumsum(sizes) - sizes
    group = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(probabilities)) - starts[group]
    cumulative, last = probabilities.astype(np.float64), np.zeros(len(sizes), np.int64)
    for k in range(int(sizes.max(initial=0))):  # column by column: one long cumsum would lose digits
        wide = sizes > k
        at = starts[wide] + k
        last[wide] = np.where(probabilities[at] > 0, k, last[wide])
        if k:
            cumulative[at] += cumulative[at - 1]
    total = cumulative[starts + sizes - 1]
    scaled = np.rint(cumulative / total[group] * ONE).astype(np.int64)
    scaled[within >= last[group]] = ONE
    return _frozen(scaled)


def _frozen(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array
