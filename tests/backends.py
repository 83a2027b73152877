"""What the same tests run over: a file of SQLite's, PostgreSQL, or that with JetStream in front."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, delete, event, inspect
from sqlmodel import Session

from service.context import Context
from service.front import Front
from service.merge import Merger
from store import jetstream, tables
from store.broker import Broker
from store.database import Database
from store.jetstream import Pull
from store.migrations import migrate
from tests.nats import Nats
from tests.postgres import Postgres

BOTH = ("sqlite", "postgresql")
ONE = ("sqlite",)
"""For tests of what is the same over any database, which say `BACKENDS = ONE`."""
FILE, SERVER = ONE, ("postgresql",)
"""For whole stories, which all go through the same queries: some over each, and with
`EVERYWHERE=1` all over both."""
ALL = (*BOTH, "jetstream")
"""For tests of how usage comes in, which say `BACKENDS = ALL`: with servers in front too."""
_numbers = count(1)


@dataclass(frozen=True)
class Backend:
    """Hands out databases that nobody used before, of one kind.

    `nats`: servers in front of it.
    """

    name: str
    folder: Path
    server: Postgres | None
    nats: Nats | None = None

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


class Drain:
    """Has all counted that waits in front of a database, when a test wants it."""

    def __init__(self, broker: Broker, merger: Merger) -> None:
        self._broker, self._merger = broker, merger
        self._pulls: dict[int, Pull] = {}

    def __call__(self) -> int:
        """Count what waits; how many parcels that was."""
        return self._broker.run(self._drained())

    async def _drained(self) -> int:
        count = 0
        while waiting := await jetstream.waiting(self._broker):
            for partition in waiting:
                if partition not in self._pulls:
                    self._pulls[partition] = await jetstream.pull(self._broker, partition)
                parcels = await self._pulls[partition].next(1.0)
                await self._merger.count(parcels)
                count += len(parcels)
        return count


@dataclass(frozen=True)
class Fronted:
    """A context whose usage goes the way of its backend, and how to have it counted."""

    context: Context
    drain: Drain | None = None

    def hooks(self) -> dict[str, Any]:
        """What lets a client of httpx see its usage counted, as soon as it is acknowledged."""
        return {"response": [self._settled]} if self.drain else {}

    def _settled(self, response: httpx.Response) -> None:
        if self.drain and response.request.method == "POST":
            self.drain()


@contextmanager
def fronted(backend: Backend, context: Context) -> Iterator[Fronted]:
    """Servers in front of the context's database, where the backend has any."""
    if backend.nats is None:
        yield Fronted(context)
        return
    broker = jetstream.opened(backend.nats.url)
    try:
        made = replace(context, intake=Front(context.database, broker))
        yield Fronted(made, Drain(broker, Merger(context, broker)))
    finally:
        broker.close()


@contextmanager
def hearing(database: Database, name: str, hear: Callable[..., None]) -> Iterator[None]:
    """Call `hear` at an event of SQLAlchemy, whichever of the database's engines has it."""
    for engine in database.engines:
        event.listen(engine, name, hear)
    try:
        yield
    finally:
        for engine in database.engines:
            event.remove(engine, name, hear)


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


@pytest.fixture(scope="session")
def nats() -> Iterator[Nats]:
    """The three NATS servers of this process."""
    servers = Nats.start()
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """Each kind of database in turn."""
    name = request.param
    server = None if name == "sqlite" else request.getfixturevalue("postgres")
    servers = request.getfixturevalue("nats") if name == "jetstream" else None
    return Backend(name, tmp_path_factory.mktemp(name), server, servers)
