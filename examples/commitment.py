"""The power to commit: announcing a dominated action pays more than equilibrium (Conitzer & Sandholm 2006).

And the same idea at an airport: how often should each gate be guarded when the attacker has watched for weeks?
"""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.matrix_figures import commitment_curve

GAME = np.array([[[2.0, 4.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]])

if __name__ == "__main__":
    print("Nash             ", solvers.nash(GAME, "pure")[0].payoffs)
    found = solvers.stackelberg(GAME, leader=0)
    print("commitment       ", found)
    print("weak commitment  ", solvers.stackelberg(GAME, kind="weak").value, "approached, not attained")
    print("unknown follower ", solvers.bayesian_stackelberg(GAME[0], [GAME[1], -GAME[1]], [0.7, 0.3]))
    patrol = solvers.security_game([0, 0, 0, 0], [-1, -2, -5, -9], [0, 0, 0, 0], [1, 2, 5, 9], resources=2)
    print("gates guarded    ", patrol.coverage.round(3), "attacker gets", round(patrol.attacker_value, 3))
    print(commitment_curve(GAME, found, "commitment.png", ["left", "right"]))
