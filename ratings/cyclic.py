"""Is one number per player enough? A test for cycles, and ratings with room for them: mElo and disc."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _kernels_cyclic
from .bradley_terry import fit_bradley_terry
from .log import MatchLog, freeze
from .model import RatingModel, Ratings, finite, newcomers, positive

MODELS = {"melo": "MElo", "disc": "Disc"}


class Cyclicity(NamedTuple):
    """What a log says about cycles."""

    p_value: float  # chance of results at least this far from any scalar rating, if one governs them
    scalar_enough: bool  # p_value above the level asked for
    deviance: float  # twice the log-likelihood of free pairs over that of Bradley–Terry
    degrees: int  # pairs that met, less players, plus groups
    cyclic_share: float  # share of the log-odds' variance, noise taken out, that no scalar explains, in [0, 1]
    cycle: tuple[str, str, str] | None  # the three players whose round is the strongest: each beats the next


def cyclicity(log: MatchLog, level: float = 0.05, bootstraps: int = 200, seed: Any = 0) -> Cyclicity:
    """Test of Bradley–Terry against free win rates of every pair, by parametric bootstrap of the deviance.

    Works for few matches a pair too, for the deviance is compared with that of ``bootstraps`` logs drawn from the
    fitted scalar model and not with its limit. Matches of several players count as pairs, draws as half a win each.
    The log must hold matches of single players.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    n = log.num_players
    wins = pair_wins(log)
    total = wins + wins.T
    i, j = np.nonzero(np.triu(total, 1))
    games, won = total[i, j], wins[i, j]
    if not len(i):
        raise ValueError("the log has no matches")
    rng = np.random.default_rng(seed)
    observed, p = _deviance(i, j, games, won, n)
    # Draws halve the variance of a result; the factor keeps that in the bootstrap.
    whole = np.round(games).astype(np.int64)
    drawn = [_deviance(i, j, games, rng.binomial(whole, p) * (games / whole), n)[0] for _ in range(bootstraps)]
    p_value = (1 + sum(d >= observed for d in drawn)) / (1 + bootstraps)
    groups = _groups(i, j, n)
    degrees = max(len(i) - (n - groups), 0)
    rate = (won + 0.5) / (games + 1.0)
    odds = np.log(rate / (1.0 - rate))
    fitted = np.log(p / (1.0 - p))
    noise = 1.0 / (games * rate * (1.0 - rate))
    misfit = max(float(np.sum((odds - fitted) ** 2) - noise.mean() * degrees), 0.0)
    spread = max(float(np.sum(odds**2) - noise.sum()), 0.0)
    share = min(misfit / max(misfit, spread, 1e-300), 1.0) if misfit > 0.0 else 0.0
    return Cyclicity(p_value, p_value > level, observed, degrees, share, _strongest(wins, total, log.names))


def pair_wins(log: MatchLog) -> np.ndarray:
    """float64[n, n]: games the row won against the column, draws as half; every pair of a match is a game."""
    if len(log.players) != len(log.ranks):
        raise ValueError("matches of teams have no pairs of players; the log must hold single players")
    out = np.zeros((log.num_players, log.num_players))
    _kernels_cyclic.pair_wins(log.match_starts, log.players, log.ranks, out)
    return out


def _groups(i: np.ndarray, j: np.ndarray, n: int) -> int:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    return int(connected_components(coo_matrix((np.ones(len(i)), (i, j)), (n, n)), directed=False)[0])


def _deviance(i, j, games, won, n) -> tuple[float, np.ndarray]:
    """Deviance of free pairs from the best scalar, and the scalar's win rates."""
    strength = np.zeros(n)
    _kernels_cyclic.scalar_fit(i, j, games, won, strength)
    p = 1.0 / (1.0 + np.exp(-(strength[i] - strength[j])))
    with np.errstate(divide="ignore", invalid="ignore"):
        free = won * np.nan_to_num(np.log(won / games)) + (games - won) * np.nan_to_num(np.log(1.0 - won / games))
    scalar = won * np.log(p) + (games - won) * np.log1p(-p)
    return float(2.0 * (free - scalar).sum()), p


def _strongest(wins: np.ndarray, total: np.ndarray, names: Sequence[str]) -> tuple[str, str, str] | None:
    """The triangle whose weakest side is furthest above even, in standard errors."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(total > 0, (2.0 * wins - total) / np.sqrt(total), 0.0)
    a, b, c, value = _kernels_cyclic.strongest_triangle(z)
    return (names[a], names[b], names[c]) if value > 0.0 else None


class _Vectors(RatingModel):
    """Pairwise models whose players have vectors; ``extra`` holds them. Single players only."""

    duels_only = True
    seeded = True  # newcomers' vectors are drawn, by ``seed`` and the player's number
    _disc = False

    k: float
    rank: int
    rate_c: float
    scale: float
    seed: int

    def _check(self, log: MatchLog) -> None:
        if len(log.players) != len(log.ranks):
            raise ValueError(
                f"{self.name} rates single players and this log has teams; trueskill, plackett_luce or elo rate teams"
            )

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        self._check(log)
        mu, extra, matches = ratings.mu.copy(), ratings.extra.copy(), ratings.matches.copy()
        last, win = ratings.last.copy(), np.zeros(len(log.ranks))
        _kernels_cyclic.vector_log(
            log.match_starts,
            log.players,
            log.ranks,
            mu,
            extra,
            matches,
            win,
            self.k,
            self.rate_c,
            np.log(10.0) / self.scale,
            self._disc,
        )
        if log.times is not None:
            last[log.players] = np.repeat(log.times, np.diff(log.match_starts))
        return Ratings(mu, ratings.sigma.copy(), matches, last, extra), win

    def advantage(self, ratings: Ratings) -> np.ndarray:
        """float64[n, n]: log-odds of the row against the column; antisymmetric."""
        c = ratings.extra
        a, b = c[:, 0::2], c[:, 1::2]
        turn = a @ b.T - b @ a.T
        if self._disc:
            return turn
        return (ratings.mu[:, None] - ratings.mu[None, :]) * np.log(10.0) / self.scale + turn

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        players = [int(team[0]) for team in teams]
        part = Ratings(*(column[players] for column in ratings))
        expected = 1.0 / (1.0 + np.exp(-np.clip(self.advantage(part), -700.0, 700.0)))
        np.fill_diagonal(expected, 0.0)
        return expected.sum(1) / expected.sum()


class MElo(_Vectors):
    """Multidimensional Elo (Balduzzi et al. 2018): log-odds = rating difference + a cyclic part of ``rank`` planes.

    ``k`` is Elo's step, ``rate_c`` the step of the vectors (in log-odds), ``spread`` the size of newcomers' vectors.
    """

    name = "melo"

    def __init__(
        self,
        mu: float = 1500.0,
        k: float = 16.0,
        rank: int = 1,
        rate_c: float = 0.1,
        spread: float = 0.1,
        scale: float = 400.0,
        seed: int = 0,
    ):
        self.mu, self.k, self.rank = finite("mu", mu), positive("k", k), int(positive("rank", rank))
        self.rate_c, self.spread = positive("rate_c", rate_c), positive("spread", spread)
        self.scale, self.seed = positive("scale", scale), int(seed)

    def start(self, players: int) -> Ratings:
        fresh = newcomers(players, self.mu, np.nan, 2 * self.rank)
        fresh.extra[:] = self.spread * np.random.default_rng(self.seed).standard_normal((players, 2 * self.rank))
        return fresh


class Disc(_Vectors):
    """Disc decomposition (Bertrand, Czarnecki & Gidel 2023): log-odds = u_i v_j - v_i u_j, strength and consistency.

    Newcomers have v = ``consistency``; ``mu`` is u times the mean v, the log-odds against an average opponent of
    strength 0. One plane holds every transitive game and every cycle of one kind.
    """

    name = "disc"
    _disc = True

    def __init__(self, rate_c: float = 0.1, consistency: float = 1.0):
        self.rate_c, self.consistency = positive("rate_c", rate_c), positive("consistency", consistency)
        self.k, self.scale = 0.0, 400.0

    def start(self, players: int) -> Ratings:
        fresh = newcomers(players, 0.0, np.nan, 2)
        fresh.extra[:, 1] = self.consistency
        return fresh

    def replay(self, ratings: Ratings, log: MatchLog, predict: bool = True) -> tuple[Ratings, np.ndarray]:
        after, win = super().replay(ratings, log, predict)
        return after._replace(mu=after.extra[:, 0] * after.extra[:, 1].mean()), win


def disc_fit(log: MatchLog, iterations: int = 4000, ridge: float = 1e-2) -> tuple[np.ndarray, np.ndarray, float]:
    """Disc decomposition of a whole log by penalised maximum likelihood: u[n], v[n] and the mean log-loss of a game.

    Starts at the scalar (Bradley–Terry) solution, v = 1, so that it never fits worse.
    """
    wins = pair_wins(log)
    u = fit_bradley_terry(log).strengths.copy()
    v = np.ones(log.num_players)
    loss = _kernels_cyclic.disc_fit(freeze(wins), u, v, iterations, ridge)
    return u, v, loss
