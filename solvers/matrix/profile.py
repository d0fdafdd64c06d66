"""What methods on matrix games take and return: a game as payoffs, and profiles that carry a certified regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ...games.matrix import MatrixGame, exact_tensor, payoff_tensor

UNIT = np.finfo(np.float64).eps / 2
"""Relative error of one rounded operation."""


@dataclass(frozen=True, eq=False)
class StrategicForm:
    """A game as its payoffs, for P players with A0, A1, … actions."""

    payoffs: np.ndarray
    """float64[P, A0, …, A(P-1)], read-only."""
    given: tuple[Any, ...] = ()
    """The payoffs as they were given, where that is more than floats: integers, fractions."""

    @property
    def num_players(self) -> int:
        return len(self.payoffs)

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of each player's actions."""
        return self.payoffs.shape[1:]

    @cached_property
    def fractions(self) -> np.ndarray:
        """object[P, A0, …] of `Fraction`: the payoffs as given; floats as the binary fractions that they are."""
        return exact_tensor(*(self.given or tuple(self.payoffs)))

    @cached_property
    def scaled(self) -> np.ndarray:
        """float64[P, A0, …]: each player's payoffs mapped affinely onto [0, 1] (0 where constant): same equilibria."""
        axes = tuple(range(1, self.payoffs.ndim))
        low = self.payoffs.min(axis=axes, keepdims=True)
        high = self.payoffs.max(axis=axes, keepdims=True)
        half = high / 2 - low / 2  # of the range, which itself may overflow
        return np.divide(self.payoffs / 2 - low / 2, half, out=np.zeros_like(self.payoffs), where=half > 0)

    @property
    def constant_sum(self) -> bool:
        """Whether the players' payoffs add up to the same number everywhere, up to rounding."""
        total = self.payoffs.sum(axis=0)
        return bool(np.ptp(total) <= 1e-12 * np.abs(self.payoffs).max())


def strategic_form(game: Any) -> StrategicForm:
    """A game as its payoffs.

    Args:
        game: a `MatrixGame`; the id of one; one payoff array per player; or a tensor [P, A0, A1, …]. A single matrix
            is the row player's payoff in a zero-sum game, as in `MatrixGame`.

    Raises:
        TypeError: a game with a tree, which is no matrix game.
        ValueError: arrays that are ragged, not finite, or do not fit together; no such id.
    """
    if isinstance(game, StrategicForm):
        return game
    if isinstance(game, str):
        from ...games.registry import make

        game = make(game)
    if isinstance(game, MatrixGame):
        return StrategicForm(game.payoffs, game.given)
    if hasattr(game, "num_players"):
        raise TypeError(
            f"a matrix game is needed (ludus.MatrixGame, payoff arrays, or an id of one), but "
            f"{getattr(game, 'id', type(game).__name__)} is none: use ludus.solve"
        )
    arrays = tuple(game) if isinstance(game, (list, tuple)) and _one_per_player(game) else (game,)
    payoffs = payoff_tensor(*arrays)
    payoffs.setflags(write=False)
    return StrategicForm(payoffs, arrays)


def _one_per_player(arrays: Sequence[Any]) -> bool:
    """Whether a sequence reads as one array of P dimensions for each of P players: else it is itself an array."""
    first = arrays[0] if len(arrays) else None
    depth = 0
    while isinstance(first, (list, tuple, np.ndarray)) and len(first):
        depth, first = depth + 1, first[0]
    return depth >= 2 and len(arrays) > 1


class Profile(tuple):
    """A mixed strategy for each player: a tuple of float64[A_i], which carries what was proven of it.

    Attributes:
        regret: the most that any player can gain by deviating, at most: an upper bound that holds in exact arithmetic
            for these probabilities (divided by their exact sum), in units of payoffs.
        payoffs: float64[P], each player's expected payoff.
        exact: the probabilities as `Fraction`, one tuple for each player, where they were asked for; else None. Then
            `regret` is exact, and the floats are the nearest ones.
        component: the number of the connected component of equilibria to which it belongs, where the method finds
            components; else None.
        method: the name of the method that found it.
    """

    regret: float
    payoffs: np.ndarray
    exact: tuple[tuple[Fraction, ...], ...] | None
    component: int | None
    method: str

    def __new__(cls, strategies: Sequence[Any], **facts: Any) -> Profile:
        profile = super().__new__(cls, strategies)
        profile.__dict__.update(facts)
        return profile

    @classmethod
    def of(
        cls,
        game: Any,
        strategies: Sequence[Any],
        *,
        exact: bool = False,
        component: int | None = None,
        method: str = "",
    ) -> Profile:
        """A profile of a game, with its regret certified.

        Args:
            game: anything that `strategic_form` takes.
            strategies: for each player A_i weights, 0 or more, which are divided by their sum; with `exact` they are
                integers or fractions.

        Raises:
            ValueError: a strategy of the wrong shape, with a negative or non-finite entry, or all zero.
        """
        form = strategic_form(game)
        if len(strategies) != form.num_players:
            raise ValueError(f"a profile needs {form.num_players} strategies, one per player; got {len(strategies)}")
        mixed = [_strategy(s, n, i) for i, (s, n) in enumerate(zip(strategies, form.counts))]
        facts: dict[str, Any] = {"component": component, "method": method, "exact": None}
        if exact:
            fractions = []
            for s in strategies:
                weights = [Fraction(w) for w in s]
                fractions.append(tuple(w / sum(weights) for w in weights))
            mixed = [np.array([float(w) for w in s]) for s in fractions]
            exactly, expected = exact_regret(form.fractions, fractions)
            facts |= {"exact": tuple(fractions), "regret": float(exactly), "payoffs": _floats(expected)}
        else:
            regret, payoffs = certified_regret(form.payoffs, mixed)
            facts |= {"regret": regret, "payoffs": payoffs}
        for array in (*mixed, facts["payoffs"]):
            array.setflags(write=False)
        return cls(mixed, **facts)

    def __repr__(self) -> str:
        if self.exact is not None:
            rows = ["(" + ", ".join(map(str, s)) + ")" for s in self.exact]
        else:
            rows = [np.array2string(s, precision=6, suppress_small=True, threshold=20) for s in self]
        return f"Profile({', '.join(rows)}; regret {self.regret:.2g})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (tuple(self), self.__dict__)


def _restored(strategies: tuple, facts: dict[str, Any]) -> Profile:
    return Profile(strategies, **facts)


def _floats(numbers: Sequence[Fraction]) -> np.ndarray:
    return np.array([float(x) for x in numbers])


def _strategy(weights: Any, count: int, player: int) -> np.ndarray:
    array = np.array(weights, np.float64)
    if array.shape != (count,):
        raise ValueError(f"player {player}'s strategy needs {count} probabilities, got shape {array.shape}")
    total = array.sum()
    if not (np.isfinite(array).all() and (array >= 0.0).all() and total > 0.0):
        raise ValueError(f"player {player}'s strategy must be finite, 0 or more, and not all 0; got {array.tolist()}")
    return array / total


def deviation_payoffs(table: np.ndarray, strategies: Sequence[np.ndarray], player: int) -> np.ndarray:
    """float64[A_i]: what each of a player's actions is worth against the others' strategies; table: the player's own
    payoffs, [A0, …, A(P-1)]."""
    for other in range(len(strategies) - 1, -1, -1):  # its axis is then the last, or the last but the player's own
        if other != player:
            table = table @ strategies[other] if other > player else strategies[other] @ table
    return table


def certified_regret(payoffs: np.ndarray, strategies: Sequence[np.ndarray]) -> tuple[float, np.ndarray]:
    """-> (at least the most that anybody can gain by deviating, float64[P] expected payoffs).

    A sum of n rounded products is off by at most γ(n) = nu / (1 - nu) times the largest product (Higham 2002, "Accuracy
    and stability of numerical algorithms", section 3.1). Payoffs are counted from the middle of each player's range, so
    that a constant added to all of them costs no precision.
    """
    roundings = 2 * sum(payoffs.shape[1:]) + 16
    gamma = roundings * UNIT / (1 - roundings * UNIT)
    worst, expected = 0.0, np.zeros(len(payoffs))
    for player, x in enumerate(strategies):
        middle = payoffs[player].min() / 2 + payoffs[player].max() / 2
        table = payoffs[player] - middle
        worth = deviation_payoffs(table, strategies, player)
        expected[player] = worth @ x + middle
        worst = max(worst, float(worth.max() - worth @ x + 2 * gamma * np.abs(table).max()))
    return float(np.nextafter(worst, np.inf)) if worst > 0.0 else 0.0, expected


def exact_regret(
    payoffs: np.ndarray, strategies: Sequence[Sequence[Fraction]]
) -> tuple[Fraction, tuple[Fraction, ...]]:
    """The same in rational arithmetic: payoffs is object[P, A0, …] of `Fraction`."""
    mixed = [np.array(s, object) for s in strategies]
    worst, expected = Fraction(0), []
    for player, x in enumerate(mixed):
        worth = deviation_payoffs(payoffs[player], mixed, player)
        expected.append(worth @ x)
        worst = max(worst, max(worth) - expected[-1])
    return worst, tuple(expected)
