"""Sequential tests: is the new agent better? Stop as soon as the games played so far say so."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .log import MatchLog


class SPRT(NamedTuple):
    """State of a sequential test of "Elo difference is elo0" against "it is elo1"."""

    llr: float  # log of the likelihood ratio, elo1 against elo0
    lower: float  # at or below: elo0 is accepted
    upper: float  # at or above: elo1 is accepted
    decision: str  # "elo0", "elo1" or "continue"
    elo: float  # estimate of the difference
    interval: tuple[float, float]  # its 95 % interval
    games: int


def expected_score(elo: float) -> float:
    """Expected score of a player ``elo`` points above the other."""
    return 1.0 / (1.0 + 10.0 ** (-elo / 400.0))


def elo_of(score: float) -> float:
    """Elo difference of an expected score in (0, 1)."""
    score = min(max(score, 1e-9), 1.0 - 1e-9)
    return -400.0 * math.log10(1.0 / score - 1.0)


def sprt(counts: Any, elo0: float = 0.0, elo1: float = 5.0, alpha: float = 0.05, beta: float = 0.05) -> SPRT:
    """Generalised sequential probability ratio test from counts of results.

    ``counts`` are of equally spaced scores from lost to won: ``(losses, draws, wins)`` (trinomial), or of *pairs* of
    games with one opening and colours reversed, scoring 0, ½, 1, 1½, 2 (pentanomial, which takes the luck of openings
    out), or ``(losses, wins)``. The likelihoods are those of the best distributions of mean score elo0 and elo1 (Van
    den Bergh's GSPRT; Wald's bounds ln(beta / (1 - alpha)) and ln((1 - beta) / alpha)). ``alpha`` and ``beta`` are the
    chances to accept elo1 where elo0 holds, and the reverse.
    """
    tally = np.asarray(counts, np.float64)
    if tally.ndim != 1 or len(tally) not in (2, 3, 5) or (tally < 0).any() or not np.isfinite(tally).all():
        raise ValueError(f"counts must be 2, 3 or 5 numbers, 0 or more, got {counts!r}")
    if not elo1 > elo0:
        raise ValueError(f"elo1 must be above elo0, got {elo0} and {elo1}")
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not 0.0 < value < 0.5:
            raise ValueError(f"{name} must lie between 0 and 0.5, got {value}")
    lower, upper = math.log(beta / (1.0 - alpha)), math.log((1.0 - beta) / alpha)
    games = tally.sum()
    if games == 0:
        return SPRT(0.0, lower, upper, "continue", 0.0, (-math.inf, math.inf), 0)
    values = np.linspace(0.0, 1.0, len(tally))
    # A thousandth of a result in every class keeps the ratio defined until all classes were seen.
    share = np.maximum(tally, 1e-3)
    share = share / share.sum()
    p0, p1 = (_nearest(share, values, expected_score(elo)) for elo in (elo0, elo1))
    llr = float(games * (share @ (np.log(p1) - np.log(p0))))
    decision = "elo1" if llr >= upper else "elo0" if llr <= lower else "continue"
    mean = float(share @ values)
    error = math.sqrt(max(float(share @ (values - mean) ** 2), 1e-12) / games)
    interval = (elo_of(mean - 1.959964 * error), elo_of(mean + 1.959964 * error))
    return SPRT(llr, lower, upper, decision, elo_of(mean), interval, int(games * (2 if len(tally) == 5 else 1)))


def _nearest(share: np.ndarray, values: np.ndarray, mean: float) -> np.ndarray:
    """Distribution of the given mean closest to ``share`` in likelihood: share / (1 + x (values - mean))."""
    gaps = (values - mean).tolist()
    pairs = list(zip(share.tolist(), gaps))
    lo, hi = -1.0 / max(gaps), -1.0 / min(gaps)
    x = 0.0
    for _ in range(100):
        slope = [(p * g, 1.0 / (1.0 + x * g), g) for p, g in pairs]
        f = sum(pg * r for pg, r, _ in slope)
        if f > 0.0:
            lo = x
        else:
            hi = x
        new = x + f / sum(pg * g * r * r for pg, r, g in slope)
        new = new if lo < new < hi else 0.5 * (lo + hi)
        if abs(new - x) < 1e-14:
            break
        x = new
    out = share / (1.0 + x * np.array(gaps))
    return out / out.sum()


def results(log: MatchLog, first: str, second: str, paired: bool = False) -> np.ndarray:
    """Counts for :func:`sprt` from all duels of two players in a log, from the side of ``first``.

    (losses, draws, wins), or with ``paired`` the five classes of successive pairs of games.
    """
    for name in (first, second):
        if name not in log.names:
            raise ValueError(f"no player {name!r} in this log")
    i, j = log.names.index(first), log.names.index(second)
    scores = []
    for m in range(len(log)):
        lo, hi = int(log.match_starts[m]), int(log.match_starts[m + 1])
        seats = log.players[log.team_starts[lo] : log.team_starts[hi]].tolist()
        if hi - lo == 2 and len(seats) == 2 and set(seats) == {i, j}:
            a = lo + seats.index(i)
            b = lo + seats.index(j)
            scores.append(2 if log.ranks[a] < log.ranks[b] else 0 if log.ranks[a] > log.ranks[b] else 1)
    if paired:
        pairs = np.array(scores[: len(scores) // 2 * 2]).reshape(-1, 2).sum(1)
        return np.bincount(pairs, minlength=5)
    return np.bincount(np.array(scores, np.int64), minlength=3)


def run_sprt(scores: Iterable[float], elo0: float = 0.0, elo1: float = 5.0, alpha: float = 0.05, beta: float = 0.05,
             paired: bool = False) -> Iterable[SPRT]:  # fmt: skip
    """The test after every game (or, ``paired``, after every second one) of scores 0, ½, 1; stops at the decision."""
    counts = np.zeros(5 if paired else 3)
    held: float | None = None
    for score in scores:
        if score not in (0, 0.5, 1):
            raise ValueError(f"scores must be 0, 0.5 or 1, got {score!r}")
        if paired and held is None:
            held = score
            continue
        counts[round(2 * (score + (held or 0.0)))] += 1
        held = None
        state = sprt(counts, elo0, elo1, alpha, beta)
        yield state
        if state.decision != "continue":
            return
