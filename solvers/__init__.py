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
    from .matrix.auctions import Auction, auction
    from .matrix.bayesian import BayesianGame, BayesProfile, bayes_nash, bayes_profile, bayesian_game
    from .matrix.coalitions import CoalitionalGame, coalitional_game
    from .matrix.components import NashSet, nash_sets
    from .matrix.congestion import CongestionGame, congestion_game, routing_game
    from .matrix.core import LeastCore, core_point, in_core, least_core, nucleolus
    from .matrix.correlated import CorrelatedProfile
    from .matrix.correlated_learning import LearnedPlay, learn_correlated, learning_play
    from .matrix.dominance import Elimination, eliminate, rationalisable
    from .matrix.ess import evolutionarily_stable, is_ess
    from .matrix.evolution import Trajectory, evolve
    from .matrix.finite_population import PopulationRun, fixation_probability, simulate_fixation, simulate_population
    from .matrix.levels import Hierarchy, cognitive_hierarchy, level_k
    from .matrix.logit_branch import Branch, trace_branch
    from .matrix.nash import NashMethod, nash, nash_methods
    from .matrix.nash_learning import no_regret
    from .matrix.polymatrix import PolymatrixGame, polymatrix_game, zero_sum_polymatrix
    from .matrix.polytope import correlated_vertices
    from .matrix.population_chain import Stationary, monomorphic_distribution, population_chain, stationary_distribution
    from .matrix.potential import (
        ResponsePath,
        exact_potential,
        improvement_graph,
        is_ordinal_potential,
        potential_defect,
        response_path,
        social_optimum,
    )
    from .matrix.power import SampledValue, banzhaf, sampled_banzhaf, sampled_shapley, shapley
    from .matrix.profile import Profile, StrategicForm, strategic_form
    from .matrix.quantal import QuantalFit, fit_quantal_response, quantal_branch, quantal_error, quantal_response
    from .matrix.refine import ProperComponent, is_perfect, is_proper, proper_components, proper_equilibria
    from .matrix.repeated import Automaton, FolkRegion, RepeatedPlay, automaton, folk_region, minmax, repeated_play
    from .matrix.rest_points import RestPoint, rest_points, stability
    from .matrix.security import Patrol, security_game
    from .matrix.selection import Price, is_strict, payoff_dominant, prices, risk_dominant, select
    from .matrix.stackelberg import Commitment, bayesian_stackelberg, stackelberg
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
    "Auction": "matrix.auctions",
    "auction": "matrix.auctions",
    "BayesianGame": "matrix.bayesian",
    "BayesProfile": "matrix.bayesian",
    "bayes_nash": "matrix.bayesian",
    "bayes_profile": "matrix.bayesian",
    "bayesian_game": "matrix.bayesian",
    "CongestionGame": "matrix.congestion",
    "congestion_game": "matrix.congestion",
    "routing_game": "matrix.congestion",
    "PolymatrixGame": "matrix.polymatrix",
    "polymatrix_game": "matrix.polymatrix",
    "zero_sum_polymatrix": "matrix.polymatrix",
    "ResponsePath": "matrix.potential",
    "exact_potential": "matrix.potential",
    "improvement_graph": "matrix.potential",
    "is_ordinal_potential": "matrix.potential",
    "potential_defect": "matrix.potential",
    "response_path": "matrix.potential",
    "social_optimum": "matrix.potential",
    "Automaton": "matrix.repeated",
    "FolkRegion": "matrix.repeated",
    "RepeatedPlay": "matrix.repeated",
    "automaton": "matrix.repeated",
    "folk_region": "matrix.repeated",
    "minmax": "matrix.repeated",
    "repeated_play": "matrix.repeated",
    "CoalitionalGame": "matrix.coalitions",
    "coalitional_game": "matrix.coalitions",
    "LeastCore": "matrix.core",
    "core_point": "matrix.core",
    "in_core": "matrix.core",
    "least_core": "matrix.core",
    "nucleolus": "matrix.core",
    "SampledValue": "matrix.power",
    "banzhaf": "matrix.power",
    "sampled_banzhaf": "matrix.power",
    "sampled_shapley": "matrix.power",
    "shapley": "matrix.power",
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
    "LearnedPlay": "matrix.correlated_learning",
    "learn_correlated": "matrix.correlated_learning",
    "learning_play": "matrix.correlated_learning",
    "correlated_vertices": "matrix.polytope",
    "Elimination": "matrix.dominance",
    "eliminate": "matrix.dominance",
    "rationalisable": "matrix.dominance",
    "ProperComponent": "matrix.refine",
    "is_perfect": "matrix.refine",
    "is_proper": "matrix.refine",
    "proper_components": "matrix.refine",
    "proper_equilibria": "matrix.refine",
    "evolutionarily_stable": "matrix.ess",
    "is_ess": "matrix.ess",
    "Trajectory": "matrix.evolution",
    "evolve": "matrix.evolution",
    "PopulationRun": "matrix.finite_population",
    "Stationary": "matrix.population_chain",
    "fixation_probability": "matrix.finite_population",
    "monomorphic_distribution": "matrix.population_chain",
    "population_chain": "matrix.population_chain",
    "simulate_fixation": "matrix.finite_population",
    "simulate_population": "matrix.finite_population",
    "stationary_distribution": "matrix.population_chain",
    "RestPoint": "matrix.rest_points",
    "rest_points": "matrix.rest_points",
    "stability": "matrix.rest_points",
    "Hierarchy": "matrix.levels",
    "cognitive_hierarchy": "matrix.levels",
    "level_k": "matrix.levels",
    "QuantalFit": "matrix.quantal",
    "fit_quantal_response": "matrix.quantal",
    "quantal_branch": "matrix.quantal",
    "quantal_error": "matrix.quantal",
    "quantal_response": "matrix.quantal",
    "Patrol": "matrix.security",
    "security_game": "matrix.security",
    "Price": "matrix.selection",
    "is_strict": "matrix.selection",
    "payoff_dominant": "matrix.selection",
    "prices": "matrix.selection",
    "risk_dominant": "matrix.selection",
    "select": "matrix.selection",
    "Commitment": "matrix.stackelberg",
    "bayesian_stackelberg": "matrix.stackelberg",
    "stackelberg": "matrix.stackelberg",
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
