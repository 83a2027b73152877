"""Opens the database and hands out units of work: `read()` sees, `write()` changes and commits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from engine.errors import Unavailable
from store import postgres
from store.address import is_postgres
from store.trouble import passing

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA wal_autocheckpoint=8000",
)
_READING, _WRITING = 8192, 65536
"""Kilobytes of pages that a connection keeps. SQLite throws them away once another connection has
written, so much is worth keeping only where all is written: there is one such connection."""


class Database:
    """One database, opened once per process and shared by its threads.

    `direct_url`: the way past a pooler, where `url` leads to one; else they are the same.
    `patient`: statements may take as long as they like.
    """

    def __init__(self, url: str, *, direct_url: str | None = None, patient: bool = False) -> None:
        self.url = url
        self.direct_url = direct_url or url
        self.is_postgres = is_postgres(url)
        if self.is_postgres:
            pooled = direct_url is not None and direct_url != url
            times = postgres.PATIENT if patient else postgres.TIMES
            self.sqlalchemy: Engine = postgres.opened(url, pooled=pooled, times=times)
            self._reading: Engine = self.sqlalchemy.execution_options(
                isolation_level="REPEATABLE READ"
            )
            self._writing = self.sqlalchemy
        else:
            self.sqlalchemy = self._reading = create_engine(url, hide_parameters=True)
            self._writing = create_engine(url, pool_size=1, max_overflow=0, hide_parameters=True)
            _speak_sqlite(self._reading, "BEGIN", _READING)
            _speak_sqlite(self._writing, "BEGIN IMMEDIATE", _WRITING)
        # SQLite's waiting writers poll, and some would starve; in turn, each waits its time.
        self._turn: AbstractContextManager[object] = (
            nullcontext() if self.is_postgres else threading.Lock()
        )
        self._check: Callable[[Session], None] | None = None

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Every engine that statements go through."""
        return (self.sqlalchemy,) if self.is_postgres else (self._reading, self._writing)

    @property
    def file(self) -> Path | None:
        """The SQLite file, where there is one."""
        return file_of(self.url)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; whatever is changed in it is thrown away.

        Raises:
            Unavailable: the database does not answer now.
        """
        with _trouble(), Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One unit of work: committed whole at the end, or not at all.

        Raises:
            Unavailable: the database does not take it now; whether it did, only reading tells.
        """
        with (
            _trouble(),
            self._turn,
            Session(self._writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            if self._check is not None:
                self._check(session)
            yield session

    def guarded(self, check: Callable[[Session], None]) -> "Database":
        """The same database, whose units of work begin with a check that may raise."""
        made = copy(self)
        made._check = check
        return made

    def close(self) -> None:
        """Give every connection back."""
        for engine in self.engines:
            engine.dispose()


def file_of(url: str) -> Path | None:
    """The SQLite file that an address names."""
    if is_postgres(url):
        return None
    named = make_url(url).database
    return Path(named) if named and named != ":memory:" else None


@contextmanager
def _trouble() -> Iterator[None]:
    """What passes by itself is told apart from what nobody foresaw."""
    try:
        yield
    except SQLAlchemyError as error:
        if not passing(error):
            raise
        why = " ".join(str(getattr(error, "orig", error)).split())
        raise Unavailable(f"the database does not take it now: {why}") from error


def _speak_sqlite(engine: Engine, begin: str, cache: int) -> None:
    """Durable settings; who writes takes the lock at once, so that no unit fails half-way."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in (*_PRAGMAS, f"PRAGMA cache_size=-{cache}"):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
