"""The executor on Ray: tasks of a league on a local cluster that it starts and stops, or on one that runs already."""

from __future__ import annotations

import collections
import logging
import os
import socket
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from .executors import AHEAD, RETRIES, Groups, Play, Worker, check_travels, work
from .failures import AgentError, WorkerDied, watch_this_process

SECONDS = 0.1
"""A submission takes so long: Ray needs two or three milliseconds for each."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_DEDUP_LOGS": "0",
}
"""No usage statistics, no messages."""


@contextmanager
def connection(processes: int, address: str | None) -> Iterator[Any]:
    """The module `ray`, connected: nothing is changed where this process is already; else a cluster is joined or
    started, and left or stopped at the end. Raises as `ray_cluster`.
    """
    try:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        import ray
    except ImportError:
        raise ImportError("executor='ray' needs Ray: pip install 'ludus[ray]'") from None
    if ray.is_initialized():
        yield ray
        return
    own: dict[str, Any] = {"num_cpus": processes, "include_dashboard": False} if address is None else {}
    if address is not None:
        _knock(address)
    ray.init(address=address or "local", logging_level=logging.ERROR, log_to_driver=False, **own)
    try:
        yield ray
    finally:
        ray.shutdown()


@contextmanager
def ray_cluster(worker: Worker, processes: int, address: str | None = None) -> Iterator[Play]:
    """Plays tasks on Ray, which itself runs a task again whose process or machine was lost.

    Args:
        processes: how many tasks are played at a time (and cores of a cluster that is started).
        address: of a running cluster ("auto", "10.0.0.1:6379"); None starts one on this machine.

    Raises:
        ImportError: ray is not installed.
        TypeError: the worker holds an agent that cannot be sent to another process.
        ConnectionError: no cluster at that address.
        WorkerDied: processes died over the same tasks again and again.
    """
    with connection(processes, address) as ray:
        check_travels(worker, ray.cloudpickle.dumps)
        run = ray.remote(num_cpus=1, max_retries=RETRIES)(_run)
        key, where = uuid4().hex, [ray.put(worker)]  # within a list it travels as a reference

        def play(tasks: Iterable[Any]) -> Generator[Any, None, None]:
            groups = Groups(tasks)
            flying: collections.deque[Any] = collections.deque()
            try:
                while True:
                    while len(flying) < AHEAD * processes and (group := groups.next(SECONDS)):
                        flying.append(run.remote(key, where, group))
                    if not flying:
                        return
                    try:
                        results, seconds, error = ray.get(flying[0])
                    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError):
                        raise WorkerDied(f"processes of Ray died {RETRIES + 1} times over the same matches") from None
                    flying.popleft()
                    yield from results
                    if error is not None:
                        raise error
                    groups.took(len(results), seconds)
            finally:
                for reference in flying:
                    ray.cancel(reference, force=True)

        yield play


def _knock(address: str) -> None:
    """Ray itself waits for minutes where nobody answers."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), timeout=10.0).close()
        except OSError as error:
            raise ConnectionError(f"there is no Ray cluster at {address} ({error})") from None


_known: dict[str, Worker] = {}


def _run(key: str, where: list[Any], tasks: list[Any]) -> tuple[list[Any], float, AgentError | None]:
    """In a process of Ray, which keeps the worker of the last run that it played for."""
    if key not in _known:
        import ray

        _known.clear()
        _known[key] = ray.get(where[0])
        watch_this_process()
    return work(_known[key], tasks)
