"""Fictitious play in extensive form: best responses to the average plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm
from . import _best, _kernels
from .cfr import behaviour
from .layout import layout_of


def fictitious_play(
    tree: GameTree, points: Iterable[int], seed: int | np.random.Generator = 0
) -> Iterator[tuple[int, np.ndarray]]:
    """Starts from the uniform profile; iteration t mixes 1 / (t + 1) of each player's best response into its plan.

    Source: Heinrich, Lanctot & Silver 2015, 'Fictitious self-play in extensive-form games', section 3.
    """
    layout = layout_of(tree)
    average, reply, grad, policy = np.zeros((4, layout.size))
    choice, scratch = np.zeros(tree.num_infosets, np.int64), layout.scratch()
    _kernels.plans(layout.arrays, layout.place(behaviour(tree, np.ones(tree.num_sequences))), average, scratch)
    done = 0
    for point in points:
        _best.fictitious_play(done, point - done, layout.arrays, average, reply, grad, policy, choice, scratch[0])
        done = point
        yield done, behaviour(tree, average[layout.position])


ALGORITHMS = (
    Algorithm(
        "xfp",
        "Extensive-form fictitious play",
        "full width",
        "two-player zero-sum: the average converges to a Nash equilibrium; other games: no claim",
        "Heinrich, Lanctot & Silver 2015",
        fictitious_play,
    ),
)
