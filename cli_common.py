"""What the commands share: options, and how facts and rows are printed."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]


def options(given: list[str] | None) -> dict[str, Any]:
    """NAME=VALUE texts as keyword arguments."""
    from .games.registry import parse_id

    options: dict[str, Any] = {}
    for text in given or []:
        if "=" not in text:
            raise ValueError(f"--option takes NAME=VALUE, got {text!r}")
        options |= parse_id(f"x({text})")[1]
    return options


def bars(quiet: bool) -> bool:
    """Progress bars are for terminals."""
    return not quiet and sys.stderr.isatty()


def print_facts(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts, default=plain))
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


def print_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, default=plain))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for k, column in enumerate(rows[0] if rows else ()):
        table.add_column(column, overflow="fold", no_wrap=k == 0)
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


def plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
