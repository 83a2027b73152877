"""One process leads; who leads no more changes nothing, whether it noticed or not."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from engine.errors import Fenced, Unavailable
from store import callbacks
from store.database import Database
from store.leader import Leadership
from tests.backends import Backend, opened
from tests.postgres import Postgres

AT = datetime(2026, 3, 18, 12, tzinfo=UTC)
CUT = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"


@pytest.fixture
def database(backend: Backend) -> Iterator[Database]:
    with opened(backend) as made:
        yield made


@pytest.fixture
def two(postgres: Postgres) -> Iterator[tuple[Leadership, Leadership]]:
    """Two nodes of one PostgreSQL."""
    url = postgres.migrated()
    with ExitStack() as stack:
        nodes = [Database(url) for _ in range(2)]
        one, other = (Leadership(d, f"node {n}") for n, d in enumerate(nodes))
        stack.callback(postgres.drop, url)
        for closes in (*(d.close for d in nodes), one.resign, other.resign):
            stack.callback(closes)
        yield one, other


def unit(leadership: Leadership, id: str) -> bool:
    """One unit of a leader's job."""
    with leadership.fenced().write() as session:
        return callbacks.claim(session, source="job", id=id, at=AT)


def test_one_leads_until_it_lets_go(two: tuple[Leadership, Leadership]) -> None:
    one, other = two
    assert (one.keep(AT), other.keep(AT)) == (1, None)
    assert (one.keep(AT), other.keep(AT)) == (1, None)
    one.resign()
    assert (other.keep(AT), one.keep(AT)) == (2, None)


def test_a_job_of_a_former_leader_stops_at_its_next_unit(
    two: tuple[Leadership, Leadership],
) -> None:
    one, other = two
    one.keep(AT)
    stale = one.fenced()
    assert unit(one, "first")
    one.resign()
    other.keep(AT)
    with pytest.raises(Fenced), stale.write() as session:
        callbacks.claim(session, source="job", id="second", at=AT)
    assert unit(other, "second"), "nothing of it was kept"


def test_a_lock_that_was_lost_unnoticed_is_another_s(
    two: tuple[Leadership, Leadership], postgres: Postgres
) -> None:
    """As after a fail-over: the server knows nothing of the lock any more."""
    one, other = two
    one.keep(AT)
    database = one.fenced().url.rpartition("/")[2]
    postgres.sql(f"{CUT} AND database = (SELECT oid FROM pg_database WHERE datname = '{database}')")
    assert _soon(lambda: other.keep(AT)) == 2
    assert one.term == 1, "it did not notice yet"
    with pytest.raises(Fenced):
        unit(one, "late")
    assert unit(other, "late")
    assert one.keep(AT) is None
    assert (other.keep(AT), one.keep(AT)) == (2, None)


def test_the_next_leader_waits_for_what_is_being_committed(
    two: tuple[Leadership, Leadership],
) -> None:
    one, other = two
    one.keep(AT)
    with one.fenced().write() as session:
        callbacks.claim(session, source="job", id="under way", at=AT)
        one.resign()
        hurried = Leadership(
            Database(f"{other.fenced().url}?options=-c%20lock_timeout%3D50ms"), "x"
        )
        assert hurried.keep(AT) is None
    assert other.keep(AT) == 2
    assert not unit(other, "under way"), "it was kept whole"


def test_a_term_begins_with_each_process(database: Database) -> None:
    first = Leadership(database, "node")
    assert first.keep(AT) == 1
    assert unit(first, "first")
    first.resign()
    again = Leadership(database, "node")
    assert (again.keep(AT), again.keep(AT)) == (2, 2)
    with pytest.raises(Fenced), database.guarded(_never).write():
        pytest.fail("it began")
    again.resign()


def test_without_a_database_nobody_leads(postgres: Postgres) -> None:
    nowhere = Leadership(Database("postgresql://segue@127.0.0.1:1/segue"), "node")
    assert nowhere.keep(AT) is None
    with pytest.raises(Unavailable):
        unit(nowhere, "any")


def _soon(look: Callable[[], int | None]) -> int | None:
    """What it becomes within seconds: a server process takes a moment to end."""
    end = time.monotonic() + 10
    while (found := look()) is None and time.monotonic() < end:
        time.sleep(0.02)
    return found


def _never(_: object) -> None:
    raise Fenced("not mine")
