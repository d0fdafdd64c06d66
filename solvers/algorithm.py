"""The table of equilibrium algorithms: what each computes, what is proven of it, and where it comes from."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

Run = Callable[..., Iterator[tuple[int, np.ndarray]]]
"""(tree, points, seed, **options) -> (iteration, behaviour profile float64[S]) at each of the growing points."""


class Play(NamedTuple):
    """How to see a regret minimiser's play: the mixture of its current joint policies."""

    options: Mapping[str, Any]
    """With these a run yields the current policy instead of an average."""
    weights: Iterator[float]
    """What the joint policies of iterations 1, 2, … weigh; endless."""


def last_iterates(options: Mapping[str, Any]) -> Play:
    """The play of an algorithm with the option `averaging`, all iterations alike."""
    return Play({**options, "averaging": "last"}, repeat(1.0))


@dataclass(frozen=True)
class Algorithm:
    """One row of the table. A family's module lists its rows in ``ALGORITHMS``."""

    name: str
    title: str
    kind: str
    """``"full width"``: an iteration visits the whole tree; ``"sampling"``: it is one episode; ``"exact"``."""
    guarantee: str
    """What is proven, and for which games."""
    reference: str
    run: Run
    options: tuple[str, ...] = ()
    """Names of the keyword options that `run` takes."""
    zero_sum_only: bool = False
    two_players_only: bool = False
    play: Callable[[Mapping[str, Any]], Play] | None = None
    """Options -> the play whose regret is minimised; None where there is none to measure on the whole tree."""


def algorithms() -> list[Algorithm]:
    """Every algorithm that `solve` knows, by name."""
    table = _table()
    return [table[name] for name in sorted(table)]


def find(name: str) -> Algorithm:
    """The algorithm of that name.

    Raises:
        ValueError: there is none; the nearest and all names are given.
    """
    key = str(name).lower()
    for module in _families():
        if key in (found := _rows(module)):
            return found[key]
    table = _table()
    near = difflib.get_close_matches(key, table, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise ValueError(f"there is no algorithm {name!r}; {hint}known are {', '.join(sorted(table))}")


def check_options(algorithm: Algorithm, options: Iterable[str]) -> None:
    """Raises ValueError where an option is not one of the algorithm's."""
    for option in options:
        if option not in algorithm.options:
            known = ", ".join(algorithm.options) or "none"
            raise ValueError(f"{algorithm.name} has no option {option!r}; its options are: {known}")


def option_names(function: Callable) -> tuple[str, ...]:
    """The keyword parameters with defaults of a function."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.default is not inspect.Parameter.empty)


def _families() -> list[str]:
    """The modules of `tree`; the family that is asked for most stands first, so that the others need not be loaded."""
    from . import tree

    names = [module.name for module in pkgutil.iter_modules(tree.__path__) if not module.name.startswith("_")]
    return sorted(names, key=lambda name: (name != "cfr", name))


def _rows(module: str) -> dict[str, Algorithm]:
    """One family's algorithms, by name."""
    loaded = importlib.import_module(f".tree.{module}", __package__)
    return {algorithm.name: algorithm for algorithm in getattr(loaded, "ALGORITHMS", ())}


def _table() -> dict[str, Algorithm]:
    """Every family's algorithms, by name."""
    return {name: algorithm for module in _families() for name, algorithm in _rows(module).items()}
