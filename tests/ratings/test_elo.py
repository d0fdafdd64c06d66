"""Elo: its arithmetic by hand, conservation, and the options."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ludus.ratings import Elo, MatchLog

from .strategies import random_log


def test_one_game_by_hand():
    """Elo (1978): 1613 against 1609, K = 32, a win: expected 0.5058 (the example of the tables, one opponent)."""
    model = Elo(k=32)
    start = model.start(2)._replace(mu=np.array([1613.0, 1609.0]))
    expected = 1 / (1 + 10 ** (-4 / 400))
    assert expected == pytest.approx(0.5058, abs=1e-4)
    after = model.update(start, MatchLog.from_arrays(winners=[0], losers=[1]))
    np.testing.assert_allclose(after.mu, [1613 + 32 * (1 - expected), 1609 - 32 * (1 - expected)], rtol=1e-14)
    drawn = model.update(start, MatchLog.from_arrays(winners=[0], losers=[1], draws=[True]))
    np.testing.assert_allclose(drawn.mu, [1613 + 32 * (0.5 - expected), 1609 - 32 * (0.5 - expected)], rtol=1e-14)


def test_the_sum_is_conserved():
    duels = random_log(0, teams=(2, 2), size=(1, 1), matches=500)
    assert Elo().fit(duels).mu.sum() == pytest.approx(1500 * 12)
    free_for_all = random_log(1, teams=(3, 5), size=(1, 1))
    assert Elo().fit(free_for_all).mu.sum() == pytest.approx(1500 * 12)
    even = random_log(2, teams=(2, 3), size=(2, 2))
    assert Elo().fit(even).mu.sum() == pytest.approx(1500 * 12)


def test_both_kernels_agree():
    log = random_log(3, teams=(2, 2), size=(1, 1), matches=300)
    rows = [{"teams": m.teams, "ranks": m.ranks, "weights": [[1.0], [1.0]]} for m in log]
    general = MatchLog.from_matches(rows, names=log.names)
    model = Elo(k=20, k_new=40, new_matches=5, home=30)
    (a, pa), (b, pb) = (model.replay(model.start(12), x) for x in (log, general))
    np.testing.assert_allclose(a.mu, b.mu, rtol=1e-13)
    np.testing.assert_allclose(pa, pb, rtol=1e-12)


def test_k_of_newcomers_and_home():
    log = MatchLog.from_arrays(winners=[0, 0], losers=[1, 2])
    after = Elo(k=10, k_new=40, new_matches=1, scale=400).fit(log)
    second = 10 * (1 - 1 / (1 + 10 ** (-20 / 400)))
    assert after.mu[0] == pytest.approx(1520 + second)
    assert after.mu[1] == pytest.approx(1480)
    home = Elo(home=100).replay(Elo().start(3), log)[1]
    assert home[0] == pytest.approx(1 / (1 + 10 ** (-100 / 400)))


def test_margin_of_victory():
    """FiveThirtyEight's factor: ln(1 + 10) * 2.2 / 2.2 between equals."""
    log = MatchLog.from_arrays([[0, 1]], scores=[[10, 0]])
    assert Elo(margin=True).fit(log).mu[0] == pytest.approx(1500 + 16 * math.log(11))
    with pytest.raises(ValueError, match="scores"):
        Elo(margin=True).fit(MatchLog.from_arrays(winners=[0], losers=[1]))


def test_order_matters_to_elo():
    log = random_log(4, teams=(2, 2), size=(1, 1), matches=100)
    assert not np.allclose(Elo().fit(log).mu, Elo().fit(log[::-1]).mu)
