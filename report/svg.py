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


def _nice(low: float, high: float) -> list[float]:
    """Four to eight round numbers that cover low … high."""
    span = (high - low) or max(abs(high), 1.0)
    unit = 10.0 ** math.floor(math.log10(span / 4))
    step = next(unit * k for k in (1, 2, 5, 10) if span / (unit * k) <= 6)
    return [round(k * step, 12) for k in range(math.floor(low / step), math.ceil(high / step) + 1)]
