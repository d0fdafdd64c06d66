"""Glicko and Glicko-2 against Glickman's worked examples and slow versions of his steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

import ludus.ratings as lr
from ludus.ratings._kernels_glicko import volatility

from .strategies import random_log


def _example(model):
    """A player of 1500 ± 200 beats 1400 ± 30, loses to 1550 ± 100 and to 1700 ± 300, in one period."""
    log = lr.MatchLog.from_arrays([[0, 1], [0, 2], [0, 3]], ranks=[[1, 2], [2, 1], [2, 1]], times=[0.0, 0.0, 0.0])
    start = model.start(4)._replace(mu=np.array([1500.0, 1400, 1550, 1700]), sigma=np.array([200.0, 30, 100, 300]))
    return model.update(start, log)


def test_glickmans_example_of_glicko():
    """Glickman, "The Glicko system": r' = 1464, RD' = 151.4."""
    after = _example(lr.Glicko(period=1.0))
    assert after.mu[0] == pytest.approx(1464, abs=0.5)
    assert after.sigma[0] == pytest.approx(151.4, abs=0.05)


def test_glickmans_example_of_glicko2():
    """Glickman, "Example of the Glicko-2 system" (2012): r' = 1464.06, RD' = 151.52, volatility 0.05999.

    The paper rounds between steps, hence the tolerance of 0.02.
    """
    after = _example(lr.Glicko2(period=1.0, change=0.5))
    assert after.mu[0] == pytest.approx(1464.06, abs=0.02)
    assert after.sigma[0] == pytest.approx(151.52, abs=0.01)
    assert after.extra[0, 0] == pytest.approx(0.05999, abs=1e-5)


def _by_bracketing(phi, v, delta, old, tau):
    """Step 5 of Glickman's procedure, its equation solved by a bracketing method."""
    a = math.log(old**2)

    def f(x):
        ex = math.exp(x)
        return ex * (delta**2 - phi**2 - v - ex) / (2 * (phi**2 + v + ex) ** 2) - (x - a) / tau**2

    return math.exp(brentq(f, a - 40, a + 40, xtol=1e-14) / 2)


def test_volatility_is_the_root_of_glickmans_equation():
    rng = np.random.default_rng(0)
    for _ in range(300):
        arguments = (
            rng.uniform(0.1, 2),
            rng.uniform(0.5, 5),
            rng.normal(0, 3),
            rng.uniform(0.03, 0.2),
            rng.uniform(0.2, 1.2),
        )
        assert volatility(*arguments) == pytest.approx(_by_bracketing(*arguments), rel=1e-8)


def test_deviation_grows_while_away_and_never_above_the_start():
    log = lr.MatchLog.from_arrays(winners=[0, 0], losers=[1, 1], times=[0.0, 30.0])
    model = lr.Glicko(c=63.2, period=1.0)
    after_first = model.fit(log[:1])
    before_second = math.sqrt(after_first.sigma[0] ** 2 + 63.2**2 * 30)
    assert before_second > 350  # Glickman's c for a return to 350 within 30 periods, so the bound holds
    both = model.fit(log)
    fresh = model.update(after_first._replace(sigma=np.full(2, 350.0), last=np.full(2, np.nan)), log[1:])
    np.testing.assert_allclose(both.mu, fresh.mu)


@pytest.mark.parametrize("name", ["glicko", "glicko2"])
def test_the_kernel_for_duels_is_the_general_one(name):
    log = random_log(2, matches=300, teams=(2, 2), size=(1, 1))
    rows = [{"teams": m.teams, "ranks": m.ranks, "weights": [[1.0], [1.0]]} for m in log]
    general = lr.MatchLog.from_matches(rows, names=log.names)
    model = lr.make(name)
    (a, pa), (b, pb) = (model.replay(model.start(12), x) for x in (log, general))
    for x, y in zip(a, b):
        np.testing.assert_allclose(x, y, rtol=1e-8)
    np.testing.assert_allclose(pa, pb, rtol=1e-9)


def test_a_period_does_not_depend_on_the_order_within():
    log = random_log(3, matches=40, teams=(2, 2), size=(1, 1))
    timed = lr.MatchLog.from_matches([{**m._asdict(), "time": i // 10} for i, m in enumerate(log)], names=log.names)
    shuffled = timed[np.concatenate([np.arange(10 * k, 10 * k + 10)[::-1] for k in range(4)])]
    for name in ("glicko", "glicko2"):
        model = lr.make(name, period=1.0)
        np.testing.assert_allclose(model.fit(timed).mu, model.fit(shuffled).mu, rtol=1e-10)


def test_periods_need_times_in_order():
    log = lr.MatchLog.from_arrays(winners=[0, 0], losers=[1, 1])
    with pytest.raises(ValueError, match="times"):
        lr.Glicko(period=1.0).fit(log)
    with pytest.raises(ValueError, match="match 1"):
        lr.Glicko().fit(lr.MatchLog.from_arrays(winners=[0, 0], losers=[1, 1], times=[1.0, 0.0]))
