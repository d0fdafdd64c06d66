"""A series of matches: the tasks of which it consists, who plays them, and how they come into the store.

Match m of a seed's series has fixed members, seats and luck. Batches are played in their order, by whatever executor,
and committed in their order, so that the store always holds the beginning of the series and nothing else.
"""

from __future__ import annotations

import collections
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from ..games.streams import stream_key
from .executors import EXECUTORS, Play, cores
from .failures import AgentError, WorkerDied
from .match import Engine, Results, seat_orders
from .matchmaking import MATCHMAKERS, Standings, round_robin, rounds, seated
from .payoffs import Totals
from .store import Batch, FailureRow, StageRow, Store

COMPILED_BATCH = 16_384
"""The most matches of one task in the match kernel (a few milliseconds)."""
PYTHON_BATCH = 512
"""The most matches of one task where agents are asked."""
COMMIT_SECONDS = 0.2
"""Finished tasks are committed together at least so often."""
LOOKS = 32
"""A matchmaker that looks at the standings does so about so often within the first run of a series."""
ROUND = 8
"""Tasks of a matchmaker's round: so many can be played at a time."""


class LeagueProgress(NamedTuple):
    """One snapshot of a run."""

    matches: int
    """Matches committed of the run's series."""
    target: int
    seconds: float
    """Since the run began."""


class Options(NamedTuple):
    """How a series is played; none of it changes what is played, but for `batch`."""

    executor: str = "serial"
    """One of `EXECUTORS`."""
    workers: int | None = None
    """Processes; None for one on each core."""
    ray_address: str | None = None
    """Of a running Ray cluster; None starts one on this machine."""
    batch: int | None = None
    """The most matches of one task; None for `PYTHON_BATCH`, or `COMPILED_BATCH` in the match kernel."""
    config: Mapping[str, Any] | None = None
    """What the run was asked for, recorded with it."""


class Task(NamedTuple):
    """A stretch of one batch: its matches offset … stop - 1."""

    start: int
    """Number of its first match in the series."""
    rota: np.ndarray
    """int64[R, P]: the seats of the batch's matches, modulo R."""
    offset: int
    stop: int
    seed: int


@dataclass(frozen=True)
class _Player:
    """The worker: stateless, whatever the process."""

    engine: Engine
    share: int

    def __call__(self, task: Task) -> Results:
        return self.engine.play(task.rota, task.seed, task.offset, task.stop, self.share)


def play_series(
    store: Store,
    engine: Engine,
    preset: str,
    paired: bool,
    target: int,
    seed: int,
    options: Options,
) -> Iterator[LeagueProgress]:
    """Plays until a seed's series has `target` matches, with one snapshot for each commit.

    A member's number in the store is its number in the engine.

    Raises:
        AgentError: an agent failed; recorded in the store, with the matches that could not be played.
        WorkerDied: processes died again and again over some matches; recorded too.
        StoreError: the store cannot be written.
    """
    began = time.perf_counter()
    done = store.played(seed)
    yield LeagueProgress(done, target, 0.0)
    if done >= target:
        return
    stage = _stage(store, engine, preset, paired, seed, done, target, options.batch)
    worker = _Player(engine, len(seat_orders(engine.game.num_players)) if paired else 1)
    with EXECUTORS[options.executor](worker, options.workers or cores(), options.ray_address) as play:
        run = store.add_run(seed, options.executor, options.config or {}, versions(engine))
        for played in _rounds(store, stage, play, done, target, run, engine.game.num_players):
            yield LeagueProgress(played, target, time.perf_counter() - began)


def _stage(
    store: Store, engine: Engine, preset: str, paired: bool, seed: int, done: int, target: int, most: int | None
) -> StageRow:
    """The schedule that the series goes on with: the last one, or a new one if the league has changed since."""
    members = tuple(row.id for row in store.players())
    last = store.last_stage(seed)
    if last is not None and (last.members, last.preset, last.paired) == (members, preset, paired):
        return last
    players = engine.game.num_players
    most = most or (COMPILED_BATCH if engine.compiled(members) else PYTHON_BATCH)
    if preset == "round_robin":
        parts = rounds(members, players)
        size = batch_size(target - done, len(parts), len(parts[0]), most)
    else:
        rota = max(1, len(members) // players) * len(seat_orders(players))
        size = batch_size(target - done, LOOKS * ROUND, rota, most)
    return store.add_stage(StageRow(-1, seed, done, size, members, preset, paired), version("ludus"))


def batch_size(matches: int, parts: int, round_size: int, most: int) -> int:
    """Matches of a batch: whole rounds, not many more than `most`, and few enough that every part has its turn."""
    return round_size * max(1, min(most, matches // parts) // round_size)


def _rounds(store: Store, stage: StageRow, play: Play, done: int, target: int, run: int, players: int) -> Iterator[int]:
    """Plays a stage up to `target`. -> matches that the series has after each commit."""
    if stage.preset == "round_robin":

        def rota(start: int) -> np.ndarray:
            return round_robin((start - stage.start) // stage.batch, stage.members, players)

        yield from play_tasks(store, stage, play, _tasks(stage, rota, done, target), run, done)
        return
    totals, seen = Totals(len(stage.members)), stage.start
    place = np.zeros(max(stage.members) + 1, np.int64)
    place[list(stage.members)] = np.arange(len(stage.members))
    while done < target:
        # A round looks at all matches of its stage before it, whichever run played them.
        size = ROUND * stage.batch
        first = stage.start + (done - stage.start) // size * size
        for met, scores in store.stretches(stage.id, seen, first):
            totals.add(place[met], scores)
        seen = first
        standings = Standings(totals.payoffs([str(number) for number in stage.members]), players)
        sets = MATCHMAKERS[stage.preset](standings, np.random.default_rng([stage.seed, first]))
        seats = np.array(stage.members)[seated(sets)]
        tasks = _tasks(stage, partial(_same, seats), done, min(first + size, target))
        yield from play_tasks(store, stage, play, tasks, run, done)
        done = min(first + size, target)


def _same(rota: np.ndarray, start: int) -> np.ndarray:
    return rota


def _tasks(stage: StageRow, rota: Callable[[int], np.ndarray], done: int, stop: int) -> Iterator[Task]:
    """The matches done … stop - 1 of a series; `rota` gives the seats of the batch that starts at a number."""
    while done < stop:
        k, offset = divmod(done - stage.start, stage.batch)
        start = stage.start + k * stage.batch
        end = min(stage.batch, offset + stop - done)
        yield Task(done, rota(start), offset, end, stream_key(stage.seed, start))
        done += end - offset


def play_tasks(store: Store, stage: StageRow, play: Play, tasks: Iterator[Any], run: int, done: int) -> Iterator[int]:
    """Plays tasks (of any kind with the fields of `Task`) and commits what they give, in order.

    -> matches that the series has after each commit.
    """
    handed: collections.deque[Any] = collections.deque()

    def handing() -> Iterator[Any]:
        for task in tasks:
            handed.append(task)
            yield task

    waiting: list[Batch] = []
    committed = time.perf_counter()
    with closing(play(handing())) as results:
        try:
            for result in results:
                task = handed.popleft()
                task_facts = (stage.id, task.start, task.rota, task.offset, task.seed)
                waiting.append(Batch._make((*task_facts, *result, run)))
                now = time.perf_counter()
                if now - committed > COMMIT_SECONDS:
                    batches, waiting, committed = waiting, [], now
                    done += store.commit(batches)
                    yield done
        except (AgentError, WorkerDied) as error:
            batches, waiting = waiting, []
            store.commit(batches)
            store.add_failure(_failure(error, handed[0], stage.seed, run))
            raise
        finally:
            done += store.commit(waiting)
    yield done


def _failure(error: AgentError | WorkerDied, task: Task, seed: int, run: int) -> FailureRow:
    who, kind = (error.agent, error.kind) if isinstance(error, AgentError) else (None, "process died")
    stop = task.start + task.stop - task.offset
    return FailureRow(run, who, seed, task.start, stop, kind, str(error), time.time())


def versions(engine: Engine) -> dict[str, str]:
    """What a run's numbers may depend on."""
    game = engine.game
    return {
        "ludus": version("ludus"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": version("numba"),
        game.id: str(game.version),
    }
