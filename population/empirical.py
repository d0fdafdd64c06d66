"""Empirical games: sparse tables of sampled payoffs with symmetries, and their equilibria (Wellman 2006).

Players of one role are interchangeable, so a profile is how many players of each role use each strategy. S is the
number of (role, strategy) pairs, in the order of the roles; N the number of players; K that of profiles with data.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..games.matrix import MatrixGame
from ..ratings import MatchLog
from .league import League

Simulator = Callable[[np.ndarray, np.random.Generator], Any]
"""(strategies int64[M, N], generator) -> payoffs float64[M, N]: plays M matches; players in the order of the roles."""


class Role(NamedTuple):
    """Interchangeable players."""

    name: str
    players: int
    strategies: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class EmpiricalGame:
    """What is known of a game's payoffs: for each sampled profile and each strategy in it, count, mean and variance."""

    roles: tuple[Role, ...]
    profiles: np.ndarray
    """int64[K, S]: players of each strategy."""
    count: np.ndarray
    """int64[K, S]: samples of the strategy's payoff in the profile: one a match, the mean over those who play it."""
    mean: np.ndarray
    """float64[K, S]; NaN where the count is 0."""
    variance: np.ndarray
    """float64[K, S]: sample variance; NaN below two samples."""

    # -- making -------------------------------------------------------------------------------------------------------

    @classmethod
    def empty(cls, roles: Mapping[str, tuple[int, Sequence[str]]]) -> EmpiricalGame:
        """A game without data: ``{role: (players, strategies)}``.

        Raises:
            ValueError: no role, a role without players or strategies, or a strategy twice in a role.
        """
        found = []
        for name, (players, strategies) in roles.items():
            if isinstance(players, bool) or not isinstance(players, (int, np.integer)) or players < 1:
                raise ValueError(f"role {name!r} needs at least 1 player, got {players!r}")
            if not len(strategies) or len(set(strategies)) < len(strategies):
                raise ValueError(f"role {name!r} needs strategies with different names, got {list(strategies)!r}")
            found.append(Role(name, int(players), tuple(strategies)))
        if not found:
            raise ValueError("roles must name at least one role")
        size = sum(len(role.strategies) for role in found)
        nothing = np.empty((0, size))
        return cls(tuple(found), nothing.astype(np.int64), nothing.astype(np.int64), nothing, nothing)

    @classmethod
    def from_log(cls, log: MatchLog, roles: Sequence[str] | None = None) -> EmpiricalGame:
        """From matches with scores. By default all seats are one role; else `roles` names each seat's role.

        Raises:
            ValueError: matches of different sizes, teams of several players, no scores, or no matches.
        """
        if not len(log) or log.scores is None:
            raise ValueError("an empirical game needs a log with matches and scores")
        seats = int(log.match_starts[1])
        if len(log.players) != len(log.ranks) or (np.diff(log.match_starts) != seats).any():
            raise ValueError("an empirical game needs matches with the same number of seats, one player in each")
        by_seat = ["all"] * seats if roles is None else list(roles)
        if len(by_seat) != seats:
            raise ValueError(f"roles must name the role of each of the {seats} seats, got {len(by_seat)}")
        players, scores = log.players.reshape(-1, seats).astype(np.int64), log.scores.reshape(-1, seats)
        names = list(dict.fromkeys(by_seat))
        order = [seat for role in names for seat in range(seats) if by_seat[seat] == role]
        spec, renumber = {}, np.zeros((seats, len(log.names)), np.int64)
        start = 0
        for role in names:
            own = [seat for seat in range(seats) if by_seat[seat] == role]
            used = np.unique(players[:, own])
            spec[role] = (len(own), [log.names[i] for i in used])
            renumber[np.array(own)[:, None], used] = start + np.arange(len(used))
            start += len(used)
        numbers = np.take_along_axis(renumber.T, players, axis=0)
        return cls.empty(spec).with_samples(numbers[:, order], scores[:, order])

    @classmethod
    def from_league(cls, league: League, roles: Sequence[str] | None = None) -> EmpiricalGame:
        """From all matches of a league's store; `roles` as in `from_log`."""
        return cls.from_log(league.log(), roles)

    @classmethod
    def from_matrix(cls, game: MatrixGame, symmetric: bool = False) -> EmpiricalGame:
        """The whole of a matrix game, exactly: each player a role, or all in one role of a symmetric game.

        Raises:
            ValueError: `symmetric`, but the payoffs are not.
        """
        tensor, n = game.payoffs, game.num_players
        counts = tensor.shape[1:]
        if symmetric:
            if len(set(counts)) > 1 or any(
                not np.allclose(tensor[p], np.moveaxis(tensor[0], 0, p), rtol=0, atol=1e-9) for p in range(n)
            ):
                raise ValueError(f"{game.id} is not symmetric: its players differ in actions or payoffs")
            empty = cls.empty({"all": (n, [str(a) for a in range(counts[0])])})
        else:
            empty = cls.empty({f"player {p}": (1, [str(a) for a in range(m)]) for p, m in enumerate(counts)})
        joint = np.array(list(itertools.product(*map(range, counts))))
        start = np.zeros(n, np.int64) if symmetric else np.concatenate([[0], np.cumsum(counts)[:-1]])
        filled = empty.with_samples(joint + start, np.stack([tensor[(p, *joint.T)] for p in range(n)], axis=1))
        exact = np.where(filled.count > 0, 0.0, np.nan)
        return cls(filled.roles, filled.profiles, filled.count, filled.mean, exact)

    def with_samples(self, strategies: Any, payoffs: Any) -> EmpiricalGame:
        """The game with M more matches.

        Args:
            strategies: int[M, N]: the number 0 … S - 1 of each player's strategy, players in the order of the roles.
            payoffs: float[M, N].

        Raises:
            ValueError: wrong shapes, a strategy of another role, or a payoff that is not finite.
        """
        s, u = np.array(strategies, np.int64), np.array(payoffs, np.float64)
        if s.ndim != 2 or s.shape[1] != self.num_players or u.shape != s.shape:
            raise ValueError(
                f"strategies and payoffs must have shape [M, {self.num_players}], got {s.shape} and {u.shape}"
            )
        if not np.isfinite(u).all():
            raise ValueError("payoffs must be finite")
        role = self.role_of
        expected = np.repeat(np.arange(len(self.roles)), [r.players for r in self.roles])
        if s.size and (s.min() < 0 or s.max() >= len(role) or (role[s] != expected).any()):
            raise ValueError("strategies must be of the player's role; see EmpiricalGame.strategies for their numbers")
        if not len(s):
            return self
        size = len(role)
        profile = np.zeros((len(s), size), np.int64)
        np.add.at(profile, (np.arange(len(s))[:, None], s), 1)
        total = np.zeros((len(s), size))
        np.add.at(total, (np.arange(len(s))[:, None], s), u)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = total / profile  # a match's mean over the players of a strategy
        kinds, kind = np.unique(profile, axis=0, return_inverse=True)
        kind = kind.reshape(-1)
        number = np.bincount(kind, minlength=len(kinds))[:, None] * (kinds > 0)
        mean, square = np.zeros(kinds.shape), np.zeros(kinds.shape)
        np.add.at(mean, kind, np.nan_to_num(value))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = mean / number
        np.add.at(square, kind, np.nan_to_num(value - mean[kind]) ** 2)
        return self._merged(kinds, number, mean, square)

    def _merged(self, profiles: np.ndarray, count: np.ndarray, mean: np.ndarray, square: np.ndarray) -> EmpiricalGame:
        """With more cells; square: sums of squared deviations (the pairwise update of Chan et al. 1983)."""
        both = np.concatenate([self.profiles, profiles])
        unique, place = np.unique(both, axis=0, return_inverse=True)
        place = place.reshape(-1)
        old, new = place[: len(self.profiles)], place[len(self.profiles) :]

        def spread(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
            out = np.zeros(unique.shape)
            out[rows] = np.nan_to_num(values)
            return out

        n0, n1 = spread(old, self.count), spread(new, count)
        m0, m1 = spread(old, self.mean), spread(new, mean)
        q = spread(old, self.variance) * np.maximum(n0 - 1, 0) + spread(new, square)
        n = n0 + n1
        with np.errstate(divide="ignore", invalid="ignore"):
            q += np.nan_to_num((m1 - m0) ** 2 * n0 * n1 / n)
            total_mean = (n0 * m0 + n1 * m1) / n
            variance = np.where(n > 1, q / (n - 1), np.nan)
        return EmpiricalGame(self.roles, unique, n.astype(np.int64), total_mean, variance)

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def num_players(self) -> int:
        return sum(role.players for role in self.roles)

    @property
    def strategies(self) -> tuple[tuple[str, str], ...]:
        """(role, strategy) of each of the S numbers."""
        return tuple((role.name, name) for role in self.roles for name in role.strategies)

    @cached_property
    def role_of(self) -> np.ndarray:
        """int64[S]."""
        return np.repeat(np.arange(len(self.roles)), [len(role.strategies) for role in self.roles])

    def uniform(self) -> np.ndarray:
        """float64[S]: everybody plays each strategy of the role with the same probability."""
        return 1.0 / np.bincount(self.role_of)[self.role_of]

    @property
    def num_profiles(self) -> int:
        """How many profiles there are, with data or not."""
        return math.prod(math.comb(r.players + len(r.strategies) - 1, r.players) for r in self.roles)

    def all_profiles(self) -> Iterator[np.ndarray]:
        """Every profile int64[S], in lexicographic order of who plays what."""
        return profiles_of([(role.players, len(role.strategies)) for role in self.roles])

    def missing(self) -> list[np.ndarray]:
        """The profiles without data."""
        known = {row.tobytes() for row in self.profiles[(self.count > 0).any(axis=1)]}
        return [profile for profile in self.all_profiles() if profile.tobytes() not in known]

    def simulate(
        self, simulator: Simulator, profiles: Iterable[Any], samples: int, seed: int | np.random.Generator = 0
    ) -> EmpiricalGame:
        """The game with `samples` more matches of each of `profiles` int[S], played by `simulator`."""
        rows = [np.asarray(profile, np.int64) for profile in profiles]
        for row in rows:
            self.check_profile(row)
        if not rows:
            return self
        players = np.array([np.repeat(np.arange(len(row)), row) for row in rows])
        players = np.repeat(players, samples, axis=0)
        return self.with_samples(players, simulator(players, np.random.default_rng(seed)))

    def check_profile(self, profile: np.ndarray) -> None:
        """Raises ValueError where `profile` is none of this game's."""
        each = [role.players for role in self.roles]
        if profile.shape != self.role_of.shape or (profile < 0).any():
            raise ValueError(f"a profile is {len(self.role_of)} numbers of players, got {profile.tolist()!r}")
        if (np.bincount(self.role_of, profile) != each).any():
            raise ValueError(f"a profile of this game has {each} players by role, got {profile.tolist()!r}")

    # -- expected payoffs ---------------------------------------------------------------------------------------------

    @cached_property
    def _terms(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Each (profile, strategy in it) with data: row, strategy, opponents int64[Q, S], ways float64[Q]."""
        row, strategy = np.nonzero(self.count)
        others = self.profiles[row].copy()
        others[np.arange(len(row)), strategy] -= 1
        log_factorial = np.array([math.lgamma(n + 1) for n in range(self.num_players + 1)])
        own = np.stack([(others * (self.role_of == r)).sum(axis=1) for r in range(len(self.roles))], axis=1)
        ways = np.exp(log_factorial[own].sum(axis=1) - log_factorial[others].sum(axis=1))
        return row, strategy, others, ways

    def opponents(self, mixture: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(row, strategy, probability), each [Q]: how likely a player of the strategy meets the row's profile."""
        x = self.check_mixture(mixture)
        row, strategy, others, ways = self._terms
        return row, strategy, ways * np.prod(np.where(others > 0, x, 1.0) ** others, axis=1)

    def deviation_payoffs(self, mixture: Any) -> np.ndarray:
        """float64[S]: what each strategy gets if everybody else plays the mixture; NaN where data are missing.

        Args:
            mixture: float[S]: each role's probabilities, which sum to 1.
        """
        row, strategy, p = self.opponents(mixture)
        size = len(self.role_of)
        value = np.bincount(strategy, p * self.mean[row, strategy], size)
        covered = np.bincount(strategy, p, size)
        return np.where(covered > 1.0 - 1e-9, value, np.nan)

    def gains(self, mixture: Any) -> np.ndarray:
        """float64[S]: what a player gains by each strategy over the mixture; NaN where data are missing."""
        x = self.check_mixture(mixture)
        value = self.deviation_payoffs(x)
        own = np.bincount(self.role_of, np.where(x > 0.0, x * value, 0.0), len(self.roles))
        return value - own[self.role_of]

    def regret(self, mixture: Any) -> float:
        """The most that any player can gain by leaving the mixture; NaN where data are missing."""
        return float(self.gains(mixture).max())

    def check_mixture(self, mixture: Any) -> np.ndarray:
        """float64[S]. Raises ValueError where the roles' probabilities do not sum to 1."""
        x = np.asarray(mixture, np.float64)
        if x.shape != self.role_of.shape or (x < 0.0).any():
            raise ValueError(f"a mixture is {len(self.role_of)} probabilities, got {x!r}")
        if (np.abs(np.bincount(self.role_of, x) - 1.0) > 1e-6).any():
            raise ValueError(f"each role's probabilities must sum to 1, got {np.bincount(self.role_of, x).tolist()}")
        return x

    def named(self, mixture: Any) -> dict[str, dict[str, float]]:
        """A mixture as {role: {strategy: probability}}, without the zeros."""
        x, out = self.check_mixture(mixture), {role.name: {} for role in self.roles}  # type: ignore[var-annotated]
        for (role, name), p in zip(self.strategies, x.tolist()):
            if p > 0.0:
                out[role][name] = p
        return out

    def __repr__(self) -> str:
        roles = ", ".join(f"{role.players} {role.name} x {len(role.strategies)}" for role in self.roles)
        return f"EmpiricalGame({roles}; {len(self.profiles):,} of {self.num_profiles:,} profiles)"


class Equilibrium(NamedTuple):
    """A role-symmetric mixed equilibrium of the sampled payoffs."""

    mixture: np.ndarray
    """float64[S]."""
    regret: float
    """Certified on the table: the most that any player gains by a pure deviation."""


def equilibria(
    game: EmpiricalGame,
    tolerance: float = 1e-3,
    starts: int = 10,
    seed: int | np.random.Generator = 0,
) -> list[Equilibrium]:
    """Role-symmetric equilibria that are found from several starts, the least regret first.

    From each start the replicator dynamics run, then the sum of squared gains is minimised (the Lyapunov function of
    McKelvey & McLennan 1996). Every role-symmetric game has one (Nash 1951), but none is promised to be found.

    Args:
        tolerance: the largest regret, as a share of the range of payoffs.
        starts: random starts besides the uniform and the nearly pure ones.

    Raises:
        ValueError: profiles are missing (restrict the game to strategies with data, or simulate them).
    """
    if not np.isfinite(game.deviation_payoffs(game.uniform())).all():
        raise ValueError(f"{game!r}: profiles are missing; simulate game.missing() first")
    rng = np.random.default_rng(seed)
    known = game.mean[game.count > 0]
    scale = max(float(np.ptp(known)), 1e-12)
    found: list[Equilibrium] = []
    for start in _starts(game, starts, rng):
        x = _descend(game, _replicate(game, start, float(known.min()), scale), scale)
        regret = game.regret(x)
        if regret <= tolerance * scale and all(np.abs(x - other.mixture).max() > 1e-2 for other in found):
            found.append(Equilibrium(x, max(regret, 0.0)))
    return sorted(found, key=lambda e: e.regret)


def profiles_of(sizes: Sequence[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Every profile int64[S] of roles with (players, strategies)."""
    parts = []
    for players, strategies in sizes:
        chosen = itertools.combinations_with_replacement(range(strategies), players)
        parts.append([np.bincount(c, minlength=strategies) for c in chosen])
    for part in itertools.product(*parts):
        yield np.concatenate(part).astype(np.int64)


def _normal(game: EmpiricalGame, x: np.ndarray) -> np.ndarray:
    return x / np.bincount(game.role_of, x)[game.role_of]


def _starts(game: EmpiricalGame, number: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    uniform = game.uniform()
    yield uniform
    if len(game.roles) == 1:
        yield from 0.9 * np.eye(len(uniform)) + 0.1 * uniform
    for _ in range(number):
        yield _normal(game, rng.standard_exponential(len(uniform)))


def _replicate(game: EmpiricalGame, x: np.ndarray, low: float, scale: float, steps: int = 100) -> np.ndarray:
    """The point of least regret on a path of the discrete replicator dynamics."""
    best, least = x, np.inf
    for _ in range(steps):
        gain = game.gains(x)
        if (regret := float(gain.max())) < least:
            best, least = x, regret
        if regret < 1e-9 * scale:
            break
        x = _normal(game, x * (1.0 + gain / scale))
    return best


def _descend(game: EmpiricalGame, x: np.ndarray, scale: float) -> np.ndarray:
    """Less regret from x on, by descending the sum of squared gains; each role's mixture is z²/Σz²."""
    from scipy.optimize import minimize

    row, strategy, others, ways = game._terms
    known, role, size = game.mean[row, strategy], game.role_of, len(x)

    def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
        total = np.bincount(role, z * z)[role]
        y = np.maximum(z * z / total, 1e-200)
        term = ways * np.prod(y**others, axis=1) * known
        value = np.bincount(strategy, term, size)
        gain = np.maximum(value - np.bincount(role, y * value)[role], 0.0) / scale
        sums = np.bincount(role, gain)[role]
        by_value = gain - sums * y  # the loss's derivative by each strategy's payoff, halved
        by_y = -sums * value + (by_value[strategy] * term) @ others / y
        slope = (by_y - np.bincount(role, y * by_y)[role]) / total
        return float(gain @ gain), 4.0 * z * slope / scale

    if game.regret(x) <= 1e-9 * scale:
        return x
    z = minimize(loss, np.sqrt(x), jac=True, method="BFGS", options={"maxiter": 200, "gtol": 1e-10}).x
    better = _normal(game, z * z)
    better = _normal(game, np.where(better < 1e-6, 0.0, better))
    return better if game.regret(better) < game.regret(x) else x
