"""`State`: the readable face of a game, immutable, one Python object a history.

A user's own game may be written directly as a subclass; it gets the tree, the solvers, the envs and the league.
"""

from __future__ import annotations

import abc
import hashlib
from collections.abc import Hashable, Sequence

import numpy as np

from .rules import CHANCE, Setup

HASHED_OBSERVATION_SIZE = 64


class State(abc.ABC):
    """One history of a game. Immutable: `apply` returns a new state.

    A subclass that is registered as a game declares `num_players` and `num_actions` as class attributes, and may
    declare `zero_sum`, `min_utility`, `max_utility`; what it does not declare is found by walking the game once.
    """

    @abc.abstractmethod
    def to_move(self) -> tuple[int, ...]:
        """Who acts: ``()`` at the end, ``(CHANCE,)``, one player, or several players who move at the same time."""

    @abc.abstractmethod
    def actions(self, player: int) -> Sequence[int]:
        """The legal actions of a player who is to move, ascending."""

    @abc.abstractmethod
    def apply(self, action: int | Sequence[int]) -> State:
        """The next state. `action` is one integer, or one for each player of `to_move()` where several move."""

    @abc.abstractmethod
    def returns(self) -> Sequence[float] | np.ndarray:
        """Each player's return so far, float[P]; final at the end of the game."""

    @abc.abstractmethod
    def info(self, player: int) -> Hashable:
        """The player's information state: equal exactly where the player cannot tell two histories apart."""

    def chance(self) -> Sequence[tuple[int, float]]:
        """(outcome, probability) of a chance node."""
        return ()

    def observe(self, player: int) -> np.ndarray:
        """The player's observation, float32[O]; by default 64 bits hashed from the information state."""
        return hashed_observation(self.info(player))

    def action_text(self, player: int, action: int) -> str:
        """An action's name for people."""
        return str(action)

    def render(self) -> str:
        """The state for people."""
        return repr(self)

    def view(self, player: int) -> str:
        """What the player may see, for people: by default the information state."""
        return key_text(self.info(player))

    @property
    def terminal(self) -> bool:
        return not self.to_move()


def hashed_observation(info: Hashable) -> np.ndarray:
    """float32[64] of zeros and ones: a digest of the information state's text, so that different ones differ."""
    digest = hashlib.blake2b(key_text(info).encode(), digest_size=HASHED_OBSERVATION_SIZE // 8).digest()
    return np.unpackbits(np.frombuffer(digest, np.uint8)).astype(np.float32)


def key_text(info: Hashable) -> str:
    """An information state as the text under which policies and trees name it."""
    return info if isinstance(info, str) else repr(info)


class RulesState(State):
    """The `State` view of compiled rules: a flat state and the setup that reads it.

    Attributes:
        setup: the rules and their sizes.
        words: int64[state_size], not to be written.
    """

    __slots__ = ("_movers", "setup", "words")

    def __init__(self, setup: Setup, words: np.ndarray):
        self.setup = setup
        self.words = words
        self._movers = int(setup.rules.to_move(setup.params, words))

    @classmethod
    def root(cls, setup: Setup) -> RulesState:
        words = np.zeros(setup.state_size, np.int64)
        setup.rules.init(setup.params, words)
        return cls(setup, words)

    def to_move(self) -> tuple[int, ...]:
        if self._movers > 0:
            return tuple(p for p in range(self.setup.num_players) if self._movers >> p & 1)
        return () if self._movers == 0 else (CHANCE,)

    def actions(self, player: int = -1) -> list[int]:
        if self._movers <= 0:
            return []
        if player < 0:
            player = self._movers.bit_length() - 1
        elif not self._movers >> player & 1:
            return []
        out = np.empty(self.setup.num_actions, np.int64)
        count = self.setup.rules.legal(self.setup.params, self.words, player, out)
        return out[:count].tolist()

    def chance(self) -> list[tuple[int, float]]:
        if self._movers != CHANCE:
            return []
        outcomes = np.empty(self.setup.max_outcomes, np.int64)
        probabilities = np.empty(self.setup.max_outcomes, np.float64)
        count = self.setup.rules.chance(self.setup.params, self.words, outcomes, probabilities)
        return list(zip(outcomes[:count].tolist(), probabilities[:count].tolist()))

    def apply(self, action: int | Sequence[int]) -> RulesState:
        movers = self.to_move()
        if not movers:
            raise ValueError("the game is over: no action can be applied to a terminal state")
        chosen = (action,) if isinstance(action, (int, np.integer)) else tuple(action)
        if len(chosen) != len(movers):
            raise ValueError(f"{len(movers)} player(s) {movers} are to move, but {len(chosen)} action(s) were given")
        joint = np.zeros(self.setup.num_players, np.int64)
        for player, a in zip(movers, chosen):
            allowed = [o for o, _ in self.chance()] if player == CHANCE else self.actions(player)
            if a not in allowed:
                who = "chance" if player == CHANCE else f"player {player}"
                raise ValueError(f"action {a} is not legal for {who}; legal are {allowed}")
            joint[max(player, 0)] = a
        words = self.words.copy()
        self.setup.rules.apply(self.setup.params, words, joint)
        return RulesState(self.setup, words)

    def returns(self) -> np.ndarray:
        out = np.zeros(self.setup.num_players)
        self.setup.rules.returns(self.setup.params, self.words, out)
        return out

    def info(self, player: int) -> str:
        out = np.empty(self.setup.info_size, np.int64)
        count = self.setup.rules.info(self.setup.params, self.words, player, out)
        return info_text(self.setup, player, out[:count].tolist())

    def observe(self, player: int) -> np.ndarray:
        out = np.zeros(self.setup.observation_size, np.float32)
        self.setup.rules.observe(self.setup.params, self.words, player, out)
        return out

    def action_text(self, player: int, action: int) -> str:
        return self.setup.action_text(action) if self.setup.action_text else str(action)

    def render(self) -> str:
        return self.setup.render(self.words) if self.setup.render else " ".join(map(str, self.words.tolist()))

    def view(self, player: int) -> str:
        return "\n" + self.render() if self.setup.perfect_information else self.info(player)

    def __repr__(self) -> str:
        return f"RulesState({self.words.tolist()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RulesState) and self.setup is other.setup and np.array_equal(self.words, other.words)

    def __hash__(self) -> int:
        return hash(self.words.tobytes())


def info_text(setup: Setup, player: int, words: Sequence[int]) -> str:
    """The key of an information state of compiled rules as text: the game's own, or the player and the words."""
    if setup.info_text is not None:
        return setup.info_text(player, tuple(words))
    return f"{player}:" + ",".join(map(str, words))
