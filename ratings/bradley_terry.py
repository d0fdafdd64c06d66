"""Bradley–Terry by maximum likelihood: whole logs at once, ties, covariates, sandwich and bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy import linalg, sparse

from . import _kernels
from .log import MatchLog
from .model import BatchModel, Ratings, finite, newcomers, positive

MODELS = {"bradley_terry": "BradleyTerry"}
TIES = ("half", "rao_kupper", "davidson")


@dataclass(frozen=True)
class BradleyTerryFit:
    """A fit: strengths in log-odds, mean 0 over the players that played.

    ``covariance`` is the robust (sandwich) one of strengths, then coefficients, then the tie parameter.
    """

    names: tuple[str, ...]
    strengths: np.ndarray  # float64[n]
    coefficients: np.ndarray  # float64[q], of the covariates
    tie: float  # log of Rao and Kupper's theta or of Davidson's nu; NaN where ties are halves
    covariance: np.ndarray  # float64[n + q + ties, n + q + ties]
    log_likelihood: float
    iterations: int
    bootstraps: np.ndarray | None = None  # float64[B, n]

    @property
    def sigma(self) -> np.ndarray:
        """float64[n]: robust standard errors of the strengths."""
        return np.sqrt(np.maximum(np.diag(self.covariance)[: len(self.names)], 0.0))

    def intervals(self, level: float = 0.95, method: str = "sandwich") -> np.ndarray:
        """float64[n, 2]: intervals of the strengths, by the "sandwich" or from the "bootstrap" (percentiles)."""
        if not 0.0 < level < 1.0:
            raise ValueError(f"level must lie between 0 and 1, got {level}")
        if method == "sandwich":
            z = NormalDist().inv_cdf(0.5 + level / 2.0)
            return np.column_stack([self.strengths - z * self.sigma, self.strengths + z * self.sigma])
        if method != "bootstrap":
            raise ValueError(f"method must be 'sandwich' or 'bootstrap', got {method!r}")
        if self.bootstraps is None:
            raise ValueError("this fit has no bootstraps; fit with bootstrap=100 or more")
        tail = (1.0 - level) / 2.0
        return np.quantile(self.bootstraps, [tail, 1.0 - tail], axis=0).T

    def difference(self, first: str, second: str) -> tuple[float, float]:
        """Difference of two strengths and its robust standard error."""
        i, j = self.names.index(first), self.names.index(second)
        var = self.covariance[i, i] + self.covariance[j, j] - 2.0 * self.covariance[i, j]
        return float(self.strengths[i] - self.strengths[j]), float(np.sqrt(max(var, 0.0)))


def fit_bradley_terry(
    log: MatchLog,
    ties: str = "half",
    covariates: Any = None,
    prior: float = 10.0,
    bootstrap: int = 0,
    seed: Any = 0,
    anchor: str | None = None,
) -> BradleyTerryFit:
    """Maximum likelihood of P(A beats B) = 1 / (1 + exp(-(strength difference))) by Newton's method.

    A team's strength is the (share-weighted) sum of its players'; matches of several teams count as all their pairs.

    - ``ties``: "half" (a draw is half a win), "rao_kupper" (Rao & Kupper 1967) or "davidson" (Davidson 1970).
    - ``covariates float64[M, q]``: what else speaks for the first team of every match (home, colour, style); duels of
      two teams only. Their coefficients are fitted along.
    - ``prior``: standard deviation of a normal prior on the strengths, in log-odds. 10 is next to no information, and
      keeps players who won or lost everything finite.
    - ``bootstrap``: number of resampled fits (matches drawn with replacement). ``anchor``: the player whose strength is
      set to 0 (default: the mean is 0); intervals are then those of differences to the anchor.
    """
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(TIES)}, got {ties!r}")
    precision = 1.0 / positive("prior", prior) ** 2
    n = log.num_players
    design, outcome, counts = _comparisons(log, covariates)
    q = design.shape[1] - n
    problem = _Problem(design, outcome, counts, n, q, ties, precision)
    theta, iterations, value = problem.solve(np.zeros(n + q + problem.extra))
    covariance = problem.sandwich(theta)
    runs = None
    if bootstrap:
        rng = np.random.default_rng(seed)
        total = round(counts.sum())
        runs = np.empty((bootstrap, n))
        for b in range(bootstrap):
            again = _Problem(
                design, outcome, rng.multinomial(total, counts / counts.sum()) * 1.0, n, q, ties, precision
            )
            runs[b] = _centred(again.solve(theta.copy())[0][:n], log, anchor)
    shift = _centring(log, anchor)
    transform = np.eye(len(theta))
    transform[:n, :n] -= shift
    return BradleyTerryFit(
        log.names,
        _centred(theta[:n], log, anchor),
        theta[n : n + q],
        float(theta[-1]) if problem.extra else float("nan"),
        transform @ covariance @ transform.T,
        value,
        iterations,
        runs,
    )


def _centring(log: MatchLog, anchor: str | None) -> np.ndarray:
    """float64[n, n]: the matrix whose product with strengths is what each loses by centring."""
    n = log.num_players
    if anchor is not None:
        if anchor not in log.names:
            raise ValueError(f"anchor must be a player of the log, got {anchor!r}")
        weight = np.zeros(n)
        weight[log.names.index(anchor)] = 1.0
    else:
        weight = (log.counts() > 0).astype(float)
        weight /= max(weight.sum(), 1.0)
    return np.tile(weight, (n, 1))


def _centred(strengths: np.ndarray, log: MatchLog, anchor: str | None) -> np.ndarray:
    return strengths - (_centring(log, anchor)[0] @ strengths if len(strengths) else 0.0)


def _comparisons(log: MatchLog, covariates: Any) -> tuple[Any, np.ndarray, np.ndarray]:
    """Sparse rows [R, n + q] of "first minus second", outcomes int64[R] (0 loss, 1 draw, 2 win), counts."""
    n = log.num_players
    if covariates is not None:
        extra = np.asarray(covariates, np.float64)
        if extra.ndim != 2 or len(extra) != len(log) or not np.isfinite(extra).all():
            raise ValueError(f"covariates must be finite of shape ({len(log)}, q), got shape {extra.shape}")
        if (np.diff(log.match_starts) != 2).any():
            raise ValueError("covariates need matches of two teams")
    if log.duels and log.weights is None and covariates is None:
        if 3 * n * n <= max(8 * len(log), 1_000_000):
            tally = np.zeros(3 * n * n, np.int64)
            _kernels.tally_duels(log.players, log.ranks, n, tally)
            key = np.flatnonzero(tally)
            counts = tally[key]
        else:
            pairs = np.sort(log.players.reshape(-1, 2).astype(np.int64), axis=1)
            better = np.sign(log.ranks[1::2] - log.ranks[0::2]).astype(np.int64)
            better *= np.where(log.players[0::2] < log.players[1::2], 1, -1)
            key, counts = np.unique((pairs[:, 0] * n + pairs[:, 1]) * 3 + better + 1, return_counts=True)
        a, b, outcome = key // 3 // n, key // 3 % n, key % 3
        rows = np.arange(len(key))
        values = np.concatenate([np.ones(len(key)), -np.ones(len(key))])
        design = sparse.csr_matrix((values, (np.concatenate([rows, rows]), np.concatenate([a, b]))), (len(key), n))
        return design, outcome, counts.astype(np.float64)
    seats_per = np.diff(log.team_starts)
    weights = np.ones(len(log.players)) if log.weights is None else log.weights
    team_of = np.repeat(np.arange(len(log.ranks)), seats_per)
    teams = sparse.csr_matrix((weights, (team_of, log.players)), (len(log.ranks), n))
    per = np.diff(log.match_starts)
    firsts, seconds = [], []
    for size in np.unique(per):
        starts = log.match_starts[:-1][per == size]
        i, j = np.triu_indices(size, 1)
        firsts.append((starts[:, None] + i).reshape(-1))
        seconds.append((starts[:, None] + j).reshape(-1))
    first = np.concatenate(firsts) if firsts else np.zeros(0, np.int64)
    second = np.concatenate(seconds) if seconds else np.zeros(0, np.int64)
    design = teams[first] - teams[second]
    outcome = np.sign(log.ranks[second] - log.ranks[first]).astype(np.int64) + 1
    if covariates is not None:
        design = sparse.hstack([design, sparse.csr_matrix(extra)]).tocsr()
    return design, outcome, np.ones(len(first))


class _Problem:
    """The penalised likelihood of tallied comparisons; parameters are strengths, coefficients, perhaps the tie's."""

    def __init__(self, design, outcome, counts, n, q, ties, precision):
        self.design, self.outcome, self.counts = design, outcome, counts
        self.ties, self.extra = ties, int(ties != "half")
        self.penalty = np.concatenate([np.full(n, precision), np.full(q + self.extra, 1e-8)])

    def pieces(self, theta: np.ndarray) -> tuple[np.ndarray, ...]:
        """Per row: log-likelihood, its derivatives by the difference d and the tie parameter e, then by d², de, e²."""
        d = self.design @ (theta[: len(theta) - self.extra])
        win, tie = self.outcome == 2, self.outcome == 1
        if self.ties == "half":
            p = 1.0 / (1.0 + np.exp(-np.clip(d, -700, 700)))
            y = self.outcome / 2.0
            value = -y * np.logaddexp(0, -d) - (1 - y) * np.logaddexp(0, d)
            zero = np.zeros_like(d)
            return value, y - p, zero, -p * (1 - p), zero, zero
        e = theta[-1]
        s = np.where(win, 1.0, -1.0)
        if self.ties == "davidson":
            # Weights of win, tie, loss: exp(d/2), exp(e), exp(-d/2).
            top = np.logaddexp(np.logaddexp(d / 2, -d / 2), e)
            a, t, b = np.exp(d / 2 - top), np.exp(e - top), np.exp(-d / 2 - top)
            value = np.where(tie, e, s * d / 2) - top
            slope = (a - b) / 2
            return (
                value,
                np.where(tie, 0.0, s / 2) - slope,
                np.where(tie, 1.0, 0.0) - t,
                -((a + b) / 4 - slope**2),
                slope * t,
                -t * (1 - t),
            )
        # Rao and Kupper with theta = 1 + exp(e): win 1 / (1 + theta exp(-d)).
        nu = np.exp(e)
        theta_rk = 1.0 + nu
        log_rk = np.log(theta_rk)
        de, dee = nu / theta_rk, nu / theta_rk**2  # derivatives of ln theta by e
        u, w = log_rk - d, log_rk + d  # win 1/(1+e^u), loss 1/(1+e^w)
        pu, pw = 1 / (1 + np.exp(-np.clip(u, -700, 700))), 1 / (1 + np.exp(-np.clip(w, -700, 700)))
        lu, lw = -np.logaddexp(0, u), -np.logaddexp(0, w)
        # A tie has probability (theta² - 1) e^{-...}: the product of both, times theta² - 1.
        log_gap = np.log(nu * (2.0 + nu))
        gap1 = nu * (2 + 2 * nu) / (nu * (2 + nu))
        gap2 = nu * 2 / (2 + nu) ** 2
        value = np.where(tie, lu + lw + log_gap, np.where(win, lu, lw))
        gd = np.where(tie, pu - pw, np.where(win, pu, -pw))
        ge = np.where(tie, -(pu + pw) * de + gap1, np.where(win, -pu, -pw) * de)
        vu, vw = pu * (1 - pu), pw * (1 - pw)
        hdd = np.where(tie, -vu - vw, np.where(win, -vu, -vw))
        hde = np.where(tie, vu - vw, np.where(win, vu, -vw)) * de
        hee = np.where(tie, -(vu + vw) * de**2 - (pu + pw) * dee + gap2, np.where(win, -vu, -vw) * de**2)
        hee = hee - np.where(tie, 0.0, np.where(win, pu, pw) * dee)
        return value, gd, ge, hdd, hde, hee

    def value(self, theta: np.ndarray) -> float:
        return float(self.counts @ self.pieces(theta)[0] - 0.5 * self.penalty @ theta**2)

    def hessian(self, hdd: np.ndarray, hde: np.ndarray, hee: np.ndarray) -> np.ndarray:
        """Minus the second derivative, dense."""
        core = (self.design.T @ sparse.diags_array(-self.counts * hdd) @ self.design).toarray()
        if self.extra:
            cross = self.design.T @ (-self.counts * hde)
            core = np.block([[core, cross[:, None]], [cross[None, :], np.array([[-(self.counts @ hee)]])]])
        core[np.diag_indices_from(core)] += self.penalty
        return core

    def solve(self, theta: np.ndarray) -> tuple[np.ndarray, int, float]:
        """Newton's method with halved steps where the likelihood would fall."""
        value = self.value(theta)
        iteration = 0
        while iteration < 100:
            iteration += 1
            _, gd, ge, hdd, hde, hee = self.pieces(theta)
            gradient = self.design.T @ (self.counts * gd)
            if self.extra:
                gradient = np.append(gradient, self.counts @ ge)
            gradient = gradient - self.penalty * theta
            step = linalg.solve(self.hessian(hdd, hde, hee), gradient, assume_a="sym")
            scale = 1.0
            while True:
                new = theta + scale * step
                new_value = self.value(new)
                if new_value >= value - 1e-12 * abs(value) or scale < 1e-8:
                    break
                scale *= 0.5
            theta, value = new, new_value
            if np.abs(step).max(initial=0.0) * scale < 1e-9:
                break
        return theta, iteration, value

    def sandwich(self, theta: np.ndarray) -> np.ndarray:
        """Robust covariance H^-1 (sum of g g') H^-1 (Huber 1967; White 1982), with g the score of one comparison."""
        _, gd, ge, hdd, hde, hee = self.pieces(theta)
        meat = (self.design.T @ sparse.diags_array(self.counts * gd * gd) @ self.design).toarray()
        if self.extra:
            cross = self.design.T @ (self.counts * gd * ge)
            meat = np.block([[meat, cross[:, None]], [cross[None, :], np.array([[self.counts @ (ge * ge)]])]])
        bread = linalg.inv(self.hessian(hdd, hde, hee))
        return bread @ meat @ bread


class BradleyTerry(BatchModel):
    """Bradley–Terry fitted to the whole log at once, so that the order of matches does not matter.

    ``mu`` is on the scale of Elo: ``center + scale / ln 10 * strength``; ``sigma`` is the robust standard error.
    ``ties`` and ``prior`` are those of :func:`fit_bradley_terry`. ``update`` fits the new log alone.
    """

    name = "bradley_terry"

    def __init__(self, ties: str = "half", prior: float = 10.0, center: float = 1500.0, scale: float = 400.0):
        if ties not in TIES:
            raise ValueError(f"ties must be one of {', '.join(TIES)}, got {ties!r}")
        self.ties, self.prior = ties, positive("prior", prior)
        self.center, self.scale = finite("center", center), positive("scale", scale)

    def start(self, players: int) -> Ratings:
        return newcomers(players, self.center, self.prior * self.scale / np.log(10.0))

    def settle(self, ratings: Ratings, log: MatchLog) -> Ratings:
        """The fit of this log alone."""
        fit = fit_bradley_terry(log, self.ties, prior=self.prior)
        played = log.counts()
        unit = self.scale / np.log(10.0)
        mu = np.where(played > 0, self.center + unit * fit.strengths, self.center)
        sigma = np.where(played > 0, unit * fit.sigma, self.prior * unit)
        last = ratings.last.copy()
        if log.times is not None:
            last[log.players] = np.repeat(log.times, np.diff(log.team_starts[log.match_starts]))
        return Ratings(mu, sigma, ratings.matches + played, last, ratings.extra.copy())

    def win_probabilities(self, ratings: Ratings, teams: Sequence[Any]) -> np.ndarray:
        """Plackett–Luce choice among the teams' strengths: for two teams Bradley–Terry itself."""
        unit = np.log(10.0) / self.scale
        strength = np.array([((ratings.mu[np.asarray(team)] - self.center) * unit).sum() for team in teams])
        weight = np.exp(strength - strength.max())
        return weight / weight.sum()
