"""`Store`: a league in one SQLite file. What can be derived from matches (payoffs, ratings) is not stored.

A batch of matches is one row: who sat where (a rota of seatings, gone through in turn), the seed, and a code of one to
four bytes for each match's vector of returns. The view `match_log` shows single matches to whoever reads the file.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import sqlite3
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

APPLICATION = 0x4C554453  # "LUDS", in the file's header
SCHEMA = 1
MIGRATIONS: dict[int, str] = {}
"""SQL that takes a store of a schema version to the next one."""

_BYTE = "(instr(x'" + bytes(range(256)).hex() + "', substr(b.codes, n.i * b.width + {0}, 1)) - 1)"
_CODE = (
    f"{_BYTE.format(1)} + CASE WHEN b.width > 1 THEN 256 * {_BYTE.format(2)} ELSE 0 END + CASE WHEN b.width > 2 THEN "
    f"65536 * {_BYTE.format(3)} + 16777216 * {_BYTE.format(4)} ELSE 0 END"
)
_TABLES = f"""
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE checkpoints (hash TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE players (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created REAL NOT NULL,
    parent INTEGER REFERENCES players, checkpoint TEXT REFERENCES checkpoints);
CREATE TABLE stages (
    id INTEGER PRIMARY KEY, seed TEXT NOT NULL, start INTEGER NOT NULL, batch INTEGER NOT NULL, members TEXT NOT NULL,
    preset TEXT NOT NULL, paired INTEGER NOT NULL, created REAL NOT NULL, version TEXT NOT NULL, UNIQUE (seed, start));
CREATE TABLE seatings (
    rota INTEGER NOT NULL, place INTEGER NOT NULL, seat INTEGER NOT NULL, player INTEGER NOT NULL REFERENCES players,
    PRIMARY KEY (rota, place, seat)) WITHOUT ROWID;
CREATE TABLE outcomes (code INTEGER NOT NULL, seat INTEGER NOT NULL, score REAL NOT NULL, PRIMARY KEY (code, seat))
    WITHOUT ROWID;
CREATE TABLE batches (
    first INTEGER PRIMARY KEY, stage INTEGER NOT NULL REFERENCES stages, start INTEGER NOT NULL, count INTEGER NOT NULL,
    rota INTEGER NOT NULL, offset INTEGER NOT NULL, seed TEXT NOT NULL, width INTEGER NOT NULL,
    codes BLOB NOT NULL, checksum INTEGER NOT NULL, created REAL NOT NULL, UNIQUE (stage, start));
CREATE VIEW match_log AS
    WITH RECURSIVE n(i) AS (
        SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < (SELECT max(count) FROM batches)),
    rotas(rota, size) AS (SELECT rota, 1 + max(place) FROM seatings GROUP BY rota)
    SELECT b.first + n.i AS match, p.name AS player, o.score AS score, s.seat AS seat
    FROM batches AS b CROSS JOIN rotas AS r ON r.rota = b.rota CROSS JOIN n ON n.i < b.count
        CROSS JOIN seatings AS s ON s.rota = b.rota AND s.place = (b.offset + n.i) % r.size
        CROSS JOIN players AS p ON p.id = s.player
        CROSS JOIN outcomes AS o ON o.code = {_CODE} AND o.seat = s.seat;
"""


class StoreError(ValueError):
    """A league store cannot be used; the message says why."""


class PlayerRow(NamedTuple):
    """One member as stored."""

    id: int
    name: str
    kind: str
    parent: str | None
    checkpoint: str | None
    created: float


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


class Store:
    """The open store of a league; one coordinator at a time may write.

    Attributes:
        path: the file, or None for a league in memory.
        facts: what the store says of its game and its settings.
    """

    def __init__(self, path: Path | None, connection: sqlite3.Connection, lock: sqlite3.Connection | None):
        self.path, self._db, self._lock = path, connection, lock
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
        if path is not None and not _empty(path):
            store = cls.open(path)
            for key, value in facts.items():
                if store.facts.get(key) != value:
                    store.close()
                    raise StoreError(f"{path} is a league with {key} {store.facts.get(key)}, not {value}")
            return store
        with ExitStack() as on_failure, _readable(path):
            lock = None if path is None else on_failure.enter_context(closing(_acquire(Path(path))))
            db = on_failure.enter_context(closing(_connect(path)))
            with _transaction(db):
                for statement in _TABLES.split(";\n"):
                    db.execute(statement)
                db.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
                db.execute(f"PRAGMA application_id = {APPLICATION}")
                db.execute(f"PRAGMA user_version = {SCHEMA}")
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
        if _empty(path):
            raise StoreError(f"{path} is no league store (it is empty)")
        with ExitStack() as on_failure, _readable(path):
            lock = None if read_only else on_failure.enter_context(closing(_acquire(path)))
            db = on_failure.enter_context(closing(_connect(path, read_only)))
            if _pragma(db, "application_id") != APPLICATION:
                raise StoreError(f"{path} is no league store")
            version = _pragma(db, "user_version")
            if version > SCHEMA or (version < SCHEMA and (read_only or version not in MIGRATIONS)):
                raise StoreError(f"{path} has schema version {version}; this ludus reads version {SCHEMA}")
            while version < SCHEMA:
                with _transaction(db):
                    for statement in MIGRATIONS[version].split(";\n"):
                        db.execute(statement)
                    version += 1
                    db.execute(f"PRAGMA user_version = {version}")
            store = cls(path, db, lock)
            on_failure.pop_all()
            return store

    def close(self) -> None:
        """Closes the file; whoever waits may have it."""
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    # -- players -------------------------------------------------------------------------------------------------------

    def players(self) -> list[PlayerRow]:
        """All members, in the order in which they came."""
        query = (
            "SELECT p.id, p.name, p.kind, q.name, p.checkpoint, p.created FROM players p LEFT JOIN players q "
            "ON q.id = p.parent ORDER BY p.id"
        )
        return [PlayerRow(*row) for row in self._rows(query)]

    def add_player(self, name: str, kind: str, parent: str | None, data: bytes | None) -> PlayerRow:
        """Adds a member, with its checkpoint if it has one."""
        digest = None if data is None else content_hash(data)
        with _readable(self.path), _transaction(self._db) as db:
            if data is not None:
                db.execute("INSERT OR IGNORE INTO checkpoints VALUES (?, ?)", (digest, data))
            (number,) = db.execute("SELECT count(*) FROM players").fetchone()
            above = db.execute("SELECT id FROM players WHERE name = ?", (parent,)).fetchone()
            created = time.time()
            row = (number, name, kind, created, above and above[0], digest)
            db.execute("INSERT INTO players VALUES (?, ?, ?, ?, ?, ?)", row)
        return PlayerRow(number, name, kind, parent, digest, created)

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
        with _readable(self.path), _transaction(self._db) as db:
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
        added, known, rotas = 0, len(self._codes), len(self._rotas)
        try:
            with _readable(self.path), _transaction(self._db) as db:
                (first,) = db.execute("SELECT coalesce(max(first + count), 0) FROM batches").fetchone()
                for batch in batches:
                    codes, width = self._encoded(db, batch)
                    rota = self._rota(db, batch.rota)
                    row = (first, batch.stage, batch.start, len(batch.codes), rota, batch.offset, str(batch.seed))
                    done = db.execute(
                        "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                        (*row, width, codes, zlib.crc32(codes), time.time()),
                    )
                    if done.rowcount:
                        first, added = first + len(batch.codes), added + len(batch.codes)
        except BaseException:  # the transaction is gone, and with it the numbers it gave
            self._codes = dict(itertools.islice(self._codes.items(), known))
            self._rotas = dict(itertools.islice(self._rotas.items(), rotas))
            raise
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
        return {int(k): rows[rows[:, 0] == k, 1].reshape(-1, seats) for k in np.unique(rows[:, 0])}

    def outcomes(self) -> np.ndarray:
        """float64[U, P]: the vectors of returns behind the codes."""
        rows = self._rows("SELECT score FROM outcomes ORDER BY code, seat")
        return np.array(rows, np.float64).reshape(-1, int(self.facts["players"]))

    def matches(self) -> tuple[np.ndarray, np.ndarray]:
        """All matches in the order in which they were stored: (players int32[M, P], scores float64[M, P]), by seat.

        Raises:
            StoreError: a batch is damaged.
        """
        rotas, outcomes = self.rotas(), self.outcomes()
        players, scores = [np.zeros((0, outcomes.shape[1]), np.int32)], [np.zeros((0, outcomes.shape[1]))]
        for first, count, number, offset, width, codes, checksum in self._rows(
            "SELECT first, count, rota, offset, width, codes, checksum FROM batches ORDER BY first"
        ):
            if zlib.crc32(codes) != checksum or len(codes) != count * width or number not in rotas:
                raise StoreError(f"{self.path}: the batch of matches from number {first} on is damaged")
            rota = rotas[number]
            players.append(rota[(offset + np.arange(count)) % len(rota)].astype(np.int32))
            scores.append(outcomes[np.frombuffer(codes, f"<u{width}")])
        return np.concatenate(players), np.concatenate(scores)

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with _readable(self.path):
            return self._db.execute(query, values).fetchall()


# -- checkpoints -------------------------------------------------------------------------------------------------------


def pack(**arrays: np.ndarray) -> bytes:
    """Arrays as the bytes of an npz file; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            inner = io.BytesIO()
            np.lib.format.write_array(inner, np.asarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), inner.getvalue())
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, np.ndarray]:
    """What `pack` packed, read without pickle."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def content_hash(data: bytes) -> str:
    """The name of a checkpoint: SHA-256 of its bytes."""
    return hashlib.sha256(data).hexdigest()


# -- SQLite ------------------------------------------------------------------------------------------------------------


def _empty(path: str | Path) -> bool:
    """Whether nothing was ever committed to the file: absent, of size zero, or a database without content."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        return True
    with _readable(path), closing(_connect(path, read_only=True)) as db:
        (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return tables == 0 and _pragma(db, "application_id") == 0


def _connect(path: str | Path | None, read_only: bool = False) -> sqlite3.Connection:
    if path is None:
        return sqlite3.connect(":memory:", isolation_level=None)
    uri = f"{Path(path).resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10.0)
    if not read_only:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
    return db


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _acquire(path: Path) -> sqlite3.Connection:
    """Holds the coordinator's lock: released by the system when its process ends, however it ends."""
    beside = path.with_name(path.name + "-lock")
    with _readable(path):
        lock = sqlite3.connect(beside, isolation_level=None, timeout=0.0)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            lock.close()
            if "locked" in str(error):
                raise StoreError(f"{path} is in use by another coordinator (it holds {beside.name})") from None
            raise
    return lock


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Everything in it is written, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def _readable(path: str | Path | None) -> Iterator[None]:
    """Turns what SQLite says into one clear error."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "not a database" in text:
            raise StoreError(f"{path} is no league store (no SQLite file, or a damaged one)") from None
        if "malformed" in text or "corrupt" in text:
            raise StoreError(f"{path} is damaged: {text}") from None
        raise StoreError(f"{path}: {text}") from None
