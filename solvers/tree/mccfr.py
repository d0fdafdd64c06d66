"""Monte Carlo counterfactual regret minimisation on a tree: external, outcome, chance and average-strategy sampling.

An iteration is one sampled walk for each player in turn, against the others' newest policies (as in OpenSpiel). Random
number n of the walk for player p in iteration t is number n of stream t·P + p under the seed (`games.streams`), so
a run depends on nothing but the seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ...games.streams import mix64, seed_word
from ...games.tree import GameTree
from ..algorithm import Algorithm, option_names
from . import _mccfr
from .cfr import behaviour

CHUNK = 10_000
"""The most iterations of one compiled call, so that an interrupt is heard."""


class Sampling(NamedTuple):
    """How a walk samples: what the kernels take besides the game."""

    own: int
    """Which actions of the walk's own player are walked: `EVERY`, `ONE` or `EACH` of `_mccfr`."""
    others: int
    """Of the other players: `REACHED`; `ONE`, of which baselines learn; or `PASS`."""
    numbers: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """(epsilon, tau, beta)."""
    rate: float = 0.0
    """Step size of baselines; 0: none."""


def external() -> Sampling:
    return Sampling(_mccfr.EVERY, _mccfr.PASS)


def outcome(exploration: float = 0.6, baseline: float = 0.0) -> Sampling:
    """Raises ValueError where exploration is not in (0, 1] or baseline not in [0, 1]."""
    if not 0.0 < exploration <= 1.0:
        raise ValueError(f"exploration must be above 0 and at most 1, got {exploration!r}")
    if not 0.0 <= baseline <= 1.0:
        raise ValueError(f"baseline must be from 0 (none) to 1, got {baseline!r}")
    others = _mccfr.ONE if baseline > 0.0 else _mccfr.PASS
    return Sampling(_mccfr.ONE, others, (exploration, 0.0, 0.0), baseline)


def reduced_variance(exploration: float = 0.6, baseline: float = 0.5) -> Sampling:
    return outcome(exploration, baseline)


def chance() -> Sampling:
    return Sampling(_mccfr.EVERY, _mccfr.REACHED)


def average_strategy(epsilon: float = 0.05, tau: float = 1000.0, beta: float = 1e6) -> Sampling:
    """Raises ValueError where epsilon is not in (0, 1], or tau or beta is negative or infinite."""
    if not 0.0 < epsilon <= 1.0:
        raise ValueError(f"epsilon must be above 0 and at most 1, got {epsilon!r}")
    for name, value in (("tau", tau), ("beta", beta)):
        if not 0.0 <= value < np.inf:
            raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}")
    return Sampling(_mccfr.EACH, _mccfr.PASS, (epsilon, tau, beta))


class Packed(NamedTuple):
    """A tree's nodes as the sampling kernels take them."""

    nodes: np.ndarray
    """int32[N, 4]: player, first child, information set or leaf, children."""
    chance: np.ndarray
    """float64[N]: probability of the edge into the node."""
    sets: np.ndarray
    """int64[I, 2]: first sequence, the player's sequence before."""
    roots: np.ndarray
    """int64[P]: the players' empty sequences."""
    utility: np.ndarray
    """float64[L, P]."""


def packed(tree: GameTree) -> Packed:
    """The tree's nodes side by side; made once for each tree."""
    found = tree.__dict__.get("_packed")
    if found is None:
        found = tree.__dict__["_packed"] = Packed(
            np.stack([tree.node_player, tree.node_first, tree.node_index, tree.node_count], axis=1).astype(np.int32),
            tree.node_prob.copy(),
            np.stack([tree.infoset_first, tree.infoset_parent], axis=1),
            tree.sequence_start[:-1].copy(),
            tree.leaf_utility.copy(),
        )
    return found


def uniform(tree: GameTree) -> np.ndarray:
    """float64[S]: the uniform behaviour profile, 1 at empty sequences."""
    return behaviour(tree, np.zeros(tree.num_sequences))


def seed_key(seed: int | np.random.Generator) -> np.uint64:
    """The seed as the kernels take it."""
    return np.uint64(mix64(seed_word(seed)))


def average_policy(tree: GameTree, done: int, policy: np.ndarray, regret: np.ndarray, total: np.ndarray) -> np.ndarray:
    """The behaviour profile float64[S] of the exact average of `done` realisation plans; `total` stays as it is.

    Brings `policy` up to date with `regret`, float64[S] (or of length 0 where there is none).
    """
    game, total = packed(tree), total.copy()
    _mccfr.average(game.sets, tree.infoset_count.copy(), float(done), game.roots, policy, regret, total)
    return behaviour(tree, total)


def sample(
    tree: GameTree, points: Iterable[int], seed: int | np.random.Generator, sampling: Sampling, averaging: str | None
) -> Iterator[tuple[int, np.ndarray]]:
    """Runs a way of sampling and yields (iteration, behaviour profile float64[S]) at each of the growing `points`.

    Raises:
        ValueError: `averaging` is neither ``"uniform"`` (or None) nor ``"last"``.
    """
    if averaging not in (None, "uniform", "last"):
        raise ValueError(f"averaging must be 'uniform' or 'last' in sampled methods, got {averaging!r}")
    game, policy = packed(tree), uniform(tree)
    regret, total = np.zeros(tree.num_sequences), np.zeros(tree.num_sequences)
    baseline = np.zeros((tree.num_sequences if sampling.rate else 0, tree.num_players))
    learned = (policy, regret, total, np.zeros(tree.num_infosets, np.int64), baseline)
    # Where chance and the others are drawn, a walk meets an information set of its player once.
    frames, slots = tree.num_infosets, tree.num_sequences
    if sampling.others == _mccfr.REACHED:
        frames, slots = int((tree.node_player >= 0).sum()), tree.num_histories
    scratch = (
        np.zeros((frames, _mccfr.FRAME), np.int64),
        *np.zeros((3, slots + 1)),
        np.zeros((slots + 1, 2), np.int64),
    )
    way = (sampling.own, sampling.others, *sampling.numbers, sampling.rate)
    key, done = seed_key(seed), 0
    for point in points:
        while done < point:
            count = min(point - done, CHUNK)
            _mccfr.sample_tree(done, count, key, *way, *game, *learned, *scratch)
            done += count
        mean = average_policy(tree, done, policy, regret, total)  # brings the policies up to date as well
        yield done, policy.copy() if averaging == "last" else mean


WAYS = {
    "mccfr_external": external,
    "mccfr_outcome": outcome,
    "mccfr_chance": chance,
    "mccfr_average": average_strategy,
    "vr_mccfr": reduced_variance,
}
"""Names and the ways of sampling they stand for."""


def _row(name: str, title: str, reference: str) -> Algorithm:
    way = WAYS[name]

    def run(
        tree: GameTree,
        points: Iterable[int],
        seed: int | np.random.Generator = 0,
        averaging: str | None = None,
        **options: float,
    ) -> Iterator[tuple[int, np.ndarray]]:
        return sample(tree, points, seed, way(**options), averaging)

    guarantee = (
        "two-player zero-sum: the average converges to a Nash equilibrium, gap O(1/√T) with high probability; "
        "other games: no regret (a coarse correlated equilibrium in play), no claim about Nash"
    )
    return Algorithm(name, title, "sampling", guarantee, reference, run, ("averaging", *option_names(way)))


ALGORITHMS = (
    _row("mccfr_external", "External-sampling MCCFR", "Lanctot et al. 2009, section 3.2"),
    _row("mccfr_outcome", "Outcome-sampling MCCFR", "Lanctot et al. 2009, section 3.1"),
    _row("mccfr_chance", "Chance-sampled CFR", "Zinkevich et al. 2007; Lanctot et al. 2009, section 3"),
    _row("mccfr_average", "Average-strategy-sampling MCCFR", "Gibson et al. 2012, algorithm 1"),
    _row("vr_mccfr", "Outcome-sampling MCCFR with learned baselines", "Schmid et al. 2019"),
)
