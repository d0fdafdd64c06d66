"""The best response dynamics x' ∈ BR(x) - x, which is an inclusion, followed exactly (Gilboa & Matsui 1991).

Payoffs are linear along straight lines, so that paths are made of segments: while the best replies do not change, the
state heads for a point y, as y + (x - y) exp(-t). Where several replies are best, the next target must be a Nash
equilibrium of the game restricted to them, or the replies that make it up would not stay best (Hofbauer 1995). There
may be several such targets: the path then is one of many, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .evolution import MOST_SWITCHES, PopulationGame, State, Trajectory

TIE = 1e-10
"""Payoffs closer than this count as equal, in units of the range of payoffs."""


def best_response_path(game: PopulationGame, start: State, time: float, points: int) -> Trajectory:
    """A solution of the inclusion from a start.

    Raises:
        ValueError: more than two players, whose payoffs are not linear along segments.
    """
    if len(game.payoffs) > 2:
        raise ValueError(
            f"the best response dynamics take games of 2 players, got {len(game.payoffs)}: 'logit' with little noise "
            f"comes near, for any number"
        )
    unit = float(np.ptp(game.payoffs)) or 1.0
    corners: list[tuple[float, State]] = [(0.0, start)]
    heading: list[State] = []
    now, state, unique = 0.0, start, True
    while now < time and len(heading) < MOST_SWITCHES:
        worths = game.worth(state)
        best = [np.flatnonzero(w >= w.max() - TIE * unit) for w in worths]
        target, alone = _target(game, state, best)
        unique &= alone
        part = _until(worths, game.worth(target), target, unit)
        length = -np.log1p(-part) if part < 1.0 else np.inf
        heading.append(target)
        now += length
        if now < time:
            state = tuple((1.0 - part) * x + part * y for x, y in zip(state, target))
            corners.append((now, state))
    complete = now >= time
    times = np.linspace(0.0, time if complete else corners[-1][0], points)
    begins = np.array([t for t, _ in corners[: len(heading)]])
    at = np.clip(np.searchsorted(begins, times, side="right") - 1, 0, len(heading) - 1)
    decay = np.exp(begins[at] - times)[:, None]
    states = []
    for p in range(len(start)):
        froms = np.array([corners[k][1][p] for k in at])
        targets = np.array([heading[k][p] for k in at])
        states.append(targets + (froms - targets) * decay)
    return Trajectory("best_response", times, tuple(states), game, unique, complete)


def _target(game: PopulationGame, state: State, best: Sequence[np.ndarray]) -> tuple[State, bool]:
    """A Nash equilibrium of the game restricted to the best replies, and whether it is the only one."""
    if all(len(b) == 1 for b in best):
        return tuple(np.eye(n)[b[0]] for n, b in zip(game.counts, best)), True
    sides = [*best, *best] if game.single else best
    cells: tuple[Any, ...] = (slice(None), *np.ix_(*sides))
    payoffs = game.payoffs[cells]
    strict = [_dominant(np.moveaxis(table, p, 0)) for p, table in enumerate(payoffs)]
    if all(a is not None for a in strict):
        return tuple(np.eye(n)[b[a]] for n, b, a in zip(game.counts, best, strict)), True
    found = _equilibria(payoffs, game.single)
    # Staying at an equilibrium where nothing pulls away is a solution too, and the one that is taken.
    whole = []
    for pair in found:
        target = []
        for n, b, y in zip(game.counts, best, pair):
            full = np.zeros(n)
            full[b] = y
            target.append(full)
        whole.append(tuple(target))
    whole.sort(key=lambda target: sum(float(np.abs(y - x).sum()) for x, y in zip(state, target)))
    return whole[0], len(whole) == 1


def _dominant(own: np.ndarray) -> int | None:
    """The action that beats all others against everything, if there is one."""
    first = int(own[:, 0].argmax())
    others = np.delete(own, first, axis=0)
    return first if (own[first] > others).all() else None


def _equilibria(payoffs: np.ndarray, single: bool) -> list[State]:
    """Nash equilibria of a small bimatrix game: the symmetric ones if it is played within one population."""
    from .nash import nash

    if not single:
        return [tuple(p) for p in nash(payoffs, "support_enumeration")]
    from .rest_points import equaliser, supports

    own = payoffs[0]
    found: list[State] = []
    for support in supports(len(own)):
        x = equaliser(own[list(support)], support)
        if x is not None and (own @ x[0]).max() <= (own @ x[0])[support[0]] + TIE * (float(np.ptp(own)) or 1.0):
            found.append((x[0],))
    return found


def _until(worths: State, ahead: State, target: State, unit: float) -> float:
    """How far of the way to the target, in [0, 1], some other reply becomes as good as those of the target."""
    part = 1.0
    for worth, later, y in zip(worths, ahead, target):
        kept = int(np.flatnonzero(y)[0])
        gap, end = worth[kept] - worth, later[kept] - later
        crossing = (end < -TIE * unit) & (gap > TIE * unit)
        if crossing.any():
            part = min(part, float((gap[crossing] / (gap[crossing] - end[crossing])).min()))
    return part
