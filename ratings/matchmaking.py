"""Who should play whom: fair teams, close opponents, the match that teaches most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from .leaderboard import Leaderboard


class Teams(NamedTuple):
    """A split of players into teams, and how even it is."""

    teams: tuple[tuple[str, ...], ...]
    probabilities: np.ndarray  # float64[teams], to come first
    imbalance: float  # largest less smallest probability


def quality(board: Leaderboard, teams: Sequence[Sequence[str]]) -> float:
    """How even a match is, in [0, 1]: entropy of the win probabilities over its maximum."""
    p = board.predict(teams)
    p = p[p > 0]
    return float(-(p @ np.log(p)) / np.log(len(teams)))


def balance(
    board: Leaderboard,
    players: Sequence[str],
    teams: int = 2,
    size: int | None = None,
    seed: int | np.random.Generator = 0,
) -> Teams:
    """Split ``players`` into ``teams`` of ``size`` (default: as equal as can be) as evenly as possible.

    Two teams of at most 14 players in all are all searched; else swaps of players between teams are tried until
    none helps, from several random starts.
    """
    names = list(players)
    if len(set(names)) != len(names):
        raise ValueError("players must all be different")
    if teams < 2 or len(names) < teams:
        raise ValueError(f"teams must be at least 2 and at most the number of players, got {teams} for {len(names)}")
    if size is not None and size * teams != len(names):
        raise ValueError(f"{teams} teams of {size} need {size * teams} players, got {len(names)}")
    sizes = [len(part) for part in np.array_split(np.arange(len(names)), teams)]

    def judged(split: Sequence[Sequence[str]]) -> Teams:
        p = board.predict(split)
        return Teams(tuple(tuple(sorted(team)) for team in split), p, float(p.max() - p.min()))

    if teams == 2 and len(names) <= 14:
        first, rest = names[0], names[1:]
        splits = []
        for count in {sizes[0], sizes[1]}:
            for mates in combinations(rest, count - 1):
                team = [first, *mates]
                splits.append([team, [name for name in rest if name not in mates]])
        return min((judged(split) for split in splits), key=lambda t: (t.imbalance, t.teams))
    rng = np.random.default_rng(seed)
    best: Teams | None = None
    for _ in range(8):
        order = rng.permutation(len(names))
        cuts = np.cumsum([0, *sizes])
        split = [[names[i] for i in order[a:b]] for a, b in pairwise(cuts)]
        now = judged(split)
        improved = True
        while improved:
            improved = False
            for s, t in combinations(range(teams), 2):
                for i in range(sizes[s]):
                    for j in range(sizes[t]):
                        split[s][i], split[t][j] = split[t][j], split[s][i]
                        new = judged(split)
                        if new.imbalance < now.imbalance - 1e-12:
                            now, improved = new, True
                        else:
                            split[s][i], split[t][j] = split[t][j], split[s][i]
        if best is None or now.imbalance < best.imbalance:
            best = now
    assert best is not None
    return best


def best_opponent(board: Leaderboard, player: str, among: Sequence[str] | None = None) -> str:
    """The opponent against whom the match is most even; of equals the best placed."""
    others = [name for name in (among if among is not None else board.players) if name != player]
    if not others:
        raise ValueError(f"nobody for {player!r} to play")
    return max(others, key=lambda name: quality(board, [[player], [name]]))


def information(board: Leaderboard, first: str, second: str) -> float:
    """Expected information of a duel about who is better, in nats: mutual information of outcome and skill difference.

    Entropy of the outcome less its mean entropy given the skills, which are independent normals; the chance of a win
    given a skill difference d is taken as Phi(d / s) with s such that the model's own forecast comes out.
    """
    from scipy.special import ndtr, ndtri, xlogy

    a, b = board[first], board[second]
    spread = float(np.hypot(a.sigma, b.sigma))
    if not np.isfinite(spread):
        raise ValueError(f"information needs a model with sigma, {board.model.name} has none")
    p = float(np.clip(board.predict([[first], [second]])[0], 1e-12, 1 - 1e-12))
    gap = a.mu - b.mu
    z = float(ndtri(p))
    noise2 = (gap / z) ** 2 - spread**2 if abs(z) > 1e-6 else 2.0 * getattr(board.model, "beta", spread) ** 2
    noise = np.sqrt(max(noise2, 1e-6 * spread**2 + 1e-12))
    x, w = np.polynomial.hermite_e.hermegauss(61)
    q = ndtr((gap + spread * x) / noise)
    inner = float(-(w / w.sum()) @ (xlogy(q, q) + xlogy(1 - q, 1 - q)))
    outer = float(-(xlogy(p, p) + xlogy(1 - p, 1 - p)))
    return max(outer - inner, 0.0)


def next_match(board: Leaderboard, among: Sequence[str] | None = None) -> tuple[str, str]:
    """The duel expected to teach most, by :func:`information`."""
    names = list(among if among is not None else board.players)
    if len(names) < 2:
        raise ValueError("next_match needs two or more players")
    return max(combinations(names, 2), key=lambda pair: information(board, *pair))
