"""Bayesian games: everybody knows an own type, and types are drawn from a common prior (Harsanyi 1967).

Bayes-Nash equilibria are found through the agent form (every type is a player), through plans, by best responses, or
approximately by learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from typing import Any

import numpy as np

from ...games.matrix import MatrixGame

MOST_CELLS = 10_000_000
WAYS = ("agents", "plans", "best_responses", "learning")


@dataclass(frozen=True, eq=False)
class BayesianGame:
    """P players with T0, T1, … types and A0, A1, … actions."""

    payoffs: np.ndarray
    """float64[P, T0, …, A0, …]."""
    prior: np.ndarray
    """float64[T0, …]: the probability of each profile of types."""

    @property
    def num_players(self) -> int:
        return len(self.payoffs)

    @property
    def types(self) -> tuple[int, ...]:
        """The number of each player's types."""
        return self.prior.shape

    @property
    def actions(self) -> tuple[int, ...]:
        """The number of each player's actions."""
        return self.payoffs.shape[1 + self.num_players :]

    def worth(self, strategies: Sequence[np.ndarray], player: int) -> np.ndarray:
        """float64[T_p, A_p]: what each action of each type pays, times the type's probability, against the others'
        strategies float64[T_q, A_q]."""
        players = self.num_players
        operands: list[Any] = [self.payoffs[player], list(range(2 * players)), self.prior, list(range(players))]
        for q, mixed in enumerate(strategies):
            if q != player:
                operands += [mixed, [q, players + q]]
        return np.einsum(*operands, [player, players + player], optimize=True)

    def agent_form(self) -> MatrixGame:
        """Every type is a player, who gets its player's payoff times the probability of being that type.

        Players' types stand one after the other; types of probability 0 get nothing whatever they do.

        Raises:
            ValueError: more than ten million payoffs.
        """
        agents = [(p, t) for p in range(self.num_players) for t in range(self.types[p])]
        counts = [self.actions[p] for p, _ in agents]
        if len(agents) * prod(counts) > MOST_CELLS:
            raise ValueError(
                f"the agent form has {len(agents)} players and {prod(counts)} profiles; at most {MOST_CELLS} payoffs: "
                "use via='best_responses' or 'learning'"
            )
        tensor = np.zeros((len(agents), *counts))
        for types in np.ndindex(*self.types):
            seats = [agents.index((p, t)) for p, t in enumerate(types)]
            shape = [counts[k] if k in seats else 1 for k in range(len(agents))]
            for p, seat in enumerate(seats):
                tensor[seat] += self.prior[types] * self.payoffs[(p, *types)].reshape(shape)
        return MatrixGame(*tensor, id="agent_form") if len(agents) > 1 else MatrixGame(tensor, id="agent_form")

    def plan_form(self) -> tuple[MatrixGame, list[np.ndarray]]:
        """The game of plans, an action for each type. -> (the game, for each player int64[A_p^T_p, T_p] its plans).

        Raises:
            ValueError: more than ten million payoffs.
        """
        plans = []
        for number, actions in zip(self.types, self.actions):
            if actions**number > MOST_CELLS:
                raise ValueError(f"a player with {number} types and {actions} actions has {actions**number} plans")
            plans.append(np.array(list(product(range(actions), repeat=number)), np.int64))
        counts = [len(own) for own in plans]
        if self.num_players * prod(counts) > MOST_CELLS:
            raise ValueError(f"the game of plans has {prod(counts)} profiles: use via='agents' or 'learning'")
        tensor = np.zeros((self.num_players, *counts))
        for types in np.ndindex(*self.types):
            cells = np.ix_(*(own[:, t] for own, t in zip(plans, types)))
            for p in range(self.num_players):
                tensor[p] += self.prior[types] * self.payoffs[(p, *types)][cells]
        return MatrixGame(tensor, id="plan_form"), plans


def bayesian_game(payoffs: Any, prior: Any) -> BayesianGame:
    """A Bayesian game.

    Args:
        payoffs: float64[P, T0, …, A0, …], each player's payoff for each profile of types and of actions.
        prior: float64[T0, …], the probabilities of the profiles of types.

    Raises:
        ValueError: shapes that do not fit together, payoffs that are not finite, a prior that is no distribution.
    """
    table, chances = np.array(payoffs, np.float64), np.array(prior, np.float64)
    players = len(table) if table.ndim else 0
    if not table.size or table.ndim != 1 + 2 * players or table.shape[1 : 1 + players] != chances.shape:
        raise ValueError(
            f"payoffs must have shape [P, T0, …, A0, …] and prior [T0, …], got {table.shape} and {chances.shape}"
        )
    if not np.isfinite(table).all():
        raise ValueError("payoffs must be finite")
    if not np.isfinite(chances).all() or (chances < 0.0).any() or abs(chances.sum() - 1.0) > 1e-9:
        raise ValueError(f"prior must hold probabilities that sum to 1, got a sum of {chances.sum():.6g}")
    return BayesianGame(table, chances / chances.sum())


@dataclass(frozen=True, eq=False)
class BayesProfile:
    """Strategies of a Bayesian game.

    Attributes:
        strategies: for each player float64[T_p, A_p].
        payoffs: float64[P], expected before types are known.
        regret: the most that a player gains by deviating, with all its types; in floats.
        method: how it was found.
    """

    strategies: tuple[np.ndarray, ...]
    payoffs: np.ndarray
    regret: float
    method: str


def bayes_profile(game: BayesianGame, strategies: Sequence[Any], method: str = "") -> BayesProfile:
    """Strategies with their payoffs and their regret.

    Raises:
        ValueError: a strategy that is not a distribution over actions for each type.
    """
    mixed = []
    if len(strategies) != game.num_players:
        raise ValueError(f"{game.num_players} strategies are needed, one for each player, got {len(strategies)}")
    for p, (given, shape) in enumerate(zip(strategies, zip(game.types, game.actions))):
        found = np.array(given, np.float64)
        if found.shape != shape or (found < 0.0).any() or not np.allclose(found.sum(axis=-1), 1.0, atol=1e-6):
            raise ValueError(f"player {p}'s strategy must be {shape[0]} distributions over {shape[1]} actions")
        mixed.append(found / found.sum(axis=1, keepdims=True))
    payoffs, regret = np.empty(game.num_players), 0.0
    for p, own in enumerate(mixed):
        worth = game.worth(mixed, p)
        payoffs[p] = (worth * own).sum()
        regret = max(regret, float(worth.max(axis=1).sum() - payoffs[p]))
    return BayesProfile(tuple(mixed), payoffs, regret, method)


def bayes_nash(
    game: BayesianGame,
    via: str = "agents",
    *,
    method: str | None = None,
    rounds: int = 5000,
    seed: int | np.random.Generator = 0,
    **options: Any,
) -> list[BayesProfile]:
    """Bayes-Nash equilibria.

    Args:
        via: ``"agents"``: `ludus.solvers.nash` on the agent form, in behaviour strategies; ``"plans"``: on the game of
            plans, whose mixtures are turned into behaviour; ``"best_responses"``: pure, by best responses in turn from
            a random start, nothing if these do not settle within `rounds`; ``"learning"``: an approximation, the
            average of `rounds` rounds of regret matching+ by all types. Look at `BayesProfile.regret`.
        method: of `nash`; None is its own choice.
        options: of that method.

    Raises:
        ValueError: an unknown way, or a form that is too large.
    """
    from .nash import nash

    if via not in WAYS:
        raise ValueError(f"via must be one of {', '.join(WAYS)}, got {via!r}")
    if via == "agents":
        starts = np.cumsum([0, *game.types])
        return [
            bayes_profile(game, [np.array(found[a:b]) for a, b in pairwise(starts)], f"agents, {found.method}")
            for found in nash(game.agent_form(), method, **options)
        ]
    if via == "plans":
        form, plans = game.plan_form()
        return [
            bayes_profile(game, _behaviour(game, plans, found), f"plans, {found.method}")
            for found in nash(form, method, **options)
        ]
    if method is not None or options:
        raise ValueError(f"via={via!r} uses no method of nash and takes no options of one")
    if not isinstance(rounds, (int, np.integer)) or rounds < 1:
        raise ValueError(f"rounds must be a whole number from 1, got {rounds!r}")
    rng = np.random.default_rng(seed)
    return _settled(game, rounds, rng) if via == "best_responses" else [_learned(game, rounds)]


def _behaviour(game: BayesianGame, plans: Sequence[np.ndarray], mixed: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Mixtures of plans as behaviour: what each type plays on average."""
    return [
        np.stack([np.bincount(own[:, t], weights, actions) for t in range(own.shape[1])])
        for own, weights, actions in zip(plans, mixed, game.actions)
    ]


def _settled(game: BayesianGame, rounds: int, rng: np.random.Generator) -> list[BayesProfile]:
    strategies = [np.eye(a)[rng.integers(a, size=t)] for t, a in zip(game.types, game.actions)]
    scale = float(np.ptp(game.payoffs)) or 1.0
    for _ in range(rounds):
        changed = False
        for p in range(game.num_players):
            worth = game.worth(strategies, p)
            now = (worth * strategies[p]).sum(axis=1)
            better = worth.max(axis=1) > now + 1e-12 * scale
            strategies[p][better] = np.eye(game.actions[p])[worth.argmax(axis=1)[better]]
            changed |= bool(better.any())
        if not changed:
            return [bayes_profile(game, strategies, "best responses")]
    return []


def _learned(game: BayesianGame, rounds: int) -> BayesProfile:
    """Regret matching+ in turns, by every type of every player, with linear averaging."""
    mixed = [np.full((t, a), 1.0 / a) for t, a in zip(game.types, game.actions)]
    regrets, sums = [np.zeros_like(x) for x in mixed], [np.zeros_like(x) for x in mixed]
    for k in range(1, rounds + 1):
        for p in range(game.num_players):
            worth = game.worth(mixed, p)
            regrets[p] = np.maximum(regrets[p] + worth - (worth * mixed[p]).sum(axis=1, keepdims=True), 0.0)
            total = regrets[p].sum(axis=1, keepdims=True)
            uniform = np.full_like(mixed[p], 1.0 / game.actions[p])
            mixed[p] = np.divide(regrets[p], total, out=uniform, where=total > 0.0)
            sums[p] += k * mixed[p]
    candidates = [[x / x.sum(axis=1, keepdims=True) for x in sums], mixed]
    return min((bayes_profile(game, x, "learning") for x in candidates), key=lambda found: found.regret)
