"""Populations: matches, leagues on a store that survives a kill, payoffs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .database import StoreError
from .failures import AgentError
from .gate import Promotion, promote
from .interaction import pfsp
from .league import League, LeagueProgress, Member
from .match import Engine, Results, play, seat_orders
from .payoffs import ExactPayoffs, Payoffs
from .store import Store

if TYPE_CHECKING:
    from .empirical import EmpiricalGame
    from .exploiter import Exploit, exploit
    from .functional_games import FunctionalGame
    from .loop import self_play
    from .members import Population
    from .meta_solvers import meta_strategy
    from .methods import METHODS
    from .psro import iterate_psro

_HOME = {
    "EmpiricalGame": "empirical",
    "FunctionalGame": "functional_games",
    "METHODS": "methods",
    "Population": "members",
    "self_play": "loop",
    "Exploit": "exploiter",
    "exploit": "exploiter",
    "iterate_psro": "psro",
    "meta_strategy": "meta_solvers",
}
"""Where each name that is loaded on first use lives."""

__all__ = [
    "AgentError",
    "Engine",
    "ExactPayoffs",
    "League",
    "LeagueProgress",
    "Member",
    "Payoffs",
    "Promotion",
    "Results",
    "Store",
    "StoreError",
    "pfsp",
    "play",
    "promote",
    "seat_orders",
    *_HOME,
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module 'ludus.population' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *globals()])
