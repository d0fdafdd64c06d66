"""A race of regret minimisers, for who does not want to choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm, find
from .evaluate import evaluate

STARTERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dcfr", {}),
    ("pcfr+", {"gamma": 5.0}),
    ("hs_pdcfr", {}),
    ("vad-cfr", {"start": 50}),
)
LAPS = (40, 160)
"""After so many iterations of each the worse half of those still running drops out."""


@dataclass
class _Runner:
    """A generator of snapshots that is told point by point how far to run."""

    tree: GameTree
    name: str
    options: dict[str, Any]
    done: int = 0
    gap: float = np.inf

    def __post_init__(self) -> None:
        self.snapshots = find(self.name).run(self.tree, iter(lambda: self.done, None), 0, **self.options)

    def advance(self, count: int) -> np.ndarray:
        self.done += count
        _, probabilities = next(self.snapshots)
        self.gap = evaluate(self.tree, probabilities).nash_conv
        return probabilities


def race(
    tree: GameTree, points: Iterable[int], seed: int | np.random.Generator = 0
) -> Iterator[tuple[int, np.ndarray]]:
    """Runs `STARTERS` side by side, drops the worse half after each of `LAPS`, and yields the policy with the smallest
    NashConv seen so far. An iteration is one of any of them, so that the iterations of a race cost what others' do.
    """
    runners = [_Runner(tree, name, options) for name, options in STARTERS]
    laps = list(LAPS)
    best, kept, done = np.inf, None, 0
    for point in points:
        while done < point:
            runner = min(runners, key=lambda r: r.done)
            count = max(1, (point - done) // len(runners))
            if laps:
                count = min(count, laps[0] - runner.done)
            probabilities = runner.advance(count)
            done += count
            if runner.gap < best or kept is None:
                best, kept = runner.gap, probabilities
            if laps and min(r.done for r in runners) == laps[0]:
                laps.pop(0)
                runners = sorted(runners, key=lambda r: r.gap)[: max(1, len(runners) // 2)]
        if kept is None:
            kept = np.array(runners[0].advance(0))
        yield done, kept.copy()


ALGORITHMS = (
    Algorithm(
        "auto",
        "Race of regret minimisers",
        "full width",
        "two-player zero-sum: the gap never rises, and falls as that of the winner of the first laps",
        "successive halving over " + ", ".join(name for name, _ in STARTERS),
        race,
    ),
)
