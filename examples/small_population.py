"""Twenty individuals are not infinitely many: a mutant that earns less may take over, a stable mixture may die out.

Fixation probabilities exactly and by simulation; the long run with mutations, exactly and at more than ten million
steps per second.
"""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.evolution_figures import long_run, shares_over_time

HUNT = np.array([[4.0, 0.0], [3.0, 2.0]])
CYCLE = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])

if __name__ == "__main__":
    options = {"population": 20, "selection": 0.3}
    for mutant, name in enumerate(("stag", "hare")):
        exact = solvers.fixation_probability(HUNT, mutant, 1 - mutant, **options)
        played = solvers.simulate_fixation(HUNT, mutant, 1 - mutant, runs=5000, **options)
        print(f"one {name} hunter takes over with probability {exact:.4f}, in {played:.4f} of 5000 runs; neutral 0.05")
    print("rare mutations: stag, hare", solvers.monomorphic_distribution(HUNT, **options).round(3))
    run = solvers.simulate_population(CYCLE, "moran", population=30, steps=1_000_000, mutation=0.01, seed=1)
    long = solvers.stationary_distribution(CYCLE, population=30, mutation=0.01)
    print("mean shares:", run.mean.round(3), "in a run,", long.mean.round(3), "exactly")
    names = ["rock", "paper", "scissors"]
    path = solvers.evolve(CYCLE, "moran", population=30, time=10_000, mutation=0.01, seed=1)
    print(shares_over_time(path, "small_population.png", [names]))
    print(long_run(long, "small_population_long_run.png", names))
