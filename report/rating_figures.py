"""Figures of ratings: leaderboards with intervals, ratings over time, win probabilities, calibration, learning curves.

Every function draws on the ``axes`` it is given, or on a new figure, and returns the axes. matplotlib is imported
on use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ratings import Evaluation, History, Leaderboard


def _axes(axes: Any, width: float = 7.0, height: float = 4.5) -> Any:
    if axes is not None:
        return axes
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("figures need matplotlib: pip install 'ludus[plots]'") from None
    return Figure(figsize=(width, height), layout="constrained").subplots()


def save(axes: Any, path: Any) -> None:
    """Write the figure of ``axes`` to .png, .svg or .pdf."""
    axes.figure.savefig(path, dpi=150)


def leaderboard(board: Leaderboard, top: int = 20, axes: Any = None) -> Any:
    """The best ``top`` players as points with 90 % intervals, best on top."""
    shown = min(top, len(board))
    axes = _axes(axes, height=1.0 + 0.28 * shown)
    place = np.arange(shown)[::-1]
    half = np.nan_to_num(board.interval[:shown, 1] - board.mu[:shown])
    axes.errorbar(board.mu[:shown], place, xerr=half, fmt="o", capsize=3)
    axes.set_yticks(place, [f"{board.rank[i]}. {board.players[i]}" for i in range(shown)])
    axes.set_xlabel(f"rating ({board.model.name}), 90 % interval")
    axes.grid(axis="x", alpha=0.3)
    return axes


def history(curves: History, names: Sequence[str], players: Sequence[str], level: float = 0.9, axes: Any = None) -> Any:
    """Ratings of ``players`` over time with bands; ``names`` are those of the log."""
    from statistics import NormalDist

    axes = _axes(axes)
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    index = {name: i for i, name in enumerate(names)}
    for name in players:
        if name not in index:
            raise ValueError(f"no player {name!r} in the log")
        own = curves.of(index[name])
        (line,) = axes.plot(own.time, own.mu, label=name)
        axes.fill_between(own.time, own.mu - z * own.sigma, own.mu + z * own.sigma, color=line.get_color(), alpha=0.2)
    axes.set_xlabel("time")
    axes.set_ylabel(f"rating, {level:.0%} band")
    axes.legend()
    return axes


def win_matrix(board: Leaderboard, top: int = 12, axes: Any = None) -> Any:
    """Probability of the row to beat the column, for the best ``top`` players."""
    shown = board.players[: min(top, len(board))]
    chance = np.full((len(shown), len(shown)), 0.5)
    for i, a in enumerate(shown):
        for j in range(i + 1, len(shown)):
            chance[i, j] = board.predict([[a], [shown[j]]])[0]
            chance[j, i] = 1.0 - chance[i, j]
    axes = _axes(axes, 1.5 + 0.45 * len(shown), 1.2 + 0.45 * len(shown))
    image = axes.imshow(chance, cmap="RdBu", vmin=0.0, vmax=1.0)
    for (i, j), p in np.ndenumerate(chance):
        if i != j:
            axes.text(
                j,
                i,
                f"{100 * p:.0f}",
                ha="center",
                va="center",
                fontsize=8,
                color="black" if 0.2 < p < 0.8 else "white",
            )
    axes.set_xticks(range(len(shown)), shown, rotation=60, ha="right")
    axes.set_yticks(range(len(shown)), shown)
    axes.figure.colorbar(image, ax=axes, label="P(row beats column)")
    return axes


def calibration(evaluations: Sequence[Evaluation], axes: Any = None) -> Any:
    """Foretold probability against how often it came true, one line a model; the diagonal is perfect."""
    axes = _axes(axes, 5.0, 5.0)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    for e in evaluations:
        kept = e.reliability.number > 0
        axes.plot(
            e.reliability.forecast[kept],
            e.reliability.observed[kept],
            marker="o",
            label=f"{e.model} (ECE {e.calibration_error:.3f})",
        )
    axes.set_xlabel("foretold probability")
    axes.set_ylabel("observed frequency")
    axes.legend()
    return axes


def learning(evaluations: Sequence[Evaluation], axes: Any = None) -> Any:
    """Mean log-loss of successive fiftieths of the matches, one line a model."""
    axes = _axes(axes)
    for e in evaluations:
        axes.plot(
            (np.arange(len(e.curve)) + 0.5) / len(e.curve) * e.matches, e.curve, label=f"{e.model} ({e.log_loss:.4f})"
        )
    axes.set_xlabel("matches")
    axes.set_ylabel("log-loss")
    axes.legend()
    return axes
