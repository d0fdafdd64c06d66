"""Time of one iteration of each dynamics over that of CFR+: ``python -m benchmarks.dynamics``."""

from __future__ import annotations

import time
from functools import partial

import ludus
from ludus import solvers

from .harness import Case, Measure, run

GAMES = {"Leduc": ("leduc_poker", 4000), "Liar's Dice": ("liars_dice", 300)}
TARGETS = {
    "dcfr": 1.5,
    "pcfr+": 1.5,
    "pdcfr+": 1.5,
    "hs_dcfr": 1.5,
    "hs_pcfr+": 1.5,
    "mmd": 4.0,
    "mmd-moving": 4.0,
    "ftrl": 4.0,
    "oftrl": 4.0,
    "omd": 4.0,
    "oomd": 4.0,
    "reg-domd": 4.0,
    "r-nad": None,
    "vad-cfr": None,
    "xfp": None,
    "cfr-br": None,
    "ed": None,
}
"""Most times that of CFR+; both update players in the same order where they can."""


def ratio(game: str, name: str, iterations: int) -> Measure:
    """Seconds of an iteration over those of CFR+, measured in turns; both without evaluation."""
    tree = ludus.make(game).tree()

    def seconds(algorithm: str, start: int) -> float:
        snapshots = solvers.iterate(tree, algorithm, every=[start, start + iterations])
        next(snapshots)
        began = time.perf_counter()
        next(snapshots)
        return time.perf_counter() - began

    def measure() -> float:
        plain, own = [], []
        for _ in range(3):
            plain.append(seconds("cfr+", 20))
            own.append(seconds(name, 20))
        return min(own) / min(plain)

    return measure


def cases() -> list[Case]:
    """The suite."""
    return [
        Case(
            f"{name}, {title}",
            "times CFR+",
            partial(ratio, id, name, iterations),
            target=target,
            at_most=True,
        )
        for title, (id, iterations) in GAMES.items()
        for name, target in TARGETS.items()
    ]


if __name__ == "__main__":
    run("dynamics", cases())
