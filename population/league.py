"""`League`: members meet under a schedule, the store keeps what happened, and everything else is derived from it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..games.agent import Agent, TabularAgent, UniformAgent, tabulates
from ..games.game import Game
from ..games.policy import Policy
from ..games.streams import seed_word, stream_key
from ..games.tabulate import tabulate
from ..progress import progress_bar
from ..ratings.log import MatchLog
from .checkpoints import content_hash, pack, unpack
from .database import StoreError
from .executors import EXECUTORS
from .match import Engine, Results, as_agent, as_game, seat_orders, small_tree
from .matchmaking import PRESETS, rounds
from .payoffs import ExactPayoffs, Payoffs, exact_payoffs, payoffs_of
from .store import Batch, PlayerRow, StageRow, Store

if TYPE_CHECKING:
    from ..ratings.leaderboard import Leaderboard

COMPILED_BATCH = 16_384
"""The most matches of one batch in the match kernel (a few milliseconds)."""
PYTHON_BATCH = 512
"""The most matches of one batch where agents are asked."""
COMMIT_SECONDS = 0.2
"""Finished batches are committed together at least so often."""
BUILT_IN: dict[str, type[Agent]] = {"UniformAgent": UniformAgent}
"""Agents that are known by their kind alone."""


class LeagueProgress(NamedTuple):
    """One snapshot of a run."""

    matches: int
    """Matches committed of the run's series."""
    target: int
    seconds: float
    """Since the run began."""


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
        self, game: Game | str, store: str | Path | None = None, preset: str = "round_robin", paired: bool = False
    ):
        """Makes a league, or goes on with the one in `store` if it is of the same game and settings.

        Args:
            store: the SQLite file; None keeps the league in memory.
            preset: the schedule; one of `matchmaking.PRESETS`.
            paired: neighbouring matches, one for each seat order, share the luck of chance.

        Raises:
            ValueError: an unknown preset.
            StoreError: the file is something else, of another game, or in use by another coordinator.
        """
        if preset not in PRESETS:
            raise ValueError(f"there is no preset {preset!r}; there is {', '.join(PRESETS)}")
        game = as_game(game)
        facts = {
            "game": game.id,
            "version": str(game.version),
            "players": str(game.num_players),
            "preset": preset,
            "paired": str(int(paired)),
        }
        self._begin(game, Store.create(store, facts))

    @classmethod
    def open(cls, path: str | Path, game: Game | str | None = None, read_only: bool = False) -> League:
        """Opens the league in a store; members with a checkpoint are ready to play.

        Args:
            game: needed where the stored id cannot be made in this process (a game of one's own).
            read_only: look without becoming the coordinator, also while a league runs.

        Raises:
            FileNotFoundError: no such file.
            StoreError: no league store, damaged, of another game or schema version, or in use by another coordinator.
        """
        store = Store.open(path, read_only)
        league = cls.__new__(cls)
        league._begin(game, store)
        return league

    def _begin(self, game: Game | str | None, store: Store) -> None:
        with ExitStack() as on_failure:
            on_failure.callback(store.close)
            self.game, self.store = _same_game(store, game), store
            self.preset, self.paired = store.facts["preset"], store.facts["paired"] == "1"
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
    ) -> League:
        """Plays until the series of this seed has `matches` matches, and returns the league.

        A series is one sequence of matches: running it again with the same number does nothing, with a larger number
        goes on, and a run that was killed is finished by the same call. Another seed starts another series.

        Args:
            matches: the length of the series.
            executor: "serial", or "processes"; the log is the same.
            progress: show a bar with matches, matches per second and the time left (on standard error).
            workers: number of processes; by default one for each core.

        Raises:
            ValueError: an unknown executor, too few members, members without agent (they are named), a bad number.
        """
        snapshots = self.iterate(matches, executor, seed, workers)
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
    ) -> Iterator[LeagueProgress]:
        """`run` as a generator of snapshots, one for each commit; it may be left at any of them."""
        if executor not in EXECUTORS:
            raise ValueError(f"there is no executor {executor!r}; there is {', '.join(EXECUTORS)}")
        if isinstance(matches, bool) or not isinstance(matches, (int, np.integer)) or matches < 0:
            raise ValueError(f"matches must be an integer of at least 0, got {matches!r}")
        seats = self.game.num_players
        if len(self._members) < seats:
            raise ValueError(f"{self.game.id} needs {seats} members to meet, the league has {len(self._members)}")
        if absent := [member.name for member in self.members if member.agent is None]:
            raise ValueError(
                f"the agents of {', '.join(absent)} could not be stored: add them again under the same names"
            )
        return self._play(int(matches), executor, seed_word(seed), workers or _cores())

    def _play(self, target: int, executor: str, seed: int, workers: int) -> Iterator[LeagueProgress]:
        began = committed = time.perf_counter()
        done = self.store.played(seed)
        yield LeagueProgress(done, target, 0.0)
        if done >= target:
            return
        if self._engine is None:
            self._engine = Engine(self.game, [member.agent for member in self.members if member.agent is not None])
        stage = self._stage(seed, done, target)
        tasks = list(_tasks(stage, done, target, self.game.num_players))
        waiting: list[Batch] = []
        worker = _Worker(self._engine, len(seat_orders(self.game.num_players)) if self.paired else 1)
        with closing(EXECUTORS[executor](worker, tasks, workers)) as results:
            try:
                for task, result in zip(tasks, results):
                    waiting.append(Batch(stage.id, task.start, task.rota, task.offset, task.seed, *result))
                    now = time.perf_counter()
                    if now - committed > COMMIT_SECONDS:
                        batches, waiting = waiting, []
                        done += self.store.commit(batches)
                        committed = now
                        yield LeagueProgress(done, target, now - began)
            finally:
                done += self.store.commit(waiting)
        yield LeagueProgress(done, target, time.perf_counter() - began)

    def _stage(self, seed: int, done: int, target: int) -> StageRow:
        """The schedule that the series goes on with: the last one, or a new one if the league has changed since."""
        members = tuple(member.row.id for member in self.members)
        last = self.store.last_stage(seed)
        if last is not None and (last.members, last.preset, last.paired) == (members, self.preset, self.paired):
            return last
        assert self._engine is not None
        most = COMPILED_BATCH if self._engine.compiled(members) else PYTHON_BATCH
        parts = rounds(members, self.game.num_players)
        size = batch_size(target - done, len(parts), len(parts[0]), most)
        stage = StageRow(-1, seed, done, size, members, self.preset, self.paired)
        return self.store.add_stage(stage, version("ludus"))

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
        return payoffs_of(self.names, *self.store.matches(), seat)

    def leaderboard(self, model: str = "plackett_luce", **parameters: Any) -> Leaderboard:
        """Ratings of all matches under a rating model.

        Members are frozen, so nothing drifts: a model with a drift `tau` gets 0 unless told otherwise.
        """
        from ..ratings import make, rate

        if "tau" in make(model).parameters():
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


class Task(NamedTuple):
    """A stretch of one batch: its matches offset … stop - 1."""

    start: int
    """Number of its first match in the series."""
    rota: np.ndarray
    """int64[R, P]: the seats of the batch's matches, modulo R."""
    offset: int
    stop: int
    seed: int


class _Worker(NamedTuple):
    engine: Engine
    share: int

    def __call__(self, task: Task) -> Results:
        return self.engine.play(task.rota, task.seed, task.offset, task.stop, self.share)


def _tasks(stage: StageRow, done: int, target: int, players: int) -> Iterator[Task]:
    """What is left to play of a series. A member's number in the store is its number in the engine."""
    while done < target:
        k, offset = divmod(done - stage.start, stage.batch)
        stop = min(stage.batch, offset + target - done)
        rota = PRESETS[stage.preset](k, stage.members, players)
        yield Task(done, rota, offset, stop, stream_key(stage.seed, stage.start + k * stage.batch))
        done += stop - offset


def batch_size(matches: int, parts: int, round_size: int, most: int) -> int:
    """Matches of a batch: whole rounds, not many more than `most`, and few enough that every part has its turn."""
    return round_size * max(1, min(most, matches // parts) // round_size)


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


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
