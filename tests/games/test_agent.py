"""Agents, and their tabulation into policies."""

from __future__ import annotations

import numpy as np
import pytest

import ludus
from ludus.games.agent import Agent, PersonAgent, StateAgent, TabularAgent, UniformAgent, put, sample_rows, take
from ludus.games.game import StateGame
from ludus.games.observations import decision_states, infoset_observations
from ludus.games.tabulate import tabulate

PASS, BET = 0, 1


@pytest.fixture(scope="module")
def kuhn():
    return ludus.make("kuhn_poker")


def card(state, player):
    return int(state.info(player)[0])


def test_tabulating_a_tabular_agent_gives_its_policy_back(kuhn):
    policy = ludus.Policy.random(kuhn, seed=1)
    assert tabulate(kuhn, TabularAgent(policy)) is policy


@pytest.mark.parametrize("id", ["kuhn_poker", "kuhn_poker(players=3)", "leduc_poker", "two_step", "prisoners_dilemma"])
def test_a_tabular_agent_on_observations_plays_its_policy(id):
    """Its probabilities, asked observation by observation, are the policy's: `tabulate` asks every information set."""

    class Asked(Agent):  # hides the policy, so that tabulate has to ask
        def __init__(self, inner):
            self.start, self.probabilities, self.remember = inner.start, inner.probabilities, inner.remember
            self.at = lambda player: Asked(inner.at(player))

        probabilities = None

    game = ludus.make(id)
    policy = ludus.Policy.random(game, seed=2)
    np.testing.assert_allclose(tabulate(game, Asked(TabularAgent(policy))).probabilities, policy.probabilities)


def test_a_tabular_agent_remembers_where_one_board_has_several_histories():
    game = ludus.make("tic_tac_toe")
    policy = ludus.Policy.random(game, seed=3)
    agent = TabularAgent(policy, player=0)
    rng = np.random.default_rng(0)
    env = game.vector_env(1)
    obs, legal = env.reset()
    state, memory = game.root(), agent.start(1)
    while not state.terminal:
        player = state.to_move()[0]
        if player == 0:
            p, _ = agent.probabilities(obs[:, 0], legal[:, 0], memory)
            row = policy[0, state.info(0)]
            np.testing.assert_allclose(p[0, list(row)], list(row.values()))
            chosen, memory = agent.act(obs[:, 0], legal[:, 0], memory, rng)
            action = int(chosen[0])
        else:
            action = int(rng.choice(state.actions(player)))
        state = state.apply(action)
        obs, _, _, legal = env.step([[action, action]])


def test_a_tabular_agent_refuses_what_observations_do_not_tell(kuhn):
    class Blind(ludus.State):
        """Matching pennies in which nobody is told who they are."""

        num_players, num_actions, zero_sum, min_utility, max_utility = 2, 2, True, -1.0, 1.0

        def __init__(self, joint=()):
            self.joint = joint

        def to_move(self):
            return () if self.joint else (0, 1)

        def actions(self, player):
            return [0, 1]

        def apply(self, action):
            return Blind(tuple(action))

        def returns(self):
            win = 1.0 if self.joint and self.joint[0] == self.joint[1] else -1.0
            return [win, -win] if self.joint else [0.0, 0.0]

        def info(self, player):
            return f"player {player}"

        def observe(self, player):
            return np.ones(1, np.float32)

    game = StateGame.of(Blind, id="blind_pennies")
    obs, legal = np.ones((1, 1), np.float32), np.ones((1, 2), bool)
    policy = ludus.Policy.from_dict(game, {"player 0": {0: 1.0}, "player 1": {0: 0.25, 1: 0.75}})
    with pytest.raises(ValueError, match=r"player 0 .* player 1 .* name the seat"):
        TabularAgent(policy, game=game).probabilities(obs, legal)
    p, _ = TabularAgent(policy, game=game).at(1).probabilities(obs, legal)
    np.testing.assert_allclose(p, [[0.25, 0.75]])
    with pytest.raises(ValueError, match="no information set of blind_pennies has this observation"):
        TabularAgent(policy, game=game).at(1).probabilities(2 * obs, legal)


def test_uniform_agent_is_the_uniform_policy(kuhn):
    expected = ludus.Policy.uniform(kuhn).probabilities
    np.testing.assert_allclose(tabulate(kuhn, UniformAgent()).probabilities, expected)


def test_agents_for_each_seat(kuhn):
    always_bet = StateAgent(lambda state, player, rng: BET)
    policy = tabulate(kuhn, [UniformAgent(), always_bet])
    assert policy[0, "0"] == {PASS: 0.5, BET: 0.5}
    assert policy[1, "0p"] == {PASS: 0.0, BET: 1.0}


def test_a_scripted_agent_is_tabulated_where_it_is_a_function_of_what_it_knows(kuhn):
    def honest(state, player, rng):
        return BET if card(state, player) == 2 else PASS

    policy = tabulate(kuhn, StateAgent(honest))
    assert policy[0, "2"] == {PASS: 0.0, BET: 1.0}
    assert policy[0, "1pb"] == {PASS: 1.0, BET: 0.0}


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (lambda state, player, rng: BET if card(state, 1 - player) == 0 else PASS, "does not know"),
        (lambda state, player, rng: int(rng.integers(2)), r"draws random numbers \(rng.integers\)"),
        (lambda state, player, rng: 7, "action 7 is not legal"),
    ],
)
def test_a_scripted_agent_that_is_no_policy_is_refused(kuhn, choose, message):
    with pytest.raises(ValueError, match=message):
        tabulate(kuhn, StateAgent(choose))


def test_memory_follows_the_players_own_decisions(kuhn):
    class Counter(Agent):
        """Passes at its first decision and bets at its second: what only an agent with memory can do."""

        def start(self, batch):
            return {"decisions": (np.zeros(batch, np.int64),)}

        def probabilities(self, obs, legal, memory=None):
            (count,) = memory["decisions"]
            p = np.zeros(legal.shape)
            p[np.arange(len(p)), np.where(count > 0, BET, PASS)] = 1.0
            return p, {"decisions": (count + 1,)}

    policy = tabulate(kuhn, Counter())
    for (player, key), row in policy.items():
        second = player == 0 and key.endswith("pb")
        assert row == ({PASS: 0.0, BET: 1.0} if second else {PASS: 1.0, BET: 0.0})


def test_memory_holds_the_players_own_actions(kuhn):
    class Repeats(Agent):
        """Bets first, and then does what it did before, which no observation needs to tell."""

        def start(self, batch):
            return np.full(batch, BET)

        def probabilities(self, obs, legal, memory=None):
            return np.eye(2)[memory], memory

        def remember(self, memory, actions):
            return np.asarray(actions)

    for (player, key), row in tabulate(kuhn, Repeats()).items():
        again = player == 0 and key.endswith("pb")  # the first player bets again only after having bet
        assert row == ({PASS: 1.0, BET: 0.0} if again else {PASS: 0.0, BET: 1.0})


@pytest.mark.parametrize(
    ("row", "message"),
    [([0.5, 0.4], "sum to 1"), ([np.nan, 1.0], "finite"), ([1.5, -0.5], "not negative"), ([1.0], "shape")],
)
def test_probabilities_that_are_none_are_refused(kuhn, row, message):
    class Bad(Agent):
        def probabilities(self, obs, legal, memory=None):
            return np.tile(row, (len(legal), 1)), None

    with pytest.raises(ValueError, match=message):
        tabulate(kuhn, Bad())


def test_an_agent_that_only_acts_cannot_be_tabulated(kuhn):
    class Silent(Agent):
        def act(self, obs, legal, memory, rng):
            return legal.argmax(axis=1), memory

    with pytest.raises(NotImplementedError, match="Silent does not tell its probabilities"):
        tabulate(kuhn, Silent())
    with pytest.raises(TypeError, match="the game itself"):
        tabulate(kuhn.tree(), Silent())


def test_infoset_observations_of_rules_and_of_states_agree(kuhn):
    """The compiled walk against `State.observe` along the tree, for every history and not only the first one."""
    for id in ("kuhn_poker", "leduc_poker", "two_step"):
        game = ludus.make(id)
        tree, rows = game.tree(), infoset_observations(game)
        for node, state in decision_states(game):
            np.testing.assert_array_equal(rows[tree.node_index[node]], state.observe(int(tree.node_player[node])))


def test_a_person_is_asked_until_the_answer_is_legal(kuhn):
    told, answers = [], iter(["raise", "9", "", "bet"])
    person = PersonAgent(ask=lambda prompt: next(answers), tell=told.append)
    state = kuhn.root().apply(0).apply(1)
    assert person.choose(state, 0, np.random.default_rng()) == BET
    assert "player 0" in told[0]
    assert "[0] pass" in told[1]
    assert "[1] bet" in told[1]
    assert sum("no legal move" in line for line in told) == 3


def test_a_person_may_leave(kuhn):
    def gone(prompt):
        raise EOFError

    with pytest.raises(EOFError, match="input ended"):
        PersonAgent(ask=gone, tell=lambda line: None).choose(kuhn.root().apply(0).apply(1), 0, np.random.default_rng())


def test_a_state_agent_says_that_it_needs_states():
    with pytest.raises(TypeError, match=r"ludus\.play"):
        StateAgent(lambda state, player, rng: 0, name="bot").act(np.ones((1, 1)), np.ones((1, 2), bool), None, None)


def test_take_and_put_pick_episodes():
    memory = {"a": np.arange(5), "b": [np.zeros((5, 2)), None]}
    rows = np.array([1, 3])
    part = take(memory, rows)
    np.testing.assert_array_equal(part["a"], [1, 3])
    after = put(memory, rows, {"a": np.array([10, 30]), "b": [np.ones((2, 2)), None]})
    np.testing.assert_array_equal(after["a"], [0, 10, 2, 30, 4])
    np.testing.assert_array_equal(after["b"][0].sum(axis=1), [0, 2, 0, 2, 0])


def test_sampling_follows_the_probabilities():
    """Frequencies within five standard errors; an action of probability zero never."""
    p, n = np.array([0.5, 0.0, 0.2, 0.3]), 40_000
    counts = np.bincount(sample_rows(np.tile(p, (n, 1)), np.random.default_rng(0)), minlength=4)
    assert counts[1] == 0
    assert (np.abs(counts - n * p) <= 5 * np.sqrt(n * p * (1 - p))).all()
