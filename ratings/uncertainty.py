"""Uncertainty of places: rank intervals, P(best) and P(A beats B) from means and standard deviations."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

_SAMPLED = 20_000


def rank_intervals(mu: Any, sigma: Any, level: float = 0.9, seed: Any = 0) -> np.ndarray:
    """int64[n, 2]: the best and the worst place in the middle ``level`` of every player's places.

    Skills are taken as independent normals. Up to 20,000 players the places come from 100 to 2,000 joint draws; above,
    a place is the expected number of players above the ends of the player's own interval, found on a grid.
    """
    mu, sigma = np.asarray(mu, np.float64), np.asarray(sigma, np.float64)
    if mu.shape != sigma.shape or mu.ndim != 1:
        raise ValueError(f"mu and sigma must be 1-d and of one length, got shapes {mu.shape} and {sigma.shape}")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    n, tail = len(mu), (1.0 - level) / 2.0
    if n == 0:
        return np.zeros((0, 2), np.int64)
    rng = np.random.default_rng(seed)
    if n <= _SAMPLED:
        draws = int(np.clip(4_000_000 // n, 100, 2000))
        places = np.empty((draws, n), np.int32)
        ramp = np.arange(1, n + 1, dtype=np.int32)
        for k in range(draws):
            places[k, np.argsort(-(mu + sigma * rng.standard_normal(n)), kind="stable")] = ramp
        places.partition([int(tail * (draws - 1)), int(np.ceil((1.0 - tail) * (draws - 1)))], axis=0)
        return np.column_stack(
            [places[int(tail * (draws - 1))], places[int(np.ceil((1.0 - tail) * (draws - 1)))]]
        ).astype(np.int64)
    sample = rng.choice(n, _SAMPLED, replace=False)
    z = float(ndtri(1.0 - tail))
    grid = np.linspace((mu - z * sigma).min(), (mu + z * sigma).max(), 1024)
    spread = np.maximum(sigma[sample], 1e-12)
    above = np.array([ndtr((mu[sample] - x) / spread).mean() for x in grid]) * n
    low = np.interp(mu + z * sigma, grid, above)
    high = np.interp(mu - z * sigma, grid, above)
    return np.clip(np.column_stack([np.floor(low), np.ceil(high)]) + 1, 1, n).astype(np.int64)


def probability_best(mu: Any, sigma: Any) -> np.ndarray:
    """float64[n]: P(the skill of i is the highest), for independent normal skills; sums to 1."""
    from ._kernels_gauss import best_of_all

    mu, sigma = np.asarray(mu, np.float64), np.asarray(sigma, np.float64)
    if mu.shape != sigma.shape or mu.ndim != 1 or len(mu) < 2 or not (sigma > 0).all():
        raise ValueError("mu and sigma must be 1-d, of one length of 2 or more, and sigma above 0")
    out = np.empty(len(mu))
    best_of_all(len(mu), mu, sigma, out)
    return out


def probability_better(mu: Any, sigma: Any) -> np.ndarray:
    """float64[n, n]: P(the skill of the row is above that of the column), for independent normal skills."""
    mu, sigma = np.asarray(mu, np.float64), np.asarray(sigma, np.float64)
    spread = np.hypot(sigma[:, None], sigma[None, :])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (mu[:, None] - mu[None, :]) / spread
    return ndtr(np.nan_to_num(z))


def propagate(
    wins: Any, method: Any, samples: int = 200, level: float = 0.9, seed: Any = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How sure a game-theoretic rating is, given how often the payoffs were measured.

    ``wins float64[n, n]`` counts the games the row won against the column (draws as half each); ``method`` maps a
    payoff matrix to float64[n], e.g. ``alpha_rank`` or ``lambda m: nash_average(m).weights``. Win rates are drawn from
    their posteriors Beta(wins + ½, losses + ½); payoffs are 2 rate - 1 (0 for pairs that never met, known to be so).
    Returns mean, lower and upper bound float64[n] at ``level``.
    """
    wins = np.asarray(wins, np.float64)
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or not np.isfinite(wins).all() or (wins < 0).any():
        raise ValueError(f"wins must be a square matrix of counts, 0 or more, got shape {wins.shape}")
    rng = np.random.default_rng(seed)
    i, j = np.nonzero(np.triu(wins + wins.T, 1))
    out = []
    for _ in range(samples):
        rate = rng.beta(wins[i, j] + 0.5, wins[j, i] + 0.5)
        payoff = np.zeros_like(wins)
        payoff[i, j], payoff[j, i] = 2.0 * rate - 1.0, 1.0 - 2.0 * rate
        out.append(np.asarray(method(payoff), np.float64))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(out, [tail, 1.0 - tail], axis=0)
    return np.mean(out, axis=0), low, high
