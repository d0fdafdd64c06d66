"""`Store`: a league in one SQLite file. What can be derived from matches (payoffs, ratings) is not stored.

A batch of matches is one row: who sat where (a rota of seatings, gone through in turn), the seed, and a code of one to
four bytes for each match's vector of returns. The views `match_log` and `payoff_table` show single matches and the
payoffs of pairs to whoever reads the file.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .checkpoints import content_hash
from .database import StoreError, acquire, connect, empty, pragma, readable, transaction
from .schema import APPLICATION, VERSIONS, statements


class PlayerRow(NamedTuple):
    """One member as stored."""

    id: int
    name: str
    kind: str
    parent: str | None
    """The member from which it was made: its lineage."""
    checkpoint: str | None
    """The content hash of what it plays; None where that could not be stored."""
    created: float
    role: str = ""
    """What it is for in a training league ("main agent", …)."""
    generation: int = 0
    frozen: bool = True
    """Whether it stays as it is; a learner is not frozen, its snapshots are."""


class StageRow(NamedTuple):
    """A stretch of a series of matches under one schedule."""

    id: int
    seed: int
    start: int
    batch: int
    members: tuple[int, ...]
    preset: str
    paired: bool


class Batch(NamedTuple):
    """Matches ready to be stored. `start` is the number of the first one in its series, `offset` in its batch; match
    m of a batch has the seats ``rota[m % len(rota)]``; outcomes float64[U, P] and codes int[M] as in `Results`."""

    stage: int
    start: int
    rota: np.ndarray
    offset: int
    seed: int
    outcomes: np.ndarray
    codes: np.ndarray
    run: int | None = None
    """The run (its id) that played it."""


class RunRow(NamedTuple):
    """One run of a league: what was asked for, and with which versions."""

    id: int
    seed: int
    executor: str
    config: dict[str, Any]
    versions: dict[str, str]
    started: float


class FailureRow(NamedTuple):
    """Matches that could not be played: those numbered first … stop - 1 in the series of a seed."""

    run: int | None
    player: str | None
    """The member that failed, where it is known."""
    seed: int
    first: int
    stop: int
    kind: str
    """"raised", "illegal action", "time limit" or "process died"."""
    message: str
    created: float


class Store:
    """The open store of a league; one coordinator at a time may write.

    Attributes:
        path: the file, or None for a league in memory.
        facts: what the store says of its game and its settings.
    """

    def __init__(self, path: Path | None, connection: sqlite3.Connection, lock: sqlite3.Connection | None):
        self.path, self._db, self._lock, self._writing = path, connection, lock, False
        self.facts: dict[str, str] = dict(self._rows("SELECT key, value FROM facts"))
        self._rotas = {rota.tobytes(): number for number, rota in self.rotas().items()}
        self._codes = {row.tobytes(): code for code, row in enumerate(self.outcomes())}

    # -- opening -------------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: str | Path | None, facts: Mapping[str, str]) -> Store:
        """A new store, or the one that is there if its facts are the same.

        Raises:
            StoreError: the file is something else, belongs to another game, or is in use.
        """
        if path is not None and not empty(path):
            store = cls.open(path)
            for key, value in facts.items():
                if store.facts.get(key) != value:
                    store.close()
                    raise StoreError(f"{path} is a league with {key} {store.facts.get(key)}, not {value}")
            return store
        with ExitStack() as on_failure, readable(path):
            lock = None if path is None else on_failure.enter_context(closing(acquire(Path(path))))
            db = on_failure.enter_context(closing(connect(path)))
            with transaction(db):
                _bring_up_to_date(db, 0)
                db.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
                db.execute(f"PRAGMA application_id = {APPLICATION}")
            store = cls(None if path is None else Path(path), db, lock)
            on_failure.pop_all()
            return store

    @classmethod
    def open(cls, path: str | Path, read_only: bool = False) -> Store:
        """Opens a store that is there, to write unless `read_only`.

        Raises:
            FileNotFoundError: no such file.
            StoreError: it is no league store, damaged, of another schema version, or in use by another coordinator.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"there is no league store {path}")
        if empty(path):
            raise StoreError(f"{path} is no league store (it is empty)")
        with ExitStack() as on_failure, readable(path):
            lock = None if read_only else on_failure.enter_context(closing(acquire(path)))
            db = on_failure.enter_context(closing(connect(path, read_only)))
            if pragma(db, "application_id") != APPLICATION:
                raise StoreError(f"{path} is no league store")
            version, newest = pragma(db, "user_version"), len(VERSIONS)
            if not 0 < version <= newest:
                raise StoreError(f"{path} has schema version {version}; this ludus reads versions 1 to {newest}")
            if version < newest:
                if read_only:  # the file stays as it is: a copy is brought up to date
                    file, db = db, on_failure.enter_context(closing(sqlite3.connect(":memory:", isolation_level=None)))
                    file.backup(db)
                    file.close()
                with transaction(db):
                    _bring_up_to_date(db, version)
            store = cls(path, db, lock)
            on_failure.pop_all()
            return store

    def close(self) -> None:
        """Closes the file; whoever waits may have it."""
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything that is written in it is written together, or not at all; one within another joins it.

        Raises:
            StoreError: the file is full, damaged, read only, or locked by another program.
        """
        if self._writing:
            yield self._db
            return
        codes, rotas, self._writing = len(self._codes), len(self._rotas), True
        try:
            with readable(self.path), transaction(self._db) as db:
                yield db
        except BaseException:  # the transaction is gone, and with it the numbers it gave
            self._codes = dict(itertools.islice(self._codes.items(), codes))
            self._rotas = dict(itertools.islice(self._rotas.items(), rotas))
            raise
        finally:
            self._writing = False

    # -- players -------------------------------------------------------------------------------------------------------

    def players(self) -> list[PlayerRow]:
        """All members, in the order in which they came."""
        query = (
            "SELECT p.id, p.name, p.kind, q.name, p.checkpoint, p.created, p.role, p.generation, p.frozen "
            "FROM players p LEFT JOIN players q ON q.id = p.parent ORDER BY p.id"
        )
        return [PlayerRow._make((*row[:-1], bool(row[-1]))) for row in self._rows(query)]

    def add_player(
        self,
        name: str,
        kind: str,
        parent: str | None,
        data: bytes | None,
        role: str = "",
        generation: int = 0,
        frozen: bool = True,
    ) -> PlayerRow:
        """Adds a member, with its checkpoint if it has one."""
        with self.transaction() as db:
            digest = self._keep(data)
            (number,) = db.execute("SELECT count(*) FROM players").fetchone()
            above = db.execute("SELECT id FROM players WHERE name = ?", (parent,)).fetchone()
            created = time.time()
            db.execute(
                "INSERT INTO players (id, name, kind, created, parent, checkpoint, role, generation, frozen) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (number, name, kind, created, above and above[0], digest, role, generation, int(frozen)),
            )
        return PlayerRow(number, name, kind, parent, digest, created, role, generation, frozen)

    def update_player(self, name: str, data: bytes | None) -> PlayerRow:
        """Gives a member that is not frozen a new checkpoint.

        Raises:
            StoreError: there is no such member, or it is frozen.
        """
        with self.transaction() as db:
            digest = self._keep(data)
            done = db.execute("UPDATE players SET checkpoint = ? WHERE name = ? AND NOT frozen", (digest, name))
            if not done.rowcount:
                raise StoreError(f"{self.path}: {name!r} is no member, or is frozen")
            self._sweep()
        return next(row for row in self.players() if row.name == name)

    # -- what a training league needs to go on -------------------------------------------------------------------------

    def set_state(self, key: str, value: Any, data: bytes | None = None) -> None:
        """Keeps a value (whatever JSON can say) and, if given, a checkpoint under a key, in place of what was there."""
        with self.transaction() as db:
            row = (key, json.dumps(value), self._keep(data))
            db.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", row)
            self._sweep()

    def state(self, key: str) -> tuple[Any, bytes | None] | None:
        """(value, checkpoint) kept under a key, or None."""
        rows = self._rows("SELECT value, checkpoint FROM states WHERE key = ?", (key,))
        if not rows:
            return None
        return json.loads(rows[0][0]), None if rows[0][1] is None else self.checkpoint(rows[0][1])

    # -- checkpoints ---------------------------------------------------------------------------------------------------

    def _keep(self, data: bytes | None) -> str | None:
        if data is None:
            return None
        digest = content_hash(data)
        self._db.execute("INSERT OR IGNORE INTO checkpoints VALUES (?, ?)", (digest, data))
        return digest

    def _sweep(self) -> None:
        """Forgets checkpoints that nobody names any more."""
        self._db.execute(
            "DELETE FROM checkpoints WHERE hash NOT IN (SELECT checkpoint FROM players WHERE checkpoint IS NOT NULL "
            "UNION SELECT checkpoint FROM states WHERE checkpoint IS NOT NULL)"
        )

    def checkpoint(self, digest: str) -> bytes:
        """A checkpoint's bytes.

        Raises:
            StoreError: it is absent or its content does not have that hash.
        """
        rows = self._rows("SELECT data FROM checkpoints WHERE hash = ?", (digest,))
        if not rows or content_hash(rows[0][0]) != digest:
            raise StoreError(f"{self.path}: checkpoint {digest[:12]} is damaged or absent")
        return rows[0][0]

    # -- matches -------------------------------------------------------------------------------------------------------

    def last_stage(self, seed: int) -> StageRow | None:
        """The schedule under which the series of a seed was last continued."""
        query = "SELECT id, seed, start, batch, members, preset, paired FROM stages WHERE seed = ? ORDER BY start DESC"
        for number, text, start, batch, members, preset, paired in self._rows(query + " LIMIT 1", (str(seed),)):
            return StageRow(number, int(text), start, batch, tuple(json.loads(members)), preset, bool(paired))
        return None

    def add_stage(self, stage: StageRow, version: str) -> StageRow:
        """Records a schedule; its id is given here. One at the same place that no match has followed is replaced."""
        with self.transaction() as db:
            db.execute("DELETE FROM stages WHERE seed = ? AND start = ?", (str(stage.seed), stage.start))
            (number,) = db.execute("SELECT coalesce(max(id) + 1, 0) FROM stages").fetchone()
            members = json.dumps(stage.members)
            row = (number, str(stage.seed), stage.start, stage.batch, members, stage.preset, int(stage.paired))
            db.execute("INSERT INTO stages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, time.time(), version))
        return stage._replace(id=number)

    def played(self, seed: int | None = None) -> int:
        """Matches in the store, or in the series of a seed."""
        query = "SELECT coalesce(sum(count), 0) FROM batches"
        if seed is None:
            return int(self._rows(query)[0][0])
        return int(self._rows(query + " WHERE stage IN (SELECT id FROM stages WHERE seed = ?)", (str(seed),))[0][0])

    def commit(self, batches: Sequence[Batch]) -> int:
        """Stores batches in one transaction; one that is there already is left as it is. -> matches added."""
        added = 0
        with self.transaction() as db:
            (first,) = db.execute("SELECT coalesce(max(first + count), 0) FROM batches").fetchone()
            for batch in batches:
                codes, width = self._encoded(db, batch)
                rota = self._rota(db, batch.rota)
                row = (first, batch.stage, batch.start, len(batch.codes), rota, batch.offset, str(batch.seed))
                done = db.execute(
                    "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (*row, width, codes, zlib.crc32(codes), time.time(), batch.run),
                )
                if done.rowcount:
                    first, added = first + len(batch.codes), added + len(batch.codes)
        return added

    def _encoded(self, db: sqlite3.Connection, batch: Batch) -> tuple[bytes, int]:
        used = np.flatnonzero(np.bincount(batch.codes, minlength=len(batch.outcomes)))
        table = np.zeros(len(batch.outcomes), np.int64)
        for k in used.tolist():
            row = np.ascontiguousarray(batch.outcomes[k] + 0.0)  # no negative zeros
            code = self._codes.get(row.tobytes())
            if code is None:
                code = self._codes[row.tobytes()] = len(self._codes)
                new = [(code, seat, score) for seat, score in enumerate(row.tolist())]
                db.executemany("INSERT INTO outcomes VALUES (?, ?, ?)", new)
            table[k] = code
        largest = int(table.max(initial=0))
        width = 1 if largest < 256 else 2 if largest < 65536 else 4
        return table[batch.codes].astype(f"<u{width}").tobytes(), width

    def _rota(self, db: sqlite3.Connection, rota: np.ndarray) -> int:
        key = rota.astype(np.int64).tobytes()
        if key not in self._rotas:
            number = self._rotas[key] = len(self._rotas)
            rows = [(number, i, s, who) for i, seats in enumerate(rota.tolist()) for s, who in enumerate(seats)]
            db.executemany("INSERT INTO seatings VALUES (?, ?, ?, ?)", rows)
        return self._rotas[key]

    def rotas(self) -> dict[int, np.ndarray]:
        """The rotas by number: int64[R, P], the players by their ids."""
        seats = int(self.facts["players"])
        rows = np.array(self._rows("SELECT rota, player FROM seatings ORDER BY rota, place, seat"), np.int64)
        rows = rows.reshape(-1, 2)
        numbers, first = np.unique(rows[:, 0], return_index=True)
        parts = np.split(rows[:, 1], first[1:])
        return {number: part.reshape(-1, seats) for number, part in zip(numbers.tolist(), parts)}

    def outcomes(self) -> np.ndarray:
        """float64[U, P]: the vectors of returns behind the codes."""
        rows = self._rows("SELECT score FROM outcomes ORDER BY code, seat")
        return np.array(rows, np.float64).reshape(-1, int(self.facts["players"]))

    def matches(self) -> tuple[np.ndarray, np.ndarray]:
        """All matches in the order in which they were stored: (players int32[M, P], scores float64[M, P]), by seat.

        Raises:
            StoreError: a batch is damaged.
        """
        empty = np.zeros((0, int(self.facts["players"])))
        stretches = [(empty.astype(np.int32), empty), *self._stretches("ORDER BY first")]
        players, scores = zip(*stretches)
        return np.concatenate(players), np.concatenate(scores)

    def stretches(self, stage: int, start: int, stop: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The matches start … stop - 1 of a series under a stage, row by row of the store: like `matches`.

        Raises:
            StoreError: a batch is damaged.
        """
        return self._stretches("WHERE stage = ? AND start >= ? AND start < ? ORDER BY start", (stage, start, stop))

    def tallies(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How often who got what in which seats: (players int64[T, P], scores float64[T, P], times int64[T]).

        What payoffs are made of, without a row for each match: ten million matches are counted in a second.

        Raises:
            StoreError: a batch is damaged.
        """
        rotas, outcomes = self.rotas(), self.outcomes()
        counted: dict[int, list[np.ndarray]] = {}
        for number, offset, codes in self._coded(rotas, "ORDER BY first"):
            places = np.arange(offset, offset + len(codes)) % len(rotas[number])
            keys = places * len(outcomes) + codes
            counted.setdefault(number, []).append(np.stack(np.unique(keys, return_counts=True)))
        players, scores, times = [], [], []
        for number, parts in counted.items():
            keys, inverse = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
            times.append(np.bincount(inverse, np.concatenate([part[1] for part in parts])).astype(np.int64))
            players.append(rotas[number][keys // len(outcomes)])
            scores.append(outcomes[keys % len(outcomes)])
        if not times:
            none = np.zeros((0, int(self.facts["players"])))
            return none.astype(np.int64), none, np.zeros(0, np.int64)
        return np.concatenate(players), np.concatenate(scores), np.concatenate(times)

    def _stretches(self, which: str, values: Sequence[Any] = ()) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rotas, outcomes = self.rotas(), self.outcomes()
        for number, offset, codes in self._coded(rotas, which, values):
            places = (offset + np.arange(len(codes))) % len(rotas[number])
            yield rotas[number][places].astype(np.int32), outcomes[codes]

    def _coded(
        self, rotas: Mapping[int, np.ndarray], which: str, values: Sequence[Any] = ()
    ) -> Iterator[tuple[int, int, np.ndarray]]:
        """Rows of matches: (rota, offset, codes)."""
        columns = "first, count, rota, offset, width, codes, checksum"
        for first, count, number, offset, width, codes, checksum in self._rows(
            f"SELECT {columns} FROM batches {which}", values
        ):
            if zlib.crc32(codes) != checksum or len(codes) != count * width or number not in rotas:
                raise StoreError(f"{self.path}: the batch of matches from number {first} on is damaged")
            yield number, offset, np.frombuffer(codes, f"<u{width}")

    # -- runs ----------------------------------------------------------------------------------------------------------

    def add_run(self, seed: int, executor: str, config: Mapping[str, Any], versions: Mapping[str, str]) -> int:
        """Records that a run begins. -> its id, for the batches that it plays."""
        with self.transaction() as db:
            (number,) = db.execute("SELECT coalesce(max(id) + 1, 0) FROM runs").fetchone()
            texts = (json.dumps(dict(config)), json.dumps(dict(versions)))
            db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", (number, str(seed), executor, *texts, time.time()))
        return int(number)

    def runs(self) -> list[RunRow]:
        """Every run, in the order in which they began."""
        query = "SELECT id, seed, executor, config, versions, started FROM runs ORDER BY id"
        return [
            RunRow(number, int(seed), executor, json.loads(config), json.loads(versions), started)
            for number, seed, executor, config, versions, started in self._rows(query)
        ]

    def add_failure(self, failure: FailureRow) -> None:
        """Records matches that could not be played."""
        player = "(SELECT id FROM players WHERE name = ?)"
        query = f"INSERT INTO failures VALUES (NULL, ?, {player}, ?, ?, ?, ?, ?, ?)"
        with self.transaction() as db:
            db.execute(query, failure._replace(seed=str(failure.seed)))  # type: ignore[arg-type]

    def failures(self) -> list[FailureRow]:
        """What could not be played, in the order in which it was found."""
        query = (
            "SELECT f.run, p.name, f.seed, f.first, f.stop, f.kind, f.message, f.created FROM failures f "
            "LEFT JOIN players p ON p.id = f.player ORDER BY f.id"
        )
        return [FailureRow(run, who, int(seed), *rest) for run, who, seed, *rest in self._rows(query)]

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with readable(self.path):
            return self._db.execute(query, values).fetchall()


def _bring_up_to_date(db: sqlite3.Connection, version: int) -> None:
    for script in VERSIONS[version:]:
        for statement in statements(script):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(VERSIONS)}")
