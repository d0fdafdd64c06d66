"""Meta-strategy solvers: payoffs between the members of a population -> who is met, and how often.

A solver is a function of a payoff tensor float64[P, A0, …, A(P-1)]: ``payoffs[p][a0, a1, …]`` is player p's expected
payoff where player q sits with its member a_q. It gives a joint distribution float64[A0, …] over the members, from
which everybody's own part is a marginal; solvers whose players mix independently give the product.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np

from ..games.matrix import payoff_tensor
from ..solvers.algorithm import option_names

# -- distributions -----------------------------------------------------------------------------------------------------


def product(marginals: Sequence[np.ndarray]) -> np.ndarray:
    """float64[A0, …]: the joint distribution of players who mix independently."""
    return reduce(np.multiply.outer, marginals)


def marginals(joint: np.ndarray) -> tuple[np.ndarray, ...]:
    """float64[A_p] for each player."""
    axes = range(joint.ndim)
    return tuple(joint.sum(axis=tuple(q for q in axes if q != p)) for p in axes)


def deviation_values(payoffs: np.ndarray, joint: np.ndarray) -> list[np.ndarray]:
    """For each player float64[A_p]: what each member would get against the others' part of the joint distribution."""
    values = []
    for p, table in enumerate(payoffs):
        others = joint.sum(axis=p)
        values.append(np.moveaxis(table, p, 0).reshape(table.shape[p], -1) @ others.ravel())
    return values


def regret(payoffs: np.ndarray, joint: np.ndarray) -> float:
    """The most that one player gains by leaving for one of its members; 0 for Nash and coarse correlated equilibria."""
    values = deviation_values(payoffs, joint)
    return max(float(v.max() - (table * joint).sum()) for v, table in zip(values, payoffs))


# -- solvers whose players mix independently ---------------------------------------------------------------------------


def uniform(payoffs: np.ndarray) -> np.ndarray:
    """Everybody alike: fictitious play over the population (Brown 1951; Lanctot et al. 2017)."""
    shape = payoffs.shape[1:]
    return np.full(shape, 1.0 / np.prod(shape))


def last(payoffs: np.ndarray) -> np.ndarray:
    """The newest member alone: self-play (Samuel 1959)."""
    joint = np.zeros(payoffs.shape[1:])
    joint[(-1,) * joint.ndim] = 1.0
    return joint


def nash(payoffs: np.ndarray) -> np.ndarray:
    """A Nash equilibrium.

    - two players, zero-sum: by linear programming (von Neumann 1928);
    - two players: the one of greatest welfare, by mixed-integer programming (Sandholm, Gilpin & Conitzer 2005);
    - more: the limit of quantal response equilibria (McKelvey & Palfrey 1995; Turocy 2005); where that path is lost,
      iterated polymatrix approximation (Govindan & Wilson 2004), and at last simplicial subdivision (van der Laan,
      Talman & van der Heyden 1987).

    Raises:
        ArithmeticError: no equilibrium was found.
    """
    if len(payoffs) == 2:
        constant = payoffs.sum(axis=0)
        if np.ptp(constant) <= 1e-9 * max(1.0, float(np.abs(payoffs).max())):
            return product(zero_sum_nash(payoffs[0]))
    from ..solvers.matrix.nash import nash as equilibria

    if len(payoffs) == 2:
        return product(equilibria(payoffs, "mip")[0])
    for method in ("logit", "iterated_polymatrix"):
        with suppress(ArithmeticError):
            return product(equilibria(payoffs, method)[0])
    return product(equilibria(payoffs, "simplicial")[0])


def zero_sum_nash(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Optimal strategies (float64[n], float64[m]) of both players of float64[n, m], which the first one maximises.

    Raises:
        ArithmeticError: the linear program was not solved.
    """
    from scipy.optimize import linprog

    n, m = matrix.shape
    scale = max(float(np.abs(matrix).max()), 1e-300)
    found = linprog(
        np.append(np.zeros(n), -1.0),
        np.column_stack([-matrix.T / scale, np.ones(m)]),
        np.zeros(m),
        np.append(np.ones(n), 0.0)[None],
        [1.0],
        bounds=[(0.0, None)] * n + [(None, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if found.status != 0:
        raise ArithmeticError(f"the linear program of the meta-game was not solved: {found.message}")
    return _distribution(found.x[:n]), _distribution(-found.ineqlin.marginals)


def max_entropy(payoffs: np.ndarray) -> np.ndarray:
    """The Nash equilibrium of most entropy (Ortiz et al. 2007; Balduzzi et al. 2018); two players, zero-sum.

    Raises:
        ValueError: another number of players, or not zero-sum.
    """
    from ..ratings.nash_averaging import max_entropy_optimum

    matrix = _zero_sum("max_entropy", payoffs)
    scale = max(float(np.abs(matrix).max()), 1e-300)
    return product([max_entropy_optimum(matrix / scale), max_entropy_optimum(-matrix.T / scale)])


def projected_replicator(
    payoffs: np.ndarray, iterations: int = 50_000, step: float = 1e-3, floor: float = 1e-6
) -> np.ndarray:
    """Time average of replicator dynamics kept above a floor (Lanctot et al. 2017, section 3.1 and appendix).

    σ_p ← the nearest point with σ_p >= floor to σ_p + step · σ_p (u_p - ū_p), from uniform play, payoffs as they are.
    """
    from ._meta import projected_replicator as run

    sizes = np.array(payoffs.shape[1:], np.int64)
    out = np.zeros(sizes.sum())
    flat = np.ascontiguousarray(payoffs.reshape(len(payoffs), -1))
    run(flat, sizes, int(iterations), float(step), min(float(floor), 1.0 / sizes.max()), out)
    return product([_distribution(part) for part in np.split(out, np.cumsum(sizes)[:-1])])


def alpha_rank(payoffs: np.ndarray, alpha: float = 100.0, population_size: int = 50) -> np.ndarray:
    """The product of the marginals of alpha-Rank's stationary distribution over profiles (Muller et al. 2020)."""
    from ..ratings.alpharank import alpha_rank as rank

    if payoffs[0].size == 1:
        return np.ones(payoffs.shape[1:])
    if len(payoffs) == 1:
        raise ValueError("alpha_rank needs at least two players")
    return product(marginals(rank(payoffs, population_size=population_size, alpha=alpha)))


# -- correlated solvers ------------------------------------------------------------------------------------------------


def max_gini(payoffs: np.ndarray, concept: str) -> np.ndarray:
    """The (coarse) correlated equilibrium of greatest Gini impurity 1 - Σσ² (Marris et al. 2021, section 4).

    It is the distribution of least norm with ``rows @ σ >= 0``: σ = max(0, rowsᵀμ + ν) with multipliers μ >= 0 and ν of
    the concave dual program, which L-BFGS-B solves; incentives hold to about 1e-7 of the range of payoffs.

    Raises:
        ArithmeticError: an incentive stays above 1e-5 of the range.
    """
    from scipy import sparse
    from scipy.optimize import minimize

    from ..solvers.matrix.incentives import gains_of, incentive_rows

    if payoffs[0].size == 1:
        return np.ones(payoffs.shape[1:])
    size = payoffs[0].size
    unit = np.ptp(payoffs, axis=tuple(range(1, payoffs.ndim)), keepdims=True)
    scaled = payoffs / np.where(unit > 0.0, unit, 1.0)
    rows = incentive_rows(scaled, concept)
    norm = np.sqrt(rows.multiply(rows).sum(axis=1)).A1 if rows.shape[0] else np.zeros(0)
    rows = sparse.diags(1.0 / norm[norm > 0.0]) @ rows[norm > 0.0]
    across = rows.T.tocsr()

    def dual(price: np.ndarray) -> tuple[float, np.ndarray]:
        x = np.maximum(across @ price[:-1] + price[-1], 0.0)
        return 0.5 * x @ x - price[-1], np.append(rows @ x, x.sum() - 1.0)

    start = np.append(np.zeros(rows.shape[0]), 1.0 / size)
    bounds = [(0.0, None)] * rows.shape[0] + [(None, None)]
    options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 0.0, "gtol": 1e-13, "maxcor": 50}
    price = minimize(dual, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options).x
    joint = _distribution(across @ price[:-1] + price[-1]).reshape(payoffs.shape[1:])
    if gains_of(scaled, joint, concept).max() > 1e-5:
        raise ArithmeticError("the quadratic program of the meta-game was not solved")
    return joint


def linear(payoffs: np.ndarray, concept: str, objective: str) -> np.ndarray:
    """The (coarse) correlated equilibrium of greatest welfare or entropy."""
    from ..solvers.matrix.correlated import correlated

    if payoffs[0].size == 1:
        return np.ones(payoffs.shape[1:])
    return correlated(payoffs, concept, objective).joint


def _distribution(weights: np.ndarray) -> np.ndarray:
    weights = np.maximum(weights, 0.0)
    return weights / weights.sum()


def _zero_sum(name: str, payoffs: np.ndarray) -> np.ndarray:
    constant = payoffs.sum(axis=0)
    if len(payoffs) != 2 or np.ptp(constant) > 1e-9 * max(1.0, float(np.abs(payoffs).max())):
        raise ValueError(f"{name} is for two-player zero-sum games; the payoffs have {len(payoffs)} player(s)")
    return payoffs[0]


# -- the table ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MetaSolver:
    """One row of the table."""

    name: str
    title: str
    reference: str
    solve: Callable[..., np.ndarray]
    """(payoffs float64[P, A0, …], **options) -> joint distribution float64[A0, …]."""
    responses: str = "mixture"
    """Whom new members respond to unless the method says otherwise: see `psro_methods.RESPONSES`."""
    repeats: bool = False
    """Whether a member that plays like an older one counts again."""


_ROWS = (
    MetaSolver("nash", "Nash equilibrium", "Lanctot et al. 2017; McMahan et al. 2003", nash),
    MetaSolver("rectified", "Nash, rectified responses", "Balduzzi et al. 2019, algorithm 4", nash, "rectified"),
    MetaSolver("max_entropy", "Nash equilibrium of most entropy", "Balduzzi et al. 2018", max_entropy),
    MetaSolver("uniform", "uniform", "Heinrich et al. 2015; Lanctot et al. 2017", uniform, repeats=True),
    MetaSolver("fictitious", "uniform over the past (fictitious self-play)", "Brown 1951", uniform, repeats=True),
    MetaSolver("last", "the newest member (self-play)", "Samuel 1959", last, repeats=True),
    MetaSolver("prd", "projected replicator dynamics", "Lanctot et al. 2017", projected_replicator),
    MetaSolver("alpha_rank", "alpha-Rank", "Muller et al. 2020", alpha_rank),
    MetaSolver(
        "mgce", "CE of greatest Gini impurity", "Marris et al. 2021", partial(max_gini, concept="ce"), "conditional"
    ),
    MetaSolver("mgcce", "CCE of greatest Gini impurity", "Marris et al. 2021", partial(max_gini, concept="cce")),
    MetaSolver(
        "mwce",
        "CE of greatest welfare",
        "Marris et al. 2021",
        partial(linear, concept="ce", objective="welfare"),
        "conditional",
    ),
    MetaSolver(
        "mwcce",
        "CCE of greatest welfare",
        "Marris et al. 2021",
        partial(linear, concept="cce", objective="welfare"),
    ),
    MetaSolver(
        "mece",
        "CE of most entropy",
        "Ortiz et al. 2007",
        partial(linear, concept="ce", objective="max_entropy"),
        "conditional",
    ),
    MetaSolver(
        "mecce", "CCE of most entropy", "Ortiz et al. 2007", partial(linear, concept="cce", objective="max_entropy")
    ),
)
META_SOLVERS: dict[str, MetaSolver] = {row.name: row for row in _ROWS}
"""Every meta-strategy solver by name."""

ALIASES = {"projected_replicator": "prd", "alpharank": "alpha_rank", "maxent": "max_entropy"}
"""Other names under which one may be asked for."""


def find_meta_solver(solver: Any) -> MetaSolver:
    """The row of that name; or a row for a function of payoffs.

    Raises:
        ValueError: there is none of that name.
        TypeError: neither a name nor a function.
    """
    if isinstance(solver, MetaSolver):
        return solver
    if isinstance(solver, str):
        solver = ALIASES.get(solver, solver)
        if solver not in META_SOLVERS:
            near = difflib.get_close_matches(solver, META_SOLVERS, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"there is no meta-solver {solver!r}; {hint}known are {', '.join(META_SOLVERS)}")
        return META_SOLVERS[solver]
    if callable(solver):
        return MetaSolver(getattr(solver, "__name__", "function"), "a function", "", solver)
    raise TypeError(f"meta_solver must be a name or a function of payoffs, got {type(solver).__name__}")


def meta_strategy(payoffs: Any, solver: Any = "nash", **options: Any) -> np.ndarray:
    """A meta-solver's joint distribution float64[A0, …, A(P-1)] for a payoff tensor.

    Args:
        payoffs: [P, A0, …, A(P-1)]; one matrix means two players, zero-sum.
        solver: a name of `META_SOLVERS`, or a function of payoffs that returns a joint distribution or one
            distribution for each player.

    Raises:
        ValueError: payoffs that are not finite or no tensor; an unknown name or option; a result that is no
            distribution.
    """
    tensor, row = payoff_tensor(payoffs), find_meta_solver(solver)
    for name in options:
        if name not in option_names(row.solve):
            known = ", ".join(option_names(row.solve)) or "none"
            raise ValueError(f"meta-solver {row.name!r} has no option {name!r}; its options are: {known}")
    found = row.solve(tensor, **options)
    joint = product([np.asarray(part, np.float64) for part in found]) if isinstance(found, (tuple, list)) else found
    joint = np.asarray(joint, np.float64)
    if joint.shape != tensor.shape[1:] or not (joint >= -1e-9).all() or abs(joint.sum() - 1.0) > 1e-6:
        raise ValueError(
            f"meta-solver {row.name!r} must give a distribution of shape {tensor.shape[1:]}, got shape {joint.shape} "
            f"with sum {joint.sum():.6g}"
        )
    return _distribution(joint)
