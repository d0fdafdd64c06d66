"""`Policy`: one behaviour strategy for every player, aligned with a game tree's sequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .tree import GameTree

if TYPE_CHECKING:
    from .game import Game

TOLERANCE = 1e-6


class Policy:
    """A behaviour strategy profile.

    Attributes:
        tree: the game tree it is aligned with.
        probabilities: float64[S], read-only: the probability of a sequence's last action at its information set; 1 at
            each player's empty sequence.
    """

    __slots__ = ("probabilities", "tree")

    def __init__(self, tree: GameTree | Game, probabilities: np.ndarray):
        """Raises ValueError where `probabilities` has the wrong shape or an information set's do not sum to one."""
        tree = as_tree(tree)
        probabilities = np.array(probabilities, np.float64)
        if probabilities.shape != (tree.num_sequences,):
            raise ValueError(
                f"probabilities have shape {probabilities.shape}, but {tree.game_id or 'the game'} has "
                f"{tree.num_sequences} sequences"
            )
        probabilities[tree.sequence_start[:-1]] = 1.0
        _check(tree, probabilities)
        probabilities.setflags(write=False)
        self.tree = tree
        self.probabilities = probabilities

    @classmethod
    def uniform(cls, game: Game | GameTree) -> Policy:
        """Every legal action is equally likely."""
        tree = as_tree(game)
        probabilities = np.ones(tree.num_sequences)
        inner = tree.sequence_infoset >= 0
        probabilities[inner] = 1.0 / tree.infoset_count[tree.sequence_infoset[inner]]
        return cls(tree, probabilities)

    @classmethod
    def random(cls, game: Game | GameTree, seed: int | np.random.Generator = 0) -> Policy:
        """Each information set's distribution is drawn uniformly from the simplex."""
        tree = as_tree(game)
        weights = np.random.default_rng(seed).exponential(size=tree.num_sequences)
        return cls.from_weights(tree, weights)

    @classmethod
    def from_weights(cls, game: Game | GameTree, weights: np.ndarray) -> Policy:
        """Normalises non-negative weights, float64[S], in each information set; where all are zero, uniform."""
        tree = as_tree(game)
        weights = np.maximum(np.asarray(weights, np.float64), 0.0)
        if weights.shape != (tree.num_sequences,):
            raise ValueError(f"weights have shape {weights.shape}, expected ({tree.num_sequences},)")
        inner = tree.sequence_infoset >= 0
        at = tree.sequence_infoset[inner]
        total = np.bincount(at, weights=weights[inner], minlength=tree.num_infosets)
        probabilities = np.ones(tree.num_sequences)
        with np.errstate(divide="ignore", invalid="ignore"):
            probabilities[inner] = np.where(total[at] > 0, weights[inner] / total[at], 1.0 / tree.infoset_count[at])
        return cls(tree, probabilities)

    @classmethod
    def from_dict(cls, game: Game | GameTree, table: Mapping[Any, Mapping[int, float]]) -> Policy:
        """From {key: {action: probability}}; a key is an information set's name, or (player, name).

        Raises:
            ValueError: a key that the game lacks, an information set that is absent, an illegal action, probabilities
                that are negative or do not sum to one.
        """
        tree = as_tree(game)
        probabilities, seen = np.zeros(tree.num_sequences), np.zeros(tree.num_infosets, bool)
        for key, row in table.items():
            try:
                i = tree.infoset(key)
            except KeyError as error:
                raise ValueError(error.args[0]) from None
            seen[i] = True
            legal = tree.infoset_actions(i).tolist()
            for action, probability in row.items():
                if action not in legal:
                    raise ValueError(f"action {action!r} is not legal at {tree.keys[i]!r}; legal are {legal}")
                probabilities[tree.infoset_first[i] + legal.index(action)] = probability
        if not seen.all():
            absent = [tree.keys[i] for i in np.flatnonzero(~seen)]
            raise ValueError(
                f"the policy lacks {len(absent)} of {tree.num_infosets} information sets of "
                f"{tree.game_id or 'the game'}, for instance {absent[0]!r}"
            )
        return cls(tree, probabilities)

    @classmethod
    def combine(cls, policies: list[Policy]) -> Policy:
        """Takes player p's part from ``policies[p]``; all must stand on the same game."""
        tree = policies[0].tree
        if len(policies) != tree.num_players:
            raise ValueError(f"{tree.num_players} policies are needed, one per player; got {len(policies)}")
        for policy in policies:
            require_same_game(tree, policy.tree)
        bounds = tree.sequence_start
        parts = [policy.probabilities[bounds[p] : bounds[p + 1]] for p, policy in enumerate(policies)]
        return cls(tree, np.concatenate(parts))

    def __getitem__(self, key: Any) -> dict[int, float]:
        """{action: probability} at an information set, named by its key or by (player, key)."""
        i = self.tree.infoset(key)
        first, count = int(self.tree.infoset_first[i]), int(self.tree.infoset_count[i])
        row = self.probabilities[first : first + count]
        return dict(zip(self.tree.infoset_actions(i).tolist(), row.tolist()))

    def __len__(self) -> int:
        return self.tree.num_infosets

    def items(self) -> Iterator[tuple[tuple[int, str], dict[int, float]]]:
        """((player, key), {action: probability}) of every information set."""
        for i, (player, key) in enumerate(zip(self.tree.infoset_player.tolist(), self.tree.keys)):
            first, count = int(self.tree.infoset_first[i]), int(self.tree.infoset_count[i])
            row = self.probabilities[first : first + count].tolist()
            yield (player, key), dict(zip(self.tree.infoset_actions(i).tolist(), row))

    def to_dict(self) -> dict[tuple[int, str], dict[int, float]]:
        """{(player, key): {action: probability}}; `from_dict` reads it."""
        return dict(self.items())

    def realisation_plan(self) -> np.ndarray:
        """float64[S]: each sequence's product of the player's own probabilities."""
        plan = self.probabilities.copy()
        tree = self.tree
        for first, count, parent in zip(
            tree.infoset_first.tolist(), tree.infoset_count.tolist(), tree.infoset_parent.tolist()
        ):
            plan[first : first + count] *= plan[parent]
        return plan

    def __repr__(self) -> str:
        return f"Policy({self.tree.game_id or 'unnamed'}, {len(self)} information sets)"


def as_tree(game: Game | GameTree | str) -> GameTree:
    """The tree of a game, of the game with that id, or the tree itself."""
    if isinstance(game, GameTree):
        return game
    if isinstance(game, str):
        from .registry import make

        return make(game).tree()
    if not hasattr(game, "tree"):
        raise TypeError(f"expected a game, its id or a game tree, got {type(game).__name__}")
    return game.tree()


def require_same_game(tree: GameTree, other: GameTree) -> None:
    """Raises ValueError where two trees are not of the same game."""
    if tree is not other and tree.fingerprint != other.fingerprint:
        raise ValueError(
            f"made for another game: {other.game_id or 'unnamed'} (fingerprint {other.fingerprint[:8]}) instead of "
            f"{tree.game_id or 'unnamed'} ({tree.fingerprint[:8]})"
        )


def _check(tree: GameTree, probabilities: np.ndarray) -> None:
    inner = tree.sequence_infoset >= 0
    at, values = tree.sequence_infoset[inner], probabilities[inner]
    bad = at[~(values >= 0)]
    if bad.size:
        raise ValueError(f"a probability at information set {tree.keys[bad[0]]!r} is negative or not a number")
    total = np.bincount(at, weights=values, minlength=tree.num_infosets)
    off = np.flatnonzero(~(np.abs(total - 1.0) <= TOLERANCE))
    if off.size:
        raise ValueError(
            f"the probabilities at information set {tree.keys[off[0]]!r} sum to {total[off[0]]:.6g}, not to 1"
        )
