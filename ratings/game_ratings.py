"""Ratings of strategies in games of any number of players, from equilibria: deviation ratings, CE, CCE, replicator."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linprog, minimize


class EquilibriumRating(NamedTuple):
    """Ratings of every player's strategies and the joint distribution they were taken against."""

    ratings: tuple[np.ndarray, ...]  # float64[A_p] per player
    distribution: np.ndarray  # float64[A_0, ..., A_(P-1)]


def _payoff_tensors(payoffs: Any) -> list[np.ndarray]:
    """One finite tensor per player. A matrix [n, n] is a symmetric two-player game, payoffs to the row."""
    single = np.ndim(payoffs[0]) < 2
    tensors = [np.asarray(t, np.float64) for t in ([payoffs] if single else payoffs)]
    if len(tensors) == 1:
        tensors = [tensors[0], tensors[0].T]
    for t in tensors:
        if t.shape != tensors[0].shape or t.ndim != len(tensors) or not np.isfinite(t).all():
            raise ValueError(
                f"payoffs must be one finite tensor per player, of {len(tensors)} axes, got shape {t.shape}"
            )
    return tensors


def _cce_gains(tensors: list[np.ndarray]) -> tuple[np.ndarray, list[int]]:
    """float64[sum A_p, joint]: gain of player p from always playing a instead of what is drawn; and the A_p."""
    rows = []
    for p, t in enumerate(tensors):
        for a in range(t.shape[p]):
            fixed = np.expand_dims(np.take(t, a, axis=p), p)
            rows.append((np.broadcast_to(fixed, t.shape) - t).reshape(-1))
    return np.array(rows), [t.shape[p] for p, t in enumerate(tensors)]


def _ce_gains(tensors: list[np.ndarray]) -> np.ndarray:
    """float64[pairs, joint]: gain of player p from playing b whenever a is recommended."""
    rows = []
    for p, t in enumerate(tensors):
        moved = np.moveaxis(t, p, 0)
        for a in range(t.shape[p]):
            for b in range(t.shape[p]):
                if a != b:
                    gain = np.zeros(moved.shape)
                    gain[a] = moved[b] - moved[a]
                    rows.append(np.moveaxis(gain, 0, p).reshape(-1))
    return np.array(rows)


def _split(values: np.ndarray, sizes: list[int]) -> tuple[np.ndarray, ...]:
    return tuple(np.split(values, np.cumsum(sizes)[:-1]))


def deviation_ratings(payoffs: Any) -> EquilibriumRating:
    """Deviation ratings (Marris et al., ICLR 2025): of all coarse correlated equilibria the strictest.

    A rating is the gain, at most 0, from deviating to a strategy; the largest gain is made as small as it can be, then
    the next largest, and so on: one linear programme each. Copies of a strategy change no rating, and the ratings of an
    N-player general-sum game are unique. ``payoffs``: one tensor per player, or a symmetric game's matrix.
    """
    tensors = _payoff_tensors(payoffs)
    gains, sizes = _cce_gains(tensors)
    scale = max(np.abs(gains).max(), 1e-300)
    gains = gains / scale
    count, joint = gains.shape
    fixed = np.full(count, np.nan)
    sigma = np.full(joint, 1.0 / joint)
    while np.isnan(fixed).any():
        free = np.isnan(fixed)
        result = linprog(
            np.r_[np.zeros(joint), 1.0],
            A_ub=sparse.csr_matrix(np.c_[gains, -free.astype(float)]),
            b_ub=np.where(free, 0.0, np.nan_to_num(fixed) + 1e-12),
            A_eq=[np.r_[np.ones(joint), 0.0]],
            b_eq=[1.0],
            bounds=[(0, None)] * joint + [(None, None)],
            method="highs",
        )
        if result.status != 0:
            raise ArithmeticError(f"deviation_ratings: a linear programme failed ({result.message})")
        sigma, level = result.x[:joint], result.x[joint]
        # Constraints with a price bind in every optimum: their ratings are settled at this level.
        price = -result.ineqlin.marginals
        settled = free & (price > 1e-7)
        if not settled.any():
            settled = free & (price == price[free].max())
        fixed[settled] = level
    return EquilibriumRating(_split(fixed * scale, sizes), sigma.reshape(tensors[0].shape))


def equilibrium_ratings(payoffs: Any, concept: str = "cce") -> EquilibriumRating:
    """Payoff of every strategy against the maximum-entropy (coarse) correlated equilibrium of the other players.

    ``concept`` is "ce" or "cce" (Marris et al. 2022, payoff ratings). The equilibrium is exp(-lambda . gains) up to
    scale, with the multipliers lambda >= 0 of the incentive constraints found by minimising the convex dual.
    """
    if concept not in ("ce", "cce"):
        raise ValueError(f"concept must be 'ce' or 'cce', got {concept!r}")
    tensors = _payoff_tensors(payoffs)
    gains = _cce_gains(tensors)[0] if concept == "cce" else _ce_gains(tensors)
    gains = gains / max(np.abs(gains).max(initial=0.0), 1e-300)

    def dual(multipliers: np.ndarray) -> tuple[float, np.ndarray]:
        logits = -(multipliers @ gains)
        top = logits.max()
        weight = np.exp(logits - top)
        total = weight.sum()
        return float(top + np.log(total)), -(gains @ weight) / total

    found = minimize(
        dual,
        np.zeros(len(gains)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * len(gains),
        options={"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-15, "gtol": 1e-10},
    )
    logits = -(found.x @ gains)
    sigma = np.exp(logits - logits.max())
    sigma = (sigma / sigma.sum()).reshape(tensors[0].shape)
    return EquilibriumRating(_against(tensors, sigma), sigma)


def _against(tensors: list[np.ndarray], sigma: np.ndarray) -> tuple[np.ndarray, ...]:
    """Expected payoff of each strategy when the others are drawn from their margin of ``sigma``."""
    ratings = []
    for p, t in enumerate(tensors):
        others = sigma.sum(axis=p)
        ratings.append(np.moveaxis(t, p, 0).reshape(t.shape[p], -1) @ others.reshape(-1))
    return tuple(ratings)


def replicator_ratings(payoffs: Any, steps: int = 20_000, size: float = 0.05) -> EquilibriumRating:
    """Payoff of every strategy against the time average of replicator dynamics started at the uniform mixture.

    The dynamics is that of multiplicative weights with the given step on payoffs scaled to [0, 1]; in zero-sum games
    the average tends to a Nash equilibrium, in others to the set of coarse correlated equilibria.
    """
    tensors = _payoff_tensors(payoffs)
    span = max(float(np.ptp(t)) for t in tensors) or 1.0
    logits = [np.zeros(t.shape[p]) for p, t in enumerate(tensors)]
    average = np.zeros(tensors[0].shape)
    for step in range(steps):
        mixes = [np.exp(x - x.max()) / np.exp(x - x.max()).sum() for x in logits]
        joint = mixes[0]
        for mix in mixes[1:]:
            joint = np.multiply.outer(joint, mix)
        average += (joint - average) / (step + 1)
        for p, t in enumerate(tensors):
            value = t
            for q in range(len(tensors) - 1, -1, -1):
                if q != p:
                    value = np.tensordot(value, mixes[q], axes=(q, 0))
            logits[p] = logits[p] + size * value / span
    return EquilibriumRating(_against(tensors, average), average)
