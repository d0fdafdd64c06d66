"""`Population`: who there is in a run of self-play, and what they got against each other; one immutable record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

State = dict[str, np.ndarray]
"""What an oracle knows of one learner: named arrays, so that a checkpoint needs no pickle."""


class Entry(NamedTuple):
    """One of a population: a learner, a frozen copy of one, or a guest that was added from outside."""

    name: str
    role: str
    """Of the learner, or of the learner that a copy was made from; empty for guests."""
    parent: int | None
    """The number of the learner that a frozen copy was made from."""
    generation: int
    """How often the learner had been copied before."""
    frozen: bool
    state: State | None
    """None for guests."""
    trained: int = 0
    """Rounds of training since the last copy (of a learner), in all (of a copy)."""
    hyper: tuple[tuple[str, float], ...] = ()
    """Fields of the oracle that this learner has for itself (population-based training)."""


@dataclass(frozen=True, eq=False)
class Population:
    """n members and the results of their matches, as a run of self-play keeps them between its rounds."""

    members: tuple[Entry, ...]
    games: np.ndarray
    """float64[n, n]: matches of the row against the column, older ones discounted where the method says so."""
    wins: np.ndarray
    """float64[n, n]: those in which the row got more than the column."""
    draws: np.ndarray
    """float64[n, n]: those in which both got the same."""
    total: np.ndarray
    """float64[n, n]: sum of the row's returns."""
    quality: np.ndarray
    """float64[n]: OpenAI Five's quality scores, 0 elsewhere."""
    sigma: np.ndarray
    """float64[n, n]: the interaction matrix. Row i is the distribution over opponents under which learner i was trained
    in this round; rows of frozen members are 0."""
    initial: State
    """What learners start from, and are reset to."""
    round: int = 0
    """Rounds that are over."""
    matches: int = 0
    """Matches played in them."""

    @classmethod
    def of(cls, members: tuple[Entry, ...], initial: State) -> Population:
        """Before the first match."""
        none = np.zeros((len(members), len(members)))
        return cls(members, none, none, none, none, np.zeros(len(members)), none, initial)

    @cached_property
    def learners(self) -> np.ndarray:
        """int64[.]: the numbers of those who train."""
        return np.array([i for i, m in enumerate(self.members) if not m.frozen], np.int64)

    @cached_property
    def frozen(self) -> np.ndarray:
        """int64[.]: the numbers of those who do not change any more, guests among them."""
        return np.array([i for i, m in enumerate(self.members) if m.frozen], np.int64)

    def active(self, role: str) -> np.ndarray:
        """int64[.]: the learners of a role."""
        return np.array([i for i in self.learners.tolist() if self.members[i].role == role], np.int64)

    def past(self, *learners: int) -> np.ndarray:
        """int64[.]: the frozen copies of some learners, in the order in which they were made."""
        return np.array([i for i in self.frozen.tolist() if self.members[i].parent in learners], np.int64)

    def opponents_of(self, learner: int) -> np.ndarray:
        """int64[.]: a learner's own past and the guests."""
        wanted = (learner, None)
        return np.array([i for i in self.frozen.tolist() if self.members[i].parent in wanted], np.int64)

    @cached_property
    def win_rates(self) -> np.ndarray:
        """float64[n, n]: (wins + draws / 2) / games, and 1/2 where there are none."""
        return np.divide(
            self.wins + 0.5 * self.draws, self.games, out=np.full_like(self.games, 0.5), where=self.games > 0
        )

    @cached_property
    def mean(self) -> np.ndarray:
        """float64[n, n]: mean return of the row against the column, 0 where there was no match."""
        return np.divide(self.total, self.games, out=np.zeros_like(self.games), where=self.games > 0)

    def joined(self, *members: Entry) -> Population:
        """With members more, who have played nothing yet."""
        more = len(members)
        grown: dict[str, Any] = {
            name: np.pad(getattr(self, name), (0, more)) for name in ("games", "wins", "draws", "total", "sigma")
        }
        quality = np.pad(self.quality, (0, more))
        return replace(self, members=(*self.members, *members), quality=quality, **grown)

    def with_member(self, number: int, member: Entry) -> Population:
        """With another entry at a number."""
        members = list(self.members)
        members[number] = member
        return replace(self, members=tuple(members))

    def __repr__(self) -> str:
        return f"Population({len(self.learners)} learners, {len(self.frozen)} frozen, round {self.round})"
