"""Matching pennies with all neighbours at once: a zero-sum game on a network, solved by one linear program
(Cai, Candogan, Daskalakis & Papadimitriou 2016)."""

from __future__ import annotations

import networkx as nx
import numpy as np

from ludus import solvers
from ludus.report.structured_figures import network_figure

if __name__ == "__main__":
    rng = np.random.default_rng(3)
    graph = nx.petersen_graph()
    for u, v in graph.edges:
        table = np.diag(rng.uniform(0.5, 2.0, 2)) - rng.uniform(0.0, 1.0, (2, 2))
        graph.edges[u, v]["payoffs"] = (table, -table.T)
    game = solvers.polymatrix_game(graph)
    print("payoffs add up to", game.constant_sum)
    profile = solvers.zero_sum_polymatrix(game)
    print("regret", profile.regret, "payoffs", profile.payoffs.round(3))
    for node, x in zip(game.names, profile):
        graph.nodes[node]["value"] = float(x[0])
    places = nx.shell_layout(graph, [range(5, 10), range(5)], rotate=0.0)
    print(network_figure({"shade: probability of the first action": graph}, "network_game.png", places))
