"""`write_report`: one self-contained HTML file of a league and a solution."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .assets import SCRIPT, STYLE
from .history import History, history
from .sections import growth, lineage_section, pairs, section
from .summary import BoardRow, Summary, summarise
from .svg import SUPERSCRIPT, gap_chart, interval_chart

if TYPE_CHECKING:
    from ..population.league import League
    from ..population.payoffs import Payoffs
    from ..solvers import Solution

LONG = 24
"""Longer leaderboards scroll, and the chart beside shows so many, the best."""
MOST_IN_HEAT_MAP = 40
"""So many members, the best, have a row in the payoff table."""


def write_report(
    path: str | Path,
    title: str | None = None,
    league: League | str | Path | None = None,
    solution: Solution | Mapping[str, Solution] | None = None,
    model: str = "plackett_luce",
) -> Path:
    """Writes the page, whole or not at all, and returns its path.

    Args:
        league: a league, or the path of its store.
        solution: a solution, or several by name, for the gap curve.
        model: the rating model of the leaderboard.

    Raises:
        ValueError: neither a league nor a solution, a league without matches, or a store that cannot be read.
    """
    if league is None and solution is None:
        raise ValueError("a report needs a league, a solution or both")
    solutions = {} if solution is None else dict(solution) if isinstance(solution, Mapping) else {"": solution}
    solutions = {name or f"{s.algorithm} on {s.game_id}": s for name, s in solutions.items()}
    summary: Summary | None = None
    past: History | None = None
    if isinstance(league, (str, Path)):
        from ..population.league import League as Open

        with Open.open(league, read_only=True) as opened:
            summary, past = summarise(opened, model), history(opened, model)
    elif league is not None:
        summary, past = summarise(league, model), history(league, model)
    text = page(title or _title(summary, solutions), summary, solutions, past)
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def page(title: str, summary: Summary | None, solutions: Mapping[str, Solution], past: History | None = None) -> str:
    """The page as text; without `past` it has no sections on what happened over time."""
    parts, charts = [], []
    if summary is not None:
        parts.append(_leaderboard(summary))
        rows = [(row.player, row.mu, row.low, row.high) for row in summary.rows[:LONG]]
        note = "Dot: rating; bar: 90 % interval."
        if len(rows) < len(summary.rows):
            note += f" The best {len(rows)} of {len(summary.rows)} members."
        charts.append(section("Ratings", note, interval_chart(rows, "rating")))
    if solutions:
        curves = {name: _curve(solution) for name, solution in solutions.items()}
        name = next(iter(solutions)) if len(solutions) == 1 else "Solutions"
        charts.append(section("Gap curve", f"{name}: exploitability, computed exactly.", gap_chart(curves)))
    if summary is not None and past is not None and past.lineage:
        charts.append(lineage_section(past, summary))
    parts.append(f'<div class="pair">{"".join(charts)}</div>')
    if summary is not None:
        shown = summary.payoffs.ordered(np.arange(min(len(summary.rows), MOST_IN_HEAT_MAP)))
        tables = [_heat_map(shown, len(summary.rows))]
        if past is not None:
            parts.append(growth(past, [row.player for row in summary.rows]))
            tables.append(pairs(past, shown.names))
        parts.append(f'<div class="pair">{"".join(tables)}</div>' if len(summary.rows) <= 7 else "".join(tables))
        parts.append(section("How to read this", "", _explained(summary)))
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p class="lead">{escape(_lead(summary, solutions))}</p>
{_facts(summary, solutions)}
{"".join(parts)}
<footer>Written by ludus on {when}.</footer>
</main>
<div id="tip" role="status"></div>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _title(summary: Summary | None, solutions: Mapping[str, Solution]) -> str:
    return (
        f"League of {summary.game}" if summary is not None else f"Solution of {next(iter(solutions.values())).game_id}"
    )


def _lead(summary: Summary | None, solutions: Mapping[str, Solution]) -> str:
    games = {s.game_id for s in solutions.values()} | ({summary.game} if summary is not None else set())
    how = "measured exactly on the game tree"
    if summary is not None:
        how = f"rated by results, {how}" if summary.exact else "rated by results"
    return f"{', '.join(sorted(games))} · {how}"


def _facts(summary: Summary | None, solutions: Mapping[str, Solution]) -> str:
    facts: list[tuple[str, str]] = []
    if summary is not None:
        facts += [(f"{summary.matches:,}", "matches"), (f"{len(summary.rows)}", "members")]
    if len(solutions) == 1:
        (s,) = solutions.values()
        facts += [
            (_number(s.value, 5), "value for the first player"),
            (_small(s.exploitability), "exploitability"),
            (f"{s.iterations:,}", f"iterations of {escape(s.algorithm)} in {s.seconds:.2g} s"),
        ]
    return '<ul class="facts">' + "".join(f"<li><b>{a}</b><span>{b}</span></li>" for a, b in facts) + "</ul>"


# -- leaderboard -------------------------------------------------------------------------------------------------------


def _leaderboard(summary: Summary) -> str:
    # Title, whether it is a number, which direction a first click sorts.
    heads: list[tuple[str, str, str]] = [
        ("Member", "text", "up"),
        ("Rank", "number", "up"),
        ("Rating", "number", "down"),
    ]
    if summary.exact:
        heads += [("Exact value", "number", "down"), ("Exploitability", "number", "up")]
    heads += [("Mean return", "number", "down"), ("Matches", "number", "down")]
    head = "".join(
        f'<th scope="col" class="{kind}" data-kind="{kind}" data-first="{first}"><button>{name}</button></th>'
        for name, kind, first in heads
    )
    head = head.replace('data-first="up"><button>Rank', 'data-first="up" aria-sort="ascending"><button>Rank')
    rows = "".join(f"<tr>{''.join(_board_row(row, summary.exact))}</tr>" for row in summary.rows)
    note = f"{summary.model} ratings of {summary.matches:,} matches. Tap a heading to sort."
    table = f'<table class="sortable board"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    tall = " tall" if len(summary.rows) > LONG else ""
    return section("Leaderboard", note, f'<div class="scroll{tall}">{table}</div>')


def _board_row(row: BoardRow, exact: bool) -> Iterable[str]:
    name = escape(row.player)
    yield f'<th scope="row" data-key="{name}" title="{name}">{name}</th>'
    places = "" if row.rank_low == row.rank_high else f' <span class="soft">{row.rank_low}–{row.rank_high}</span>'
    yield _cell(row.rank, f"{row.rank}{places}")
    spread = f' <span class="soft">± {(row.high - row.low) / 2:.2f}</span>' if math.isfinite(row.low) else ""
    yield _cell(row.mu, f"{_number(row.mu, 2)}{spread}")
    if exact:
        yield _cell(row.value, _number(row.value, 4))
        yield _cell(row.exploitability, _small(row.exploitability))
    yield _cell(row.mean, f'{_number(row.mean, 3)} <span class="soft">± {row.error:.3f}</span>')
    yield _cell(row.matches, f"{row.matches:,}")


def _cell(key: float, text: str) -> str:
    return f'<td data-key="{key!r}">{text}</td>' if math.isfinite(key) else '<td data-key="">–</td>'


def _number(value: float, digits: int) -> str:
    if math.isnan(value):
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _small(value: float) -> str:
    """A number that may be tiny, with a power of ten where it is."""
    if math.isnan(value) or value >= 1e-3 or value == 0.0:
        return _number(value, 4)
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}·10{str(int(power)).translate(SUPERSCRIPT)}"


# -- payoffs -----------------------------------------------------------------------------------------------------------


def _heat_map(table: Payoffs, members: int) -> str:
    largest = float(np.nanmax(np.abs(table.mean), initial=0.0)) or 1.0
    sort = 'scope="col" data-kind="number"'
    columns = "".join(
        f'<th {sort} data-first="down" title="{escape(n)}"><button><span>{escape(n)}</span></button></th>'
        for n in table.names
    )
    rows = []
    for i, name in enumerate(table.names):
        cells = "".join(_payoff(table, i, j, largest) for j in range(len(table.names)))
        rows.append(f'<tr><th scope="row" data-key="{i}" title="{escape(name)}">{escape(name)}</th>{cells}</tr>')
    head = f'<th {sort} data-first="up" aria-sort="ascending"><button>rank</button></th>{columns}'
    body = f'<table class="heat sortable"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    more = "" if len(table.names) == members else f" The best {len(table.names)} of {members} members."
    note = (
        "Mean return of the row against the column. Point at a cell for counts and errors, tap it for its matches, tap "
        f"a heading to sort the rows by it.{more}"
    )
    tall = " tall" if len(table.names) > LONG else ""
    return section("Payoffs", note, f'<div class="scroll{tall}">{body}</div>')


def _payoff(table: Payoffs, i: int, j: int, largest: float) -> str:
    count = int(table.count[i, j])
    if i == j or not count:
        return f'<td class="none" data-key="">{"" if i == j else "–"}</td>'
    mean, error = float(table.mean[i, j]), float(table.error[i, j])
    win, draw = table.wins[i, j] / count, table.draws[i, j] / count
    tip = (
        f"{table.names[i]} against {table.names[j]}\n{count:,} matches\nmean return {_number(mean, 4)} ± {error:.4f}\n"
        f"won {win:.1%}, drawn {draw:.1%}, lost {1 - win - draw:.1%}"
    )
    share = 68 * min(abs(mean) / largest, 1.0)
    kind = "up" if mean >= 0 else "down"
    return (
        f'<td class="{kind}" style="--share:{share:.0f}" tabindex="0" data-key="{mean!r}" data-pair="{i},{j}" '
        f'data-tip="{escape(tip)}" '
        f'aria-label="{escape(tip)}">{_number(mean, 2)}</td>'
    )


# -- solutions and notes -----------------------------------------------------------------------------------------------


def _curve(solution: Solution) -> Sequence[tuple[int, float, float]]:
    players = solution.policy.tree.num_players
    return [(r.iteration, r.seconds, r.nash_conv / players) for r in solution.history]


def _explained(summary: Summary) -> str:
    terms = {
        "Rating": f"Of the model {summary.model}, folded over all matches, with half its 90 % interval; the small "
        "numbers beside the rank are the places that the interval leaves open. A rating counts who got more, not how "
        "much more.",
    }
    if summary.exact:
        terms["Exact value"] = (
            "Expected return against the other members whose policy is known, each with the same weight, in all seats; "
            "computed on the game tree."
        )
        terms["Exploitability"] = (
            "What best responses gain against the member in every seat, per player; 0 is an equilibrium. A strong "
            "result against this field can hide a high exploitability."
        )
    terms["Mean return"] = "Over the matches played, each opponent with the same weight, ± its standard error."
    return "<dl>" + "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in terms.items()) + "</dl>"
