"""What every learner promises, for all modules that `algorithms` finds: resume bit by bit, legal play, files."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest
import torch

import ludus
from ludus.marl import algorithms, checkpoint, settings
from ludus.marl.config import configure

NAMES = [learner.name for learner in algorithms()]
SMALL = {"num_envs": 4, "length": 8, "epochs": 1, "minibatches": 1, "warmup": 64, "batch": 8, "capacity": 40}
"""Settings that make a learner's pass short; each learner gets those that it has."""


def make(algorithm, **more):
    """(module, config, a game on which it learns)."""
    module = importlib.import_module(f"ludus.marl.{algorithm}")
    known = settings(algorithm)
    given = {name: value for name, value in SMALL.items() if name in known} | more
    return module, configure(module.Config, given, algorithm)


def flat(parts):
    arrays = {}
    text = {name: checkpoint._flatten(checkpoint._state_of(part), name, arrays) for name, part in parts.items()}
    return arrays, text


def run(module, config, game, until, state=None):
    """Snapshot at the first pass at or behind `until`."""
    for snapshot in module.train(game, config, 512, 3, "x", state):
        if snapshot.step >= until:
            return snapshot
    raise AssertionError("a learner's loop never ends")


JOINT = ("correlated_q", "nash_q")
"""Learners for Markov games that every player observes; the card games here are none."""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("algorithm", NAMES)
@pytest.mark.parametrize("game_id", ["two_step", "kuhn_poker"])
def test_resumes_bit_by_bit(algorithm, game_id, tmp_path):
    """A run that goes on from a file is, in everything it keeps, the run that was never stopped."""
    module, config = make(algorithm)
    game = ludus.make(game_id)
    if algorithm in JOINT and game_id == "kuhn_poker":
        with pytest.raises(ValueError, match="does not see the state"):
            run(module, config, game, 200)
        return
    checkpoint.save(tmp_path / "half", {}, run(module, config, game, 200).parts)
    whole = run(module, config, game, 400)
    resumed = run(module, config, game, 400, checkpoint.load(tmp_path / "half")[1])
    (a, told), (b, told_again) = flat(whole.parts), flat(resumed.parts)
    assert told == told_again
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    assert np.isfinite(resumed.metrics["loss"])


@pytest.mark.parametrize("algorithm", [name for name in NAMES if name not in JOINT])
def test_masks_are_never_violated(algorithm):
    """Leduc poker masks actions (the environment refuses others), and so does the agent's play."""
    module, config = make(algorithm)
    game = ludus.make("leduc_poker")
    agent = run(module, config, game, 150).agent()
    found = ludus.evaluate(agent, game, episodes=20, seed=1)
    assert found.returns.sum(axis=1) == pytest.approx(np.zeros(20))


@pytest.mark.parametrize("algorithm", NAMES)
def test_the_loop_is_a_generator_of_snapshots_with_one_signature(algorithm):
    module = importlib.import_module(f"ludus.marl.{algorithm}")
    names = list(inspect.signature(module.train).parameters)
    assert names[:6] == ["game", "config", "steps", "seed", "name", "state"]
    assert all(parameter.help for parameter in settings(algorithm).values())
