"""Conversations of an app, where several things arrive from one at the same time."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from store import rooms
from store.database import Database
from store.rooms import PERSONAL, StoredRoom
from tests.postgres import Postgres

AT = datetime(2026, 11, 18, 12, tzinfo=UTC)
AT_ONCE = 4


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    url = postgres.migrated()
    made = Database(url)
    yield made
    made.close()
    postgres.drop(url)


def test_what_comes_at_once_from_a_new_conversation_is_new_once(database: Database) -> None:
    """Teams sends two events as it is installed, and one more where somebody writes at once."""
    for n in range(10):
        room = StoredRoom(
            platform="teams", team="t", id=f"a:{n}", kind=PERSONAL, member="m",
            service_url="https://smba.example", since=AT, seen_at=AT,
        )  # fmt: skip
        found: list[bool] = []
        together = threading.Barrier(AT_ONCE)

        def keep(
            room: StoredRoom = room,
            found: list[bool] = found,
            together: threading.Barrier = together,
        ) -> None:
            together.wait()
            with database.write() as session:
                found.append(rooms.keep(session, room))

        threads = [threading.Thread(target=keep) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == [False] * (AT_ONCE - 1) + [True]
