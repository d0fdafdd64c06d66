"""The time of each test file, listed at the end of a run beside its budget."""

from __future__ import annotations

from collections import defaultdict

BUDGET = 60.0
"""Seconds that one file may take on two cores; more is said, not failed: machines differ."""

_seconds: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report):
    _seconds[report.nodeid.partition("::")[0]] += report.duration


def pytest_terminal_summary(terminalreporter):
    slowest = sorted(_seconds.items(), key=lambda item: -item[1])[:12]
    terminalreporter.section(f"time of test files (budget {BUDGET:.0f} s each, {sum(_seconds.values()):.0f} s in all)")
    for file, seconds in slowest:
        terminalreporter.line(f"{seconds:7.1f} s  {file}{'   OVER ITS BUDGET' if seconds > BUDGET else ''}")
