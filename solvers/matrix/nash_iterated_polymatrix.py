"""One equilibrium of any number of players by iterated polymatrix approximation (Govindan & Wilson 2004)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .homotopy import Payoffs, game_payoffs, random_bonus, slopes, zeros_of_path
from .nash import NashMethod
from .polish import polished
from .profile import Profile, StrategicForm, certified_regret

NAME = "iterated_polymatrix"
GOOD = 1e-10


def iterated_polymatrix(
    form: StrategicForm, *, seed: int | np.random.Generator = 0, iterations: int = 30, restarts: int = 20
) -> list[Profile]:
    """Solves, again and again, the polymatrix game that agrees to first order with the game at the last solution.

    Polymatrix games are solved along their piecewise linear path; two-player games are polymatrix, and done at once.

    Args:
        iterations: approximations for each random ray.
        restarts: rays.

    Raises:
        ArithmeticError: it did not converge from any ray.
    """
    rng = np.random.default_rng(seed)
    best = np.inf
    for _ in range(restarts):
        bonus = random_bonus(form.counts, rng)
        x = [rng.dirichlet(np.ones(n)) for n in form.counts]
        for _ in range(iterations):
            try:
                y = next(zeros_of_path(form.counts, _polymatrix(form, x), bonus))
            except (ArithmeticError, StopIteration):
                break
            better = polished(form, y)
            regret = certified_regret(form.scaled, better)[0]
            best = min(best, regret)
            if regret <= GOOD:
                return [Profile.of(form, better, method=NAME)]
            step = min((1.0, 0.5, 0.25, 0.1), key=lambda s: certified_regret(form.scaled, _between(x, y, s))[0])
            x = _between(x, y, step)
    raise ArithmeticError(
        f"no convergence from {restarts} rays: the least regret was {best:.3g} of the range of payoffs; methods that "
        "always come to an end: 'simplicial'; that do for almost every game: 'logit', 'global_newton'"
    )


def _between(x: Sequence[np.ndarray], y: Sequence[np.ndarray], share: float) -> list[np.ndarray]:
    return [(1.0 - share) * a + share * b for a, b in zip(x, y)]


def _polymatrix(form: StrategicForm, at: Sequence[np.ndarray]) -> Payoffs:
    """u(x) + Du(x)(y - x), which is a sum of one matrix for each pair of players."""
    slope, worth = slopes(form, at), game_payoffs(form)(at)[0]
    constant = worth - slope @ np.concatenate(at)

    def evaluate(y: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return constant + slope @ np.concatenate(y), slope

    return evaluate


METHODS = (
    NashMethod(
        NAME,
        "iterated polymatrix approximation",
        "one",
        "one equilibrium where it converges, which is most often; an error otherwise. Two players: almost every game",
        "Govindan & Wilson 2004",
        iterated_polymatrix,
    ),
)
