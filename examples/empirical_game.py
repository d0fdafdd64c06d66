"""A game that can only be sampled: five drivers, three roads, noisy travel times. Where should the samples go?

Run ``python examples/empirical_game.py``.
"""

from __future__ import annotations

import itertools

import numpy as np

from ludus.population.budgeting import bootstrap, refine
from ludus.population.empirical import EmpiricalGame, equilibria
from ludus.population.reductions import deviation_preserving, required_profiles

ROADS = ("motorway", "valley", "pass")
LENGTH = np.array([2.0, 3.0, 4.0])
CROWDING = np.array([1.0, 0.6, 0.2])


def drive(roads: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What each driver gets: minus the time on its road, which grows with the traffic, and luck."""
    traffic = (roads[:, :, None] == np.arange(3)).sum(axis=1)
    time = LENGTH[roads] + CROWDING[roads] * np.take_along_axis(traffic, roads, axis=1)
    return -time + 0.5 * rng.standard_normal(roads.shape)


def main() -> None:
    empty = EmpiricalGame.empty({"drivers": (5, ROADS)})
    print(f"{empty.num_profiles} profiles; sampling where a deviation from the equilibrium leads:")
    for game, best in itertools.islice(refine(empty, drive, batch=2000, seed=1), 4):
        assert best is not None
        sure = bootstrap(game, best.mixture, seed=2)
        mixture = ", ".join(f"{name} {p:.2f}" for name, p in game.named(best.mixture)["drivers"].items())
        samples = int(game.count.max(axis=1).sum())
        print(f"{samples:6,} matches: {mixture}; regret at most {sure.interval[1]:.3f} (95 %)")

    few = required_profiles(empty, {"drivers": 2})
    small = deviation_preserving(empty.simulate(drive, few, 400, seed=3), {"drivers": 2})
    answer = equilibria(small)[0].mixture
    print(f"\nTwo drivers for five, from {len(few)} profiles alone: {np.round(answer, 2)}")
    print(f"its regret in the game of five: {game.regret(answer):.3f}")


if __name__ == "__main__":
    main()
