"""Restricted Nash response: exploiting a known opponent while staying hard to exploit oneself.

Source: Johanson, Zinkevich & Bowling 2007, "Computing robust counter-strategies". With probability p the opponent must
play a given strategy, else it is free: an ordinary game, whose equilibria any algorithm finds. p = 0 gives a Nash
equilibrium, p = 1 a best response; between them lies the best trade of gain against risk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...games.policy import Policy, as_tree, require_same_game
from ...games.rules import CHANCE
from ...games.tree import END, GameTree
from ..algorithm import Algorithm
from .evaluate import evaluate
from .lp import equilibrium, require_two_player_zero_sum

if TYPE_CHECKING:
    from ...games.game import Game


class RestrictedResponse(NamedTuple):
    """A counter-strategy with what it wins and what it risks, in utility of the player it is for."""

    policy: Policy
    """The player's counter-strategy, and the opponent's free part."""
    gain: float
    """The player's expected utility against the given strategy."""
    worst: float
    """The player's expected utility against a best response to the counter-strategy."""
    nash_conv: float
    """The certificate: NashConv of `policy` in the game with the restricted opponent."""


def restricted_tree(tree: GameTree, fixed: Policy, player: int, p: float) -> GameTree:
    """The game in which `player`'s opponent must follow `fixed` with probability p, and the player does not see it.

    Its root is a chance node with two copies of the tree below: in the first one all is as before, in the second one
    the opponent's nodes are chance nodes. Information sets and sequences are those of `tree`.

    Raises:
        ValueError: not a two-player zero-sum game, p outside [0, 1], no such player, a policy of another game.
    """
    require_two_player_zero_sum(tree, "a restricted Nash response")
    require_same_game(tree, fixed.tree)
    if player not in (0, 1):
        raise ValueError(f"player must be 0 or 1, got {player!r}")
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"p must be from 0 to 1, got {p!r}")
    n, other = tree.num_histories, 1 - player
    first, second = np.arange(n) + 2, np.arange(n) + n + 1  # where nodes come to stand
    first[0], second[0] = 1, 2
    bound = tree.leaf_sequence.copy()
    forced = fixed.realisation_plan()[bound[:, other]]
    bound[:, other] = tree.sequence_start[other]
    theirs = np.flatnonzero(tree.node_player == other)
    chance_player, chance_index, edge = tree.node_player.copy(), tree.node_index.copy(), tree.node_prob.copy()
    chance_player[theirs], chance_index[theirs] = CHANCE, -1
    chance_index[tree.node_player == END] += tree.num_leaves
    counts = tree.node_count[theirs].astype(np.int64)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    children = np.repeat(tree.node_first[theirs].astype(np.int64), counts) + within
    edge[children] = fixed.probabilities[np.repeat(tree.infoset_first[tree.node_index[theirs]], counts) + within]

    def both(root: float, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """A column of the nodes: the new root's entry, and those of the two copies."""
        out = np.full(2 * n + 1, root, one.dtype)
        out[first], out[second] = one, two
        return out

    probability = both(1.0, tree.node_prob, edge)
    probability[1:3] = 1.0 - p, p
    label = both(-1, tree.node_label, tree.node_label)
    label[1:3] = 0, 1
    return replace(
        tree,
        node_player=both(CHANCE, tree.node_player, chance_player),
        node_index=both(-1, tree.node_index, chance_index),
        node_first=both(1, first[tree.node_first], second[tree.node_first]).astype(tree.node_first.dtype),
        node_count=both(2, tree.node_count, tree.node_count),
        node_label=label,
        node_prob=probability,
        infoset_node=first[tree.infoset_node],
        leaf_sequence=np.concatenate([tree.leaf_sequence, bound]),
        leaf_chance=np.concatenate([(1.0 - p) * tree.leaf_chance, p * forced * tree.leaf_chance]),
        leaf_utility=np.concatenate([tree.leaf_utility, tree.leaf_utility]),
        game_id=f"{tree.game_id or 'game'} with a restricted opponent",
    )


def restricted_nash_response(
    game: Game | GameTree,
    fixed: Policy,
    player: int = 0,
    p: float = 0.5,
    method: str = "lp",
    iterations: int = 1000,
    **options: Any,
) -> RestrictedResponse:
    """The counter-strategy to an opponent who plays `fixed` with probability p and is free otherwise.

    Args:
        fixed: a profile; the part of `player`'s opponent is used.
        method: ``"lp"``, exact, or another algorithm of the table, such as ``"cfr+"``, run for `iterations`.
        options: the algorithm's own.

    Raises:
        ValueError: as `restricted_tree`, or an unknown algorithm or option.
    """
    from ..solve import iterate

    tree = as_tree(game)
    restricted = restricted_tree(tree, fixed, player, p)
    found = next(iterate(restricted, method, every=[iterations], **options)).probabilities
    against = found.copy()
    theirs = slice(tree.sequence_start[1 - player], tree.sequence_start[2 - player])
    against[theirs] = fixed.probabilities[theirs]
    return RestrictedResponse(
        Policy(tree, found),
        float(evaluate(tree, against).expected[player]),
        -float(evaluate(tree, found).best[1 - player]),
        evaluate(restricted, found).nash_conv,
    )


def _run(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    fixed: Policy | None = None,
    player: int = 0,
    p: float = 0.5,
) -> Iterator[tuple[int, np.ndarray]]:
    restricted = restricted_tree(tree, Policy.uniform(tree) if fixed is None else fixed, player, p)
    yield next(iter(points)), equilibrium(restricted)


ALGORITHMS = (
    Algorithm(
        "rnr",
        "Restricted Nash response",
        "exact",
        "two-player zero-sum: the best counter-strategy to an opponent who follows `fixed` (uniform play if not given) "
        "with probability p; an equilibrium of that game, so NashConv of the game itself stays positive",
        "Johanson, Zinkevich & Bowling 2007",
        _run,
        ("fixed", "player", "p"),
        zero_sum_only=True,
        two_players_only=True,
    ),
)
