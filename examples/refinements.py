"""Which equilibrium? Myerson's game (1978) has three pure ones; trembles rule out one, sensible trembles another.

The third row and column hardly matter, as both are dominated; yet they make the bad equilibrium perfect. It takes
trembles that are rarer the more they cost to rule it out.
"""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.matrix_figures import refinement_table

TABLE = np.array([[1.0, 0.0, -9.0], [0.0, 0.0, -7.0], [-9.0, -7.0, -7.0]])
GAME = np.stack([TABLE, TABLE.T])

if __name__ == "__main__":
    marks = {}
    for e in solvers.nash(GAME, "pure"):
        kind = "perfect" if solvers.is_perfect(GAME, e) else "Nash"
        kind = "proper" if solvers.is_proper(GAME, e) else kind
        marks[tuple(int(x.argmax()) for x in e)] = kind
    print(marks)
    print("weak domination leaves", solvers.eliminate(GAME, "weak").remaining)
    print("payoff-dominant       ", solvers.payoff_dominant(GAME))
    hawk_dove = np.array([[-1.0, 4.0], [0.0, 2.0]])
    print("stable among hawks and doves", solvers.evolutionarily_stable(hawk_dove)[0].round(3))
    names = [[f"α{i}" for i in (1, 2, 3)], [f"β{i}" for i in (1, 2, 3)]]
    print(refinement_table(GAME, marks, "refinements.png", names))
