"""Goofspiel with 7 cards, 47.5 million histories: ``python -m benchmarks.large`` (a minute and 7 GB of memory)."""

from __future__ import annotations

import resource
import time
from functools import cache, partial

import ludus
from ludus import solvers
from ludus.solvers.tree.layout import layout_of

from .harness import Case, Measure, run

GAME = "goofspiel(cards=7,imp_info=True,points_order=descending)"
ITERATIONS = 10


@cache
def built():
    """-> (the tree, seconds that it and its layout took, greatest memory of the process in GiB)."""
    start = time.perf_counter()
    tree = ludus.make(GAME).tree()
    layout_of(tree)
    return tree, time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def iteration(threads: int = 1) -> Measure:
    """Milliseconds of one CFR+ iteration, as the difference of runs of many and of few."""
    tree = built()[0]

    def seconds(count: int) -> float:
        start = time.perf_counter()
        next(solvers.iterate(tree, "cfr+", every=[count], threads=threads))
        return time.perf_counter() - start

    return lambda: 1e3 * (seconds(2 + ITERATIONS) - seconds(2)) / ITERATIONS


def cases() -> list[Case]:
    """The suite. LiteEFG, published on another machine: 554 s and 58 GB to load, 29,500 ms an iteration."""
    return [
        Case("Goofspiel-7, tree and layout", "s", lambda: lambda: built()[1], target=120, at_most=True, repeats=1),
        Case("Goofspiel-7, memory", "GiB", lambda: lambda: built()[2], target=16, at_most=True, repeats=1),
        Case("Goofspiel-7, CFR+ iteration", "ms", iteration, target=100, at_most=True, repeats=3),
        Case(
            "Goofspiel-7, CFR+ iteration, two threads", "ms", partial(iteration, 2), target=100, at_most=True, repeats=3
        ),
    ]


if __name__ == "__main__":
    run("large", cases())
