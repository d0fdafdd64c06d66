"""Cases of evolution and of structured games for `benchmarks.matrix`."""

from __future__ import annotations

import time

import numpy as np

from ludus import solvers

from .harness import Case, Measure

HAWK_DOVE = np.array([[-1.0, 4.0], [0.0, 2.0]])
ROCK_PAPER_SCISSORS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])


def population(game: np.ndarray, process: str, steps: int = 5_000_000) -> Measure:
    """Steps of births and deaths, those without a change included, in a population that keeps mixed by mutation."""
    options = {"population": 100, "mutation": 0.01, "steps": steps, "points": 2}

    def measure() -> float:
        start = time.process_time()  # of one core, whatever else the machine does
        solvers.simulate_population(game, process, **options)
        return steps / (time.process_time() - start)

    return measure


CASES = [
    Case(
        "Moran process, population 100, hawks and doves",
        "steps/s",
        lambda: population(HAWK_DOVE, "moran"),
        target=10e6,
    ),
    Case(
        "Moran process, population 100, rock paper scissors",
        "steps/s",
        lambda: population(ROCK_PAPER_SCISSORS, "moran"),
        target=10e6,
    ),
    Case("pairwise comparison, population 100, hawks and doves", "steps/s", lambda: population(HAWK_DOVE, "pairwise")),
]
