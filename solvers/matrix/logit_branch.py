"""The principal branch of logit quantal response equilibria: the curve from uniform play at λ = 0 towards a Nash
equilibrium (McKelvey & Palfrey 1995; traced as in Turocy 2005)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .profile import Profile, strategic_form


class Branch(NamedTuple):
    """K points of the branch, in order along it; λ may fall on the way, where the branch turns."""

    lam: np.ndarray
    """float64[K]: precision, in units of one over payoff."""
    log_probabilities: tuple[np.ndarray, ...]
    """float64[K, A_i] for each player."""

    @property
    def probabilities(self) -> tuple[np.ndarray, ...]:
        """float64[K, A_i] for each player."""
        found = []
        for logs in self.log_probabilities:
            weights = np.exp(logs - logs.max(axis=1, keepdims=True))
            found.append(weights / weights.sum(axis=1, keepdims=True))
        return tuple(found)

    def profile(self, game: Any, point: int = -1) -> Profile:
        """One point as a profile, whose regret against the game is certified."""
        return Profile.of(game, [rows[point] for rows in self.probabilities], method="logit")


def trace_branch(
    game: Any,
    *,
    lam: float | None = None,
    max_regret: float | None = None,
    first_step: float = 0.05,
    longest_step: float = np.inf,
    max_points: int = 20_000,
) -> Branch:
    """Traces the principal branch until λ first reaches `lam`, or the regret falls to `max_regret`.

    Payoffs are divided by the largest range of a player's payoffs, so that steps do not depend on their unit.

    Args:
        game: what `nash` takes.
        lam: where to stop, 0 or more; the last point has exactly this λ.
        max_regret: where to stop, in units of payoffs.
        first_step, longest_step: lengths of arc, in (log-probabilities, λ times the range of payoffs).
        max_points: that the branch may have.

    Raises:
        ValueError: neither or a negative `lam` or `max_regret`, or a step that is not positive.
        ArithmeticError: the branch was lost, which needs a bifurcation (a game of measure zero), or is too long.
    """
    from . import _logit

    form = strategic_form(game)
    if lam is None and max_regret is None:
        raise ValueError("give lam or max_regret: where the branch is to stop")
    for name, value in (("lam", lam), ("max_regret", max_regret)):
        if value is not None and not 0.0 <= value < np.inf:
            raise ValueError(f"{name} must be finite and 0 or more, got {value!r}")
    for name, value in (("first_step", first_step), ("longest_step", longest_step)):
        if not value > 0.0:
            raise ValueError(f"{name} must be positive, got {value!r}")
    flat = form.payoffs.reshape(form.num_players, -1)
    scale = float(np.ptp(flat, axis=1).max()) or 1.0
    payoffs = np.ascontiguousarray((flat - flat.min(axis=1, keepdims=True)) / scale)
    starts = np.cumsum([0, *form.counts])
    n = int(starts[-1])
    point, tangent = np.zeros((2, n + 1))
    point[:n] = np.concatenate([np.full(k, -np.log(k)) for k in form.counts])
    tangent[n] = 1.0
    parts = [point[None].copy()]
    scratch = (np.empty((n, n)), np.empty((n + 1, n + 1)), np.ones((5, n + 1)), np.empty(n + 1, np.int64))
    ends = (np.inf if lam is None else lam * scale, -1.0 if max_regret is None else max_regret / scale)
    written, step = 1, first_step
    while lam != 0.0:
        room = np.empty((min(max_points - written, 256), n + 1))
        status, count = _logit.trace(
            payoffs,
            starts,
            *ends,
            step,
            longest_step,
            point,
            tangent,
            room,
            *scratch,
            np.empty(len(starts) - 1, np.int64),
        )
        parts.append(room[:count])
        written += count
        if status == _logit.REACHED:
            break
        if status == _logit.STUCK or written >= max_points:
            why = "is lost" if status == _logit.STUCK else f"has more than max_points = {max_points:,} points"
            raise ArithmeticError(f"the logit branch {why} at lambda = {point[n] / scale:.6g}")
        step = float(np.linalg.norm(room[-1] - room[-2]))
    points = np.concatenate(parts)
    return Branch(points[:, n] / scale, tuple(np.split(points[:, :n], starts[1:-1], axis=1)))
