"""Alembic's migrations, run by `segue migrate` and at every start of the embedded default."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
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


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = engine
    return config


def migrate(database: Database, to: str = "head") -> str:
    """Bring the tables to this version's shape and say which revision that is.

    On PostgreSQL everybody goes on working meanwhile, and of several that begin one does it.

    Raises:
        Unavailable: somebody holds on to a table for minutes; what was done stays done.
    """
    with _alone(database) as engine:
        config = _config(engine)
        for wait in (*_WAITS, None):
            try:
                command.upgrade(config, to)
                break
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != _LOCKED:
                    raise
                if wait is None:
                    detail = "a table is held by a long transaction: end it, then migrate again"
                    raise Unavailable(detail) from error
            time.sleep(wait)
        return ScriptDirectory.from_config(config).get_current_head() or ""


def pending(database: Database) -> bool:
    """Whether the tables are older than this version needs; newer ones keep what it needs."""
    scripts = ScriptDirectory.from_config(_config(database.sqlalchemy))
    with database.sqlalchemy.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        return True
    known = {script.revision for script in scripts.walk_revisions()}
    return current in known and current != scripts.get_current_head()


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
