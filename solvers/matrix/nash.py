"""Nash equilibria of matrix games: the table of methods, and `nash`, which runs one of them."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..algorithm import option_names
from .profile import Profile, StrategicForm, strategic_form


@dataclass(frozen=True)
class NashMethod:
    """One row of the table. A method's module lists its rows in ``METHODS``."""

    name: str
    title: str
    finds: str
    """``"all"`` equilibria, all ``"pure"`` ones, ``"one"``, or ``"approximate"``: an approximation of one."""
    guarantee: str
    """What it promises, and for which games."""
    reference: str
    run: Callable[..., Iterable[Profile]]
    """(form, **options) -> profiles."""
    max_players: int | None = None
    zero_sum_only: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the keyword options that the method takes."""
        return option_names(self.run)

    def refusal(self, form: StrategicForm) -> str:
        """Why the method cannot take the game, or an empty text."""
        if self.max_players is not None and form.num_players > self.max_players:
            return f"takes at most {self.max_players} players, and the game has {form.num_players}"
        if self.zero_sum_only and not form.constant_sum:
            return "takes zero-sum or constant-sum games, and here the players' payoffs do not add up to a constant"
        return ""


def nash_methods() -> list[NashMethod]:
    """Every method that `nash` knows, by name."""
    return list(_table().values())


@cache
def _table() -> dict[str, NashMethod]:
    from .. import matrix

    modules = [m.name for m in pkgutil.iter_modules(matrix.__path__) if m.name.startswith("nash_")]
    rows = [row for name in modules for row in importlib.import_module(f".{name}", __package__).METHODS]
    return {row.name: row for row in sorted(rows, key=lambda row: row.name)}


def nash(game: Any, method: str | None = None, **options: Any) -> list[Profile]:
    """Nash equilibria of a game in strategic form.

    Args:
        game: a `MatrixGame`, the id of one, one payoff array per player, or a tensor [P, A0, A1, …].
        method: a name of `nash_methods`. None takes ``"lp"`` for two-player zero-sum games, ``"support_enumeration"``
            for small ones, ``"lemke_howson"`` for larger ones of two players, ``"logit"`` otherwise.
        options: the method's own. ``exact=True`` computes in rationals, where a method of two players has it: payoffs
            may be integers or `fractions.Fraction`, and profiles carry `Profile.exact`.

    Returns:
        Profiles with their certified regrets: every equilibrium the method promises (see `NashMethod.guarantee`);
        where there is a continuum, the vertices of its maximal convex parts, numbered by `Profile.component`.

    Raises:
        TypeError: not a matrix game.
        ValueError: payoffs that make no game, an unknown method or option, a method that does not take such games.
        ArithmeticError: the method did not reach what it promises; the message says how far it came.
    """
    form = strategic_form(game)
    if form.num_players == 1:  # a second player without a choice changes nothing
        alone = StrategicForm(np.stack([form.payoffs[0], np.zeros_like(form.payoffs[0])])[..., None])
        return [Profile.of(form, p[:1], component=p.component, method=p.method) for p in nash(alone, method, **options)]
    row = find_method(_suitable(form) if method is None else method)
    why = row.refusal(form)
    if why:
        able = ", ".join(repr(other.name) for other in nash_methods() if not other.refusal(form))
        raise ValueError(f"method {row.name!r} {why}; methods that would do: {able}")
    for option in options:
        if option not in row.options:
            known = ", ".join(row.options) or "none"
            raise ValueError(f"method {row.name!r} has no option {option!r}; its options are: {known}")
    return list(row.run(form, **options))


def find_method(name: str) -> NashMethod:
    """The method of that name.

    Raises:
        ValueError: there is none; the nearest and all names are given.
    """
    table = _table()
    if name in table:
        return table[name]
    near = difflib.get_close_matches(str(name).lower(), table, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise ValueError(f"there is no method {name!r}; {hint}known are {', '.join(table)}")


def _suitable(form: StrategicForm) -> str:
    if form.num_players == 2:
        if form.constant_sum:
            return "lp"
        return "support_enumeration" if min(form.counts) <= 8 and max(form.counts) <= 12 else "lemke_howson"
    return "support_enumeration" if sum(form.counts) <= 7 else "logit"
