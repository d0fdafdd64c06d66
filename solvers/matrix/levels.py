"""Level-k reasoning and cognitive hierarchies: players who each think that the others think less far.

Level 0 plays uniformly (or as told). At level k, in the level-k model everybody responds to others of level k - 1
(Stahl & Wilson 1995; Nagel 1995); in the cognitive hierarchy to others of the levels below, in the proportions of a
Poisson distribution (Camerer, Ho & Chong 2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .payoffs import mixed_profile, payoffs_of
from .profile import Profile, StrategicForm, deviation_payoffs

TIE = 1e-12
"""What counts as equally good, in units of a player's range of payoffs."""


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """What players of each level play.

    Attributes:
        levels: for each level from 0 a `Profile`: what each player of that level plays.
        shares: float64[K + 1]: how many players are of each level.
        play: the `Profile` that is observed: the levels' strategies in these proportions.
    """

    levels: tuple[Profile, ...]
    shares: np.ndarray
    play: Profile


def level_k(game: Any, level: int, *, start: Sequence[Any] | None = None, lam: float = np.inf) -> Profile:
    """The profile that players of one level play.

    Args:
        game: a `MatrixGame`, its id, payoffs [P, A0, …], or a one-shot game.
        level: 0 or more.
        start: what level 0 plays: for each player float64[A_p]; uniform if None.
        lam: precision of the responses: infinite: best responses, ties split evenly; else logit responses.

    Raises:
        ValueError: a negative level or precision, or strategies that are none.
    """
    if int(level) != level or level < 0:
        raise ValueError(f"level must be an integer, 0 or more, got {level!r}")
    return _levels(payoffs_of(game), int(level), start, lam, None)[-1]


def cognitive_hierarchy(
    game: Any, tau: float = 1.5, *, levels: int = 15, start: Sequence[Any] | None = None, lam: float = np.inf
) -> Hierarchy:
    """The Poisson cognitive hierarchy: level k responds to levels below k in their true proportions.

    Args:
        game, start, lam: as for `level_k`.
        tau: the mean level.
        levels: the highest level; the proportions are those of the Poisson distribution up to there.

    Raises:
        ValueError: a negative `tau`, no levels, or as for `level_k`.
    """
    if not (np.isfinite(tau) and tau >= 0.0):
        raise ValueError(f"tau must be a finite number, 0 or more, got {tau!r}")
    if int(levels) != levels or levels < 1:
        raise ValueError(f"levels must be a positive integer, got {levels!r}")
    payoffs = payoffs_of(game)
    # Each term from the one before: no factorials.
    shares = np.cumprod(np.concatenate([[1.0], tau / np.arange(1, int(levels) + 1)]))
    shares /= shares.sum()
    profiles = _levels(payoffs, int(levels), start, lam, shares)
    return Hierarchy(profiles, shares, _mixed(payoffs, profiles, shares, "cognitive hierarchy"))


def _levels(
    payoffs: np.ndarray, most: int, start: Sequence[Any] | None, lam: float, shares: np.ndarray | None
) -> tuple[Profile, ...]:
    """The profiles of levels 0 to `most`; the belief is the level below, or all below in proportion to `shares`."""
    if not lam >= 0.0:
        raise ValueError(f"lam must be 0 or more, got {lam!r}")
    uniform = [np.full(n, 1.0 / n) for n in payoffs.shape[1:]]
    profiles = [mixed_profile(payoffs, uniform if start is None else start)]
    for k in range(1, most + 1):
        belief = profiles[-1]
        if shares is not None and shares[:k].sum() > 0.0:
            belief = _mixed(payoffs, profiles, shares[:k], "belief")
        played = [respond(payoffs, belief, p, lam) for p in range(len(payoffs))]
        profiles.append(Profile.of(StrategicForm(payoffs), played, method=f"level {k}"))
    return tuple(profiles)


def _mixed(payoffs: np.ndarray, profiles: Sequence[Profile], shares: np.ndarray, method: str) -> Profile:
    """Each player's strategies mixed in proportions; levels are drawn independently for each player."""
    mixed = [sum(w * profile[p] for w, profile in zip(shares, profiles)) for p in range(len(payoffs))]
    return Profile.of(StrategicForm(payoffs), mixed, method=method)


def respond(payoffs: np.ndarray, profile: Sequence[np.ndarray], player: int, lam: float = np.inf) -> np.ndarray:
    """float64[A_p]: the best response, ties split evenly, or the logit response of precision `lam`."""
    worth = deviation_payoffs(payoffs[player] - payoffs[player].min(), profile, player)
    if np.isinf(lam):
        best = worth >= worth.max() - TIE * float(np.ptp(payoffs[player]))
        return best / best.sum()
    power = np.exp(lam * (worth - worth.max()))
    return power / power.sum()
