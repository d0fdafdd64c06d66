"""Learners whose joint play converges to correlated equilibria, in games with any number of players.

What nobody regrets is an equilibrium: the joint play of learners without external regret approaches the coarse
correlated equilibria, of learners without internal or swap regret the correlated ones (Foster & Vohra 1997; Hart &
Mas-Colell 2000). The bounds hold against any sequence of payoffs, an adversary's too:

| regret | against | learner | bound after T rounds, A actions, payoffs of range Δ |
|---|---|---|---|
| external | the best action | Hedge (Freund & Schapire 1997) | Δ √(T ln A / 2) |
| internal | some b wherever a was played | pairs' regret matching (Hart & Mas-Colell 2000) | Δ √((A - 1) T) |
| swap | any function of the action played | a Hedge for each action (Blum & Mansour 2007) | Δ √(T A ln A / 2) |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .incentives import swap_gains
from .payoffs import payoffs_of

REGRETS = ("external", "internal", "swap")


@dataclass(frozen=True, eq=False)
class LearnedPlay:
    """The average joint play of regret learners. ``np.asarray`` of it is `joint`.

    Attributes:
        joint: float64[A0, …, A(P-1)].
        regret: ``"external"``, ``"internal"`` or ``"swap"``.
        rounds: how many were played.
        values: float64[P]: average payoffs.
        regrets: float64[P]: each player's time-averaged regret of that kind.
        bounds: float64[P]: what it is proven not to exceed after all rounds that were asked for.
    """

    joint: np.ndarray
    regret: str
    rounds: int
    values: np.ndarray
    regrets: np.ndarray
    bounds: np.ndarray

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.joint.astype(dtype or np.float64, copy=bool(copy))


def learn_correlated(game: Any, regret: str = "swap", rounds: int = 10_000) -> LearnedPlay:
    """The average play of `rounds` rounds: see `learning_play`, whose last snapshot it is."""
    *_, last = learning_play(game, regret, rounds, every=rounds)
    return last


def learning_play(game: Any, regret: str = "swap", rounds: int = 10_000, *, every: int = 1000) -> Iterator[LearnedPlay]:
    """All players learn at once; each sees what all its actions would have been worth against the others' strategies.

    Args:
        game: a `MatrixGame`, its id, payoffs [P, A0, …], or a one-shot game.
        regret: which regret the learners keep small: ``"external"``, ``"internal"`` or ``"swap"``.
        rounds: how many; Hedge's step size is tuned to it.
        every: a snapshot after each so many rounds, and at the end.

    Raises:
        ValueError: an unknown regret, or `rounds` or `every` not positive.
    """
    from . import _correlated_learning as kernels

    payoffs, kind = payoffs_of(game), _kind(regret)
    for name, number in (("rounds", rounds), ("every", every)):
        if int(number) != number or number < 1:
            raise ValueError(f"{name} must be a positive integer, got {number!r}")
    counts = np.array(payoffs.shape[1:], np.int64)
    flat = payoffs.reshape(len(payoffs), -1)
    low = flat.min(axis=1, keepdims=True)
    span = flat.max(axis=1, keepdims=True) - low
    unit = np.where(span > 0.0, span, 1.0)
    etas = np.array([_step_size(kind, rounds, int(n)) for n in counts])
    bounds = np.array([regret_bound(regret, rounds, int(n), float(d)) for n, d in zip(counts, span[:, 0])]) / rounds
    memories = np.zeros((len(counts), counts.max(), counts.max()))
    scaled, total, done = np.ascontiguousarray((flat - low) / unit), np.zeros(flat.shape[1]), 0
    while done < rounds:
        step = min(every, rounds - done)
        kernels.self_play(kind, step, scaled, counts, etas, memories, total)
        done += step
        joint = (total / done).reshape(payoffs.shape[1:])
        regrets = np.array([_regret(gain, kind) for gain in swap_gains(payoffs, joint)])
        yield LearnedPlay(joint, regret, done, flat @ joint.ravel(), regrets, bounds)


def respond(worths: Any, regret: str = "swap", span: tuple[float, float] = (0.0, 1.0)) -> np.ndarray:
    """What one learner plays against a sequence of payoffs that it learns after each round.

    Args:
        worths: float64[T, A]: what each action is worth in each round.
        regret: ``"external"``, ``"internal"`` or ``"swap"``.
        span: the least and the largest payoff that can occur.

    Returns:
        float64[T, A]: the strategies played.

    Raises:
        ValueError: an unknown regret, a shape that is none, or payoffs outside of `span`.
    """
    from . import _correlated_learning as kernels

    kind, given = _kind(regret), np.array(worths, np.float64)
    low, high = span
    if given.ndim != 2 or 0 in given.shape:
        raise ValueError(f"worths must have shape [rounds, actions], got {given.shape}")
    if not (low < high and given.min() >= low and given.max() <= high):
        raise ValueError(f"worths must lie in span {span}, got values from {given.min():.6g} to {given.max():.6g}")
    strategies = np.zeros_like(given)
    scaled = np.ascontiguousarray((given - low) / (high - low))
    kernels.respond(kind, scaled, strategies, _step_size(kind, *given.shape))
    return strategies


def regret_of(worths: np.ndarray, strategies: np.ndarray, regret: str = "swap") -> float:
    """The total regret of strategies float64[T, A] against payoffs float64[T, A]."""
    worth = np.asarray(strategies).T @ np.asarray(worths)
    return _regret(worth - np.diagonal(worth)[:, None], _kind(regret))


def regret_bound(regret: str, rounds: int, actions: int, span: float = 1.0) -> float:
    """The most total regret after so many rounds, against any payoffs of range `span`: the module's table."""
    factor = (np.log(actions) / 2, actions - 1.0, actions * np.log(actions) / 2)[_kind(regret)]
    return float(span * np.sqrt(rounds * factor))


def _regret(gain: np.ndarray, kind: int) -> float:
    """From float64[A, A]: what b in the place of a gains."""
    return float((max(gain.sum(axis=0).max(), 0.0), gain.max(), gain.max(axis=1).sum())[kind])


def _kind(regret: str) -> int:
    if regret not in REGRETS:
        raise ValueError(f"regret must be one of {', '.join(map(repr, REGRETS))}, got {regret!r}")
    return REGRETS.index(regret)


def _step_size(kind: int, rounds: int, actions: int) -> float:
    """Hedge's, which gives the bound; one action needs none."""
    return float(np.sqrt(8.0 * np.log(actions) * (actions if kind == 2 else 1) / rounds))
