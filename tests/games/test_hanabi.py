"""Hanabi against OpenSpiel's (the Hanabi Learning Environment), move by move, and what follows from the rules."""

from __future__ import annotations

import numpy as np
import pyspiel
import pytest

import ludus
from ludus.games.catalog import _hanabi as h
from ludus.solvers.large import sample_large
from ludus.solvers.tree.evaluate import expected_values

SMALL = {"colors": 2, "hand_size": 2, "max_information_tokens": 3, "max_life_tokens": 1}
CASES = {
    "hanabi": ({}, 5000),
    "hanabi/small": (SMALL, 2000),
    "hanabi/very_small": (SMALL | {"colors": 1}, 1000),
    "hanabi(players=3)": ({"players": 3}, 1000),
    "hanabi(players=5)": ({"players": 5}, 800),
    "hanabi(players=4,colors=3,ranks=4,hand_size=3)": ({"players": 4, "colors": 3, "ranks": 4, "hand_size": 3}, 800),
    "hanabi(colors=4,ranks=1)": ({"colors": 4, "ranks": 1}, 400),
}
TINY = "hanabi(colors=1,ranks=2,hand_size=2,information_tokens=1,life_tokens=1)"


def chosen(params, state, legal, style, rng):
    """Random play; careful play, which lasts until the deck is empty; and play that looks at its own cards."""
    slots, ranks = int(params[h.SLOTS]), int(params[h.RANKS])
    if style == "seeing":
        hand = int(state.words[h.HANDS + int(np.log2(state.words[h.MOVERS]))])
        for slot in range(slots):
            color, rank = divmod((hand >> 5 * slot & 31) - 1, ranks)
            if slots + slot in legal and int(state.words[h.FIREWORKS]) >> 4 * color & 15 == rank:
                return slots + slot
    kept = [a for a in legal if not slots <= a < 2 * slots]
    return int(rng.choice(kept if style != "random" and kept else legal))


@pytest.mark.parametrize("id", CASES)
def test_plays_as_openspiels(id):
    """Chance, legal actions, observations of all players, partial views and returns."""
    parameters, steps = CASES[id]
    game, original = ludus.make(id), pyspiel.load_game("hanabi", parameters)
    assert game.num_actions == original.num_distinct_actions()
    assert game.max_utility == original.max_utility()
    rng, done, endings = np.random.default_rng(1), 0, []
    params, rules, players = game.setup.params, game.setup.rules.compiled(), range(game.num_players)
    while done < steps:
        style = ("random", "careful", "seeing", "seeing")[len(endings) % 4]
        ours, theirs, fresh = game.root(), original.new_initial_state(), 1
        obs = np.zeros((game.num_players, game.observation_size), np.float32)
        mask = np.zeros((game.num_players, game.num_actions), bool)
        while True:
            while theirs.is_chance_node():
                outcomes = theirs.chance_outcomes()
                assert [o for o, _ in ours.chance()] == [o for o, _ in outcomes]
                np.testing.assert_allclose([p for _, p in ours.chance()], [p for _, p in outcomes])
                card = int(rng.choice([o for o, _ in outcomes], p=[p for _, p in outcomes]))
                ours = ours.apply(card)
                theirs.apply_action(card)
            rules.view(params, ours.words, fresh, obs, mask)
            fresh = 0
            for p in players:
                expected = np.array(theirs.observation_tensor(p), np.float32)
                assert np.array_equal(obs[p], expected)
                assert np.array_equal(ours.observe(p), expected)
                movers = () if theirs.is_terminal() else (theirs.current_player(),)
                assert np.flatnonzero(mask[p]).tolist() == (theirs.legal_actions() if p in movers else [])
            assert ours.to_move() == movers
            assert ours.returns().tolist() == theirs.returns()
            if theirs.is_terminal():
                break
            legal = theirs.legal_actions()
            assert ours.actions(movers[0]) == legal
            action = chosen(params, ours, legal, style, rng)
            ours = ours.apply(action)
            theirs.apply_action(action)
            done += 1
        lost, full = ours.words[h.LIFE] == 0, ours.words[h.SCORE] == game.max_utility
        endings.append("lost" if lost else "full" if full else "deck")
    assert len(set(endings)) == 3 or game.id != "hanabi"


def dealt(game, cards, actions=()):
    """The state after these cards are dealt, and these actions (and draws) are made."""
    state = game.root()
    for move in (*cards, *actions):
        state = state.apply(move)
    return state


def test_players_know_the_others_cards_and_not_their_own():
    game = ludus.make("hanabi", hand_size=2)
    one, other = dealt(game, (0, 7, 12, 24)), dealt(game, (1, 8, 12, 24))
    assert one.info(0) == other.info(0) == "?? | G3B5"
    assert one.info(1) != other.info(1)
    assert np.array_equal(one.observe(0), other.observe(0))
    assert not np.array_equal(one.observe(1), other.observe(1))
    # after a play the card is public, what is drawn is not
    one, other = (dealt(game, (0, 7, 12, 24), (2, card)) for card in (3, 4))
    assert one.info(0) == other.info(0) == "?? | G3B5 | play 0 R1+"
    assert one.info(1) == "R1Y3 | ?? | play 0 R1+ > R4"
    assert other.info(1) == "R1Y3 | ?? | play 0 R1+ > R5"


def test_what_a_lost_game_pays():
    cards, moves = (0, 0, 8, 8), (2, 1, 2)  # a one is played, a card drawn, then a four of another color played
    lost, kept = (ludus.make("hanabi", hand_size=2, life_tokens=1, score=score) for score in ("lost", "kept"))
    assert dealt(lost, cards, moves[:2]).returns().tolist() == [1.0, 1.0]
    assert dealt(lost, cards, moves).returns().tolist() == [0.0, 0.0]
    assert dealt(kept, cards, moves).returns().tolist() == [1.0, 1.0]
    assert dealt(kept, cards, moves).terminal


def test_a_tiny_game_is_worth_what_reasoning_says():
    """Cards 1, 1, 1, 2 are all dealt, two to each, and each has one turn. Who sees a one and the two knows that both
    own cards are ones. If player 1 has the two, player 0 plays a one and says by its slot where the two lies: 2 points.
    If player 0 has it, a play risks as much as it wins, and player 1's one is sure: 1 point. On average 3/2."""
    game = ludus.make(TINY)
    value = expected_values(game, sample_large(game, "mccfr_external", iterations=5000, seed=0).policy())
    assert value[0] == pytest.approx(value[1])
    assert 1.45 < value[0] <= 1.5 + 1e-9


@pytest.mark.parametrize("id", ["hanabi", "hanabi(players=3)", "hanabi/small"])
def test_the_careful_player_loses_no_life_and_finishes_the_deck(id):
    game = ludus.make(id)
    params = game.setup.params
    env, agent, rng = game.vector_env(32, seed=2), game.heuristic(), np.random.default_rng(0)
    obs, legal = env.reset()
    lives = slice(int(params[h.PILE] - params[h.LIVES]), int(params[h.PILE]))
    scores = []
    for _ in range(90):
        movers = env.to_move.argmax(axis=1)
        rows = np.arange(32)
        actions = np.zeros((32, game.num_players), np.int64)
        actions[rows, movers] = agent.act(obs[rows, movers], legal[rows, movers], None, rng)[0]
        obs, reward, done, legal = env.step(actions)
        assert obs[:, :, lives].all()
        if done[:, 0].any():
            assert env.final_obs[done[:, 0]][:, :, lives].all()
        assert (reward >= 0).all()
        assert (reward == reward[:, :1]).all()
        scores.append(done[:, 0])
    assert np.sum(scores) >= 32


def test_faces_for_people():
    game = ludus.make("hanabi")
    state = dealt(game, (0, 5, 10, 15, 20, 24, 19, 0, 1, 1), (10, 5))
    assert state.render().splitlines() == [
        "stacks R0 Y0 G0 W0 B0  tokens 7  lives 2  deck 40",
        "  player 0: R1 (RYGWB 12345)  Y1 (RYGWB 12345)  G1 (RYGWB 12345)  W1 (RYGWB 12345)  B1 (RYGWB 12345)",
        "  player 1: W5 (YGWB 12345)  R1 (R 12345)  R2 (R 12345)  R2 (R 12345)",
        "discards B5",
        "last turn: play 0 B5",
    ]
    assert [state.action_text(0, a) for a in (0, 5, 10, 19)] == ["discard 0", "play 0", "tell +1 R", "tell +1 5"]
    env = game.aec_env(render_mode="rgb_array")
    env.reset(seed=0)
    image = env.render()
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 20


@pytest.mark.parametrize(
    ("id", "parameters", "message"),
    [
        ("hanabi", {"colors": 1, "players": 3}, "hanabi: hand_size 5 for 3 players needs 15 cards, but 1 colors of 5 "),
        ("hanabi", {"players": 6}, "hanabi: parameter players must be an integer from 2 to 5; got 6"),
        ("hanabi", {"score": "half"}, "hanabi: parameter score must be one of 'lost', 'kept'; got 'half'"),
        ("hanabi/tiny", {}, "there is no game 'hanabi/tiny'; did you mean"),
    ],
)
def test_bad_parameters(id, parameters, message):
    with pytest.raises(ValueError, match=message):
        ludus.make(id, **parameters)
