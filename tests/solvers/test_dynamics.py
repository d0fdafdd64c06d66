"""What theory says of full-width dynamics: rates of the certified gap, the game's value, quantal equilibria, limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference.generic import Generic
from reference.slow_dynamics import Slow
from reference.slow_mirror import SlowMirror

import ludus
from ludus import solvers
from ludus.games import efg
from ludus.games.build import walk_tree

POINTS = [30, 60, 120, 240, 480, 960, 1920]
SLOW_RATE = ["cfr", "ftrl", "omd", "xfp", "cfr-br", "ed", "efr"]
"""O(1/√T), fictitious play by conjecture; the others below are not slower in practice, and not faster in theory."""
FAST_RATE = ["oftrl", "oomd"]
"""O(1/T)."""
LAST = ["reg-domd", "reg-cfr", "r-nad", "mmd-moving"]


def slopes(name, seeds, **options):
    """Of log gap over log iterations on random asymmetric trees; solved exactly counts as steep."""
    found = []
    for seed in seeds:
        tree = ludus.make("random_game", seed=seed, zero_sum=True).tree()
        gaps = [s.nash_conv / tree.utility_range for s in solvers.iterate(tree, name, every=POINTS, **options)]
        assert gaps[-1] <= 0.05
        exact = gaps[-1] < 1e-12
        found.append(-np.inf if exact else np.polyfit(np.log(POINTS), np.log(gaps), 1)[0])
    return np.array(found)


@pytest.mark.parametrize("name", SLOW_RATE)
def test_gaps_fall_as_one_over_the_root_of_iterations(name):
    options = {"averaging": "uniform"} if name == "ed" else {}
    assert np.median(slopes(name, range(12), **options)) <= -0.45


@pytest.mark.parametrize("name", FAST_RATE)
def test_gaps_of_optimistic_averages_fall_as_one_over_iterations(name):
    assert np.median(slopes(name, range(12))) <= -0.9


@pytest.mark.parametrize("name", ["omd", "oomd", "oftrl", "ftrl"])
def test_euclidean_regularisers_have_the_same_rates(name):
    found = slopes(name, range(6), regulariser="euclidean", weights="equal", eta=2.0 if name in FAST_RATE else 30.0)
    assert np.median(found) <= (-0.9 if name in FAST_RATE else -0.45)


@pytest.mark.parametrize("name", LAST)
def test_last_iterates_converge_on_random_trees(name):
    small = {"eta": 1.0, "tau": 0.02, "weights": "equal", "shrink": 500}  # steps and periods for small trees
    options = {"r-nad": {"period": 400}, "reg-cfr": small, "reg-domd": small}.get(name, {})
    for seed in range(6):
        tree = ludus.make("random_game", seed=seed, zero_sum=True).tree()
        early, late = (s.nash_conv for s in solvers.iterate(tree, name, every=[100, 6000], **options))
        assert late <= max(early / 5, 1e-12)


@pytest.mark.parametrize(
    "name",
    [a.name for a in solvers.algorithms() if a.kind == "full width" and a.name not in ("mmd-aqre", "vad-cfr", "ed")],
)
def test_the_value_of_kuhn_lies_within_the_certificate(name):
    solution = solvers.solve(ludus.make("kuhn_poker"), name, iterations=2000)
    assert solution.nash_conv < 0.03
    assert abs(solution.value + 1 / 18) <= solution.nash_conv + 1e-12


def test_last_iterates_approach_nash_on_kuhn():
    game = ludus.make("kuhn_poker")
    gaps = [s.nash_conv for s in solvers.iterate(game, "mmd", every=[10, 100, 1000, 10_000])]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.01
    assert solvers.solve(game, "mmd-moving", iterations=5000).nash_conv < 1e-6
    assert solvers.solve(game, "r-nad", iterations=1000).nash_conv < 1e-2
    assert solvers.solve(game, "r-nad", iterations=5000).nash_conv < 1e-9


def aqre(game, alpha, iterations):
    return solvers.solve(game, "mmd-aqre", alpha=alpha, iterations=iterations).policy


@pytest.mark.parametrize("game", ["kuhn_poker", "shapley", "random_game(seed=3)", "random_game(seed=5,players=3)"])
def test_a_fixed_magnet_ends_at_the_logit_fixed_point(game):
    """At every information set log π(a) - log π(b) = (q(a) - q(b)) / α with q the action values under π."""
    made, alpha = ludus.make(game), 0.7
    root = Generic(made.root())
    policy = aqre(walk_tree(root, made.num_players), alpha, 6000)
    slow, shape = Slow(root, made.num_players), SlowMirror(root, made.num_players, None)
    shape.policy = {key: policy[key] for key in slow.policy}
    for p in range(made.num_players):
        for key, row in slow.gains(p, shape.policy).items():
            reach = sum(
                chance * math.prod(shape.played(path) for q, path in enumerate(paths) if q != p)
                for paths, chance in shape.histories[key]
            )
            first, *rest = row
            for a in rest:
                difference = math.log(policy[key][a] / policy[key][first])
                assert alpha * difference == pytest.approx((row[a] - row[first]) / reach, abs=1e-9)


@pytest.mark.parametrize("alpha", [0.5, 2.0])
@pytest.mark.parametrize("id", ["kuhn_poker", "random_game(seed=3)"])
def test_agrees_with_gambits_logit_equilibria(id, alpha, tmp_path):
    import pygambit

    game = ludus.make(id)
    efg.save(game, tmp_path / "game.efg")
    theirs = pygambit.read_efg(str(tmp_path / "game.efg"))
    found = next(iter(pygambit.qre.logit_solve_lambda(theirs, 1 / alpha)))
    policy = aqre(game, alpha, 20_000)
    actions = [
        (p, i.label, k) for p, pl in enumerate(theirs.players) for i in pl.infosets for k in range(len(i.actions))
    ]
    for at, (player, label, k) in enumerate(actions):
        assert list(policy[player, label].values())[k] == pytest.approx(found[at], abs=1e-6)


def test_distance_to_the_quantal_equilibrium_decays_geometrically():
    """Sokota et al. 2023, theorem 3.4, on perturbed rock-paper-scissors."""
    payoff = np.array([[0, -1, 3.0], [1, 0, -1], [-1, 1, 0]])
    game = ludus.MatrixGame(payoff, -payoff)
    limit = aqre(game, 0.5, 5000).probabilities
    snapshots = solvers.iterate(game, "mmd-aqre", alpha=0.5, every=[100, 200, 300, 400])
    distance = [np.abs(s.probabilities - limit).max() for s in snapshots]
    rates = np.diff(np.log(distance))
    assert (rates < -0.5).all()
    assert rates == pytest.approx(np.full(3, rates.mean()), rel=0.3)


def test_scaled_payoffs_give_the_same_play():
    rng = np.random.default_rng(4)
    a = rng.normal(size=(3, 4))
    for name in ("ftrl", "oomd", "reg-domd", "mmd", "mmd-moving", "r-nad", "ed"):
        one = solvers.solve(ludus.MatrixGame(a, -a), name, iterations=50).policy.probabilities
        two = solvers.solve(ludus.MatrixGame(8 * a, -8 * a), name, iterations=50).policy.probabilities
        assert one == pytest.approx(two, abs=1e-12)


def test_the_best_schedules_leave_cfr_plus_behind():
    """Brown & Sandholm 2019; Farina et al. 2021: at 1000 iterations on goofspiel a factor of at least ten."""
    game = ludus.make("goofspiel(cards=5,imp_info=True,points_order=descending)")
    plain = solvers.solve(game, "cfr+", iterations=1000).nash_conv
    assert (
        min(solvers.solve(game, name, iterations=1000).nash_conv for name in ("pcfr+", "hs_pcfr+", "hs_pdcfr"))
        <= plain / 10
    )


@pytest.mark.parametrize("name", [a.name for a in solvers.algorithms() if a.kind == "full width"])
def test_a_game_without_stakes_is_solved_by_anything(name):
    solution = solvers.solve(ludus.MatrixGame(np.zeros((2, 3)), np.zeros((2, 3))), name, iterations=3)
    assert solution.nash_conv == 0.0
    assert np.isfinite(solution.policy.probabilities).all()


@pytest.mark.parametrize("id", ["leduc_poker", "goofspiel(cards=4,imp_info=True,points_order=descending)"])
def test_certified_intervals_hold_the_exact_value(id):
    """In a zero-sum game each policy's value is within its NashConv of the game's, here the linear program's."""
    game = ludus.make(id)
    exact = solvers.solve(game, "lp").value
    for name in ("dcfr", "pcfr+", "hs_pdcfr", "vad-cfr", "oftrl", "cfr-br", "xfp", "efr", "mmd", "r-nad", "auto"):
        solution = solvers.solve(game, name, iterations=300)
        assert abs(solution.value - exact) <= solution.nash_conv + 1e-9
