"""Times LiteEFG's CFR+ on OpenSpiel's games: ``liteefg_cfr.py GAME ITERATIONS`` in the environment of `.peers/liteefg`.

Prints one JSON line for each line read from standard input, so that it can be measured in turns with others.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time

import LiteEFG
import pyspiel
from LiteEFG.baselines import CFRplus


def main() -> None:
    game, iterations = sys.argv[1], int(sys.argv[2])
    with contextlib.redirect_stdout(io.StringIO()):
        graph = CFRplus.graph()
        loaded = pyspiel.load_game(game)
        if loaded.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS:
            loaded = pyspiel.convert_to_turn_based(loaded)
        environment = LiteEFG.OpenSpielEnv(loaded, traverse_type="Enumerate", regenerate=True)
        environment.set_graph(graph)

    def iterate(count: int) -> None:
        for _ in range(count):
            graph.update_graph(environment)
            environment.update_strategy(graph.current_strategy())

    iterate(2)
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        iterate(iterations)
        print(json.dumps({"speed": iterations / (time.perf_counter() - start)}), flush=True)


if __name__ == "__main__":
    main()
