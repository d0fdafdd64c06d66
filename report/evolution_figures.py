"""Pictures of evolution: flows on the simplex and the square, paths, rest points, long runs of finite populations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import _figure
from .matrix_figures import INK, SHADES

if TYPE_CHECKING:
    from ..solvers import Stationary, Trajectory

RED = "#b23a48"
HEIGHT = float(np.sqrt(3.0) / 2.0)
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, HEIGHT]])
"""Where the simplex's corners stand in the plane."""
FILLS = {"stable": INK, "neutral": SHADES[1], "saddle": "white", "unstable": "white"}


def phase_portrait(
    game: Any,
    path: str | Path,
    dynamics: str = "replicator",
    *,
    populations: int | None = None,
    trajectories: Sequence[Trajectory] = (),
    names: Sequence[str] | None = None,
    density: int = 17,
    **options: float,
) -> Path:
    """The flow of a dynamic: arrows, coloured by speed; paths; rest points of the replicator where it is the dynamic.

    One population of three actions is drawn on the simplex, of two as speed over the share of the first; two
    populations of two actions on the square of their first actions' shares. Full discs are stable rest points, pale
    ones neutral, empty ones saddles (with a cross) and unstable.

    Args:
        game: as for `ludus.solvers.evolve`.
        names: of the actions of one population; of two populations what the axes say.
        density: arrows along an edge.
        options: of the dynamics.

    Raises:
        ValueError: a game of another size, or dynamics without a field.
    """
    from ..solvers.matrix.evolution import field, population_game
    from ..solvers.matrix.rest_points import rest_points

    arena = population_game(game, populations)
    flow = field(game, dynamics, populations, **options)
    points = rest_points(game, populations) if dynamics in ("replicator", "imitation") else []
    draw = {(3,): _simplex_flow, (2, 2): _square_flow, (2,): _line_flow}.get(arena.counts)
    if draw is None:
        raise ValueError(
            f"a phase portrait shows one population of 2 or 3 actions, or two populations of 2 each, got {arena.counts}"
        )
    with _figure(path, (6.2, 4.0) if arena.counts == (2,) else (6.4, 5.4)) as axes:
        draw(axes, flow, density, names)
        for trajectory in trajectories:
            where = _place(trajectory.states)
            axes.plot(*where.T, color=RED, linewidth=1.4)
            axes.plot(*where[0], "o", color=RED, ms=4)
        for point in points:
            where = _place(tuple(x[None] for x in point.state))[0]
            axes.plot(*where, "o", ms=9, color=FILLS[point.kind], markeredgecolor=INK, zorder=4, clip_on=False)
            if point.kind == "saddle":
                axes.plot(*where, "x", ms=5, color=INK, zorder=5, clip_on=False)
    return Path(path)


def _place(states: Sequence[np.ndarray]) -> np.ndarray:
    """States float64[T, A_p] -> points in the plane, float64[T, 2]."""
    if len(states) == 2:
        return np.stack([states[0][:, 0], states[1][:, 0]], axis=1)
    if states[0].shape[1] == 2:
        return np.stack([states[0][:, 0], np.zeros(len(states[0]))], axis=1)
    return states[0] @ CORNERS


def _arrows(axes: Any, where: np.ndarray, rate: np.ndarray) -> None:
    """Arrows of one length, whose colour is the speed."""
    speed = np.linalg.norm(rate, axis=1)
    unit = rate / np.where(speed > 0.0, speed, 1.0)[:, None]
    drawn = axes.quiver(*where.T, *unit.T, speed, cmap="Blues", pivot="mid", scale=32, width=0.0045)
    most = float(speed.max()) or 1.0
    drawn.set_clim(-0.4 * most, most)  # the slowest are still seen
    axes.figure.colorbar(
        drawn,
        ax=axes,
        label="speed",
        shrink=0.7,
        boundaries=np.linspace(0.0, most, 65),
        ticks=[0.0, most],
        format="%.2g",
    )


def simplex_axes(axes: Any, names: Sequence[str] | None = None) -> None:
    """Draws the frame of the simplex of three actions."""
    axes.plot(*CORNERS[[0, 1, 2, 0]].T, color=INK, linewidth=1.0)
    shifts = ((-0.02, -0.05, "center"), (0.02, -0.05, "center"), (0.0, 0.03, "center"))
    for (x, y), (dx, dy, side), name in zip(CORNERS, shifts, names or ("1", "2", "3")):
        axes.text(x + dx, y + dy, name, ha=side, va="center" if dy < 0 else "bottom")
    axes.set_aspect("equal")
    axes.set_axis_off()


def _simplex_flow(axes: Any, flow: Any, density: int, names: Sequence[str] | None) -> None:
    grid = np.array([(i, j, density - i - j) for i in range(density + 1) for j in range(density + 1 - i)]) + 1.0 / 3.0
    grid /= grid.sum(axis=1, keepdims=True)
    rates = np.array([flow((x,))[0] for x in grid])
    simplex_axes(axes, names)
    _arrows(axes, grid @ CORNERS, rates @ CORNERS)


def _square_flow(axes: Any, flow: Any, density: int, names: Sequence[str] | None) -> None:
    ticks = (np.arange(density) + 0.5) / density
    grid = np.array([(x, y) for x in ticks for y in ticks])
    rates = np.array([[rate[0] for rate in flow((np.array([x, 1 - x]), np.array([y, 1 - y])))] for x, y in grid])
    _arrows(axes, grid, rates)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    first, second = names or ("share of the first action, population 1", "share of the first action, population 2")
    axes.set_xlabel(first)
    axes.set_ylabel(second)


def _line_flow(axes: Any, flow: Any, density: int, names: Sequence[str] | None) -> None:
    shares = np.linspace(0.0, 1.0, 20 * density + 1)
    speed = np.array([flow((np.array([x, 1.0 - x]),))[0][0] for x in shares])
    axes.plot(shares, speed, color=INK, linewidth=1.8)
    axes.axhline(0.0, color=SHADES[2], linewidth=0.8)
    inner = slice(density, None, 2 * density)
    ways = np.sign(speed[inner])
    axes.quiver(shares[inner], 0 * ways, ways, 0 * ways, color=INK, pivot="mid", scale=28, width=0.006)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel(f"share of {names[0]}" if names else "share of the first action")
    axes.set_ylabel("speed")


def shares_over_time(trajectory: Trajectory, path: str | Path, names: Sequence[Sequence[str]] | None = None) -> Path:
    """The shares of all actions along a path.

    Args:
        names: the actions' names for each population; numbers if None.
    """
    from ..solvers.matrix.evolution import FINITE

    with _figure(path, (7.0, 4.0)) as axes:
        styles = ("-", "--", ":", "-.")
        for p, rows in enumerate(trajectory.states):
            for a, curve in enumerate(rows.T):
                label = names[p][a] if names else f"action {a}"
                label = f"population {p + 1}: {label}" if len(trajectory.states) > 1 else label
                axes.plot(trajectory.times, curve, styles[p % 4], label=label)
        axes.set_ylim(0.0, 1.0)
        axes.set_xlim(trajectory.times[0], trajectory.times[-1])
        axes.set_xlabel("steps" if trajectory.dynamics in FINITE else "time")
        axes.set_ylabel("share")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Path(path)


def long_run(stationary: Stationary, path: str | Path, names: Sequence[str] | None = None) -> Path:
    """The stationary distribution of a finite population: bars for two strategies; for three the
    simplex, with colours by orders of magnitude.

    Raises:
        ValueError: another number of strategies.
    """
    from matplotlib.colors import LogNorm

    kinds = stationary.states.shape[1]
    if kinds not in (2, 3):
        raise ValueError(f"long_run draws 2 or 3 strategies, got {kinds}")
    with _figure(path, (6.4, 5.0 if kinds == 3 else 3.8)) as axes:
        if kinds == 2:
            axes.bar(stationary.states[:, 0], stationary.probabilities, color=SHADES[2], width=0.9)
            axes.set_xlabel(f"individuals that play {names[0] if names else 'the first strategy'}")
            axes.set_ylabel("share of time")
        else:
            simplex_axes(axes, names)
            size = stationary.states[0].sum()
            where = stationary.states / size @ CORNERS
            area = (290.0 / size) ** 2 / 2.0
            most = float(stationary.probabilities.max())
            norm = LogNorm(max(float(stationary.probabilities.min()), most * 1e-6), most)
            drawn = axes.scatter(
                where[:, 0],
                where[:, 1],
                c=stationary.probabilities,
                s=area,
                cmap="Blues",
                norm=norm,
                marker="h",
                linewidths=0,
            )
            axes.figure.colorbar(drawn, ax=axes, label="share of time", shrink=0.7)
    return Path(path)
