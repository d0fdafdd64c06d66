"""`CorrelationPlan`: with what probability a mediator recommends both players towards each relevant pair of sequences.

Source: von Stengel & Forges 2008, "Extensive-form correlated equilibrium: definition and computational complexity".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...games.policy import TOLERANCE, Policy, as_tree, require_same_game
from ...games.tree import GameTree
from .cfr import behaviour

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from ...games.game import Game


class RelevantPairs:
    """The relevant pairs of sequences of a two-player tree: those where one is empty, or whose last information sets
    lie on a common history. B pairs of information sets, M pairs of sequences.

    A player's *sets* are numbered 0, 1, …: set 0 stands for the start, with the empty sequence as its only one, and set
    k for the player's k-th information set. Parents come before children.
    """

    def __init__(self, tree: GameTree):
        self.tree = tree
        self.set_of = np.zeros(tree.num_sequences, np.int64)
        """int64[S]: the set that a sequence belongs to."""
        self.first: list[np.ndarray] = []
        """Of each player int64[sets]: a set's first sequence; `count`: how many it has."""
        self.count: list[np.ndarray] = []
        self.before: list[np.ndarray] = []
        """Of each player int64[sets]: the own sequence before a set, and `parent`: its set; -1 at the start."""
        self.parent: list[np.ndarray] = []
        for p in range(2):
            sets, sequences = slice(*tree.infoset_start[p : p + 2]), slice(*tree.sequence_start[p : p + 2])
            self.set_of[sequences] = np.maximum(tree.sequence_infoset[sequences] - tree.infoset_start[p] + 1, 0)
            self.first.append(np.append(tree.sequence_start[p], tree.infoset_first[sets]))
            self.count.append(np.append(1, tree.infoset_count[sets]))
            self.before.append(np.append(-1, tree.infoset_parent[sets]))
            self.parent.append(np.append(-1, self.set_of[tree.infoset_parent[sets]]))
        self.keys = keys = self._connected()
        """int64[B]: ``set of the first player * sets of the second + set of the second``, growing."""
        self.sets = np.stack(np.divmod(keys, len(self.first[1])), axis=1)
        """int64[B, 2]."""
        sizes = self.count[0][self.sets[:, 0]] * self.count[1][self.sets[:, 1]]
        self.offset = np.append(0, np.cumsum(sizes))
        """int64[B+1]: places of a pair of sets' sequences, the second player's counting fastest."""
        block = np.repeat(np.arange(len(keys)), sizes)
        within = np.arange(self.offset[-1]) - self.offset[block]
        own, other = np.divmod(within, self.count[1][self.sets[block, 1]])
        self.sequences = np.stack(
            [self.first[0][self.sets[block, 0]] + own, self.first[1][self.sets[block, 1]] + other]
        )
        """int64[2, M]: the pairs, as the tree numbers sequences."""

    def _connected(self) -> np.ndarray:
        ends = self.set_of[self.tree.leaf_sequence]
        width = len(self.first[1])
        new = np.unique(ends[:, 0] * width + ends[:, 1])
        found = new
        while new.size:
            first, second = np.divmod(new, width)
            up = (self.parent[0][first], second), (first, self.parent[1][second])
            above = np.unique(np.concatenate([a[(a >= 0) & (b >= 0)] * width + b[(a >= 0) & (b >= 0)] for a, b in up]))
            new = np.setdiff1d(above, found, assume_unique=True)
            found = np.union1d(found, new)
        return found

    def __len__(self) -> int:
        return int(self.offset[-1])

    def place(self, own: np.ndarray, other: np.ndarray, player: int = 0) -> np.ndarray:
        """int64[…]: places of pairs of a player's and the other's sequence, all of them relevant."""
        first, second = (own, other) if player == 0 else (other, own)
        rows, columns = self.set_of[first], self.set_of[second]
        block = np.searchsorted(self.keys, rows * len(self.first[1]) + columns)
        inner = (first - self.first[0][rows]) * self.count[1][columns] + second - self.first[1][columns]
        return self.offset[block] + inner

    @cached_property
    def triangle_free(self) -> bool:
        """No chain of connected information sets I₂ - J₁ - I₁ - J₂ where I₁ and I₂ follow one sequence of the first
        player, J₁ and J₂ one of the second. Then the consistency constraints describe exactly the plans that a
        mediator can play; it is so wherever all chance moves are public or absent.

        Source: Farina & Sandholm 2020, "Polynomial-time computation of optimal correlated equilibria in two-player
        extensive-form games with public chance moves and beyond", definition 5.
        """
        first, second = self.sets[(self.sets > 0).all(axis=1)].T
        after_first, after_second = self.before[0][first], self.before[1][second]
        neighbours = []
        for own, other in ((first, after_second), (second, after_first)):
            _, group, size = np.unique(own * self.tree.num_sequences + other, return_inverse=True, return_counts=True)
            neighbours.append(size[group.ravel()])
        return not bool(((neighbours[0] > 1) & (neighbours[1] > 1)).any())

    @cached_property
    def consistency(self) -> csr_matrix:
        """float64[1 + rows, M]: ``consistency @ mass == [1, 0, …, 0]``: the empty pair has mass 1, and what an
        information set's actions get beside one sequence of the other came to it (von Stengel & Forges, eq. 10)."""
        from scipy import sparse

        rows, columns, values, height = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], [np.ones(1)], 1
        for p in range(2):
            other = self.sequences[1 - p]
            block = np.repeat(np.arange(len(self.keys)), np.diff(self.offset))
            mine = np.flatnonzero(self.sets[block, p] > 0)
            own_set, beside = self.sets[block[mine], p], other[mine]
            row, place = np.unique(own_set * self.tree.num_sequences + beside, return_inverse=True)
            own_set, beside = np.divmod(row, self.tree.num_sequences)
            rows += [height + place.ravel(), height + np.arange(len(row))]
            columns += [mine, self.place(self.before[p][own_set], beside, p)]
            values += [np.ones(len(mine)), -np.ones(len(row))]
            height += len(row)
        entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
        return sparse.csr_matrix(entries, shape=(height, len(self)))

    @cached_property
    def utility(self) -> csr_matrix:
        """float64[2, M]: each player's chance-weighted utility of each pair."""
        from scipy import sparse

        column = self.place(*self.tree.leaf_sequence.T.astype(np.int64))
        weighted = (self.tree.leaf_utility * self.tree.leaf_chance[:, None]).T
        entries = weighted.ravel(), (np.repeat([0, 1], len(column)), np.tile(column, 2))
        return sparse.csr_matrix(entries, shape=(2, len(self)))


def relevant_pairs(tree: GameTree) -> RelevantPairs:
    """The tree's pairs; made once for each tree.

    Raises:
        ValueError: the game has not two players.
    """
    if tree.num_players != 2:
        raise ValueError(f"correlation plans are for two players, {tree.game_id or 'the game'} has {tree.num_players}")
    found = tree.__dict__.get("_relevant_pairs")
    if found is None:
        found = tree.__dict__["_relevant_pairs"] = RelevantPairs(tree)
    return found


class CorrelationPlan:
    """A mediator's plan for a two-player game.

    Attributes:
        tree: the game tree.
        pairs: int64[2, M]: the relevant pairs of sequences, as the tree numbers them; the empty pair comes first.
        mass: float64[M], read-only: the probability that what is recommended to either player leads along both.
    """

    __slots__ = ("mass", "pairs", "tree")

    def __init__(self, game: GameTree | Game | str, mass: np.ndarray):
        """Raises ValueError where `mass` has the wrong shape, is negative, or breaks a consistency constraint."""
        tree = as_tree(game)
        relevant = relevant_pairs(tree)
        mass = np.array(mass, np.float64)
        if mass.shape != (len(relevant),):
            raise ValueError(
                f"mass has shape {mass.shape}, but {tree.game_id or 'the game'} has {len(relevant)} relevant pairs"
            )
        if not (mass >= -TOLERANCE).all():
            raise ValueError(f"mass must not be negative, got {np.nanmin(mass):.6g}")
        error = relevant.consistency @ mass
        error[0] -= 1.0
        if not (np.abs(error) <= TOLERANCE).all():
            raise ValueError(
                f"mass is no correlation plan: a consistency constraint is off by {np.nanmax(np.abs(error)):.3g}"
            )
        mass = np.maximum(mass, 0.0)
        mass.setflags(write=False)
        self.tree = tree
        self.pairs = relevant.sequences
        self.mass = mass

    @classmethod
    def mixture(
        cls, policies: Sequence[Policy], weights: Sequence[float] | np.ndarray | None = None
    ) -> CorrelationPlan:
        """The mediator draws one of some profiles, with probabilities proportional to `weights` (equal if not given),
        and lets both play it: one profile gives its product plan, a regret minimiser's iterates their joint play.

        Raises:
            ValueError: no profile, profiles of different games, or weights that are no distribution up to scale.
        """
        if not policies:
            raise ValueError("policies must hold at least one policy")
        tree = policies[0].tree
        share = np.ones(len(policies)) if weights is None else np.asarray(weights, np.float64)
        if share.shape != (len(policies),) or not (share >= 0).all() or not 0 < share.sum() < np.inf:
            raise ValueError(f"weights must be {len(policies)} numbers, not negative and not all zero, got {weights!r}")
        relevant = relevant_pairs(tree)
        mass = np.zeros(len(relevant))
        for policy, part in zip(policies, share / share.sum()):
            require_same_game(tree, policy.tree)
            first, second = policy.realisation_plan()[relevant.sequences]
            mass += part * first * second
        return cls(tree, mass)

    @property
    def values(self) -> np.ndarray:
        """float64[2]: the players' expected utilities when both follow."""
        return relevant_pairs(self.tree).utility @ self.mass

    def marginals(self) -> Policy:
        """What each player does when both follow, on its own: the behaviour profile of the single recommendations."""
        plan = np.empty(self.tree.num_sequences)
        for p in range(2):
            own = np.arange(*self.tree.sequence_start[p : p + 2])
            plan[own] = self.mass[relevant_pairs(self.tree).place(own, self.tree.sequence_start[1 - p], p)]
        return Policy(self.tree, behaviour(self.tree, plan))

    def __repr__(self) -> str:
        return f"CorrelationPlan({self.tree.game_id or 'unnamed'}, {len(self.mass):,} pairs)"
