"""Polymatrix, congestion, potential, repeated and Bayesian games, and auctions."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus import solvers
from ludus.solvers.matrix import repeated

DILEMMA = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])


def random_polymatrix(seed, zero_sum, nodes=5, directed=False):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(nodes, 0.6, seed=int(rng.integers(2**31)), directed=directed)
    graph.add_edge(0, 1)
    counts = rng.integers(1, 4, nodes)
    for u, v in graph.edges:
        table = rng.normal(size=(counts[u], counts[v]))
        other = -table.T if zero_sum else rng.normal(size=(counts[v], counts[u]))
        graph.edges[u, v]["payoffs"] = table if directed else (table, other)
    return solvers.polymatrix_game(graph)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), directed=st.booleans())
def test_polymatrix_games_are_their_tensors(seed, directed):
    game = random_polymatrix(seed, zero_sum=False, directed=directed)
    tensor, rng = game.matrix_game().payoffs, np.random.default_rng(seed)
    mixed = [rng.dirichlet(np.ones(n)) for n in game.counts]
    mine, theirs = game.certified(mixed), solvers.Profile.of(tensor, mixed)
    assert mine.payoffs == pytest.approx(theirs.payoffs)
    assert mine.regret == pytest.approx(theirs.regret, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_zero_sum_polymatrix_games_by_one_program(seed):
    """Also where no single edge is zero-sum: what one edge adds to a player, another takes away."""
    game = random_polymatrix(seed, zero_sum=True)
    assert game.constant_sum == pytest.approx(0.0)
    assert solvers.zero_sum_polymatrix(game).regret < 1e-9
    pairs = dict(game.pairs)
    hub = max(range(5), key=lambda p: len(game.neighbours[p]))
    if len(game.neighbours[hub]) > 1:
        first, second = game.neighbours[hub][:2]
        shift = np.random.default_rng(seed).normal(size=(game.counts[hub], 1))
        pairs[hub, first], pairs[hub, second] = pairs[hub, first] + shift + 1.0, pairs[hub, second] - shift
        moved = solvers.PolymatrixGame(game.counts, pairs)
        assert moved.constant_sum == pytest.approx(1.0)
        profile = solvers.zero_sum_polymatrix(moved)
        assert profile.regret < 1e-9
        assert profile.payoffs.sum() == pytest.approx(1.0)


def test_two_players_are_a_polymatrix_game_with_a_value():
    graph = nx.Graph([(0, 1)])
    table = np.random.default_rng(3).normal(size=(4, 5))
    graph.edges[0, 1]["payoffs"] = (table, -table.T)
    profile = solvers.zero_sum_polymatrix(solvers.polymatrix_game(graph))
    assert profile.payoffs[0] == pytest.approx(solvers.nash(table, "lp")[0].payoffs[0])


def test_bad_polymatrix_games():
    with pytest.raises(ValueError, match="has no nodes"):
        solvers.polymatrix_game(nx.Graph())
    graph = nx.Graph([(0, 1), (1, 2)])
    with pytest.raises(ValueError, match="the edge 0 - 1 has no attribute 'payoffs'"):
        solvers.polymatrix_game(graph)
    graph.edges[0, 1]["payoffs"] = (np.eye(2), np.eye(2))
    graph.edges[1, 2]["payoffs"] = (np.ones((3, 2)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="give 1 3 actions, and another edge 2"):
        solvers.polymatrix_game(graph)
    with pytest.raises(ValueError, match="add up to a constant"):
        solvers.zero_sum_polymatrix(random_polymatrix(1, zero_sum=False))


BRAESS = nx.DiGraph()
for u, v, price in (
    ("s", "a", lambda n: n / 10),
    ("a", "t", lambda n: 1.0),
    ("s", "b", lambda n: 1.0),
    ("b", "t", lambda n: n / 10),
):
    BRAESS.add_edge(u, v, cost=price)


def test_braess():
    """A free road between a and b makes everybody slower: 15 for 10 drivers before, up to 20 after (Braess 1968)."""
    game, _ = solvers.routing_game(BRAESS, [("s", "t")] * 10)
    before = game.equilibrium()
    assert game.player_costs(before).sum() == pytest.approx(15.0)
    wider = BRAESS.copy()
    wider.add_edge("a", "b", cost=lambda n: 0.0)
    game, paths = solvers.routing_game(wider, [("s", "t")] * 10)
    after = game.equilibrium()
    assert game.player_costs(after).sum() > 18.0
    assert game.social_optimum()[1] == pytest.approx(15.0)
    assert ["s", "a", "b", "t"] in paths[0]
    assert game.player_costs([paths[0].index(["s", "a", "b", "t"])] * 10) == pytest.approx(2.0)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_congestion_games_have_rosenthals_potential(seed):
    rng = np.random.default_rng(seed)
    costs = {r: np.cumsum(rng.uniform(size=3)) for r in range(4)}
    strategies = [[np.flatnonzero(rng.random(4) < 0.5) for _ in range(rng.integers(1, 4))] for _ in range(3)]
    game = solvers.congestion_game(strategies, costs)
    tensor = game.matrix_game().payoffs
    potential = solvers.exact_potential(tensor)
    assert potential is not None
    rosenthal = np.array([-game.potential(a) for a in np.ndindex(tensor.shape[1:])]).reshape(tensor.shape[1:])
    assert potential == pytest.approx(rosenthal - rosenthal.flat[0])
    end = game.equilibrium()
    assert any(tuple(int(x.argmax()) for x in e) == end for e in solvers.nash(tensor, "pure"))
    assert game.social_optimum()[1] == pytest.approx(-solvers.social_optimum(tensor)[1])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), players=st.integers(2, 3))
def test_exact_potentials(seed, players):
    """A common function plus what does not depend on the own action has the function as its potential."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 4, players))
    common, games = rng.normal(size=shape), []
    for p in range(players):
        own = [n if q != p else 1 for q, n in enumerate(shape)]
        games.append(common + rng.normal(size=own))
    found = solvers.exact_potential(np.array(games))
    assert found == pytest.approx(common - common.flat[0])
    path = solvers.response_path(np.array(games), rule="better", seed=seed)
    along = [common[tuple(a)] for a in path.profiles]
    assert path.equilibrium
    assert (np.diff(along) > 0).all()
    if min(shape) > 1:
        games[0] = games[0] + rng.normal(size=shape)
        assert solvers.exact_potential(np.array(games)) is None
        assert solvers.potential_defect(np.array(games), common) > 1e-6


def test_paths_of_responses():
    cycle = solvers.response_path("matching_pennies")
    assert not cycle.equilibrium
    assert cycle.profiles[0].tolist() == cycle.profiles[-1].tolist()
    assert not solvers.response_path("matching_pennies", seed=1).equilibrium
    assert not solvers.is_ordinal_potential("matching_pennies")
    assert solvers.is_ordinal_potential(DILEMMA)
    assert solvers.response_path(DILEMMA).profiles[-1].tolist() == [1, 1]
    sinks = [node for node, degree in solvers.improvement_graph("chicken").out_degree if degree == 0]
    pure = [tuple(int(x.argmax()) for x in e) for e in solvers.nash("chicken", "pure")]
    assert sorted(sinks) == sorted(pure)
    assert solvers.social_optimum(DILEMMA) == ((0, 0), 6.0)


def test_folk_region_of_the_dilemma():
    """Payoffs 3, 0, 5, 1: above (1, 1), and below the lines from (3, 3) to (0, 5) and (5, 0)."""
    region = solvers.folk_region(DILEMMA)
    assert region.least.tolist() == [1.0, 1.0]
    corners = {tuple(v.round(6)) for v in region.vertices}
    assert corners == {(1.0, 1.0), (3.0, 3.0), (round(13 / 3, 6), 1.0), (1.0, round(13 / 3, 6))}
    assert region.contains([2, 2])
    assert not region.contains([0.5, 3])
    assert not region.contains([4, 4])
    best, joint = region.extreme([1.0, 0.0])
    assert best == pytest.approx([13 / 3, 1.0])
    assert (region.payoffs * joint).sum(axis=(1, 2)) == pytest.approx(best)
    # Matching pennies: pure minmax 1, mixed 0.
    assert solvers.minmax("matching_pennies") == pytest.approx([0.0, 0.0])
    assert solvers.minmax("matching_pennies", mixed=False) == pytest.approx([1.0, 1.0])


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_corners_of_folk_regions_are_extreme(seed):
    rng = np.random.default_rng(seed)
    region = solvers.folk_region(rng.normal(size=(2, 3, 3)))
    for _ in range(5):
        direction = rng.normal(size=2)
        assert (region.vertices @ direction).max() == pytest.approx(direction @ region.extreme(direction)[0], abs=1e-6)


def test_automata_in_the_dilemma():
    """Grim trigger is subgame perfect exactly from δ = (5 - 3) / (5 - 1) on; tit for tat is Nash there, not perfect."""
    grim = [repeated.grim(DILEMMA, (0, 0), 1, p) for p in range(2)]
    for discount, holds in ((0.49, False), (0.5, True), (0.9, True)):
        found = solvers.repeated_play(DILEMMA, grim, discount)
        assert found.payoffs == pytest.approx([3, 3])
        assert (found.is_nash, found.is_subgame_perfect) == (holds, holds)
    # Against grim trigger the best is 5 now and 1 for ever.
    low = solvers.repeated_play(DILEMMA, grim, 0.2)
    assert low.gains == pytest.approx([(0.8 * 5 + 0.2 * 1 - 3) / 5] * 2)
    copy = [repeated.tit_for_tat(DILEMMA, p) for p in range(2)]
    patient = solvers.repeated_play(DILEMMA, copy, 0.9)
    assert patient.is_nash
    assert not patient.is_subgame_perfect
    against = solvers.repeated_play(DILEMMA, [copy[0], repeated.always(DILEMMA, 1)], 0.75)
    assert against.payoffs == pytest.approx([0.75, 0.25 * 5 + 0.75])
    mild = np.array([[3.0, 0.0], [4.0, 1.0]])  # a deviation gains 1 now and costs 2 in the next round
    shift = [repeated.win_stay_lose_shift([mild, mild.T], p, 3.0) for p in range(2)]
    assert solvers.repeated_play([mild, mild.T], shift, 0.5).is_subgame_perfect
    assert not solvers.repeated_play([mild, mild.T], shift, 0.49).is_subgame_perfect


def test_repeated_payoffs_by_adding_up():
    rng = np.random.default_rng(0)
    game = rng.normal(size=(2, 2, 3))
    machines = [
        solvers.automaton(game, rng.integers(n, size=4), lambda s, joint: (s + 2 * joint[0] + joint[1]) % 4)
        for n in (2, 3)
    ]
    state, total = [0, 0], np.zeros(2)
    for t in range(600):
        joint = tuple(m.actions[s] for m, s in zip(machines, state))
        total += 0.1 * 0.9**t * game[(slice(None), *joint)]
        cell = int(np.ravel_multi_index(joint, (2, 3)))
        state = [m.moves[s, cell] for m, s in zip(machines, state)]
    assert solvers.repeated_play(game, machines, 0.9).payoffs == pytest.approx(total)


def test_bad_repetitions():
    with pytest.raises(ValueError, match="discount must be from 0 to below 1, got 1.0"):
        solvers.repeated_play(DILEMMA, [repeated.always(DILEMMA, 0)] * 2, 1.0)
    with pytest.raises(ValueError, match="2 automata are needed"):
        solvers.repeated_play(DILEMMA, [repeated.always(DILEMMA, 0)], 0.5)
    with pytest.raises(ValueError, match="must lead to states 0 to 0"):
        solvers.automaton(DILEMMA, [0], lambda state, joint: 1)
    with pytest.raises(ValueError, match="weights must be 2 finite numbers"):
        solvers.folk_region(DILEMMA).extreme([1.0])


def test_bayesian_games_by_agents_and_by_plans():
    """A known type against one of two: the row player is indifferent where it should be, whatever the way."""
    rng = np.random.default_rng(0)
    game = solvers.bayesian_game(rng.normal(size=(2, 2, 2, 2, 2)), rng.dirichlet(np.ones(4)).reshape(2, 2))
    for via in ("agents", "plans", "best_responses", "learning"):
        for found in solvers.bayes_nash(game, via):
            assert found.regret < 1e-6
    plans = solvers.bayes_nash(game, "plans", method="support_enumeration")
    agents = solvers.bayes_nash(game, "agents", method="pure")
    pure = [p for p in plans if all(np.isin(s, (0, 1)).all() for s in p.strategies)]
    assert len(agents) == len(pure) > 0
    form = game.agent_form()
    assert form.num_players == 4
    # Agents' payoffs add up to their player's.
    mixed = [rng.dirichlet(np.ones(2), 2) for _ in range(2)]
    whole = solvers.matrix.bayesian.bayes_profile(game, mixed)
    parts = solvers.Profile.of(form, [*mixed[0], *mixed[1]]).payoffs
    assert whole.payoffs == pytest.approx([parts[:2].sum(), parts[2:].sum()])


def test_one_type_each_is_the_game_itself():
    game = solvers.bayesian_game(DILEMMA[:, None, None], [[1.0]])
    assert game.agent_form().payoffs.tolist() == DILEMMA.tolist()
    found = solvers.bayes_nash(game, "best_responses")[0]
    assert [s.tolist() for s in found.strategies] == [[[0, 1]], [[0, 1]]]


def test_truth_in_second_price_auctions():
    """Truthful bids are an equilibrium with any prior and any reserve, and give the object to the highest value
    (Vickrey 1961)."""
    rng = np.random.default_rng(1)
    values = [0.0, 1.0, 2.0, 3.0]
    for players, reserve in ((2, 0.0), (3, 0.0), (2, 2.0)):
        prior = rng.dirichlet(np.ones(4**players)).reshape((4,) * players)
        found = solvers.auction("second", values, players=players, prior=prior, reserve=reserve)
        truth = solvers.bayes_profile(found.game, found.truthful())
        assert truth.regret < 1e-12
        if not reserve:
            best = sum(chance * max(values[t] for t in types) for types, chance in np.ndenumerate(prior))
            assert found.welfare(truth) == pytest.approx(best)
        assert truth.payoffs.sum() + found.revenue(truth) == pytest.approx(found.welfare(truth))


def test_revenue_equivalence_of_fine_grids():
    """Two bidders, values uniform on [0, 1]: 1/3 to the seller in every format (Myerson 1981); first-price bids of
    half the value (Vickrey 1961)."""
    grid = np.linspace(0.0, 1.0, 17)
    for kind in ("first", "second", "all_pay"):
        found = solvers.auction(kind, grid, grid)
        profile = solvers.bayes_nash(found.game, "learning", rounds=150)[0]
        assert profile.regret < 3e-3
        assert found.revenue(profile) == pytest.approx(1 / 3, abs=0.025)
        if kind == "first":
            assert profile.strategies[0] @ grid == pytest.approx(grid / 2, abs=0.06)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "dutch"}, "kind must be 'first', 'second' or 'all_pay', got 'dutch'"),
        ({"values": []}, "values must be a list of finite numbers"),
        ({"players": 1}, "players must be a whole number from 2"),
        ({"prior": [0.5, 0.6]}, "prior must hold probabilities that sum to 1"),
        ({"players": 12}, "choose coarser grids"),
    ],
)
def test_bad_auctions(arguments, message):
    with pytest.raises(ValueError, match=message):
        solvers.auction(**({"kind": "first", "values": [0.0, 1.0]} | arguments))


def test_bad_bayesian_games():
    with pytest.raises(ValueError, match="payoffs must have shape"):
        solvers.bayesian_game(np.zeros((2, 2, 2)), [[1.0]])
    with pytest.raises(ValueError, match="via must be one of agents, plans"):
        solvers.bayes_nash(solvers.bayesian_game(DILEMMA[:, None, None], [[1.0]]), "oracle")
    with pytest.raises(ValueError, match="the agent form has 12 players"):
        solvers.bayesian_game(np.zeros((2, 6, 6, 4, 4)), np.full((6, 6), 1 / 36)).agent_form()
