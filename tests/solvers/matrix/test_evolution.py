"""Evolutionary dynamics: what they conserve, where they rest, and what is known of their paths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus import MatrixGame, solvers
from ludus.games import generators

RPS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
HAWK_DOVE = np.array([[-1.0, 4.0], [0.0, 2.0]])
SMOOTH = ("replicator", "imitation", "smith", "bnn", "logit")


def test_zero_sum_rock_paper_scissors_conserves_the_product_of_shares():
    """Akin & Losert 1984; Hofbauer & Sigmund 1998, section 7.4."""
    path = solvers.evolve(RPS, "replicator", start=[0.5, 0.3, 0.2], time=200.0, points=400)
    product = path.states[0].prod(axis=1)
    assert np.ptp(product) < 1e-7 * product[0]
    assert np.ptp(path.states[0][:, 0]) > 0.3  # and it moves


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_two_populations_conserve_the_divergence_from_an_inner_equilibrium(seed):
    """Σ x*_a log x_a + Σ y*_b log y_b in zero-sum games (Hofbauer 1996; Piliouras & Shamma 2014)."""
    rng = np.random.default_rng(seed)
    x, y = rng.dirichlet(np.ones(3) * 3), rng.dirichlet(np.ones(3) * 3)
    table = rng.normal(size=(3, 3))
    table -= (table @ y)[:, None]
    table -= x @ table  # every row pays 0 against y, and so does every column against x
    path = solvers.evolve(MatrixGame(table), "replicator", time=30.0, points=50, seed=seed)
    first, second = path.states
    kept = np.log(first) @ x + np.log(second) @ y
    assert np.ptp(kept) < 1e-7 * max(1.0, float(np.abs(kept).max()))


def test_absent_actions_stay_absent_under_imitation_only():
    """Dominated, but the only one that is played: imitators never learn of the other."""
    game = np.array([[2.0, 2.0], [1.0, 1.0]])
    for name in ("replicator", "imitation"):
        assert solvers.evolve(game, name, start=[0.0, 1.0], time=50.0).last[0].tolist() == [0.0, 1.0]
    for name in ("smith", "bnn", "best_response"):
        assert solvers.evolve(game, name, start=[0.0, 1.0], time=50.0).last[0][0] > 0.9


@pytest.mark.parametrize("name", [*SMOOTH, "best_response"])
def test_hawks_and_doves_reach_the_stable_mixture(name):
    """Two thirds of hawks, from either side, in every dynamic (a stable game: Hofbauer & Sandholm 2009)."""
    options = {"noise": 0.01} if name == "logit" else {}
    for start in ([0.95, 0.05], [0.1, 0.9]):
        path = solvers.evolve(HAWK_DOVE, name, start=start, time=200.0, points=11, **options)
        assert path.last[0] == pytest.approx([2 / 3, 1 / 3], abs=0.01)
        assert path.states[0].sum(axis=1) == pytest.approx(1.0)
        assert path.states[0].min() >= 0.0
        assert path.states[0][0] == pytest.approx(start)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from([*SMOOTH, "best_response"]))
def test_common_interests_rise(seed, name):
    """In games of common payoffs everybody's payoff rises (Sandholm 2001: positive correlation); logit up to its
    noise, which is not asked here."""
    table = np.random.default_rng(seed).normal(size=(2, 3))
    options = {"noise": 1e-3} if name == "logit" else {}
    path = solvers.evolve([table, table], name, time=10.0, points=60, seed=seed, **options)
    pay = np.einsum("ta,ab,tb->t", path.states[0], table, path.states[1])
    assert np.diff(pay).min() > (-1e-2 if name == "logit" else -1e-8)
    if name in ("smith", "bnn", "best_response"):
        assert path.profile.regret < 0.5 * np.ptp(table)


@pytest.mark.parametrize("name", ["replicator", "imitation", "smith"])
def test_three_populations_reach_an_equilibrium_of_common_interests(name):
    path = solvers.evolve(generators.generate("team", 3, players=3), name, time=100.0, points=3)
    assert len(path.states) == 3
    assert path.profile.regret < 1e-4


def test_replicator_equals_its_definition_and_other_scale_of_time():
    """Against scipy on the shares themselves; payoffs doubled run twice as fast."""
    from scipy.integrate import solve_ivp

    table = np.random.default_rng(1).normal(size=(4, 4))
    x = np.array([0.1, 0.2, 0.3, 0.4])
    slow = solve_ivp(lambda t, x: x * (table @ x - x @ table @ x), (0, 5), x, rtol=1e-11, atol=1e-13).y[:, -1]
    assert solvers.evolve(table, start=x, time=5.0).last[0] == pytest.approx(slow, abs=1e-8)
    assert solvers.evolve(2 * table, start=x, time=2.5).last[0] == pytest.approx(slow, abs=1e-8)


def test_discrete_replicator_in_rock_paper_scissors_spirals_out():
    """The discrete replicator leaves the inner equilibrium, which the continuous one circles (Hofbauer & Sigmund 1998,
    section 7.7); with a large background it is an Euler step of the continuous one."""
    path = solvers.evolve(RPS, start=[0.4, 0.3, 0.3], time=300, points=301, discrete=True)
    product = path.states[0].prod(axis=1)
    assert (np.diff(product) < 0).all()
    near = solvers.evolve(RPS, start=[0.4, 0.3, 0.3], time=5000, points=2, discrete=True, background=1000.0)
    assert near.last[0] == pytest.approx(solvers.evolve(RPS, start=[0.4, 0.3, 0.3], time=5.0).last[0], abs=1e-2)


def test_best_responses_run_along_straight_lines_until_a_reply_changes():
    """Heading for a corner: x(t) = e + (x0 - e) exp(-t)."""
    path = solvers.evolve(np.diag([1.0, 2.0]), "best_response", start=[0.3, 0.7], time=2.0, points=5)
    assert path.states[0][:, 0] == pytest.approx(0.3 * np.exp(-path.times))
    assert path.unique
    assert path.complete


def test_best_responses_in_rock_paper_scissors_close_in_exponentially():
    """V = max_a (Ax)_a falls as exp(-t) in zero-sum games (Hofbauer 1995; Gaunersdorfer & Hofbauer 1995)."""
    path = solvers.evolve(RPS, "best_response", start=[0.5, 0.3, 0.2], time=5.0, points=100)
    gap = (path.states[0] @ RPS.T).max(axis=1)
    assert gap == pytest.approx(gap[0] * np.exp(-path.times), rel=1e-6)
    long = solvers.evolve(RPS, "best_response", start=[0.5, 0.3, 0.2], time=50.0, points=3)
    assert not long.complete  # ever more switches; it says where it stopped
    assert long.times[-1] < 50.0


def test_best_responses_say_where_several_paths_are_possible():
    """At the mixed equilibrium of a coordination game one may stay or leave either way."""
    path = solvers.evolve(np.diag([1.0, 1.0]), "best_response", start=[0.5, 0.5], time=1.0)
    assert not path.unique


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), players=st.integers(1, 3))
def test_rest_points_are_nash_or_unstable(seed, players):
    """Bomze 1986, Weibull 1995: a rest point that is no equilibrium has a direction in which it is left."""
    rng = np.random.default_rng(seed)
    if players == 1:
        game = rng.normal(size=(4, 4))
    else:
        game = rng.normal(size=(players, *([3, 4] if players == 2 else [2, 2, 2])))
    found = solvers.rest_points(game)
    flow = solvers.matrix.evolution.field(game, "replicator")
    for point in found:
        assert max(float(np.abs(rate).max()) for rate in flow(point.state)) < 1e-8
        assert point.nash or point.kind in ("saddle", "unstable")
    pure = sum(all(np.count_nonzero(x) == 1 for x in point.state) for point in found)
    assert pure == (4 if players == 1 else int(np.prod(game.shape[1:])))
    if players == 2:
        theirs = solvers.nash(game, "support_enumeration")
        assert sum(point.nash for point in found) == len(theirs)


def test_eigenvalues_of_known_rest_points():
    """Zero-sum rock-paper-scissors: ±i/√3 (Hofbauer & Sigmund 1998); hawk-dove: -x(1-x)(slope)."""
    inner = next(p for p in solvers.rest_points(RPS) if p.state[0].min() > 0.1)
    assert inner.kind == "neutral"
    assert inner.eigenvalues == pytest.approx([-1j / np.sqrt(3), 1j / np.sqrt(3)])
    kinds = {tuple(p.state[0].round(3)): p.kind for p in solvers.rest_points(HAWK_DOVE)}
    assert kinds == {(1.0, 0.0): "unstable", (0.0, 1.0): "unstable", (0.667, 0.333): "stable"}
    # x' = x (1 - x) ((Ax)_1 - (Ax)_2), and the difference is 2 - 3x.
    mixed = [2 / 3, 1 / 3]
    assert solvers.stability(HAWK_DOVE, mixed) == pytest.approx([-2 / 3])
    # Fermi imitation is half the selection times the replicator near a mixed rest point.
    assert solvers.stability(HAWK_DOVE, mixed, "imitation", selection=3.0) == pytest.approx([-1.0])


def test_rest_points_of_a_continuum_are_marked():
    found = solvers.rest_points(np.zeros((3, 3)))
    assert sorted(p.isolated for p in found) == [False] * 4 + [True] * 3
    assert all(p.nash for p in found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dynamics": "darwin"}, "dynamics must be one of replicator, .*, got 'darwin'"),
        ({"time": 0.0}, "time must be positive and finite"),
        ({"start": [0.5, 0.5, 0.5]}, "must sum to 1, got 1.5"),
        ({"start": [0.5, 0.5]}, "must hold 3 probabilities"),
        ({"dynamics": "logit", "noise": 0.0}, "noise must be positive and finite, got 0.0"),
        ({"dynamics": "smith", "noise": 1.0}, "'smith' has no option 'noise'"),
        ({"dynamics": "smith", "discrete": True}, "discrete=True goes with the replicator"),
        ({"discrete": True, "background": 0.5}, "background must exceed 1"),
        ({"populations": 3}, "populations must be 1 or 2"),
        ({"populations": 2, "dynamics": "moran"}, "'moran' simulates one population, got populations=2"),
        ({"noise": 2, "dynamics": "moran"}, "'moran' has no option 'noise'; its options are: population, selection"),
        ({"points": 1}, "points must be a whole number from 2"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        solvers.evolve(RPS, **arguments)


def test_games_of_the_wrong_kind():
    with pytest.raises(ValueError, match="one population needs a symmetric game of 2 players"):
        solvers.evolve("matching_pennies", populations=1)
    with pytest.raises(ValueError, match="best response dynamics take games of 2 players, got 3"):
        solvers.evolve(np.zeros((3, 2, 2, 2)), "best_response")
    with pytest.raises(ValueError, match="must be a finite square matrix"):
        solvers.evolve([[1.0, np.nan], [0.0, 1.0]])
    with pytest.raises(ValueError, match="stability takes differentiable dynamics"):
        solvers.stability(RPS, [1, 0, 0], "smith")
    with pytest.raises(ValueError, match="rest_points looks at every support"):
        solvers.rest_points(np.zeros((2, 9, 9)), 2)
