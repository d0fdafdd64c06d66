"""What an environment is: a few small Numba functions over a flat state that draw their own chance.

A game whose chance cannot be listed (units that jitter, boards filled at random) or whose states are real numbers has
no tree. It is written as the functions below, which draw from a stream of random numbers that they are handed. From
them come the batched environment, the PettingZoo faces, and everything that only needs to play: learners, leagues,
ratings. A game that is small and discrete is better written as rules (`rules.py`): then it can be solved, too.

=============  ================================================  ===================================================
function       arguments                                         what it does
=============  ================================================  ===================================================
``reset``      params, state, rng                                begins an episode (`state` comes zeroed)
``advance``    params, state, actions, rng, reward -> int64      everybody moves at once; writes what each is paid
                                                                 (zeroed before); returns `RUNNING`, `TERMINATED` (an
                                                                 end by the rules) or `TRUNCATED` (a time limit)
``view``       params, state, fresh, obs, legal                  writes all players' observations and legal actions
``overview``   params, state, out                                writes the global state, zeroed before (optional)
=============  ================================================  ===================================================

`params` and `state` are ``int64[n]``; a stretch of either may hold floats, read through ``.view(np.float64)``.
`actions` is ``int64[num_players]``, or, where actions are continuous, ``int64[num_players · num_actions]`` with the
bits of floats. `rng` is ``uint64[2]``, a stream's key and counter, for `draw` and `draw_below`. `obs` is ``float32[P,
O]`` and `legal` ``bool[P, A]``. With ``fresh = 1`` both come zeroed; with ``fresh = 0`` they hold what `view` wrote
before the last `advance`, so that it may write only what has changed. Everybody always has a legal action; one who is
out of the game has a single one that does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numba as nb
import numpy as np

from ._streams import draw, draw_below
from .agent import Agent
from .drawing import Scene
from .rules import VIEW, rule

__all__ = ["RUNNING", "TERMINATED", "TRUNCATED", "Dynamics", "EnvSetup", "Feature", "draw", "draw_below", "rule"]

RUNNING, TERMINATED, TRUNCATED = 0, 1, 2

_I = nb.types.int64
_IA = nb.types.int64[::1]
_UA = nb.types.uint64[::1]
_FA = nb.types.float64[::1]
_OA = nb.types.float32[::1]

SIGNATURES = {
    "reset": nb.types.void(_IA, _IA, _UA),
    "advance": _I(_IA, _IA, _IA, _UA, _FA),
    "view": VIEW,
    "overview": nb.types.void(_IA, _IA, _OA),
}

POINTERS = {name: nb.types.FunctionType(signature) for name, signature in SIGNATURES.items()}
"""First-class function types of the functions, for the explicit signatures of kernels that call them."""


@rule
def no_overview(params, state, out):
    """The `overview` of an environment whose global state is all observations side by side: never called."""


class Dynamics(NamedTuple):
    """The functions of one environment."""

    reset: Callable
    advance: Callable
    view: Callable
    overview: Callable

    @classmethod
    def of(cls, namespace: Mapping[str, Any]) -> Dynamics:
        """Collects the functions from a module's ``globals()``; `overview` may be absent.

        Raises:
            ValueError: a function is missing.
        """
        found: dict[str, Any] = {name: namespace.get(name) for name in cls._fields}
        found["overview"] = found["overview"] or no_overview
        missing = [name for name, function in found.items() if function is None]
        if missing:
            raise ValueError(
                f"these functions are missing: {', '.join(missing)}; an environment needs {', '.join(cls._fields[:3])}"
            )
        return cls(**found)

    def compiled(self) -> Dynamics:
        """The same functions, each compiled (or loaded from Numba's cache) for its one signature."""
        for name, function in zip(self._fields, self):
            dispatcher: Any = function
            if hasattr(dispatcher, "compile") and not dispatcher.signatures:
                dispatcher.compile(SIGNATURES[name])
        return self


class Feature(NamedTuple):
    """A stretch of an observation, for people."""

    name: str
    size: int
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class EnvSetup:
    """One environment's functions with everything that its parameters decide.

    A catalogue environment's factory returns this record; the registry makes an `EnvironmentGame` of it.
    """

    dynamics: Dynamics
    params: np.ndarray
    """int64[n], handed to every function."""
    state_size: int
    """Words of the flat state."""
    num_players: int
    num_actions: int
    """Actions are 0 … num_actions - 1; where they are continuous, how many numbers make one."""
    observation_size: int
    """Numbers in the longest player's observation; shorter ones are padded with zeros."""
    min_utility: float = -np.inf
    """The least and the greatest return of an episode, where they are known."""
    max_utility: float = np.inf
    zero_sum: bool = False
    common_payoff: bool = False
    """Whether all players are always paid the same."""
    continuous: bool = False
    action_bounds: tuple[float, float] = (0.0, 1.0)
    """Of each number of a continuous action."""
    observation_bounds: tuple[float, float] = (-np.inf, np.inf)
    """The least and the greatest number that `view` writes."""
    overview_size: int = 0
    """Numbers of the global state; 0: all observations side by side."""
    overview_bounds: tuple[float, float] = (-np.inf, np.inf)
    action_names: tuple[str, ...] = ()
    features: tuple[Feature, ...] = ()
    """What an observation is made of, in its order; the documentation's table is made of it."""
    render: Callable[[np.ndarray], str] | None = None
    """Draws a flat state as text."""
    picture: Callable[[np.ndarray], Scene] | None = None
    """Draws a flat state as shapes."""
    heuristic: Callable[[], Agent] | None = None
    """Makes the scripted agent that plays it sensibly from observations."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Facts of one family (for instance the layout of a kitchen)."""
