"""Pictures of structured games: networks, folk regions, divisions among players, bids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import _figure
from .matrix_figures import INK, SHADES

if TYPE_CHECKING:
    import networkx as nx

    from ..solvers import FolkRegion

RED = "#b23a48"


def folk_figure(region: FolkRegion, path: str | Path, points: Mapping[str, Sequence[float]] | None = None) -> Path:
    """What two patient players can reach: all feasible payoffs, those above the minmax payoffs, marked points."""
    from ..solvers.matrix.repeated import convex_hull

    feasible = convex_hull(region.payoffs.reshape(2, -1).T)
    with _figure(path, (6.0, 4.6)) as axes:
        axes.fill(*feasible.T, facecolor=SHADES[0], edgecolor=INK, linewidth=0.8, label="feasible")
        axes.fill(*region.vertices.T, facecolor=SHADES[1], edgecolor=INK, linewidth=0.8, label="above minmax")
        axes.plot(*region.least, "s", color=INK, ms=7, label="minmax")
        for marker, (label, point) in zip("oD^v", (points or {}).items()):
            axes.plot(*point, marker, color=RED, markeredgecolor="white", ms=9, label=label)
        axes.set_xlabel("first player's average payoff")
        axes.set_ylabel("second player's average payoff")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Path(path)


def divisions_figure(
    sizes: Sequence[float],
    divisions: Mapping[str, np.ndarray],
    path: str | Path,
    names: Sequence[str],
    size_label: str = "size",
) -> Path:
    """How rules divide what there is, over its size: a line for each player, a panel for each rule.

    Args:
        divisions: for each rule float64[len(sizes), n].
        names: the players'.
    """
    with _figure(path, (4.0 * len(divisions), 3.8)) as first:
        panels = [first]
        if len(divisions) > 1:
            figure: Any = first.figure
            first.remove()
            panels = list(figure.subplots(1, len(divisions), sharey=True))
        for axes, (rule, rows) in zip(panels, divisions.items()):
            for style, name, curve in zip(("-", "--", ":", "-."), names, np.asarray(rows).T):
                axes.plot(sizes, curve, style, color=INK, linewidth=1.8, label=name)
            axes.set_title(rule, size=11)
            axes.set_xlabel(size_label)
            axes.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("share")
        panels[-1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Path(path)


def bids_figure(values: np.ndarray, bids: np.ndarray, strategies: Mapping[str, np.ndarray], path: str | Path) -> Path:
    """Mean bids over values, and the range of bids that are made with a probability of at least 1 %.

    Args:
        values: float64[V].
        bids: float64[B].
        strategies: for each label float64[V, B].
    """
    with _figure(path, (6.4, 4.2)) as axes:
        for style, (label, mixed) in zip(("-", "--", ":", "-."), strategies.items()):
            used = np.asarray(mixed) >= 0.01
            low = bids[used.argmax(axis=1)]
            high = bids[len(bids) - 1 - used[:, ::-1].argmax(axis=1)]
            (line,) = axes.plot(values, mixed @ bids, style, linewidth=1.8, label=label)
            axes.fill_between(values, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
        axes.plot(values, values, color=SHADES[1], linewidth=0.8, label="the value itself")
        axes.set_xlabel("value")
        axes.set_ylabel("bid")
        axes.legend(frameon=False, loc="upper left")
    return Path(path)


def network_figure(
    graphs: Mapping[str, nx.Graph],
    path: str | Path,
    places: Mapping[Any, Sequence[float]] | None = None,
    edge_label: str = "label",
    node_value: str = "value",
) -> Path:
    """Graphs side by side: what edges carry as text and as width, what nodes carry as colour.

    Args:
        places: a point in the plane for each node; found by springs if None.
        edge_label: the attribute that is written beside an edge; where edges have a number ``weight``, it is their
            width.
        node_value: the attribute, from 0 to 1, that is a node's shade.
    """
    import networkx as nx

    with _figure(path, (4.4 * len(graphs), 3.6)) as first:
        figure: Any = first.figure
        first.remove()
        panels = np.ravel(figure.subplots(1, len(graphs)))
        for axes, (title, graph) in zip(panels, graphs.items()):
            where = dict(places) if places else nx.spring_layout(graph, seed=1)
            weights = [1.0 + 4.0 * data.get("weight", 0.0) for _, _, data in graph.edges(data=True)]
            shades = [graph.nodes[v].get(node_value, 0.0) for v in graph]
            nx.draw_networkx_nodes(
                graph,
                where,
                ax=axes,
                node_color=shades,
                cmap="Blues",
                vmin=-0.3,
                vmax=1.3,
                edgecolors=INK,
                node_size=800,
            )
            nx.draw_networkx_labels(graph, where, ax=axes, font_size=10)
            nx.draw_networkx_edges(graph, where, ax=axes, width=weights, edge_color=SHADES[2], node_size=800)
            labels = {(u, v): text for u, v, text in graph.edges(data=edge_label) if text is not None}
            nx.draw_networkx_edge_labels(graph, where, labels, ax=axes, font_size=9, font_color=RED, rotate=False)
            axes.set_title(title, size=11)
            axes.margins(0.15)
            axes.set_axis_off()
    return Path(path)
