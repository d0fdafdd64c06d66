"""The registry: `make`, `available`, `register`, `load` and `save`."""

from __future__ import annotations

import ast
import difflib
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from . import catalog
from .dynamics import EnvSetup
from .environment import EnvironmentGame
from .game import Game, RulesGame, StateGame
from .rules import Setup
from .spec import GameInfo, GameSpec, Parameter, checked
from .state import State

_registered: dict[str, GameSpec] = {}
_catalogue: dict[str, GameSpec] = {}

PREFIXES = {"openspiel": "openspiel", "pettingzoo": "pettingzoo_import"}
"""Ids ``prefix/…`` are made by ``make(rest, parameters)`` of that module of `games`."""

READERS = {".efg": "efg", ".nfg": "nfg"}
"""File endings that `load` and `save` know, and the module of `games` with ``load(path)`` and ``save(game, path)``."""


def specs() -> dict[str, GameSpec]:
    """Every game that has an id of its own: the catalogue's and the registered ones."""
    if not _catalogue:
        for module in sorted(m.name for m in pkgutil.iter_modules(catalog.__path__) if not m.name.startswith("_")):
            for spec in importlib.import_module(f"{catalog.__name__}.{module}").GAMES:
                _catalogue[spec.id] = spec
    return {**_catalogue, **_registered}


def available(tag: str | None = None) -> list[GameInfo]:
    """The games that can be made by id, sorted; those with a tag, if one is given."""
    found = [GameInfo(s.id, s.title, s.players, s.tags, s.parameters, s.version) for s in specs().values()]
    return sorted(info for info in found if tag is None or tag in info.tags)


def make(id: str, **parameters: Any) -> Game:
    """Makes a game.

    Args:
        id: a catalogue or registered id, with parameters in brackets or as keywords: ``make("leduc_poker", players=3)``
            or ``make("leduc_poker(players=3)")``; ``openspiel/NAME`` and ``pettingzoo/NAME`` bring in outside games.

    Raises:
        ValueError: an unknown id (the nearest are named) or parameter, or a value that is not allowed.
        ImportError: the game needs a package that is not installed; the message names the extra.
    """
    if not isinstance(id, str):
        raise TypeError(f"a game id is a text such as 'kuhn_poker', got {type(id).__name__}")
    prefix, slash, rest = id.partition("/")
    if slash and prefix in PREFIXES:
        return importlib.import_module(f".{PREFIXES[prefix]}", __package__).make(rest, parameters)
    name, written = parse_id(id)
    twice = set(written) & set(parameters)
    if twice:
        raise ValueError(f"parameter {sorted(twice)[0]!r} is given both in the id {id!r} and as a keyword")
    spec, named = _find(name)
    values = checked(spec, {**named, **written, **parameters})
    usual = {p.name: p.default for p in spec.parameters} | dict(named)
    given = ",".join(f"{key}={value}" for key, value in values.items() if value != usual[key])
    facts = {
        "id": f"{name}({given})" if given else name,
        "title": spec.title,
        "version": spec.version,
        "parameters": values,
        "scores": {} if given or named else dict(spec.scores),
    }
    return as_game(spec.build(**values), lambda: spec.build(**values), facts)


def _find(name: str) -> tuple[GameSpec, Mapping[str, Any]]:
    """The spec behind a name, and the parameters that the name of a family's member stands for.

    Raises:
        ValueError: nobody knows it; the nearest are named.
    """
    every = specs()
    if name in every:
        return every[name], {}
    for spec in every.values():
        if spec.read is not None and name.startswith(spec.id) and (named := spec.read(name)) is not None:
            return spec, named
    raise ValueError(unknown_id(name, [*every, *(n for spec in every.values() for n in spec.names)]))


def as_game(built: Any, again: Callable[[], Any], facts: Mapping[str, Any]) -> Game:
    """The game that a factory's product stands for."""
    if isinstance(built, Game):
        for name, value in facts.items():
            object.__setattr__(built, name, value)  # a fresh object that nobody has seen yet
        return built
    if isinstance(built, Setup):
        return RulesGame.of(built, **facts)
    if isinstance(built, EnvSetup):
        return EnvironmentGame.of(built, **facts)
    if isinstance(built, State):
        return StateGame.of(again, **facts)
    kinds = "a State, a Setup, an EnvSetup or a Game"
    raise TypeError(f"{facts['id']}: a game's factory returns {kinds}, got {type(built).__name__}")


def register(
    id: str,
    *,
    title: str = "",
    players: str = "2",
    parameters: tuple[Parameter, ...] = (),
    tags: tuple[str, ...] = (),
    version: int = 1,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: makes a game known under an id.

    It decorates a `State` subclass (its call without arguments is the root), or a function of the parameters that
    returns a `State` root, a `Setup` of Numba rules, or a `Game`.

    Raises:
        ValueError: the id is taken by a catalogue game, or has other characters than letters, digits, ``_-./``.
    """
    if not re.fullmatch(r"[\w.\-]+(/[\w.\-]+)*", id):
        raise ValueError(f"a game id is made of letters, digits, '_', '-', '.' and '/', got {id!r}")
    if id.partition("/")[0] in PREFIXES:
        raise ValueError(f"ids that begin with {id.partition('/')[0]!r} are for outside games; choose another")

    def decorate(build: Callable[..., Any]) -> Callable[..., Any]:
        specs()
        if id in _catalogue:
            raise ValueError(f"the catalogue has a game {id!r}; choose another id")
        name = title or (build.__doc__ or id).strip().splitlines()[0]
        _registered[id] = GameSpec(id, name, build, players, parameters, tags, version)
        return build

    return decorate


def load(path: str | Path) -> Game:
    """Reads a game from a Gambit file (``.efg`` or ``.nfg``).

    Raises:
        FileNotFoundError: no such file.
        ValueError: the ending is unknown or the file is damaged (line and column are named).
    """
    return _reader(path).load(Path(path))


def save(game: Game, path: str | Path) -> None:
    """Writes a game as a Gambit file, ``.efg`` or ``.nfg`` by the path's ending; whole or not at all."""
    _reader(path).save(game, Path(path))


def _reader(path: str | Path) -> Any:
    ending = Path(path).suffix.lower()
    if ending not in READERS:
        raise ValueError(f"{path}: games are read and written as {' or '.join(READERS)}, not {ending or 'no ending'!r}")
    return importlib.import_module(f".{READERS[ending]}", __package__)


def parse_id(id: str) -> tuple[str, dict[str, Any]]:
    """``"name(a=1,b=x)"`` -> ("name", {"a": 1, "b": "x"}).

    Raises:
        ValueError: the brackets do not hold ``name=value`` pairs.
    """
    match = re.fullmatch(r"\s*([^()\s]+)\s*(?:\((.*)\))?\s*", id)
    if match is None:
        raise ValueError(f"cannot read the game id {id!r}; write name or name(parameter=value, …)")
    name, inner = match.group(1), (match.group(2) or "").strip()
    values: dict[str, Any] = {}
    for part in filter(None, (p.strip() for p in inner.split(","))):
        key, equals, text = (t.strip() for t in part.partition("="))
        if not equals or not key.isidentifier():
            raise ValueError(f"cannot read {part!r} in the game id {id!r}; write parameter=value")
        values[key] = _value(text)
    return name, values


def _value(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def unknown_id(name: str, known: Iterable[str]) -> str:
    """The message for an id that nobody knows, with the nearest ones."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(repr(n) for n in near)}?" if near else "see ludus.available()"
    return f"there is no game {name!r}; {hint}"
