"""Tournaments of the iterated prisoner's dilemma in the manner of Axelrod: round robin, ecological, Moran.

Matches run in compiled kernels. What is random in a match comes from a stream that depends on the seed, the pair and
the match's number alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from ..games.agent import Agent
from ..games.matrix import MatrixGame
from ..games.streams import WORD, seed_word, stream_key
from ..ratings import MatchLog
from .automata import Automaton
from .checks import mixture, probability, whole
from .strategies import DILEMMA, FIRST_TOURNAMENT, STRATEGIES, Dilemma, Strategy, from_automaton

MOST_ROUNDS = 1_000_000


@dataclass(frozen=True, eq=False)
class Tournament:
    """Every pair's matches. n strategies, R repetitions; payoffs are per round."""

    names: tuple[str, ...]
    payoffs: Dilemma
    counts: np.ndarray
    """int64[R, n, n, 4]: in how many rounds the row's side saw CC, CD, DC, DD against the column."""

    @cached_property
    def scores(self) -> np.ndarray:
        """float64[R, n, n]: the row's mean payoff per round in each match against the column."""
        return self.counts @ np.array(self.payoffs) / self.counts.sum(axis=3)

    @property
    def mean(self) -> np.ndarray:
        """float64[n, n]: mean over the repetitions."""
        return self.scores.mean(axis=0)

    @property
    def error(self) -> np.ndarray:
        """float64[n, n]: its standard error; NaN with one repetition."""
        repetitions = len(self.scores)
        if repetitions < 2:
            return np.full(self.scores.shape[1:], np.nan)
        return self.scores.std(axis=0, ddof=1) / math.sqrt(repetitions)

    @property
    def cooperation(self) -> np.ndarray:
        """float64[n, n]: share of rounds in which the row cooperated against the column."""
        total = self.counts.sum(axis=0)
        return total[..., :2].sum(axis=2) / total.sum(axis=2)

    def table(self, twins: bool = True) -> list[Standing]:
        """The final table, best first: mean payoff per round against all, each with the same weight.

        Args:
            twins: count each strategy's match against itself, as Axelrod did.
        """
        n = len(self.names)
        seen = np.ones((n, n), bool) if twins or n == 1 else ~np.eye(n, dtype=bool)
        each = np.where(seen, self.scores, 0.0).sum(axis=2) / seen.sum(axis=1)
        score = each.mean(axis=0)
        error = each.std(axis=0, ddof=1) / math.sqrt(len(each)) if len(each) > 1 else np.full(n, np.nan)
        wins = ((self.scores > np.swapaxes(self.scores, 1, 2)) & seen).sum(axis=(0, 2))
        cooperation = np.where(seen, self.cooperation, 0.0).sum(axis=1) / seen.sum(axis=1)
        order = np.argsort(-score, kind="stable")
        return [
            Standing(rank, self.names[i], float(score[i]), float(error[i]), int(wins[i]), float(cooperation[i]))
            for rank, i in enumerate(order.tolist(), 1)
        ]

    def game(self) -> MatrixGame:
        """The symmetric meta-game of choosing a strategy."""
        mean = self.mean
        return MatrixGame(mean, mean.T, id="tournament", action_names=self.names)

    def log(self) -> MatchLog:
        """Every match between two different strategies, with payoffs per round as scores."""
        repetitions, n = self.scores.shape[:2]
        first, second = np.triu_indices(n, 1)
        players = np.tile(np.stack([first, second], axis=1), (repetitions, 1))
        scores = np.stack([self.scores[:, first, second], self.scores[:, second, first]], axis=2).reshape(-1, 2)
        return MatchLog.from_arrays(players, scores=scores, names=self.names)

    def __repr__(self) -> str:
        repetitions, n = self.counts.shape[:2]
        return f"Tournament({n} strategies, {repetitions} repetitions, {int(self.counts.sum()) // 2:,} rounds)"


@dataclass(frozen=True)
class Standing:
    """One line of a tournament's table."""

    rank: int
    name: str
    score: float
    """Mean payoff per round."""
    error: float
    """Its standard error over repetitions; NaN with one."""
    wins: int
    """Matches in which it got more than the other."""
    cooperation: float
    """Share of rounds in which it cooperated."""


def tournament(
    strategies: Sequence[str | Strategy | Automaton] | None = None,
    rounds: int = 200,
    repetitions: int = 10,
    noise: float = 0.0,
    end: float = 0.0,
    payoffs: Dilemma = DILEMMA,
    seed: int | np.random.Generator = 0,
) -> Tournament:
    """A round robin, twins included.

    Args:
        strategies: names from `STRATEGIES`, strategies or automata; by default Axelrod's first tournament.
        rounds: length of a match; with `end`, the most that it may have.
        repetitions: matches of each pair.
        noise: the probability that a chosen action is played as the other one.
        end: the probability that the match ends after a round; strategies are then not told its length.
        payoffs: (R, S, T, P).

    Raises:
        ValueError: an unknown strategy, two of the same name, a number outside its range.
    """
    players = _players(FIRST_TOURNAMENT if strategies is None else strategies)
    _check(rounds, noise, end, payoffs)
    whole("repetitions", repetitions, 1)
    word = seed_word(seed)
    compiled = [_compiled(player, payoffs) for player in players]
    n = len(players)
    counts = np.empty((repetitions, n, n, 4), np.int64)
    for i in range(n):
        for j in range(i, n):
            found = _play(
                compiled[i], compiled[j], repetitions, rounds, noise, end, payoffs, stream_key(word, i * n + j)
            )
            counts[:, j, i] = found[:, [0, 2, 1, 3]]
            counts[:, i, j] = found
    return Tournament(tuple(p.name for p in players), payoffs, counts)


def play_match(
    first: str | Strategy | Automaton,
    second: str | Strategy | Automaton,
    rounds: int = 200,
    noise: float = 0.0,
    payoffs: Dilemma = DILEMMA,
    seed: int | np.random.Generator = 0,
    known: bool = True,
) -> np.ndarray:
    """One match move by move: int64[rounds, 2], 0 to cooperate and 1 to defect, as played (noise included).

    Args:
        known: whether the strategies are told the match's length.
    """
    from ._programs import MEMORY
    from ._tournament import match

    _check(rounds, noise, 0.0, payoffs)
    a, b = (_compiled(_player(given), payoffs) for given in (first, second))
    moves, memory, counts = np.empty(rounds, np.int8), np.empty((2, MEMORY), np.int64), np.empty(4, np.int64)
    length, key = rounds if known else -1, np.uint64(stream_key(seed_word(seed), 0))
    match(*a, *b, np.array(payoffs, np.float64), rounds, length, float(noise), key, memory, counts, moves)
    return np.stack(np.divmod(moves.astype(np.int64), 2), axis=1)


def choices(
    strategy: str | Strategy | Automaton,
    own: Any,
    other: Any,
    draws: Any,
    length: int | None = None,
    payoffs: Dilemma = DILEMMA,
) -> np.ndarray:
    """int64[T]: what a strategy would choose in each round of a given play.

    Args:
        own, other: int[T], the actions as they were played; a round's choice depends on the rounds before it alone.
        draws: float[T] in [0, 1): with the number u the strategy cooperates if u is below its probability of doing so.
        length: what it is told of the match's length; None: nothing.
    """
    from ._tournament import replay

    _check(1, 0.0, 0.0, payoffs)
    arrays = [
        np.ascontiguousarray(given, dtype) for given, dtype in ((own, np.int64), (other, np.int64), (draws, float))
    ]
    if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1:
        raise ValueError(f"own, other and draws must be vectors of one length, got {[a.shape for a in arrays]}")
    if not (np.isin(arrays[0], (0, 1)).all() and np.isin(arrays[1], (0, 1)).all()):
        raise ValueError("actions must be 0 (cooperate) or 1 (defect)")
    chosen = np.empty(len(arrays[0]), np.int64)
    compiled = _compiled(_player(strategy), payoffs)
    table = np.array(payoffs, np.float64)
    replay(*compiled, table, arrays[0], arrays[1], -1 if length is None else length, arrays[2], chosen)
    return chosen


def ecological(payoffs: Any, generations: int = 1000, start: Any = None) -> np.ndarray:
    """Axelrod's ecological variant: shares grow in proportion to what they earn. float64[generations + 1, n].

    x_i ← x_i·f_i/Σ x_j f_j with f = payoffs·x, the discrete replicator dynamics (Axelrod 1980b; Taylor & Jonker 1978).

    Args:
        payoffs: float[n, n], the row's mean payoff against the column; not negative, as it is a number of descendants.
        start: float[n], the first shares; by default equal.

    Raises:
        ValueError: payoffs are not square, negative, or not finite; shares that do not sum to 1.
    """
    table, n = _square(payoffs)
    whole("generations", generations, 0)
    if (table < 0.0).any():
        raise ValueError(
            f"payoffs must not be negative (they are numbers of descendants), the least is {table.min():g}"
        )
    share = np.full(n, 1.0 / n) if start is None else mixture("start", start, n)
    path = np.empty((generations + 1, n))
    path[0] = share
    for g in range(generations):
        fitness = table @ path[g]
        total = path[g] @ fitness
        path[g + 1] = path[g] * fitness / total if total > 0.0 else path[g]
    return path


@dataclass(frozen=True, eq=False)
class MoranRun:
    """A Moran process. n types, N individuals."""

    path: np.ndarray
    """int64[steps + 1, n]: individuals of each type."""
    winner: int | None
    """The type that took over, if one did."""


def moran(
    payoffs: Any,
    start: Any,
    steps: int = 100_000,
    intensity: float = 1.0,
    mutation: float = 0.0,
    seed: int | np.random.Generator = 0,
) -> MoranRun:
    """The Moran process with fitness from a payoff matrix (Nowak, Sasaki, Taylor & Fudenberg 2004).

    Args:
        payoffs: float[n, n], mean payoffs; an individual meets all the others.
        start: int[n]: individuals of each type, at least 2 in all.
        intensity: of selection w: fitness is 1 − w + w·payoff.
        mutation: probability that a newborn's type is drawn uniformly; with it, no type takes over for good.

    Raises:
        ValueError: a number outside its range, or fitness that may be negative.
    """
    from ._tournament import moran as kernel

    table, n = _square(payoffs)
    counts = np.array(start, np.int64)
    if counts.shape != (n,) or (counts < 0).any() or counts.sum() < 2:
        raise ValueError(f"start must be {n} counts of individuals, at least 2 in all, got {start!r}")
    whole("steps", steps, 1)
    probability("intensity", intensity)
    probability("mutation", mutation)
    if 1.0 - intensity + intensity * table.min() < 0.0:
        raise ValueError(f"fitness would be negative: the least payoff is {table.min():g} at intensity {intensity:g}")
    path = np.empty((steps + 1, n), np.int64)
    path[0] = counts
    key = np.uint64(stream_key(seed_word(seed), 0))
    done = kernel(table, counts, float(intensity), float(mutation), steps, key, path[1:])
    path = path[: done + 1].copy()
    last = path[-1]
    return MoranRun(path, int(last.argmax()) if last.max() == last.sum() else None)


def iterated_agent(
    strategy: str | Strategy | Automaton, payoffs: Dilemma = DILEMMA, length: int | None = None
) -> AutomatonAgent | ProgramAgent:
    """A strategy as an agent of a repeated game of two players and two actions (`ludus.make("repeated")`).

    Args:
        payoffs: (R, S, T, P) of a round.
        length: the number of rounds, if the strategy is to know it.
    """
    player = _player(strategy)
    automaton = player.automaton(payoffs)
    if automaton is not None:
        return AutomatonAgent(automaton, player.name)
    return ProgramAgent(player.name, payoffs, length)


class AutomatonAgent(Agent):
    """Plays an automaton; can be tabulated. Its memory is the state, int64[B]."""

    def __init__(self, automaton: Automaton, name: str = ""):
        self.automaton, self.name = automaton, name or "automaton"

    def start(self, batch: int) -> np.ndarray:
        return np.zeros(batch, np.int64)

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        state = self.start(len(obs)) if memory is None else memory
        turns, own, other = _last_round(obs)
        state = np.where(turns > 0, self.automaton.next[state, 2 * own + other], 0)
        p = self.automaton.cooperate[state]
        return np.stack([p, 1.0 - p], axis=1), state


class ProgramAgent(Agent):
    """Plays a program; it does not tell its probabilities. Its memory is the program's, int64[B, MEMORY]."""

    def __init__(self, name: str, payoffs: Dilemma = DILEMMA, length: int | None = None):
        self.name = name
        self._payoffs = np.array(payoffs, np.float64)
        self._length = -1 if length is None else length

    def start(self, batch: int) -> np.ndarray:
        from ._programs import MEMORY

        return np.zeros((batch, MEMORY), np.int64)

    def act(self, obs: np.ndarray, legal: np.ndarray, memory: Any, rng: np.random.Generator) -> tuple[np.ndarray, Any]:
        memory, program = memory.copy(), _program(self.name)
        draws, (turns, own, other) = rng.random(len(obs)), _last_round(obs)
        rows = zip(memory, turns.tolist(), own.tolist(), other.tolist(), draws.tolist())
        chosen = [program(row, self._payoffs, t, a, b, self._length, u) for row, t, a, b, u in rows]
        return np.array(chosen, np.int64), memory


def _last_round(obs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rounds played, own and other's last action (0 before the first round), from observations of `repeated`."""
    if obs.ndim != 2 or obs.shape[1] % 4 != 2:
        raise ValueError(f"observations must be of a repeated game of two players and two actions, got {obs.shape}")
    rounds = obs[:, 2:].reshape(len(obs), -1, 2, 2)  # round, seat (the observer first), action
    turns = rounds.any(axis=(2, 3)).sum(axis=1)
    last = rounds[np.arange(len(obs)), np.maximum(turns - 1, 0)]
    return turns, (last[:, 0, 1] > 0).astype(np.int64), (last[:, 1, 1] > 0).astype(np.int64)


# -- inside ------------------------------------------------------------------------------------------------------------


def _play(a: Any, b: Any, number: int, rounds: int, noise: float, end: float, payoffs: Dilemma, key: int) -> np.ndarray:
    """int64[number, 4]: outcome counts of `number` matches of one pair of compiled strategies."""
    from ._programs import MEMORY
    from ._tournament import matches

    if end > 0.0:
        luck = np.random.default_rng(key).random(number)
        lengths = np.ones(number, np.int64) if end == 1.0 else np.ceil(np.log1p(-luck) / math.log1p(-end))
        turns = np.clip(lengths, 1, rounds).astype(np.int64)
    else:
        turns = np.full(number, rounds, np.int64)
    counts, memory = np.empty((number, 4), np.int64), np.empty((2, MEMORY), np.int64)
    table = np.array(payoffs, np.float64)
    matches(*a, *b, table, turns, int(end == 0.0), float(noise), np.uint64(key & WORD), memory, counts)
    return counts


def _player(given: str | Strategy | Automaton) -> Strategy:
    if isinstance(given, Strategy):
        return given
    if isinstance(given, Automaton):
        return from_automaton(repr(given), given)
    if given not in STRATEGIES:
        from difflib import get_close_matches

        near = get_close_matches(str(given), STRATEGIES, 1)
        raise ValueError(
            f"there is no strategy {given!r}; {f'did you mean {near[0]!r}?' if near else 'see STRATEGIES'}"
        )
    return STRATEGIES[given]


def _players(given: Sequence[str | Strategy | Automaton]) -> list[Strategy]:
    players = [_player(one) for one in given]
    names = [player.name for player in players]
    if not players:
        raise ValueError("strategies must name at least one")
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"each strategy may enter once, got {', '.join(double)} again")
    return players


def _program(name: str) -> Any:
    from . import _programs

    return getattr(_programs, name)


def _compiled(player: Strategy, payoffs: Dilemma) -> tuple[Any, np.ndarray, np.ndarray]:
    """What the kernels take: (address of the program or 0, cooperate, next)."""
    automaton = player.automaton(payoffs)
    if automaton is not None:
        return 0, automaton.cooperate, automaton.next
    return _address(player.name), np.zeros(1), np.zeros((1, 4), np.int64)


@cache
def _address(name: str) -> Any:
    from collections import namedtuple

    from ..games._vector import addresses
    from ._programs import SIGNATURE

    return addresses(namedtuple("One", [name])(_program(name)), {name: SIGNATURE})[0]


def _square(payoffs: Any) -> tuple[np.ndarray, int]:
    table = np.ascontiguousarray(payoffs, np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not len(table) or not np.isfinite(table).all():
        raise ValueError(f"payoffs must be a square matrix of finite numbers, got shape {table.shape}")
    return table, len(table)


def _check(rounds: int, noise: float, end: float, payoffs: Dilemma) -> None:
    whole("rounds", rounds, 1)
    if rounds > MOST_ROUNDS:
        raise ValueError(f"rounds must be at most {MOST_ROUNDS:,}, got {rounds:,}")
    probability("noise", noise)
    probability("end", end)
    if len(payoffs) != 4 or not all(math.isfinite(x) for x in payoffs):
        raise ValueError(f"payoffs must be four finite numbers (R, S, T, P), got {payoffs!r}")
