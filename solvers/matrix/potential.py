"""Potential games: one function whose change is the deviator's gain; and paths of better and best responses.

Source: Monderer & Shapley 1996.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .payoffs import payoffs_of

TOLERANCE = 1e-9
"""In units of the range of payoffs."""
RULES = ("best", "better")
MOST_ROUNDS = 100
"""A random path is given up after so many steps for each profile of the game."""


def exact_potential(game: Any) -> np.ndarray | None:
    """float64[A0, …]: the exact potential, 0 at least at the first profile; None if there is none.

    Its differences along a player's axis are that player's differences of payoffs. It is summed up along the axes one
    after the other; the game has a potential exactly if the result passes.
    """
    payoffs = payoffs_of(game)
    potential = np.zeros(payoffs.shape[1:])
    for p, table in enumerate(payoffs):
        # From the origin along the first p axes, which are done, then along p's, with all later players at 0.
        at = table[(slice(None),) * (p + 1) + (0,) * (len(payoffs) - p - 1)]
        step = at - at[..., :1]
        potential = potential + step.reshape(*step.shape, *(1,) * (len(payoffs) - p - 1))
    return potential if potential_defect(payoffs, potential) <= TOLERANCE * _range(payoffs) else None


def potential_defect(game: Any, potential: Any) -> float:
    """The largest difference between a deviator's gain and the potential's change; 0 exactly for a potential.

    Raises:
        ValueError: a potential of another shape.
    """
    payoffs, table = payoffs_of(game), np.array(potential, np.float64)
    if table.shape != payoffs.shape[1:]:
        raise ValueError(f"potential must have shape {payoffs.shape[1:]}, got {table.shape}")
    rest = payoffs - table
    return max(float(np.ptp(own, axis=p).max()) for p, own in enumerate(rest))


def is_ordinal_potential(game: Any) -> bool:
    """Whether no path of strict improvements comes back to where it was; then every such path ends in an equilibrium
    (a generalised ordinal potential: Monderer & Shapley 1996, lemma 2.5)."""
    import networkx as nx

    return nx.is_directed_acyclic_graph(improvement_graph(game))


def improvement_graph(game: Any) -> Any:
    """`networkx.DiGraph` of the pure profiles, an edge for each unilateral deviation that pays; its sinks are the pure
    equilibria."""
    import networkx as nx

    payoffs = payoffs_of(game)
    slack = TOLERANCE * _range(payoffs)
    graph = nx.DiGraph()
    graph.add_nodes_from(np.ndindex(payoffs.shape[1:]))
    for profile in np.ndindex(payoffs.shape[1:]):
        for p in range(len(payoffs)):
            worth = _worth(payoffs, profile, p)
            for a in np.flatnonzero(worth > worth[profile[p]] + slack).tolist():
                graph.add_edge(profile, (*profile[:p], a, *profile[p + 1 :]), player=p)
    return graph


@dataclass(frozen=True, eq=False)
class ResponsePath:
    """A path of unilateral deviations.

    Attributes:
        profiles: int64[T + 1, P]: from the start on.
        movers: int64[T]: who deviated.
        equilibrium: whether nobody wants to deviate at the end; if not, the path goes in circles.
    """

    profiles: np.ndarray
    movers: np.ndarray
    equilibrium: bool


def response_path(
    game: Any, start: Sequence[int] | None = None, rule: str = "best", *, seed: int | np.random.Generator | None = None
) -> ResponsePath:
    """Players deviate one after the other until nobody wants to, or a profile comes again.

    Args:
        start: an action for each player; all 0 if None.
        rule: ``"best"``: to a best response (the first of several); ``"better"``: to the first action that pays more,
            or with a seed to a random one.
        seed: the order of the players is random; None takes them in turn, in which case a path that comes again to
            the same profile and turn is a cycle. Random paths reach an equilibrium where there is an ordinal potential,
            and are given up after 100 steps for each profile of the game.

    Raises:
        ValueError: an unknown rule, or a start that is no profile.
    """
    payoffs = payoffs_of(game)
    if rule not in RULES:
        raise ValueError(f"rule must be 'best' or 'better', got {rule!r}")
    first = tuple(start) if start is not None else (0,) * len(payoffs)
    if len(first) != len(payoffs) or any(not 0 <= a < n for a, n in zip(first, payoffs.shape[1:])):
        raise ValueError(f"start must name an action of each player, within {payoffs.shape[1:]}, got {start!r}")
    rng = None if seed is None else np.random.default_rng(seed)
    profiles: list[tuple[int, ...]] = [first]
    movers: list[int] = []
    met: set[tuple[tuple[int, ...], int]] = set()
    while True:
        here = profiles[-1]
        turn = movers[-1] + 1 if movers else 0
        eager = _improvements(payoffs, here, turn, rule)
        if not eager:
            return ResponsePath(np.array(profiles), np.array(movers, np.int64), True)
        p, replies = eager[0] if rng is None else eager[int(rng.integers(len(eager)))]
        if (rng is None and (here, p) in met) or len(movers) == MOST_ROUNDS * payoffs[0].size:
            return ResponsePath(np.array(profiles), np.array(movers, np.int64), False)
        met.add((here, p))
        movers.append(p)
        reply = replies[0] if rng is None else replies[int(rng.integers(len(replies)))]
        profiles.append((*here[:p], reply, *here[p + 1 :]))


def _improvements(payoffs: np.ndarray, profile: tuple[int, ...], turn: int, rule: str) -> list[tuple[int, list[int]]]:
    """Who gains by deviating, from the one whose turn it is on, and to which actions."""
    found = []
    for k in range(len(payoffs)):
        p = (turn + k) % len(payoffs)
        worth = _worth(payoffs, profile, p)
        better = np.flatnonzero(worth > worth[profile[p]] + TOLERANCE * _range(payoffs))
        if better.size:
            found.append((p, [int(worth.argmax())] if rule == "best" else better.tolist()))
    return found


def social_optimum(game: Any) -> tuple[tuple[int, ...], float]:
    """-> (the pure profile with the largest sum of payoffs, that sum); the first of several."""
    welfare = payoffs_of(game).sum(axis=0)
    best = int(welfare.argmax())
    return tuple(map(int, np.unravel_index(best, welfare.shape))), float(welfare.flat[best])


def _worth(payoffs: np.ndarray, profile: Sequence[int], player: int) -> np.ndarray:
    """float64[A_p]: what a player's actions pay where the others play a pure profile."""
    cell: tuple[Any, ...] = (player, *profile[:player], slice(None), *profile[player + 1 :])
    return payoffs[cell]


def _range(payoffs: np.ndarray) -> float:
    return float(np.ptp(payoffs.reshape(len(payoffs), -1), axis=1).max()) or 1.0
