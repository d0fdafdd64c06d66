"""What the methods of self-play do on games whose answers are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import t as student

from ludus.games.matrix import MatrixGame
from ludus.games.policy import Policy
from ludus.population import functional_games
from ludus.population.loop import self_play
from ludus.population.oracles import CallableOracle, EvolutionStrategies, Exact
from ludus.solvers import exploitability

ROCK, PAPER, SCISSORS = range(3)


@pytest.fixture(scope="module")
def rps():
    return MatrixGame([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])


def copies(population):
    """float64[n, 3]: what the first player's copies play, in the order in which they were kept."""
    return np.array([population.members[i].state["probabilities"][1:4] for i in population.frozen])


def after(rounds, *arguments, **options):
    return next(itertools.islice(self_play(*arguments, **options), rounds, None))


def test_vanilla_self_play_cycles_on_rock_paper_scissors(rps):
    """The best response to the newest copy alone goes round for ever (Balduzzi et al. 2019; Zhang et al. 2024)."""
    played = copies(after(13, rps, Exact(initial="pure"), "vanilla", seed=2)).argmax(axis=1)
    np.testing.assert_array_equal(played[1:], (played[:-1] + 1) % 3)  # each beats the one before


def test_fictitious_self_play_mixes_to_the_equilibrium(rps):
    """The mixture of the past converges (Robinson 1951), and no past self stays the only opponent."""
    played = copies(after(120, rps, Exact(initial="pure"), "fictitious", seed=2, matches=2))
    for most, few in ((120, 20), (20, 3)):
        assert gap(rps, played[:most].mean(axis=0)) < gap(rps, played[:few].mean(axis=0))
    assert gap(rps, played.mean(axis=0)) < 0.15


def gap(rps, mixture):
    return float((rps.payoffs[0] @ mixture).max())


def test_psro_ends_with_the_equilibrium(rps):
    """Double oracle: as many rounds as strategies, and then nobody gains."""
    population = after(4, rps, Exact(initial="pure"), "psro", seed=2)
    assert set(copies(population)[:3].argmax(axis=1)) == {ROCK, PAPER, SCISSORS}
    table = population.mean[np.ix_(population.frozen[:3], population.frozen[:3])]
    assert (np.sign(table) == -np.sign(table.T)).all()


def test_openai_five_forgets_whom_it_always_beats():
    """In a transitive game the old copies lose, so their quality falls and the newest carry the mass."""
    game = functional_games.elo()
    oracle = EvolutionStrategies(population=8, sigma=0.02, rate=0.05)
    population = after(40, game, oracle, "openai_five", seed=1, matches=40, every=4, rate=0.05)
    quality = population.quality[population.frozen]
    assert quality[0] == quality.min()
    assert quality[-1] == quality.max()
    assert quality[: len(quality) // 2].mean() < quality[len(quality) // 2 :].mean()


def climb(game, state, player, opponents, weights, seed, budget):
    """A learner of small steps along the gradient, short of a best response."""
    return game.ascend(state["vector"], [other.vector for other in opponents], weights, rate=0.1, steps=budget)


def test_alphastars_main_agent_is_less_exploitable_than_vanilla_self_play_on_the_disc():
    """The disc game is purely cyclic. Against itself a gradient learner turns round the centre and drifts outward, to
    exploitability 1; whoever beats it stands a quarter turn ahead, so answering those (as PFSP makes it) pulls it in.
    Same budget for the learner; mean over the second half of 60 rounds; 10 seeds."""
    game, oracle = functional_games.disc(), CallableOracle(climb)

    def late(method, seed, **options):
        run = itertools.islice(self_play(game, oracle, method, matches=64, budget=3, seed=seed, **options), 30, 60)
        return np.mean([game.exploitability(p.members[p.learners[0]].state["vector"]) for p in run])

    gain = []
    for seed in range(10):
        gain.append(late("vanilla", seed) - late("alphastar_pseudocode", seed, patience=4))
    error = np.std(gain, ddof=1) / np.sqrt(len(gain))
    low, _ = student.interval(0.95, len(gain) - 1, np.mean(gain), error)
    assert low > 0.1, gain


def test_population_based_training_finds_the_faster_learners():
    """On the line the step decides how fast one climbs: from [0.0005, 0.05] selection takes the longer steps."""
    game = functional_games.elo()
    oracle = EvolutionStrategies(population=8, sigma=0.02, rate=0.005)
    options = {"hyper": {"rate": (0.0005, 0.05)}, "interval": 1, "learners": 6, "every": 100}
    populations = list(itertools.islice(self_play(game, oracle, "pbt", matches=20, budget=2, seed=4, **options), 16))
    rates = [np.mean([np.log(dict(p.members[i].hyper)["rate"]) for i in p.learners]) for p in populations]
    assert rates[-1] > rates[0] + 0.3


@pytest.mark.parametrize("method", ["alphastar", "openai_five", "prioritised_fictitious"])
def test_the_same_seed_is_the_same_run(method):
    game, oracle = functional_games.disc(), EvolutionStrategies(population=4)

    def run(seed):
        population = after(8, game, oracle, method, seed=seed, matches=8)
        return [m.state["vector"].tobytes() for m in population.members], population.games.tobytes()

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_learners_sit_in_all_seats():
    """An exact oracle on Kuhn poker answers uniform play in both seats: value of the best responses 1/2 and 5/12."""
    population = after(1, "kuhn_poker", "exact", "vanilla")
    import ludus

    game = ludus.make("kuhn_poker")
    learner = Policy(game.tree(), population.members[0].state["probabilities"])
    uniform = Policy.uniform(game)
    first = ludus.solvers.expected_values(game, Policy.combine([learner, uniform]))[0]
    second = ludus.solvers.expected_values(game, Policy.combine([uniform, learner]))[1]
    assert first + second == pytest.approx(11 / 12)  # NashConv of uniform play
    assert exploitability(game, uniform) == pytest.approx(11 / 24)
