"""The charts of the report's page as SVG text; colours and fonts come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

WIDTH = 420
"""Charts are drawn this wide and scale to the page, so that their text stays readable on a phone."""

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def gap_chart(curves: Mapping[str, Sequence[tuple[int, float, float]]]) -> str:
    """Exploitability over iterations, both logarithmic. A point: (iteration, seconds, exploitability)."""
    left, right, bottom, height = 46, 14, 38, 270
    top = 12 + (16 * len(curves) if len(curves) > 1 else 0)
    height += top - 12
    points = [p for curve in curves.values() for p in curve if p[0] > 0 and p[2] > 0]
    if not points:
        return '<p class="note">The gap is zero from the first iteration on.</p>'
    x0, x1 = _decades(p[0] for p in points)
    y0, y1 = _decades(p[2] for p in points)

    def x(v: float) -> float:
        return left + (math.log10(v) - x0) / (x1 - x0) * (WIDTH - left - right)

    def y(v: float) -> float:
        return top + (y1 - math.log10(v)) / (y1 - y0) * (height - top - bottom)

    parts = []
    for k in range(y0, y1 + 1, 1 + (y1 - y0) // 7):
        at = y(10.0**k)
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(_text("tick", left - 6, at + 4, "end", _power(k)))
    for k in range(x0, x1 + 1, 1 + (x1 - x0) // 7):
        at = x(10.0**k)
        parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{height - bottom}"/>')
        parts.append(
            f'<text class="tick" x="{at:.1f}" y="{height - bottom + 16}" text-anchor="middle">{_power(k)}</text>'
        )
    parts.append(
        f'<text class="label" x="{(left + WIDTH - right) / 2}" y="{height - 4}" text-anchor="middle">iterations</text>'
    )
    for number, (name, curve) in enumerate(curves.items()):
        shown = [(x(i), y(gap), i, s, gap) for i, s, gap in curve if i > 0 and gap > 0]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b, *_ in shown)
        parts.append(f'<polyline class="line series-{number % 6}" points="{line}"/>')
        for a, b, i, s, gap in shown:
            tip = escape(f"{name}: exploitability {gap:.3g} after {i:,} iterations, {s:.3g} s")
            parts.append(f'<circle class="dot series-{number % 6}" cx="{a:.1f}" cy="{b:.1f}" r="2.6"/>')
            parts.append(f'<circle class="hit" cx="{a:.1f}" cy="{b:.1f}" r="9" data-tip="{tip}"/>')
        if len(curves) > 1:
            parts.append(
                f'<rect class="key series-{number % 6}" x="{left}" y="{4 + 16 * number}" width="12" height="4"/>'
            )
            parts.append(f'<text class="tick" x="{left + 18}" y="{10 + 16 * number}">{escape(name)}</text>')
    return _svg(height, "Exploitability over iterations, logarithmic scales", parts)


def line_chart(curves: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str) -> str:
    """Lines through points (x, y) on linear scales, with a legend."""
    left, right, bottom, top = 46, 14, 38, 12 + 16 * len(curves)
    height = 236 + top
    points = [(x, y) for curve in curves.values() for x, y in curve if math.isfinite(y)]
    if not points:
        return '<p class="note">Nothing to draw yet.</p>'
    xs, ys = _nice(min(0.0, *(x for x, _ in points)), max(x for x, _ in points)), _nice(*_ends(y for _, y in points))

    def x(v: float) -> float:
        return left + (v - xs[0]) / (xs[-1] - xs[0]) * (WIDTH - left - right)

    def y(v: float) -> float:
        return top + (ys[-1] - v) / (ys[-1] - ys[0]) * (height - top - bottom)

    parts = []
    for tick in ys:
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(_text("tick", left - 6, y(tick) + 4, "end", f"{tick:g}".replace("-", "−")))
    for tick in xs:
        parts.append(_text("tick", x(tick), height - bottom + 16, "middle", _short(tick)))
    parts.append(_text("label", (left + WIDTH - right) / 2, height - 4, "middle", across))
    for number, (name, curve) in enumerate(curves.items()):
        shown = [(a, b) for a, b in curve if math.isfinite(b)]
        line = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in shown)
        parts.append(f'<polyline class="line series-{number % 6}" points="{line}"/>')
        for a, b in shown:
            tip = escape(f"{name}: {b:.3g} at {a:,.0f} {across}")
            parts.append(f'<circle class="dot series-{number % 6}" cx="{x(a):.1f}" cy="{y(b):.1f}" r="2.6"/>')
            parts.append(f'<circle class="hit" cx="{x(a):.1f}" cy="{y(b):.1f}" r="9" data-tip="{tip}"/>')
        parts.append(f'<rect class="key series-{number % 6}" x="{left}" y="{4 + 16 * number}" width="12" height="4"/>')
        parts.append(_text("tick", left + 18, 10 + 16 * number, "start", name if len(name) <= 44 else name[:43] + "…"))
    return _svg(height, f"{up} over {across}", parts)


def family_chart(rows: Sequence[tuple[str, int, int, int, bool, str]]) -> str:
    """One row a member (name, lane, row of the parent or -1, series, filled?, tip), joined to its parent."""
    step, top = 24, 6
    lanes = 1 + max(lane for _, lane, *_ in rows)
    gap = min(22.0, 180.0 / lanes)

    def at(row: int) -> tuple[float, float]:
        return 10 + gap * rows[row][1], top + step * (row + 0.5)

    parts = []
    for number, (_, _, above, series, _, _) in enumerate(rows):
        if above >= 0:
            (x0, y0), (x1, y1) = at(above), at(number)
            end = f"V {y1 - 8:.1f} Q {x0:.1f} {y1:.1f} {x0 + 8:.1f} {y1:.1f} H {x1:.1f}" if x1 > x0 else f"V {y1:.1f}"
            parts.append(f'<path class="line series-{series}" d="M {x0:.1f} {y0:.1f} {end}"/>')
    for number, (name, _, _, series, filled, tip) in enumerate(rows):
        x, y = at(number)
        kind = "dot" if filled else "ring"
        parts.append(f'<circle class="{kind} series-{series}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
        parts.append(_text("name", x + 11, y + 4, "start", name if len(name) <= 34 else name[:33] + "…"))
        box = f'x="0" y="{y - step / 2:.1f}" width="{WIDTH}" height="{step}"'
        parts.append(f'<rect class="hit" {box} data-tip="{escape(tip)}"/>')
    return _svg(2 * top + step * len(rows), "Lineage: who was made from whom", parts)


def interval_chart(rows: Sequence[tuple[str, float, float, float]], unit: str) -> str:
    """A dot with its interval for each row (name, middle, low, high); the scale is linear."""
    left, right, top, step = 132, 16, 6, 26
    height = top + step * len(rows) + 38
    ends = [v for _, middle, low, high in rows for v in (middle, low, high) if math.isfinite(v)]
    ticks = _nice(min(ends), max(ends))
    low_end, high_end = min(ticks[0], min(ends)), max(ticks[-1], max(ends))

    def x(v: float) -> float:
        return left + (v - low_end) / (high_end - low_end) * (WIDTH - left - right)

    parts, floor = [], height - 38
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top}" y2="{floor}"/>')
        parts.append(f'<text class="tick" x="{x(tick):.1f}" y="{floor + 16}" text-anchor="middle">{tick:g}</text>')
    parts.append(
        f'<text class="label" x="{(left + WIDTH - right) / 2}" y="{height - 4}" text-anchor="middle">{unit}</text>'
    )
    for number, (name, middle, low, high) in enumerate(rows):
        at = top + step * (number + 0.5)
        shown = name if len(name) <= 20 else name[:19] + "…"
        parts.append(_text("name", left - 10, at + 4, "end", shown))
        tip = f"{name}: {middle:.3f}"
        if math.isfinite(low):
            parts.append(f'<line class="whisker" x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{at:.1f}" y2="{at:.1f}"/>')
            tip += f" (90 %: {low:.3f} to {high:.3f})"
        parts.append(f'<circle class="mark" cx="{x(middle):.1f}" cy="{at:.1f}" r="4.5"/>')
        box = f'x="0" y="{at - step / 2:.1f}" width="{WIDTH}" height="{step}"'
        parts.append(f'<rect class="hit" {box} data-tip="{escape(tip)}"/>')
    return _svg(height, f"{unit}, with intervals", parts)


def _text(kind: str, x: float, y: float, anchor: str, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: float, title: str, parts: Iterable[str]) -> str:
    body = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}">{body}</svg>'


def _decades(values: Iterable[float]) -> tuple[int, int]:
    logs = [math.log10(v) for v in values]
    low, high = math.floor(min(logs) + 1e-9), math.ceil(max(logs) - 1e-9)
    return low, max(high, low + 1)


def _power(k: int) -> str:
    return {0: "1", 1: "10", 2: "100"}.get(k) or "10" + str(k).translate(SUPERSCRIPT)


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)


def _short(value: float) -> str:
    """A count in few characters: 1200000 is 1.2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _nice(low: float, high: float) -> list[float]:
    """Four to eight round numbers that cover low … high."""
    span = (high - low) or max(abs(high), 1.0)
    unit = 10.0 ** math.floor(math.log10(span / 4))
    step = next(unit * k for k in (1, 2, 5, 10) if span / (unit * k) <= 6)
    return [round(k * step, 12) for k in range(math.floor(low / step), math.ceil(high / step) + 1)]
