"""Exact methods on trees: ``python -m benchmarks.exact``.

OpenSpiel's sequence-form LP is measured where its solvers are installed (``pip install cvxpy ecos``).
"""

from __future__ import annotations

import time
from importlib.util import find_spec

import ludus
from ludus import solvers

from .harness import Case, Measure, run, timed


def lp_speed(game: str) -> Measure:
    """Solutions/s, certificate included."""
    tree = ludus.make(game).tree()
    return lambda: timed(lambda: solvers.solve(tree, "lp"), 1)


def lp_seconds(game: str) -> Measure:
    tree = ludus.make(game).tree()

    def measure() -> float:
        start = time.process_time()  # of one core, whatever else the machine does
        solvers.solve(tree, "lp")
        return time.process_time() - start

    return measure


def lp_gap(game: str) -> Measure:
    """What rounding may have left at most of the gap between the players' guarantees."""
    tree = ludus.make(game).tree()
    policy = solvers.solve(tree, "lp").policy

    def measure() -> float:
        low, high = solvers.certify(tree, policy).value
        return high - low

    return measure


def openspiel_lp(name: str) -> Measure:
    import pyspiel
    from open_spiel.python.algorithms import sequence_form_lp

    game = pyspiel.load_game(name)
    return lambda: timed(lambda: sequence_form_lp.solve_zero_sum_game(game), 1)


def certificates(game: str, times: int) -> Measure:
    tree = ludus.make(game).tree()
    policy = ludus.Policy.random(tree, seed=1)
    return lambda: timed(lambda: [solvers.certify(tree, policy) for _ in range(times)], times)


def cases() -> list[Case]:
    """The suite."""
    peer = (lambda: openspiel_lp("leduc_poker")) if find_spec("cvxpy") and find_spec("ecos") else None
    return [
        Case("LP Leduc", "solutions/s", lambda: lp_speed("leduc_poker"), peer, 1 if peer else None, "open_spiel ECOS"),
        Case("LP Liar's Dice", "s", lambda: lp_seconds("liars_dice"), target=15, repeats=3, at_most=True),
        Case(
            "LP Liar's Dice, proven gap", "utility", lambda: lp_gap("liars_dice"), target=1e-9, repeats=1, at_most=True
        ),
        Case("certificate Leduc", "certificates/s", lambda: certificates("leduc_poker", 20)),
        Case("certificate Liar's Dice", "certificates/s", lambda: certificates("liars_dice", 5)),
    ]


if __name__ == "__main__":
    run("exact", cases())
