"""Pictures of structured games are written, one panel or several."""

from __future__ import annotations

import networkx as nx
import numpy as np

from ludus import solvers
from ludus.report import structured_figures as figures


def test_pictures_are_written(tmp_path):
    dilemma = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])
    graph = nx.DiGraph([("a", "b"), ("b", "c")])
    graph.edges["a", "b"].update(label=3, weight=0.5)
    rows = np.arange(6.0).reshape(3, 2)
    written = [
        figures.folk_figure(solvers.folk_region(dilemma), tmp_path / "folk.svg", {"cooperate": (3, 3)}),
        figures.divisions_figure([1, 2, 3], {"one": rows}, tmp_path / "one.svg", ["x", "y"]),
        figures.divisions_figure([1, 2, 3], {"one": rows, "two": rows}, tmp_path / "two.svg", ["x", "y"]),
        figures.bids_figure(np.arange(2.0), np.arange(3.0), {"first": np.eye(2, 3)}, tmp_path / "bids.svg"),
        figures.network_figure({"left": graph, "right": graph}, tmp_path / "graph.svg"),
    ]
    for file in written:
        assert file.read_text().startswith("<?xml")
