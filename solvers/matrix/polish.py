"""From a profile near an equilibrium to one that is an equilibrium up to rounding: Newton's method on its support."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .profile import StrategicForm, certified_regret, deviation_payoffs


def polished(form: StrategicForm, strategies: Sequence[np.ndarray], tolerance: float = 1e-12) -> list[np.ndarray]:
    """The best among the given profile and Newton's results on the supports that it suggests.

    Supports are cut at several thresholds, since an approximation leaves a little on actions that are not played.

    tolerance: the regret, with payoffs scaled to [0, 1], at which nothing better is looked for.
    """
    best = [np.asarray(s, np.float64) for s in strategies]
    regret = certified_regret(form.scaled, best)[0]
    tried = set()
    worth = [deviation_payoffs(t, strategies, i) for i, t in enumerate(form.scaled)]
    for threshold in (1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 0.1):
        for near in (False, True):  # what is played; or what is nearly a best response
            masks = [
                (w >= w.max() - threshold) if near else (s > min(threshold, s.max() / 2))
                for s, w in zip(strategies, worth)
            ]
            key = tuple(map(bytes, masks))
            if regret <= tolerance or key in tried:
                continue
            tried.add(key)
            cut = [np.where(mask, np.maximum(s, 1e-9), 0.0) for s, mask in zip(strategies, masks)]
            new = on_support(form, [s / s.sum() for s in cut])
            if new is not None:
                found = certified_regret(form.scaled, new)[0]
                if found < regret:
                    best, regret = new, found
    return best


def on_support(form: StrategicForm, strategies: Sequence[np.ndarray], steps: int = 30) -> list[np.ndarray] | None:
    """Newton's method on: all actions of positive probability pay their player the same, probabilities sum to one.

    Singular systems are solved in the least-squares sense. -> None where probabilities become negative or nothing
    converges.
    """
    supports = [np.flatnonzero(s > 0.0) for s in strategies]
    x = [s.copy() for s in strategies]
    value = np.array([deviation_payoffs(t, x, i) @ x[i] for i, t in enumerate(form.scaled)])
    starts = np.cumsum([0, *(len(s) for s in supports)])
    size, players = int(starts[-1]), form.num_players
    last = np.inf
    for _ in range(steps):
        jacobian, residual = np.zeros((size + players, size + players)), np.zeros(size + players)
        for i, own in enumerate(supports):
            block = slice(starts[i], starts[i + 1])
            residual[block] = deviation_payoffs(form.scaled[i], x, i)[own] - value[i]
            residual[size + i] = x[i].sum() - 1.0
            jacobian[block, size + i] = -1.0
            jacobian[size + i, block] = 1.0
            for j, other in enumerate(supports):
                if j != i:
                    slope = pair_payoffs(form.scaled[i], x, i, j)
                    jacobian[block, starts[j] : starts[j + 1]] = slope[np.ix_(own, other)]
        off = float(np.abs(residual).max())
        if off < 1e-15 or (off >= 0.5 * last and off < 1e-13):
            break
        last = off
        try:
            step = np.linalg.solve(jacobian, -residual)
        except np.linalg.LinAlgError:
            step = np.linalg.lstsq(jacobian, -residual, rcond=None)[0]
        if not np.isfinite(step).all() or np.abs(step).max() > 1e3:
            return None
        for i, own in enumerate(supports):
            x[i][own] += step[starts[i] : starts[i + 1]]
        value += step[size:]
    if off > 1e-10 or any((s < -1e-12).any() for s in x):
        return None
    return [np.maximum(s, 0.0) / np.maximum(s, 0.0).sum() for s in x]


def pair_payoffs(table: np.ndarray, strategies: Sequence[np.ndarray], player: int, other: int) -> np.ndarray:
    """float64[A_player, A_other]: the player's payoffs for its own and one other player's action, against the rest."""
    for k in range(len(strategies) - 1, -1, -1):
        if k not in (player, other):
            table = np.tensordot(table, strategies[k], axes=(k, 0))
    return table if player < other else table.T
