"""`play`: seats, luck, sampling, illegal actions, and agreement of the three ways in which a match is played."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.games.agent import Agent, StateAgent, TabularAgent, UniformAgent
from ludus.games.policy import Policy
from ludus.games.registry import make
from ludus.games.rules import CHANCE
from ludus.games.tabulate import tabulate
from ludus.population import Engine, play, seat_orders
from ludus.population.tables import ONE, MatchTables, thresholds


def leaves(state, seats, reach=1.0):
    """Slow reference: (probability, returns) of every end of a game, ``seats[p]`` the policy of player p."""
    movers = state.to_move()
    if not movers:
        yield reach, tuple(float(u) for u in state.returns())
    elif movers == (CHANCE,):
        for outcome, p in state.chance():
            yield from leaves(state.apply(outcome), seats, reach * p)
    else:
        rows = [seats[p][p, state.info(p)] for p in movers]
        for joint in itertools.product(*(row.items() for row in rows)):
            p = float(np.prod([q for _, q in joint]))
            actions = tuple(a for a, _ in joint)
            yield from leaves(state.apply(actions if len(actions) > 1 else actions[0]), seats, reach * p)


def expected(game, seats):
    """Mean and variance of each player's return."""
    found = list(leaves(game.root(), seats))
    p, u = np.array([q for q, _ in found]), np.array([r for _, r in found])
    mean = p @ u
    return mean, p @ (u - mean) ** 2


class Batched(Agent):
    """Tells nothing but its actions: plays a policy of Kuhn poker by reading the one-hot observation's bytes."""

    def __init__(self, game, policy):
        self.inner = {}
        tree, todo = game.tree(), [game.root()]
        while todo:
            state = todo.pop()
            for p in state.to_move():
                if p != CHANCE:
                    self.inner[state.observe(p).tobytes()] = policy[p, state.info(p)]
            branches = [o for o, _ in state.chance()] or (state.actions(state.to_move()[0]) if state.to_move() else [])
            todo += [state.apply(a) for a in branches]
        assert len(self.inner) == tree.num_infosets
        self.name = "batched"

    def act(self, obs, legal, memory, rng):
        rows = [self.inner[o.tobytes()] for o in obs]
        return np.array([rng.choice(list(r), p=list(r.values())) for r in rows]), memory


def closed(policy):
    """The same policy as a function of the state: never tabulated."""
    return StateAgent(lambda s, p, rng: int(rng.choice(list(row := policy[p, s.info(p)]), p=list(row.values()))))


@pytest.mark.parametrize("kind", ["compiled", "batched", "states"])
@pytest.mark.parametrize("paired", [False, True])
def test_mean_returns_are_the_expected_ones(kind, paired):
    game = make("kuhn_poker")
    policies = [Policy.random(game, 1), Policy.random(game, 2)]
    wrap = {"compiled": TabularAgent, "batched": lambda p: Batched(game, p), "states": closed}[kind]
    matches = 400_000 if kind == "compiled" else 12_000
    log = play(game, [wrap(p) for p in policies], matches, seed=7, paired=paired, names=["a", "b"])
    players, scores = log.players.reshape(-1, 2), log.scores.reshape(-1, 2)
    for order in ([0, 1], [1, 0]):
        rows = (players == order).all(axis=1)
        assert rows.sum() == matches // 2
        mean, variance = expected(game, [policies[i] for i in order])
        error = np.sqrt(variance / rows.sum())
        assert (np.abs(scores[rows].mean(axis=0) - mean) < 4.5 * error).all()


@pytest.mark.parametrize("name", ["kuhn_poker(players=3)", "leduc_poker"])
def test_the_kernel_samples_leaves_as_the_rules_say(name):
    game = make(name)
    policies = [Policy.random(game, seed) for seed in range(game.num_players)]
    log = play(game, policies, 60_000, seed=3)
    orders = seat_orders(game.num_players)
    scores, players = log.scores.reshape(-1, game.num_players), log.players.reshape(-1, game.num_players)
    for order in orders:
        mine = scores[(players == order).all(axis=1)]
        assert len(mine) == 60_000 // len(orders)
        law: dict[tuple, float] = {}
        for p, u in leaves(game.root(), [policies[i] for i in order]):
            law[u] = law.get(u, 0.0) + p
        seen = dict.fromkeys(law, 0)
        for u in map(tuple, mine.tolist()):
            seen[u] += 1  # a KeyError here is an outcome that cannot be
        often = [u for u in law if law[u] * len(mine) >= 5]
        chi2 = sum((seen[u] - law[u] * len(mine)) ** 2 / (law[u] * len(mine)) for u in often)
        assert chi2 < len(often) + 5 * np.sqrt(2 * len(often)) + 10


def test_actions_of_probability_zero_are_never_played():
    game = make("kuhn_poker")
    tree = game.tree()
    weights = np.where(tree.sequence_action == 0, 1.0, 0.0)
    log = play(game, [Policy.from_weights(tree, weights)] * 2, 20_000)
    assert set(np.abs(log.scores).tolist()) == {1.0}  # both always pass: the ante changes hands


@given(st.lists(st.lists(st.sampled_from([0.0, 1e-300, 0.1, 0.5, 1.0, 3.0]), min_size=1, max_size=20), min_size=1))
@settings(max_examples=60, deadline=None)
def test_thresholds(groups):
    for group in groups:
        if not sum(group):
            group[-1] = 1.0
    sizes = np.array([len(group) for group in groups])
    flat = np.concatenate([np.array(group) / sum(group) for group in groups])
    parts = np.split(thresholds(flat, sizes), np.cumsum(sizes)[:-1])
    for group, part in zip(np.split(flat, np.cumsum(sizes)[:-1]), parts):
        mass = np.diff(part, prepend=0)
        assert part[-1] == ONE
        assert (mass >= 0).all()
        assert (mass[group == 0] == 0).all()
        np.testing.assert_allclose(mass / ONE, group, atol=1e-14)


def test_wide_chance_nodes_are_searched_rightly():
    """More than 16 children take the other branch of the kernel: the law of the 30 leaves is uniform."""
    tables = MatchTables(
        _read_only(np.array([[-1, 1, 0, 30]] + [[-2, 0, k, 0] for k in range(30)], np.int32)),
        thresholds(np.full(30, 1 / 30), np.array([30])),
        _read_only(np.arange(30, dtype=np.int32)),
        np.zeros((30, 1)),
    )
    out = tables.play(_read_only(np.zeros((1, 1), np.int64)), np.zeros((1, 1), np.int64), 5, 0, 300_000, 1)
    counts = np.bincount(out, minlength=30)
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 29 + 5 * np.sqrt(58)


def _read_only(array):
    array.setflags(write=False)
    return array


def test_results_do_not_depend_on_how_matches_are_cut():
    game = make("leduc_poker")
    engine = Engine(game, [TabularAgent(Policy.random(game, s)) for s in range(2)])
    whole = engine.play(seat_orders(2), 9, 0, 1000, 2)
    cut = [engine.play(seat_orders(2), 9, a, b, 2).codes for a, b in ((0, 1), (1, 333), (333, 1000))]
    np.testing.assert_array_equal(whole.codes, np.concatenate(cut))


@pytest.mark.parametrize("kind", [TabularAgent, closed])
def test_paired_luck_cancels_between_equal_players(kind):
    """Both always bet: with the same cards and exchanged seats, two matches' returns sum to zero."""
    game = make("kuhn_poker")
    tree = game.tree()
    bet = Policy.from_weights(tree, np.where(tree.sequence_action == 1, 1.0, 0.0))
    log = play(game, [kind(bet), kind(bet)], 400, paired=True, names=["a", "b"])
    players, scores = log.players.reshape(-1, 2), log.scores.reshape(-1, 2)
    of_a = np.where(players[:, 0] == 0, scores[:, 0], scores[:, 1])
    np.testing.assert_array_equal(of_a[0::2] + of_a[1::2], 0.0)
    alone = play(game, [kind(bet), kind(bet)], 400, paired=False, names=["a", "b"])
    of_a = np.where(alone.players[0::2] == 0, alone.scores[0::2], alone.scores[1::2])
    assert (of_a[0::2] + of_a[1::2]).any()


def test_luck_stays_paired_where_a_stretch_begins_amid_a_pair():
    game = make("kuhn_poker")
    tree = game.tree()
    bet = closed(Policy.from_weights(tree, np.where(tree.sequence_action == 1, 1.0, 0.0)))
    results = Engine(game, [bet, bet]).play(seat_orders(2), 3, 7, 207, 2)
    of_a = results.outcomes[results.codes][:, 0] * np.where(np.arange(7, 207) % 2, -1, 1)
    np.testing.assert_array_equal(of_a[1:199:2] + of_a[2:200:2], 0.0)


@pytest.mark.parametrize("players", [2, 3, 4, 5])
def test_seats_are_balanced(players):
    orders = seat_orders(players)
    for seat in range(players):
        assert (np.bincount(orders[:, seat], minlength=players) == len(orders) / players).all()


def test_tabulate_asks_at_every_information_set():
    game = make("leduc_poker")
    np.testing.assert_allclose(tabulate(game, UniformAgent()).probabilities, Policy.uniform(game).probabilities)


class Counter(Agent):
    """Passes with a probability that depends on how often it decided before: it needs its memory."""

    name = "counter"

    def start(self, batch):
        return {"count": np.zeros(batch, int)}

    def probabilities(self, obs, legal, memory):
        p = np.where(memory["count"] == 0, 0.25, 0.75)
        return np.stack([p, 1 - p], axis=1), {"count": memory["count"] + 1}


def test_memory_is_carried_in_tables_and_in_play():
    game = make("kuhn_poker")
    policy = tabulate(game, Counter())
    for (player, key), row in policy.items():
        assert row[0] == (0.75 if player == 0 and len(key) > 1 else 0.25)

    class Silent(Counter):
        name = "silent"

        def act(self, obs, legal, memory, rng):
            p, memory = Counter.probabilities(self, obs, legal, memory)
            return (rng.random(len(p)) > p[:, 0]).astype(int), memory

        probabilities = Agent.probabilities

    log = play(game, [Silent(), Silent()], 20_000, names=["a", "b"])
    mean, variance = expected(game, [policy, policy])
    assert abs(log.scores[0::2].mean() - mean[0]) < 4.5 * np.sqrt(variance[0] / 20_000)


class Cheat(Agent):
    name = "cheat"

    def act(self, obs, legal, memory, rng):
        return np.full(len(obs), 7), memory


def test_mistakes_are_named():
    game = make("kuhn_poker")
    with pytest.raises(ValueError, match=r"cheat chose the illegal action 7; legal were \[0, 1\]"):
        play(game, [Cheat(), UniformAgent()], 4)
    with pytest.raises(ValueError, match="2 seats, but 3"):
        play(game, [UniformAgent()] * 3, 4)
    with pytest.raises(ValueError, match="matches must be"):
        play(game, [UniformAgent()] * 2, -1)
    with pytest.raises(TypeError, match="an agent is"):
        play(game, [UniformAgent(), 3], 4)
    with pytest.raises(ValueError, match="made for another game"):
        play(game, [Policy.uniform(make("leduc_poker")), UniformAgent()], 4)


def test_names_are_made_unique_and_no_match_is_no_error():
    log = play("kuhn_poker", [UniformAgent(), UniformAgent()], 2)
    assert log.names == ("uniform 1", "uniform 2")
    assert len(play("kuhn_poker", [UniformAgent(), UniformAgent()], 0)) == 0
    assert len(play("kuhn_poker", [Cheat(), UniformAgent()], 0)) == 0


def test_a_person_plays_at_the_terminal(tmp_path):
    from ludus.population.person import play_at_terminal
    from ludus.solvers import solve

    game, said = make("kuhn_poker"), []
    path = tmp_path / "kuhn.ludus"
    solve(game, "cfr+", iterations=10).save(path)
    answers = iter(["what?", "bet", "y", "1", "n"] + ["n"] * 5)
    returns = play_at_terminal(game, str(path), seat=0, seed=0, ask=lambda text: next(answers), tell=said.append)
    assert len(returns) == 2
    assert all(abs(r) in (1.0, 2.0) for r in returns)
    assert any("no legal move" in line for line in said)
    assert any(f"you get {returns[0]:g}" in line for line in said)
    with pytest.raises(ValueError, match="seat must be from 0 to 1"):
        play_at_terminal(game, seat=2)
    with pytest.raises(FileNotFoundError):
        play_at_terminal(game, str(tmp_path / "none.ludus"))


def test_an_agent_may_be_told_its_seat():
    class First(Agent):
        """Passes in seat 0 and bets in seat 1."""

        def at(self, seat):
            bound = First()
            bound.seat = seat
            return bound

        def probabilities(self, obs, legal, memory):
            return np.eye(2)[np.full(len(obs), self.seat)], memory

    game = make("kuhn_poker")
    policy = tabulate(game, First())
    for (player, _), row in policy.items():
        assert row[player] == 1.0
    log = play(game, [First(), First()], 10, names=["a", "b"])
    assert set(np.abs(log.scores).tolist()) == {1.0}, "the first passes, the second bets, the first folds"
