"""Ratings that look back: TrueSkill through time and whole-history rating, smoothed over a whole log at once."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from . import _kernels_gauss, _kernels_time, _kernels_trueskill
from .log import MatchLog, freeze, optional
from .model import BatchModel, Ratings, finite, newcomers, positive

MODELS = {"trueskill_through_time": "TrueSkillThroughTime", "whole_history": "WholeHistory"}


class History(NamedTuple):
    """Ratings over time: entry k is ``player[k]`` at ``time[k]``, sorted by player and time."""

    player: np.ndarray  # int64[K]
    time: np.ndarray  # float64[K]
    mu: np.ndarray  # float64[K]
    sigma: np.ndarray  # float64[K]

    def of(self, player: int) -> History:
        """The entries of one player."""
        keep = self.player == player
        return History(*(column[keep] for column in self))


class _Nodes(NamedTuple):
    """The players' times: nodes sorted by player and time, and where every seat belongs."""

    player: np.ndarray  # int64[K]
    time: np.ndarray  # float64[K]
    starts: np.ndarray  # int64[n + 1]
    seat_node: np.ndarray  # int64[S]
    gap: np.ndarray  # float64[K], time since the node before, 0 at a player's first


def _nodes(log: MatchLog) -> _Nodes:
    seats_per = np.diff(log.team_starts[log.match_starts])
    times = np.arange(len(log), dtype=np.float64) if log.times is None else log.times
    time = np.repeat(times, seats_per)
    order = np.lexsort((time, log.players))
    p, t = log.players[order].astype(np.int64), time[order]
    new = np.ones(len(p), bool)
    new[1:] = (p[1:] != p[:-1]) | (t[1:] != t[:-1])
    number = np.cumsum(new) - 1
    seat_node = np.empty(len(p), np.int64)
    seat_node[order] = number
    player, at = p[new], t[new]
    starts = np.searchsorted(player, np.arange(log.num_players + 1))
    gap = np.zeros(len(at))
    gap[1:] = np.where(player[1:] == player[:-1], at[1:] - at[:-1], 0.0)
    return _Nodes(player, at, starts, seat_node, gap)


class _Smoother(BatchModel):
    """What the two share. ``update`` takes the ratings given as the belief before the log, so that a long log can be
    smoothed chunk by chunk in bounded memory; ``history`` gives the whole curves of a log.
    """

    drift: float

    def history(self, log: MatchLog, ratings: Ratings | None = None) -> History:
        """Smoothed ratings of every player at every time he played."""
        before = self.start(log.num_players) if ratings is None else self.grow(ratings, log.num_players)
        nodes = _nodes(log)
        mu, sigma = self._solve(before, log, nodes)
        return History(nodes.player, nodes.time, mu, sigma)

    def settle(self, ratings: Ratings, log: MatchLog) -> Ratings:
        nodes = _nodes(log)
        mu, sigma = ratings.mu.copy(), ratings.sigma.copy()
        last = ratings.last.copy()
        if len(log):
            node_mu, node_sigma = self._solve(ratings, log, nodes)
            ends = nodes.starts[1:] - 1
            played = nodes.starts[1:] > nodes.starts[:-1]
            mu[played], sigma[played] = node_mu[ends[played]], node_sigma[ends[played]]
            if log.times is not None:
                last[played] = nodes.time[ends[played]]
        return Ratings(mu, sigma, ratings.matches + log.counts(), last, ratings.extra.copy())

    def _prior(self, ratings: Ratings, nodes: _Nodes) -> np.ndarray:
        """float64[n]: variance of every player's belief at his first node."""
        first = np.minimum(nodes.starts[:-1], max(len(nodes.time) - 1, 0))
        away = nodes.time[first] - ratings.last if len(nodes.time) else np.zeros(len(ratings.mu))
        return ratings.sigma**2 + self.drift**2 * np.nan_to_num(np.maximum(away, 0.0))

    def _solve(self, ratings: Ratings, log: MatchLog, nodes: _Nodes) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError


class TrueSkillThroughTime(_Smoother):
    """TrueSkill through time (Dangauthier et al. 2007): every match informs the skills before and after it.

    - ``mu``, ``sigma``: newcomers; ``beta``: spread of a performance; ``drift``: standard deviation of the change
      of skill over one unit of time (a match, where the log has no times); ``draw_probability`` of a duel of equals.
    - ``tolerance``, ``sweeps``: when the messages count as settled, and after how many passes to stop anyway.

    Smoothed ratings have seen the matches they describe: use ``evaluate`` for honest forecasts.
    """

    name = "trueskill_through_time"

    def __init__(
        self,
        mu: float = 25.0,
        sigma: float = 25.0 / 3.0,
        beta: float = 25.0 / 6.0,
        drift: float = 25.0 / 300.0,
        draw_probability: float = 0.1,
        tolerance: float = 1e-7,
        sweeps: int = 500,
    ):
        self.mu, self.sigma, self.beta = finite("mu", mu), positive("sigma", sigma), positive("beta", beta)
        self.drift, self.tolerance = positive("drift", drift, zero=True), positive("tolerance", tolerance)
        self.draws = positive("draw_probability", draw_probability, zero=True)
        if self.draws >= 1.0:
            raise ValueError(f"draw_probability must lie in [0, 1), got {draw_probability}")
        self.sweeps = int(positive("sweeps", sweeps))

    def start(self, players: int) -> Ratings:
        return newcomers(players, self.mu, self.sigma)

    def _solve(self, ratings: Ratings, log: MatchLog, nodes: _Nodes) -> tuple[np.ndarray, np.ndarray]:
        size, seats = len(nodes.time), len(log.players)
        variance = np.maximum(self._prior(ratings, nodes), 1e-12)
        prior_pi = 1.0 / variance
        like, chain, seat = np.zeros((2, size)), np.zeros((2, size)), np.zeros((2, seats))
        most = int(np.diff(log.match_starts).max(initial=0))
        comparisons = max(_kernels_trueskill.most_comparisons(log.match_starts, log.ranks), 1)
        margin = NormalDist().inv_cdf((1.0 + self.draws) / 2.0) * self.beta
        _kernels_time.through_time(
            log.match_starts,
            log.team_starts,
            log.ranks,
            optional(log.weights),
            nodes.seat_node,
            nodes.starts,
            nodes.player,
            self.drift**2 * nodes.gap,
            prior_pi,
            prior_pi * ratings.mu,
            like[0],
            like[1],
            chain[0],
            chain[1],
            seat[0],
            seat[1],
            self.beta,
            margin,
            self.tolerance,
            self.sweeps,
            np.empty((4, most)),
            np.empty((comparisons, 2), np.int64),
            np.empty(comparisons, np.bool_),
            np.empty(comparisons),
            np.empty((6, comparisons)),
        )
        pi = like[0] + chain[0]
        return (like[1] + chain[1]) / pi, 1.0 / np.sqrt(pi)

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        mean = np.array([ratings.mu[np.asarray(team)].sum() for team in teams])
        var = np.array([(ratings.sigma[np.asarray(team)] ** 2 + self.beta**2).sum() for team in teams])
        out = np.empty(len(teams))
        _kernels_gauss.best_of_all(len(teams), mean, np.sqrt(var), out)
        return out


class WholeHistory(_Smoother):
    """Whole-history rating (Coulom 2008): Bradley–Terry with skills that wander; the most likely curves of all players.

    - ``mu``, ``sigma``: newcomers, in Elo points; ``drift``: points a skill wanders per square root of a unit of
      time (of a match, where the log has no times). Coulom's w² = 300 points² a day is ``drift=17.3``.
    - ``scale``: points of a factor 10 in odds. Draws are half a win; teams are sums, several teams pairs.
    """

    name = "whole_history"

    def __init__(
        self,
        mu: float = 1500.0,
        sigma: float = 350.0,
        drift: float = 17.3,
        scale: float = 400.0,
        tolerance: float = 1e-6,
        sweeps: int = 500,
    ):
        self.mu, self.sigma = finite("mu", mu), positive("sigma", sigma)
        self.drift, self.scale = positive("drift", drift, zero=True), positive("scale", scale)
        self.tolerance, self.sweeps = positive("tolerance", tolerance), int(positive("sweeps", sweeps))

    def start(self, players: int) -> Ratings:
        return newcomers(players, self.mu, self.sigma)

    def _solve(self, ratings: Ratings, log: MatchLog, nodes: _Nodes) -> tuple[np.ndarray, np.ndarray]:
        unit = self.scale / np.log(10.0)
        size = len(nodes.time)
        mean = (ratings.mu - self.mu) / unit
        order = np.argsort(nodes.seat_node, kind="stable")
        teams_per, seats_per = np.diff(log.match_starts), np.diff(log.team_starts)
        match_of_team = np.repeat(np.arange(len(log)), teams_per)
        r, var = mean[nodes.player], np.zeros(size)
        _kernels_time.whole_history(
            log.match_starts,
            log.team_starts,
            log.ranks,
            optional(log.weights),
            nodes.seat_node,
            nodes.starts,
            np.searchsorted(nodes.seat_node[order], np.arange(size + 1)),
            order,
            np.repeat(np.arange(len(log.ranks)), seats_per),
            np.repeat(match_of_team, seats_per),
            np.maximum((self.drift / unit) ** 2 * nodes.gap, 1e-12),
            unit**2 / np.maximum(self._prior(ratings, nodes), 1e-12),
            freeze(mean),
            r,
            var,
            self.tolerance,
            self.sweeps,
            np.empty(size),
            np.empty(size),
        )
        return self.mu + unit * r, unit * np.sqrt(var)

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        """Odds of the teams' summed skills, flattened for the uncertainty as in Glicko, pairs averaged."""
        unit = self.scale / np.log(10.0)
        strength = np.array([((ratings.mu[np.asarray(t)] - self.mu) / unit).sum() for t in teams])
        var = np.array([(ratings.sigma[np.asarray(t)] ** 2).sum() / unit**2 for t in teams])
        damp = 1.0 / np.sqrt(1.0 + 3.0 * (var[:, None] + var[None, :]) / np.pi**2)
        lead = np.clip(damp * (strength[:, None] - strength[None, :]), -700.0, 700.0)
        expected = 1.0 / (1.0 + np.exp(-lead))
        np.fill_diagonal(expected, 0.0)
        return expected.sum(1) / expected.sum()
