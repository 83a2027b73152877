"""The databases that the same tests run over: a file of SQLite's each, or one of PostgreSQL's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, inspect
from sqlmodel import Session

from store import tables
from store.database import Database
from store.migrations import migrate
from tests.postgres import Postgres

BOTH = ("sqlite", "postgresql")
_numbers = count(1)


@dataclass(frozen=True)
class Backend:
    """Hands out databases that nobody used before, of one kind."""

    name: str
    folder: Path
    server: Postgres | None

    def url(self) -> str:
        """A new database with Segue's tables, or a file that gets them when it is opened."""
        return self.server.migrated() if self.server else self.empty()

    def empty(self) -> str:
        """A new database with nothing in it."""
        if self.server:
            return self.server.database()
        return f"sqlite:///{self.folder}/segue{next(_numbers)}.db"

    def drop(self, url: str) -> None:
        """Nobody uses this one any more."""
        if self.server:
            self.server.drop(url)


@contextmanager
def opened(backend: Backend) -> Iterator[Database]:
    """A new database with Segue's tables, forgotten at the end."""
    url = backend.url()
    made = Database(url)
    migrate(made)
    yield made
    made.close()
    backend.drop(url)


def without_fingerprints(session: Session) -> None:
    """Forget which events were seen."""
    connection = session.connection()
    for name in inspect(connection).get_table_names():
        if name.startswith("seen_") and name[5].isdigit():
            connection.exec_driver_sql(f"DROP TABLE {name}")
    for model in (tables.SeenPart, tables.SeenCount):
        session.execute(delete(model))


def plan_of(connection: Connection, statement: str, given: Any) -> str:
    """How the database would run a statement over a big table, in its own words."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        return "\n".join(row[-1] for row in rows)
    # Where an index can't serve, it reads the whole table all the same.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this process."""
    server = Postgres.start()
    yield server
    server.stop()


@pytest.fixture(scope="session", params=BOTH)
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """Each kind of database in turn."""
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return Backend(request.param, tmp_path_factory.mktemp(request.param), server)
