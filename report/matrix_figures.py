"""Pictures of matrix games: payoffs that equilibria reach, quantal response curves, commitment, refinements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..solvers.matrix.repeated import convex_hull
from .figures import _figure

if TYPE_CHECKING:
    from ..solvers import Branch, Commitment

INK = "#1b4965"
SHADES = ("#e6ebef", "#a9c6dd", "#4f86ae")


def payoff_regions(
    payoffs: np.ndarray,
    regions: Mapping[str, np.ndarray],
    points: Mapping[str, Sequence[Sequence[float]]],
    path: str | Path,
) -> Path:
    """What two players can get: convex regions, the largest first, and marked points.

    Args:
        payoffs: float64[2, A, B]: the region of all play is drawn behind the others.
        regions: for each label joint distributions float64[K, A, B], for instance `correlated_vertices`.
        points: for each label pairs of payoffs.
        path: .png, .svg or .pdf.
    """
    flat = payoffs.reshape(2, -1)
    shapes = {"all play": flat.T, **{k: v.reshape(len(v), -1) @ flat.T for k, v in regions.items()}}
    with _figure(path, (6.0, 5.0)) as axes:
        for shade, (label, corners) in zip(SHADES, shapes.items()):
            hull = convex_hull(corners)
            axes.fill(*hull.T, facecolor=shade, edgecolor=INK, linewidth=0.8, label=label)
        for marker, (label, pairs) in zip("osD^v", points.items()):
            axes.plot(*np.array(pairs, float).T, marker, color="#b23a48", markeredgecolor="white", ms=9, label=label)
        axes.set_xlabel("first player's payoff")
        axes.set_ylabel("second player's payoff")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Path(path)


def quantal_curve(
    branch: Branch, path: str | Path, names: Sequence[Sequence[str]] | None = None, fitted: float | None = None
) -> Path:
    """Probabilities of all actions along a branch of quantal response equilibria, over precision.

    Args:
        names: the actions' names for each player; numbers if None.
        fitted: a precision to mark.
    """
    with _figure(path, (7.0, 4.2)) as axes:
        styles = ("-", "--", ":", "-.")
        for p, rows in enumerate(branch.probabilities):
            for a, curve in enumerate(rows.T):
                label = f"player {p + 1}: {names[p][a] if names else a}"
                axes.plot(branch.lam, curve, styles[p % 4], label=label)
        if fitted is not None:
            axes.axvline(fitted, color="#b23a48", linewidth=1.0, label=f"fitted: {fitted:.3g}")
        positive = branch.lam[branch.lam > 0.0]
        axes.set_xscale("symlog", linthresh=float(max(positive.min(initial=1.0), 0.01)))
        axes.set_xlim(0.0, branch.lam.max())
        axes.set_ylim(0.0, 1.0)
        axes.set_xlabel("precision λ")
        axes.set_ylabel("probability")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Path(path)


def commitment_curve(
    payoffs: np.ndarray, commitment: Commitment, path: str | Path, names: Sequence[str] | None = None
) -> Path:
    """What a leader with two actions gets, as row player, for each probability of the first one.

    Args:
        payoffs: float64[2, 2, B].
        names: the follower's actions.
    """
    grid = np.linspace(0.0, 1.0, 2001)
    mixed = np.stack([grid, 1.0 - grid], axis=1)
    replies = (mixed @ payoffs[1]).argmax(axis=1)
    worth = mixed @ payoffs[0]
    with _figure(path, (7.0, 4.2)) as axes:
        for b in range(payoffs.shape[2]):
            name = names[b] if names else str(b)
            axes.plot(grid, worth[:, b], color=SHADES[1], linewidth=0.8)
            chosen = replies == b
            if chosen.any():
                shown = np.where(chosen, worth[:, b], np.nan)
                axes.plot(grid, shown, linewidth=2.5, label=f"follower answers {name}")
        x, y = commitment.strategy[0], commitment.value
        axes.plot([x], [y], "D", color="#b23a48", markeredgecolor="white", ms=9, label=f"commitment: {y:.3g}")
        axes.set_xlabel("probability of the leader's first action")
        axes.set_ylabel("leader's payoff")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Path(path)


def refinement_table(
    payoffs: np.ndarray, marks: Mapping[tuple[int, int], str], path: str | Path, names: Sequence[Sequence[str]]
) -> Path:
    """A two-player game as a table; cells with a mark are coloured and carry it.

    Args:
        payoffs: float64[2, A, B].
        marks: for pairs of actions a text, for instance "perfect".
        names: the rows' and the columns' names.
    """
    rows, columns = payoffs.shape[1:]
    kinds = list(dict.fromkeys(marks.values()))
    with _figure(path, (1.6 * columns + 1.2, 1.1 * rows + 0.8)) as axes:
        _cells(axes, payoffs, marks, kinds)
        axes.set_xlim(0, columns)
        axes.set_ylim(rows, 0)
        axes.set_xticks(np.arange(columns) + 0.5, names[1])
        axes.set_yticks(np.arange(rows) + 0.5, names[0])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return Path(path)


def _cells(axes: Any, payoffs: np.ndarray, marks: Mapping[tuple[int, int], str], kinds: Sequence[str]) -> None:
    from matplotlib.patches import Rectangle

    for i, j in np.ndindex(*payoffs.shape[1:]):
        mark = marks.get((i, j), "")
        shade = SHADES[1] if mark == kinds[0] else SHADES[0] if mark else "white"
        axes.add_patch(Rectangle((j, i), 1, 1, facecolor=shade, edgecolor=INK, linewidth=0.8))
        axes.text(j + 0.5, i + 0.42, f"{payoffs[0, i, j]:g}, {payoffs[1, i, j]:g}", ha="center", va="center", size=12)
        axes.text(j + 0.5, i + 0.76, mark, ha="center", va="center", size=8, color="#b23a48")
