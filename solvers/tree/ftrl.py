"""Follow the regularised leader and mirror descent on treeplexes with dilated regularisers, and their regularised kin.

Step sizes `eta` are in one over the game's range of utilities, so that scaled payoffs give the same play.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ...games.tree import GameTree
from .mirror import Dynamics, average_power, check_regulariser, curve, payoff_scale, row, run_dynamics

NO_REGRET = (
    "two-player zero-sum: the average converges to a Nash equilibrium, gap O(1/√T) with steps that fall as 1/√t; "
    "other games: no regret (a coarse correlated equilibrium in play), no claim about Nash"
)
OPTIMISTIC = "two-player zero-sum: the average's gap is O(1/T) for small constant steps; other games: no regret"
REGULARISED = (
    "two-player zero-sum: the last iterate converges linearly to the regularised equilibrium; halving tau leads to Nash"
)
LIU = "Liu, Ozdaglar, Yu & Zhang 2023, 'The power of regularization in solving extensive-form games'"


def _leader(lazy: bool, optimistic: bool) -> Callable[..., Iterator[tuple[int, np.ndarray]]]:
    def run(
        tree: GameTree,
        points: Iterable[int],
        seed: int | np.random.Generator = 0,
        eta: float = 10.0 if optimistic else 30.0,
        decay: float = 0.0 if optimistic else 0.5,
        regulariser: str = "entropy",
        weights: str = "balanced",
        alternating: bool = False,
        averaging: str = "uniform",
    ) -> Iterator[tuple[int, np.ndarray]]:
        check_regulariser(regulariser)
        dynamics = Dynamics(
            eta=curve("eta", eta / payoff_scale(tree), decay),
            regulariser=regulariser,
            lazy=lazy,
            optimistic=optimistic,
            alternating=alternating,
            weights=weights,
            power=average_power(averaging),
        )
        return run_dynamics(tree, points, dynamics)

    return run


def _regularised(dilated: bool) -> Callable[..., Iterator[tuple[int, np.ndarray]]]:
    def run(
        tree: GameTree,
        points: Iterable[int],
        seed: int | np.random.Generator = 0,
        eta: float = 0.5,
        tau: float = 0.01,
        shrink: int = 400,
        regulariser: str = "entropy",
        weights: str = "balanced",
        averaging: str = "last",
    ) -> Iterator[tuple[int, np.ndarray]]:
        check_regulariser(regulariser)
        if shrink < 1:
            raise ValueError(f"shrink must be at least 1, got {shrink!r}")
        strength = curve("tau", tau * payoff_scale(tree))
        dynamics = Dynamics(
            eta=curve("eta", eta / payoff_scale(tree)),
            alpha=lambda t: strength(t) * 0.5 ** np.floor((t - 1) / shrink),
            regulariser=regulariser,
            optimistic=True,
            dilated=dilated,
            charged=not dilated,
            weights=weights,
            power=average_power(averaging),
        )
        return run_dynamics(tree, points, dynamics)

    return run


ALGORITHMS = (
    row(
        "ftrl", "Follow the regularised leader", _leader(True, False), NO_REGRET, "Kroer et al. 2020; Hoda et al. 2010"
    ),
    row(
        "omd",
        "Online mirror descent",
        _leader(False, False),
        NO_REGRET + "; proven for constant steps, and for falling ones with the Euclidean regulariser",
        "Kroer et al. 2020; Hoda et al. 2010",
    ),
    row(
        "oftrl",
        "Optimistic follow the regularised leader",
        _leader(True, True),
        OPTIMISTIC,
        "Farina, Kroer & Sandholm 2019, 'Optimistic regret minimization for extensive-form games'",
    ),
    row(
        "oomd",
        "Optimistic mirror descent (DOMD)",
        _leader(False, True),
        OPTIMISTIC + "; the last iterate converges too",
        "Lee, Kroer & Luo 2021, 'Last-iterate convergence in extensive-form games'",
    ),
    row("reg-domd", "Regularised dilated optimistic mirror descent", _regularised(True), REGULARISED, LIU, True),
    row("reg-cfr", "Regularised CFR with optimistic local updates", _regularised(False), REGULARISED, LIU, True),
)
