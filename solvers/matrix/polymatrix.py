"""Polymatrix games: players are the nodes of a graph, and play one two-player game along each edge.

What a player gets is the sum over its edges, with the same action in all of them (Yanovskaya 1968; Howson 1972).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ...games.matrix import MatrixGame
from .payoffs import probabilities
from .profile import Profile

if TYPE_CHECKING:
    import networkx as nx

MOST_CELLS = 10_000_000
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class PolymatrixGame:
    """P players and the games of pairs."""

    counts: tuple[int, ...]
    """How many actions each player has."""
    pairs: Mapping[tuple[int, int], np.ndarray]
    """For (p, q) float64[A_p, A_q], what p gets against q; absent pairs do not play."""
    names: tuple[Hashable, ...] = ()
    """The graph's nodes, in the order of the players."""

    @property
    def num_players(self) -> int:
        return len(self.counts)

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """For each player those from whose actions its payoff depends."""
        return tuple(tuple(q for r, q in self.pairs if r == p) for p in range(self.num_players))

    def worth(self, profile: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """For each player float64[A_p]: what its actions pay against a profile."""
        return tuple(
            sum((self.pairs[p, q] @ profile[q] for q in near), np.zeros(n))
            for p, (n, near) in enumerate(zip(self.counts, self.neighbours))
        )

    def certified(self, strategies: Sequence[Any], method: str = "") -> Profile:
        """A `Profile` with its regret, without a payoff tensor; the regret is computed in floats.

        Raises:
            ValueError: strategies that are no distributions over the actions.
        """
        if len(strategies) != self.num_players:
            raise ValueError(f"a profile needs {self.num_players} strategies, one per player, got {len(strategies)}")
        mixed = [probabilities(f"player {p}'s strategy", x, n) for p, (x, n) in enumerate(zip(strategies, self.counts))]
        worths = self.worth(mixed)
        payoffs = np.array([w @ x for w, x in zip(worths, mixed)])
        regret = max(float(w.max() - u) for w, u in zip(worths, payoffs))
        return Profile(mixed, regret=max(regret, 0.0), payoffs=payoffs, exact=None, component=None, method=method)

    def matrix_game(self) -> MatrixGame:
        """The same game as a payoff tensor.

        Raises:
            ValueError: more than ten million payoffs.
        """
        players = self.num_players
        if players * prod(self.counts) > MOST_CELLS:
            raise ValueError(f"the tensor would have {players} x {prod(self.counts)} payoffs; at most {MOST_CELLS}")
        tensor = np.zeros((players, *self.counts))
        for (p, q), table in self.pairs.items():
            shape = [1] * players
            shape[p], shape[q] = self.counts[p], self.counts[q]
            tensor[p] += (table if p < q else table.T).reshape(shape)
        return MatrixGame(tensor, id="polymatrix")

    @cached_property
    def constant_sum(self) -> float | None:
        """What everybody's payoffs add up to where that is the same number whatever is played; else None.

        Each edge's total must be a sum of one term for each side, and each player's terms constant in its action.
        """
        own = [np.zeros(n) for n in self.counts]
        scale = max((float(np.abs(t).max()) for t in self.pairs.values()), default=0.0) or 1.0
        total = 0.0
        for p in range(self.num_players):
            for q in range(p):
                both = self._total(p, q)
                if both is None:
                    continue
                rows, columns, middle = both.mean(axis=1), both.mean(axis=0), both.mean()
                if np.abs(both - rows[:, None] - columns + middle).max() > TOLERANCE * scale:
                    return None
                own[p] += rows - middle
                own[q] += columns - middle
                total += float(middle)
        if any(float(np.abs(terms).max()) > TOLERANCE * scale * self.num_players for terms in own):
            return None
        return total

    def _total(self, p: int, q: int) -> np.ndarray | None:
        """float64[A_p, A_q]: what a pair gets together."""
        mine, theirs = self.pairs.get((p, q)), self.pairs.get((q, p))
        if mine is None:
            return None if theirs is None else theirs.T
        return mine if theirs is None else mine + theirs.T


def polymatrix_game(graph: nx.Graph, payoffs: str = "payoffs") -> PolymatrixGame:
    """A polymatrix game on a graph.

    Args:
        graph: undirected: each edge (u, v) carries under the name `payoffs` a pair: u's payoffs [A_u, A_v] and v's
            [A_v, A_u], u being the node that comes first in the graph's order of nodes. Directed: an edge (u, v)
            carries u's payoffs [A_u, A_v]. Nodes without an edge have one action.
        payoffs: the attribute's name.

    Raises:
        ValueError: an empty graph, a loop, an edge without payoffs, shapes that do not fit together, payoffs that are
            not finite.
    """
    nodes = tuple(graph.nodes)
    number = {node: p for p, node in enumerate(nodes)}
    if not nodes:
        raise ValueError("a polymatrix game needs at least one player: the graph has no nodes")
    counts: list[int | None] = [None] * len(nodes)
    pairs: dict[tuple[int, int], np.ndarray] = {}
    for u, v, found in graph.edges(data=payoffs):
        if u == v:
            raise ValueError(f"node {u!r} has an edge to itself: nobody plays against oneself")
        if found is None:
            raise ValueError(f"the edge {u!r} - {v!r} has no attribute {payoffs!r}")
        p, q = number[u], number[v]
        if graph.is_directed():
            tables = {(p, q): found}
        else:
            if len(found) != 2:
                raise ValueError(f"the edge {u!r} - {v!r} needs a pair of payoff matrices, got {len(found)}")
            p, q = min(p, q), max(p, q)
            tables = {(p, q): found[0], (q, p): found[1]}
        for (a, b), table in tables.items():
            pairs[a, b] = _table(table, counts, a, b, nodes)
    return PolymatrixGame(tuple(n or 1 for n in counts), pairs, nodes)


def _table(given: Any, counts: list[int | None], p: int, q: int, nodes: Sequence[Hashable]) -> np.ndarray:
    table = np.array(given, np.float64)
    where = f"the payoffs of {nodes[p]!r} against {nodes[q]!r}"
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError(f"{where} must be a finite matrix, got shape {table.shape}")
    for player, n in zip((p, q), table.shape):
        if counts[player] not in (None, n):
            raise ValueError(f"{where} give {nodes[player]!r} {n} actions, and another edge {counts[player]}")
        counts[player] = n
    table.setflags(write=False)
    return table


def zero_sum_polymatrix(game: PolymatrixGame) -> Profile:
    """An equilibrium of a polymatrix game whose payoffs add up to a constant, by one sparse linear program.

    min Σ_p w_p with w_p at least what any of p's actions pays: at the optimum the sum is that constant, and nobody can
    gain (Cai, Candogan, Daskalakis & Papadimitriou 2016).

    Raises:
        ValueError: the payoffs do not add up to a constant.
        ArithmeticError: HiGHS gave up.
    """
    if game.constant_sum is None:
        raise ValueError(
            "the linear program takes polymatrix games whose payoffs add up to a constant; for others use "
            "ludus.solvers.nash on matrix_game()"
        )
    from scipy import sparse
    from scipy.optimize import linprog

    starts = np.concatenate([[0], np.cumsum(game.counts)])
    players, size = game.num_players, int(starts[-1])
    blocks: list[list[Any]] = [[None] * players for _ in range(players)]
    for p, n in enumerate(game.counts):
        blocks[p][p] = sparse.csr_matrix((n, n))
    for (p, q), table in game.pairs.items():
        blocks[p][q] = sparse.csr_matrix(table)
    owner = np.repeat(np.arange(players), game.counts)
    least = sparse.csr_matrix((-np.ones(size), (np.arange(size), owner)))
    above = sparse.hstack([sparse.bmat(blocks), least])
    ones = sparse.csr_matrix((np.ones(size), (owner, np.arange(size))), shape=(players, size + players))
    found = linprog(
        np.append(np.zeros(size), np.ones(players)),
        above,
        np.zeros(size),
        ones,
        np.ones(players),
        [(0, None)] * size + [(None, None)] * players,
        method="highs",
    )
    if found.status != 0:
        raise ArithmeticError(f"the linear program of the polymatrix game was not solved: {found.message}")
    mixed = [np.maximum(found.x[a:b], 0.0) for a, b in pairwise(starts)]
    return game.certified([x / x.sum() for x in mixed], "zero-sum polymatrix program")
