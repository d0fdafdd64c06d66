"""The page's sections on what happened over time: curves, lineage, and the matches of a pair."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from .history import History
from .summary import Summary
from .svg import family_chart, line_chart

MOST_CURVES = 6
MOST_KIN = 120


def section(title: str, note: str, body: str) -> str:
    """One card of the page."""
    return f"<section><h2>{escape(title)}</h2>{f'<p class=note>{escape(note)}</p>' if note else ''}{body}</section>"


def growth(past: History, best: Sequence[str]) -> str:
    """Ratings of the best over the matches, and measures of the population over its members."""
    ratings, place = past.ratings, {name: i for i, name in enumerate(past.ratings.names)}
    curves = {
        name: list(zip(ratings.matches.tolist(), ratings.mu[:, place[name]].tolist())) for name in best[:MOST_CURVES]
    }
    note = "Each point rates all matches so far."
    if len(best) > MOST_CURVES:
        note += f" The best {MOST_CURVES} of {len(best)} members."
    parts = [section("Ratings over time", note, line_chart(curves, "matches", "rating"))]
    if past.measures is not None:
        m = past.measures
        lines = {
            "exploited by the whole population": m.exploitability,
            "effective diversity": m.diversity,
            "expected cardinality": m.cardinality,
            "forgetting of the newest": m.forgetting,
        }
        drawn = {name: list(zip(m.size.tolist(), values.tolist())) for name, values in lines.items()}
        note = "Of the first members by age, from the payoffs of all."
        if past.strangers:
            note += f" {past.strangers:,} pairs have not met and count as even."
        parts.append(section("The population over time", note, line_chart(drawn, "members", "measure")))
    return f'<div class="pair">{"".join(parts)}</div>'


def lineage_section(past: History, summary: Summary) -> str:
    """The family trees."""
    rating = {row.player: row for row in summary.rows}
    roles = list(dict.fromkeys(kin.role for kin in past.lineage))
    rows = []
    for kin in past.lineage[:MOST_KIN]:
        tip = kin.name + (f"\n{kin.role}" if kin.role else "")
        tip += f"\nfrom {kin.parent}" if kin.parent is not None else ""
        if kin.generation:
            tip += f"\ngeneration {kin.generation}"
        if (row := rating.get(kin.name)) is not None:
            tip += f"\nrank {row.rank}, rating {row.mu:.2f}"
        rows.append((kin.name, kin.lane, kin.above, roles.index(kin.role) % 6, kin.frozen, tip))
    note = "Every member below the one it was made from. Dot: frozen; ring: still learning."
    if len(past.lineage) > MOST_KIN:
        note += f" The first {MOST_KIN} of {len(past.lineage)}."
    named = [role for role in roles if role]
    keys = "".join(
        f'<span class="series-{roles.index(role) % 6}"><span class="swatch"></span>{escape(role)}</span>'
        for role in named
    )
    legend = f'<p class="keys">{keys}</p>' if len(named) > 1 else ""
    return section("Lineage", note, f'{legend}<div class="tall">{family_chart(rows)}</div>')


def pairs(past: History, names: Sequence[str]) -> str:
    """Two menus and a table that shows how a pair's matches went, slice by slice of the league."""
    cells: dict[str, list[list[float]]] = {}
    for number, part in enumerate(past.slices):
        table = part.payoffs
        at = [table.names.index(name) for name in names]
        for i, a in enumerate(at):
            for j, b in enumerate(at[i + 1 :], i + 1):
                if n := int(table.count[a, b]):
                    mine, its = n * float(table.mean[a, b]), n * float(table.mean[b, a])
                    row = [number, n, int(table.wins[a, b]), int(table.draws[a, b]), round(mine, 6), round(its, 6)]
                    cells.setdefault(f"{i},{j}", []).append(row)
    data = {"ends": [[part.first, part.last] for part in past.slices], "cells": cells}
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    first = next(iter(sorted(tuple(map(int, key.split(","))) for key in cells)), (0, 1))
    options = ["".join(_option(i, name, i == chosen) for i, name in enumerate(names)) for chosen in first]
    menus = f'<select aria-label="first member">{options[0]}</select> against '
    menus += f'<select aria-label="second member">{options[1]}</select>'
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Played", "", "Won", "Drawn", "Lost", "Mean return"))
    body = (
        f'<div id="pair"><p class="choose">{menus}</p><p class="note" id="pair-none" hidden>They have not met.</p>'
        f'<div class="scroll"><table><thead><tr><th scope="col" class="text">Matches</th>{heads}</tr></thead>'
        f'<tbody></tbody></table></div></div><script type="application/json" id="pair-data">{text}</script>'
    )
    return section("Matches of a pair", "In slices of the league's matches, seen from the first member's side.", body)


def _option(value: int, name: str, selected: bool) -> str:
    return f'<option value="{value}"{" selected" if selected else ""}>{escape(name)}</option>'
