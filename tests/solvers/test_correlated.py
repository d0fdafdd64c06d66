"""Correlated equilibria of trees, against enumeration, matrix games, Bell's inequality and OpenSpiel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference.slow_correlated import SlowCorrelation
from scipy.optimize import linprog

import ludus
from ludus import solvers
from ludus.games.game import StateGame
from ludus.solvers import CorrelationPlan, correlated, incentive_gap, incentives
from ludus.solvers.tree.correlated import Program
from ludus.solvers.tree.correlation_plan import relevant_pairs

CONCEPTS = ("nfcce", "efcce", "efce")
"""From the largest set of equilibria to the smallest."""


class Private(ludus.State):
    """Chance tells each player a type; the first player acts, then the second, who sees the action or does not."""

    num_players, num_actions = 2, 2

    def __init__(self, odds, payoffs, seen, types=None, moves=()):
        self.odds, self.payoffs, self.seen, self.types, self.moves = odds, payoffs, seen, types, moves

    def to_move(self):
        if self.types is None:
            return (ludus.CHANCE,)
        return (len(self.moves),) if len(self.moves) < 2 else ()

    def chance(self):
        return list(enumerate(self.odds.ravel().tolist())) if self.types is None else []

    def actions(self, player):
        return range(self.payoffs.shape[3 + player])

    def apply(self, action):
        if self.types is None:
            return Private(self.odds, self.payoffs, self.seen, divmod(action, self.odds.shape[1]))
        return Private(self.odds, self.payoffs, self.seen, self.types, (*self.moves, action))

    def returns(self):
        return self.payoffs[(slice(None), *self.types, *self.moves)].tolist() if len(self.moves) == 2 else [0.0, 0.0]

    def info(self, player):
        return self.types[player], *(self.moves if self.seen and player == 1 else ())


def private_game(odds, payoffs, seen):
    """odds: float64[T0, T1]; payoffs: float64[2, T0, T1, A0, A1]."""
    odds = np.asarray(odds, np.float64)
    return StateGame.of(lambda: Private(odds, np.asarray(payoffs, np.float64), seen), id="private")


@st.composite
def private_games(draw):
    """Random ones, small enough to enumerate: in most the consistency constraints do not suffice."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    seen = draw(st.booleans())
    types = (2, 1) if seen else (2, 2)
    payoffs = rng.integers(-4, 5, (2, *types, 2, 2)).astype(float)
    return private_game(
        rng.dirichlet(np.ones(types[0] * types[1])).reshape(types) * 0.9 + 0.1 / (types[0] * types[1]), payoffs, seen
    )


@st.composite
def small_trees(draw, chance=(0.0, 0.3)):
    """Random general-sum trees with few pure strategies."""
    seed, depth = draw(st.integers(0, 2**32 - 1)), draw(st.integers(2, 4))
    share = draw(st.sampled_from(chance))
    game = ludus.make("random_game", seed=seed, depth=depth, actions=2, chance=share, merge=0.8, zero_sum=False)
    assume(game.tree().num_infosets > 1 and 2.0 ** game.tree().num_infosets <= 256)
    return game


def check_against_enumeration(game, weights):
    slow = SlowCorrelation(game.root())
    objective = "maximin" if weights is None else weights
    exact = relevant_pairs(game.tree()).triangle_free
    for concept in CONCEPTS:
        found, best = correlated(game, concept, objective), slow.optimum(concept, weights)
        assert found.objective == pytest.approx(best, abs=1e-8 if exact else 1e-5)
        assert best - 1e-8 <= found.bound <= best + (1e-8 if exact else 1e-5)
        assert found.gap <= 1e-8
        assert found.exact == exact


WEIGHTS = st.sampled_from([(1.0, 1.0), (1.0, 0.0), (-1.0, 2.0), (0.0, 0.0), None])


@settings(max_examples=40, deadline=None)
@given(game=small_trees(), weights=WEIGHTS)
def test_optimum_of_random_trees_by_enumeration(game, weights):
    check_against_enumeration(game, weights)


@settings(max_examples=25, deadline=None)
@given(game=private_games(), weights=WEIGHTS)
def test_optimum_with_private_chance_by_enumeration(game, weights):
    check_against_enumeration(game, weights)


def test_optimum_of_a_small_sheriff_by_enumeration():
    check_against_enumeration(ludus.make("openspiel/sheriff(max_items=2,max_bribe=1,num_rounds=1)"), (1.0, 1.0))


@settings(max_examples=30, deadline=None)
@given(game=small_trees(chance=(0.0, 0.3, 0.5)), seed=st.integers(0, 2**32 - 1))
def test_gaps_of_any_distribution_by_enumeration(game, seed):
    slow, tree = SlowCorrelation(game.root()), game.tree()
    rng = np.random.default_rng(seed)
    distribution = rng.dirichlet(np.full(slow.joint, 0.1)).reshape(len(slow.plans[0]), -1)
    policies, weights = [], []
    for (i, j), weight in np.ndenumerate(distribution):
        policies.append(ludus.Policy.from_dict(tree, slow.profile(i, j)))
        weights.append(weight)
    plan = CorrelationPlan.mixture(policies, weights)
    assert plan.values == pytest.approx((slow.payoffs * distribution).sum(axis=(1, 2)), abs=1e-12)
    for concept in CONCEPTS:
        assert incentive_gap(game, plan, concept) == pytest.approx(slow.gap(concept, distribution), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), depth=st.integers(1, 7), merge=st.sampled_from([0.0, 0.5, 0.9]))
def test_games_without_chance_are_triangle_free(seed, depth, merge):
    """Farina & Sandholm 2020, theorem 3; and there a finer concept never has the larger optimum."""
    tree = ludus.make("random_game", seed=seed, depth=depth, chance=0.0, merge=merge, zero_sum=False).tree()
    assert relevant_pairs(tree).triangle_free
    if depth <= 5:
        coarse, middle, fine = (correlated(tree, concept) for concept in CONCEPTS)
        assert coarse.objective >= middle.objective - 1e-8
        assert middle.objective >= fine.objective - 1e-8
        for concept in CONCEPTS:
            assert incentive_gap(tree, fine.plan, concept) <= 1e-8
        assert incentive_gap(tree, middle.plan, "nfcce") <= 1e-8


@pytest.mark.parametrize("game", ["goofspiel(cards=3)", "openspiel/sheriff(max_items=2,max_bribe=2,num_rounds=2)"])
def test_games_with_public_chance_are_triangle_free(game):
    assert relevant_pairs(ludus.make(game).tree()).triangle_free


@pytest.mark.parametrize("game", ["kuhn_poker", "leduc_poker", "liars_dice(faces=2)"])
def test_private_deals_make_triangles(game):
    assert not relevant_pairs(ludus.make(game).tree()).triangle_free


@pytest.mark.parametrize("seed", range(8))
def test_no_nash_equilibrium_is_better(seed, tmp_path):
    import pygambit

    game = ludus.make("random_game", seed=seed, depth=4, actions=2, chance=0.2, merge=0.7, zero_sum=False)
    ludus.save(game, tmp_path / "game.efg")
    theirs = pygambit.read_efg(str(tmp_path / "game.efg"))
    welfare = [float(x.payoff("Player 1") + x.payoff("Player 2")) for x in nash_equilibria(pygambit, theirs)]
    assert welfare
    for concept in CONCEPTS:
        assert correlated(game, concept).bound >= max(welfare) - 1e-7


def nash_equilibria(pygambit, game):
    return pygambit.nash.lcp_solve(game, rational=False, use_strategic=True).equilibria


@pytest.mark.parametrize("game", ["goofspiel(cards=3)", "kuhn_poker", "random_game(seed=5,depth=5)"])
def test_zero_sum_games_pay_their_value_and_marginals_are_optimal(game):
    """In zero-sum games the marginals of a coarse correlated equilibrium are minimax strategies."""
    tree = ludus.make(game).tree()
    solution = solvers.solve(tree, "lp")
    for concept in CONCEPTS:
        found = correlated(tree, concept, [1.0, 0.0])
        assert found.values == pytest.approx([solution.value, -solution.value], abs=1e-8)
        assert solvers.nash_conv(tree, found.plan.marginals()) <= 1e-7
        assert incentive_gap(tree, CorrelationPlan.mixture([solution.policy]), concept) <= 1e-8


def matrix_optimum(payoffs, coarse):
    """The best welfare of a (coarse) correlated equilibrium of a two-player matrix game."""
    first, second = payoffs
    rows = []
    for own, turn in ((first, lambda a: a), (second.T, np.transpose)):
        for instead in range(len(own)):
            gain = own[instead] - own
            parts = [gain] if coarse else [gain * (np.arange(len(own)) == told)[:, None] for told in range(len(own))]
            rows += [turn(part).ravel() for part in parts]
    n = first.size
    found = linprog(-(first + second).ravel(), np.array(rows), np.zeros(len(rows)), np.ones((1, n)), [1.0])
    return -found.fun


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 4), columns=st.integers(1, 4))
def test_matrix_games(seed, rows, columns):
    payoffs = np.random.default_rng(seed).integers(-5, 6, (2, rows, columns)).astype(float)
    game = ludus.MatrixGame(*payoffs)
    for concept in ("efce", "ce"):
        assert correlated(game, concept).objective == pytest.approx(matrix_optimum(payoffs, False), abs=1e-8)
    for concept in ("efcce", "nfcce", "cce"):
        assert correlated(game, concept).objective == pytest.approx(matrix_optimum(payoffs, True), abs=1e-8)


def test_known_matrix_games():
    """Aumann 1974: in this game of chicken 10.5 is the most; battle of the sexes by tossing a coin."""
    assert correlated(ludus.MatrixGame([[6, 2], [7, 0]], [[6, 7], [2, 0]])).objective == pytest.approx(10.5, abs=1e-9)
    fair = correlated(ludus.MatrixGame([[2, 0], [0, 1]], [[1, 0], [0, 2]]), "efce", "maximin")
    assert fair.values == pytest.approx([1.5, 1.5], abs=1e-9)


def test_signalling_game_of_von_stengel_and_forges():
    """Section 2.3 of their paper: every Nash equilibrium pays (0, 6), this extensive-form correlated one (3.5, 6.5)."""
    types, answers = [[4.0, 10.0], [0.0, 6.0]], [[6.0, 0.0], [0.0, 6.0]]
    payoffs = np.zeros((2, 2, 1, 2, 2))
    for kind, row in enumerate((types, answers)):
        for answer in range(2):
            payoffs[:, kind, 0, :, answer] = np.array(row[answer])[:, None]
    game = private_game([[0.5], [0.5]], payoffs, True)
    tree = game.tree()
    assert not relevant_pairs(tree).triangle_free
    policies = []
    for good in range(2):
        for bad in range(2):
            accept = {x: {0: float(x == good), 1: float(x != good)} for x in range(2)}
            table = {(0, (0,)): {good: 1.0}, (0, (1,)): {bad: 1.0}, **{(1, (0, x)): accept[x] for x in range(2)}}
            policies.append(ludus.Policy.from_dict(tree, table))
    plan = CorrelationPlan.mixture(policies)
    assert plan.values == pytest.approx([3.5, 6.5], abs=1e-12)
    assert incentive_gap(game, plan, "efce") <= 1e-12
    assert incentive_gap(game, plan, "efcce") <= 1e-12
    found = correlated(game, "efce")
    assert found.gap <= 1e-8
    assert found.objective >= 10.0 - 1e-6
    assert correlated(game, "efce", [1.0, 0.0]).objective >= 3.5 - 1e-6


def test_bells_inequality():
    """Both want their answers to differ exactly where both types are 1. A mediator who does not know the types can
    have it in 3 of 4 cases (Clauser, Horne, Shimony & Holt 1969); the consistency constraints alone, which ask only
    that nobody learns the other's type, allow it always (Popescu & Rohrlich 1994)."""
    payoffs = np.zeros((2, 2, 2, 2, 2))
    for s, t, a, b in np.ndindex(2, 2, 2, 2):
        payoffs[:, s, t, a, b] = float((a ^ b) == (s & t))
    game = private_game(np.full((2, 2), 0.25), payoffs, False)
    for concept in CONCEPTS:
        found = correlated(game, concept)
        relaxed = Program(relevant_pairs(game.tree()), concept, np.ones(2)).relaxed()
        assert relaxed.cost == pytest.approx(-2.0, abs=1e-8)
        assert found.objective == pytest.approx(1.5, abs=1e-8)
        assert found.bound == pytest.approx(1.5, abs=1e-5)
        assert found.gap <= 1e-8


@pytest.mark.parametrize("name", ["kuhn_poker", "sheriff(max_items=2,max_bribe=2,num_rounds=2)"])
def test_coarse_gap_equals_openspiels(name):
    import pyspiel

    game = ludus.make(f"openspiel/{name}")
    tree = game.tree()
    policies = [ludus.Policy.random(tree, seed=k) for k in range(4)]
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    device = [
        (w, pyspiel.TabularPolicy({key: list(row.items()) for (_, key), row in policy.items()}))
        for w, policy in zip(weights.tolist(), policies)
    ]
    found = incentives(game, CorrelationPlan.mixture(policies, weights), "nfcce")
    theirs = pyspiel.cce_dist(game.inner, device)
    assert found.deviate == pytest.approx(theirs.best_response_values, abs=1e-9)
    assert found.follow == pytest.approx(theirs.on_policy_values, abs=1e-9)
    assert found.gain.sum() == pytest.approx(theirs.dist_value, abs=1e-9)


def test_play_of_regret_minimisers_is_a_coarse_equilibrium_in_the_limit():
    """The coarse gap of the joint play of regret minimisers is the larger of the two average regrets (Hart & Mas-Colell
    2000), here in a game that is not zero-sum."""
    tree = ludus.make("random_game", seed=3, depth=4, zero_sum=False, chance=0.3).tree()
    snapshots = [s.policy for s, _ in zip(solvers.iterate(tree, "cfr", every=1, averaging="last"), range(400))]
    gaps = [incentive_gap(tree, CorrelationPlan.mixture(snapshots[:n]), "nfcce") for n in (25, 100, 400)]
    assert gaps[2] <= gaps[0] / 3
    assert gaps[2] <= 0.02


def test_few_columns_give_a_plan_and_what_is_left():
    game = ludus.make("random_game", seed=2, depth=7, chance=0.4, merge=0.8, zero_sum=False)
    rough, found = (correlated(game, "nfcce", columns=n, seconds=600) for n in (3, 1000))
    assert not found.exact
    assert rough.columns == 3 < found.columns
    assert rough.gap <= 1e-8
    assert rough.objective < found.objective <= found.bound <= rough.bound
    assert found.bound - found.objective <= 1e-6
    with pytest.raises(ArithmeticError, match="1 columns are too few.*none has an objective above"):
        correlated(game, "nfcce", columns=1)


def test_too_few_seconds_are_one_clear_error():
    with pytest.raises(ArithmeticError, match="seconds"):
        correlated(ludus.make("random_game", seed=2, depth=7, chance=0.4, merge=0.8, zero_sum=False), seconds=1e-6)


def test_bad_input():
    with pytest.raises(ValueError, match="'efce', 'efcce', 'nfcce'"):
        correlated("kuhn_poker", "efc")
    with pytest.raises(ValueError, match="one information set"):
        correlated("kuhn_poker", "ce")
    with pytest.raises(ValueError, match="welfare"):
        correlated("kuhn_poker", "efce", "welfair")
    with pytest.raises(ValueError, match="two finite weights"):
        correlated("kuhn_poker", "efce", [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="two players"):
        correlated("kuhn_poker(players=3)")
    with pytest.raises(ValueError, match="columns"):
        correlated("kuhn_poker", columns=0)
    with pytest.raises(ValueError, match="seconds must be positive"):
        correlated("kuhn_poker", seconds=0)
    with pytest.raises(ValueError, match="'max_entropy' is for matrix games"):
        correlated("kuhn_poker", "efce", "max_entropy")
    tree = ludus.make("kuhn_poker").tree()
    plan = CorrelationPlan.mixture([ludus.Policy.uniform(tree)])
    with pytest.raises(ValueError, match="another game"):
        incentive_gap("liars_dice(faces=2)", plan)
    with pytest.raises(TypeError, match="CorrelationPlan"):
        incentive_gap(tree, ludus.Policy.uniform(tree))
    with pytest.raises(ValueError, match="consistency"):
        CorrelationPlan(tree, plan.mass * 0.9)
    with pytest.raises(ValueError, match="shape"):
        CorrelationPlan(tree, plan.mass[1:])
    with pytest.raises(ValueError, match="negative"):
        CorrelationPlan(tree, np.where(np.arange(len(plan.mass)) == 3, -0.1, plan.mass))
    with pytest.raises(ValueError, match="weights"):
        CorrelationPlan.mixture([ludus.Policy.uniform(tree)], [-1.0])
    with pytest.raises(ValueError, match="at least one"):
        CorrelationPlan.mixture([])
