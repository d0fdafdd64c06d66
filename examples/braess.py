"""A new road makes everybody slower (Braess 1968): selfish routing is a congestion game, whose potential is not what
all pay together.
"""

from __future__ import annotations

import networkx as nx

from ludus import solvers
from ludus.report.structured_figures import network_figure

PLACES = {"home": (0, 0), "north": (1, 0.7), "south": (1, -0.7), "work": (2, 0)}
DRIVERS = 20


def roads(shortcut: bool) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_edge("home", "north", cost=lambda n: n / 20)
    graph.add_edge("home", "south", cost=lambda n: 1.0)
    graph.add_edge("north", "work", cost=lambda n: 1.0)
    graph.add_edge("south", "work", cost=lambda n: n / 20)
    if shortcut:
        graph.add_edge("north", "south", cost=lambda n: 0.0)
    return graph


if __name__ == "__main__":
    pictures = {}
    for shortcut in (False, True):
        graph = roads(shortcut)
        game, paths = solvers.routing_game(graph, [("home", "work")] * DRIVERS)
        profile = game.equilibrium()
        total = game.player_costs(profile).sum()
        title = f"{'with' if shortcut else 'without'} the shortcut: {total:.3g} hours"
        print(title, "- best possible", round(game.social_optimum()[1], 3), "- routes", len(paths[0]))
        for edge, load in zip(game.resources, game.loads(profile)):
            graph.edges[edge].update(label=int(load), weight=load / DRIVERS)
        pictures[title] = graph
    small, _ = solvers.routing_game(roads(True), [("home", "work")] * 4)
    print("four drivers: an exact potential?", solvers.exact_potential(small.matrix_game()) is not None)
    print(network_figure(pictures, "braess.png", PLACES))
