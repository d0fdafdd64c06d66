"""A league that is killed at random moments and resumed has the match log of one that never was."""

from __future__ import annotations

import contextlib
import runpy
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ludus.population import League

SCRIPT = Path(__file__).with_name("league_script.py")


def killed_once(store: Path, executor: str, wait_for: str, times: int, delay: float) -> int:
    """Starts the league, kills it `delay` seconds after it said `wait_for` so many times; -> its exit status."""
    command = [sys.executable, str(SCRIPT), str(store), executor, "0.004"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            times -= line.strip() == wait_for
            if times <= 0:
                break
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        return process.wait()


def undisturbed(store: Path, executor: str) -> None:
    """Lets the league end."""
    subprocess.run([sys.executable, str(SCRIPT), str(store), executor, "0"], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_killed_ten_times_resumes_to_the_same_log(tmp_path, executor):
    matches = runpy.run_path(str(SCRIPT))["MATCHES"]
    undisturbed(tmp_path / "undisturbed.db", "serial")
    rng, store, seen = np.random.default_rng(), tmp_path / "killed.db", [0]
    for k in range(10):
        wait_for = ("open", "ready", "committed", "committed", "committed")[k % 5]
        status = killed_once(
            store, executor, wait_for, int(rng.integers(1, 4)) if k % 5 > 1 else 1, rng.uniform(0, 0.1)
        )
        assert status == -signal.SIGKILL, "the league ended before it was killed: it must be slower"
        with League.open(store, read_only=True) as league:
            seen.append(len(league.log()))
    assert seen == sorted(seen)
    assert 0 < seen[-1] < matches
    undisturbed(store, executor)
    with League.open(store, read_only=True) as again, League.open(tmp_path / "undisturbed.db", read_only=True) as never:
        assert again.log() == never.log()
        assert len(again.log()) == matches
        np.testing.assert_array_equal(again.payoffs().mean, never.payoffs().mean)
    assert sqlite3.connect(store).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_workers_of_a_killed_coordinator_end(tmp_path):
    killed_once(tmp_path / "league.db", "processes", "committed", 1, 0.0)
    deadline = time.monotonic() + 20
    while (alive := processes_with(str(tmp_path / "league.db"))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive


def processes_with(text: str) -> list[str]:
    """The processes whose command line contains a text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            found += [path.parent.name] if text in path.read_bytes().decode(errors="replace") else []
    return found
