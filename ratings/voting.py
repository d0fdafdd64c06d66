"""Voting as evaluation: tasks vote on agents by ranking them, with ties, partial ballots and real weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _kernels_voting
from .log import MatchLog, freeze
from .nash_averaging import max_entropy_optimum


class Ballots(NamedTuple):
    """Ballots over n alternatives: ``places float64[B, n]``, smaller is better, equal is a tie, NaN is "not ranked"."""

    names: tuple[str, ...]
    places: np.ndarray  # float64[B, n]
    weights: np.ndarray  # float64[B]

    def margins(self) -> np.ndarray:
        """float64[n, n]: weight of the ballots that put the row above the column, less those that do the opposite.

        An alternative that a ballot leaves out is not compared by it.
        """
        support = self.support()
        return support - support.T

    def support(self) -> np.ndarray:
        """float64[n, n]: weight of the ballots that put the row above the column."""
        n = len(self.names)
        out = np.zeros((n, n))
        _kernels_voting.support(freeze(self.places), freeze(self.weights), out)
        return out


class Vote(NamedTuple):
    """Outcome of an election: alternatives from first to last, and the method's own scores."""

    ranking: tuple[str, ...]
    scores: np.ndarray  # float64[n], in order of ``names``, higher is better
    names: tuple[str, ...]
    tied: tuple[tuple[str, ...], ...]  # the ranking in groups of equal score

    @property
    def winners(self) -> tuple[str, ...]:
        return self.tied[0]


def ballots(source: Any, weights: Any = None, names: Sequence[str] | None = None) -> Ballots:
    """Ballots from what is at hand.

    - a sequence of rankings, best first: ``["a", "b", "c"]``; a group in a list or set is a tie: ``["a", ["b", "c"]]``;
      alternatives left out are not compared;
    - ``scores float64[B, n]`` (tasks by agents, higher is better, NaN where missing), with ``names``;
    - a MatchLog: every match is a ballot over its teams' players;
    - Ballots, unchanged.

    ``weights float64[B]`` are any numbers not below 0. Raises ValueError naming the ballot that is wrong.
    """
    if isinstance(source, Ballots):
        return source
    if isinstance(source, MatchLog):
        return _from_log(source, weights)
    if isinstance(source, np.ndarray) and source.dtype.kind in "iuf":
        places = -source.astype(np.float64)
        if places.ndim != 2 or np.isinf(places).any():
            raise ValueError(f"scores must be finite (or NaN) of shape [ballots, alternatives], got {places.shape}")
        labels = tuple(map(str, names)) if names is not None else tuple(map(str, range(places.shape[1])))
        if len(labels) != places.shape[1]:
            raise ValueError(f"names has {len(labels)} entries, the scores have {places.shape[1]} columns")
    else:
        index = {str(name): i for i, name in enumerate(names or ())}
        rows: list[dict[int, int]] = []
        for b, ranking in enumerate(source):
            row: dict[int, int] = {}
            for place, group in enumerate(ranking):
                members = [group] if isinstance(group, (str, int, np.integer)) else list(group)
                for name in members:
                    key = index.setdefault(str(name), len(index))
                    if key in row:
                        raise ValueError(f"ballot {b}: {name!r} is there twice")
                    row[key] = place
            rows.append(row)
        labels = tuple(index)
        if names is not None and len(labels) > len(names):
            raise ValueError(f"ballots: {labels[len(names)]!r} is not among names")
        places = np.full((len(rows), len(labels)), np.nan)
        for b, row in enumerate(rows):
            for key, place in row.items():
                places[b, key] = place
    return Ballots(labels, places, _weights(weights, len(places)))


def _weights(weights: Any, size: int) -> np.ndarray:
    out = np.ones(size) if weights is None else np.asarray(weights, np.float64)
    if out.shape != (size,) or not np.isfinite(out).all() or (out < 0).any():
        raise ValueError(f"weights must be {size} finite numbers, 0 or more, one per ballot")
    return out


def _from_log(log: MatchLog, weights: Any) -> Ballots:
    places = np.full((len(log), log.num_players), np.nan)
    rank = np.repeat(log.ranks, np.diff(log.team_starts))
    match = np.repeat(np.arange(len(log)), np.diff(log.team_starts[log.match_starts]))
    places[match, log.players] = rank
    return Ballots(log.names, places, _weights(weights, len(log)))


_read = ballots


def vote(ballots: Any, method: str = "schulze", weights: Any = None, names: Sequence[str] | None = None) -> Vote:
    """Rank the alternatives of ``ballots`` by a voting method; ``voting.methods()`` lists them.

    ``ballots``, ``weights`` and ``names`` are what the function :func:`ballots` takes.

    Raises ValueError for an unknown method, for bad ballots, and for Kemeny over more than 20 alternatives.
    """
    if method not in _METHODS:
        raise ValueError(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    profile = _read(ballots, weights, names)
    if not profile.names:
        raise ValueError("ballots name no alternatives")
    scores = _METHODS[method](profile)
    order = np.argsort(-scores, kind="stable")
    groups: list[list[str]] = []
    for k, i in enumerate(order):
        if k and scores[order[k - 1]] - scores[i] <= 1e-9:
            groups[-1].append(profile.names[i])
        else:
            groups.append([profile.names[i]])
    return Vote(tuple(profile.names[i] for i in order), scores, profile.names, tuple(map(tuple, groups)))


def methods() -> tuple[str, ...]:
    """Names of all voting methods."""
    return tuple(_METHODS)


# -- methods: each maps ballots to scores, higher is better ----------------------------------------------------------


def plurality(profile: Ballots) -> np.ndarray:
    """Weight of first places; tied firsts share it."""
    first = profile.places == np.nanmin(
        np.where(np.isnan(profile.places), np.inf, profile.places), axis=1, keepdims=True
    )
    return profile.weights @ (first / np.maximum(first.sum(1, keepdims=True), 1))


def approval(profile: Ballots) -> np.ndarray:
    """Weight of the ballots that place the alternative in the better half of those they rank."""
    ranked = ~np.isnan(profile.places)
    filled = np.where(ranked, profile.places, np.inf)
    better = (filled[:, None, :] < filled[:, :, None]).sum(2)
    return profile.weights @ (ranked & (better < np.ceil(ranked.sum(1, keepdims=True) / 2)))


def borda(profile: Ballots) -> np.ndarray:
    """Alternatives beaten less those lost to, summed over ballots: Borda's count up to scale, ties halved."""
    return profile.margins().sum(1)


def copeland(profile: Ballots) -> np.ndarray:
    """Pairwise majorities won plus half of those drawn."""
    margins = profile.margins()
    tied = np.abs(margins) <= 1e-12
    return (margins > 1e-12).sum(1) + 0.5 * (tied.sum(1) - 1)


def stv(profile: Ballots) -> np.ndarray:
    """Instant runoff, the single transferable vote for one seat: who is last by first places goes, and so on.

    The score is the round survived. All who share the last place go together, unless that is everyone.
    """
    n = len(profile.names)
    alive = np.ones(n, bool)
    scores = np.zeros(n)
    level = 0.0
    while alive.any():
        left = Ballots(profile.names, np.where(alive, profile.places, np.nan), profile.weights)
        counted = ~np.isnan(left.places).all(1)
        tally = plurality(Ballots(left.names, left.places[counted], left.weights[counted]))
        tally[~alive] = np.inf
        out = tally <= tally.min() + 1e-12
        scores[out] = level
        level += 1.0
        alive &= ~out
    return scores


def schulze(profile: Ballots) -> np.ndarray:
    """Beatpaths (Schulze 2011): the number of alternatives beaten by a stronger path, less those lost to."""
    margins = profile.margins()
    strength = np.where(margins > 0, margins, 0.0)
    for k in range(len(strength)):
        np.maximum(strength, np.minimum(strength[:, k : k + 1], strength[k : k + 1, :]), out=strength)
    np.fill_diagonal(strength, 0.0)
    return (strength > strength.T).sum(1).astype(float) - (strength < strength.T).sum(1)


def ranked_pairs(profile: Ballots) -> np.ndarray:
    """Tideman (1987): majorities are locked from the largest down unless they close a cycle with locked ones.

    The score is the number of alternatives reached through locked majorities, less the number one is reached from.
    """
    margins = profile.margins()
    n = len(margins)
    reach = np.zeros((n, n), bool)
    sizes = np.unique(np.round(margins[margins > 1e-12], 12))[::-1]
    for size in sizes:
        pairs = np.argwhere(np.abs(margins - size) <= 1e-9)
        for a, b in [(a, b) for a, b in pairs if not reach[b, a]]:
            reach |= np.outer(reach[:, a] | (np.arange(n) == a), reach[b] | (np.arange(n) == b))
    lost = reach & reach.T
    return (reach & ~lost).sum(1).astype(float) - (reach & ~lost).sum(0)


def kemeny(profile: Ballots) -> np.ndarray:
    """The ranking of least weighted disagreement (Kemeny & Young), exact by dynamic programming to 20 alternatives."""
    n = len(profile.names)
    if n > 20:
        raise ValueError(f"kemeny is exact to 20 alternatives, got {n}; take soft_condorcet or ranked_pairs")
    order = np.empty(n, np.int64)
    _kernels_voting.kemeny(freeze(profile.margins()), order)
    scores = np.empty(n)
    scores[order] = np.arange(n)[::-1]
    return scores


def maximal_lotteries(profile: Ballots) -> np.ndarray:
    """The optimal mixed strategy of the margin game (Fishburn 1984), of all of them the one of most entropy."""
    margins = profile.margins()
    return max_entropy_optimum(margins / max(np.abs(margins).max(), 1e-300))


def iterated_maximal_lotteries(profile: Ballots) -> np.ndarray:
    """Maximal lotteries, then those of the alternatives they left out, and so on (Lanctot et al. 2023).

    The score is the level, counted from the last, plus the probability within it.
    """
    margins = profile.margins()
    n = len(margins)
    scores, left, levels = np.zeros(n), np.arange(n), []
    while len(left):
        game = margins[np.ix_(left, left)]
        p = max_entropy_optimum(game / max(np.abs(game).max(initial=0.0), 1e-300))
        used = p > 1e-7
        levels.append((left[used], p[used]))
        left = left[~used]
    for depth, (members, p) in enumerate(levels):
        scores[members] = len(levels) - 1 - depth + np.minimum(p, 1.0 - 1e-9)
    return scores


def soft_condorcet(
    profile: Any, temperature: float = 1.0, iterations: int = 2000, loss: str = "sigmoid", seed: Any = 0
) -> np.ndarray:
    """Soft Condorcet optimisation (Lanctot et al. 2024): ratings whose order comes close to Kemeny's.

    Minimises the weighted sum over ranked pairs of sigmoid((loser - winner) / temperature) ("sigmoid", a smooth Kendall
    distance), or of ln(1 + exp((loser - winner) / temperature)) ("logistic", the convex loss of Bradley and Terry), by
    full-batch gradient steps with momentum from several starts, ratings kept in [-50, 50] temperatures.
    """
    profile = ballots(profile)
    if loss not in ("sigmoid", "logistic"):
        raise ValueError(f"loss must be 'sigmoid' or 'logistic', got {loss!r}")
    support = profile.support()
    support = support / max(support.sum(), 1e-300)
    rng = np.random.default_rng(seed)
    n = len(support)
    start = (support - support.T).sum(1) * n
    best, best_value = start, np.inf
    for trial in range(1 if loss == "logistic" else 6):
        out = np.empty(n)
        x = start + (0.0 if trial == 0 else rng.normal(0.0, 1.0, n))
        value = _kernels_voting.soft_condorcet(freeze(support), x.copy(), iterations, loss == "sigmoid", out)
        if value < best_value:
            best, best_value = out, value
    return (best - best.mean()) * temperature


_METHODS: dict[str, Callable[[Ballots], np.ndarray]] = {
    "plurality": plurality,
    "approval": approval,
    "borda": borda,
    "copeland": copeland,
    "stv": stv,
    "schulze": schulze,
    "ranked_pairs": ranked_pairs,
    "kemeny": kemeny,
    "maximal_lotteries": maximal_lotteries,
    "iterated_maximal_lotteries": iterated_maximal_lotteries,
    "soft_condorcet": soft_condorcet,
}

# Whether copies of an alternative can change who wins among the others, for the margin-based methods proven in the
# literature (Tideman 1987; Schulze 2011; Brandl, Brandt & Seedig 2016); the tests try it on random profiles.
CLONE_INVARIANT = {
    "plurality": False,
    "approval": False,
    "borda": False,
    "copeland": False,
    "stv": True,
    "schulze": True,
    "ranked_pairs": True,
    "kemeny": False,
    "maximal_lotteries": True,
    "iterated_maximal_lotteries": True,
    "soft_condorcet": False,
}
