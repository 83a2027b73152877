"""/readyz knows whether usage can be stored, and finds out by itself when it can again."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlmodel import select

from engine.errors import Unavailable
from service import ready
from service.context import Context
from service.storing import Storing
from service.writer import writer_of
from store import leader, tables
from store.database import Database
from store.migrations import migrate
from tests.api.conftest import NOON
from tests.backends import hearing
from tests.service.test_writer import context as context
from tests.service.test_writer import context_of, fill, load

FULL = "usage can't be stored now: the disk is full"
WAITS = "usage can't be stored now: the database keeps it waiting"


@pytest.fixture
def on_a_file(tmp_path: Path) -> Iterator[Context]:
    database = Database(f"sqlite:///{tmp_path}/segue.db")
    migrate(database)
    yield context_of(database)
    database.close()


def said(context: Context, storing: Storing) -> str | None:
    """What is wrong, by what was seen or tried."""
    return storing.problem(context.database, context.clock.now)


def test_a_try_changes_nothing_and_finds_nothing_wrong(context: Context) -> None:
    storing = Storing(fresh=0.0)
    assert said(context, storing) is None
    assert said(context, storing) is None
    assert ready.problems(context) == []
    with context.database.read() as session:
        names = session.exec(select(tables.Leader.name)).all()
    assert leader.JOBS not in names, "nobody leads by it"


def test_a_full_disk_is_said_and_its_end_noticed_without_usage(on_a_file: Context) -> None:
    context, writer = on_a_file, writer_of(on_a_file.database)
    writer.do(load(context, "first"), NOON)
    assert ready.problems(context) == []
    with context.database.sqlalchemy.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def full(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with hearing(context.database, "begin", full):
        with pytest.raises(Unavailable):
            fill(context, writer)
        assert ready.problems(context) == [FULL], "what the last commit showed"
        writer.storing.fresh = 0.0
        assert ready.problems(context) == [FULL], "what a try showed, large enough to notice"
    with context.database.write() as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count=1000000")
    assert ready.problems(context) == []


def test_a_lock_that_others_hold_is_said_within_seconds(on_a_file: Context) -> None:
    storing = Storing(fresh=0.0, slow=0.3)
    file = on_a_file.database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert said(on_a_file, storing) == WAITS
        assert said(on_a_file, storing) == WAITS
        assert time.monotonic() - begun < 5
        other.execute("ROLLBACK")
    end = time.monotonic() + 30
    while said(on_a_file, storing) is not None:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unavailable("database or disk is full"), "the disk is full"),
        (Unavailable("database is locked"), "another process holds the database"),
        (Unavailable("FATAL: sorry, too many clients already"), "too many connections"),
        (Unavailable("cannot execute INSERT in a read-only transaction"), "can only be read"),
        (Unavailable("disk I/O error"), "the disk fails"),
        (Unavailable("connection to 10.1.2.3 refused"), "the database does not answer"),
    ],
)
def test_trouble_has_a_name_that_gives_nothing_away(
    context: Context, error: Exception, words: str
) -> None:
    storing = Storing()
    with pytest.raises(Unavailable), storing.commit():
        raise error
    found = said(context, storing)
    assert found is not None
    assert words in found
    assert "10.1.2.3" not in found


def test_what_is_wrong_with_a_request_is_not_the_databases_fault(context: Context) -> None:
    storing = Storing()
    with pytest.raises(RuntimeError), storing.commit():
        raise RuntimeError("a bad row")
    assert said(context, storing) is None
