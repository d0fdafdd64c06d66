"""Leagues and solutions at the terminal, by rich."""

from __future__ import annotations

import math
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .summary import Summary, summarise

if TYPE_CHECKING:
    from ..population.league import League
    from ..solvers import Solution


def leaderboard_table(league: League | Summary, model: str = "plackett_luce") -> Table:
    """Rating with half its 90 % interval, exact value, exploitability, mean return and matches of every member."""
    summary = league if isinstance(league, Summary) else summarise(league, model)
    table = Table(title=f"{summary.game}: {summary.matches:,} matches, {summary.model}", title_justify="left", box=None)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("member", style="bold", overflow="fold")
    exact_headings = ("exact\nvalue", "exploit-\nability") if summary.exact else ()
    for heading in ("rating", *exact_headings, "mean\nreturn", "matches"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in summary.rows:
        half = "" if math.isnan(row.low) else f" ± {(row.high - row.low) / 2:.2f}"
        exact = (_or_dash(row.value, "+.4f"), _or_dash(row.exploitability, ".4g")) if summary.exact else ()
        played = f"{row.mean:+.3f} ± {row.error:.3f}"
        table.add_row(str(row.rank), row.player, f"{row.mu:.2f}{half}", *exact, played, f"{row.matches:,}")
    return table


def status_view(league: League, summary: Summary | None = None, model: str = "plackett_luce") -> Group:
    """A league's leaderboard, its last run and what failed; without matches only the latter."""
    parts: list[RenderableType] = []
    if summary is None and league.members and league.store.played():
        summary = summarise(league, model)
    if summary is None:
        parts.append(f"{league.game.id}: {len(league.members)} members, no matches yet")
    else:
        parts.append(leaderboard_table(summary))
    if runs := league.store.runs():
        last = runs[-1]
        asked, done = last.config.get("matches"), league.store.played(last.seed)
        goal = f" of {asked:,} ({min(done / asked, 1):.0%})" if asked else ""
        versions = ", ".join(f"{name} {number}" for name, number in last.versions.items())
        parts.append(f"\nseries of seed {last.seed}: {done:,}{goal} matches")
        parts.append(f"run {len(runs)} on {last.executor}, begun {_clock(last.started)}, with {versions}")
    for failure in league.store.failures()[-5:]:
        where = f"matches {failure.first:,} to {failure.stop - 1:,} of seed {failure.seed}"
        parts.append(Text(f"failed {_clock(failure.created)}: {failure.message} ({where})", style="red"))
    return Group(*parts)


def follow(
    path: str | Path, model: str = "plackett_luce", every: float = 2.0, looks: int | None = None, console: Any = None
) -> None:
    """Shows a league's status again and again, also while another process runs it, until it is interrupted.

    A look takes at most a fifth of the time, however large the league.

    Args:
        every: seconds between two looks, at least.
        looks: how many; None for no end.
    """
    from rich.live import Live

    from ..population.league import League

    seen, speed = (0, 0.0), ""
    with Live(console=console or Console(), auto_refresh=False) as screen:
        while looks is None or looks > 0:
            start = time.monotonic()
            with League.open(path, read_only=True) as league:
                played, view = league.store.played(), status_view(league, model=model)
            if seen[1] and start > seen[1]:
                speed = f"{(played - seen[0]) / (start - seen[1]):,.0f} matches/s"
            seen = played, start
            screen.update(
                Group(view, Text(f"{_clock(time.time())}  {speed}  (Ctrl-C ends)", style="dim")), refresh=True
            )
            looks = None if looks is None else looks - 1
            if looks != 0:
                time.sleep(max(every, 4 * (time.monotonic() - start)))


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def solution_table(solution: Solution) -> Table:
    """What a solution is worth, and how fast it was found."""
    table = Table(
        title=f"{solution.algorithm} on {solution.game_id}", title_justify="left", box=None, show_header=False
    )
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_row("value for the first player", f"{solution.value:.6f}")
    table.add_row("exploitability", f"{solution.exploitability:.3g}")
    table.add_row("NashConv", f"{solution.nash_conv:.3g}")
    table.add_row("iterations", f"{solution.iterations:,}")
    table.add_row("seconds", f"{solution.seconds:.3f}")
    if solution.seconds > 0:
        table.add_row("iterations per second", f"{solution.iterations / solution.seconds:,.0f}")
    return table


def print_leaderboard(league: League, model: str = "plackett_luce", console: Console | None = None) -> None:
    """Prints `leaderboard_table`."""
    (console or Console()).print(leaderboard_table(league, model))


def print_solution(solution: Solution, console: Console | None = None) -> None:
    """Prints `solution_table`."""
    (console or Console()).print(solution_table(solution))


def _or_dash(value: float, form: str) -> Any:
    return "–" if math.isnan(value) else format(value, form)
