"""Sampled solvers against OpenSpiel's C++ ones: ``python -m benchmarks.sampling``."""

from __future__ import annotations

import time

import ludus
from ludus import solvers

from .harness import Case, Measure, run, timed


def sampled(game: str, algorithm: str, iterations: int) -> Measure:
    """Iterations/s on the tree, after a first part in which policies have left the uniform one."""
    tree = ludus.make(game).tree()

    def measure() -> float:
        snapshots = solvers.iterate(tree, algorithm, every=[iterations // 10, iterations + iterations // 10])
        next(snapshots)
        return timed(lambda: next(snapshots), iterations)

    return measure


def from_rules(game: str, algorithm: str, iterations: int) -> Measure:
    """The same without a tree, on compiled rules."""
    made = ludus.make(game)

    def measure() -> float:
        points = [iterations // 10, iterations + iterations // 10]
        policies = solvers.iterate_large(made, algorithm, every=points)
        next(policies)
        return timed(lambda: next(policies), iterations)

    return measure


def openspiel(game: str, solver: str, iterations: int) -> Measure:
    """The same part of a run; an iteration is one walk for each player, as here."""
    import pyspiel

    made = getattr(pyspiel, solver)(pyspiel.load_game(game))
    for _ in range(iterations // 10):
        made.run_iteration()

    def measure() -> float:
        start = time.perf_counter()
        for _ in range(iterations):
            made.run_iteration()
        return iterations / (time.perf_counter() - start)

    return measure


def cases() -> list[Case]:
    """The suite."""
    found = []
    games = (
        ("Leduc", "leduc_poker", "leduc_poker", 20, 200_000, 3000),
        ("Liar's Dice, 1 die of 6", "liars_dice", "liars_dice(numdice=1)", 10, 50_000, 1000),
    )
    for title, ours, peer, target, fast, slow in games:
        found.append(
            Case(
                f"MCCFR external on rules, {title}",
                "iterations/s",
                lambda ours=ours, n=fast // 5: from_rules(ours, "mccfr_external", n),
                lambda peer=peer, n=slow: openspiel(peer, "ExternalSamplingMCCFRSolver", n),
                None,
                "open_spiel C++",
            )
        )
        for way, solver, least, more in (
            ("external", "ExternalSamplingMCCFRSolver", target, 1),
            ("outcome", "OutcomeSamplingMCCFRSolver", None, 4),
        ):
            found.append(
                Case(
                    f"MCCFR {way}, {title}",
                    "iterations/s",
                    lambda ours=ours, way=way, n=fast * more: sampled(ours, f"mccfr_{way}", n),
                    lambda peer=peer, solver=solver, n=slow * more: openspiel(peer, solver, n),
                    least,
                    "open_spiel C++",
                )
            )
    for name in ("ixomd", "adaptive_ftrl"):
        title = f"{name} on rules, Leduc"
        found.append(
            Case(title, "episodes/s", lambda name=name: from_rules("leduc_poker", name, 200_000), None, 200_000)
        )
    for name in ("balanced_omd", "balanced_ftrl"):
        title = f"{name} on the tree, Leduc"
        found.append(Case(title, "episodes/s", lambda name=name: sampled("leduc_poker", name, 200_000), None, 200_000))
    return found


if __name__ == "__main__":
    run("sampling", cases())
