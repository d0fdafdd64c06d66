"""Two-player zero-sum games by linear programming.

Source: von Neumann 1928; Dantzig 1951, "A proof of the equivalence of the programming problem and the game problem".
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .nash import NashMethod
from .profile import Profile, StrategicForm


def lp(form: StrategicForm) -> Iterator[Profile]:
    """One equilibrium from the row player's program and its dual, by HiGHS.

    Raises:
        ArithmeticError: the solver gave up.
    """
    row, column, _ = maximin(form.scaled[0])
    yield Profile.of(form, (row, column), method="lp")


def maximin(payoffs: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Of payoffs float64[m, n] to the row player. -> (row's maximin strategy, column's minimax strategy, value)."""
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
        "linear program of zero-sum games (HiGHS)",
        "one",
        "one equilibrium of any two-player zero-sum or constant-sum game",
        "von Neumann 1928; Dantzig 1951",
        lp,
        max_players=2,
        zero_sum_only=True,
    ),
)
