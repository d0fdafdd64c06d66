"""The public conformance suite on every game that has an id, and on games that are broken on purpose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ludus
from ludus.games.catalog import kuhn_poker
from ludus.games.game import RulesGame
from ludus.games.registry import available, make
from ludus.games.rules import rule
from ludus.games.spec import GameInfo
from ludus.games.vector import RulesVectorEnv
from ludus.testing import check_game

GAMES = available()


def variants(info: GameInfo) -> list[dict]:
    """Other values of each parameter, one at a time: every choice, the other truth value, the least, one more."""
    found = []
    for p in info.parameters:
        if p.choices is not None:
            values = list(p.choices)
        elif isinstance(p.default, bool):
            values = [not p.default]
        elif isinstance(p.default, str):
            values = []
        else:
            more = p.default + 1
            values = [v for v in (p.low, more if p.high is None or more <= p.high else None) if v is not None]
        found += [{p.name: type(p.default)(v)} for v in values if v != p.default]
    return found


@pytest.mark.parametrize("info", GAMES, ids=lambda info: info.id)
def test_game(info):
    check_game(info.id)


@pytest.mark.parametrize("info", [info for info in GAMES if info.parameters], ids=lambda info: info.id)
def test_variants_of_game(info):
    checked, short = 0, {p.name: 25 for p in info.parameters if p.name == "steps"}
    for parameters in variants(info):
        try:
            game = make(info.id, **{**short, **parameters})
        except ValueError:  # values that do not go together are refused
            continue
        check_game(game, episodes=2, steps=20, max_histories=2_000)
        checked += 1
    assert checked > 0


@pytest.mark.parametrize(
    "id", ["openspiel/leduc_poker", "pettingzoo/mpe2.simple_spread_v3", "pettingzoo/classic.tictactoe_v3"]
)
def test_outside_games(id):
    check_game(id, steps=40)


# -- broken games ------------------------------------------------------------------------------------------------------


def kuhn(**changes):
    """Kuhn poker with some facts or rules changed."""
    setup = kuhn_poker.kuhn_poker(2)
    rules = {name: changes.pop(name) for name in list(changes) if name in setup.rules._fields}
    return RulesGame.of(dataclasses.replace(setup, rules=setup.rules._replace(**rules), **changes), id="broken")


@rule
def shows_both_cards(params, state, player, out):
    out[state[kuhn_poker.CARDS]] = 1.0
    out[3 + state[kuhn_poker.CARDS + 1]] = 1.0


@rule
def writes_the_state(params, state, player, out):
    state[kuhn_poker.CARDS] = 0


@rule
def reads_beyond_the_state(params, state, player, out):
    out[0] = 0.0 * state[state.size]


@rule
def forgets_the_moves(params, state, player, out):
    out[0] = state[kuhn_poker.CARDS + player]
    return 1


@rule
def never_bets(params, state, player, out):
    out[0], out[1] = 1, 0
    return 2


@rule
def weighs_too_little(params, state, outcomes, probabilities):
    outcomes[0], outcomes[1] = 0, 1
    probabilities[0], probabilities[1] = 0.5, 0.4
    return 2


@rule
def depends_on_the_compiler(params, state, out):
    out[0] = 1.0 if np.int32(2_000_000_000) + np.int32(2_000_000_000) > 0 else -1.0  # wraps in NumPy, not in Numba
    out[1] = -out[0]


def test_the_unchanged_game_passes():
    check_game(kuhn())


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_utility": 1.0}, "leave the declared range"),
        ({"min_utility": np.nan}, "are no range"),
        ({"zero_sum": False}, "declared zero_sum=False, the tree says True"),
        ({"simultaneous": True}, "a move is not simultaneous"),
        ({"observation_bounds": (0.0, 0.5)}, "an observation leaves its bounds"),
        ({"action_text": lambda action: "move"}, "two actions have one name"),
        ({"observe": shows_both_cards}, "observations differ within information set"),
        ({"observe": writes_the_state}, "writes the state|a state changes"),
        ({"observe": reads_beyond_the_state}, "a rule leaves its arrays"),
        ({"info": forgets_the_moves}, "the tree cannot be built: .* imperfect recall"),
        ({"legal": never_bets}, "not ascending"),
        ({"chance": weighs_too_little}, "do not sum to 1"),
        ({"returns": depends_on_the_compiler}, "`returns` differs compiled and interpreted"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_broken_rules_are_found(changes, message):
    with pytest.raises(AssertionError, match=f"^broken: .*{message}"):
        check_game(kuhn(**changes))


class Coin(ludus.State):
    """One player calls a coin: a game small enough to break in every way."""

    num_players, num_actions, zero_sum, min_utility, max_utility, simultaneous = 1, 2, False, 0.0, 1.0, False
    has_chance = True

    def __init__(self, coin=-1, call=-1):
        self.coin, self.call = coin, call

    def to_move(self):
        return (ludus.CHANCE,) if self.coin < 0 else (0,) if self.call < 0 else ()

    def actions(self, player):
        return [0, 1]

    def chance(self):
        return [(0, 0.5), (1, 0.5)]

    def apply(self, action):
        if action not in (0, 1):
            raise ValueError(f"action {action} is not legal")
        return type(self)(action) if self.coin < 0 else type(self)(self.coin, action)

    def returns(self):
        return [1.0 if self.call == self.coin else 0.0]

    def info(self, player):
        return "call" if self.call < 0 else f"called {self.call}"


class Cheats(Coin):
    def apply(self, action):
        return type(self)(action) if self.coin < 0 else type(self)(self.coin, action)  # takes anything


class Writes(Coin):
    def apply(self, action):
        after = super().apply(action)
        if self.coin >= 0:
            self.call = action
        return after


class Doubles(Coin):
    def observe(self, player):
        return np.ones(1)


class Endless(Coin):
    def to_move(self):
        return (ludus.CHANCE,)


class Unnumbered(Coin):
    def returns(self):
        return [np.nan if self.call >= 0 else 0.0]


def state_game(root):
    from ludus.games.game import StateGame

    return StateGame.of(root, id="broken")


def test_a_game_of_one_coin_passes():
    check_game(state_game(Coin))


@pytest.mark.parametrize(
    ("root", "message"),
    [
        (Cheats, "takes the illegal action 2"),
        (Writes, "a state changes when `apply` is called"),
        (Doubles, "no float32 array"),
        (Endless, "does not end"),
        (Unnumbered, "are not finite"),
    ],
)
def test_broken_states_are_found(root, message):
    with pytest.raises(AssertionError, match=f"^broken: .*{message}"):
        check_game(state_game(root))


class KeepsItsBuffers(RulesVectorEnv):
    """Returns the rewards' own buffer."""

    def step(self, actions):
        obs, _, done, legal = super().step(actions)
        return obs, self._reward, done, legal


class SharesItsBuffers(RulesGame):
    def vector_env(self, num_envs, seed=0):
        return KeepsItsBuffers(self, num_envs, seed)


class SeedsByNumber(RulesGame):
    def vector_env(self, num_envs, seed=0):
        return RulesVectorEnv(self, num_envs, seed + num_envs)


class IgnoresSeeds(RulesGame):
    def vector_env(self, num_envs, seed=0):
        return RulesVectorEnv(self, num_envs, np.random.default_rng())


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (SharesItsBuffers, "a later step writes into arrays that were returned before"),
        (SeedsByNumber, "an environment's run depends on their number"),
        (IgnoresSeeds, "two batches with one seed"),
    ],
)
def test_broken_batches_are_found(kind, message):
    with pytest.raises(AssertionError, match=f"^broken: .*{message}"):
        check_game(kind.of(kuhn_poker.kuhn_poker(3), id="broken"))


def test_a_kernel_that_differs_from_its_states_is_found(monkeypatch):
    from ludus import testing

    monkeypatch.setattr(testing.StateVectorEnv, "_look", lambda self, e: None)
    with pytest.raises(AssertionError, match="differs from a walk over its states at step 0"):
        testing.check_kernel(kuhn(), 0, 5)
