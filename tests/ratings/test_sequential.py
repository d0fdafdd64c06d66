"""Sequential tests: error rates by simulation, and the likelihood ratio against a direct maximisation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import ludus.ratings as lr
from ludus.ratings import sequential

from .strategies import random_log


def test_elo_and_score_are_inverse():
    for elo in (-400, -35, 0, 120):
        assert sequential.elo_of(sequential.expected_score(elo)) == pytest.approx(elo)
    assert sequential.expected_score(400) == pytest.approx(10 / 11)


def test_likelihood_ratio_by_direct_maximisation():
    counts = np.array([30, 45, 52.0])
    values = np.array([0, 0.5, 1])

    def best(elo):
        mean = sequential.expected_score(elo)
        found = minimize(
            lambda p: -counts @ np.log(np.maximum(p, 1e-12)),
            np.full(3, 1 / 3),
            bounds=[(1e-9, 1)] * 3,
            constraints=[
                {"type": "eq", "fun": lambda p: p.sum() - 1},
                {"type": "eq", "fun": lambda p: p @ values - mean},
            ],
            tol=1e-14,
        )
        return -found.fun

    assert lr.sprt(counts, 0, 20).llr == pytest.approx(best(20) - best(0), abs=1e-5)


@pytest.mark.parametrize(("elo", "wrong"), [(0.0, "elo1"), (40.0, "elo0")])
def test_error_rates(elo, wrong):
    """300 tests of 0 against 40 at 5 %: no more wrong decisions than chance allows (0.05 + 3 standard errors)."""
    rng = np.random.default_rng(0)
    draws = 0.3
    mean = sequential.expected_score(elo)
    probabilities = [1 - mean - draws / 2, draws, mean - draws / 2]
    decisions = []
    for _ in range(300):
        counts = np.zeros(3)
        decision = "continue"
        while decision == "continue" and counts.sum() < 5000:
            counts += rng.multinomial(20, probabilities)
            decision = lr.sprt(counts, 0, 40).decision
        decisions.append(decision)
    assert decisions.count("continue") == 0
    assert decisions.count(wrong) / 300 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_pairs_take_the_luck_of_openings_out():
    """Openings that decide games: pairs score 1 almost always, which the five classes know and three do not."""
    pairs = np.array([0, 5, 180, 15, 0])
    alone = np.array([95, 10, 105])
    assert lr.sprt(pairs, 0, 10).llr > 3 * lr.sprt(alone, 0, 10).llr > 0


def test_results_from_a_log():
    log = random_log(1, matches=200, players=3, teams=(2, 2), size=(1, 1))
    counts = sequential.results(log, "p0", "p1")
    by_hand = [0, 0, 0]
    for m in log:
        if {m.teams[0][0], m.teams[1][0]} == {"p0", "p1"}:
            mine = m.ranks[[t[0] for t in m.teams].index("p0")]
            other = m.ranks[[t[0] for t in m.teams].index("p1")]
            by_hand[1 + (mine < other) - (mine > other)] += 1
    assert counts.tolist() == by_hand
    assert sequential.results(log, "p0", "p1", paired=True).sum() == sum(by_hand) // 2
    with pytest.raises(ValueError, match="p9"):
        sequential.results(log, "p0", "p9")


def test_bad_calls():
    with pytest.raises(ValueError, match="counts"):
        lr.sprt([1, 2, 3, 4])
    with pytest.raises(ValueError, match="elo1"):
        lr.sprt([1, 2, 3], 5, 0)
    with pytest.raises(ValueError, match="alpha"):
        lr.sprt([1, 2, 3], alpha=0.9)
    with pytest.raises(ValueError, match="scores"):
        list(lr.run_sprt([2]))
    assert lr.sprt([0, 0, 0]).decision == "continue"
