"""Populations: matches, leagues on a store that survives a kill, payoffs."""

from __future__ import annotations

from .database import StoreError
from .failures import AgentError
from .gate import Promotion, promote
from .league import League, LeagueProgress, Member
from .match import Engine, Results, play, seat_orders
from .payoffs import ExactPayoffs, Payoffs
from .store import Store

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
    "play",
    "promote",
    "seat_orders",
]
