"""Equilibria: algorithms on game trees, exact evaluation, solutions that carry their certificate."""

from __future__ import annotations

from .algorithm import Algorithm, algorithms
from .solution import Record, Solution
from .solve import Snapshot, iterate, solve
from .tree.evaluate import Evaluation, best_response, evaluate, expected_values, exploitability, nash_conv

__all__ = [
    "Algorithm",
    "Evaluation",
    "Record",
    "Snapshot",
    "Solution",
    "algorithms",
    "best_response",
    "evaluate",
    "expected_values",
    "exploitability",
    "iterate",
    "nash_conv",
    "solve",
]
