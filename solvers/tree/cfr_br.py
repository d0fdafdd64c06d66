"""CFR-BR: counterfactual regret minimisation against an opponent that responds best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm
from .descent import learn_against_best_responses
from .mirror import average_power


def cfr_br(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    plus: bool = False,
    averaging: str = "uniform",
) -> Iterator[tuple[int, np.ndarray]]:
    """plus: regrets are not kept below zero (CFR+ as the learner)."""
    floor = 0.0 if plus else -np.inf
    return learn_against_best_responses(tree, points, step=None, floor=floor, power=average_power(averaging))


ALGORITHMS = (
    Algorithm(
        "cfr-br",
        "CFR against a best response",
        "full width",
        "two-player zero-sum: the average's gap falls as O(1/√T); so does the current policy's with high probability",
        "Johanson, Bard, Burch & Bowling 2012, 'Finding optimal abstract strategies in extensive-form games'",
        cfr_br,
        ("plus", "averaging"),
        zero_sum_only=True,
        two_players_only=True,
    ),
)
