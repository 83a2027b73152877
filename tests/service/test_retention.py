"""What is needed no longer goes; what anybody can see or ask stays the same."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import text
from sqlmodel import func, select

from service import retention
from service.context import Context
from service.ingest import Receipt, ingest
from service.recorded_stored import record
from service.retention import Keep
from store import tables
from tests.api.conftest import NOON
from tests.fakes.clock import FakeClock
from tests.service.test_writer import context as context


def post(context: Context, id: str, *, days: float = 0, value: int = 1) -> Receipt:
    """Report usage that happened some days ago."""
    at = (context.clock.now() - timedelta(days=days)).isoformat()
    event = {"id": id, "account": "acme", "meter": "reports", "value": value, "at": at}
    return ingest(context, [msgspec.Raw(msgspec.json.encode(event))])


def counted(context: Context, model: type) -> int:
    """How many rows a table has."""
    with context.database.read() as session:
        return session.exec(select(func.count()).select_from(model)).one()


def told(context: Context) -> list[tuple[float, float]]:
    """What a backtest reads of the account."""
    with context.database.read() as session:
        catalogue = context.policy().catalogue
        tracks = record(session, "acme", catalogue, context.clock.now()).tracks
    track = next(t for t in tracks if t.key == "reports")
    return list(zip(track.at.tolist(), track.amount.tolist(), strict=True))


@pytest.fixture
def clock(context: Context) -> FakeClock:
    assert isinstance(context.clock, FakeClock)
    return context.clock


def test_hours_of_old_days_go_and_their_days_stay(context: Context, clock: FakeClock) -> None:
    for n in range(4):
        post(context, f"old-{n}", value=n + 1)
        clock.advance(hours=1)
    clock.set(NOON + timedelta(days=30))
    post(context, "new", value=7)
    before = told(context)
    retention.run(context, Keep())
    assert told(context) == before, "nothing is old yet"
    clock.set(NOON + timedelta(days=40))
    retention.run(context, Keep())
    assert counted(context, tables.HourBucket) == 1
    assert [amount for _, amount in told(context)] == [10.0, 7.0]
    assert told(context)[0][0] == before[3][0], "a day's use is told at its last event"


def test_an_id_is_known_for_as_long_as_an_event_may_be_late(
    context: Context, clock: FakeClock
) -> None:
    post(context, "a")
    with context.database.write() as session:
        session.execute(text("UPDATE seen_part SET sealed_at = opened_at"))
    clock.set(NOON + timedelta(days=35))
    retention.run(context, Keep())
    assert post(context, "a", days=35).duplicates == 1
    clock.set(NOON + timedelta(days=38))
    retention.run(context, Keep())
    assert post(context, "a").accepted == 1


def test_a_clock_that_is_far_ahead_for_a_night_forgets_little(
    context: Context, clock: FakeClock
) -> None:
    for days in (0, 10, 20):
        clock.set(NOON + timedelta(days=days))
        post(context, f"kept-{days}")
        with context.database.write() as session:
            session.execute(text("UPDATE seen_part SET sealed_at = opened_at"))
    right = clock.now()
    clock.advance(days=400)
    retention.run(context, Keep())
    clock.set(right)
    assert post(context, "kept-20").duplicates == 1
    assert post(context, "kept-10", days=10).duplicates == 1


def test_the_part_that_is_being_filled_stays(context: Context, clock: FakeClock) -> None:
    post(context, "a")
    clock.set(NOON + timedelta(days=300))
    retention.run(context, Keep())
    assert counted(context, tables.SeenPart) == 1
    assert post(context, "b").accepted == 1


def test_imported_days_that_are_old_are_days_at_once(context: Context) -> None:
    at = (NOON - timedelta(days=100)).isoformat()
    event = {"id": "i", "account": "acme", "meter": "reports", "value": 4, "at": at}
    ingest(context, [msgspec.Raw(msgspec.json.encode(event))], imported=True)
    post(context, "live")
    assert counted(context, tables.HourBucket) == 1
    assert [amount for _, amount in told(context)] == [4.0, 1.0]


def test_what_is_to_be_kept_longer_is_kept(context: Context, clock: FakeClock) -> None:
    post(context, "a")
    clock.set(NOON + timedelta(days=100))
    retention.run(context, Keep(hours=101))
    assert counted(context, tables.HourBucket) == 1
    retention.run(context, Keep(hours=99))
    assert counted(context, tables.HourBucket) == 0
