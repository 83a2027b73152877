"""An account's own clock, for many instants at once: local days, and when each is looked at."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from engine.history import Floats, Ints
from engine.usage import PeriodKind, period_of

DAILY = time(9)
"""When an account is looked at each day, on its own clock."""
_DAY = 86400
_EPOCH = date(1970, 1, 1).toordinal()


def local_days(at: Floats, zone: str) -> Ints:
    """The ordinal of the local day of each epoch second (in order of time)."""
    if not len(at):
        return np.zeros(0, dtype=np.int64)
    first, last = int(at[0] // _DAY) - 1, int(at[-1] // _DAY) + 2
    midnights = _instants(zone, first + _EPOCH, last + _EPOCH, time(0))
    days: Ints = first + _EPOCH + np.searchsorted(midnights, at, side="right") - 1
    return days


def looks(zone: str, first: int, last: int) -> Floats:
    """When the local days `first` to `last` (ordinals) are looked at, in epoch seconds."""
    return _instants(zone, first, last, DAILY)


def _instants(zone: str, first: int, last: int, at: time) -> Floats:
    """The instant of a local time on each day; whole years are kept, for accounts share them."""
    low, high = date.fromordinal(first).year, date.fromordinal(last).year
    start = date(low, 1, 1).toordinal()
    return _years(zone, low, high, at)[first - start : last - start + 1]


@lru_cache(maxsize=1024)
def _years(zone: str, low: int, high: int, at: time) -> Floats:
    years: Floats = np.concatenate([_year(zone, year, at) for year in range(low, high + 1)])
    years.flags.writeable = False
    return years


@lru_cache(maxsize=4096)
def _year(zone: str, year: int, at: time) -> Floats:
    start, end = (date(y, 1, 1).toordinal() for y in (year, year + 1))
    clock = ZoneInfo(zone)
    local = (datetime.combine(date.fromordinal(day), at, clock) for day in range(start, end))
    return np.array([instant.astimezone(UTC).timestamp() for instant in local])


def period_starts(kind: PeriodKind, anchor: int, first: int, last: int) -> Ints:
    """Ordinals of the first days of the periods from the one of `first` past the one of `last`."""
    if kind is PeriodKind.NONE:
        return np.array([date.min.toordinal()])
    low, high = date.fromordinal(first).year, date.fromordinal(last).year
    starts = _starts(kind, anchor, low, high)
    begin, end = np.searchsorted(starts, (first, last), side="right")
    some: Ints = starts[begin - 1 : end + 1]
    return some


@lru_cache(maxsize=4096)
def _starts(kind: PeriodKind, anchor: int, low: int, high: int) -> Ints:
    """The same from before a year to after another; accounts share them."""
    period = period_of(kind, date(low, 1, 1), anchor)
    starts = [period.start.toordinal()]
    while period.end is not None and period.start.year <= high:
        starts.append(period.end.toordinal())
        period = period_of(kind, period.end, anchor)
    known: Ints = np.array(starts)
    known.flags.writeable = False
    return known
