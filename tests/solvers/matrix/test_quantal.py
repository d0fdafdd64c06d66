"""Quantal response, its fit to data, level-k and cognitive hierarchies."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pygambit
import pytest

from ludus import solvers

GAMES = [np.random.default_rng(s).integers(0, 10, (len(n), *n)).astype(float) for s, n in
         enumerate([(2, 2), (3, 3), (2, 2, 2), (2, 4), (1, 3)])]  # fmt: skip


def gambit_probabilities(profile):
    return [[float(profile[strategy]) for strategy in player.strategies] for player in profile.game.players]


@pytest.mark.parametrize("payoffs", GAMES[:4], ids=lambda g: str(g.shape[1:]))
@pytest.mark.parametrize("lam", [0.0, 0.2, 1.5])
def test_fixed_precision_satisfies_the_logit_equation_and_is_gambits(payoffs, lam):
    found = solvers.quantal_response(payoffs, lam=lam)
    assert solvers.quantal_error(payoffs, found, lam) <= 1e-10
    if lam > 0.0:
        peer = pygambit.qre.logit_solve_lambda(pygambit.Game.from_arrays(*payoffs), lam=[lam])[0]
        for ours, theirs in zip(found, gambit_probabilities(peer.profile)):
            assert ours == pytest.approx(np.array(theirs), abs=1e-7)


def test_the_branch_is_a_curve_of_equilibria_from_uniform_play_to_nash():
    payoffs = GAMES[1]
    branch = solvers.quantal_branch(payoffs, lam=200.0)
    assert branch.lam[0] == 0.0
    assert branch.lam[-1] == pytest.approx(200.0)
    for k, lam in enumerate(branch.lam):
        assert solvers.quantal_error(payoffs, branch.profile(payoffs, k), lam) <= 1e-8
    assert branch.profile(payoffs).regret <= 1e-2


@pytest.mark.parametrize("payoffs", GAMES[:3], ids=lambda g: str(g.shape[1:]))
def test_fitted_precision_is_gambits(payoffs):
    game = pygambit.Game.from_arrays(*payoffs)
    played = solvers.quantal_response(payoffs, lam=0.4)
    counts = [np.round(100 * x) + 1 for x in played]
    found = solvers.fit_quantal_response(payoffs, counts)
    peer = pygambit.qre.logit_estimate(game.mixed_strategy_profile([[int(c) for c in row] for row in counts]))
    assert found.lam == pytest.approx(peer.lam, rel=1e-3, abs=1e-6)
    assert found.log_likelihood == pytest.approx(peer.log_like, abs=1e-8)
    assert found.log_likelihood >= found.log_likelihoods.max() - 1e-9
    assert found.lam == pytest.approx(0.4, abs=0.05)
    assert solvers.quantal_error(payoffs, found.profile, found.lam) <= 1e-9


def test_ends_of_the_fit():
    dominance = [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]
    assert solvers.fit_quantal_response(dominance, [[9, 1], [8, 2]]).lam == 0.0  # worse than uniform
    always = solvers.fit_quantal_response(dominance, [[0, 9], [0, 9]], most=300.0)
    assert np.isinf(always.lam)
    assert always.log_likelihood == pytest.approx(0.0, abs=1e-2)


def test_matching_pennies_with_a_bonus():
    """McKelvey & Palfrey 1995: in Nash equilibrium the row player's own payoff does not matter to it; in a QRE it does:
    it plays the rewarded action more than half of the time."""
    game = [[[9, 0], [0, 1]], [[0, 1], [1, 0]]]
    row, column = solvers.quantal_response(game, lam=1.0)
    assert row[0] > 0.55
    assert column[0] < 0.5
    # The fixed point, by definition.
    assert row[0] == pytest.approx(1 / (1 + np.exp(-(9 * column[0] - column[1]))), abs=1e-9)
    assert column[0] == pytest.approx(1 / (1 + np.exp(-(row[1] - row[0]))), abs=1e-9)


def test_beauty_contest_levels():
    """Nagel 1995 with the numbers 0 to 100 for two players and 2/3 of the average: 0 is weakly dominant; level 1
    answers the uniform level 0, level k nears 0. Payoff: minus the distance to the target."""
    numbers = np.arange(0, 101, 10.0)
    own, other = np.meshgrid(numbers, numbers, indexing="ij")
    first = -np.abs(own - 2 / 3 * (own + other) / 2)
    game = [first, first.T]
    means = [float(solvers.level_k(game, k)[0] @ numbers) for k in range(6)]
    assert means[0] == 50.0
    assert all(a >= b for a, b in pairwise(means))
    assert means[-1] == 0.0
    # By definition: the best number against a uniform opponent.
    worth = first.mean(axis=1)
    assert worth[solvers.level_k(game, 1)[0] > 0.0] == pytest.approx(worth.max())


def test_cognitive_hierarchy():
    """Camerer, Ho & Chong 2004: Poisson shares; level 1 knows only level 0; τ = 0 is level 0 alone."""
    game = np.random.default_rng(3).normal(size=(2, 3, 4))
    found = solvers.cognitive_hierarchy(game, 1.5, levels=20)
    assert found.shares[:3] == pytest.approx(np.exp(-1.5) * np.array([1.0, 1.5, 1.125]), rel=1e-9)
    assert found.shares.sum() == pytest.approx(1.0)
    for p in range(2):
        assert found.levels[1][p] == pytest.approx(solvers.level_k(game, 1)[p])
        belief = (found.levels[0][1 - p] + 1.5 * found.levels[1][1 - p]) / 2.5
        worth = (game[p] if p == 0 else game[p].T) @ belief
        assert found.levels[2][p][worth.argmax()] == 1.0
        assert found.play[p] == pytest.approx(sum(w * level[p] for w, level in zip(found.shares, found.levels)))
    assert solvers.cognitive_hierarchy(game, 0.0).play[0] == pytest.approx(np.full(3, 1 / 3))
    assert solvers.level_k(game, 1, lam=0.0)[1] == pytest.approx(np.full(4, 0.25))
    tied = solvers.level_k([[[1, 1], [1, 1], [0, 0]], np.zeros((3, 2))], 1)
    assert tied[0] == pytest.approx([0.5, 0.5, 0.0])


def test_bad_input():
    for call, message in (
        (lambda: solvers.quantal_response("chicken", lam=-1.0), "lam must be finite and 0 or more, got -1.0"),
        (lambda: solvers.quantal_response("chicken", lam=np.inf), "lam must be finite"),
        (lambda: solvers.quantal_response("kuhn_poker"), "one information set"),
        (lambda: solvers.quantal_error("chicken", [[1, 0], [1, 0]], -1.0), "lam"),
        (lambda: solvers.fit_quantal_response("chicken", [[1, 2], [3]]), "counts must hold 2 lists"),
        (lambda: solvers.fit_quantal_response("chicken", [[1, 2], [3, -1]]), "0 or more"),
        (lambda: solvers.fit_quantal_response("chicken", [[0, 0], [0, 0]]), "not all 0"),
        (lambda: solvers.fit_quantal_response("chicken", [[1, 0], [0, 1]], most=0.0), "most"),
        (lambda: solvers.level_k("chicken", 1, start=[[0.5, 0.6], [1, 0]]), "must sum to 1"),
        (lambda: solvers.level_k("chicken", -1), "level must be an integer"),
        (lambda: solvers.level_k("chicken", 1, lam=-1.0), "lam must be 0 or more"),
        (lambda: solvers.cognitive_hierarchy("chicken", -0.5), "tau"),
        (lambda: solvers.cognitive_hierarchy("chicken", levels=0), "levels"),
        (lambda: solvers.quantal_response([[[1, np.nan], [0, 0]], [[1, 2], [3, 4]]]), "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
