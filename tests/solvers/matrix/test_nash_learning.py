"""Learners: proven bounds against adversaries, values of zero-sum games; sampled descent on bigger tensors."""

from __future__ import annotations

import numpy as np
import pytest

import ludus
from ludus.solvers import nash, no_regret

RUNS = [
    ("regret_matching", {}),
    ("regret_matching", {"plus": True}),
    ("regret_matching", {"optimistic": True}),
    ("regret_matching", {"plus": True, "optimistic": True}),
    ("hedge", {}),
    ("hedge", {"optimistic": True}),
    ("fictitious_play", {}),
]


@pytest.mark.parametrize(("method", "options"), RUNS, ids=str)
def test_learners_reach_the_value_of_asymmetric_zero_sum_games(method, options):
    rng = np.random.default_rng(0)
    for shape in ((2, 3), (5, 4), (7, 9)):
        payoffs = rng.normal(size=shape)
        value = nash(payoffs, "lp")[0].payoffs[0]
        (profile,) = nash(payoffs, method, rounds=300_000, **options)
        spread = np.ptp(payoffs)
        assert profile.regret <= 5e-3 * spread
        assert abs(profile.payoffs[0] - value) <= 5e-3 * spread


def sequences(rounds, actions):
    rng = np.random.default_rng(1)
    yield rng.random((rounds, actions))
    yield np.eye(actions)[np.arange(rounds) % actions]  # whoever follows the leader is always late
    yield np.eye(actions)[np.repeat(np.arange(actions), -(-rounds // actions))[:rounds]]
    yield 5.0 * rng.integers(0, 2, (rounds, actions)) - 100.0


def adversary(rule, rounds, actions):
    """Pays what the learner is least likely to play: built round by round, against deterministic learners."""
    table = np.zeros((rounds, actions))
    for t in range(rounds):
        strategies, _ = no_regret(table[: t + 1], rule, rate=np.sqrt(8 * np.log(actions) / rounds))
        table[t, strategies[t].argmin()] = 1.0
    return table


@pytest.mark.parametrize("rule", ["regret_matching", "regret_matching+", "hedge"])
@pytest.mark.parametrize("actions", [2, 7])
def test_regret_stays_within_the_proven_bound(rule, actions):
    rounds = 2000
    tables = [*sequences(rounds, actions), adversary(rule, 200, actions)]
    for table in tables:
        count, spread = len(table), np.ptp(table)
        strategies, regret = no_regret(table, rule)
        bound = spread * np.sqrt(count * np.log(actions) / 2 if rule == "hedge" else count * actions)
        assert regret <= bound
        assert np.abs(strategies.sum(axis=1) - 1.0).max() < 1e-12
        assert regret == pytest.approx(table.sum(axis=0).max() - (table * strategies).sum())


def test_regret_matching_by_hand():
    """Against payoffs (1, 0), (0, 3): uniform, then all on the first action, which is then regretted."""
    strategies, _ = no_regret([[1.0, 0.0], [0.0, 3.0], [0.0, 0.0]])
    assert strategies[0].tolist() == [0.5, 0.5]
    assert strategies[1].tolist() == [1.0, 0.0]  # regrets 1/2, -1/2
    assert strategies[2] == pytest.approx([0.5 / 3.0, 2.5 / 3.0])  # 1/2 + 0, -1/2 + 3
    with pytest.raises(ValueError, match="no rule"):
        no_regret([[1.0]], "follow_the_leader")


def test_a_target_stops_early_and_potential_games_converge():
    rng = np.random.default_rng(2)
    common = rng.random((3, 3, 3))
    (profile,) = nash(np.stack([common] * 3), "fictitious_play", rounds=100_000, target=1e-3)
    assert profile.regret <= 1e-3
    with pytest.raises(ValueError, match="rounds must be"):
        nash("chicken", "hedge", rounds=0)


def test_shapley_cycles_under_fictitious_play():
    """Shapley 1964: fictitious play does not converge there, unless it starts symmetrically: here it does not."""
    payoffs = ludus.make("shapley").payoffs.copy()
    payoffs[0, 2] += 0.01
    (profile,) = nash(payoffs, "fictitious_play", rounds=200_000)
    assert profile.regret > 0.02


@pytest.mark.parametrize("shape", [(4, 3), (3, 3, 3), (4, 4, 4, 4)])
def test_adidas_comes_near_an_equilibrium(shape):
    payoffs = np.random.default_rng(3).random((len(shape), *shape))
    (profile,) = nash(payoffs, "adidas", iterations=20_000, seed=1)
    assert profile.regret <= 0.05
    (again,) = nash(payoffs, "adidas", iterations=20_000, seed=1)
    assert all((a == b).all() for a, b in zip(profile, again))
