"""What the rules of a game are: eight or nine small Numba functions over a flat integer state.

A catalogue game is written once, as functions with the names and signatures below. From them come the Python `State`
view, the compiled tree, the PettingZoo and the batched environments, and sampling. With ``NUMBA_DISABLE_JIT=1`` the
same functions run as plain Python.

=============  =============================================  ======================================================
function       arguments                                      what it does
=============  =============================================  ======================================================
``init``       params, state                                  writes the initial state (`state` comes zeroed)
``to_move``    params, state -> int64                         `TERMINAL`, `CHANCE`, or a bit set of players (bit p)
``legal``      params, state, player, out -> int64            writes the legal actions, ascending; returns their count
``chance``     params, state, outcomes, probabilities -> n    writes outcomes and their probabilities at a chance node
``apply``      params, state, actions                         moves on in place: `actions[p]` of each player to move;
                                                              a chance outcome stands in `actions[0]`
``returns``    params, state, out                             writes each player's return so far (final at the end)
``info``       params, state, player, out -> int64            writes the player's information state (perfect recall)
                                                              as integers; returns how many
``observe``    params, state, player, out                     writes the player's observation, zeroed before the call
``view``       params, state, fresh, obs, legal               optional: what `observe` and `legal` say of all players
=============  =============================================  ======================================================

`params` and `state` are ``int64[n]``; a stretch of either may hold floats, read through ``.view(np.float64)``. `out` is
``int64[num_actions]`` (legal), ``float64[num_players]`` (returns), ``int64[info_size]`` (info) or
``float32[observation_size]`` (observe).

`view` makes batched environments fast: ``obs`` is ``float32[P, O]`` and ``legal`` ``bool[P, A]``. With ``fresh = 1``
both come zeroed; with ``fresh = 0`` they hold what `view` wrote before the last step (one `apply` of the players' and
any of chance's), so that it may write only what has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from .agent import Agent
    from .drawing import Scene
    from .dynamics import Feature

TERMINAL = 0
CHANCE = -1

_I = nb.types.int64
_IA = nb.types.int64[::1]
_FA = nb.types.float64[::1]
_OA = nb.types.float32[::1]

VIEW = nb.types.void(_IA, _IA, _I, nb.types.float32[:, ::1], nb.types.boolean[:, ::1])
"""The signature of `view`, in rules and in environments."""

SIGNATURES = {
    "init": nb.types.void(_IA, _IA),
    "to_move": _I(_IA, _IA),
    "legal": _I(_IA, _IA, _I, _IA),
    "chance": _I(_IA, _IA, _IA, _FA),
    "apply": nb.types.void(_IA, _IA, _IA),
    "returns": nb.types.void(_IA, _IA, _FA),
    "info": _I(_IA, _IA, _I, _IA),
    "observe": nb.types.void(_IA, _IA, _I, _OA),
    "view": VIEW,
}

POINTERS = {name: nb.types.FunctionType(signature) for name, signature in SIGNATURES.items()}
"""First-class function types of the rules, for the explicit signatures of kernels that call them."""


def rule(function: Callable) -> Callable:
    """Marks a rule (or a helper that rules call): compiled on first use, cached on disk."""
    return nb.njit(cache=True, error_model="numpy")(function)


class Rules(NamedTuple):
    """The functions of one game; `view` is None where it has none."""

    init: Callable
    to_move: Callable
    legal: Callable
    chance: Callable
    apply: Callable
    returns: Callable
    info: Callable
    observe: Callable
    view: Callable | None = None

    @classmethod
    def of(cls, namespace: Mapping[str, Any]) -> Rules:
        """Collects the rules from a module's ``globals()``; `view` may be absent, and `chance` in a game without.

        Raises:
            ValueError: a rule is missing.
        """
        found: dict[str, Any] = {name: namespace.get(name) for name in cls._fields}
        if found["chance"] is None:
            found["chance"] = no_chance
        missing = [name for name, function in found.items() if function is None and name != "view"]
        if missing:
            raise ValueError(
                f"these rules are missing: {', '.join(missing)}; a game needs {', '.join(cls._fields[:-1])}"
            )
        return cls(**found)

    def compiled(self) -> Rules:
        """The same rules, each compiled (or loaded from Numba's cache) for its one signature."""
        for name, function in zip(self._fields, self):
            dispatcher: Any = function
            if hasattr(dispatcher, "compile") and not dispatcher.signatures:
                dispatcher.compile(SIGNATURES[name])
        return self


@rule
def no_chance(params, state, outcomes, probabilities):
    """The `chance` rule of a game without chance."""
    return 0


@rule
def no_view(params, state, fresh, obs, legal):
    """Stands for the `view` of a game without one: never called."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One game's rules with everything that its parameters decide.

    A catalogue game's factory returns this record; the registry makes a `Game` of it.
    """

    rules: Rules
    params: np.ndarray
    """int64[n], handed to every rule."""
    state_size: int
    """Words of the flat state."""
    num_players: int
    num_actions: int
    """Actions are 0 … num_actions - 1."""
    info_size: int
    """The most words that `info` writes."""
    observation_size: int
    min_utility: float
    max_utility: float
    zero_sum: bool = False
    simultaneous: bool = False
    max_outcomes: int = 0
    """The most outcomes of one chance node; 0: the game has no chance."""
    observation_bounds: tuple[float, float] = (0.0, 1.0)
    """The least and the greatest number that `observe` writes."""
    action_text: Callable[[int], str] | None = None
    """Names an action, for people."""
    info_text: Callable[[int, tuple[int, ...]], str] | None = None
    """(player, information state) -> its key as text; must tell different information states apart."""
    render: Callable[[np.ndarray], str] | None = None
    """Draws a flat state for people."""
    picture: Callable[[np.ndarray], Scene] | None = None
    """Draws a flat state as shapes."""
    features: tuple[Feature, ...] = ()
    """What an observation is made of, in its order; the documentation's table is made of it."""
    heuristic: Callable[[], Agent] | None = None
    """Makes the scripted agent that plays the game sensibly from observations."""
    perfect_information: bool = False
    """Whether every player sees the whole state, so that it may be drawn for them."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Facts of one family (for instance the payoff tensor behind a matrix game)."""
