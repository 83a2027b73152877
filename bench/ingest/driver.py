"""The bare rate of the database: the same rows through its driver, as few statements as can be.

python -m bench.ingest.driver URL --seconds 6 --rows 6400 [--first N] [--plain]
"""

import argparse
import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from bench.ingest.events import Bodies

_TABLE = (
    "CREATE TABLE IF NOT EXISTS bare (account TEXT NOT NULL, id TEXT NOT NULL, meter TEXT NOT NULL,"
    " value BIGINT NOT NULL, who TEXT, at TEXT NOT NULL, PRIMARY KEY (account, id))"
)
_COLUMNS = ("account", "id", "meter", "value", "user", "at")


def _rows(bodies: Bodies, first: int, requests: int) -> list[tuple[Any, ...]]:
    events = [
        e for n in range(first, first + requests) for e in msgspec.json.decode(bodies.body(n))
    ]
    return [tuple(event[name] for name in _COLUMNS) for event in events]


def _sqlite(path: str) -> Callable[[Sequence[tuple[Any, ...]]], None]:
    """As durable as Segue: WAL, synchronous FULL."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"{_TABLE} WITHOUT ROWID")

    def write(rows: Sequence[tuple[Any, ...]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR IGNORE INTO bare VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")

    return write


def _postgresql(url: str, *, plain: bool) -> Callable[[Sequence[tuple[Any, ...]]], None]:
    """COPY into a temporary table and one insert that refuses ids twice; `plain`: COPY alone."""
    import psycopg

    connection = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))
    with connection.transaction():
        connection.execute(_TABLE)
        connection.execute("CREATE TEMP TABLE staged (LIKE bare) ON COMMIT DELETE ROWS")

    def write(rows: Sequence[tuple[Any, ...]]) -> None:
        with connection.transaction(), connection.cursor() as cursor:
            into = "bare" if plain else "staged"
            with cursor.copy(
                f"COPY {into} (account, id, meter, value, who, at) FROM STDIN"
            ) as copy:
                for row in rows:
                    copy.write_row(row)
            if not plain:
                cursor.execute("INSERT INTO bare SELECT * FROM staged ON CONFLICT DO NOTHING")

    return write


def main() -> None:
    """Insert, and print how much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="a path of a SQLite file, or postgresql://...")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rows", type=int, default=6400, help="rows in a commit")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="PostgreSQL: COPY without refusing")
    arguments = parser.parse_args()
    bodies, n, done, took = Bodies(100, begin=time.time()), arguments.first, 0, 0.0
    if arguments.url.startswith("postgresql"):
        write = _postgresql(arguments.url, plain=arguments.plain)
    else:
        write = _sqlite(arguments.url)
    while took < arguments.seconds:
        rows = _rows(bodies, n, arguments.rows // 100)
        n += arguments.rows // 100
        begin = time.perf_counter()
        write(rows)
        took += time.perf_counter() - begin
        done += len(rows)
    print(json.dumps({"seconds": took, "accepted": done, "last": n}))


if __name__ == "__main__":
    main()
