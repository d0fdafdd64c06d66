"""How should a population grow? Six ways to add members in Leduc poker, and an exploiter against the outcome.

python examples/psro_leduc.py --rounds 25
"""

from __future__ import annotations

import argparse

import ludus
from ludus.population import exploit

METHODS = ("self_play", "fictitious", "psro", "anytime", "sp_psro", "xdo")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    game = ludus.make("leduc_poker")

    shown = sorted({1, rounds // 4, rounds // 2, rounds} - {0})
    print("NashConv after round " + "".join(f"{n:>8}" for n in shown) + "   seconds")
    results = {}
    for method in METHODS:
        result = results[method] = ludus.psro(game, method, iterations=rounds)
        points = [result.history[min(n, len(result.history)) - 1].nash_conv for n in shown]
        print(f"  {method:<18} " + "".join(f"{point:8.3f}" for point in points) + f"   {result.seconds:7.2f}")

    # A learner sees only that it wins and loses; what it takes bounds from below what could be taken.
    print("\nA Q-learner against each, in the first seat: what it takes, of what a best response would take")
    for method, result in results.items():
        (found,) = exploit(game, result.policy, "q_learning", players=[0], budget=50_000)
        print(f"  {method:<18} {found.taken:6.3f} of {found.best - found.before:.3f}")


if __name__ == "__main__":
    main()
