"""Who prevails? Hawks and doves settle, rock, paper and scissors go round for ever.

The same games under the replicator, under best responses, and under noisy (logit) ones; each rest point says how stable
it is.
"""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.evolution_figures import phase_portrait

HAWKS = np.array([[-1.0, 4.0], [0.0, 2.0]])
CYCLE = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])

if __name__ == "__main__":
    for point in solvers.rest_points(HAWKS):
        print("hawks and doves", point.state[0].round(3), point.kind, "Nash" if point.nash else "no equilibrium")
    paths = [solvers.evolve(CYCLE, start=start, time=40.0) for start in ([0.5, 0.3, 0.2], [0.8, 0.1, 0.1])]
    product = paths[0].states[0].prod(axis=1)
    print("the product of the shares stays", product[0].round(6), "...", product[-1].round(6))
    inner = solvers.evolve(CYCLE, "best_response", start=[0.5, 0.3, 0.2], time=5.0)
    print("best responses close in:", inner.last[0].round(4), "regret", round(inner.profile.regret, 4))
    noisy = solvers.evolve(CYCLE, "logit", start=[0.8, 0.1, 0.1], time=40.0, noise=0.2)
    print("so do noisy ones:", noisy.last[0].round(4))
    names = ["rock", "paper", "scissors"]
    print(phase_portrait(CYCLE, "evolution_cycle.png", trajectories=paths, names=names))
    print(phase_portrait(HAWKS, "evolution_hawks.png", names=["hawks", "doves"]))
    pair = [solvers.evolve("chicken", start=s, populations=2, time=30.0) for s in ([[0.9, 0.1], [0.8, 0.2]],)]
    print(phase_portrait("chicken", "evolution_chicken.png", populations=2, trajectories=pair))
