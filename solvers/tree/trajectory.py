"""Learning from sampled episodes alone: IXOMD, Balanced OMD, Balanced FTRL and Adaptive FTRL, with bandit feedback.

An iteration is one episode in which all players follow their policies; each then learns from what it saw: its own
information sets and actions, and its loss (u_max - u) / (u_max - u_min), from which implicit exploration makes the
estimate loss / (plan + ix). The update is that of following the regularised leader with dilated entropy (with constant
rates: of mirror descent) along the episode, O(its length). The methods differ in each information set's learning rate
and exploration (`Rates`). The policy is the average of realisation plans. Random number n of episode t is number n of
stream t under the seed (`games.streams`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm
from . import _trajectory
from .mccfr import CHUNK, average_policy, packed, seed_key, uniform


class Rates(NamedTuple):
    """Where learning rates and explorations begin: rate / mass of an information set, exploration / shade of a
    sequence, both denominators to `power`."""

    policy: np.ndarray
    """float64[S]: the first policy."""
    mass: np.ndarray
    """float64[I]."""
    shade: np.ndarray
    """float64[S]."""


def equal(tree: GameTree) -> Rates:
    """The same rate everywhere: IXOMD; and where Adaptive FTRL begins."""
    return Rates(uniform(tree), np.ones(tree.num_infosets), np.ones(tree.num_sequences))


def subtree_actions(tree: GameTree) -> np.ndarray:
    """float64[S]: the number of the player's actions from each sequence's last one on, itself counted."""
    counts = np.ones(tree.num_sequences)
    for first, count, parent in _infosets(tree, backwards=True):
        counts[parent] += counts[first : first + count].sum()
    return counts


def balanced(tree: GameTree) -> Rates:
    """Rates by balanced transitions: from a sequence to each next information set in proportion to the actions below
    it (Fiegel et al. 2023, section 4). The first policy is in that proportion as well."""
    counts = subtree_actions(tree)
    mass, shade = np.ones(tree.num_infosets), np.ones(tree.num_sequences)
    policy = np.ones(tree.num_sequences)
    for i, (first, count, parent) in enumerate(_infosets(tree)):
        row = slice(first, first + count)
        below = counts[row].sum()
        if tree.sequence_infoset[parent] >= 0:
            mass[i] = shade[parent] * below / counts[parent]
        shade[row], policy[row] = mass[i], counts[row] / below
    return Rates(policy, mass, shade)


def balanced_by_depth(tree: GameTree) -> Rates:
    """Rates by the balanced plans of Balanced OMD (Bai et al. 2022, section 4): the plan for depth h goes to each
    action in proportion to the player's sequences of depth h that it leads to."""
    rows = list(_infosets(tree))
    depth = np.zeros(tree.num_infosets, np.int64)
    for i, (_, _, parent) in enumerate(rows):
        before = tree.sequence_infoset[parent]
        depth[i] = depth[before] + 1 if before >= 0 else 0
    plan_of = np.ones(tree.num_infosets)
    for h in range(int(depth.max(initial=-1)) + 1):
        counts = np.zeros(tree.num_sequences)
        for i in range(len(rows) - 1, -1, -1):
            first, count, parent = rows[i]
            if depth[i] == h:
                counts[first : first + count] = 1.0
            if depth[i] <= h:
                counts[parent] += counts[first : first + count].sum()
        plan = np.ones(tree.num_sequences)
        for i, (first, count, parent) in enumerate(rows):
            below = counts[first : first + count].sum()
            if depth[i] <= h and below > 0.0:
                plan[first : first + count] = plan[parent] * counts[first : first + count] / below
            if depth[i] == h:
                plan_of[i] = plan[first]
    shade = np.ones(tree.num_sequences)
    inner = tree.sequence_infoset >= 0
    shade[inner] = 1.0 / plan_of[tree.sequence_infoset[inner]]
    return Rates(uniform(tree), 1.0 / plan_of, shade)


def _infosets(tree: GameTree, backwards: bool = False) -> Iterator[tuple[int, int, int]]:
    """(first sequence, actions, sequence before) of every information set, parents first or last."""
    rows = list(zip(tree.infoset_first.tolist(), tree.infoset_count.tolist(), tree.infoset_parent.tolist()))
    return reversed(rows) if backwards else iter(rows)


class Method(NamedTuple):
    """One learner."""

    rates: Callable[[GameTree], Rates]
    rate: float
    """The default base learning rate; the default base exploration is `IMPLICIT` times the rate that is used."""
    decay: float = 0.5
    """Rate and exploration of episode t are t^decay times lower than the first one's."""
    power: float = 1.0
    adaptive: bool = False


IMPLICIT = 0.05
"""Default exploration over rate, as in the experiments of Fiegel et al. 2023."""
METHODS = {
    "ixomd": Method(equal, 5.0),
    "balanced_omd": Method(balanced_by_depth, 10.0),
    "balanced_ftrl": Method(balanced, 1.5),
    "adaptive_ftrl": Method(equal, 1.0, decay=0.0, power=0.5, adaptive=True),
}
"""Each default rate is the best of a logarithmic grid: the least geometric mean of NashConv over Kuhn poker, Leduc
poker and Liar's Dice after 1e5 and 1e6 episodes (docs/solvers_sampling.md)."""


def numbers(
    method: Method,
    low: float,
    high: float,
    *,
    rate: float | None = None,
    exploration: float | None = None,
    decay: float | None = None,
    power: float | None = None,
) -> tuple[bool, float, float, float, float, float, float]:
    """What the kernels take: (adaptive, rate, exploration, power, decay, least utility, greatest utility).

    Raises:
        ValueError: a number that cannot be used.
    """
    rate = method.rate if rate is None else rate
    exploration = IMPLICIT * rate if exploration is None else exploration
    decay, power = (method.decay if decay is None else decay), (method.power if power is None else power)
    if not 0.0 < rate < np.inf:
        raise ValueError(f"rate must be a positive number, got {rate!r}")
    if not 0.0 <= exploration < np.inf:
        raise ValueError(f"exploration must be a finite number of at least 0, got {exploration!r}")
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"decay must be from 0 (constant rates) to 1, got {decay!r}")
    if not 0.0 < power <= 1.0:
        raise ValueError(f"power must be above 0 and at most 1, got {power!r}")
    high = high if high > low else low + 1.0
    return method.adaptive, float(rate), float(exploration), float(power), float(decay), float(low), float(high)


def play(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator,
    method: Method,
    averaging: str | None = None,
    **rates: float | None,
) -> Iterator[tuple[int, np.ndarray]]:
    """Plays episodes and yields (episode, behaviour profile float64[S]) at each of the growing `points`.

    averaging: ``"uniform"`` or ``"last"``. rates: rate and exploration, the bases of learning rates and implicit
    explorations in the first episode; in episode t they are t^decay times lower (0: the papers' constant rates, for a
    known number of episodes); and power, see `Rates`.

    Raises:
        ValueError: a number or a name that cannot be used.
    """
    if averaging not in (None, "uniform", "last"):
        raise ValueError(f"averaging must be 'uniform' or 'last' in sampled methods, got {averaging!r}")
    given = numbers(method, tree.leaf_utility.min(), tree.leaf_utility.max(), **rates)
    game, start = packed(tree), method.rates(tree)
    policy, total, nothing = start.policy, np.zeros(tree.num_sequences), np.zeros(0)
    origin = np.log(policy)
    learned = (policy, total, origin.copy(), origin, start.shade, start.mass, np.zeros(tree.num_infosets))
    depth, players = tree.depth + 1, tree.num_players
    scratch = (np.zeros((depth, _trajectory.STEP), np.int64), np.zeros(depth), *np.zeros((3, players)))
    key, done = seed_key(seed), 0
    for point in points:
        while done < point:
            count = min(point - done, CHUNK)
            _trajectory.play_tree(done, count, key, *given, *game, *learned, *scratch)
            done += count
        yield done, policy.copy() if averaging == "last" else average_policy(tree, done, policy, nothing, total)


def _row(name: str, title: str, gap: str, reference: str) -> Algorithm:
    method = METHODS[name]
    options = ("rate", "exploration", "decay", *(("power",) if method.adaptive else ()), "averaging")

    def run(
        tree: GameTree,
        points: Iterable[int],
        seed: int | np.random.Generator = 0,
        averaging: str | None = None,
        **rates: float | None,
    ) -> Iterator[tuple[int, np.ndarray]]:
        return play(tree, points, seed, method, averaging=averaging, **rates)

    guarantee = (
        f"two-player zero-sum: with the paper's rates, {gap} episodes give a gap of ε with high probability, up to "
        "logarithms (X, A: information sets and actions of both players, H: depth); other games: no regret"
    )
    return Algorithm(name, title, "sampling", guarantee, reference, run, options)


ALGORITHMS = (
    _row("ixomd", "Implicit-exploration online mirror descent", "H²X²A/ε²", "Kozuno et al. 2021"),
    _row("balanced_omd", "Balanced online mirror descent", "H³XA/ε²", "Bai et al. 2022"),
    _row("balanced_ftrl", "Balanced follow the regularised leader", "HXA/ε²", "Fiegel et al. 2023, algorithm 1"),
    _row("adaptive_ftrl", "Adaptive follow the regularised leader", "H²XA/ε²", "Fiegel et al. 2023, algorithm 2"),
)
