"""The random streams of `streams` in compiled code."""

from __future__ import annotations

import numba as nb
import numpy as np

from .streams import GOLDEN


@nb.njit(nb.uint64(nb.uint64), cache=True, error_model="numpy")
def mix64(z):
    """SplitMix64's finaliser, uint64 -> uint64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@nb.njit(nb.float64(nb.uint64, nb.uint64), cache=True, error_model="numpy")
def uniform(key, counter):
    """Number `counter` of stream `key`: float64 in [0, 1)."""
    z = mix64(key + (counter + np.uint64(1)) * np.uint64(GOLDEN))
    return np.float64(z >> np.uint64(11)) * 2.0**-53


@nb.njit(nb.float64(nb.uint64[::1]), cache=True, error_model="numpy")
def draw(rng):
    """The next number of a stream uint64[2] (key, counter), in [0, 1)."""
    counter = rng[1]
    rng[1] = counter + np.uint64(1)
    return uniform(rng[0], counter)


@nb.njit(nb.int64(nb.uint64[::1], nb.int64), cache=True, error_model="numpy")
def draw_below(rng, n):
    """The next number of a stream as an integer from 0 to n - 1."""
    return np.int64(draw(rng) * n)
