"""Evolutionarily stable strategies of symmetric two-player games.

x is an ESS exactly if it is a symmetric equilibrium and (y - x)·A(y - x) < 0 for all other best replies y to it
(Maynard Smith & Price 1973; Hofbauer & Sigmund 1998, section 6.4): a question of strict copositivity (Haigh 1975;
Abakuks 1980).
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from .payoffs import payoffs_of, probabilities

MOST_ACTIONS = 15
TOLERANCE = 1e-9
"""What counts as a difference, in units of the range of payoffs."""


def symmetric_payoffs(game: Any) -> np.ndarray:
    """float64[A, A]: the row player's payoffs in a symmetric two-player game; a square matrix stands for itself.

    Raises:
        ValueError: not two players, or the players are not in the same position.
    """
    if not isinstance(game, str) and not hasattr(game, "num_players"):
        given = np.array(game, np.float64) if _rectangular(game) else None
        if given is not None and given.ndim == 2:
            if given.shape[0] != given.shape[1] or not given.size or not np.isfinite(given).all():
                raise ValueError(f"payoffs of a symmetric game must be a finite square matrix, got shape {given.shape}")
            return given
    payoffs = payoffs_of(game)
    if len(payoffs) != 2:
        raise ValueError(
            f"evolutionary stability takes games of 2 players, got {len(payoffs)}: see ludus.solvers.evolve"
        )
    rows, columns = payoffs
    if rows.shape[0] != rows.shape[1] or np.abs(rows - columns.T).max() > TOLERANCE * (np.ptp(rows) or 1.0):
        raise ValueError(
            "evolutionary stability takes symmetric games: the second player's payoffs must be the first's transposed"
        )
    return rows


def _rectangular(game: Any) -> bool:
    try:
        np.array(game, np.float64)
    except (TypeError, ValueError):
        return False
    return True


def is_ess(game: Any, strategy: Any) -> bool:
    """Whether a mixed strategy is evolutionarily stable.

    Args:
        game: a symmetric two-player matrix game, its id, payoffs [2, A, A], or the row player's [A, A] alone.
        strategy: float64[A].

    Raises:
        ValueError: a game that is not symmetric, a strategy that does not sum to 1, more than 15 best replies.
    """
    payoffs = symmetric_payoffs(game)
    x = probabilities("strategy", strategy, len(payoffs))
    scaled = (payoffs - payoffs.min()) / (float(np.ptp(payoffs)) or 1.0)
    worth = scaled @ x
    replies = worth >= worth.max() - TOLERANCE
    played = x > TOLERANCE
    if (played & ~replies).any():
        return False
    if replies.sum() > MOST_ACTIONS:
        raise ValueError(f"is_ess takes at most {MOST_ACTIONS} best replies, got {int(replies.sum())}")
    pivot = int(np.flatnonzero(played)[0])
    inside = [i for i in np.flatnonzero(played) if i != pivot]
    outside = list(np.flatnonzero(replies & ~played))
    # Along y - x, whose entries sum to 0: the pivot's is minus the sum of the others', which are free inside the
    # support and not negative outside.
    others = inside + outside
    form = -(scaled - scaled[pivot] - scaled[:, [pivot]] + scaled[pivot, pivot])
    form = ((form + form.T) / 2)[np.ix_(others, others)]
    free = len(inside)
    if free:
        if np.linalg.eigvalsh(form[:free, :free])[0] <= TOLERANCE:
            return False
        form = form[free:, free:] - form[free:, :free] @ np.linalg.solve(form[:free, :free], form[:free, free:])
    return strictly_copositive(form)


def strictly_copositive(form: np.ndarray) -> bool:
    """Whether d·form·d > 0 for all d >= 0 but 0: no principal part has a positive eigenvector of an eigenvalue that is
    not positive (Kaplan 2000). Exponential in the size."""
    for size in range(1, len(form) + 1):
        for part in combinations(range(len(form)), size):
            values, vectors = np.linalg.eigh(form[np.ix_(part, part)])
            for value, vector in zip(values, vectors.T):
                if value <= TOLERANCE and ((vector > TOLERANCE).all() or (vector < -TOLERANCE).all()):
                    return False
            # An eigenvalue of several dimensions: some positive vector may hide between those that were returned.
            low = values <= TOLERANCE
            if low.sum() > 1 and _meets_positive(vectors[:, low]):
                return False
    return True


def _meets_positive(basis: np.ndarray) -> bool:
    """Whether a subspace, of which float64[n, k] is a basis, contains a vector with positive entries only."""
    from scipy.optimize import linprog

    found = linprog(np.zeros(basis.shape[1]), -basis, -np.ones(len(basis)), bounds=(None, None), method="highs-ds")
    return bool(found.status == 0)


def evolutionarily_stable(game: Any) -> list[np.ndarray]:
    """All evolutionarily stable strategies, float64[A] each; there may be none. No support contains another's.

    Raises:
        ValueError: a game that is not symmetric, or more than 15 actions.
    """
    payoffs = symmetric_payoffs(game)
    count = len(payoffs)
    if count > MOST_ACTIONS:
        raise ValueError(f"evolutionarily_stable takes at most {MOST_ACTIONS} actions, got {count}: is_ess tests one")
    scaled = (payoffs - payoffs.min()) / (float(np.ptp(payoffs)) or 1.0)
    found: list[np.ndarray] = []
    for size in range(1, count + 1):
        for part in combinations(range(count), size):
            if any(set(np.flatnonzero(x)) <= set(part) for x in found):
                continue
            x = _indifferent(scaled[np.ix_(part, part)])
            if x is not None:
                whole = np.zeros(count)
                whole[list(part)] = x
                if is_ess(payoffs, whole):
                    found.append(whole)
    return found


def _indifferent(payoffs: np.ndarray) -> np.ndarray | None:
    """The only strategy with full support to which all actions are equally good, or None: that of an ESS is unique."""
    count = len(payoffs)
    system = np.block([[payoffs, -np.ones((count, 1))], [np.ones((1, count)), np.zeros((1, 1))]])
    if np.linalg.cond(system) > 1e12:
        return None
    x = np.linalg.solve(system, np.append(np.zeros(count), 1.0))[:-1]
    return x / x.sum() if (x > TOLERANCE).all() else None
