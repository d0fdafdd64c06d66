"""Meta-strategies that look into the tree: equilibria of a tree with fewer actions, mixtures against the whole game."""

from __future__ import annotations

import numpy as np

from ..games.tree import GameTree
from ..solvers.tree.cfr import behaviour
from ..solvers.tree.lp import (
    SequenceForm,
    flow_constraints,
    linear_program,
    optimum,
    require_two_player_zero_sum,
    sequence_form,
)
from .arena import TreeArena
from .facing import gradient, realisation_plans, respond


def allowed_actions(arena: TreeArena) -> np.ndarray:
    """bool[S]: the sequences that some member of the player plays; so along all of a plan there are actions left."""
    tree = arena.tree
    taken = np.zeros(tree.num_sequences, bool)
    for p, plans in enumerate(arena.plans):
        own = slice(tree.sequence_start[p], tree.sequence_start[p + 1])
        taken[own] = (np.stack(plans)[:, own] > 0.0).any(axis=0)
    return taken


def restricted_equilibrium(tree: GameTree, allowed: np.ndarray) -> np.ndarray:
    """The behaviour float64[S] of a Nash equilibrium of the tree in which only the allowed sequences bool[S] are left.

    Two players, zero-sum; by linear programming in sequence form. Uniform where the player itself never comes.
    """
    form = sequence_form(tree)
    keep = [np.flatnonzero(allowed[tree.sequence_start[p] : tree.sequence_start[p + 1]]) for p in (0, 1)]
    flows = []
    for p in (0, 1):
        flow = form.constraints[p][:, keep[p]].tocsr()
        flows.append(flow[np.flatnonzero(np.diff(flow.indptr))])
    cut = SequenceForm(form.payoff[keep[0]][:, keep[1]].tocsr(), (flows[0], flows[1]))
    plan = np.zeros(tree.num_sequences)
    for p, part in enumerate(optimum(cut, method="highs-ds").plans):
        plan[tree.sequence_start[p] + keep[p]] = part
    return behaviour(tree, plan)


def least_exploitable(arena: TreeArena, player: int) -> tuple[np.ndarray, np.ndarray]:
    """The mixture float64[n] of a player's members that loses least against a best response in the whole game, and the
    opponent's optimal behaviour float64[S] against these members.

    Two players, zero-sum: a linear program over the mixture and what is left to the opponent at its information sets.
    """
    from scipy import sparse

    tree, other = arena.tree, 1 - player
    require_two_player_zero_sum(tree, "an anytime meta-strategy")
    own = slice(tree.sequence_start[other], tree.sequence_start[other + 1])
    worth = np.stack([gradient(tree, other, plan[None], np.ones(1))[own] for plan in arena.plans[player]])
    flow = flow_constraints(tree, other)
    n, m = len(worth), flow.shape[0]
    found = linear_program(
        np.append(np.zeros(n), np.eye(1, m)),
        sparse.hstack([sparse.csr_matrix(worth.T), -flow.T]),
        np.zeros(flow.shape[1]),
        sparse.csr_matrix(np.append(np.ones(n), np.zeros(m))),
        np.ones(1),
        np.append(np.zeros(n), np.full(m, -np.inf)),
        "highs-ds",
    )
    weights = np.maximum(found.x[:n], 0.0)
    plan = np.zeros(tree.num_sequences)
    plan[own] = np.maximum(-found.ineqlin.marginals, 0.0)
    return weights / weights.sum(), behaviour(tree, plan)


def self_play(arena: TreeArena, rounds: int) -> list[np.ndarray]:
    """For each player the behaviour float64[S] of its average learner in the inner loop of self-play PSRO.

    In each round every player's mixture of its members and a learner is met by a best response; multiplicative weights
    adapt the mixture to it, and the learner best responds to the average of the opponent's responses so far, as in
    fictitious play. Source: McAleer et al. 2022, "Self-play PSRO", algorithm 2, with exact responses.
    """
    tree = arena.tree
    require_two_player_zero_sum(tree, "self-play PSRO")
    average, met = np.zeros((2, tree.num_sequences)), np.zeros((2, tree.num_sequences))
    learner = np.zeros((2, tree.num_sequences))
    gains = [np.zeros(len(plans) + 1) for plans in arena.plans]
    for p in (0, 1):
        learner[p] = arena.plans[p][-1]
    for t in range(1, rounds + 1):
        for p in (0, 1):
            own = slice(tree.sequence_start[p], tree.sequence_start[p + 1])
            members = np.stack([*arena.plans[p], learner[p]])
            score = np.sqrt(8.0 * np.log(len(members)) / t) / tree.utility_range * gains[p]
            weights = np.exp(score - score.max())
            mixture = weights / weights.sum() @ members
            reply = _response(tree, 1 - p, mixture)
            worth = gradient(tree, p, reply[None], np.ones(1))
            gains[p] += members[:, own] @ worth[own]
            met[p] += (reply - met[p]) / t
            learner[p] = _response(tree, p, met[p])
            average[p] += (learner[p] - average[p]) / t
    return [behaviour(tree, plan) for plan in average]


def _response(tree: GameTree, player: int, plan: np.ndarray) -> np.ndarray:
    """float64[S]: the realisation plan of a best response (and empty sequences of the others)."""
    return realisation_plans(tree, respond(tree, player, gradient(tree, player, plan[None], np.ones(1)))[1])
