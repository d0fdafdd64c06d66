"""Extensive-form regret minimisation: against a slow version, OpenSpiel, and what it promises of play."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from reference.generic import Generic
from reference.slow_dynamics import SlowEFR

import ludus
from ludus import solvers
from ludus.games.build import walk_tree
from ludus.solvers.tree.efr import DEVIATIONS
from ludus.solvers.tree.play import play_gaps


def prefixes(path):
    return [path[:i] for i in range(len(path) + 1)]


def triggers(path, choices):
    return [(*path[:i], c) for i, row in enumerate(choices) for c in row]


SETS = {
    "blind action": lambda path, choices: [(path, False)],
    "informed action": lambda path, choices: [(path, True)],
    "blind counterfactual": lambda path, choices: [((), False)],
    "informed counterfactual": lambda path, choices: [((), True)],
    "blind partial sequence": lambda path, choices: [(way, False) for way in prefixes(path)],
    "counterfactual partial sequence": lambda path, choices: [(way, True) for way in prefixes(path)],
    "causal": lambda path, choices: [(t, False) for t in triggers(path, choices)] + [(path, True)],
    "tips": lambda path, choices: [(t, True) for t in triggers(path, choices)] + [(path, True)],
    "behavioural": lambda path, choices: [(way, True) for way in product(*choices)],
}


def test_every_set_has_a_definition_here():
    assert set(SETS) == set(DEVIATIONS)


@pytest.mark.parametrize("game", ["kuhn_poker", "shapley", "random_game(seed=5,players=3)"])
@pytest.mark.parametrize("deviations", sorted(SETS))
def test_first_ten_iterations_equal_the_slow_version(deviations, game):
    made = ludus.make(game)
    root = Generic(made.root())
    slow = SlowEFR(root, made.num_players, SETS[deviations])
    for snapshot, _ in zip(solvers.iterate(walk_tree(root, made.num_players), "efr", deviations=deviations), range(10)):
        slow.iterate()
        for key, row in slow.average().items():
            assert snapshot.policy[key] == pytest.approx(row, abs=1e-8)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("blind action", "blind action"),
        ("informed action", "informed action"),
        ("blind counterfactual", "blind cf"),
        ("informed counterfactual", "informed cf"),
    ],
)
def test_average_policies_equal_openspiels(ours, theirs):
    """In the other sets OpenSpiel counts some memories twice, or leaves out the trigger's own probability."""
    import pyspiel
    from open_spiel.python.algorithms import efr

    solver = efr.EFRSolver(pyspiel.load_game("kuhn_poker"), theirs)
    for snapshot, _ in zip(solvers.iterate(ludus.make("openspiel/kuhn_poker"), "efr", deviations=ours), range(10)):
        solver.evaluate_and_update_policy()
        average = solver.average_policy()
        for (_, key), row in snapshot.policy.items():
            assert list(row.values()) == pytest.approx(average.policy_for_key(key)[: len(row)], abs=1e-8)


def test_blind_counterfactual_deviations_are_cfr():
    game = walk_tree(Generic(ludus.make("random_game(seed=8)").root()), 2)
    one = solvers.solve(game, "efr", iterations=20, deviations="blind counterfactual")
    two = solvers.solve(game, "cfr", iterations=20, alternating=False)
    assert one.policy.probabilities == pytest.approx(two.policy.probabilities, abs=1e-8)


def play(tree, iterations, deviations):
    snapshots = solvers.iterate(tree, "efr", deviations=deviations, averaging="last")
    return [snapshot.probabilities for snapshot, _ in zip(snapshots, range(iterations))]


@pytest.mark.parametrize("deviations", ["causal", "tips", "behavioural"])
@pytest.mark.parametrize("seed", [1, 5])
def test_play_tends_to_an_extensive_form_correlated_equilibrium_with_three_players(deviations, seed):
    tree = ludus.make("random_game", seed=seed, players=3).tree()
    profiles = play(tree, 3000, deviations)
    few, many = play_gaps(tree, profiles[:300]), play_gaps(tree, profiles)
    assert many.trigger.max() <= 0.01 * tree.utility_range
    assert many.trigger.max() <= few.trigger.max() / 2 or many.trigger.max() < 1e-9
    assert many.coarse.max() <= 0.01 * tree.utility_range


def correlated_gap(payoff, mixture):
    """The best swap of one recommendation for another, float64[2]: definition of Aumann 1974 on a matrix game."""
    rows = [
        max(mixture[a] @ (payoff[0][b] - payoff[0][a]) for a, b in product(range(payoff[0].shape[0]), repeat=2)),
        max(
            mixture[:, a] @ (payoff[1][:, b] - payoff[1][:, a]) for a, b in product(range(payoff[1].shape[1]), repeat=2)
        ),
    ]
    return np.array(rows)


def test_swap_deviations_reach_correlated_play_where_external_ones_do_not():
    """In a matrix game trigger deviations are swaps, and causal regret minimisation has no swap regret."""
    rng = np.random.default_rng(2)
    a = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]) + 0.05 * rng.normal(size=(3, 3))
    b = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]) + 0.05 * rng.normal(size=(3, 3))
    tree = ludus.MatrixGame(a, b).tree()
    found = {}
    for deviations in ("blind counterfactual", "causal"):
        profiles = play(tree, 4000, deviations)
        mixture = sum(np.outer(x[1:4], x[5:8]) for x in profiles) / len(profiles)
        found[deviations] = play_gaps(tree, profiles)
        assert found[deviations].trigger == pytest.approx(correlated_gap((a, b), mixture), abs=1e-12)
    assert found["causal"].trigger.max() < 0.02
    assert found["blind counterfactual"].coarse.max() < 0.02
    assert found["blind counterfactual"].trigger.max() > 0.05


def test_coarse_gap_of_one_profile_is_its_largest_gain():
    game = ludus.make("leduc_poker")
    policy = ludus.Policy.random(game, seed=3)
    gaps = play_gaps(game, [policy.probabilities])
    assert gaps.coarse.sum() == pytest.approx(solvers.nash_conv(game, policy))


def test_what_cannot_be_measured_is_refused():
    tree = ludus.make("liars_dice").tree()
    with pytest.raises(ValueError, match="trigger gaps are for trees of at most"):
        play_gaps(tree, [])
    with pytest.raises(ValueError, match="at least one profile"):
        play_gaps(tree, [], trigger=False)
    with pytest.raises(ValueError, match="deviations must be one of 'blind action'"):
        solvers.solve(ludus.make("kuhn_poker"), "efr", deviations="blind")
