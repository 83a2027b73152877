"""The buckets that usage events are rolled up into, and what else they leave: the writing side.

The caller holds the lock on each account (`store.accounts.homes`), so what is read here stays true
until the commit. Each function is one statement, however many rows it is given.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, bindparam, case, literal_column, null, or_
from sqlmodel import Session, SQLModel

from store.rows import dialect_of, insert_into, table, write, write_columns
from store.tables import DayBucket, Due, Friction, HourBucket, UniqueValue, UserDay
from store.types import MICRO

Amount: TypeAlias = tuple[int, int, datetime]
"""What comes to a bucket: millionths, how many plain events, and the time of the last one."""
Rolled: TypeAlias = dict[tuple[str, str, date], Amount]
"""By account, meter and start: an hour as an instant, or a local day. Plain, as there are many."""


class How(StrEnum):
    """How what is new joins what a bucket holds: added to it, the higher one, or the later one."""

    ADD = "add"
    HIGHER = "higher"
    LATER = "later"

    def joined(self, old: Amount, new: Amount) -> Amount:
        """Both as one."""
        amount = old[0] + new[0]
        if self is How.HIGHER:
            amount = max(old[0], new[0])
        elif self is How.LATER:
            amount = new[0] if new[2] >= old[2] else old[0]
        return amount, old[1] + new[1], max(old[2], new[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFriction:
    """A limit got in the way of a user."""

    account: str
    at: datetime
    id: str
    user: str
    meter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A corrected maximum: nothing in the span (ends included) was higher than `amount`."""

    account: str
    meter: str
    days: tuple[date, date]
    hours: tuple[datetime, datetime]
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A thing a `unique` meter met on a local day; `value` is its 16-byte hash."""

    account: str
    meter: str
    day: date
    value: bytes


def add_hours(session: Session, how: How, hours: Rolled) -> None:
    """Let hour buckets take what is new."""
    statement = _roll_up(dialect_of(session), HourBucket, "hour", how)
    write_columns(session, statement, _columns("hour", hours))


def add_days(session: Session, how: How, days: Rolled, *, backfilled: bool = False) -> None:
    """Let day buckets take what is new; one live report in it makes a bucket live."""
    statement = _roll_up(dialect_of(session), DayBucket, "day", how)
    write_columns(
        session, statement, {**_columns("day", days), "backfilled": [backfilled] * len(days)}
    )


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
                **dict(zip(("most", "most_micros"), divmod(c.amount, MICRO), strict=True)),
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


def add_user_days(session: Session, days: Collection[tuple[str, str, date]]) -> None:
    """Note that users had value: (account, user, local day)."""
    names = ("account", "user", "day")
    columns = {name: [one[n] for one in days] for n, name in enumerate(names)}
    write_columns(session, _user_day(dialect_of(session)), columns)


def add_frictions(session: Session, frictions: Sequence[StoredFriction]) -> None:
    """Keep that a limit got in the way of users."""
    write(session, _friction(dialect_of(session)), [asdict(friction) for friction in frictions])


def mark_due(session: Session, accounts: Iterable[str], at: datetime) -> None:
    """Say that accounts are to be looked at; who waits already keeps its place."""
    rows = [{"account": account, "since": at, "mark": 1} for account in accounts]
    write(session, _mark(dialect_of(session)), rows)


def _columns(start: str, rolled: Rolled) -> dict[str, list[Any]]:
    keys, amounts = list(rolled), rolled.values()
    return {
        "account": [key[0] for key in keys],
        "meter": [key[1] for key in keys],
        start: [key[2] for key in keys],
        "units": [amount[0] // MICRO for amount in amounts],
        "micros": [amount[0] % MICRO for amount in amounts],
        "events": [amount[1] for amount in amounts],
        "last_at": [amount[2] for amount in amounts],
    }


@lru_cache
def _friction(dialect: str) -> Any:
    return insert_into(dialect, Friction)


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
            **({"backfilled": and_(old.backfilled, new.backfilled)} if start == "day" else {}),
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
def _user_day(dialect: str) -> Any:
    return insert_into(dialect, UserDay).on_conflict_do_nothing()


@lru_cache
def _mark(dialect: str) -> Any:
    return insert_into(dialect, Due).on_conflict_do_update(
        index_elements=["account"],
        set_={"mark": table(Due).c.mark + literal_column("1"), "daily": null()},
    )
