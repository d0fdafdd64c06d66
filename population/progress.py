"""The progress bar of a league's run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .league import LeagueProgress


def show(snapshots: Iterator[LeagueProgress], title: str) -> Iterator[LeagueProgress]:
    """Passes snapshots on under a bar with matches, matches per second and the time left."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} matches · {task.fields[speed]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task, first = None, 0
        for at in snapshots:
            if task is None:
                task, first = bar.add_task(title, total=at.target, speed=0.0), at.matches
            speed = (at.matches - first) / at.seconds if at.seconds else 0.0
            bar.update(task, completed=at.matches, speed=speed)
            yield at
