"""Leagues and solutions at the terminal, by rich."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

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
