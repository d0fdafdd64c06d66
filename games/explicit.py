"""Games written out as a tree, node by node: what files hold and what generators draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .rules import CHANCE, TERMINAL, Rules, Setup, rule

END = -2


class ExplicitTree(NamedTuple):
    """A tree of N nodes for P players. Node 0 is the root, and a node's children are neighbours."""

    player: np.ndarray
    """int64[N]: who moves, `CHANCE` (-1), or `END` (-2)."""
    infoset: np.ndarray
    """int64[N]: number of the information set among its player's, 0, 1, …; anything at chance and at the end."""
    parent: np.ndarray
    """int64[N]; -1 at the root."""
    first: np.ndarray
    """int64[N]: the first child."""
    width: np.ndarray
    """int64[N]: number of children; action (or outcome) k leads to child ``first + k``."""
    probability: np.ndarray
    """float64[N]: of the edge that leads here, after chance."""
    payoff: np.ndarray
    """float64[N, P]: each player's return so far."""
    names: tuple[tuple[str, ...], ...]
    """The names of each player's information sets."""


# params: [players, nodes, bits of an information set's number, most actions], then the fields of `ExplicitTree` one
# after the other, N words each; payoffs and probabilities are floats. state: [node]
NODES, HEADER = 1, 4
PLAYER, INFOSET, PARENT, FIRST, WIDTH, PROBABILITY, PAYOFF = range(7)


@rule
def at(params, block, node):
    return params[HEADER + block * params[NODES] + node]


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    player = at(params, PLAYER, state[0])
    if player >= 0:
        return 1 << player
    return CHANCE if player == -1 else TERMINAL


@rule
def legal(params, state, player, out):
    count = at(params, WIDTH, state[0])
    for k in range(count):
        out[k] = k
    return count


@rule
def chance(params, state, outcomes, probabilities):
    first, count = at(params, FIRST, state[0]), at(params, WIDTH, state[0])
    start = HEADER + PROBABILITY * params[NODES] + first
    weights = params[start : start + count].view(np.float64)
    for k in range(count):
        outcomes[k] = k
        probabilities[k] = weights[k]
    return count


@rule
def apply(params, state, actions):
    player = at(params, PLAYER, state[0])
    state[0] = at(params, FIRST, state[0]) + actions[max(player, 0)]


@rule
def returns(params, state, out):
    n = params[0]
    start = HEADER + PAYOFF * params[NODES] + n * state[0]
    payoffs = params[start : start + n].view(np.float64)
    for p in range(n):
        out[p] = payoffs[p]


@rule
def latest(params, state, player):
    """The player's latest decision node (-1: none yet) and, if it is past, the action taken there (else -1)."""
    node, action = state[0], -1
    while at(params, PLAYER, node) != player:
        parent = at(params, PARENT, node)
        if parent < 0:
            return -1, -1
        action = node - at(params, FIRST, parent)
        node = parent
    return node, action


@rule
def info(params, state, player, out):
    node, out[1] = latest(params, state, player)
    out[0] = at(params, INFOSET, node) if node >= 0 else -1
    return 2


@rule
def observe(params, state, player, out):
    """One-hot player; the latest information set's number plus one in binary; the action taken there as one-hot."""
    n, bits = params[0], params[2]
    out[player] = 1.0
    node, action = latest(params, state, player)
    number = at(params, INFOSET, node) + 1 if node >= 0 else 0
    for b in range(bits):
        out[n + b] = number >> b & 1
    if action >= 0:
        out[n + bits + action] = 1.0


RULES = Rules.of(globals())


def explicit_setup(tree: ExplicitTree) -> Setup:
    """The setup of a tree's game. Facts (zero-sum, utility range) are read off its leaves."""
    nodes, players = tree.payoff.shape
    decision = tree.player >= 0
    actions = int(tree.width[decision].max(initial=1))
    bits = int(max((len(names) for names in tree.names), default=0)).bit_length()
    ends = tree.payoff[tree.player == END]
    scale = max(1.0, float(np.abs(ends).max()))
    blocks = [tree.player, tree.infoset, tree.parent, tree.first, tree.width]
    floats = [np.ascontiguousarray(a, np.float64).ravel().view(np.int64) for a in (tree.probability, tree.payoff)]
    names = tree.names

    def info_text(player: int, key: Sequence[int]) -> str:
        number, action = key
        if number < 0:
            return ""
        return names[player][number] if action < 0 else f"{names[player][number]}/{action}"

    return Setup(
        rules=RULES,
        params=np.concatenate([[players, nodes, bits, actions], *blocks, *floats]).astype(np.int64),
        state_size=1,
        num_players=players,
        num_actions=actions,
        max_outcomes=int(tree.width[tree.player == CHANCE].max(initial=0)),
        info_size=2,
        observation_size=players + bits + actions,
        min_utility=float(ends.min()),
        max_utility=float(ends.max()),
        zero_sum=bool(np.abs(ends.sum(axis=1)).max() <= 1e-12 * scale),
        info_text=info_text,
        render=lambda state: f"node {state[0]}",
    )
