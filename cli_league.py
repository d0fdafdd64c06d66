"""The commands ``ludus league ...``: run a league from its file, look at it, take its matches elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_common import Json, Quiet, bars, plain

if TYPE_CHECKING:
    from .population.league import League

league_app = typer.Typer(
    help="Run a league from its file, look at it while it runs, export its matches.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Db = Annotated[Path, typer.Argument(help="A league's .db file; it may be running.", metavar="LEAGUE.db")]
Model = Annotated[str, typer.Option(help="Rating model, one of 'ludus models'.")]


@league_app.command("run")
def league_run(
    file: Annotated[Path, typer.Argument(help="The league's configuration.", metavar="LEAGUE.toml")],
    matches: Annotated[int | None, typer.Option(help="Length of the series, instead of the file's.")] = None,
    executor: Annotated[str | None, typer.Option(help="serial, processes or ray, instead of the file's.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes, instead of the file's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another series, with a seed of its own.")] = None,
    model: Model = "plackett_luce",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run the league of a file, or go on with it: a run that was stopped or killed is finished by the same command.

    \b
    A small file (docs/leagues.md has all keys):
        [league]
        game = "kuhn_poker"
        [run]
        matches = 10_000
        [[members]]
        name = "uniform"
        agent = "uniform"
        [[members]]
        name = "solved"
        solve = { algorithm = "cfr+", iterations = 100 }

    Examples: ludus league run LEAGUE.toml;  ludus league run LEAGUE.toml --matches 1000000 --executor processes
    """
    from .population.config import run_config

    changes = {"matches": matches, "executor": executor, "workers": workers, "seed": seed}
    with run_config(file, progress=bars(quiet), **changes) as league:
        _show(league, model, as_json)


@league_app.command("status")
def league_status(
    store: Db,
    model: Model = "plackett_luce",
    live: Annotated[bool, typer.Option("--live", "--follow", "-f", help="Refresh until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(help="With --live: seconds between two looks.", min=0.1)] = 2.0,
    as_json: Json = False,
) -> None:
    """Show a league: ratings beside exact values and exploitability, its runs and what failed.

    Examples: ludus league status league.db;  ludus league status league.db --live
    """
    from .population.league import League

    if live and as_json:
        raise ValueError("--live draws on the terminal; take --json without it")
    if live:
        from .report.terminal import follow

        follow(store, model, every)
        return
    with League.open(store, read_only=True) as league:
        _show(league, model, as_json)


@league_app.command("export")
def league_export(
    store: Db,
    out: Annotated[Path, typer.Argument(help="The match log to write: .parquet, .csv or .jsonl.")],
) -> None:
    """Write a league's match log for other tools: one row for each player of a match.

    Examples: ludus league export league.db matches.parquet;  ludus league export league.db matches.csv
    """
    from .population.league import League

    with League.open(store, read_only=True) as league:
        log = league.log()
    log.write(out)
    print(f"{len(log):,} matches written to {out}")


def _show(league: League, model: str, as_json: bool) -> None:
    if as_json:
        from .report.summary import summarise

        summary = summarise(league, model)
        facts = {
            "game": summary.game,
            "matches": summary.matches,
            "rows": [row._asdict() for row in summary.rows],
            "runs": [run._asdict() for run in league.store.runs()],
            "failures": [failure._asdict() for failure in league.store.failures()],
        }
        print(json.dumps(facts, default=plain))
        return
    from rich.console import Console

    from .report.terminal import status_view

    Console().print(status_view(league, model=model))
