"""What is kept of an account's usage, to be taken elsewhere: hours, old days, things, totals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlmodel import Session

from store.rows import table
from store.tables import DayBucket, Friction, HourBucket, ReportedTotal
from store.types import joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a meter came to in an hour, or on a day whose hours are gone; `events`: 0 by totals."""

    meter: str
    at: datetime
    amount: Decimal
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFriction:
    """A limit got in the way of a user."""

    id: str
    at: datetime
    user: str
    meter: str


def amounts(session: Session, account: str) -> list[Kept]:
    """Every meter's hours and, before those, its days, in the order of time."""
    hours, days = (_buckets(session, model, account) for model in (HourBucket, DayBucket))
    first: dict[str, datetime] = {}
    for one in hours:
        first[one.meter] = min(one.at, first.get(one.meter, one.at))
    folded = [one for one in days if one.meter not in first or one.at < first[one.meter]]
    return _in_order([*folded, *hours])


def totals(session: Session, account: str) -> list[Kept]:
    """Every running total that was reported, in the order of time."""
    t = table(ReportedTotal).c
    rows = session.connection().execute(
        select(t.meter, t.at, t.units, t.micros).where(t.account == account)
    )
    return _in_order(
        Kept(meter=meter, at=at, amount=joined(units, micros), events=0)
        for meter, at, units, micros in rows
    )


def frictions(session: Session, account: str) -> list[KeptFriction]:
    """Every time a limit got in the way, in the order of time."""
    f = table(Friction).c
    rows = session.connection().execute(
        select(f.id, f.at, f.user, f.meter).where(f.account == account).order_by(f.at, f.id)
    )
    return [KeptFriction(id=id, at=at, user=user, meter=meter) for id, at, user, meter in rows]


def _buckets(
    session: Session, model: type[HourBucket] | type[DayBucket], account: str
) -> list[Kept]:
    b = table(model).c
    rows = session.connection().execute(
        select(b.meter, b.last_at, b.units, b.micros, b.events).where(b.account == account)
    )
    return [
        Kept(meter=meter, at=at, amount=joined(units, micros), events=events)
        for meter, at, units, micros, events in rows
    ]


def _in_order(found: Iterable[Kept]) -> list[Kept]:
    return sorted(found, key=lambda one: (one.at, one.meter))
