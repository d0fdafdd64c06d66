"""Random match logs and matches for the tests of ratings."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

import ludus.ratings as lr


def random_log(
    seed: int,
    matches: int = 60,
    players: int = 12,
    scores: bool = False,
    weights: bool = False,
    times: bool = False,
    teams: tuple[int, int] = (2, 4),
    size: tuple[int, int] = (1, 3),
    ties: bool = True,
) -> lr.MatchLog:
    """A log of random teams with random outcomes."""
    rng = np.random.default_rng(seed)
    rows: list[dict] = []
    clock = 0.0
    for _ in range(matches):
        count = int(rng.integers(teams[0], teams[1] + 1))
        sizes = rng.integers(size[0], size[1] + 1, count)
        names = [f"p{i}" for i in rng.permutation(players)[: sizes.sum()]]
        cuts = np.cumsum([0, *sizes])
        row: dict = {"teams": [names[a:b] for a, b in itertools.pairwise(cuts)]}
        value = rng.integers(0, count, count) if ties else rng.permutation(count)
        row["scores" if scores else "ranks"] = value.tolist()
        if weights:
            row["weights"] = [rng.choice([0.25, 0.5, 1.0], b - a).tolist() for a, b in itertools.pairwise(cuts)]
        if times:
            clock += float(rng.exponential(2.0))
            row["time"] = clock
        rows.append(row)
    return lr.MatchLog.from_matches(rows, names=[f"p{i}" for i in range(players)])


@st.composite
def logs(draw, **options):
    """Hypothesis: a random log."""
    return random_log(draw(st.integers(0, 2**32 - 1)), **options)
