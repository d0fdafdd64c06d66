"""alpha-Rank (Omidshafiei et al., Scientific Reports 9, 2019): which strategies evolution dwells on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _kernels_alpha_rank
from .model import positive


def alpha_rank(payoffs: Any, population_size: int = 50, alpha: float = 100.0) -> np.ndarray:
    """Stationary distribution of the alpha-Rank chain: the share of time spent on each strategy, or profile.

    - One population: ``payoffs float64[n, n]``, payoffs to the row. Pairs that are NaN, or not stored in a
      ``scipy.sparse`` matrix, never met and are never tried. Returns float64[n].
    - P populations: ``payoffs`` of shape [P, A0, ..., A(P-1)] or a list of P tensors. Returns float64[A0, ..., A(P-1)].

    From a state one deviation is tried with equal chance and takes over with probability (1 - e^-u) / (1 - e^-mu),
    with m = ``population_size`` and u = ``alpha`` times the difference: M[r, s] - M[s, r] in one population (local
    selection), the deviator's own gain with several. Any ``alpha`` works without
    overflow; ``alpha=inf`` gives the limit, whose mass is on the strongly connected sinks that are hardest to leave.
    Work n³/3 and memory 24 n² bytes for n states, less where few pairs met.
    """
    m = int(positive("population_size", population_size))
    if m < 2:
        raise ValueError(f"population_size must be at least 2, got {population_size}")
    if not alpha > 0.0:
        raise ValueError(f"alpha must be above 0, or inf, got {alpha}")
    single, tables = _tables(payoffs)
    shape = tables[0].shape[: 1 if single else None]
    if single:
        gain = tables[0].T - tables[0]
        np.fill_diagonal(gain, np.nan)
        _connected(gain)
    else:
        gain = _profile_gains(tables, shape)
    if len(gain) == 1:
        return np.ones(shape)
    if np.isinf(alpha):
        return _limit(gain, m).reshape(shape)
    # States with few neighbours are eliminated first, so that little fills in.
    order = np.argsort(np.isnan(gain).sum(axis=1), kind="stable")
    rates = gain if (np.diff(order) == 1).all() else gain[np.ix_(order, order)]
    _kernels_alpha_rank.log_fixation(rates, float(alpha), m)
    out = np.empty(len(gain))
    out[order] = _stationary(rates)
    return out.reshape(shape)


def _stationary(rates: np.ndarray) -> np.ndarray:
    """Stationary law from logarithms of rates, which are destroyed."""
    out = np.empty(len(rates))
    np.fill_diagonal(rates, 0.0)
    top = float(rates.max())
    if rates.min() - top > -550.0:
        _kernels_alpha_rank.stationary_plain(np.exp(rates - top), out)
    else:
        np.fill_diagonal(rates, -np.inf)
        _kernels_alpha_rank.stationary_log(rates, out)
    return out


def _tables(payoffs: Any) -> tuple[bool, list[np.ndarray]]:
    """Whether there is one population, and the payoff tables, checked."""
    from scipy import sparse

    if sparse.issparse(payoffs):
        met = payoffs.tocoo()
        table = np.full(met.shape, np.nan)
        table[met.row, met.col] = met.data
        tables = [table]
    elif isinstance(payoffs, Sequence) and len(payoffs) and np.ndim(payoffs[0]) >= 2:
        tables = [np.asarray(t, np.float64) for t in payoffs]
    else:
        array = np.asarray(payoffs, np.float64)
        tables = [array] if array.ndim == 2 else list(array)
    if not tables or tables[0].ndim < 2:
        raise ValueError("payoffs must be a matrix [n, n], or one payoff tensor per population")
    if len(tables) == 1:
        if tables[0].ndim != 2 or tables[0].shape[0] != tables[0].shape[1]:
            raise ValueError(f"payoffs of one population must be square, got shape {tables[0].shape}")
        if np.isinf(tables[0]).any():
            raise ValueError("payoffs must be finite (NaN for pairs that never met)")
        return True, tables
    for table in tables:
        if table.shape != tables[0].shape or table.ndim != len(tables):
            raise ValueError(
                f"payoffs of {len(tables)} populations must be {len(tables)} tensors of {len(tables)} axes"
            )
        if not np.isfinite(table).all():
            raise ValueError("payoffs of several populations must be finite")
    return False, tables


def _connected(gain: np.ndarray) -> None:
    """ValueError unless the strategies that met form one component: else no single distribution exists."""
    from scipy.sparse.csgraph import connected_components

    count, label = connected_components(~np.isnan(gain), directed=False)
    if count > 1:
        apart = int(np.flatnonzero(label != label[0])[0])
        raise ValueError(f"payoffs fall apart into {count} groups that never met, e.g. strategies 0 and {apart}")


def _profile_gains(tables: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """float64[N, N]: what the deviator gains from profile s to r; NaN where more than one population differs."""
    size = int(np.prod(shape))
    gain = np.full((size, size), np.nan)
    index = np.arange(size).reshape(shape)
    for player, table in enumerate(tables):
        ids = np.moveaxis(index, player, -1).reshape(-1, shape[player])
        values = np.moveaxis(table, player, -1).reshape(-1, shape[player])
        for line, value in zip(ids, values):
            gain[np.ix_(line, line)] = value[None, :] - value[:, None]
    np.fill_diagonal(gain, np.nan)
    return gain


def _limit(gain: np.ndarray, m: int) -> np.ndarray:
    """The limit alpha -> infinity: rates 1 for gains, 1/m for equals, exp(-(m - 1) alpha loss) for losses."""
    order = np.where(np.isnan(gain), np.inf, np.maximum(-gain, 0.0) * (m - 1))
    size = np.where(gain == 0.0, 1.0 / m, 1.0)
    out = np.empty(len(gain))
    _kernels_alpha_rank.stationary_limit(order, size, out)
    return out
