"""The episode replay against a list of lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.marl.buffers import EpisodeReplay


def fill(replay, steps, num_envs, seed, end=0.2):
    """Random play in which every step carries a number of its own; -> finished episodes, in order, as lists."""
    rng = np.random.default_rng(seed)
    going, finished = [[] for _ in range(num_envs)], []
    for t in range(steps):
        x = (np.arange(num_envs) + num_envs * t).astype(np.float32)
        done = rng.random(num_envs) < end
        replay.add(done, x=x)
        for b in range(num_envs):
            going[b].append(x[b])
            if done[b]:
                finished.append(going[b])
                going[b] = []
    return finished


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), capacity=st.integers(1, 12), num_envs=st.integers(1, 5), steps=st.integers(1, 120))
def test_holds_as_many_episodes_as_it_can_and_all_whole(seed, capacity, num_envs, steps):
    replay = EpisodeReplay(capacity, num_envs, {"x": ((), np.float32)})
    finished = fill(replay, steps, num_envs, seed)
    assert len(replay) == min(len(finished), capacity)
    if not finished:
        return
    batch = replay.sample(np.random.default_rng(seed), 64)
    known = {tuple(episode) for episode in finished}
    for k in range(64):
        length = int(batch["filled"][:, k].sum())
        assert batch["filled"][:length, k].all()
        assert tuple(batch["x"][:length, k]) in known


def test_forgets_the_oldest_and_makes_room_for_long_episodes():
    replay = EpisodeReplay(2, 1, {"x": ((), np.float32)})
    finished = fill(replay, 400, 1, seed=0, end=0.02)
    assert max(map(len, finished)) > 32
    batch = replay.sample(np.random.default_rng(0), 50)
    seen = {tuple(batch["x"][batch["filled"][:, k], k]) for k in range(50)}
    assert seen == {tuple(episode) for episode in finished[-2:]}


def test_a_restored_replay_goes_on_alike():
    fields = {"x": ((), np.float32)}
    first, second = EpisodeReplay(8, 3, fields), EpisodeReplay(8, 3, fields)
    fill(first, 50, 3, seed=1)
    second.load_state_dict(first.state_dict())
    for replay in (first, second):
        fill(replay, 30, 3, seed=2)
    a, b = (replay.sample(np.random.default_rng(5), 20) for replay in (first, second))
    assert np.array_equal(a["filled"], b["filled"])
    assert np.array_equal(a["x"][a["filled"]], b["x"][b["filled"]])
