"""PettingZoo's faces of environments that draw their own chance (`dynamics.py`)."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box

from .dynamics import RUNNING, TRUNCATED
from .environment import EnvironmentGame
from .pettingzoo import LudusAECEnv, LudusParallelEnv, Table
from .streams import seed_word, stream_key


class EnvPosition(NamedTuple):
    """What a table shows of an environment's state, in the words of `State`."""

    game: EnvironmentGame
    words: np.ndarray
    terminal: bool
    paid: np.ndarray

    def to_move(self) -> tuple[int, ...]:
        return () if self.terminal else tuple(range(self.game.num_players))

    def returns(self) -> np.ndarray:
        return self.paid.copy()

    def render(self) -> str:
        draw = self.game.setup.render
        return draw(self.words) if draw else f"{self.game.id}: {self.words.tolist()}"


class EnvTable(Table):
    """The table of an environment that draws its own chance: its functions are called one by one.

    Where actions are continuous, an observation is the plain float32[O], and an action float32[A].
    """

    game: EnvironmentGame

    def __init__(self, game: EnvironmentGame, render_mode: str | None = None):
        super().__init__(game, render_mode)
        setup = game.setup
        self._functions = setup.dynamics.compiled()
        self._rng = np.zeros(2, np.uint64)
        self._seeded = False
        if setup.overview_size:
            self.state_space = Box(*setup.overview_bounds, (setup.overview_size,), np.float32)
        if setup.continuous:
            self.observation_spaces: dict[str, Any] = {
                a: space["observation"] for a, space in self.observation_spaces.items()
            }
            space = Box(*setup.action_bounds, (game.num_actions,), np.float32)
            self.action_spaces = {agent: Box(space.low, space.high) for agent in self.possible_agents}

    def _deal(self, seed: int | None) -> None:
        setup = self.game.setup
        if seed is not None or not self._seeded:
            fresh = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
            self._rng[:] = stream_key(seed_word(fresh if seed is None else seed), 0), 0
            self._seeded = True
        self.agents = self.possible_agents[:]
        self._truncated = False
        self._seen = np.zeros((setup.num_players, setup.observation_size), np.float32)
        self._may = np.zeros((setup.num_players, setup.num_actions), bool)
        self._reward, self._returns = np.zeros(setup.num_players), np.zeros(setup.num_players)
        words = np.zeros(setup.state_size, np.int64)
        self._functions.reset(setup.params, words, self._rng)
        self._functions.view(setup.params, words, 1, self._seen, self._may)
        self._position = EnvPosition(self.game, words, False, self._returns)  # type: ignore[assignment]

    def _move(self, chosen: Sequence[Any]) -> None:
        setup, position = self.game.setup, self.position
        actions = np.array(chosen, np.float64 if setup.continuous else np.int64).reshape(-1).view(np.int64)
        words: np.ndarray = position.words  # type: ignore[attr-defined]
        self._reward[:] = 0.0
        end = self._functions.advance(setup.params, words, actions, self._rng, self._reward)
        self._functions.view(setup.params, words, 0, self._seen, self._may)
        self._truncated = end == TRUNCATED
        self._returns += self._reward
        self._position = EnvPosition(self.game, words, end != RUNNING, self._returns)  # type: ignore[assignment]

    def _gains(self) -> dict[str, float]:
        return dict(zip(self.possible_agents, self._reward.tolist()))

    def _legal(self, player: int, action: Any) -> Any:
        setup = self.game.setup
        if not setup.continuous:
            try:
                chosen = operator.index(action)
            except TypeError:
                chosen = -1
            if 0 <= chosen < setup.num_actions and self._may[player, chosen]:
                return chosen
            allowed = np.flatnonzero(self._may[player]).tolist()
            raise ValueError(f"{self.game.id}: action {action!r} is not legal for player_{player}; legal are {allowed}")
        low, high = setup.action_bounds
        numbers = np.asarray(action, np.float64)
        if numbers.shape != (setup.num_actions,) or not ((numbers >= low) & (numbers <= high)).all():
            raise ValueError(
                f"{self.game.id}: player_{player}'s action must be {setup.num_actions} numbers from {low} to {high}, "
                f"got {action!r}"
            )
        return numbers

    def _view(self, player: int, to_move: bool) -> Any:
        seen = self._seen[player].copy()
        if self.game.setup.continuous:
            return seen
        mask = self._may[player].astype(np.int8) if to_move else np.zeros(self.game.num_actions, np.int8)
        return {"observation": seen, "action_mask": mask}

    def state(self) -> np.ndarray:
        """The global state float32[G]."""
        setup, position = self.game.setup, self.position
        if not setup.overview_size:
            return self._seen.reshape(-1).copy()
        out = np.zeros(setup.overview_size, np.float32)
        self._functions.overview(setup.params, position.words, out)  # type: ignore[attr-defined]
        return out


class EnvAECEnv(EnvTable, LudusAECEnv):
    """An environment as a PettingZoo `AECEnv`: all choose one after the other, unseen."""


class EnvParallelEnv(EnvTable, LudusParallelEnv):
    """An environment as a PettingZoo `ParallelEnv`."""
