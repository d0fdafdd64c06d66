"""One match of rating objects, in openskill's shapes: what the five Weng–Lin models share beside their logs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np

from . import _kernels_fast, _kernels_pairs, _kernels_weng_lin
from .log import freeze
from .model import RatingModel, finite, positive
from .rating_objects import Rating, moved

NORMAL = NormalDist()
_ERFC_FORM = int(NORMAL.cdf(-7.5) == 0.5 * math.erfc(7.5 / math.sqrt(2.0)))
EMPTY = freeze(np.empty(0))
NO_GAMMA = np.empty((0, 0))
AUTO: Any = "auto"


@lru_cache(maxsize=64)
def numbers(size: int) -> np.ndarray:
    """0, 1, ..., size - 1 as the player numbers of a match on its own."""
    return freeze(np.arange(size, dtype=np.int32))


@lru_cache(maxsize=64)
def pair_table(teams: int, window: int | None) -> np.ndarray:
    """uint32[2, P]: the first pairs of up to ``teams`` teams at most ``window`` places apart."""
    window = teams if window is None else window
    pairs = np.zeros((2, min(-(-teams * min(teams, window) // 8) * 8, 4096)), np.uint32)
    _kernels_pairs.next_pairs(0, 1, teams, window, pairs)
    return freeze(pairs)


class MatchRater(RatingModel):
    """What the five models share. Parameters, with openskill's names, order and defaults:

    - ``mu``, ``sigma``: newcomers; ``beta``: spread of one performance; ``kappa``: least factor on a variance;
    - ``gamma(c, k, mu, sigma_squared, team, rank, weights)``: damping of the variance update, default sqrt(S)/c;
    - ``tau``: added to sigma (in squares) before every match; ``drift``: sigma gained per square root of time;
    - ``margin``: score differences above it count as more than a bare win; ``epsilon``: draw margin (TM);
    - ``window_size``: neighbours on either side (part); ``limit_sigma``: sigma never grows; ``balance``: weaker
      players of a team count more;
    - ``weight_bounds``: None (the default) reads weights as the share of the match played, 0 to leave a player as he
      was; a pair rescales each team's weights into it and reads them as contributions (more gain, less loss), which is
      openskill's way and, with (1, 2), the default of ``compat="openskill"``.

    Raises TypeError and ValueError for parameters and calls that make no sense, with the name of the argument.
    """

    kind: ClassVar[int]
    full: ClassVar[bool]
    rating_class: ClassVar[type[Rating]]

    def __init__(self, *args: Any, **kwargs: Any):
        bound = self.__signature__.bind(*args, **kwargs)  # type: ignore[attr-defined]
        bound.apply_defaults()
        given = bound.arguments
        if given["compat"] not in (None, "openskill"):
            raise ValueError(f"compat must be None or 'openskill', got {given['compat']!r}")
        self.compat: str | None = given["compat"]
        self.mu = finite("mu", given["mu"])
        self.sigma = positive("sigma", given["sigma"], zero=True)
        self.beta = positive("beta", given["beta"])
        self.kappa = positive("kappa", given["kappa"], zero=True)
        if given["gamma"] is not None and not callable(given["gamma"]):
            raise TypeError(f"gamma must be a function of seven arguments or None, got {given['gamma']!r}")
        self.gamma: Callable[..., float] | None = given["gamma"]
        self.tau = positive("tau", given["tau"], zero=True)
        self.margin = positive("margin", given["margin"], zero=True)
        self.epsilon = positive("epsilon", given.get("epsilon", 0.1), zero=True)
        self.window_size = int(positive("window_size", given.get("window_size", 4)))
        self.limit_sigma = bool(given["limit_sigma"])
        self.balance = bool(given["balance"])
        self.drift = positive("drift", given["drift"], zero=True)
        bounds = given["weight_bounds"]
        if isinstance(bounds, str) and bounds == AUTO:
            bounds = (1.0, 2.0) if self.compat else None
        if bounds is not None:
            try:
                lo, hi = (float(x) for x in bounds)
            except (TypeError, ValueError):
                raise TypeError(f"weight_bounds must be None or two numbers, got {bounds!r}") from None
            if not 0.0 < lo <= hi or not math.isfinite(hi):
                raise ValueError(f"weight_bounds must be 0 < low <= high, got {bounds!r}")
            bounds = (lo, hi)
        self.weight_bounds: tuple[float, float] | None = bounds

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mu={self.mu}, sigma={self.sigma})"

    def __str__(self) -> str:
        return f"{self.rating_class.title} Model Parameters: \n\nmu: {self.mu}\nsigma: {self.sigma}\n"

    # -- settings for the kernels --------------------------------------------------------------------------------------

    def _settings(self, weighted: bool, tau: float | None = None, limit: bool | None = None) -> tuple[Any, Any]:
        compat = self.compat is not None
        mode = 0 if not weighted else (2 if compat or self.weight_bounds is not None else 1)
        doubled = compat and self.kind == 2 and not self.full
        limit = self.limit_sigma if limit is None else limit
        window = -1 if self.full else self.window_size
        options = np.array([self.kind, compat, _ERFC_FORM, window, self.balance, mode, limit, doubled], np.int64)
        tau = self.tau if tau is None else tau
        return options, np.array([self.beta, self.kappa, self.epsilon, tau, self.margin, self.drift * self.drift])

    def _rescale(self, weights: Any) -> list[float]:
        """One team's weights, moved into ``weight_bounds`` where there are any."""
        if self.weight_bounds is None:
            return [float(w) for w in weights]
        lo, hi = self.weight_bounds
        if len(weights) == 1:
            return [hi]
        least = min(weights)
        spread = (max(weights) - least) or 1e-4
        return [(w - least) / spread * (hi - lo) + lo for w in weights]

    # -- one match of rating objects -----------------------------------------------------------------------------------

    def rating(self, mu: float | None = None, sigma: float | None = None, name: str | None = None) -> Rating:
        """A player's rating, by default that of a newcomer."""
        return self.rating_class(self.mu if mu is None else mu, self.sigma if sigma is None else sigma, name)

    @classmethod
    def create_rating(cls, rating: Sequence[float], name: str | None = None) -> Rating:
        """A rating from ``[mu, sigma]``."""
        if isinstance(rating, Rating):
            raise TypeError(f"create_rating takes [mu, sigma], got a {type(rating).__name__}")
        if not isinstance(rating, (list, tuple, np.ndarray)) or len(rating) != 2:
            raise TypeError(f"create_rating takes [mu, sigma], got {rating!r}")
        for value in rating:
            if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
                raise ValueError(f"create_rating takes two numbers, got {value!r}")
        return cls.rating_class(rating[0], rating[1], name)

    def rate(
        self,
        teams: Sequence[Sequence[Rating]],
        ranks: Sequence[float] | None = None,
        scores: Sequence[float] | None = None,
        weights: Sequence[Sequence[float]] | None = None,
        tau: float | None = None,
        limit_sigma: bool | None = None,
    ) -> list[list[Rating]]:
        """New ratings of all teams after one match; the given ones stay as they are.

        ``ranks`` (lower is better) or ``scores`` (higher is better) have one value per team; with neither, the teams
        are listed from first to last. Equal values are a tie. ``weights`` has one value per player.
        """
        count = len(self._checked(teams))
        seats = [player for team in teams for player in team]
        compat = self.compat is not None
        score = EMPTY
        if ranks is not None and scores is not None and len(ranks) and len(scores):
            raise ValueError("give either ranks or scores, not both")
        if ranks is not None and (len(ranks) or not compat):
            rank = self._outcome("ranks", ranks, count)
            if compat and self.kind == 0:
                rank = np.trunc(rank)
        elif scores is not None and (len(scores) or not compat):
            score = freeze(self._outcome("scores", scores, count))
            rank = -score
        else:
            rank = np.arange(count, dtype=np.float64)
        sizes = [len(team) for team in teams]
        weighted = weights is not None and (len(weights) > 0 or not compat)
        weight = self._weights(weights, sizes) if weighted and weights is not None else EMPTY
        if tau is not None:
            tau = positive("tau", tau, zero=True)
            if compat and tau == 0.0:
                tau = None
        if compat and limit_sigma is not None:
            self.limit_sigma = bool(limit_sigma)
        options, values = self._settings(weighted, tau, limit_sigma)
        mu = np.array([player.mu for player in seats])
        sigma = np.array([player.sigma for player in seats])
        if not compat:
            self._check_numbers(seats, mu, sigma)
        starts = freeze(np.array([0, *accumulate(sizes)]))
        rank, weight = freeze(rank), freeze(weight)
        gamma = NO_GAMMA
        if self.gamma is not None:
            gamma = self._gammas(teams, rank, len(score) > 0, weight if weighted else None, starts, options, values)
        n = len(seats)
        seat = numbers(n)
        if compat or self.balance or self.gamma is not None:
            _kernels_weng_lin.rate_match(
                starts,
                0,
                count,
                seat,
                rank,
                score,
                weight,
                mu,
                sigma,
                np.zeros(n),
                options,
                values,
                gamma,
                np.empty(count, np.int64),
                np.empty((5, count)),
                np.empty(n),
                np.empty(n, np.int64),
            )
            new_sigma = sigma.tolist()
        else:
            var = sigma * sigma
            pairs = pair_table(count, None if self.full else self.window_size)
            _kernels_fast.rate_match_fast(
                starts,
                0,
                count,
                seat,
                rank,
                score,
                weight,
                mu,
                var,
                values.item(_kernels_pairs.TAU) ** 2,
                options,
                values,
                gamma,
                pairs,
                np.empty(count, np.int64),
                np.empty((8, count)),
                np.empty((3, pairs.shape[1])),
            )
            new_sigma = list(map(math.sqrt, var.tolist()))
        new_mu = mu.tolist()
        if compat and not all(map(math.isfinite, new_mu)):
            raise OverflowError("math range error: ratings too far apart for openskill's arithmetic")
        after = [moved(player, m, s) for player, m, s in zip(seats, new_mu, new_sigma)]
        out, at = [], 0
        for size in sizes:
            out.append(after[at : at + size])
            at += size
        return out

    def _checked(self, teams: Any) -> Any:
        if not isinstance(teams, (list, tuple)):
            raise TypeError(f"teams must be a list of lists of ratings, got {type(teams).__name__}")
        if len(teams) < 2:
            raise ValueError(f"teams must have at least 2 teams, got {len(teams)}")
        for team in teams:
            if not isinstance(team, (list, tuple)):
                raise TypeError(f"teams must be a list of lists of ratings, got a {type(team).__name__} in it")
            if len(team) < 1:
                raise ValueError("teams must have at least 1 player per team, got an empty team")
            for player in team:
                if not isinstance(player, self.rating_class):
                    raise TypeError(
                        f"teams must hold {self.rating_class.__name__} objects, got {type(player).__name__}"
                    )
        return teams

    @staticmethod
    def _check_numbers(seats: Sequence[Rating], mu: np.ndarray, sigma: np.ndarray) -> None:
        bad = np.flatnonzero(~(np.isfinite(mu) & np.isfinite(sigma) & (sigma >= 0.0)))
        if bad.size:
            raise ValueError(f"teams hold {seats[bad[0]]!r}; mu must be finite and sigma finite and not negative")

    def _outcome(self, argument: str, given: Any, count: int) -> np.ndarray:
        if not isinstance(given, (list, tuple, np.ndarray)):
            raise TypeError(f"{argument} must be a list of numbers, got {type(given).__name__}")
        if len(given) != count:
            raise ValueError(f"{argument} must have one value per team: {len(given)} for {count} teams")
        for value in given:
            if not isinstance(value, (int, float, np.integer, np.floating)):
                raise TypeError(f"{argument} must be a list of numbers, got {value!r} in it")
            if not math.isfinite(value):
                raise ValueError(f"{argument} must be finite, got {value!r}")
        return np.array(given, np.float64)

    def _weights(self, weights: Any, sizes: list[int]) -> np.ndarray:
        if not isinstance(weights, (list, tuple, np.ndarray)):
            raise TypeError(f"weights must be a list of lists of numbers, got {type(weights).__name__}")
        if len(weights) != len(sizes):
            raise ValueError(f"weights must have one list per team: {len(weights)} for {len(sizes)} teams")
        out: list[float] = []
        for row, size in zip(weights, sizes):
            if not isinstance(row, (list, tuple, np.ndarray)):
                raise TypeError(f"weights must be a list of lists of numbers, got a {type(row).__name__} in it")
            if len(row) != size:
                raise ValueError(f"weights must have one value per player: {len(row)} for a team of {size}")
            for value in row:
                if not isinstance(value, (int, float, np.integer, np.floating)):
                    raise TypeError(f"weights must be a list of lists of numbers, got {value!r} in it")
                if not (math.isfinite(value) and value >= 0.0):
                    raise ValueError(f"weights must be finite and 0 or more, got {value!r}")
            out += self._rescale(row)
        return np.array(out)

    @staticmethod
    def _sums(starts, mu, sigma, weight, options, values) -> np.ndarray:
        """float64[2, teams]: means and variances of the teams' skills."""
        count, n = len(starts) - 1, len(mu)
        out, order = np.empty((2, count)), np.empty(n, np.int64)
        _kernels_weng_lin.sum_teams(
            freeze(starts), 0, count, numbers(n), freeze(weight), mu, sigma, options, values, order, out
        )
        return out

    def _gammas(self, teams, rank, scored, weight, starts, options, values) -> np.ndarray:
        """``gamma[i, q]`` of the caller's function; Plackett–Luce reads the first column only."""
        count = len(teams)
        mu = np.array([p.mu for team in teams for p in team])
        sigma = np.sqrt(np.array([p.sigma for team in teams for p in team]) ** 2 + values[_kernels_pairs.TAU] ** 2)
        team_mu, team_var = self._sums(starts, mu, sigma, EMPTY if weight is None else weight, options, values)
        # openskill's Plackett–Luce hands over the ranks as they were given, its other models places from 0.
        raw = self.compat is not None and self.kind == 0 and not scored
        place = [int(r) if raw else int((rank < r).sum()) for r in rank]
        out = np.zeros((count, count))
        for i in range(count):
            own = None if weight is None else weight[starts[i] : starts[i + 1]].tolist()
            drifted = [moved(p, p.mu, float(s)) for p, s in zip(teams[i], sigma[starts[i] : starts[i + 1]])]
            for q in range(1 if self.kind == 0 else count):
                if self.kind == 0:
                    c = math.sqrt(float((team_var + self.beta**2).sum()))
                else:
                    c = math.sqrt(team_var[i] + team_var[q] + 2.0 * self.beta**2)
                    c = 2.0 * c if options[_kernels_pairs.DOUBLED] else c
                out[i, q] = self.gamma(c, count, float(team_mu[i]), float(team_var[i]), drifted, place[i], own)  # type: ignore[misc]
        return out
