"""Hanabi against JaxMARL's and OpenSpiel's on the same CPU, part of ``python -m benchmarks.envs``."""

from __future__ import annotations

from .envs import batch_case, batched, first_step, growth, jaxmarl, openspiel, threads
from .harness import Case


def cases() -> list[Case]:
    """The full game for two against both peers, the small one and five players alone."""
    return [
        batch_case("hanabi", 20, "jaxmarl", lambda: jaxmarl("hanabi", 20)),
        batch_case("hanabi", None, "open_spiel", lambda: openspiel("hanabi", 3_000)),
        Case("hanabi/small, batch of 1024", "steps/s", lambda: batched("hanabi/small")),
        Case("hanabi(players=5), batch of 1024", "steps/s", lambda: batched("hanabi(players=5)")),
        growth("hanabi"),
        threads("hanabi"),
        first_step("hanabi"),
    ]
