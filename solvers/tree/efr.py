"""Extensive-form regret minimisation: no regret for a chosen set of deviations, hence play towards its equilibria."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm, last_iterates
from . import _efr, _kernels
from .cfr import behaviour
from .layout import layout_of
from .mirror import average_power

DEVIATIONS = {
    "blind action": "follow to here, then one action whatever is recommended",
    "informed action": "follow to here, then swap one recommendation for another action",
    "blind counterfactual": "force the way to here, then one action whatever is recommended: this is CFR",
    "informed counterfactual": "force the way to here, then swap one recommendation",
    "blind partial sequence": "follow a while, force the rest of the way, then one action whatever is recommended",
    "counterfactual partial sequence": "follow a while, force the rest of the way, then swap one recommendation",
    "causal": "follow until one recommendation triggers, force the way from there, then one action; or swap here",
    "tips": "follow until one recommendation triggers, force the way from there, then swap one recommendation",
    "behavioural": "remember every recommendation on the way, then swap one recommendation",
}
"""Names of deviation sets. No regret for ``"causal"`` and its supersets ``"tips"`` and ``"behavioural"`` means that
play tends to extensive-form correlated equilibria; for all but the two action sets, to coarse ones."""

Memory = tuple[tuple[int, ...], bool]
"""Sequences whose last actions are remembered as recommended, and whether the recommendation here is seen too."""


def memories(tree: GameTree, infoset: int, deviations: str) -> list[Memory]:
    """What deviations of the set remember at an information set; [(sequences, internal), …].

    The weight of a memory is the product of the policy's probabilities of those sequences' last actions; a trigger
    counts with the probability of what it was recommended. Source: Morrill et al. 2021, table 1 and section 5.
    """
    path: list[int] = []
    sequence = int(tree.infoset_parent[infoset])
    while tree.sequence_infoset[sequence] >= 0:
        path.append(sequence)
        sequence = int(tree.infoset_parent[tree.sequence_infoset[sequence]])
    path.reverse()
    ways = [tuple(path[:i]) for i in range(len(path) + 1)]
    options = [
        range(tree.infoset_first[i], tree.infoset_first[i] + tree.infoset_count[i])
        for i in tree.sequence_infoset[path].tolist()
    ]
    triggers = [(*ways[i], trigger) for i, actions in enumerate(options) for trigger in actions]
    sets: dict[str, Callable[[], list[Memory]]] = {
        "blind action": lambda: [(ways[-1], False)],
        "informed action": lambda: [(ways[-1], True)],
        "blind counterfactual": lambda: [((), False)],
        "informed counterfactual": lambda: [((), True)],
        "blind partial sequence": lambda: [(way, False) for way in ways],
        "counterfactual partial sequence": lambda: [(way, True) for way in ways],
        "causal": lambda: [*((trigger, False) for trigger in triggers), (ways[-1], True)],
        "tips": lambda: [*((trigger, True) for trigger in triggers), (ways[-1], True)],
        "behavioural": lambda: [(remembered, True) for remembered in product(*options)],
    }
    return sets[deviations]()


def efr(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    deviations: str = "causal",
    averaging: str = "uniform",
) -> Iterator[tuple[int, np.ndarray]]:
    """Regret matching over deviations with time selection, all players at once, any number of them.

    The mixture of the current policies (``averaging="last"`` at every iteration) is the correlated play of which the
    guarantee speaks; `play_gaps` measures it. Memory and time grow with the number of deviations: (actions x depth) for
    most sets, exponential in the depth for ``"behavioural"``.

    Source: Morrill et al. 2021, 'Efficient deviation types and learning for hindsight rationality in extensive-form
    games', algorithm 1.

    Raises:
        ValueError: unknown deviations or averaging.
    """
    if deviations not in DEVIATIONS:
        raise ValueError(f"deviations must be one of {', '.join(map(repr, DEVIATIONS))}; got {deviations!r}")
    power = average_power(averaging)
    if power:
        raise ValueError(f"averaging must be 'uniform' or 'last', got {averaging!r}")
    layout = layout_of(tree)
    memory_start, indptr, places, internal, offset, size = [0], [0], [], [], [], 0
    for i in layout.infosets.tolist():
        n = int(tree.infoset_count[i])
        for remembered, sees in memories(tree, i, deviations) if n > 1 else []:
            places.extend(layout.position[list(remembered)].tolist())
            indptr.append(len(places))
            internal.append(sees)
            offset.append(size)
            size += n * n if sees else n
        memory_start.append(len(internal))
    table = (
        *(np.array(memory_start, np.int64), np.array(indptr, np.int64), np.array(places, np.int64)),
        *(np.array(internal, np.bool_), np.array(offset, np.int64)),
    )
    policy = layout.place(behaviour(tree, np.ones(tree.num_sequences)))
    plan, average, grad = np.zeros((3, layout.size))
    most, regret, scratch = int(tree.infoset_count.max(initial=1)), np.zeros(size), layout.scratch()
    rates, mixed = np.zeros((most, most)), np.zeros(most)
    _kernels.plans(layout.arrays, policy, plan, scratch)
    done = 0
    for point in points:
        _efr.efr_iterations(
            point - done, layout.arrays, table, policy, plan, regret, average, grad, rates, mixed, scratch[0]
        )
        done = point
        yield done, policy[layout.position] if power is None or not done else behaviour(tree, average[layout.position])


ALGORITHMS = (
    Algorithm(
        "efr",
        "Extensive-form regret minimisation",
        "full width",
        "any game: play has no regret for the chosen deviations (causal: it tends to extensive-form correlated "
        "equilibria); two-player zero-sum: the average converges to Nash, except for the two action sets",
        "Morrill et al. 2021",
        efr,
        ("deviations", "averaging"),
        play=last_iterates,
    ),
)
