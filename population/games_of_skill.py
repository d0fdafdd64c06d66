"""Games of skill as matrices: how strength (transitive) and style (cyclic) mix. All are symmetric and zero-sum.

Their relatives over parameter vectors are in `functional_games`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..games.generators import compositions
from ..games.matrix import MatrixGame
from .checks import at_least_zero, probability, whole
from .functional_games import cycle, disc

MOST_STRATEGIES = 5000


def blotto(soldiers: int = 10, fields: int = 3) -> MatrixGame:
    """Colonel Blotto: soldiers are divided among fields, and each field goes to the larger force (Borel 1921).

    The strategies are the compositions of `soldiers` in lexicographic order; payoff: fields won minus fields lost, as a
    share of the fields.

    Raises:
        ValueError: fewer than 1 soldier or 2 fields, or more than 5,000 strategies.
    """
    whole("soldiers", soldiers, 1)
    whole("fields", fields, 2)
    if (number := math.comb(soldiers + fields - 1, fields - 1)) > MOST_STRATEGIES:
        raise ValueError(
            f"blotto({soldiers}, {fields}) has {number:,} strategies, at most {MOST_STRATEGIES:,} are allowed"
        )
    forces = np.array(list(compositions(soldiers, fields)))
    payoff = np.mean([np.sign(f[:, None] - f[None, :]) for f in forces.T], axis=0)
    names = ["-".join(map(str, row)) for row in forces.tolist()]
    return MatrixGame(payoff, id=f"blotto({soldiers},{fields})", action_names=names)


def cyclic_game(strategies: int = 3) -> MatrixGame:
    """Rock-paper-scissors of any odd number of strategies: each beats the half that stands before it on the circle."""
    whole("strategies", strategies, 1)
    if strategies % 2 == 0:
        raise ValueError(f"strategies must be odd, so that each beats as many as it loses to; got {strategies}")
    return MatrixGame(cycle(strategies), id=f"cyclic_game({strategies})")


def disc_game(strategies: int = 100, seed: int | np.random.Generator = 0) -> MatrixGame:
    """The disc game on points drawn uniformly from the unit disc: purely cyclic (Balduzzi et al. 2019, Example 3)."""
    whole("strategies", strategies, 1)
    game = disc()
    return MatrixGame(game.payoffs(game.sample(strategies, seed)), id=f"disc_game({strategies})")


def elo_game(
    strategies: int = 100, noise: float = 0.0, spread: float = 1.0, seed: int | np.random.Generator = 0
) -> MatrixGame:
    """Skills from N(0, spread²), scores by Elo's logistic law, and cyclic noise (Czarnecki et al. 2020).

    Payoff 2σ(S_i − S_j) − 1 + noise·(W_ij − W_ji)/√2 with standard normal W; with ``noise=0`` purely transitive.
    """
    whole("strategies", strategies, 1)
    at_least_zero("noise", noise)
    at_least_zero("spread", spread)
    rng = np.random.default_rng(seed)
    skill = spread * rng.standard_normal(strategies)
    payoff = np.tanh((skill[:, None] - skill[None, :]) / 2.0) + noise * _antisymmetric_normal(strategies, rng)
    return MatrixGame(payoff, id=f"elo_game({strategies},{noise:g})")


def transitive_cyclic(strategies: int = 100, cyclic: float = 0.5, seed: int | np.random.Generator = 0) -> MatrixGame:
    """A mixture (1 − cyclic)·(s_i − s_j) + cyclic·(disc game) of points with skills from [0, 1] and styles on the disc.

    In the Hodge decomposition (Jiang et al. 2011; Balduzzi et al. 2018) the first part is the gradient of s, and the
    second has no gradient in the limit of many strategies.

    Raises:
        ValueError: `cyclic` is not from 0 to 1, or too few strategies.
    """
    whole("strategies", strategies, 1)
    probability("cyclic", cyclic)
    rng = np.random.default_rng(seed)
    skill, game = rng.random(strategies), disc()
    style = game.payoffs(game.sample(strategies, rng))
    payoff = (1.0 - cyclic) * (skill[:, None] - skill[None, :]) + cyclic * style
    return MatrixGame(payoff, id=f"transitive_cyclic({strategies},{cyclic:g})")


def random_game_of_skill(
    strategies: int = 100, skill: float = 1.0, noise: float = 1.0, seed: int | np.random.Generator = 0
) -> MatrixGame:
    """Payoff ½(W_ij − W_ji) + S_i − S_j; W ~ N(0, noise²), S ~ N(0, skill²) (Czarnecki et al. 2020)."""
    whole("strategies", strategies, 1)
    at_least_zero("skill", skill)
    at_least_zero("noise", noise)
    rng = np.random.default_rng(seed)
    s = skill * rng.standard_normal(strategies)
    payoff = noise / math.sqrt(2.0) * _antisymmetric_normal(strategies, rng) + (s[:, None] - s[None, :])
    return MatrixGame(payoff, id=f"random_game_of_skill({strategies})")


def spinning_top(layers: Sequence[int] = (1, 3, 7, 11, 7, 3, 1)) -> MatrixGame:
    """A layered game of skill: inside a layer everything goes in circles, and a higher layer beats every lower one.

    Few strategies at the top, many in the middle, few at the bottom: the geometry of Czarnecki et al. (2020, Definition
    2). The Nash clusters are the layers, from the first on.

    Args:
        layers: the number of strategies of each layer, odd, the strongest first.
    """
    if not len(layers):
        raise ValueError("layers must name at least one layer")
    for size in layers:
        whole("a layer's size", size, 1)
        if size % 2 == 0:
            raise ValueError(f"a layer's size must be odd, so that its uniform mixture is its equilibrium; got {size}")
    layer = np.repeat(np.arange(len(layers)), layers)
    payoff = np.sign(layer[None, :] - layer[:, None]).astype(np.float64)
    start = 0
    for size in layers:
        payoff[start : start + size, start : start + size] = cycle(size)
        start += size
    return MatrixGame(payoff, id=f"spinning_top({'-'.join(map(str, layers))})")


def _antisymmetric_normal(size: int, rng: np.random.Generator) -> np.ndarray:
    w = rng.standard_normal((size, size))
    return (w - w.T) / math.sqrt(2.0)
