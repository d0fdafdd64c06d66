"""Monte Carlo CFR against slow versions, exact regrets, OpenSpiel and theory; the same on rules without a tree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_cfr import SlowCFR
from reference.slow_mccfr import SlowMCCFR

import ludus
from ludus import solvers
from ludus.games.streams import mix64
from ludus.solvers import large
from ludus.solvers.tree import _mccfr, mccfr

SLOW = {
    "mccfr_external": ("external", {}),
    "mccfr_outcome": ("outcome", {"exploration": 0.4}),
    "mccfr_chance": ("chance", {}),
    "mccfr_average": ("average", {"epsilon": 0.2, "tau": 2.3, "beta": 1.7}),
    "vr_mccfr": ("outcome", {"exploration": 0.5, "baseline": 0.3}),
}
GAMES = ["kuhn_poker", "kuhn_poker(players=3)", "public_goods", "random_game(seed=3)", "random_game(seed=5,players=3)"]


def test_every_way_of_sampling_has_a_slow_version_here():
    assert set(SLOW) == set(mccfr.WAYS) == {a.name for a in mccfr.ALGORITHMS}


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("name", sorted(SLOW))
def test_first_iterations_equal_the_slow_version(name, game):
    made = ludus.make(game)
    way, options = SLOW[name]
    slow = SlowMCCFR(made.root(), made.num_players, way, 7, **options)
    for _, fast in zip(range(25), solvers.iterate(made, name, seed=7, **options)):
        slow.iterate()
        for key, row in slow.average().items():
            assert fast.policy[key] == pytest.approx(row, abs=1e-9)


def one_walk(tree, sampling, policy, seed, baseline):
    """Player 0's regrets, float64[S], after one walk with fixed policies."""
    game, s = mccfr.packed(tree), tree.num_sequences
    regret = np.zeros(s)
    learned = (policy.copy(), regret, np.zeros(s), np.zeros(tree.num_infosets, np.int64), baseline.copy())
    m = tree.num_histories + 1
    scratch = (np.zeros((m, _mccfr.FRAME), np.int64), *np.zeros((3, m)), np.zeros((m, 2), np.int64))
    way = (sampling.own, sampling.others, *sampling.numbers, sampling.rate)
    _mccfr.sample_tree(0, 1, np.uint64(mix64(seed)), *way, *game, *learned, *scratch)
    return regret[: tree.sequence_start[1]]


@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("name", sorted(SLOW))
def test_sampled_regrets_are_unbiased(name, players):
    """Their mean over 20,000 walks is the exact counterfactual regret, within five standard errors."""
    made = ludus.make("random_game", seed=11, players=players)
    tree, rng = made.tree(), np.random.default_rng(0)
    policy = ludus.Policy.random(tree, seed=2)
    exact = SlowCFR(made.root(), players, None)
    exact.policy = policy.to_dict()
    gains = {key: dict.fromkeys(row, 0.0) for key, row in exact.policy.items()}
    exact.walk(exact.root, [1.0] * players, 1.0, [0], gains)
    expected = np.zeros(tree.sequence_start[1])
    for key, row in gains.items():
        if key[0] == 0:
            first = tree.infoset_first[tree.infoset(key)]
            expected[first : first + len(row)] = list(row.values())
    sampling = mccfr.WAYS[name](**SLOW[name][1])
    baseline = rng.normal(size=(tree.num_sequences, players)) if sampling.rate else np.zeros((0, players))
    samples = np.array([one_walk(tree, sampling, policy.probabilities, seed, baseline) for seed in range(20_000)])
    error = samples.std(axis=0) / math.sqrt(len(samples))
    assert np.all(np.abs(samples.mean(axis=0) - expected) <= 5 * error + 1e-12)
    assert np.abs(expected).max() > 20 * error.max() or name in ("mccfr_outcome", "vr_mccfr")


def test_baselines_reduce_the_variance_of_outcome_sampling():
    """On one game with fixed policies, baselines learned in earlier walks (Schmid et al. 2019, section 5)."""
    tree = ludus.make("leduc_poker").tree()
    gaps = {
        name: np.mean([solvers.solve(tree, name, iterations=100_000, seed=s).nash_conv for s in range(4)])
        for name in ("mccfr_outcome", "vr_mccfr")
    }
    assert gaps["vr_mccfr"] < gaps["mccfr_outcome"]


@pytest.mark.parametrize("name", sorted(SLOW))
def test_same_seed_same_run_however_it_is_looked_at(name):
    tree = ludus.make("leduc_poker").tree()
    often = [s.probabilities for s in solvers.iterate(tree, name, every=[1, 7, 50, 300], seed=3)]
    once = next(solvers.iterate(tree, name, every=[300], seed=3)).probabilities
    other = next(solvers.iterate(tree, name, every=[300], seed=4)).probabilities
    assert np.array_equal(often[-1], once)
    assert not np.array_equal(once, other)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(sorted(SLOW)))
def test_the_certified_gap_falls_on_random_asymmetric_trees(seed, name):
    tree = ludus.make("random_game", seed=seed, zero_sum=True).tree()
    first, last = solvers.iterate(tree, name, every=[100, 40_000], seed=seed)
    assert last.nash_conv <= max(0.02 * tree.utility_range, 0.3 * first.nash_conv)


@pytest.mark.parametrize("name", ["mccfr_external", "mccfr_chance"])
def test_the_gap_falls_with_the_square_root_of_iterations(name):
    """From 2,000 to 200,000 iterations the bound falls tenfold (Lanctot et al. 2009, theorem 5); the mean over seeds
    falls at least fivefold."""
    tree = ludus.make("leduc_poker").tree()
    gaps = np.array(
        [[s.nash_conv for s in solvers.iterate(tree, name, every=[2000, 200_000], seed=k)] for k in range(4)]
    )
    assert gaps[:, 0].mean() > 5 * gaps[:, 1].mean()


@pytest.mark.parametrize(
    ("name", "peer", "iterations"),
    [("mccfr_external", "ExternalSamplingMCCFRSolver", 3000), ("mccfr_outcome", "OutcomeSamplingMCCFRSolver", 20_000)],
)
def test_agrees_with_openspiel_statistically(name, peer, iterations):
    """An iteration is one walk for each player there too. OpenSpiel's averages are sampled, ours exact: so our gap may
    be lower, and is not higher, than theirs; and the values agree."""
    import pyspiel

    game = pyspiel.load_game("kuhn_poker")
    theirs = []
    for seed in range(8):
        solver = getattr(pyspiel, peer)(game, seed=seed + 1)
        for _ in range(iterations):
            solver.run_iteration()
        theirs.append(pyspiel.nash_conv(game, solver.average_policy()))
    ours = [solvers.solve("kuhn_poker", name, iterations=iterations, seed=s) for s in range(8)]
    gaps = [solution.nash_conv for solution in ours]
    spread = math.hypot(np.std(gaps), np.std(theirs)) / math.sqrt(8)
    assert 0.3 * np.mean(theirs) - 3 * spread < np.mean(gaps) < np.mean(theirs) + 3 * spread
    assert np.mean([solution.value for solution in ours]) == pytest.approx(-1 / 18, abs=0.02)


def test_last_iterates_and_three_players():
    last = solvers.solve("kuhn_poker", "mccfr_external", iterations=200, averaging="last")
    mean = solvers.solve("kuhn_poker", "mccfr_external", iterations=200)
    assert not np.array_equal(last.policy.probabilities, mean.policy.probabilities)
    assert solvers.solve("kuhn_poker(players=3)", "mccfr_external", iterations=20_000).nash_conv < 0.1


# -- on rules, without a tree ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("game", ["kuhn_poker(players=3)", "leduc_poker", "goofspiel(cards=4)"])
@pytest.mark.parametrize("name", sorted(SLOW))
def test_rules_meet_the_same_episodes_as_the_tree(name, game):
    made = ludus.make(game)
    sampled = large.sample_large(made, name, iterations=150, seed=5)
    on_tree = next(solvers.iterate(made, name, every=[150], seed=5))
    assert sampled.policy().probabilities == pytest.approx(on_tree.probabilities, abs=1e-9)
    assert len(sampled) <= made.tree().num_infosets


def test_tables_grow_without_a_trace():
    """A run that outgrows its arrays many times, looked at several times, ends as the tree's does."""
    made = ludus.make("liars_dice")
    *_, last = large.iterate_large(made, every=[1, 10, 2000], seed=1)
    on_tree = next(solvers.iterate(made, "mccfr_external", every=[2000], seed=1))
    assert len(last) > 16 * 1024
    assert last.policy().probabilities == pytest.approx(on_tree.probabilities, abs=1e-9)


def test_policies_are_read_by_key_and_play():
    sampled = large.sample_large("kuhn_poker", iterations=5000)
    assert sampled[0, "0"] == pytest.approx(sampled.policy()["0"])
    assert sum(sampled["0pb"].values()) == pytest.approx(1.0)
    assert {key for key, _ in sampled.items()} == {key for key, _ in sampled.policy().items()}
    log = ludus.play("kuhn_poker", [sampled, ludus.UniformAgent()], matches=400, seed=0)
    assert len(log) == 400
    with pytest.raises(KeyError, match="has not met"):
        sampled["nowhere"]


@pytest.mark.parametrize("name", ["mccfr_outcome", "ixomd", "adaptive_ftrl"])
def test_a_game_far_too_large_for_a_tree(name):
    """Goofspiel with nine cards has more than (9!)² histories."""
    sampled = large.sample_large("goofspiel(cards=9)", name, iterations=2000, seed=0)
    assert len(sampled) > 1000
    assert all(sum(row.values()) == pytest.approx(1.0) for _, row in sampled.items())


def test_episodes_longer_than_the_first_arrays():
    """Two hundred decisions: an episode meets as many information sets, and a walk's frames outgrow their arrays."""
    game = ludus.make("repeated(rounds=100)")
    assert len(large.sample_large(game, "ixomd", iterations=1)) == 200
    *_, walked = large.iterate_large(game, "mccfr_outcome", every=[1, 5], seed=2)
    assert np.array_equal(
        large.sample_large(game, "mccfr_outcome", iterations=5, seed=2)._table["probabilities"],
        walked._table["probabilities"],
    )
    assert all(sum(row.values()) == pytest.approx(1.0) for _, row in walked.items())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: solvers.solve("kuhn_poker", "mccfr_outcome", exploration=0), "exploration must be above 0"),
        (lambda: solvers.solve("kuhn_poker", "vr_mccfr", baseline=2), "baseline must be from 0"),
        (lambda: solvers.solve("kuhn_poker", "mccfr_average", epsilon=0), "epsilon must be above 0"),
        (lambda: solvers.solve("kuhn_poker", "mccfr_average", tau=math.inf), "tau must be a finite number"),
        (lambda: solvers.solve("kuhn_poker", "mccfr_external", averaging="linear"), "averaging must be 'uniform' or"),
        (
            lambda: large.sample_large("kuhn_poker", "balanced_ftrl", iterations=1),
            "balanced_ftrl needs the game's tree",
        ),
        (lambda: large.sample_large("kuhn_poker", iterations=0), "iterations must be at least 1"),
        (lambda: large.sample_large("kuhn_poker", epsilon=1, iterations=1), "has no option 'epsilon'"),
        (lambda: large.sample_large("openspiel/kuhn_poker", iterations=1), "has no compiled rules"),
    ],
)
def test_bad_arguments_get_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
