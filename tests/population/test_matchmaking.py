"""Matchmakers against what their rules say; the gate against the rates that Wald promised."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.games.agent import PreferenceAgent, UniformAgent
from ludus.games.policy import Policy
from ludus.games.registry import make
from ludus.population import League, promote
from ludus.population.gate import duel_pairs
from ludus.population.interaction import pfsp
from ludus.population.matchmaking import (
    MATCHMAKERS,
    PRIOR,
    Standings,
    information,
    prioritised,
    proximity,
    seated,
    strengths,
    swiss,
    uncertainty,
)
from ludus.population.payoffs import Payoffs


def table(wins, draws=None, variance=None):
    """A payoff table from counts of wins (and draws) of the row."""
    wins = np.asarray(wins, np.int64)
    draws = np.zeros_like(wins) if draws is None else np.asarray(draws, np.int64)
    count = wins + wins.T + draws
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (wins - wins.T) / count
    variance = np.where(count > 1, 1.0, np.nan) if variance is None else np.asarray(variance, float)
    return Payoffs(tuple(map(str, range(len(wins)))), count, mean, variance, wins, draws)


def meetings(n, most=6):
    return st.lists(st.integers(0, most), min_size=n * n, max_size=n * n).map(
        lambda cells: np.array(cells).reshape(n, n) * (1 - np.eye(n, dtype=int))
    )


@settings(max_examples=40, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(MATCHMAKERS)), seats=st.sampled_from([2, 3]))
def test_every_matchmaker_gives_sets_of_different_members(data, name, seats):
    """So many as a round has, the same for the same generator, whatever the standings."""
    n = data.draw(st.integers(seats, 7))
    standings = Standings(table(data.draw(meetings(n))), seats)
    sets = MATCHMAKERS[name](standings, np.random.default_rng(3))
    assert sets.shape == (max(1, n // seats), seats)
    assert all(len(set(row)) == seats for row in sets.tolist())
    assert sets.min() >= 0
    assert sets.max() < n
    np.testing.assert_array_equal(sets, MATCHMAKERS[name](standings, np.random.default_rng(3)))
    if name in ("random", "swiss"):
        assert len(np.unique(sets)) == sets.size, "disjoint"


@settings(max_examples=30, deadline=None)
@given(meetings(6, 4))
def test_swiss_is_the_cheapest_pairing(wins):
    """Against all 15 pairings of six: the fewest meetings more than needed, then the least squared differences."""
    payoffs = table(wins)
    pairs = swiss(Standings(payoffs, 2), np.random.default_rng(0))
    played = payoffs.count.sum(axis=1)
    score = np.where(played > 0, payoffs.wins.sum(axis=1) / np.maximum(played, 1), 0.5)

    def cost(pairing):
        return (
            sum(int(payoffs.count[a, b]) for a, b in pairing),
            sum(round(1000 * (score[a] - score[b]) ** 2) for a, b in pairing),
        )

    assert cost(pairs.tolist()) == min(cost(pairing) for pairing in pairings(list(range(6))))


def pairings(members):
    if not members:
        yield []
        return
    first, *rest = members
    for other in rest:
        for pairing in pairings([m for m in rest if m != other]):
            yield [(first, other), *pairing]


def test_swiss_plays_a_tournament_without_rematches():
    """Eight players, seven rounds: everybody meets everybody, whoever wins; the bye goes round among seven."""
    for n in (8, 7):
        wins = np.zeros((n, n), np.int64)
        rng = np.random.default_rng(0)
        byes = []
        for _ in range(7):
            pairs = swiss(Standings(table(wins), 2), rng)
            for a, b in pairs:
                wins[min(a, b), max(a, b)] += 1
            byes += sorted(set(range(n)) - set(pairs.ravel().tolist()))
        met = wins + wins.T
        assert (met[~np.eye(n, dtype=bool)] == 1).all()
        assert sorted(byes) == (list(range(7)) if n == 7 else [])


def test_prioritised_draws_by_pfsp():
    wins = np.array([[0, 9, 5, 1], [1, 0, 0, 0], [5, 0, 0, 0], [9, 0, 0, 0]])
    standings = Standings(table(wins), 2)
    rng, drawn = np.random.default_rng(0), np.zeros(4)
    for _ in range(2000):
        for a, b in prioritised(standings, rng).tolist():
            if a == 0:
                drawn[b] += 1
    expected = pfsp([0.9, 0.5, 0.1])
    chi = ((drawn[1:] - drawn.sum() * expected) ** 2 / (drawn.sum() * expected)).sum()
    assert chi < 13.8, "the 0.1 % bound of two degrees of freedom"


def test_uncertainty_asks_for_the_worst_known_cell():
    """An unknown cell first; then the largest standard error."""
    wins = np.array([[0, 50, 8], [50, 0, 0], [8, 0, 0]])
    assert set(uncertainty(Standings(table(wins), 2), np.random.default_rng(0))[0]) == {1, 2}
    wins[1, 2] = wins[2, 1] = 8
    variance = np.full((3, 3), 1.0)
    variance[0, 1] = variance[1, 0] = 9.0  # 9 / 100 > 1 / 16
    assert set(uncertainty(Standings(table(wins, variance=variance), 2), np.random.default_rng(0))[0]) == {0, 1}


def test_strengths_are_the_posterior():
    """Mode and covariance against quadrature over the one difference that two players have."""
    wins = np.array([[0, 6], [2, 0]])
    mode, covariance = strengths(table(wins, draws=[[0, 2], [2, 0]]))
    d = np.linspace(-15, 15, 200_001)
    log = 7 * -np.logaddexp(0, -d) + 3 * -np.logaddexp(0, d) - d**2 / (4 * PRIOR**2)  # d has variance 2 PRIOR²
    best = d[log.argmax()]
    assert mode[0] - mode[1] == pytest.approx(best, abs=1e-3)
    curvature = -np.gradient(np.gradient(log, d), d)[log.argmax()]
    v = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert v == pytest.approx(1 / curvature, rel=1e-3)
    free, _ = strengths(table(np.zeros((3, 3), int)))
    np.testing.assert_array_equal(free, 0)


def test_information_is_what_a_match_tells():
    """Of two equal pairs the one that is known less; of two unknown ones the even one."""
    wins = np.array([[0, 30, 0, 0], [30, 0, 0, 0], [0, 0, 0, 2], [0, 0, 2, 0]])
    pair = information(Standings(table(wins), 2), np.random.default_rng(0))[0]
    assert set(pair) != {0, 1}
    lopsided = np.array([[0, 40, 3], [0, 0, 0], [3, 0, 0]])  # 0 beats 1; 0 and 2 are even
    assert set(information(Standings(table(lopsided), 2), np.random.default_rng(0))[0]) != {0, 1}


def test_proximity_prefers_neighbours():
    """On a ladder, neighbours meet far more often than the ends do, which still meet sometimes."""
    n = 5
    wins = np.where(np.subtract.outer(np.arange(n), np.arange(n)) < 0, 9, 1) * (1 - np.eye(n, dtype=int))
    met, rng = np.zeros((n, n)), np.random.default_rng(0)
    for _ in range(1000):
        for a, b in proximity(Standings(table(wins), 2), rng).tolist():
            met[min(a, b), max(a, b)] += 1
    assert 0 < met[0, 4] < met[0, 1] / 4
    assert met[0, 2] < met[0, 1]


@pytest.mark.parametrize("preset", sorted(MATCHMAKERS))
def test_a_league_under_a_matchmaker_is_balanced_and_resumes(preset):
    def league():
        made = League("kuhn_poker", preset=preset, paired=True)
        for seed in range(4):
            made.add(f"m{seed}", Policy.random(made.game, seed))
        return made.add("uniform", UniformAgent()) and made

    with league() as whole, league() as cut:
        log = whole.run(3_000, seed=2).log()
        steps = cut.iterate(3_000, seed=2)
        next(steps), next(steps)
        steps.close()
        assert cut.run(3_000, seed=2).log() == log
        players = log.players.reshape(-1, 2)
        np.testing.assert_array_equal(players[0::2], players[1::2, ::-1])
        assert whole.store.runs()[0].config["preset"] == preset


def test_sets_are_seated_in_all_orders():
    rota = seated(np.array([[4, 7, 9], [1, 2, 3]]))
    assert sorted(map(tuple, rota[:6].tolist())) == sorted(itertools.permutations((4, 7, 9)))


def test_the_gate_promotes_the_better_and_refuses_the_worse():
    """In Kuhn poker who always passes never wins against who always bets."""
    game, good, poor = make("kuhn_poker"), PreferenceAgent("bets", 1), PreferenceAgent("passes", 0)
    up, down = promote(game, good, poor, seed=1), promote(game, poor, good, seed=1)
    assert up.promoted
    assert up.test.decision == "elo1"
    assert not down.promoted
    assert down.test.decision == "elo0"
    assert up.pairs.sum() * 2 == up.test.games
    np.testing.assert_array_equal(promote(game, good, poor, seed=1).pairs, up.pairs)
    few = promote(game, good, good, most=64)
    assert (few.promoted, few.test.decision, few.test.games) == (False, "continue", 64)


def test_a_candidate_that_is_the_champion_is_rarely_promoted():
    """Elo difference 0: at most α of the gates open (here 40 of them; 7 or more have a chance below 0.4 %)."""
    game = make("kuhn_poker")
    policy = Policy.random(game, 1)
    opened = [promote(game, policy, policy, elo1=60, seed=seed, most=4000).promoted for seed in range(40)]
    assert sum(opened) < 7


def test_pairs_share_their_luck():
    """The same deterministic player on both sides, one deal, seats exchanged: every pair scores one point."""
    game = make("kuhn_poker")
    always = Policy.from_dict(game, {key: {0: 1.0} for key in game.tree().keys})
    counts = next(duel_pairs(game, always, always, seed=3))
    assert counts.tolist() == [0, 0, counts.sum(), 0, 0]


def test_games_that_a_gate_is_not_for():
    with pytest.raises(ValueError, match="a gate is for games of two players"):
        promote("kuhn_poker(players=3)", UniformAgent(), UniformAgent())
