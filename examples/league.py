"""A league of Leduc poker: snapshots of a solver, three scripted bots and a uniform one, rated and measured exactly.

Run ``python examples/league.py``; it writes ``runs/league.db`` and ``runs/league.html``. Run it again: the league is
complete, so that nothing is played twice.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import ludus


def main() -> None:
    out = Path("runs")
    out.mkdir(exist_ok=True)
    game = ludus.make("leduc_poker")
    solution = ludus.solve(game, "cfr+", target=1e-3, progress=True)
    with ludus.League(game, store=out / "league.db") as league:
        league.add("CFR+", solution.policy)
        for snapshot in itertools.islice(ludus.solvers.iterate(game, "cfr", every=[1, 10, 100]), 3):
            league.add(f"CFR after {snapshot.iteration}", snapshot.policy)
        fold, call, bet = 0, 1, 2
        league.add("always call", ludus.PreferenceAgent("always call", call, bet, fold))
        league.add("always raise", ludus.PreferenceAgent("always raise", bet, call, fold))
        league.add("uniform", ludus.UniformAgent())
        league.run(matches=200_000, seed=0, progress=True)
        ludus.report.print_leaderboard(league)
        ludus.write_report(out / "league.html", "Leduc poker league", league=league, solution=solution)


if __name__ == "__main__":
    main()
