"""Reads meters: exact use of the period, daily history and closed periods, from day buckets."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func
from sqlmodel import Session, col, select

from engine.catalogue import Catalogue, Meter, Plan
from engine.snapshot import PlanChange
from engine.usage import (
    Aggregation,
    ClosedPeriod,
    MeterKind,
    MeterUse,
    Period,
    PeriodKind,
    period_of,
    previous_period,
)
from store import tables
from store.tables import DayBucket
from store.types import joined

HISTORY_DAYS = 400
CLOSED = 13
_ADDED = (Aggregation.SUM, Aggregation.COUNT)


def first_day(session: Session, account: str) -> date | None:
    """The local day of the account's first usage."""
    return session.exec(
        select(func.min(DayBucket.day)).where(col(DayBucket.account) == account)
    ).one()


def load(
    session: Session,
    row: tables.Account,
    catalogue: Catalogue,
    changes: Sequence[PlanChange],
    *,
    today: date,
    since: date | None,
) -> tuple[MeterUse, ...]:
    """Every meter of the catalogue for one account, in the catalogue's order."""
    buckets = session.exec(
        select(DayBucket)
        .where(col(DayBucket.account) == row.id, col(DayBucket.day) <= today)
        .order_by(col(DayBucket.day))
    ).all()
    by_meter: dict[str, list[DayBucket]] = {}
    for bucket in buckets:
        by_meter.setdefault(bucket.meter, []).append(bucket)
    plan = catalogue.plans.get(row.plan or "")
    kind = plan.period if plan else PeriodKind.MONTH
    anchor = row.anchor or (since.day if since else 1)
    return tuple(
        _use(session, row, meter, by_meter.get(meter.key, []), catalogue, plan, changes,
             _calendar(kind, anchor, today))
        for meter in catalogue.meters.values()
    )  # fmt: skip


def _calendar(kind: PeriodKind, anchor: int, today: date) -> tuple[date, list[Period]]:
    """Today, and the periods up to the current one, newest first."""
    periods = [period_of(kind, today, anchor)]
    if kind is not PeriodKind.NONE:
        for _ in range(CLOSED):
            periods.append(previous_period(kind, periods[-1], anchor))
    return today, periods


def _use(
    session: Session,
    row: tables.Account,
    meter: Meter,
    buckets: Sequence[DayBucket],
    catalogue: Catalogue,
    plan: Plan | None,
    changes: Sequence[PlanChange],
    calendar: tuple[date, list[Period]],
) -> MeterUse:
    today, periods = calendar
    amounts = {b.day: joined(b.units, b.micros) for b in buckets}
    if meter.aggregation is Aggregation.UNIQUE and meter.kind is MeterKind.RESET:
        amounts = _new_in_period(session, row.id, meter.key, periods, today)
    daily, start = _daily(meter, amounts, today)
    following = catalogue.plans.get(plan.next or "") if plan else None
    below = next((p for p in catalogue.plans.values() if plan and p.next == plan.key), None)
    first = min(amounts, default=None)
    return MeterUse(
        key=meter.key,
        name_one=meter.name.one,
        name_other=meter.name.other,
        value=meter.value,
        kind=meter.kind,
        aggregation=meter.aggregation,
        meaningful=meter.meaningful,
        at_limit=meter.at_limit,
        period=periods[0],
        used=_used(meter, amounts, periods[0].start, today),
        limit=_limit(row, meter.key, plan),
        limit_known=meter.key in row.limits or plan is not None,
        next_limit=following.limits.get(meter.key) if following else None,
        first_day=start,
        daily=tuple(float(a) for a in daily),
        closed=tuple(
            ClosedPeriod(
                start=p.start,
                end=p.end,
                used=_used(meter, amounts, p.start, p.end - timedelta(days=1)),
                limit=_limit(row, meter.key, _plan_at(p.end, plan, changes, catalogue)),
            )
            for p in reversed(periods[1:])
            if p.end is not None and first is not None and p.end > first
        ),
        backfilled=frozenset(b.day for b in buckets if b.backfilled),
        last_at=max((b.last_at for b in buckets), default=None),
        lower_limit=below.limits.get(meter.key) if below else None,
        before=sum((a for d, a in amounts.items() if start and d < start), Decimal(0)),
        limit_since=_limit_since(row, meter.key, changes),
    )


def _used(meter: Meter, amounts: dict[date, Decimal], start: date, last: date) -> Decimal:
    """What the limit is held against, over the days `start`..`last`."""
    inside = [a for d, a in sorted(amounts.items()) if start <= d <= last]
    if meter.kind is MeterKind.CUMULATIVE:
        before = [a for d, a in sorted(amounts.items()) if d <= last]
        if meter.aggregation in (*_ADDED, Aggregation.UNIQUE):
            return sum(before, Decimal(0))
        return before[-1] if before else Decimal(0)
    if meter.kind is MeterKind.PEAK or meter.aggregation is Aggregation.MAX:
        return max(inside, default=Decimal(0))
    if meter.aggregation is Aggregation.LATEST:
        return inside[-1] if inside else Decimal(0)
    return sum(inside, Decimal(0))


def _daily(
    meter: Meter, amounts: dict[date, Decimal], today: date
) -> tuple[list[Decimal], date | None]:
    """One amount a day up to today, at most 400; levels are carried over silent days."""
    if not amounts:
        return [], None
    start = max(min(amounts), today - timedelta(days=HISTORY_DAYS - 1))
    level = meter.aggregation is Aggregation.LATEST or (
        meter.aggregation is Aggregation.MAX and meter.kind is MeterKind.CUMULATIVE
    )
    carried = Decimal(0)
    if level:
        carried = next(
            (a for day, a in sorted(amounts.items(), reverse=True) if day < start), carried
        )
    out = []
    for offset in range((today - start).days + 1):
        seen = amounts.get(start + timedelta(days=offset))
        if not level:
            out.append(seen or Decimal(0))
            continue
        if seen is not None:
            carried = seen
        out.append(carried)
    return out, start


def _new_in_period(
    session: Session, account: str, meter: str, periods: Sequence[Period], today: date
) -> dict[date, Decimal]:
    """How many things each day saw for the first time in its period."""
    table = tables.UniqueValue
    out: dict[date, Decimal] = {}
    for period in periods:
        seen = (
            select(func.min(table.day).label("day"))
            .where(
                col(table.account) == account,
                col(table.meter) == meter,
                col(table.day) >= period.start,
                col(table.day) < (period.end or date.max),
                col(table.day) <= today,
            )
            .group_by(col(table.value))
            .subquery()
        )
        for day, count in session.exec(select(seen.c.day, func.count()).group_by(seen.c.day)):
            out[day] = Decimal(count)
    return out


def _limit(row: tables.Account, meter: str, plan: Plan | None) -> Decimal | None:
    """The account's own limit, else its plan's."""
    if meter in row.limits:
        own = row.limits[meter]
        return None if own is None else Decimal(own)
    return plan.limits.get(meter) if plan else None


def _limit_since(row: tables.Account, meter: str, changes: Sequence[PlanChange]) -> datetime | None:
    """When the limit last changed: with the plan, unless the account has its own; or that one."""
    known = [datetime.fromisoformat(row.limits_since[meter])] if meter in row.limits_since else []
    if changes and meter not in row.limits:
        known.append(changes[-1].at)
    return max(known, default=None)


def _plan_at(
    end: date, plan: Plan | None, changes: Sequence[PlanChange], catalogue: Catalogue
) -> Plan | None:
    """The plan in force when a period ended; before the first known change, the oldest known."""
    before = [c for c in changes if c.at.date() < end]
    if before:
        return catalogue.plans.get(before[-1].plan)
    return catalogue.plans.get(changes[0].plan) if changes else plan
