"""`Reach`: with what probability chance and the others play towards an information set, as sparse rows over plans."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...games.tree import GameTree
from .layout import layout_of


class Reach(NamedTuple):
    """Σ over a row's entries of chance · (the others' plans at `columns`). Information sets whose histories look the
    same to the others share a row. R rows, E entries, I information sets in the layout's order, P players."""

    row_start: np.ndarray
    """int64[P+1]: rows of player p's information sets."""
    indptr: np.ndarray
    """int64[R+1]."""
    chance: np.ndarray
    """float64[E]."""
    columns: np.ndarray
    """int64[E, P-1]: places of the others' last sequences, in the order of the players."""
    row_of: np.ndarray
    """int64[I]."""
    infoset_start: np.ndarray
    """int64[P+1]."""

    @property
    def arrays(self) -> tuple:
        return tuple(self)


def reach_of(tree: GameTree) -> Reach:
    """The tree's table; made once for each tree."""
    found = tree.__dict__.get("_reach")
    if found is None:
        found = tree.__dict__["_reach"] = _collect(tree)
    return found


def no_reach(tree: GameTree) -> Reach:
    """An empty table, for dynamics that do not ask for it."""
    none = np.zeros(0, np.int64)
    start = np.zeros(tree.num_players + 1, np.int64)
    return Reach(start, np.zeros(1, np.int64), np.zeros(0), np.zeros((0, tree.num_players - 1), np.int64), none, start)


def _collect(tree: GameTree) -> Reach:
    layout = layout_of(tree)
    sequences, chance = histories(tree)
    acting = np.flatnonzero(tree.node_player >= 0)
    infoset = tree.node_index[acting].astype(np.int64)
    rank = np.empty(tree.num_infosets, np.int64)
    rank[layout.infosets] = np.arange(tree.num_infosets)
    player = tree.infoset_player[infoset]
    others = np.array([[q for q in range(tree.num_players) if q != p] for p in range(tree.num_players)], np.int64)
    places = layout.position[sequences[acting[:, None], others[player]]]
    order = np.lexsort((*places.T[::-1], rank[infoset]))
    places, mass, owner = places[order], chance[acting[order]], rank[infoset[order]]
    bounds = np.searchsorted(owner, np.arange(tree.num_infosets + 1))
    seen: dict[tuple[int, bytes, bytes], int] = {}
    row_of = np.empty(tree.num_infosets, np.int64)
    kept: list[np.ndarray] = []
    row_start = [0]
    for p in range(tree.num_players):
        for k in range(tree.infoset_start[p], tree.infoset_start[p + 1]):
            entries = slice(bounds[k], bounds[k + 1])
            key = (p, places[entries].tobytes(), mass[entries].tobytes())
            row = seen.setdefault(key, len(kept))
            if row == len(kept):
                kept.append(np.arange(bounds[k], bounds[k + 1]))
            row_of[k] = row
        row_start.append(len(kept))
    chosen = np.concatenate([*kept, np.zeros(0, np.int64)]).astype(np.int64)
    return Reach(
        row_start=np.array(row_start, np.int64),
        indptr=np.concatenate([[0], np.cumsum([len(k) for k in kept])]).astype(np.int64),
        chance=mass[chosen],
        columns=np.ascontiguousarray(places[chosen]),
        row_of=row_of,
        infoset_start=tree.infoset_start.copy(),
    )


def histories(tree: GameTree) -> tuple[np.ndarray, np.ndarray]:
    """-> (int64[N, P]: each player's last sequence before a node, float64[N]: product of the chance probabilities)."""
    sequences = np.zeros((tree.num_histories, tree.num_players), np.int64)
    sequences[0] = tree.sequence_start[:-1]
    chance = np.ones(tree.num_histories)
    level = np.zeros(1, np.int64)
    while level.size:
        counts = tree.node_count[level].astype(np.int64)
        level, counts = level[counts > 0], counts[counts > 0]
        ends = np.cumsum(counts)
        number = np.arange(counts.sum()) - np.repeat(ends - counts, counts)
        children = number + np.repeat(tree.node_first[level], counts)
        above = np.repeat(level, counts)
        sequences[children] = sequences[above]
        chance[children] = chance[above] * tree.node_prob[children]
        acted = tree.node_player[above] >= 0
        own = tree.infoset_first[tree.node_index[above[acted]]] + number[acted]
        sequences[children[acted], tree.node_player[above[acted]]] = own
        level = children
    return sequences, chance
