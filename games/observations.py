"""What players observe in a game's tree: its states node by node, and the observation of every information set."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .environment import EnvironmentGame
from .game import Game, RulesGame
from .state import State


def decision_states(game: Game) -> Iterator[tuple[int, State]]:
    """(node, state) of every decision node of the game's tree, by walking `State`s along it, depth first.

    Those who move at the same time have nodes one below the other, with the same state.
    """
    tree = game.tree()
    stack: list[tuple[int, State, tuple[int, ...]]] = [(0, game.root(), ())]
    while stack:
        node, state, chosen = stack.pop()
        if tree.node_player[node] >= 0:
            yield node, state
        movers = state.to_move()
        first = int(tree.node_first[node])
        for child in range(first, first + int(tree.node_count[node])):
            label = int(tree.node_label[child])
            if len(chosen) + 1 < len(movers):
                stack.append((child, state, (*chosen, label)))
            else:
                stack.append((child, state.apply((*chosen, label) if chosen else label), ()))


def infoset_observations(game: Game) -> np.ndarray:
    """float32[I, O]: the observation of the player to move at each information set of the game's tree.

    Raises:
        ValueError: the game has no tree (see `Game.tree`).
    """
    tree = game.tree()
    out = np.zeros((tree.num_infosets, game.observation_size), np.float32)
    if isinstance(game, RulesGame):
        from . import _observe

        setup = game.setup
        rules = setup.rules.compiled()
        _observe.observe_infosets(
            *(rules.init, rules.to_move, rules.apply, rules.observe, setup.params, setup.state_size),
            *(setup.num_players, tree.depth, tree.node_player, tree.node_index, tree.node_first, tree.node_count),
            *(tree.node_label, tree.infoset_node, out),
        )
    else:
        for node, state in decision_states(game):
            infoset = tree.node_index[node]
            if tree.infoset_node[infoset] == node:
                out[infoset] = np.reshape(state.observe(int(tree.node_player[node])), -1)
    return out


def observation_bounds(game: Game) -> tuple[float, float]:
    """The least and the greatest number an observation may hold, as the game declares; unbounded where it does not."""
    if isinstance(game, (RulesGame, EnvironmentGame)):
        return game.setup.observation_bounds
    root = game.root()
    if type(root).observe is State.observe:
        return 0.0, 1.0
    return getattr(root, "observation_bounds", (-np.inf, np.inf))
