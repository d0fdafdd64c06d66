"""`EnvironmentGame`: environments that draw their own chance, as games without a tree, and their batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from ._specialise import specialised
from .agent import Agent
from .build import MAX_HISTORIES
from .dynamics import SIGNATURES, EnvSetup, no_overview
from .game import Game
from .vector import VectorEnv


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class EnvironmentGame(Game):
    """An environment of compiled dynamics: it can be learned, played in a league and rated, not solved."""

    setup: EnvSetup = field(repr=False)

    @classmethod
    def of(cls, setup: EnvSetup, **facts: Any) -> EnvironmentGame:
        """An environment of a setup; `facts` are id, title, version, parameters."""
        return cls(
            setup=setup,
            num_players=setup.num_players,
            num_actions=setup.num_actions,
            min_utility=setup.min_utility,
            max_utility=setup.max_utility,
            zero_sum=setup.zero_sum,
            simultaneous=True,
            has_chance=True,
            **facts,
        )

    @property
    def observation_size(self) -> int:
        return self.setup.observation_size

    def heuristic(self) -> Agent:
        """The scripted agent that plays the environment sensibly.

        Raises:
            ValueError: there is none.
        """
        if self.setup.heuristic is None:
            raise ValueError(f"{self.id} has no scripted agent")
        return self.setup.heuristic()

    def root(self) -> NoReturn:
        """Raises ValueError: an environment draws its chance itself, so there is no first state to read."""
        raise ValueError(f"{self.id} is an environment without readable states; use vector_env() or parallel_env()")

    def tree(self, max_histories: int = MAX_HISTORIES) -> NoReturn:
        """Raises ValueError: an environment has no tree."""
        raise ValueError(f"{self.id} is an environment and has no tree; it can be learned and played, not solved")

    def vector_env(self, num_envs: int, seed: int | np.random.Generator = 0, **options: Any) -> DynamicsVectorEnv:
        return DynamicsVectorEnv(self, num_envs, seed, **options)


class DynamicsVectorEnv(VectorEnv):
    """The batch of an environment, stepped by one compiled kernel.

    Where actions are continuous, `step` takes floats [B, P, A], and all of `legal` is True.
    """

    game: EnvironmentGame

    def __init__(self, game: EnvironmentGame, num_envs: int, seed: int | np.random.Generator = 0, **options: Any):
        super().__init__(game, num_envs, seed, **options)
        from . import _dynamics, _vector

        setup, b = game.setup, self.num_envs
        functions = setup.dynamics.compiled()
        self._functions = _vector.addresses(functions, SIGNATURES)
        self._kernels: Any = _dynamics
        if self.specialised:
            self._kernels = specialised(_dynamics, functions, ("restart", "advance"), {})
        self._params = setup.params
        self._states = np.zeros((b, setup.state_size), np.int64)
        self._rngs = np.stack([self._keys, self._counters], axis=1)
        self._keys, self._counters = self._rngs[:, 0], self._rngs[:, 1]  # views: seeds and snapshots write through them
        self._movers[:] = (1 << self.num_players) - 1
        if setup.continuous:
            self._actions = np.zeros((b, self.num_players, self.num_actions))  # type: ignore[assignment]

    def _restart(self) -> None:
        def work(part: slice) -> None:
            shown = (self._states[part], self._rngs[part], self._obs[part], self._legal[part])
            self._kernels.restart(self._functions, self._params, *shown)

        self._each(work)

    def _advance(self, actions: np.ndarray) -> None:
        words = actions.reshape(self.num_envs, -1).view(np.int64)
        shown = (self._obs, self._legal, self._reward, self._done, self._truncated, self._final_obs)
        arrays: tuple[np.ndarray, ...] = (self._states, self._rngs, words, *shown)

        def work(part: slice) -> None:
            self._kernels.advance(self._functions, self._params, *(array[part] for array in arrays))

        self._each(work)

    def _take(self, given: np.ndarray) -> None:
        if not self.game.setup.continuous:
            super()._take(given)
            return
        if given.shape != self._actions.shape:
            raise ValueError(
                f"{self.game.id}: actions must have shape {self._actions.shape} [envs, players, numbers], "
                f"got {given.shape}"
            )
        if given.dtype.kind not in "fiu":
            raise TypeError(f"{self.game.id}: actions must be numbers, got {given.dtype}")
        low, high = self.game.setup.action_bounds
        inside = (given >= low) & (given <= high)
        if not inside.all():
            e, p, n = np.argwhere(~inside)[0]
            raise ValueError(
                f"{self.game.id}, environment {e}: player {p}'s action has {given[e, p, n]} as number {n}; "
                f"allowed is {low} … {high}"
            )
        self._actions[:] = given

    def random_actions(self, rng: np.random.Generator) -> np.ndarray:
        """int64[B, P]: a uniformly drawn legal action of each player; float64[B, P, A] where actions are continuous."""
        if not self.game.setup.continuous:
            return super().random_actions(rng)
        return rng.uniform(*self.game.setup.action_bounds, self._actions.shape)

    def state(self) -> np.ndarray:
        """The global state float32[B, G]; all players' observations side by side where the environment has no other."""
        setup = self.game.setup
        if setup.dynamics.overview is no_overview:
            return super().state()
        from . import _dynamics

        out = np.zeros((self.num_envs, setup.overview_size), np.float32)
        _dynamics.overview(self._functions, self._params, self._states, out)
        return out

    def flat_state(self, env: int = 0) -> np.ndarray:
        """int64[S]: a copy of one environment's state, as its functions read it."""
        return self._states[env].copy()

    def _save_states(self) -> np.ndarray:
        return self._states.copy()

    def _restore_states(self, saved: np.ndarray) -> None:
        self._states[:] = saved
