"""What all environments that draw their own chance share: faces, own kernels, threads, errors, documentation."""

from __future__ import annotations

import numpy as np
import pytest

import ludus
from ludus.benchmarks import environment_page
from ludus.games._specialise import specialised
from ludus.games.dynamics import Dynamics
from ludus.games.registry import specs

IDS = sorted(
    {info.id for info in environment_page.described()} | {i for i, s in specs().items() if "environment" in s.tags}
)


@pytest.fixture(scope="module")
def riddle():
    return ludus.make("switch_riddle")


def run(env, steps, seed=3):
    """Everything that a batch shows over random play."""
    rng = np.random.default_rng(seed)
    shown = [env.reset()]
    for _ in range(steps):
        shown.append(env.step(env.random_actions(rng)))
        shown.append((env.final_obs.copy(), env.truncated.copy(), env.state()))
    return [array for group in shown for array in group]


@pytest.mark.parametrize("id", ["switch_riddle", "connect_four", "leduc_poker"])
@pytest.mark.parametrize("options", [{"specialised": True}, {"threads": 2}, {"threads": 3, "specialised": True}])
def test_own_kernels_and_threads_do_not_change_a_run(id, options):
    plain = run(ludus.make(id).vector_env(5, seed=1, specialised=False), 60)
    other = run(ludus.make(id).vector_env(5, seed=1, **options), 60)
    assert all(np.array_equal(a, b) for a, b in zip(plain, other))


def test_functions_that_no_module_offers_have_general_kernels(riddle):
    from ludus.games import _dynamics

    def local(params, state, rng):
        pass

    functions = riddle.setup.dynamics._replace(reset=local)
    assert specialised(_dynamics, functions, ("restart", "advance"), {}) is _dynamics


def test_an_environment_has_no_tree_and_no_states(riddle):
    with pytest.raises(ValueError, match="switch_riddle is an environment and has no tree"):
        riddle.tree()
    with pytest.raises(ValueError, match="use vector_env"):
        riddle.root()
    with pytest.raises(ValueError, match="no tree"):
        ludus.solve(riddle, "cfr")


def test_errors_name_the_environment_and_the_argument(riddle):
    env = riddle.vector_env(4)
    with pytest.raises(ValueError, match=r"switch_riddle: call reset\(\) before step\(\)"):
        env.step(np.zeros((4, 3), int))
    env.reset()
    with pytest.raises(ValueError, match=r"switch_riddle: actions must have shape \(4, 3\)"):
        env.step(np.zeros((4, 2), int))
    with pytest.raises(TypeError, match="switch_riddle: actions must be integers, got float64"):
        env.step(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="switch_riddle, environment 2: action 7 is not legal for player 1"):
        env.step(np.array([[0, 0, 0], [0, 0, 0], [0, 7, 0], [0, 0, 0]]))
    with pytest.raises(ValueError, match="threads must be an integer of at least 1, got 0"):
        riddle.vector_env(4, threads=0)
    with pytest.raises(ValueError, match="these functions are missing: view"):
        Dynamics.of({"reset": len, "advance": len})


def test_the_page_of_tables_is_made_from_the_code():
    assert environment_page.PAGE.read_text() == environment_page.page(), "run python -m benchmarks.environment_page"


@pytest.mark.parametrize("id", IDS)
def test_observations_are_described_whole(id):
    setup = ludus.make(id).setup
    assert sum(feature.size for feature in setup.features) == setup.observation_size
    assert getattr(setup, "continuous", False) or len(environment_page.action_names(setup)) == setup.num_actions
    assert setup.render is not None


@pytest.mark.parametrize("id", IDS)
def test_scores_are_what_random_play_and_the_scripted_agent_earn(id):
    game = ludus.make(id)
    if "random" in game.scores:
        returns = ludus.play(game, [ludus.UniformAgent()] * game.num_players, matches=300, seed=1)
        mean, error = score(returns)
        assert abs(mean - game.scores["random"]) < 5 * error + 1e-9
    if "heuristic" in game.scores:
        returns = ludus.play(game, [game.heuristic() for _ in range(game.num_players)], matches=200, seed=1)
        mean, error = score(returns)
        assert abs(mean - game.scores["heuristic"]) < 5 * error + 1e-9
        assert game.normalised(game.scores["heuristic"]) <= 1.0


def score(log):
    """Mean return of a player over the matches of a log, and its standard error."""
    each = np.asarray(log.scores, float).reshape(len(log), -1).mean(axis=1)
    return each.mean(), each.std() / np.sqrt(len(each))


def test_prisoners_with_the_published_strategy_reach_the_optimum(riddle):
    """Three prisoners, section 5 of Foerster et al. 2016: 540/729 (worked out by enumeration of all visits)."""
    days, worth = 6, 0
    visits = np.array(np.meshgrid(*[range(3)] * days)).reshape(days, -1).T
    for order in visits:
        worth += riddle_return(order)
    assert worth == 540
    total, episodes = 0.0, 4000
    env = riddle.vector_env(episodes, seed=5)
    obs, _ = env.reset()
    been, alive = np.zeros((episodes, 3), bool), np.ones(episodes, bool)
    for day in range(days):
        inside, on = obs[:, :, 0] > 0, obs[:, :, 1] > 0
        new = inside & ~been
        actions = np.where(new & on, 2, np.where(new & ~on & (day > 0), 1, 0))
        been |= inside
        obs, reward, done, _ = env.step(actions)
        total += reward[alive, 0].sum()
        alive &= ~done[:, 0]
    assert abs(total / episodes - 540 / 729) < 5 * np.sqrt(1 / episodes)


def riddle_return(order):
    """The return of the strategy for one order of visits, played by hand."""
    been, switch = set(), False
    for day, prisoner in enumerate(order):
        if prisoner not in been:
            been.add(prisoner)
            if switch:
                return 1 if len(been) == 3 else -1
            if day > 0:
                switch = True
    return 0
