"""Equilibria of any number of players by the global Newton method (Govindan & Wilson 2003)."""

from __future__ import annotations

import numpy as np

from .homotopy import game_payoffs, random_bonus, zeros_of_path
from .nash import NashMethod
from .polish import polished
from .profile import Profile, StrategicForm, certified_regret

GOOD = 1e-9


def global_newton(
    form: StrategicForm, *, rays: int = 1, seed: int | np.random.Generator = 0, max_rays: int = 20
) -> list[Profile]:
    """The equilibria on the paths from `rays` random directions, each once.

    A path runs through equilibria of the games with bonuses λg. It goes from one pure profile to another, and crosses
    λ = 0 an odd number of times.

    Args:
        rays: how many paths are followed to their end.
        max_rays: how many may be begun; a degenerate game can lose a path.

    Raises:
        ValueError: `rays` below 1.
        ArithmeticError: no path brought an equilibrium.
    """
    if rays < 1:
        raise ValueError(f"rays must be at least 1, got {rays!r}")
    rng = np.random.default_rng(seed)
    found: list[Profile] = []
    ended = 0
    for _ in range(max(max_rays, rays)):
        try:
            for x in zeros_of_path(form.counts, game_payoffs(form), random_bonus(form.counts, rng)):
                profile = Profile.of(form, polished(form, x), method="global_newton")
                good = certified_regret(form.scaled, profile)[0] <= GOOD
                if good and not any(_near(profile, other) for other in found):
                    found.append(profile)
            ended += 1
        except ArithmeticError:  # this path was lost; what it had crossed by then stands
            continue
        if ended >= rays and found:
            return found
    if not found:
        raise ArithmeticError(f"none of {max(max_rays, rays)} paths came to an equilibrium; 'logit' may")
    return found


def _near(a: Profile, b: Profile) -> bool:
    return all(np.abs(s - t).max() < 1e-8 for s, t in zip(a, b))


METHODS = (
    NashMethod(
        "global_newton",
        "global Newton method",
        "one",
        "at least one equilibrium of almost every game, an odd number for each ray (counted with repetitions)",
        "Govindan & Wilson 2003",
        global_newton,
    ),
)
