"""The core of cooperative games, the least core, and the nucleolus by successive linear programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .coalitions import CoalitionalGame, coalitional_game

TOLERANCE = 1e-9
"""In units of the range of worths."""
MOST_PLAYERS = 14
"""Of the linear programs: 16,384 coalitions."""


@dataclass(frozen=True, eq=False)
class LeastCore:
    """The least ε for which some division gives every coalition its worth minus ε, and one such division.

    Attributes:
        epsilon: the core is empty exactly if it is positive.
        payoffs: float64[n].
    """

    epsilon: float
    payoffs: np.ndarray


def in_core(game: Any, payoffs: Any, players: int | None = None) -> bool:
    """Whether a division of the grand coalition's worth leaves no coalition anything to gain by leaving."""
    table = coalitional_game(game, players)
    excess = table.excess(payoffs)
    slack = TOLERANCE * _scale(table) * table.num_players
    return bool(abs(excess[-1]) <= slack and excess.max() <= slack)


def core_point(game: Any, players: int | None = None) -> np.ndarray | None:
    """float64[n]: a division in the core, far from its borders (in the least core); None where the core is empty."""
    table = coalitional_game(game, players)
    found = least_core(table)
    return found.payoffs if found.epsilon <= TOLERANCE * _scale(table) else None


def least_core(game: Any, players: int | None = None) -> LeastCore:
    """One linear program (Maschler, Peleg & Shapley 1979).

    Raises:
        ValueError: more than 14 players.
        ArithmeticError: HiGHS gave up.
    """
    table = _small(coalitional_game(game, players))
    if table.num_players == 1:
        return LeastCore(0.0, table.values[1:].copy())
    free = np.arange(1, len(table.values) - 1)
    epsilon, x, _ = _least(table, free, np.zeros((0, table.num_players)), np.zeros(0), rational=False)
    return LeastCore(epsilon, x)


def nucleolus(game: Any, players: int | None = None) -> np.ndarray:
    """float64[n]: the division that makes the largest excess as small as possible, then the second largest, and so on,
    among those that give nobody less than it is worth alone (Schmeidler 1969).

    In each round the coalitions whose excess cannot fall below the optimum are fixed there: those with a positive
    dual price (Kopelowitz 1967). At most n - 1 rounds.

    Raises:
        ValueError: more than 14 players, or the players alone are worth more than all together.
        ArithmeticError: HiGHS gave up.
    """
    table = _small(coalitional_game(game, players))
    n, v = table.num_players, table.values
    alone = v[1 << np.arange(n)]
    scale = _scale(table)
    if alone.sum() > v[-1] + TOLERANCE * scale * n:
        raise ValueError(f"alone the players are worth {alone.sum():g}, together {v[-1]:g}: nobody can be given enough")
    members = table.members.astype(float)
    rows, sides = members[-1:], v[-1:]
    free = np.arange(1, len(v) - 1)
    while np.linalg.matrix_rank(rows) < n:
        # The excess of coalitions that the fixed ones span does not change any more.
        basis = np.linalg.svd(rows)[2][np.linalg.matrix_rank(rows) :]
        free = free[np.abs(members[free] @ basis.T).max(axis=1) > 1e-9]
        epsilon, _, prices = _least(table, free, rows, sides, rational=True)
        tight = free[prices > 1e-7]
        rows, sides = np.vstack([rows, members[tight]]), np.append(sides, v[tight] - epsilon)
    return np.linalg.lstsq(rows, sides, rcond=None)[0]


def _least(
    table: CoalitionalGame, free: np.ndarray, rows: np.ndarray, sides: np.ndarray, rational: bool
) -> tuple[float, np.ndarray, np.ndarray]:
    """min ε with x(S) >= v(S) - ε for the free coalitions, rows·x = sides. -> (ε, x, the free coalitions' prices)."""
    from scipy.optimize import linprog

    n, v = table.num_players, table.values
    cost = np.append(np.zeros(n), 1.0)
    above = -np.hstack([table.members[free].astype(float), np.ones((len(free), 1))])
    equal = np.vstack([rows, np.ones(n)]) if not len(rows) else rows
    right = sides if len(sides) else v[-1:]
    bounds = [(v[1 << i] if rational else None, None) for i in range(n)] + [(None, None)]
    scale = _scale(table)
    found = linprog(
        cost,
        above,
        -v[free] / scale,
        np.hstack([equal, np.zeros((len(equal), 1))]),
        right / scale,
        [(low / scale if low is not None else None, high) for low, high in bounds],
        method="highs-ds",
    )
    if found.status != 0:
        raise ArithmeticError(f"the linear program of the coalitions' excesses was not solved: {found.message}")
    return float(found.fun) * scale, found.x[:n] * scale + 0.0, -found.ineqlin.marginals


def _scale(table: CoalitionalGame) -> float:
    return float(np.ptp(table.values)) or 1.0


def _small(table: CoalitionalGame) -> CoalitionalGame:
    if table.num_players > MOST_PLAYERS:
        raise ValueError(
            f"linear programs over coalitions take at most {MOST_PLAYERS} players, got {table.num_players}"
        )
    return table
