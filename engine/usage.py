"""Meters, periods and what was used: the values every decision starts from."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from engine.instant import in_utc


class MeterKind(StrEnum):
    """How a meter relates to time: reset each period, a running level, or the highest at once."""

    RESET = "reset"
    CUMULATIVE = "cumulative"
    PEAK = "peak"


class Aggregation(StrEnum):
    """How the usage events of one span become one number."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    UNIQUE = "unique"
    LATEST = "latest"


class AtLimit(StrEnum):
    """What truly happens at the limit: nothing (more is billed), a grace, or work stops."""

    CONTINUES = "continues"
    SOFT = "soft"
    STOPS = "stops"


class PeriodKind(StrEnum):
    """The span a limit covers; `anniversary` is monthly from the account's anchor day."""

    MONTH = "month"
    YEAR = "year"
    WEEK = "week"
    ANNIVERSARY = "anniversary"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span of local days, `end` exclusive; without `end` it never resets."""

    start: date
    end: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPeriod:
    """A period that is over: what was used, against which limit (None: no limit then)."""

    start: date
    end: date
    used: Decimal
    limit: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterUse:
    """One meter of one account as known at the snapshot's instant.

    `daily` holds one amount a local day from `first_day` on; its last entry is today so far. For
    sum and count meters an amount is that day's total, for unique the new ones that day, for
    max and latest the day's level (carried over silent days). `used` is exact; `before`: what
    was counted before `first_day`, where days add up. `lower_limit`: what the plan below
    allows; `limit_since`: when the limit last changed (both None: not known).
    """

    key: str
    name_one: str
    name_other: str
    value: str
    kind: MeterKind
    aggregation: Aggregation
    meaningful: bool
    at_limit: AtLimit
    period: Period
    used: Decimal
    limit: Decimal | None
    limit_known: bool
    next_limit: Decimal | None
    first_day: date | None
    daily: tuple[float, ...]
    closed: tuple[ClosedPeriod, ...] = ()
    backfilled: frozenset[date] = frozenset()
    last_at: datetime | None = None
    lower_limit: Decimal | None = None
    limit_since: datetime | None = None
    before: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        in_utc(self, "last_at", "limit_since")


def period_of(kind: PeriodKind, day: date, anchor: int = 1) -> Period:
    """The period that holds the local `day`; `anchor` is the day of the month it renews (1-31).

    An anchor past the month's end renews on the month's last day. Weeks start on Monday.
    """
    match kind:
        case PeriodKind.NONE:
            return Period(start=date.min, end=None)
        case PeriodKind.WEEK:
            start = day - timedelta(days=day.weekday())
            return Period(start=start, end=start + timedelta(days=7))
        case PeriodKind.YEAR:
            return Period(start=date(day.year, 1, 1), end=date(day.year + 1, 1, 1))
        case PeriodKind.MONTH:
            return _monthly(day, 1)
        case PeriodKind.ANNIVERSARY:
            return _monthly(day, anchor)


def _monthly(day: date, anchor: int) -> Period:
    start = _anchored(day.year, day.month, anchor)
    if day < start:
        return Period(start=_anchored(*_previous(day.year, day.month), anchor), end=start)
    return Period(start=start, end=_anchored(*_following(day.year, day.month), anchor))


def _anchored(year: int, month: int, anchor: int) -> date:
    last = (date(*_following(year, month), 1) - timedelta(days=1)).day
    return date(year, month, min(anchor, last))


def _following(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def _previous(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)


def previous_period(kind: PeriodKind, period: Period, anchor: int = 1) -> Period:
    """The period that ended when `period` began."""
    return period_of(kind, period.start - timedelta(days=1), anchor)
