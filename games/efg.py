"""Gambit's extensive form files (``.efg``): any tree game is written, and read back as a game."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .explicit import END, ExplicitTree, explicit_setup
from .gambit import Reader, distribution, plain, quoted, write
from .game import Game, RulesGame
from .rules import CHANCE


def save(game: Game, path: Path) -> None:
    """Writes a game's tree. Simultaneous moves stand one after the other; information sets are named by their keys.

    Raises:
        ValueError: the game has no tree (see `Game.tree`).
    """
    tree = game.tree()
    name = game.setup.action_text if isinstance(game, RulesGame) and game.setup.action_text else str
    actions = []
    for infoset in range(tree.num_infosets):
        numbers = tree.infoset_actions(infoset).tolist()
        names = [name(a) for a in numbers]
        distinct = names if len(set(names)) == len(names) and all(names) else map(str, numbers)
        actions.append("{ " + " ".join(map(quoted, distinct)) + " }")
    players = " ".join(quoted(f"Player {p + 1}") for p in range(tree.num_players))
    lines = [f"EFG 2 R {quoted(game.title or game.id)} {{ {players} }}", quoted(game.id), ""]
    outcomes: dict[bytes, int] = {}
    chances = 0
    stack = [0]
    while stack:
        v = stack.pop()
        player, index = int(tree.node_player[v]), int(tree.node_index[v])
        first, count = int(tree.node_first[v]), int(tree.node_count[v])
        if player == END:
            row = tree.leaf_utility[index]
            number = outcomes.setdefault(row.tobytes(), len(outcomes) + 1)
            lines.append(f't "" {number} "" {{ {", ".join(map(plain, row.tolist()))} }}')
        elif player == CHANCE:
            chances += 1
            weights = distribution(tree.node_prob[first : first + count].tolist())
            labels = [quoted(str(a)) for a in tree.node_label[first : first + count].tolist()]
            branches = " ".join(f"{label} {weight}" for label, weight in zip(labels, weights))
            lines.append(f'c "" {chances} "" {{ {branches} }} 0')
        else:
            number = index - int(tree.infoset_start[player]) + 1
            lines.append(f'p "" {player + 1} {number} {quoted(tree.keys[index])} {actions[index]} 0')
        stack.extend(range(first + count - 1, first - 1, -1))
    write(path, lines)


@dataclass
class _Node:
    player: int
    infoset: int
    payoff: np.ndarray
    weights: list[float] = field(default_factory=list)
    children: list[int] = field(default_factory=list)


def load(path: Path) -> RulesGame:
    """Reads a game. An action is its position in its information set; payoffs at inner nodes add up along a history.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged or contradicts itself; the message names line and column.
    """
    reader = Reader(path)
    title, players = reader.header("EFG", "2")
    reader.comment()
    nodes, names = _nodes(reader, players)
    return RulesGame.of(explicit_setup(_tree(nodes, names)), id=path.name, title=title)


def _nodes(reader: Reader, players: int) -> tuple[list[_Node], list[list[str]]]:
    """All nodes in the file's order (a parent before its children), and the names of each player's information sets."""
    nodes: list[_Node] = []
    names: list[list[str]] = [[] for _ in range(players)]
    numbers: dict[tuple[int, int], int] = {}
    actions: dict[tuple[int, int], list[str]] = {}
    weights: dict[int, list[float]] = {}
    outcomes: dict[int, np.ndarray] = {0: np.zeros(players)}
    waiting: list[tuple[int, int]] = []  # (inner node, children still to come)
    while not nodes or waiting:
        kind = reader.word("a node (c, p or t)")
        if kind not in ("c", "p", "t"):
            reader.fail(f"a node begins with c, p or t, found {kind!r}", 1)
        reader.text("the node's name")
        node = _Node(END if kind == "t" else CHANCE, 0, outcomes[0])
        width = 0
        if kind != "t":
            if kind == "p":
                node.player = reader.whole("the player", 1, players) - 1
            number = reader.whole("the information set", 1)
            key = (node.player, number)
            label = reader.text("the information set's name") if reader.peek.startswith('"') else ""
            if reader.peek == "{":
                start = reader.next
                if kind == "p":
                    listed = reader.texts("the actions")
                else:
                    listed, node.weights = _chances(reader)
                    weights.setdefault(number, node.weights)
                if not listed:
                    reader.fail("an information set needs at least one action", 1)
                if actions.setdefault(key, listed) != listed or (kind == "c" and weights[number] != node.weights):
                    reader.fail(f"information set {number} has other actions here than before", reader.next - start)
            elif key not in actions:
                reader.fail(f"information set {number} is new here, so that its actions must stand in braces")
            width = len(actions[key])
            if kind == "c":
                node.weights = weights[number]
            else:
                if key not in numbers:
                    numbers[key] = len(names[node.player])
                    taken = names[node.player]
                    taken.append(label if label and label not in taken else f"{node.player}:{number}")
                node.infoset = numbers[key]
        node.payoff = _outcome(reader, players, outcomes)
        if waiting:
            parent, left = waiting.pop()
            nodes[parent].children.append(len(nodes))
            node.payoff = node.payoff + nodes[parent].payoff
            if left > 1:
                waiting.append((parent, left - 1))
        if width:
            waiting.append((len(nodes), width))
        nodes.append(node)
    reader.end()
    return nodes, names


def _chances(reader: Reader) -> tuple[list[str], list[float]]:
    """The outcomes of a chance node with their probabilities."""
    start = reader.next
    reader.expect("{", "the opening brace of the chance outcomes")
    labels, weights = [], []
    while reader.peek != "}":
        labels.append(reader.text("a chance outcome"))
        weights.append(reader.number("a probability"))
        if weights[-1] < 0:
            reader.fail("a probability must not be negative", 1)
    reader.next += 1
    if labels and not abs(sum(weights) - 1) < 1e-9:
        reader.fail(f"the probabilities sum to {sum(weights):.6g}, not to 1", reader.next - start)
    return labels, weights


def _outcome(reader: Reader, players: int, outcomes: dict[int, np.ndarray]) -> np.ndarray:
    """A node's outcome; its payoffs stand in braces at least where it appears first."""
    number = reader.whole("the outcome", 0)
    if reader.peek.startswith('"'):
        reader.text("the outcome's name")
    if reader.peek == "{":
        start = reader.next
        payoffs = np.array(reader.numbers("payoffs", players))
        if not np.array_equal(outcomes.setdefault(number, payoffs), payoffs):
            reader.fail(f"outcome {number} has other payoffs here than before", reader.next - start)
    elif number not in outcomes:
        reader.fail(f"outcome {number} is new here, so that its payoffs must stand in braces")
    return outcomes[number]


def _tree(nodes: list[_Node], names: list[list[str]]) -> ExplicitTree:
    """Renumbers the nodes so that children are neighbours; chance outcomes of probability zero are left out."""
    order, parent, first, width, probability = [0], [-1], [], [], [1.0]
    i = 0
    while i < len(order):
        node = nodes[order[i]]
        weights = node.weights if node.player == CHANCE else [1.0] * len(node.children)
        kept = [(child, w) for child, w in zip(node.children, weights) if w > 0]
        first.append(len(order) if kept else 0)
        width.append(len(kept))
        order.extend(child for child, _ in kept)
        probability.extend(w for _, w in kept)
        parent.extend([i] * len(kept))
        i += 1
    chosen = [nodes[v] for v in order]
    return ExplicitTree(
        player=np.array([n.player for n in chosen]),
        infoset=np.array([n.infoset for n in chosen]),
        parent=np.array(parent),
        first=np.array(first),
        width=np.array(width),
        probability=np.array(probability),
        payoff=np.array([n.payoff for n in chosen]),
        names=tuple(map(tuple, names)),
    )
