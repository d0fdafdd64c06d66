"""Logit quantal response equilibria at a given precision, and the precision that explains observed play best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .logit_branch import Branch, trace_branch
from .payoffs import from_zero, mixed_profile, payoffs_of
from .profile import Profile, StrategicForm, deviation_payoffs


def quantal_response(game: Any, lam: float = 1.0) -> Profile:
    """The logit quantal response equilibrium on the principal branch, where the branch first reaches a precision.

    Everybody plays each action with probability proportional to exp(lam × its expected payoff) (McKelvey & Palfrey
    1995). The branch leads there from uniform play at 0: `quantal_branch` has all of it.

    Args:
        game: a `MatrixGame`, its id, payoffs [P, A0, …], or a one-shot game.
        lam: precision, in units of one over payoff, 0 or more.

    Returns:
        A `Profile`; its regret is against best responses, as everywhere: `quantal_error` tells how well the logit
        equation holds.

    Raises:
        ValueError: a negative or infinite `lam`.
        ArithmeticError: the branch was lost, which needs a bifurcation (a game of measure zero).
    """
    payoffs = payoffs_of(game)
    branch = trace_branch(StrategicForm(payoffs), lam=lam)
    return Profile.of(
        StrategicForm(payoffs), [rows[-1] for rows in branch.probabilities], method=f"logit response, lambda {lam:g}"
    )


def quantal_branch(game: Any, lam: float = 1e4, **options: Any) -> Branch:
    """The principal branch as a curve from λ = 0 to `lam`; options as for `trace_branch`."""
    return trace_branch(StrategicForm(payoffs_of(game)), lam=lam, **options)


def quantal_error(game: Any, profile: Sequence[Any], lam: float) -> float:
    """The largest difference of a probability from the logit response to the profile; 0 exactly in a QRE."""
    payoffs = from_zero(payoffs_of(game))
    if not 0.0 <= lam < np.inf:
        raise ValueError(f"lam must be finite and 0 or more, got {lam!r}")
    strategies = mixed_profile(payoffs, profile)
    worst = 0.0
    for p, x in enumerate(strategies):
        worth = deviation_payoffs(payoffs[p], strategies, p)
        response = np.exp(lam * (worth - worth.max()))
        worst = max(worst, float(np.abs(response / response.sum() - x).max()))
    return worst


@dataclass(frozen=True, eq=False)
class QuantalFit:
    """The precision that explains observed play best.

    Attributes:
        lam: its maximum-likelihood estimate on the traced part of the branch; infinite where no precision does better
            than the end.
        profile: the quantal response equilibrium there.
        log_likelihood: of the counts, without the multinomial coefficient.
        branch: what was traced.
        log_likelihoods: float64[K]: along the branch.
    """

    lam: float
    profile: Profile
    log_likelihood: float
    branch: Branch
    log_likelihoods: np.ndarray


def fit_quantal_response(game: Any, counts: Sequence[Any], *, most: float = 1e4) -> QuantalFit:
    """The maximum-likelihood precision on the principal branch, globally over its traced part.

    Args:
        game: as for `quantal_response`.
        counts: for each player, how often each action was seen: A_p numbers, 0 or more, not all 0 over all players.
        most: where to stop tracing, in units of one over the largest range of a player's payoffs.

    Raises:
        ValueError: counts of another shape, negative, not finite or all 0; `most` not positive.
        ArithmeticError: the branch was lost.
    """
    from scipy.optimize import minimize_scalar

    payoffs = payoffs_of(game)
    seen = _counts(payoffs, counts)
    if not 0.0 < most < np.inf:
        raise ValueError(f"most must be positive and finite, got {most!r}")
    scale = float(np.ptp(payoffs.reshape(len(payoffs), -1), axis=1).max()) or 1.0
    branch = _fine(payoffs, most, scale)
    heights = np.sum([logs @ c for logs, c in zip(branch.log_probabilities, seen)], axis=0)
    top = int(heights.argmax())
    low, high = max(top - 1, 0), min(top + 1, len(heights) - 1)

    def point(k: int, part: float) -> tuple[float, list[np.ndarray]]:
        lam = float((1 - part) * branch.lam[k] + part * branch.lam[k + 1])
        start = [(1 - part) * rows[k] + part * rows[k + 1] for rows in branch.log_probabilities]
        return lam, _corrected(from_zero(payoffs), start, lam)

    def depth(k: int, part: float) -> float:
        return -float(sum(l @ c for l, c in zip(point(k, part)[1], seen)))

    tries = []
    for k in range(low, high):
        found = minimize_scalar(partial(depth, k), bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-10})
        # The ends themselves, which a bounded search only approaches.
        tries += [(depth(k, part), k, part) for part in (float(found.x), 0.0, 1.0)]
    best, logs = point(*min(tries)[1:])
    profile = Profile.of(StrategicForm(payoffs), [np.exp(l) for l in logs], method="maximum-likelihood logit response")
    height = float(sum(l @ c for l, c in zip(logs, seen)))
    rounding = 1e-9 * float(sum(c.sum() for c in seen))
    rising = heights[-1] >= height - rounding and heights[-1] > heights[0] + rounding
    return QuantalFit(np.inf if rising else float(best), profile, height, branch, heights)


FINE = 100.0
"""Up to this precision, in units of one over the largest range, the likelihood is looked at in short steps."""


def _fine(payoffs: np.ndarray, most: float, scale: float) -> Branch:
    """The branch in short steps where play changes, in the tracer's own steps beyond."""
    branch = trace_branch(StrategicForm(payoffs), lam=min(most, FINE) / scale, longest_step=1.0)
    if most <= FINE:
        return branch
    whole = trace_branch(StrategicForm(payoffs), lam=most / scale)
    far = int((whole.lam > branch.lam[-1]).argmax())
    logs = [np.concatenate([near, rows[far:]]) for near, rows in zip(branch.log_probabilities, whole.log_probabilities)]
    return Branch(np.append(branch.lam, whole.lam[far:]), tuple(logs))


def _counts(payoffs: np.ndarray, counts: Sequence[Any]) -> list[np.ndarray]:
    sizes = payoffs.shape[1:]
    try:
        seen = [np.array(c, np.float64) for c in counts]
    except (TypeError, ValueError):
        raise ValueError(f"counts must hold {len(sizes)} lists of numbers, of lengths {sizes}") from None
    if [c.shape for c in seen] != [(n,) for n in sizes]:
        raise ValueError(f"counts must hold {len(sizes)} lists, of lengths {sizes}, got {[c.shape for c in seen]}")
    if not all(np.isfinite(c).all() and (c >= 0.0).all() for c in seen) or not any(c.any() for c in seen):
        raise ValueError("counts must be finite and 0 or more, and not all 0")
    return seen


def _corrected(payoffs: np.ndarray, logs: list[np.ndarray], lam: float) -> list[np.ndarray]:
    """Newton's method on log p_a - log p_0 = λ (u_a - u_0) at a fixed λ, from a point nearby. -> log-probabilities."""
    counts = payoffs.shape[1:]
    starts = np.cumsum([0, *counts])
    for _ in range(50):
        x = [np.exp(l - l.max()) / np.exp(l - l.max()).sum() for l in logs]
        rest, jacobian = np.zeros(starts[-1]), np.eye(starts[-1])
        for p in range(len(counts)):
            own = slice(starts[p], starts[p + 1])
            worth = deviation_payoffs(payoffs[p], x, p)
            target = lam * (worth - worth.max())
            target -= np.log(np.exp(target).sum())
            rest[own] = logs[p] - target
            for q, m in enumerate(counts):
                if q == p:
                    continue
                # How p's worths change with log x_q: the pair's payoffs against the others', times x_q.
                rates = _pair(payoffs[p], x, p, q) * x[q]
                rates -= rates.sum(axis=1, keepdims=True) * x[q]
                response = np.exp(target)
                jacobian[own, starts[q] : starts[q] + m] = -lam * (rates - response @ rates)
        step = np.linalg.solve(jacobian, -rest)
        logs = [l + step[starts[p] : starts[p + 1]] for p, l in enumerate(logs)]
        if np.abs(step).max() <= 1e-13 * max(1.0, max(float(np.abs(l).max()) for l in logs)):
            break
    return [l - l.max() - np.log(np.exp(l - l.max()).sum()) for l in logs]


def _pair(table: np.ndarray, x: list[np.ndarray], p: int, q: int) -> np.ndarray:
    """float64[A_p, A_q]: a player's payoffs by its own and another's action, over the others' strategies."""
    for other in range(len(x) - 1, -1, -1):
        if other not in (p, q):
            table = np.moveaxis(table, other, -1) @ x[other]
    return table if p < q else table.T
