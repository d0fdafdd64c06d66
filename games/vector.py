"""The batched environment: B copies of a game step together, arrays in and arrays out."""

from __future__ import annotations

import abc
from typing import Any, NamedTuple

import numpy as np

from .game import Game, RulesGame
from .rules import CHANCE
from .state import State
from .streams import Stream, seed_word, stream_key


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
    """

    def __init__(self, game: Game, num_envs: int, seed: int | np.random.Generator = 0, *, copy: bool = True):
        if not isinstance(num_envs, (int, np.integer)) or num_envs < 1:
            raise ValueError(f"num_envs must be an integer of at least 1, got {num_envs!r}")
        b, p, a, o = int(num_envs), game.num_players, game.num_actions, game.observation_size
        self.game = game
        self.num_envs, self.num_players, self.num_actions, self.observation_size = b, p, a, o
        self.copy = copy
        self._obs, self._legal = np.zeros((b, p, o), np.float32), np.zeros((b, p, a), bool)
        self._reward, self._done, self._truncated = np.zeros((b, p)), np.zeros(b, bool), np.zeros(b, bool)
        self._final_obs, self._total = np.zeros((b, p, o), np.float32), np.zeros((b, p))
        self._movers = np.zeros(b, np.int64)
        self._keys, self._counters = np.zeros(b, np.uint64), np.zeros(b, np.uint64)
        self._actions = np.zeros((b, p), np.int64)
        self._started = False
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
            raise ValueError("call reset() before step()")
        given = np.asarray(actions)
        if given.shape != self._actions.shape:
            raise ValueError(f"actions must have shape {self._actions.shape} [envs, players], got {given.shape}")
        if given.dtype.kind not in "iu":
            raise TypeError(f"actions must be integers, got {given.dtype}")
        self._actions[:] = given
        self._check()
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
        _vector.pick(self._legal, np.uint64(seed_word(rng)), actions)
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

    def _check(self) -> None:
        from . import _vector

        fault = _vector.illegal(self._movers, self._legal, self._actions)
        if fault >= 0:
            e, p = divmod(int(fault), self.num_players)
            raise ValueError(
                f"environment {e}: action {self._actions[e, p]} is not legal for player {p}; "
                f"legal are {np.flatnonzero(self._legal[e, p]).tolist()}"
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.game.id}, num_envs={self.num_envs})"


class RulesVectorEnv(VectorEnv):
    """The batch of a game of compiled rules: one kernel call a step."""

    def __init__(self, game: RulesGame, num_envs: int, seed: int | np.random.Generator = 0, *, copy: bool = True):
        super().__init__(game, num_envs, seed, copy=copy)
        from . import _vector

        setup = game.setup
        self._params = setup.params
        self._rules = _vector.addresses(setup.rules.compiled())
        b, room = self.num_envs, max(setup.max_outcomes, 1)
        self._states = np.zeros((b, setup.state_size), np.int64)
        joint, gain = np.zeros(self.num_players, np.int64), np.zeros(self.num_players)
        self._scratch = (joint, np.zeros(self.num_actions, np.int64), np.zeros(room, np.int64), np.zeros(room))
        self._step_scratch = (joint, gain, *self._scratch[1:])

    def _world(self) -> tuple[np.ndarray, ...]:
        return self._rules, self._params, self._states, self._movers, self._keys, self._counters, self._total

    def _restart(self) -> None:
        from . import _vector

        _vector.restart(*self._world(), self._obs, self._legal, *self._scratch)

    def _advance(self, actions: np.ndarray) -> None:
        from . import _vector

        buffers = (self._obs, self._legal, self._reward, self._done, self._final_obs)
        _vector.advance(*self._world(), actions, *buffers, *self._step_scratch)

    def _save_states(self) -> np.ndarray:
        return self._states.copy()

    def _restore_states(self, saved: np.ndarray) -> None:
        self._states[:] = saved


class StateVectorEnv(VectorEnv):
    """The batch of any game with a readable `State`: a Python loop, with the same random streams as the kernel's."""

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


def vector_env(
    game: Game, num_envs: int, seed: int | np.random.Generator = 0, *, copy: bool = True
) -> RulesVectorEnv | StateVectorEnv:
    """`num_envs` copies of a game that step together (see `VectorEnv`); compiled where the game's rules are.

    Raises:
        ValueError: `num_envs` is no positive integer, or a bad seed.
    """
    kind = RulesVectorEnv if isinstance(game, RulesGame) else StateVectorEnv
    return kind(game, num_envs, seed, copy=copy)  # type: ignore[arg-type]


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.setflags(write=False)
    return view
