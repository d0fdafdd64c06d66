"""Perfect and proper equilibria of two-player games.

An equilibrium of two players is perfect exactly if neither strategy is weakly dominated (van Damme 1991, theorem
3.2.2).

Proper equilibria (Myerson 1978) are found exactly. Fix for each player an ordered partition of its actions: O1, O2,
best first. Let C(O1) be the cone of the column player's weights under which the rows' payoffs are ordered as O1 says,
equal within blocks. A profile (x, y) is proper exactly if for some O1, O2 there are strategies in C(O1) that tend to y
and under which later blocks of O2 are infinitely less likely than earlier ones, and the same with the roles exchanged:
along any sequence of ε-proper profiles some order of payoffs occurs infinitely often. As the cone is polyhedral, such
strategies exist exactly if, for every k, the extreme rays of C(O1) without weight beyond the first k blocks of O2
together cover block k; and their limits are the convex combinations of the rays within the first block. So proper
equilibria form a finite union of products of polytopes, whose extreme points are rays.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np

from .dominance import dominating
from .payoffs import from_zero, mixed_profile, two_player_payoffs
from .polytope import cone_rays, integers
from .profile import Profile, strategic_form

MOST_ACTIONS = 5
INSTEAD = "for more players see eliminate (any number), and ludus.solvers.nash"


def is_perfect(game: Any, profile: Any, *, tolerance: float = 1e-8) -> bool:
    """Whether a profile of a two-player game is a trembling-hand perfect equilibrium (Selten 1975).

    Args:
        profile: float64[A0], float64[A1].
        tolerance: the regret, in units of each player's range of payoffs, that still counts as none.

    Raises:
        ValueError: not two players, or strategies that are none.
    """
    payoffs = two_player_payoffs(game, "is_perfect", INSTEAD)
    x, y = mixed_profile(payoffs, profile)
    first, second = from_zero(payoffs)
    tables = (first, second.T)
    for table, own, other in ((tables[0], x, y), (tables[1], y, x)):
        worth = table @ other
        if worth.max() - worth @ own > tolerance * (np.ptp(table) or 1.0):
            return False
        # A mixed strategy is weakly dominated exactly if it is as an action of its own.
        if dominating(np.vstack([table, own @ table]), len(table), "weak") is not None:
            return False
    return True


class ProperComponent(NamedTuple):
    """A product of polytopes all of whose points are proper equilibria, by its extreme points."""

    first: tuple[tuple[Any, ...], ...]
    """The first player's: strategies as tuples of `Fraction`."""
    second: tuple[tuple[Any, ...], ...]


def proper_components(game: Any) -> list[ProperComponent]:
    """All proper equilibria of a two-player game of at most 5 actions each, as maximal products of polytopes.

    Raises:
        ValueError: not two players, or more than 5 actions.
    """
    two_player_payoffs(game, "proper_components", INSTEAD)
    first, second = strategic_form(game).fractions
    if max(first.shape) > MOST_ACTIONS:
        raise ValueError(
            f"proper equilibria are found for at most {MOST_ACTIONS} actions a player, got {first.shape}: eliminate "
            "strictly dominated actions first, or test undominated equilibria with is_perfect"
        )
    orders = [list(ordered_partitions(n)) for n in first.shape]
    limits = [
        [_limits(table, order, orders[1 - p]) for order in orders[p]] for p, table in enumerate((first, second.T))
    ]
    found = set()
    for i, j in product(range(len(orders[0])), range(len(orders[1]))):
        ys, xs = limits[0][i].get(j), limits[1][j].get(i)
        if xs and ys:
            found.add(ProperComponent(xs, ys))
    return [
        c
        for c in sorted(found)
        if not any(c != d and set(c.first) <= set(d.first) and set(c.second) <= set(d.second) for d in found)
    ]


def proper_equilibria(game: Any) -> list[Profile]:
    """The extreme points of all proper equilibria of a small two-player game, exact; see `proper_components`."""
    pairs = {(x, y) for c in proper_components(game) for x in c.first for y in c.second}
    return [Profile.of(game, pair, exact=True, method="proper") for pair in sorted(pairs)]


def is_proper(game: Any, profile: Any, *, tolerance: float = 1e-8) -> bool:
    """Whether a profile of a small two-player game is a proper equilibrium, within `tolerance` in each probability."""
    x, y = mixed_profile(two_player_payoffs(game, "is_proper", INSTEAD), profile)
    return any(_within(x, c.first, tolerance) and _within(y, c.second, tolerance) for c in proper_components(game))


def ordered_partitions(count: int) -> Iterator[tuple[int, ...]]:
    """All ways to put 0, …, count - 1 into a sequence of non-empty blocks; each block is a bit set."""

    def split(left: int) -> Iterator[tuple[int, ...]]:
        if not left:
            yield ()
        members = [i for i in range(count) if left >> i & 1]
        for size in range(1, len(members) + 1):
            for chosen in combinations(members, size):
                block = sum(1 << i for i in chosen)
                for rest in split(left & ~block):
                    yield (block, *rest)

    return split((1 << count) - 1)


def _limits(
    table: np.ndarray, order: tuple[int, ...], others: list[tuple[int, ...]]
) -> dict[int, tuple[tuple[Any, ...], ...]]:
    """The opponent's strategies that the row player's `order` of payoffs allows in the limit.

    `table` is object[A, B] of `Fraction`. -> for the number of each of the opponent's orders that is possible: the
    extreme points of the limits.
    """
    rows, before = [], -1
    for block in order:
        members = [i for i in range(len(table)) if block >> i & 1]
        for i in members:
            if before >= 0:
                better = integers(table[before] - table[i])
                rows.append(better)
                if i != members[0]:
                    rows.append([-v for v in better])
            before = i
    rows = [row for row in rows if any(row)]
    rays = [(ray, sum(1 << j for j, v in enumerate(ray) if v)) for ray in cone_rays(rows, table.shape[1])]
    found = {}
    for number, blocks in enumerate(others):
        allowed, possible = 0, True
        for block in blocks:
            allowed |= block
            covered = 0
            for _, support in rays:
                if not support & ~allowed:
                    covered |= support
            possible = possible and not block & ~covered
        if possible:
            inside = [ray for ray, support in rays if not support & ~blocks[0]]
            found[number] = tuple(sorted(tuple(Fraction(v, sum(ray)) for v in ray) for ray in inside))
    return found


def _within(point: np.ndarray, extreme: Any, tolerance: float) -> bool:
    """Whether a point is a convex combination of others, up to `tolerance` in each coordinate."""
    from scipy.optimize import linprog

    corners = np.array(extreme, np.float64).T
    count = corners.shape[1]
    below = np.vstack([corners, -corners])
    side = np.concatenate([point, -point]) + tolerance
    found = linprog(np.zeros(count), below, side, np.ones((1, count)), [1.0], method="highs-ds")
    return bool(found.status == 0)
