"""Counter-based random streams: the same numbers in compiled kernels and in Python, whatever runs beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

WORD = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix64(z: int) -> int:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014) on a 64-bit word."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


def seed_word(seed: int | np.random.Generator) -> int:
    """A seed as a 64-bit word; a generator gives its next draw.

    Raises:
        ValueError: a negative seed, or one of more than 64 bits.
        TypeError: neither an integer nor a generator.
    """
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
        raise TypeError(f"seed must be an integer or a numpy Generator, got {type(seed).__name__}")
    if not 0 <= int(seed) <= WORD:
        raise ValueError(f"seed must be from 0 to 2**64 - 1, got {seed}")
    return int(seed)


def stream_key(seed: int, index: int) -> int:
    """The key of stream number `index` under a seed; it depends on nothing else."""
    return mix64((mix64(seed) + (index + 1) * GOLDEN) & WORD)


class Stream:
    """One stream of numbers: number n is SplitMix64's n-th output from the key.

    Attributes:
        key: which stream.
        counter: how many numbers have been drawn.
    """

    __slots__ = ("counter", "key")

    def __init__(self, key: int, counter: int = 0):
        self.key = key
        self.counter = counter

    def uniform(self) -> float:
        """The next number, in [0, 1)."""
        self.counter += 1
        return (mix64((self.key + self.counter * GOLDEN) & WORD) >> 11) * 2.0**-53

    def choose(self, outcomes: Sequence[tuple[int, float]]) -> int:
        """Draws one of (outcome, probability)."""
        u = self.uniform() - outcomes[0][1]
        k = 0
        while u >= 0.0 and k < len(outcomes) - 1:
            k += 1
            u -= outcomes[k][1]
        return outcomes[k][0]
