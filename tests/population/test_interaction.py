"""Who meets whom: every row of the interaction matrix against the published rule, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ludus.population import METHODS, alphastar, openai_five, pbt, pfsp
from ludus.population.interaction import delta_uniform, latest, near, uniform
from ludus.population.loop import concluded, counted, fixtures
from ludus.population.members import Entry, Population
from ludus.population.methods import make_method

STATE = {"x": np.zeros(1)}


def population(members, rates=()):
    """members: (name, role, parent, trained); rates: {(row, column): win rate of the row}, 1/2 elsewhere."""
    entries = [
        Entry(name, role, parent, 0, parent is not None or not role, STATE if role else None, trained)
        for name, role, parent, trained in members
    ]
    start = Population.of(tuple(entries), STATE)
    wins, games = start.wins.copy(), start.games.copy()
    for (row, column), rate in dict(rates).items():
        games[row, column] = 100.0
        wins[row, column] = 100.0 * rate
    return replace(start, games=games, wins=wins)


def learner_with_past(copies, rates=(), guests=0):
    """Member 0 is the learner, then its copies, then guests; rates: the learner's win rate against each of them."""
    members = [("learner", "learner", None, 1)]
    members += [(f"learner v{i}", "learner", 0, 1) for i in range(copies)]
    members += [(f"guest {i}", "", None, 0) for i in range(guests)]
    return population(members, {(0, 1 + i): rate for i, rate in enumerate(rates)})


# -- prioritised fictitious self-play ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weighting", "weights"),
    [
        ("squared", [1.0, 0.64, 0.25, 0.04, 0.0]),  # (1 - x)²
        ("variance", [0.0, 0.16, 0.25, 0.16, 0.0]),  # x (1 - x)
        ("linear", [1.0, 0.8, 0.5, 0.2, 0.0]),  # 1 - x
        ("linear_capped", [0.5, 0.5, 0.5, 0.2, 0.0]),  # min(1/2, 1 - x)
    ],
)
def test_pfsp_is_the_published_rule(weighting, weights):
    np.testing.assert_allclose(
        pfsp([0.0, 0.2, 0.5, 0.8, 1.0], weighting), np.array(weights) / np.sum(weights), rtol=1e-14
    )


def test_pfsp_is_uniform_where_no_weight_is_left():
    """Every opponent beaten always: the naive quotient is 0/0."""
    for weighting, rates in {"squared": [1.0, 1.0], "variance": [0.0, 1.0], "linear": [1.0, 1.0]}.items():
        np.testing.assert_array_equal(pfsp(rates, weighting), [0.5, 0.5])


@pytest.mark.parametrize("rates", [[], [0.5, 1.2], [float("nan")], [[0.5]]])
def test_pfsp_refuses_what_is_no_win_rate(rates):
    with pytest.raises(ValueError, match="win_rates must be"):
        pfsp(rates)
    with pytest.raises(ValueError, match=r"weighting must be one of squared, variance, linear, linear_capped, got 'cu"):
        pfsp([0.5], "cubed")


# -- one learner and its past ------------------------------------------------------------------------------------------


def test_rows_over_the_past():
    now = learner_with_past(5, guests=1)
    np.testing.assert_array_equal(latest(now, 0), [0, 0, 0, 0, 0, 1, 0])
    np.testing.assert_allclose(uniform(now, 0), np.array([0, 1, 1, 1, 1, 1, 1]) / 6)
    # Versions 0 … 4: those from 4δ on.
    np.testing.assert_allclose(delta_uniform(0.0)(now, 0), np.array([0, 1, 1, 1, 1, 1, 0]) / 5)
    np.testing.assert_allclose(delta_uniform(0.5)(now, 0), np.array([0, 0, 0, 1, 1, 1, 0]) / 3)
    np.testing.assert_allclose(delta_uniform(0.6)(now, 0), np.array([0, 0, 0, 0, 1, 1, 0]) / 2)
    np.testing.assert_array_equal(delta_uniform(1.0)(now, 0), latest(now, 0))


def test_prioritised_rows_use_the_learners_own_win_rates():
    now = learner_with_past(2, [0.9, 0.2], guests=1)  # the guest was never met: 1/2
    for weighting in ("squared", "linear"):
        row = make_method("prioritised_fictitious", weighting=weighting).roles[0].opponents(now, 0)
        np.testing.assert_allclose(row, [0, *pfsp([0.9, 0.2, 0.5], weighting)], atol=1e-12)


def test_a_meta_strategy_over_the_past_is_the_equilibrium_of_the_empirical_game():
    """Rock, paper, scissors with stakes 1, 2, 3: by hand the equilibrium plays what beats the others' stake."""
    now = learner_with_past(3)
    payoffs = np.array([[0.0, -1.0, 2.0], [1.0, 0.0, -3.0], [-2.0, 3.0, 0.0]])
    total, games = np.zeros((4, 4)), np.zeros((4, 4))
    total[1:, 1:], games[1:, 1:] = 10 * payoffs, 10.0
    row = make_method("psro").roles[0].opponents(replace(now, total=total, games=games), 0)
    np.testing.assert_allclose(row, np.array([0, 3, 2, 1]) / 6, atol=1e-9)
    np.testing.assert_allclose(payoffs @ [3, 2, 1], 0.0, atol=1e-12)


# -- OpenAI Five -------------------------------------------------------------------------------------------------------


def test_openai_five_row_is_80_20_with_a_softmax_of_qualities():
    now = learner_with_past(3)
    quality = np.array([0.0, 0.0, np.log(2), np.log(5)])
    row = make_method("openai_five").roles[0].opponents(replace(now, quality=quality), 0)
    np.testing.assert_allclose(row, [0.8, 0.2 * 1 / 8, 0.2 * 2 / 8, 0.2 * 5 / 8])


def test_openai_five_update_is_the_published_one():
    """q_i ← q_i - η / (N p_i) on a defeat of i. p = (1, 2, 5) / 8 and N = 3: a defeat costs η 8/3, η 4/3, η 8/15."""
    quality = np.log([1.0, 2.0, 5.0])
    after = openai_five.quality_update(quality, np.array([1, 0, 3]), rate=0.01)
    np.testing.assert_allclose(quality - after, [0.08 / 3, 0.0, 3 * 0.08 / 15], rtol=1e-12)


def test_openai_five_counts_only_defeats_and_newcomers_get_the_largest_quality():
    now = replace(learner_with_past(2), quality=np.array([0.0, -1.0, -1.0]))
    players = np.array([[0, 1], [1, 0], [0, 2], [2, 0]])
    scores = np.array([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0], [1.0, -1.0]])  # v0 loses twice; v1 draws and wins
    method = make_method("openai_five", every=1, rate=0.01)
    after = concluded(method, now, players, scores, seed=0)
    # p = (1/2, 1/2), N = 2: each defeat costs exactly η.
    np.testing.assert_allclose(after.quality, [0.0, -1.02, -1.0, -1.0], rtol=1e-12)
    assert after.members[3].name == "learner v0"
    later = make_method("openai_five", every=10)
    assert len(concluded(later, now, players, scores, seed=0).members) == 3


# -- AlphaStar ---------------------------------------------------------------------------------------------------------

MAINS = [("main 1", "main", None, 9), ("main 2", "main", None, 9)]
REST = [("main exploiter", "main exploiter", None, 9), ("league exploiter", "league exploiter", None, 9)]


def league(rates, past):
    """Members 0, 1: mains; 2: main exploiter; 3: league exploiter; then copies of the parents named by `past`."""
    roles = ["main", "main", "main exploiter", "league exploiter"]
    copies = [(f"copy {i}", roles[parent], parent, 0) for i, parent in enumerate(past)]
    return population([*MAINS, *REST, *copies], rates)


def test_the_monotonic_suffix_is_removed():
    def cut(rates):
        left, players = alphastar.remove_monotonic_suffix(np.array(rates), np.arange(len(rates)))
        assert len(left) == len(players)
        return left.tolist()

    assert cut([0.9, 0.6, 0.65, 0.6]) == [0.9, 0.6, 0.65]
    assert cut([0.9, 0.8, 0.7]) == []
    assert cut([0.5, 0.5]) == []
    assert cut([0.1, 0.9]) == [0.1, 0.9]
    assert cut([]) == []


def test_main_agent_without_trouble_plays_pfsp_and_self_play():
    """Half PFSP squared over all copies; the rest, as nothing was forgotten, against a random main agent."""
    now = league({(0, 1): 0.5, (0, 4): 0.9, (0, 5): 0.8, (0, 6): 0.75}, past=[0, 1, 2])
    expected = np.zeros(7)
    expected[4:] = 0.5 * np.array([0.01, 0.04, 0.0625]) / 0.1125
    expected[:2] = 0.25
    for row in (alphastar.main_agent, alphastar.paper_main_agent):
        np.testing.assert_allclose(row(now, 0), expected, atol=1e-12)


def test_main_agent_meets_the_past_of_a_main_that_is_too_strong():
    """Win rate 0.3 against main 2 is not above 0.3: its copies by variance, 0.8 · 0.2 against 0.5 · 0.5."""
    now = league({(0, 1): 0.3, (0, 4): 0.8, (0, 5): 0.8}, past=[1, 1])
    now.wins[0, 5], now.games[0, 5] = 50.0, 100.0  # a rise is needed for something to be forgotten: 0.8 -> 0.5 is none
    row = alphastar.main_agent(now, 0)
    squared, variance = np.array([0.04, 0.25]) / 0.29, np.array([0.16, 0.25]) / 0.41
    expected = np.zeros(6)
    expected[4:] = 0.5 * squared + 0.25 * variance
    expected[0] = 0.25
    np.testing.assert_allclose(row, expected, atol=1e-12)


def test_main_agent_verifies_against_exploiters_that_beat_it():
    """A past main exploiter wins 80 %: the 15 % go to past main exploiters, squared."""
    now = league({(0, 4): 0.9, (0, 5): 0.2, (0, 6): 0.6}, past=[0, 2, 2])
    verify, base = np.array([0.64, 0.16]) / 0.8, np.array([0.01, 0.64, 0.16]) / 0.81
    expected = np.zeros(7)
    expected[4:] = 0.5 * base
    expected[:2] = 0.35 / 2
    expected[5:] += 0.15 * verify
    np.testing.assert_allclose(alphastar.main_agent(now, 0), expected, atol=1e-12)
    paper = expected.copy()
    paper[5:] += 0.15 * (np.array([1.0, 0.0]) - verify)  # only the one that is strong
    np.testing.assert_allclose(alphastar.paper_main_agent(now, 0), paper, atol=1e-12)


def test_main_agent_verifies_against_what_it_forgot():
    """(.9, .6, .65, .6) against the copies of main 1 loses its tail; those left are drawn by squares. Main 2 has no
    history, so that its share stays self-play."""
    rates = [0.9, 0.6, 0.65, 0.6]
    now = league({(0, 4 + i): rate for i, rate in enumerate(rates)}, past=[0, 0, 0, 0])
    all_of_them = np.array([0.01, 0.16, 0.1225, 0.16])
    forgotten = np.array([0.01, 0.16, 0.1225, 0.0])
    expected = np.zeros(8)
    expected[4:] = 0.5 * all_of_them / all_of_them.sum() + 0.075 * forgotten / forgotten.sum()
    expected[:2] = 0.175
    expected[1] += 0.075
    np.testing.assert_allclose(alphastar.main_agent(now, 0), expected, atol=1e-12)
    # The text pools what was forgotten: those below 70 % of what is left, for 15 % of the games.
    weak = np.array([0.0, 0.16, 0.1225, 0.0])
    paper = np.zeros(8)
    paper[4:] = 0.5 * all_of_them / all_of_them.sum() + 0.15 * weak / weak.sum()
    paper[:2] = 0.175
    np.testing.assert_allclose(alphastar.paper_main_agent(now, 0), paper, atol=1e-12)


def test_main_exploiter_meets_mains_or_their_past():
    now = league({(2, 0): 0.1, (2, 1): 0.15, (2, 4): 0.9, (2, 5): 0.5, (2, 6): 0.5}, past=[0, 0, 1])
    variance = np.array([0.09, 0.25]) / 0.34
    expected = np.zeros(7)  # main 1 is hopeless (not above 10 %), main 2 is not
    expected[4:6], expected[1] = 0.5 * variance, 0.5
    np.testing.assert_allclose(alphastar.main_exploiter(now, 2), expected, atol=1e-12)
    # The text: below 20 % half of the games, over the players that any main created.
    pooled = np.array([0.09, 0.25, 0.25]) / 0.59
    paper = np.zeros(7)
    paper[:2], paper[4:] = 0.25, 0.5 * pooled
    np.testing.assert_allclose(alphastar.paper_main_exploiter(now, 2), paper, atol=1e-12)
    hopeful = league({(2, 0): 0.2, (2, 1): 0.5}, past=[0, 0, 1])
    np.testing.assert_allclose(alphastar.paper_main_exploiter(hopeful, 2), [0.5, 0.5, 0, 0, 0, 0, 0])


def test_league_exploiter_meets_the_whole_past():
    now = league({(3, 4): 0.2, (3, 5): 0.9, (3, 6): 0.6}, past=[0, 2, 3])
    np.testing.assert_allclose(
        alphastar.league_exploiter(now, 3)[4:], np.array([0.5, 0.1, 0.4]), atol=1e-12
    )  # min(1/2, 1 - x), which sum to one
    np.testing.assert_allclose(
        alphastar.paper_league_exploiter(now, 3)[4:], np.array([0.64, 0.01, 0.16]) / 0.81, atol=1e-12
    )


@pytest.mark.parametrize(
    ("preset", "role", "trained", "rate", "kept"),
    [
        # pseudocode: not before `patience` rounds; then above 70 % against all, or after more than twice as many
        ("alphastar_pseudocode", 0, 1, 0.9, False),
        ("alphastar_pseudocode", 0, 2, 0.71, True),
        ("alphastar_pseudocode", 0, 2, 0.7, False),
        ("alphastar_pseudocode", 0, 4, 0.5, False),
        ("alphastar_pseudocode", 0, 5, 0.5, True),
        ("alphastar_pseudocode", 1, 2, 0.71, True),
        ("alphastar_pseudocode", 1, 4, 0.7, False),
        ("alphastar_pseudocode", 2, 2, 0.71, True),
        ("alphastar_pseudocode", 2, 5, 0.1, True),
        # the text: mains every 2e9 steps; exploiters at once when they beat all, or after 4e9; the others after 2e9
        ("alphastar", 0, 1, 0.9, False),
        ("alphastar", 0, 2, 0.1, True),
        ("alphastar", 1, 1, 0.71, True),
        ("alphastar", 1, 3, 0.7, False),
        ("alphastar", 1, 4, 0.1, True),
        ("alphastar", 2, 1, 0.71, True),
        ("alphastar", 2, 1, 0.7, False),
        ("alphastar", 2, 2, 0.1, True),
    ],
)
def test_when_a_copy_is_kept(preset, role, trained, rate, kept):
    me = {0: 0, 1: 2, 2: 3}[role]
    others = (0, 1) if role == 1 else (4, 5)
    now = league({(me, other): rate for other in others}, past=[0, 2])
    now = now.with_member(me, now.members[me]._replace(trained=trained))
    method = make_method(preset, mains=2, main_exploiters=1, league_exploiters=1, patience=2)
    assert method.roles[role].keep(now, me) is kept


def test_what_is_kept_is_the_trained_state_and_who_is_reset():
    """The pseudocode makes the copy after the reset, and so stores the reset net; here it comes before."""
    now = league({}, past=[0, 1])
    for i in range(4):
        entry = now.members[i]
        now = now.with_member(i, entry._replace(state={"x": np.full(1, 7.0)}, trained=9))
    method = make_method("alphastar_pseudocode", mains=2, league_exploiters=1)
    nobody = np.zeros((0, 2))
    reset = 0
    for seed in range(400):
        after = concluded(method, now, nobody.astype(int), nobody, seed)
        assert [m.parent for m in after.members[6:]] == [0, 1, 2, 3]
        assert all(m.state["x"] == 7.0 and m.frozen for m in after.members[6:])
        assert [float(m.state["x"][0]) for m in after.members[:3]] == [7.0, 7.0, 0.0]
        assert all(m.trained == 0 and m.generation == 1 for m in after.members[:4])
        reset += after.members[3].state["x"][0] == 0.0
    assert 70 <= reset <= 130  # 1/4 of 400: 100, standard deviation 8.7


# -- population-based training -----------------------------------------------------------------------------------------


def test_learners_of_like_strength_meet():
    now = population([(f"l{i}", "learner", None, 1) for i in range(4)], {(0, 1): 0.5, (0, 2): 0.5 + 1 / 6, (0, 3): 1.0})
    weights = np.exp(-0.5 * np.array([0, 1, 9]))
    np.testing.assert_allclose(near(1 / 6)(now, 0), [0, *(weights / weights.sum())], rtol=1e-9)


def test_the_worst_copy_the_best_and_vary():
    strength = np.array([0.1, 0.4, 0.6, 0.9, 0.3])  # win rate against everybody else
    rates = {(i, j): strength[i] for i in range(5) for j in range(5) if i != j}
    now = population([(f"l{i}", "learner", None, 1) for i in range(5)], rates)
    for i in range(5):
        now = now.with_member(i, now.members[i]._replace(state={"x": np.full(1, float(i))}, hyper=(("rate", 1.0 + i),)))
    seen = set()
    for seed in range(20):
        after = pbt.exploit_and_explore(now, 0.2, (0.8, 1.2), np.random.default_rng(seed))
        assert after.members[0].state["x"] == 3.0
        seen.add(round(after.members[0].hyper[0][1], 9))
        assert [m.state["x"][0] for m in after.members[1:]] == [1, 2, 3, 4]
        assert after.win_rates[0, 1] == 0.9
    assert seen == {3.2, 4.8}  # 4 times 0.8 or 1.2


# -- results and fixtures ----------------------------------------------------------------------------------------------


def test_results_are_discounted_match_by_match():
    now = learner_with_past(1)
    players = np.array([[0, 1], [1, 0], [0, 1]])
    scores = np.array([[1.0, -1.0], [0.0, 0.0], [-1.0, 1.0]])
    after, wins = counted(now, players, scores, 0.99)
    assert after.games[0, 1] == pytest.approx(0.99**2 + 0.99 + 1)
    assert after.wins[0, 1] == pytest.approx(0.99**2)
    assert after.draws[1, 0] == pytest.approx(0.99)
    assert after.wins[1, 0] == 1.0
    assert after.win_rates[0, 1] == pytest.approx((0.99**2 + 0.99 / 2) / (0.99**2 + 0.99 + 1))
    assert after.total[0, 1] == pytest.approx(0.99**2 - 1.0)
    assert (wins[0, 1], wins[1, 0]) == (1.0, 1.0)
    in_two = counted(counted(now, players[:1], scores[:1], 0.99)[0], players[1:], scores[1:], 0.99)[0]
    np.testing.assert_allclose(in_two.games, after.games)
    assert now.win_rates[0, 1] == 0.5


def test_fixtures_are_drawn_by_the_row_without_oneself():
    now = learner_with_past(3)
    sigma = np.zeros((4, 4))
    sigma[0] = [0.8, 0.0, 0.05, 0.15]
    drawn = np.zeros(4)
    for k in range(50):
        for meeting in fixtures(make_method("openai_five"), replace(now, sigma=sigma, round=k), 100, seed=1):
            assert meeting.first == 0
            assert meeting.matches % 2 == 0
            drawn[meeting.second] += meeting.matches
    assert drawn.sum() == 50 * 100
    np.testing.assert_allclose(drawn / drawn.sum(), [0, 0, 0.25, 0.75], atol=0.04)


# -- the table ---------------------------------------------------------------------------------------------------------


def test_every_method_is_a_row_with_its_paper():
    page = (Path(__file__).parents[2] / "docs" / "self_play.md").read_text()
    for name, info in METHODS.items():
        method = make_method(name)
        assert method.name == name
        assert info.paper
        assert info.title
        assert f"| `{name}` |" in page
        assert set(info.options) <= set(info.build.__code__.co_varnames)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("alpha_star", {}, "there is no self-play method 'alpha_star'; there is vanilla, delta_uniform,"),
        ("vanilla", {"speed": 1}, "vanilla has no option 'speed'; it has every"),
        ("fictitious", {"every": 0}, "every must be an integer of at least 1, got 0"),
        ("delta_uniform", {"delta": 1.5}, "delta must be a number from 0 to 1, got 1.5"),
        ("openai_five", {"rate": -1}, "rate must be a positive number, got -1"),
        ("prioritised_fictitious", {"weighting": "hard"}, "weighting must be one of squared"),
        ("psro", {"solver": "nahs"}, "there is no meta-solver 'nahs'; did you mean 'nash'?"),
        ("alphastar", {"mains": 0}, "mains must be an integer of at least 1"),
        ("pbt", {"hyper": {"rate": (1.0, 0.5)}}, "hyper: rate must have a range"),
    ],
)
def test_bad_options_have_one_clear_error(name, options, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace("?", r"\?")):
        make_method(name, **options)
