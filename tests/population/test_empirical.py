"""Empirical games against brute force over whole tensors, closed forms, and games whose answers are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus
from ludus.population import budgeting, empirical, reductions
from ludus.population.empirical import EmpiricalGame

RPS = ludus.MatrixGame([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])


def symmetric_tensor(players, actions, rng):
    """A random symmetric game: own action and the multiset of the others' decide."""
    tensor, table = np.empty((players, *[actions] * players)), {}
    for joint in np.ndindex(*tensor.shape[1:]):
        for p in range(players):
            key = (joint[p], tuple(sorted(joint[:p] + joint[p + 1 :])))
            tensor[(p, *joint)] = table.setdefault(key, rng.standard_normal())
    return tensor


def brute_deviations(tensor, mixtures):
    """Each player's payoff of each action against the others' mixtures, by summing over all joint actions."""
    out = []
    for p in range(len(mixtures)):
        value = np.zeros(len(mixtures[p]))
        for joint in np.ndindex(*tensor.shape[1:]):
            weight = np.prod([mixtures[q][joint[q]] for q in range(len(mixtures)) if q != p])
            value[joint[p]] += weight * tensor[(p, *joint)]
        out.append(value)
    return out


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), players=st.integers(2, 4), actions=st.integers(1, 3))
def test_deviation_payoffs_are_those_of_the_whole_tensor(seed, players, actions):
    rng = np.random.default_rng(seed)
    tensor = symmetric_tensor(players, actions, rng)
    x = rng.dirichlet(np.ones(actions))
    game = EmpiricalGame.from_matrix(ludus.MatrixGame(*tensor), symmetric=True)
    assert len(game.profiles) == game.num_profiles
    expected = brute_deviations(tensor, [x] * players)[0]
    np.testing.assert_allclose(game.deviation_payoffs(x), expected, atol=1e-12)
    assert game.regret(x) == pytest.approx((expected - x @ expected).max(), abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_games_with_a_role_for_each_player(seed):
    rng = np.random.default_rng(seed)
    tensor = rng.standard_normal((3, 2, 3, 2))
    mixtures = [rng.dirichlet(np.ones(n)) for n in (2, 3, 2)]
    game = EmpiricalGame.from_matrix(ludus.MatrixGame(*tensor))
    np.testing.assert_allclose(
        game.deviation_payoffs(np.concatenate(mixtures)), np.concatenate(brute_deviations(tensor, mixtures)), atol=1e-12
    )


def test_samples_add_up():
    rng = np.random.default_rng(0)
    names = {"buyers": (2, ["low", "high"]), "seller": (1, ["shut", "open"])}
    strategies = np.stack([rng.integers(0, 2, 60), rng.integers(0, 2, 60), rng.integers(2, 4, 60)], axis=1)
    payoffs = rng.standard_normal((60, 3))
    whole = EmpiricalGame.empty(names).with_samples(strategies, payoffs)
    parts = EmpiricalGame.empty(names)
    for cut in (slice(0, 7), slice(7, 8), slice(8, 60)):
        parts = parts.with_samples(strategies[cut], payoffs[cut])
    for a, b in zip(
        (whole.profiles, whole.count, whole.mean, whole.variance),
        (parts.profiles, parts.count, parts.mean, parts.variance),
    ):
        np.testing.assert_allclose(a, b, atol=1e-12)
    mine = (np.sort(strategies[:, :2], axis=1) == [0, 0]).all(axis=1) & (strategies[:, 2] == 3)
    k = whole.profiles.tolist().index([2, 0, 0, 1])
    assert whole.count[k].tolist() == [mine.sum(), 0, 0, mine.sum()]
    each = payoffs[mine, :2].mean(axis=1)
    assert whole.mean[k, 0] == pytest.approx(each.mean())
    assert whole.variance[k, 0] == pytest.approx(each.var(ddof=1))
    assert np.isnan(whole.mean[k, 1])
    assert whole.strategies[3] == ("seller", "open")
    assert whole.num_profiles == 3 * 2


def test_equilibria_of_known_games():
    (only,) = empirical.equilibria(EmpiricalGame.from_matrix(RPS, symmetric=True))
    np.testing.assert_allclose(only.mixture, 1 / 3, atol=1e-4)
    assert only.regret < 1e-3
    # hawk and dove, prize 2, fight 4 (Maynard Smith): a hawk with probability ½
    hawk = ludus.MatrixGame([[-1, 2], [0, 1]], [[-1, 0], [2, 1]])
    (mixed,) = empirical.equilibria(EmpiricalGame.from_matrix(hawk, symmetric=True))
    np.testing.assert_allclose(mixed.mixture, 0.5, atol=1e-4)
    # three volunteers, cost ½ of the good: nobody volunteers with probability (c/b)^(1/(n-1)) (Diekmann 1985)
    tensor = np.empty((3, 2, 2, 2))
    for joint in np.ndindex(2, 2, 2):
        tensor[(slice(None), *joint)] = [1.0 * (0 in joint) - 0.5 * (a == 0) for a in joint]
    found = empirical.equilibria(EmpiricalGame.from_matrix(ludus.MatrixGame(*tensor), symmetric=True))
    assert any(abs(e.mixture[1] - 0.5**0.5) < 1e-3 for e in found)
    # a game of two roles, matching pennies
    pennies = EmpiricalGame.from_matrix(ludus.make("matching_pennies"))
    assert all(np.abs(e.mixture - 0.5).max() < 1e-3 for e in empirical.equilibria(pennies))
    assert empirical.equilibria(pennies)


def test_from_logs_and_leagues():
    with ludus.League("kuhn_poker") as league:
        for seed in range(3):
            league.add(f"table {seed}", ludus.Policy.random("kuhn_poker", seed))
        league.run(3000, seed=1)
        game = EmpiricalGame.from_league(league)
        by_seat = EmpiricalGame.from_league(league, roles=["first", "second"])
        table = league.payoffs()
    assert [name for _, name in game.strategies] == list(table.names)
    for row, counts in enumerate(game.profiles):
        i, j = np.flatnonzero(counts)
        assert game.count[row, i] == table.count[i, j]
        assert game.mean[row, i] == pytest.approx(table.mean[i, j])
        assert game.variance[row, j] == pytest.approx(table.variance[j, i])
    assert len(game.missing()) == 3  # nobody has met itself
    assert np.isnan(game.regret([0.5, 0.5, 0]))
    assert by_seat.roles == (
        empirical.Role("first", 1, table.names),
        empirical.Role("second", 1, table.names),
    )


def congestion(counts, own):
    """A player's payoff: minus the players on its road, roads of different length."""
    return -(1.0 + own) * counts[own]


def whole_congestion(players, roads):
    game = EmpiricalGame.empty({"drivers": (players, [f"road {r}" for r in range(roads)])})
    return game.simulate(
        lambda rows, rng: np.array([[congestion(np.bincount(row, minlength=roads), a) for a in row] for row in rows]),
        game.all_profiles(),
        1,
    )


def test_reductions_by_hand():
    game = whole_congestion(4, 2)
    small = reductions.deviation_preserving(game, {"drivers": 2})
    at = {tuple(p): small.mean[k].tolist() for k, p in enumerate(small.profiles.tolist())}
    # one driver and one that stands for three
    assert at[1, 1] == [-1.0, -2.0]
    assert at[2, 0][0] == -4.0
    assert at[0, 2][1] == -8.0
    assert small.roles[0].players == 2
    coarse = reductions.hierarchical(game, {"drivers": 2})
    at = {tuple(p): coarse.mean[k].tolist() for k, p in enumerate(coarse.profiles.tolist())}
    assert at[1, 1] == [-2.0, -4.0]
    assert at[2, 0][0] == -4.0
    needed = reductions.required_profiles(game, {"drivers": 2})
    assert sorted(map(tuple, needed.tolist())) == [(0, 4), (1, 3), (3, 1), (4, 0)]
    assert reductions.required_profiles(game, {"drivers": 2}, "hierarchical").tolist() == [[0, 4], [2, 2], [4, 0]]


def test_reduction_to_all_players_changes_nothing():
    game = whole_congestion(3, 3)
    for same in (reductions.deviation_preserving(game, {}), reductions.hierarchical(game, {"drivers": 3})):
        x = np.array([0.2, 0.3, 0.5])
        np.testing.assert_allclose(same.deviation_payoffs(x), game.deviation_payoffs(x))


def test_deviation_preserving_reduction_keeps_pure_regrets():
    # in a symmetric pure profile a deviation of one reduced player is one of one real player
    game = whole_congestion(7, 2)
    small = reductions.deviation_preserving(game, {"drivers": 3})
    for pure in np.eye(2):
        assert small.regret(pure) == pytest.approx(game.regret(pure))


def noisy(table, sigma):
    """A simulator of a symmetric game of two with normal noise."""

    def play(rows, rng):
        mean = np.stack([table[rows[:, 0], rows[:, 1]], table[rows[:, 1], rows[:, 0]]], axis=1)
        return mean + sigma * rng.standard_normal(rows.shape)

    return play


def test_bootstrap_covers_the_true_regret():
    table = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    empty = EmpiricalGame.empty({"all": (2, ["rock", "paper", "scissors"])})
    x, covered, rng = np.array([0.6, 0.2, 0.2]), 0, np.random.default_rng(0)
    true = (table @ x).max() - x @ table @ x
    for _ in range(100):
        game = empty.simulate(noisy(table, 1.0), empty.all_profiles(), 25, rng)
        low, high = budgeting.bootstrap(game, x, resamples=100, seed=rng).interval
        covered += low <= true <= high
    # the regret's maximum is taken clearly by one strategy here, so 95 % holds: 100 trials, three standard errors
    assert covered >= 88
    more = empty.simulate(noisy(table, 1.0), empty.all_profiles(), 2500, rng)
    wide, narrow = (budgeting.bootstrap(g, x, seed=1).regrets.std() for g in (game, more))
    assert wide / narrow == pytest.approx(10, rel=0.4)
    equilibrium = budgeting.bootstrap(more, np.full(3, 1 / 3), resamples=5, resolve=True, seed=1).equilibria
    np.testing.assert_allclose(equilibrium, 1 / 3, atol=0.1)


def test_budget_goes_by_weight_times_deviation():
    # against the pure first strategy only the profiles (2, 0) and (1, 1) matter; the second is three times as noisy
    game = EmpiricalGame.empty({"all": (2, ["a", "b"])})
    rng = np.random.default_rng(0)
    values = {(2, 0): 1.0, (1, 1): 3.0, (0, 2): 100.0}
    for profile, sigma in values.items():
        draws = rng.standard_normal(10)
        draws = sigma * (draws - draws.mean()) / draws.std(ddof=1)
        players = np.repeat([np.repeat([0, 1], profile)], 10, axis=0)
        game = game.with_samples(players, np.stack([draws, draws], axis=1))
    plan = {tuple(p.tolist()): n for p, n in budgeting.allocate(game, [1.0, 0.0], 380)}
    assert plan == {(2, 0): 90, (1, 1): 290}  # 100 and 300 with the ten that each has
    even = {tuple(p.tolist()): n for p, n in budgeting.allocate(game, [1.0, 0.0], 30, "uniform")}
    assert even == {(2, 0): 10, (1, 1): 10, (0, 2): 10}
    empty = EmpiricalGame.empty({"all": (2, ["a", "b"])})
    assert sum(n for _, n in budgeting.allocate(empty, [0.5, 0.5], 10)) == 10


def test_sampling_finds_the_equilibrium():
    table = np.array([[0.0, -1, 1, 2], [1, 0, -1, 2], [-1, 1, 0, 2], [-2, -2, -2, 0]])
    empty = EmpiricalGame.empty({"all": (2, ["rock", "paper", "scissors", "lose"])})
    game, best = next(itertools.islice(budgeting.refine(empty, noisy(table, 0.5), batch=500, seed=3), 3, None))
    assert best is not None
    np.testing.assert_allclose(best.mixture, [1 / 3, 1 / 3, 1 / 3, 0], atol=0.1)
    assert int(game.count.max(axis=1).sum()) == 2000
    twice = game.profiles.tolist().index([0, 0, 0, 2])
    assert game.count[twice].max() < 2000 / len(game.profiles)  # nobody needs to know how the losers fare


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EmpiricalGame.empty({}), "at least one role"),
        (lambda: EmpiricalGame.empty({"a": (0, ["x"])}), "'a' needs at least 1 player, got 0"),
        (lambda: EmpiricalGame.empty({"a": (1, ["x", "x"])}), "different names"),
        (lambda: EmpiricalGame.from_matrix(ludus.MatrixGame([[1, 2], [3, 4]]), symmetric=True), "not symmetric"),
        (lambda: EmpiricalGame.from_matrix(RPS).regret([1, 0, 0, 1, 1, 0]), "sum to 1"),
        (lambda: EmpiricalGame.from_matrix(RPS).with_samples([[0, 1]], [[0.0, 0.0]]), "of the player's role"),
        (lambda: EmpiricalGame.from_matrix(RPS).with_samples([[0]], [[0.0]]), r"shape \[M, 2\]"),
        (lambda: EmpiricalGame.from_matrix(RPS).with_samples([[0, 3]], [[0.0, np.nan]]), "finite"),
        (lambda: empirical.equilibria(EmpiricalGame.empty({"a": (2, ["x"])})), "profiles are missing"),
        (lambda: reductions.hierarchical(whole_congestion(3, 2), {"drivers": 2}), "cannot be shared among 2"),
        (lambda: reductions.deviation_preserving(whole_congestion(4, 2), {"drivers": 3}), "cannot be shared among 2"),
        (lambda: reductions.deviation_preserving(whole_congestion(3, 2), {"cars": 2}), "no role 'cars'"),
        (lambda: budgeting.allocate(whole_congestion(3, 2), [0.5, 0.5], 0), "budget must be an integer"),
        (lambda: budgeting.bootstrap(whole_congestion(3, 2), [0.5, 0.5]), "no cell has two samples"),
        (lambda: EmpiricalGame.from_log(ludus.MatchLog.from_arrays(winners=[0], losers=[1])), "matches and scores"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
