"""Outside PettingZoo environments as games: for learners and leagues, without a tree.

``make("pettingzoo/mpe2.simple_spread_v3", N=3)`` imports the module ``mpe2.simple_spread_v3`` and calls its
`parallel_env`, or its `env` where it has only turns; keywords go to that function. ``pettingzoo/classic.tictactoe_v3``
and other names of PettingZoo's registry (family, dot, name) need no module of that name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from gymnasium import spaces
from pettingzoo import AECEnv, ParallelEnv

from .build import MAX_HISTORIES
from .game import Game
from .registry import parse_id
from .vector import VectorEnv

Constructor = Callable[..., Any]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PettingZooGame(Game):
    """An outside environment. Agent ``possible_agents[p]`` is player p.

    What the environment does not tell stands as unknown: utilities are unbounded, chance is taken to be there, and the
    game is not called zero-sum. Observations are flattened to float32 and padded with zeros to the longest agent's.
    """

    constructors: Mapping[str, Constructor] = field(repr=False)
    """``"parallel"``, ``"aec"`` or both."""
    agents: tuple[str, ...]
    observation_spaces: tuple[spaces.Space, ...] = field(repr=False)
    action_counts: tuple[int, ...]
    size: int

    @property
    def observation_size(self) -> int:
        return self.size

    def root(self) -> NoReturn:
        """Raises ValueError: an outside environment has no readable states."""
        raise ValueError(f"{self.id} is an outside environment without readable states; use vector_env()")

    def tree(self, max_histories: int = MAX_HISTORIES) -> NoReturn:
        """Raises ValueError: an outside environment has no tree."""
        raise ValueError(
            f"{self.id} is an outside environment and has no tree; it can be learned and played, not solved"
        )

    def aec_env(self, render_mode: str | None = None) -> AECEnv:  # type: ignore[override]
        """The environment itself, turn by turn."""
        if "aec" in self.constructors:
            return self._new("aec", render_mode)
        from pettingzoo.utils.conversions import parallel_to_aec

        return parallel_to_aec(self._new("parallel", render_mode))

    def parallel_env(self, render_mode: str | None = None) -> ParallelEnv:  # type: ignore[override]
        """The environment itself, all at once.

        Raises:
            ValueError: its agents take turns.
        """
        if "parallel" not in self.constructors:
            raise ValueError(f"{self.id} is played in turns: it has no parallel face; use aec_env()")
        return self._new("parallel", render_mode)

    def vector_env(self, num_envs: int, seed: int | np.random.Generator = 0, **options: Any) -> PettingZooVectorEnv:
        """`num_envs` environments behind the batched face, stepped by one thread."""
        return PettingZooVectorEnv(self, num_envs, seed, **options)

    def _new(self, kind: str, render_mode: str | None = None) -> Any:
        mode = {} if render_mode is None else {"render_mode": render_mode}
        return self.constructors[kind](**self.parameters, **mode)


class PettingZooVectorEnv(VectorEnv):
    """Outside environments, one Python object each, behind the batched face.

    Each episode is begun with a seed drawn from the environment's stream, so that the run depends on the batch's seed.
    Where agents take turns, one step moves one agent of each environment. Outside environments cannot be copied: a
    snapshot holds each episode's seed and moves, and `restore` plays them again.
    """

    game: PettingZooGame

    def __init__(self, game: PettingZooGame, num_envs: int, seed: int | np.random.Generator = 0, **options: Any):
        super().__init__(game, num_envs, seed, **options)
        kind = "parallel" if game.simultaneous else "aec"
        self._envs = [game._new(kind) for _ in range(self.num_envs)]
        self._episodes: list[tuple[int, list[np.ndarray]]] = [(0, [])] * self.num_envs
        self._player = {agent: p for p, agent in enumerate(game.agents)}

    def _restart(self) -> None:
        for e in range(self.num_envs):
            self._begin(e)

    def _begin(self, e: int) -> None:
        """A new episode of environment e."""
        stream = self._stream(e)
        self._reset(e, int(stream.uniform() * 2**31))
        self._counters[e] = stream.counter

    def _reset(self, e: int, seed: int) -> None:
        env = self._envs[e]
        self._episodes[e] = seed, []
        begun = env.reset(seed=seed)
        if self.game.simultaneous:
            self._look(e, env.agents, *begun)
        else:
            self._skip_dead(env)
            self._look_turn(e)

    def _look(self, e: int, movers: list[str], observations: Mapping[str, Any], infos: Mapping[str, Any]) -> None:
        """Takes in everybody's observation, and the legal actions of those who are to move."""
        self._legal[e] = False
        self._movers[e] = sum(1 << self._player[agent] for agent in movers)
        for agent, seen in observations.items():
            self._write(self._obs[e], agent, seen)
        for agent in movers:
            p, seen = self._player[agent], observations[agent]
            mask = seen.get("action_mask") if isinstance(seen, Mapping) else None
            mask = infos.get(agent, {}).get("action_mask") if mask is None else mask
            count = self.game.action_counts[p]
            self._legal[e, p, :count] = True if mask is None else np.asarray(mask).astype(bool)

    def _look_turn(self, e: int) -> None:
        env = self._envs[e]
        self._look(e, [env.agent_selection], {a: env.observe(a) for a in env.agents}, env.infos)

    def _write(self, out: np.ndarray, agent: str, seen: Any) -> None:
        p = self._player[agent]
        flat = flattened(self.game.observation_spaces[p], seen)
        out[p, : flat.size] = flat

    def _advance(self, actions: np.ndarray) -> None:
        for e in range(self.num_envs):
            observations, terminated, truncated = self._move(e, actions[e])
            self._done[e] = all(terminated[a] or truncated[a] for a in terminated)
            self._truncated[e] = self._done[e] and not any(terminated.values())
            if self._done[e]:
                self._final_obs[e] = self._obs[e]
                for agent, seen in observations.items():
                    self._write(self._final_obs[e], agent, seen)
                self._obs[e] = 0.0
                self._begin(e)

    def _move(self, e: int, actions: np.ndarray) -> tuple[dict[str, Any], dict[str, bool], dict[str, bool]]:
        """One step of environment e. -> (observations, terminated, truncated) by agent, of those alive before it."""
        self._episodes[e][1].append(actions.copy())
        self._reward[e] = 0.0
        return self._move_all(e, actions) if self.game.simultaneous else self._move_one(e, actions)

    def _move_all(self, e: int, actions: np.ndarray) -> tuple[dict[str, Any], dict[str, bool], dict[str, bool]]:
        env = self._envs[e]
        joint = {agent: int(actions[self._player[agent]]) for agent in env.agents}
        observations, rewards, terminated, truncated, infos = env.step(joint)
        for agent, reward in rewards.items():
            self._reward[e, self._player[agent]] = reward
        if env.agents:
            self._look(e, env.agents, observations, infos)
        return observations, terminated, truncated

    def _move_one(self, e: int, actions: np.ndarray) -> tuple[dict[str, Any], dict[str, bool], dict[str, bool]]:
        env = self._envs[e]
        env.step(int(actions[self._player[env.agent_selection]]))
        for agent, reward in env.rewards.items():
            self._reward[e, self._player[agent]] = reward
        observations = {agent: env.observe(agent) for agent in env.agents}
        terminated, truncated = dict(env.terminations), dict(env.truncations)
        if not all(terminated[a] or truncated[a] for a in terminated):
            self._skip_dead(env)
            self._look_turn(e)
        return observations, terminated, truncated

    @staticmethod
    def _skip_dead(env: AECEnv) -> None:
        """Lets agents whose game is over step aside until somebody is to move."""
        while env.agents and (env.terminations[env.agent_selection] or env.truncations[env.agent_selection]):
            env.step(None)

    def _save_states(self) -> list[tuple[int, list[np.ndarray]]]:
        return [(seed, list(moves)) for seed, moves in self._episodes]

    def _restore_states(self, saved: list[tuple[int, list[np.ndarray]]]) -> None:
        kept = {name: getattr(self, name).copy() for name in self._SAVED}
        for e, (seed, moves) in enumerate(saved):
            self._reset(e, seed)
            for actions in moves:
                self._move(e, actions)
        for name, array in kept.items():  # playing again has written over them
            getattr(self, name)[:] = array


def make(rest: str, parameters: Mapping[str, Any]) -> PettingZooGame:
    """The game behind ``pettingzoo/REST``.

    Raises:
        ImportError: the environment's package is not installed.
        ValueError: no such environment, parameters that it refuses, or actions that are not discrete.
    """
    name, written = parse_id(rest)
    values = {**written, **parameters}
    constructors = _constructors(name)
    try:
        env = constructors["parallel" if "parallel" in constructors else "aec"](**values)
    except ImportError as error:
        raise ImportError(f"pettingzoo/{name} cannot be made, something it needs is not installed: {error}") from None
    except TypeError as error:
        raise ValueError(f"pettingzoo/{name} refuses its parameters {values}: {error}") from None
    env.reset(seed=0)
    agents = tuple(env.possible_agents)
    counts = tuple(_action_count(name, agent, env.action_space(agent)) for agent in agents)
    seen = tuple(_seen_space(env.observation_space(agent)) for agent in agents)
    env.close()
    given = ",".join(f"{key}={value}" for key, value in values.items())
    return PettingZooGame(
        id=f"pettingzoo/{name}({given})" if given else f"pettingzoo/{name}",
        title=str(env.metadata.get("name", name)),
        num_players=len(agents),
        num_actions=max(counts),
        min_utility=-np.inf,
        max_utility=np.inf,
        simultaneous="parallel" in constructors,
        has_chance=True,
        parameters=values,
        constructors=constructors,
        agents=agents,
        observation_spaces=seen,
        action_counts=counts,
        size=max(spaces.flatdim(space) for space in seen),
    )


def _constructors(name: str) -> dict[str, Constructor]:
    """``{"parallel": …, "aec": …}``, whichever there are, from PettingZoo's registry or a module's functions."""
    import pettingzoo
    from pettingzoo.env_registry.spec import EnvSpec

    known = EnvSpec(name.replace(".", "/", 1)).id
    registries = {"parallel": pettingzoo.parallel_registry, "aec": pettingzoo.aec_registry}
    found: dict[str, Constructor] = {
        kind: registry[known].make for kind, registry in registries.items() if known in registry
    }
    if found:
        return found
    package = name.partition(".")[0]
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if package in {spec.namespace for registry in registries.values() for spec in registry.values()}:
            raise ValueError(f"PettingZoo has no environment {known!r}") from None
        if error.name != package and str(error.name).partition(".")[0] == package:
            raise ValueError(f"the package {package!r} has no environment {name.partition('.')[2]!r}") from None
        raise ImportError(f"pettingzoo/{name} needs the package {error.name!r}, which is not installed") from None
    found = {
        kind: getattr(module, key)
        for kind, key in (("parallel", "parallel_env"), ("aec", "env"))
        if hasattr(module, key)
    }
    if not found:
        raise ValueError(f"the module {name!r} has neither `parallel_env` nor `env`: it is no PettingZoo environment")
    return found


def _action_count(name: str, agent: str, space: spaces.Space) -> int:
    if not isinstance(space, spaces.Discrete) or space.start != 0:
        raise ValueError(f"pettingzoo/{name}: actions must be Discrete from 0, but {agent} has {space}")
    return int(space.n)


def _seen_space(space: spaces.Space) -> spaces.Space:
    """What an agent observes, without the mask of legal actions."""
    if isinstance(space, spaces.Dict) and "action_mask" in space.spaces and "observation" in space.spaces:
        return space["observation"]
    return space


def flattened(space: spaces.Space, seen: Any) -> np.ndarray:
    """An observation as float32[n]; of one with a mask, the observation alone."""
    if isinstance(seen, Mapping) and "action_mask" in seen and "observation" in seen:
        seen = seen["observation"]
    return np.asarray(spaces.flatten(space, seen), np.float32).reshape(-1)
