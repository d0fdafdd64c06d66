"""Strength and style: how cyclic some games of skill are, and how self-play climbs a spinning top.

Run ``python examples/games_of_skill.py``.
"""

from __future__ import annotations

import numpy as np

from ludus.population import functional_games, measures
from ludus.population import games_of_skill as skill

GAMES = (
    skill.elo_game(40, seed=0),
    skill.transitive_cyclic(40, cyclic=0.5, seed=0),
    skill.random_game_of_skill(40, seed=0),
    skill.spinning_top((1, 3, 7, 11, 7, 3, 1)),
    skill.disc_game(40, seed=0),
    skill.blotto(10, 3),
)


def main() -> None:
    print(f"{'game':36} {'in a circle':>12} {'diversity':>10} {'cardinality':>12} {'Nash layers':>12}")
    for game in GAMES:
        a = game.payoffs[0]
        n = len(a)
        share = measures.cyclic_triples(a) / (n * (n - 1) * (n - 2) / 6)
        layers = len(measures.nash_layers(a))
        numbers = (measures.effective_diversity(a), measures.expected_cardinality(a))
        print(f"{game.id:36} {share:12.1%} {numbers[0]:10.3f} {numbers[1]:12.1f} {layers:12}")

    print("\nSelf-play on two games: gradient steps against the latest opponent alone, and against all so far")
    for name in ("top", "disc"):
        game = functional_games.FUNCTIONAL_GAMES[name]()
        for label, history in (("latest", 1), ("all", 200)):
            population = [0.3 * game.sample(1, 5)[0]]
            for _ in range(200):
                population.append(game.ascend(population[-1], np.array(population[-history:]), rate=0.2))
            gap = game.exploitability(np.array(population[-history:]))
            print(f"{name:5} against {label:7} exploitability of what it trains against: {gap:.3f}")


if __name__ == "__main__":
    main()
