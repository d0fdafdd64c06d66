"""Subgame re-solving: a blueprint's strategy is improved in a part of the game without opening it elsewhere.

Sources: Burch, Johanson & Bowling 2014, "Solving imperfect information games using decomposition" (why care is needed);
Moravčík et al. 2016, "Refining subgames in large imperfect information games" (the margin); Brown & Sandholm 2017,
"Safe and nested subgame solving for imperfect-information games" (gifts). Each is a linear program over the player's
plan below the subgame's roots and the opponent's best-response values there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...games.policy import Policy, as_tree, require_same_game
from ...games.tree import GameTree
from .lp import TOLERANCE, linear_program, require_two_player_zero_sum
from .reach import histories

if TYPE_CHECKING:
    from ...games.game import Game

METHODS = ("unsafe", "maxmargin", "reach")


class Subgame(NamedTuple):
    """A part of a tree that no information set leaves and no history leads out of."""

    tree: GameTree
    infosets: np.ndarray
    """int64[K]: information sets of all players inside, growing."""
    inside: np.ndarray
    """bool[N]: the histories."""
    root: np.ndarray
    """int64[N]: the history at which the way to this one enters the subgame; -1 outside."""


class Boundary(NamedTuple):
    """What an opponent may know on entering the subgame; K groups of its roots."""

    of: np.ndarray
    """int64[N]: the group of each history; -1 outside."""
    sequence: np.ndarray
    """int64[K]: the opponent's last sequence before."""
    reach: np.ndarray
    """float64[K]: the chance that luck and the blueprint's player bring the game there if the opponent wants to."""


def subgame(game: Game | GameTree, infosets: Iterable[Any]) -> Subgame:
    """The smallest subgame with these information sets: with all histories below theirs, with the information sets of
    those, and so on.

    Args:
        infosets: keys, (player, key) pairs, or numbers of information sets (int).

    Raises:
        ValueError: there is no such information set, or none is given.
    """
    tree = as_tree(game)
    chosen = np.zeros(tree.num_infosets, bool)
    for name in infosets:
        if isinstance(name, (int, np.integer)):
            if not 0 <= name < tree.num_infosets:
                raise ValueError(f"information sets are numbered 0 to {tree.num_infosets - 1}, got {name}")
            chosen[name] = True
            continue
        try:
            chosen[tree.infoset(name)] = True
        except KeyError as error:
            raise ValueError(error.args[0]) from None
    if not chosen.any():
        raise ValueError("a subgame needs at least one information set")
    levels, decision = _levels(tree), tree.node_player >= 0
    while True:
        root = np.full(tree.num_histories, -1)
        at = np.flatnonzero(decision)
        at = at[chosen[tree.node_index[at]]]
        root[at] = at
        for nodes, parents in levels:
            root[nodes] = np.where(root[parents] >= 0, root[parents], root[nodes])
        inside = root >= 0
        grown = np.zeros(tree.num_infosets, bool)
        grown[tree.node_index[inside & decision]] = True
        if np.array_equal(grown, chosen):
            return Subgame(tree, np.flatnonzero(chosen), inside, root)
        chosen = grown


def resolve(
    game: Game | GameTree,
    blueprint: Policy,
    part: Subgame | Iterable[Any],
    method: str = "maxmargin",
    player: int | None = None,
) -> Policy:
    """The blueprint with its strategy in a subgame replaced by a better one.

    Args:
        part: a `Subgame`, or what `subgame` takes.
        method: ``"unsafe"`` takes for granted that the opponent came there by the blueprint; ``"maxmargin"`` makes the
            least margin as large as can be, by which a best-responding opponent's value at the subgame's roots falls;
            ``"reach"`` allows more to an opponent who gave up something on the way there.
        player: whose strategy; both players' (each against the blueprint) if not given.

    The two safe methods never raise the exploitability of the blueprint. The opponent's knowledge at the roots is
    what later information sets prove about it, and margins count for each unit of chance to come there.

    Raises:
        ValueError: not a two-player zero-sum game, a blueprint or subgame of another game, an unknown method, no such
            player.
    """
    tree = as_tree(game)
    require_two_player_zero_sum(tree, "re-solving")
    require_same_game(tree, blueprint.tree)
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}; got {method!r}")
    if player not in (None, 0, 1):
        raise ValueError(f"player must be 0, 1 or None, got {player!r}")
    if not isinstance(part, Subgame):
        part = subgame(tree, part)
    require_same_game(tree, part.tree)
    probabilities = blueprint.probabilities.copy()
    for p in (0, 1) if player is None else (player,):
        inner = _sequences_of(part, p)
        probabilities[inner] = _resolved(part, blueprint, p, method)[inner]
    return Policy(tree, probabilities)


def _levels(tree: GameTree) -> list[tuple[np.ndarray, np.ndarray]]:
    """(histories, their parents), one depth after the other."""
    levels, level = [], np.zeros(1, np.int64)
    while level.size:
        level = level[tree.node_count[level] > 0]
        counts = tree.node_count[level].astype(np.int64)
        ends = np.cumsum(counts)
        nodes = np.arange(counts.sum()) + np.repeat(tree.node_first[level] - (ends - counts), counts)
        levels.append((nodes, np.repeat(level, counts)))
        level = nodes
    return levels


def _sequences_of(part: Subgame, player: int) -> np.ndarray:
    """int64: the player's sequences that end inside, growing."""
    tree = part.tree
    own = np.zeros(tree.num_infosets, bool)
    own[part.infosets] = tree.infoset_player[part.infosets] == player
    return np.flatnonzero((tree.sequence_infoset >= 0) & own[tree.sequence_infoset])


def _boundary(part: Subgame, plan: np.ndarray, opponent: int) -> Boundary:
    """Roots that the opponent cannot tell apart for sure; roots after which it never acts go by its last sequence."""
    from scipy import sparse

    tree, n = part.tree, part.tree.num_histories
    sequences, chance = histories(tree)
    last, reach = sequences[:, opponent], chance * plan[sequences[:, 1 - opponent]]
    acts = np.flatnonzero(part.inside & (tree.node_player == opponent))
    roots = np.unique(part.root[part.inside])
    idle = np.setdiff1d(roots, part.root[acts])
    link = np.concatenate([n + tree.node_index[acts], n + tree.num_infosets + last[idle]])
    ends = np.concatenate([part.root[acts], idle])
    size = n + tree.num_infosets + tree.num_sequences
    graph = sparse.coo_matrix((np.ones(len(link)), (ends, link)), shape=(size, size))
    label = sparse.csgraph.connected_components(graph, directed=False)[1]
    labels, first, group = np.unique(label[roots], return_index=True, return_inverse=True)
    of = np.full(n, -1)
    of[roots] = group
    of = np.where(part.inside, of[part.root], -1)
    return Boundary(of, last[roots[first]], np.bincount(group, reach[roots], len(labels)))


def _resolved(part: Subgame, blueprint: Policy, player: int, method: str) -> np.ndarray:
    """float64[S]: the blueprint with the player's re-solved strategy inside.

    Unknowns: the player's plan x inside, the opponent's value v at each of its information sets inside, and the margin
    t. A group's value u is linear in them: the v of the opponent's first information sets, and leaves before them.
    """
    from scipy import sparse

    tree, opponent = part.tree, 1 - player
    plan = blueprint.realisation_plan()
    boundary = _boundary(part, plan, opponent)
    if not boundary.reach.any():
        return blueprint.probabilities
    mine, theirs = _sequences_of(part, player), _sequences_of(part, opponent)
    own = part.infosets[tree.infoset_player[part.infosets] == player]
    other = part.infosets[tree.infoset_player[part.infosets] == opponent]
    num_x, num_v, num_u = len(mine), len(other), len(boundary.sequence)
    column = np.full(tree.num_sequences, -1)
    column[mine] = np.arange(num_x)
    value_of = np.full(tree.num_infosets, -1)
    value_of[other] = num_x + np.arange(num_v)
    row_of = np.full(tree.num_sequences, -1)
    row_of[theirs] = num_u + np.arange(len(theirs))

    # Rows: first the groups, then the opponent's sequences inside; gain[row] . (x, v) + constant[row] is what comes
    # next for the opponent, leaf utilities and later values.
    leaf = np.flatnonzero(part.inside & (tree.node_count == 0))
    index = tree.node_index[leaf]
    utility = tree.leaf_chance[index] * tree.leaf_utility[index, opponent]
    a, b = tree.leaf_sequence[index, player], tree.leaf_sequence[index, opponent]
    rows = np.where(row_of[b] >= 0, row_of[b], boundary.of[leaf])
    moves = column[a] >= 0
    constant = np.bincount(rows[~moves], utility[~moves] * plan[a[~moves]], num_u + len(theirs))
    before = tree.infoset_parent[other]
    value_rows = np.where(row_of[before] >= 0, row_of[before], boundary.of[tree.infoset_node[other]])
    entries = np.concatenate([utility[moves], np.ones(num_v)])
    where = np.concatenate([rows[moves], value_rows]), np.concatenate([column[a[moves]], value_of[other]])
    gain = sparse.csr_matrix((entries, where), shape=(num_u + len(theirs), num_x + num_v))

    # The opponent's value at an information set is at least that of each action: gain - v <= -constant.
    where = np.arange(len(theirs)), value_of[tree.sequence_infoset[theirs]]
    choice = sparse.csr_matrix((np.ones(len(theirs)), where), shape=(len(theirs), num_x + num_v))
    upper, side = gain[num_u:] - choice, -constant[num_u:]

    # What the actions of an information set get is what came to it: from inside, or by the blueprint.
    flow_row = np.full(tree.num_infosets, -1)
    flow_row[own] = np.arange(len(own))
    before_own = tree.infoset_parent[own]
    inner = np.flatnonzero(column[before_own] >= 0)
    entries = np.concatenate([np.ones(num_x), -np.ones(len(inner))])
    where = (
        np.concatenate([flow_row[tree.sequence_infoset[mine]], inner]),
        np.concatenate([np.arange(num_x), column[before_own[inner]]]),
    )
    flow = sparse.csr_matrix((entries, where), shape=(len(own), num_x + num_v))
    come = np.where(column[before_own] >= 0, 0.0, plan[before_own])
    lower = np.concatenate([np.zeros(num_x), np.full(num_v, -np.inf)])
    if method == "unsafe":
        cost = gain[:num_u].T @ plan[boundary.sequence]
    else:
        values, after = _responses(tree, plan, opponent)
        allowed = gain[:num_u] @ np.concatenate([plan[mine], values[other]])
        if method == "reach":
            allowed += boundary.reach * _gifts(tree, plan, values, after, boundary, opponent)
        upper = sparse.bmat([[upper, None], [gain[:num_u], boundary.reach[:, None]]])
        side = np.concatenate([side, allowed])
        flow = sparse.hstack([flow, sparse.csr_matrix((len(own), 1))])
        cost, lower = np.append(np.zeros(num_x + num_v), -1.0), np.append(lower, 0.0)
    x = np.maximum(linear_program(cost, upper, side, flow, come, lower).x[:num_x], 0.0)

    probabilities = blueprint.probabilities.copy()
    at = flow_row[tree.sequence_infoset[mine]]
    total = np.bincount(at, x, len(own))[at]
    comes = total > TOLERANCE  # elsewhere the blueprint stays
    probabilities[mine[comes]] = x[comes] / total[comes]
    return probabilities


def _responses(tree: GameTree, plan: np.ndarray, opponent: int) -> tuple[np.ndarray, np.ndarray]:
    """Counterfactual best-response values of the opponent. -> (at information sets float64[I], after sequences)."""
    weight = tree.leaf_chance * tree.leaf_utility[:, opponent] * plan[tree.leaf_sequence[:, 1 - opponent]]
    after = np.bincount(tree.leaf_sequence[:, opponent], weight, tree.num_sequences)
    values = np.zeros(tree.num_infosets)
    for i in range(int(tree.infoset_start[opponent + 1]) - 1, int(tree.infoset_start[opponent]) - 1, -1):
        first = tree.infoset_first[i]
        values[i] = after[first : first + tree.infoset_count[i]].max()
        after[tree.infoset_parent[i]] += values[i]
    return values, after


def _gifts(
    tree: GameTree, plan: np.ndarray, values: np.ndarray, after: np.ndarray, boundary: Boundary, opponent: int
) -> np.ndarray:
    """float64[K]: what the opponent gave up on the way to each group by moves worse than its best one, each for a unit
    of chance to come to where it was made (Brown & Sandholm 2017, section 5)."""
    sequences, chance = histories(tree)
    nodes = np.flatnonzero(tree.node_player == opponent)
    mass = chance[nodes] * plan[sequences[nodes, 1 - opponent]]
    reach = np.bincount(tree.node_index[nodes], mass, tree.num_infosets)
    gifts = np.zeros(len(boundary.sequence))
    for k, sequence in enumerate(boundary.sequence):
        while (infoset := tree.sequence_infoset[sequence]) >= 0:
            if reach[infoset] > 0.0:
                gifts[k] += (values[infoset] - after[sequence]) / reach[infoset]
            sequence = tree.infoset_parent[infoset]
    return gifts
