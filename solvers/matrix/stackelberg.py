"""Commitment in two-player games: the leader's best mixed strategy when the follower sees it and responds.

Strong: the follower breaks ties for the leader (Conitzer & Sandholm 2006: one linear program for each response). Weak:
it breaks them against the leader, who can then only approach a supremum (von Stengel & Zamir 2010). Bayesian: the
follower has a type that the leader does not see (Paruchuri et al. 2008, DOBSS: one mixed-integer program).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .payoffs import probabilities, two_player_payoffs

KINDS = ("strong", "weak")
TOLERANCE = 1e-9
"""What counts as indifference, in units of the follower's range of payoffs."""
INSTEAD = "for more players, ludus.solvers.correlated gives what a mediator can reach, ludus.solvers.nash equilibria"


@dataclass(frozen=True, eq=False)
class Commitment:
    """What a leader commits to and what comes of it.

    Attributes:
        strategy: float64[A]: the leader's mixed strategy.
        response: the follower's action; one for each type, where there are types.
        value: the leader's expected payoff; for a weak commitment the supremum.
        follower_value: the follower's expected payoff (over its types, before it learns its own).
        leader: the number of the leader.
        kind: ``"strong"``, ``"weak"`` or ``"bayesian"``.
        attained: the leader gets `value` with `strategy` itself; else with (1 - ε) `strategy` + ε `towards`, but O(ε).
        towards: float64[A]: a strategy to which `response` is strictly better than all that are not equal to it.
    """

    strategy: np.ndarray
    response: tuple[int, ...]
    value: float
    follower_value: float
    leader: int
    kind: str
    attained: bool = True
    towards: np.ndarray | None = None

    def __repr__(self) -> str:
        return (
            f"Commitment({self.kind}, leader {self.leader}: {self.strategy.round(6).tolist()}, follower plays "
            f"{', '.join(map(str, self.response))}; values {self.value:.6g} and {self.follower_value:.6g})"
        )


def stackelberg(game: Any, leader: int = 0, *, kind: str = "strong") -> Commitment:
    """The leader's optimal mixed commitment in a two-player matrix game.

    Args:
        game: a `MatrixGame`, its id, or payoffs [2, A, B].
        leader: who commits; the other sees the mixed strategy (not the action drawn) and responds.
        kind: ``"strong"``: ties are broken for the leader; ``"weak"``: against it.

    Raises:
        ValueError: not two players, no such leader or kind.
        ArithmeticError: a linear program was not solved.
    """
    payoffs = two_player_payoffs(game, "stackelberg", INSTEAD)
    if leader not in (0, 1):
        raise ValueError(f"leader must be 0 or 1, got {leader!r}")
    if kind not in KINDS:
        raise ValueError(f"kind must be 'strong' or 'weak', got {kind!r}")
    own, other = (payoffs[0], payoffs[1]) if leader == 0 else (payoffs[1].T, payoffs[0].T)
    return _strong(own, other, leader) if kind == "strong" else _weak(own, other, leader)


def _strong(own: np.ndarray, other: np.ndarray, leader: int) -> Commitment:
    """`own` and `other`: float64[A, B], the leader's and the follower's payoffs; the leader has the rows."""
    best = None
    for response in range(own.shape[1]):
        found = _commit(own[:, response], _margin(other, response))
        if found is not None and (best is None or found[0] > best[0] + 1e-12 * abs(best[0])):
            best = (*found, response)
    assert best is not None, "some response is best against any strategy"
    value, x, response = best
    return Commitment(x, (response,), value, float(x @ other[:, response]), leader, "strong")


def _weak(own: np.ndarray, other: np.ndarray, leader: int) -> Commitment:
    """Over the responses that are strictly best somewhere (but for the responses that pay the follower the same
    everywhere, among which it picks what is worst for the leader)."""
    from scipy.optimize import linprog

    best = None
    for response in range(own.shape[1]):
        margin = _margin(other, response)
        same = np.abs(margin).max(axis=0) <= TOLERANCE
        # max t: the response is better than all others by t.
        rivals = margin[:, ~same]
        inner = _separate(rivals)
        if inner is None:
            continue
        worst = own[:, same]
        low, scale = float(own.min()), float(np.ptp(own)) or 1.0
        below = np.vstack(
            [
                np.hstack([-rivals.T, np.zeros((rivals.shape[1], 1))]),
                np.hstack([-(worst - low).T / scale, np.ones((worst.shape[1], 1))]),
            ]
        )
        cost, whole = np.append(np.zeros(len(own)), -1.0), np.append(np.ones(len(own)), 0.0)[None]
        found = linprog(cost, below, np.zeros(len(below)), whole, [1.0], bounds=(0.0, None), method="highs-ds")
        if found.status != 0:
            raise ArithmeticError(f"the linear program of a commitment was not solved: {found.message}")
        x = _distribution(found.x[:-1])
        value = float((x @ worst).min())
        if best is None or value > best[0] + 1e-12 * abs(best[0]):
            best = (value, x, int(np.flatnonzero(same)[(x @ worst).argmin()]), inner)
    assert best is not None, "some response is strictly best somewhere, but for equal ones"
    value, x, response, inner = best
    ties = x @ _margin(other, response) <= TOLERANCE
    attained = bool((x @ own)[ties].min() >= value - TOLERANCE * (np.ptp(own) or 1.0))
    return Commitment(x, (response,), value, float(x @ other[:, response]), leader, "weak", attained, inner)


def _margin(other: np.ndarray, response: int) -> np.ndarray:
    """float64[A, B]: what the response pays the follower more than each other one, in units of its range."""
    return (other[:, [response]] - other) / (float(np.ptp(other)) or 1.0)


def _commit(worth: np.ndarray, margin: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Maximises worth @ x over the strategies with x @ margin >= 0. -> (value, x), or None where there are none."""
    from scipy.optimize import linprog

    low, unit = float(worth.min()), float(np.ptp(worth)) or 1.0
    cost, side, whole = -(worth - low) / unit, np.zeros(margin.shape[1]), np.ones((1, len(worth)))
    found = linprog(cost, -margin.T, side, whole, [1.0], bounds=(0.0, None), method="highs-ds")
    if found.status == 2:
        return None
    if found.status != 0:
        raise ArithmeticError(f"the linear program of a commitment was not solved: {found.message}")
    x = _distribution(found.x)
    return float(worth @ x), x


def _separate(rivals: np.ndarray) -> np.ndarray | None:
    """A strategy against which a response beats all rivals by as much as can be, or None where it ties at best."""
    from scipy.optimize import linprog

    actions, count = rivals.shape
    if count == 0:
        return np.full(actions, 1.0 / actions)
    cost = np.append(np.zeros(actions), -1.0)
    below = np.hstack([-rivals.T, np.ones((count, 1))])
    bounds = [(0.0, None)] * actions + [(None, None)]
    whole = np.append(np.ones(actions), 0.0)[None]
    found = linprog(cost, below, np.zeros(count), whole, [1.0], bounds, method="highs-ds")
    if found.status != 0:
        raise ArithmeticError(f"the linear program of a commitment was not solved: {found.message}")
    return _distribution(found.x[:-1]) if -found.fun > TOLERANCE else None


def _distribution(x: np.ndarray) -> np.ndarray:
    x = np.maximum(x, 0.0)
    return x / x.sum()


def bayesian_stackelberg(leader: Any, follower: Any, prior: Any) -> Commitment:
    """The optimal commitment against a follower whose type is private; ties are broken for the leader.

    Args:
        leader: float64[T, A, B]: the leader's payoffs against each type of the follower (or [A, B], the same for all).
        follower: float64[T, A, B]: each type's payoffs.
        prior: float64[T]: the probability of each type.

    Raises:
        ValueError: shapes that do not fit, payoffs that are not finite, or a prior that does not sum to 1.
        ArithmeticError: the mixed-integer program was not solved.
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    other = _payoffs("follower", follower)
    own = _payoffs("leader", leader)
    if own.shape[0] == 1:
        own = np.broadcast_to(own, (other.shape[0], *own.shape[1:]))
    if own.shape != other.shape:
        raise ValueError(f"leader must have the follower's shape {other.shape} or {other.shape[1:]}, got {own.shape}")
    weights = probabilities("prior", prior, len(other))
    types, rows, columns = own.shape
    unit = max(float(np.ptp(own)), np.finfo(float).tiny)
    gain = (own - own.min()) / unit
    span = np.array([float(np.ptp(u)) or 1.0 for u in other])[:, None, None]
    margin = (other - other.min(axis=(1, 2), keepdims=True)) / span
    # z[l, i, j] = x_i where type l plays j; q[l, j]: type l plays j; a[l]: what type l gets.
    z, q, a = types * rows * columns, types * columns, types
    cell = np.arange(z).reshape(types, rows, columns)
    eye, one_row, one_column = np.eye(types), np.ones((1, rows)), np.ones((1, columns))
    marginal = sparse.kron(eye, np.kron(np.eye(rows), one_column))  # x_i under each type
    played = sparse.kron(eye, np.kron(one_row, np.eye(columns)))  # how much of x goes with j
    first = sparse.kron(np.ones((types - 1, 1)), marginal.tocsr()[:rows])
    same = sparse.hstack([marginal.tocsr()[rows:] - first, sparse.csr_matrix(((types - 1) * rows, q + a))])
    matched = sparse.hstack([played, -sparse.identity(q), sparse.csr_matrix((q, a))])
    once = sparse.hstack([sparse.csr_matrix((types, z)), sparse.kron(eye, one_column), sparse.csr_matrix((types, a))])
    # a_l >= what any j pays under x, with equality (up to 1, the range) where j is played.
    paid = np.zeros((q, z))
    for l in range(types):
        for j in range(columns):
            paid[l * columns + j, cell[l]] = margin[l][:, [j]]
    owed = np.kron(eye, np.ones((columns, 1)))
    floor = sparse.hstack([-paid, sparse.csr_matrix((q, q)), owed])
    ceiling = sparse.hstack([-paid, sparse.identity(q), owed])
    constraints = [
        LinearConstraint(same, 0.0, 0.0),
        LinearConstraint(matched, 0.0, 0.0),
        LinearConstraint(once, 1.0, 1.0),
        LinearConstraint(floor, 0.0, np.inf),
        LinearConstraint(ceiling, -np.inf, 1.0),
    ]
    if types == 1:
        del constraints[0]
    found = milp(
        np.concatenate([-(weights[:, None, None] * gain).ravel(), np.zeros(q + a)]),
        integrality=np.concatenate([np.zeros(z), np.ones(q), np.zeros(a)]),
        bounds=Bounds(0.0, 1.0),
        constraints=constraints,
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None or found.status != 0:
        raise ArithmeticError(f"the mixed-integer program of the commitment was not solved: {found.message}")
    response = found.x[z : z + q].reshape(types, columns).argmax(axis=1)
    # The responses being known, a linear program gives the strategy to full precision.
    worth = sum(w * u[:, j] for w, u, j in zip(weights, own, response))
    margins = np.hstack([_margin(u, j) for u, j in zip(other, response)])
    exact = _commit(np.asarray(worth), margins)
    if exact is None:
        raise ArithmeticError("the responses of the mixed-integer program are best only up to its tolerance")
    value, x = exact
    theirs = float(sum(w * (x @ u[:, j]) for w, u, j in zip(weights, other, response)))
    return Commitment(x, tuple(int(j) for j in response), value, theirs, 0, "bayesian")


def _payoffs(name: str, given: Any) -> np.ndarray:
    """float64[T, A, B]."""
    try:
        found = np.array(given, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a rectangular array of numbers [types, A, B]") from None
    if found.ndim == 2:
        found = found[None]
    if found.ndim != 3 or 0 in found.shape or not np.isfinite(found).all():
        raise ValueError(f"{name} must be a finite array [types, A, B], got shape {found.shape}")
    return found
