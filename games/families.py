"""What a family of games is: a function that draws payoffs, by name, with its parameters and its source."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .matrix import MatrixGame

_FAMILIES: dict[str, Family] = {}


@dataclass(frozen=True)
class Family:
    """One family.

    Attributes:
        name: by which `generate` knows it.
        title: what kind of game it is, in one line.
        source: where it comes from.
        parameters: the names and the usual values of its parameters, all whole numbers and floats.
        tags: ``"symmetric"``, ``"zero-sum"``, ``"degenerate"``, ``"pure"`` (some pure equilibrium in every game).
        draw: (generator, **parameters) -> payoffs float64[P, A0, …].
    """

    name: str
    title: str
    source: str
    parameters: Mapping[str, float]
    tags: tuple[str, ...]
    draw: Callable[..., Any]


def family(source: str, *tags: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds a function to the families; its first line of documentation is the title."""

    def add(draw: Callable[..., Any]) -> Callable[..., Any]:
        parameters = {k: p.default for k, p in inspect.signature(draw).parameters.items() if k != "rng"}
        title = (draw.__doc__ or "").strip().splitlines()[0]
        _FAMILIES[draw.__name__] = Family(draw.__name__, title, source, parameters, tags, draw)
        return draw

    return add


def families(tag: str | None = None) -> list[Family]:
    """Every family, by name; those with a tag, if one is given."""
    from . import families_classic, families_random  # noqa: F401

    return [f for _, f in sorted(_FAMILIES.items()) if tag is None or tag in f.tags]


def generate(name: str, seed: int | np.random.Generator = 0, **parameters: Any) -> MatrixGame:
    """A game of a family.

    Args:
        name: of one of `families`.
        seed: the same seed and parameters give the same game.
        parameters: of the family; its usual values otherwise.

    Raises:
        ValueError: an unknown family (the nearest are named) or parameter, or a value out of its range.
    """
    known = {f.name: f for f in families()}
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
        raise ValueError(f"there is no family {name!r}; {hint}known are {', '.join(known)}")
    row = known[name]
    for key, value in parameters.items():
        if key not in row.parameters:
            allowed = ", ".join(row.parameters) or "none"
            raise ValueError(f"family {name!r} has no parameter {key!r}; its parameters are: {allowed}")
        whole = isinstance(row.parameters[key], int)
        if isinstance(value, bool) or not isinstance(value, (int, np.integer) if whole else (int, float, np.number)):
            raise ValueError(f"{key} must be a {'whole ' if whole else ''}number, got {value!r}")
    given = "".join(f",{k}={v}" for k, v in parameters.items())
    label = seed if isinstance(seed, (int, np.integer)) else "generator"
    payoffs = row.draw(np.random.default_rng(seed), **parameters)
    return MatrixGame(*np.array(payoffs, np.float64), id=f"{name}(seed={label}{given})", title=row.title)


def at_least(least: int, **parameters: int) -> None:
    """Raises ValueError for a parameter below a bound."""
    for name, value in parameters.items():
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def by_profile(pay: Callable[[tuple[int, ...]], Any], *counts: int) -> np.ndarray:
    """float64[P, A0, …] of a function from pure profiles to everybody's payoffs."""
    tensor = np.empty((len(counts), *counts))
    for profile in np.ndindex(*counts):
        tensor[(slice(None), *profile)] = pay(profile)
    return tensor


def symmetric(table: Any) -> np.ndarray:
    """float64[2, A, A] of the row player's payoffs in a symmetric game."""
    own = np.array(table, np.float64)
    return np.stack([own, own.T])
