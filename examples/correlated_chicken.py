"""Two drivers and a traffic light: what correlation brings in the game of chicken (Aumann 1974).

Without a signal the drivers play one of three Nash equilibria. A light that recommends moves, which nobody wants to
disobey, reaches payoffs that no mixture of those does; learners without swap regret find such play by themselves.
"""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.matrix_figures import payoff_regions

GAME = np.array([[[6.0, 2.0], [7.0, 0.0]], [[6.0, 7.0], [2.0, 0.0]]])

if __name__ == "__main__":
    nash = solvers.nash(GAME, "vertex_enumeration")
    for e in nash:
        print("Nash        ", e.payoffs.round(3))
    for objective in ("welfare", "maximin", "max_entropy"):
        found = solvers.correlated(GAME, "ce", objective)
        print(f"CE, {objective:12}", found.values.round(3), "recommends", found.joint.round(3).tolist())
    learned = solvers.learn_correlated(GAME, "swap", rounds=20_000)
    print("learned     ", learned.values.round(3), "swap regret", learned.regrets.max().round(5))
    regions = {"correlated equilibria": solvers.correlated_vertices(GAME)}
    points = {
        "Nash": [e.payoffs for e in nash],
        "best light": [solvers.correlated(GAME, "ce").values],
    }
    print(payoff_regions(GAME, regions, points, "correlated_chicken.png"))
