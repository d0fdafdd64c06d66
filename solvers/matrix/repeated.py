"""Repeated games: what play of the stage game over and over can reach, and strategies that are automata.

Payoffs are averages: with a discount factor δ, (1 - δ) Σ_t δ^t u(a_t), in units of the stage game.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .payoffs import payoffs_of

MOST_STATES = 20_000
TOLERANCE = 1e-9
"""In units of the range of payoffs."""


def minmax(game: Any, *, mixed: bool = True) -> np.ndarray:
    """float64[P]: what each player can be held down to when the others know its action's distribution only.

    Args:
        mixed: all mix; of more than two players the others may correlate what they do, which holds down at least as
            far as independent mixing does. False: pure actions, to which the player replies.
    """
    from .nash_lp import maximin

    payoffs = payoffs_of(game)
    found = []
    for p, table in enumerate(payoffs):
        own = np.moveaxis(table, p, 0).reshape(table.shape[p], -1)
        found.append(maximin(own)[2] if mixed else float(own.max(axis=0).min()))
    return np.array(found)


@dataclass(frozen=True, eq=False)
class FolkRegion:
    """The payoffs that players can get in the stage game with some joint distribution, and that give everybody at
    least the minmax payoff: those strictly above it are what equilibria of patient players reach (Fudenberg & Maskin
    1986, with the usual provisos about dimension where there are more than two)."""

    payoffs: np.ndarray
    """float64[P, A0, …]: the stage game."""
    least: np.ndarray
    """float64[P]: the minmax payoffs."""

    def extreme(self, weights: Any) -> tuple[np.ndarray, np.ndarray]:
        """-> (the payoffs float64[P] of the region with the largest weighted sum, a joint distribution float64[A0, …]
        with these payoffs).

        Raises:
            ValueError: not a finite weight for each player.
            ArithmeticError: HiGHS gave up.
        """
        direction = np.array(weights, np.float64)
        if direction.shape != self.least.shape or not np.isfinite(direction).all():
            raise ValueError(f"weights must be {len(self.least)} finite numbers, one for each player, got {weights!r}")
        found = self._program(-direction @ self._flat, -self._flat, self._slack - self.least)
        if found.status != 0:
            raise ArithmeticError(f"the linear program of the region was not solved: {found.message}")
        joint = np.maximum(found.x, 0.0) / np.maximum(found.x, 0.0).sum()
        return self._flat @ joint, joint.reshape(self.payoffs.shape[1:])

    def contains(self, point: Any) -> bool:
        """Whether the region contains payoffs float64[P], up to rounding."""
        where = np.array(point, np.float64)
        if where.shape != self.least.shape or not np.isfinite(where).all():
            raise ValueError(f"point must be {len(self.least)} finite payoffs, one for each player, got {point!r}")
        if (where < self.least - self._slack).any():
            return False
        both = np.vstack([self._flat, -self._flat])
        sides = np.concatenate([where, -where]) + self._slack
        return self._program(np.zeros(self._flat.shape[1]), both, sides).status == 0

    @cached_property
    def vertices(self) -> np.ndarray:
        """float64[K, 2]: the corners of two players' region in order.

        Raises:
            ValueError: not two players.
        """
        if len(self.least) != 2:
            raise ValueError(f"corners are listed for 2 players, here are {len(self.least)}: use contains and extreme")
        corners = convex_hull(self._flat.T)
        for p in range(2):
            corners = _clipped(corners, p, float(self.least[p]))
        return convex_hull(corners) if len(corners) else corners

    @property
    def _flat(self) -> np.ndarray:
        return self.payoffs.reshape(len(self.payoffs), -1)

    @property
    def _slack(self) -> float:
        return TOLERANCE * (float(np.ptp(self._flat, axis=1).max()) or 1.0)

    def _program(self, cost: np.ndarray, rows: np.ndarray, sides: np.ndarray) -> Any:
        from scipy.optimize import linprog

        return linprog(cost, rows, sides, np.ones((1, len(cost))), [1.0], method="highs-ds")


def folk_region(game: Any, *, mixed: bool = True) -> FolkRegion:
    """The feasible and individually rational payoffs of a stage game; `mixed` as for `minmax`."""
    payoffs = payoffs_of(game)
    return FolkRegion(payoffs, minmax(payoffs, mixed=mixed))


def convex_hull(points: np.ndarray) -> np.ndarray:
    """The corners of a hull in the plane, float64[K, 2], counter-clockwise (Andrew 1979); of points on a line the
    ends."""
    ordered = np.unique(points.round(12), axis=0)
    if len(ordered) < 3:
        return ordered
    chains: list[np.ndarray] = []
    for row in (ordered, ordered[::-1]):
        chain: list[np.ndarray] = []
        for point in row:
            while len(chain) > 1 and np.linalg.det([chain[-1] - chain[-2], point - chain[-2]]) <= 1e-12:
                chain.pop()
            chain.append(point)
        chains += chain[:-1]
    return np.array(chains)


def _clipped(corners: np.ndarray, axis: int, least: float) -> np.ndarray:
    """A convex polygon's part where a coordinate is at least a bound (Sutherland & Hodgman 1974)."""
    kept = []
    for here, there in zip(corners, np.roll(corners, -1, axis=0)):
        if here[axis] >= least:
            kept.append(here)
        if (here[axis] - least) * (there[axis] - least) < 0.0:
            part = (least - here[axis]) / (there[axis] - here[axis])
            kept.append(here + part * (there - here))
    return np.array(kept).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class Automaton:
    """A strategy of a repeated game with S states; it begins in state 0."""

    actions: np.ndarray
    """int64[S]: what is played in each state."""
    moves: np.ndarray
    """int64[S, joint actions]: the next state after everybody's actions, which are numbered in C order."""


def automaton(game: Any, actions: Sequence[int], rule: Callable[[int, tuple[int, ...]], int]) -> Automaton:
    """An automaton of a stage game.

    Args:
        actions: what is played in each state, the first being where it begins.
        rule: (state, everybody's actions) -> the next state.

    Raises:
        ValueError: no state, or a rule that leads to none.
    """
    counts = payoffs_of(game).shape[1:]
    if not len(actions):
        raise ValueError("an automaton needs at least one state")
    moves = np.array([[rule(s, joint) for joint in np.ndindex(*counts)] for s in range(len(actions))], np.int64)
    if moves.min() < 0 or moves.max() >= len(actions):
        raise ValueError(f"the rule must lead to states 0 to {len(actions) - 1}, and leads to {moves.max()}")
    return Automaton(np.array(actions, np.int64), moves)


def always(game: Any, action: int) -> Automaton:
    """One action for ever."""
    return automaton(game, [action], lambda state, joint: 0)


def grim(game: Any, profile: Sequence[int], punishment: int, player: int) -> Automaton:
    """A player's part of a profile as long as everybody keeps to it, then the punishment for ever (Friedman 1971)."""
    agreed = tuple(profile)
    return automaton(game, [agreed[player], punishment], lambda state, joint: int(state == 1 or joint != agreed))


def tit_for_tat(game: Any, player: int, first: int = 0) -> Automaton:
    """In a game of two with the same actions: the other's last action."""
    counts = payoffs_of(game).shape[1:]
    if len(counts) != 2 or counts[0] != counts[1]:
        raise ValueError(f"tit for tat needs 2 players with the same actions, got {counts}")
    # State k plays the action that is k steps from the first one.
    order = [(first + k) % counts[0] for k in range(counts[0])]
    return automaton(game, order, lambda state, joint: (joint[1 - player] - first) % counts[0])


def win_stay_lose_shift(game: Any, player: int, wins: float) -> Automaton:
    """With two actions, first 0: stays after a payoff of at least `wins`, else changes (Nowak & Sigmund 1993)."""
    table = payoffs_of(game)[player]

    def after(state: int, joint: tuple[int, ...]) -> int:
        return joint[player] if table[joint] >= wins else 1 - joint[player]

    return automaton(game, [0, 1], after)


@dataclass(frozen=True, eq=False)
class RepeatedPlay:
    """Automata that meet in a repeated game.

    Attributes:
        payoffs: float64[P]: discounted averages.
        gains: float64[P]: what each player gains by the best strategy of all against the others' automata: none is
            positive exactly in a Nash equilibrium.
        one_shot: float64[P]: the most that a player gains by one deviation after any history: none is positive exactly
            in a subgame-perfect equilibrium (the one-shot deviation principle).
    """

    payoffs: np.ndarray
    gains: np.ndarray
    one_shot: np.ndarray

    @property
    def is_nash(self) -> bool:
        return bool(self.gains.max() <= TOLERANCE)

    @property
    def is_subgame_perfect(self) -> bool:
        return bool(self.one_shot.max() <= TOLERANCE)


def repeated_play(game: Any, automata: Sequence[Automaton], discount: float) -> RepeatedPlay:
    """What automata get in a repeated game, and who could do better.

    Args:
        game: the stage game.
        automata: one for each player.
        discount: δ, from 0 to below 1: or the probability that a further round follows.

    Raises:
        ValueError: not one automaton for each player, automata of another game, more than 20,000 joint states.
    """
    payoffs = payoffs_of(game)
    players, counts = len(payoffs), payoffs.shape[1:]
    if not 0.0 <= discount < 1.0:
        raise ValueError(f"discount must be from 0 to below 1, got {discount!r}")
    if len(automata) != players:
        raise ValueError(f"{players} automata are needed, one for each player, got {len(automata)}")
    for p, machine in enumerate(automata):
        if machine.moves.shape[1] != payoffs[0].size or machine.actions.max() >= counts[p] or machine.actions.min() < 0:
            raise ValueError(f"player {p}'s automaton is not made for this game of {counts} actions")
    states = _histories(automata, payoffs[0].size)
    number = {state: i for i, state in enumerate(states)}
    flat = payoffs.reshape(players, -1)
    joint = np.array(
        [np.ravel_multi_index([m.actions[s] for m, s in zip(automata, state)], counts) for state in states]
    )

    def after(i: int, cell: int) -> int:
        return number[tuple(int(m.moves[s, cell]) for m, s in zip(automata, states[i]))]

    follow = np.array([after(i, int(cell)) for i, cell in enumerate(joint)])
    value = _discounted(flat[:, joint].T, follow, discount)
    one_shot, gains = np.zeros(players), np.zeros(players)
    for p in range(players):
        cells = np.array([[_deviated(int(cell), p, a, counts) for a in range(counts[p])] for cell in joint])
        nexts = np.array([[after(i, int(cell)) for cell in row] for i, row in enumerate(cells)])
        now = (1.0 - discount) * flat[p][cells]
        unit = float(np.ptp(flat[p])) or 1.0
        one_shot[p] = float((now + discount * value[nexts, p] - value[:, p, None]).max()) / unit
        gains[p] = float(_best(now, nexts, value[:, p], discount)[0] - value[0, p]) / unit
    return RepeatedPlay(value[0], np.maximum(gains, 0.0), np.maximum(one_shot, 0.0))


def _histories(automata: Sequence[Automaton], cells: int) -> list[tuple[int, ...]]:
    """The joint states that some history leads to, deviations included."""
    states = [(0,) * len(automata)]
    met = set(states)
    for state in states:
        for cell in range(cells):
            new = tuple(int(m.moves[s, cell]) for m, s in zip(automata, state))
            if new not in met:
                met.add(new)
                states.append(new)
        if len(states) > MOST_STATES:
            raise ValueError(f"the automata have more than {MOST_STATES} joint states")
    return states


def _deviated(cell: int, player: int, action: int, counts: Sequence[int]) -> int:
    joint = [int(a) for a in np.unravel_index(cell, counts)]
    joint[player] = action
    return int(np.ravel_multi_index(joint, counts))


def _discounted(rewards: np.ndarray, follow: np.ndarray, discount: float) -> np.ndarray:
    """Solves V = (1 - δ) r + δ V[follow]; rewards float64[N, …]."""
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    count = len(follow)
    step = sparse.csc_matrix((np.ones(count), (np.arange(count), follow)), shape=(count, count))
    found = spsolve((sparse.identity(count, format="csc") - discount * step).tocsc(), (1.0 - discount) * rewards)
    return found.reshape(rewards.shape)


def _best(now: np.ndarray, nexts: np.ndarray, value: np.ndarray, discount: float) -> np.ndarray:
    """The values of the best replies by policy iteration, from the values of a policy. now, nexts: [N, A]."""
    rows = np.arange(len(now))
    while True:
        worth = now + discount * value[nexts]
        choice = worth.argmax(axis=1)
        better = _discounted(now[rows, choice] / (1.0 - discount), nexts[rows, choice], discount)
        if (better <= value + 1e-12 * (float(np.abs(now).max()) / (1.0 - discount) or 1.0)).all():
            return value
        value = better
