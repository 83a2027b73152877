"""Alembic's migrations, run by `segue migrate` and at every start of the embedded default."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from engine.errors import Unavailable
from store import postgres
from store.database import Database

_WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between tries to get at a table that others hold."""
_AT_MOST = "3s"
"""How long all others wait behind a migration that waits for a table."""
_LOCKED = "55P03"
_HERE = Path(__file__).parent


def migrate(database: Database, to: str = "head") -> str:
    """Bring the tables to this version's shape and say which revision that is.

    On PostgreSQL everybody goes on working meanwhile, and of several that begin one does it.

    Raises:
        Unavailable: somebody holds on to a table for minutes; what was done stays done.
    """
    newest = _known()[-1]
    if to == "head" and _revision(database) == newest:
        return newest
    with _alone(database) as engine:
        for wait in (*_WAITS, None):
            try:
                _upgrade(engine, to)
                break
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != _LOCKED:
                    raise
                if wait is None:
                    detail = "a table is held by a long transaction: end it, then migrate again"
                    raise Unavailable(detail) from error
            time.sleep(wait)
    return newest


def pending(database: Database) -> bool:
    """Whether the tables are older than this version needs; newer ones keep what it needs."""
    known, current = _known(), _revision(database)
    return current is None or current in known[:-1]


def _known() -> list[str]:
    """The revisions of this version, oldest first: their files' names begin with them."""
    return sorted(file.stem.split("_")[0] for file in (_HERE / "versions").glob("[0-9]*.py"))


def _revision(database: Database) -> str | None:
    """How far the tables are; None: there are none yet."""
    with database.sqlalchemy.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def _upgrade(engine: Engine, to: str) -> None:
    # Alembic takes a fifth of a second to import, and most starts find nothing to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["engine"] = engine
    command.upgrade(config, to)


@contextmanager
def _alone(database: Database) -> Iterator[Engine]:
    """The engine to migrate by, while nobody else does; past a pooler, and in no hurry."""
    if not database.is_postgres:
        yield database.sqlalchemy
        return
    times = postgres.PATIENT | {"lock_timeout": _AT_MOST}
    engine = postgres.opened(database.direct_url, times=times)
    waiting = postgres.connect(database.direct_url, autocommit=True, times=postgres.PATIENT)
    try:
        # One that waited inside a statement would hold up an index built concurrently, for ever.
        while not postgres.try_lock(waiting, postgres.Lock.MIGRATE):
            time.sleep(0.2)
        yield engine
    finally:
        waiting.close()
        engine.dispose()
