"""What a population is worth, how diverse it is, and what it forgot: functions of payoff matrices, logs and policies.

A payoff matrix is float64[n, n]: the row's mean payoff against the column. Where a measure needs a zero-sum game, the
matrix is made antisymmetric first: what the row gets more than the column, halved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..games.game import Game
from ..games.policy import Policy
from ..ratings import MatchLog
from .checks import mixture, whole

if TYPE_CHECKING:
    import networkx as nx


def antisymmetric(payoffs: Any, unknown: float | None = None) -> np.ndarray:
    """float64[n, n]: (M − Mᵀ)/2, with `unknown` where neither entry is known.

    Raises:
        ValueError: not a square matrix; or an entry off the diagonal is not known and no `unknown` was given.
    """
    m = _matrix(payoffs)
    if m.shape[0] != m.shape[1]:
        raise ValueError(f"payoffs must be a square matrix, got shape {m.shape}")
    m = np.where(np.isnan(m), -m.T, m)
    skew = (m - m.T) / 2.0
    np.fill_diagonal(skew, 0.0)
    if np.isnan(skew).any():
        if unknown is None:
            i, j = (int(x) for x in np.argwhere(np.isnan(skew))[0])
            raise ValueError(f"members {i} and {j} have not met; say what stands for unknown cells")
        skew[np.isnan(skew)] = unknown
    return skew


# -- of one population ---------------------------------------------------------------------------------------------


def meta_nash(payoffs: Any) -> np.ndarray:
    """float64[n]: the equilibrium of most entropy of the zero-sum meta-game (Balduzzi et al. 2018)."""
    from ..ratings import nash_average

    return np.asarray(nash_average(antisymmetric(payoffs)).weights)


def nash_conv(payoffs: Any, row: Any, column: Any = None) -> float:
    """NashConv of a profile of the meta-game: what both sides together gain by their best deviations.

    Args:
        payoffs: float[n, m] of a zero-sum meta-game (the column gets the negative), or float[2, n, m] of any.
        row, column: float[n], float[m]; by default both the same.
    """
    table = np.asarray(payoffs, np.float64)
    a, b = (table[0], table[1]) if table.ndim == 3 else (_matrix(table), -_matrix(table))
    x = mixture("row", row, a.shape[0])
    y = x if column is None else mixture("column", column, a.shape[1])
    if len(y) != a.shape[1]:
        raise ValueError(f"column must be given where the sides differ: payoffs have shape {a.shape}")
    return float((a @ y).max() - x @ a @ y + (x @ b).max() - x @ b @ y)


def relative_performance(payoffs: Any) -> float:
    """The value of the zero-sum game between two populations, float[n, m]: positive where the rows' is the better.

    Relative population performance (Balduzzi et al. 2019, Definition 3).
    """
    from .meta_solvers import zero_sum_nash

    a = _known(payoffs)
    x, y = zero_sum_nash(a)
    return float(x @ a @ y)


def effective_diversity(payoffs: Any, weights: Any = None) -> float:
    """pᵀ max(A, 0) p at the equilibrium p: how much the members in use exploit one another.

    Balduzzi et al. (2019, Definition 4). Rock-paper-scissors: 1/3; a single best member: 0.
    """
    a = antisymmetric(payoffs)
    p = meta_nash(payoffs) if weights is None else mixture("weights", weights, len(a))
    return float(p @ np.maximum(a, 0.0) @ p)


def expected_cardinality(payoffs: Any) -> float:
    """tr(I − (M Mᵀ + I)⁻¹): the expected size of a sample of the determinantal process whose kernel is M Mᵀ.

    Perez-Nieves et al. (2021, Section 4); any matrix float[n, m]. Rock-paper-scissors: 3/2.
    """
    squares = np.linalg.svd(_known(payoffs), compute_uv=False) ** 2
    return float((squares / (1.0 + squares)).sum())


def forgetting(payoffs: Any) -> np.ndarray:
    """float64[n]: what each snapshot lost against its predecessors, compared with the best in between.

    Members stand in the order in which they were made. Entry k is the mean over earlier opponents j < k of
    max(M_lj: j ≤ l < k) − M_kj, at least 0: forgetting as it is measured over tasks (Chaudhry et al. 2018).
    """
    m = antisymmetric(payoffs)
    found = np.zeros(len(m))
    for k in range(1, len(m)):
        best = np.array([m[j:k, j].max() for j in range(k)])
        found[k] = np.maximum(best - m[k, :k], 0.0).mean()
    return found


# -- cycles ----------------------------------------------------------------------------------------------------------


def beats(payoffs: Any, names: Sequence[str] | None = None, margin: Any = 0.0) -> nx.DiGraph:
    """The directed graph of who beats whom: an edge with its payoff wherever it exceeds `margin`.

    Args:
        margin: a number, or float[n, n] such as twice the standard errors, so that chance makes no edges.
    """
    import networkx as nx

    a = antisymmetric(payoffs, unknown=0.0)
    labels = tuple(names) if names is not None else tuple(range(len(a)))
    if len(labels) != len(a):
        raise ValueError(f"names must be {len(a)}, got {len(labels)}")
    graph = nx.DiGraph()
    graph.add_nodes_from(labels)
    wins = a > np.nan_to_num(np.asarray(margin, np.float64))
    graph.add_edges_from((labels[i], labels[j], {"payoff": float(a[i, j])}) for i, j in np.argwhere(wins))
    return graph


def cycles(graph: nx.DiGraph) -> list[list[Any]]:
    """Sets of members that beat one another in a circle: strongly connected components, largest first."""
    import networkx as nx

    place = {name: i for i, name in enumerate(graph)}
    found = [sorted(part, key=place.__getitem__) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    return sorted(found, key=lambda part: (-len(part), place[part[0]]))


def cyclic_triples(payoffs: Any, margin: Any = 0.0) -> int:
    """How many sets of three go in a circle (Kendall & Babington Smith 1940): tr(W³)/3."""
    import networkx as nx

    w = nx.to_numpy_array(beats(payoffs, margin=margin), weight=None)
    return round(np.trace(w @ w @ w) / 3.0)


def nash_layers(payoffs: Any) -> list[np.ndarray]:
    """Nash clusters: the equilibrium's support, then that of what is left, and so on (Czarnecki et al. 2020).

    -> int64 arrays of members, the strongest cluster first.
    """
    a = antisymmetric(payoffs)
    left, layers = np.arange(len(a)), []
    while len(left):
        support = meta_nash(a[np.ix_(left, left)]) > 1e-6
        layers.append(left[support])
        left = left[~support]
    return layers


# -- over time -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PopulationCurves:
    """Measures of the first k members of a population, k = 1 … n, in the order in which they were made."""

    size: np.ndarray
    """int64[n]: k."""
    exploitability: np.ndarray
    """float64[n]: what the best of all n members gets against the equilibrium of the first k; 0 at the end."""
    performance: np.ndarray
    """float64[n]: relative performance of the first k against all n; 0 at the end."""
    diversity: np.ndarray
    """float64[n]: effective diversity."""
    cardinality: np.ndarray
    """float64[n]: expected cardinality."""
    forgetting: np.ndarray
    """float64[n]: of the k-th member."""


def population_curves(payoffs: Any, most: int = 200, unique: bool = True) -> PopulationCurves:
    """How a population grew, judged by the matrix of the whole; at `most` sizes, evenly spaced.

    Args:
        unique: measure diversity at the equilibrium of most entropy; without, at one that a linear program finds, which
            is much faster beyond fifty members.
    """
    from .meta_solvers import zero_sum_nash

    a = antisymmetric(payoffs)
    n = len(a)
    sizes = np.unique(np.linspace(1, n, min(n, most)).round().astype(np.int64))
    lost = forgetting(a)
    rows = []
    for k in sizes.tolist():
        part = a[:k, :k]
        p = meta_nash(part) if unique else zero_sum_nash(part)[0]
        rows.append((max(0.0, (a[:, :k] @ p).max()), relative_performance(a[:k]), effective_diversity(part, p)))
    gap, performance, diversity = np.array(rows).T
    sizes_of = np.array([expected_cardinality(a[:k, :k]) for k in sizes.tolist()])
    return PopulationCurves(sizes, gap, performance, diversity, sizes_of, lost[sizes - 1])


@dataclass(frozen=True, eq=False)
class RatingCurves:
    """Ratings after more and more of a log. T points, n players."""

    matches: np.ndarray
    """int64[T]: matches so far."""
    names: tuple[str, ...]
    mu: np.ndarray
    """float64[T, n]; NaN before a player's first match."""


def rating_curves(log: MatchLog, model: str = "plackett_luce", points: int = 24, **parameters: Any) -> RatingCurves:
    """The ratings of a model after each of some prefixes of a log.

    Raises:
        ValueError: the log is empty, or `points` is less than 1.
    """
    from ..ratings import rate

    if not len(log):
        raise ValueError("rating curves need a log with matches, this one is empty")
    whole("points", points, 1)
    ends = np.unique(np.linspace(len(log) / points, len(log), points).round().astype(np.int64))
    ends = ends[ends > 0]
    mu = np.full((len(ends), len(log.names)), np.nan)
    number = {name: i for i, name in enumerate(log.names)}
    for row, end in enumerate(ends.tolist()):
        board = rate(log[:end], model=model, **parameters)
        for player, value, played in zip(board.players, np.asarray(board.mu).tolist(), board.matches):
            if played:
                mu[row, number[player]] = value
    return RatingCurves(ends, log.names, mu)


def exploitability_curve(game: Game, policies: Sequence[Policy]) -> np.ndarray:
    """float64[n]: exact exploitability of each policy in turn, each in every seat, by walking the game's tree."""
    from ..solvers import exploitability

    return np.array([exploitability(game, policy) for policy in policies], np.float64)


# -- checks ----------------------------------------------------------------------------------------------------------


def _matrix(payoffs: Any) -> np.ndarray:
    m = np.array(payoffs, np.float64)
    if m.ndim != 2 or 0 in m.shape or np.isinf(m).any():
        raise ValueError(f"payoffs must be a matrix of finite numbers (NaN: unknown), got shape {m.shape}")
    return m


def _known(payoffs: Any) -> np.ndarray:
    m = _matrix(payoffs)
    if np.isnan(m).any():
        i, j = (int(x) for x in np.argwhere(np.isnan(m))[0])
        raise ValueError(f"the payoff of {i} against {j} is not known; play their matches first")
    return m
