"""SQLite for a league store: connections, the coordinator's lock, transactions, errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

BUSY_SECONDS = 10.0
"""So long a writer waits for another program that has locked the file."""


class StoreError(ValueError):
    """A league store cannot be used; the message says why."""


def empty(path: str | Path) -> bool:
    """Whether nothing was ever committed to the file: absent, of size zero, or a database without content."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        return True
    with readable(path), closing(connect(path, read_only=True)) as db:
        (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return tables == 0 and pragma(db, "application_id") == 0


def connect(path: str | Path | None, read_only: bool = False) -> sqlite3.Connection:
    if path is None:
        return sqlite3.connect(":memory:", isolation_level=None)
    uri = f"{Path(path).resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    if not read_only:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
    return db


def pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def acquire(path: Path) -> sqlite3.Connection:
    """Holds the coordinator's lock: released by the system when its process ends, however it ends."""
    beside = path.with_name(path.name + "-lock")
    with readable(path):
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
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
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
def readable(path: str | Path | None) -> Iterator[None]:
    """Turns what SQLite says into one clear error."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "not a database" in text:
            raise StoreError(f"{path} is no league store (no SQLite file, or a damaged one)") from None
        if "malformed" in text or "corrupt" in text:
            raise StoreError(f"{path} is damaged: {text}") from None
        if "full" in text or "disk I/O" in text:
            raise StoreError(f"{path}: {text}; what was committed is safe, make room and run again") from None
        if "locked" in text:
            raise StoreError(f"{path} is locked by another program ({text}); what was committed is safe") from None
        raise StoreError(f"{path}: {text}") from None
