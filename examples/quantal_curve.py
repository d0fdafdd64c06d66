"""Matching pennies where one side's prize is nine times as large: people do not play Nash, and how to measure it.

In Nash equilibrium the row player mixes half and half whatever its own prize, to keep the other indifferent. Observed
rows go for the prize. The quantal response curve says so at every finite precision, and counts tell the precision.
"""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.matrix_figures import quantal_curve

GAME = np.array([[[9.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
SEEN = [[64, 36], [24, 76]]
"""How often each side's actions were seen, made up in the manner of such experiments."""

if __name__ == "__main__":
    print("Nash     ", solvers.nash(GAME, "support_enumeration")[0])
    fit = solvers.fit_quantal_response(GAME, SEEN)
    print("fitted   ", fit.profile, "precision", round(fit.lam, 3))
    print("level 2  ", solvers.level_k(GAME, 2))
    print("hierarchy", solvers.cognitive_hierarchy(GAME, tau=1.5).play)
    branch = solvers.quantal_branch(GAME, lam=30.0, longest_step=0.1)
    print(quantal_curve(branch, "quantal_curve.png", [["left", "right"]] * 2, fit.lam))
