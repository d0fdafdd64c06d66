"""The iterated dilemma against the Axelrod library: the same automata, 200 rounds, one core."""

from __future__ import annotations

import time
from functools import partial

from ludus.population.strategies import STRATEGIES
from ludus.population.tournament import tournament

from .harness import Case, Measure, timed

ROUNDS = 200
PAIRS = {
    "tit_for_tat": "TitForTat",
    "win_stay_lose_shift": "WinStayLoseShift",
    "nydegger": "FirstByNydegger",
    "grudger": "Grudger",
    "prober": "Prober",
    "fortress_4": "Fortress4",
    "joss": "FirstByJoss",
    "zd_extort_2": "ZDExtort2",
}
"""Automata of one to eighty-five states, two of them random, and their names in the library."""


def ours(noise: float, names: tuple[str, ...] = tuple(PAIRS), repetitions: int = 2000) -> Measure:
    """Matches/s of a whole tournament, its record of outcomes included."""
    tournament(names, ROUNDS, 1, noise=noise)  # loads the kernels
    matches = repetitions * len(names) * (len(names) + 1) // 2
    return lambda: timed(lambda: tournament(names, ROUNDS, repetitions, noise=noise, seed=1), matches)


def library(noise: float) -> Measure:
    """Matches/s of the library playing each pair once; its cache of deterministic matches would play nothing, so each
    match has its own."""
    import axelrod as axl

    players = [getattr(axl, name) for name in PAIRS.values()]

    def once() -> float:
        start, played = time.perf_counter(), 0
        for i, first in enumerate(players):
            for second in players[i:]:
                axl.Match((first(), second()), turns=ROUNDS, noise=noise, seed=i).play()
                played += 1
        return played / (time.perf_counter() - start)

    return once


def cases() -> list[Case]:
    """The part of the suite `league` that is about the iterated dilemma."""
    found = [
        Case(
            f"iterated dilemma, 200 rounds, automata{', noise 5 %' if noise else ''}",
            "matches/s",
            partial(ours, noise),
            partial(library, noise),
            target=1000.0,
            by="Axelrod 4.14",
            repeats=3,
        )
        for noise in (0.0, 0.05)
    ]
    every = partial(ours, 0.0, tuple(STRATEGIES), 40)
    return [*found, Case(f"iterated dilemma, all {len(STRATEGIES)} strategies", "matches/s", every, repeats=3)]
