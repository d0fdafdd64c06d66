"""The equilibrium of two players that is best by an objective, by mixed integer programming.

Source: Sandholm, Gilpin & Conitzer 2005, "Mixed-integer programming methods for finding Nash equilibria", section 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .nash import NashMethod
from .polish import on_support
from .profile import Profile, StrategicForm, certified_regret

OBJECTIVES = ("welfare", "maximin", "min_support")
GOOD = 1e-8


def mip(
    form: StrategicForm, *, objective: str | Sequence[float] = "welfare", seconds: float | None = None
) -> list[Profile]:
    """The equilibrium of greatest objective, by scipy's `milp` (HiGHS).

    Args:
        objective: ``"welfare"``, the sum of payoffs; ``"maximin"``, the smaller of the two; two weights for them;
            ``"min_support"``, as few actions played as possible.
        seconds: the time limit.

    Raises:
        ValueError: an unknown objective.
        ArithmeticError: no optimum was proven within the time limit.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    m, n = form.counts
    size = 2 * (m + n) + 3  # x, y, whether each action may be played, the two values, the smaller payoff
    x, y, b, v, s = slice(0, m), slice(m, m + n), slice(m + n, 2 * (m + n)), slice(size - 3, size - 1), size - 1
    first, second = form.scaled
    cost, floor = _cost(form, objective, size, b, v, s)
    # An action's regret v - u lies between 0 and 1, and is 0 where it may be played; it may be played where x > 0.
    regret, played = np.zeros((m + n, size)), np.zeros((m + n, size))
    regret[:m, y], regret[m:, x] = -first, -second.T
    regret[:m, v.start], regret[m:, v.start + 1] = 1.0, 1.0
    regret_off = regret.copy()
    regret_off[:, b] = np.eye(m + n)
    played[:, : m + n], played[:, b] = np.eye(m + n), -np.eye(m + n)
    sums = np.zeros((2, size))
    sums[0, x] = sums[1, y] = 1.0
    low, high = np.zeros(size), np.ones(size)
    low[s], high[s] = -np.inf, np.inf
    whole = np.zeros(size)
    whole[b] = 1.0
    result = milp(
        cost,
        integrality=whole,
        bounds=Bounds(low, high),
        constraints=[
            LinearConstraint(regret, 0.0, np.inf),
            LinearConstraint(regret_off, -np.inf, 1.0),
            LinearConstraint(played, -np.inf, 0.0),
            LinearConstraint(sums, 1.0, 1.0),
            *([] if floor is None else [LinearConstraint(floor[0], -np.inf, floor[1])]),
        ],
        options={"mip_rel_gap": 1e-9, **({} if seconds is None else {"time_limit": seconds})},
    )
    if result.status != 0:
        raise ArithmeticError(f"no optimum was proven: {result.message}")
    pair = [np.where(result.x[part] > 1e-7, result.x[part], 0.0) for part in (x, y)]
    pair = [p / p.sum() for p in pair]
    candidates = [pair, on_support(form, pair) or pair]
    regrets = [certified_regret(form.scaled, c)[0] for c in candidates]
    if min(regrets) > GOOD:
        raise ArithmeticError(f"the program's solution has a regret of {min(regrets):.3g} of the range of payoffs")
    return [Profile.of(form, candidates[int(np.argmin(regrets))], method="mip")]


def _cost(
    form: StrategicForm, objective: str | Sequence[float], size: int, b: slice, v: slice, s: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray] | None]:
    """-> (what is minimised, further constraints: rows and their upper bounds)."""
    cost = np.zeros(size)
    flat = form.payoffs.reshape(2, -1)
    lows, ranges = flat.min(axis=1), np.ptp(flat, axis=1)
    unit = float(max(ranges.max(), np.abs(flat).max())) or 1.0
    if isinstance(objective, str):
        if objective not in OBJECTIVES:
            raise ValueError(f"objective must be two weights or one of {', '.join(OBJECTIVES)}; got {objective!r}")
        if objective == "maximin":  # the smaller payoff is below both
            rows = np.zeros((2, size))
            rows[:, s] = 1.0
            rows[0, v.start], rows[1, v.start + 1] = -ranges / unit
            cost[s] = -1.0
            return cost, (rows, lows / unit)
        if objective == "min_support":
            cost[b] = 1.0
            return cost, None
        weights = np.ones(2)
    else:
        weights = np.array(objective, np.float64)
        if weights.shape != (2,) or not np.isfinite(weights).all():
            raise ValueError(f"objective must be two finite weights, got {objective!r}")
    cost[v] = -weights * ranges / unit
    return cost, None


METHODS = (
    NashMethod(
        "mip",
        "mixed integer program (MIP Nash)",
        "one",
        "the equilibrium of greatest welfare, or of another objective",
        "Sandholm, Gilpin & Conitzer 2005",
        mip,
        max_players=2,
    ),
)
