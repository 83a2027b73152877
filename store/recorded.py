"""The whole stored use of an account, by the hour, as a backtest reads it."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from engine.snapshot import Blocker, BlockerKind, Friction
from store import tables
from store.past import EVERYONE
from store.types import joined


def accounts(session: Session) -> list[str]:
    """Every account with usage, in the order of their names."""
    rows = session.exec(select(tables.DayBucket.account).distinct())
    return sorted(rows.all())


def first(session: Session) -> datetime | None:
    """When usage began: to the hour, where hours are kept."""
    hour = session.exec(select(func.min(tables.HourBucket.hour))).one()
    day = session.exec(select(func.min(tables.DayBucket.last_at))).one()
    return min((at for at in (hour, day) if at is not None), default=None)


def hours(session: Session, account: str) -> Iterator[tuple[str, datetime, float]]:
    """Meter, instant and amount of each hour in the order of time; of old days, each day."""
    h, d = tables.HourBucket, tables.DayBucket
    kept = session.exec(select(h).where(col(h.account) == account)).all()
    first: dict[str, datetime] = {}
    for row in kept:
        first[row.meter] = min(row.last_at, first.get(row.meter, row.last_at))
    days = session.exec(select(d).where(col(d.account) == account)).all()
    folded = [row for row in days if row.meter not in first or row.last_at < first[row.meter]]
    rows: list[tables.HourBucket | tables.DayBucket] = [*folded, *kept]
    for one in sorted(rows, key=lambda row: (row.last_at, row.meter)):
        yield one.meter, one.last_at, float(joined(one.units, one.micros))


def backfilled(session: Session, account: str) -> dict[str, frozenset[date]]:
    """The days of each meter that were imported later."""
    d = tables.DayBucket
    rows = session.exec(
        select(col(d.meter), col(d.day)).where(col(d.account) == account, col(d.backfilled))
    )
    found: dict[str, set[date]] = {}
    for meter, day in rows.all():
        found.setdefault(meter, set()).add(day)
    return {meter: frozenset(days) for meter, days in found.items()}


def things(session: Session, account: str, meter: str) -> list[tuple[date, bytes]]:
    """Which things a `unique` meter met on which day, oldest first."""
    u = tables.UniqueValue
    rows = session.exec(
        select(col(u.day), col(u.value))
        .where(col(u.account) == account, col(u.meter) == meter)
        .order_by(col(u.day), col(u.value))
    )
    return [(day, bytes(value)) for day, value in rows.all()]


def last_of_days(session: Session, account: str, meter: str) -> dict[date, datetime]:
    """When a meter last reported on each day."""
    d = tables.DayBucket
    rows = session.exec(
        select(col(d.day), col(d.last_at)).where(col(d.account) == account, col(d.meter) == meter)
    )
    return dict(rows.all())


def user_days(session: Session, account: str) -> dict[date, list[str]]:
    """Who had value on which day."""
    u = tables.UserDay
    rows = session.exec(
        select(col(u.day), col(u.user)).where(col(u.account) == account).order_by(col(u.user))
    )
    found: dict[date, list[str]] = {}
    for day, user in rows.all():
        found.setdefault(day, []).append(user)
    return found


def frictions(session: Session, account: str) -> tuple[Friction, ...]:
    """Every time a limit got in the way."""
    f = tables.Friction
    rows = session.exec(select(f).where(col(f.account) == account).order_by(col(f.at), col(f.id)))
    return tuple(Friction(at=r.at, user=r.user, meter=r.meter) for r in rows.all())


def blockers(session: Session, account: str) -> tuple[Blocker, ...]:
    """Every wrong time to speak, its own and everyone's."""
    b = tables.Blocker
    rows = session.exec(
        select(b).where(col(b.account).in_([account, EVERYONE])).order_by(col(b.opened), col(b.id))
    )
    return tuple(
        Blocker(
            id=r.id, kind=BlockerKind(r.kind), opened=r.opened, closed=r.closed, urgent=r.urgent
        )
        for r in rows.all()
    )
