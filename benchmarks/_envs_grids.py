"""Kitchens and warehouses against JaxMARL's, overcooked_ai's and rware's, part of ``python -m benchmarks.envs``."""

from __future__ import annotations

import time

import numpy as np

import ludus

from .envs import batch_case, batched, first_step, growth, gymnasium_loop, jaxmarl, parallel, threads
from .harness import Case, Measure


def overcooked_ai(steps: int) -> Measure:
    """Steps/s of the original with random actions, its 26-channel observations included."""
    from overcooked_ai_py.mdp.actions import Action
    from overcooked_ai_py.mdp.overcooked_mdp import OvercookedGridworld

    kitchen, rng = OvercookedGridworld.from_layout_name("cramped_room"), np.random.default_rng(0)

    def measure() -> float:
        state, start = kitchen.get_standard_start_state(), time.perf_counter()
        for _ in range(steps):
            joint = [Action.INDEX_TO_ACTION[a] for a in rng.integers(6, size=2)]
            state, _ = kitchen.get_state_transition(state, joint)
            kitchen.lossless_state_encoding(state)
        return steps / (time.perf_counter() - start)

    return measure


def rware(steps: int) -> Measure:
    """Steps/s of the original's smallest task for two."""
    return gymnasium_loop("rware-tiny-2ag-v2", "rware", steps)


def face(id: str, peer, by: str) -> Case:
    """One environment at a time through PettingZoo's parallel interface, against the original."""
    ours = lambda: parallel(ludus.make(id).parallel_env, 2_000)  # noqa: E731
    return Case(f"{id}, the PettingZoo face", "steps/s", ours, peer, target=1, by=by)


def cases() -> list[Case]:
    """The two with targets, others alone, and the PettingZoo faces against the originals."""
    alone = ("overcooked/counter_circuit", "overcooked(observation=compact)", "rware/small-4ag-hard", "rware/large-8ag")
    return [
        batch_case("overcooked/cramped_room", 4, "jaxmarl", lambda: jaxmarl("overcooked", 100)),
        batch_case("rware/tiny-2ag", 500, "rware", lambda: rware(2_000)),
        *(Case(f"{id}, batch of 1024", "steps/s", lambda id=id: batched(id)) for id in alone),
        face("overcooked/cramped_room", lambda: overcooked_ai(500), "overcooked_ai"),
        face("rware/tiny-2ag", lambda: rware(1_000), "rware"),
        growth("overcooked/cramped_room"),
        growth("rware/tiny-2ag"),
        threads("overcooked/cramped_room"),
        threads("rware/tiny-2ag"),
        first_step("overcooked/cramped_room"),
        first_step("rware/tiny-2ag"),
    ]
