"""Executors: where the tasks of a league are played. All give the results in the order of the tasks.

An executor is a context manager over a worker (a function of a task) that yields ``play(tasks) -> results``. Workers
are stateless and results are known by their task, so a task that a lost process took with it is simply played again.
"""

from __future__ import annotations

import collections
import itertools
import multiprocessing
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from .failures import AgentError, WorkerDied, rest, watch_this_process

Worker = Callable[[Any], Any]
Play = Callable[[Iterable[Any]], "Generator[Any, None, None]"]
"""tasks -> results of ``worker(task)``, in order; tasks are taken as they are needed."""
Executor = Callable[[Worker, int, "str | None"], AbstractContextManager[Play]]
"""(worker, number of processes, address of a Ray cluster)."""

AHEAD = 3
"""Submissions in flight for each process."""
SECONDS = 0.05
"""Tasks are submitted together so that a submission takes so long; it costs a pool less than a hundredth of that."""
RETRIES = 3
"""So often the same tasks may lose their process before the run gives up."""


@contextmanager
def serial(worker: Worker, processes: int = 1, address: str | None = None) -> Iterator[Play]:
    """In this process, one task after the other."""
    yield lambda tasks: (worker(task) for task in tasks)


@contextmanager
def process_pool(worker: Worker, processes: int, address: str | None = None) -> Iterator[Play]:
    """In a pool of processes. The worker is handed to each of them once; processes that die are replaced.

    Processes are forked where the system can and torch (whose threads do not survive a fork) is not loaded; elsewhere
    they are started anew, and the worker must be picklable.

    Raises:
        TypeError: the worker holds an agent that cannot be sent to a new process.
        WorkerDied: processes died over the same tasks again and again.
    """
    method = start_method()
    if method != "fork":
        check_travels(worker)
    context = multiprocessing.get_context(method)

    def start() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(processes, context, _begin, (worker, os.getpid()))

    pool = start()

    def play(tasks: Iterable[Any]) -> Generator[Any, None, None]:
        nonlocal pool
        groups, lost = Groups(tasks), 0
        flying: collections.deque[tuple[list[Any], Future]] = collections.deque()
        try:
            while True:
                try:
                    while len(flying) < AHEAD * processes and (group := groups.next(SECONDS)):
                        flying.append((group, _submitted(pool, group)))
                    if not flying:
                        return
                    results, seconds, error = flying[0][1].result()
                except BrokenProcessPool:
                    lost += 1
                    pool.shutdown(cancel_futures=True)
                    if lost > RETRIES:
                        raise WorkerDied(f"worker processes died {lost} times over the same matches") from None
                    pool = start()
                    flying = collections.deque((group, _submitted(pool, group)) for group, _ in flying)
                    continue
                flying.popleft()
                lost = 0
                yield from results
                if error is not None:
                    raise error
                groups.took(len(results), seconds)
        finally:
            for _, future in flying:
                future.cancel()

    try:
        yield play
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, group: list[Any]) -> Future:
    """A pool that is found broken while it takes a task says so when the result is asked for."""
    try:
        return pool.submit(_run, group)
    except BrokenProcessPool as error:
        failed: Future = Future()
        failed.set_exception(error)
        return failed


class Groups:
    """Cuts tasks into submissions that are worth sending, as long as the tasks so far let expect."""

    def __init__(self, tasks: Iterable[Any]):
        self._tasks, self._each = iter(tasks), 0.0

    def next(self, seconds: float) -> list[Any]:
        """The next group, which should take about so long; empty at the end."""
        size = 1 if self._each == 0.0 else max(1, min(64, round(seconds / self._each)))
        return list(itertools.islice(self._tasks, size))

    def took(self, tasks: int, seconds: float) -> None:
        """Tells how long a group took in its process."""
        each = max(seconds, 1e-6) / tasks
        self._each = each if self._each == 0.0 else 0.8 * self._each + 0.2 * each


def ray_cluster(worker: Worker, processes: int, address: str | None = None) -> AbstractContextManager[Play]:
    """On Ray: a local cluster of its own, or the one at an address; see `ray_executor`."""
    from .ray_executor import ray_cluster as opened

    return opened(worker, processes, address)


def hold(name: str, processes: int, address: str | None = None) -> AbstractContextManager[Any]:
    """For a program that opens an executor again and again: a Ray cluster is started and stopped once."""
    if name != "ray":
        return nullcontext()
    from .ray_executor import connection

    return connection(processes, address)


EXECUTORS: dict[str, Executor] = {"serial": serial, "processes": process_pool, "ray": ray_cluster}


def start_method() -> str:
    """How the processes of the pool are started."""
    return "fork" if "fork" in multiprocessing.get_all_start_methods() and "torch" not in sys.modules else "spawn"


def check_travels(worker: Worker, dumps: Callable[[Any], bytes] = pickle.dumps) -> None:
    """Raises TypeError where a worker cannot be sent to another process."""
    try:
        dumps(worker)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(f"an agent cannot be sent to a new process ({error}); use executor='serial'") from None


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# -- in the worker process ---------------------------------------------------------------------------------------------

_worker: Worker | None = None


def _begin(worker: Worker, coordinator: int) -> None:
    global _worker
    _worker = worker
    watch_this_process()
    threading.Thread(target=_end_with, args=(coordinator,), daemon=True).start()


def _end_with(coordinator: int) -> None:
    """A killed coordinator leaves no workers behind."""
    while os.getppid() == coordinator:
        time.sleep(0.2)
    os._exit(1)


def _run(tasks: list[Any]) -> tuple[list[Any], float, AgentError | None]:
    assert _worker is not None
    return work(_worker, tasks)


def work(worker: Worker, tasks: list[Any]) -> tuple[list[Any], float, AgentError | None]:
    """One submission. -> (results, seconds, what ended it before its end); what was played before that is not lost."""
    start, results, failed = time.perf_counter(), [], None
    try:
        for task in tasks:
            results.append(worker(task))
    except AgentError as error:
        failed = error
    finally:
        rest()
    return results, time.perf_counter() - start, failed
