"""OpenSpiel's games as ours: ``make("openspiel/NAME(parameter=value, …)")``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .game import Game
from .registry import unknown_id
from .rules import CHANCE
from .state import HASHED_OBSERVATION_SIZE, State, hashed_observation

if TYPE_CHECKING:
    import pyspiel


class OpenSpielState(State):
    """A history of an OpenSpiel game.

    Information states are OpenSpiel's strings; where a game of perfect information has none, the history is the key.
    Observations are OpenSpiel's information state tensors, else its observation tensors, else bits hashed from the key.
    """

    __slots__ = ("_movers", "inner")

    def __init__(self, inner: pyspiel.State):
        """`inner` must not be changed afterwards."""
        self.inner = inner
        if inner.is_terminal():
            self._movers: tuple[int, ...] = ()
        elif inner.is_chance_node():
            self._movers = (CHANCE,)
        elif inner.is_simultaneous_node():
            self._movers = tuple(p for p in range(inner.num_players()) if inner.legal_actions(p))
        else:
            self._movers = (inner.current_player(),)

    def to_move(self) -> tuple[int, ...]:
        return self._movers

    def actions(self, player: int) -> list[int]:
        return self.inner.legal_actions(player) if player in self._movers else []

    def chance(self) -> list[tuple[int, float]]:
        """Outcomes of probability zero are left out."""
        return [(o, p) for o, p in self.inner.chance_outcomes() if p > 0.0] if self._movers == (CHANCE,) else []

    def apply(self, action: int | Sequence[int]) -> OpenSpielState:
        if not self._movers:
            raise ValueError("the game is over: no action can be applied to a terminal state")
        chosen = (action,) if isinstance(action, (int, np.integer)) else tuple(action)
        if len(chosen) != len(self._movers):
            raise ValueError(f"{len(self._movers)} player(s) are to move, but {len(chosen)} action(s) were given")
        for player, a in zip(self._movers, chosen):
            if a not in self.inner.legal_actions(player):
                raise ValueError(f"action {a} is not legal for player {player} here")
        if not self.inner.is_simultaneous_node():
            return OpenSpielState(self.inner.child(int(chosen[0])))
        joint = [0] * self.inner.num_players()
        for player, a in zip(self._movers, chosen):
            joint[player] = int(a)
        after = self.inner.clone()
        after.apply_actions(joint)
        return OpenSpielState(after)

    def returns(self) -> list[float]:
        return self.inner.returns()

    def info(self, player: int) -> str:
        kind = self.inner.get_game().get_type()
        if kind.provides_information_state_string:
            return self.inner.information_state_string(player)
        if kind.information.name == "PERFECT_INFORMATION":
            return self.inner.history_str()
        raise ValueError(
            f"OpenSpiel has no information states for {kind.short_name}: it can be played and learned, but has no tree"
        )

    def observe(self, player: int) -> np.ndarray:
        kind = self.inner.get_game().get_type()
        if kind.provides_information_state_tensor:
            return np.array(self.inner.information_state_tensor(player), np.float32)
        if kind.provides_observation_tensor:
            return np.array(self.inner.observation_tensor(player), np.float32)
        return hashed_observation(self.info(player))

    def action_text(self, player: int, action: int) -> str:
        return self.inner.action_to_string(player, action)

    def render(self) -> str:
        return str(self.inner)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class OpenSpielGame(Game):
    """An OpenSpiel game; `inner` is the ``pyspiel.Game``."""

    inner: Any = field(repr=False)

    def root(self) -> OpenSpielState:
        return OpenSpielState(self.inner.new_initial_state())

    @property
    def observation_size(self) -> int:
        kind = self.inner.get_type()
        if kind.provides_information_state_tensor:
            return self.inner.information_state_tensor_size()
        return self.inner.observation_tensor_size() if kind.provides_observation_tensor else HASHED_OBSERVATION_SIZE


def make(rest: str, parameters: Mapping[str, Any]) -> OpenSpielGame:
    """The OpenSpiel game of that name, with OpenSpiel's parameters in brackets or as keywords.

    Raises:
        ImportError: OpenSpiel is not installed.
        ValueError: OpenSpiel has no such game (the nearest are named) or refuses a parameter, or the game is of a kind
            that has no histories to enumerate (chance that can only be sampled, mean field games).
    """
    try:
        import pyspiel
    except ImportError:
        raise ImportError("OpenSpiel's games need the package open_spiel: pip install open_spiel") from None
    name, bracket, inside = rest.strip().partition("(")
    if name not in pyspiel.registered_names():
        raise ValueError(f"OpenSpiel: {unknown_id(name, dict.fromkeys(pyspiel.registered_names()))}")
    if bracket and not inside.endswith(")"):
        raise ValueError(f"cannot read the game id 'openspiel/{rest}': the bracket is not closed")
    written = [part for part in (inside[:-1].strip(),) if part]
    written += [f"{key}={str(v).lower() if isinstance(v, bool) else v}" for key, v in parameters.items()]
    text = f"{name}({','.join(written)})" if written else name
    try:
        game = pyspiel.load_game(text)
        kind = game.get_type()
        if kind.chance_mode == pyspiel.GameType.ChanceMode.SAMPLED_STOCHASTIC:
            raise ValueError(f"openspiel/{text}: its chance can only be sampled; games here tell their chance outcomes")
        if kind.dynamics == pyspiel.GameType.Dynamics.MEAN_FIELD:
            raise ValueError(f"openspiel/{text} is a mean field game; games here have finitely many players")
        return OpenSpielGame(
            inner=game,
            id=f"openspiel/{text}",
            title=kind.long_name,
            num_players=game.num_players(),
            num_actions=game.num_distinct_actions(),
            min_utility=float(game.min_utility()),
            max_utility=float(game.max_utility()),
            zero_sum=kind.utility == pyspiel.GameType.Utility.ZERO_SUM,
            simultaneous=kind.dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS,
            has_chance=game.max_chance_outcomes() > 0,
            parameters=dict(game.get_parameters()),
        )
    except pyspiel.SpielError as error:
        lines = re.sub(r"\S+\.(cc|h):\d+ ", "", str(error)).splitlines()
        raise ValueError(f"OpenSpiel refuses {text}: {'; '.join(line for line in lines[:2] if line)}") from None
