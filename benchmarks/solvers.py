"""Equilibrium solving against OpenSpiel's C++: ``python -m benchmarks.solvers``."""

from __future__ import annotations

import time

import ludus
from ludus import solvers

from .harness import Case, Measure, peer_process, run, timed


def cfr_plus(game: str, iterations: int) -> Measure:
    """CFR+ iterations/s, without evaluation: the loop alone, as the peer's."""
    tree = ludus.make(game).tree()

    def measure() -> float:
        snapshots = solvers.iterate(tree, "cfr+", every=[1, iterations + 1])
        next(snapshots)
        return timed(lambda: next(snapshots), iterations)

    return measure


def openspiel_cfr_plus(game: str, iterations: int) -> Measure:
    import pyspiel

    solver = pyspiel.CFRPlusSolver(pyspiel.load_game(game))

    def measure() -> float:
        start = time.perf_counter()
        for _ in range(iterations):
            solver.evaluate_and_update_policy()
        return iterations / (time.perf_counter() - start)

    return measure


def nash_conv(game: str, times: int) -> Measure:
    tree = ludus.make(game).tree()
    policy = ludus.Policy.random(tree, seed=1)
    return lambda: timed(lambda: [solvers.nash_conv(tree, policy) for _ in range(times)], times)


def openspiel_nash_conv(name: str, times: int) -> Measure:
    import pyspiel

    game = pyspiel.load_game(name)
    policy = pyspiel.UniformRandomPolicy(game)
    return lambda: timed(lambda: [pyspiel.nash_conv(game, policy) for _ in range(times)], times)


def cases() -> list[Case]:
    """The suite."""
    found = []
    for title, ours, peer, fast, slow in (
        ("Leduc", "leduc_poker", "leduc_poker", 20_000, 60),
        ("Liar's Dice, 1 die of 6", "liars_dice", "liars_dice(numdice=1)", 1_000, 5),
    ):
        found.append(
            Case(
                f"CFR+ {title}",
                "iterations/s",
                lambda ours=ours, fast=fast: cfr_plus(ours, fast),
                lambda peer=peer, slow=slow: openspiel_cfr_plus(peer, slow),
                800,
                "open_spiel C++",
            )
        )
        found.append(
            Case(
                f"NashConv {title}",
                "evaluations/s",
                lambda ours=ours, fast=fast: nash_conv(ours, fast // 20),
                lambda peer=peer: openspiel_nash_conv(peer, 2),
                300,
                "open_spiel C++",
            )
        )
    goofspiel = "num_cards=4,imp_info=True,points_order=descending"
    for title, ours, peer, fast, slow in (
        ("Leduc", "leduc_poker", "leduc_poker", 20_000, 200),
        ("Liar's Dice, 1 die of 6", "liars_dice", "liars_dice(numdice=1)", 1_000, 2),
        (
            "Goofspiel, 4 cards",
            "goofspiel(cards=4,imp_info=True,points_order=descending)",
            f"goofspiel({goofspiel})",
            50_000,
            1_000,
        ),
        ("Kuhn", "kuhn_poker", "kuhn_poker", 200_000, 5_000),
    ):
        found.append(
            Case(
                f"CFR+ {title}, against LiteEFG",
                "iterations/s",
                lambda ours=ours, fast=fast: cfr_plus(ours, fast),
                lambda peer=peer, slow=slow: peer_process("liteefg", "liteefg_cfr.py", peer, slow),
                1 if title == "Kuhn" else 50,
                "LiteEFG",
            )
        )
    for cards, most in ((6, 3.0),):
        id = f"goofspiel(cards={cards},imp_info=True,points_order=descending)"
        found.append(
            Case(
                f"CFR+ Goofspiel, {cards} cards",
                "ms/iteration",
                lambda id=id: milliseconds(id, 50),
                target=most,
                at_most=True,
            )
        )
    return found


def milliseconds(game: str, iterations: int) -> Measure:
    """Milliseconds of one CFR+ iteration."""
    speed = cfr_plus(game, iterations)
    return lambda: 1e3 / speed()


if __name__ == "__main__":
    run("solvers", cases())
