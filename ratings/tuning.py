"""Fitting a model's parameters to a log by what they foretell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .forecasts import evaluate
from .log import MatchLog
from .model import make, models


class Tuning(NamedTuple):
    """The parameters of least log-loss, and what was tried."""

    parameters: dict[str, Any]
    log_loss: float
    edges: tuple[str, ...]  # parameters whose best value lies at the end of its grid: widen it
    tried: tuple[tuple[dict[str, Any], float], ...]


def tune(log: Any, model: str, grid: Mapping[str, Any], warmup: float = 0.2, rounds: int = 4) -> Tuning:
    """Search ``grid`` (parameter -> values in order) for the least prequential log-loss, one parameter after another.

    Starts in the middle of every list and goes round until nothing improves. Fit on a prefix of the log and score on
    the rest for an honest figure. Raises ValueError for an unknown model or an empty list.
    """
    if model not in models():
        raise ValueError(f"model must be one of {', '.join(sorted(models()))}, got {model!r}")
    if not grid or any(len(values) == 0 for values in grid.values()):
        raise ValueError("grid must name parameters with one value or more each")
    matches = MatchLog.read(log)
    places = {key: len(values) // 2 for key, values in grid.items()}
    seen: dict[tuple[int, ...], float] = {}
    tried: list[tuple[dict[str, Any], float]] = []

    def loss(at: dict[str, int]) -> float:
        key = tuple(at.values())
        if key not in seen:
            chosen = {name: grid[name][i] for name, i in at.items()}
            seen[key] = evaluate(matches, [make(model, **chosen)], warmup)[0].log_loss
            tried.append((chosen, seen[key]))
        return seen[key]

    best = loss(places)
    for _ in range(rounds):
        before = best
        for name in grid:
            for i in range(len(grid[name])):
                value = loss({**places, name: i})
                if value < best:
                    best, places = value, {**places, name: i}
        if best == before:
            break
    edges = tuple(name for name, i in places.items() if len(grid[name]) > 1 and i in (0, len(grid[name]) - 1))
    return Tuning({name: grid[name][i] for name, i in places.items()}, best, edges, tuple(tried))
