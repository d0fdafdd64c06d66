"""Agents of leagues beside the batch-first ones: tabular policies, agents that see the `State`, people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..games.agent import Agent
from ..games.game import Game
from ..games.policy import Policy
from ..games.rules import CHANCE
from ..games.state import State, key_text
from ..games.tree import GameTree


class StateAgent(Agent):
    """An agent that sees the readable `State` in place of an observation; it must look only at what its player knows.

    Either a subclass overrides `choose`, or a function (state, player, rng) -> action is given.
    """

    def __init__(self, choose: Callable[[State, int, np.random.Generator], int] | None = None, name: str = ""):
        if choose is not None:
            self.choose = choose  # type: ignore[method-assign, assignment]
        self.name = name or getattr(choose, "__name__", "") or type(self).__name__

    def choose(self, state: State, player: int, rng: np.random.Generator) -> int:
        """One legal action of `player`, who is to move."""
        raise NotImplementedError(f"{type(self).__name__} must override choose(state, player, rng)")


class TabularAgent(StateAgent):
    """Plays a `Policy`, in every seat."""

    def __init__(self, policy: Policy, name: str = ""):
        super().__init__(name=name or "tabular")
        self.policy = policy

    def choose(self, state: State, player: int, rng: np.random.Generator) -> int:
        row = self.policy[player, key_text(state.info(player))]
        return int(rng.choice(list(row), p=np.array(list(row.values())) / sum(row.values())))


class Person(StateAgent):
    """Somebody at the terminal: shows what the player knows and asks for an action."""

    def __init__(self, name: str = "you", ask: Callable[[str], str] = input, tell: Callable[[str], Any] = print):
        super().__init__(name=name)
        self.ask, self.tell = ask, tell

    def choose(self, state: State, player: int, rng: np.random.Generator) -> int:
        legal = list(state.actions(player))
        names = [state.action_text(player, a) for a in legal]
        self.tell(f"\nYou are player {player}. What you know: {state.info(player)}")
        self.tell("  ".join(f"[{a}] {name}" for a, name in zip(legal, names)))
        while True:
            answer = self.ask("Your move: ").strip()
            if answer in names:
                return int(legal[names.index(answer)])
            if answer.isdigit() and int(answer) in legal:
                return int(answer)
            self.tell(f"Please answer one of {', '.join(map(str, legal))} or {', '.join(names)}.")


def take(memory: Any, rows: np.ndarray) -> Any:
    """The memory of some episodes: `rows` of every array in nested tuples, lists and dicts."""
    if memory is None:
        return None
    if isinstance(memory, dict):
        return {key: take(part, rows) for key, part in memory.items()}
    if isinstance(memory, (tuple, list)):
        return type(memory)(take(part, rows) for part in memory)
    return memory[rows]


def put(memory: Any, rows: np.ndarray, new: Any) -> Any:
    """Writes the memory of some episodes back, in place where it can be; -> the memory of all."""
    if memory is None:
        return None
    if isinstance(memory, dict):
        return {key: put(part, rows, new[key]) for key, part in memory.items()}
    if isinstance(memory, (tuple, list)):
        return type(memory)(put(part, rows, after) for part, after in zip(memory, new))
    memory[rows] = new
    return memory


def seated(agent: Agent, player: int) -> Agent:
    """The agent for a seat: one that plays each seat differently is told which by its method `at`."""
    return agent.at(player) if hasattr(agent, "at") else agent


def tabulates(agent: Agent) -> bool:
    """Whether the agent can be made a table: it holds a policy, or tells its probabilities."""
    return isinstance(agent, TabularAgent) or type(agent).probabilities is not Agent.probabilities


def tabulate(game: Game | GameTree, agent: Agent) -> Policy:
    """Any agent that tells its probabilities, as a `Policy`: it is asked once at every information set.

    Memory is carried along each player's own decisions, which in a game of perfect recall is all an agent can remember.

    Raises:
        NotImplementedError: the agent does not tell its probabilities.
        ValueError: its rows are not distributions over the legal actions, or it holds the policy of another game.
    """
    from ..games.policy import require_same_game

    if isinstance(game, GameTree):
        raise TypeError("tabulate needs the game itself (its states are observed), got a GameTree")
    tree = game.tree()
    if isinstance(agent, TabularAgent):
        require_same_game(tree, agent.policy.tree)
        return agent.policy
    states, players = infoset_states(game), tree.infoset_player
    obs = np.stack([np.reshape(s.observe(p), -1) for s, p in zip(states, players.tolist())]).astype(np.float32)
    legal = np.zeros((tree.num_infosets, game.num_actions), bool)
    inner = tree.sequence_infoset >= 0
    legal[tree.sequence_infoset[inner], tree.sequence_action[inner]] = True
    weights = np.ones(tree.num_sequences)
    above = tree.sequence_infoset[tree.infoset_parent]  # the own decision before, -1 at a player's first
    position = np.zeros(tree.num_infosets, np.int64)
    for player in range(tree.num_players):
        bound = seated(agent, player)
        rows = np.flatnonzero((above < 0) & (players == player))
        memory = bound.start(len(rows))
        while rows.size:
            p, memory = bound.probabilities(obs[rows], legal[rows], memory)
            p = np.asarray(p, np.float64)
            if p.shape != (len(rows), game.num_actions) or not np.isfinite(p).all() or (p[~legal[rows]] > 1e-9).any():
                raise ValueError(
                    f"{agent.name or type(agent).__name__}: probabilities must be finite, of shape "
                    f"({len(rows)}, {game.num_actions}), and zero at illegal actions; got shape {p.shape}"
                )
            position[rows] = np.arange(len(rows))
            at = np.flatnonzero(np.isin(tree.sequence_infoset, rows))
            weights[at] = p[position[tree.sequence_infoset[at]], tree.sequence_action[at]]
            below = np.flatnonzero(np.isin(above, rows))
            memory, rows = take(memory, position[above[below]]), below
    return Policy(tree, weights)


def infoset_states(game: Game) -> list[State]:
    """A state of every information set of the game's tree, in their order."""
    tree = game.tree()
    inside = np.flatnonzero(tree.node_count > 0)
    counts = tree.node_count[inside].astype(np.int64)
    children = np.repeat(tree.node_first[inside] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
    parent = np.full(tree.num_histories, -1, np.int64)
    parent[children] = np.repeat(inside, counts)
    # A node's state, and the choices already made by those who move at the same time.
    known: dict[int, tuple[State, tuple[int, ...]]] = {0: (game.root(), ())}

    def at(node: int) -> tuple[State, tuple[int, ...]]:
        path = []
        while node not in known:
            path.append(node)
            node = int(parent[node])
        for child in reversed(path):
            state, chosen = known[node]
            label, movers = int(tree.node_label[child]), state.to_move()
            joint = (*chosen, label)
            if movers == (CHANCE,) or len(movers) == 1:
                known[child] = state.apply(label), ()
            elif len(joint) == len(movers):
                known[child] = state.apply(joint), ()
            else:
                known[child] = state, joint
            node = child
        return known[node]

    return [at(node)[0] for node in tree.infoset_node.tolist()]
