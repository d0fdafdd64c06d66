"""Environment steps per second of training, learning included: ``python -m benchmarks.training``."""

from __future__ import annotations

import importlib
import time
from typing import Any

import torch

import ludus
from ludus.marl.config import configure

from .harness import Case, Measure, run


def learning(algorithm: str, game_id: str, steps: int, **settings: Any) -> Measure:
    """Steps/s of a learner's whole loop, in one thread, from a run that goes on."""
    module = importlib.import_module(f"ludus.marl.{algorithm}")
    torch.set_num_threads(1)
    game = ludus.make(game_id)
    loop = module.train(game, configure(module.Config, settings, algorithm), 10**9, 0)
    at = next(loop).step

    def measure() -> float:
        nonlocal at
        start, begun = time.perf_counter(), at
        while at < begun + steps:
            at = next(loop).step
        return (at - begun) / (time.perf_counter() - start)

    return measure


WIDE = {"num_envs": 256, "length": 32, "epochs": 4, "minibatches": 4}
"""Rollouts of 8,192 steps, every decision learned from four times in 16 updates."""

PYMARL = {"network": "gru", "last_action": True, "agent_ids": True, "num_envs": 8, "batch": 32, "td_lambda": 0.6}

CASES = [
    Case(
        "feed-forward IPPO on LBF 8x8-2p-2f-coop",
        "steps/s",
        ours=lambda: learning("ippo", "lbf/8x8-2p-2f-coop", 40_000, **WIDE),
        target=20_000,
        repeats=3,
    ),
    Case(
        "feed-forward IPPO on MPE simple spread",
        "steps/s",
        ours=lambda: learning("ippo", "mpe/simple_spread", 40_000, **WIDE),
        target=20_000,
        repeats=3,
    ),
    Case(
        "recurrent QMIX on LBF 8x8-2p-2f-coop",
        "steps/s",
        ours=lambda: learning("qmix", "lbf/8x8-2p-2f-coop", 2_000, **PYMARL, updates_per_step=0.01),
        repeats=3,
    ),
]

if __name__ == "__main__":
    run("training", CASES)
