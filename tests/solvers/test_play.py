"""The CCE gap that solutions report: against payoffs summed by hand, against theory, and where there is none."""

from __future__ import annotations

import json
import math
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus
from ludus import solvers

MINIMISERS = ("cfr", "cfr+", "lcfr", "dcfr", "pcfr+", "dcfr+", "pdcfr+", "ftrl", "omd", "oftrl", "oomd", "efr")


@pytest.mark.parametrize(("name", "weigh"), [("cfr", lambda t: 1.0), ("cfr+", lambda t: t), ("pcfr+", lambda t: t**2)])
def test_equals_the_gains_over_the_play_summed_by_hand(name, weigh):
    payoffs = np.random.default_rng(7).normal(size=(3, 2, 3, 4))
    game = ludus.MatrixGame(payoffs)
    steps = solvers.iterate(game, name, every=count(), averaging="last")
    against, followed, total = [np.zeros(n) for n in (2, 3, 4)], np.zeros(3), 0.0
    for t, step in zip(range(1, 51), steps):
        x = np.split(step.probabilities, step.policy.tree.sequence_start[1:-1])
        x = [plan[1:] for plan in x]  # without the empty sequence
        total += weigh(t)
        for p, indices in enumerate(("ijk,j,k->i", "ijk,i,k->j", "ijk,i,j->k")):
            gains = np.einsum(indices, payoffs[p], *(x[q] for q in range(3) if q != p))
            against[p] += weigh(t) * gains
            followed[p] += weigh(t) * gains @ x[p]
    expected = sum(max(a.max() - f, 0.0) for a, f in zip(against, followed)) / total
    solution = solvers.solve(game, name, iterations=50)
    assert solution.cce_gap == pytest.approx(expected, abs=1e-12)
    assert solution.history[-1].cce_gap == solution.cce_gap


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(MINIMISERS[:3]), players=st.sampled_from([2, 3]))
def test_play_has_no_more_than_the_proven_regret(seed, name, players):
    """Simultaneous updates: each player's regret is at most Δ·I·√(A·T), or twice that (Zinkevich et al. 2007)."""
    tree = ludus.make("random_game", seed=seed, players=players, zero_sum=False).tree()
    bound = 2 * tree.utility_range * tree.num_infosets * math.sqrt(tree.infoset_count.max()) / math.sqrt(300)
    assert 0.0 <= solvers.solve(tree, name, iterations=300, alternating=False).cce_gap <= bound


@pytest.mark.parametrize("name", MINIMISERS)
def test_every_minimiser_reports_both_gaps_with_three_players(name):
    """Three-player Kuhn poker, payoffs from -2 to 4; a tenth of a chip for all three players together."""
    solution = solvers.solve("kuhn_poker(players=3)", name, iterations=1000)
    assert solution.nash_conv > 0.0
    assert 0.0 <= solution.cce_gap < 0.1


def test_general_sums_are_measured_and_zero_sums_are_not(tmp_path):
    games = ("random_game(seed=4,zero_sum=False)", "kuhn_poker")
    general, kuhn = (solvers.solve(game, "cfr", iterations=20) for game in games)
    assert general.cce_gap > 0.0
    assert kuhn.cce_gap is None
    assert solvers.solve("kuhn_poker(players=3)", "mccfr_external", iterations=20).cce_gap is None
    for solution in (general, kuhn):
        solution.save(tmp_path / "s.ludus")
        again = ludus.Solution.load(tmp_path / "s.ludus")
        assert (again.cce_gap, again.history) == (solution.cce_gap, solution.history)


def test_the_command_line_prints_it(capsys):
    from ludus.cli import app

    app(["solve", "shapley", "--iterations", "10", "--json", "--quiet"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["cce_gap"] >= 0.0
