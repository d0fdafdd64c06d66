"""Learning from episodes: against the definition of the leader, on tree and rules, and what the methods promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_mccfr import SlowLearner, balanced, balanced_by_depth

import ludus
from ludus import solvers
from ludus.solvers import large
from ludus.solvers.tree import trajectory

SLOW = {
    "ixomd": {},
    "balanced_omd": {"rates": balanced_by_depth},
    "balanced_ftrl": {"rates": balanced},
    "adaptive_ftrl": {"adaptive": True},
}
GAMES = [
    "kuhn_poker",
    "kuhn_poker(players=3)",
    "random_game(seed=3)",
    "random_game(seed=8)",
    "random_game(seed=5,players=3)",
]


def test_every_method_has_a_slow_version_here():
    assert set(SLOW) == set(trajectory.METHODS) == {a.name for a in trajectory.ALGORITHMS}


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("name", sorted(SLOW))
def test_first_episodes_equal_the_slow_version(name, game, decay):
    made = ludus.make(game)
    utility = made.tree().leaf_utility
    numbers = {"rate": 0.8, "exploration": 0.1, "decay": decay}
    if name == "adaptive_ftrl":
        numbers["power"] = 0.7
    slow = SlowLearner(
        made.root(), made.num_players, utility.min(), utility.max(), seed=7, **numbers, **SLOW[name]
    )  # fmt: skip
    for _, fast in zip(range(30), solvers.iterate(made, name, seed=7, **numbers)):
        slow.iterate()
        for key, row in slow.average().items():
            assert fast.policy[key] == pytest.approx(row, abs=1e-9)
    last = next(solvers.iterate(made, name, every=[30], seed=7, averaging="last", **numbers)).policy
    for key, row in slow.full.policy.items():
        assert last[key] == pytest.approx(row, abs=1e-9)


def test_balanced_rates_of_kuhn_poker_by_hand():
    """Below `pass` of the first player stand that action and the two answers to a bet: three of four actions."""
    tree = ludus.make("kuhn_poker").tree()
    rates = trajectory.balanced(tree)
    assert dict(zip((0, 1), rates.policy[tree.infoset_first[tree.infoset("1")] :])) == {0: 0.75, 1: 0.25}
    assert rates.mass[tree.infoset("1")] == 1.0
    assert rates.mass[tree.infoset("1pb")] == pytest.approx(2 / 3)
    assert 1 / trajectory.balanced_by_depth(tree).mass[tree.infoset("1pb")] == pytest.approx(1 / 2)


def mean_gaps(game, name, points, seeds):
    tree = ludus.make(game).tree()
    runs = [[s.nash_conv for s in solvers.iterate(tree, name, every=points, seed=seed)] for seed in seeds]
    return np.mean(runs, axis=0)


def test_balanced_beats_ixomd_beats_uniform_on_kuhn_poker():
    """NashConv after 1e5 episodes, mean over seeds; adaptive within twice of balanced, without knowing the tree."""
    gap = {name: mean_gaps("kuhn_poker", name, [100_000], range(8))[0] for name in SLOW}
    uniform = solvers.nash_conv(ludus.make("kuhn_poker"), ludus.Policy.uniform(ludus.make("kuhn_poker")))
    assert gap["balanced_ftrl"] < gap["ixomd"] < uniform / 10
    assert gap["adaptive_ftrl"] < 2 * gap["balanced_ftrl"]
    assert gap["balanced_omd"] < uniform / 10


@pytest.mark.parametrize("name", sorted(SLOW))
def test_all_go_on_falling_on_leduc_poker(name):
    first, last = mean_gaps("leduc_poker", name, [100_000, 1_000_000], range(4))
    uniform = solvers.nash_conv(ludus.make("leduc_poker"), ludus.Policy.uniform(ludus.make("leduc_poker")))
    assert last < 0.7 * first < first < uniform


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(sorted(SLOW)))
def test_the_certified_gap_falls_on_random_asymmetric_trees(seed, name):
    tree = ludus.make("random_game", seed=seed, zero_sum=True).tree()
    start = solvers.nash_conv(tree, ludus.Policy.uniform(tree))
    assert mean_gaps_of(tree, name, 100_000) <= max(0.05 * tree.utility_range, 0.5 * start)


def mean_gaps_of(tree, name, episodes):
    return np.mean([solvers.solve(tree, name, iterations=episodes, seed=s).nash_conv for s in range(3)])


@pytest.mark.parametrize("name", sorted(SLOW))
def test_same_seed_same_run_however_it_is_looked_at(name):
    tree = ludus.make("leduc_poker").tree()
    often = [s.probabilities for s in solvers.iterate(tree, name, every=[1, 7, 50, 300], seed=3)]
    once = next(solvers.iterate(tree, name, every=[300], seed=3)).probabilities
    other = next(solvers.iterate(tree, name, every=[300], seed=4)).probabilities
    assert np.array_equal(often[-1], once)
    assert not np.array_equal(once, other)


@pytest.mark.parametrize("game", ["kuhn_poker(players=3)", "leduc_poker", "goofspiel(cards=4)"])
@pytest.mark.parametrize("name", ["ixomd", "adaptive_ftrl"])
def test_rules_meet_the_same_episodes_as_the_tree(name, game):
    made = ludus.make(game)
    assert (made.min_utility, made.max_utility) == (made.tree().leaf_utility.min(), made.tree().leaf_utility.max())
    *_, sampled = large.iterate_large(made, name, every=[3, 2000], seed=5)
    on_tree = next(solvers.iterate(made, name, every=[2000], seed=5))
    assert sampled.policy().probabilities == pytest.approx(on_tree.probabilities, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0}, "rate must be a positive number"),
        ({"exploration": -1}, "exploration must be a finite number of at least 0"),
        ({"decay": 2}, "decay must be from 0"),
        ({"power": 0}, "power must be above 0"),
        ({"averaging": "linear"}, "averaging must be 'uniform' or 'last'"),
        ({"alpha": 1}, "adaptive_ftrl has no option 'alpha'"),
    ],
)
def test_bad_arguments_get_one_clear_error(options, message):
    with pytest.raises(ValueError, match=message):
        solvers.solve("kuhn_poker", "adaptive_ftrl", **options)
