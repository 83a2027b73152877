"""One meter's days as a series, and the looks at it: what a forecast is made from."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from engine.history import Flags, Floats, Ints, is_flow
from engine.policy import ForecastPolicy
from engine.usage import MeterKind, MeterUse, Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One meter's days, from the ordinal `first` on, and what they are held against.

    `days`: what each day added; `usable`: days a forecast may learn from. `begin`: index of the
    first day of use. `flow`: days add up to a period; else what is gained stays.
    """

    meter: str
    first: int
    days: Floats
    usable: Flags
    begin: int
    flow: bool
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Days of a series that are looked at: `index` of each, what was used and came in that day.

    `start`: index of the period's first day; `ahead`: days to the reset, the day itself included.
    """

    index: Ints
    used: Floats
    so_far: Floats
    start: Ints
    ahead: Ints

    def of(self, which: Flags | Ints) -> "Looks":
        """Some of them."""
        return Looks(
            index=self.index[which],
            used=self.used[which],
            so_far=self.so_far[which],
            start=self.start[which],
            ahead=self.ahead[which],
        )


def history_days(meter: MeterUse, days: Floats, today: date, policy: ForecastPolicy) -> int:
    """Complete days a forecast could rest on: since first use, without backfills, lately."""
    last = len(days) - 1
    first = max(_begin(days) + (0 if is_flow(meter) else 1), last - policy.history_days)
    backfilled = (last - (today - day).days for day in meter.backfilled)
    return max(last - first - sum(first <= index < last for index in backfilled), 0)


def foreseeable(meter: MeterUse) -> bool:
    """Whether the meter's days say when its limit is met: they add up, or stay once gained."""
    return is_flow(meter) or meter.kind is MeterKind.CUMULATIVE


def series_of(meter: MeterUse, days: Floats, today: date) -> Series | None:
    """What the meter's days added, as a series; None where there is no limit or no day."""
    if meter.limit is None or not meter.limit_known or not foreseeable(meter) or not len(days):
        return None
    usable, begin = _usable(meter, days, today)
    return Series(
        meter=meter.key,
        first=today.toordinal() - len(days) + 1,
        days=days,
        usable=usable,
        begin=begin,
        flow=is_flow(meter),
        limit=float(meter.limit),
    )


def _usable(meter: MeterUse, days: Floats, today: date) -> tuple[Flags, int]:
    """Days since first use without backfilled ones, and the index of the first use."""
    begin = _begin(days)
    usable = np.zeros(len(days), dtype=np.bool_)
    # What an account with a level began with is where it starts from, not growth.
    usable[begin + (0 if is_flow(meter) else 1) :] = True
    last = len(days) - 1
    for day in meter.backfilled:
        index = last - (today - day).days
        if 0 <= index <= last:
            usable[index] = False
    return usable, begin


def _begin(days: Floats) -> int:
    """The index of the first day of use; one past the last where there is none."""
    used = days != 0
    first = int(used.argmax()) if len(days) else 0
    return first if len(days) and used[first] else len(days)


def look_at(meter: MeterUse, series: Series, today: date, policy: ForecastPolicy) -> Looks:
    """The look at a series that ends today."""
    last = len(series.days) - 1
    start = last - (today - meter.period.start).days if series.flow else 0
    return Looks(
        index=np.array([last]),
        used=np.array([float(meter.used)]),
        so_far=series.days[-1:],
        start=np.array([max(start, 0)]),
        ahead=np.array([days_ahead(series.flow, meter.period, today, policy)]),
    )


def days_ahead(flow: bool, period: Period, today: date, policy: ForecastPolicy) -> int:
    """How many days a crossing may take: to the reset, or to the horizon where there is none."""
    if flow and period.end is not None:
        return (period.end - today).days
    return policy.horizon_days
