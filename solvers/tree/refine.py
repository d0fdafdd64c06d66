"""Quasi-perfect equilibria of two-player zero-sum trees: optimal also where somebody slipped.

Source: Miltersen & Sørensen 2010, "Computing a quasi-perfect equilibrium of a two-player game": in a linear program
with trembles realisation plans stay at or above ε to the power of a sequence's length, and ε goes to zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm
from .cfr import behaviour
from .exact import Solved, exact_forms, slack_of, solve_vertex
from .lp import optimum, sequence_form

RESOLVED = 1e-12
"""Lower bounds smaller than this would drown in rounding."""
SMALLEST = (1e-15, 1e-13, 1e-11, 1e-9, 1e-7)
"""On the way to a limit, where exact arithmetic has the last word: the smallest lower bounds tried."""
SCALE = 2.0**14
"""Programs are multiplied by this, so that the tolerance of the solver is below the smallest lower bounds."""
TINY = 1e-14
"""What is above it counts as positive in a vertex."""


def perturbed_equilibrium(tree: GameTree, epsilon: float) -> np.ndarray:
    """The equilibrium float64[S] of the game in which a sequence of n actions has at least mass epsilon^n.

    Raises:
        ValueError: epsilon is not positive, too large for a plan to exist, or too small to be resolved.
    """
    least = _least(tree, epsilon)
    return behaviour(tree, np.concatenate(optimum(sequence_form(tree), least, scale=SCALE).plans))


def quasi_perfect_equilibrium(tree: GameTree) -> np.ndarray:
    """A quasi-perfect equilibrium, float64[S]: the limit of perturbed equilibria.

    A perturbed program tells which constraints bind; with these the plans are polynomials in ε, solved for in
    rational arithmetic. If the first coefficients show that both plans stay feasible, and each of what they use a best
    reply, for every small ε, their limit is returned; else a larger ε is tried.

    Raises:
        ValueError: not a two-player zero-sum game, or too large for exact arithmetic (see `exact_equilibrium`).
        ArithmeticError: no ε that can be resolved was small enough.
    """
    form = sequence_form(tree)
    sides, every = exact_forms(tree, form), _lengths(tree)
    lengths = every[: tree.sequence_start[1]], every[tree.sequence_start[1] :]
    deepest, largest = max(int(every.max()), 1), 0.5 / int(tree.infoset_count.max(initial=1))
    for smallest in SMALLEST:
        epsilon = min(smallest ** (1.0 / deepest), largest)
        least = epsilon ** lengths[0], epsilon ** lengths[1]
        try:
            found = optimum(form, least, scale=SCALE)
            above = [found.plans[p] - least[p] for p in range(2)]
            slack = [slack_of(form, found, p) for p in range(2)]
            if any((slack[p][above[1 - p] > TINY] > TINY).any() for p in range(2)):
                continue  # a plan uses what is no best reply
            solved = [solve_vertex(sides[p], above[p], slack[p], lengths[p].tolist(), TINY) for p in range(2)]
        except ArithmeticError:
            continue
        if all(_stays(s, length) for s, length in zip(solved, lengths)):
            return _limit(tree, [row for s in solved for row in s.plan])
    raise ArithmeticError(
        f"no perturbation of {tree.game_id or 'the game'} that doubles resolve was small enough to show its limit; "
        "give epsilon for the perturbed game's own equilibrium"
    )


def _lengths(tree: GameTree) -> np.ndarray:
    """int64[S]: the number of actions of each sequence."""
    lengths = np.zeros(tree.num_sequences, np.int64)
    for first, count, parent in zip(
        tree.infoset_first.tolist(), tree.infoset_count.tolist(), tree.infoset_parent.tolist()
    ):
        lengths[first : first + count] = lengths[parent] + 1
    return lengths


def _least(tree: GameTree, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """Both players' lower bounds."""
    widest, lengths = int(tree.infoset_count.max(initial=1)), _lengths(tree)
    if not 0.0 < epsilon <= 1.0 / widest:
        raise ValueError(
            f"epsilon must be above 0 and at most {1 / widest:.4g}, else the {widest} actions of an information set "
            f"cannot all have that probability; got {epsilon!r}"
        )
    deepest = int(lengths.max())
    if epsilon**deepest < RESOLVED:
        raise ValueError(
            f"epsilon must be at least {RESOLVED ** (1 / deepest):.3g}: sequences of {deepest} actions get epsilon^"
            f"{deepest}, which a linear program must still tell from zero; got {epsilon!r}"
        )
    low = float(epsilon) ** lengths
    return low[: tree.sequence_start[1]], low[tree.sequence_start[1] :]


def _sign(polynomial: list[Fraction]) -> int:
    """For every small positive ε."""
    return next(((x > 0) - (x < 0) for x in polynomial if x), 0)


def _stays(solved: Solved, lengths: np.ndarray) -> bool:
    """Whether the plan stays above its bound, and the opponent's best replies stay best, for every small ε."""
    for row, length in zip(solved.plan, lengths.tolist()):
        above = list(row)
        above[length] -= 1
        if _sign(above) < 0:
            return False
    return all(_sign(row) >= 0 for row in solved.slacks)


def _limit(tree: GameTree, plan: list[list[Fraction]]) -> np.ndarray:
    """The behaviour strategies for ε to zero: ratios of the first coefficients."""
    out = np.ones(tree.num_sequences)
    for first, count, parent in zip(
        tree.infoset_first.tolist(), tree.infoset_count.tolist(), tree.infoset_parent.tolist()
    ):
        power = next(d for d, x in enumerate(plan[parent]) if x)
        for j in range(first, first + count):
            out[j] = float(plan[j][power] / plan[parent][power])
    return out


def _run(
    tree: GameTree, points: Iterable[int], seed: int | np.random.Generator = 0, epsilon: float | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    found = quasi_perfect_equilibrium(tree) if epsilon is None else perturbed_equilibrium(tree, epsilon)
    yield next(iter(points)), found


ALGORITHMS = (
    Algorithm(
        "qpe",
        "Perturbed linear program",
        "exact",
        "two-player zero-sum: a quasi-perfect equilibrium, checked in rational arithmetic; with epsilon the "
        "equilibrium of the game with trembles of that size",
        "Miltersen & Sørensen 2010",
        _run,
        ("epsilon",),
        zero_sum_only=True,
        two_players_only=True,
    ),
)
