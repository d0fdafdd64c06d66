"""The loop that mirror descent, follow the regularised leader and their magnetic and optimistic relatives share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm, last_iterates, option_names
from . import _kernels, _mirror
from .cfr import AVERAGING, behaviour, check_averaging
from .layout import layout_of
from .reach import no_reach, reach_of

Curve = Callable[[np.ndarray], np.ndarray]
"""A function of the iterations t, float64[T], from 1."""
REGULARISERS = ("entropy", "euclidean")
WEIGHTS = ("equal", "growing", "balanced")


@dataclass(frozen=True)
class Dynamics:
    """One member of the family.

    Attributes:
        eta: step size, in one over units of utility.
        alpha: strength of the pull towards the magnet, in units of utility.
        drift: how far the magnet moves towards the policy in each iteration.
        restart: the magnet jumps to the policy after every so many iterations; 0 is never.
        regulariser: one of `REGULARISERS`.
        lazy: all gradients against a fixed centre (follow the regularised leader) instead of the last one against the
            last policy (mirror descent).
        optimistic: the last gradient is the prediction of the next.
        dilated: what goes up the tree is the optimum of the regularised problem, not the played policy's value.
        charged: the played policy's value includes the magnet's pull; with `zero_sum` the opponent gains it.
        by_reach: values are divided by the others' reach: action values instead of counterfactual values.
        alternating: players update one after the other.
        weights: of the information sets' regularisers, one of `WEIGHTS`.
        power: iteration t weighs t^power in the average; None returns the current policy.
    """

    eta: Curve
    alpha: Curve = np.zeros_like
    drift: float = 0.0
    restart: int = 0
    regulariser: str = "entropy"
    lazy: bool = False
    optimistic: bool = False
    dilated: bool = True
    charged: bool = False
    zero_sum: bool = False
    by_reach: bool = False
    alternating: bool = False
    weights: str = "equal"
    power: float | None = None


def run_dynamics(tree: GameTree, points: Iterable[int], dynamics: Dynamics) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (iteration, behaviour profile float64[S]) at each of the growing `points`.

    Source: Kroer, Waugh, Kılınç-Karzan & Sandholm 2020 (dilated); Sokota et al. 2023, equation 9 (magnetic).
    """
    layout = layout_of(tree)
    weights, start = information_set_weights(tree, dynamics.weights)
    entropic = dynamics.regulariser == "entropy"
    policy = layout.place(start)
    plan, scale = np.zeros(layout.size), weights[layout.infosets]
    centre = layout.place(np.log(start) if entropic else start)
    magnet, (leader, average, grad, work) = centre.copy(), np.zeros((4, layout.size))
    scratch = np.empty((3, max(layout.scratch().shape[1], _mirror.CHUNK)))
    reach = (reach_of if dynamics.by_reach or dynamics.zero_sum else no_reach)(tree).arrays
    flags = (
        *(entropic, dynamics.lazy, dynamics.optimistic, dynamics.dilated, dynamics.charged),
        *(dynamics.zero_sum, dynamics.by_reach, dynamics.alternating),
    )
    _kernels.plans(layout.arrays, policy, plan, scratch)
    done = 0
    for point in points:
        while done < point:
            count = min(point - done, 4096)
            if dynamics.restart:
                count = min(count, dynamics.restart - done % dynamics.restart)
            t = np.arange(done + 1, done + count + 1, dtype=np.float64)
            weight = t ** (dynamics.power or 0.0)
            schedule = np.stack([dynamics.eta(t), dynamics.alpha(t), np.full(count, dynamics.drift), weight], axis=1)
            _mirror.mirror_iterations(
                schedule, flags, layout.arrays, reach,
                policy, plan, centre, magnet, leader, average, grad, work, scale, scratch,
            )  # fmt: skip
            done += count
            if dynamics.restart and done % dynamics.restart == 0:
                magnet[layout.position] = np.log(policy[layout.position]) if entropic else policy[layout.position]
        if dynamics.power is None or done == 0:
            yield done, policy[layout.position]
        else:
            yield done, behaviour(tree, average[layout.position])


def information_set_weights(tree: GameTree, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Weights of a dilated regulariser. -> (float64[I], the policy float64[S] from which it measures).

    ``"equal"``: all 1. ``"growing"``: 2 + 2 · the largest sum below an action (Farina, Kroer & Sandholm 2021,
    'Better regularization for sequential decision spaces'). ``"balanced"``: shares of the number of actions below,
    by which the policy plays too (Fiegel et al. 2023, 'Adapting to game trees').

    Raises:
        ValueError: another kind.
    """
    if kind not in WEIGHTS:
        raise ValueError(f"weights must be one of {', '.join(map(repr, WEIGHTS))}; got {kind!r}")
    uniform = behaviour(tree, np.ones(tree.num_sequences))
    weights = np.ones(tree.num_infosets)
    if kind == "equal":
        return weights, uniform
    ranges = [slice(f, f + c) for f, c in zip(tree.infoset_first.tolist(), tree.infoset_count.tolist())]
    below = np.zeros(tree.num_sequences)
    if kind == "growing":
        for i in range(tree.num_infosets - 1, -1, -1):  # parents come before children
            weights[i] = 2.0 + 2.0 * below[ranges[i]].max()
            below[tree.infoset_parent[i]] += weights[i]
        return weights, uniform
    start, share = np.ones(tree.num_sequences), np.ones(tree.num_sequences)
    for i in range(tree.num_infosets - 1, -1, -1):
        below[ranges[i]] += 1.0
        below[tree.infoset_parent[i]] += below[ranges[i]].sum()
    for i in range(tree.num_infosets):
        parent, total = int(tree.infoset_parent[i]), below[ranges[i]].sum()
        others = below[parent] - (1.0 if tree.sequence_infoset[parent] >= 0 else 0.0)
        weights[i] = share[parent] * total / others
        share[ranges[i]] = weights[i]
        start[ranges[i]] = below[ranges[i]] / total
    return weights, start


def curve(name: str, value: float | Curve, power: float = 0.0) -> Curve:
    """value · t^-power, or `value` itself where it is a function.

    Raises:
        ValueError: a number that is not finite, is negative, or is zero where it is the step `eta`.
    """
    if callable(value):
        return value
    if not (np.isfinite(value) and (value > 0.0 if name == "eta" else value >= 0.0)):
        least = "above" if name == "eta" else "of at least"
        raise ValueError(f"{name} must be a number {least} 0 or a function of t, got {value!r}")
    return lambda t: value * t**-power


def payoff_scale(tree: GameTree) -> float:
    """The range of utilities; 1 where all are equal."""
    return tree.utility_range or 1.0


def average_power(averaging: str | None) -> float | None:
    """The power of `AVERAGING`, None for ``"last"`` or None.

    Raises:
        ValueError: another name.
    """
    check_averaging(averaging)
    return None if averaging in (None, "last") else AVERAGING[averaging]


def row(name: str, title: str, run: Callable, guarantee: str, reference: str, zero_sum: bool = False) -> Algorithm:
    """A row of the table of algorithms; zero_sum: for two-player zero-sum games only."""
    options = tuple(o for o in option_names(run) if o != "seed")
    play = last_iterates if "averaging" in options else None
    return Algorithm(name, title, "full width", guarantee, reference, run, options, zero_sum, zero_sum, play)


def check_regulariser(regulariser: str) -> None:
    """Raises ValueError where it is none of `REGULARISERS`."""
    if regulariser not in REGULARISERS:
        raise ValueError(f"regulariser must be one of {', '.join(map(repr, REGULARISERS))}; got {regulariser!r}")
