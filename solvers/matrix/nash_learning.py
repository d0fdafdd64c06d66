"""Learning by repeated play: regret matching, Hedge, their optimistic forms, fictitious play.

Sources: Hart & Mas-Colell 2000; Tammelin 2014 (regret matching+); Freund & Schapire 1999 (Hedge); Syrgkanis, Agarwal,
Luo & Schapire 2015 (optimism); Brown 1951, Robinson 1951 (fictitious play).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .nash import NashMethod
from .profile import Profile, StrategicForm, certified_regret

CHUNK = 1_000_000
"""The most rounds of one compiled call of a 10 x 10 game, so that an interrupt is heard."""
RULES = {"regret_matching": 0, "regret_matching+": 1, "hedge": 2}
"""The rules' numbers in the kernels."""


def regret_matching(
    form: StrategicForm,
    *,
    rounds: int = 100_000,
    target: float | None = None,
    plus: bool = False,
    optimistic: bool = False,
) -> list[Profile]:
    """The average of regret matching's strategies (Hart & Mas-Colell 2000).

    Args:
        rounds: at most.
        target: stops as soon as the average's regret is at most this.
        plus: regrets below zero are forgotten, players alternate, and the average is weighted by t (Tammelin 2014).
        optimistic: the last round's regrets count twice (Farina, Kroer & Sandholm 2021: predictive regret matching).
    """
    rule = "regret_matching+" if plus else "regret_matching"
    return _averaged(form, "regret_matching", rounds, target, lambda: _Play(form, rule, None, optimistic, plus))


def hedge(
    form: StrategicForm,
    *,
    rounds: int = 100_000,
    target: float | None = None,
    rate: float | None = None,
    optimistic: bool = False,
) -> list[Profile]:
    """The average of Hedge's strategies: softmax of rate × cumulated payoffs (Freund & Schapire 1999).

    Args:
        rate: for payoffs scaled to [0, 1]; by default sqrt(8 ln A / rounds), or, if optimistic, 1 / (2P) which is
            constant (Syrgkanis et al. 2015, theorem 4, in zero-sum games).
        optimistic: the last round's payoffs count twice.

    Raises:
        ValueError: a rate that is not positive.
    """
    if rate is not None and not rate > 0.0:
        raise ValueError(f"rate must be positive, got {rate!r}")
    _check_rounds(rounds)
    if rate is not None:
        rates = np.full(form.num_players, float(rate))
    elif optimistic:
        rates = np.full(form.num_players, 0.5 / form.num_players)
    else:
        rates = np.array([hedge_rate(n, rounds) for n in form.counts])
    return _averaged(form, "hedge", rounds, target, lambda: _Play(form, "hedge", rates, optimistic, False))


def fictitious_play(form: StrategicForm, *, rounds: int = 100_000, target: float | None = None) -> list[Profile]:
    """The empirical frequencies of fictitious play: everybody at once best-responds to the others' past frequencies,
    ties to the first action (Brown 1951)."""
    return _averaged(form, "fictitious_play", rounds, target, lambda: _Fictitious(form))


def hedge_rate(actions: int, rounds: int) -> float:
    """The rate for payoffs in [0, 1] with which Hedge's regret after `rounds` is at most sqrt(rounds ln(actions) / 2)
    (Cesa-Bianchi & Lugosi 2006, theorem 2.2)."""
    return float(np.sqrt(8.0 * np.log(max(actions, 2)) / rounds))


def no_regret(
    payoffs: Any, rule: str = "regret_matching", *, rate: float | None = None, optimistic: bool = False
) -> tuple[np.ndarray, float]:
    """One learner against a given sequence of payoffs, an adversary's for instance.

    Args:
        payoffs: float64[T, A]: what each action would pay in each round.
        rule: ``"regret_matching"``, ``"regret_matching+"`` or ``"hedge"``.
        rate: Hedge's, by default `hedge_rate` for the range of these payoffs.

    Returns:
        (strategies float64[T, A], external regret: the best fixed action's total minus the learner's). Proven: with
        payoffs of range D, regret matching's is at most D sqrt(TA), Hedge's at most D sqrt(T ln(A) / 2).

    Raises:
        ValueError: payoffs of the wrong shape or not finite, an unknown rule, a rate that is not positive.
    """
    from . import _learning

    table = np.ascontiguousarray(payoffs, np.float64)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError(f"payoffs must be finite, of shape [rounds, actions]; got shape {table.shape}")
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r}; known are {', '.join(RULES)}")
    if rate is not None and not rate > 0.0:
        raise ValueError(f"rate must be positive, got {rate!r}")
    rounds, actions = table.shape
    if rate is None:
        rate = hedge_rate(actions, rounds) / (float(np.ptp(table)) or 1.0)
    strategies = np.empty_like(table)
    regret, last, scratch = np.zeros((3, actions))
    _learning.follow(table, RULES[rule], float(rate), optimistic, strategies, regret, last, scratch)
    return strategies, float(table.sum(axis=0).max() - (table * strategies).sum())


class _Play:
    """The state of a repeated play by regrets."""

    def __init__(
        self, form: StrategicForm, rule: str, rates: np.ndarray | None, optimistic: bool, alternating: bool
    ) -> None:
        self.starts = np.cumsum([0, *form.counts])
        self.payoffs = np.ascontiguousarray(form.scaled.reshape(form.num_players, -1))
        size = int(self.starts[-1])
        self.way = (RULES[rule], np.ones(form.num_players) if rates is None else rates, optimistic, alternating)
        self.regret, self.last, self.average, self.worth, self.scratch = np.zeros((5, size))
        self.mixed = np.concatenate([np.full(n, 1.0 / n) for n in form.counts])
        self.digits = np.zeros(form.num_players, np.int64)
        self.done = 0

    def run(self, until: int) -> None:
        from . import _learning

        state = (self.regret, self.last, self.mixed, self.average, self.worth, self.scratch, self.digits)
        _learning.play(self.payoffs, self.starts, *self.way, self.done, until, *state)
        self.done = until

    def strategies(self) -> list[np.ndarray]:
        parts = np.split(self.average, self.starts[1:-1])
        return [part / part.sum() for part in parts]


class _Fictitious:
    """The state of fictitious play."""

    def __init__(self, form: StrategicForm) -> None:
        self.starts = np.cumsum([0, *form.counts])
        size = int(self.starts[-1])
        self.average, self.mixed, self.worth = np.zeros((3, size))
        self.digits = np.zeros(form.num_players, np.int64)
        self.payoffs = np.ascontiguousarray(form.scaled.reshape(form.num_players, -1))
        self.two = None
        if form.num_players == 2:
            m = form.counts[0]
            tables = np.ascontiguousarray(form.scaled[0].T), np.ascontiguousarray(form.scaled[1])
            self.two = tables, (self.average[:m], self.average[m:], self.worth[:m], self.worth[m:])
        self.done = 0

    def run(self, until: int) -> None:
        from . import _learning

        if self.two is not None:
            tables, state = self.two
            _learning.fictitious_two(*tables, self.done, until, *state)
        else:
            learned = (self.average, self.mixed, self.worth, self.digits)
            _learning.fictitious(self.payoffs, self.starts, self.done, until, *learned)
        self.done = until

    def strategies(self) -> list[np.ndarray]:
        return [part / part.sum() for part in np.split(self.average, self.starts[1:-1])]


def _check_rounds(rounds: int) -> None:
    if not (isinstance(rounds, (int, np.integer)) and rounds >= 1):
        raise ValueError(f"rounds must be an integer of at least 1, got {rounds!r}")


def _averaged(
    form: StrategicForm, method: str, rounds: int, target: float | None, begin: Callable[[], _Play | _Fictitious]
) -> list[Profile]:
    _check_rounds(rounds)
    if target is not None and not target >= 0.0:
        raise ValueError(f"target must be 0 or more, got {target!r}")
    state = begin()
    most = max(1, CHUNK * 100 // int(np.prod(form.counts)))
    check = 100
    while state.done < rounds:
        state.run(min(rounds, state.done + most, check if target is not None else rounds))
        check = 2 * state.done
        if target is not None and certified_regret(form.payoffs, state.strategies())[0] <= target:
            break
    return [Profile.of(form, state.strategies(), method=method)]


METHODS = (
    NashMethod(
        "regret_matching",
        "regret matching (plus=True: regret matching+)",
        "approximate",
        "in two-player zero-sum games regret at most 2 D sqrt(A / rounds) for payoffs of range D; otherwise play "
        "converges to the coarse correlated equilibria, and the profile may have any regret",
        "Hart & Mas-Colell 2000; Tammelin 2014",
        regret_matching,
    ),
    NashMethod(
        "hedge",
        "Hedge, multiplicative weights (optimistic=True: optimistic)",
        "approximate",
        "in two-player zero-sum games regret at most D sqrt(2 ln(A) / rounds), optimistic O(1 / rounds); otherwise as "
        "regret matching",
        "Freund & Schapire 1999; Syrgkanis et al. 2015",
        hedge,
    ),
    NashMethod(
        "fictitious_play",
        "fictitious play",
        "approximate",
        "converges in two-player zero-sum games, 2 x n games and potential games; elsewhere it may cycle for ever",
        "Brown 1951; Robinson 1951",
        fictitious_play,
    ),
)
