"""Running totals as they were reported, and what lies around them in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Integer, Select, String, and_, column, func, select, values
from sqlmodel import Session

from store.rows import dialect_of, insert_into, table, write
from store.tables import DayBucket, ReportedTotal
from store.types import MICRO, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What an account's meter had come to at an instant, in millionths."""

    at: datetime
    amount: int


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


def told(session: Session, spans: Sequence[Span]) -> set[int]:
    """Which spans (ends included) hold a reported total: the index of each."""
    given = _given([(s.account, s.meter, s.low, s.low, s.high) for s in spans])
    t, of = table(ReportedTotal).c, given.c
    return _hit(session, given, ReportedTotal, and_(t.at >= of.low, t.at <= of.high))


def eventful(session: Session, spans: Sequence[tuple[Span, tuple[date, date]]]) -> set[int]:
    """Which spans of local days (both included) hold usage events: the index of each."""
    given = (
        values(
            column("n", Integer),
            column("account", String),
            column("meter", String),
            column("first", Date),
            column("last", Date),
            name="given",
        )
        .data([(n, s.account, s.meter, *days) for n, (s, days) in enumerate(spans)])
        .cte()
    )
    d, of = table(DayBucket).c, given.c
    return _hit(session, given, DayBucket, and_(d.day >= of.first, d.day <= of.last, d.events > 0))


def _hit(session: Session, given: Any, model: Any, when: Any) -> set[int]:
    """Which of the given rows have a row of their account and meter for which it holds."""
    c, of = table(model).c, given.c
    joined = and_(c.account == of.account, c.meter == of.meter, when)
    statement = select(of.n).join_from(given, table(model), joined).distinct()
    return set(session.connection().execute(statement).scalars())


def add(session: Session, totals: Sequence[tuple[str, str, Total]]) -> None:
    """Keep reported totals; at the same instant the later report holds."""
    newest = {
        (account, meter, total.at): divmod(total.amount, MICRO) for account, meter, total in totals
    }
    rows = [
        {"account": account, "meter": meter, "at": at, "units": units, "micros": micros}
        for (account, meter, at), (units, micros) in newest.items()
    ]
    statement = insert_into(dialect_of(session), ReportedTotal)
    new = statement.excluded
    write(
        session,
        statement.on_conflict_do_update(
            index_elements=["account", "meter", "at"],
            set_={"units": new.units, "micros": new.micros},
        ),
        rows,
    )


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
    return Total(at=at, amount=(units or 0) * MICRO + (micros or 0))
