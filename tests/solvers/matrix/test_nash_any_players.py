"""Methods for any number of players; regrets certified; errors that say what would do."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pygambit
import pytest

import ludus
from ludus.solvers import Profile, nash, nash_methods, trace_branch

ONE = ("logit", "global_newton", "iterated_polymatrix", "simplicial", "liapunov")


def gain(payoffs, profile):
    """The most that anybody gains by deviating, by enumeration of all cells."""
    players = len(payoffs)
    worst = 0.0
    for i in range(players):
        worth = np.zeros(payoffs.shape[1 + i])
        for cell in np.ndindex(payoffs.shape[1:]):
            others = np.prod([profile[p][cell[p]] for p in range(players) if p != i])
            worth[cell[i]] += others * payoffs[(i, *cell)]
        worst = max(worst, worth.max() - worth @ profile[i])
    return worst


@pytest.mark.parametrize("method", ONE)
def test_equilibria_of_random_games(method):
    rng = np.random.default_rng(11)
    for players in (2, 3, 3, 4):
        for _ in range(4):
            payoffs = rng.normal(size=(players, *rng.integers(1, 4, players)))
            for profile in nash(payoffs, method):
                assert profile.regret <= 1e-8
                assert gain(payoffs, profile) <= profile.regret + 1e-12
                assert profile.method == method


@pytest.mark.parametrize("method", ONE)
@pytest.mark.parametrize(
    "game",
    [
        np.ones((3, 2, 2, 2)),
        [[[1, 1, 0], [1, 1, 0], [0, 0, 2]]] * 2,
        np.random.default_rng(3).integers(0, 2, (3, 2, 2, 2)),
        np.random.default_rng(3).random((2, 1, 4)),
    ],
    ids=["all equal", "duplicate rows", "ties", "1 x n"],
)
def test_degenerate_games_end_well(method, game):
    try:
        found = nash(game, method)
    except ArithmeticError:  # a path that branches is told, not passed over
        assert method == "iterated_polymatrix"
    else:
        assert found
        assert all(p.regret <= 1e-8 for p in found)


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 3, 2), (3, 3, 3), (2, 2, 2, 2)])
def test_all_equilibria_of_more_players(shape):
    """Generic games have an odd number of equilibria (Wilson 1971; Harsanyi 1973). Gambit's are among ours; where
    Gambit's number is smaller, ours are equilibria that it has missed."""
    rng = np.random.default_rng(1)
    same = 0
    for _ in range(6):
        payoffs = rng.random((len(shape), *shape))
        found = nash(payoffs, "support_enumeration")
        assert len(found) % 2 == 1
        assert all(p.regret <= 1e-8 and gain(payoffs, p) <= 1e-8 for p in found)
        ours = np.array([np.concatenate(p) for p in found])
        distance = np.abs(ours[:, None] - ours[None]).max(axis=2) + np.eye(len(ours))
        assert distance.min() > 1e-6
        game = pygambit.Game.from_arrays(*payoffs)
        theirs = pygambit.nash.enumpoly_solve(game).equilibria
        same += len(theirs) == len(found)
        for e in theirs:
            point = np.array([float(e[s]) for p in game.players for s in p.strategies])
            assert np.abs(ours - point).max(axis=1).min() < 1e-4
    assert same >= 1


def test_three_player_game_by_hand():
    """The first matches the second, the second the third, who avoids the first: one equilibrium, everybody even."""
    payoffs = np.zeros((3, 2, 2, 2))
    for a, b, c in np.ndindex(2, 2, 2):
        payoffs[:, a, b, c] = a == b, b == c, c != a
    (profile,) = nash(payoffs, "support_enumeration")
    assert all(np.abs(x - 0.5).max() < 1e-12 for x in profile)


def test_degenerate_games_of_more_players_are_refused_with_a_reason():
    with pytest.raises(ArithmeticError, match=r"degenerate.*'logit', 'global_newton', 'simplicial'"):
        nash(np.ones((3, 2, 2, 2)), "support_enumeration")


def test_pure_equilibria_by_enumeration():
    rng = np.random.default_rng(8)
    for _ in range(10):
        payoffs = rng.integers(0, 4, (3, 2, 3, 2)).astype(float)
        expected = [
            cell
            for cell in np.ndindex(2, 3, 2)
            if all(
                payoffs[(i, *cell)] >= payoffs[(i, *(a if p == i else c for p, c in enumerate(cell)))]
                for i in range(3)
                for a in range(payoffs.shape[1 + i])
            )
        ]
        found = [tuple(int(s.argmax()) for s in p) for p in nash(payoffs, "pure")]
        assert found == expected


def test_one_player_takes_the_best_action():
    found = nash([1.0, 3.0, 3.0], "support_enumeration")
    assert [p[0].tolist() for p in found] == [[0, 1, 0], [0, 0, 1]]
    assert len({p.component for p in found}) == 1
    assert nash([1.0, 3.0, 2.0], "logit")[0][0].tolist() == [0, 1, 0]


def test_profiles_certify_what_they_are_given():
    half = Fraction(1, 2)
    pennies = ludus.make("matching_pennies")
    exact = Profile.of(pennies, [(half, half), (3, 1)], exact=True)
    assert exact.regret == 0.5
    assert exact.exact[1] == (Fraction(3, 4), Fraction(1, 4))
    again = pickle.loads(pickle.dumps(exact))
    assert again.regret == 0.5
    assert again.exact == exact.exact
    off = Profile.of(pennies, [[0.5, 0.5], [0.75, 0.25]])
    assert 0.5 <= off.regret < 0.5 + 1e-12
    for wrong, message in (([[1, 0]], "needs 2 strategies"), ([[1, 0], [1, 0, 0]], "needs 2 probabilities"),
                           ([[1, 0], [-1, 2]], "0 or more")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            Profile.of(pennies, wrong)


def test_certified_regret_is_an_upper_bound():
    """The bound in floats lies above the exact regret of the same floats, and not far above."""
    from ludus.solvers.matrix.profile import exact_regret, strategic_form

    rng = np.random.default_rng(6)
    for scale, shift in ((1.0, 0.0), (1e12, 0.0), (1e-12, 0.0), (1.0, 1e9)):
        payoffs = scale * rng.normal(size=(3, 2, 3, 4)) + shift
        profile = Profile.of(payoffs, [rng.dirichlet(np.ones(n)) for n in (2, 3, 4)])
        fractions = [[Fraction(float(w)) for w in s] for s in profile]
        fractions = [[w / sum(s) for w in s] for s in fractions]
        truth = float(exact_regret(strategic_form(payoffs).fractions, fractions)[0])
        assert truth <= profile.regret <= truth + 1e-13 * np.abs(np.ptp(payoffs)) + 1e-15 * abs(shift)


def test_the_default_method_suits_the_game():
    for game, method in (
        ("rock_paper_scissors", "lp"),
        ("chicken", "support_enumeration"),
        (np.random.default_rng(0).random((2, 20, 20)), "lemke_howson"),
        (np.random.default_rng(0).random((4, 3, 3, 3, 3)), "logit"),
    ):
        found = nash(game)
        assert {p.method for p in found} == {method}
        assert all(p.regret <= 1e-8 for p in found)


def test_the_table_is_complete():
    rows = {row.name: row for row in nash_methods()}
    assert {
        "adidas", "fictitious_play", "global_newton", "hedge", "iterated_polymatrix", "lemke_howson", "liapunov",
        "logit", "lp", "mip", "pure", "regret_matching", "simplicial", "support_enumeration", "vertex_enumeration",
    } <= set(rows)  # fmt: skip
    assert all(row.guarantee and row.reference and row.finds for row in rows.values())


BAD = [
    ([[[1, 2], [3]], [[1, 2], [3, 4]]], ValueError, "not a rectangular array"),
    ([[[1, 2], [3, np.nan]], [[1, 2], [3, 4]]], ValueError, "player 0's payoff at \\(1, 1\\) is nan"),
    (np.zeros((2, 3, 3, 3)), ValueError, "one axis for the players"),
    ([np.zeros((2, 3)), np.zeros((3, 2))], ValueError, "got shapes"),
    (np.zeros((2, 0, 3)), ValueError, "at least one action"),
    ([], ValueError, "at least one action"),
    (3.0, ValueError, "payoff tensor has shape"),
    ("kuhn_poker", TypeError, "kuhn_poker"),
    ("no_such_game", ValueError, "no_such_game"),
]


@pytest.mark.parametrize(("game", "kind", "message"), BAD)
def test_bad_games(game, kind, message):
    with pytest.raises(kind, match=message):
        nash(game)


@pytest.mark.parametrize("method", ["vertex_enumeration", "lemke_howson", "lp", "mip"])
def test_two_player_methods_name_those_that_take_more(method):
    with pytest.raises(ValueError, match=r"takes at most 2 players.*would do:.*'logit'.*'simplicial'"):
        nash(np.zeros((3, 2, 2, 2)), method)


def test_bad_methods_and_options():
    with pytest.raises(ValueError, match="did you mean 'lemke_howson'"):
        nash("chicken", "lemke_howsen")
    with pytest.raises(ValueError, match="its options are: exact"):
        nash("chicken", "vertex_enumeration", labels=1)
    with pytest.raises(ValueError, match="do not add up to a constant"):
        nash("chicken", "lp")
    with pytest.raises(ValueError, match="two finite weights"):
        nash("chicken", "mip", objective=(1, 2, 3))
    with pytest.raises(ValueError, match="at most 2 players"):
        nash(np.zeros((3, 2, 2, 2)), "support_enumeration", exact=True)


def test_the_logit_branch_fulfils_its_equation_and_agrees_with_gambit():
    rng = np.random.default_rng(9)
    for shape in ((3, 4), (2, 3, 2)):
        payoffs = rng.normal(size=(len(shape), *shape))
        branch = trace_branch(payoffs, lam=7.0)
        assert branch.lam[0] == 0.0
        assert branch.lam[-1] == 7.0
        from ludus.solvers.matrix.profile import deviation_payoffs

        for k in range(len(branch.lam)):
            x = [rows[k] for rows in branch.probabilities]
            for i in range(len(shape)):
                scores = branch.lam[k] * deviation_payoffs(payoffs[i], x, i)
                expected = np.exp(scores - scores.max())
                assert np.abs(expected / expected.sum() - x[i]).max() < 1e-7
        game = pygambit.Game.from_arrays(*payoffs)
        theirs = pygambit.qre.logit_solve_lambda(game, 7.0)
        theirs = theirs[0] if isinstance(theirs, list) else theirs
        point = np.array([float(theirs.profile[s]) for p in game.players for s in p.strategies])
        assert np.abs(np.concatenate([rows[-1] for rows in branch.probabilities]) - point).max() < 1e-6
    with pytest.raises(ValueError, match="lam must be finite and 0 or more"):
        trace_branch(payoffs, lam=-1.0)
