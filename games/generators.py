"""Random games for tests and experiments: trees of perfect recall, payoff tensors, and named families of matrix games
(`generate`, `families`) in the manner of GAMUT."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .explicit import END, ExplicitTree
from .families import Family, families, generate
from .rules import CHANCE

__all__ = ["Family", "families", "generate", "random_tensor", "random_tree"]

MAX_NODES = 1_000_000


def random_tree(
    seed: int | np.random.Generator,
    players: int = 2,
    depth: int = 5,
    actions: int = 3,
    chance: float = 0.2,
    merge: float = 0.5,
    stop: float = 0.1,
    zero_sum: bool = True,
) -> ExplicitTree:
    """A random tree without any symmetry; utilities are uniform on [-1, 1] (for the last player, minus the others'
    sum, if `zero_sum`).

    Args:
        depth: edges on the longest history.
        actions: the most actions or chance outcomes of a node (at least two).
        chance: the probability that an inner node is a chance node.
        merge: the probability that a decision node joins an information set that its player cannot tell apart from it
            by own past moves; 0 gives perfect information. Recall is perfect in any case.
        stop: the probability that a node below the root ends the game early.
    """
    rng = np.random.default_rng(seed)
    player, infoset, parent, first, width = [0], [0], [-1], [0], [0]
    probability, level = [1.0], [0]
    last = [(-1,) * players]  # own last sequences, numbered over all players
    sets: dict[
        tuple[int, int], list[tuple[int, int, int]]
    ] = {}  # of a player after a sequence: (number, actions, base)
    numbers, sequences = [0] * players, 0
    node = 0
    while node < len(player):
        ends = level[node] == depth or (node > 0 and rng.random() < stop) or len(player) + actions > MAX_NODES
        if ends:
            player[node] = END
            node += 1
            continue
        n = int(rng.integers(2, actions + 1))
        base = -1
        if rng.random() < chance:
            player[node] = CHANCE
            weights = rng.dirichlet(np.ones(n)) * 0.9 + 0.1 / n
            weights /= weights.sum()
        else:
            p = int(rng.integers(players))
            known = sets.setdefault((p, last[node][p]), [])
            if known and rng.random() < merge:
                number, n, base = known[int(rng.integers(len(known)))]
            else:
                number, base = numbers[p], sequences
                known.append((number, n, base))
                numbers[p] += 1
                sequences += n
            player[node], infoset[node] = p, number
            weights = np.ones(n)
        first[node], width[node] = len(player), n
        for k in range(n):
            own = list(last[node])
            if base >= 0:
                own[player[node]] = base + k
            player.append(END)
            infoset.append(0)
            parent.append(node)
            first.append(0)
            width.append(0)
            probability.append(float(weights[k]))
            level.append(level[node] + 1)
            last.append(tuple(own))
        node += 1
    payoff = np.zeros((len(player), players))
    ends = np.array(player) == END
    drawn = rng.uniform(-1.0, 1.0, (int(ends.sum()), players))
    if zero_sum:
        drawn[:, -1] = -drawn[:, :-1].sum(axis=1)
    payoff[ends] = drawn
    return ExplicitTree(
        player=np.array(player),
        infoset=np.array(infoset),
        parent=np.array(parent),
        first=np.array(first),
        width=np.array(width),
        probability=np.array(probability),
        payoff=payoff,
        names=tuple(tuple(f"{p}:{i}" for i in range(numbers[p])) for p in range(players)),
    )


def random_tensor(
    seed: int | np.random.Generator, players: int = 2, actions: int = 3, ragged: bool = False, zero_sum: bool = False
) -> np.ndarray:
    """Payoffs float64[P, A0, A1, …], uniform on [-1, 1] (for the last player, minus the others' sum, if `zero_sum`);
    `ragged`: each player's number of actions is drawn from 1 … `actions`."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, actions + 1, players) if ragged else np.full(players, actions)
    tensor = rng.uniform(-1.0, 1.0, (players, *shape))
    if zero_sum:
        tensor[-1] = -tensor[:-1].sum(axis=0)
    return tensor


def compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """The ways to divide `total` among ordered parts, in lexicographic order."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, parts - 1):
            yield (first, *rest)
