"""One progress bar for everything that takes long: shown on standard error, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(shown: bool, title: str, total: float | None, unit: str) -> Iterator[Callable[..., None]]:
    """A rich progress bar with speed and time left.

    Yields ``report(done, note="")``, which moves the bar to `done` `unit`s of `total`; if not `shown`, does nothing.
    """
    if not shown:
        yield lambda done, note="": None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f}/s")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        TextColumn("{task.completed:,.0f} " + unit),
        Speed(),
        TextColumn("{task.fields[note]}"),
        *((TextColumn("left"), TimeRemainingColumn(compact=True)) if total else (TimeElapsedColumn(),)),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, note="")
        yield lambda done, note="": bar.update(task, completed=done, note=note)
