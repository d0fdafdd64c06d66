"""ludus: declare a game once, then solve it, learn it, play it in a league and rate the players.

Everything here is loaded when first used, so that ``import ludus`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import games, marl, population, ratings, report, solvers, testing
    from .games.agent import Agent, PersonAgent, PreferenceAgent, StateAgent, TabularAgent, UniformAgent
    from .games.game import Game
    from .games.matrix import MatrixGame
    from .games.policy import Policy
    from .games.registry import available, load, make, register, save
    from .games.rules import CHANCE
    from .games.state import State
    from .games.tabulate import tabulate
    from .games.tree import GameTree
    from .marl import Run, evaluate, train
    from .population.league import League
    from .population.match import play
    from .population.psro import psro
    from .ratings import Leaderboard, MatchLog, rate
    from .report.page import write_report
    from .solvers import Solution, solve

_HOME = {
    "Agent": "games.agent",
    "UniformAgent": "games.agent",
    "TabularAgent": "games.agent",
    "StateAgent": "games.agent",
    "PreferenceAgent": "games.agent",
    "PersonAgent": "games.agent",
    "Game": "games.game",
    "MatrixGame": "games.matrix",
    "Policy": "games.policy",
    "available": "games.registry",
    "load": "games.registry",
    "make": "games.registry",
    "register": "games.registry",
    "save": "games.registry",
    "CHANCE": "games.rules",
    "State": "games.state",
    "tabulate": "games.tabulate",
    "GameTree": "games.tree",
    "Run": "marl",
    "evaluate": "marl",
    "train": "marl",
    "League": "population.league",
    "play": "population.match",
    "psro": "population.psro",
    "Leaderboard": "ratings",
    "MatchLog": "ratings",
    "rate": "ratings",
    "write_report": "report.page",
    "Solution": "solvers",
    "solve": "solvers",
}
"""Where each name of the façade lives."""

_PACKAGES = ("games", "marl", "population", "ratings", "report", "solvers", "testing")

__all__ = ["__version__", *_PACKAGES, *_HOME]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f".{name}", __name__)
    if name in _HOME:
        value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'ludus' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
