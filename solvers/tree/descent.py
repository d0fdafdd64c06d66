"""Learning against best responses: exploitability descent, and CFR-BR."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm
from . import _best, _kernels
from .cfr import behaviour
from .layout import layout_of
from .mirror import Curve, average_power, curve, payoff_scale


def learn_against_best_responses(
    tree: GameTree, points: Iterable[int], *, step: Curve | None, floor: float = 0.0, power: float | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Both players of a two-player zero-sum game learn, each against the best response to itself.

    step: of projected gradient ascent on counterfactual values, a function of t; None is regret matching with regrets
    not below `floor`. power: t^power weighs iteration t in the average; None returns the current policy.
    """
    layout = layout_of(tree)
    policy = layout.place(behaviour(tree, np.ones(tree.num_sequences)))
    plan, average, grad, spare, reply = np.zeros((5, layout.size))
    regret = np.zeros(layout.size) if step is None else policy.copy()
    choice, scale, scratch = np.zeros(tree.num_infosets, np.int64), np.ones(tree.num_infosets), layout.scratch()
    _kernels.plans(layout.arrays, policy, plan, scratch)
    done = 0
    for point in points:
        while done < point:
            t = np.arange(done + 1, min(point, done + 4096) + 1, dtype=np.float64)
            schedule = np.stack([np.full(len(t), floor) if step is None else step(t), t ** (power or 0.0)], axis=1)
            _best.against_best_responses(
                schedule, step is not None, layout.arrays,
                policy, plan, regret, average, grad, spare, reply, scale, choice, scratch,
            )  # fmt: skip
            done += len(t)
        if power is None or done == 0:
            yield done, policy[layout.position]
        else:
            yield done, behaviour(tree, average[layout.position])


def exploitability_descent(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    eta: float = 10.0,
    decay: float = 0.5,
    averaging: str = "last",
) -> Iterator[tuple[int, np.ndarray]]:
    """Projected gradient ascent, step eta · t^-decay over the range of utilities."""
    step = curve("eta", eta / payoff_scale(tree), decay)
    return learn_against_best_responses(tree, points, step=step, power=average_power(averaging))


ALGORITHMS = (
    Algorithm(
        "ed",
        "Exploitability descent",
        "full width",
        "two-player zero-sum: the best iterate's and the average's gaps fall as O(1/√T)",
        "Lockhart et al. 2019, 'Computing approximate equilibria in sequential adversarial games by exploitability …'",
        exploitability_descent,
        ("eta", "decay", "averaging"),
        zero_sum_only=True,
        two_players_only=True,
    ),
)
