"""The command ``ludus``: one command for each verb of the façade. Parsing and printing only."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="ludus",
    help="Declare a game once, then solve it, learn it, play it in a league and rate the players.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
league_app = typer.Typer(help="Run a league from a file, and look at one.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(league_app, name="league")

Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Game = Annotated[str, typer.Argument(help="A game id (see 'ludus games'), or a .efg or .nfg file.", metavar="GAME")]


@app.command()
def games(
    id: Annotated[str | None, typer.Argument(help="Describe this game.", metavar="[ID]")] = None,
    tag: Annotated[str | None, typer.Option(help="Only games with this tag, e.g. imperfect-information.")] = None,
    tree: Annotated[bool, typer.Option("--tree", help="Build the tree and count it.")] = False,
    export: Annotated[Path | None, typer.Option(help="Write the game to this .efg or .nfg file.")] = None,
    as_json: Json = False,
) -> None:
    """List the games, or describe one.

    Examples: ludus games "leduc_poker(players=3)" --tree;  ludus games kuhn_poker --export k.efg
    """
    from .games import registry

    if id is None:
        if tree or export:
            raise ValueError("--tree and --export need a game: ludus games ID --tree")
        _list_games(registry.available(tag), as_json)
        return
    game = _game(id)
    facts: dict[str, Any] = {
        "id": game.id,
        "title": game.title,
        "version": game.version,
        "players": game.num_players,
        "actions": game.num_actions,
        "zero-sum": game.zero_sum,
        "utilities": [game.min_utility, game.max_utility],
        "simultaneous moves": game.simultaneous,
        "chance": game.has_chance,
        "parameters": dict(game.parameters),
    }
    if tree:
        t = game.tree()
        facts |= {
            "histories": t.num_histories,
            "information sets": t.num_infosets,
            "sequences": t.num_sequences,
            "leaves": t.num_leaves,
            "depth": t.depth,
            "fingerprint": t.fingerprint,
        }
    if export is not None:
        registry.save(game, export)
        facts["written to"] = str(export)
    _print_facts(facts, as_json)


@app.command()
def solve(
    game: Game,
    algorithm: Annotated[str, typer.Option("--algorithm", "-a", help="One of 'ludus algorithms'.")] = "cfr+",
    iterations: Annotated[
        int | None, typer.Option(help="Stop after so many (default 1000 without another limit).")
    ] = None,
    target: Annotated[float | None, typer.Option(help="Stop at this exploitability.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="NAME=VALUE for the algorithm.")] = None,
    out: Annotated[Path | None, typer.Option(help="Save the solution to this file (.ludus).")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the gap curve to this image.")] = None,
    seed: Seed = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
    as_json: Json = False,
) -> None:
    """Solve a game and certify the result.

    Examples: ludus solve kuhn_poker;  ludus solve leduc_poker --algorithm dcfr --target 1e-4 --out leduc.ludus
    """
    from .games.registry import parse_id
    from .solvers import solve as run

    options: dict[str, Any] = {}
    for text in option or []:
        if "=" not in text:
            raise ValueError(f"--option takes NAME=VALUE, got {text!r}")
        options |= parse_id(f"x({text})")[1]
    made = _game(game)
    tree = made.tree()
    show = not quiet and sys.stderr.isatty()
    solution = run(
        tree, algorithm, iterations=iterations, target=target, seconds=seconds, seed=seed, progress=show, **options
    )
    facts: dict[str, Any] = {
        "game": made.id,
        "algorithm": solution.algorithm,
        "iterations": solution.iterations,
        "seconds": round(solution.seconds, 3),
        "iterations per second": round(solution.iterations / solution.seconds, 1),
        "values": [round(float(v), 9) for v in solution.values],
        "nash_conv": solution.nash_conv,
        "exploitability": solution.exploitability,
    }
    if out is not None:
        solution.save(out)
        facts["saved to"] = str(out)
    if plot is not None:
        from .report.figures import gap_curve

        gap_curve({f"{solution.algorithm} on {made.id}": solution.history}, plot)
        facts["plot"] = str(plot)
    _print_facts(facts, as_json)
    if target is not None and solution.exploitability > target:
        print(f"ludus: stopped before the target {target:g} was reached", file=sys.stderr)


@app.command()
def algorithms(as_json: Json = False) -> None:
    """List the equilibrium algorithms, what is proven of them, and where they come from."""
    from .solvers import algorithms as table

    rows = [{"name": a.name, "title": a.title, "kind": a.kind, "reference": a.reference} for a in table()]
    _print_rows(rows, as_json)


@app.command()
def rate(
    matches: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet file of matches, or a league's .db.")],
    model: Annotated[str, typer.Option(help="plackett_luce, elo, …")] = "plackett_luce",
    out: Annotated[Path | None, typer.Option(help="Write the leaderboard to this .csv file.")] = None,
    top: Annotated[int | None, typer.Option(help="Print only the best so many.")] = None,
    as_json: Json = False,
) -> None:
    """Rate the players of a log of matches.

    The file has the columns winner and loser (and optionally draw, time), or one row for each player of a match with
    the columns match, player and rank or score (and optionally team, weight, time).
    """
    from .ratings import MatchLog
    from .ratings import rate as fold

    board = fold(MatchLog.read(matches), model=model)
    if out is not None:
        board.write(out)
    if as_json:
        print(json.dumps([row._asdict() for row in board], default=_plain))
    else:
        print(board.table(top))


@app.command()
def play(
    game: Game,
    against: Annotated[str, typer.Option(help="A solution file, or 'uniform'.")] = "uniform",
    seat: Annotated[int | None, typer.Option(help="Your seat (default: seats change from match to match).")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the cards and of the opponent (default: fresh).")] = None,
) -> None:
    """Play against a solution at the terminal.

    Example: ludus solve kuhn_poker --out kuhn.ludus, then ludus play kuhn_poker --against kuhn.ludus
    """
    from .population.person import play_at_terminal

    play_at_terminal(_game(game), against, seat=seat, seed=seed)


def _game(text: str) -> Any:
    from .games import registry

    return registry.load(text) if Path(text).suffix.lower() in registry.READERS else registry.make(text)


def _list_games(found: list[Any], as_json: bool) -> None:
    if as_json:
        rows = [{**info._asdict(), "parameters": [p.name for p in info.parameters]} for info in found]
        print(json.dumps(rows))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("id", "title", "players", "parameters", "tags"):
        table.add_column(column, overflow="fold")
    for info in found:
        parameters = ", ".join(f"{p.name}={p.default}" for p in info.parameters)
        table.add_row(info.id, info.title, info.players, parameters, ", ".join(info.tags))
    Console().print(table)


def _print_facts(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts, default=_plain))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k}={v}" for k, v in value.items()) or "none"
        elif isinstance(value, list):
            value = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in value)
        elif isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, float):
            value = f"{value:.6g}"
        elif isinstance(value, int):
            value = f"{value:,}"
        print(f"{name:<{width}}  {value}")


def _print_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, default=_plain))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in rows[0] if rows else ():
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def main() -> None:
    """Runs the command; a mistake of the user's is one line on standard error and exit status 2."""
    try:
        app(standalone_mode=True)
    except (ValueError, TypeError, KeyError, OSError, ImportError) as error:
        if os.environ.get("LUDUS_TRACEBACK"):
            raise
        message = error.args[0] if isinstance(error, KeyError) and error.args else error
        print(f"ludus: {message}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("ludus: stopped", file=sys.stderr)
        raise SystemExit(130) from None
