"""alpha-Rank, Nash averaging and equilibrium ratings: peers, exact arithmetic, and what copies must not change."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus.ratings as lr
from ludus.ratings import _kernels_alpha_rank as kernels

ROCK_PAPER_SCISSORS = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])


# -- alpha-Rank ------------------------------------------------------------------------------------------------------


def _stationary_exactly(rates: list[list[Fraction]]) -> list[float]:
    """Solve pi Q = 0, sum pi = 1 in rational numbers, by Gauss."""
    n = len(rates)
    q = [[rates[i][j] if i != j else -sum(rates[i][k] for k in range(n) if k != i) for j in range(n)] for i in range(n)]
    a = [[q[i][j] for i in range(n)] + [Fraction(0)] for j in range(n)]
    a[-1] = [Fraction(1)] * n + [Fraction(1)]
    for c in range(n):
        pivot = next(r for r in range(c, n) if a[r][c] != 0)
        a[c], a[pivot] = a[pivot], a[c]
        a[c] = [x / a[c][c] for x in a[c]]
        for r in range(n):
            if r != c and a[r][c] != 0:
                a[r] = [x - a[r][c] * y for x, y in zip(a[r], a[c])]
    return [float(row[-1]) for row in a]


def test_elimination_in_logs_is_exact_over_any_range():
    rng = np.random.default_rng(0)
    for spread in (1, 30, 600):
        powers = rng.integers(-spread, spread, (6, 6))
        rates = [[Fraction(2) ** int(p) for p in row] for row in powers]
        out = np.empty(6)
        kernels.stationary_log(powers * np.log(2.0), out)
        np.testing.assert_allclose(out, _stationary_exactly(rates), rtol=1e-11, atol=1e-300)


def test_plain_and_log_elimination_agree():
    rng = np.random.default_rng(5)
    for spread in (1.0, 40.0, 250.0):
        logs = rng.uniform(-spread, 0.0, (12, 12))
        a, b = np.empty(12), np.empty(12)
        kernels.stationary_plain(np.exp(logs), a)
        kernels.stationary_log(logs.copy(), b)
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-200)


def test_fixation_is_stable():
    for u in (-1e4, -50.0, -1.0, -1e-7, 0.0, 1e-12, 1e-3, 5.0, 1e5):
        got = kernels.fixation(u, 50)
        if abs(u) * 49 < 600 and abs(u) > 1e-9:
            assert got == pytest.approx(np.log(np.expm1(-u) / np.expm1(-50 * u)), rel=1e-9)
        assert np.isfinite(got)
        assert got <= 0.0
    assert kernels.fixation(0.0, 50) == pytest.approx(-np.log(50))


def test_against_openspiel():
    from open_spiel.python.egt import alpharank

    rng = np.random.default_rng(1)
    for n, alpha in ((3, 0.1), (8, 1.0), (20, 5.0)):
        table = rng.normal(size=(n, n))
        want = alpharank.compute([table], m=50, alpha=alpha)[2]
        np.testing.assert_allclose(lr.alpha_rank(table, population_size=50, alpha=alpha), want, atol=1e-10)
    tables = rng.normal(size=(3, 2, 3, 2))
    want = alpharank.compute(list(tables), m=20, alpha=1.0)[2]
    np.testing.assert_allclose(lr.alpha_rank(tables, population_size=20, alpha=1.0).reshape(-1), want, atol=1e-10)


def test_sparse_payoffs():
    """Pairs that never met are left out; a sparse matrix says the same as NaN."""
    from scipy import sparse

    rng = np.random.default_rng(4)
    n = 60
    met = rng.random((n, n)) < 0.1
    met |= met.T | np.eye(n, k=1, dtype=bool) | np.eye(n, k=-1, dtype=bool)
    table = np.where(met, rng.normal(size=(n, n)), np.nan)
    for alpha in (0.1, 100.0, np.inf):
        dense = lr.alpha_rank(table, alpha=alpha)
        stored = sparse.coo_array((table[met], np.nonzero(met)), (n, n))
        np.testing.assert_allclose(lr.alpha_rank(stored, alpha=alpha), dense, atol=1e-15)
        np.testing.assert_allclose(lr.alpha_rank(stored.tocsr(), alpha=alpha), dense, atol=1e-15)
        order = rng.permutation(n)
        shuffled = lr.alpha_rank(table[np.ix_(order, order)], alpha=alpha)
        np.testing.assert_allclose(shuffled, dense[order], atol=1e-9)
    # Two strategies in detailed balance: the law is the ratio of their fixation probabilities.
    pair = sparse.coo_array(([0.3, 0.1], ([0, 1], [1, 0])), (2, 2))
    ratio = np.exp(kernels.fixation(2.0 * 0.2, 5) - kernels.fixation(-2.0 * 0.2, 5))
    np.testing.assert_allclose(lr.alpha_rank(pair, 5, 2.0), [ratio / (1 + ratio), 1 / (1 + ratio)], rtol=1e-12)


def test_several_populations_at_any_alpha():
    rng = np.random.default_rng(6)
    tables = rng.integers(-3, 4, (3, 3, 2, 3)).astype(float)
    limit = lr.alpha_rank(tables, alpha=np.inf)
    for alpha in (1e-6, 1.0, 1e3, 1e8):
        out = lr.alpha_rank(list(tables), alpha=alpha)
        assert out.shape == (3, 2, 3)
        assert np.isfinite(out).all()
        assert out.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(out, limit, atol=1e-6)


def test_known_distributions():
    np.testing.assert_allclose(lr.alpha_rank(ROCK_PAPER_SCISSORS), np.full(3, 1 / 3), atol=1e-12)
    # Omidshafiei et al. 2019: a strategy that beats all others takes everything as alpha grows.
    dominant = np.array([[0.0, 1, 1], [-1, 0, 1], [-1, -1, 0]])
    np.testing.assert_allclose(lr.alpha_rank(dominant, alpha=50.0), [1, 0, 0], atol=1e-12)
    # Battle of the sexes as two populations: the two pure equilibria share the mass, by symmetry.
    battle = np.array([[[3.0, 0], [0, 2]], [[2.0, 0], [0, 3]]])
    out = lr.alpha_rank(battle, alpha=10.0)
    np.testing.assert_allclose([out[0, 0], out[1, 1]], [0.5, 0.5], atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_any_alpha_and_its_limit(seed):
    rng = np.random.default_rng(seed)
    table = rng.integers(-3, 4, (5, 5)).astype(float)
    limit = lr.alpha_rank(table, alpha=np.inf)
    assert limit.sum() == pytest.approx(1.0)
    for alpha in (1e-6, 1.0, 1e3, 1e8):
        out = lr.alpha_rank(table, alpha=alpha)
        assert np.isfinite(out).all()
        assert out.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(out, limit, atol=1e-6)
    np.testing.assert_allclose(lr.alpha_rank(table, alpha=1e-9), np.full(5, 0.2), atol=1e-6)
    order = rng.permutation(5)
    np.testing.assert_allclose(
        lr.alpha_rank(table[np.ix_(order, order)])[np.argsort(order)], lr.alpha_rank(table), atol=1e-10
    )


def test_pairs_that_never_met_are_not_tried():
    table = np.array([[0.0, 1, np.nan], [0, 0, 1], [np.nan, 0, 0]])
    assert lr.alpha_rank(table, alpha=1.0).argmax() == 0
    with pytest.raises(ValueError, match="never met"):
        lr.alpha_rank(np.array([[0.0, np.nan], [np.nan, 0.0]]))
    with pytest.raises(ValueError, match="square"):
        lr.alpha_rank(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="alpha"):
        lr.alpha_rank(np.zeros((2, 2)), alpha=-1)


# -- Nash averaging --------------------------------------------------------------------------------------------------


def test_nash_average_of_balduzzi():
    """Balduzzi et al. 2018, section 3.2: cyclic agents share the weight, and copies share their original's."""
    weights, scores = lr.nash_average(ROCK_PAPER_SCISSORS)
    np.testing.assert_allclose(weights, np.full(3, 1 / 3), atol=1e-9)
    np.testing.assert_allclose(scores, 0.0, atol=1e-9)
    copied = ROCK_PAPER_SCISSORS[np.ix_([0, 1, 2, 2], [0, 1, 2, 2])]
    np.testing.assert_allclose(lr.nash_average(copied).weights, [1 / 3, 1 / 3, 1 / 6, 1 / 6], atol=1e-8)
    # Example 1 of the paper's transitive game: the best agent takes all weight.
    win_rates = np.array([[0.5, 0.6, 0.9], [0.4, 0.5, 0.7], [0.1, 0.3, 0.5]])
    weights, scores = lr.nash_average(win_rates)
    np.testing.assert_allclose(weights, [1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(scores, [0.0, -0.1, -0.4], atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9))
def test_nash_average_is_an_equilibrium_of_most_entropy(seed, n):
    rng = np.random.default_rng(seed)
    a = np.sign(rng.normal(size=(n, n)))  # ties and copies abound, so that equilibria are many
    a = np.triu(a, 1) - np.triu(a, 1).T
    weights, scores = lr.nash_average(a)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0
    assert scores.max() < 1e-7
    entropy = -np.sum(weights[weights > 0] * np.log(weights[weights > 0]))
    # No other equilibrium has more: at a maximum the entropy falls along every feasible direction to another vertex.
    from scipy.optimize import linprog

    for _ in range(5):
        other = linprog(
            rng.normal(size=n), A_ub=a, b_ub=np.full(n, 1e-9), A_eq=[np.ones(n)], b_eq=[1], bounds=(0, None)
        ).x
        for step in (1e-3, 1e-2, 0.1):
            mix = (1 - step) * weights + step * other
            assert -np.sum(mix[mix > 0] * np.log(mix[mix > 0])) <= entropy + 1e-6


def test_agents_against_tasks():
    rng = np.random.default_rng(2)
    table = rng.normal(size=(5, 8))
    (agents, tasks), (skill, difficulty) = lr.nash_average(table)
    assert skill.max() < 1e-7
    assert difficulty.max() < 1e-7
    twice = np.hstack([table, table[:, :3]])
    np.testing.assert_allclose(lr.nash_average(twice).scores[0], skill, atol=1e-6)
    np.testing.assert_allclose(agents @ table @ tasks, (agents @ table).min(), atol=1e-7)


# -- equilibrium ratings ---------------------------------------------------------------------------------------------


def test_deviation_ratings_of_known_games():
    """In a symmetric zero-sum game the rating of a strategy is its payoff against the strictest equilibrium."""
    ratings, sigma = lr.deviation_ratings(ROCK_PAPER_SCISSORS)
    np.testing.assert_allclose(np.concatenate(ratings), 0.0, atol=1e-7)
    assert sigma.sum() == pytest.approx(1.0)
    dominated = np.array([[2.0, 2.0], [1.0, 1.0]])
    first, _ = lr.deviation_ratings([dominated, dominated.T]).ratings
    np.testing.assert_allclose(first, [0.0, -1.0], atol=1e-7)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_deviation_ratings_ignore_copies(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 3, 3))
    plain = lr.deviation_ratings([a, b]).ratings
    rows = [0, 1, 2, 1]
    copied = lr.deviation_ratings([a[rows], b[rows]]).ratings
    np.testing.assert_allclose(copied[0], plain[0][rows], atol=1e-5)
    np.testing.assert_allclose(copied[1], plain[1], atol=1e-5)
    assert max(r.max() for r in plain) < 1e-7


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_equilibrium_ratings_rest_on_an_equilibrium(concept):
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 3, 4))
    ratings, sigma = lr.equilibrium_ratings([a, b], concept)
    assert sigma.sum() == pytest.approx(1.0)
    for p, payoff in enumerate((a, b)):
        lines = np.moveaxis(payoff, p, 0)
        joint = np.moveaxis(sigma, p, 0)
        for i in range(len(lines)):
            for j in range(len(lines)):
                if concept == "ce":
                    assert np.sum(joint[i] * (lines[j] - lines[i])) < 1e-5
            assert np.sum(joint * (lines[i][None] - lines)) < 1e-5
        np.testing.assert_allclose(ratings[p], lines @ sigma.sum(p), atol=1e-12)
    with pytest.raises(ValueError, match="concept"):
        lr.equilibrium_ratings([a, b], "nash")


def test_three_players_and_replicator():
    rng = np.random.default_rng(4)
    tensors = rng.normal(size=(3, 2, 3, 2))
    ratings, sigma = lr.replicator_ratings(tensors, steps=3000)
    assert sigma.shape == (2, 3, 2)
    assert [len(r) for r in ratings] == [2, 3, 2]
    assert lr.deviation_ratings(tensors).ratings[1].shape == (3,)
    # Matching pennies with unequal stakes: averages tend to the equilibrium, where both strategies pay the same.
    pennies = np.array([[3.0, -1.0], [-1.0, 1.0]])
    rows, _ = lr.replicator_ratings([pennies, -pennies], steps=40_000, size=0.01).ratings
    np.testing.assert_allclose(rows, 1 / 3, atol=0.03)  # its value: (3·1 - 1) / (3 + 1 + 2)
