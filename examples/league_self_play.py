"""Who to train against: four presets of self-play on the disc game, where every strategy has its nemesis.

Run ``python examples/league_self_play.py``; it prints what a best response takes from the newest agent of each preset,
and draws it over the rounds in ``runs/self_play.png``.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import NamedTuple

import numpy as np

import ludus
from ludus.population import self_play
from ludus.population.functional_games import disc

PRESETS = {"vanilla": {}, "fictitious": {}, "alphastar": {"patience": 4}, "alphastar_pseudocode": {"patience": 4}}


class Record(NamedTuple):
    iteration: int
    nash_conv: float


def climb(game, state, player, opponents, weights, seed, budget):
    """A learner of small steps: up the gradient of its payoff against the mixture that it is shown."""
    return game.ascend(state["vector"], [other.vector for other in opponents], weights, rate=0.1, steps=budget)


def curve(game, preset: str, rounds: int, seed: int) -> list[float]:
    """NashConv of the first learner, a main agent, after each round (twice what a best response takes from it)."""
    populations = self_play(game, climb, preset, matches=64, budget=3, seed=seed, **PRESETS[preset])
    newest = (p.members[p.learners[0]].state["vector"] for p in itertools.islice(populations, 1, rounds + 1))
    return [2 * game.exploitability(vector) for vector in newest]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    game, histories = disc(), {}
    for preset in PRESETS:
        mean = np.mean([curve(game, preset, options.rounds, seed) for seed in range(options.seeds)], axis=0)
        histories[preset] = [Record(i, gap) for i, gap in enumerate(mean, 1)]
        print(f"{preset:22} NashConv {mean[len(mean) // 2 :].mean():.3f} over the second half")
    out = Path("runs")
    out.mkdir(exist_ok=True)
    ludus.report.gap_curve(histories, out / "self_play.png")


if __name__ == "__main__":
    main()
