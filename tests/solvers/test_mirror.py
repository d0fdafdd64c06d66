"""Mirror descent, regularised leaders and magnets against a slow version over `State`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference.generic import Generic, ZeroSum
from reference.slow_mirror import SlowMirror

import ludus
from ludus import solvers
from ludus.games.build import walk_tree
from ludus.solvers.tree import _mirror, mirror

GAMES = ["kuhn_poker", "kuhn_poker(players=3)", "shapley", "random_game(seed=3)", "random_game(seed=5,players=3)"]


def constant(x):
    return lambda t: x


def slow_arguments(name, scale):
    """What the algorithms' documentation says, in the slow version's terms; `scale` is the range of utilities."""
    return {
        "ftrl": {"eta": lambda t: 30 / scale / math.sqrt(t), "lazy": True},
        "omd": {"eta": lambda t: 30 / scale / math.sqrt(t)},
        "oftrl": {"eta": constant(10 / scale), "lazy": True, "optimistic": True},
        "oomd": {"eta": constant(10 / scale), "optimistic": True},
        "reg-domd": {"eta": constant(1 / scale), "alpha": constant(0.02 * scale), "optimistic": True},
        "reg-cfr": {
            "eta": constant(1 / scale),
            "alpha": constant(0.02 * scale),
            "optimistic": True,
            "dilated": False,
            "charged": True,
        },
        "mmd": {
            "eta": lambda t: 2 / scale / math.sqrt(t),
            "alpha": lambda t: scale / 2 / math.sqrt(t),
            "dilated": False,
            "by_reach": True,
        },
        "mmd-aqre": {"eta": constant(0.01), "alpha": constant(0.1), "dilated": False, "by_reach": True},
        "mmd-moving": {
            "eta": constant(2 / scale),
            "alpha": constant(scale / 4),
            "drift": 0.05,
            "dilated": False,
            "by_reach": True,
        },
        "r-nad": {
            "eta": constant(0.3 / scale),
            "alpha": constant(0.1 * scale),
            "restart": 4,
            "dilated": False,
            "charged": True,
            "zero_sum": True,
            "by_reach": True,
        },
    }[name]


def compare(root, players, name, arguments, **options):
    tree = walk_tree(root, players)
    slow = SlowMirror(root, players, **{**slow_arguments(name, tree.utility_range), **arguments})
    plans, total = [], {}
    for snapshot, _ in zip(solvers.iterate(tree, name, **options), range(10)):
        if snapshot.iteration == 1:
            plans = {}
        if options.get("averaging") == "uniform":
            for key in slow.policy:
                path, above = [], slow.parent[key]
                while above is not None:
                    path.append(above)
                    above = slow.parent[above[0]]
                row = plans.setdefault(key, dict.fromkeys(slow.policy[key], 0.0))
                for a in row:
                    row[a] += slow.played([*path, (key, a)])
            total = {key: {a: x / sum(row.values()) for a, x in row.items()} for key, row in plans.items()}
        slow.iterate()
        for key, row in (total or slow.policy).items():
            assert snapshot.policy[key] == pytest.approx(row, abs=1e-9)


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("name", ["ftrl", "omd", "oftrl", "oomd"])
@pytest.mark.parametrize("regulariser", ["entropy", "euclidean"])
def test_dilated_dynamics_equal_the_slow_version(name, game, regulariser):
    made = ludus.make(game)
    for averaging, alternating in (("last", False), ("uniform", True)):
        compare(
            Generic(made.root()),
            made.num_players,
            name,
            {"entropic": regulariser == "entropy", "alternating": alternating},
            regulariser=regulariser,
            averaging=averaging,
            alternating=alternating,
            weights="equal",
        )


@pytest.mark.parametrize("game", ["kuhn_poker", "shapley", "random_game(seed=3,zero_sum=True)"])
@pytest.mark.parametrize("regulariser", ["entropy", "euclidean"])
@pytest.mark.parametrize("name", ["reg-domd", "reg-cfr"])
def test_regularised_dynamics_equal_the_slow_version(name, game, regulariser):
    root = ZeroSum(ludus.make(game).root())
    compare(
        root,
        2,
        name,
        {"entropic": regulariser == "entropy"},
        regulariser=regulariser,
        weights="equal",
        eta=1.0,
        tau=0.02,
    )


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("name", ["mmd", "mmd-aqre", "mmd-moving"])
def test_magnetic_dynamics_equal_the_slow_version(name, game):
    made = ludus.make(game)
    compare(Generic(made.root()), made.num_players, name, {})


@pytest.mark.parametrize("game", ["kuhn_poker", "shapley", "random_game(seed=3,zero_sum=True)"])
def test_regularised_nash_dynamics_equal_the_slow_version_with_transformed_rewards(game):
    compare(ZeroSum(ludus.make(game).root()), 2, "r-nad", {}, period=4)


@pytest.mark.parametrize("weights", ["growing", "balanced"])
@pytest.mark.parametrize("name", ["ftrl", "omd"])
def test_weighted_regularisers_equal_the_slow_version(name, weights):
    root = Generic(ludus.make("kuhn_poker").root())
    shape = SlowMirror(root, 2, constant(1.0))

    def children(key, a=None):
        return [
            k for k, above in shape.parent.items() if above is not None and above[0] == key and a in (None, above[1])
        ]

    def actions(key):
        return len(shape.policy[key]) + sum(actions(k) for k in children(key))

    def below(key, a):
        return 1 + sum(actions(k) for k in children(key, a))

    def growing(key):
        return 2 + 2 * max(sum(growing(k) for k in children(key, a)) for a in shape.policy[key])

    def balanced(key):
        above = shape.parent[key]
        if above is None:
            return actions(key) / sum(actions(k) for k in shape.parent if k[0] == key[0] and shape.parent[k] is None)
        return balanced(above[0]) * actions(key) / sum(actions(k) for k in children(*above))

    rule = growing if weights == "growing" else balanced
    arguments = {"weights": {key: rule(key) for key in shape.policy}}
    if weights == "balanced":
        arguments["start"] = {k: {a: below(k, a) / actions(k) for a in row} for k, row in shape.policy.items()}
    compare(root, 2, name, arguments, weights=weights, averaging="last")


def test_entropic_leader_and_mirror_descent_are_one_where_the_step_is_constant():
    """For Legendre regularisers lazy and agile projections agree (McMahan 2017, section 6)."""
    game = ludus.make("leduc_poker")
    one, two = (solvers.solve(game, a, iterations=60, eta=5.0, decay=0.0) for a in ("ftrl", "omd"))
    assert one.policy.probabilities == pytest.approx(two.policy.probabilities, abs=1e-9)


def test_exp_and_log_are_accurate():
    x = np.linspace(-705, 700, 20_001)
    ours = np.array([_mirror.exp(v) for v in x])
    assert np.abs(ours / np.exp(x) - 1).max() < 1e-15
    assert np.abs(np.array([_mirror.log(v) for v in ours]) - x).max() < 1e-12
    near = np.linspace(0.5, 2.0, 10_001)
    assert np.abs(np.array([_mirror.log(v) for v in near]) - np.log(near)).max() < 3e-16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"algorithm": "ftrl", "regulariser": "entropic"}, "regulariser must be one of 'entropy', 'euclidean'"),
        ({"algorithm": "omd", "weights": "heavy"}, "weights must be one of 'equal', 'growing', 'balanced'"),
        ({"algorithm": "mmd", "eta": 0.0}, "eta must be a number above 0"),
        ({"algorithm": "ftrl", "eta": -1.0}, "eta must be a number above 0"),
        ({"algorithm": "mmd", "alpha": -1.0}, "alpha must be a number of at least 0"),
        ({"algorithm": "mmd-aqre", "alpha": 0.0}, "alpha must be positive"),
        ({"algorithm": "reg-domd", "shrink": 0}, "shrink must be at least 1"),
        ({"algorithm": "r-nad", "period": 0}, "period must be at least 1"),
        ({"algorithm": "mmd-moving", "drift": 2.0}, "drift must be above 0 and at most 1"),
    ],
)
def test_bad_options_get_one_clear_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        solvers.solve(ludus.make("kuhn_poker"), **arguments)


@pytest.mark.parametrize("name", ["reg-domd", "reg-cfr", "r-nad", "ed", "cfr-br"])
def test_zero_sum_methods_refuse_other_games(name):
    with pytest.raises(ValueError, match="zero-sum"):
        solvers.solve(ludus.make("shapley"), name)
    with pytest.raises(ValueError, match="two players"):
        solvers.solve(ludus.make("kuhn_poker(players=3)"), name)


def test_every_weighting_sums_to_what_it_must():
    tree = ludus.make("random_game(seed=4)").tree()
    weights, start = mirror.information_set_weights(tree, "balanced")
    inner = tree.sequence_infoset >= 0
    sums = np.bincount(tree.sequence_infoset[inner], weights=start[inner])
    assert sums == pytest.approx(np.ones(tree.num_infosets))
    assert (weights > 0).all()
