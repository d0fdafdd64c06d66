"""Two-player zero-sum games by linear programming.

Source: von Neumann 1928; Dantzig 1951, "A proof of the equivalence of the programming problem and the game problem".
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .nash import NashMethod
from .profile import Profile, StrategicForm, certified_regret

SOUND = 1e-11
"""The regret, with payoffs scaled to [0, 1], that pivoting in floats may leave."""


def lp(form: StrategicForm) -> Iterator[Profile]:
    """One equilibrium from the row player's program and its dual.

    A dense tableau is pivoted first; where rounding leaves a regret above `SOUND`, HiGHS solves the program.

    Raises:
        ArithmeticError: HiGHS gave up.
    """
    pair = _by_pivots(form) or maximin(form.scaled[0])[:2]
    yield Profile.of(form, pair, method="lp")


def _by_pivots(form: StrategicForm) -> list[np.ndarray] | None:
    """The simplex method on max Σy over (1 + A)y <= 1, whose dual is the row player's strategy; None where it fails."""
    from . import _tableau
    from .polish import on_support

    payoffs = form.scaled[0]
    m, n = payoffs.shape
    table = np.ones((m + 1, n + 1))
    table[:m, :n] += payoffs
    table[m, :n], table[m, n] = -1.0, 0.0
    basic, nonbasic = np.arange(n, n + m), np.arange(n)
    status, _ = _tableau.simplex(table, basic, nonbasic, 50 * (m + n))
    if status != _tableau.DONE:
        return None
    x, y = np.zeros(m), np.zeros(n)
    inside, slack = basic < n, nonbasic >= n
    y[basic[inside]] = np.maximum(table[:m][inside, n], 0.0)
    x[nonbasic[slack] - n] = np.maximum(table[m, :n][slack], 0.0)
    pair = [x / x.sum(), y / y.sum()]
    for candidate in (pair, on_support(form, pair)):
        if candidate is not None and certified_regret(form.scaled, candidate)[0] <= SOUND:
            return candidate
    return None


def maximin(payoffs: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Payoffs float64[m, n] to the row player. -> (maximin strategy, column's minimax strategy, value), by HiGHS."""
    from scipy.optimize import linprog

    m, n = payoffs.shape
    if m > n:  # the program with fewer variables is the faster one
        column, row, value = maximin(-payoffs.T)
        return row, column, -value
    # max v over v <= (A'x)_j, x in the simplex
    result = linprog(
        np.append(np.zeros(m), -1.0),
        np.column_stack([-payoffs.T, np.ones(n)]),
        np.zeros(n),
        np.append(np.ones(m), 0.0)[None],
        [1.0],
        bounds=[(0.0, None)] * m + [(None, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if result.status != 0:
        raise ArithmeticError(f"the linear program was not solved: {result.message}")
    return np.maximum(result.x[:m], 0.0), np.maximum(-result.ineqlin.marginals, 0.0), float(-result.fun)


METHODS = (
    NashMethod(
        "lp",
        "linear program of zero-sum games",
        "one",
        "one equilibrium of any two-player zero-sum or constant-sum game",
        "von Neumann 1928; Dantzig 1951",
        lp,
        max_players=2,
        zero_sum_only=True,
    ),
)
