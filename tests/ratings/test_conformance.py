"""What every rating model keeps, whichever is added: models are found by listing the folder."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus.ratings as lr

from .strategies import random_log

MODELS = sorted(lr.models())
ONLINE = [name for name in MODELS if lr.make(name).online]


def logs_for(name: str, seed: int, **options):
    """A log of the kind the model takes."""
    model = lr.make(name)
    if getattr(model, "duels_only", False):
        options.update(teams=(2, 2), size=(1, 1), weights=False)
    if getattr(model, "no_ties", False):
        options["ties"] = False
    return random_log(seed, **options)


def fits(name: str, log: lr.MatchLog) -> lr.Ratings:
    return lr.make(name).fit(log)


def close(name: str, a: lr.Ratings, b: lr.Ratings) -> None:
    """Equal to rounding; to 1e-4 for models that iterate until a tolerance."""
    rtol = 1e-4 if hasattr(lr.make(name), "sweeps") else 1e-8
    scale = np.abs(a.mu).max() + 1
    np.testing.assert_allclose(a.mu / scale, b.mu / scale, atol=rtol)
    np.testing.assert_allclose(a.sigma, b.sigma, rtol=rtol * 100, atol=rtol)


def test_all_models_are_found():
    assert {"plackett_luce", "elo", "bradley_terry_full", "thurstone_mosteller_part"} <= set(MODELS)
    for name in MODELS:
        assert lr.make(name).name == name


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_of_teams_and_players_is_moot(name, seed):
    log = logs_for(name, seed, matches=25, times=True, weights=True)
    rng = np.random.default_rng(seed)
    rows = []
    for match in log:
        teams = rng.permutation(len(match.teams))
        inner = [rng.permutation(len(match.teams[t])) for t in teams]
        row = {
            "teams": [[match.teams[t][p] for p in order] for t, order in zip(teams, inner)],
            "ranks": [match.ranks[t] for t in teams],
            "time": match.time,
        }
        if match.weights is not None:
            row["weights"] = [[match.weights[t][p] for p in order] for t, order in zip(teams, inner)]
        rows.append(row)
    close(name, fits(name, log), fits(name, lr.MatchLog.from_matches(rows, names=log.names)))


UNSEEDED = [name for name in MODELS if not getattr(lr.make(name), "seeded", False)]
"""Models that do not draw newcomers by their numbers."""


@pytest.mark.parametrize("name", UNSEEDED)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_numbers_of_players_are_moot(name, seed):
    log = logs_for(name, seed, matches=25, times=True)
    other = lr.MatchLog.from_matches(list(log), names=log.names[::-1])
    a, b = fits(name, log), fits(name, other)
    close(name, a, lr.Ratings(*(x[::-1] for x in b)))


@pytest.mark.parametrize("name", MODELS)
def test_winners_gain_and_draws_between_equals_change_nothing(name):
    model = lr.make(name)
    start = model.start(2)
    won = model.fit(lr.MatchLog.from_arrays(winners=[0], losers=[1], times=[0.0]))
    assert won.mu[0] > start.mu[0] > won.mu[1] or won.mu[0] > won.mu[1]
    if not getattr(model, "no_ties", False):
        drawn = model.fit(lr.MatchLog.from_arrays(winners=[0], losers=[1], draws=[True], times=[0.0]))
        tolerance = 1e-4 if getattr(model, "seeded", False) else 1e-9
        np.testing.assert_allclose(drawn.mu[0], drawn.mu[1], rtol=tolerance, atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_the_strong_end_above_the_weak(name):
    rng = np.random.default_rng(0)
    skill = np.linspace(-2, 2, 9)
    a = rng.integers(0, 9, 3000)
    b = (a + rng.integers(1, 9, 3000)) % 9
    first = rng.random(3000) < 1 / (1 + np.exp(skill[b] - skill[a]))
    log = lr.MatchLog.from_arrays(
        winners=np.where(first, a, b),
        losers=np.where(first, b, a),
        names=list(map(str, range(9))),
        times=np.arange(3000) / 100.0,
    )
    assert (
        np.corrcoef(fits(name, log).mu, skill)[0, 1] > 0.9
    )  # Elo with K = 32 keeps a noise of about 60 points, Elo-MMR more


@pytest.mark.parametrize("name", ONLINE)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_in_one_go_or_match_by_match(name, seed):
    log = logs_for(name, seed, matches=20, weights=True, times=True)
    model = lr.make(name)
    at_once, win = model.replay(model.start(log.num_players), log)
    stepwise = model.start(log.num_players)
    for m in range(len(log)):
        one = log[m : m + 1]
        before = stepwise
        stepwise, p = model.replay(stepwise, one)
        np.testing.assert_allclose(p, win[log.match_starts[m] : log.match_starts[m + 1]], rtol=1e-9, atol=1e-12)
        assert not any(np.shares_memory(x, y) for x, y in zip(before[:4], stepwise[:4]))
    for x, y in zip(at_once, stepwise):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ONLINE)
def test_forecasts_are_probabilities_and_precede_the_match(name):
    log = logs_for(name, 5, matches=40, times=True)
    model = lr.make(name)
    ratings, win = model.replay(model.start(log.num_players), log)
    sums = np.add.reduceat(win, log.match_starts[:-1])
    np.testing.assert_allclose(sums, 1.0, atol=1e-9)
    assert (win >= 0).all()
    np.testing.assert_array_equal(ratings.matches, log.counts())
    first = log[:1]
    names = [[first.players[s] for s in range(a, b)] for a, b in zip(first.team_starts, first.team_starts[1:])]
    p = model.win_probabilities(model.start(log.num_players), names)
    np.testing.assert_allclose(p, win[: len(p)], atol=1e-9)


@pytest.mark.parametrize("name", ONLINE)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1.0, 1e3, 1e6]))
def test_finite_in_finite_out(name, seed, scale):
    log = logs_for(name, seed, matches=15, times=True)
    model = lr.make(name)
    start = model.start(log.num_players)
    wild = start._replace(mu=np.random.default_rng(seed).uniform(-scale, scale, log.num_players))
    ratings, win = model.replay(wild, log)
    assert np.isfinite(ratings.mu).all()
    assert np.isfinite(win).all()
    assert np.isnan(start.sigma).all() or np.isfinite(ratings.sigma).all()


@pytest.mark.parametrize("name", MODELS)
def test_same_log_same_ratings_and_nothing_is_changed(name):
    log = logs_for(name, 6, times=True)
    before = list(log)
    model = lr.make(name)
    a, b = model.fit(log), lr.make(name).fit(log)
    for x, y in zip(a, b):
        np.testing.assert_array_equal(x, y)
    assert list(log) == before


@pytest.mark.parametrize("name", MODELS)
def test_copies_and_pickles(name):
    model = lr.make(name)
    log = logs_for(name, 7, times=True)
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(twin.fit(log).mu, model.fit(log).mu)
    board = lr.rate(log, name)
    assert pickle.loads(pickle.dumps(board)).players == board.players


@pytest.mark.parametrize("name", MODELS)
def test_parameters_are_named_and_documented(name):
    cls = type(lr.make(name))
    assert cls.__doc__
    for parameter in inspect.signature(cls).parameters.values():
        assert parameter.kind is not inspect.Parameter.VAR_KEYWORD
    with pytest.raises(TypeError):
        lr.make(name, no_such_parameter=1)


@pytest.mark.parametrize("name", MODELS)
def test_empty_logs_leave_newcomers(name):
    log = logs_for(name, 8, times=True)[:0]
    board = lr.rate(log, name)
    assert len(board) == 12
    assert (board.matches == 0).all()
