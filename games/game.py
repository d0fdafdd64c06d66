"""`Game`: the frozen facts of a game and the faces derived from its rules."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .build import MAX_HISTORIES, compile_tree, walk_tree
from .rules import CHANCE, Setup
from .state import RulesState, State
from .tree import GameTree

if TYPE_CHECKING:
    from .agent import Agent
    from .pettingzoo import LudusAECEnv, LudusParallelEnv
    from .vector import VectorEnv


@dataclass(frozen=True, eq=False, kw_only=True)
class Game(abc.ABC):
    """A game: facts, and the faces `root`, `tree`, `aec_env`, `parallel_env`, `vector_env`.

    Attributes:
        id: the id that makes it again, parameters included: ``leduc_poker(players=3)``.
        version: changes when the game's behaviour does.
        scores: what an episode pays a player on average under ``"random"`` play, the ``"heuristic"`` agent and
            ``"optimal"`` play, where these are known: `normalised` measures by them.
    """

    id: str
    title: str = ""
    version: int = 1
    num_players: int
    num_actions: int
    min_utility: float
    max_utility: float
    zero_sum: bool = False
    simultaneous: bool = False
    has_chance: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)

    def normalised(self, score: float) -> float:
        """A mean return on the scale where random play is 0, and optimal (or else heuristic) play is 1.

        Raises:
            ValueError: the game does not know what these are worth.
        """
        best = self.scores.get("optimal", self.scores.get("heuristic"))
        if "random" not in self.scores or best is None:
            raise ValueError(f"{self.id} knows no returns of random and of good play; it has {dict(self.scores)}")
        return (score - self.scores["random"]) / (best - self.scores["random"])

    @property
    @abc.abstractmethod
    def observation_size(self) -> int:
        """Numbers in one player's observation."""

    @abc.abstractmethod
    def root(self) -> State:
        """The initial state."""

    def tree(self, max_histories: int = MAX_HISTORIES) -> GameTree:
        """The whole game in sequence form; built once.

        Raises:
            ValueError: the game is too large, or breaks what a tree needs (see `compile_tree`).
        """
        found = self.__dict__.get("_tree")
        if found is None:
            found = self.__dict__["_tree"] = self._build_tree(max_histories)
        return found

    def _build_tree(self, max_histories: int) -> GameTree:
        return walk_tree(self.root(), self.num_players, self.id, max_histories)

    def aec_env(self, render_mode: str | None = None) -> LudusAECEnv:
        """The game as a PettingZoo `AECEnv`."""
        from .pettingzoo import aec_env

        return aec_env(self, render_mode)

    def parallel_env(self, render_mode: str | None = None) -> LudusParallelEnv:
        """The game as a PettingZoo `ParallelEnv`, where all moves are simultaneous.

        Raises:
            ValueError: players take turns in this game.
        """
        from .pettingzoo import parallel_env

        return parallel_env(self, render_mode)

    def vector_env(self, num_envs: int, seed: int | np.random.Generator = 0, **options: Any) -> VectorEnv:
        """`num_envs` copies of the game that step together; `options` are `copy`, `threads` and `specialised` (see
        `VectorEnv`)."""
        from .vector import vector_env

        return vector_env(self, num_envs, seed, **options)

    def __repr__(self) -> str:
        return f"Game({self.id})"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class RulesGame(Game):
    """A game of compiled rules."""

    setup: Setup = field(repr=False)

    @classmethod
    def of(cls, setup: Setup, **facts: Any) -> RulesGame:
        """A game of a setup; `facts` are id, title, version, parameters."""
        return cls(
            setup=setup,
            num_players=setup.num_players,
            num_actions=setup.num_actions,
            min_utility=setup.min_utility,
            max_utility=setup.max_utility,
            zero_sum=setup.zero_sum,
            simultaneous=setup.simultaneous,
            has_chance=setup.max_outcomes > 0,
            **facts,
        )

    @property
    def observation_size(self) -> int:
        return self.setup.observation_size

    def heuristic(self) -> Agent:
        """The scripted agent that plays the game sensibly from observations.

        Raises:
            ValueError: there is none.
        """
        if self.setup.heuristic is None:
            raise ValueError(f"{self.id} has no scripted agent")
        return self.setup.heuristic()

    def root(self) -> RulesState:
        return RulesState.root(self.setup)

    def _build_tree(self, max_histories: int) -> GameTree:
        return compile_tree(self.setup, self.id, max_histories)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class StateGame(Game):
    """A game written as a Python `State`."""

    start: Callable[[], State] = field(repr=False)

    @classmethod
    def of(cls, start: Callable[[], State], **facts: Any) -> StateGame:
        """A game of a function that returns the root. What the root does not declare is found by walking the game.

        Raises:
            TypeError: the root is no `State`, or does not declare its number of players and actions.
        """
        root: Any = start()
        if not isinstance(root, State):
            raise TypeError(f"{facts.get('id', 'a game')}: the root must be a ludus.State, got {type(root).__name__}")
        declared: dict[str, Any] = {n: getattr(root, n, None) for n in ("num_players", "num_actions", *_FACTS)}
        for name in ("num_players", "num_actions"):
            if not isinstance(declared[name], (int, np.integer)):
                raise TypeError(f"{type(root).__name__} must declare `{name}` (an integer class attribute)")
        tree = None
        if any(value is None for value in declared.values()):
            tree = walk_tree(root, int(declared["num_players"]), str(facts.get("id", "")))
            declared |= {name: find(tree, root) for name, find in _FACTS.items() if declared[name] is None}
        game = cls(start=start, **declared, **facts)
        if tree is not None:
            game.__dict__["_tree"] = tree
        return game

    def root(self) -> State:
        return self.start()

    @cached_property
    def observation_size(self) -> int:  # type: ignore[override]
        return int(np.asarray(self.start().observe(0)).size)


def _has_joint_moves(tree: GameTree, root: State) -> bool:
    state = root
    while state.to_move() == (CHANCE,):
        state = state.apply(state.chance()[0][0])
    return len(state.to_move()) > 1


_FACTS: dict[str, Callable[[GameTree, State], Any]] = {
    "min_utility": lambda tree, root: float(tree.leaf_utility.min()),
    "max_utility": lambda tree, root: float(tree.leaf_utility.max()),
    "zero_sum": lambda tree, root: tree.zero_sum,
    "simultaneous": _has_joint_moves,
    "has_chance": lambda tree, root: bool((tree.node_player == CHANCE).any()),
}
"""Facts that a `State` may declare as class attributes, and how they are found where it does not."""
