"""Three creditors, too small an estate: the Talmud's divisions are a nucleolus (Aumann & Maschler 1985).

And the same players under Shapley's value, which looks at orders of arrival instead of complaints.
"""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.structured_figures import divisions_figure
from ludus.solvers.matrix.coalitions import bankruptcy_game, glove_game

CLAIMS = [100.0, 200.0, 300.0]

if __name__ == "__main__":
    for estate in (100.0, 200.0, 300.0):
        game = bankruptcy_game(estate, CLAIMS)
        print(estate, "nucleolus", solvers.nucleolus(game).round(2), "Shapley", solvers.shapley(game).round(2))
    gloves = glove_game(1, 2)
    print("gloves: Shapley", solvers.shapley(gloves).round(3), "Banzhaf", solvers.banzhaf(gloves).round(3))
    print("gloves: the core is", solvers.core_point(gloves).round(3), "alone")
    estates = np.linspace(0.0, 600.0, 61)
    games = [bankruptcy_game(e, CLAIMS) for e in estates]
    rules = {
        "nucleolus (Talmud)": np.array([solvers.nucleolus(g) for g in games]),
        "Shapley value": np.array([solvers.shapley(g) for g in games]),
    }
    names = [f"claims {c:.0f}" for c in CLAIMS]
    print(divisions_figure(estates, rules, "bankruptcy.png", names, "estate"))
