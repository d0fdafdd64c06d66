"""Arenas: what the members of a population get against each other, and what could be gained against their mixtures.

An arena holds the members as agents, a list for each player (one list where the game is symmetric and both players
share it), and evaluates blocks of the payoff tensor: exactly on trees and in games over vectors, else by matches.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..games.agent import Agent
from ..games.game import Game
from ..games.matrix import MatrixGame
from ..games.policy import Policy
from ..games.streams import stream_key
from ..solvers.tree.cfr import behaviour
from ..solvers.tree.evaluate import evaluate
from .facing import gradient, plans_of, respond
from .functional_games import FunctionalGame
from .match import Engine, small_tree
from .meta_solvers import marginals, product
from .oracle import VectorAgent


class Arena(Protocol):
    """What the loop over populations asks of a game. P players; `joint` float64[A0, …] is over the members."""

    players: int
    symmetric: bool
    unit: float
    """The range of payoffs, to which tolerances are relative."""
    members: list[list[Agent]]
    """A list for each player, or one for both in a symmetric game."""

    def put(self, player: int, place: int, agent: Agent) -> None:
        """Adds a member (place: how many there are), or puts another one in its place."""
        ...

    def known(self, player: int, agent: Agent) -> bool:
        """Whether some member plays exactly like this."""
        ...

    def block(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """float64[P, …]: payoffs where player p sits with its members numbered ``rows[p]``."""
        ...

    def gap(self, joint: np.ndarray, conditional: bool = False) -> float:
        """What the players could gain in the whole game, summed: by one deviation (the NashConv of a product), or by
        one for each recommended member (`conditional`). NaN where nobody knows."""
        ...


class TreeArena:
    """Games with a tree: realisation plans and leaves; all exact."""

    def __init__(self, game: Game, symmetric: bool = False):
        self.game, self.tree = game, game.tree()
        self.players, self.symmetric = game.num_players, symmetric
        self.unit = self.tree.utility_range
        self.members: list[list[Agent]] = [[] for _ in range(1 if symmetric else self.players)]
        self.plans: list[list[np.ndarray]] = [[] for _ in self.members]
        self._stakes = self.tree.leaf_utility * self.tree.leaf_chance[:, None]

    def put(self, player: int, place: int, agent: Agent) -> None:
        self.members[player][place : place + 1] = [agent]
        self.plans[player][place : place + 1] = [plans_of(self.game, agent)]

    def known(self, player: int, agent: Agent) -> bool:
        plan, own = plans_of(self.game, agent), self._own(player)
        return any(np.array_equal(plan[own], other[own]) for other in self.plans[player])

    def block(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        out = np.empty((self.players, *map(len, rows)))
        widest = int(np.argmax(out.shape[1:]))  # every set of the others costs a pass over the leaves
        others = [p for p in range(self.players) if p != widest]
        own, leaf = self._own(widest), self.tree.leaf_sequence
        plans = np.stack([self._plan(widest, i)[own] for i in rows[widest]])
        reach = [np.stack([self._plan(p, i)[leaf[:, p]] for i in rows[p]]) for p in others]
        cells = np.moveaxis(out, 1 + widest, -1)
        for places in itertools.product(*(range(len(rows[p])) for p in others)):
            mass = np.ones(len(leaf))
            for k, i in enumerate(places):
                mass = mass * reach[k][i]
            for p in range(self.players):
                worth = np.bincount(leaf[:, widest], mass * self._stakes[:, p], own.stop)[own]
                cells[(p, *places)] = plans @ worth
        return out

    def mixture(self, player: int, weights: np.ndarray) -> np.ndarray:
        """float64[S]: the realisation plan of a mixture of a player's members (its own sequences; else 0)."""
        out, own = np.zeros(self.tree.num_sequences), self._own(player)
        for i in np.flatnonzero(weights).tolist():
            out[own] += weights[i] * self._plan(player, i)[own]
        return out

    def profile(self, joint: np.ndarray) -> Policy:
        """The behaviour in which everybody mixes by its marginal."""
        plan = sum(self.mixture(p, part) for p, part in enumerate(marginals(joint)))
        return Policy(self.tree, behaviour(self.tree, np.asarray(plan)))

    def gap(self, joint: np.ndarray, conditional: bool = False) -> float:
        parts = marginals(joint)
        if not conditional and np.abs(joint - product(parts)).max() < 1e-12:
            return evaluate(self.tree, self.profile(joint).probabilities).nash_conv
        total = 0.0
        for p, part in enumerate(parts):
            own = self._own(p)
            told = [(i, np.take(joint, i, axis=p)) for i in np.flatnonzero(part > 0.0).tolist()]
            gain = 0.0
            for others in [row for _, row in told] if conditional else [joint.sum(axis=p)]:
                gain += respond(self.tree, p, self._against(p, others))[0]
            for i, others in told:
                gain -= float(self._plan(p, i)[own] @ self._against(p, others)[own])
            total += max(gain, 0.0)
        return total

    def _against(self, player: int, others: np.ndarray) -> np.ndarray:
        """The gradient against joint weights of the others' members (up to scale), float64[S]."""
        seats = [p for p in range(self.players) if p != player]
        places = np.argwhere(others > 0.0)
        plans = np.zeros((len(places), self.tree.num_sequences))
        for plan, place in zip(plans, places):
            for p, i in zip(seats, place):
                own = self._own(p)
                plan[own] = self._plan(p, i)[own]
        return gradient(self.tree, player, plans, others[tuple(places.T)])

    def _own(self, player: int) -> slice:
        return slice(self.tree.sequence_start[player], self.tree.sequence_start[player + 1])

    def _plan(self, player: int, place: int) -> np.ndarray:
        return self.plans[0 if self.symmetric else player][place]


class VectorArena:
    """Games over parameter vectors: symmetric, two players, one population."""

    players, symmetric = 2, True

    def __init__(self, game: FunctionalGame):
        self.game = game
        self.members: list[list[Agent]] = [[]]

    @property
    def unit(self) -> float:
        return float(np.ptp(self.game.payoffs(self._points()))) or 1.0

    def put(self, player: int, place: int, agent: Agent) -> None:
        self.members[0][place : place + 1] = [agent]

    def known(self, player: int, agent: Agent) -> bool:
        assert isinstance(agent, VectorAgent)
        return any(np.array_equal(agent.vector, point) for point in self._points())

    def block(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        points = self._points()
        table = self.game.payoffs(points[rows[0]], points[rows[1]])
        return np.stack([table, -table])

    def gap(self, joint: np.ndarray, conditional: bool = False) -> float:
        return float(sum(self.game.exploitability(self._points(), part) for part in marginals(joint)))

    def _points(self) -> np.ndarray:
        return np.stack([agent.vector for agent in self.members[0]])  # type: ignore[attr-defined]


class SampledArena:
    """Games that can only be played: every cell of the payoffs is the mean of `matches` matches, seats as they are."""

    symmetric = False

    def __init__(self, game: Game, matches: int, seed: int):
        self.game, self.players = game, game.num_players
        self.unit = game.max_utility - game.min_utility
        self.matches, self.seed = matches, seed
        self.members: list[list[Agent]] = [[] for _ in range(self.players)]

    def put(self, player: int, place: int, agent: Agent) -> None:
        self.members[player][place : place + 1] = [agent]

    def known(self, player: int, agent: Agent) -> bool:
        return False

    def block(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        agents = [self.members[p][i] for p in range(self.players) for i in rows[p]]
        first = np.cumsum([0, *map(len, rows[:-1])])
        shape = tuple(map(len, rows))
        seatings = np.stack([g.ravel() for g in np.indices(shape)], axis=1) + first
        cells = len(seatings)
        # A cell's luck depends on who sits there, not on when it was played.
        key = stream_key(self.seed, sum(int(r[0]) * 4099**p for p, r in enumerate(rows)))
        played = Engine(self.game, agents).play(seatings, key, 0, cells * self.matches)
        returns = played.outcomes[played.codes].reshape(self.matches, cells, self.players).mean(axis=0)
        return np.moveaxis(returns, 1, 0).reshape(self.players, *shape)

    def gap(self, joint: np.ndarray, conditional: bool = False) -> float:
        return float("nan")


def arena_of(game: Any, symmetric: bool | None, matches: int, seed: int) -> TreeArena | VectorArena | SampledArena:
    """The arena of a game; `symmetric` None: wherever the game is known to be.

    Raises:
        TypeError: not a game.
        ValueError: `symmetric` for a game that is not known to be.
    """
    if isinstance(game, FunctionalGame):
        return VectorArena(game)
    if not isinstance(game, Game):
        raise TypeError(f"game must be a ludus.Game, its id, or a game over vectors, got {type(game).__name__}")
    if symmetric and not is_symmetric(game):
        raise ValueError(f"symmetric=True is for symmetric two-player matrix games; {game.id} is not one")
    if small_tree(game, ()) is None:
        return SampledArena(game, matches, seed)
    return TreeArena(game, bool(symmetric))


def is_symmetric(game: Any) -> bool:
    """Whether the players of a two-player matrix game can change places."""
    if not isinstance(game, MatrixGame) or game.num_players != 2:
        return False
    a, b = game.payoffs
    return a.shape[0] == a.shape[1] and bool(np.array_equal(a, b.T))
