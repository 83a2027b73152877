"""Events that wait: taken by one at a time, free again where a clock was wrong, and cheap."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service import events
from store import ahead, webhook_deliveries, webhooks
from store.database import Database
from store.webhook_deliveries import LEASE, State, StoredEvent, StoredTry
from store.webhooks import StoredWebhook
from tests.backends import Backend, hearing, opened

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(backend: Backend) -> Iterator[Database]:
    with opened(backend) as made:
        yield made


def endpoint(database: Database, name: str = "crm", **more: Any) -> StoredWebhook:
    made = StoredWebhook(id=name, url="https://example.com", secret="s", created_at=NOW, **more)
    with database.write() as session:
        assert webhooks.add(session, made)
    return made


def event(n: int, **more: Any) -> StoredEvent:
    made = {
        "event": f"evt_{n}", "endpoint": "crm", "type": "webhook.test", "body": "{}",
        "created_at": NOW, "due_at": NOW,
    }  # fmt: skip
    return StoredEvent(**{**made, **more})


def add(database: Database, *made: StoredEvent) -> list[bool]:
    with database.write() as session:
        return [webhook_deliveries.add(session, one) for one in made]


def claim(database: Database, now: datetime = NOW, limit: int = 4) -> list[StoredEvent]:
    with database.write() as session:
        return list(webhook_deliveries.claim(session, "crm", now, limit=limit))


def test_the_same_event_is_kept_once_for_each_endpoint(database: Database) -> None:
    assert add(database, event(1), event(1), event(1, endpoint="other")) == [True, False, True]


def test_who_claims_at_the_same_time_shares_nothing(database: Database) -> None:
    endpoint(database)
    add(database, *(event(n) for n in range(40)))
    with ThreadPoolExecutor(8) as pool:
        found = [one.event for part in pool.map(lambda _: claim(database), range(16))
                 for one in part]  # fmt: skip
    while rest := claim(database):  # Those that another had locked just then were left out.
        found += [one.event for one in rest]
    assert len(found) == len(set(found)) == 40


def test_what_its_sender_left_is_due_again_and_the_late_one_writes_nothing(
    database: Database,
) -> None:
    endpoint(database)
    add(database, event(1))
    (first,) = claim(database)
    assert claim(database, NOW + LEASE - timedelta(seconds=1)) == []
    (second,) = claim(database, NOW + LEASE)
    assert (first.attempts, second.attempts) == (1, 2)
    for one, written in ((first, False), (second, True)):
        tried = StoredTry(number=one.attempts, at=NOW, millis=1, status=200)
        with database.write() as session:
            done = webhook_deliveries.settle(session, one, State.SENT, tried, at=NOW)
        assert done is written
    with database.read() as session:
        assert [t.number for t in webhook_deliveries.tries(session, [second])["evt_1"]] == [2]


def test_nothing_waits_for_a_time_that_a_clock_showed_by_mistake(database: Database) -> None:
    endpoint(database)
    later = NOW + timedelta(days=400)
    add(database, event(1), event(2, created_at=later, due_at=later))
    with database.write() as session:
        tried = webhook_deliveries.claim(session, "crm", later - timedelta(days=1), limit=1)
    assert [one.event for one in tried] == ["evt_1"]
    assert claim(database) == []
    with database.write() as session:
        assert ahead.free(session, NOW) == 2
    assert {one.event for one in claim(database)} == {"evt_1", "evt_2"}


def test_a_try_that_waits_for_a_day_is_no_mistake(database: Database) -> None:
    endpoint(database)
    add(database, event(1, due_at=NOW + timedelta(hours=27), attempts=9))
    with database.write() as session:
        assert ahead.free(session, NOW) == 0


def test_only_what_ended_or_nobody_wants_is_forgotten(database: Database) -> None:
    endpoint(database)
    old = NOW - timedelta(days=31)
    ended = {"state": State.SENT, "finished_at": old}
    add(
        database,
        event(1, **ended),
        event(2, created_at=old, due_at=old),
        event(3, endpoint="gone", created_at=old, due_at=old),
        event(4, state=State.DEAD, finished_at=NOW),
    )
    with database.write() as session:
        before = NOW - timedelta(days=30)
        assert webhook_deliveries.forget_before(session, before, limit=10) == 2
        left = webhook_deliveries.page(session, "crm", before=None, state=None, limit=10)
    assert {one.event for one in left} == {"evt_2", "evt_4"}


def test_without_an_endpoint_telling_and_waiting_cost_a_question_each(database: Database) -> None:
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    told = [events.policy(n, None, "d", NOW) for n in range(100)]
    with hearing(database, "before_cursor_execute", note):
        with database.write() as session:
            events.tell(session, [])
        assert asked in ([], ["BEGIN IMMEDIATE"])
        asked.clear()
        with database.write() as session:
            events.tell(session, told)
            assert webhook_deliveries.waiting(session) == {}
    assert len([one for one in asked if one.startswith("SELECT")]) == 2
    assert not [one for one in asked if "webhook_delivery" in one]


def test_a_failure_after_a_long_rest_begins_anew(database: Database) -> None:
    endpoint(database)
    days = (0, 1, 2, 7, 8)
    for day in days:
        now = NOW + timedelta(days=day)
        with database.write() as session:
            webhooks.failed(session, "crm", now, rest=now - timedelta(days=2))
    with database.write() as session:
        found = webhooks.get(session, "crm")
        assert found is not None
        assert found.failing_since == NOW + timedelta(days=7)
        early = NOW + timedelta(days=6)
        assert not webhooks.give_up(session, "crm", NOW, "failing", failing_before=early)
        assert webhooks.give_up(session, "crm", NOW, "failing", failing_before=found.failing_since)
        assert not webhooks.give_up(session, "crm", NOW, "gone")
        webhooks.took(session, "crm")
        found = webhooks.get(session, "crm")
    assert found is not None
    assert (found.failing_since, found.enabled, found.disabled_why) == (None, False, "failing")
