"""Configurations: dataclasses whose fields carry a line of help and what is allowed."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from ..games.spec import Parameter

C = TypeVar("C")


def setting(default: Any, help: str, *, low: float | None = None, high: float | None = None, choices=None) -> Any:
    """A field of a `Config`: its default (which decides the type), a line of help, the allowed range or choices."""
    return dataclasses.field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices})


def settings(kind: type) -> dict[str, Parameter]:
    """The fields of a `Config` by name, with help and range: what documentation and command lines are made from."""
    return {f.name: Parameter(f.name, f.default, **f.metadata) for f in dataclasses.fields(kind)}


def configure(kind: type[C], given: Mapping[str, Any], algorithm: str) -> C:
    """A checked `Config`.

    Raises:
        ValueError: an unknown field (the nearest is named), or a value that is not allowed.
    """
    known = settings(kind)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
            raise ValueError(f"{algorithm} has no setting {name!r}; {hint}")
    return kind(**{name: known[name].check(algorithm, value) for name, value in given.items()})
