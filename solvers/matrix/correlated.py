"""Optimal correlated and coarse correlated equilibria of payoff tensors with any number of players.

The equilibria are a polytope of joint distributions (Aumann 1974, 1987; Moulin & Vial 1978), so a linear objective is
one sparse linear program, and the equilibrium of largest entropy one convex program (`entropy.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .entropy import largest_entropy
from .incentives import concept_of, gains_of, incentive_rows
from .payoffs import payoffs_of

OBJECTIVES = ("welfare", "max_entropy", "maximin")


@dataclass(frozen=True, eq=False)
class CorrelatedProfile:
    """An optimal correlated equilibrium of a matrix game. ``np.asarray`` of it is its `joint` distribution.

    Attributes:
        joint: float64[A0, …, A(P-1)]: the probability that the mediator recommends each action profile.
        concept: ``"ce"`` or ``"cce"``.
        values: float64[P]: the players' expected payoffs.
        objective: what was maximised, at `joint`; in nats for ``"max_entropy"``.
        bound: no equilibrium of the concept has a larger objective: the value of a dual solution.
        gap: the most that one player gains by leaving, computed from `joint` alone (`gains_of`).
    """

    joint: np.ndarray
    concept: str
    values: np.ndarray
    objective: float
    bound: float
    gap: float

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.joint.astype(dtype or np.float64, copy=bool(copy))

    @property
    def exact(self) -> bool:
        """True: the constraints describe all equilibria, as `CorrelatedEquilibrium.exact` says of trees."""
        return True

    def marginals(self) -> list[np.ndarray]:
        """float64[A_p] for each player: what it is told, and how often."""
        players = range(self.joint.ndim)
        return [self.joint.sum(axis=tuple(q for q in players if q != p)) for p in players]

    def sample(self, count: int, seed: int | np.random.Generator = 0) -> np.ndarray:
        """int64[count, P]: independent draws of the recommended actions."""
        drawn = np.random.default_rng(seed).choice(self.joint.size, size=count, p=self.joint.ravel())
        return np.stack(np.unravel_index(drawn, self.joint.shape), axis=1)

    def __repr__(self) -> str:
        return (
            f"CorrelatedProfile({self.concept}, values {self.values.round(6).tolist()}, objective "
            f"{self.objective:.6g}, gap {self.gap:.3g})"
        )


def correlated(
    game: Any,
    concept: str = "ce",
    objective: str | Sequence[float] | np.ndarray = "welfare",
    *,
    epsilon: float = 0.0,
) -> CorrelatedProfile:
    """The best correlated (or coarse correlated) equilibrium of a matrix game.

    Args:
        game: a `MatrixGame`, its id, or payoffs [P, A0, …, A(P-1)].
        concept: ``"ce"`` or ``"cce"`` (``"efce"`` means the first, ``"efcce"`` and ``"nfcce"`` the second).
        objective: ``"welfare"``: the sum of payoffs; ``"maximin"``: the smallest player's; ``"max_entropy"``: the one
            of largest entropy (unique); P weights of the players; or the worth [A0, …, A(P-1)] of each action profile.
        epsilon: equilibria of this slack: every incentive constraint may be broken by so much, in units of payoff.

    Raises:
        ValueError: an unknown concept or objective, weights of another shape or not finite, a negative `epsilon`.
        ArithmeticError: the program was not solved.
    """
    payoffs, concept = payoffs_of(game), concept_of(concept)
    if not (np.isfinite(epsilon) and epsilon >= 0.0):
        raise ValueError(f"epsilon must be a finite number that is not negative, got {epsilon!r}")
    rows = _scaled_rows(payoffs, concept, epsilon)
    if isinstance(objective, str) and objective == "max_entropy":
        joint, bound = largest_entropy(rows)
        positive = joint[joint > 0.0]
        found = float(-(positive * np.log(positive)).sum())
    else:
        worth = _worth(payoffs, objective)
        joint, bound = _optimum(rows, worth)
        found = float((worth @ joint).min())
    joint = joint.reshape(payoffs.shape[1:])
    values = payoffs.reshape(len(payoffs), -1) @ joint.ravel()
    gap = float(gains_of(payoffs, joint, concept).max())
    return CorrelatedProfile(joint, concept, values, found, max(bound, found), gap)


def _scaled_rows(payoffs: np.ndarray, concept: str, epsilon: float) -> Any:
    """Incentive rows with each player's payoffs in units of its own range, so that tolerances mean the same."""
    low = payoffs.min(axis=tuple(range(1, payoffs.ndim)), keepdims=True)
    unit = payoffs.max(axis=tuple(range(1, payoffs.ndim)), keepdims=True) - low
    unit[unit == 0.0] = 1.0
    rows = incentive_rows((payoffs - low) / unit, concept)
    if epsilon == 0.0:
        return rows
    from scipy import sparse

    # The slack times the total mass, which is 1: so the constraints stay homogeneous.
    each = [n * (n - 1) if concept == "ce" else n for n in payoffs.shape[1:]]
    slack = np.repeat(epsilon / unit.ravel(), each)
    return sparse.csr_matrix(rows.toarray() + slack[:, None])


def _worth(payoffs: np.ndarray, objective: Any) -> np.ndarray:
    """float64[K, joint actions]: the objective is the smallest of K expected worths."""
    flat = payoffs.reshape(len(payoffs), -1)
    allowed = f"{', '.join(map(repr, OBJECTIVES))}, {len(payoffs)} weights or an array of shape {payoffs.shape[1:]}"
    if isinstance(objective, str):
        if objective not in OBJECTIVES:
            raise ValueError(f"objective must be {allowed}, got {objective!r}")
        return flat.sum(axis=0)[None] if objective == "welfare" else flat
    try:
        given = np.asarray(objective, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"objective must be {allowed}, got {objective!r}") from None
    if not np.isfinite(given).all():
        raise ValueError("objective must hold finite numbers")
    if given.shape == (len(payoffs),):
        return (given @ flat)[None]
    if given.shape == payoffs.shape[1:]:
        return given.reshape(1, -1)
    raise ValueError(f"objective must be {allowed}, got an array of shape {given.shape}")


def _optimum(rows: Any, worth: np.ndarray) -> tuple[np.ndarray, float]:
    """Maximises the smallest of `worth @ joint` over the equilibria. -> (joint distribution, bound of the dual)."""
    from scipy import sparse
    from scipy.optimize import linprog

    shift = float(worth.min())
    unit = float(worth.max() - shift) or 1.0
    scaled = (worth - shift) / unit
    size = worth.shape[1]
    below = sparse.bmat([[-rows, None], [sparse.csr_matrix(-scaled), np.ones((len(worth), 1))]], "csc")
    cost = np.append(np.zeros(size), -1.0)
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(
        cost,
        below,
        np.zeros(below.shape[0]),
        np.append(np.ones(size), 0.0)[None],
        [1.0],
        bounds=(0.0, None),
        method="highs-ds",
        options=tight,
    )
    if found.status != 0:
        raise ArithmeticError(f"the linear program was not solved: {found.message}")
    joint = np.maximum(found.x[:size], 0.0)
    # No equilibrium is worth more than the largest entry of (weights @ worth + price @ rows).
    price = np.maximum(-found.ineqlin.marginals, 0.0)
    split = rows.shape[0]
    weights = price[split:] / price[split:].sum()
    bound = float((weights @ scaled + rows.T @ (price[:split] / price[split:].sum())).max())
    return joint / joint.sum(), shift + unit * bound
