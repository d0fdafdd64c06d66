"""Voting methods: textbook elections, brute force, and which methods copies can move."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus.ratings as lr
from ludus.ratings import voting

from .strategies import random_log

# Tennessee's capital, the standard example: Memphis 42, Nashville 26, Chattanooga 15, Knoxville 17.
TENNESSEE = ([["M", "N", "C", "K"], ["N", "C", "K", "M"], ["C", "K", "N", "M"], ["K", "C", "N", "M"]], [42, 26, 15, 17])
# Schulze (2011), section 3.1: 45 voters, winner E by beatpaths.
SCHULZE = (["ACBED", "ADECB", "BEDAC", "CABED", "CAEBD", "CBADE", "DCEBA", "EBADC"], [5, 5, 8, 3, 7, 2, 7, 8])


@pytest.mark.parametrize(
    ("method", "winner"),
    [
        ("plurality", "M"),
        ("borda", "N"),
        ("copeland", "N"),
        ("stv", "K"),
        ("schulze", "N"),
        ("ranked_pairs", "N"),
        ("kemeny", "N"),
        ("maximal_lotteries", "N"),
        ("iterated_maximal_lotteries", "N"),
        ("soft_condorcet", "N"),
        ("approval", "N"),
    ],
)
def test_tennessee(method, winner):
    result = lr.vote(TENNESSEE[0], method, weights=TENNESSEE[1])
    assert result.winners == (winner,)


def test_full_rankings():
    for method in ("copeland", "schulze", "ranked_pairs", "kemeny"):
        assert lr.vote(TENNESSEE[0], method, weights=TENNESSEE[1]).ranking == ("N", "C", "K", "M")
    borda = lr.vote(TENNESSEE[0], "borda", weights=TENNESSEE[1])
    # Borda counts 194, 173, 126 and 107 (Nashville, Chattanooga, Memphis, Knoxville); margins are 2 (count - mean).
    np.testing.assert_allclose(borda.scores, [2 * (c - 150) for c in (126, 194, 173, 107)])
    assert lr.vote(SCHULZE[0], "schulze", weights=SCHULZE[1]).ranking == ("E", "A", "C", "B", "D")


def test_kemeny_by_brute_force():
    rng = np.random.default_rng(0)
    for _ in range(10):
        profile = lr.ballots(rng.normal(size=(7, 6)), weights=rng.random(7))
        margins = profile.margins()

        def value(order, margins=margins):
            return sum(margins[order[i], order[j]] for i in range(6) for j in range(i + 1, 6))

        got = [int(name) for name in lr.vote(profile, "kemeny").ranking]
        assert value(got) == pytest.approx(max(map(value, permutations(range(6)))))


def test_soft_condorcet_comes_close_to_kemeny():
    rng = np.random.default_rng(1)
    distances = []
    for _ in range(10):
        scores = rng.normal(size=(12, 7)) + np.linspace(0, 1.0, 7)
        profile = lr.ballots(scores)
        support = profile.support()

        def disagreement(ranking, support=support):
            order = [int(x) for x in ranking]
            return sum(support[order[j], order[i]] for i in range(7) for j in range(i + 1, 7)) / support.sum()

        distances.append(
            disagreement(lr.vote(profile, "soft_condorcet").ranking) - disagreement(lr.vote(profile, "kemeny").ranking)
        )
    assert min(distances) >= -1e-12
    assert np.mean(distances) < 0.01


def test_logistic_soft_condorcet_is_bradley_terry():
    """The convex loss is the likelihood of Bradley and Terry, so both have one optimum."""
    log = random_log(0, teams=(2, 2), size=(1, 1), matches=600, ties=False)
    ratings = lr.soft_condorcet(lr.ballots(log), loss="logistic", iterations=5000)
    fit = lr.fit_bradley_terry(log, prior=1e4)
    np.testing.assert_allclose(ratings, fit.strengths - fit.strengths.mean(), atol=1e-5)


def test_maximal_lottery_of_a_cycle():
    result = lr.vote(["abc", "bca", "cab"], "maximal_lotteries")
    np.testing.assert_allclose(result.scores, 1 / 3, atol=1e-8)
    assert len(result.winners) == 3
    levels = lr.vote(["abcd", "bcad", "cabd"], "iterated_maximal_lotteries")
    assert levels.ranking[-1] == "d"


def test_ties_partial_ballots_and_weights():
    profile = lr.ballots([["a", ["b", "c"]], ["c"], ["b", "a"]], weights=[2.0, 1.0, 0.5])
    support = profile.support()
    at = {name: i for i, name in enumerate(profile.names)}
    assert support[at["a"], at["b"]] == 2.0
    assert support[at["b"], at["a"]] == 0.5
    assert support[at["b"], at["c"]] == 0.0
    np.testing.assert_allclose(voting.plurality(profile), [2.0, 0.5, 1.0])
    with pytest.raises(ValueError, match="ballot 0.*twice"):
        lr.ballots([["a", "a"]])
    with pytest.raises(ValueError, match="weights"):
        lr.ballots([["a", "b"]], weights=[-1])
    with pytest.raises(ValueError, match="method"):
        lr.vote([["a", "b"]], "dictator")
    with pytest.raises(ValueError, match="20 alternatives"):
        lr.vote(np.zeros((1, 21)), "kemeny")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_condorcet_winners_win_and_copies_of_the_order_change_nothing(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    scores, weights = rng.permuted(np.tile(np.arange(n), (9, 1)), axis=1), rng.random(9)
    profile = lr.ballots(scores, weights)
    margins = profile.margins()
    best = [i for i in range(n) if (np.delete(margins[i], i) > 1e-9).all()]
    order = rng.permutation(n)
    shuffled = lr.ballots(scores[:, order], weights, names=[str(i) for i in order])
    for method in voting.methods():
        result = lr.vote(profile, method)
        if best and method in ("copeland", "schulze", "ranked_pairs", "kemeny", "maximal_lotteries"):
            assert result.winners == (str(best[0]),), method
        if method not in ("kemeny", "soft_condorcet"):
            assert set(lr.vote(shuffled, method).winners) == set(result.winners), method


def _clone_moves(method: str, seed: int) -> bool:
    """Whether a copy next to one alternative on every ballot changes who wins among the originals."""
    rng = np.random.default_rng(seed)
    n = 4
    scores = rng.permuted(np.tile(np.arange(n), (7, 1)), axis=1).astype(float)
    weights = rng.random(7)
    before = set(lr.vote(lr.ballots(scores, weights), method).winners)
    copied = np.hstack([scores, scores[:, 1:2] + rng.choice([-0.5, 0.5], (7, 1))])
    after = {"1" if name == "4" else name for name in lr.vote(lr.ballots(copied, weights), method).winners}
    return before != after


@pytest.mark.parametrize("method", voting.methods())
def test_clones(method):
    moves = [_clone_moves(method, seed) for seed in range(60)]
    if voting.CLONE_INVARIANT[method]:
        assert not any(moves)
    elif method in ("plurality", "borda", "copeland", "approval"):
        assert any(moves)
