"""One equilibrium of any number of players as a zero of a Liapunov function (McKelvey 1991)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .homotopy import game_payoffs
from .nash import NashMethod
from .polish import polished
from .profile import Profile, StrategicForm, certified_regret

GOOD = 1e-10


def liapunov(form: StrategicForm, *, starts: int = 50, seed: int | np.random.Generator = 0) -> list[Profile]:
    """Minimises the sum of squared gains of all actions over the product of simplices (SLSQP), from random starts.

    The function is zero exactly at equilibria, but has other local minima; hence the starts.

    Raises:
        ValueError: `starts` below 1.
        ArithmeticError: no start ended at an equilibrium.
    """
    from scipy.optimize import minimize

    if starts < 1:
        raise ValueError(f"starts must be at least 1, got {starts!r}")
    rng = np.random.default_rng(seed)
    ends = list(pairwise(np.cumsum([0, *form.counts]).tolist()))
    owner = np.repeat(np.arange(form.num_players), form.counts)
    sums = (owner[None] == np.arange(form.num_players)[:, None]).astype(np.float64)
    payoffs = game_payoffs(form)

    def function(z: np.ndarray) -> tuple[float, np.ndarray]:
        worth, slope = payoffs([z[a:b] for a, b in ends])
        gain = np.maximum(worth - (sums @ (z * worth))[owner], 0.0)
        # A gain changes by its own worth's slope, less the change of what the player gets in all.
        total = sums @ gain
        gradient = gain @ slope - (total[owner] * z) @ slope - total[owner] * worth
        return float(gain @ gain), 2.0 * gradient

    best = np.inf
    for _ in range(starts):
        start = np.concatenate([rng.dirichlet(np.ones(n)) for n in form.counts])
        result = minimize(
            function,
            start,
            jac=True,
            method="SLSQP",
            bounds=[(0.0, 1.0)] * len(start),
            constraints={"type": "eq", "fun": lambda z: sums @ z - 1.0, "jac": lambda z: sums},
            options={"maxiter": 500, "ftol": 1e-18},
        )
        parts = [np.maximum(result.x[a:b], 0.0) for a, b in ends]
        if not all(np.isfinite(x).all() and x.sum() > 0.0 for x in parts):
            continue
        x = polished(form, [x / x.sum() for x in parts])
        regret = certified_regret(form.scaled, x)[0]
        best = min(best, regret)
        if regret <= GOOD:
            return [Profile.of(form, x, method="liapunov")]
    raise ArithmeticError(
        f"{starts} starts ended in local minima, at best at a regret of {best:.3g} of the range of payoffs: "
        "give more starts"
    )


METHODS = (
    NashMethod(
        "liapunov",
        "minimisation of a Liapunov function",
        "one",
        "one equilibrium, where one of the random starts ends at a zero; an error otherwise",
        "McKelvey 1991",
        liapunov,
    ),
)
