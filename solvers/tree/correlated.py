"""Optimal correlated equilibria of two-player trees: EFCE, EFCCE and NFCCE by linear programs over correlation plans.

Where the game is triangle-free (as it is without chance, or with public chance only), the consistency constraints
describe all plans that a mediator can play, and one program of polynomial size gives the optimum (von Stengel & Forges
2008; Farina & Sandholm 2020). Elsewhere they describe more, and give a bound; a plan that can be played is made by
column generation from plans that are pure for one player and mixed for the other (Farina, Celli & Sandholm 2021,
"Connecting optimal ex-ante collusion in teams to extensive-form correlation").
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...games.policy import as_tree
from .correlation_plan import CorrelationPlan, RelevantPairs, relevant_pairs
from .deviations import Deviations, concept_of, deviations, incentive_gap
from .lp import flow_constraints, linear_program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from ...games.game import Game
    from ...games.tree import GameTree

SLACK = 1e-9
"""Share of the largest utility that a plan of the column generation may break an incentive constraint by."""
FIRST_PENALTY, LAST_PENALTY = 10.0, 1e7
"""The cost of a unit of violation, in largest utilities; it grows tenfold while the best plan pays it."""
KEEP = 0.8
"""Share of the best bound's prices in those at which a column is sought."""


@dataclass(frozen=True, eq=False)
class CorrelatedEquilibrium:
    """An optimal correlated equilibrium with what is known of it.

    Attributes:
        plan: the correlation plan; the mediator can play it.
        concept: ``"efce"``, ``"efcce"`` or ``"nfcce"``.
        values: float64[2]: the players' expected utilities.
        objective: what was maximised, at the plan.
        bound: no equilibrium of the concept has a larger objective, up to the solver's tolerance (1e-6 of the largest
            utility where `exact` is False).
        gap: the most that one player gains by leaving, computed from the plan alone (`incentive_gap`).
        exact: one program described all plans; else columns were generated, `columns` of them.
    """

    plan: CorrelationPlan
    concept: str
    values: np.ndarray
    objective: float
    bound: float
    gap: float
    exact: bool
    columns: int = 0

    def __repr__(self) -> str:
        left = "" if self.exact else f", at most {self.bound:.6g}"
        return (
            f"CorrelatedEquilibrium({self.plan.tree.game_id or 'unnamed'}, {self.concept}, values "
            f"{self.values.round(6).tolist()}, objective {self.objective:.6g}{left}, gap {self.gap:.3g})"
        )


def correlated(
    game: Game | GameTree | str,
    concept: str = "efce",
    objective: str | Sequence[float] | np.ndarray = "welfare",
    *,
    tolerance: float = 1e-6,
    columns: int = 1000,
    seconds: float | None = None,
) -> CorrelatedEquilibrium:
    """The best extensive-form correlated equilibrium of a two-player game, general-sum, with chance or without.

    Args:
        concept: ``"efce"``, ``"efcce"`` or ``"nfcce"`` (also ``"cce"``); where each player has one information set
            also ``"ce"``, which is the EFCE there.
        objective: ``"welfare"``: the sum of utilities; ``"maximin"``: the smaller of the two; or two weights.
        tolerance: column generation stops where the bound is above the objective by at most this share of the largest
            utility (times the larger weight).
        columns: column generation stops after so many; what is left then is ``bound - objective``.
        seconds: column generation stops when they have passed.

    Raises:
        ValueError: not two players, an unknown concept or objective, weights that are not two finite numbers.
        ArithmeticError: the linear program was not solved, or `columns` or `seconds` were too few to find any
            equilibrium.
    """
    tree = as_tree(game)
    concept = concept_of(tree, concept)
    relevant, weights = relevant_pairs(tree), _weights(objective)
    if not tolerance >= 0.0:
        raise ValueError(f"tolerance must not be negative, got {tolerance!r}")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns!r}")
    if seconds is not None and not seconds > 0:
        raise ValueError(f"seconds must be positive, got {seconds!r}")
    end = np.inf if seconds is None else time.perf_counter() + seconds
    program, count = Program(relevant, concept, weights), 0
    relaxed = program.relaxed(end)
    mass, bound = relaxed.mass, -relaxed.cost * program.unit
    if not relevant.triangle_free:
        mass, bound, count = _generate(program, relaxed, tolerance, columns, end)
    plan = CorrelationPlan(tree, mass)
    values = plan.values
    found = float(values.min() if weights is None else weights @ values)
    gap = incentive_gap(tree, plan, concept)
    return CorrelatedEquilibrium(
        plan, concept, values, found, max(bound, found) + 0.0, gap, relevant.triangle_free, count
    )


def _weights(objective: Any) -> np.ndarray | None:
    """float64[2], or None for the smaller of the two utilities."""
    if isinstance(objective, str):
        if objective == "max_entropy":
            raise ValueError(
                "objective 'max_entropy' is for matrix games (concepts 'ce' and 'cce'), whose equilibria are joint "
                "distributions; a tree's correlation plan allows 'welfare', 'maximin' or two weights"
            )
        if objective not in ("welfare", "maximin"):
            raise ValueError(f"objective must be 'welfare', 'maximin' or two weights, got {objective!r}")
        return np.ones(2) if objective == "welfare" else None
    try:
        weights = np.asarray(objective, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"objective must be 'welfare', 'maximin' or two weights, got {objective!r}") from None
    if weights.shape != (2,) or not np.isfinite(weights).all():
        raise ValueError(f"objective must hold two finite weights, one for each player, got {objective!r}")
    return weights


class Relaxed(NamedTuple):
    """A solution of the program over all mass that is consistent."""

    mass: np.ndarray
    """float64[M]."""
    cost: float
    """Minus the objective, in units of the program."""
    price: np.ndarray
    """float64[M]: see `Program.price`."""


class Program:
    """The linear program of a concept over z = (mass, deviation values of both players, smaller utility).

    Utilities and weights are divided by the largest, so that tolerances mean the same in all games; `unit` is what the
    program counts as 1 in the objective.
    """

    def __init__(self, relevant: RelevantPairs, concept: str, weights: np.ndarray | None):
        from scipy import sparse

        self.relevant = relevant
        self.pairs = len(relevant)
        scale = float(np.abs(relevant.tree.leaf_utility).max()) or 1.0
        utility = relevant.utility / scale
        blocks, triggers = zip(*(_incentives(deviations(relevant, concept, p), scale) for p in range(2)))
        (mass_0, value_0), (mass_1, value_1) = blocks
        smaller = sparse.csr_matrix(np.ones((2, 1)))
        rows = [[mass_0, value_0, None, None], [mass_1, None, value_1, None], [-utility, None, None, smaller]]
        self.upper = sparse.bmat(rows, "csr")
        """float64[rows, size]: ``upper @ z <= 0``: deviation values are at least what they lead to, and at triggers at
        most what following brings; the last variable is at most either utility."""
        self.triggers = np.concatenate([*triggers, np.zeros(2)])
        """float64[rows]: 1 at the triggers' rows, else 0."""
        self.size = self.upper.shape[1]
        self.cost = np.zeros(self.size)
        if weights is None:
            self.unit = scale
            self.cost[-1] = -1.0
        else:
            most = float(np.abs(weights).max()) or 1.0
            self.unit = scale * most
            self.cost[: self.pairs] = -(weights / most) @ utility
        self.lower = np.append(np.zeros(self.pairs), np.full(self.size - self.pairs, -np.inf))

    def relaxed(self, end: float = np.inf) -> Relaxed:
        """The best mass that satisfies the consistency constraints."""
        from scipy import sparse

        equal = self.relevant.consistency
        side = np.zeros(equal.shape[0])
        side[0] = 1.0
        found = linear_program(
            self.cost,
            self.upper,
            np.zeros(self.upper.shape[0]),
            sparse.hstack([equal, sparse.csr_matrix((equal.shape[0], self.size - self.pairs))]),
            side,
            self.lower,
            end=end,
        )
        return Relaxed(np.maximum(found.x[: self.pairs], 0.0), float(found.fun), self.price(found))

    def price(self, found: Any) -> np.ndarray:
        """float64[M]: what a unit of mass at each pair costs under the duals of a solution's inequalities."""
        return self.cost[: self.pairs] - self.upper[:, : self.pairs].T @ found.ineqlin.marginals


def _incentives(way: Deviations, scale: float) -> tuple[tuple[csr_matrix, csr_matrix], np.ndarray]:
    """-> ((factors of the mass, factors of the deviation values), 1 at the triggers' rows)."""
    from scipy import sparse

    rows, cells, triggers = int(way.cell_row[-1]), len(way.cell_set), len(way.trigger_set)
    cell = np.arange(cells)
    inner = way.cell_above >= 0
    row = np.concatenate([np.arange(rows), way.cell_above[inner], rows - 1 - way.cell_above[~inner]])
    column = np.concatenate([np.repeat(cell, np.diff(way.cell_row)), cell[inner], cell[~inner]])
    value = np.concatenate([-np.ones(rows), np.ones(cells)])
    values = sparse.csr_matrix((value, (row, column)), shape=(rows + triggers, cells))
    mass = sparse.vstack([way.deviate, -way.follow]).tocsr() / scale
    return (mass, values), np.repeat([0.0, 1.0], [rows, triggers])


def _generate(
    program: Program, start: Relaxed, tolerance: float, columns: int, end: float
) -> tuple[np.ndarray, float, int]:
    """Column generation from the relaxed program's solution. -> (mass, bound, number of columns).

    A column is a pure plan x of the player with fewer information sets; beside it the other's realisation plan y is
    free in the program, so that mass(σ, τ) = Σ_k x_k(σ) y_k(τ). A penalty stands for the incentive constraints until
    some plan satisfies them. Under any dual prices the cheapest column bounds the optimum; columns are sought at prices
    between those of the best bound and the program's, which swing less (Wentges 1997).
    """
    relevant = program.relevant
    pure = int(len(relevant.first[0]) > len(relevant.first[1]))
    own = relevant.sequences[pure] - relevant.tree.sequence_start[pure]
    found = [_likeliest(relevant, start.mass, pure)]
    penalty, best_price, best = FIRST_PENALTY, start.price, start.cost
    while True:
        cost, slack, mass, price = _master(program, pure, [x[own] for x in found], penalty)
        late = time.perf_counter() >= end
        if slack <= SLACK and (cost - best <= tolerance or len(found) == columns or late):
            return mass, -best * program.unit, len(found)
        if len(found) == columns or late:
            what = "the seconds are" if late else f"{columns} columns are"
            raise ArithmeticError(
                f"{what} too few to find an equilibrium; none has an objective above "
                f"{-best * program.unit:.6g}; {'seconds' if late else 'columns'} may be larger"
            )
        for keep in (KEEP, 0.0):
            mixed = keep * best_price + (1.0 - keep) * price
            worth, x = _best_column(relevant, mixed, pure, end)
            if worth > best:
                best_price, best = mixed, worth
            if x is None:  # no time for it
                break
            if not any(np.array_equal(x, old) for old in found):
                found.append(x)
                break
        else:
            if slack <= SLACK:
                return mass, -best * program.unit, len(found)
            if penalty >= LAST_PENALTY:
                raise ArithmeticError(
                    f"no plan satisfies the incentive constraints: the least violation is {slack:.3g}"
                )
            penalty *= 10.0


def _likeliest(relevant: RelevantPairs, mass: np.ndarray, player: int) -> np.ndarray:
    """bool[S_p]: the pure plan, among those of the player, that takes each information set's likeliest action."""
    tree = relevant.tree
    first = tree.sequence_start[player]
    policy = CorrelationPlan(tree, mass).marginals().probabilities
    plan = np.zeros(tree.sequence_start[player + 1] - first, bool)
    plan[0] = True
    for k in range(tree.infoset_start[player], tree.infoset_start[player + 1]):
        a, n = tree.infoset_first[k], tree.infoset_count[k]
        plan[a - first + int(policy[a : a + n].argmax())] = plan[tree.infoset_parent[k] - first]
    return plan


def _master(
    program: Program, pure: int, columns: list[np.ndarray], penalty: float
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """The best plan of some columns; of each bool[M]: the pairs that the pure plan lets come.

    -> (cost, largest violation of an incentive constraint, mass, price of a unit of mass at each pair float64[M]).
    """
    from scipy import sparse

    relevant, tree = program.relevant, program.relevant.tree
    pairs, free = program.pairs, program.size - program.pairs
    start, end = tree.sequence_start[1 - pure : 3 - pure]
    other, width = relevant.sequences[1 - pure] - start, int(end - start)
    spread = []
    for chosen in columns:
        e = np.flatnonzero(chosen)
        spread.append(sparse.csr_matrix((np.ones(len(e)), (e, other[e])), shape=(pairs, width)))
    spread = sparse.hstack(spread).tocsr()
    given, deviation = program.upper[:, :pairs], program.upper[:, pairs:]
    flow = flow_constraints(tree, 1 - pure)[1:]
    flows = sparse.block_diag([flow] * len(columns))
    whole = np.zeros((1, spread.shape[1]))
    whole[0, ::width] = 1.0
    found = linear_program(
        np.concatenate([program.cost[:pairs] @ spread, program.cost[pairs:], [penalty]]),
        sparse.hstack([given @ spread, deviation, -program.triggers[:, None]]),
        np.zeros(program.upper.shape[0]),
        sparse.hstack([sparse.vstack([flows, whole]), sparse.csr_matrix((flows.shape[0] + 1, free + 1))]),
        np.append(np.zeros(flows.shape[0]), 1.0),
        np.concatenate([np.zeros(spread.shape[1]), program.lower[pairs:], [0.0]]),
        "highs-ds",
    )
    mass = spread @ np.maximum(found.x[: spread.shape[1]], 0.0)
    return float(found.fun), float(found.x[-1]), mass, program.price(found)


def _best_column(relevant: RelevantPairs, price: np.ndarray, pure: int, end: float) -> tuple[float, np.ndarray | None]:
    """The cheapest plan that is pure for one player: where its own masses are 0 or 1, consistency makes the rest a
    product. -> (a lower bound of its price, its pure part bool[S_p], or None if time ended before there was one)."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    tree = relevant.tree
    own = np.arange(*tree.sequence_start[pure : pure + 2])
    place = relevant.place(own, tree.sequence_start[1 - pure], pure)
    whole = np.zeros(len(relevant))
    whole[place] = 1.0
    side = np.zeros(relevant.consistency.shape[0])
    side[0] = 1.0
    constraint = LinearConstraint(relevant.consistency, side, side)
    options: dict[str, Any] = {"mip_rel_gap": 0.0}
    if end < np.inf:
        options["time_limit"] = max(end - time.perf_counter(), 0.01)
    found = milp(price, integrality=whole, bounds=Bounds(0.0, 1.0), constraints=constraint, options=options)
    if found.status == 1 and end < np.inf:
        bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound)
        return bound, None if found.x is None else found.x[place] > 0.5
    if found.x is None:
        raise ArithmeticError(f"the mixed-integer program of a column was not solved: {found.message}")
    return float(found.mip_dual_bound), found.x[place] > 0.5
