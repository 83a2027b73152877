"""Opens the database and hands out units of work: `read()` sees, `write()` changes and commits."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlmodel import Session

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA wal_autocheckpoint=8000",
    "PRAGMA cache_size=-65536",
)


class Database:
    """One database, opened once per process and shared by its threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlalchemy: Engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        if self.sqlalchemy.dialect.name == "sqlite":
            _speak_sqlite(self.sqlalchemy)
        sqlite = self.sqlalchemy.dialect.name == "sqlite"
        # SQLite's waiting writers poll, and some would starve; in turn, each waits its time.
        self._turn: AbstractContextManager[object] = threading.Lock() if sqlite else nullcontext()
        self._writing = self.sqlalchemy.execution_options(segue_write=True)

    @property
    def file(self) -> Path | None:
        """The SQLite file, where there is one."""
        url = make_url(self.url)
        named = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
        return Path(str(url.database)) if named else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; whatever is changed in it is thrown away."""
        with Session(self.sqlalchemy, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One unit of work: committed whole at the end, or not at all."""
        with (
            self._turn,
            Session(self._writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.sqlalchemy.dispose()


def _speak_sqlite(engine: Engine) -> None:
    """Durable settings, and a write lock taken at once so that no writer fails half-way."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("segue_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
