"""All equilibria of more than two players: the polynomial systems of all supports, solved by subdivision.

A support for each player leaves polynomial equations (all its actions pay the same) and inequalities (nothing pays
more). Supports with an action that is dominated on the others' are left out (Porter, Nudelman & Shoham 2008); of the
others the kernel finds every root, and proves by bounds that there is no further one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, product

import numpy as np

from .polish import on_support
from .profile import Profile, StrategicForm, certified_regret

MOST_BOXES = 2_000_000
"""The most boxes of one system that are looked at."""
SOUND = 1e-10
"""The regret, with payoffs scaled to [0, 1], that rounding may leave at a root."""


def all_equilibria(form: StrategicForm, method: str) -> list[Profile]:
    """Every equilibrium, if all are isolated and regular.

    Raises:
        ArithmeticError: the game is degenerate: equilibria that are not isolated, or with ties outside their supports.
    """
    payoffs = np.ascontiguousarray(form.scaled.reshape(form.num_players, -1))
    found: list[Profile] = []
    for supports in _supports(form):
        for x in _roots(form, payoffs, supports, len(found)):
            better = on_support(form, x) or x
            best = min((x, better), key=lambda s: certified_regret(form.scaled, s)[0])
            if certified_regret(form.scaled, best)[0] < SOUND:  # nothing outside the supports pays more
                found.append(Profile.of(form, best, component=len(found), method=method))
    return found


def _supports(form: StrategicForm) -> Iterator[tuple[tuple[int, ...], ...]]:
    """All supports in which no action is worse than another one against everything that the others may play."""
    subsets = [list(chain.from_iterable(combinations(range(n), k) for k in range(1, n + 1))) for n in form.counts]
    for supports in product(*subsets):
        if not any(_dominated(form.scaled[i], i, supports) for i in range(form.num_players)):
            yield supports


def _dominated(table: np.ndarray, player: int, supports: tuple[tuple[int, ...], ...]) -> bool:
    played = [range(table.shape[p]) if p == player else s for p, s in enumerate(supports)]
    rows = np.moveaxis(table[np.ix_(*played)], player, 0).reshape(table.shape[player], -1)
    own = rows[list(supports[player])]
    return bool((rows[:, None] > own[None] + 1e-12).all(axis=2).any())


def _roots(
    form: StrategicForm, payoffs: np.ndarray, supports: tuple[tuple[int, ...], ...], so_far: int
) -> list[list[np.ndarray]]:
    from . import _subdivision

    players, counts = form.num_players, np.array(form.counts)
    strides = np.array([int(np.prod(form.counts[p + 1 :])) for p in range(players)])
    acts, first = np.concatenate(supports).astype(np.int64), np.cumsum([0, *map(len, supports)])
    size, n = len(acts), len(acts) - players
    room = 64
    while True:
        boxes, roots = np.empty((2, 40 * size + 40, size)), np.empty((room, size))
        scratch = (*np.empty((4, n, n)), np.empty((7, size)), np.empty((2, payoffs.shape[1])))
        status, count, _ = _subdivision.roots(
            *(payoffs, strides, acts, first, counts, *boxes, roots, *scratch),
            *(np.empty(n, np.int64), np.empty(players, np.int64), MOST_BOXES),
        )
        if status == _subdivision.ROOM:
            room *= 8
            continue
        if status != _subdivision.DONE:
            raise ArithmeticError(
                f"the equilibria with supports {supports} are not isolated, or tie with other actions: the game is "
                f"degenerate, and only {so_far + count} equilibria were proven; methods that find one equilibrium of "
                "any game: 'logit', 'global_newton', 'simplicial'"
            )
        return [_full(form, supports, x, first) for x in roots[:count]]


def _full(form: StrategicForm, supports: tuple, x: np.ndarray, first: np.ndarray) -> list[np.ndarray]:
    strategies = []
    for p, n in enumerate(form.counts):
        whole = np.zeros(n)
        whole[list(supports[p])] = x[first[p] : first[p + 1]]
        strategies.append(whole / whole.sum())
    return strategies
