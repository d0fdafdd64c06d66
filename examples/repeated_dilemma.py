"""Cooperation among selfish players who meet again: how patient must they be, and what can they reach at all?"""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.structured_figures import folk_figure
from ludus.solvers.matrix import repeated

DILEMMA = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])

if __name__ == "__main__":
    grim = [repeated.grim(DILEMMA, (0, 0), 1, p) for p in range(2)]
    copies = [repeated.tit_for_tat(DILEMMA, p) for p in range(2)]
    for discount in (0.4, 0.5, 0.9):
        for name, pair in (("grim trigger", grim), ("tit for tat", copies)):
            found = solvers.repeated_play(DILEMMA, pair, discount)
            print(
                f"{name:12} at {discount}: pays {found.payoffs[0]:.2f}, equilibrium {found.is_nash}, "
                f"also after every history {found.is_subgame_perfect}"
            )
    region = solvers.folk_region(DILEMMA)
    best, joint = region.extreme([1.0, 0.0])
    print("the most that one player can hope for:", best.round(3), "by", joint.round(3).tolist())
    points = {"defect for ever": (1.0, 1.0), "cooperate": (3.0, 3.0), "one takes turns": best}
    print(folk_figure(region, "repeated_dilemma.png", points))
