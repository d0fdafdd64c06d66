"""`Layout`: a game tree's sequence form arranged for fast sweeps.

Each player's sequences are renumbered: information sets of one depth and one number of actions form a group; inside a
group the numbering is action-major (all first actions, then all second ones, …), so that what is done to one action of
every information set of the group is a loop over neighbours. Inside a group, information sets that end in the same
leaves' component stand side by side. With two players the leaves form a sparse matrix between the players' sequences;
in games with private information dealt first its connected components are (nearly) dense: the private states of both
players after one public history. Those become dense strips of `STRIP` neighbouring rows; what is left stays sparse.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...games.tree import GameTree
from ._components import components

STRIP = 8
"""Rows of a dense strip. Strips may reach past their block's end (onto zeros), so arrays are padded by this much."""
APART = 4
"""Strips are visited in so many rounds, so that neighbours lie far apart."""
FULL_ENOUGH = 0.3
"""A component's block becomes dense strips where at least this part of their cells is filled."""
LARGE = 1_000_000
"""Two-player trees with at least so many leaves are laid out in parts, for two threads."""


class Layout(NamedTuple):
    """Arrays of one game for the kernels; players one after the other. S sequences, G groups, I information sets."""

    size: int
    """Length of every vector over sequences: S, padded."""
    position: np.ndarray
    """int64[S]: a tree's sequence -> its place."""
    player_start: np.ndarray
    """int64[P+1]: places of player p are player_start[p] …; the first is the empty sequence."""
    groups: np.ndarray
    """int64[G, 4]: (first place, width, actions, offset in `parents`), each player's by depth."""
    group_start: np.ndarray
    """int64[P+1]."""
    parents: np.ndarray
    """int64[I]: place of the sequence before each information set, group by group."""
    infosets: np.ndarray
    """int64[I]: the tree's information set behind each entry of `parents`."""
    strips: np.ndarray
    """int64[B, 4] (two players): (first row, first column, columns, offset in `values`)."""
    strip_start: np.ndarray
    """int64[P+1]."""
    values: np.ndarray
    """float64[V]: chance-weighted utilities; a strip's columns one after the other, `STRIP` rows each."""
    rows: np.ndarray
    """int64[R]: places with sparse leaves (two players)."""
    row_start: np.ndarray
    """int64[P+1]: which of `rows` are player p's."""
    indptr: np.ndarray
    """int64[R+1]."""
    columns: np.ndarray
    """int64[M]: place of the opponent's sequence."""
    cells: np.ndarray
    """float64[M]: chance-weighted utility."""
    parts: np.ndarray
    """int64[3, P, 6] where the tree is laid out in parts, else int64[0, P, 6]: the trunk and two parts, whose leaves
    lie in different components and whose information sets follow different sequences. Each player's half-open ranges of
    groups, strips and rows: (first group, last group, first strip, last strip, first row, last row)."""
    leaf_places: np.ndarray
    """int64[L, P] (three and more players; else empty)."""
    leaf_values: np.ndarray
    """float64[L, P] (three and more players): chance-weighted utilities."""

    @property
    def num_players(self) -> int:
        return len(self.player_start) - 1

    @property
    def part_places(self) -> np.ndarray:
        """int64[3, P, 2]: the half-open range of places of the trunk and of each part."""
        out = np.zeros((len(self.parts), self.num_players, 2), np.int64)
        for part, p in np.ndindex(*out.shape[:2]):
            groups = self.groups[self.parts[part, p, 0] : self.parts[part, p, 1]]
            start = self.player_start[p] if part == 0 else (groups[0, 0] if len(groups) else 0)
            out[part, p] = (
                start,
                (groups[-1, 0] + groups[-1, 1] * groups[-1, 2]) if len(groups) else start + (part == 0),
            )
        return out

    @property
    def arrays(self) -> tuple:
        """What the kernels take: (player_start, groups, group_start, parents, leaves)."""
        leaves = (
            *(self.strips, self.strip_start, self.values),
            *(self.rows, self.row_start, self.indptr, self.columns, self.cells),
            *(self.leaf_places, self.leaf_values),
        )
        return self.player_start, self.groups, self.group_start, self.parents, leaves

    def scratch(self) -> np.ndarray:
        """float64[3, widest group]."""
        return np.empty((3, int(self.groups[:, 1].max(initial=1))))

    def place(self, by_sequence: np.ndarray) -> np.ndarray:
        """A vector over a tree's sequences, float64[S] -> over places, float64[size]."""
        out = np.zeros(self.size)
        out[self.position] = by_sequence
        return out


def layout_of(tree: GameTree) -> Layout:
    """The tree's layout; made once for each tree."""
    found = tree.__dict__.get("_layout")
    if found is None:
        found = tree.__dict__["_layout"] = _arrange(tree)
    return found


def _arrange(tree: GameTree, large: int = LARGE) -> Layout:
    depth, levels = _depths(tree)
    label, part = np.zeros((2, tree.num_infosets), np.int64)
    component = np.zeros(0, np.int64)
    if tree.num_players == 2:
        component = components(tree.leaf_sequence[:, 0], tree.leaf_sequence[:, 1], tree.num_sequences)
        label = _component_labels(tree, levels, component)
        if tree.num_leaves >= large:
            part = _parts(tree, levels, component)
    gap = STRIP if part.any() else 0  # so that strips of one part do not reach into the next
    player = tree.infoset_player
    player_start = tree.sequence_start + 2 * gap * np.arange(tree.num_players + 1)
    order = np.lexsort((np.arange(tree.num_infosets), label, tree.infoset_count, depth, part, player))
    position = np.zeros(tree.num_sequences, np.int64)
    position[tree.sequence_start[:-1]] = player_start[:-1]
    kind = np.stack([player[order], part[order], depth[order], tree.infoset_count[order]])
    breaks = np.flatnonzero(np.any(kind[:, 1:] != kind[:, :-1], axis=0)) + 1
    borders = np.concatenate([[0], breaks, [len(order)]]) if len(order) else np.zeros(1, np.int64)
    groups, group_player, group_part = [], [], []
    place = player_start[:-1] + 1
    reached = np.zeros(tree.num_players, np.int64)
    for a, b in zip(borders[:-1].tolist(), borders[1:].tolist()):
        members = order[a:b]
        p, actions, width = int(player[members[0]]), int(tree.infoset_count[members[0]]), b - a
        place[p] += gap * (part[members[0]] - reached[p])
        reached[p] = part[members[0]]
        first = int(place[p])
        for k in range(actions):
            position[tree.infoset_first[members] + k] = first + k * width + np.arange(width)
        groups.append((first, width, actions, a))
        group_player.append(p)
        group_part.append(int(reached[p]))
        place[p] += width * actions
    group_start = np.searchsorted(group_player, np.arange(tree.num_players + 1))
    empty_rows = np.zeros((0, 4), np.int64)
    table, starts = np.array(groups, np.int64).reshape(-1, 4), group_start.astype(np.int64)
    bounds = _part_bounds(table, starts, np.array(group_part, np.int64)) if gap else None
    size = int(player_start[-1]) + STRIP
    leaves: dict[str, np.ndarray] = {
        "strips": empty_rows,
        "strip_start": np.zeros(tree.num_players + 1, np.int64),
        "values": np.zeros(0),
        "rows": np.zeros(0, np.int64),
        "row_start": np.zeros(tree.num_players + 1, np.int64),
        "indptr": np.zeros(1, np.int64),
        "columns": np.zeros(0, np.int64),
        "cells": np.zeros(0),
        "leaf_places": np.zeros((0, tree.num_players), np.int64),
        "leaf_values": np.zeros((0, tree.num_players)),
    }
    if tree.num_players == 2:
        leaves |= _two_player_leaves(tree, position, component, size, bounds)
    else:
        leaves["leaf_places"] = position[tree.leaf_sequence]
        leaves["leaf_values"] = np.ascontiguousarray(tree.leaf_utility * tree.leaf_chance[:, None])
    return Layout(
        size=size,
        position=position,
        player_start=player_start,
        groups=table,
        group_start=starts,
        parts=np.zeros((0, tree.num_players, 6), np.int64) if bounds is None else _part_ranges(bounds, leaves),
        parents=position[tree.infoset_parent[order]],
        infosets=order,
        **leaves,
    )


def _parts(tree: GameTree, levels: list[np.ndarray], component: np.ndarray) -> np.ndarray:
    """int64[I]: 1 or 2 where all leaves below an information set lie in the first or second half of the components (by
    their leaves), and all information sets after its own last sequence do; else 0, the trunk."""
    leaves = np.bincount(component[tree.leaf_sequence[:, 0]], minlength=tree.num_sequences)
    half = np.where(2 * np.cumsum(leaves) <= leaves.sum() + leaves, 1, 2)  # of each component
    below = np.zeros(tree.num_sequences, np.int64)  # bits: which halves' leaves lie below
    touched = _present(tree.leaf_sequence, tree.num_sequences)
    below[touched] = half[component[touched]]
    halves, met = np.zeros(tree.num_infosets, np.int64), np.zeros(tree.num_sequences, np.int64)
    for level in reversed(levels):
        counts, first = tree.infoset_count[level], tree.infoset_first[level]
        ends = np.cumsum(counts)
        at = np.arange(counts.sum()) + np.repeat(first - (ends - counts), counts)
        halves[level] = np.bitwise_or.reduceat(below[at], ends - counts)
        np.bitwise_or.at(below, tree.infoset_parent[level], halves[level])
        np.bitwise_or.at(met, tree.infoset_parent[level], halves[level])
    return np.where((halves == 3) | (met[tree.infoset_parent] == 3), 0, halves)


def _part_bounds(groups: np.ndarray, group_start: np.ndarray, group_part: np.ndarray) -> np.ndarray:
    """int64[P, 4, 2]: for the trunk, both parts and the end: (first group, first place)."""
    out = np.zeros((len(group_start) - 1, 4, 2), np.int64)
    for p in range(len(out)):
        start, end = group_start[p : p + 2]
        at = start + np.searchsorted(group_part[start:end], np.arange(4))
        places = np.append(groups[start:end, 0], np.iinfo(np.int64).max)[at - start]
        out[p] = np.stack([at, places], axis=1)
        out[p, 0, 1] = 0  # the empty sequence is the trunk's
    return out


def _part_of(places: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """0 the trunk, 1 and 2 the parts."""
    return np.searchsorted(bounds[1:3, 1], places, side="right")


def _part_ranges(bounds: np.ndarray, leaves: dict[str, np.ndarray]) -> np.ndarray:
    """`Layout.parts`."""
    out = np.zeros((3, len(bounds), 6), np.int64)
    for p, own in enumerate(bounds):
        out[:, p, 0], out[:, p, 1] = own[:3, 0], own[1:, 0]
        for k, (start, places) in enumerate(
            ((leaves["strip_start"], leaves["strips"][:, 0]), (leaves["row_start"], leaves["rows"]))
        ):
            part = _part_of(places[start[p] : start[p + 1]], own)
            ends = start[p] + np.searchsorted(part, np.arange(4))
            out[:, p, 2 + 2 * k], out[:, p, 3 + 2 * k] = ends[:3], ends[1:]
    return out


def _depths(tree: GameTree) -> tuple[np.ndarray, list[np.ndarray]]:
    """-> (each information set's number of own information sets before it, information sets by that depth)."""
    before = tree.sequence_infoset[tree.infoset_parent]
    depth = np.zeros(tree.num_infosets, np.int64)
    levels = [np.flatnonzero(before < 0)]
    reached = before < 0
    while True:
        inner = before >= 0
        level = np.flatnonzero(inner & ~reached & reached[np.maximum(before, 0)])
        if not level.size:
            return depth, levels
        depth[level] = len(levels)
        levels.append(level)
        reached[level] = True


def _component_labels(tree: GameTree, levels: list[np.ndarray], component: np.ndarray) -> np.ndarray:
    """int64[I]: the first leaf component below each information set; leaves that share a sequence are one component."""
    below = np.full(tree.num_sequences, np.iinfo(np.int64).max)
    touched = _present(tree.leaf_sequence, tree.num_sequences)
    below[touched] = component[touched]
    label = np.zeros(tree.num_infosets, np.int64)
    for level in reversed(levels):
        counts, first = tree.infoset_count[level], tree.infoset_first[level]
        ends = np.cumsum(counts)
        at = np.arange(counts.sum()) + np.repeat(first - (ends - counts), counts)
        label[level] = np.minimum.reduceat(below[at], ends - counts)
        np.minimum.at(below, tree.infoset_parent[level], label[level])
    return label


def _present(numbers: np.ndarray, size: int) -> np.ndarray:
    """The different ones of numbers below `size`, ascending; faster than `np.unique`, which hashes."""
    seen = np.zeros(size, bool)
    seen[numbers] = True
    return np.flatnonzero(seen)


def _two_player_leaves(
    tree: GameTree, position: np.ndarray, component: np.ndarray, size: int, bounds: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Leaves of a two-player game as dense strips and sparse rows, for each player over the opponent's sequences."""
    rows, columns = position[tree.leaf_sequence[:, 0]], position[tree.leaf_sequence[:, 1]]
    component_of = np.zeros(size, np.int64)
    component_of[position] = component
    strips, values, strip_start = [], [], [0]
    sparse_rows, indptr, sparse_columns, cells, row_start = [], [np.zeros(1, np.int64)], [], [], [0]
    offset = filled = 0
    for p, (own, other) in enumerate(((rows, columns), (columns, rows))):
        weights = tree.leaf_chance * tree.leaf_utility[:, p]
        joint, which = np.unique(own * size + other, return_inverse=True)
        merged = np.bincount(which, weights=weights)  # leaves of one joint sequence add up
        dense, rest = _split(joint // size, joint % size, merged, component_of)
        block, run_row, run_column, run_columns = dense[0]
        offsets = offset + STRIP * np.concatenate([[0], np.cumsum(run_columns)])
        strips.append(np.stack([run_row, run_column, run_columns, offsets[:-1]], axis=1))
        strip_values = np.zeros(offsets[-1] - offset)
        r, c, v = dense[1]
        strip_values[offsets[block] - offset + (c - run_column[block]) * STRIP + r - run_row[block]] = v
        lasting, at = _unique_blocks(strip_values, offsets - offset)
        strips[-1][:, 3] = offset + at
        part = np.zeros(len(strips[-1])) if bounds is None else _part_of(strips[-1][:, 0], bounds[p])
        strips[-1] = strips[-1][_apart(strips[-1], part)]
        values.append(lasting)
        offset += len(lasting)
        strip_start.append(strip_start[-1] + len(run_row))
        present, counts = np.unique(rest[0], return_counts=True)
        sparse_rows.append(present)
        indptr.append(filled + np.cumsum(counts))
        sparse_columns.append(rest[1])
        cells.append(rest[2])
        filled += len(rest[0])
        row_start.append(row_start[-1] + len(present))
    return {
        "strips": np.concatenate(strips).astype(np.int64),
        "strip_start": np.array(strip_start, np.int64),
        "values": np.concatenate(values),
        "rows": np.concatenate(sparse_rows).astype(np.int64),
        "row_start": np.array(row_start, np.int64),
        "indptr": np.concatenate(indptr).astype(np.int64),
        "columns": np.concatenate(sparse_columns).astype(np.int64),
        "cells": np.concatenate(cells),
    }


def _split(r: np.ndarray, c: np.ndarray, v: np.ndarray, component: np.ndarray) -> tuple[tuple, tuple]:
    """Cuts a leaf matrix, given as (row, column, value) in order, into dense strips and the rest.

    -> (((strip of each dense cell, first row, first column, columns of each strip), (row, column, value) of the dense
    cells), (row, column, value) of the sparse cells, by row).
    """
    row_run, row_first = _runs(_present(r, len(component)), component, len(component), STRIP)
    column_run, column_first = _runs(_present(c, len(component)), component, len(component), 0)
    pair = row_run[r] * (len(column_first) + 1) + column_run[c]
    pairs, block, counts = np.unique(pair, return_inverse=True, return_counts=True)
    run_row = row_first[pairs // (len(column_first) + 1)]
    low = np.full(len(pairs), np.iinfo(np.int64).max)
    high = np.zeros(len(pairs), np.int64)
    np.minimum.at(low, block, c)
    np.maximum.at(high, block, c)
    width = high - low + 1
    dense = counts >= FULL_ENOUGH * STRIP * width
    keep = np.flatnonzero(dense)
    new = np.full(len(pairs), -1)
    new[keep] = np.arange(len(keep))
    inside = dense[block]
    outside = ~inside
    strips = (new[block[inside]], run_row[keep], low[keep], width[keep])
    return (strips, (r[inside], c[inside], v[inside])), (r[outside], c[outside], v[outside])


def _apart(strips: np.ndarray, part: np.ndarray) -> np.ndarray:
    """An order in which neighbouring strips do not write overlapping rows: a load that straddles a store still on its
    way to the cache waits for it, which took a third of the time. Parts stay together."""
    place = np.unique(strips[:, 0], return_inverse=True)[1]
    return np.lexsort((strips[:, 1], place, place % APART, part))


def _unique_blocks(values: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keeps one copy of equal blocks, so that few of them stay in the cache. -> (values, offset of each block)."""
    seen: dict[bytes, int] = {}
    kept, at, size = [], np.zeros(len(offsets) - 1, np.int64), 0
    for b, (start, end) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist())):
        key = values[start:end].tobytes()
        if key not in seen:
            seen[key] = size
            kept.append(values[start:end])
            size += end - start
        at[b] = seen[key]
    return np.concatenate([*kept, np.zeros(0)]), at


def _runs(present: np.ndarray, component: np.ndarray, size: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Neighbouring places of one component. -> (run of each place int64[size], first place of each run).

    Runs longer than `most` (if not 0) are cut.
    """
    breaks = (np.diff(present) > 1) | (component[present[1:]] != component[present[:-1]])
    run = np.concatenate([[0], np.cumsum(breaks)])
    first = present[np.concatenate([[0], np.flatnonzero(breaks) + 1])]
    if most:
        part = (present - first[run]) // most
        breaks = (np.diff(run) > 0) | (np.diff(part) > 0)
        run = np.concatenate([[0], np.cumsum(breaks)])
        first = present[np.concatenate([[0], np.flatnonzero(breaks) + 1])]
    of = np.zeros(size, np.int64)
    of[present] = run
    return of, first
