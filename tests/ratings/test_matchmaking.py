"""Matchmaking: the even split is found, the even opponent too, and what a match teaches."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import ludus.ratings as lr
from ludus.ratings import matchmaking
from ludus.ratings.leaderboard import board


@pytest.fixture(scope="module")
def ladder():
    model = lr.PlackettLuce()
    mu = np.array([40.0, 35, 30, 25, 20, 15])
    return board(model, model.start(6)._replace(mu=mu, sigma=np.full(6, 1.5)), list("abcdef"))


def test_balance_is_the_best_of_all_splits(ladder):
    found = lr.balance(ladder, "abcdef")
    gaps = []
    for team in combinations("abcdef", 3):
        p = ladder.predict([list(team), [x for x in "abcdef" if x not in team]])
        gaps.append(abs(p[0] - p[1]))
    assert found.imbalance == pytest.approx(min(gaps))
    assert sorted(name for team in found.teams for name in team) == list("abcdef")


def test_balance_of_three_teams(ladder):
    found = lr.balance(ladder, "abcdef", teams=3, size=2)
    assert {frozenset(t) for t in found.teams} == {frozenset("af"), frozenset("be"), frozenset("cd")}
    assert found.probabilities == pytest.approx([1 / 3] * 3)
    with pytest.raises(ValueError, match="3 teams of 3"):
        lr.balance(ladder, "abcdef", teams=3, size=3)


def test_quality_and_opponents(ladder):
    assert lr.quality(ladder, [["a", "f"], ["b", "e"]]) == pytest.approx(1.0)
    assert lr.quality(ladder, [["a"], ["f"]]) < 0.1
    assert lr.best_opponent(ladder, "c") in ("b", "d")
    assert lr.best_opponent(ladder, "f") == "e"


def test_information(ladder):
    """It is 0 where nothing is left to learn, falls with lopsidedness, and grows with uncertainty."""
    model = ladder.model
    ratings = model.start(4)._replace(mu=np.array([25.0, 25, 25, 60]), sigma=np.array([0.01, 0.01, 6.0, 6.0]))
    known = board(model, ratings, list("wxyz"))
    assert matchmaking.information(known, "w", "x") < 1e-4
    assert matchmaking.information(known, "w", "y") > 0.1
    assert matchmaking.information(known, "y", "z") < matchmaking.information(known, "w", "y")
    assert set(lr.next_match(known)) in ({"w", "y"}, {"x", "y"})
