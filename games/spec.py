"""How a game announces itself: `GameSpec` and its `Parameter`s. A catalogue module lists its specs in ``GAMES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Parameter:
    """One parameter of a game: its default (which decides the type) and what is allowed."""

    name: str
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    choices: Sequence[Any] | None = None
    also: tuple[str, ...] = ()
    """Other names under which it may be given, for instance OpenSpiel's."""

    @property
    def allowed(self) -> str:
        """What may be given, as text."""
        if self.choices is not None:
            return "one of " + ", ".join(map(repr, self.choices))
        kind = {bool: "true or false", int: "an integer", float: "a number", str: "a text"}[type(self.default)]
        if self.low is None and self.high is None:
            return kind
        if self.high is None:
            return f"{kind}, at least {self.low}"
        if self.low is None:
            return f"{kind}, at most {self.high}"
        return f"{kind} from {self.low} to {self.high}"

    def check(self, game: str, value: Any) -> Any:
        """The value in the parameter's type.

        Raises:
            ValueError: it is not allowed; the message names the range.
        """
        kind = type(self.default)
        good = isinstance(value, (int, float)) and not isinstance(value, bool) if kind is float else type(value) is kind
        if good:
            value = kind(value)
            inside = (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
            if inside and (self.choices is None or value in self.choices):
                return value
        raise ValueError(f"{game}: parameter {self.name} must be {self.allowed}; got {value!r}")


@dataclass(frozen=True)
class GameSpec:
    """What the registry knows of a game before it is made.

    Attributes:
        id: the name under which `ludus.make` finds it.
        build: called with the checked parameters; returns a `Setup`, a `State` root or a `Game`.
        players: for people: ``"2"`` or ``"2-5"``.
        tags: what it may be searched by, for instance ``"imperfect-information"``.
        version: changes when the game's behaviour does.
        read: reads the names of a family, for instance ``lbf/8x8-2p-2f-coop``: -> parameters, or None where it is none.
        names: the family's usual names, for people.
        scores: what an episode with default parameters pays a player on average: ``"random"`` play, the ``"heuristic"``
            agent, ``"optimal"`` play, those that are known.
    """

    id: str
    title: str
    build: Callable[..., Any]
    players: str = "2"
    parameters: tuple[Parameter, ...] = ()
    tags: tuple[str, ...] = ()
    version: int = 1
    read: Callable[[str], Mapping[str, Any] | None] | None = None
    names: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)


class GameInfo(NamedTuple):
    """One row of `available`."""

    id: str
    title: str
    players: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    version: int


def checked(spec: GameSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter of a spec with its given or default value.

    Raises:
        ValueError: an unknown parameter, or a value that is not allowed.
    """
    known = {name: p.name for p in spec.parameters for name in (p.name, *p.also)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            has = "its parameters are " + ", ".join(p.name for p in spec.parameters)
            raise ValueError(f"{spec.id} has no parameter {name!r}; {has if known else 'it has no parameters'}")
        if known[name] in values:
            raise ValueError(f"{spec.id}: parameter {known[name]} is given twice, also as {name!r}")
        values[known[name]] = value
    return {p.name: p.check(spec.id, values[p.name]) if p.name in values else p.default for p in spec.parameters}
