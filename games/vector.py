"""The batched environment: B copies of a game step together, arrays in and arrays out."""

from __future__ import annotations

import abc
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from ._specialise import specialised as specialised_kernels
from .game import Game, RulesGame
from .rules import CHANCE
from .state import State
from .streams import Stream, seed_word, stream_key

SPECIALISE_FROM = 256
"""Batches of so many environments have kernels of their own (see `VectorEnv.specialised`)."""


class Snapshot(NamedTuple):
    """Everything that decides how a batch goes on; `VectorEnv.restore` takes it."""

    game_id: str
    states: Any
    arrays: dict[str, np.ndarray]


class VectorEnv(abc.ABC):
    """B copies of one game. P players, A actions, O numbers an observation.

    Chance is drawn inside, for each environment from a stream of its own, which depends on the seed and the
    environment's number only. An episode that ends is followed by a new one at once: `done` is True for all its
    players, `reward` is the ended episode's last, and the observation is the new episode's first; `final_obs` keeps
    the ended one's last.

    An episode in which nobody ever moves (chance alone decides) has no legal action anywhere; the next `step` ends it.

    Attributes:
        game: the game.
        num_envs, num_players, num_actions, observation_size: B, P, A and O.
        final_obs: float32[B, P, O], a read-only view: the last observation of each environment's last ended episode.
        ended: bool[B], a read-only view: the last step ended the environment's episode (`done` in one column).
        truncated: bool[B], a read-only view: the last step ended the episode by a time limit rather than by the rules.
        copy: whether `reset` and `step` return fresh arrays (the default). With False they return the buffers that
            the next step overwrites: faster, not to be kept nor written.
        threads: how many threads step the environments; the run is the same with any number.
        specialised: whether the kernels are compiled for this game alone, which takes some seconds the first time and
            makes steps two to five times as fast. By default from `SPECIALISE_FROM` environments on; the run is the
            same.
    """

    def __init__(
        self,
        game: Game,
        num_envs: int,
        seed: int | np.random.Generator = 0,
        *,
        copy: bool = True,
        threads: int = 1,
        specialised: bool | None = None,
    ):
        for name, value in (("num_envs", num_envs), ("threads", threads)):
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be an integer of at least 1, got {value!r}")
        b, p, a, o = int(num_envs), game.num_players, game.num_actions, game.observation_size
        self.game = game
        self.num_envs, self.num_players, self.num_actions, self.observation_size = b, p, a, o
        self.copy, self.threads = copy, int(threads)
        self.specialised = self.num_envs >= SPECIALISE_FROM if specialised is None else bool(specialised)
        self._obs, self._legal = np.zeros((b, p, o), np.float32), np.zeros((b, p, a), bool)
        self._reward, self._done, self._truncated = np.zeros((b, p)), np.zeros(b, bool), np.zeros(b, bool)
        self._final_obs, self._total = np.zeros((b, p, o), np.float32), np.zeros((b, p))
        self._movers = np.zeros(b, np.int64)
        self._keys, self._counters = np.zeros(b, np.uint64), np.zeros(b, np.uint64)
        self._actions = np.zeros((b, p), np.int64)
        self._started = False
        self._pool: ThreadPoolExecutor | None = None
        self._seed(seed)

    # -- what a kind of environment does -------------------------------------------------------------------------------

    @abc.abstractmethod
    def _restart(self) -> None:
        """Begins a new episode everywhere."""

    @abc.abstractmethod
    def _advance(self, actions: np.ndarray) -> None:
        """Steps all environments with checked actions int64[B, P]."""

    @abc.abstractmethod
    def _save_states(self) -> Any:
        """A copy of the environments' states, that later steps do not change."""

    @abc.abstractmethod
    def _restore_states(self, saved: Any) -> None:
        """Goes back to what `_save_states` returned, which stays as it is."""

    # -- the face ------------------------------------------------------------------------------------------------------

    def reset(self, seed: int | np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Begins a new episode in every environment. -> (obs float32[B, P, O], legal bool[B, P, A]).

        A row of `legal` without True belongs to a player who is not to move. Without a seed the random streams go on.
        """
        if seed is not None:
            self._seed(seed)
        self._restart()
        self._reward[:], self._done[:], self._truncated[:], self._final_obs[:] = 0.0, False, False, 0.0
        self._started = True
        return self._out(self._obs), self._out(self._legal)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """One move of everybody who is to move.

        Args:
            actions: integers [B, P]; the entries of players who are not to move are ignored.

        Returns:
            (obs float32[B, P, O], reward float64[B, P], done bool[B, P], legal bool[B, P, A]). The reward is the change
            of each player's return, so that an episode's rewards sum to its final returns.

        Raises:
            ValueError: `reset` was not called, a wrong shape, or an action that is not legal (nothing has moved).
            TypeError: the actions are not integers.
        """
        if not self._started:
            raise ValueError(f"{self.game.id}: call reset() before step()")
        self._take(np.asarray(actions))
        self._advance(self._actions)
        done = np.repeat(self._done[:, None], self.num_players, axis=1)
        return self._out(self._obs), self._out(self._reward), done, self._out(self._legal)

    def state(self) -> np.ndarray:
        """The global state float32[B, P·O]: all players' observations side by side."""
        return self._obs.reshape(self.num_envs, -1).copy()

    @property
    def to_move(self) -> np.ndarray:
        """bool[B, P]: who is to move."""
        return (self._movers[:, None] >> np.arange(self.num_players) & 1).astype(bool)

    @property
    def final_obs(self) -> np.ndarray:
        return _read_only(self._final_obs)

    @property
    def ended(self) -> np.ndarray:
        return _read_only(self._done)

    @property
    def truncated(self) -> np.ndarray:
        return _read_only(self._truncated)

    def random_actions(self, rng: np.random.Generator) -> np.ndarray:
        """int64[B, P]: a uniformly drawn legal action for each player to move, -1 for the others."""
        from . import _vector

        actions = np.empty((self.num_envs, self.num_players), np.int64)
        key = np.uint64(seed_word(rng))

        def work(part: slice) -> None:
            _vector.pick(self._legal[part], key, part.start * self.num_players, actions[part])

        self._each(work)
        return actions

    def save(self) -> Snapshot:
        """A snapshot: after `restore` the same actions give the same run, chance included."""
        return Snapshot(self.game.id, self._save_states(), {name: getattr(self, name).copy() for name in self._SAVED})

    def restore(self, snapshot: Snapshot) -> None:
        """Goes back to a snapshot, as often as wanted.

        Raises:
            ValueError: it is of another game or another number of environments.
        """
        if snapshot.game_id != self.game.id:
            raise ValueError(f"the snapshot is of {snapshot.game_id}, this environment is {self.game.id}")
        if len(snapshot.arrays["_done"]) != self.num_envs:
            raise ValueError(
                f"the snapshot has {len(snapshot.arrays['_done'])} environments, this batch has {self.num_envs}"
            )
        for name in self._SAVED:
            getattr(self, name)[:] = snapshot.arrays[name]
        self._restore_states(snapshot.states)
        self._started = True

    _SAVED = (
        *("_obs", "_legal", "_reward", "_done", "_truncated", "_final_obs", "_total", "_movers"),
        *("_keys", "_counters"),
    )

    def _seed(self, seed: int | np.random.Generator) -> None:
        """Begins every environment's random stream anew."""
        word = seed_word(seed)
        self._keys[:] = np.array([stream_key(word, e) for e in range(self.num_envs)], np.uint64)
        self._counters[:] = 0

    def _stream(self, e: int) -> Stream:
        """Environment e's stream where it stands; who draws from it writes its counter back."""
        return Stream(int(self._keys[e]), int(self._counters[e]))

    def _out(self, array: np.ndarray) -> np.ndarray:
        return array.copy() if self.copy else array

    def _take(self, given: np.ndarray) -> None:
        """Checks actions and copies them into `_actions`."""
        from . import _vector

        if given.shape != self._actions.shape:
            raise ValueError(
                f"{self.game.id}: actions must have shape {self._actions.shape} [envs, players], got {given.shape}"
            )
        if given.dtype.kind not in "iu":
            raise TypeError(f"{self.game.id}: actions must be integers, got {given.dtype}")
        self._actions[:] = given
        fault = _vector.illegal(self._movers, self._legal, self._actions)
        if fault >= 0:
            e, p = divmod(int(fault), self.num_players)
            raise ValueError(
                f"{self.game.id}, environment {e}: action {self._actions[e, p]} is not legal for player {p}; "
                f"legal are {np.flatnonzero(self._legal[e, p]).tolist()}"
            )

    def _each(self, work: Callable[[slice], None]) -> None:
        """Calls `work` with stretches of the environments that cover all of them, each in a thread of its own."""
        if self.threads == 1:
            work(slice(0, self.num_envs))
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="ludus-envs")
        edges = [self.num_envs * t // self.threads for t in range(self.threads + 1)]
        begun = [self._pool.submit(work, slice(*pair)) for pair in itertools.pairwise(edges[1:])]
        work(slice(0, edges[1]))
        for each in begun:
            each.result()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.game.id}, num_envs={self.num_envs})"


class RulesVectorEnv(VectorEnv):
    """The batch of a game of rules, stepped by one compiled kernel."""

    def __init__(self, game: RulesGame, num_envs: int, seed: int | np.random.Generator = 0, **options: Any):
        super().__init__(game, num_envs, seed, **options)
        from . import _vector

        setup = game.setup
        self._params = setup.params
        rules = setup.rules.compiled()
        self._rules = _vector.addresses(rules)
        self._kernels: Any = _vector
        if self.specialised:
            self._kernels = specialised_kernels(_vector, rules, ("restart", "advance"), _vector.HANDED)
        self._room = max(setup.max_outcomes, 1)
        self._states = np.zeros((self.num_envs, setup.state_size), np.int64)

    def _world(self, part: slice) -> list[np.ndarray]:
        arrays = (self._states, self._movers, self._keys, self._counters, self._total)
        return [self._rules, self._params, *(array[part] for array in arrays)]

    def _scratch(self) -> tuple[np.ndarray, ...]:
        return np.zeros(self.num_actions, np.int64), np.zeros(self._room, np.int64), np.zeros(self._room)

    def _restart(self) -> None:
        def work(part: slice) -> None:
            joint = np.zeros(self.num_players, np.int64)
            self._kernels.restart(*self._world(part), self._obs[part], self._legal[part], joint, *self._scratch())

        self._each(work)

    def _advance(self, actions: np.ndarray) -> None:
        def work(part: slice) -> None:
            shown = (self._obs, self._legal, self._reward, self._done, self._final_obs)
            joint, gain = np.zeros(self.num_players, np.int64), np.zeros(self.num_players)
            buffers = (actions[part], *(array[part] for array in shown))
            self._kernels.advance(*self._world(part), *buffers, joint, gain, *self._scratch())

        self._each(work)

    def _save_states(self) -> np.ndarray:
        return self._states.copy()

    def _restore_states(self, saved: np.ndarray) -> None:
        self._states[:] = saved


class StateVectorEnv(VectorEnv):
    """The batch of any game with a readable `State`: a Python loop, with the same random streams as the kernel's.

    It steps in one thread, whatever `threads` says, and is never specialised.
    """

    def _restart(self) -> None:
        self._total[:] = 0.0
        self._states = [self.game.root()] * self.num_envs
        for e in range(self.num_envs):
            self._settle(e, self._states[e])
            self._look(e)

    def _settle(self, e: int, state: State) -> None:
        """Draws chance outcomes until a player is to move or the game is over."""
        stream = self._stream(e)
        while (movers := state.to_move()) == (CHANCE,):
            state = state.apply(stream.choose(state.chance()))
        self._counters[e] = stream.counter
        self._states[e] = state
        self._movers[e] = sum(1 << p for p in movers)

    def _look(self, e: int) -> None:
        state = self._states[e]
        self._legal[e] = False
        for p in range(self.num_players):
            self._obs[e, p] = np.reshape(state.observe(p), -1)
        for p in state.to_move():
            self._legal[e, p, list(state.actions(p))] = True

    def _advance(self, actions: np.ndarray) -> None:
        for e in range(self.num_envs):
            state = self._states[e]
            movers = state.to_move()
            if movers:
                chosen = [int(actions[e, p]) for p in movers]
                self._settle(e, state.apply(chosen if len(chosen) > 1 else chosen[0]))
                state = self._states[e]
            total = np.asarray(state.returns(), np.float64)
            self._reward[e] = total - self._total[e]
            self._total[e] = total
            self._done[e] = state.terminal
            if self._done[e]:
                for p in range(self.num_players):
                    self._final_obs[e, p] = np.reshape(state.observe(p), -1)
                self._total[e] = 0.0
                self._settle(e, self.game.root())
            self._look(e)

    def _save_states(self) -> list[State]:
        return list(self._states)  # states are immutable

    def _restore_states(self, saved: list[State]) -> None:
        self._states = list(saved)


def vector_env(game: Game, num_envs: int, seed: int | np.random.Generator = 0, **options: Any) -> VectorEnv:
    """`num_envs` copies of a game that step together; compiled where the game's rules are.

    `options` are `copy`, `threads` and `specialised` (see `VectorEnv`).

    Raises:
        ValueError: `num_envs` or `threads` is no positive integer, or a bad seed.
    """
    kind: Any = RulesVectorEnv if isinstance(game, RulesGame) else StateVectorEnv
    return kind(game, num_envs, seed, **options)


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.setflags(write=False)
    return view
