"""Security games: resources guard targets, an attacker sees how often each is guarded and picks one.

The defender's coverage is the strategy (Kiekintveld et al. 2009): ERASER is a mixed-integer program over coverage and
attacked target. Here it is solved as one linear program for each target that may be attacked, which is polynomial and
has the same optimum; schedules that cover several targets at once enter as columns of the programs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass(frozen=True, eq=False)
class Patrol:
    """An optimal defence.

    Attributes:
        coverage: float64[T]: the probability that each target is guarded.
        target: the target that is attacked; ties are broken for the defender.
        defender_value, attacker_value: the expected payoffs.
        patrols: bool[K, T] or int64[K, R]: the pure strategies that are mixed: which targets are guarded, or, with
            schedules, which schedules are taken.
        weights: float64[K]: how often.
    """

    coverage: np.ndarray
    target: int
    defender_value: float
    attacker_value: float
    patrols: np.ndarray
    weights: np.ndarray


def security_game(
    defender_covered: Any,
    defender_uncovered: Any,
    attacker_covered: Any,
    attacker_uncovered: Any,
    resources: int = 1,
    *,
    schedules: Any = None,
) -> Patrol:
    """The strong Stackelberg equilibrium of a security game with identical resources.

    Args:
        defender_covered, defender_uncovered: float64[T]: the defender's payoff if the target is attacked while guarded,
            or not; the first is at least the second.
        attacker_covered, attacker_uncovered: the attacker's; the first is at most the second.
        resources: how many targets (with `schedules`: schedules) can be guarded at once.
        schedules: bool[S, T]: the targets that a resource guards together; then patrols are sets of `resources`
            schedules at most, and all of them are enumerated: for small numbers.

    Raises:
        ValueError: shapes that do not fit, payoffs that are not finite or the wrong way round, no resource, or more
            than 100,000 patrols of schedules.
        ArithmeticError: a linear program was not solved.
    """
    names = ("defender_covered", "defender_uncovered", "attacker_covered", "attacker_uncovered")
    given = (defender_covered, defender_uncovered, attacker_covered, attacker_uncovered)
    payoffs = [np.array(g, np.float64) for g in given]
    for name, table in zip(names, payoffs):
        if table.ndim != 1 or table.shape != payoffs[0].shape or not table.size or not np.isfinite(table).all():
            raise ValueError(f"{name} must hold one finite payoff for each target, got shape {table.shape}")
    if (payoffs[0] < payoffs[1]).any() or (payoffs[2] > payoffs[3]).any():
        raise ValueError("guarding a target must not hurt the defender or help the attacker")
    if int(resources) != resources or resources < 1:
        raise ValueError(f"resources must be a positive integer, got {resources!r}")
    if schedules is None:
        return _free(payoffs, int(resources))
    return _scheduled(payoffs, _patrols(schedules, len(payoffs[0]), int(resources)))


def _free(payoffs: list[np.ndarray], resources: int) -> Patrol:
    targets = len(payoffs[0])
    total = np.ones((1, targets)), np.array([float(min(resources, targets))])
    coverage, target = _best(payoffs, np.eye(targets), total, None, 1.0)
    patrols, weights = comb(coverage)
    return _patrol(payoffs, coverage, target, patrols, weights)


def _scheduled(payoffs: list[np.ndarray], choices: tuple[np.ndarray, np.ndarray]) -> Patrol:
    taken, covers = choices
    whole = np.ones((1, len(covers))), np.ones(1)
    weights, target = _best(payoffs, covers, None, whole, None)
    used = weights > 0.0
    weights = weights[used] / weights.sum()
    return _patrol(payoffs, weights @ covers[used], target, taken[used], weights)


def _best(
    payoffs: list[np.ndarray],
    covers: np.ndarray,
    total: tuple[np.ndarray, np.ndarray] | None,
    whole: tuple[np.ndarray, np.ndarray] | None,
    most: float | None,
) -> tuple[np.ndarray, int]:
    """The best weights of some columns, of which each covers targets (float64[K, T]). -> (float64[K], target)."""
    from scipy.optimize import linprog

    defend, defend_not, attack, attack_not = payoffs
    best = None
    unit = float(max(attack_not.max() - attack.min(), 1e-300))
    drop = (attack_not - attack) / unit * covers  # what each column takes from an attack on each target
    for target in range(covers.shape[1]):
        gain = (defend[target] - defend_not[target]) * covers[:, target]
        size = float(np.abs(gain).max()) or 1.0
        # The attacker prefers the target to every other one.
        below = drop[:, [target]] - drop
        side = (attack_not[target] - attack_not) / unit
        rows, limits = [below.T], [side]
        if total is not None:
            rows, limits = [below.T, total[0]], [side, total[1]]
        equal, value = whole if whole is not None else (None, None)
        found = linprog(
            -gain / size,
            np.vstack(rows),
            np.concatenate(limits),
            equal,
            value,
            bounds=(0.0, most),
            method="highs-ds",
            options=OPTIONS,
        )
        if found.status == 2:
            continue
        if found.status != 0:
            raise ArithmeticError(f"the linear program of target {target} was not solved: {found.message}")
        weights = np.maximum(found.x, 0.0)
        reached = float(defend_not[target] + weights @ gain)
        if best is None or reached > best[0] + 1e-12 * abs(best[0]):
            best = (reached, weights, target)
    assert best is not None, "some target is the attacker's best"
    return best[1], best[2]


def _patrol(
    payoffs: list[np.ndarray], coverage: np.ndarray, target: int, patrols: np.ndarray, weights: np.ndarray
) -> Patrol:
    c = coverage[target]
    values = [float(c * payoffs[k][target] + (1.0 - c) * payoffs[k + 1][target]) for k in (0, 2)]
    return Patrol(coverage, target, values[0], values[1], patrols, weights)


def comb(coverage: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pure patrols with given marginals: -> (bool[K, T] targets guarded, float64[K] weights), K at most T + 1.

    Comb sampling (Tsai et al. 2010): the coverages are laid end to end, and the targets that a comb with teeth at
    distance 1 meets are a patrol. Every patrol guards the sum of the coverages, rounded up or down.
    """
    ends = np.round(np.concatenate([[0.0], np.cumsum(coverage)]), 12)
    cuts = np.unique(np.round(np.concatenate([[0.0, 1.0], ends % 1.0]), 12))
    middles, weights = (cuts[:-1] + cuts[1:]) / 2, np.diff(cuts)
    inside = np.floor(ends[None, 1:] - middles[:, None]) > np.floor(ends[None, :-1] - middles[:, None])
    return inside, weights


def _patrols(schedules: Any, targets: int, resources: int) -> tuple[np.ndarray, np.ndarray]:
    """-> (int64[K, R]: the schedules of each patrol, float64[K, T]: which targets it covers)."""
    from itertools import combinations
    from math import comb as choose

    table = np.array(schedules)
    if table.ndim != 2 or table.shape[1] != targets or not len(table) or not np.isin(table, (0, 1)).all():
        raise ValueError(f"schedules must be an array [S, {targets}] of booleans, got shape {table.shape}")
    resources = min(resources, len(table))
    if choose(len(table), resources) > 100_000:
        raise ValueError(
            f"{choose(len(table), resources)} patrols of {resources} of {len(table)} schedules are too many"
        )
    taken = np.array(list(combinations(range(len(table)), resources)))
    return taken, table.astype(bool)[taken].any(axis=1).astype(np.float64)
