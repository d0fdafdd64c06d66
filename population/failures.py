"""What goes wrong while agents play: one that raises, plays what is illegal or takes too long; a lost process."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import time
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any

GRACE = 5.0
"""A worker process that does not even hear the alarm is ended so many seconds after it."""


class AgentError(ValueError):
    """An agent failed in a match.

    Attributes:
        agent: its name.
        kind: "raised", "illegal action" or "time limit".
    """

    def __init__(self, agent: str, kind: str, message: str):
        super().__init__(agent, kind, message)
        self.agent, self.kind, self.message = agent, kind, message

    def __str__(self) -> str:
        return self.message


class WorkerDied(RuntimeError):
    """Worker processes died again and again over the same matches."""


class Guard:
    """Stands around every call of an agent: says whose fault it was, and ends what takes too long.

    The time limit is in seconds for one call of `act` or `choose`. In the main thread an alarm interrupts Python code,
    and whatever returns to Python or sleeps; elsewhere a call that took too long is found when it returns. A worker
    process in which not even the alarm is heard (an endless loop in compiled code) is ended `GRACE` seconds later.
    """

    def __init__(self, names: Sequence[str], time_limit: float | None = None):
        self.names, self.time_limit = tuple(names), time_limit

    def turn(self, agent: int) -> _Turn:
        """The context in which an agent (its number) acts. Raises AgentError where it fails."""
        return _Turn(self.names[agent], self.time_limit)


class _Turn:
    def __init__(self, name: str, limit: float | None):
        self.name, self.limit, self.alarm, self.acts = name, limit, False, True

    def __enter__(self) -> None:
        if self.limit is None:
            return
        self.alarm = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        if self.alarm:
            self.before = signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, self.limit)
        _watchdog.feed(self.limit)
        self.start = time.monotonic()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.acts, late = False, False
        if self.limit is not None:
            if self.alarm:
                signal.setitimer(signal.ITIMER_REAL, 0.0)
                signal.signal(signal.SIGALRM, self.before)
            late = time.monotonic() - self.start > self.limit
        if isinstance(error, _Late) or (error is None and late):
            text = f"{self.name} took longer than its time limit of {self.limit:g} s to act"
            raise AgentError(self.name, "time limit", text) from None
        if isinstance(error, Exception) and not isinstance(error, AgentError):
            raise AgentError(self.name, "raised", f"{self.name} raised {type(error).__name__}: {error}") from error

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self.acts:
            raise _Late


class _Late(BaseException):
    """The alarm; no Exception, so that an agent's own handlers let it pass."""


class _Watchdog:
    """Ends this process from a thread of C's, which needs no interpreter, unless it is fed again in time."""

    def __init__(self) -> None:
        self.armed, self.fed, self.sink = False, 0.0, -1

    def arm(self) -> None:
        """From here on `feed` counts: this is a worker process."""
        self.armed, self.sink = True, os.open(os.devnull, os.O_WRONLY)

    def feed(self, limit: float) -> None:
        now = time.monotonic()
        if self.armed and now - self.fed > GRACE / 2:
            self.fed = now
            faulthandler.dump_traceback_later(limit + GRACE, exit=True, file=self.sink)

    def rest(self) -> None:
        """No agent acts: nothing is timed."""
        if self.fed:
            self.fed = 0.0
            faulthandler.cancel_dump_traceback_later()


_watchdog: Any = _Watchdog()
watch_this_process, rest = _watchdog.arm, _watchdog.rest
