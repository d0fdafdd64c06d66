"""Three ways to sell a painting bring the same revenue (Vickrey 1961; Myerson 1981), up to the grid of bids."""

from __future__ import annotations

import numpy as np

from ludus import solvers
from ludus.report.structured_figures import bids_figure

GRID = np.linspace(0.0, 1.0, 17)

if __name__ == "__main__":
    strategies = {}
    for kind in ("first", "second", "all_pay"):
        sale = solvers.auction(kind, GRID, GRID)
        profile = solvers.bayes_nash(sale.game, "learning", rounds=300)[0]
        print(f"{kind:8} revenue {sale.revenue(profile):.3f} (theory 0.333), regret {profile.regret:.1e}")
        strategies[kind.replace("_", "-")] = profile.strategies[0]
    second = solvers.auction("second", GRID, GRID)
    print("truth in a second-price auction: regret", solvers.bayes_profile(second.game, second.truthful()).regret)
    strategies["second"] = second.truthful()[0]
    print(bids_figure(GRID, GRID, strategies, "auctions.png"))
