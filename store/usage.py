"""Usage events as they came, and the buckets they are rolled up into: the side that writes.

The caller holds the lock on each account (`store.accounts.homes`), so what is read here stays true
until the commit. Each function is one statement, however many rows it is given.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from store.tables import DayBucket, Due, Friction, HourBucket, UniqueValue, UsageEvent, UserDay
from store.types import split


class How(StrEnum):
    """How what is new joins what a bucket holds: added to it, the higher one, or the later one."""

    ADD = "add"
    HIGHER = "higher"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One usage event, ready to be kept."""

    account: str
    id: str
    digest: bytes
    kind: str
    meter: str
    at: datetime
    user: str | None
    value: str | None
    correction: str | None


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


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for statements that skip the ORM."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def listed(session: Session, rows: Sequence[Sequence[str]]) -> Any:
    """Rows of texts as something to select from: one parameter, so the statement is cached."""
    given: Any = bindparam("listed", json.dumps(rows))
    if session.get_bind().dialect.name == "postgresql":
        elements = func.json_array_elements(func.cast(given, postgresql.JSON))
        return elements.table_valued("value", name="listed")
    return func.json_each(given).table_valued("value", name="listed")


def nth(given: Any, n: int) -> ColumnElement[str]:
    """The n-th text of a listed row."""
    found: ColumnElement[str] = given.c.value.op("->>")(n)
    return found


def digests(session: Session, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """What is known of these (account, id) pairs."""
    events, asked = table(UsageEvent).c, listed(session, ids)
    statement = select(events.account, events.id, events.digest).where(
        events.account == nth(asked, 0), events.id == nth(asked, 1)
    )
    rows = session.connection().execute(statement)
    return {(account, event): bytes(digest) for account, event, digest in rows}


def add_events(session: Session, events: Iterable[StoredEvent], received_at: datetime) -> None:
    """Keep events that `digests` did not know."""
    rows = [
        {
            "account": e.account,
            "id": e.id,
            "digest": e.digest,
            "kind": e.kind,
            "meter": e.meter,
            "at": e.at,
            "user": e.user,
            "value": e.value,
            "correction": e.correction,
            "received_at": received_at,
        }
        for e in events
    ]
    if rows:
        session.connection().execute(table(UsageEvent).insert(), rows)


def add_hours(session: Session, how: How, buckets: Iterable[Bucket]) -> None:
    """Let hour buckets take what is new."""
    rows = [{"hour": b.start, **_amounts(b)} for b in buckets]
    if rows:
        session.connection().execute(
            _roll_up(dialect_of(session), "hour_bucket", "hour", how), rows
        )


def add_days(
    session: Session, how: How, buckets: Iterable[Bucket], *, backfilled: bool = False
) -> None:
    """Let day buckets take what is new; a bucket keeps the mark it was made with."""
    rows = [{"day": b.start, "backfilled": backfilled, **_amounts(b)} for b in buckets]
    if rows:
        session.connection().execute(_roll_up(dialect_of(session), "day_bucket", "day", how), rows)


def cap(session: Session, caps: Sequence[Cap]) -> None:
    """Bring highest amounts that were reported in error down to what was truly reached."""
    for model, start in ((DayBucket, "day"), (HourBucket, "hour")):
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
        if rows:
            session.connection().execute(_lower(str(model.__tablename__), start), rows)


def add_unique(session: Session, counted: Sequence[Counted]) -> set[Counted]:
    """Keep things counted once a day and say which of them are new."""
    if not counted:
        return set()
    u = table(UniqueValue)
    statement = (
        insert_into(dialect_of(session), "unique_value")
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
    if rows:
        session.connection().execute(_more_user_days(dialect_of(session)), rows)


def add_frictions(session: Session, events: Iterable[StoredEvent]) -> None:
    """Keep that a limit got in the way of users."""
    rows = [
        {"account": e.account, "at": e.at, "id": e.id, "user": e.user, "meter": e.meter}
        for e in events
    ]
    if rows:
        session.connection().execute(table(Friction).insert(), rows)


def mark_due(session: Session, accounts: Iterable[str], at: datetime) -> None:
    """Say that accounts are to be looked at; who waits already keeps its place."""
    rows = [{"account": account, "since": at, "mark": 1} for account in accounts]
    if rows:
        session.connection().execute(_mark(dialect_of(session)), rows)


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


def dialect_of(session: Session) -> str:
    """sqlite or postgresql."""
    return session.get_bind().dialect.name


def insert_into(dialect: str, name: str) -> Any:
    """An insert that can say what to do on a conflict, in the words of the database in use."""
    into = SQLModel.metadata.tables[name]
    return postgresql.insert(into) if dialect == "postgresql" else sqlite.insert(into)


@lru_cache
def _roll_up(dialect: str, name: str, start: str, how: How) -> Any:
    """Insert a bucket, or join it to the one that is there."""
    statement = insert_into(dialect, name)
    old, new = SQLModel.metadata.tables[name].c, statement.excluded
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
def _lower(name: str, start: str) -> Any:
    bucket = SQLModel.metadata.tables[name]
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
    statement = insert_into(dialect, "user_day")
    return statement.on_conflict_do_update(
        index_elements=["account", "user", "day"],
        set_={"events": table(UserDay).c.events + statement.excluded.events},
    )


@lru_cache
def _mark(dialect: str) -> Any:
    return insert_into(dialect, "due").on_conflict_do_update(
        index_elements=["account"], set_={"mark": table(Due).c.mark + 1}
    )
