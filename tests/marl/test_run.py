"""`train`: the same run again, killed runs, files, and mistakes."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import ludus
from ludus.marl import Run, algorithms, band, settings, train, train_seeds
from ludus.marl.run import CHECKPOINT, CURVE

NAMES = [learner.name for learner in algorithms()]
CASES = {"ippo": "kuhn_poker", "qmix": "two_step"}
"""One learner of each loop, on a turn-based and on a simultaneous game."""


def weights(run):
    return {name: tensor.clone() for name, tensor in run.agent.net.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("algorithm", CASES)
def test_same_seed_same_run(algorithm):
    def once(seed):
        return train(algorithm, "two_step", steps=3_000, seed=seed, points=2, episodes=4)

    first, second, other = once(1), once(1), once(2)
    assert same(weights(first), weights(second))
    assert [p.mean_return for p in first.curve] == [p.mean_return for p in second.curve]
    assert not same(weights(first), weights(other))


@pytest.mark.parametrize(("algorithm", "game"), CASES.items())
def test_a_killed_run_resumes_bit_by_bit(algorithm, game, tmp_path):
    """Killed with SIGKILL at some moment after its second checkpoint; everything it keeps ends up equal."""
    script = Path(__file__).with_name("kill_script.py")
    process = subprocess.Popen([sys.executable, script, algorithm, game, tmp_path / "killed"])
    curve = tmp_path / "killed" / CURVE
    while not curve.exists() or len(curve.read_text().splitlines()) < 2:
        assert process.poll() is None, "ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(curve.read_text().splitlines())
    assert done < 12

    resumed = train(algorithm, game, resume=tmp_path / "killed", points=12, episodes=8)
    whole = train(algorithm, game, steps=12_288, seed=5, out=tmp_path / "whole", points=12, episodes=8)
    assert same(weights(resumed), weights(whole))
    assert [p._replace(seconds=0) for p in resumed.curve] == [p._replace(seconds=0) for p in whole.curve]
    a, b = (load_file(tmp_path / name / CHECKPOINT) for name in ("killed", "whole"))
    assert a.keys() == b.keys()
    for name, array in a.items():
        np.testing.assert_array_equal(array, b[name], err_msg=name)


def test_files_can_be_read_and_the_agent_comes_back(tmp_path):
    run = train("ippo", "kuhn_poker", steps=8_000, out=tmp_path / "run", points=4, episodes=16, clip=0.1)
    assert run.checkpoint == tmp_path / "run" / CHECKPOINT
    rows = [json.loads(line) for line in (tmp_path / "run" / CURVE).read_text().splitlines()]
    assert [row["step"] for row in rows] == [point.step for point in run.curve]
    assert len(rows) == 4
    again = Run.load(tmp_path / "run")
    assert again.config == run.config
    assert again.config.clip == 0.1
    assert again.curve == run.curve
    policy, read = (ludus.tabulate(run.game, r.agent) for r in (run, again))
    assert np.array_equal(policy.probabilities, read.probabilities)
    finished = train("ippo", "kuhn_poker", resume=tmp_path / "run")
    assert same(weights(finished), weights(run))


def test_a_resumed_run_can_be_made_longer(tmp_path):
    train("vdn", "two_step", steps=2_000, out=tmp_path / "run", points=2, episodes=4)
    longer = train("vdn", "two_step", steps=4_000, resume=tmp_path / "run", points=4, episodes=4)
    assert [point.step for point in longer.curve] == [1_000, 2_000, 3_000, 4_000]


def test_the_global_state_of_torch_and_numpy_is_left_alone():
    before, threads, legacy = torch.random.get_rng_state(), torch.get_num_threads(), np.random.get_state()[1].copy()  # noqa: NPY002
    train("qmix", "two_step", steps=400, warmup=0, points=1, episodes=4, threads=2)
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads
    assert np.array_equal(legacy, np.random.get_state()[1])  # noqa: NPY002


def test_every_setting_has_help_and_a_default_that_is_allowed():
    assert {"ippo", "iql", "mappo", "qmix", "vdn"} <= set(NAMES)
    for name in NAMES:
        for parameter in settings(name).values():
            assert parameter.help
            assert parameter.check(name, parameter.default) == parameter.default


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"algorithm": "qmx"}, "no learner 'qmx'; did you mean 'qmix'.*known are .*ippo, iql, maddpg, mappo"),
        ({"gama": 0.9}, "qmix has no setting 'gama'; did you mean 'gamma'"),
        ({"gamma": 1.5}, "parameter gamma must be a number from 0 to 1; got 1.5"),
        ({"network": "cnn"}, "network must be one of 'mlp', 'gru'; got 'cnn'"),
        ({"steps": 0}, "steps must be an integer of at least 1, got 0"),
        ({"game": "two_stp"}, "no game 'two_stp'; did you mean 'two_step'"),
    ],
)
def test_mistakes_are_named(arguments, message, tmp_path):
    call = {"algorithm": "qmix", "game": "two_step", "steps": 1_000, "out": tmp_path / "run"} | arguments
    with pytest.raises(ValueError, match=message):
        train(**call)
    assert not (tmp_path / "run").exists()


def test_missing_torch_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'learning needs torch: pip install "ludus\[marl\]"'):
        train("qmix", "two_step")


def test_looking_at_learners_and_evaluating_need_no_torch():
    code = """
import sys, ludus
ludus.marl.algorithms()
ludus.evaluate(ludus.UniformAgent(), "two_step", episodes=3)
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_runs_are_not_mixed_up(tmp_path):
    train("vdn", "two_step", steps=1_000, out=tmp_path / "run", points=1, episodes=4)
    with pytest.raises(ValueError, match="already holds a run"):
        train("vdn", "two_step", steps=1_000, out=tmp_path / "run")
    with pytest.raises(ValueError, match="a run of vdn, not of qmix"):
        train("qmix", "two_step", resume=tmp_path / "run")
    with pytest.raises(ValueError, match=r"the run is on two_step .*, not on kuhn_poker"):
        train("vdn", "kuhn_poker", resume=tmp_path / "run")
    with pytest.raises(ValueError, match=r"the resumed run has gamma=0\.99"):
        train("vdn", "two_step", resume=tmp_path / "run", gamma=0.5)
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        Run.load(tmp_path / "nowhere")


def test_a_loss_that_is_no_number_stops_at_once_and_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    module, calls = importlib.import_module("ludus.marl.value"), []
    right = module.lambda_returns

    def breaks(*arguments):
        calls.append(1)
        returns, complete = right(*arguments)
        return returns * (float("nan") if len(calls) > 60 else 1.0), complete

    monkeypatch.setattr(module, "lambda_returns", breaks)
    with pytest.raises(FloatingPointError, match="the loss is nan at update 61"):
        train("vdn", "two_step", steps=4_000, out=tmp_path / "run", points=10, episodes=4)
    assert Run.load(tmp_path / "run").curve[-1].step == 2_400


def test_seats_with_nets_of_their_own_must_be_told():
    run = train("ippo", "kuhn_poker", steps=3_000, points=1, episodes=4, share=False)
    obs, legal = np.zeros((1, run.game.observation_size), np.float32), np.ones((1, 2), bool)
    with pytest.raises(ValueError, match=r"plays each seat differently: use agent\.at"):
        run.agent.probabilities(obs, legal)
    first, second = (run.agent.at(p).probabilities(obs, legal)[0] for p in range(2))
    assert not np.array_equal(first, second)


def test_several_seeds_make_one_band_and_are_not_trained_twice(tmp_path):
    kept = {"steps": 400, "points": 2, "episodes": 4, "out": tmp_path / "runs"}
    runs = train_seeds("q_learning", "two_step", [0, 1, 2], tensorboard=True, **kept)
    steps, middle, interval = band(runs)
    assert steps.tolist() == [208, 400]
    assert (interval[:, 0] <= middle).all()
    assert (middle <= interval[:, 1]).all()
    again = train_seeds("q_learning", "two_step", [0, 1, 2], **kept)
    assert [run.curve for run in again] == [run.curve for run in runs]
    assert len(list((tmp_path / "runs" / "seed-1").glob("events.out.tfevents.*"))) == 1
    with pytest.raises(ValueError, match="evaluated at the same steps"):
        band([*runs, train("q_learning", "two_step", steps=200, points=1, episodes=4)])


def test_measures_stand_in_the_curve():
    def gap(game, agent):
        return ludus.solvers.exploitability(game, ludus.tabulate(game, [agent.at(0), agent.at(1)]))

    run = train("q_learning", "kuhn_poker", steps=800, points=2, episodes=4, measure={"exploitability": gap})
    assert all(point.metrics["exploitability"] > 0 for point in run.curve)
    assert run.curve[-1].metrics["exploitability"] == gap(run.game, run.agent)
