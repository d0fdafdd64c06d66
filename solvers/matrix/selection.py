"""Choosing among equilibria, and what they cost: payoff and risk dominance, welfare, entropy, price of anarchy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .correlated import correlated
from .incentives import concept_of
from .payoffs import mixed_profile, payoffs_of, two_player_payoffs
from .profile import Profile, StrategicForm, deviation_payoffs

CRITERIA = ("welfare", "maximin", "max_entropy")


def equilibria_of(game: Any) -> list[Profile]:
    """The equilibria to choose from: all extreme ones of a two-player game, else the pure ones.

    Raises:
        ValueError: more than two players and no pure equilibrium.
    """
    from .nash import nash

    payoffs = payoffs_of(game)
    if len(payoffs) == 2:
        return nash(StrategicForm(payoffs), "vertex_enumeration")
    found = nash(StrategicForm(payoffs), "pure")
    if not found:
        raise ValueError(
            f"this game of {len(payoffs)} players has no pure equilibrium: give the equilibria to choose from, for "
            "instance those of ludus.solvers.nash with a method for several players"
        )
    return found


def select(game: Any, criterion: str = "welfare", equilibria: Sequence[Any] | None = None) -> Profile:
    """The equilibrium that is best by a criterion.

    Args:
        game: a `MatrixGame`, its id, or payoffs [P, A0, …].
        criterion: ``"welfare"``: largest sum of payoffs; ``"maximin"``: largest smallest payoff; ``"max_entropy"``:
            largest sum of the strategies' entropies. Among extreme equilibria the first is attained wherever it is
            at all; the others only among those given.
        equilibria: profiles to choose from; those of `equilibria_of` if None.

    Raises:
        ValueError: an unknown criterion, or nothing to choose from.
    """
    if criterion not in CRITERIA:
        raise ValueError(f"criterion must be one of {', '.join(map(repr, CRITERIA))}, got {criterion!r}")
    profiles = _profiles(game, equilibria)
    score = {"welfare": lambda e: e.payoffs.sum(), "maximin": lambda e: e.payoffs.min(), "max_entropy": _entropy}
    return max(profiles, key=score[criterion])


def _profiles(game: Any, equilibria: Sequence[Any] | None) -> list[Profile]:
    payoffs = payoffs_of(game)
    profiles = equilibria_of(StrategicForm(payoffs)) if equilibria is None else list(equilibria)
    if not profiles:
        raise ValueError("equilibria must hold one profile at least")
    return [mixed_profile(payoffs, e) for e in profiles]


def _entropy(profile: Profile) -> float:
    """In nats, summed over the players."""
    return float(-sum(x[x > 0.0] @ np.log(x[x > 0.0]) for x in profile))


def payoff_dominant(game: Any, equilibria: Sequence[Any] | None = None) -> Profile | None:
    """The equilibrium that pays every player at least what each other does, and somebody more; None if there is none.

    Arguments and errors as for `select` (Harsanyi & Selten 1988).
    """
    profiles = _profiles(game, equilibria)
    size = max(float(np.abs(e.payoffs).max()) for e in profiles)
    best = max(profiles, key=lambda e: e.payoffs.sum())
    others = [e for e in profiles if e is not best]
    if all(
        (best.payoffs >= e.payoffs - 1e-9 * size).all() and (best.payoffs > e.payoffs + 1e-9 * size).any()
        for e in others
    ):
        return best
    return None


def risk_dominant(game: Any, first: Sequence[int] = (0, 0), second: Sequence[int] = (1, 1)) -> Profile | None:
    """Which of two strict equilibria in pure strategies of a two-player game dominates the other in risk.

    The one with the larger product of what the players lose by deviating to the other (Harsanyi & Selten 1988, section
    3.9, for the 2×2 game of the two). -> its profile; None if the products are equal.

    Args:
        first, second: the actions of both players; they differ for both.

    Raises:
        ValueError: not two players, actions that do not exist, or that are no strict equilibria of the 2×2 game.
    """
    payoffs = two_player_payoffs(game, "risk_dominant", "compare equilibria by select or payoff_dominant")
    counts = payoffs.shape[1:]
    for name, actions in (("first", first), ("second", second)):
        if len(actions) != 2 or not all(0 <= a < n for a, n in zip(actions, counts)):
            raise ValueError(f"{name} must hold an action of each player, below {counts}, got {actions!r}")
    (a, b), (c, d) = first, second
    losses = []
    for (i, j), (k, l) in (((a, b), (c, d)), ((c, d), (a, b))):
        losses.append((payoffs[0, i, j] - payoffs[0, k, j], payoffs[1, i, j] - payoffs[1, i, l]))
    if min(min(pair) for pair in losses) <= 0.0:
        raise ValueError(
            f"{tuple(first)} and {tuple(second)} are not both strict equilibria of the game of their actions"
        )
    # Ratios instead of products: payoffs of any size.
    left, right = losses[0][0] / losses[1][0], losses[1][1] / losses[0][1]
    if abs(left - right) <= 1e-12 * max(left, right):
        return None
    chosen = first if left > right else second
    return Profile.of(
        StrategicForm(payoffs), [np.eye(n)[action] for n, action in zip(counts, chosen)], method="risk dominance"
    )


class Price(NamedTuple):
    """What selfish play costs, at worst and at best."""

    anarchy: float
    """Optimum over the worst equilibrium (payoffs), or the worst equilibrium over the optimum (costs): 1 or more."""
    stability: float
    """The same with the best equilibrium."""
    optimum: float
    """The best sum over all action profiles."""
    worst: float
    best: float


def prices(game: Any, concept: str = "nash", *, costs: bool = False, equilibria: Sequence[Any] | None = None) -> Price:
    """The prices of anarchy (Koutsoupias & Papadimitriou 1999) and of stability (Anshelevich et al. 2004).

    Args:
        game: a `MatrixGame`, its id, or payoffs [P, A0, …].
        concept: ``"nash"``; or ``"ce"`` or ``"cce"``, whose worst and best are linear programs for any number of
            players (with ``"cce"`` the anarchy is Blum et al.'s 2008 price of total anarchy).
        costs: the numbers are costs that players minimise.
        equilibria: for ``"nash"``: the profiles that count; those of `equilibria_of` if None. Among extreme equilibria
            of two players are the worst and the best of all, as the sum of payoffs is linear in each strategy.

    Raises:
        ValueError: payoffs or costs that are negative somewhere, or an unknown concept.
    """
    table = payoffs_of(game)
    if table.min() < 0.0:
        kind = "costs" if costs else "payoffs"
        raise ValueError(f"prices compare sums and need {kind} that are not negative, got {table.min():.6g}")
    payoffs = -table if costs else table
    total = payoffs.sum(axis=0)
    if concept == "nash":
        # Counted anew: profiles that were given may carry the payoffs of the game with the other sign.
        sums = [
            float(Profile.of(StrategicForm(payoffs), e).payoffs.sum())
            for e in _profiles(StrategicForm(payoffs), equilibria)
        ]
        low, high = min(sums), max(sums)
    else:
        concept = concept_of(concept)
        high = correlated(StrategicForm(payoffs), concept).objective
        low = -correlated(StrategicForm(payoffs), concept, -total).objective
    optimum = float(total.max())
    low, high = min(low, optimum), min(high, optimum)
    if costs:
        optimum, low, high = -optimum, -low, -high
        return Price(_ratio(low, optimum), _ratio(high, optimum), optimum, low, high)
    return Price(_ratio(optimum, low), _ratio(optimum, high), optimum, low, high)


def _ratio(more: float, less: float) -> float:
    if more == less:
        return 1.0
    return more / less if less > 0.0 else np.inf


def is_strict(game: Any, actions: Sequence[int]) -> bool:
    """Whether a pure profile is a strict equilibrium: every player loses by every deviation."""
    payoffs = payoffs_of(game)
    profile = [np.eye(n)[a] for n, a in zip(payoffs.shape[1:], actions)]
    for p, a in enumerate(actions):
        worth = deviation_payoffs(payoffs[p], profile, p)
        if (np.delete(worth, a) >= worth[a]).any():
            return False
    return True
