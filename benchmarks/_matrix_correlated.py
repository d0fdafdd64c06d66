"""Cases of correlated play, commitment and quantal response for `benchmarks.matrix`."""

from __future__ import annotations

import numpy as np

from ludus import solvers

from .harness import Case, Measure, timed


def _payoffs(players: int, actions: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(players, *[actions] * players))


def optimum(concept: str, objective: str) -> Measure:
    payoffs = _payoffs(4, 5)
    return lambda: 1.0 / timed(lambda: solvers.correlated(payoffs, concept, objective), 1.0)


def learning(regret: str) -> Measure:
    payoffs = _payoffs(2, 10)
    return lambda: timed(lambda: solvers.learn_correlated(payoffs, regret, 50_000), 50_000)


def commitment() -> Measure:
    payoffs = _payoffs(2, 50)
    return lambda: 1.0 / timed(lambda: solvers.stackelberg(payoffs), 1.0)


CASES = [
    Case(
        "welfare-best CE, 4 players x 5 actions",
        "s",
        lambda: optimum("ce", "welfare"),
        target=1.0,
        at_most=True,
    ),
    Case("maximin CE, 4 players x 5 actions", "s", lambda: optimum("ce", "maximin"), target=1.0, at_most=True),
    Case("largest-entropy CE, 4 players x 5 actions", "s", lambda: optimum("ce", "max_entropy")),
    Case("welfare-best CCE, 4 players x 5 actions", "s", lambda: optimum("cce", "welfare")),
    Case("external-regret learning, 10 x 10", "rounds/s", lambda: learning("external")),
    Case("internal-regret learning, 10 x 10", "rounds/s", lambda: learning("internal")),
    Case("swap-regret learning, 10 x 10", "rounds/s", lambda: learning("swap")),
    Case("Stackelberg commitment, 50 x 50", "s", commitment),
]
