"""PSRO's cases of the league suite: exact best responses on Leduc poker, against OpenSpiel's psro_v2 (`make peers`)."""

from __future__ import annotations

import time

import ludus

from .harness import Case, Measure, peer_process, timed

ROUNDS = 50
PEER_ROUNDS = 5
"""Both run so many rounds from uniform play when they are compared."""
PEER_MATCHES = 10
"""Matches for each cell of OpenSpiel's payoffs; its example takes 1,000, so this flatters it. Ours are exact."""


def seconds() -> Measure:
    """Seconds of 50 rounds, NashConv of each included."""
    game = ludus.make("leduc_poker")

    def once() -> float:
        start = time.perf_counter()
        result = ludus.psro(game, oracle="exact", meta_solver="nash", iterations=ROUNDS)
        assert result.iteration == ROUNDS
        return time.perf_counter() - start

    return once


def rounds(count: int) -> Measure:
    """Rounds/s from the start, NashConv of each included (the peer computes none)."""
    game = ludus.make("leduc_poker")
    return lambda: timed(lambda: ludus.psro(game, oracle="exact", meta_solver="nash", iterations=count), count)


def cases() -> list[Case]:
    """The cases."""
    return [
        Case(f"PSRO on leduc_poker, {ROUNDS} rounds", "s", seconds, target=20.0, at_most=True, repeats=3),
        Case(
            f"PSRO on leduc_poker, first {PEER_ROUNDS} rounds",
            "rounds/s",
            lambda: rounds(PEER_ROUNDS),
            lambda: peer_process("openspiel", "openspiel_psro.py", "leduc_poker", PEER_ROUNDS, PEER_MATCHES),
            20.0,
            f"open_spiel psro_v2, {PEER_MATCHES} matches a cell",
            repeats=3,
        ),
    ]
