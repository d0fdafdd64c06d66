"""The tables of a league store: the first version, and what took each version to the next.

A new store is made as the first version and brought up to date like an old one, so that there is one schema.
"""

from __future__ import annotations

APPLICATION = 0x4C554453  # "LUDS", in the file's header

_BYTE = "(instr(x'" + bytes(range(256)).hex() + "', substr(b.codes, n.i * b.width + {0}, 1)) - 1)"
_CODE = (
    f"{_BYTE.format(1)} + CASE WHEN b.width > 1 THEN 256 * {_BYTE.format(2)} ELSE 0 END + CASE WHEN b.width > 2 THEN "
    f"65536 * {_BYTE.format(3)} + 16777216 * {_BYTE.format(4)} ELSE 0 END"
)
_FIRST = f"""
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

_SECOND = """
ALTER TABLE players ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE players ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE players ADD COLUMN frozen INTEGER NOT NULL DEFAULT 1;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, seed TEXT NOT NULL, executor TEXT NOT NULL, config TEXT NOT NULL, versions TEXT NOT NULL,
    started REAL NOT NULL);
ALTER TABLE batches ADD COLUMN run INTEGER REFERENCES runs;
CREATE TABLE states (key TEXT PRIMARY KEY, value TEXT NOT NULL, checkpoint TEXT REFERENCES checkpoints);
CREATE TABLE failures (
    id INTEGER PRIMARY KEY, run INTEGER REFERENCES runs, player INTEGER REFERENCES players, seed TEXT NOT NULL,
    first INTEGER NOT NULL, stop INTEGER NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL, created REAL NOT NULL);
CREATE VIEW payoff_table AS
    SELECT a.player AS player, b.player AS opponent, count(*) AS matches, avg(a.score) AS mean,
        CASE WHEN count(*) > 1 THEN max(0.0, avg(a.score * a.score) - avg(a.score) * avg(a.score)) * count(*)
            / (count(*) - 1) END AS variance
    FROM match_log AS a JOIN match_log AS b ON b.match = a.match AND b.seat <> a.seat
    GROUP BY a.player, b.player;
"""

VERSIONS = (_FIRST, _SECOND)
"""SQL that makes each version of the schema from the one before; the first makes it from nothing."""


def statements(script: str) -> list[str]:
    """The single statements of a script."""
    return [text for text in script.split(";\n") if text.strip()]
