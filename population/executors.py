"""Executors: where the batches of a league are played. All give the results in the order of the tasks."""

from __future__ import annotations

import collections
import itertools
import multiprocessing
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

Executor = Callable[[Any, Iterable[Any], int], Generator[Any, None, None]]
"""(worker, tasks, number of processes) -> results of ``worker(task)``, in order."""

AHEAD = 4
"""Tasks in flight for each process."""


def serial(worker: Callable[[Any], Any], tasks: Iterable[Any], processes: int = 1) -> Generator[Any, None, None]:
    """In this process, one task after the other."""
    for task in tasks:
        yield worker(task)


def process_pool(worker: Callable[[Any], Any], tasks: Iterable[Any], processes: int) -> Generator[Any, None, None]:
    """In a pool of processes. The worker is handed to each of them once.

    Processes are forked where the system can and torch (whose threads do not survive a fork) is not loaded; elsewhere
    they are started anew, and the worker must be picklable.

    Raises:
        TypeError: the worker holds an agent that cannot be sent to a new process.
        RuntimeError: a process died.
    """
    method = start_method()
    if method != "fork":
        _check_travels(worker)
    context = multiprocessing.get_context(method)
    todo = iter(tasks)
    with ProcessPoolExecutor(processes, context, _begin, (worker, os.getpid())) as pool:
        flying: collections.deque[Future] = collections.deque()
        try:
            for task in itertools.islice(todo, AHEAD * processes):
                flying.append(pool.submit(_run, task))
            while flying:
                result = flying.popleft().result()
                for task in itertools.islice(todo, 1):
                    flying.append(pool.submit(_run, task))
                yield result
        except BrokenProcessPool:
            raise RuntimeError("a worker process of the league died; what was committed is safe, run again") from None
        finally:
            for future in flying:
                future.cancel()


EXECUTORS: dict[str, Executor] = {"serial": serial, "processes": process_pool}


def start_method() -> str:
    """How the processes of the pool are started."""
    return "fork" if "fork" in multiprocessing.get_all_start_methods() and "torch" not in sys.modules else "spawn"


def _check_travels(worker: Any) -> None:
    try:
        pickle.dumps(worker)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(f"an agent cannot be sent to a new process ({error}); use executor='serial'") from None


_worker: Callable[[Any], Any] | None = None


def _begin(worker: Callable[[Any], Any], coordinator: int) -> None:
    global _worker
    _worker = worker
    threading.Thread(target=_end_with, args=(coordinator,), daemon=True).start()


def _end_with(coordinator: int) -> None:
    """A killed coordinator leaves no workers behind."""
    while os.getppid() == coordinator:
        time.sleep(0.2)
    os._exit(1)


def _run(task: Any) -> Any:
    assert _worker is not None
    return _worker(task)
