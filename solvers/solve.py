"""`solve` and `iterate`: any algorithm of the table on any game with a tree."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from ..games.policy import Policy, as_tree
from ..games.tree import GameTree
from ..progress import progress_bar
from .algorithm import Algorithm, Play, check_options, find
from .solution import Record, Solution
from .tree.evaluate import Evaluation, evaluate
from .tree.play import Mixture

if TYPE_CHECKING:
    from ..games.game import Game

DEFAULT_ITERATIONS = 1000
MOST_ITERATIONS = 1_000_000
"""Where only a target is given, the search for it ends here."""
GROWTH = 1.12
"""A solution's history has points whose iterations grow by this factor."""


class Snapshot:
    """A solver's state after some iterations; immutable, and evaluated when first asked."""

    def __init__(self, tree: GameTree, iteration: int, seconds: float, probabilities: np.ndarray):
        probabilities.setflags(write=False)
        self.tree = tree
        self.iteration = iteration
        self.seconds = seconds
        self.probabilities = probabilities

    @cached_property
    def policy(self) -> Policy:
        return Policy(self.tree, self.probabilities)

    @cached_property
    def evaluation(self) -> Evaluation:
        return evaluate(self.tree, self.probabilities)

    @property
    def nash_conv(self) -> float:
        return self.evaluation.nash_conv

    @property
    def exploitability(self) -> float:
        return self.nash_conv / self.tree.num_players

    @property
    def values(self) -> np.ndarray:
        """float64[P]."""
        return self.evaluation.expected

    def __repr__(self) -> str:
        return f"Snapshot(iteration {self.iteration:,}, exploitability {self.exploitability:.3g})"


def iterate(
    game: Game | GameTree | str,
    algorithm: str = "cfr+",
    *,
    every: int | Iterable[int] = 1,
    seed: int | np.random.Generator = 0,
    **options: Any,
) -> Iterator[Snapshot]:
    """Runs an algorithm and yields snapshots; it never ends by itself where `every` is a number.

    Args:
        every: a snapshot after every so many iterations, or an iterable of growing iteration numbers.
        options: the algorithm's own, see `algorithms`.

    Raises:
        ValueError: an unknown algorithm or option, or a game that the algorithm is not for.
    """
    if not isinstance(every, Iterable):
        if isinstance(every, bool) or not isinstance(every, (int, np.integer)):
            raise TypeError(f"every must be a whole number or growing whole numbers, got {every!r}")
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        every = count(every, every)
    tree = as_tree(game)
    chosen = find(algorithm)
    check_options(chosen, options)
    if chosen.two_players_only and tree.num_players != 2:
        raise ValueError(f"{chosen.name} is for two players, {tree.game_id} has {tree.num_players}")
    if chosen.zero_sum_only and not tree.zero_sum:
        raise ValueError(f"{chosen.name} is for zero-sum games, and {tree.game_id} is not zero-sum")
    return _snapshots(tree, chosen, every, seed, options)


def _snapshots(
    tree: GameTree, chosen: Algorithm, points: Iterable[int], seed: Any, options: dict[str, Any]
) -> Iterator[Snapshot]:
    start = time.perf_counter()
    for iteration, probabilities in chosen.run(tree, _growing(points), seed, **options):
        yield Snapshot(tree, iteration, time.perf_counter() - start, probabilities)


def _growing(points: Iterable[int]) -> Iterator[int]:
    last = 0
    for point in points:
        if point < last:
            raise ValueError(f"every must hold growing iteration numbers from 0 on, got {point!r} after {last}")
        last = point
        yield point


def solve(
    game: Game | GameTree | str,
    algorithm: str = "cfr+",
    *,
    iterations: int | None = None,
    target: float | None = None,
    seconds: float | None = None,
    seed: int | np.random.Generator = 0,
    progress: bool = False,
    **options: Any,
) -> Solution:
    """Solves a game and certifies the result.

    Stops at the first of: `iterations` done, exploitability at or below `target`, `seconds` passed. With none of them
    1000 iterations are run; with a target alone at most a million.

    Args:
        game: a game with a tree, its id, or the tree.
        algorithm: a name of `algorithms`.
        target: the exploitability to reach, in utility units.
        progress: show a progress line on the terminal (standard error).
        options: the algorithm's own, for instance ``averaging="last"``.

    Other games than two-player zero-sum ones take about three times as long, since the CCE gap of the play is measured
    too (`Solution.cce_gap`), where the algorithm minimises regret and visits the whole tree.

    Raises:
        ValueError: an unknown algorithm or option, a limit that is not positive, a game the algorithm is not for.
    """
    for name, limit in (("iterations", iterations), ("target", target), ("seconds", seconds)):
        if limit is not None:
            _check_limit(name, limit)
    if iterations is None:
        iterations = DEFAULT_ITERATIONS if target is None and seconds is None else MOST_ITERATIONS
    tree = as_tree(game)
    start = time.perf_counter()

    def points() -> Iterator[int]:
        done = 0
        while done < iterations:
            step = max(int(done * GROWTH), done + 1)
            if seconds is not None and done:
                spent = time.perf_counter() - start
                step = min(step, done + max(1, int(done * (seconds - spent) / spent)))
            done = min(step, iterations)
            yield done

    history: list[Record] = []
    snapshot = coarse = None
    play = None if tree.num_players == 2 and tree.zero_sum else _play_of(tree, find(algorithm), seed, options)
    total = iterations if target is None else None  # how far away a target is, nobody knows
    with progress_bar(progress, f"{algorithm} on {tree.game_id}", total, "iterations") as report:
        for snapshot in iterate(tree, algorithm, every=points(), seed=seed, **options):
            coarse = None if play is None else play.gap_after(snapshot.iteration)
            elapsed = time.perf_counter() - start
            history.append(Record(snapshot.iteration, elapsed, snapshot.nash_conv, coarse))
            report(snapshot.iteration, f"gap {snapshot.exploitability:.2g}")
            if target is not None and snapshot.exploitability <= target:
                break
            if seconds is not None and elapsed >= seconds:
                break
    assert snapshot is not None  # points() yields at least once
    return Solution(
        policy=snapshot.policy,
        values=snapshot.values,
        nash_conv=snapshot.nash_conv,
        history=tuple(history),
        algorithm=find(algorithm).name,
        iterations=snapshot.iteration,
        seconds=time.perf_counter() - start,
        options=options,
        cce_gap=coarse,
    )


def _check_limit(name: str, limit: Any) -> None:
    """Raises TypeError or ValueError."""
    whole = name == "iterations"
    number = (int, np.integer) if whole else (int, float, np.number)
    if isinstance(limit, bool) or not isinstance(limit, number):
        raise TypeError(f"{name} must be a {'whole number' if whole else 'number'}, got {limit!r}")
    if not 0 < limit < np.inf:
        raise ValueError(f"{name} must be positive and finite, got {limit!r}")


class _Play:
    """A second run, beside the one that is asked for, whose current policies are mixed."""

    def __init__(self, tree: GameTree, algorithm: Algorithm, play: Play, seed: Any):
        self.mixture = Mixture(tree)
        self.profiles = algorithm.run(tree, count(), seed, **play.options)
        self.weights = play.weights
        self.done = 0

    def gap_after(self, iterations: int) -> float:
        """The CCE gap of the play of so many iterations, summed over players."""
        for _ in range(iterations - self.done):
            self.mixture.add(next(self.profiles)[1], next(self.weights))
        self.done = iterations
        return float(np.maximum(self.mixture.coarse_gaps(), 0.0).sum())


def _play_of(tree: GameTree, algorithm: Algorithm, seed: Any, options: Mapping[str, Any]) -> _Play | None:
    check_options(algorithm, options)
    return None if algorithm.play is None else _Play(tree, algorithm, algorithm.play(options), seed)
