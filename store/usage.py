"""Usage events as they came, and the buckets they are rolled up into: the side that writes.

The caller holds the lock on each account (`store.accounts.homes`), so what is read here stays true
until the commit. Each function is one statement, however many rows it is given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select
from sqlmodel import Session, SQLModel

from store.rows import as_list, dialect_of, insert_into, listed, nth, table, write
from store.tables import DayBucket, Due, Friction, HourBucket, UniqueValue, UsageEvent, UserDay
from store.types import split


class How(StrEnum):
    """How what is new joins what a bucket holds: added to it, the higher one, or the later one."""

    ADD = "add"
    HIGHER = "higher"
    LATER = "later"


class StoredEvent(TypedDict):
    """One usage event, ready to be kept; a plain row, since there are many."""

    account: str
    id: str
    digest: bytes
    kind: str
    meter: str
    at: datetime
    user: str | None
    value: str | None
    correction: str | None
    received_at: datetime


@dataclass(slots=True, kw_only=True)
class Bucket:
    """What one request brings to a bucket; `start` is its hour as an instant or its local day."""

    account: str
    meter: str
    start: date
    amount: Decimal
    events: int
    last_at: datetime

    def take(self, how: How, amount: Decimal, events: int, at: datetime) -> None:
        """Let what came next join."""
        match how:
            case How.ADD:
                self.amount += amount
            case How.HIGHER:
                self.amount = max(self.amount, amount)
            case How.LATER:
                self.amount = amount if at >= self.last_at else self.amount
        self.events += events
        self.last_at = max(self.last_at, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A corrected maximum: nothing in the span (ends included) was higher than `amount`."""

    account: str
    meter: str
    days: tuple[date, date]
    hours: tuple[datetime, datetime]
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A thing a `unique` meter met on a local day; `value` is its 16-byte hash."""

    account: str
    meter: str
    day: date
    value: bytes


def digests(session: Session, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """What is known of these (account, id) pairs."""
    rows = session.connection().execute(_known(dialect_of(session)), as_list(ids))
    return {(account, event): bytes(digest) for account, event, digest in rows}


def add_events(session: Session, events: Sequence[StoredEvent]) -> None:
    """Keep events that `digests` did not know."""
    write(session, _keep(dialect_of(session), UsageEvent), events)


def add_hours(session: Session, how: How, buckets: Iterable[Bucket]) -> None:
    """Let hour buckets take what is new."""
    rows = [{"hour": b.start, **_amounts(b)} for b in buckets]
    write(session, _roll_up(dialect_of(session), HourBucket, "hour", how), rows)


def add_days(
    session: Session, how: How, buckets: Iterable[Bucket], *, backfilled: bool = False
) -> None:
    """Let day buckets take what is new; a bucket keeps the mark it was made with."""
    rows = [{"day": b.start, "backfilled": backfilled, **_amounts(b)} for b in buckets]
    write(session, _roll_up(dialect_of(session), DayBucket, "day", how), rows)


def cap(session: Session, caps: Sequence[Cap]) -> None:
    """Bring highest amounts that were reported in error down to what was truly reached."""
    spans: tuple[tuple[type[SQLModel], str], ...] = ((DayBucket, "day"), (HourBucket, "hour"))
    for model, start in spans:
        rows = [
            {
                "of": c.account,
                "on": c.meter,
                "low": c.days[0] if start == "day" else c.hours[0],
                "high": c.days[1] if start == "day" else c.hours[1],
                **dict(zip(("most", "most_micros"), split(c.amount), strict=True)),
            }
            for c in caps
        ]
        write(session, _lower(model, start), rows)


def add_unique(session: Session, counted: Sequence[Counted]) -> set[Counted]:
    """Keep things counted once a day and say which of them are new."""
    if not counted:
        return set()
    u = table(UniqueValue)
    statement = (
        insert_into(dialect_of(session), UniqueValue)
        .on_conflict_do_nothing()
        .returning(u.c.account, u.c.meter, u.c.day, u.c.value)
    )
    rows = [
        {"account": c.account, "meter": c.meter, "day": c.day, "value": c.value} for c in counted
    ]
    return {
        Counted(account=account, meter=meter, day=day, value=bytes(value))
        for account, meter, day, value in session.connection().execute(statement, rows)
    }


def add_user_days(session: Session, events: dict[tuple[str, str, date], int]) -> None:
    """Add value events to (account, user, local day)."""
    rows = [
        {"account": account, "user": user, "day": day, "events": count}
        for (account, user, day), count in events.items()
    ]
    write(session, _more_user_days(dialect_of(session)), rows)


def add_frictions(session: Session, events: Sequence[StoredEvent]) -> None:
    """Keep that a limit got in the way of users."""
    rows = [
        {k: v for k, v in event.items() if k in ("account", "at", "id", "user", "meter")}
        for event in events
    ]
    write(session, _keep(dialect_of(session), Friction), rows)


def mark_due(session: Session, accounts: Iterable[str], at: datetime) -> None:
    """Say that accounts are to be looked at; who waits already keeps its place."""
    rows = [{"account": account, "since": at, "mark": 1} for account in accounts]
    write(session, _mark(dialect_of(session)), rows)


def _amounts(bucket: Bucket) -> dict[str, Any]:
    units, micros = split(bucket.amount)
    return {
        "account": bucket.account,
        "meter": bucket.meter,
        "units": units,
        "micros": micros,
        "events": bucket.events,
        "last_at": bucket.last_at,
    }


@lru_cache
def _known(dialect: str) -> Any:
    events, asked = table(UsageEvent).c, listed(dialect)
    return select(events.account, events.id, events.digest).where(
        events.account == nth(asked, 0), events.id == nth(asked, 1)
    )


@lru_cache
def _keep(dialect: str, model: type[SQLModel]) -> Any:
    return insert_into(dialect, model)


@lru_cache
def _roll_up(dialect: str, model: type[SQLModel], start: str, how: How) -> Any:
    """Insert a bucket, or join it to the one that is there."""
    statement = insert_into(dialect, model)
    old, new = table(model).c, statement.excluded
    match how:
        case How.ADD:
            amounts = {"units": old.units + new.units, "micros": old.micros + new.micros}
        case How.HIGHER:
            amounts = _chosen(old, new, _higher(new, old.units, old.micros))
        case How.LATER:
            amounts = _chosen(old, new, new.last_at >= old.last_at)
    return statement.on_conflict_do_update(
        index_elements=["account", "meter", start],
        set_={
            **amounts,
            "events": old.events + new.events,
            "last_at": case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
        },
    )


@lru_cache
def _lower(model: type[SQLModel], start: str) -> Any:
    bucket = table(model)
    return (
        bucket.update()
        .where(
            bucket.c.account == bindparam("of"),
            bucket.c.meter == bindparam("on"),
            bucket.c[start].between(bindparam("low"), bindparam("high")),
            _higher(bucket.c, bindparam("most"), bindparam("most_micros")),
        )
        .values(units=bindparam("most"), micros=bindparam("most_micros"))
    )


def _chosen(old: Any, new: Any, wins: ColumnElement[bool]) -> dict[str, Any]:
    return {name: case((wins, new[name]), else_=old[name]) for name in ("units", "micros")}


def _higher(amount: Any, units: Any, micros: Any) -> ColumnElement[bool]:
    return or_(amount.units > units, and_(amount.units == units, amount.micros > micros))


@lru_cache
def _more_user_days(dialect: str) -> Any:
    statement = insert_into(dialect, UserDay)
    return statement.on_conflict_do_update(
        index_elements=["account", "user", "day"],
        set_={"events": table(UserDay).c.events + statement.excluded.events},
    )


@lru_cache
def _mark(dialect: str) -> Any:
    return insert_into(dialect, Due).on_conflict_do_update(
        index_elements=["account"], set_={"mark": table(Due).c.mark + 1}
    )
