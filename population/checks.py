"""Checks of arguments that several parts share; each raises one ValueError that names the argument."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def whole(name: str, value: Any, least: int) -> None:
    """An integer of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")


def positive(name: str, value: float) -> None:
    """A positive, finite number."""
    if not (value > 0.0 and math.isfinite(value)):
        raise ValueError(f"{name} must be positive and finite, got {value!r}")


def at_least_zero(name: str, value: float) -> None:
    """A finite number that is not negative."""
    if not (value >= 0.0 and math.isfinite(value)):
        raise ValueError(f"{name} must be at least 0 and finite, got {value!r}")


def probability(name: str, value: float) -> None:
    """A number from 0 to 1."""
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be from 0 to 1, got {value!r}")


def mixture(name: str, weights: Any, size: int) -> np.ndarray:
    """float64[size]: probabilities that sum to 1."""
    p = np.asarray(weights, np.float64)
    if p.shape != (size,) or not (p >= -1e-12).all() or not abs(p.sum() - 1.0) < 1e-6:
        raise ValueError(f"{name} must be {size} probabilities that sum to 1, got {np.array2string(p, threshold=6)}")
    return p
