"""Equilibria in rational arithmetic: a floating-point vertex tells which constraints bind, Fractions do the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...games.policy import Policy, as_tree
from ...games.rules import CHANCE
from ...games.tree import END, GameTree
from .lp import Optimum, SequenceForm, optimum, sequence_form

if TYPE_CHECKING:
    from ...games.game import Game

MOST_SEQUENCES = 60_000
"""Larger games are refused: the numbers' digits grow with the game."""
SMALL_DENOMINATOR = 10**6
ZERO = Fraction(0)


class ExactEquilibrium(NamedTuple):
    """An equilibrium of a two-player zero-sum game, every inequality checked with rational numbers."""

    value: Fraction
    """To the first player."""
    plans: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    """Both players' realisation plans, over their sequences in the tree's order."""
    policy: Policy
    """The nearest doubles of the behaviour strategies; uniform where the player's own plan never comes."""


class ExactForm(NamedTuple):
    """A game as one player sees it, in rational numbers: n own sequences, m the opponent's."""

    payoff: list[dict[int, Fraction]]
    """m rows {own sequence: utility}, one for each sequence of the opponent."""
    flows: list[dict[int, int]]
    """The own plan's constraints; the right side is 1, 0, …, 0."""
    other_flows: list[dict[int, int]]
    """Transposed: for each sequence of the opponent {constraint: coefficient}."""
    size: int
    """n."""


def exact_equilibrium(game: Game | GameTree) -> ExactEquilibrium:
    """An exact equilibrium of a small two-player zero-sum game.

    Chance probabilities and utilities stand for the simplest fractions that round to them (0.333… is 1/3), where
    there is one with a denominator up to a million and a chance node's still sum to one.

    Raises:
        ValueError: not a two-player zero-sum game, or one with more than 60,000 sequences.
        ArithmeticError: the floating-point vertex was too inaccurate to show which constraints bind.
    """
    tree = as_tree(game)
    form = sequence_form(tree)
    sides, found = exact_forms(tree, form), optimum(form)
    first, second = (solve_vertex(side, found.plans[p], slack_of(form, found, p)) for p, side in enumerate(sides))
    for solved in (first, second):
        if min(x[0] for x in solved.plan) < 0 or min(x[0] for x in solved.slacks) < 0:
            raise ArithmeticError("the vertex that floating point found is not optimal in exact arithmetic")
    value = first.duals[0][0]
    if value + second.duals[0][0] != 0:
        raise ArithmeticError("the players' exact values differ: floating point found no optimal vertices")
    plans = tuple(x[0] for x in first.plan), tuple(x[0] for x in second.plan)
    weights = np.array([float(x) for plan in plans for x in plan])
    return ExactEquilibrium(value, plans, Policy.from_weights(tree, weights))


def slack_of(form: SequenceForm, found: Optimum, player: int) -> np.ndarray:
    """float64[m]: by how much each sequence of the opponent is worse than its best reply to the player's plan."""
    seen = form if player == 0 else form.swapped
    return seen.payoff.T @ found.plans[player] - seen.constraints[1].T @ found.duals[player]


def rational(x: float) -> Fraction:
    """The simplest fraction with a denominator up to a million that rounds to x; else x itself."""
    simple = Fraction(x).limit_denominator(SMALL_DENOMINATOR)
    return simple if float(simple) == x else Fraction(x)


def exact_forms(tree: GameTree, form: SequenceForm) -> tuple[ExactForm, ExactForm]:
    """The game as each player sees it.

    Raises:
        ValueError: more than 60,000 sequences.
    """
    if tree.num_sequences > MOST_SEQUENCES:
        raise ValueError(
            f"exact arithmetic is for games of at most {MOST_SEQUENCES} sequences, "
            f"{tree.game_id or 'the game'} has {tree.num_sequences}"
        )
    chance, sizes = exact_leaf_chance(tree), np.diff(tree.sequence_start).tolist()
    rows: tuple[list[dict[int, Fraction]], ...] = tuple([{} for _ in range(size)] for size in reversed(sizes))
    leaves = (tree.leaf_sequence - tree.sequence_start[:-1]).tolist()
    for (a, b), weight, utility in zip(leaves, chance, tree.leaf_utility[:, 0].tolist()):
        gain = weight * rational(utility)
        rows[0][b][a] = rows[0][b].get(a, ZERO) + gain
        rows[1][a][b] = rows[1][a].get(b, ZERO) - gain
    for row in (*rows[0], *rows[1]):
        for j in [j for j, x in row.items() if not x]:
            del row[j]
    flows = [_rows(e) for e in form.constraints]
    transposed = [_rows(e.T.tocsr()) for e in form.constraints]
    return tuple(ExactForm(rows[p], flows[p], transposed[1 - p], sizes[p]) for p in range(2))  # type: ignore[return-value]


def exact_leaf_chance(tree: GameTree) -> list[Fraction]:
    """The chance to come to each leaf."""
    reach, leaves = [Fraction(1)] * tree.num_histories, [ZERO] * tree.num_leaves
    stack = [0]
    while stack:
        v = stack.pop()
        children = range(tree.node_first[v], tree.node_first[v] + tree.node_count[v])
        if tree.node_player[v] == END:
            leaves[tree.node_index[v]] = reach[v]
        elif tree.node_player[v] == CHANCE:
            edges = [rational(float(tree.node_prob[w])) for w in children]
            if sum(edges) != 1:
                raw = [Fraction(float(tree.node_prob[w])) for w in children]
                edges = [p / sum(raw) for p in raw]
            for w, p in zip(children, edges):
                reach[w] = reach[v] * p
        else:
            for w in children:
                reach[w] = reach[v]
        stack.extend(children)
    return leaves


def _rows(matrix) -> list[dict[int, int]]:
    bounds, columns, values = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
    return [{columns[k]: int(values[k]) for k in range(a, b)} for a, b in pairwise(bounds)]


class Solved(NamedTuple):
    """One player's program at a vertex; an entry is the list of its coefficients at the powers 0, 1, … of the
    perturbation (a single one where there is none)."""

    plan: list[list[Fraction]]
    """n entries."""
    duals: list[list[Fraction]]
    """m + 1 entries."""
    slacks: list[list[Fraction]]
    """By how much each sequence of the opponent is worse than its best reply."""


def solve_vertex(
    side: ExactForm, above: np.ndarray, slack: np.ndarray, lengths: Sequence[int] | None = None, tiny: float = 1e-9
) -> Solved:
    """The vertex at which plans with `above` <= tiny lie on their bound and rows with `slack` <= tiny bind.

    above, slack: float64[n], float64[m], of the vertex in floating point; lengths: of the player's sequences, where a
    plan is bounded below by ε to the power of the length (without it by zero).

    Raises:
        ArithmeticError: the binding constraints contradict each other.
    """
    degrees = 1 if lengths is None else 1 + max(lengths)
    unknown = np.flatnonzero(above > tiny).tolist()
    column = {j: k for k, j in enumerate(unknown)}
    rows: list[dict[int, Fraction]] = []
    sides: list[list[Fraction]] = []

    def known(row: Mapping[int, Fraction | int]) -> list[Fraction]:
        """The row times the plan's lower bound."""
        total = [ZERO] * degrees
        if lengths is not None:
            for j, x in row.items():
                total[lengths[j]] += x
        return total

    for h, flow in enumerate(side.flows):
        rows.append({column[j]: Fraction(x) for j, x in flow.items() if j in column})
        sides.append([-x for x in known(flow)])
        sides[-1][0] += h == 0
    for r in np.flatnonzero(slack <= tiny).tolist():
        row = {column[j]: -x for j, x in side.payoff[r].items() if j in column}
        row |= {len(unknown) + h: Fraction(x) for h, x in side.other_flows[r].items()}
        rows.append(row)
        sides.append(known(side.payoff[r]))
    num_duals = 1 + max(h for row in side.other_flows for h in row)
    found = eliminate(rows, sides, len(unknown) + num_duals, degrees)
    plan = [[ZERO] * degrees for _ in range(side.size)]
    for j, x in zip(unknown, found):
        plan[j] = x
    for j, length in enumerate(lengths or ()):
        plan[j] = [*plan[j]]
        plan[j][length] += 1
    duals = found[len(unknown) :]
    slacks = []
    for row, other in zip(side.payoff, side.other_flows):
        gain = [sum((x * plan[j][d] for j, x in row.items()), ZERO) for d in range(degrees)]
        slacks.append([g - sum(x * duals[h][d] for h, x in other.items()) for d, g in enumerate(gain)])
    return Solved(plan, duals, slacks)


def eliminate(
    rows: list[dict[int, Fraction]], sides: list[list[Fraction]], unknowns: int, width: int
) -> list[list[Fraction]]:
    """Solves sparse linear equations for several right sides at once; unknowns that stay free are zero.

    The shortest row is eliminated next, by its entry in the emptiest column (Markowitz 1957).

    Raises:
        ArithmeticError: there is no solution.
    """
    holders: list[set[int]] = [set() for _ in range(unknowns)]
    for r, row in enumerate(rows):
        for j in row:
            holders[j].add(r)
    queue = [(len(row), r) for r, row in enumerate(rows)]
    heapify(queue)
    pivots: list[tuple[int, int]] = []
    done = [False] * len(rows)
    while queue:
        size, r = heappop(queue)
        row, side = rows[r], sides[r]
        if done[r] or size != len(row):
            continue
        done[r] = True
        if not row:
            if any(side):
                raise ArithmeticError("the constraints that floating point found binding contradict each other")
            continue
        pivot = min(row, key=lambda j: len(holders[j]))
        for j in row:
            holders[j].discard(r)
        pivots.append((r, pivot))
        for other in holders[pivot]:
            target = rows[other]
            factor = target.pop(pivot) / row[pivot]
            for j, x in row.items():
                if j == pivot:
                    continue
                left = target.get(j, ZERO) - factor * x
                if left:
                    target[j] = left
                    holders[j].add(other)
                elif j in target:
                    del target[j]
                    holders[j].discard(other)
            sides[other] = [b - factor * a for a, b in zip(side, sides[other])]
            heappush(queue, (len(target), other))
        holders[pivot] = set()
    solution = [[ZERO] * width for _ in range(unknowns)]
    for r, pivot in reversed(pivots):
        total = list(sides[r])
        for j, x in rows[r].items():
            if j != pivot:
                total = [t - x * s for t, s in zip(total, solution[j])]
        solution[pivot] = [t / rows[r][pivot] for t in total]
    return solution
