"""Paths of equilibria of the games u + λg, from a λ so large that the bonuses g decide, through λ = 0.

Along a piece of a path supports are constant; it ends where a probability or the disadvantage of an action outside
becomes zero, and that action then leaves or enters its support (Govindan & Wilson 2003). Which way to go on is told by
that same quantity: it has to grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from .polish import pair_payoffs
from .profile import StrategicForm, deviation_payoffs

Payoffs = Callable[[Sequence[np.ndarray]], tuple[np.ndarray, np.ndarray]]
"""strategies -> (worth float64[N] of each action against the others, its derivatives float64[N, N])."""
LONGEST = 0.2
"""Of a step, in (x, w, λ)."""


def game_payoffs(form: StrategicForm) -> Payoffs:
    """The payoffs, scaled to [0, 1], of a game."""

    def evaluate(x: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        worth = np.concatenate([deviation_payoffs(t, x, i) for i, t in enumerate(form.scaled)])
        return worth, slopes(form, x)

    return evaluate


def slopes(form: StrategicForm, x: Sequence[np.ndarray]) -> np.ndarray:
    """float64[N, N]: the derivative of each action's worth by each probability; N is the number of all actions."""
    players = range(form.num_players)
    rows = [
        [pair_payoffs(form.scaled[i], x, i, j) if i != j else np.zeros((n, n)) for j in players]
        for i, n in enumerate(form.counts)
    ]
    return np.block(rows)


def zeros_of_path(
    counts: Sequence[int], payoffs: Payoffs, bonus: np.ndarray, max_steps: int = 5_000
) -> Iterator[list[np.ndarray]]:
    """The profiles at λ = 0 along the path that starts at λ = ∞, in order.

    Args:
        bonus: float64[N], g: for each player one action with 1, all others less.

    Raises:
        ArithmeticError: the path was lost (a game of measure zero for this g), or is longer than `max_steps`.
    """
    path = _Path(counts, payoffs, bonus)
    far = path.lam
    for _ in range(max_steps):
        crossed = path.advance()
        if crossed:
            yield [path.x[a:b].copy() for a, b in pairwise(path.starts)]
        if abs(path.lam) > 1.001 * far + 1.0:
            return
    raise ArithmeticError(f"the path has more than {max_steps:,} steps")


class _Path:
    """Where a path stands: strategies x, values w, λ; supports; the tangent in (x on supports, w, λ)."""

    def __init__(self, counts: Sequence[int], payoffs: Payoffs, bonus: np.ndarray):
        self.starts = np.cumsum([0, *counts]).tolist()
        self.owner = np.repeat(np.arange(len(counts)), counts)
        self.payoffs, self.bonus = payoffs, bonus
        gaps = [1.0 - np.sort(bonus[a:b])[-2] for a, b in pairwise(self.starts) if b > a + 1]
        self.lam = 1.0 + 2.0 / min(gaps, default=1.0)
        self.x = (bonus == 1.0).astype(np.float64)
        self.support = bonus == 1.0
        worth, slope = self.evaluate(self.x)
        self.values = (worth + self.lam * bonus)[self.support]
        self.tangent = self.null(slope)
        if self.tangent[-1] > 0.0:
            self.tangent = -self.tangent
        self.step = LONGEST

    def evaluate(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.payoffs([x[a:b] for a, b in pairwise(self.starts)])

    def matrix(self, slope: np.ndarray) -> np.ndarray:
        """The equations' derivatives: rows of the supports' actions, then of the players."""
        own, players = np.flatnonzero(self.support), len(self.starts) - 1
        n = len(own)
        out = np.zeros((n + players, n + players + 1))
        out[:n, :n] = slope[np.ix_(own, own)]
        out[np.arange(n), n + self.owner[own]] = -1.0
        out[:n, -1] = self.bonus[own]
        out[n + self.owner[own], np.arange(n)] = 1.0
        return out

    def null(self, slope: np.ndarray) -> np.ndarray:
        """The direction in which the equations stay fulfilled."""
        _, sizes, rows = np.linalg.svd(self.matrix(slope))
        if sizes[-1] < 1e-12:
            raise ArithmeticError("the path branches: the game is degenerate for these bonuses")
        return rows[-1]

    def slack(self, x: np.ndarray, values: np.ndarray, lam: float, worth: np.ndarray) -> np.ndarray:
        """By how much each action is worse than its player's value."""
        return values[self.owner] - worth - lam * self.bonus

    def advance(self) -> bool:
        """One step, at most to the next change of supports or to λ = 0. -> whether it ended at λ = 0."""
        own = np.flatnonzero(self.support)
        n, players = len(own), len(self.starts) - 1
        worth, slope = self.evaluate(self.x)
        dx = np.zeros(len(self.x))
        dx[own] = self.tangent[:n]
        dw, dlam = self.tangent[n : n + players], self.tangent[-1]
        slack = self.slack(self.x, self.values, self.lam, worth)
        dslack = dw[self.owner] - slope @ dx - dlam * self.bonus
        # What comes first: an action (its number), λ = 0 (-1), or nothing within the step.
        quantity, change = np.where(self.support, self.x, slack), np.where(self.support, dx, dslack)
        with np.errstate(divide="ignore", invalid="ignore"):
            times = np.where(change < -1e-14, np.maximum(quantity, 0.0) / -change, np.inf)
        alone = np.isin(self.owner, [p for p in range(players) if self.starts[p + 1] - self.starts[p] == 1])
        times[alone] = np.inf
        event, length = int(np.argmin(times)), float(times.min())
        if dlam * self.lam < 0.0 and (zero := -self.lam / dlam) < length:
            event, length = -1, zero
        while True:
            used = min(self.step, length)
            stop = event if length <= self.step else None
            new = self.correct(own, used, stop)
            if new is not None:
                break
            self.step = 0.5 * used
            if self.step < 1e-12:
                raise ArithmeticError(f"the path is lost at lambda = {self.lam:.3g}")
        self.x, self.values, self.lam, slope, easy = new
        self.step = min(used * (2.0 if easy else 1.0), LONGEST) if stop is None else max(self.step, 1e-3)
        old = self.tangent
        if stop is None or stop == -1:
            self.tangent = self.null(slope)
            self.tangent *= np.sign(self.tangent @ old) or 1.0
            if stop == -1:
                self.lam = 0.0
            return stop == -1
        leaves = self.support[stop]
        self.x[stop] = 0.0
        self.support[stop] = not leaves
        self.tangent = self.null(slope)
        if leaves:
            own = np.flatnonzero(self.support)
            player = self.owner[stop]
            growth = self.tangent[len(own) + player] - slope[stop, own] @ self.tangent[: len(own)]
            growth -= self.tangent[-1] * self.bonus[stop]
        else:
            growth = self.tangent[np.count_nonzero(self.support[:stop])]
        if growth < 0.0:
            self.tangent = -self.tangent
        return False

    def correct(self, own: np.ndarray, length: float, stop: int | None) -> tuple | None:
        """Newton's method from the predicted point: across the tangent, or onto the event that the step stops at.

        -> (x, values, λ, slopes, whether it was easy), or None where it fails or an inequality is violated.
        """
        n, players = len(own), len(self.starts) - 1
        point = predicted = np.concatenate([self.x[own], self.values, [self.lam]]) + length * self.tangent
        size = len(point)
        for iteration in range(12):
            x = np.zeros(len(self.x))
            x[own] = point[:n]
            values, lam = point[n : n + players], float(point[-1])
            worth, slope = self.evaluate(x)
            slack = self.slack(x, values, lam, worth)
            residual = np.zeros(size)
            residual[:n] = -slack[own]
            residual[n : n + players] = np.add.reduceat(x, self.starts[:-1]) - 1.0
            rows = np.zeros((size, size))
            rows[:-1] = self.matrix(slope)
            if stop is None:
                rows[-1] = self.tangent
            elif stop == -1:
                rows[-1, -1], residual[-1] = 1.0, lam
            elif self.support[stop]:
                at = int(np.searchsorted(own, stop))
                rows[-1, at], residual[-1] = 1.0, point[at]
            else:
                rows[-1, :n], rows[-1, n + self.owner[stop]] = -slope[stop, own], 1.0
                rows[-1, -1], residual[-1] = -self.bonus[stop], slack[stop]
            off = float(np.abs(residual).max())
            if off < 1e-12 * (1.0 + abs(lam)):
                near = np.linalg.norm(point - predicted) <= 0.2 * length + 1e-8  # else it may be another path
                fine = near and (x > -1e-9).all() and (slack > -1e-9).all()
                return (np.maximum(x, 0.0), values.copy(), lam, slope, iteration <= 3) if fine else None
            try:
                move = np.linalg.solve(rows, residual)
            except np.linalg.LinAlgError:
                return None
            if not np.abs(move).max() < 1.0 + length:
                return None
            point = point - move
        return None


def random_bonus(counts: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """A bonus for each action: 1 for one of each player's, less than that for the others."""
    parts = []
    for n in counts:
        part = 0.8 * rng.random(n)
        part[rng.integers(n)] = 1.0
        parts.append(part)
    return np.concatenate(parts)
