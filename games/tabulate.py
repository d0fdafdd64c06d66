"""`tabulate`: any agent as a `Policy`, so that it can be evaluated, solved against and played exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .agent import Agent, StateAgent, TabularAgent, tabulates, take
from .game import Game
from .observations import decision_states, infoset_observations
from .policy import Policy, require_same_game
from .tree import GameTree

TOLERANCE = 1e-6


def tabulate(game: Game | str, agent: Agent | Sequence[Agent]) -> Policy:
    """The policy that an agent plays in every seat, or that several play, one in each seat.

    An agent that tells its `probabilities` is asked once at every information set, its memory carried along the
    player's own decisions: in a game of perfect recall that is all it can remember. A `StateAgent` is asked at every
    history; it must choose without chance, and alike wherever the player cannot tell the histories apart.

    Args:
        game: the game itself or its id, not only its tree: its observations are needed.
        agent: one agent for all players, or a sequence with one for each.

    Raises:
        ValueError: the game has no tree; the agent's rows are no distributions over legal actions; a `StateAgent`
            draws random numbers, or chooses by what its player does not know; a policy of another game.
        NotImplementedError: the agent does not tell its probabilities.
    """
    if isinstance(game, str):
        from .registry import make

        game = make(game)
    if not isinstance(game, Game):
        raise TypeError(f"tabulate needs the game itself (its states are observed), got {type(game).__name__}")
    if not isinstance(agent, Agent):
        return Policy.combine([tabulate(game, each) for each in agent])
    if isinstance(agent, TabularAgent):
        require_same_game(game.tree(), agent.policy.tree)
        return agent.policy
    return _asked(game, agent) if tabulates(agent) or not isinstance(agent, StateAgent) else _scripted(game, agent)


def legal_actions(tree: GameTree, num_actions: int) -> np.ndarray:
    """bool[I, A]: the legal actions of each information set."""
    legal = np.zeros((tree.num_infosets, num_actions), bool)
    inner = tree.sequence_infoset >= 0
    legal[tree.sequence_infoset[inner], tree.sequence_action[inner]] = True
    return legal


def _asked(game: Game, agent: Agent) -> Policy:
    tree = game.tree()
    obs, legal = infoset_observations(game), legal_actions(tree, game.num_actions)
    table = np.zeros(legal.shape)
    before = tree.sequence_infoset[tree.infoset_parent]  # the own decision before, -1 at a player's first
    position = np.zeros(tree.num_infosets, np.int64)  # of an information set in the batch that asked it
    asked = np.zeros(tree.num_infosets + 1, bool)  # one more, for the -1 of `before`
    for player in range(tree.num_players):
        seated = agent.at(player)
        rows = np.flatnonzero((before < 0) & (tree.infoset_player == player))
        memory = seated.start(len(rows))
        while rows.size:
            p, after = seated.probabilities(obs[rows], legal[rows], memory)
            table[rows] = _checked(agent, p, legal[rows])
            position[rows] = np.arange(len(rows))
            asked[:] = False
            asked[rows] = True
            rows = np.flatnonzero(asked[before])
            memory = take(after, position[before[rows]])
            memory = seated.remember(memory, tree.sequence_action[tree.infoset_parent[rows]])
    inner = tree.sequence_infoset >= 0
    probabilities = np.ones(tree.num_sequences)
    probabilities[inner] = table[tree.sequence_infoset[inner], tree.sequence_action[inner]]
    return Policy(tree, probabilities)


def _checked(agent: Agent, p: Any, legal: np.ndarray) -> np.ndarray:
    p = np.asarray(p, np.float64)
    who = agent.name or type(agent).__name__
    if p.shape != legal.shape:
        raise ValueError(f"{who}: probabilities must have shape {legal.shape} [batch, actions], got {p.shape}")
    if not np.isfinite(p).all() or (p < 0).any() or (np.abs(p.sum(axis=1) - 1.0) > TOLERANCE).any():
        raise ValueError(f"{who}: its probabilities must be finite, not negative, and sum to 1 in each row")
    if (p[~legal] > 0).any():
        raise ValueError(f"{who}: it gives a probability above zero to an action that is not legal")
    return p


class _NoRandom:
    """Stands in for a generator where an agent must not draw."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError(
            f"the agent draws random numbers (rng.{name}); only deterministic StateAgents can be tabulated"
        )


def _scripted(game: Game, agent: StateAgent) -> Policy:
    tree = game.tree()
    probabilities = np.zeros(tree.num_sequences)
    taken = np.full(tree.num_infosets, -1, np.int64)
    for node, state in decision_states(game):
        infoset, player = int(tree.node_index[node]), int(tree.node_player[node])
        action = int(agent.choose(state, player, _NoRandom()))  # type: ignore[arg-type]
        legal = tree.infoset_actions(infoset).tolist()
        if action not in legal:
            raise ValueError(f"{agent.name}: action {action} is not legal at {tree.keys[infoset]!r}; legal are {legal}")
        if taken[infoset] not in (-1, action):
            raise ValueError(
                f"{agent.name} chooses both {taken[infoset]} and {action} at {tree.keys[infoset]!r}: it looks at what "
                f"player {player} does not know"
            )
        taken[infoset] = action
        probabilities[tree.infoset_first[infoset] + legal.index(action)] = 1.0
    return Policy(tree, probabilities)
