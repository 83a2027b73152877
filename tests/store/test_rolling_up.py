"""What ingest leaves in the tables that later steps read."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, col, select

from service import configure
from service.context import Context
from service.ingest import Receipt, ingest
from service.secrets import Secrets
from store import tables
from store.types import joined
from tests.api.conftest import NOON, POLICY
from tests.backends import Backend, hearing, opened, without_fingerprints
from tests.fakes.clock import FakeClock


@pytest.fixture(scope="module")
def context(backend: Backend) -> Iterator[Context]:
    with opened(backend) as database:
        clock, secrets = FakeClock(NOON), Secrets(["test"])
        made = Context(database=database, clock=clock, secrets=secrets, public_url="http://test")
        configure.apply(made, POLICY, "test")
        yield made


@pytest.fixture(autouse=True)
def _empty(context: Context) -> None:
    with context.database.write() as session:
        clear(session)


def report(context: Context, *events: dict[str, Any], **more: Any) -> Receipt:
    """Ingest events; ids are made up where there are none."""
    raw = [
        msgspec.Raw(msgspec.json.encode({"id": f"e{n}", "account": "acme", **e}))
        for n, e in enumerate(events)
    ]
    return ingest(context, raw, **more)


def rows(context: Context, model: type[SQLModel]) -> list[Any]:
    """All rows of a table, in the order of their keys."""
    with context.database.read() as session:
        keys = [col(getattr(model, c.name)) for c in model.__table__.primary_key]  # type: ignore[attr-defined]
        return list(session.exec(select(model).order_by(*keys)))


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_hours_begin_on_the_accounts_own_clock(context: Context) -> None:
    with context.database.write() as session:
        session.add(
            tables.Account(id="acme", time_zone="Asia/Kolkata", created_at=NOON, next_daily=NOON)
        )
    for n, at in enumerate((utc(17, 18, 29), utc(17, 18, 30), utc(17, 19, 29))):
        report(context, {"id": f"i{n}", "meter": "reports", "at": at.isoformat()})
    assert [(h.hour, h.units) for h in rows(context, tables.HourBucket)] == [
        (utc(17, 17, 30), 1),
        (utc(17, 18, 30), 2),
    ]
    assert [(d.day, d.units) for d in rows(context, tables.DayBucket)] == [
        (date(2026, 3, 17), 1),
        (date(2026, 3, 18), 2),
    ]


def test_the_hour_that_comes_twice_is_two_hours(context: Context) -> None:
    clock = context.clock
    assert isinstance(clock, FakeClock)
    clock.set(datetime(2026, 10, 26, tzinfo=UTC))
    try:
        for n, hour in enumerate((0, 1)):
            at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
            report(context, {"id": f"i{n}", "meter": "reports", "at": at.isoformat()})
    finally:
        clock.set(NOON)
    assert len(rows(context, tables.HourBucket)) == 2
    assert [d.units for d in rows(context, tables.DayBucket)] == [2]


def test_value_days_of_users(context: Context) -> None:
    report(
        context,
        {"meter": "reports", "user": "u"},
        {"meter": "runs", "user": "u"},
        {"meter": "reports", "user": "w", "value": 0},
        {"meter": "reports", "user": "w", "value": -1, "correction": "x"},
        {"meter": "peak", "user": "v", "value": 5},
        {"meter": "reports"},
    )
    assert [(u.user, u.day) for u in rows(context, tables.UserDay)] == [("u", date(2026, 3, 18))]


def test_marks_and_reports(context: Context) -> None:
    report(context, {"id": "a", "meter": "reports"})
    with context.database.write() as session:
        session.get_one(tables.Due, "acme").claimed_until = NOON
    context.clock.advance(minutes=1)  # type: ignore[attr-defined]
    report(context, {"id": "b", "meter": "reports"}, {"id": "c", "meter": "runs"})
    (due,) = rows(context, tables.Due)
    assert (due.since, due.mark, due.claimed_until) == (NOON, 2, NOON)
    report(context, {"id": "b", "meter": "reports"})
    (due,) = rows(context, tables.Due)
    assert due.mark == 2, "a duplicate is no reason to look again"
    (account,) = rows(context, tables.Account)
    assert account.last_report == NOON + timedelta(minutes=1)
    assert account.plan is None
    assert account.next_daily == utc(19, 8), "09:00 in Berlin"
    context.clock.set(NOON)  # type: ignore[attr-defined]


def test_friction_is_kept_beside_usage(context: Context) -> None:
    report(context, {"meter": "reports", "kind": "friction", "user": "u", "at": NOON.isoformat()})
    (friction,) = rows(context, tables.Friction)
    assert (friction.account, friction.user, friction.meter) == ("acme", "u", "reports")
    assert rows(context, tables.DayBucket) == []
    assert rows(context, tables.Due) != []


def test_imported_history_is_old_and_marked(context: Context) -> None:
    old = {"meter": "reports", "at": "2025-01-05T12:00:00Z"}
    assert report(context, old).rejected[0].code == "at_too_old"
    assert report(context, old, imported=True).accepted == 1
    (day,) = rows(context, tables.DayBucket)
    assert (day.day, day.backfilled) == (date(2025, 1, 5), True)
    report(context, {"id": "now", "meter": "reports"})
    assert [d.backfilled for d in rows(context, tables.DayBucket)] == [True, False]


def test_nothing_is_half_done(context: Context) -> None:
    def fail(*call: Any) -> None:
        if call[2].startswith("INSERT INTO due"):
            raise RuntimeError("power cut")

    with (
        hearing(context.database, "before_cursor_execute", fail),
        pytest.raises(RuntimeError, match="power cut"),
    ):
        report(context, {"meter": "reports", "user": "u"})
    for model in (tables.SeenCount, tables.DayBucket, tables.UserDay, tables.Account):
        assert rows(context, model) == []


def test_few_statements_whatever_the_size(context: Context) -> None:
    counted: list[str] = []

    def count(*call: Any) -> None:
        counted.append(call[2])

    events = [
        {"id": f"x{n}", "account": f"a{n % 50}", "meter": "reports", "user": f"u{n}"}
        for n in range(1000)
    ]
    with hearing(context.database, "before_cursor_execute", count):
        report(context, *events)
    assert len(counted) < 25, counted


NUMBERS = st.decimals(0, 1000, places=2)
ITEMS = st.sampled_from(("event", "total")).flatmap(
    lambda kind: st.lists(
        st.tuples(st.just(kind), st.integers(0, 200), NUMBERS), min_size=1, max_size=12
    )
)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(items=ITEMS, split=st.integers(1, 12))
def test_buckets_sum_to_the_newest_total_known(
    context: Context, items: list[tuple[str, int, Decimal]], split: int
) -> None:
    """Up to any hour's end: the newest total by then, or the sum of the events."""
    with context.database.write() as session:
        clear(session)
    events = [
        {
            "id": f"i{n}",
            "meter": "reports",
            "at": (utc(5, 10) + timedelta(minutes=20 * step, seconds=n)).isoformat(),
            ("value" if kind == "event" else "total"): msgspec.Raw(str(amount).encode()),
            "correction": "so it may fall",
        }
        for n, (kind, step, amount) in enumerate(items)
    ]
    assert report(context, *events[:split]).rejected == ()
    assert report(context, *events[split:]).rejected == ()
    stored = rows(context, tables.HourBucket)
    for hour in range(10, 80):
        end = utc(5, 0) + timedelta(hours=hour)
        units = sum(h.units for h in stored if h.hour < end)
        micros = sum(h.micros for h in stored if h.hour < end)
        assert joined(units, micros) == expected(events, end)
    days = rows(context, tables.DayBucket)
    total = joined(sum(d.units for d in days), sum(d.micros for d in days))
    assert total == expected(events, utc(30, 0))


def expected(events: list[dict[str, Any]], end: datetime) -> Decimal:
    """The model: walk by time; a total sets the level, an event adds to it."""
    level = Decimal(0)
    for one in sorted(events, key=lambda e: str(e["at"])):
        if datetime.fromisoformat(str(one["at"])) < end:
            amount = Decimal(bytes(one.get("value") or one["total"]).decode())
            level = level + amount if "value" in one else amount
    return level


def clear(session: Session) -> None:
    """Empty every table but the policy."""
    for table in SQLModel.metadata.sorted_tables:
        if table.name != tables.ConfigVersion.__tablename__:
            session.execute(table.delete())
    without_fingerprints(session)
