"""The Weng–Lin models: openskill 6.2.0 number for number, the paper's formulas, and what the default mode mends."""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import math
import pickle
from pathlib import Path

import numpy as np
import openskill.models as peer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus.ratings as lr
from ludus.ratings import _kernels_gauss as kernels

from .strategies import random_log

NAMES = ("PlackettLuce", "BradleyTerryFull", "BradleyTerryPart", "ThurstoneMostellerFull", "ThurstoneMostellerPart")


def gamma_of_ones_own(c, k, mu, sigma_squared, team, rank, weights):
    return 1 / k + 0.02 * rank + 0.01 * len(team) + (0.0 if weights is None else 0.1 * weights[0])


def _random_case(name: str, rng: np.random.Generator):
    """Constructor arguments, ratings and call arguments that both libraries take."""
    made = {
        "mu": rng.choice([25.0, 10.0]),
        "beta": rng.uniform(1, 8),
        "kappa": 10 ** rng.uniform(-6, -2),
        "tau": rng.choice([0.0, 25 / 300, 1.3]),
        "margin": rng.choice([0.0, 0.0, 1.5, 3.0]),
        "limit_sigma": rng.random() < 0.3,
        "balance": rng.random() < 0.3,
    }
    if rng.random() < 0.3:
        made["weight_bounds"] = (0.5, 3.0)
    if name.startswith("Thurstone"):
        made["epsilon"] = rng.choice([0.1, 0.01, 2.0])
    if name.endswith("Part"):
        made["window_size"] = int(rng.integers(1, 6))
    if rng.random() < 0.15:
        made["gamma"] = gamma_of_ones_own
    sizes = rng.integers(1, 5, rng.choice([2, 2, 3, 4, 6, 9])).tolist()
    teams = [[(rng.normal(25, 8), rng.uniform(0.5, 9)) for _ in range(s)] for s in sizes]
    call = {}
    kind = rng.random()
    if kind < 0.4:
        call["ranks"] = rng.integers(1, len(sizes) + 1, len(sizes)).tolist()
    elif kind < 0.8:
        call["scores"] = rng.integers(0, 10, len(sizes)).tolist()
    if rng.random() < 0.4:
        call["weights"] = [rng.choice([0.0, 0.5, 1.0, 2.0], s).tolist() for s in sizes]
    if rng.random() < 0.2:
        call["tau"] = rng.uniform(0.0, 2.0)
    if rng.random() < 0.2:
        call["limit_sigma"] = bool(rng.random() < 0.5)
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in made.items()}, teams, call


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_compat_equals_openskill(name, seed):
    rng = np.random.default_rng([seed, NAMES.index(name)])
    worst = 0.0
    for _ in range(120):
        made, teams, call = _random_case(name, rng)
        theirs, ours = getattr(peer, name)(**made), getattr(lr, name)(**made, compat="openskill")
        a = [[theirs.rating(mu=m, sigma=s) for m, s in team] for team in teams]
        b = [[ours.rating(mu=m, sigma=s) for m, s in team] for team in teams]
        for x, y in zip(theirs.rate(a, **call), ours.rate(b, **call)):
            for p, q in zip(x, y):
                worst = max(worst, abs(p.mu - q.mu) / max(1, abs(p.mu)), abs(p.sigma - q.sigma) / max(1, p.sigma))
        assert ours.predict_win(b) == pytest.approx(theirs.predict_win(a), abs=1e-13)
        assert ours.predict_draw(b) == pytest.approx(theirs.predict_draw(a), abs=1e-13)
        for (r, p), (s, q) in zip(ours.predict_rank(b), theirs.predict_rank(a)):
            assert r == s
            assert p == pytest.approx(q, abs=1e-13)
    assert worst < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_compat_over_a_log_equals_openskill_match_by_match(name):
    log = random_log(8, matches=150, scores=True, weights=True)
    made = {"margin": 1.0, "tau": 0.2}
    theirs = getattr(peer, name)(**made)
    players = {p: theirs.rating() for p in log.names}
    for match in log:
        teams = [[players[p] for p in team] for team in match.teams]
        new = theirs.rate(teams, scores=list(match.scores), weights=[list(w) for w in match.weights])
        for team, moved in zip(match.teams, new):
            players.update(zip(team, moved))
    ours = lr.make(lr.rate(log, _id(name), compat="openskill", **made).model).fit(log)
    np.testing.assert_allclose(ours.mu, [players[p].mu for p in log.names], rtol=1e-9)
    np.testing.assert_allclose(ours.sigma, [players[p].sigma for p in log.names], rtol=1e-9)


def _id(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def test_same_constructors_as_openskill():
    for name in NAMES:
        source = (Path(peer.__file__).parent / "weng_lin" / f"{_id(name)}.py").read_text()
        made = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == name)
        theirs = next([a.arg for a in n.args.args] for n in made.body if getattr(n, "name", "") == "__init__")
        ours = inspect.signature(getattr(lr, name)).parameters
        positional = [p for p in ours if ours[p].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        assert positional == [p for p in theirs if p != "self"]
    model = lr.ThurstoneMostellerPart(30.0, 10.0, 5.0, 1e-3, 0.2)
    assert (model.mu, model.sigma, model.beta, model.kappa, model.epsilon) == (30.0, 10.0, 5.0, 1e-3, 0.2)
    with pytest.raises(TypeError, match="epsilon"):
        lr.PlackettLuce(epsilon=1.0)


# -- the formulas of the paper, written out slowly -------------------------------------------------------------------


def _paper(name, mu, sigma, ranks, beta, tau, epsilon=0.1):
    """Weng & Lin (2011), algorithms 1-4, for single players without ties, with pairs of Full counting 2 / count."""
    var = [s * s + tau * tau for s in sigma]
    n = len(mu)
    omega, delta = [0.0] * n, [0.0] * n
    if name == "PlackettLuce":
        c = math.sqrt(sum(v + beta**2 for v in var))
        for i in range(n):
            for q in range(n):
                if ranks[q] > ranks[i]:
                    continue
                p = math.exp(mu[i] / c) / sum(math.exp(mu[s] / c) for s in range(n) if ranks[s] >= ranks[q])
                omega[i] += var[i] / c * ((q == i) - p)
                delta[i] += math.sqrt(var[i]) / c * var[i] / c**2 * p * (1 - p)
    else:
        for i in range(n):
            for q in range(n):
                if q == i:
                    continue
                c = math.sqrt(var[i] + var[q] + 2 * beta**2)
                g = math.sqrt(var[i]) / c
                if name == "BradleyTerryFull":
                    p = 1 / (1 + math.exp((mu[q] - mu[i]) / c))
                    o, d = (ranks[q] > ranks[i]) - p, p * (1 - p)
                else:
                    x, t = (mu[i] - mu[q]) / c, epsilon / c
                    sign = 1 if ranks[q] > ranks[i] else -1
                    z = sign * x - t
                    v = math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / (0.5 * math.erfc(-z / math.sqrt(2)))
                    o, d = sign * v, v * (v + z)
                omega[i] += 2 / n * var[i] / c * o
                delta[i] += 2 / n * g * var[i] / c**2 * d
    return [m + o for m, o in zip(mu, omega)], [math.sqrt(v * max(1 - d, 1e-4)) for v, d in zip(var, delta)]


@pytest.mark.parametrize("name", ["PlackettLuce", "BradleyTerryFull", "ThurstoneMostellerFull"])
def test_default_without_ties_is_the_paper(name):
    rng = np.random.default_rng(3)
    for _ in range(50):
        n = int(rng.integers(2, 7))
        mu, sigma, ranks = rng.normal(25, 6, n).tolist(), rng.uniform(1, 9, n).tolist(), rng.permutation(n).tolist()
        model = getattr(lr, name)(beta=4.0, tau=0.3)
        got = model.rate([[model.rating(m, s)] for m, s in zip(mu, sigma)], ranks=ranks)
        want_mu, want_sigma = _paper(name, mu, sigma, ranks, 4.0, 0.3)
        np.testing.assert_allclose([t[0].mu for t in got], want_mu, rtol=1e-11)
        np.testing.assert_allclose([t[0].sigma for t in got], want_sigma, rtol=1e-11)


def test_ties_in_plackett_luce_are_the_average_over_orders():
    """Exact for a tie of two and for ties of equals: the step is the mean of the steps of all tie-broken orders."""
    model = lr.PlackettLuce(tau=0.0)
    for mus, ranks, orders in [
        ([25, 31, 22], [0, 0, 2], [[0, 1, 2], [1, 0, 2]]),
        ([25, 31, 22, 20], [0, 1, 1, 3], [[0, 1, 2, 3], [0, 2, 1, 3]]),
        (
            [25, 25, 25, 30],
            [0, 0, 0, 3],
            [[0, 1, 2, 3], [0, 2, 1, 3], [1, 0, 2, 3], [1, 2, 0, 3], [2, 0, 1, 3], [2, 1, 0, 3]],
        ),
    ]:
        teams = [[model.rating(m, 6.0)] for m in mus]
        tied = [t[0].mu for t in model.rate(teams, ranks=ranks)]
        mean = np.mean([[t[0].mu for t in model.rate(teams, ranks=order)] for order in orders], axis=0)
        np.testing.assert_allclose(tied, mean, rtol=1e-12)


@pytest.mark.parametrize("ranks", [[0, 1], [1, 0], [0, 0]])
def test_two_teams_plackett_luce_is_bradley_terry(ranks):
    a, b, c = lr.PlackettLuce(), lr.BradleyTerryFull(), lr.BradleyTerryPart()
    got = [
        [
            [(p.mu, p.sigma) for p in t]
            for t in m.rate([[m.rating(30, 5), m.rating(20, 2)], [m.rating(24, 7)]], ranks=ranks)
        ]
        for m in (a, b, c)
    ]
    np.testing.assert_allclose(np.concatenate(got[0]), np.concatenate(got[1]), rtol=1e-13)
    np.testing.assert_allclose(np.concatenate(got[0]), np.concatenate(got[2]), rtol=1e-13)


def test_the_kernel_for_duels_is_the_general_one():
    rng = np.random.default_rng(0)
    w = rng.integers(0, 30, 2000)
    log = lr.MatchLog.from_arrays(winners=w, losers=(w + rng.integers(1, 30, 2000)) % 30, draws=rng.random(2000) < 0.2)
    for name in ("plackett_luce", "bradley_terry_full", "bradley_terry_part"):
        for compat in (None, "openskill"):
            model = lr.make(name, compat=compat)
            fast, win = model.replay(model.start(30), log)
            mu, sigma, slow_win = np.full(30, 25.0), np.full(30, 25 / 3), np.zeros(4000)
            model._replay_any(log, mu, sigma, np.full(30, np.nan), slow_win, True, False)
            np.testing.assert_allclose(fast.mu, mu, rtol=1e-11)
            np.testing.assert_allclose(fast.sigma, sigma, rtol=1e-11)
            np.testing.assert_allclose(win, slow_win, rtol=1e-10)


# -- what the default mends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_a_better_rank_never_lowers_mu(name, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    model = getattr(lr, name)(window_size=9) if name.endswith("Part") else getattr(lr, name)()
    teams = [
        [model.rating(rng.normal(25, 8), rng.uniform(0.5, 9)) for _ in range(rng.integers(1, 3))] for _ in range(n)
    ]
    ranks = rng.integers(0, n, n).tolist()
    at = int(rng.integers(n))
    before = model.rate(teams, ranks=ranks)[at][0].mu
    ranks[at] -= 1
    assert model.rate(teams, ranks=ranks)[at][0].mu >= before - 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_ties_margins_and_options(name):
    model = getattr(lr, name)()
    five = model.rate([[model.rating()] for _ in range(5)], ranks=[0, 0, 1, 2, 3])
    mus = [t[0].mu for t in five]
    assert mus[0] == pytest.approx(mus[1])
    assert mus[1] > mus[2] > mus[3] > mus[4]
    wide = getattr(lr, name)(margin=2.0)
    for low, high in ((20.0, 30.0), (25.0, 25.0), (30.0, 20.0)):
        gains = [
            wide.rate([[wide.rating(low, 4.0)], [wide.rating(high, 4.0)]], scores=[s, 0])[0][0].mu
            for s in (1, 2, 3, 10, 100)
        ]
        assert gains[0] == gains[1]
        assert all(x < y for x, y in itertools.pairwise(gains[1:]))
    a, b = model.rating(), model.rating()
    assert model.rate([[a], [b]], tau=0.0)[0][0].sigma < model.rate([[a], [b]])[0][0].sigma
    model.rate([[a], [b]], limit_sigma=True)
    assert model.limit_sigma is False
    one, two = (model.rate([[a], [b]], ranks=r)[0][0].mu for r in ([1.2, 1.7], [1, 2]))
    assert one == two


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_shares_of_play(name):
    model = getattr(lr, name)()
    a, b, c = model.rating(30, 5), model.rating(22, 7), model.rating(26, 6)
    plain, ones = model.rate([[a, b], [c]]), model.rate([[a, b], [c]], weights=[[1, 1], [1]])
    assert [[(p.mu, p.sigma) for p in t] for t in plain] == [[(p.mu, p.sigma) for p in t] for t in ones]
    absent = getattr(lr, name)(tau=0.0).rate([[a, b], [c]], weights=[[1, 0], [1]])
    alone = getattr(lr, name)(tau=0.0).rate([[a], [c]])
    assert (absent[0][1].mu, absent[0][1].sigma) == (b.mu, b.sigma)
    assert absent[0][0].mu == pytest.approx(alone[0][0].mu)
    half = getattr(lr, name)(tau=0.0).rate([[a, b], [c]], weights=[[1, 0.5], [1]])
    ratio = (half[0][1].mu - b.mu) / (half[0][0].mu - a.mu)
    assert ratio == pytest.approx(0.5 * b.sigma**2 / a.sigma**2)  # the gradient of a weighted sum of skills


def test_win_probability_of_many_teams_against_simulation():
    model = lr.PlackettLuce()
    mus, sigmas = np.array([30.0, 25.0, 25.0, 20.0]), np.array([1.0, 1.0, 6.0, 1.0])
    teams = [[model.rating(m, s)] for m, s in zip(mus, sigmas)]
    rng = np.random.default_rng(0)
    play = mus + np.sqrt(sigmas**2 + model.beta**2) * rng.standard_normal((400_000, 4))
    won = np.bincount(play.argmax(1), minlength=4) / len(play)
    np.testing.assert_allclose(model.predict_win(teams), won, atol=4e-3)  # five standard errors
    assert sum(model.predict_win(teams)) == pytest.approx(1.0, abs=1e-12)
    top = np.sort(play, axis=1)
    margin = 2.0 * model.beta * 0.3186393639643752  # Phi^-1(0.625) for four players
    draw = np.mean(top[:, 3] - top[:, 2] < margin)
    assert model.predict_draw(teams) == pytest.approx(draw, abs=4e-3)
    wins, draw = model.predict_outcome(teams)
    assert sum(wins) + draw == pytest.approx(1.0)
    assert [r for r, _ in model.predict_rank(teams)] == [1, 3, 2, 4] or won[2] < won[1]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=5), st.integers(0, 2**31))
def test_no_nan_from_finite_ratings(name, mus, seed):
    rng = np.random.default_rng(seed)
    model = getattr(lr, name)()
    teams = [[model.rating(m, float(rng.choice([0.0, 1e-6, 1.0, 100.0])))] for m in mus]
    for ranks in (rng.integers(0, 3, len(mus)).tolist(), list(range(len(mus)))):
        for team in model.rate(teams, ranks=ranks):
            assert math.isfinite(team[0].mu)
            assert math.isfinite(team[0].sigma)
            assert team[0].sigma >= 0
    assert all(0 <= p <= 1 for p in model.predict_win(teams))
    assert 0 <= model.predict_draw(teams) <= 1


def test_truncated_normal_factors_against_quadrature():
    """V, W and their draw forms are minus the mean, and one minus the variance, of truncated normals."""
    from scipy.stats import truncnorm

    for x in (-30.0, -9.0, -3.0, -0.2, 0.0, 0.7, 4.0):
        for t in (1e-4, 0.05, 0.5, 2.0):
            v, w = kernels.win_factors(x, t, 0, 1)
            mean, var = truncnorm.stats(t - x, np.inf, moments="mv")
            assert v == pytest.approx(float(mean), rel=1e-6)
            assert w == pytest.approx(1 - float(var), abs=1e-5)
            if t * (1 + abs(x)) > 5e-3 and abs(x) < 8:  # scipy itself loses the digits of thin or far slices
                v, w = kernels.draw_factors(x, t, 0, 1)
                mean, var = truncnorm.stats(-t - x, t - x, moments="mv")
                assert v == pytest.approx(float(mean), rel=1e-4, abs=1e-6)
                assert w == pytest.approx(1 - float(var), abs=1e-4)


# -- objects and errors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_rating_objects(name):
    model = getattr(lr, name)()
    a = model.rating(name="ann")
    assert repr(a) == f"{name}Rating(mu=25.0, sigma=8.333333333333334)"
    for twin in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        assert (twin, twin.id, twin.name) == (a, a.id, a.name)
    assert hash(model.rating(1, 2)) == hash(model.rating(1, 2))
    assert model.rating(1, 2) == model.create_rating([1, 2])
    assert a.ordinal() == pytest.approx(0.0)
    assert a.ordinal(z=2, alpha=2, target=10) == pytest.approx(2 * (25 - 2 * 25 / 3) + 10)
    assert model.rating(30, 1) > model.rating(20, 1)
    new = model.rate([[a], [model.rating()]])[0][0]
    assert (new.id, new.name) == (a.id, a.name)
    assert a.mu == 25.0
    assert pickle.loads(pickle.dumps(model)).parameters() == model.parameters()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("compat", [None, "openskill"])
def test_errors_are_the_kind_openskill_raises(name, compat):
    model = getattr(lr, name)(compat=compat)
    other = lr.PlackettLuce() if name != "PlackettLuce" else lr.BradleyTerryFull()
    a, b = model.rating(), model.rating()
    for bad in ("ab", [[a], (x for x in [b])], [[a], [other.rating()]], [[a], [3]]):
        with pytest.raises(TypeError, match="teams"):
            model.rate(bad)
    for bad in ([[a]], [[a], []]):
        with pytest.raises(ValueError, match="teams"):
            model.rate(bad)
    for key in ("ranks", "scores"):
        with pytest.raises(TypeError, match=key):
            model.rate([[a], [b]], **{key: "ab"})
        with pytest.raises(TypeError, match=key):
            model.rate([[a], [b]], **{key: [1, "2"]})
        with pytest.raises(ValueError, match=key):
            model.rate([[a], [b]], **{key: [1]})
        with pytest.raises(ValueError, match=key):
            model.rate([[a], [b]], **{key: [1, math.nan]})
    with pytest.raises(ValueError, match="not both"):
        model.rate([[a], [b]], ranks=[1, 2], scores=[2, 1])
    with pytest.raises(ValueError, match="weights"):
        model.rate([[a], [b]], weights=[[1]])
    with pytest.raises(ValueError, match="weights"):
        model.rate([[a], [b]], weights=[[1], [1, 2]])
    with pytest.raises(TypeError, match="weights"):
        model.rate([[a], [b]], weights=[1, 2])
    with pytest.raises(TypeError, match="create_rating"):
        model.create_rating(a)
    with pytest.raises(ValueError, match="two numbers"):
        model.create_rating(["25", 8])
    with pytest.raises(ValueError, match="compared"):
        _ = a < 5


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ({"sigma": -1}, "sigma"),
        ({"beta": 0}, "beta"),
        ({"tau": -0.1}, "tau"),
        ({"kappa": -1}, "kappa"),
        ({"mu": math.nan}, "mu"),
        ({"weight_bounds": (2, 1)}, "weight_bounds"),
        ({"compat": "trueskill"}, "compat"),
    ],
)
def test_bad_parameters(bad, word):
    with pytest.raises(ValueError, match=word):
        lr.PlackettLuce(**bad)


def test_drift_by_time_widens_sigma():
    log = lr.MatchLog.from_arrays(winners=[0, 0], losers=[1, 1], times=[0.0, 100.0])
    still, moving = (lr.PlackettLuce(drift=d).fit(log).sigma for d in (0.0, 0.5))
    assert (moving > still).all()
    with pytest.raises(ValueError, match="times"):
        lr.PlackettLuce(drift=0.5).fit(lr.MatchLog.from_arrays(winners=[0], losers=[1]))
    with pytest.raises(ValueError, match="match 1"):
        lr.PlackettLuce(drift=0.5).fit(lr.MatchLog.from_arrays(winners=[0, 0], losers=[1, 1], times=[1.0, 0.0]))


@pytest.mark.parametrize("name", NAMES[1:])
def test_matches_of_any_number_of_teams(name):
    """The vector kernel, which takes pairs block by block, is the plain one that serves a gamma of one's own."""
    rng = np.random.default_rng(8)
    for count in (3, 8, 23, 130):
        model = getattr(lr, name)(margin=2.0)
        plain = getattr(lr, name)(margin=2.0, gamma=lambda c, k, mu, variance, team, rank, weights: variance**0.5 / c)
        teams = [[model.rating(rng.normal(25, 8), rng.uniform(1, 9))] for _ in range(count)]
        for call in ({"scores": rng.integers(0, 40, count).tolist()}, {"ranks": rng.permutation(count).tolist()}):
            for (one,), (other,) in zip(model.rate(teams, **call), plain.rate(teams, **call)):
                assert (one.mu, one.sigma) == pytest.approx((other.mu, other.sigma), rel=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_rating_objects_are_openskills(name):
    """repr, str, ordinals, order, equality, ids and names, against openskill's own objects."""
    rng = np.random.default_rng(9)
    theirs, ours = getattr(peer, name)(), getattr(lr, name)(compat="openskill")
    pairs = []
    for _ in range(20):
        mu, sigma = float(rng.integers(10, 14)), float(rng.integers(1, 3))
        a, b = theirs.create_rating([mu, sigma], name="x"), ours.create_rating([mu, sigma], name="x")
        call = {"z": rng.uniform(0, 4), "alpha": rng.uniform(0.1, 40), "target": rng.uniform(0, 1500)}
        assert b.ordinal(**call) == a.ordinal(**call)
        assert b.ordinal() == a.ordinal()
        assert (repr(b), str(b)) == (repr(a), str(a).replace(a.id, b.id))
        assert (b.name, b.mu, b.sigma) == (a.name, a.mu, a.sigma)
        kept = copy.deepcopy(b)
        assert (kept.id, kept.name, kept) == (b.id, b.name, b)
        pairs.append((a, b))
    assert (repr(ours), str(ours)) == (repr(theirs), str(theirs))
    assert str(ours.rating()).split("id:")[0] == str(theirs.rating()).split("id:")[0]
    for (a, b), (c, d) in itertools.product(pairs, repeat=2):
        assert (b == d, b != d, b < d, b <= d, b > d, b >= d) == (a == c, a != c, a < c, a <= c, a > c, a >= c)
    for attribute in ("mu", "sigma", "beta", "kappa", "tau", "limit_sigma", "balance", "margin"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    teams = [pairs[0][0]], [pairs[1][0]], [pairs[2][0]]
    own = [pairs[0][1]], [pairs[1][1]], [pairs[2][1]]
    for (one,), (other,) in zip(theirs.rate(list(teams), ranks=[2.5, 1.0, 2.5]), ours.rate(own, ranks=[2.5, 1.0, 2.5])):
        assert (other.mu, other.sigma, other.name) == (pytest.approx(one.mu), pytest.approx(one.sigma), one.name)
