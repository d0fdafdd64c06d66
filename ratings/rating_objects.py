"""Ratings of single players as objects, in openskill's shape."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from .model import finite, positive


class Rating:
    """Skill of one player: ``mu``, ``sigma``, an optional ``name`` and an ``id``.

    Equal means equal mu and sigma, and equal ratings hash alike; order goes by :meth:`ordinal`.
    """

    __slots__ = ("id", "mu", "name", "sigma")
    title: ClassVar[str] = "Player"

    def __init__(self, mu: float, sigma: float, name: str | None = None):
        self.mu = finite("mu", mu)
        self.sigma = positive("sigma", sigma, zero=True)
        if name is not None and not isinstance(name, str):
            raise TypeError(f"name must be a string or None, got {name!r}")
        self.name = name
        self.id = uuid4().hex

    def ordinal(self, z: float = 3.0, alpha: float = 1.0, target: float = 0.0) -> float:
        """A single number to rank by: ``alpha * ((mu - z * sigma) + target / alpha)``."""
        return alpha * ((self.mu - z * self.sigma) + (target / alpha))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mu={self.mu}, sigma={self.sigma})"

    def __str__(self) -> str:
        name = f"name: {self.name}\n" if self.name else ""
        return f"{self.title} Player Data: \n\nid: {self.id}\n{name}mu: {self.mu}\nsigma: {self.sigma}\n"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rating):
            return NotImplemented
        return self.mu == other.mu and self.sigma == other.sigma

    def __hash__(self) -> int:
        return hash((self.mu, self.sigma))

    def _other(self, other: Any) -> float:
        if not isinstance(other, Rating):
            raise ValueError(f"a rating can be compared with ratings, not with {type(other).__name__}")
        return other.ordinal()

    def __lt__(self, other: Any) -> bool:
        return self.ordinal() < self._other(other)

    def __gt__(self, other: Any) -> bool:
        return self.ordinal() > self._other(other)

    def __le__(self, other: Any) -> bool:
        return self.ordinal() <= self._other(other)

    def __ge__(self, other: Any) -> bool:
        return self.ordinal() >= self._other(other)


def moved(rating: Rating, mu: float, sigma: float) -> Rating:
    """A new rating of the same player."""
    new = object.__new__(type(rating))
    new.mu, new.sigma, new.name, new.id = mu, sigma, rating.name, rating.id
    return new


class PlackettLuceRating(Rating):
    """A rating of PlackettLuce."""

    __slots__ = ()
    title = "Plackett-Luce"


class BradleyTerryFullRating(Rating):
    """A rating of BradleyTerryFull."""

    __slots__ = ()
    title = "Bradley-Terry Full Pairing"


class BradleyTerryPartRating(Rating):
    """A rating of BradleyTerryPart."""

    __slots__ = ()
    title = "Bradley-Terry Partial Pairing"


class ThurstoneMostellerFullRating(Rating):
    """A rating of ThurstoneMostellerFull."""

    __slots__ = ()
    title = "Thurstone-Mosteller Full Pairing"


class ThurstoneMostellerPartRating(Rating):
    """A rating of ThurstoneMostellerPart."""

    __slots__ = ()
    title = "Thurstone-Mosteller Partial Pairing"
