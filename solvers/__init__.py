"""Equilibria: algorithms on game trees, exact evaluation, solutions that carry their certificate."""

from __future__ import annotations

from .algorithm import Algorithm, algorithms
from .large import SampledPolicy, iterate_large, sample_large
from .solution import Record, Solution
from .solve import Snapshot, iterate, solve
from .tree.certify import Certificate, certify
from .tree.evaluate import Evaluation, best_response, evaluate, expected_values, exploitability, nash_conv
from .tree.exact import ExactEquilibrium, exact_equilibrium
from .tree.resolving import Subgame, resolve, subgame
from .tree.responses import RestrictedResponse, restricted_nash_response

__all__ = [
    "Algorithm",
    "Certificate",
    "Evaluation",
    "ExactEquilibrium",
    "Record",
    "RestrictedResponse",
    "SampledPolicy",
    "Snapshot",
    "Solution",
    "Subgame",
    "algorithms",
    "best_response",
    "certify",
    "evaluate",
    "exact_equilibrium",
    "expected_values",
    "exploitability",
    "iterate",
    "iterate_large",
    "nash_conv",
    "resolve",
    "restricted_nash_response",
    "sample_large",
    "solve",
    "subgame",
]
