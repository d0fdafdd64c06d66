"""Algorithms × games: one figure of certified gaps, one table.

Run ``python examples/compare_solvers.py [--games …] [--algorithms …] [--iterations N] [--out FOLDER]``; it writes
``solvers.png`` and ``solvers.md`` into the folder (``runs`` if not said).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
from cycler import cycler

import ludus

GAMES = ("kuhn_poker", "leduc_poker", "goofspiel(cards=4,imp_info=True,points_order=descending)")
ALGORITHMS = (
    "cfr",
    "cfr+",
    "dcfr",
    "pcfr+",
    "pdcfr+",
    "hs_pdcfr",
    "dcfr-mix",
    "vad-cfr",
    "oftrl",
    "mmd",
    "r-nad",
    "xfp",
    "auto",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares solvers by certified gap.")
    parser.add_argument("--games", nargs="+", default=GAMES)
    parser.add_argument("--algorithms", nargs="+", default=ALGORITHMS)
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    games = [ludus.make(game) for game in arguments.games]
    solutions = {
        (name, game.id): ludus.solve(game, name, iterations=arguments.iterations, progress=True)
        for game in games
        for name in arguments.algorithms
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(
        1, len(games), figsize=(4.2 * len(games) + 1.6, 4.6), squeeze=False, layout="constrained"
    )
    for axis, game in zip(axes[0], games):
        axis.set_prop_cycle(cycler(linestyle=["-", "--", ":"]) * cycler(color=plt.get_cmap("tab10").colors))
        for name in arguments.algorithms:
            history = solutions[name, game.id].history
            axis.loglog([r.iteration for r in history], [max(r.nash_conv, 1e-15) for r in history], label=name)
        axis.set(title=game.id.split("(")[0], xlabel="iterations", ylabel="NashConv")
        axis.grid(True, alpha=0.3)
    figure.legend(*axes[0][-1].get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize="small")
    figure.savefig(arguments.out / "solvers.png", dpi=150)
    lines = ["| NashConv, seconds | " + " | ".join(game.id for game in games) + " |", "|---" * (len(games) + 1) + "|"]
    for name in arguments.algorithms:
        found = [solutions[name, game.id] for game in games]
        lines.append(f"| {name} | " + " | ".join(f"{s.nash_conv:.1e}, {s.seconds:.2g}" for s in found) + " |")
    (arguments.out / "solvers.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
