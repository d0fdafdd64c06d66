"""The one loop of self-play: who meets whom, training, matches, copies; every method of `methods` runs through it.

After the framework of Zhang et al., "A survey on self-play methods in reinforcement learning" (2024), section 3: a
population, an interaction matrix Σ, an oracle, and a rule that gives the next Σ. One round is three steps,

    trained     Σ from the results so far; every learner is trained against its row
    fixtures    the matches that the learners then play, opponents drawn by the rows
    concluded   the results are counted, copies are kept, learners are reset or evolved

which `self_play` takes in memory and a `League` on its store. Each is a function of its arguments and the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..games.agent import Agent
from ..games.streams import seed_word, stream_key
from . import openai_five
from .functional_games import FunctionalGame, whole
from .match import Engine, Results, as_game
from .members import Entry, Population
from .methods import METHODS, Method, Role, make_method
from .oracles import Oracle, find_oracle
from .pbt import drawn

BEGIN, TRAIN, MEET, PLAY, CONCLUDE = range(5)
"""What a stream of random numbers is for."""


class Fixture(NamedTuple):
    """Two members who meet so many times, seats exchanged after each match."""

    first: int
    second: int
    matches: int

    @property
    def seatings(self) -> np.ndarray:
        """int64[2, 2]: who sits where, for match numbers modulo 2."""
        return np.array([[self.first, self.second], [self.second, self.first]])


def self_play(
    game: Any,
    oracle: Any = "exact",
    method: str | Method = "fictitious",
    matches: int = 32,
    budget: int = 1,
    seed: int | np.random.Generator = 0,
    **options: Any,
) -> Iterator[Population]:
    """Self-play in memory, as a generator of populations: one before the first round, then one after each round.

    Args:
        game: a two-player game, its id, or a game over vectors.
        oracle: how learners are trained: a name of `ORACLES`, an oracle or a function.
        method: a name of `METHODS`, or a method.
        matches: what every learner plays in a round.
        budget: of one training, in the oracle's units.
        options: of the method.

    Raises:
        ValueError: an unknown method, option or oracle, a bad number, or a game that is not for two.
    """
    game, oracle = two_player(game), find_oracle(oracle)
    method = make_method(method, **options) if isinstance(method, str) else method
    for name, value in (("matches", matches), ("budget", budget)):
        whole(name, value, 1)
    return _rounds(game, oracle, method, int(matches), int(budget), seed_word(seed))


def _rounds(game: Any, oracle: Oracle, method: Method, matches: int, budget: int, seed: int) -> Iterator[Population]:
    population = begin(game, method, oracle, seed)
    agents: list[Agent] = []
    while True:
        yield population
        agents = agents_of(game, oracle, population, agents)
        population = trained(game, method, oracle, population, agents, seed, budget)
        agents = agents_of(game, oracle, population, agents)
        meetings = fixtures(method, population, matches, seed)
        players, scores = played(game, agents, meetings, stream_key(stream_key(seed, PLAY), population.round))
        population = concluded(method, population, players, scores, seed)


def begin(game: Any, method: Method, oracle: Oracle, seed: int, guests: Sequence[Entry] = ()) -> Population:
    """The population before the first round: guests, learners, and the first copies of learners whose role has them."""
    rng = np.random.default_rng([seed, BEGIN])
    initial = oracle.start(game, stream_key(seed, BEGIN))
    learners = [
        Entry(name, role.name, None, 0, False, initial, hyper=drawn(dict(method.ranges), rng))
        for role in method.roles
        for name in learner_names(role)
    ]
    population = Population.of((*guests, *learners), initial)
    for learner in population.learners.tolist():
        if role_of(method, population, learner).enters:
            population = with_copy(population, learner)
    return population


def trained(
    game: Any,
    method: Method,
    oracle: Oracle,
    population: Population,
    agents: Sequence[Agent],
    seed: int,
    budget: int,
) -> Population:
    """The population with its Σ, and every learner after training, in all seats, against its row.

    agents: those of all members. Learners are trained side by side: against each other as they were before.
    """
    sigma, members = np.zeros_like(population.sigma), list(population.members)
    seats = (0,) if isinstance(game, FunctionalGame) else range(game.num_players)
    for learner in population.learners.tolist():
        entry = members[learner]
        assert entry.state is not None
        row = sigma[learner] = role_of(method, population, learner).opponents(population, learner)
        met = np.flatnonzero(row).tolist()
        own, state = replace(oracle, **dict(entry.hyper)) if entry.hyper else oracle, entry.state  # type: ignore
        for seat in seats:
            key = stream_key(stream_key(stream_key(seed, TRAIN), population.round), learner * len(seats) + seat)
            state = own.train(game, state, seat, [agents[i] for i in met], row[met] / row[met].sum(), key, budget)
        members[learner] = entry._replace(state=state, trained=entry.trained + 1)
    return replace(population, members=tuple(members), sigma=sigma)


def fixtures(method: Method, population: Population, matches: int, seed: int) -> list[Fixture]:
    """Whom every learner plays in this round: about `matches` matches, opponents drawn from its row.

    A match against oneself tells nothing, so the row is drawn from without its own entry; where nothing else is in it,
    all frozen members are met alike. Where the method asks for it, frozen members that never met meet as well.
    """
    rng = np.random.default_rng([seed, MEET, population.round])
    pairs, meetings = max(1, matches // 2), []
    for learner in population.learners.tolist():
        row = population.sigma[learner].copy()
        row[learner] = 0.0
        if not row.any():
            row[population.frozen] = 1.0
        drawn, times = np.unique(rng.choice(len(row), pairs, p=row / row.sum()), return_counts=True)
        meetings += [Fixture(learner, other, 2 * n) for other, n in zip(drawn.tolist(), times.tolist())]
    if method.complete:
        new = np.triu(population.games[np.ix_(population.frozen, population.frozen)] == 0, 1)
        first, second = population.frozen[np.argwhere(new)].T.tolist()
        meetings += [Fixture(a, b, 2 * pairs) for a, b in zip(first, second)]
    return meetings


def played(game: Any, agents: Sequence[Agent], meetings: Sequence[Fixture], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Plays the fixtures. agents: those of all members. -> (players int64[M, 2], scores float64[M, 2]), by seat."""
    here = np.unique([meeting[:2] for meeting in meetings])
    present = [agents[i] for i in here]
    engine = VectorEngine(game, present) if isinstance(game, FunctionalGame) else Engine(game, present)
    players, scores = [], []
    for k, meeting in enumerate(meetings):
        seats = np.searchsorted(here, meeting.seatings)
        results = engine.play(seats, stream_key(seed, k), 0, meeting.matches)
        players.append(meeting.seatings[np.arange(meeting.matches) % 2])
        scores.append(results.outcomes[results.codes])
    return np.concatenate(players), np.concatenate(scores)


class VectorEngine:
    """Plays matches of a game over vectors: v wins against w with probability (1 + φ(v, w)) / 2, cut to [0, 1]."""

    def __init__(self, game: FunctionalGame, agents: Sequence[Any]):
        points = np.stack([agent.vector for agent in agents])
        self._chance = np.clip((1.0 + game.payoffs(points)) / 2.0, 0.0, 1.0)

    def play(self, seatings: np.ndarray, seed: int, start: int, stop: int, share: int = 1) -> Results:
        """Matches start … stop - 1, as `Engine.play`; returns are 1 and -1."""
        numbers = np.arange(start, stop)
        seats = seatings[numbers % len(seatings)]
        lost = np.random.default_rng([seed, start]).random(len(numbers)) >= self._chance[seats[:, 0], seats[:, 1]]
        return Results(np.array([[1.0, -1.0], [-1.0, 1.0]]), lost.astype(np.int32))


def concluded(method: Method, population: Population, players: np.ndarray, scores: np.ndarray, seed: int) -> Population:
    """The population after a round's matches: players int[M, 2] and scores float64[M, 2], by seat, in their order."""
    rng = np.random.default_rng([seed, CONCLUDE, population.round])
    population, wins = counted(population, players, scores, method.decay)
    if method.rate is not None:
        population = openai_five.scored(population, wins, method.rate)
    kept = [i for i in population.learners.tolist() if role_of(method, population, i).keep(population, i)]
    for learner in kept:
        population = with_copy(population, learner)
        if rng.random() < role_of(method, population, learner).reset:
            entry = population.members[learner]
            population = population.with_member(learner, entry._replace(state=population.initial))
    population = replace(
        population,
        round=population.round + 1,
        matches=population.matches + len(players),
        sigma=np.zeros_like(population.sigma),
    )
    return population if method.evolve is None else method.evolve(population, rng)


def counted(
    population: Population, players: np.ndarray, scores: np.ndarray, decay: float
) -> tuple[Population, np.ndarray]:
    """The population with more results, and this round's undiscounted wins, float64[n, n].

    Before each match of a pair its results so far are multiplied by `decay`, in both directions.
    """
    n = len(population.members)
    pair = players.min(axis=1).astype(np.int64) * n + players.max(axis=1)
    order = np.argsort(pair, kind="stable")
    _, first, count = np.unique(pair[order], return_index=True, return_counts=True)
    left = np.empty(len(pair))  # matches of the same pair that come after each match
    left[order] = np.repeat(first + count, count) - 1.0 - np.arange(len(pair))
    weight, values = decay**left, {name: np.zeros(n * n) for name in ("games", "wins", "draws", "total")}
    fresh, played = np.zeros(n * n), np.zeros(n * n)
    for seat in (0, 1):
        cell = players[:, seat].astype(np.int64) * n + players[:, 1 - seat]
        mine, theirs = scores[:, seat], scores[:, 1 - seat]
        for name, value in (("games", 1.0), ("wins", mine > theirs), ("draws", mine == theirs), ("total", mine)):
            values[name] += np.bincount(cell, weight * value, n * n)
        fresh += np.bincount(cell, mine > theirs, n * n)
        played += np.bincount(cell, minlength=n * n)
    kept = decay ** played.reshape(n, n)
    tables = {name: getattr(population, name) * kept + value.reshape(n, n) for name, value in values.items()}
    return replace(population, **tables), fresh.reshape(n, n)


def learner_names(role: Role) -> list[str]:
    """What the learners of a role are called; their copies are called so with " v0", " v1", … after it."""
    return [role.name if role.count == 1 else f"{role.name} {k + 1}" for k in range(role.count)]


def with_copy(population: Population, learner: int) -> Population:
    """With a frozen copy of a learner as its last member, whose training is counted anew."""
    entry = population.members[learner]
    quality = openai_five.newcomer(population, population.opponents_of(learner))
    copy = entry._replace(name=f"{entry.name} v{entry.generation}", parent=learner, frozen=True)
    population = population.joined(copy).with_member(
        learner, entry._replace(generation=entry.generation + 1, trained=0)
    )
    return replace(population, quality=np.append(population.quality[:-1], quality))


def role_of(method: Method, population: Population, learner: int) -> Role:
    """The role of a learner."""
    return next(role for role in method.roles if role.name == population.members[learner].role)


def agents_of(
    game: Any,
    oracle: Oracle,
    population: Population,
    known: Sequence[Agent] = (),
    guests: Mapping[str, Agent] = MappingProxyType({}),
) -> list[Agent]:
    """The agents of all members. known: those of the first ones, kept where they are frozen; guests: by name."""
    agents = []
    for i, entry in enumerate(population.members):
        if entry.state is None:
            agents.append(guests[entry.name])
        else:
            agents.append(known[i] if i < len(known) and entry.frozen else oracle.agent(game, entry.state))
    return agents


def two_player(game: Any) -> Any:
    """The game, if it is for two.

    Raises:
        ValueError: it is not.
    """
    if isinstance(game, FunctionalGame):
        return game
    game = as_game(game)
    if game.num_players != 2:
        raise ValueError(
            f"{', '.join(METHODS)} are methods for two players, and {game.id} has {game.num_players}; "
            "a league of it may be a round robin"
        )
    return game
