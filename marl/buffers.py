"""Replay of whole episodes, in arrays that are allocated once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class EpisodeReplay:
    """`capacity` finished episodes, those that began last, and the unfinished one of each of B environments.

    Every episode has a slot of its own into which its steps are written as they happen; nothing is copied when it ends.
    Room for longer episodes is made when one comes (memory that was never written costs nothing).
    """

    def __init__(self, capacity: int, num_envs: int, fields: Mapping[str, tuple[tuple[int, ...], Any]]):
        """fields: name -> (shape of one environment's entry at one step, dtype)."""
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, got {capacity}")
        slots = capacity + num_envs
        self.capacity = capacity
        self.data = {name: np.zeros((slots, 16, *shape), dtype) for name, (shape, dtype) in fields.items()}
        self.length = np.zeros(slots, np.int64)  # 0: empty, or not finished
        self.slot = np.arange(num_envs)  # where each environment writes
        self.steps = np.zeros(num_envs, np.int64)  # steps of each unfinished episode
        self.next = np.array(num_envs)  # the slot that is used next
        self.high = np.array(num_envs)  # slots from here on were never used

    def __len__(self) -> int:
        """Finished episodes."""
        return int(np.count_nonzero(self.length))

    def add(self, done: np.ndarray, **step: np.ndarray) -> None:
        """Writes one step of each environment, ``name=array[B, ...]``; `done` bool[B] tells where an episode ended."""
        if self.steps.max() >= self._room:
            for name, array in self.data.items():
                grown = np.zeros((len(array), 2 * self._room, *array.shape[2:]), array.dtype)
                grown[: self.high, : array.shape[1]] = array[: self.high]
                self.data[name] = grown
        for name, value in step.items():
            self.data[name][self.slot, self.steps] = value
        self.steps += 1
        for b in np.flatnonzero(done):
            self.length[self.slot[b]] = self.steps[b]
            self.steps[b] = 0
            self.slot[b] = self._free_slot()

    def sample(self, rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        """`count` episodes, drawn with replacement: name -> array[T, count, ...] with T the longest's length.

        ``filled`` bool[T, count] tells which entries belong to an episode; the others are stale.
        """
        finished = np.flatnonzero(self.length)
        slots = finished[rng.integers(len(finished), size=count)]
        length = self.length[slots]
        time = np.arange(length.max())[:, None]
        batch = {name: array[slots, time] for name, array in self.data.items()}
        return {**batch, "filled": time < length}

    @property
    def _room(self) -> int:
        return next(iter(self.data.values())).shape[1]

    def _free_slot(self) -> int:
        """The next slot of the ring that no unfinished episode holds; its episode is forgotten."""
        slot = int(self.next)
        while slot in self.slot:
            slot = (slot + 1) % len(self.length)
        self.length[slot] = 0
        self.next[...] = (slot + 1) % len(self.length)
        self.high[...] = max(int(self.high), slot + 1)
        return slot

    _STATE = ("length", "slot", "steps", "next", "high")

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on; slots and steps that were never used are left out."""
        longest = int(max(self.length.max(), self.steps.max(), 1))
        data = {name: array[: self.high, :longest] for name, array in self.data.items()}
        return {"data": data, "room": self._room, **{name: getattr(self, name) for name in self._STATE}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name in self._STATE:
            getattr(self, name)[...] = state[name]
        for name, saved in state["data"].items():
            old = self.data[name]
            self.data[name] = np.zeros((len(old), state["room"], *old.shape[2:]), old.dtype)
            self.data[name][: saved.shape[0], : saved.shape[1]] = saved


class TransitionReplay:
    """A ring of the last `capacity` transitions."""

    def __init__(self, capacity: int, fields: Mapping[str, tuple[tuple[int, ...], Any]]):
        """fields: name -> (shape of one transition's entry, dtype)."""
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, got {capacity}")
        self.data = {name: np.zeros((capacity, *shape), dtype) for name, (shape, dtype) in fields.items()}
        self.count = np.zeros((), np.int64)  # ever added

    def __len__(self) -> int:
        return min(int(self.count), self._capacity)

    @property
    def _capacity(self) -> int:
        return len(next(iter(self.data.values())))

    def add(self, **step: np.ndarray) -> None:
        """Writes B transitions, ``name=array[B, ...]``, over the oldest."""
        size = len(next(iter(step.values())))
        at = (self.count + np.arange(size)) % self._capacity
        for name, value in step.items():
            self.data[name][at] = value
        self.count += size

    def sample(self, rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        """`count` transitions, drawn with replacement: name -> array[count, ...]."""
        rows = rng.integers(len(self), size=count)
        return {name: array[rows] for name, array in self.data.items()}

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on; places that were never used are left out."""
        return {"count": self.count, "data": {name: array[: len(self)] for name, array in self.data.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.count[...] = state["count"]
        for name, saved in state["data"].items():
            self.data[name][: len(saved)] = saved


class Reservoir(TransitionReplay):
    """A uniform sample of everything ever added (Vitter 1985, algorithm R)."""

    def add(self, rng: np.random.Generator, **step: np.ndarray) -> None:  # type: ignore[override]
        """Offers B entries, ``name=array[B, ...]``; each is kept with probability capacity / number ever offered."""
        size = len(next(iter(step.values())))
        order = int(self.count) + np.arange(size)
        place = np.where(order < self._capacity, order, rng.integers(order + 1))
        kept = place < self._capacity
        for name, value in step.items():
            self.data[name][place[kept]] = value[kept]
        self.count += size
