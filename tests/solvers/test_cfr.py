"""The CFR family against slow versions over `State`, against OpenSpiel, and against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.generic import Generic
from reference.slow_cfr import SlowCFR

import ludus
from ludus import solvers
from ludus.games.build import walk_tree
from ludus.solvers.tree import cfr, layout


def power(t, a, shift=0):
    s = t + shift
    return s**a / (s**a + 1) if s > 0 else 0.0


def hs(t, start=15, end=10):
    """The running average is multiplied by ((t - 1) / t)^gamma before iteration t is added; 1000 iterations planned."""
    return math.prod((s / (s - 1)) ** (start + (end - start) * s / 1000) for s in range(2, t + 1))


RULES = {
    "cfr": lambda t: (1, 1, -math.inf, 1, 0, 1),
    "cfr+": lambda t: (1, 1, 0, 1, 0, t),
    "lcfr": lambda t: ((t - 1) / t, (t - 1) / t, -math.inf, 1, 0, t),
    "dcfr": lambda t: (power(t, 1.5, -1), 0.5, -math.inf, 1, 0, t**2),
    "pcfr+": lambda t: (1, 1, 0, 1, 1, t**2),
    "dcfr+": lambda t: (power(t, 1.5, -1), 1, 0, 1, 0, t**4),
    "pdcfr+": lambda t: (power(t, 2.3, -1), 1, 0, power(t, 2.3), 1, t**5),
    "hs_dcfr": lambda t: (power(t, 1 + 3e-3 * (t - 1), -1), power(t, -1 - 2e-3 * (t - 1), -1), -math.inf, 1, 0, hs(t)),
    "hs_pcfr+": lambda t: (1, 1, 0, 1, 1, hs(t)),
    "hs_pdcfr": lambda t: (
        *(power(t, 1.2 + 3.8e-3 * (t - 1), -1), 0.3, -math.inf, 1),
        *(0.45 - 4e-4 * t, hs(t, 12, 0.6)),
    ),
}
GAMES = [
    "kuhn_poker",
    "kuhn_poker(players=3)",
    "shapley",
    "public_goods",
    "random_game(seed=3)",
    "random_game(seed=5,players=3)",
]


def test_every_member_of_the_family_has_a_rule_here():
    assert set(RULES) == {a.name for a in cfr.ALGORITHMS}


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("alternating", [True, False])
@pytest.mark.parametrize("name", sorted(RULES))
def test_first_ten_iterations_equal_the_slow_version(name, game, alternating):
    made = ludus.make(game)
    root = Generic(made.root())
    slow = SlowCFR(root, made.num_players, RULES[name], alternating)
    snapshots = solvers.iterate(walk_tree(root, made.num_players), name, alternating=alternating)
    for _ in range(10):
        slow.iterate()
        fast = next(snapshots).policy
        for key, row in slow.average().items():
            assert fast[key] == pytest.approx(row, abs=1e-9)


def test_last_iterate_equals_the_slow_versions_policy():
    made = ludus.make("kuhn_poker")
    slow = SlowCFR(made.root(), 2, RULES["cfr+"])
    for snapshot, _ in zip(solvers.iterate(made, "cfr+", averaging="last"), range(5)):
        slow.iterate()
        for key, row in slow.policy.items():
            assert snapshot.policy[key] == pytest.approx(row, abs=1e-9)


@pytest.mark.parametrize(("name", "peer"), [("cfr", "CFRSolver"), ("cfr+", "CFRPlusSolver")])
@pytest.mark.parametrize("game", ["kuhn_poker", "leduc_poker"])
def test_average_policies_equal_openspiels(name, peer, game):
    """OpenSpiel alternates players as we do, and adds the policy before its update to the average."""
    import pyspiel

    theirs = getattr(pyspiel, peer)(pyspiel.load_game(game))
    made = ludus.make(f"openspiel/{game}")
    for snapshot, _ in zip(solvers.iterate(made, name), range(10)):
        theirs.evaluate_and_update_policy()
        table = theirs.tabular_average_policy().policy_table()
        for (_, key), row in snapshot.policy.items():
            assert row == pytest.approx(dict(table[key]), abs=1e-8)


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_cfr_plus_reaches_a_small_certified_gap_on_random_asymmetric_trees(seed):
    tree = ludus.make("random_game", seed=seed, zero_sum=True).tree()
    scale = tree.utility_range
    solution = solvers.solve(tree, "cfr+", iterations=20_000, target=1e-3 * scale / 2)
    assert solution.nash_conv <= 1e-3 * scale


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(sorted(RULES)))
def test_every_member_falls_below_its_proven_bound(seed, name):
    """NashConv of the average is at most the sum of average regrets: Δ·I·√A·P/√T (Zinkevich et al. 2007, theorem 4)."""
    tree = ludus.make("random_game", seed=seed, zero_sum=True).tree()
    iterations = 400
    bound = tree.utility_range * tree.num_infosets * math.sqrt(tree.infoset_count.max()) / math.sqrt(iterations)
    assert solvers.solve(tree, name, iterations=iterations).nash_conv <= bound


def test_values_of_kuhn_and_leduc():
    kuhn = solvers.solve(ludus.make("kuhn_poker"), "cfr+", target=1e-5)
    assert kuhn.value == pytest.approx(-1 / 18, abs=2e-5)
    leduc = solvers.solve(ludus.make("leduc_poker"), "cfr+", target=1e-4)
    assert leduc.exploitability <= 1e-4
    assert leduc.value == pytest.approx(-0.0856, abs=3e-4)


def test_special_cases_of_dcfr():
    """α = β = large keeps regrets (CFR in play); γ = 1 is a linear average (Brown & Sandholm 2019, section 4)."""
    game = ludus.make("leduc_poker")
    plain = next(solvers.iterate(game, "cfr", every=[20], averaging="linear"))
    discounted = next(solvers.iterate(game, "dcfr", every=[20], alpha=1e9, beta=1e9, gamma=1.0))
    # t = 1 keeps 1/2 of every regret whatever the powers are: it scales all of them alike only in the first step.
    assert discounted.nash_conv < 10 * plain.nash_conv


def test_relabelling_players_permutes_the_result():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(3, 4))
    one = solvers.solve(ludus.MatrixGame(a, -a), "cfr+", iterations=300, alternating=False)
    two = solvers.solve(ludus.MatrixGame(-a.T, a.T), "cfr+", iterations=300, alternating=False)
    assert one.values == pytest.approx(two.values[::-1], abs=1e-12)
    rows = one.policy.probabilities
    assert rows == pytest.approx(
        np.concatenate([two.policy.probabilities[5:], two.policy.probabilities[:5]]), abs=1e-12
    )


def test_same_run_twice_is_the_same_bit_for_bit():
    game = ludus.make("leduc_poker")
    one, two = (solvers.solve(game, "dcfr", iterations=50).policy.probabilities for _ in range(2))
    assert np.array_equal(one, two)


def test_stops_at_the_target_and_by_time():
    game = ludus.make("leduc_poker")
    solution = solvers.solve(game, "cfr+", target=0.05)
    assert solution.exploitability <= 0.05 < solution.history[-2].nash_conv / 2
    assert [r.iteration for r in solution.history] == sorted({r.iteration for r in solution.history})
    assert solvers.solve(game, "cfr", seconds=0.05).iterations < 1_000_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"algorithm": "crf+"}, "did you mean 'cfr\\+'"),
        ({"target": 0}, "target must be positive"),
        ({"iterations": -1}, "iterations must be positive"),
        ({"seconds": float("nan")}, "seconds must be positive"),
        ({"averaging": "cubic"}, "averaging must be one of 'uniform'"),
        ({"alpha": 2}, "cfr\\+ has no option 'alpha'"),
    ],
)
def test_bad_arguments_get_one_clear_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        solvers.solve(ludus.make("kuhn_poker"), **arguments)


@pytest.mark.parametrize("alternating", [True, False])
@pytest.mark.parametrize("game", ["leduc_poker", "liars_dice(faces=3)", "random_game(seed=3)"])
def test_one_thread_or_two_give_the_same_policy_bit_for_bit(game, alternating, monkeypatch):
    """On trees laid out in parts; and the same policy up to rounding as on those that are not."""
    whole = ludus.make(game).tree()
    kept = layout._arrange(whole)
    parted = layout._arrange(whole, large=0)
    assert len(kept.parts) == 0
    assert len(parted.parts) == 3
    found = []
    for arranged, threads in ((kept, 1), (parted, 1), (parted, 2)):
        monkeypatch.setitem(whole.__dict__, "_layout", arranged)
        options = {"alternating": alternating, "threads": threads, "every": [3, 9]}
        found.append([s.probabilities for s in solvers.iterate(whole, "dcfr", **options)])
    for plain, one, two in zip(*found):
        assert np.array_equal(one, two)
        assert one == pytest.approx(plain, abs=1e-9)


def test_threads_are_one_or_two():
    with pytest.raises(ValueError, match="threads must be 1 or 2, got 3"):
        solvers.solve("kuhn_poker", "cfr+", threads=3)


@pytest.mark.parametrize(
    ("limit", "error"),
    [({"iterations": 1.5}, TypeError), ({"iterations": True}, TypeError), ({"target": "x"}, TypeError)]
    + [
        ({name: math.inf}, ValueError if name != "iterations" else TypeError)
        for name in ("iterations", "target", "seconds")
    ],
)
def test_limits_are_finite_numbers(limit, error):
    with pytest.raises(error, match=f"{next(iter(limit))} must be"):
        solvers.solve("kuhn_poker", **limit)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("dcfr", {"alpha": math.nan}, "alpha must be a finite number, got nan"),
        ("dcfr", {"alpha": "a"}, "alpha must be a finite number, got 'a'"),
        ("cfr", {"alternating": "no"}, "alternating must be True or False, got 'no'"),
        ("cfr", {"every": 2.5}, "every must be a whole number or growing whole numbers, got 2.5"),
        ("cfr", {"every": [5, 3]}, "every must hold growing iteration numbers from 0 on, got 3 after 5"),
        ("cfr", {"every": [-5]}, "every must hold growing iteration numbers from 0 on, got -5 after 0"),
    ],
)
def test_bad_options_and_points_get_one_clear_error(name, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        list(zip(solvers.iterate("kuhn_poker", name, **options), range(3)))
