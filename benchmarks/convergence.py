"""Certified gaps after equally many iterations: ``python -m benchmarks.convergence`` writes a table and a JSON.

For each game: NashConv of every member of the CFR family, alternating and simultaneous, with its own average and the
standard ones, and of the other dynamics with their defaults; and how many times smaller than that of CFR+ (alternating,
linear average: the definition of CFR+) it is.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import ludus
from ludus import solvers
from ludus.solvers.tree import cfr

from .harness import RESULTS, machine, versions

GAMES = {
    "Kuhn": "kuhn_poker",
    "Leduc": "leduc_poker",
    "Goofspiel 5": "goofspiel(cards=5,imp_info=True,points_order=descending)",
    "Liar's Dice": "liars_dice",
}
FAMILY = tuple(a.name for a in cfr.ALGORITHMS)
OTHERS = ("vad-cfr", "auto", "ftrl", "oftrl", "omd", "oomd", "reg-domd", "reg-cfr", "mmd", "mmd-moving", "r-nad")
RESPONDING = ("xfp", "cfr-br", "ed", "efr")
AVERAGES = (None, "uniform", "linear", "quadratic", "last")


def variants() -> list[tuple[str, dict[str, Any], str]]:
    """[(algorithm, options, what the table calls it)]."""
    found: list[tuple[str, dict[str, Any], str]] = []
    for name in FAMILY:
        for alternating in (True, False):
            order = "" if alternating else ", simultaneous"
            for averaging in AVERAGES:
                options = {"alternating": alternating} | ({"averaging": averaging} if averaging else {})
                found.append((name, options, f"{name}{order}{f', {averaging}' if averaging else ''}"))
    for gamma in (5.0, 15.0):
        found.append(("pcfr+", {"gamma": gamma}, f"pcfr+, t^{gamma:g}"))
        found.append(("hs_pcfr+", {"gamma": 2 * gamma}, f"hs_pcfr+, from {2 * gamma:g}"))
    found += [("dcfr-mix", {"base": base}, f"dcfr-mix, {base}") for base in ("cfr+", "pcfr+", "hs_pdcfr")]
    return found + [("dcfr-mix", {}, "dcfr-mix")] + [(name, {}, name) for name in (*OTHERS, *RESPONDING)]


def measure(iterations: int, games: dict[str, str]) -> dict[str, dict[str, float]]:
    """{variant: {game: NashConv}}."""
    table: dict[str, dict[str, float]] = {}
    for title, id in games.items():
        tree = ludus.make(id).tree()
        for name, options, label in variants():
            snapshot = next(solvers.iterate(tree, name, every=[iterations], **options))
            table.setdefault(label, {})[title] = snapshot.nash_conv
    return table


def markdown(table: dict[str, dict[str, float]], games: dict[str, str]) -> str:
    """One row a variant: NashConv, and in brackets how many times smaller than CFR+'s it is."""
    lines = [f"| | {' | '.join(games)} |", "|---" * (len(games) + 1) + "|"]
    for label, row in table.items():
        cells = [f"{row[g]:.1e} ({table['cfr+'][g] / max(row[g], 1e-15):.2g}×)" for g in games]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.convergence", description=__doc__.split("\n")[0])
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--game", action="append", choices=list(GAMES), help="only this game; may be repeated")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/convergence.json and .md")
    arguments = parser.parse_args()
    games = {title: id for title, id in GAMES.items() if not arguments.game or title in arguments.game}
    table = measure(arguments.iterations, games)
    text = markdown(table, games)
    print(text)
    for game in games:
        scheduled = {
            k: row[game] for k, row in table.items() if k.startswith(("dcfr", "pcfr+", "pdcfr+", "hs_", "vad"))
        }
        best = min(scheduled, key=scheduled.__getitem__)
        against = {name: table[name][game] / max(scheduled[best], 1e-15) for name in ("cfr+", "cfr+, simultaneous")}
        print(f"{game}: best is {best}; " + "; ".join(f"{x:.3g} times below {name}" for name, x in against.items()))
    if arguments.keep:
        record = {
            "iterations": arguments.iterations,
            "machine": machine(),
            "versions": versions([]),
            "nash_conv": table,
        }
        RESULTS.mkdir(exist_ok=True)
        write(RESULTS / "convergence.json", json.dumps(record, indent=1))
        write(RESULTS / "convergence.md", text)


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(text + "\n")
    partial.replace(path)


if __name__ == "__main__":
    main()
