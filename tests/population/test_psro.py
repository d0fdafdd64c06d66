"""The PSRO family: what theory and the literature say of each method."""

from __future__ import annotations

import json
from itertools import islice, pairwise

import nashpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import ludus
from ludus import solvers
from ludus.population import iterate_psro
from ludus.population.arena import SampledArena, TreeArena
from ludus.population.functional_games import disc
from ludus.population.meta_solvers import META_SOLVERS
from ludus.population.oracles import CallableOracle, VectorAgent
from ludus.population.psro_methods import METHODS

RPS = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]


def pure(game, *actions):
    """The agent that takes these actions, one for each player, in a matrix game."""
    tree = game.tree()
    probabilities = np.ones(tree.num_sequences)
    for p, action in enumerate(actions):
        start, end = tree.sequence_start[p : p + 2]
        probabilities[start + 1 : end] = np.eye(end - start - 1)[action]
    return ludus.TabularAgent(ludus.Policy(game, probabilities), game=game)


def action_of(agent, player=0):
    tree = agent.policy.tree
    return int(agent.policy.probabilities[tree.sequence_start[player] + 1 : tree.sequence_start[player + 1]].argmax())


@pytest.fixture(scope="module")
def kuhn():
    return ludus.make("kuhn_poker")


@pytest.fixture(scope="module")
def leduc():
    return ludus.make("leduc_poker")


@pytest.fixture(scope="module")
def on_leduc(leduc):
    return {name: ludus.psro(leduc, name, iterations=30) for name in ("psro", "xdo", "anytime")}


# -- zero-sum games ----------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32), st.booleans())
def test_double_oracle_solves_matrices_within_as_many_rounds_as_strategies(rows, columns, seed, ties):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-2, 3, (rows, columns)).astype(float) if ties else rng.normal(size=(rows, columns))
    game = ludus.MatrixGame(matrix)
    result = ludus.psro(game, "double_oracle", iterations=100, initial=[pure(game, 0, 0)])
    assert result.nash_conv < 1e-8
    assert result.exhausted
    assert result.iteration <= rows + columns
    if min(matrix.shape) > 1:
        x, y = nashpy.Game(matrix).linear_program()
        assert result.values[0] == pytest.approx(x @ matrix @ y, abs=1e-7)


@pytest.mark.parametrize(
    "method", ["psro", "xdo", "pipeline", "anytime", "sp_psro", "diverse", "jpsro_ce", "jpsro_cce"]
)
def test_exact_methods_solve_kuhn_poker(kuhn, method):
    result = ludus.psro(kuhn, method, iterations=60)
    assert result.nash_conv < 1e-6
    assert result.exhausted
    assert result.values[0] == pytest.approx(-1 / 18, abs=1e-6)
    assert solvers.nash_conv(kuhn, result.policy) == pytest.approx(result.nash_conv, abs=1e-9)
    assert solvers.expected_values(kuhn, result.policy)[0] == pytest.approx(-1 / 18, abs=1e-6)


@pytest.mark.parametrize("oracle", ["q_learning", "mccfr", "evolution_strategies"])
def test_learning_oracles_come_near_on_kuhn_poker(kuhn, oracle):
    budget = 40 if oracle == "evolution_strategies" else 3000
    assert ludus.psro(kuhn, oracle=oracle, iterations=8, budget=budget, seed=1).nash_conv < 0.2  # uniform play: 11/12


def test_extensive_form_double_oracle_solves_leduc_and_beats_psro_in_every_late_round(on_leduc, leduc):
    """McAleer et al. 2021: actions are far fewer than policies."""
    xdo, psro = (on_leduc[name].history for name in ("xdo", "psro"))
    assert xdo[-1].nash_conv < 1e-8
    assert len(xdo) <= 30
    assert psro[-1].nash_conv > 0.5
    assert all(a.nash_conv < b.nash_conv for a, b in zip(xdo[5:], psro[5:]))
    value = solvers.solve(leduc, "lp").value
    assert solvers.expected_values(leduc, on_leduc["xdo"].policy)[0] == pytest.approx(value, abs=1e-7)


def test_anytime_psro_never_gets_worse(on_leduc, kuhn):
    for history in (on_leduc["anytime"].history, ludus.psro(kuhn, "anytime", iterations=30).history):
        conv = [record.nash_conv for record in history]
        assert all(b <= a + 1e-7 for a, b in pairwise(conv))
    conv = [record.nash_conv for record in on_leduc["psro"].history]
    assert any(b > a + 0.1 for a, b in pairwise(conv))  # plain PSRO does


def test_self_play_psro_is_ahead_of_anytime_psro(on_leduc, leduc):
    """McAleer et al. 2022, "Self-play PSRO": the mixed members close the gap in fewer rounds."""
    assert (
        ludus.psro(leduc, "sp_psro", iterations=5, inner=60).nash_conv < 0.3 * on_leduc["anytime"].history[4].nash_conv
    )


# -- where methods fail ------------------------------------------------------------------------------------------------


def test_self_play_goes_round_in_circles_where_fictitious_play_does_not():
    game = ludus.MatrixGame(RPS)
    options = {"symmetric": True, "initial": [pure(game, 0, 0)]}
    result = ludus.psro(game, "self_play", iterations=12, **options)
    moves = [action_of(agent) for agent in result.population[0]]
    assert moves == [k % 3 for k in range(13)]  # each is beaten by the next
    assert result.nash_conv == pytest.approx(2.0)
    assert ludus.psro(game, "fictitious", iterations=60, **options).nash_conv < 0.2


def test_self_play_circles_the_disc_and_psro_finds_its_centre():
    """Balduzzi et al. 2019: in the disc game a best response is a quarter turn ahead."""
    game = disc()
    start = [VectorAgent([0.5, 0.0])]
    history = ludus.psro(game, "self_play", iterations=8, initial=start)
    points = np.array([agent.vector for agent in history.population[0]])
    np.testing.assert_allclose(points[1:5], [[0, 1], [-1, 0], [0, -1], [1, 0]], atol=1e-12)
    np.testing.assert_allclose(points[5:], points[1:5], atol=1e-12)
    assert all(record.nash_conv == pytest.approx(2.0) for record in history.history)
    assert ludus.psro(game, iterations=8, initial=start).nash_conv < 1e-9


def test_rectified_responses_stall_where_plain_ones_do_not():
    """Rock, paper, scissors and a fourth that gets 2/5 from each of them: the game that McAleer et al. 2020 give.

    Playing only whom one beats (or ties with), each of the three is answered by itself, for 1/2 a match against 2/5.
    """
    table = np.full((4, 4), 0.4)
    table[:3, :3], table[:3, 3], table[3, 3] = RPS, -0.4, 0.0
    game = ludus.MatrixGame(table)
    options = {"symmetric": True, "initial": [pure(game, k, k) for k in range(3)], "iterations": 20}
    stuck = ludus.psro(game, "rectified", **options)
    assert stuck.exhausted
    assert len(stuck.population[0]) == 3
    assert stuck.exploitability == pytest.approx(0.4)
    assert ludus.psro(game, "psro", **options).nash_conv < 1e-9
    assert ludus.psro(game, "psro", meta_solver="rectified", **options).exploitability == pytest.approx(0.4)


# -- general-sum games and more players --------------------------------------------------------------------------------


def swap_gap(payoffs, joint, concept):
    """Σ over players of what the best deviation gains, by definition."""
    total = 0.0
    for p, table in enumerate(payoffs):
        own, seen = (np.moveaxis(a, p, 0).reshape(a.shape[p], -1) for a in (table, joint))
        best = sum(max(own @ row) for row in seen) if concept == "ce" else max(own @ seen.sum(axis=0))
        total += max(best - (own * seen).sum(), 0.0)
    return total


@pytest.mark.parametrize("concept", ["ce", "cce"])
@pytest.mark.parametrize("seed", range(4))
def test_joint_psro_closes_its_gap_in_general_sum_games(concept, seed):
    rng = np.random.default_rng(seed)
    shape = (2, 4, 5) if seed % 2 else (3, 3, 2, 3)
    payoffs = rng.normal(size=shape)
    game = ludus.MatrixGame(*payoffs)
    result = ludus.psro(game, f"jpsro_{concept}", iterations=40, initial=[pure(game, *[0] * (len(shape) - 1))])
    assert result.gap < 1e-5
    whole = np.zeros(shape[1:])  # the joint distribution over members, as one over actions
    for place in np.ndindex(result.joint.shape):
        actions = tuple(action_of(result.population[p][i], p) for p, i in enumerate(place))
        whole[actions] += result.joint[place]
    assert swap_gap(payoffs, whole, concept) == pytest.approx(result.gap, abs=1e-6)
    first = result.history[0]
    assert len(result.history) == 1 or first.gap > result.gap


def test_joint_psro_closes_its_gap_on_a_general_sum_tree():
    game = ludus.make("random_game(players=2, zero_sum=False)")
    assert not game.tree().zero_sum
    result = ludus.psro(game, "jpsro_cce", meta_solver="mwcce", iterations=40)
    assert result.gap < 1e-6


def test_three_players():
    result = ludus.psro("kuhn_poker(players=3)", iterations=20)
    assert result.payoffs.shape[0] == 3
    assert result.nash_conv < 1e-6
    assert result.exhausted
    assert [record.iteration for record in result.history] == list(range(1, len(result.history) + 1))


# -- payoffs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("game_id", ["kuhn_poker", "kuhn_poker(players=3)"])
def test_payoffs_are_the_members_expected_values(game_id):
    game = ludus.make(game_id)
    result = ludus.psro(game, iterations=3)
    for place in np.ndindex(result.joint.shape):
        profile = [result.population[p][i].policy for p, i in enumerate(place)]
        expected = solvers.expected_values(game, ludus.Policy.combine(profile))
        np.testing.assert_allclose(result.payoffs[(slice(None), *place)], expected, atol=1e-12)


def test_sampled_payoffs_estimate_the_exact_ones(kuhn):
    arenas = SampledArena(kuhn, 4000, seed=1), TreeArena(kuhn)
    for arena in arenas:
        for p in (0, 1):
            for i in range(2):
                arena.put(p, i, ludus.TabularAgent(ludus.Policy.random(kuhn, 2 * p + i), game=kuhn))
    rows = [np.arange(2), np.arange(2)]
    sampled, exact = (arena.block(rows) for arena in arenas)
    np.testing.assert_allclose(sampled, exact, atol=5 * 2 / np.sqrt(4000))  # payoffs are at most 2
    np.testing.assert_allclose(sampled[0], -sampled[1], atol=1e-12)


def test_games_that_can_only_be_played():
    class Column(ludus.Agent):
        def __init__(self, column):
            self.column = column

        def act(self, obs, legal, memory, rng):
            wish = np.full(len(legal), self.column)
            return np.where(legal[np.arange(len(legal)), wish], wish, legal.argmax(axis=1)), memory

    oracle = CallableOracle(
        lambda game, state, player, opponents, weights, seed, budget: {"column": np.array([seed % 7])},
        make_agent=lambda game, state: Column(int(state["column"][0])),
        initial=lambda game, seed: {"column": np.array([3])},
    )
    game = ludus.make("connect_four")
    runs = [ludus.psro(game, oracle=oracle, iterations=2, matches=4, seed=s) for s in (0, 0, 1)]
    assert np.isnan(runs[0].nash_conv)
    assert runs[0].payoffs[0, 0, 0] == 1.0  # both fill the middle column first: the first player wins
    assert np.array_equal(runs[0].payoffs, runs[1].payoffs)


# -- the loop ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["psro", "pipeline", "sp_psro"])
def test_a_resumed_run_is_the_undisturbed_one(kuhn, tmp_path, method):
    options = {"oracle": "mccfr", "budget": 50, "seed": 4}
    whole = ludus.psro(kuhn, method, iterations=5, **options)
    ludus.psro(kuhn, method, iterations=2, **options).save(tmp_path / "run.npz")
    resumed = ludus.psro(kuhn, method, iterations=5, resume=tmp_path / "run.npz", **options)
    assert np.array_equal(whole.payoffs, resumed.payoffs)
    assert np.array_equal(whole.joint, resumed.joint)
    assert [r.nash_conv for r in whole.history] == [r.nash_conv for r in resumed.history]
    assert resumed.seconds > resumed.history[1].seconds
    resumed.save(tmp_path / "whole.npz")
    again = ludus.psro(kuhn, method, iterations=5, resume=tmp_path / "whole.npz", **options)
    assert (again.iteration, again.history) == (5, resumed.history)
    with pytest.raises(ValueError, match="another run: its seed is 4, here it is 5"):
        ludus.psro(kuhn, method, resume=tmp_path / "run.npz", **{**options, "seed": 5})
    (tmp_path / "run.npz").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="no PSRO file"):
        ludus.psro(kuhn, method, resume=tmp_path / "run.npz", **options)


def test_every_method_runs_and_says_where_it_is_from(kuhn):
    for name, row in METHODS.items():
        assert row.reference
        assert len(list(islice(iterate_psro(kuhn, name), 2))) == 2, name
    for name in META_SOLVERS:
        assert ludus.psro(kuhn, meta_solver=name, iterations=2).iteration == 2


def test_limits(kuhn, capsys):
    assert ludus.psro(kuhn, target=0.3).exploitability <= 0.3
    assert ludus.psro("leduc_poker", seconds=1e-9).iteration == 1
    assert ludus.psro(kuhn, iterations=2, progress=True).iteration == 2
    assert "psro on kuhn_poker" in capsys.readouterr().err
    snapshots = list(iterate_psro(kuhn))
    assert snapshots[0].payoffs.shape == (2, 2, 2)  # older snapshots stay as they were
    assert "NashConv" in repr(snapshots[-1])


def test_the_command_line(tmp_path):
    from ludus.cli import app

    runner, path = CliRunner(), tmp_path / "run.npz"
    done = runner.invoke(
        app, ["psro", "kuhn_poker", "--method", "xdo", "--iterations", "1", "--out", str(path), "--json"]
    )
    assert json.loads(done.stdout)["rounds"] == 1
    done = runner.invoke(app, ["psro", "kuhn_poker", "--method", "xdo", "--resume", str(path), "--quiet", "--json"])
    assert json.loads(done.stdout)["values"][0] == pytest.approx(-1 / 18)


def test_bad_input_is_one_clear_error(kuhn):
    functional, matrix = disc(), ludus.MatrixGame([[1, 2], [3, 4]])
    for message, call in {
        "did you mean 'pipeline'": lambda: ludus.psro(kuhn, "pipelin"),
        "there is no oracle": lambda: ludus.psro(kuhn, oracle="dqn"),
        "there is no meta-solver": lambda: ludus.psro(kuhn, meta_solver="best"),
        "no option of PSRO methods": lambda: ludus.psro(kuhn, depth=3),
        "iterations must be positive": lambda: ludus.psro(kuhn, iterations=0),
        "budget must be an integer": lambda: ludus.psro(kuhn, budget=0),
        "matches must be an integer": lambda: ludus.psro(kuhn, matches=0.5),
        "active must be an integer": lambda: ludus.psro(kuhn, active=-1),
        "diversity must be": lambda: ludus.psro(kuhn, diversity=-1.0),
        "responses must be one of": lambda: ludus.psro(kuhn, responses="all"),
        "takes no meta_solver": lambda: ludus.psro(kuhn, "xdo", meta_solver="nash"),
        "one response a level": lambda: ludus.psro(kuhn, "pipeline", meta_solver="mgce"),
        "xdo is for two-player zero-sum": lambda: ludus.psro("kuhn_poker(players=3)", "xdo"),
        "anytime is for two-player zero-sum": lambda: ludus.psro(functional, "anytime"),
        "symmetric=True is for": lambda: ludus.psro(matrix, symmetric=True),
        "own members": lambda: ludus.psro(functional, "jpsro_ce"),
        "game must be": lambda: ludus.psro(3),
        "no option 'gamma'": lambda: ludus.psro(kuhn, meta_solver="prd", meta_options={"gamma": 1}),
        "at least one agent": lambda: ludus.psro(kuhn, initial=[]),
        "there is no file": lambda: ludus.psro(kuhn, resume="nowhere.npz"),
    }.items():
        with pytest.raises((ValueError, TypeError, FileNotFoundError), match=message):
            call()
