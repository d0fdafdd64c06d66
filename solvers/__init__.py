"""Equilibria: algorithms on game trees, exact evaluation, solutions that carry their certificate.

What every solve needs is loaded with the package; the rest when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .algorithm import Algorithm, algorithms
from .solution import Record, Solution
from .solve import Snapshot, iterate, solve
from .tree.evaluate import Evaluation, best_response, evaluate, expected_values, exploitability, nash_conv

if TYPE_CHECKING:
    from .correlation import correlated, incentive_gap
    from .large import SampledPolicy, iterate_large, sample_large
    from .matrix.correlated import CorrelatedProfile
    from .matrix.components import NashSet, nash_sets
    from .matrix.logit_branch import Branch, trace_branch
    from .matrix.nash import NashMethod, nash, nash_methods
    from .matrix.nash_learning import no_regret
    from .matrix.profile import Profile, StrategicForm, strategic_form
    from .tree.certify import Certificate, certify
    from .tree.correlated import CorrelatedEquilibrium
    from .tree.correlation_plan import CorrelationPlan
    from .tree.deviations import Incentives, incentives
    from .tree.exact import ExactEquilibrium, exact_equilibrium
    from .tree.resolving import Subgame, resolve, subgame
    from .tree.responses import RestrictedResponse, restricted_nash_response

_HOME = {
    "SampledPolicy": "large",
    "iterate_large": "large",
    "sample_large": "large",
    "Branch": "matrix.logit_branch",
    "trace_branch": "matrix.logit_branch",
    "NashSet": "matrix.components",
    "nash_sets": "matrix.components",
    "no_regret": "matrix.nash_learning",
    "NashMethod": "matrix.nash",
    "nash": "matrix.nash",
    "nash_methods": "matrix.nash",
    "Profile": "matrix.profile",
    "StrategicForm": "matrix.profile",
    "strategic_form": "matrix.profile",
    "Certificate": "tree.certify",
    "certify": "tree.certify",
    "CorrelatedEquilibrium": "tree.correlated",
    "correlated": "correlation",
    "CorrelatedProfile": "matrix.correlated",
    "CorrelationPlan": "tree.correlation_plan",
    "Incentives": "tree.deviations",
    "incentive_gap": "correlation",
    "incentives": "tree.deviations",
    "ExactEquilibrium": "tree.exact",
    "exact_equilibrium": "tree.exact",
    "Subgame": "tree.resolving",
    "resolve": "tree.resolving",
    "subgame": "tree.resolving",
    "RestrictedResponse": "tree.responses",
    "restricted_nash_response": "tree.responses",
}
"""Where each name that is loaded on first use lives."""

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
    *_HOME,
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module 'ludus.solvers' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *globals()])
