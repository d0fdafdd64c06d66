"""Families of matrix games: what their names promise."""

from __future__ import annotations

import numpy as np
import pytest

from ludus import MatrixGame, solvers
from ludus.games import generators

NAMES = [f.name for f in generators.families()]


def test_there_are_many_and_each_says_where_it_comes_from():
    assert len(NAMES) >= 40
    for row in generators.families():
        assert row.title
        assert row.source
    assert {f.name for f in generators.families("zero-sum")} >= {"colonel_blotto", "rock_paper_scissors"}


@pytest.mark.parametrize("name", NAMES)
def test_a_family_keeps_its_word(name):
    row = next(f for f in generators.families() if f.name == name)
    games = [generators.generate(name, seed) for seed in range(6)]
    for seed, game in enumerate(games):
        assert isinstance(game, MatrixGame)
        assert game.payoffs.tolist() == generators.generate(name, np.random.default_rng(seed)).payoffs.tolist()
        if "zero-sum" in row.tags:
            assert game.zero_sum
        if "symmetric" in row.tags:  # swapping two players swaps their payoffs
            assert game.payoffs[1] == pytest.approx(np.swapaxes(game.payoffs[0], 0, 1))
        if "pure" in row.tags:
            assert solvers.nash(game, "pure")
    assert len({game.payoffs.tobytes() for game in games}) > 1


def test_what_is_known_of_some():
    assert solvers.eliminate(generators.generate("prisoners_dilemma", 1)).remaining == ((1,), (1,))
    left = solvers.eliminate(generators.generate("dominance_solvable", 2, players=3, actions=4)).remaining
    assert [len(actions) for actions in left] == [1, 1, 1]
    alone = solvers.nash(generators.generate("unique_equilibrium", 3, actions=4), "support_enumeration")
    assert len(alone) == 1
    prizes = np.diag(generators.generate("unique_equilibrium", 3, actions=4).payoffs[0])
    assert alone[0][0] == pytest.approx(1 / prizes / (1 / prizes).sum())
    for name in ("congestion", "potential", "team", "local_effect", "cournot", "public_goods"):
        game = generators.generate(name, 5)
        assert solvers.exact_potential(game) is not None, name
    assert len(solvers.nash(generators.generate("hawk_dove", 1), "support_enumeration")) == 3
    claims = solvers.nash(generators.generate("travellers_dilemma", 1), "pure")
    assert [tuple(int(x.argmax()) for x in e) for e in claims] == [(0, 0)]
    stops = solvers.nash(generators.generate("centipede", 1), "pure")
    assert {int(e[0].argmax()) for e in stops} == {0}
    sample = np.array([generators.generate("covariant", s, correlation=-0.7).payoffs for s in range(300)])
    assert np.corrcoef(sample[:, 0].ravel(), sample[:, 1].ravel())[0, 1] == pytest.approx(-0.7, abs=0.05)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("chiken", {}, "there is no family 'chiken'; did you mean 'chicken'"),
        ("random", {"player": 3}, "family 'random' has no parameter 'player'; its parameters are: players, actions"),
        ("random", {"players": 2.5}, "players must be a whole number, got 2.5"),
        ("random", {"players": 0}, "players must be at least 1, got 0"),
        ("covariant", {"correlation": -2.0}, "correlation must be from -1 to 1, got -2.0"),
        ("rock_paper_scissors", {"actions": 4}, "actions must be odd"),
        ("random_graphical", {"degree": 4}, "degree must be from 0 to 3"),
    ],
)
def test_bad_input(name, parameters, message):
    with pytest.raises(ValueError, match=message):
        generators.generate(name, **parameters)
