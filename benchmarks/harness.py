"""One harness for every comparison: ours and the peer interleaved on the same work, medians, ratios, a table, a JSON.

The machine may be shared and noisy, so absolute speeds prove little: a case's figure is the ratio of the two medians,
taken in turns within one run. Cases without a peer carry an absolute target.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

Measure = Callable[[], float]
"""Does some work, times it by itself, and returns units per second."""


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        name: what is measured.
        unit: of the speeds: ``"iterations/s"``.
        ours: returns a `Measure` (set-up happens here, untimed).
        peer: the same for the peer, or None.
        target: the least ratio to the peer; without a peer the least speed (or, if `at_most`, the greatest figure).
        by: the peer's name.
        repeats: how often each side is measured.
    """

    name: str
    unit: str
    ours: Callable[[], Measure]
    peer: Callable[[], Measure | None] | None = None
    target: float | None = None
    by: str = ""
    repeats: int = 5
    at_most: bool = False


def timed(work: Callable[[], Any], units: float) -> float:
    """Units per second of one call."""
    start = time.perf_counter()
    work()
    return units / (time.perf_counter() - start)


def peer_process(name: str, script: str, *arguments: Any) -> Measure | None:
    """A peer in a virtual environment of its own (``make peers``), which times itself each time it is asked.

    -> None where the environment is not there.
    """
    python = Path(__file__).parent.parent / ".peers" / name / "bin" / "python"
    if not python.exists():
        return None
    command = [str(python), str(Path(__file__).parent / "peers" / script), *map(str, arguments)]
    process: Any = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    atexit.register(process.kill)

    def answer() -> dict[str, Any]:
        while True:
            text = process.stdout.readline()
            if not text:
                raise RuntimeError(f"the peer {name} stopped: {' '.join(command)}")
            if text.startswith("{"):
                return json.loads(text)

    answer()

    def ask() -> float:
        process.stdin.write("again\n")
        process.stdin.flush()
        return answer()["speed"]

    return ask


def measure(case: Case) -> dict[str, Any]:
    """Runs one case. -> its row: medians, spread, ratio, whether the target is met."""
    ours, peer = case.ours(), case.peer() if case.peer else None
    if case.peer is not None and peer is None:
        return {"case": case.name, "unit": case.unit, "absent": f"{case.by} is not installed: make peers"}
    ours()  # warm: caches filled, kernels loaded
    own, theirs = [], []
    for _ in range(case.repeats):
        own.append(ours())
        if peer is not None:
            theirs.append(peer())
    median = statistics.median(own)
    row: dict[str, Any] = {
        "case": case.name,
        "unit": case.unit,
        "ours": median,
        "ours_range": [min(own), max(own)],
        "target": case.target,
        "at_most": case.at_most,
    }
    figure = median
    if theirs:
        row |= {"peer": case.by, "peer_speed": statistics.median(theirs), "peer_range": [min(theirs), max(theirs)]}
        figure = row["ratio"] = median / row["peer_speed"]
    if case.target is not None:
        row["met"] = figure <= case.target if case.at_most else figure >= case.target
    return row


def run(suite: str, cases: Sequence[Case], argv: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """The command of a suite: measures its cases, prints a table and, if asked, keeps the JSON."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{suite}", description=f"Benchmarks: {suite}.")
    parser.add_argument("--only", help="run only the cases whose name contains this text")
    parser.add_argument("--keep", action="store_true", help=f"write benchmarks/results/{suite}.json")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args(argv)
    chosen = [case for case in cases if arguments.only is None or arguments.only in case.name]
    if not chosen:
        parser.error(f"no case contains {arguments.only!r}; there are: {', '.join(c.name for c in cases)}")
    rows = []
    for case in chosen:
        rows.append(measure(case))
        if not arguments.json:
            print(line(rows[-1]), flush=True)
    record = {"suite": suite, "machine": machine(), "versions": versions(rows), "rows": rows}
    if arguments.json:
        print(json.dumps(record, indent=1))
    if arguments.keep:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{suite}.json").write_text(json.dumps(record, indent=1) + "\n")
    return rows


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    if "absent" in row:
        return f"{row['case']:<52} not measured: {row['absent']}"
    text = f"{row['case']:<52} {quantity(row['ours']):>9} {row['unit']}"
    if "ratio" in row:
        text += f"   {row['peer']} {quantity(row['peer_speed'])}   ratio {row['ratio']:,.4g}"
    if row["target"] is not None:
        text += f"   target {quantity(row['target'])}: {'met' if row['met'] else 'MISSED'}"
    return text


def quantity(x: float) -> str:
    """A number with three digits and k, M or G."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(x) >= size:
            return f"{x / (1e3 if letter == 'k' else size):.3g} {letter}"
    return f"{x:.4g}"


def machine() -> dict[str, Any]:
    """Processor, cores and system."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Versions of what was measured."""
    names = {"ludus", "numpy", "numba", "scipy"} | {row["peer"].split()[0] for row in rows if "peer" in row}
    found = {}
    for name in sorted(names):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
