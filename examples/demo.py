"""The whole path once: Leduc poker is solved, its players meet in a league, are rated, and a report is written.

``make demo`` runs it (``python examples/demo.py --help`` for its options). What it writes stands in ``demo/``.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from pathlib import Path

from rich.console import Console

import ludus

FOLD, CALL, RAISE = 0, 1, 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=Path("demo"), help="folder for the league, the solution and the report"
    )
    parser.add_argument("--matches", type=int, default=280_000, help="matches of the league")
    parser.add_argument(
        "--train-steps", type=int, default=30_000, help="steps of the learner, where torch is installed"
    )
    arguments = parser.parse_args()
    out, say = arguments.out, Console()
    out.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()

    say.rule("[bold]1. Solve Leduc poker with CFR+")
    game = ludus.make("leduc_poker")
    say.print(game.tree())
    with say.status("compiling kernels, or loading them from the cache"):
        ludus.solve(game, "cfr+", iterations=1)
    solution = ludus.solve(game, "cfr+", target=1e-4, progress=True)
    solution.save(out / "leduc.ludus")
    ludus.report.print_solution(solution, say)

    say.rule("[bold]2. A league of solvers, bots" + (" and a learner" if has_torch() else ""))
    store = out / "league.db"
    for old in out.glob("league.db*"):
        old.unlink()
    with ludus.League(game, store=store) as league:
        league.add("CFR+", solution.policy)
        for snapshot in ludus.solvers.iterate(game, "cfr", every=[1, 10, 100]):
            league.add(f"CFR after {snapshot.iteration}", snapshot.policy)
        league.add("always call", ludus.PreferenceAgent("always call", CALL))
        league.add("always raise", ludus.PreferenceAgent("always raise", RAISE, CALL))
        league.add("uniform", ludus.UniformAgent())
        if has_torch():
            run = ludus.train("ippo", game, steps=arguments.train_steps, seed=0, progress=True)
            league.add("PPO", run.agent)
        else:
            say.print("torch is not installed: no learner takes part (pip install 'ludus\\[marl]')")
        league.run(matches=arguments.matches, seed=0, progress=True)

        say.rule("[bold]3. Ratings beside exact numbers")
        ludus.report.print_leaderboard(league, console=say)
        report = ludus.write_report(out / "report.html", "Leduc poker: a league", league=league, solution=solution)

    say.rule("[bold]Done")
    say.print(f"{time.perf_counter() - start:.1f} s in all. Open [bold]{report}[/bold] in a browser.")


def has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


if __name__ == "__main__":
    main()
