"""Running totals as they were reported, and what lies around them in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, String, and_, column, func, select, values
from sqlmodel import Session

from store.rows import as_list, dialect_of, insert_into, listed, nth, table
from store.tables import DayBucket, HourBucket, ReportedTotal, UsageEvent
from store.types import Instant, joined, split


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What an account's meter had come to at an instant."""

    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of one meter's time: after `low`, up to and including `high`."""

    account: str
    meter: str
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The totals at an instant, and the nearest before and after it."""

    before: Total | None
    exact: Total | None
    after: Total | None


def newest(session: Session, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """When each (account, meter) last reported a total; those that never did are left out."""
    rows = session.connection().execute(_newest(dialect_of(session)), as_list(pairs))
    return {(a, m): at for a, m, at in rows if at is not None}


def around(session: Session, asked: Sequence[tuple[Span, datetime]]) -> list[Around]:
    """For each (period as a span, instant): the reported totals next to it within the period."""
    given = _given([(s.account, s.meter, s.low, at, s.high) for s, at in asked])
    t = table(ReportedTotal)
    found = [t.alias(name) for name in ("before", "exact", "after")]
    of = given.c

    def nearest(pick: Any, *when: Any) -> Any:
        return (
            select(pick(t.c.at))
            .where(t.c.account == of.account, t.c.meter == of.meter, *when)
            .correlate(given)
            .scalar_subquery()
        )

    instants = (
        nearest(func.max, t.c.at >= of.low, t.c.at < of.at),
        of.at,
        nearest(func.min, t.c.at > of.at, t.c.at <= of.high),
    )
    source: Any = given
    for one, at in zip(found, instants, strict=True):
        source = source.outerjoin(
            one, and_(one.c.account == of.account, one.c.meter == of.meter, one.c.at == at)
        )
    columns = [c for one in found for c in (one.c.at, one.c.units, one.c.micros)]
    statement: Select[Any] = select(of.n, *columns).select_from(source).order_by(of.n)
    rows = session.connection().execute(statement)
    return [
        Around(before=_total(*row[1:4]), exact=_total(*row[4:7]), after=_total(*row[7:10]))
        for row in rows
    ]


def eventful(session: Session, spans: Sequence[Span]) -> set[int]:
    """Which spans hold plain usage events in their hours: the index of each."""
    given = _given([(s.account, s.meter, s.low, s.low, s.high) for s in spans])
    h, of = table(HourBucket).c, given.c
    statement = (
        select(of.n)
        .join_from(given, table(HourBucket), and_(h.account == of.account, h.meter == of.meter))
        .where(h.hour >= of.low, h.hour <= of.high, h.events > 0)
        .distinct()
    )
    return set(session.connection().execute(statement).scalars())


def events(session: Session, span: Span) -> list[tuple[datetime, Decimal]]:
    """The plain usage events in a span."""
    e = table(UsageEvent).c
    statement = select(e.at, e.value).where(
        e.account == span.account,
        e.meter == span.meter,
        e.kind == "usage",
        e.at > span.low,
        e.at <= span.high,
    )
    return [(at, Decimal(value)) for at, value in session.connection().execute(statement)]


def before_day(session: Session, account: str, meter: str, days: tuple[date, date]) -> Decimal:
    """What the day buckets of a span (end exclusive) add up to."""
    d = table(DayBucket).c
    statement = select(func.sum(d.units), func.sum(d.micros)).where(
        d.account == account, d.meter == meter, d.day >= days[0], d.day < days[1]
    )
    units, micros = session.connection().execute(statement).one()
    return joined(int(units or 0), int(micros or 0))


def add(session: Session, totals: Sequence[tuple[str, str, Total]]) -> None:
    """Keep reported totals; at the same instant the later report holds."""
    rows = [
        {"account": account, "meter": meter, "at": total.at, "units": units, "micros": micros}
        for account, meter, total in totals
        for units, micros in (split(total.amount),)
    ]
    if not rows:
        return
    statement = insert_into(dialect_of(session), ReportedTotal)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["account", "meter", "at"],
            set_={"units": statement.excluded.units, "micros": statement.excluded.micros},
        ),
        rows,
    )


@lru_cache
def _newest(dialect: str) -> Any:
    t, asked = table(ReportedTotal).c, listed(dialect)
    account, meter = nth(asked, 0), nth(asked, 1)
    last = (
        select(func.max(t.at))
        .where(t.account == account, t.meter == meter)
        .correlate(asked)
        .scalar_subquery()
    )
    return select(account, meter, last).select_from(asked)


def _given(rows: Sequence[tuple[str, str, datetime, datetime, datetime]]) -> Any:
    """Rows to join with: number, account, meter, and three instants."""
    return (
        values(
            column("n", Integer),
            column("account", String),
            column("meter", String),
            column("low", Instant),
            column("at", Instant),
            column("high", Instant),
            name="given",
        )
        .data([(n, *row) for n, row in enumerate(rows)])
        .cte()
    )


def _total(at: datetime | None, units: int | None, micros: int | None) -> Total | None:
    if at is None:
        return None
    return Total(at=at, amount=joined(units or 0, micros or 0))
