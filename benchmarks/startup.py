"""How long a new process takes: ``python -m benchmarks.startup``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from .harness import Case, Measure, run


def import_ludus() -> Measure:
    code = "import time; t = time.perf_counter(); import ludus; print(time.perf_counter() - t)"
    return lambda: float(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    )


def solve(cache: str | None) -> Measure:
    """Seconds of ``ludus solve kuhn_poker`` in a new process; cache None: an empty Numba cache each time."""

    def measure() -> float:
        with tempfile.TemporaryDirectory() as empty:
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache or empty}
            start = time.perf_counter()
            command = [sys.executable, "-m", "ludus", "solve", "kuhn_poker", "--json"]
            subprocess.run(command, check=True, capture_output=True, env=environment)
            return time.perf_counter() - start

    return measure


def cases() -> list[Case]:
    """The suite: seconds, lower is better."""
    kept = tempfile.mkdtemp(prefix="ludus-cache-")
    return [
        Case("import ludus", "s", import_ludus, target=0.3, at_most=True),
        Case("ludus solve kuhn_poker, empty Numba cache", "s", lambda: solve(None), target=20, at_most=True, repeats=2),
        Case("ludus solve kuhn_poker, warm Numba cache", "s", lambda: solve(kept), target=2, at_most=True),
    ]


if __name__ == "__main__":
    run("startup", cases())
