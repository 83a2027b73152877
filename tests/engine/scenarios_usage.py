"""The usage tables of scenarios: spans of days become meters, by the rules the store makes them by.

2026-08-03..2026-10-31   weekdays   40   by ada, bob
2026-11-09                         600   imported
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from engine.catalogue import Catalogue, Meter, Plan
from engine.snapshot import PlanChange, UserDays
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

_WEEKDAYS = ("mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays")
_LINE = re.compile(
    r"(?P<first>\d{4}-\d\d-\d\d)(\.\.(?P<last>\d{4}-\d\d-\d\d))?\s+"
    rf"((?P<on>daily|weekdays|weekends|monthly|every \d+ days|{'|'.join(_WEEKDAYS)})\s+)?"
    r"(?P<amount>-?\d+(\.\d+)?)"
    r"(\s+by (?P<by>\w+(, \w+)*))?(?P<imported>\s+imported)?"
)
_KEPT_DAYS, _KEPT_PERIODS = 400, 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a usage table: so much on each of these days, by whom, imported later or not."""

    days: tuple[date, ...]
    amount: Decimal
    users: tuple[str, ...]
    imported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the account's limits follow from."""

    catalogue: Catalogue
    plan: Plan | None
    own_limits: dict[str, Decimal | None]
    anchor: int
    changes: Sequence[PlanChange]

    @property
    def period(self) -> PeriodKind:
        """The period of the account's plan."""
        return self.plan.period if self.plan else PeriodKind.MONTH


def lines(table: str) -> tuple[Line, ...]:
    """A usage table, line by line."""
    rows = (row.split("#")[0].strip() for row in table.splitlines())
    return tuple(_line(row) for row in rows if row)


def _line(row: str) -> Line:
    found = _LINE.fullmatch(row)
    assert found, f"not a line of usage: {row!r}"
    first = date.fromisoformat(found["first"])
    last = date.fromisoformat(found["last"]) if found["last"] else first
    return Line(
        days=tuple(_days(first, last, found["on"] or "daily")),
        amount=Decimal(found["amount"]),
        users=tuple((found["by"] or "").split(", ")) if found["by"] else (),
        imported=bool(found["imported"]),
    )


def _days(first: date, last: date, on: str) -> Iterator[date]:
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        if on == "daily" or (on.startswith("every") and number % int(on.split()[1]) == 0):
            yield day
        elif on in ("weekdays", "weekends"):
            if (day.weekday() < 5) is (on == "weekdays"):
                yield day
        elif (on == "monthly" and day.day == first.day) or (
            on in _WEEKDAYS and day.weekday() == _WEEKDAYS.index(on)
        ):
            yield day


def user_days(
    usage: Mapping[str, Sequence[Line]], terms: Terms, today: date
) -> tuple[UserDays, ...]:
    """Who made value events on which days; vanity meters show none."""
    days: dict[str, set[date]] = {}
    for key, table in usage.items():
        for line in table if terms.catalogue.meters[key].meaningful else ():
            for user in line.users:
                days.setdefault(user, set()).update(d for d in line.days if d <= today)
    return tuple(UserDays(user=u, days=tuple(sorted(d))) for u, d in sorted(days.items()) if d)


def meter(key: str, table: Sequence[Line], terms: Terms, today: date) -> MeterUse:
    """One meter as it is known on `today`."""
    described, plan = terms.catalogue.meters[key], terms.plan
    plans = terms.catalogue.plans
    amounts = _amounts(described, table, today)
    periods = _periods(terms, today)
    first_day, daily = _daily(described, amounts, today)
    following = plans.get(plan.next or "") if plan else None
    below = next((p for p in plans.values() if plan and p.next == plan.key), None)
    changed = bool(terms.changes) and key not in terms.own_limits
    return MeterUse(
        key=key,
        name_one=described.name.one,
        name_other=described.name.other,
        value=described.value,
        kind=described.kind,
        aggregation=described.aggregation,
        meaningful=described.meaningful,
        at_limit=described.at_limit,
        period=periods[0],
        used=_used(described, amounts, periods[0]),
        limit=_limit(key, plan, terms),
        limit_known=key in terms.own_limits or plan is not None,
        next_limit=following.limits.get(key) if following else None,
        first_day=first_day,
        daily=daily,
        closed=tuple(
            ClosedPeriod(
                start=p.start,
                end=p.end,
                used=_used(described, amounts, p),
                limit=_limit(key, _plan_at(p.end, terms), terms),
            )
            for p in reversed(periods[1:])
            if p.end is not None and amounts and p.end > min(amounts)
        ),
        backfilled=frozenset(d for line in table if line.imported for d in line.days),
        last_at=_last_at(table, today),
        lower_limit=below.limits.get(key) if below else None,
        before=sum((a for d, a in amounts.items() if first_day and d < first_day), Decimal(0)),
        limit_since=terms.changes[-1].at if changed else None,
    )


def _last_at(table: Sequence[Line], today: date) -> datetime | None:
    """When the newest use was, at noon of its day; said only where some of it was imported."""
    if not any(line.imported for line in table):
        return None
    newest = max(day for line in table for day in line.days if day <= today)
    return datetime.combine(newest, time(12), UTC)


def _amounts(described: Meter, table: Iterable[Line], today: date) -> dict[date, Decimal]:
    """Each day's amount: totals add up, of levels the highest or the last one stands."""
    out: dict[date, Decimal] = {}
    for line in table:
        for day in (d for d in line.days if d <= today):
            match described.aggregation:
                case Aggregation.MAX:
                    out[day] = max(line.amount, out.get(day, line.amount))
                case Aggregation.LATEST:
                    out[day] = line.amount
                case _:
                    out[day] = out.get(day, Decimal(0)) + line.amount
    return dict(sorted(out.items()))


def _periods(terms: Terms, today: date) -> list[Period]:
    """The plan's current period and those before it, newest first."""
    periods = [period_of(terms.period, today, terms.anchor)]
    for _ in range(0 if terms.period is PeriodKind.NONE else _KEPT_PERIODS):
        periods.append(previous_period(terms.period, periods[-1], terms.anchor))
    return periods


def _used(described: Meter, amounts: dict[date, Decimal], period: Period) -> Decimal:
    """What the limit is held against."""
    end = period.end or date.max
    inside = [a for d, a in amounts.items() if period.start <= d < end]
    if described.kind is MeterKind.CUMULATIVE:
        inside = [a for d, a in amounts.items() if d < end]
    elif described.kind is MeterKind.PEAK:
        return max(inside, default=Decimal(0))
    match described.aggregation:
        case Aggregation.MAX if described.kind is not MeterKind.CUMULATIVE:
            return max(inside, default=Decimal(0))
        case Aggregation.MAX | Aggregation.LATEST:
            return inside[-1] if inside else Decimal(0)
        case _:
            return sum(inside, Decimal(0))


def _daily(
    described: Meter, amounts: dict[date, Decimal], today: date
) -> tuple[date | None, tuple[float, ...]]:
    """One amount a day up to today; a level that lasts is carried over silent days."""
    if not amounts:
        return None, ()
    first = max(min(amounts), today - timedelta(_KEPT_DAYS - 1))
    lasts = described.aggregation is Aggregation.LATEST or (
        described.aggregation is Aggregation.MAX and described.kind is MeterKind.CUMULATIVE
    )
    before = [amount for day, amount in amounts.items() if day < first]
    level, out = before[-1] if before else Decimal(0), []
    for number in range((today - first).days + 1):
        seen = amounts.get(first + timedelta(number))
        level = seen if seen is not None else level if lasts else Decimal(0)
        out.append(float(level))
    return first, tuple(out)


def _limit(key: str, plan: Plan | None, terms: Terms) -> Decimal | None:
    if key in terms.own_limits:
        return terms.own_limits[key]
    return plan.limits.get(key) if plan else None


def _plan_at(end: date, terms: Terms) -> Plan | None:
    """The plan in force when a period ended; before the first known change, the oldest known."""
    before = [c for c in terms.changes if c.at.date() < end]
    known = before[-1:] or list(terms.changes[:1])
    return terms.catalogue.plans.get(known[0].plan) if known else terms.plan
