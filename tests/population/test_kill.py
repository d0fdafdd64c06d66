"""Leagues that are killed at 50 random moments and resumed end as if they never had been."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("league_script.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("killed")


def killed(folder, *words):
    done = subprocess.run([sys.executable, SCRIPT, folder, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_killed_50_times_across_executors(folder, ray_address):
    """Serial, processes and Ray; on a fixed schedule, one that looks at the standings, and in a league that trains."""
    kills = [
        ("serial", "18", "round_robin"),
        ("processes", "16", "swiss"),
        ("processes", "12", "alphastar"),
        ("ray", "4", "round_robin", ray_address),
    ]
    assert sum(int(words[1]) for words in kills) == 50
    for words in kills:
        found = killed(folder, *words)
        assert found["same"], words
        assert found["after"] == sorted(found["after"])
        assert 0 < found["after"][-1] < found["matches"], "kills must come in the middle"


def test_workers_of_a_killed_coordinator_end(folder):
    """The marker in its command line is what a worker, forked from it, shares with it."""
    marker = f"orphans-{os.getpid()}.db"
    code = (
        "import runpy, sys; m = runpy.run_path(sys.argv[1]);"
        "m['play'](sys.argv[2], 'processes', 'round_robin', None, 0.05, lambda t: print(t, flush=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, SCRIPT, folder / marker], stdout=subprocess.PIPE, text=True
    ) as process:
        while process.stdout.readline().strip() != "committed":
            pass
        assert len(processes_with(marker)) > 1
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while (alive := processes_with(marker)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive


def processes_with(text):
    """The processes whose command line contains a text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            found += [path.parent.name] if text in path.read_bytes().decode(errors="replace") else []
    return found
