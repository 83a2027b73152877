"""What waits for a lane is put back in order, each at its own place; what others hold stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from store import outbox, places
from store.database import Database
from store.outbox import StoredDelivery
from tests.backends import Backend, opened

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PLACE = places.Place(until=NOW + 10 * SECOND, gap=SECOND, burst=1, reason=places.PACED)


@pytest.fixture(scope="module")
def shared(backend: Backend) -> Iterator[Database]:
    with opened(backend) as made:
        yield made


@pytest.fixture
def database(shared: Database) -> Iterator[Database]:
    yield shared
    with shared.write() as session:
        for row in session.exec(outbox.select(outbox.tables.Delivery)):
            session.delete(row)


def put(database: Database, id: str, **changes: object) -> StoredDelivery:
    """A receipt that is due; those put later were made later."""
    with database.write() as session:
        number = len(outbox.of_alert(session, "a", "alert"))
        values = {
            "account": "a", "id": id, "alert": "alert", "kind": "receipt", "person": "mara",
            "channel": "slack", "due_at": NOW, "created_at": NOW - (60 - number) * SECOND,
        } | changes  # fmt: skip
        made = StoredDelivery(**values)  # type: ignore[arg-type]
        outbox.add(session, made)
    return made


def due(database: Database) -> dict[str, int]:
    """After how many seconds each is due."""
    with database.read() as session:
        found = outbox.of_alert(session, "a", "alert")
    return {one.id: int((one.due_at - NOW).total_seconds()) for one in found}


def hold(database: Database, *ids: str, **scope: object) -> frozenset[str]:
    """Its sender, who claimed these, may not send the first one now."""
    with database.write() as session:
        claimed = {one.id: one for one in outbox.claim(session, NOW)}
        mine = [claimed[id] for id in ids]
        for id in claimed.keys() - set(ids):
            outbox.later(session, claimed[id], claimed[id].due_at, reason="", tried=False)
        return places.in_order(session, mine, PLACE, NOW, **scope)  # type: ignore[arg-type]


def test_each_gets_a_place_in_the_order_in_which_it_was_made(database: Database) -> None:
    for id in ("r1", "r2", "r3"):
        put(database, id)
    put(database, "c1", kind="card")
    put(database, "tomorrow", due_at=NOW + timedelta(days=1))
    assert hold(database, "r1", "r2") == {"r1", "r2"}
    assert due(database) == {"c1": 10, "r1": 11, "r2": 12, "r3": 13, "tomorrow": 86_400}
    put(database, "r4")
    assert hold(database, "r4") == {"r4"}
    assert due(database) == {"c1": 10, "r1": 11, "r2": 12, "r3": 13, "r4": 14, "tomorrow": 86_400}
    with database.write() as session:
        (first,) = outbox.claim(session, NOW + 10 * SECOND)
    assert (first.id, first.attempts) == ("c1", 1)


def test_what_waits_for_something_else_stays(database: Database) -> None:
    put(database, "r1")
    put(database, "finn", person="finn")
    put(database, "mail", channel="email")
    put(database, "card", kind="card")
    assert hold(database, "r1", "finn", person="mara", without=places.UPDATES) == {"r1"}
    assert due(database) == {"r1": 10, "finn": 0, "mail": 0, "card": 0}


def test_what_another_sends_at_this_moment_stays(database: Database) -> None:
    for id in ("r1", "r2"):
        put(database, id)
    with database.write() as session:
        first, _ = outbox.claim(session, NOW)
        places.in_order(session, [first], PLACE, NOW)
    assert due(database) == {"r1": 10, "r2": 0}


def test_by_itself_it_goes_behind_the_last(database: Database) -> None:
    for id in ("r1", "r2"):
        put(database, id)
    with database.write() as session:
        for claimed in outbox.claim(session, NOW):
            places.at_the_end(session, claimed, PLACE)
    assert due(database) == {"r1": 10, "r2": 11}


def test_a_long_queue_is_claimed_by_and_by(database: Database) -> None:
    for n in range(20):
        put(database, f"r{n:02}", created_at=NOW - (60 - n) * SECOND)
    put(database, "other", account="b")
    with database.write() as session:
        claimed = [(one.account, one.id) for one in outbox.claim(session, NOW)]
        assert sorted(claimed) == [*(("a", f"r{n:02}") for n in range(8)), ("b", "other")]
        assert outbox.claim(session, NOW) == ()
