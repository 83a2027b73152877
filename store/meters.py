"""Makes meters of days: exact use of the period, daily history and closed periods."""

from collections.abc import Mapping, Sequence
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
from store import days
from store.days import Days, Line, Span

HISTORY_DAYS = 400
CLOSED = 13
Stored: TypeAlias = Mapping[Line, Days]
"""The days of some meters, where there are any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An account's row, and what its periods depend on."""

    row: Any
    plan: Plan | None
    today: date
    since: date | None
    changes: tuple[PlanChange, ...] = ()

    @property
    def account(self) -> str:
        """Whose it is."""
        return str(self.row.id)

    def periods(self) -> tuple[Period, ...]:
        """The current period and the closed ones before it, newest first."""
        kind = self.plan.period if self.plan else PeriodKind.MONTH
        anchor = self.row.anchor or (self.since.day if self.since else 1)
        return _periods(kind, anchor, self.today)


@lru_cache(maxsize=4096)
def _periods(kind: PeriodKind, anchor: int, today: date) -> tuple[Period, ...]:
    periods = [period_of(kind, today, anchor)]
    if kind is not PeriodKind.NONE:
        for _ in range(CLOSED):
            periods.append(previous_period(kind, periods[-1], anchor))
    return tuple(periods)


def uses(
    session: Session, accounts: Sequence[Known], catalogue: Catalogue, stored: Stored
) -> dict[str, tuple[MeterUse, ...]]:
    """Every meter of the catalogue for each account, in the catalogue's order."""
    stored = _in_periods(session, accounts, catalogue, stored, closed=True)
    return {
        one.account: tuple(
            _use(one, meter, stored.get((one.account, meter.key), days.NONE), catalogue)
            for meter in catalogue.meters.values()
        )
        for one in accounts
    }


def used(
    session: Session, accounts: Sequence[Known], catalogue: Catalogue, stored: Stored
) -> dict[str, dict[str, Decimal]]:
    """What the current period's limit is held against, of each account's every meter."""
    stored = _in_periods(session, accounts, catalogue, stored, closed=False)
    found: dict[str, dict[str, Decimal]] = {}
    for one in accounts:
        span = (one.periods()[0].start, one.today)
        found[one.account] = {}
        for key, meter in catalogue.meters.items():
            known = stored.get((one.account, key), days.NONE)
            [found[one.account][key]] = known.used(meter.kind, meter.aggregation, [span])
    return found


def _in_periods(
    session: Session,
    accounts: Sequence[Known],
    catalogue: Catalogue,
    stored: Stored,
    *,
    closed: bool,
) -> Stored:
    """The same, where meters that count things hold how many were new in their period."""
    keys = [key for key, meter in catalogue.meters.items() if _anew(meter)]
    spans: list[tuple[Line, Span]] = [
        ((one.account, key), (period.start, _last(period, one.today)))
        for one in accounts
        for key in keys
        for period in one.periods()[: None if closed else 1]
    ]
    new = days.new_in_periods(session, spans)
    lines = dict.fromkeys(line for line, _ in spans)
    return {**stored} | {
        line: days.counted(new.get(line, {}), stored.get(line, days.NONE)) for line in lines
    }


def _anew(meter: Meter) -> bool:
    """Whether a thing counts anew in each period."""
    return meter.aggregation is Aggregation.UNIQUE and meter.kind is MeterKind.RESET


def _last(period: Period, today: date) -> date:
    """The last day of a period that has begun by now."""
    return today if period.end is None else min(period.end - timedelta(days=1), today)


def _use(of: Known, meter: Meter, known: Days, catalogue: Catalogue) -> MeterUse:
    row, plan, changes, today = of.row, of.plan, of.changes, of.today
    current, *past = of.periods()
    first = known.first
    over = [p for p in reversed(past) if p.end is not None and first is not None and p.end > first]
    spans = [(current.start, today), *((p.start, _last(p, today)) for p in over)]
    used, *used_before = known.used(meter.kind, meter.aggregation, spans)
    daily, start = _daily(meter, known, today)
    following = catalogue.plans.get(plan.next or "") if plan else None
    below = next((p for p in catalogue.plans.values() if plan and p.next == plan.key), None)
    return MeterUse(
        key=meter.key,
        name_one=meter.name.one,
        name_other=meter.name.other,
        value=meter.value,
        kind=meter.kind,
        aggregation=meter.aggregation,
        meaningful=meter.meaningful,
        at_limit=meter.at_limit,
        period=current,
        used=used,
        limit=_limit(row, meter.key, plan),
        limit_known=meter.key in row.limits or plan is not None,
        next_limit=following.limits.get(meter.key) if following else None,
        first_day=start,
        daily=daily,
        closed=tuple(
            ClosedPeriod(
                start=p.start,
                end=p.end,
                used=amount,
                limit=_limit(row, meter.key, _plan_at(p.end, plan, changes, catalogue)),
            )
            for p, amount in zip(over, used_before, strict=True)
            if p.end is not None
        ),
        backfilled=known.backfilled,
        last_at=known.last_at,
        lower_limit=below.limits.get(meter.key) if below else None,
        before=known.total(start) if start else Decimal(0),
        limit_since=_limit_since(row, meter.key, changes),
    )


def _daily(meter: Meter, known: Days, today: date) -> tuple[tuple[float, ...], date | None]:
    """One amount a day up to today, at most 400; levels are carried over silent days."""
    if known.first is None:
        return (), None
    start = max(known.first, today - timedelta(days=HISTORY_DAYS - 1))
    level = meter.aggregation is Aggregation.LATEST or (
        meter.aggregation is Aggregation.MAX and meter.kind is MeterKind.CUMULATIVE
    )
    amounts, every = known.floats(), np.arange(start.toordinal(), today.toordinal() + 1)
    if level:
        carried = amounts[np.searchsorted(known.days, every, side="right") - 1]
    else:
        carried = np.zeros(len(every))
        inside = known.days >= every[0]
        carried[known.days[inside] - every[0]] = amounts[inside]
    return tuple(carried.tolist()), start


def _limit(row: Any, meter: str, plan: Plan | None) -> Decimal | None:
    """The account's own limit, else its plan's."""
    if meter in row.limits:
        own = row.limits[meter]
        return None if own is None else Decimal(own)
    return plan.limits.get(meter) if plan else None


def _limit_since(row: Any, meter: str, changes: Sequence[PlanChange]) -> datetime | None:
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
