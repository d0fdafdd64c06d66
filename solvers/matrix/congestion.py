"""Congestion games: players choose sets of resources, whose costs rise with the number of users (Rosenthal 1973)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ...games.matrix import MatrixGame

if TYPE_CHECKING:
    import networkx as nx

MOST_PROFILES = 2_000_000


@dataclass(frozen=True, eq=False)
class CongestionGame:
    """P players and R resources. Payoffs are minus costs."""

    uses: tuple[np.ndarray, ...]
    """For each player bool[A_p, R]: the resources of each strategy."""
    costs: np.ndarray
    """float64[R, P + 1]: each resource's cost to a user when 0, 1, …, P players use it; the first column is 0."""
    resources: tuple[Hashable, ...]

    @property
    def num_players(self) -> int:
        return len(self.uses)

    def loads(self, profile: Sequence[int]) -> np.ndarray:
        """int64[R]: how many use each resource."""
        return np.sum([used[a] for used, a in zip(self.uses, profile)], axis=0)

    def player_costs(self, profile: Sequence[int]) -> np.ndarray:
        """float64[P]."""
        price = self.costs[np.arange(len(self.costs)), self.loads(profile)]
        return np.array([used[a] @ price for used, a in zip(self.uses, profile)])

    def potential(self, profile: Sequence[int]) -> float:
        """Rosenthal's potential, of costs: Σ over resources of the costs at 1, …, load users."""
        sums = np.cumsum(self.costs, axis=1)
        return float(sums[np.arange(len(sums)), self.loads(profile)].sum())

    def deviation_costs(self, profile: Sequence[int], player: int) -> np.ndarray:
        """float64[A_p]: what a player's strategies cost where the others play a profile."""
        others = self.loads(profile) - self.uses[player][profile[player]]
        return self.uses[player] @ self.costs[np.arange(len(self.costs)), others + 1]

    def equilibrium(self, start: Sequence[int] | None = None) -> tuple[int, ...]:
        """A pure equilibrium, by best responses in turn, each of which lowers the potential; any number of players."""
        profile = [0] * self.num_players if start is None else list(start)
        calm, p = 0, 0
        slack = 1e-12 * (float(np.abs(self.costs).max()) or 1.0)
        while calm < self.num_players:
            cost = self.deviation_costs(profile, p)
            if cost.min() < cost[profile[p]] - slack:
                profile[p], calm = int(cost.argmin()), 0
            else:
                calm += 1
            p = (p + 1) % self.num_players
        return tuple(profile)

    def social_optimum(self) -> tuple[tuple[int, ...], float]:
        """-> (a profile of the least total cost, that cost), by a mixed-integer program.

        One binary for each strategy and for each number of users of a resource.

        Raises:
            ArithmeticError: HiGHS gave up.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        counts = [len(used) for used in self.uses]
        players, resources = self.num_players, len(self.costs)
        size, levels = sum(counts), resources * (players + 1)
        total = (self.costs * np.arange(players + 1)).ravel()
        one = np.zeros((players, size + levels))
        starts = np.cumsum([0, *counts])
        for p in range(players):
            one[p, starts[p] : starts[p + 1]] = 1.0
        level = np.zeros((resources, size + levels))
        load = np.zeros((resources, size + levels))
        for r in range(resources):
            own = slice(size + r * (players + 1), size + (r + 1) * (players + 1))
            level[r, own] = 1.0
            load[r, own] = -np.arange(players + 1)
        load[:, :size] = np.concatenate(self.uses).T
        found = milp(
            np.append(np.zeros(size), total),
            integrality=np.ones(size + levels),
            bounds=Bounds(0, 1),
            constraints=[
                LinearConstraint(np.vstack([one, level]), 1.0, 1.0),
                LinearConstraint(load, 0.0, 0.0),
            ],
            options={"mip_rel_gap": 0.0},
        )
        if found.status != 0:
            raise ArithmeticError(f"the program of the social optimum was not solved: {found.message}")
        profile = tuple(int(found.x[a:b].argmax()) for a, b in pairwise(starts))
        return profile, float(self.player_costs(profile).sum())

    def matrix_game(self) -> MatrixGame:
        """The payoff tensor, of minus the costs.

        Raises:
            ValueError: more than two million profiles.
        """
        counts = [len(used) for used in self.uses]
        if prod(counts) > MOST_PROFILES:
            raise ValueError(f"the game has {prod(counts)} pure profiles; a tensor is made of at most {MOST_PROFILES}")
        tensor = np.empty((self.num_players, *counts))
        for profile in np.ndindex(*counts):
            tensor[(slice(None), *profile)] = -self.player_costs(profile)
        return MatrixGame(tensor, id="congestion")


def congestion_game(
    strategies: Sequence[Sequence[Any]], costs: Mapping[Hashable, Callable[[int], float] | Sequence[float]]
) -> CongestionGame:
    """A congestion game.

    Args:
        strategies: for each player a list of strategies, each a collection of resources.
        costs: for each resource what it costs a user, as a function of the number of users from 1, or as a list that
            begins with 1 user.

    Raises:
        ValueError: no players, a player without strategies, an unknown resource, costs that are missing or not finite.
    """
    players = len(strategies)
    if not players or not all(len(own) for own in strategies):
        raise ValueError("a congestion game needs at least one player, and at least one strategy for each")
    resources = tuple(costs)
    number = {resource: r for r, resource in enumerate(resources)}
    uses = []
    for p, own in enumerate(strategies):
        used = np.zeros((len(own), len(resources)), bool)
        for a, chosen in enumerate(own):
            for resource in chosen:
                if resource not in number:
                    raise ValueError(f"strategy {a} of player {p} uses {resource!r}, which has no cost")
                used[a, number[resource]] = True
        uses.append(used)
    table = np.zeros((len(resources), players + 1))
    for resource, given in costs.items():
        prices = [given(k) for k in range(1, players + 1)] if callable(given) else list(given)[:players]
        if len(prices) < players or not np.isfinite(np.array(prices, float)).all():
            raise ValueError(f"resource {resource!r} needs {players} finite costs, for 1 to {players} users")
        table[number[resource], 1:] = prices
    return CongestionGame(tuple(uses), table, resources)


def routing_game(
    graph: nx.Graph, trips: Sequence[tuple[Hashable, Hashable]], cost: str = "cost"
) -> tuple[CongestionGame, list[list[list[Hashable]]]]:
    """A congestion game whose resources are a graph's edges, and whose strategies are the simple paths of trips.

    Args:
        graph: edges carry under the name `cost` a function of the number of users, or a list (see `congestion_game`).
        trips: for each player where it starts and where it goes.

    Returns:
        The game, and for each player its paths as lists of nodes.

    Raises:
        ValueError: a trip without a path, an edge without a cost.
    """
    import networkx as nx

    def edge(u: Hashable, v: Hashable) -> Hashable:
        return (u, v) if graph.is_directed() else frozenset((u, v))

    costs = {}
    for u, v, found in graph.edges(data=cost):
        if found is None:
            raise ValueError(f"the edge {u!r} - {v!r} has no attribute {cost!r}")
        costs[edge(u, v)] = found
    paths = []
    for start, end in trips:
        if start not in graph or end not in graph or start == end:
            raise ValueError(f"the trip from {start!r} to {end!r} must join two nodes of the graph")
        found = sorted(nx.all_simple_paths(graph, start, end), key=lambda path: (len(path), list(map(str, path))))
        if not found:
            raise ValueError(f"the graph has no path from {start!r} to {end!r}")
        paths.append(found)
    strategies = [[[edge(u, v) for u, v in pairwise(path)] for path in own] for own in paths]
    return congestion_game(strategies, costs), paths
