"""Finite populations: simulations against exact chains, exact chains against formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus import solvers

HAWK_DOVE = np.array([[-1.0, 4.0], [0.0, 2.0]])
PROCESSES = ("moran", "pairwise")


def absorbed(game, mutants, **options):
    """The probability that strategy 1 takes over, from the whole chain's absorbing states."""
    states, chain = solvers.population_chain(game, **options)
    chain = chain.toarray()
    inner = (states > 0).all(axis=1)
    won = np.linalg.solve(np.eye(inner.sum()) - chain[np.ix_(inner, inner)], chain[inner][:, states[:, 0] == 0].sum(1))
    return won[states[inner][:, 1] == mutants][0]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    process=st.sampled_from(PROCESSES),
    fitness=st.sampled_from(["exponential", "linear"]),
    population=st.integers(2, 12),
)
def test_fixation_probabilities_equal_the_absorption_of_the_chain(seed, process, fitness, population):
    rng = np.random.default_rng(seed)
    game, mutants = rng.uniform(size=(2, 2)), int(rng.integers(1, population))
    options = {"process": process, "population": population, "selection": 0.8, "fitness": fitness}
    exact = solvers.fixation_probability(game, mutants=mutants, **options)
    assert exact == pytest.approx(absorbed(game, mutants, **options), rel=1e-9)


@pytest.mark.parametrize("process", PROCESSES)
def test_neutral_mutants_take_over_in_proportion(process):
    options = {"population": 50, "process": process, "selection": 0.0}
    assert solvers.fixation_probability(HAWK_DOVE, mutants=7, **options) == pytest.approx(7 / 50)
    # A constant advantage r in a Moran process: (1 - 1/r) / (1 - 1/r^N) (Moran 1962).
    advantage = solvers.fixation_probability([[1.0, 1.0], [1.1, 1.1]], fitness="linear", population=50)
    assert advantage == pytest.approx((1 - 1 / 1.1) / (1 - 1.1**-50))


@pytest.mark.parametrize("process", PROCESSES)
def test_simulated_fixation(process):
    options = {"population": 10, "process": process, "selection": 0.3, "mutants": 3}
    exact, runs = solvers.fixation_probability(HAWK_DOVE, **options), 20_000
    error = np.sqrt(exact * (1 - exact) / runs)
    assert abs(solvers.simulate_fixation(HAWK_DOVE, runs=runs, seed=3, **options) - exact) < 4 * error


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("fitness", ["exponential", "linear"])
def test_the_simulated_long_run_is_the_exact_one(process, fitness):
    """Three strategies, twelve individuals: marginal distributions, by batches' standard errors."""
    game = np.random.default_rng(5).uniform(size=(3, 3))
    options = {"population": 12, "selection": 1.0, "mutation": 0.05, "fitness": fitness}
    exact = solvers.stationary_distribution(game, process, **options)
    assert exact.probabilities.sum() == pytest.approx(1.0)
    batches = np.array(
        [solvers.simulate_population(game, process, steps=200_000, seed=s, **options).visits for s in range(10)]
    )
    shares = batches / 200_000
    mean, error = shares.mean(axis=0), shares.std(axis=0, ddof=1) / np.sqrt(10)
    marginal = np.array([[exact.probabilities[exact.states[:, a] == k].sum() for k in range(13)] for a in range(3)])
    assert (np.abs(mean - marginal) < 6 * error + 1e-4).all()


def test_the_chain_is_stationary_and_the_pair_is_in_detailed_balance():
    """Two strategies make a birth-death chain, whose stationary distribution is a product of ratios."""
    options = {"population": 15, "selection": 0.7, "mutation": 0.1}
    states, chain = solvers.population_chain(HAWK_DOVE, "pairwise", **options)
    assert chain.sum(axis=1) == pytest.approx(1.0)
    found = solvers.stationary_distribution(HAWK_DOVE, "pairwise", **options).probabilities
    dense = chain.toarray()
    ratios = [dense[k, k + 1] / dense[k + 1, k] for k in range(15)]
    product = np.concatenate([[1.0], np.cumprod(ratios)])
    assert states[:, 0].tolist() == list(range(16))
    assert found == pytest.approx(product / product.sum(), rel=1e-8)


@pytest.mark.parametrize("process", PROCESSES)
def test_rare_mutations_lead_to_the_monomorphic_limit(process):
    game = np.random.default_rng(2).uniform(size=(3, 3))
    limit = solvers.monomorphic_distribution(game, process, population=8)
    rare = solvers.stationary_distribution(game, process, population=8, mutation=1e-7)
    pure = rare.states.max(axis=1) == 8
    assert rare.probabilities[pure].sum() == pytest.approx(1.0, abs=1e-4)
    assert rare.mean == pytest.approx(limit, abs=1e-4)


def test_games_by_their_ids():
    path = solvers.evolve("rock_paper_scissors", "moran", population=12, mutation=0.1, time=1000, points=5)
    assert path.states[0].sum(axis=1) == pytest.approx(1.0)
    assert 0 < solvers.simulate_fixation("chicken", population=5, runs=200) < 1


def test_strong_selection_does_not_overflow():
    limit = solvers.monomorphic_distribution(HAWK_DOVE * 1000, population=100)
    assert np.isfinite(limit).all()
    assert limit.sum() == pytest.approx(1.0)
    assert solvers.fixation_probability([[1e4, 1e4], [0.0, 0.0]]) == 0.0


def test_runs_repeat_and_end_when_one_has_taken_over():
    options = {"population": 20, "steps": 50_000, "points": 11, "seed": 4}
    run, again = (solvers.simulate_population(HAWK_DOVE, "moran", **options) for _ in range(2))
    assert run.counts.tolist() == again.counts.tolist()
    assert run.counts.sum(axis=1).tolist() == [20] * len(run.times)
    long = solvers.simulate_population([[2.0, 2.0], [1.0, 1.0]], "pairwise", population=20, steps=10**9, seed=1)
    assert 0 in long.counts[-1]
    assert long.steps < 10**6
    assert long.visits.sum(axis=1).tolist() == [long.steps] * 2
    path = solvers.evolve(HAWK_DOVE, "moran", population=20, start=[0.5, 0.5], time=50_000, points=11, seed=4)
    assert path.states[0] * 20 == pytest.approx(run.counts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"population": 1}, "population must be a whole number from 2"),
        ({"mutation": 1.5}, "mutation must be from 0 to 1"),
        ({"selection": -1.0}, "selection must be finite and 0 or more"),
        ({"process": "wright"}, "process must be 'moran' or 'pairwise'"),
        ({"fitness": "linear"}, "linear fitness needs"),
        ({"start": [1, 2]}, "start must be whole numbers that sum to 100"),
        ({"start": [1, 2, 3]}, "start must hold 2 numbers"),
        ({"steps": 0}, "steps must be a whole number from 1"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        solvers.simulate_population(HAWK_DOVE, **arguments)


def test_bad_pairs_and_chains():
    with pytest.raises(ValueError, match="must differ"):
        solvers.fixation_probability(HAWK_DOVE, 1, 1)
    with pytest.raises(ValueError, match="mutant must be a strategy from 0 to 1"):
        solvers.fixation_probability(HAWK_DOVE, 2, 0)
    with pytest.raises(ValueError, match="mutants must be a whole number from 1 to 99"):
        solvers.fixation_probability(HAWK_DOVE, mutants=100)
    with pytest.raises(ValueError, match="needs mutation > 0"):
        solvers.stationary_distribution(HAWK_DOVE, mutation=0.0)
    with pytest.raises(ValueError, match="at most 200000"):
        solvers.population_chain(np.zeros((5, 5)), population=100)
    with pytest.raises(ValueError, match="selection times the range of payoffs must be at most 600"):
        solvers.simulate_population(np.eye(3), selection=1000.0)
    with pytest.raises(ValueError, match="symmetric"):
        solvers.simulate_population("matching_pennies")
