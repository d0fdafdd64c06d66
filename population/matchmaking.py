"""Matchmakers: who meets whom in a round, as functions of arrays that the store gives and of a generator.

A *set* is the members of one match, by their places 0 … n - 1 in the league; every set is then played in all seat
orders, so that seats are balanced, and where the league is paired those neighbouring matches share the luck of chance.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from .match import seat_orders
from .payoffs import Payoffs

MOST_SETS = 256
"""At most so many sets of members meet within one batch."""
PRIOR = 2.0
"""Standard deviation of strengths before any match, in log-odds: three of four players within a factor of ten."""


class Standings(NamedTuple):
    """What a matchmaker looks at: n members after the rounds so far."""

    payoffs: Payoffs
    """Of the series' matches before this round, between the n members."""
    seats: int
    """Players of the game."""

    @property
    def sets(self) -> int:
        """How many sets meet in a round: as many as are disjoint."""
        return max(1, len(self.payoffs.names) // self.seats)


Matchmaker = Callable[[Standings, np.random.Generator], np.ndarray]
"""(standings, generator) -> int64[`Standings.sets`, P]: different members in every row."""


# -- fixed schedules ---------------------------------------------------------------------------------------------------


def round_robin(batch: int, members: tuple[int, ...], players: int) -> np.ndarray:
    """Every set of members in all seat orders, in turn and over and over; many sets are dealt with in several batches.

    The sets alternate from match to match (and not from batch to batch), because ratings that are folded over a log
    believe what came last. -> int64[R, P]: who sits in each seat, for the batch's matches modulo R.
    """
    parts = rounds(members, players)
    return parts[batch % len(parts)]


@functools.lru_cache(maxsize=8)
def rounds(members: tuple[int, ...], players: int) -> tuple[np.ndarray, ...]:
    """All sets of as many members as the game has players, in all seat orders, cut into parts of `MOST_SETS` sets."""
    sets = np.array(list(itertools.combinations(members, players)), np.int64)
    parts = np.array_split(sets, -(-len(sets) // MOST_SETS))
    return tuple(seated(part) for part in parts)


def seated(sets: np.ndarray) -> np.ndarray:
    """Sets int64[S, P] in all seat orders, int64[S · orders, P]; the orders of one set stand together."""
    return sets[:, seat_orders(sets.shape[1])].reshape(-1, sets.shape[1])


# -- matchmakers -------------------------------------------------------------------------------------------------------


def uniform(standings: Standings, rng: np.random.Generator) -> np.ndarray:
    """Random sets: disjoint ones, of a random permutation."""
    return _cut(rng.permutation(len(standings.payoffs.names)), standings)


def swiss(standings: Standings, rng: np.random.Generator) -> np.ndarray:
    """Swiss system: members with like scores meet, those first who have met least.

    For two seats the pairing of the least total cost (Ólafsson 1990: weighted matching), where a meeting more costs
    more than any difference of scores; of an odd number one who has played most sits out. For more seats the members
    in the order of their scores are cut into sets.
    """
    count, n = standings.payoffs.count, len(standings.payoffs.names)
    played = count.sum(axis=1)
    score = np.divide(points(standings.payoffs), played, out=np.full(n, 0.5), where=played > 0)
    tie = rng.permutation(n)
    if standings.seats > 2:
        return _cut(np.lexsort((tie, -score)), standings)
    import networkx

    there = np.ones(n, bool)
    if n % 2:
        there[np.lexsort((tie, -played))[0]] = False
    # Integers keep the matching exact: meetings first, then squared differences of score, then chance.
    steps = np.rint(1000 * (score[:, None] - score) ** 2).astype(np.int64)
    meetings = count - count[there][:, there].min()
    cost = (np.maximum(meetings, 0) * (n * 1001) + steps) * 4 * n + (tie[:, None] + tie)
    graph = networkx.Graph()
    for a, b in itertools.combinations(np.flatnonzero(there).tolist(), 2):
        graph.add_edge(a, b, weight=int(cost[a, b]))
    pairs = sorted(tuple(sorted(pair)) for pair in networkx.min_weight_matching(graph))
    return np.array(pairs, np.int64)


def prioritised(standings: Standings, rng: np.random.Generator, weighting: str = "squared") -> np.ndarray:
    """Prioritised fictitious self-play (Vinyals et al. 2019): members in turn draw opponents by `pfsp` of their rates.

    A pair that never met counts as ½.
    """
    from .interaction import pfsp

    rates = np.where(standings.payoffs.count > 0, np.nan_to_num(standings.payoffs.win_rate, nan=0.5), 0.5)
    return _drawn(standings, rng, lambda a, others: pfsp(rates[a, others], weighting))


def proximity(standings: Standings, rng: np.random.Generator, scale: float = 0.5) -> np.ndarray:
    """Close ratings meet: members in turn draw an opponent at d log-odds with weight exp(-(d / scale)² / 2).

    A tenth of the weight is spread over all, so that no two parts of the league lose sight of each other.
    """
    strength, _ = strengths(standings.payoffs)

    def near(a: int, others: np.ndarray) -> np.ndarray:
        gaps = (strength[a] - strength[others]) / scale
        close = np.exp(-0.5 * (gaps**2 - (gaps**2).min()))
        return 0.9 * close / close.sum() + 0.1 / len(others)

    return _drawn(standings, rng, near)


def uncertainty(standings: Standings, rng: np.random.Generator) -> np.ndarray:
    """The cells of the payoff table with the largest standard error meet; a cell that is not known comes first.

    Below two matches, and where all were equal so far, a cell counts as one with the table's mean variance.
    """
    payoffs = standings.payoffs
    known = payoffs.count > 1
    typical = float(payoffs.variance[known].mean()) if known.any() else 1.0
    variance = np.where(known & (payoffs.variance > 0), payoffs.variance, max(typical, 1e-12))
    with np.errstate(divide="ignore"):
        error = np.where(payoffs.count > 0, np.sqrt(variance / payoffs.count), np.inf)
    return _greedy(np.maximum(error, error.T), standings, rng)


def information(standings: Standings, rng: np.random.Generator) -> np.ndarray:
    """The pairs whose next result tells most about the ratings meet: ½ ln(1 + p (1 - p) v) nats, in Laplace's
    approximation of a Bradley–Terry posterior (D-optimal design; Glickman & Jensen 2005), with v the variance of the
    pair's difference of strengths and p the forecast.
    """
    strength, covariance = strengths(standings.payoffs)
    own = np.diag(covariance)
    spread = own[:, None] + own - 2.0 * covariance
    p = expit(strength[:, None] - strength)
    return _greedy(0.5 * np.log1p(p * (1.0 - p) * np.maximum(spread, 0.0)), standings, rng)


MATCHMAKERS: dict[str, Matchmaker] = {
    "random": uniform,
    "swiss": swiss,
    "prioritised": prioritised,
    "rating_proximity": proximity,
    "uncertainty": uncertainty,
    "information_gain": information,
}
"""Those that look at the standings before every round."""
SCHEDULES = ("round_robin", *MATCHMAKERS)
"""All the names under which the members of a league can be matched."""


# -- what they share ---------------------------------------------------------------------------------------------------


def points(payoffs: Payoffs) -> np.ndarray:
    """float64[n]: wins plus half the draws."""
    return (payoffs.wins + 0.5 * payoffs.draws).sum(axis=1)


def strengths(payoffs: Payoffs, prior: float = PRIOR) -> tuple[np.ndarray, np.ndarray]:
    """Bradley–Terry strengths in log-odds, their posterior mode under a normal prior of deviation `prior`, and the
    covariance of Laplace's approximation: (float64[n], float64[n, n]). A draw is half a win.
    """
    n, won = len(payoffs.names), payoffs.wins + 0.5 * payoffs.draws
    games = won + won.T
    theta, change = np.zeros(n), np.inf
    precision = np.eye(n) / prior**2
    for _ in range(100):
        p = expit(theta[:, None] - theta)
        weight = games * p * (1.0 - p)
        hessian = np.diag(weight.sum(axis=1)) - weight + precision
        if change < 1e-10:
            break
        step = np.linalg.solve(hessian, (won - games * p).sum(axis=1) - theta / prior**2)
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))  # far away Newton's steps are too long
        theta, change = theta + step, float(np.abs(step).max())
    return theta, np.linalg.inv(hessian)


def _cut(order: np.ndarray, standings: Standings) -> np.ndarray:
    return order[: standings.sets * standings.seats].reshape(standings.sets, standings.seats).astype(np.int64)


def _drawn(
    standings: Standings, rng: np.random.Generator, weights: Callable[[int, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Members in random order, each with opponents drawn by weights(member, the others) without replacement."""
    n = len(standings.payoffs.names)
    sets = np.empty((standings.sets, standings.seats), np.int64)
    for row, a in zip(sets, rng.permutation(n)):
        others = np.delete(np.arange(n), a)
        p = weights(int(a), others)
        fill = np.full(len(others), 1e-12) + p  # where fewer have weight than there are seats
        row[0], row[1:] = a, rng.choice(others, standings.seats - 1, replace=False, p=fill / fill.sum())
    return sets


def _greedy(gain: np.ndarray, standings: Standings, rng: np.random.Generator) -> np.ndarray:
    """The sets of largest gain (symmetric float64[n, n]): pairs in falling order, of equals one by chance; further
    seats go to whoever adds most.
    """
    n = len(gain)
    first, second = np.triu_indices(n, 1)
    order = np.lexsort((rng.random(len(first)), -gain[first, second]))[: standings.sets]
    sets = np.empty((standings.sets, standings.seats), np.int64)
    for k, pair in enumerate(np.resize(order, standings.sets)):
        chosen = [int(first[pair]), int(second[pair])]
        while len(chosen) < standings.seats:
            rest = np.setdiff1d(np.arange(n), chosen)
            chosen.append(int(rest[gain[rest][:, chosen].sum(axis=1).argmax()]))
        sets[k] = chosen
    return sets
