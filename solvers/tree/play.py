"""How far the play of learning dynamics, a mixture of joint policies, is from coarse and correlated equilibria."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...games.policy import as_tree
from . import _kernels
from .layout import layout_of

if TYPE_CHECKING:
    from ...games.game import Game
    from ...games.tree import GameTree

MOST_SEQUENCES = 6000
"""Trigger gaps need a number for each pair of a player's sequences."""


class Mixture:
    """What a weighted mixture of joint policies leaves to gain by fixed strategies; grows profile by profile."""

    def __init__(self, tree: GameTree):
        self.tree, self.layout = tree, layout_of(tree)
        self.weight = 0.0
        self.followed = np.zeros(tree.num_players)
        self.plan, self.grad, self.against = np.zeros((3, self.layout.size))
        self.scratch, self.choice = self.layout.scratch(), np.zeros(tree.num_infosets, np.int64)

    def add(self, profile: np.ndarray, weight: float = 1.0) -> None:
        """profile: float64[S], a behaviour profile."""
        arrays = self.layout.arrays
        _kernels.plans(arrays, self.layout.place(profile), self.plan, self.scratch)
        self.grad[:] = 0.0
        for p in range(self.tree.num_players):
            _kernels.gradient(p, self.plan, self.grad, *arrays[-1])
            own = slice(*self.layout.player_start[p : p + 2])
            self.followed[p] += weight * (self.plan[own] @ self.grad[own])
        self.against += weight * self.grad
        self.weight += weight

    def coarse_gaps(self) -> np.ndarray:
        """float64[P]: each player's gain by its best fixed strategy, on average."""
        layout, out = self.layout, np.empty(self.tree.num_players)
        grad, groups = self.against.copy(), layout.group_start
        for p in range(len(out)):
            _kernels.best_response(
                groups[p], groups[p + 1], layout.groups, layout.parents, grad, self.scratch[0], self.choice
            )
            out[p] = grad[layout.player_start[p]] - self.followed[p]
        return out / self.weight


class PlayGaps(NamedTuple):
    """What players could gain on average, float64[P] each; none is below zero by more than rounding."""

    coarse: np.ndarray
    """By the best fixed strategy chosen before anything is recommended: 0 in a (normal-form) coarse correlated
    equilibrium."""
    trigger: np.ndarray
    """By the best deviation that starts at one recommendation and gets no more of them: 0 in an extensive-form
    correlated equilibrium. At least 0; NaN where not asked for."""


def play_gaps(game: Game | GameTree, profiles: Iterable[np.ndarray], *, trigger: bool = True) -> PlayGaps:
    """Gaps of the uniform mixture of behaviour profiles, float64[S] each: the play of `iterate(…, averaging="last")`.

    Source: von Stengel & Forges 2008 (EFCE); Moulin & Vial 1978 (coarse).

    Raises:
        ValueError: no profiles, or trigger gaps asked for on a tree with too many sequences.
    """
    tree = as_tree(game)
    if trigger and tree.num_sequences > MOST_SEQUENCES:
        raise ValueError(
            f"trigger gaps are for trees of at most {MOST_SEQUENCES} sequences, {tree.game_id or 'the game'} has "
            f"{tree.num_sequences}; pass trigger=False"
        )
    layout = layout_of(tree)
    plan, grad, scratch = np.zeros(layout.size), np.zeros(layout.size), layout.scratch()
    own = [slice(a, b) for a, b in zip(tree.sequence_start[:-1].tolist(), tree.sequence_start[1:].tolist())]
    cross = [np.zeros((s.stop - s.start,) * 2) if trigger else None for s in own]
    against, followed = np.zeros(tree.num_sequences), np.zeros(tree.num_sequences)
    count = 0
    for profile in profiles:
        _kernels.plans(layout.arrays, layout.place(profile), plan, scratch)
        grad[:] = 0.0
        for p in range(tree.num_players):
            _kernels.gradient(p, plan, grad, *layout.arrays[-1])
        x, g = plan[layout.position], grad[layout.position]
        against += g
        followed += x * g
        for s, pairs in zip(own, cross):
            if pairs is not None:
                pairs += np.outer(x[s], g[s])
        count += 1
    if not count:
        raise ValueError("profiles must hold at least one profile, got none")
    found = [_gaps(tree, p, s, against[s], followed[s], cross[p]) for p, s in enumerate(own)]
    return PlayGaps(*(np.array(column) / count for column in zip(*found)))


def _gaps(
    tree: GameTree, player: int, own: slice, against: np.ndarray, followed: np.ndarray, cross: np.ndarray | None
) -> tuple[float, float]:
    """-> (the player's coarse gain, its best trigger's gain), summed over the profiles."""
    best, kept = against[None].copy(), followed.copy()
    response = best if cross is None else np.concatenate([best, cross])
    gains = [0.0]
    for i in range(tree.infoset_start[player + 1] - 1, tree.infoset_start[player] - 1, -1):  # children before parents
        first, parent = int(tree.infoset_first[i]) - own.start, int(tree.infoset_parent[i]) - own.start
        actions = slice(first, first + int(tree.infoset_count[i]))
        value = response[:, actions].max(axis=1)
        if cross is not None:
            gains.append(float((value[1:][actions] - kept[actions]).max()))
        response[:, parent] += value
        kept[parent] += kept[actions].sum()
    return float(response[0, 0] - kept[0]), max(gains) if cross is not None else np.nan
