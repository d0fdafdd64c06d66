"""Games that break what a tree needs: both ways of building say which information set is at fault, and why."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from ludus.games.build import compile_tree, walk_tree
from ludus.games.explicit import END, ExplicitTree, explicit_setup
from ludus.games.registry import make
from ludus.games.rules import CHANCE
from ludus.games.state import RulesState


def tree(*nodes, players=1) -> ExplicitTree:
    """An explicit tree from (player, information set, first child, children, probability, payoff of all players)."""
    player, infoset, first, children, probability, payoff = zip(*nodes)
    parent = np.full(len(nodes), -1)
    for v, (start, n) in enumerate(zip(first, children)):
        parent[start : start + n] = v
    names = tuple(tuple(f"P{p}I{i}" for i in range(5)) for p in range(players))
    integers = map(np.array, (player, infoset, parent, first, children))
    return ExplicitTree(
        *integers, np.array(probability), np.repeat(np.array(payoff, float)[:, None], players, 1), names
    )


def leaf(payoff=0.0, probability=1.0):
    return (END, 0, 0, 0, probability, payoff)


BROKEN = {
    "imperfect recall": (
        # The player forgets the first move.
        tree((0, 0, 1, 2, 1, 0), (0, 1, 3, 2, 1, 0), (0, 1, 5, 2, 1, 0), *[leaf()] * 4),
        "imperfect recall: information set 'P0I1'",
    ),
    "absent-mindedness": (
        # The same information set twice on one way.
        tree((0, 0, 1, 2, 1, 0), (0, 0, 3, 2, 1, 0), *[leaf()] * 3),
        "imperfect recall: information set 'P0I0'",
    ),
    "unequal action sets": (
        tree((CHANCE, 0, 1, 2, 1, 0), (0, 0, 3, 2, 0.5, 0), (0, 0, 5, 3, 0.5, 0), *[leaf()] * 5),
        "the legal actions differ within information set 'P0I0'",
    ),
    "probabilities above one": (
        tree((CHANCE, 0, 1, 2, 1, 0), leaf(0.0, 0.5), leaf(0.0, 0.6)),
        "probabilities after the moves [] must be positive and sum to 1",
    ),
    "negative probability": (
        tree((CHANCE, 0, 1, 2, 1, 0), leaf(0.0, 1.5), leaf(0.0, -0.5)),
        "must be positive and sum to 1",
    ),
    "probability not a number": (
        tree((CHANCE, 0, 1, 2, 1, 0), leaf(0.0, np.nan), leaf(0.0, 0.5)),
        "must be positive and sum to 1",
    ),
    "utility not a number": (
        tree((0, 0, 1, 2, 1, 0), leaf(), leaf(np.nan)),
        "the returns after the moves [1] must be one finite number per player",
    ),
    "infinite utility": (tree((0, 0, 1, 2, 1, 0), leaf(np.inf), leaf()), "the returns after the moves [0]"),
    "no action": (tree((0, 0, 1, 1, 1, 0), (0, 1, 2, 0, 1, 0), leaf()), "no legal action after the moves [0]"),
    "no end": (tree((CHANCE, 0, 0, 1, 1, 0), leaf()), "does not end within 16,384 moves"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_compiled_builder_names_the_fault(what):
    broken, message = BROKEN[what]
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        compile_tree(explicit_setup(broken), "broken")
    assert message in str(error.value)


@pytest.mark.parametrize("what", BROKEN)
def test_python_builder_names_the_fault(what):
    broken, message = BROKEN[what]
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        walk_tree(RulesState.root(explicit_setup(broken)), 1, "broken")
    assert message in str(error.value)


def test_too_many_histories():
    with pytest.raises(ValueError, match="more than 9,456 histories"):
        make("leduc_poker").tree(max_histories=9_456)
    assert make("leduc_poker").tree(max_histories=9_457).num_histories == 9_457
    with pytest.raises(ValueError, match="too large for a tree"):
        make("connect_four").tree(max_histories=100_000)


def test_trees_of_many_levels_and_of_every_size():
    """The kernel goes on in larger arrays: chains deeper and trees wider than what it starts with."""
    chain = tree(*[(0, 0, v + 1, 1, 1, 0) for v in range(3000)], leaf(7.0))
    chain = chain._replace(infoset=np.arange(3001), names=(tuple(map(str, range(3001))),))
    built = compile_tree(explicit_setup(chain))
    assert (built.depth, built.num_infosets, built.leaf_utility.tolist()) == (3000, 3000, [[7.0]])

    for width in (1, 16_384, 50_000):
        fan = tree((0, 0, 1, width, 1, 0), *[leaf(float(k)) for k in range(width)])
        built = compile_tree(explicit_setup(fan))
        np.testing.assert_array_equal(built.leaf_utility[:, 0], np.arange(width))
        np.testing.assert_array_equal(built.sequence_action, np.arange(-1, width))


def test_a_large_tree_is_the_sum_of_its_subtrees():
    """Leduc for three outgrows every first array; its size follows from the rules.

    Betting rounds: the sequences of a round are counted by a recursion of their own."""

    def rounds(players, calls, raises, turn, folded):
        """(inner nodes, [players left after each way the round ends])"""
        player = next(p % players for p in count(turn) if not folded >> p % players & 1)
        left = players - folded.bit_count()
        nodes, ends = 1, []
        pays = raises > 0
        for move in ("fold", "call", "raise"):
            if (move == "fold" and not pays) or (move == "raise" and raises == 2):
                continue
            f, c, r = folded, calls, raises
            if move == "fold":
                f |= 1 << player
            elif move == "call":
                c += 1
            else:
                c, r = 0, r + 1
            n = players - f.bit_count()
            if n == 1 or c >= n - (r > 0):
                ends.append(f)
            else:
                more, further = rounds(players, c, r, player + 1, f)
                nodes += more
                ends += further
        assert left > 1
        return nodes, ends

    inner, ends = rounds(3, 0, 0, 0, 0)
    second = 0
    for folded in ends:
        if 3 - folded.bit_count() == 1:
            second += 1
        else:
            nodes, last = rounds(3, 0, 0, 0, folded)
            second += 1 + 5 * (nodes + len(last))  # five cards are left for the table
    deals = 1 + 8 + 8 * 7
    assert make("leduc_poker(players=3)").tree().num_histories == deals + 8 * 7 * 6 * (inner + second)
