"""Fictitious play, exploitability descent, CFR-BR and VAD-CFR against slow versions over `State`."""

from __future__ import annotations

import math

import pytest
from reference.generic import Generic, ZeroSum
from reference.slow_dynamics import SlowAgainstBestResponses, SlowFictitiousPlay, SlowVAD

import ludus
from ludus import solvers
from ludus.games.build import walk_tree

GAMES = ["kuhn_poker", "kuhn_poker(players=3)", "shapley", "random_game(seed=3)", "random_game(seed=5,players=3)"]
ZERO_SUM = ["kuhn_poker", "shapley", "random_game(seed=3,zero_sum=True)"]


def agree(slow, tree, name, policy, **options):
    for snapshot, _ in zip(solvers.iterate(tree, name, **options), range(10)):
        slow.iterate()
        for key, row in policy(slow).items():
            assert snapshot.policy[key] == pytest.approx(row, abs=1e-9)


@pytest.mark.parametrize("game", GAMES)
def test_fictitious_play_equals_the_slow_version(game):
    made = ludus.make(game)
    root = Generic(made.root())
    slow = SlowFictitiousPlay(root, made.num_players)
    agree(slow, walk_tree(root, made.num_players), "xfp", lambda s: s.average())


@pytest.mark.parametrize("game", ZERO_SUM)
def test_exploitability_descent_equals_the_slow_version(game):
    root = ZeroSum(ludus.make(game).root())
    tree = walk_tree(root, 2)
    slow = SlowAgainstBestResponses(root, step=lambda t: 10 / tree.utility_range / math.sqrt(t))
    agree(slow, tree, "ed", lambda s: s.policy)


@pytest.mark.parametrize("plus", [False, True])
@pytest.mark.parametrize("game", ZERO_SUM)
def test_cfr_br_equals_the_slow_version(game, plus):
    root = ZeroSum(ludus.make(game).root())
    slow = SlowAgainstBestResponses(root, floor=0.0 if plus else -math.inf)
    agree(slow, walk_tree(root, 2), "cfr-br", lambda s: s.average(), plus=plus)


@pytest.mark.parametrize("game", GAMES)
def test_vad_cfr_equals_the_slow_version(game):
    made = ludus.make(game)
    root = Generic(made.root())
    slow = SlowVAD(root, made.num_players, start=4)
    agree(
        slow,
        walk_tree(root, made.num_players),
        "vad-cfr",
        lambda s: s.average() if s.t > 4 else s.policy,
        start=4,
    )


def test_vad_cfr_refuses_a_negative_start():
    with pytest.raises(ValueError, match="start must be at least 0"):
        solvers.solve(ludus.make("kuhn_poker"), "vad-cfr", start=-1)


def test_a_race_keeps_the_best_and_never_rises():
    game = ludus.make("leduc_poker")
    solution = solvers.solve(game, "auto", iterations=600)
    gaps = [record.nash_conv for record in solution.history]
    assert gaps == sorted(gaps, reverse=True)
    assert solution.iterations == 600
    assert solution.nash_conv == pytest.approx(solvers.nash_conv(game, solution.policy))
    assert solution.nash_conv < solvers.solve(game, "cfr", iterations=600).nash_conv
