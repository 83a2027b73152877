"""Makes meters of days: exact use of the period, daily history and closed periods."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from sqlmodel import Session

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
from store import buckets
from store.buckets import Line
from store.days import NONE, Days, Spans, spans

HISTORY_DAYS = 400
CLOSED = 13
Stored: TypeAlias = Mapping[Line, Days]
"""The days of some meters, where there are any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The current period and those closed before it, newest first, up to today's part of them."""

    periods: tuple[Period, ...]
    stretches: tuple[tuple[date, date], ...]
    spans: Spans


@lru_cache(maxsize=4096)
def calendar(kind: PeriodKind, anchor: int, today: date) -> Calendar:
    """The periods of everybody whose period begins on the same days."""
    periods = [period_of(kind, today, anchor)]
    if kind is not PeriodKind.NONE:
        for _ in range(CLOSED):
            periods.append(previous_period(kind, periods[-1], anchor))
    stretches = tuple((period.start, _last(period, today)) for period in periods)
    return Calendar(periods=tuple(periods), stretches=stretches, spans=spans(stretches))


def _last(period: Period, today: date) -> date:
    """The last day of a period that has begun by now."""
    return today if period.end is None else min(period.end - timedelta(days=1), today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An account's row, and what its meters depend on; `changes` are oldest first."""

    row: Any
    plan: Plan | None
    today: date
    since: date | None
    changes: tuple[PlanChange, ...] = ()

    @property
    def account(self) -> str:
        """Whose it is."""
        return str(self.row.id)

    def calendar(self) -> Calendar:
        """Its periods."""
        kind = self.plan.period if self.plan else PeriodKind.MONTH
        anchor = self.row.anchor or (self.since.day if self.since else 1)
        return calendar(kind, anchor, self.today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account's plan allows, and its neighbours; and the plan at each period's end."""

    known: Known
    calendar: Calendar
    larger: Plan | None
    smaller: Plan | None
    then: tuple[Plan | None, ...]

    def limits(self, meter: str) -> list[Decimal | None]:
        """The limit now, and at the end of each closed period: the account's own, else a plan's."""
        row = self.known.row
        if meter in row.limits:
            own = row.limits[meter]
            return [None if own is None else Decimal(own)] * len(self.then)
        return [_allowed(plan, meter) for plan in (self.known.plan, *self.then[1:])]


def uses(
    session: Session, accounts: Sequence[Known], catalogue: Catalogue, stored: Stored
) -> dict[str, tuple[MeterUse, ...]]:
    """Every meter of the catalogue for each account, in the catalogue's order."""
    stored = _in_periods(session, accounts, catalogue, stored)
    found = {}
    for one in accounts:
        terms = _terms(one, catalogue)
        found[one.account] = tuple(
            _use(terms, meter, stored.get((one.account, key), NONE))
            for key, meter in catalogue.meters.items()
        )
    return found


def _in_periods(
    session: Session,
    accounts: Iterable[Known],
    catalogue: Catalogue,
    stored: Stored,
) -> Stored:
    """The same, where meters that count things hold how many were new in their period."""
    keys = [
        key
        for key, meter in catalogue.meters.items()
        if meter.aggregation is Aggregation.UNIQUE and meter.kind is MeterKind.RESET
    ]
    if not keys:
        return stored
    asked = [
        ((one.account, key), stretch)
        for one in accounts
        for key in keys
        for stretch in one.calendar().stretches
    ]
    new = buckets.new_in_periods(session, asked)
    lines = dict.fromkeys(line for line, _ in asked)
    return {**stored} | {
        line: buckets.counted(new.get(line, {}), stored.get(line, NONE)) for line in lines
    }


def _terms(one: Known, catalogue: Catalogue) -> Terms:
    plan, calendar = one.plan, one.calendar()
    return Terms(
        known=one,
        calendar=calendar,
        larger=catalogue.plans.get(plan.next or "") if plan else None,
        smaller=next((p for p in catalogue.plans.values() if plan and p.next == plan.key), None),
        then=tuple(_plan_at(period.end, one, catalogue) for period in calendar.periods),
    )


def _use(terms: Terms, meter: Meter, days: Days) -> MeterUse:
    one, calendar, key = terms.known, terms.calendar, meter.key
    used = days.used(meter.kind, meter.aggregation, calendar.spans)
    limits = terms.limits(key)
    daily, start = _daily(meter, days, one.today)
    return MeterUse(
        key=key,
        name_one=meter.name.one,
        name_other=meter.name.other,
        value=meter.value,
        kind=meter.kind,
        aggregation=meter.aggregation,
        meaningful=meter.meaningful,
        at_limit=meter.at_limit,
        period=calendar.periods[0],
        used=used[0],
        limit=limits[0],
        limit_known=key in one.row.limits or one.plan is not None,
        next_limit=_allowed(terms.larger, key),
        first_day=start,
        daily=daily,
        closed=_closed(calendar.periods, used, limits, days.first),
        backfilled=days.backfilled,
        last_at=days.last_at,
        lower_limit=_allowed(terms.smaller, key),
        before=days.total(start) if start else Decimal(0),
        limit_since=_limit_since(one, key),
    )


def _closed(
    periods: Sequence[Period],
    used: Sequence[Decimal],
    limits: Sequence[Decimal | None],
    first: date | None,
) -> tuple[ClosedPeriod, ...]:
    """The periods that ended since something was counted, oldest first."""
    found = [
        ClosedPeriod(start=period.start, end=period.end, used=amount, limit=limit)
        for period, amount, limit in zip(periods[1:], used[1:], limits[1:], strict=True)
        if first is not None and period.end is not None and first < period.end
    ]
    return tuple(reversed(found))


def _daily(meter: Meter, days: Days, today: date) -> tuple[tuple[float, ...], date | None]:
    """One amount a day up to today, at most 400; levels are carried over silent days."""
    if days.first is None:
        return (), None
    start = max(days.first, today - timedelta(days=HISTORY_DAYS - 1))
    first, number = start.toordinal(), (today - start).days + 1
    level = meter.aggregation is Aggregation.LATEST or (
        meter.aggregation is Aggregation.MAX and meter.kind is MeterKind.CUMULATIVE
    )
    if level:
        every = np.arange(first, first + number)
        amounts = days.floats()[np.searchsorted(days.days, every, side="right") - 1]
    else:
        inside = np.searchsorted(days.days, first)
        amounts = np.zeros(number)
        amounts[days.days[inside:] - first] = days.floats()[inside:]
    return tuple(amounts.tolist()), start


def _allowed(plan: Plan | None, meter: str) -> Decimal | None:
    return plan.limits.get(meter) if plan else None


def _limit_since(one: Known, meter: str) -> datetime | None:
    """When the limit last changed: with the plan, unless the account has its own; or that one."""
    stated = one.row.limits_since.get(meter)
    known = [datetime.fromisoformat(stated)] if stated else []
    if one.changes and meter not in one.row.limits:
        known.append(one.changes[-1].at)
    return max(known, default=None)


def _plan_at(end: date | None, one: Known, catalogue: Catalogue) -> Plan | None:
    """The plan in force when a period ended; before the first known change, the oldest known."""
    if not one.changes or end is None:
        return one.plan
    before = [change for change in one.changes if change.at.date() < end]
    return catalogue.plans.get((before[-1] if before else one.changes[0]).plan)
