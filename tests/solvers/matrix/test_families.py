"""The cheap Nash and correlated methods on a game of every family: certified regrets, and bounds that hold."""

from __future__ import annotations

import numpy as np
import pytest

from ludus import solvers
from ludus.games import generators

NAMES = [f.name for f in generators.families()]


@pytest.mark.parametrize("name", NAMES)
def test_solvers_on_the_family(name):
    game = generators.generate(name, 11)
    payoffs = game.payoffs
    unit = float(np.ptp(payoffs.reshape(len(payoffs), -1), axis=1).max()) or 1.0
    found = [*solvers.nash(game, "pure"), *solvers.nash(game, "logit")]
    if game.num_players == 2:
        found += solvers.nash(game, "lemke_howson")
        found += solvers.nash(game, "lp") if game.zero_sum else []
        if min(payoffs.shape[1:]) <= 5:
            found += solvers.nash(game, "support_enumeration")
    assert all(profile.regret <= 1e-8 * unit for profile in found)
    best = solvers.correlated(game, "ce", "welfare")
    assert best.gap <= 1e-7 * unit
    coarse = solvers.correlated(game, "cce", "welfare")
    slack = 1e-6 * unit * game.num_players
    assert coarse.values.sum() >= best.values.sum() - slack
    assert solvers.social_optimum(game)[1] >= coarse.values.sum() - slack
    for profile in found:
        assert best.values.sum() >= profile.payoffs.sum() - slack
