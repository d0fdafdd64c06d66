"""Axelrod's first tournament again: its table, what noise does to it, and who survives when success breeds.

Run ``python examples/axelrod_tournament.py``.
"""

from __future__ import annotations

from ludus.population.strategies import FIRST_TOURNAMENT, STRATEGIES
from ludus.population.tournament import ecological, tournament


def show(title: str, result, lines: int) -> None:
    print(f"\n{title}")
    for line in result.table()[:lines]:
        share = f"{line.cooperation:.0%}"
        print(f"{line.rank:3}  {line.name:24} {line.score:.3f} ± {line.error:.3f}   cooperates {share:>4}")


def main() -> None:
    result = tournament(FIRST_TOURNAMENT, rounds=200, repetitions=50, seed=0)
    show("The first tournament, 50 times over", result, 15)
    noisy = tournament(FIRST_TOURNAMENT, rounds=200, repetitions=50, noise=0.05, seed=0)
    show("One action in twenty goes wrong", noisy, 6)
    everybody = tournament(list(STRATEGIES), rounds=200, repetitions=20, seed=0)
    show(f"All {len(STRATEGIES)} strategies", everybody, 10)
    shares = ecological(everybody.mean, generations=2000)[-1]
    print("\nAfter 2,000 generations of growth in proportion to success")
    for i in shares.argsort()[::-1][:6]:
        print(f"     {everybody.names[i]:24} {shares[i]:.1%} of the population")


if __name__ == "__main__":
    main()
