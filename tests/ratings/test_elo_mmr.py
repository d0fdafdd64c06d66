"""Elo-MMR against a slow version of the paper's algorithms and its theorems."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

import ludus.ratings as lr

from .strategies import random_log

RATIO = math.sqrt(3) / math.pi


def _slowly(log: lr.MatchLog, beta=200.0, gamma=80.0, rho=1.0):
    """Algorithms 1 and 2 of Ebtekar & Liu with the whole history, by bracketing."""
    players = {name: {"mu": 1500.0, "sigma": 350.0, "p": [1500.0], "w": [1 / 350**2], "n": 0} for name in log.names}
    bar = RATIO * beta
    for match in log:
        seats = [team[0] for team in match.teams]
        for name in seats:
            x = players[name]
            if x["n"]:
                kappa = 1 / (1 + gamma**2 / x["sigma"] ** 2)
                w_g, w_l = kappa**rho * x["w"][0], (1 - kappa**rho) * sum(x["w"])
                x["p"][0] = (w_g * x["p"][0] + w_l * x["mu"]) / (w_g + w_l)
                x["w"] = [kappa * (w_g + w_l)] + [kappa ** (1 + rho) * w for w in x["w"][1:]]
                x["sigma"] /= math.sqrt(kappa)
        belief = [(players[n]["mu"], math.hypot(players[n]["sigma"], beta)) for n in seats]
        new = []
        for i in range(len(seats)):

            def f(x, i=i, belief=belief, match=match):
                return sum((math.tanh((x - m) / (2 * RATIO * d)) + np.sign(match.ranks[i] - match.ranks[j])) / d
                           for j, (m, d) in enumerate(belief))  # fmt: skip

            new.append(brentq(f, -1e5, 1e5, xtol=1e-10))
        for name, shown in zip(seats, new):
            x = players[name]
            x["p"].append(shown)
            x["w"].append(1 / beta**2)
            x["n"] += 1

            def g(y, x=x):
                return x["w"][0] * (y - x["p"][0]) + sum(
                    w * beta**2 / bar * math.tanh((y - p) / (2 * bar)) for p, w in zip(x["p"][1:], x["w"][1:])
                )

            x["mu"] = brentq(g, -1e5, 1e5, xtol=1e-10)
            x["sigma"] = 1 / math.sqrt(sum(x["w"]))
    return players


@pytest.mark.parametrize("rho", [0.0, 1.0, 3.0])
def test_the_algorithms_of_the_paper(rho):
    log = random_log(0, matches=40, players=8, teams=(2, 6), size=(1, 1))
    fit = lr.EloMMR(gamma=80.0, rho=rho, history=60).fit(log)
    slow = _slowly(log, rho=rho)
    np.testing.assert_allclose(fit.mu, [slow[n]["mu"] for n in log.names], rtol=1e-8)
    np.testing.assert_allclose(fit.sigma, [slow[n]["sigma"] for n in log.names], rtol=1e-10)


def test_bounded_memory_stays_close():
    log = random_log(1, matches=400, players=8, teams=(2, 6), size=(1, 1))
    whole, short = (lr.EloMMR(history=h).fit(log).mu for h in (400, 20))
    assert np.abs(whole - short).max() < 10


def test_a_disaster_costs_less_than_in_the_gaussian_version():
    """Robustness, the paper's reason for logistic performances: one last place after many firsts."""
    rows = [{"teams": [["a"], ["b"], ["c"], ["d"]], "ranks": [1, 2, 3, 4]}] * 30
    last = [{"teams": [["b"], ["c"], ["d"], ["a"]], "ranks": [1, 2, 3, 4]}]
    loss = {}
    for history in (40, 0):
        model = lr.EloMMR(gamma=20.0, history=history)
        before = model.fit(lr.MatchLog.from_matches(rows)).mu[0]
        after = model.fit(lr.MatchLog.from_matches(rows + last)).mu[0]
        loss[history] = before - after
    assert 0 < loss[40] < loss[0]


def test_a_better_place_never_costs():
    """The paper's incentive compatibility: moving up, all else equal, does not lower the rating."""
    log = random_log(2, matches=60, players=6, teams=(3, 5), size=(1, 1), ties=False)
    model = lr.EloMMR()
    for m in range(40, 60):
        match = log.match(m)
        state = model.fit(log[:m])
        for i, rank in enumerate(match.ranks):
            if rank == 0:
                continue
            better = list(match.ranks)
            j = match.ranks.index(rank - 1)
            better[i], better[j] = better[j], better[i]
            name = match.teams[i][0]
            p, names = log.names.index(name), log.names
            a = model.update(state, lr.MatchLog.from_matches([match], names=names)).mu[p]
            b = model.update(
                state, lr.MatchLog.from_matches([match._replace(ranks=tuple(better))], names=log.names)
            ).mu[p]
            assert b >= a - 1e-9


def test_teams_are_refused():
    with pytest.raises(ValueError, match="single players"):
        lr.EloMMR().fit(random_log(0, size=(2, 2)))
