"""How sure an empirical game's answers are, and where to sample next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .checks import whole
from .empirical import EmpiricalGame, Equilibrium, Simulator, equilibria

METHODS = ("uncertainty", "uniform")


class Bootstrap(NamedTuple):
    """A mixture's regret, and how far sampling may have moved it. B resamples."""

    regret: float
    """On the sampled means."""
    interval: tuple[float, float]
    """Of the regret: percentiles."""
    regrets: np.ndarray
    """float64[B]."""
    equilibria: np.ndarray | None
    """float64[B, S]: an equilibrium of each resampled game, if they were asked for."""


def bootstrap(
    game: EmpiricalGame,
    mixture: Any,
    resamples: int = 200,
    confidence: float = 0.95,
    resolve: bool = False,
    seed: int | np.random.Generator = 0,
) -> Bootstrap:
    """The parametric bootstrap of a mixture's regret (Wiedenbeck, Cassell & Wellman 2014), from means and variances.

    Each cell's mean is drawn anew as mean + t·√(variance/count), t from Student's law with count − 1 degrees of
    freedom; a cell with a single sample takes the median variance of the others and one degree of freedom.

    Args:
        resolve: also look for an equilibrium of each resampled game (slow: B searches).

    Raises:
        ValueError: no cell has two samples, a wrong number, or data that the mixture needs are missing.
    """
    whole("resamples", resamples, 1)
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}")
    point = game.regret(mixture)
    if np.isnan(point):
        raise ValueError(f"{game!r}: the mixture's regret needs profiles that have no data")
    rng, x = np.random.default_rng(seed), game.check_mixture(mixture)
    row, strategy, p = game.opponents(x)
    weight = p[:, None] * (strategy[:, None] == np.arange(len(x)))
    regrets, found = np.empty(resamples), []
    for b in range(resamples):
        means = _draw(game, rng)
        value = means[row, strategy] @ weight
        regrets[b] = (value - np.bincount(game.role_of, x * value)[game.role_of]).max()
        if resolve:
            drawn = EmpiricalGame(game.roles, game.profiles, game.count, means, game.variance)
            solutions = equilibria(drawn, tolerance=1e-2, starts=3, seed=rng)
            found.append(solutions[0].mixture if solutions else np.full(len(x), np.nan))
    low, high = np.quantile(regrets, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]).tolist()
    return Bootstrap(point, (low, high), regrets, np.array(found) if resolve else None)


def _draw(game: EmpiricalGame, rng: np.random.Generator) -> np.ndarray:
    """float64[K, S]: means as they might have been sampled."""
    step = rng.standard_t(np.maximum(game.count - 1, 1)) * np.sqrt(_variance(game) / np.maximum(game.count, 1))
    return game.mean + step


def allocate(
    game: EmpiricalGame, mixture: Any, budget: int, method: str = "uncertainty"
) -> list[tuple[np.ndarray, int]]:
    """Where the next `budget` matches should go: (profile int64[S], matches), profiles without data first.

    "uncertainty" divides by the rule of Neyman (1934): after the matches, a profile that a deviation from the mixture
    meets with weight w and whose payoffs have standard deviation σ should have a number of samples in proportion to
    w·σ. "uniform" brings all profiles to the same number.

    Raises:
        ValueError: an unknown method or a budget below 1.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    whole("budget", budget, 1)
    if missing := game.missing():
        each = np.full(len(missing), budget // len(missing))
        each[: budget % len(missing)] += 1
        return [(profile, int(n)) for profile, n in zip(missing, each) if n]
    samples = np.where(game.count > 0, game.count, np.iinfo(np.int64).max).min(axis=1)
    if method == "uniform":
        need = np.ones(len(samples))
    else:
        row, strategy, p = game.opponents(mixture)
        need = np.zeros(len(samples))
        np.maximum.at(need, row, p * np.sqrt(_variance(game)[row, strategy]))
    extra = _fill(samples.astype(np.float64), need, int(budget))
    return [(game.profiles[k], int(n)) for k, n in enumerate(extra) if n]


def refine(
    game: EmpiricalGame,
    simulator: Simulator,
    batch: int = 1000,
    method: str = "uncertainty",
    seed: int | np.random.Generator = 0,
) -> Iterator[tuple[EmpiricalGame, Equilibrium | None]]:
    """Samples, solves, and samples where it counts: yields (game, best equilibrium) after each batch, without end."""
    rng = np.random.default_rng(seed)
    mixture = None
    while True:
        for profile, number in allocate(game, game.uniform() if mixture is None else mixture, batch, method):
            game = game.simulate(simulator, [profile], number, rng)
        found = equilibria(game, seed=rng) if not game.missing() else []
        mixture = found[0].mixture if found else None
        yield game, found[0] if found else None


def _variance(game: EmpiricalGame) -> np.ndarray:
    """float64[K, S]: sample variances; the median of the known where there is one sample; 0 where there is none."""
    known = game.variance[np.isfinite(game.variance) & (game.count > 0)]
    if not len(known):
        raise ValueError(f"{game!r}: no cell has two samples, so nothing is known of the spread of payoffs")
    filled = np.where(np.isfinite(game.variance), game.variance, float(np.median(known)))
    return np.where(game.count > 0, filled, 0.0)


def _fill(have: np.ndarray, need: np.ndarray, budget: int) -> np.ndarray:
    """int64[K]: additions of `budget` in all that bring `have` as near to proportions `need` as can be."""
    if not need.any():
        need = np.ones(len(have))
    wanted = need > 0.0
    order = np.argsort(np.where(wanted, have / np.where(wanted, need, 1.0), np.inf))
    total_have = np.cumsum(have[order])
    total_need = np.cumsum(need[order])
    level = (total_have + budget) / total_need  # water level if the first k are filled
    nothing_above = np.append(have[order][1:] / np.maximum(need[order][1:], 1e-300), np.inf) >= level
    k = int(np.argmax(nothing_above & wanted[order]))
    exact = np.zeros(len(have))
    exact[order[: k + 1]] = np.maximum(level[k] * need[order[: k + 1]] - have[order[: k + 1]], 0.0)
    extra = np.floor(exact).astype(np.int64)
    rest = budget - int(extra.sum())
    extra[np.argsort(extra - exact)[:rest]] += 1
    return extra
