"""Cycles: recognised where they are, not where they are not, and rated by the models made for them."""

from __future__ import annotations

import numpy as np
import pytest

import ludus.ratings as lr
from ludus.ratings import cyclic

from .strategies import random_log


def _sample(rng, odds, matches):
    n = len(odds)
    a = rng.integers(0, n, matches)
    b = (a + rng.integers(1, n, matches)) % n
    first = rng.random(matches) < 1 / (1 + np.exp(-odds[a, b]))
    return lr.MatchLog.from_arrays(
        winners=np.where(first, a, b), losers=np.where(first, b, a), names=list(map(str, range(n)))
    )


def _transitive(rng, n=10):
    skill = rng.normal(0, 1, n)
    return skill[:, None] - skill[None, :]


def _cyclic(rng, n=10):
    angle = rng.uniform(0, 2 * np.pi, n)
    return 0.3 * _transitive(rng, n) + 1.5 * np.sin(angle[:, None] - angle[None, :])


def test_cycles_are_recognised_and_order_is_not_mistaken_for_them():
    """At a level of 5 %, 40 logs each: power above 95 %, false alarms within three standard errors of 5 %."""
    rng = np.random.default_rng(0)
    found = [not lr.cyclicity(_sample(rng, _cyclic(rng), 1500), bootstraps=60).scalar_enough for _ in range(40)]
    false = [not lr.cyclicity(_sample(rng, _transitive(rng), 1500), bootstraps=60).scalar_enough for _ in range(40)]
    assert np.mean(found) > 0.95
    assert np.mean(false) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 40)


def test_rock_paper_scissors_is_all_cycle():
    rng = np.random.default_rng(1)
    odds = 2.0 * np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    result = lr.cyclicity(_sample(rng, odds, 900))
    assert result.cyclic_share > 0.9
    assert result.degrees == 1
    assert result.cycle in (("0", "2", "1"), ("2", "1", "0"), ("1", "0", "2"))
    assert lr.cyclicity(_sample(rng, _transitive(rng, 3), 900)).cyclic_share < 0.1


@pytest.mark.parametrize("name", ["melo", "disc"])
def test_vector_models_foretell_cycles_better_than_elo(name):
    rng = np.random.default_rng(2)
    log = _sample(rng, _cyclic(rng, 8), 12_000)
    result = lr.evaluate(log, [name, "elo"], warmup=0.5)
    pair = result.compare()[0]
    assert pair.difference < -3 * pair.error


def test_disc_fits_cycles_that_scalars_cannot():
    rng = np.random.default_rng(3)
    u, v = rng.normal(size=(2, 8))
    odds = 1.5 * (np.outer(u, v) - np.outer(v, u))
    log = _sample(rng, odds, 8000)
    u, v, loss = cyclic.disc_fit(log)
    strengths = lr.fit_bradley_terry(log).strengths
    wins = cyclic.pair_wins(log)
    scalar = np.sum(wins * np.logaddexp(0, -(strengths[:, None] - strengths[None, :]))) / wins.sum()
    truth = np.sum(wins * np.logaddexp(0, -odds)) / wins.sum()
    assert loss < scalar - 0.5 * (scalar - truth)
    got = np.outer(u, v) - np.outer(v, u)
    assert np.corrcoef(got[np.triu_indices(8, 1)], odds[np.triu_indices(8, 1)])[0, 1] > 0.95


def test_advantages_are_antisymmetric():
    model = lr.MElo(rank=2)
    a = model.advantage(model.fit(random_log(0, teams=(2, 2), size=(1, 1))))
    np.testing.assert_allclose(a, -a.T, atol=1e-12)


def test_teams_are_refused():
    with pytest.raises(ValueError, match="single players"):
        lr.MElo().fit(random_log(0, size=(2, 2)))
    with pytest.raises(ValueError, match="single players"):
        lr.cyclicity(random_log(0, size=(2, 2)))
