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
