"""`Training`: the loop of self-play on a league's store, which survives being killed at any moment.

The store holds the population as of the last step (`trained` or `concluded`, each written in one transaction) and the
matches since. Training, fixtures and conclusions are functions of these and the seed, so whatever a kill took away is
computed again and comes out the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from ..games.agent import Agent
from ..games.game import Game, RulesGame
from ..games.streams import stream_key
from .checkpoints import pack, unpack
from .executors import EXECUTORS, cores
from .failures import Guard
from .functional_games import whole
from .loop import PLAY, Fixture, agents_of, begin, concluded, fixtures, learner_names, trained, two_player
from .match import Engine, Results
from .members import Entry, Population
from .methods import make_method
from .observed import ObservedEvolution
from .oracles import ORACLES, EvolutionStrategies, Oracle, find_oracle
from .series import LeagueProgress, Options, play_tasks, versions
from .store import StageRow, Store, StoreError

LEARNER = "learner"
"""The kind, in the store, of members that an oracle trained."""
TREE_HISTORIES = 200_000
"""The most histories of a game whose learners are policies on its tree unless told otherwise."""
_TABLES = ("games", "wins", "draws", "total", "quality", "sigma")


@dataclass(frozen=True)
class TrainingOptions:
    """How a league trains: its method with options, its oracle, and the size of a round."""

    preset: str
    options: Mapping[str, Any]
    oracle: Oracle | None
    """None where the store names an oracle of somebody's own and nobody has given it (enough to look at the league)."""
    oracle_name: str
    """What the store says of the oracle: {"name", "options"} as JSON; no options if the name cannot make it."""
    matches_per_round: int
    """What every learner plays in a round (rounded down to whole pairs of seats)."""
    budget: int
    """Of one training, in the oracle's units."""

    def facts(self) -> dict[str, str]:
        """What a store keeps of it."""
        sizes = {"matches_per_round": self.matches_per_round, "budget": self.budget}
        return {"training": json.dumps({"options": dict(self.options), "oracle": self.oracle_name, **sizes})}

    @classmethod
    def of(cls, facts: Mapping[str, str], oracle: Any = None) -> TrainingOptions:
        """From the facts of a store.

        Raises:
            StoreError: another oracle is given than the one that the league trains with.
        """
        said = json.loads(facts["training"])
        if oracle is not None:
            found = find_oracle(oracle)
            if _text(found) != said["oracle"]:
                raise StoreError(f"this league trains with the oracle {said['oracle']}, not with {_text(found)}")
        else:
            name = json.loads(said["oracle"])
            found = find_oracle(name["name"], **name["options"]) if "options" in name else None
        return cls(facts["preset"], said["options"], found, said["oracle"], said["matches_per_round"], said["budget"])

    def reserves(self, name: str) -> bool:
        """Whether a name is that of a learner or of a copy of one."""
        roles = make_method(self.preset, **self.options).roles
        return any(name == own or name.startswith(f"{own} v") for role in roles for own in learner_names(role))


def training_options(
    game: Game, preset: str, oracle: Any, matches_per_round: Any, budget: Any, options: Mapping[str, Any]
) -> TrainingOptions:
    """Checked options. Without an oracle: evolution strategies, over a small tree's policies or over observations.

    Raises:
        ValueError: an unknown option or oracle, a bad number, or a game that is not for two.
    """
    two_player(game)
    make_method(preset, **options)
    if oracle is None:
        oracle = EvolutionStrategies() if _tree_serves(game) else ObservedEvolution()
    for name, value in (("matches_per_round", matches_per_round), ("budget", budget)):
        whole(name, value, 1)
    oracle = find_oracle(oracle)
    return TrainingOptions(preset, dict(options), oracle, _text(oracle), int(matches_per_round), int(budget))


def _tree_serves(game: Game) -> bool:
    """Whether the game's tree is small enough to be swept again and again; if not, nobody shall build it."""
    if "_tree" not in game.__dict__ and "_no_tree" not in game.__dict__:
        try:
            game.tree(TREE_HISTORIES if isinstance(game, RulesGame) else TREE_HISTORIES // 10)
        except ValueError:
            game.__dict__["_no_tree"] = True
    return "_tree" in game.__dict__


def _text(oracle: Any) -> str:
    """What a store says of an oracle."""
    for name, kind in ORACLES.items():
        if type(oracle) is kind and name != "callable":
            return json.dumps({"name": name, "options": asdict(oracle)}, sort_keys=True)
    function = getattr(oracle, "function", type(oracle))
    return json.dumps({"name": getattr(function, "__qualname__", type(function).__qualname__)})


class Meeting(NamedTuple):
    """A task: matches offset … stop - 1 of those of one fixture."""

    start: int
    """Number of its first match in the series."""
    rota: np.ndarray
    offset: int
    stop: int
    seed: int
    length: int
    """Matches of the fixture. All are played and those asked for are kept, so that no match depends on where a run
    ended."""


@dataclass(frozen=True, eq=False)
class _Player:
    """The worker. The engine knows the members of the round alone; `here`, int64[.]: their numbers in the league."""

    engine: Engine
    here: np.ndarray
    share: int

    def __call__(self, task: Meeting) -> Results:
        seats = np.searchsorted(self.here, task.rota)
        results = self.engine.play(seats, task.seed, 0, task.length, self.share)
        return results._replace(codes=results.codes[task.offset : task.stop])


class Training:
    """The population of a training league, and what trains it and lets it play.

    Attributes:
        population: as the store has it; None before the first run.
        agents: those of its members, from the first run on.
    """

    def __init__(self, store: Store, game: Game, options: TrainingOptions, paired: bool):
        self.store, self.game, self.options, self.paired = store, game, options, paired
        if options.oracle is None:
            raise ValueError(f"the learners' oracle {options.oracle_name} could not be stored: pass it as `oracle`")
        self.method, self.oracle = make_method(options.preset, **options.options), options.oracle
        if isinstance(self.oracle, ObservedEvolution):
            _tree_serves(game)  # else the tree would be tried, for every learner anew
        self.population, self.seed = load(store)
        self.agents: list[Agent] = []

    def play(
        self, guests: Mapping[str, Agent], target: int, seed: int, time_limit: float | None, options: Options
    ) -> Iterator[LeagueProgress]:
        """Trains and plays until there are `target` matches, with one snapshot for each commit.

        guests: the agents of the members that were added from outside, by name.

        Raises:
            ValueError: another seed than that with which the training began.
            AgentError, WorkerDied, StoreError: as `play_series`.
        """
        if self.seed not in (None, seed):
            raise ValueError(f"seed must be {self.seed}, with which the training of this league began; got {seed}")
        began, done, run = time.perf_counter(), self.store.played(seed), None
        yield LeagueProgress(done, target, 0.0)
        if done >= target:
            return
        population = self._welcome(guests, seed)
        while done < target:
            if not population.sigma.any():
                budget = self.options.budget
                population = trained(self.game, self.method, self.oracle, population, self.agents, seed, budget)
                self._keep(population, guests)
            meetings = fixtures(self.method, population, self.options.matches_per_round, seed)
            first, last = population.matches, population.matches + sum(meeting.matches for meeting in meetings)
            here = np.unique([meeting[:2] for meeting in meetings])
            names = [population.members[i].name for i in here]
            engine = Engine(self.game, [self.agents[i] for i in here], names)
            engine.guard = Guard(names, time_limit)
            if run is None:
                run = self.store.add_run(seed, options.executor, options.config or {}, versions(engine))
            stage = self._stage(seed, first, last, here)
            tasks = _tasks(meetings, stage, population.round, done, min(last, target))
            worker, workers = _Player(engine, here, 2 if self.paired else 1), options.workers or cores()
            with EXECUTORS[options.executor](worker, workers, options.ray_address) as play:
                for count in play_tasks(self.store, stage, play, tasks, run, done):
                    done = count
                    yield LeagueProgress(done, target, time.perf_counter() - began)
            if done == last:
                players, scores = map(np.concatenate, zip(*self.store.stretches(stage.id, first, last)))
                population = concluded(self.method, population, players, scores, seed)
                self._keep(population, guests)

    def _welcome(self, guests: Mapping[str, Agent], seed: int) -> Population:
        """The population, begun if there is none yet, with the guests that were added since."""
        known = 0 if self.population is None else len(self.population.members)
        new = [Entry(row.name, "", None, 0, True, None) for row in self.store.players()[known:]]
        self.seed = seed
        if self.population is None:
            population = begin(self.game, self.method, self.oracle, seed, new)
        else:
            population = self.population.joined(*new)
        self._keep(population, guests)
        return population

    def _keep(self, population: Population, guests: Mapping[str, Agent]) -> None:
        assert self.seed is not None
        save(self.store, population, self.seed)
        self.population = population
        self.agents = agents_of(self.game, self.oracle, population, self.agents, guests)

    def _stage(self, seed: int, first: int, last: int, here: np.ndarray) -> StageRow:
        """The round's stage; the one that is there if the round has begun."""
        stage = self.store.last_stage(seed)
        if stage is not None and stage.start == first:
            return stage
        new = StageRow(-1, seed, first, last - first, tuple(here.tolist()), self.options.preset, self.paired)
        return self.store.add_stage(new, version("ludus"))


def _tasks(meetings: Sequence[Fixture], stage: StageRow, number: int, done: int, stop: int) -> Iterator[Meeting]:
    """What is left to play, up to match `stop` of the series, of round `number`."""
    key, start = stream_key(stream_key(stage.seed, PLAY), number), stage.start
    for k, meeting in enumerate(meetings):
        offset, end = max(0, done - start), min(meeting.matches, stop - start)
        if offset < end:
            yield Meeting(start + offset, meeting.seatings, offset, end, stream_key(key, k), meeting.matches)
        start += meeting.matches


def save(store: Store, population: Population, seed: int) -> None:
    """Writes a population in one transaction: new members, the learners' checkpoints, results and counters."""
    with store.transaction():
        known = len(store.players())
        for number, entry in enumerate(population.members):
            if entry.state is None:
                continue
            if number >= known:
                parent = None if entry.parent is None else population.members[entry.parent].name
                data = pack(**entry.state)
                store.add_player(entry.name, LEARNER, parent, data, entry.role, entry.generation, entry.frozen)
            elif not entry.frozen:
                store.update_player(entry.name, pack(**entry.state))
        value = {
            "seed": str(seed),
            "round": population.round,
            "matches": population.matches,
            "members": [[entry.generation, entry.trained, dict(entry.hyper)] for entry in population.members],
        }
        arrays = {name: getattr(population, name) for name in _TABLES}
        initial = {f"initial/{name}": array for name, array in population.initial.items()}
        store.set_state("training", value, pack(**arrays, **initial))


def load(store: Store) -> tuple[Population | None, int | None]:
    """(population, seed) as `save` wrote them; (None, None) if it never did.

    Raises:
        StoreError: a checkpoint is damaged.
    """
    saved = store.state("training")
    if saved is None or saved[1] is None:
        return None, None
    value, arrays = saved[0], unpack(saved[1])
    rows = store.players()
    number = {row.name: i for i, row in enumerate(rows)}
    members = []
    for row, (generation, rounds, hyper) in zip(rows, value["members"]):
        state = unpack(store.checkpoint(row.checkpoint)) if row.kind == LEARNER and row.checkpoint else None
        parent = None if row.parent is None or not row.role else number[row.parent]
        entry = Entry(row.name, row.role, parent, generation, row.frozen, state, rounds, tuple(hyper.items()))
        members.append(entry)
    initial = {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith("initial/")}
    population = Population.of(tuple(members), initial)
    tables: dict[str, Any] = {name: arrays[name] for name in _TABLES}
    return replace(population, round=value["round"], matches=value["matches"], **tables), int(value["seed"])
