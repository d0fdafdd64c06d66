"""Nash equilibria of two-player zero-sum trees by linear programming in sequence form.

Source: Koller, Megiddo & von Stengel 1996, "Efficient computation of equilibria for extensive two-person games".
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm
from .cfr import behaviour
from .evaluate import evaluate

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

TOLERANCE = 1e-10
"""What the solver may leave of a constraint; the least that HiGHS takes."""
GAP = 1e-9
"""Share of the utility range that NashConv may be before the simplex method is tried as well."""


class SequenceForm(NamedTuple):
    """A two-player zero-sum game as matrices: the first player's plan x maximises x'Ay, the second one's y minimises
    it, where ``constraints[p] @ plan == [1, 0, …, 0]`` and plans are not negative. n_p sequences, m_p information sets.
    """

    payoff: csr_matrix
    """A, float64[n_0, n_1]: the first player's chance-weighted utility of each pair of sequences."""
    constraints: tuple[csr_matrix, csr_matrix]
    """float64[m_p + 1, n_p]: the empty sequence has mass 1; what an information set's actions get came to it."""

    @property
    def swapped(self) -> SequenceForm:
        """The same game seen by the second player."""
        return SequenceForm((-self.payoff.T).tocsr(), self.constraints[::-1])

    def right_side(self, player: int) -> np.ndarray:
        """float64[m_p + 1]: 1, 0, …, 0."""
        side = np.zeros(self.constraints[player].shape[0])
        side[0] = 1.0
        return side


def require_two_player_zero_sum(tree: GameTree, what: str) -> None:
    """Raises ValueError where the game has not two players or is not zero-sum."""
    name = tree.game_id or "the game"
    if tree.num_players != 2:
        raise ValueError(f"{what} is for two players, {name} has {tree.num_players}")
    if not tree.zero_sum:
        raise ValueError(f"{what} is for zero-sum games, and {name} is not zero-sum")


def sequence_form(tree: GameTree) -> SequenceForm:
    """The matrices of a two-player zero-sum tree; leaves of one pair of sequences are merged."""
    from scipy import sparse

    require_two_player_zero_sum(tree, "the sequence form")
    start, shape = tree.sequence_start[:-1], tuple(np.diff(tree.sequence_start).tolist())
    rows, columns = (tree.leaf_sequence - start).T
    payoff = sparse.coo_matrix((tree.leaf_chance * tree.leaf_utility[:, 0], (rows, columns)), shape=shape).tocsr()
    payoff.eliminate_zeros()
    return SequenceForm(payoff, (flow_constraints(tree, 0), flow_constraints(tree, 1)))


def flow_constraints(tree: GameTree, player: int) -> csr_matrix:
    """float64[m_p + 1, n_p]: see `SequenceForm.constraints`."""
    from scipy import sparse

    start, end = tree.sequence_start[player : player + 2]
    infosets = np.arange(*tree.infoset_start[player : player + 2])
    inner = np.arange(start + 1, end)
    own = infosets - tree.infoset_start[player] + 1
    row = np.concatenate([[0], tree.sequence_infoset[inner] - tree.infoset_start[player] + 1, own])
    column = np.concatenate([[0], inner - start, tree.infoset_parent[infosets] - start])
    value = np.concatenate([np.ones(1 + len(inner)), -np.ones(len(own))])
    return sparse.csr_matrix((value, (row, column)), shape=(len(infosets) + 1, end - start))


class Optimum(NamedTuple):
    """A basic optimal solution of both players' programs."""

    plans: tuple[np.ndarray, np.ndarray]
    """float64[n_p]: realisation plans."""
    duals: tuple[np.ndarray, np.ndarray]
    """float64[m_q + 1] of the opponent q: what is left to it at each of its information sets, as the player counts."""


def optimum(
    form: SequenceForm,
    least: tuple[np.ndarray, np.ndarray] | None = None,
    method: str = "highs-ipm",
    scale: float = 1.0,
) -> Optimum:
    """Both players' optimal realisation plans, from the first player's program and its dual.

    max (A k₁)·x + (e₁ - E₁k₁)·v over E₀x = e₀, x ≥ k₀, E₁'v ≤ A'x, where plans are at least k₀, k₁ = `least` (zero if
    not given). The duals of the last rows are what the second player's plan has above k₁.

    method: ``"highs-ipm"``, the interior-point method with crossover, or ``"highs-ds"``, the dual simplex method;
    scale: the program is multiplied by it, so that the solver's tolerance is less by this factor.

    Raises:
        ValueError: no plan is as large as `least`.
        ArithmeticError: the solver gave up.
    """
    from scipy import sparse

    (first, second), n, m = form.constraints, form.payoff.shape[0], form.constraints[1].shape[0]
    low = least or tuple(np.zeros(e.shape[1]) for e in form.constraints)
    found = linear_program(
        -scale * np.concatenate([form.payoff @ low[1], form.right_side(1) - second @ low[1]]),
        sparse.hstack([-form.payoff.T, second.T]),
        np.zeros(form.payoff.shape[1]),
        sparse.hstack([first, sparse.csr_matrix((first.shape[0], m))]),
        scale * form.right_side(0),
        np.concatenate([scale * low[0], np.full(m, -np.inf)]),
        method,
    )
    plans = np.maximum(found.x[:n] / scale, low[0]), low[1] + np.maximum(-found.ineqlin.marginals / scale, 0.0)
    return Optimum(plans, (found.x[n:] / scale, found.eqlin.marginals / scale))


def linear_program(
    cost: np.ndarray,
    upper: Any,
    upper_side: np.ndarray,
    equal: Any,
    equal_side: np.ndarray,
    lower: np.ndarray,
    method: str = "highs-ipm",
    end: float = np.inf,
) -> Any:
    """min cost·z over ``upper @ z <= upper_side``, ``equal @ z == equal_side``, ``z >= lower``. -> scipy's result.

    Raises:
        ValueError: the constraints contradict each other.
        ArithmeticError: the solver gave up, or the clock (`time.perf_counter`) reached `end`.
    """
    from scipy.optimize import linprog

    options = {"primal_feasibility_tolerance": TOLERANCE, "dual_feasibility_tolerance": TOLERANCE}
    if end < np.inf:
        options["time_limit"] = max(end - time.perf_counter(), 0.01)

    result = linprog(
        cost,
        upper.tocsc(),
        upper_side,
        equal.tocsc(),
        equal_side,
        bounds=np.stack([lower, np.full(len(lower), np.inf)], axis=1),
        method=method,
        options=options,
    )
    if result.status == 1 and end < np.inf:
        raise ArithmeticError(f"the seconds passed before a linear program of {len(cost):,} unknowns was solved")
    if result.status == 2:
        raise ValueError("the linear program is infeasible: no plan satisfies its bounds")
    if result.status != 0:
        raise ArithmeticError(f"the linear program was not solved: {result.message}")
    return result


def equilibrium(tree: GameTree) -> np.ndarray:
    """A Nash equilibrium, float64[S]; uniform where the player's own plan never comes.

    The duality gap is NashConv on the tree. Where it is above 1e-9 of the utility range after the interior-point
    method, the simplex method runs too and the better result is returned.
    """
    form, best, least = sequence_form(tree), None, np.inf
    for method in ("highs-ipm", "highs-ds"):
        profile = behaviour(tree, np.concatenate(optimum(form, method=method).plans))
        gap = evaluate(tree, profile).nash_conv
        if best is None or gap < least:
            best, least = profile, gap
        if least <= GAP * tree.utility_range:
            break
    assert best is not None
    return best


def _run(
    tree: GameTree, points: Iterable[int], seed: int | np.random.Generator = 0, exact: bool = False
) -> Iterator[tuple[int, np.ndarray]]:
    if exact:
        from .exact import exact_equilibrium

        yield next(iter(points)), exact_equilibrium(tree).policy.probabilities.copy()
    else:
        yield next(iter(points)), equilibrium(tree)


ALGORITHMS = (
    Algorithm(
        "lp",
        "Sequence-form linear program",
        "exact",
        "two-player zero-sum: a Nash equilibrium, to rounding; with exact=True to rational arithmetic",
        "Koller, Megiddo & von Stengel 1996",
        _run,
        ("exact",),
        zero_sum_only=True,
        two_players_only=True,
    ),
)
