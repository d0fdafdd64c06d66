"""Vertices of the polytopes of correlated equilibria, in exact arithmetic, by the double description method.

The equilibria are the rays of the cone {x >= 0, rows @ x >= 0}, cut where coordinates sum to 1. Rays are integer
vectors; a row is added at a time, and where it cuts an edge between two rays there is a new one (Motzkin, Raiffa,
Thompson & Thrall 1953; adjacency by the sets of tight constraints as in Fukuda & Prodon 1996).
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, Any

import numpy as np

from .incentives import concept_of, losses
from .profile import strategic_form

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 5000
"""Rays at most, final or on the way."""


def correlated_vertices(game: Any, concept: str = "ce", *, exact: bool = False, limit: int = LIMIT) -> np.ndarray:
    """All extreme points of a small matrix game's correlated (or coarse correlated) equilibria.

    Args:
        game: anything that `strategic_form` takes; floats count as the binary fractions that they are.
        concept: ``"ce"`` or ``"cce"``.
        exact: probabilities as `Fraction`.
        limit: give up where more rays than this are needed on the way. As a rule of thumb up to 3×3 or 2×2×2 actions
            take less than a second or two.

    Returns:
        float64[V, A0, …, A(P-1)] (object with `exact`), in lexicographic order.

    Raises:
        ValueError: an unknown concept, or payoffs that are none.
        ArithmeticError: `limit` was reached; `correlated` optimises over larger polytopes.
    """
    concept, payoffs = concept_of(concept), strategic_form(game).fractions
    rows = []
    for place, loss in losses(payoffs):
        dense = np.full((len(loss), payoffs[0].size), Fraction(0), object)
        np.put_along_axis(dense, place, loss, axis=1)
        rows += list(dense) if concept == "ce" else [dense.sum(axis=0)]
    rays = cone_rays([integers(row) for row in rows if any(row)], payoffs[0].size, limit)
    points = np.array(sorted([Fraction(x, sum(ray)) for x in ray] for ray in rays), object)
    points = points.reshape(len(rays), *payoffs.shape[1:])
    return points if exact else points.astype(np.float64)


def integers(row: Sequence[Any]) -> list[int]:
    """A positive multiple of a row of fractions, in integers without common divisor."""
    unit = lcm(*(Fraction(x).denominator for x in row))
    return _lowest([int(x * unit) for x in row])


def cone_rays(rows: Sequence[Sequence[int]], size: int, limit: int = LIMIT) -> list[list[int]]:
    """The extreme rays of {x in R^size: x >= 0, row·x >= 0 for all rows}, as integers without common divisor.

    Raises:
        ArithmeticError: more than `limit` rays, at the end or on the way.
    """
    # Each ray with the set of constraints that it satisfies with equality: bit j is x_j >= 0, bit size + i is row i.
    everything = (1 << size) - 1
    rays = [([int(i == j) for i in range(size)], everything & ~(1 << j)) for j in range(size)]
    left = {tuple(row): i for i, row in enumerate(rows)}
    bit = size
    while left:
        # The row that cuts off the fewest rays next: what stays on the way small.
        row = min(left, key=lambda r: sum(_dot(r, ray) < 0 for ray, _ in rays))
        del left[row]
        split: dict[int, list[tuple[list[int], int, int]]] = {-1: [], 0: [], 1: []}
        for ray, tight in rays:
            value = _dot(row, ray)
            split[(value > 0) - (value < 0)].append((ray, tight, value))
        mark = 1 << bit
        bit += 1
        new = [(ray, tight) for ray, tight, _ in split[1]] + [(ray, tight | mark) for ray, tight, _ in split[0]]
        sets = [tight for _, tight in rays]
        for ray, tight, value in split[1]:
            for other, other_tight, below in split[-1]:
                both = tight & other_tight
                if both.bit_count() >= size - 2 and sum(both & s == both for s in sets) == 2:
                    mixed = [value * b - below * a for a, b in zip(ray, other)]
                    new.append((_lowest(mixed), both | mark))
        rays = new
        if len(rays) > limit:
            raise ArithmeticError(f"the polytope needs more than {limit} rays on the way: limit may be larger")
    return [ray for ray, _ in rays]


def _dot(row: Sequence[int], ray: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(row, ray))


def _lowest(row: list[int]) -> list[int]:
    divisor = gcd(*row)
    return [x // divisor for x in row] if divisor > 1 else row
