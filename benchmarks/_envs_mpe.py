"""Particle environments against JaxMARL's and mpe2's on the same CPU, part of ``python -m benchmarks.envs``."""

from __future__ import annotations

import importlib

import ludus

from .envs import batch_case, batched, first_step, growth, jaxmarl, parallel, threads
from .harness import Case, Measure

OTHERS = ("simple_speaker_listener", "simple_reference", "simple_tag", "simple_world_comm")


def face(name: str, version: int, steps: int) -> Case:
    """One environment at a time through PettingZoo's parallel interface, against mpe2's."""

    def original() -> Measure:
        return parallel(importlib.import_module(f"mpe2.{name}_v{version}").parallel_env, steps)

    def ours() -> Measure:
        return parallel(ludus.make(f"mpe/{name}").parallel_env, 2_000)

    return Case(f"mpe/{name}, the PettingZoo face", "steps/s", ours, original, target=1, by="mpe2")


def cases() -> list[Case]:
    """Spread against JaxMARL, other scenarios alone, the PettingZoo faces against mpe2's."""
    return [
        batch_case("mpe/simple_spread", 20, "jaxmarl", lambda: jaxmarl("MPE_simple_spread_v3", 50)),
        *(Case(f"mpe/{name}, batch of 1024", "steps/s", lambda name=name: batched(f"mpe/{name}")) for name in OTHERS),
        face("simple", 3, 2_000),
        face("simple_spread", 3, 1_000),
        face("simple_crypto", 3, 1_000),
        growth("mpe/simple_spread"),
        threads("mpe/simple_spread"),
        first_step("mpe/simple_world_comm"),
    ]
