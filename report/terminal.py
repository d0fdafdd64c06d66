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
    """Rating, interval, matches, mean return, exact value and exploitability of every member, best first."""
    summary = league if isinstance(league, Summary) else summarise(league, model)
    table = Table(title=f"{summary.game}: {summary.matches:,} matches, {summary.model}", title_justify="left", box=None)
    table.add_column("")
    table.add_column("member", style="bold", overflow="fold")
    for heading in ("rating", "90 % interval", "rank", "matches", "mean return"):
        table.add_column(heading, justify="right")
    if summary.exact:
        table.add_column("exact value", justify="right")
        table.add_column("exploitability", justify="right")
    for row in summary.rows:
        interval = "" if math.isnan(row.low) else f"{row.low:.2f} … {row.high:.2f}"
        places = f"{row.rank_low}–{row.rank_high}" if row.rank_low != row.rank_high else f"{row.rank_low}"
        played = f"{row.mean:+.3f} ± {row.error:.3f}"
        cells = [str(row.rank), row.player, f"{row.mu:.2f}", interval, places, f"{row.matches:,}", played]
        if summary.exact:
            cells += [_or_dash(row.value, "+.4f"), _or_dash(row.exploitability, ".4g")]
        table.add_row(*cells)
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
