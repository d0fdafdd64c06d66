"""Reports: the page, figures, and tables for the terminal. Nothing is loaded before it is used."""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "write_report": "page",
    "Summary": "summary",
    "summarise": "summary",
    "gap_curve": "figures",
    "leaderboard_figure": "figures",
    "payoff_figure": "figures",
    "leaderboard_table": "terminal",
    "print_leaderboard": "terminal",
    "print_solution": "terminal",
    "solution_table": "terminal",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME.values():
        return importlib.import_module(f".{name}", __name__)
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
