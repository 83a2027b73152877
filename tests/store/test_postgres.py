"""How PostgreSQL is opened: durable, in time, and with one line where it can't be."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session

from engine.errors import Unavailable
from store import callbacks, people
from store.database import Database
from store.migrations import migrate
from tests.postgres import Postgres
from tests.servers import free_port

AT = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    made = postgres.migrated()
    yield made
    postgres.drop(made)


@pytest.fixture
def own() -> Iterator[Postgres]:
    """A server that a test may kill."""
    made = Postgres.start()
    yield made
    made.stop()


def setting(session: Session, name: str) -> str:
    return str(session.execute(text(f"SELECT current_setting('{name}')")).scalar_one())


def note(database: Database, id: str) -> bool:
    """One durable row; False where it is there."""
    with database.write() as session:
        return callbacks.claim(session, source="test", id=id, at=AT)


@pytest.mark.parametrize("pooled", [False, True])
def test_it_is_durable_whatever_the_server_says(url: str, postgres: Postgres, pooled: bool) -> None:
    postgres.sql(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = off")
    database = Database(url, direct_url=f"{url}?application_name=direct" if pooled else None)
    with closing(database), database.write() as session:
        assert setting(session, "synchronous_commit") == "on"
        assert setting(session, "lock_timeout") == "10s"
        assert setting(session, "TimeZone") == "UTC"


def test_what_the_address_asks_for_holds(url: str) -> None:
    database = Database(f"{url}?options=-c%20statement_timeout%3D5s&application_name=mine")
    with closing(database), database.read() as session:
        assert setting(session, "statement_timeout") == "5s"
        assert setting(session, "application_name") == "mine"


@pytest.mark.parametrize("pooled", [False, True])
def test_nothing_is_prepared_behind_a_pooler(url: str, pooled: bool) -> None:
    """Another client would get the session, and would not know the statement."""
    database = Database(url, direct_url=f"{url}?application_name=direct" if pooled else None)
    with closing(database), database.read() as session:
        for n in range(20):
            people.by_address(session, "acme", "slack", f"U{n}")
        found = session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
    assert (found == 0) is pooled


def test_a_view_is_of_one_instant(url: str) -> None:
    database = Database(url)
    with closing(database), database.read() as session:
        count = text("SELECT count(*) FROM callback")
        before = session.execute(count).scalar_one()
        assert note(database, "meanwhile")
        assert session.execute(count).scalar_one() == before


def test_text_is_compared_by_its_code_points(url: str) -> None:
    """Whatever the database's language: as on SQLite, and as Python sorts."""
    query = text(
        "SELECT table_name || '.' || column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
        " AND collation_name IS DISTINCT FROM 'C' AND table_name <> 'alembic_version'"
    )
    database = Database(url)
    with closing(database), database.read() as session:
        assert session.execute(query).scalars().all() == []


def test_a_server_that_is_not_there_is_one_line() -> None:
    database = Database(f"postgresql://segue@127.0.0.1:{free_port()}/segue")
    with pytest.raises(Unavailable) as refused, database.read() as session:
        people.by_address(session, "acme", "slack", "U1")
    assert "PostgreSQL does not answer" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_without_its_driver_the_command_line_says_how_to_get_it() -> None:
    program = "import sys; sys.modules['psycopg'] = None; from segue.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "migrate"],
        capture_output=True,
        text=True,
        env={"SEGUE_DATABASE_URL": "postgresql://127.0.0.1/segue"},
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "pip install 'segue[cluster]'" in done.stderr


def test_who_waits_too_long_is_told_to_come_again(url: str) -> None:
    database = Database(f"{url}?options=-c%20lock_timeout%3D100ms")
    with closing(database), database.write() as session:
        session.execute(text("LOCK TABLE callback"))
        with pytest.raises(Unavailable):
            note(database, "later")


def test_a_restart_is_survived(own: Postgres) -> None:
    database = Database(own.migrated())
    assert note(database, "before")
    own.restart()
    assert note(database, "after")
    own.kill()
    ids = (f"while it goes {n}" for n in range(1000))
    while _noted(database, next(ids)):  # A process of its own may outlive it for a moment.
        time.sleep(0.05)
    with pytest.raises(Unavailable):
        note(database, "while it is down")
    own.restart()
    assert [note(database, id) for id in ("before", "after", "then")] == [False, False, True]
    database.close()


def test_a_standby_that_is_promoted_takes_over(own: Postgres) -> None:
    url = own.migrated()
    with closing(own.standby()) as standby:
        hosts = f"127.0.0.1:{own.port},127.0.0.1:{standby.port}"
        database = Database(f"postgresql://segue@{hosts}/{url.rpartition('/')[2]}")
        assert note(database, "before")
        _until_same(own, standby)
        own.kill()
        standby.promote()
        end = time.monotonic() + 30
        while not _noted(database, "after"):
            assert time.monotonic() < end
        assert not note(database, "before")
        database.close()


def test_those_who_migrate_at_the_same_time_go_one_by_one(postgres: Postgres) -> None:
    database = Database(postgres.database())
    done: list[str] = []
    threads = [threading.Thread(target=lambda: done.append(migrate(database))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert len(done) == 3
    assert len(set(done)) == 1
    postgres.drop(database.url)


def _noted(database: Database, id: str) -> bool:
    try:
        return note(database, id)
    except Unavailable:
        return False


def _until_same(one: Postgres, other: Postgres) -> None:
    """Wait until the standby has everything."""
    end = time.monotonic() + 30
    at = one.sql("SELECT pg_current_wal_lsn()")[0][0]
    while not other.sql(f"SELECT pg_last_wal_replay_lsn() >= '{at}'")[0][0]:
        assert time.monotonic() < end
        time.sleep(0.02)
