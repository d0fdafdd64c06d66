"""Magnetic mirror descent on action values, and regularised Nash dynamics: last iterates that converge.

All information sets move together: π' ∝ (π · exp(η q) · ρ^(η α))^(1 / (1 + η α)) with q the action values under the
current joint policy, not weighted by the others' reach, and ρ the magnet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ...games.tree import GameTree
from .mirror import Dynamics, average_power, curve, payoff_scale, row, run_dynamics

Snapshots = Iterator[tuple[int, np.ndarray]]
SOKOTA = "Sokota et al. 2023, 'A unified approach to reinforcement learning, quantal response equilibria, and …'"


def annealed(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    alpha: float | None = None,
    eta: float | None = None,
    decay: float = 0.5,
    averaging: str = "last",
) -> Snapshots:
    """Uniform magnet, alpha · t^-decay and eta · t^-decay; by default half of the utilities' range and 2 over it (the
    published 1 / √t for both at a range of 2)."""
    scale = payoff_scale(tree)
    dynamics = Dynamics(
        eta=curve("eta", 2.0 / scale if eta is None else eta, decay),
        alpha=curve("alpha", 0.5 * scale if alpha is None else alpha, decay),
        dilated=False,
        by_reach=True,
        power=average_power(averaging),
    )
    return run_dynamics(tree, points, dynamics)


def quantal(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    alpha: float = 0.1,
    eta: float | None = None,
) -> Snapshots:
    """Uniform magnet that stays: the limit is the agent quantal response equilibrium with logit λ = 1 / alpha.

    alpha: in units of utility; eta: by default alpha / 10, but no more than 1 / (10 · alpha).
    """
    if not alpha > 0:
        raise ValueError(f"alpha must be positive, got {alpha!r}")
    step = min(alpha, 1.0 / alpha) / 10 if eta is None else eta
    dynamics = Dynamics(eta=curve("eta", step), alpha=curve("alpha", alpha), dilated=False, by_reach=True)
    return run_dynamics(tree, points, dynamics)


def moving(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    alpha: float | None = None,
    eta: float | None = None,
    drift: float = 0.05,
) -> Snapshots:
    """The magnet follows: ρ' ∝ π^drift ρ^(1 - drift); by default alpha is a quarter of the utilities' range and eta
    2 over it."""
    if not 0 < drift <= 1:
        raise ValueError(f"drift must be above 0 and at most 1, got {drift!r}")
    scale = payoff_scale(tree)
    dynamics = Dynamics(
        eta=curve("eta", 2.0 / scale if eta is None else eta),
        alpha=curve("alpha", 0.25 * scale if alpha is None else alpha),
        drift=drift,
        dilated=False,
        by_reach=True,
    )
    return run_dynamics(tree, points, dynamics)


def regularised_nash(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    alpha: float = 0.1,
    eta: float = 0.3,
    period: int = 100,
) -> Snapshots:
    """Replicator dynamics of the game whose rewards are transformed by -α log(π / ρ) for who acts and + for the
    opponent; every `period` iterations the reference policy ρ becomes the current one.

    alpha, eta: in units of the utilities' range, and one over it.
    """
    if period < 1:
        raise ValueError(f"period must be at least 1, got {period!r}")
    scale = payoff_scale(tree)
    dynamics = Dynamics(
        eta=curve("eta", eta / scale),
        alpha=curve("alpha", alpha * scale),
        restart=period,
        dilated=False,
        charged=True,
        zero_sum=True,
        by_reach=True,
    )
    return run_dynamics(tree, points, dynamics)


ALGORITHMS = (
    row(
        "mmd",
        "Magnetic mirror descent, annealed",
        annealed,
        "none proven in trees; the last iterate nears Nash",
        SOKOTA,
    ),
    row(
        "mmd-aqre",
        "Magnetic mirror descent, fixed magnet",
        quantal,
        "a fixed point is an agent logit equilibrium; linear convergence proven for two-player zero-sum matrix games",
        SOKOTA,
    ),
    row("mmd-moving", "Magnetic mirror descent, moving magnet", moving, "none proven in trees", SOKOTA),
    row(
        "r-nad",
        "Regularised Nash dynamics",
        regularised_nash,
        "two-player zero-sum: the last iterate converges to Nash where each period is run to its fixed point",
        "Perolat et al. 2021, 'From Poincaré recurrence to convergence in imperfect information games'",
        True,
    ),
)
