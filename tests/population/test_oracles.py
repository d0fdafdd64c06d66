"""Oracles: exact ones against the solvers, learners against exact ones."""

from __future__ import annotations

import numpy as np
import pytest

import ludus
from ludus import solvers
from ludus.population.facing import facing, plans_of
from ludus.population.functional_games import disc, elo
from ludus.population.oracles import (
    ORACLES,
    CallableOracle,
    EvolutionStrategies,
    Exact,
    Oracle,
    QLearning,
    VectorAgent,
    find_oracle,
)


@pytest.fixture(scope="module")
def kuhn():
    return ludus.make("kuhn_poker")


@pytest.fixture(scope="module")
def three():
    return ludus.make("kuhn_poker(players=3)")


def member(game, seed):
    return ludus.TabularAgent(ludus.Policy.random(game, seed), game=game)


def value_against(game, state, player, opponents, weights):
    """The trained player's expected payoff, match by match of the mixture, through `expected_values`."""
    own, total = ludus.Policy(game, state["probabilities"]), 0.0
    for opponent, weight in zip(opponents, weights):
        seats = opponent if isinstance(opponent, list) else [opponent] * game.num_players
        profile = [own if p == player else agent.policy for p, agent in enumerate(seats)]
        total += weight * solvers.expected_values(game, ludus.Policy.combine(profile))[player]
    return total


@pytest.mark.parametrize("player", [0, 1])
def test_exact_is_the_best_response(player):
    game = ludus.make("leduc_poker")
    policy = ludus.Policy.random(game, 3)
    state = Exact().train(game, Exact().start(game), player, [ludus.TabularAgent(policy, game=game)], [1.0])
    best, _ = solvers.best_response(game, policy, player)
    assert value_against(game, state, player, [ludus.TabularAgent(policy)], [1.0]) == pytest.approx(best)


@pytest.mark.parametrize("player", [0, 1, 2])
def test_correlated_opponents_are_answered_exactly(three, player):
    """No pure strategy does better against a mixture over pairs of opponents, found by trying all of them."""
    rng = np.random.default_rng(0)
    payoffs = rng.normal(size=(3, 3, 2, 4))
    game = ludus.MatrixGame(*payoffs)
    weights = rng.dirichlet(np.ones(5))
    places = rng.integers(0, [3, 2, 4], (5, 3))
    tree = game.tree()

    def pure(p, action):
        probabilities = ludus.Policy.uniform(game).probabilities.copy()
        start, end = tree.sequence_start[p : p + 2]
        probabilities[start + 1 : end] = np.eye(end - start - 1)[action]
        return ludus.TabularAgent(ludus.Policy(game, probabilities), game=game)

    opponents = [[pure(p, a) for p, a in enumerate(place)] for place in places]
    state = Exact().train(game, Exact().start(game), player, opponents, weights)
    worth = np.zeros(payoffs.shape[1 + player])
    for place, weight in zip(places, weights):
        index = [*place]
        index[player] = slice(None)
        worth += weight * payoffs[(player, *index)]
    assert value_against(game, state, player, opponents, weights) == pytest.approx(worth.max())


@pytest.mark.parametrize(("name", "budget", "share"), [("q_learning", 40_000, 0.97), ("mccfr", 20_000, 0.99)])
def test_learners_approach_the_best_response(three, name, budget, share):
    opponents = [[member(three, 3 * i + q) for q in range(3)] for i in range(2)]
    weights, oracle = [0.4, 0.6], find_oracle(name)
    for player in range(3):
        exact = Exact().train(three, Exact().start(three), player, opponents, weights)
        best = value_against(three, exact, player, opponents, weights)
        state = oracle.train(three, oracle.start(three), player, opponents, weights, seed=1, budget=budget)
        before = value_against(three, oracle.start(three), player, opponents, weights)
        found = value_against(three, state, player, opponents, weights)
        assert before + share * (best - before) <= found <= best + 1e-12


def test_evolution_climbs_on_trees_and_over_vectors(kuhn):
    oracle = EvolutionStrategies()
    opponent = member(kuhn, 0)
    state = oracle.train(kuhn, oracle.start(kuhn), 0, [opponent], [1.0], seed=0, budget=60)
    best, _ = solvers.best_response(kuhn, opponent.policy, 0)
    before = solvers.expected_values(kuhn, ludus.Policy.combine([ludus.Policy.uniform(kuhn), opponent.policy]))[0]
    assert value_against(kuhn, state, 0, [opponent], [1.0]) > before + 0.8 * (best - before)
    game, other = disc(), VectorAgent([0.6, 0.0])
    state = oracle.train(game, oracle.start(game, 1), 0, [other], [1.0], seed=0, budget=60)
    assert game.payoffs(state["vector"], other.vector)[0, 0] > 0.95 * 0.6  # a quarter turn ahead, on the rim


def test_exact_over_vectors_is_a_quarter_turn_ahead():
    state = Exact().train(disc(), Exact().start(disc()), 0, [VectorAgent([0.5, 0.0])], [1.0])
    np.testing.assert_allclose(state["vector"], [0.0, 1.0], atol=1e-12)


@pytest.mark.parametrize("name", ["exact", "q_learning", "mccfr", "evolution_strategies"])
def test_states_are_arrays_and_training_is_repeatable(kuhn, tmp_path, name):
    oracle, opponents = find_oracle(name), [member(kuhn, 1), member(kuhn, 2)]
    assert isinstance(oracle, Oracle)
    state = oracle.start(kuhn, 5)
    kept = {key: array.copy() for key, array in state.items()}
    once = oracle.train(kuhn, state, 1, opponents, [0.5, 0.5], seed=7, budget=20)
    assert all(np.array_equal(state[key], kept[key]) for key in kept)  # the old state stays as it is
    np.savez(tmp_path / "state.npz", **once)
    with np.load(tmp_path / "state.npz", allow_pickle=False) as file:
        loaded = dict(file)
    twice = [oracle.train(kuhn, s, 0, opponents, [0.5, 0.5], seed=8, budget=20) for s in (once, loaded)]
    assert all(np.array_equal(twice[0][key], twice[1][key]) for key in twice[0])
    own = slice(*kuhn.tree().sequence_start[1:3])
    assert np.array_equal(twice[0]["probabilities"][own], once["probabilities"][own])  # the other seat stays
    assert isinstance(oracle.agent(kuhn, once), ludus.Agent)


def test_facing_draws_the_opponent_once(three):
    """Products of the edges towards a leaf are chance times the mixture of the opponents' reach."""
    tree, weights = three.tree(), np.array([0.3, 0.7])
    plans = np.stack([plans_of(three, member(three, seed)) for seed in (0, 1)])
    task = facing(tree, 1, plans, weights)
    reach = np.ones(tree.num_histories)
    for node in range(tree.num_histories):
        first, count = task.nodes[node, 1], task.nodes[node, 3]
        for child in range(first, first + count):
            edge = task.chance[child] if task.nodes[node, 0] == -1 else 1.0
            reach[child] = reach[node] * edge
    ends = np.flatnonzero(tree.node_player == -2)
    leaf = tree.node_index[ends]
    others = tree.leaf_sequence[leaf][:, [0, 2]]
    expected = tree.leaf_chance[leaf] * (weights @ plans[:, others].prod(axis=2))
    np.testing.assert_allclose(reach[ends], expected, atol=1e-14)


def test_functions_are_oracles(kuhn):
    opponents, policy = [member(kuhn, 1)], ludus.Policy.random(kuhn, 9)

    def always(game, state, player, opponents, weights, seed, budget):
        assert weights.tolist() == [1.0]
        assert budget == 3
        return policy

    oracle = find_oracle(always)
    state = oracle.train(kuhn, oracle.start(kuhn), 0, opponents, [1.0], budget=3)
    assert np.array_equal(state["probabilities"], policy.probabilities)
    for made in (ludus.UniformAgent(), {"weights": np.zeros(2)}):
        oracle = CallableOracle(lambda *_, made=made: made, make_agent=lambda game, state: ludus.UniformAgent())
        assert oracle.agent(kuhn, oracle.train(kuhn, {}, 0, opponents, [1.0])).name == "uniform"
    oracle = CallableOracle(lambda *_: np.array([0.0, 1.0]))
    assert oracle.train(disc(), {}, 0, [VectorAgent([0, 1])], [1.0])["vector"].tolist() == [0.0, 1.0]


def test_bad_input_is_one_clear_error(kuhn):
    oracle, opponents = Exact(), [member(kuhn, 0)]
    state = oracle.start(kuhn)
    for message, call in {
        "did you mean 'exact'": lambda: find_oracle("exakt"),
        "no option 'rat'": lambda: find_oracle("q_learning", rat=1),
        "name, an oracle or a function": lambda: find_oracle(3),
        "options belong": lambda: find_oracle(Exact(), initial="pure"),
        "epsilon must be": lambda: QLearning(epsilon=0.0),
        "population must be": lambda: EvolutionStrategies(population=3),
        "initial must be one of": lambda: Exact(initial="zero").start(kuhn),
        "at least one opponent": lambda: oracle.train(kuhn, state, 0, [], []),
        "one entry for each": lambda: oracle.train(kuhn, state, 0, opponents, [0.5, 0.5]),
        "sum to 1": lambda: oracle.train(kuhn, state, 0, opponents, [0.5]),
        "player must be from 0 to 1": lambda: oracle.train(kuhn, state, 2, opponents, [1.0]),
        "budget must be": lambda: oracle.train(kuhn, state, 0, opponents, [1.0], budget=0),
        "needs a game with a tree": lambda: QLearning().start(elo()),
        "must be VectorAgents": lambda: oracle.train(elo(), {"vector": np.zeros(1)}, 0, opponents, [1.0]),
        "must be a ludus.Game": lambda: oracle.start("kuhn"),
        "give make_agent": lambda: CallableOracle(print).agent(kuhn, {"x": np.zeros(1)}),
        "returns a Policy": lambda: CallableOracle(lambda *_: 3).train(kuhn, state, 0, opponents, [1.0]),
    }.items():
        with pytest.raises((ValueError, TypeError), match=message):
            call()
    assert {"exact", "q_learning", "mccfr", "evolution_strategies", "callable"} <= set(ORACLES)
