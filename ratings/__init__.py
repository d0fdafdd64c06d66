"""Ratings: match logs, rating models folded over them, leaderboards, and what can be said about who is better.

Names are imported when they are first used; ``dir(ludus.ratings)`` lists them all.
"""

from __future__ import annotations

import importlib
from typing import Any

# module -> the public names in it
_PUBLIC = {
    "log": ("Match", "MatchLog"),
    "model": ("RatingModel", "Ratings", "make", "models"),
    "leaderboard": ("Leaderboard", "Matchup", "Row", "board", "rate"),
    "elo": ("Elo",),
    "rating_objects": ("Rating",),
    "weng_lin": (
        "BradleyTerryFull",
        "BradleyTerryPart",
        "PlackettLuce",
        "ThurstoneMostellerFull",
        "ThurstoneMostellerPart",
    ),
    "glicko": ("Glicko", "Glicko2"),
    "trueskill": ("TrueSkill",),
    "elo_mmr": ("EloMMR",),
    "bradley_terry": ("BradleyTerry", "BradleyTerryFit", "fit_bradley_terry"),
    "alpharank": ("alpha_rank",),
    "nash_averaging": ("NashAverage", "nash_average"),
    "game_ratings": ("EquilibriumRating", "deviation_ratings", "equilibrium_ratings", "replicator_ratings"),
    "voting": ("Ballots", "Vote", "ballots", "soft_condorcet", "vote"),
    "forecasts": ("Evaluation", "Evaluations", "evaluate", "forecast", "score_forecasts"),
    "tuning": ("Tuning", "tune"),
    "sequential": ("SPRT", "run_sprt", "sprt"),
    "matchmaking": ("Teams", "balance", "best_opponent", "information", "next_match", "quality"),
    "time": ("History", "TrueSkillThroughTime", "WholeHistory"),
    "cyclic": ("Cyclicity", "Disc", "MElo", "cyclicity", "disc_fit"),
    "uncertainty": ("probability_best", "probability_better", "propagate", "rank_intervals"),
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    elif name in _PUBLIC:
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_PUBLIC})
