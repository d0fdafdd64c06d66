"""Populations: matches, leagues on a store that survives a kill, payoffs."""

from __future__ import annotations

from .database import StoreError
from .league import League, LeagueProgress, Member
from .match import Engine, Results, play, seat_orders
from .payoffs import ExactPayoffs, Payoffs
from .store import Store

__all__ = [
    "Engine",
    "ExactPayoffs",
    "League",
    "LeagueProgress",
    "Member",
    "Payoffs",
    "Results",
    "Store",
    "StoreError",
    "play",
    "seat_orders",
]
