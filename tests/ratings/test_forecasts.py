"""Forecasts: scores by hand, nothing seen before its time, and the true model winning on its own data."""

from __future__ import annotations

import numpy as np
import pytest

import ludus.ratings as lr

from .strategies import random_log


def test_scores_by_hand():
    log = lr.MatchLog.from_arrays([[0, 1], [0, 1], [0, 1]], ranks=[[1, 2], [2, 1], [1, 1]])
    p = [0.8, 0.2, 0.6, 0.4, 0.5, 0.5]
    e = lr.score_forecasts(log, p)
    losses = [-np.log(0.8), -np.log(0.4), -np.log(0.5)]
    np.testing.assert_allclose(e.losses, losses)
    assert e.log_loss == pytest.approx(np.mean(losses))
    assert e.brier == pytest.approx(np.mean([0.04, 0.36, 0.0]))
    assert e.accuracy == pytest.approx((1 + 0 + 0.5) / 3)
    # Classes: .2 (0), .4 (1), .5 .5 (½ ½), .6 (0), .8 (1).
    assert e.calibration_error == pytest.approx((0.2 + 0.6 + 0 + 0.6 + 0.2) / 6)
    with pytest.raises(ValueError, match="win"):
        lr.score_forecasts(log, [0.5])


def test_rank_overlap():
    log = lr.MatchLog.from_arrays([[0, 1, 2, 3]], ranks=[[1, 2, 3, 4]])
    assert lr.score_forecasts(log, [0.4, 0.3, 0.2, 0.1]).rank_overlap == pytest.approx(1.0)
    # Reversed: agreement 0, 0, 2/3, 1 at depths 1 to 4.
    weights = 0.9 ** np.arange(4)
    want = weights @ [0, 0, 2 / 3, 1] / weights.sum()
    assert lr.score_forecasts(log, [0.1, 0.2, 0.3, 0.4]).rank_overlap == pytest.approx(want)


@pytest.mark.parametrize("name", sorted(lr.models()))
def test_the_future_does_not_leak(name):
    """Changing matches from the 30th on changes no forecast of the first 30."""
    options = {"teams": (2, 2), "size": (1, 1), "ties": False, "times": True}
    log = random_log(0, matches=40, **options)
    other = lr.MatchLog.from_matches(
        [m if i < 30 else m._replace(ranks=m.ranks[::-1]) for i, m in enumerate(log)], names=log.names
    )
    model = lr.make(name)
    a, b = (lr.forecast(x, model, start=20, refits=5) for x in (log, other))
    cut = log.match_starts[30] if model.online else log.match_starts[28]
    np.testing.assert_array_equal(a[:cut], b[:cut])


def test_evaluate_compares_on_the_same_matches():
    rng = np.random.default_rng(0)
    skill = rng.normal(0, 1.5, 30)
    a = rng.integers(0, 30, 4000)
    b = (a + rng.integers(1, 30, 4000)) % 30
    first = rng.random(4000) < 1 / (1 + np.exp(skill[b] - skill[a]))
    log = lr.MatchLog.from_arrays(winners=np.where(first, a, b), losers=np.where(first, b, a))
    result = lr.evaluate(log, ["elo", "plackett_luce", "bradley_terry", "trueskill"], warmup=0.5)
    assert [e.model for e in result] == ["elo", "plackett_luce", "bradley_terry", "trueskill"]
    assert all(e.matches == 2000 for e in result)
    # The truth itself as a forecast: no model beats it by more than chance.
    p = np.where(first, 1, -1) * (skill[a] - skill[b])
    truth = lr.score_forecasts(
        log, np.column_stack([1 / (1 + np.exp(-p)), 1 / (1 + np.exp(p))]).reshape(-1), start=2000
    )
    assert result.best().log_loss > truth.log_loss - 2 * truth.log_loss_error
    assert result.best().log_loss < truth.log_loss + 0.03
    # Without drift the fit of all past matches wins over Elo with K = 32.
    pair = next(c for c in result.compare() if (c.first, c.second) == ("elo", "bradley_terry"))
    assert pair.difference > 2 * pair.error
    assert truth.calibration_error < 0.03
    assert "log-loss" in str(result)
    assert result.best().curve.shape == (50,)


def test_bad_calls():
    log = random_log(0)
    with pytest.raises(ValueError, match="warmup"):
        lr.evaluate(log, ["elo"], warmup=1.0)
    with pytest.raises(ValueError, match="models"):
        lr.evaluate(log, "elo")
    with pytest.raises(ValueError, match="none to score"):
        lr.evaluate(log[:0], ["elo"])
