"""Times OpenSpiel's psro_v2 with exact best responses: ``openspiel_psro.py GAME ROUNDS MATCHES`` in `.peers/openspiel`.

The meta-strategy is Nash by its linear program (which needs cvxpy), MATCHES the simulations of each payoff. Prints one
JSON line for each line read from standard input, so that it can be measured in turns with others.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time

import numpy as np
import pyspiel
from open_spiel.python import policy
from open_spiel.python.algorithms.psro_v2 import best_response_oracle, psro_v2


def main() -> None:
    name, rounds, matches = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    game = pyspiel.load_game(name)
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        np.random.seed(0)  # noqa: NPY002  (psro_v2 draws from the global state)
        first = policy.TabularPolicy(game)
        with contextlib.redirect_stdout(io.StringIO()):
            solver = psro_v2.PSROSolver(
                game,
                best_response_oracle.BestResponseOracle(game=game, policy=first),
                initial_policies=[first.__copy__() for _ in range(game.num_players())],
                training_strategy_selector="probabilistic",
                sims_per_entry=matches,
                meta_strategy_method="nash",
                sample_from_marginals=True,
            )
            start = time.perf_counter()
            for _ in range(rounds):
                solver.iteration()
            spent = time.perf_counter() - start
        print(json.dumps({"speed": rounds / spent}), flush=True)


if __name__ == "__main__":
    main()
