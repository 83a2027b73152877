"""Where an instant falls on an account's own clock: its hour, its day and its period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.catalogue import Catalogue, Meter
from engine.usage import MeterKind, PeriodKind, period_of
from store.accounts import Home

DAILY = time(9, 0)
_QUARTER = 900
_STRANGER = Home(time_zone=None, plan=None, anchor=None, since=None, last_report=None)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A period in local days (`last` included) and as instants (both included)."""

    start: date
    last: date
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The clocks and periods of some accounts; one not yet known has the product's clock."""

    catalogue: Catalogue
    homes: Mapping[str, Home]

    def place(self, account: str, at: datetime) -> tuple[datetime, date]:
        """The start of the local hour that holds `at`, and its local day."""
        return _place(self.zone(account), int(at.timestamp()) // _QUARTER)

    def place_of(self, account: str, quarter: int) -> tuple[datetime, date]:
        """`place` of a quarter of an hour, counted since 1970."""
        return _place(self.zone(account), quarter)

    def zone(self, account: str) -> str:
        """The name of the account's time zone."""
        home = self.homes.get(account, _STRANGER)
        return home.time_zone or self.catalogue.product.time_zone

    def endless(self, meter: Meter) -> bool:
        """Whether the meter never resets, whatever the plan."""
        return meter.kind is MeterKind.CUMULATIVE

    def period(self, account: str, meter: Meter, at: datetime) -> Stretch:
        """The period of the meter that holds `at`."""
        return self.period_on(account, meter, self.place(account, at)[1])

    def period_on(self, account: str, meter: Meter, day: date) -> Stretch:
        """The period of the meter that holds a local day."""
        home = self.homes.get(account, _STRANGER)
        plan = self.catalogue.plans.get(home.plan or "")
        kind = plan.period if plan else PeriodKind.MONTH
        if self.endless(meter):
            kind = PeriodKind.NONE
        return _stretch(kind, day, home.anchor or (home.since or day).day, self.zone(account))


def next_daily(zone: str, now: datetime) -> datetime:
    """The next 09:00 in a time zone, as an instant."""
    local = now.astimezone(ZoneInfo(zone))
    nine = datetime.combine(local.date(), DAILY, local.tzinfo)
    if nine <= local:
        nine = datetime.combine(local.date() + timedelta(days=1), DAILY, local.tzinfo)
    return nine.astimezone(UTC)


@lru_cache(maxsize=65536)
def _place(zone: str, quarter: int) -> tuple[datetime, date]:
    """Every zone's offset is a multiple of 15 minutes, so a quarter lies in one local hour."""
    local = datetime.fromtimestamp(quarter * _QUARTER, ZoneInfo(zone))
    return local.replace(minute=0).astimezone(UTC), local.date()


@lru_cache(maxsize=65536)
def _stretch(kind: PeriodKind, day: date, anchor: int, zone: str) -> Stretch:
    found = period_of(kind, day, anchor)
    if found.end is None:
        return Stretch(start=date.min, last=date.max, low=_FIRST, high=_LAST)
    clock = ZoneInfo(zone)
    return Stretch(
        start=found.start,
        last=found.end - timedelta(days=1),
        low=_midnight(found.start, clock),
        high=_midnight(found.end, clock) - timedelta(microseconds=1),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)
