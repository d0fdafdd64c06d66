"""All equilibria of two-player games: against Gambit, by theory, on degenerate games, in rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pygambit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus
from ludus.solvers import nash, nash_sets

ALL = ("support_enumeration", "vertex_enumeration")


def draw(family, rng, m, n):
    payoffs = rng.random((2, m, n)) if family != "heavy" else rng.standard_cauchy((2, m, n))
    if family == "zero_sum":
        payoffs[1] = -payoffs[0]
    if family == "common":
        payoffs[1] = payoffs[0] + 0.1 * payoffs[1]
    return payoffs


@pytest.mark.parametrize("family", ["uniform", "zero_sum", "common", "heavy"])
def test_as_many_equilibria_as_gambit_on_generic_games(family):
    rng = np.random.default_rng(5)
    for _ in range(25):
        payoffs = draw(family, rng, *rng.integers(1, 6, 2))
        scale = np.ptp(payoffs)
        game = pygambit.Game.from_arrays(*payoffs)
        theirs = np.array(
            [[float(e[s]) for p in game.players for s in p.strategies] for e in
             pygambit.nash.enummixed_solve(game, rational=False).equilibria]
        )  # fmt: skip
        for method in ALL:
            found = nash(payoffs, method)
            assert max(p.regret for p in found) <= 1e-8 * max(scale, 1.0)
            assert len(found) == len(theirs)
            ours = np.array([np.concatenate(p) for p in found])
            assert np.abs(ours[:, None] - theirs[None]).max(axis=2).min(axis=1).max() < 1e-6
            assert sorted(p.component for p in found) == list(range(len(found)))
        paths = nash(payoffs, "lemke_howson")
        assert max(p.regret for p in paths) <= 1e-8 * max(scale, 1.0)
        for p in paths:  # each end of a path is one of the equilibria
            assert np.abs(ours - np.concatenate(p)).max(axis=1).min() < 1e-6


def verdict(payoffs, x, y):
    """Whether (x, y), fractions, is an equilibrium; straight from the definition."""
    m, n = len(x), len(y)
    a, b = payoffs
    row = [sum(a[i][j] * y[j] for j in range(n)) for i in range(m)]
    column = [sum(b[i][j] * x[i] for i in range(m)) for j in range(n)]
    return max(row) == sum(map(lambda p, u: p * u, x, row)) and max(column) == sum(map(lambda p, u: p * u, y, column))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_degenerate_games_exactly(data):
    """Small integers: mostly degenerate. Both enumerations agree; the sets are equilibria throughout, and their corners
    hold every pure and every Lemke-Howson equilibrium."""
    m, n = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    numbers = st.integers(0, 2)
    payoffs = [[[data.draw(numbers) for _ in range(n)] for _ in range(m)] for _ in range(2)]
    one, two = (nash(payoffs, method, exact=True) for method in ALL)
    assert {p.exact for p in one} == {p.exact for p in two}
    assert all(verdict(payoffs, *p.exact) and p.regret == 0.0 for p in one)
    for method in ALL:  # floats see the same, whichever way they went
        assert len(nash(payoffs, method)) == len(one)
    sets = nash_sets(payoffs)
    half = Fraction(1, 2)
    for s in sets:
        x = [sum(column) / len(s.rows) for column in zip(*s.rows)]
        y = [half * a + half * b for a, b in zip(s.columns[0], s.columns[-1])]
        assert verdict(payoffs, x, y)
    corners = {(x, y): s.component for s in sets for x in s.rows for y in s.columns}
    assert set(corners) == {p.exact for p in one}
    assert all(corners[p.exact] == p.component for p in one)
    for method in ("pure", "lemke_howson"):
        assert {p.exact for p in nash(payoffs, method, exact=True)} <= set(corners)


def test_no_equilibrium_outside_the_sets():
    """Every grid point that is an equilibrium of a degenerate game lies in one of the maximal Nash subsets."""
    from scipy.optimize import linprog

    payoffs = [[[1, 1, 0], [1, 1, 0], [0, 0, 2]], [[1, 1, 0], [1, 0, 0], [0, 0, 2]]]
    sets = nash_sets(payoffs)

    def inside(point, corners):
        corners = np.array(corners, float)
        equal = np.vstack([corners.T, np.ones(len(corners))])
        side = np.append(np.array(point, float), 1.0)
        return linprog(np.zeros(len(corners)), A_eq=equal, b_eq=side).status == 0

    grid = [(Fraction(i, 4), Fraction(j, 4), Fraction(4 - i - j, 4)) for i in range(5) for j in range(5 - i)]
    hits = [(x, y) for x in grid for y in grid if verdict(payoffs, x, y)]
    assert len(hits) > 5
    for x, y in hits:
        assert any(inside(x, s.rows) and inside(y, s.columns) for s in sets)


@pytest.mark.parametrize("method", ALL)
def test_continua_by_hand(method):
    everything = nash(np.ones((2, 2, 3)), method)
    assert len(everything) == 6
    assert {p.component for p in everything} == {0}
    tied = nash([[[1, 1]], [[2, 2]]], method)  # 1 x 2, indifferent: a segment with two ends
    assert [p[1].tolist() for p in tied] == [[1, 0], [0, 1]]
    # Two equal columns: every mix of them, against the first row.
    duplicated = nash([[[2, 2], [0, 0]], [[1, 1], [0, 0]]], method)
    assert {(tuple(p[0]), tuple(p[1])) for p in duplicated} == {((1, 0), (1, 0)), ((1, 0), (0, 1))}


def test_a_continuum_with_hand_computed_ends():
    """The beer-quiche-like 2 x 2 game: column's right is safe; row's top weakly dominated. {bottom} x [0, 1/2]."""
    payoffs = [[[0, 2], [1, 1]], [[0, 1], [3, 3]]]
    found = nash(payoffs, "vertex_enumeration", exact=True)
    ends = {p.exact for p in found}
    # Top, right is an equilibrium; with bottom the column player may mix as long as bottom pays: P(right) <= 1/2.
    assert ends == {
        ((1, 0), (0, 1)),
        ((0, 1), (1, 0)),
        ((0, 1), (Fraction(1, 2), Fraction(1, 2))),
    }
    assert len({p.component for p in found}) == 2


@pytest.mark.parametrize("scale", [1e12, 1e-12, 1e150])
def test_scales_of_payoffs_do_not_matter(scale):
    payoffs = np.random.default_rng(2).random((2, 4, 3))
    for method in (*ALL, "lemke_howson"):
        plain, scaled = nash(payoffs, method), nash(scale * payoffs - scale, method)
        assert len(plain) == len(scaled)
        assert max(p.regret for p in scaled) <= 1e-13 * scale
        for p, q in zip(plain, scaled):
            assert all(np.abs(a - b).max() < 1e-9 for a, b in zip(p, q))


def test_fractions_are_kept_and_answers_exact():
    third = Fraction(1, 3)
    game = ludus.MatrixGame([[third, 0], [0, 2 * third]], [[third, 0], [0, 2 * third]])
    for method in (*ALL, "lemke_howson"):
        mixed = [p for p in nash(game, method, exact=True) if 0 < p.exact[0][0] < 1]
        assert all(p.exact == ((2 * third, third), (2 * third, third)) and p.regret == 0.0 for p in mixed)
    assert len(nash(game, "support_enumeration", exact=True)) == 3
    large = 10**30  # payoffs beyond float64's integers
    corner = nash([[[large, large], [large + 1, large]], [[0, 0], [0, 1]]], "vertex_enumeration", exact=True)
    assert {p.exact for p in corner} == {((0, 1), (0, 1)), ((1, 0), (0, 1))} | {
        p.exact for p in corner if verdict([[[large, large], [large + 1, large]], [[0, 0], [0, 1]]], *p.exact)
    }


def test_lemke_howson_drops_the_labels_it_is_told():
    """Coordination: dropping a pure strategy's label leads to the equilibrium in which it is played."""
    payoffs = np.stack([np.eye(3), np.eye(3)])
    for label in range(6):
        (profile,) = nash(payoffs, "lemke_howson", labels=label)
        assert profile[0][label % 3] == profile[1][label % 3] == 1.0
    assert len(nash(payoffs, "lemke_howson")) == 3
    with pytest.raises(ValueError, match="labels must be integers from 0 to 5"):
        nash(payoffs, "lemke_howson", labels=6)
    with pytest.raises(ArithmeticError, match="max_pivots = 1"):
        nash(np.random.default_rng(0).random((2, 8, 8)), "lemke_howson", labels=0, max_pivots=1)


def test_large_games():
    payoffs = np.random.default_rng(1).random((2, 60, 50))
    (profile,) = nash(payoffs, "lemke_howson", labels=1)
    assert profile.regret <= 1e-10
    (profile,) = nash(payoffs[0], "lp")
    assert profile.regret <= 1e-10


@pytest.mark.parametrize("objective", ["welfare", "maximin", "min_support", (2.0, -1.0)])
def test_the_mixed_integer_program_finds_the_best_equilibrium(objective):
    figures = {
        "welfare": lambda p: p.payoffs.sum(),
        "maximin": lambda p: p.payoffs.min(),
        "min_support": lambda p: -sum(map(np.count_nonzero, p)),
    }
    figure = figures.get(objective, lambda p: p.payoffs @ np.array(objective))
    rng = np.random.default_rng(3)
    for _ in range(8):
        payoffs = 10 * rng.random((2, *rng.integers(1, 6, 2))) - 7
        (best,) = nash(payoffs, "mip", objective=objective)
        assert best.regret <= 1e-7
        assert abs(figure(best) - max(map(figure, nash(payoffs, "vertex_enumeration")))) < 1e-6


def test_the_linear_program_agrees_with_highs_and_on_constant_sums():
    from ludus.solvers.matrix.nash_lp import maximin

    rng = np.random.default_rng(4)
    for shape in ((1, 1), (1, 7), (30, 4), (12, 40)):
        payoffs = rng.integers(-3, 4, shape).astype(float)
        (profile,) = nash(payoffs, "lp")
        assert profile.regret <= 1e-10
        assert abs(profile.payoffs[0] - maximin(payoffs)[2]) < 1e-9
    (profile,) = nash([payoffs, 5.0 - payoffs], "lp")
    assert abs(profile.payoffs.sum() - 5.0) < 1e-9
