"""VAD-CFR: discounted predictive CFR whose rates follow the volatility of each information set's regrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm, Play
from . import _kernels, _vad
from .cfr import behaviour
from .layout import layout_of


def vad_cfr(
    tree: GameTree, points: Iterable[int], seed: int | np.random.Generator = 0, start: int = 500
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the average from iteration start + 1 on, and the current policy before.

    At an information set v is the moving average (0.1) of its largest absolute instantaneous regret, in units of
    utility; α = max(0.1, 1.5 - 0.5 v) and β = -0.1 - 0.5 v are DCFR's powers; positive instantaneous regrets count
    1.1 times; regrets are not kept below -20; the prediction is damped by 1 / (1 + t / 100); the policy is proportional
    to the positive part to the power 1.5; the average weighs t^min(4, 2 + 1.5 v) (1 + √(m / 2)) / (1 + m^1.5), m the
    largest absolute regret kept. The paper's prose leaves open over what v and m are taken; here it is each information
    set. The start at 500 is tuned to 1000 iterations.

    Source: Li, Schultz, Hennes & Lanctot 2026, 'Discovering multiagent learning algorithms with large language models'.

    Raises:
        ValueError: a negative start.
    """
    if start < 0:
        raise ValueError(f"start must be at least 0, got {start!r}")
    layout = layout_of(tree)
    policy = layout.place(behaviour(tree, np.ones(tree.num_sequences)))
    regret, plan, average, grad = np.zeros((4, layout.size))
    volatility, weight = np.zeros((2, tree.num_infosets))
    scratch = layout.scratch()
    _kernels.plans(layout.arrays, policy, plan, scratch)
    done = 0
    for point in points:
        _vad.vad_iterations(
            done, point - done, start, layout.arrays,
            policy, regret, volatility, weight, plan, average, grad, scratch[0],
        )  # fmt: skip
        done = point
        yield done, behaviour(tree, average[layout.position]) if done > start else policy[layout.position]


ALGORITHMS = (
    Algorithm(
        "vad-cfr",
        "Volatility-adaptive discounted CFR",
        "full width",
        "none proven",
        "Li, Schultz, Hennes & Lanctot 2026",
        vad_cfr,
        ("start",),
        play=lambda options: Play({"start": np.iinfo(np.int64).max}, repeat(1.0)),
    ),
)
