"""Automata for iterated games of two players with two actions, 0 (cooperate) and 1 (defect).

The outcome of a round is 2·own + other, so that 0 … 3 are CC, CD, DC, DD, own action first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

COOPERATE, DEFECT = 0, 1
MOST_STATES = 4096


@dataclass(frozen=True, eq=False)
class Automaton:
    """A probabilistic finite-state machine; S states, the first one starts."""

    cooperate: np.ndarray
    """float64[S]: the probability of cooperating in a state."""
    next: np.ndarray
    """int64[S, 4]: the state after each outcome."""

    @property
    def deterministic(self) -> bool:
        return bool(np.isin(self.cooperate, (0.0, 1.0)).all())

    def __repr__(self) -> str:
        return f"Automaton({len(self.cooperate)} states{', deterministic' if self.deterministic else ''})"


def machine(start: Hashable, cooperate: Callable[[Any], float], step: Callable[[Any, int, int], Hashable]) -> Automaton:
    """The automaton over the states that can be reached from `start`.

    Args:
        start: the first state, any hashable value.
        cooperate: state -> probability of cooperating.
        step: (state, own action, other's action) -> the next state.

    Raises:
        ValueError: a probability outside [0, 1], or more than 4,096 states.
    """
    number, table = {start: 0}, []
    states = [start]
    for state in states:
        row = []
        for outcome in range(4):
            after = step(state, *divmod(outcome, 2))
            if after not in number:
                if len(states) == MOST_STATES:
                    raise ValueError(f"an automaton may have {MOST_STATES:,} states, this one has more")
                number[after] = len(states)
                states.append(after)
            row.append(number[after])
        table.append(row)
    probabilities = np.array([float(cooperate(state)) for state in states])
    if not ((probabilities >= 0.0) & (probabilities <= 1.0)).all():
        worst = states[int(np.argmax(np.abs(probabilities - 0.5)))]
        raise ValueError(f"cooperate must return probabilities, got {cooperate(worst)!r} in state {worst!r}")
    return Automaton(probabilities, np.array(table, np.int64))


def memory_one(first: float, after: Sequence[float]) -> Automaton:
    """Cooperates with probability `first`, then with ``after[outcome]`` (p_CC, p_CD, p_DC, p_DD).

    Raises:
        ValueError: not four numbers, or they are no probabilities.
    """
    if len(after) != 4:
        raise ValueError(f"after must be four probabilities (CC, CD, DC, DD), got {after!r}")
    return machine(None, lambda s: first if s is None else after[s], lambda s, own, other: 2 * own + other)


def transducer(first: int, rows: Sequence[tuple[int, int, int, int]]) -> Automaton:
    """A Mealy machine as the literature prints it: reads the other's action, changes state, plays an action.

    Args:
        first: the action of the first round.
        rows: for each state (next after C, action, next after D, action); state 0 starts.
    """

    def step(state: tuple[int, int], own: int, other: int) -> tuple[int, int]:
        row = rows[state[0]]
        return (row[2 * other], row[2 * other + 1])

    return machine((0, first), lambda state: 1 - state[1], step)


def window(size: int, cooperate: Callable[[tuple[tuple[int, int], ...]], float]) -> Automaton:
    """Looks at the last `size` rounds at most: `cooperate` gets their (own, other) actions, the oldest first."""
    return machine((), cooperate, lambda past, own, other: (*past, (own, other))[-size:])


def zero_determinant(
    baseline: float, slope: float, scale: float, payoffs: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """p_CC … p_DD of the strategy that enforces slope·(own − baseline) = other − baseline on the long-run payoffs.

    Hilbe, Nowak & Sigmund (2013, equation 14), after Press & Dyson (2012); `scale` is their φ; payoffs: (R, S, T, P).

    Raises:
        ValueError: no memory-one strategy with these numbers has probabilities from 0 to 1.
    """
    r, s, t, p = payoffs
    l, k, phi = baseline, slope, scale
    found = (
        1.0 - phi * (1.0 - k) * (r - l),
        1.0 - phi * (k * (l - s) + (t - l)),
        phi * ((l - s) + k * (t - l)),
        phi * (1.0 - k) * (l - p),
    )
    if not all(-1e-12 <= x <= 1.0 + 1e-12 for x in found):
        raise ValueError(f"baseline {l:g}, slope {k:g} and scale {phi:g} give {found}, which are no probabilities")
    a, b, c, d = (min(max(x, 0.0), 1.0) for x in found)
    return a, b, c, d
