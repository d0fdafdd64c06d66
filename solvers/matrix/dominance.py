"""Iterated elimination of dominated actions, and the rationalisable sets that it leaves; any number of players.

Domination by mixtures is one linear program for each action. What survives iterated strict domination by mixtures is
what common knowledge of rationality allows: the rationalisable actions where two play, the correlated rationalisable
ones where more do (Bernheim 1984; Pearce 1984).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .payoffs import payoffs_of

KINDS = ("strict", "weak")
TOLERANCE = 1e-9
"""Shares of a player's range of payoffs that count as a difference."""


@dataclass(frozen=True)
class Elimination:
    """What iterated elimination leaves.

    Attributes:
        remaining: for each player the actions that are left, in ascending order.
        steps: what was eliminated, in order: (player, action, float64[A_p] the pure or mixed strategy that dominates).
        payoffs: float64[P, …]: the game that is left.
    """

    remaining: tuple[tuple[int, ...], ...]
    steps: tuple[tuple[int, int, np.ndarray], ...]
    payoffs: np.ndarray


def eliminate(game: Any, kind: str = "strict", *, mixtures: bool = True) -> Elimination:
    """Iterated elimination of dominated actions.

    In each round all dominated actions of all players go at once. The order does not matter for strict domination; for
    weak domination it does, and this is the order of maximal simultaneous elimination.

    Args:
        game: a `MatrixGame`, its id, payoffs [P, A0, …], or a one-shot game.
        kind: ``"strict"``: worse against everything; ``"weak"``: never better and somewhere worse.
        mixtures: also actions that only mixed strategies dominate.

    Raises:
        ValueError: an unknown kind, or payoffs that are none.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be 'strict' or 'weak', got {kind!r}")
    payoffs = payoffs_of(game)
    left = [np.arange(n) for n in payoffs.shape[1:]]
    steps: list[tuple[int, int, np.ndarray]] = []
    while True:
        gone = []
        cells: tuple[Any, ...] = (slice(None), *np.ix_(*left))
        reduced = payoffs[cells]
        for p, payoff in enumerate(reduced):
            own = np.moveaxis(payoff, p, 0).reshape(len(left[p]), -1)
            for a in range(len(own)):
                by = dominating(own, a, kind, mixtures=mixtures)
                if by is not None:
                    whole = np.zeros(payoffs.shape[1 + p])
                    whole[left[p]] = by
                    gone.append((p, int(left[p][a]), whole))
        if not gone:
            return Elimination(tuple(tuple(map(int, actions)) for actions in left), tuple(steps), reduced)
        steps += gone
        for p in range(len(left)):
            left[p] = np.setdiff1d(left[p], [a for q, a, _ in gone if q == p])


def rationalisable(game: Any) -> tuple[tuple[int, ...], ...]:
    """The (for more than two players: correlated) rationalisable actions of each player."""
    return eliminate(game).remaining


def dominating(own: np.ndarray, action: int, kind: str = "strict", *, mixtures: bool = True) -> np.ndarray | None:
    """float64[A]: a strategy that dominates an action, or None. `own` is float64[A, M], M joint actions of the others.

    A pure strategy is preferred to a mixed one.
    """
    unit = float(np.ptp(own)) or 1.0
    gain = (own - own[action]) / unit
    if kind == "strict":
        pure = (gain > TOLERANCE).all(axis=1)
    else:
        pure = (gain >= -TOLERANCE).all(axis=1) & (gain > TOLERANCE).any(axis=1)
    if pure.any():
        return np.eye(len(own))[int(pure.argmax())]
    if not mixtures or len(own) < 3:
        return None
    return _mixture(gain, kind)


def _mixture(gain: np.ndarray, kind: str) -> np.ndarray | None:
    """A mixed strategy whose gains over the action are positive (strict), or none negative and one positive (weak)."""
    from scipy.optimize import linprog

    actions, joint = gain.shape
    if kind == "strict":  # max t: every gain is t at least
        cost = np.append(np.zeros(actions), -1.0)
        below, side = np.hstack([-gain.T, np.ones((joint, 1))]), np.zeros(joint)
        bounds = [(0.0, None)] * actions + [(None, None)]
    else:  # max sum of gains, none of them negative
        cost, below, side = -gain.sum(axis=1), -gain.T, np.zeros(joint)
        bounds = [(0.0, None)] * actions
    whole = np.append(np.ones(actions), np.zeros(len(cost) - actions))[None]
    found = linprog(cost, below, side, whole, [1.0], bounds, method="highs-ds")
    if found.status != 0:
        raise ArithmeticError(f"the linear program of a dominating mixture was not solved: {found.message}")
    if -found.fun <= TOLERANCE:
        return None
    mixed = np.maximum(found.x[:actions], 0.0)
    return mixed / mixed.sum()
