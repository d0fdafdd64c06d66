"""`League`: members meet under a schedule, the store keeps what happened, and everything else is derived from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..games.agent import Agent, TabularAgent, UniformAgent, tabulates
from ..games.game import Game
from ..games.policy import Policy
from ..games.streams import seed_word
from ..games.tabulate import tabulate
from ..progress import progress_bar
from ..ratings.log import MatchLog
from .checkpoints import content_hash, pack, unpack
from .database import StoreError
from .executors import EXECUTORS, cores, hold
from .failures import Guard
from .match import Engine, as_agent, as_game, small_tree
from .matchmaking import SCHEDULES
from .members import Population
from .methods import METHODS
from .payoffs import ExactPayoffs, Payoffs, exact_payoffs, payoffs_of
from .series import LeagueProgress, Options, play_series
from .store import PlayerRow, Store
from .training import LEARNER, Training, TrainingOptions, load, training_options

if TYPE_CHECKING:
    from ..ratings.leaderboard import Leaderboard

BUILT_IN: dict[str, type[Agent]] = {"UniformAgent": UniformAgent}
"""Agents that are known by their kind alone."""


class Member(NamedTuple):
    """A member of a league: what the store says, and its agent if that could be restored."""

    row: PlayerRow
    agent: Agent | None

    @property
    def name(self) -> str:
        return self.row.name


class League:
    """A population of agents that play each other, in a store that survives being killed.

    The schedule is deterministic: each match of a seed's series has fixed members, seats and luck, so that a league
    which was killed and resumed has exactly the match log of one that never was.
    """

    def __init__(
        self,
        game: Game | str,
        store: str | Path | None = None,
        preset: str = "round_robin",
        paired: bool = False,
        oracle: Any = None,
        matches_per_round: int = 100,
        budget: int = 10,
        **options: Any,
    ):
        """Makes a league, or goes on with the one in `store` if it is of the same game and settings.

        Args:
            store: the SQLite file; None keeps the league in memory.
            preset: a schedule among the members that are added, one of `matchmaking.SCHEDULES`; or a method of
                self-play, one of `methods.METHODS`, whose learners the league trains as it goes.
            paired: neighbouring matches, one for each seat order, share the luck of chance.
            oracle: how learners are trained: a name of `ORACLES`, an oracle or a function. By default evolution
                strategies: over policies where the game's tree is small, else over observations.
            matches_per_round: what every learner plays between two trainings.
            budget: of one training, in the oracle's units.
            options: of the method of self-play.

        Raises:
            ValueError: an unknown preset or option, or a method of self-play in a game that is not for two.
            StoreError: the file is something else, of another game, or in use by another coordinator.
        """
        game = as_game(game)
        training: dict[str, str] = {}
        if preset in METHODS:
            how = training_options(game, preset, oracle, matches_per_round, budget, options)
            oracle, training = how.oracle, how.facts()
        elif preset not in SCHEDULES:
            raise ValueError(f"there is no preset {preset!r}; there is {', '.join((*SCHEDULES, *METHODS))}")
        elif oracle is not None or options:
            name = "oracle" if oracle is not None else next(iter(options))
            raise ValueError(f"preset {preset!r} trains nobody, and has no option {name!r}")
        facts = {
            "game": game.id,
            "version": str(game.version),
            "players": str(game.num_players),
            "preset": preset,
            "paired": str(int(paired)),
            **training,
        }
        self._begin(game, Store.create(store, facts), oracle)

    @classmethod
    def open(
        cls, path: str | Path, game: Game | str | None = None, read_only: bool = False, oracle: Any = None
    ) -> League:
        """Opens the league in a store; members with a checkpoint are ready to play.

        Args:
            game: needed where the stored id cannot be made in this process (a game of one's own).
            read_only: look without becoming the coordinator, also while a league runs.
            oracle: needed to go on where learners are trained by a function, or by an oracle of one's own.

        Raises:
            FileNotFoundError: no such file.
            StoreError: no league store, damaged, of another game or schema version, or in use by another coordinator.
        """
        store = Store.open(path, read_only)
        league = cls.__new__(cls)
        league._begin(game, store, oracle)
        return league

    def _begin(self, game: Game | str | None, store: Store, oracle: Any) -> None:
        with ExitStack() as on_failure:
            on_failure.callback(store.close)
            self.game, self.store = _same_game(store, game), store
            self.preset, self.paired = store.facts["preset"], store.facts["paired"] == "1"
            self._how = TrainingOptions.of(store.facts, oracle) if "training" in store.facts else None
            self._training: Training | None = None
            self._members = {row.name: Member(row, self._restored(row)) for row in store.players()}
            self._engine: Engine | None = None
            on_failure.pop_all()

    def close(self) -> None:
        """Closes the store."""
        self.store.close()

    def __enter__(self) -> League:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"League({self.game.id}, {len(self._members)} members, {self.store.played():,} matches)"

    # -- members -------------------------------------------------------------------------------------------------------

    @property
    def members(self) -> tuple[Member, ...]:
        """In the order in which they came."""
        return tuple(self._members.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._members)

    def add(self, name: str, agent: Agent | Policy | Any, parent: str | None = None) -> Member:
        """Adds a member, frozen as it is now. Adding the same again changes nothing, so that a script can be rerun.

        An agent that can be tabulated is stored as its policy and comes back with `League.open`; another one must be
        added again under its name after the store was opened.

        Args:
            agent: an agent, a `Policy`, or a function (state, player, rng) -> action.
            parent: the member from which this one was made.

        Raises:
            ValueError: the name is taken by another agent, or there is no such parent.
        """
        if not isinstance(name, str) or not name:
            raise ValueError(f"a member's name is a text, got {name!r}")
        if self._how is not None and self._how.reserves(name):
            raise ValueError(f"{name!r} is a name for learners and their copies; take another name")
        if parent is not None and parent not in self._members:
            raise ValueError(f"there is no member {parent!r} to be the parent of {name!r}")
        agent = as_agent(agent)
        data, kind = self._packed(agent), type(agent).__name__
        known = self._members.get(name)
        if known is None:
            row = self.store.add_player(name, kind, parent, data)
        else:
            row = known.row
            digest = None if data is None else content_hash(data)
            if digest != row.checkpoint or (data is None and kind != row.kind):
                raise ValueError(f"{name!r} is in the league with another agent; members are frozen, take another name")
        member = self._members[name] = Member(row, agent)
        self._engine = None
        return member

    def _packed(self, agent: Agent) -> bytes | None:
        if not tabulates(agent) or (tree := small_tree(self.game, [agent])) is None:
            return None
        policy = tabulate(self.game, agent)
        return pack(probabilities=policy.probabilities, fingerprint=np.array(tree.fingerprint))

    def _restored(self, row: PlayerRow) -> Agent | None:
        if row.checkpoint is None:
            return BUILT_IN[row.kind]() if row.kind in BUILT_IN else None
        arrays = unpack(self.store.checkpoint(row.checkpoint))
        if row.kind == LEARNER:
            oracle = None if self._how is None else self._how.oracle
            return None if oracle is None else oracle.agent(self.game, arrays)
        tree = self.game.tree()
        if str(arrays["fingerprint"]) != tree.fingerprint:
            raise StoreError(f"{self.store.path}: {row.name!r} was made for another game than {self.game.id} is now")
        return TabularAgent(Policy(tree, arrays["probabilities"]), row.name)

    # -- matches -------------------------------------------------------------------------------------------------------

    def run(
        self,
        matches: int,
        executor: str = "serial",
        seed: int | np.random.Generator = 0,
        progress: bool = False,
        workers: int | None = None,
        **options: Any,
    ) -> League:
        """Plays until the series of this seed has `matches` matches, and returns the league.

        A series is one sequence of matches: running it again with the same number does nothing, with a larger number
        goes on, and a run that was killed is finished by the same call. Another seed starts another series.

        Args:
            matches: the length of the series.
            executor: "serial", "processes" or "ray"; the log is the same.
            progress: show a bar with matches, matches per second and the time left (on standard error).
            workers: number of processes; by default one for each core.
            options: see `iterate`.

        Raises:
            ValueError: an unknown executor, too few members, members without agent (they are named), a bad number.
            AgentError: an agent failed; it is recorded in the store, which keeps what was played before.
        """
        snapshots = self.iterate(matches, executor, seed, workers, **options)
        with progress_bar(progress, f"league of {self.game.id}", matches, "matches") as report:
            for snapshot in snapshots:
                report(snapshot.matches)
        return self

    def iterate(
        self,
        matches: int,
        executor: str = "serial",
        seed: int | np.random.Generator = 0,
        workers: int | None = None,
        *,
        time_limit: float | None = None,
        batch: int | None = None,
        ray_address: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> Iterator[LeagueProgress]:
        """`run` as a generator of snapshots, one for each commit; it may be left at any of them.

        Args:
            time_limit: seconds that one call of an agent may take, see `Guard`.
            batch: the most matches that are one task; it is fixed when a series begins.
            ray_address: of a running Ray cluster; by default executor="ray" starts one on this machine.
            config: what to record with the run, beside the arguments.
        """
        if executor not in EXECUTORS:
            raise ValueError(f"there is no executor {executor!r}; there is {', '.join(EXECUTORS)}")
        target, word = whole("matches", matches, 0), seed_word(seed)
        for name, number in (("workers", workers), ("batch", batch)):
            if number is not None:
                whole(name, number, 1)
        if time_limit is not None and not 0 < time_limit < float("inf"):
            raise ValueError(f"time_limit must be a number of seconds above 0, got {time_limit!r}")
        seats = self.game.num_players
        if self._how is None and len(self._members) < seats:
            raise ValueError(f"{self.game.id} needs {seats} members to meet, the league has {len(self._members)}")
        if self._how is not None:
            self._trainer()
        if absent := [member.name for member in self.members if member.agent is None]:
            raise ValueError(
                f"the agents of {', '.join(absent)} could not be stored: add them again under the same names"
            )
        asked = {"matches": target, "workers": workers, "time_limit": time_limit, "batch": batch, "preset": self.preset}
        options = Options(executor, workers, ray_address, batch, {**asked, "paired": self.paired, **(config or {})})
        return self._play(target, word, time_limit, options)

    def _play(self, target: int, seed: int, time_limit: float | None, options: Options) -> Iterator[LeagueProgress]:
        if self._how is not None:
            yield from self._train(target, seed, time_limit, options)
            return
        if self._engine is None:
            agents = [member.agent for member in self.members if member.agent is not None]
            self._engine = Engine(self.game, agents, self.names)
        self._engine.guard = Guard(self.names, time_limit)
        yield from play_series(self.store, self._engine, self.preset, self.paired, target, seed, options)

    def _train(self, target: int, seed: int, time_limit: float | None, options: Options) -> Iterator[LeagueProgress]:
        training = self._trainer()
        guests = {member.name: member.agent for member in self.members if not member.row.role}
        with hold(options.executor, options.workers or cores(), options.ray_address):
            for snapshot in training.play(guests, target, seed, time_limit, options):  # type: ignore[arg-type]
                self._follow(training)
                yield snapshot
        self._follow(training)

    def _follow(self, training: Training) -> None:
        """The members as the training has them now."""
        if training.agents:
            rows = self.store.players()
            self._members = {row.name: Member(row, agent) for row, agent in zip(rows, training.agents)}

    def _trainer(self) -> Training:
        assert self._how is not None
        if self._training is None:
            self._training = Training(self.store, self.game, self._how, self.paired)
        return self._training

    @property
    def population(self) -> Population | None:
        """Of a training league: learners, copies, interaction matrix and counted results as of the last step; None
        before the first run and in leagues that train nobody."""
        return load(self.store)[0] if self._training is None else self._training.population

    # -- what can be derived -------------------------------------------------------------------------------------------

    def log(self) -> MatchLog:
        """Every match: one team a seat, in the order of seats, with the returns as scores.

        Raises:
            StoreError: the store is damaged.
        """
        players, scores = self.store.matches()
        return MatchLog.from_arrays(players, scores=scores, names=self.names)

    def payoffs(self, seat: int | None = None) -> Payoffs:
        """What each member got against each other, over all seats or with the row's member in one seat."""
        if seat is not None and not 0 <= seat < self.game.num_players:
            raise ValueError(f"seat must be from 0 to {self.game.num_players - 1}, got {seat!r}")
        players, scores, times = self.store.tallies()
        return payoffs_of(self.names, players, scores, seat, times)

    def leaderboard(self, model: str = "plackett_luce", **parameters: Any) -> Leaderboard:
        """Ratings of all matches under a rating model.

        Frozen members do not drift: a model with a drift `tau` gets 0 unless told otherwise, or somebody learns.
        """
        from ..ratings import make, rate

        if "tau" in make(model).parameters() and all(member.row.frozen for member in self.members):
            parameters.setdefault("tau", 0.0)
        return rate(self.log(), model=model, **parameters)

    def has_exact(self) -> bool:
        """Whether `exact` has numbers to give."""
        return bool(self._tabular())

    def exact(self) -> ExactPayoffs:
        """Exact expected returns and exploitabilities of the members whose policy is known, by walking the tree.

        Raises:
            ValueError: no member can be tabulated, or the game has no tree.
        """
        chosen = self._tabular()
        if not chosen:
            raise ValueError(f"exact numbers need a tree of {self.game.id} and members that tell their probabilities")
        return exact_payoffs(self.game, list(chosen), [tabulate(self.game, agent) for agent in chosen.values()])

    def _tabular(self) -> dict[str, Agent]:
        found = {m.name: m.agent for m in self.members if m.agent is not None and tabulates(m.agent)}
        return found if found and small_tree(self.game, list(found.values())) is not None else {}


def _same_game(store: Store, game: Game | str | None) -> Game:
    wanted, number = store.facts["game"], store.facts["version"]
    try:
        found = as_game(wanted if game is None else game)
    except (ValueError, ImportError) as error:
        raise StoreError(f"{store.path} is a league of {wanted}: {error}; pass the game as `game`") from None
    if (found.id, str(found.version)) != (wanted, number):
        raise StoreError(
            f"{store.path} is a league of {wanted} version {number}, not of {found.id} version {found.version}"
        )
    return found


def whole(name: str, value: Any, least: int) -> int:
    """An argument that is a whole number of at least `least`; ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")
    return int(value)
