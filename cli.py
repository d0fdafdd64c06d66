"""The command ``ludus``: one command for each verb of the façade. Parsing and printing only."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_common import Json, Quiet, Seed, bars, options, plain, print_facts, print_rows
from .cli_league import league_app

app = typer.Typer(
    name="ludus",
    help="Declare a game once, then solve it, learn it, play it in a league and rate the players.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(league_app, name="league")

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
    spec = registry.specs().get(registry.parse_id(id)[0]) if "/" not in id and "." not in id else None
    for parameter in spec.parameters if spec else ():
        facts[f"  {parameter.name}"] = f"{parameter.help} ({parameter.allowed}; default {parameter.default})"
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
    print_facts(facts, as_json)


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
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Solve a game and certify the result.

    Examples: ludus solve kuhn_poker;  ludus solve leduc_poker --algorithm dcfr --target 1e-4 --out leduc.ludus
    """
    from .solvers import solve as run

    made = _game(game)
    limits: dict[str, Any] = {"iterations": iterations, "target": target, "seconds": seconds}
    solution = run(made.tree(), algorithm, **limits, seed=seed, progress=bars(quiet), **options(option))
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
    if solution.cce_gap is not None:
        facts["cce_gap"] = solution.cce_gap
    if out is not None:
        solution.save(out)
        facts["saved to"] = str(out)
    if plot is not None:
        from .report.figures import gap_curve

        gap_curve({f"{solution.algorithm} on {made.id}": solution.history}, plot)
        facts["plot"] = str(plot)
    print_facts(facts, as_json)
    if target is not None and solution.exploitability > target:
        print(f"ludus: stopped before the target {target:g} was reached", file=sys.stderr)


@app.command()
def psro(
    game: Game,
    method: Annotated[str, typer.Option("--method", "-m", help="'psro', 'xdo', 'anytime', 'jpsro_cce', …")] = "psro",
    oracle: Annotated[str, typer.Option(help="'exact', 'q_learning', 'mccfr' or 'evolution_strategies'.")] = "exact",
    meta_solver: Annotated[str | None, typer.Option(help="Default: the method's own.")] = None,
    iterations: Annotated[int | None, typer.Option(help="Rounds (default 20 without another limit).")] = None,
    target: Annotated[float | None, typer.Option(help="Stop at this exploitability.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="NAME=VALUE, e.g. active=2.")] = None,
    out: Annotated[Path | None, typer.Option(help="Save the population to this file (.npz).")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on from such a file.")] = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Grow populations by responses to their meta-strategy.

    Examples: ludus psro kuhn_poker;  ludus psro leduc_poker --method xdo --out leduc.npz
    """
    from .population.psro import psro as run

    limits: dict[str, Any] = {"iterations": iterations, "target": target, "seconds": seconds}
    makers: dict[str, Any] = {"oracle": oracle, "meta_solver": meta_solver, "resume": resume, "seed": seed}
    found = run(_game(game), method, **limits, **makers, progress=bars(quiet), **options(option))
    facts: dict[str, Any] = {
        "game": found.game.id,
        "method": method,
        "rounds": found.iteration,
        "seconds": round(found.seconds, 3),
        "members": list(found.joint.shape),
        "values": [round(float(v), 9) for v in found.values],
        "nash_conv": found.nash_conv,
        "gap": found.gap,
        "exploitability": found.exploitability,
    }
    if out is not None:
        found.save(out)
        facts["saved to"] = str(out)
    print_facts(facts, as_json)


@app.command()
def algorithms(as_json: Json = False) -> None:
    """List the equilibrium algorithms, what is proven of them, and where they come from."""
    from .solvers import algorithms as table

    rows = [{"name": a.name, "title": a.title, "kind": a.kind, "reference": a.reference} for a in table()]
    print_rows(rows, as_json)


@app.command()
def rate(
    matches: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet file of matches, or a league's .db.")],
    model: Annotated[str, typer.Option(help="One of 'ludus models'.")] = "plackett_luce",
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="NAME=VALUE for the model.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the leaderboard to this .csv file.")] = None,
    top: Annotated[int, typer.Option(help="Print only the best so many.")] = 50,
    as_json: Json = False,
) -> None:
    """Rate the players of a log of matches.

    The file has the columns winner and loser (and optionally draw, time), or one row for each player of a match with
    the columns match, player and rank or score (and optionally team, weight, time).
    """
    from .ratings import MatchLog
    from .ratings import rate as fold

    board = fold(MatchLog.read(matches), model=model, **options(option))
    if out is not None:
        board.write(out)
    if as_json:
        print(json.dumps([row._asdict() for row in board], default=plain))
    else:
        print(board.table(top))
        if len(board) > top:
            print(f"… and {len(board) - top:,} more (--top)")


@app.command()
def models(as_json: Json = False) -> None:
    """List the rating models and their parameters."""
    from .ratings import make, models

    rows = []
    for name in sorted(models()):
        parameters = make(name).parameters()
        rows.append({"name": name, "parameters": " ".join(f"{k}={_short(v)}" for k, v in parameters.items())})
    print_rows(rows, as_json)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else getattr(value, "__name__", str(value))


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


@app.command()
def train(
    algorithm: Annotated[str, typer.Argument(help="A learner: qmix, mappo, ippo, nfsp, …")],
    game: Annotated[str, typer.Argument(help="A game id.")],
    steps: Annotated[int | None, typer.Option(help="Environment steps (default 200000).")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the checkpoint and the curve.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="NAME=VALUE for the learner.")] = None,
    tensorboard: Annotated[bool, typer.Option(help="Write TensorBoard events into the folder.")] = False,
    exploitability: Annotated[bool, typer.Option(help="Measure exploitability on the game's tree.")] = False,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train a learner on a game.

    Examples: ludus train qmix two_step --steps 4000;  ludus train ippo kuhn_poker --out runs/kuhn
    """
    from .marl import train as run

    measure = {"exploitability": _exploitability} if exploitability else None
    made = run(
        algorithm, game, steps, seed, out=out, resume=resume, progress=bars(quiet), measure=measure,
        tensorboard=tensorboard, **options(option),
    )  # fmt: skip
    last = made.curve[-1]
    facts: dict[str, Any] = {
        "game": made.game.id,
        "algorithm": made.algorithm,
        "steps": last.step,
        "seconds": round(last.seconds, 2),
        "mean return": last.mean_return,
        "returns": [float(r) for r in last.returns],
    }
    facts |= {name: last.metrics[name] for name in measure or {} if name in last.metrics}
    if made.checkpoint is not None:
        facts["checkpoint"] = str(made.checkpoint)
    print_facts(facts, as_json)


def _exploitability(game: Any, agent: Any) -> float:
    from .games.tabulate import tabulate
    from .solvers import exploitability

    return float(exploitability(game, tabulate(game, agent)))


@app.command()
def report(
    store: Annotated[Path, typer.Argument(help="A league's .db file.")],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    title: Annotated[str | None, typer.Option(help="The page's title.")] = None,
    solution: Annotated[list[Path] | None, typer.Option(help="A solution file for the gap curve.")] = None,
    model: Annotated[str, typer.Option(help="Rating model.")] = "plackett_luce",
) -> None:
    """Write a league's report: one HTML file that needs no network."""
    from .report.page import write_report
    from .solvers import Solution

    solutions = {path.stem: Solution.load(path) for path in solution or []}
    print(write_report(out, title, league=store, solution=solutions or None, model=model))


@app.command()
def bench(
    suite: Annotated[str, typer.Argument(help="startup, trees, solvers, ratings or league.")] = "solvers",
    only: Annotated[str | None, typer.Option(help="Only the cases whose name contains this.")] = None,
    as_json: Json = False,
) -> None:
    """Measure ludus against the installed peers, in one run, as ratios."""
    import importlib

    from . import benchmarks

    suites = [
        path.stem
        for path in sorted(Path(benchmarks.__path__[0]).glob("*.py"))
        if path.stem not in _NO_SUITES and path.stem[0] != "_"
    ]
    if suite not in suites:
        raise ValueError(f"there is no benchmark {suite!r}; there is {', '.join(suites)}")
    module = importlib.import_module(f"{benchmarks.__name__}.{suite}")
    from .benchmarks.harness import run

    run(suite, module.cases(), [*(["--only", only] if only else []), *(["--json"] if as_json else [])])


_NO_SUITES = ("harness", "page")


def _game(text: str) -> Any:
    from .games import registry

    return registry.load(text) if Path(text).suffix.lower() in registry.READERS else registry.make(text)


def _list_games(found: list[Any], as_json: bool) -> None:
    if as_json:
        rows = [{**info._asdict(), "parameters": [p.name for p in info.parameters]} for info in found]
        print(json.dumps(rows))
        return
    rows = []
    for info in found:
        parameters = " ".join(f"{p.name}={p.default}" for p in info.parameters)
        rows.append({"id": info.id, "players": info.players, "parameters": parameters, "tags": " ".join(info.tags)})
    print_rows(rows, as_json)


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
