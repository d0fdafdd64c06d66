"""Figures by matplotlib; the path's ending (.png, .svg, .pdf) decides the format."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .summary import Summary, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..population.league import League
    from ..population.payoffs import Payoffs
    from ..solvers import Record

RED, BLUE = "#b8502e", "#2f5fb3"


def gap_curve(histories: Mapping[str, Sequence[Record]], path: str | Path, by: str = "iteration") -> Path:
    """NashConv over iterations or seconds, both axes logarithmic, a line for each history.

    Raises:
        ValueError: no history, or `by` is neither "iteration" nor "seconds".
    """
    if by not in ("iteration", "seconds"):
        raise ValueError(f"by must be 'iteration' or 'seconds', got {by!r}")
    if not histories or not all(len(h) for h in histories.values()):
        raise ValueError("a gap curve needs at least one history with a point")
    with _figure(path, (6.4, 4.0)) as axes:
        for name, history in histories.items():
            axes.loglog([getattr(r, by) for r in history], [r.nash_conv for r in history], label=name, linewidth=1.8)
        axes.set_xlabel("iterations" if by == "iteration" else "seconds")
        axes.set_ylabel("NashConv")
        axes.grid(True, alpha=0.3)
        axes.legend(frameon=False)
    return Path(path)


def leaderboard_figure(league: League | Summary, path: str | Path, model: str = "plackett_luce") -> Path:
    """Ratings with their 90 % intervals, best on top."""
    summary = league if isinstance(league, Summary) else summarise(league, model)
    rows = summary.rows[::-1]
    with _figure(path, (6.4, 1.2 + 0.32 * len(rows))) as axes:
        places, mu = np.arange(len(rows)), np.array([row.mu for row in rows])
        axes.hlines(places, [row.low for row in rows], [row.high for row in rows], color=BLUE, alpha=0.45, linewidth=3)
        axes.plot(mu, places, "o", color=BLUE)
        axes.set_yticks(places, [row.player for row in rows])
        axes.set_xlabel(f"rating ({summary.model})")
        axes.grid(True, axis="x", alpha=0.3)
    return Path(path)


def payoff_figure(payoffs: Payoffs, path: str | Path) -> Path:
    """Mean returns of rows against columns as a heat map."""
    n = len(payoffs.names)
    size = 1.8 + 0.55 * n
    with _figure(path, (size + 0.8, size)) as axes:
        known = np.ma.masked_invalid(payoffs.mean)
        limit = float(np.abs(known).max()) if known.count() else 1.0
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list("payoff", [RED, "#ffffff", "#1f7a5c"])
        picture = axes.imshow(known, cmap=colours, vmin=-limit or -1.0, vmax=limit or 1.0)
        axes.set_xticks(range(n), payoffs.names, rotation=60, ha="right")
        axes.set_yticks(range(n), payoffs.names)
        if n <= 20:
            for i, j in np.argwhere(~known.mask if np.ma.is_masked(known) else np.ones((n, n), bool)):
                axes.text(j, i, f"{known[i, j]:.2f}", ha="center", va="center", fontsize=8)
        axes.figure.colorbar(picture, ax=axes, label="mean return of the row", shrink=0.8)
    return Path(path)


@contextmanager
def _figure(path: str | Path, size: tuple[float, float]) -> Iterator[Axes]:
    """Axes of a figure that is written when all went well, whole or not at all; no window and no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    figure = Figure(figsize=size, layout="constrained")
    form, known = path.suffix[1:].lower(), FigureCanvasAgg(figure).get_supported_filetypes()
    if form not in known:
        raise ValueError(f"{path}: a figure is written as {', '.join(sorted(known))}, not {form or 'nothing'!r}")
    axes: Any = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    yield axes
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        figure.savefig(temporary, format=form, dpi=160)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
