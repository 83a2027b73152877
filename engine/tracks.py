"""One recorded meter laid out by days: what came in, what was used, and what each look knew.

Everything is read from what each event brought its day and its period to; a look knows the last
event before it.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import cast

import numpy as np

from engine.history import HISTORY_DAYS, Flags, Floats, Ints, counts, exact, totals
from engine.policy import ForecastPolicy
from engine.record import Track
from engine.usage import Aggregation, ClosedPeriod, MeterKind, MeterUse, Period, PeriodKind
from engine.zones import local_days

CLOSED = 13
"""As many closed periods a snapshot holds at most."""
_PLACES = 6
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days of an account, from the ordinal `first` on, and when each is looked at.

    `period`: for each day the index of its period; `starts`: each period's first ordinal, and the
    one after the last. Without periods there is one, of all days.
    """

    zone: str
    first: int
    looks: Floats
    kind: PeriodKind
    starts: Ints
    period: Ints

    @property
    def size(self) -> int:
        """How many days."""
        return len(self.looks)

    def date(self, index: int) -> date:
        """The local day at an index."""
        return date.fromordinal(self.first + index)

    def of(self, index: int) -> Period:
        """The period of a day."""
        if self.kind is PeriodKind.NONE:
            return Period(start=date.min, end=None)
        at = int(self.period[index])
        return _period(int(self.starts[at]), int(self.starts[at + 1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A track by days of its calendar; a day's amount is what came in, or the level it reached.

    `day`, `at`, `owner`: of each event; `day_after`, `used_after`: what it brought its day and its
    period to. `whole`,
    `looked`: each day's amount, complete and as its look knew it; `used`: at each look.
    `known`: how many events each look knew. `begin`: the first day of use. `sums`: running totals
    of `whole`.
    """

    track: Track
    calendar: Calendar
    at: Floats
    day: Ints
    owner: Ints
    day_after: Floats
    used_after: Floats
    whole: Floats
    looked: Floats
    used: Floats
    known: Ints
    begin: int
    closed: tuple[ClosedPeriod, ...]
    sums: Floats

    @property
    def level(self) -> bool:
        """Whether a day's amount is a level."""
        return not _adds(self.track)

    @property
    def flow(self) -> bool:
        """Whether the days of a period add up to what was used in it."""
        return self.track.kind is MeterKind.RESET and not self.level

    def changes(self) -> tuple[Floats, Floats]:
        """What each day added, complete and as its look knew it."""
        if not self.level:
            return self.whole, self.looked
        before = np.concatenate(([0.0], self.whole[:-1]))
        return self.whole - before, self.looked - before

    def usable(self) -> tuple[Flags, int]:
        """Days a forecast may learn from, and the first day of use."""
        moved = np.flatnonzero(self.changes()[0])
        size = self.calendar.size
        begin = int(moved[0]) if len(moved) else size
        usable = np.zeros(size, dtype=np.bool_)
        # What an account with a level began with is where it starts from, not growth.
        usable[begin + (0 if self.flow else 1) :] = True
        for day in self.track.backfilled:
            index = day.toordinal() - self.calendar.first
            if 0 <= index < size:
                usable[index] = False
        return usable, begin

    def complete(self, policy: ForecastPolicy) -> Ints:
        """At each look, the complete days a forecast could rest on."""
        running = counts(self.usable()[0])
        index = np.arange(self.calendar.size)
        known: Ints = running[:-1] - running[np.maximum(index - policy.history_days, 0)]
        return known

    def ever(self) -> Floats:
        """At each look, how much was counted so far."""
        return np.round(self.sums[:-1] + self.looked, _PLACES)

    def closed_at(self, index: int) -> tuple[ClosedPeriod, ...]:
        """The closed periods a snapshot of this day holds."""
        now = int(self.calendar.period[index])
        first = int(self.calendar.period[min(self.begin, self.calendar.size - 1)])
        return self.closed[max(first, now - CLOSED) : now]

    def use(self, index: int) -> MeterUse:
        """The meter as a snapshot holds it at the day's look."""
        return self._use(index, known=bool(self.known[index]), used=float(self.used[index]))

    def unused(self) -> MeterUse:
        """The meter on its first day, before anything came in."""
        return self._use(0, known=False, used=0.0)

    def _use(self, index: int, *, known: bool, used: float) -> MeterUse:
        start = max(self.begin, index - HISTORY_DAYS + 1)
        daily = self.whole[start : index + 1].copy()
        before = exact(float(self.sums[start])) if start > self.begin else _NONE
        if known:
            daily[-1] = self.looked[index]
        track = self.track
        return MeterUse(
            key=track.key,
            name_one=track.name_one,
            name_other=track.name_other,
            value=track.value,
            kind=track.kind,
            aggregation=track.aggregation,
            meaningful=track.meaningful,
            at_limit=track.at_limit,
            period=self.calendar.of(index),
            used=exact(used),
            limit=track.limit,
            limit_known=track.limit_known,
            next_limit=track.next_limit,
            first_day=self.calendar.date(start) if known else None,
            # An array is read as a tuple is; a replay neither keeps nor compares it.
            daily=cast("tuple[float, ...]", daily) if known else (),
            closed=self.closed_at(index) if known else (),
            backfilled=track.backfilled,
            lower_limit=track.lower_limit,
            before=before,
        )

    def passes(self, index: int, since: float, bar: float) -> tuple[float, int] | None:
        """The first instant after `since`, between a day's look and the next, that reaches `bar`.

        With its day. `index` -1: before the first look.
        """
        low = int(self.known[index]) if index >= 0 else 0
        last = index + 1 >= self.calendar.size
        high = len(self.at) if last else int(self.known[index + 1])
        if low >= high:
            return None
        stop = np.inf if last else self.calendar.looks[index + 1]
        at = self.at[low:high]
        found = np.flatnonzero((self.used_after[low:high] >= bar) & (at > since) & (at < stop))
        if not len(found):
            return None
        event = low + int(found[0])
        return float(self.at[event]), int(self.day[event])


def lay(track: Track, calendar: Calendar) -> Laid:
    """Lay a track out over the days of a calendar; what lies outside them is left out."""
    day = local_days(track.at, calendar.zone) - calendar.first
    inside = (day >= 0) & (day < calendar.size)
    day, at, amount = day[inside], track.at[inside], track.amount[inside]
    values = _day_values(track, day, amount)
    after = _used_after(track, calendar, day, amount, values)
    known = np.searchsorted(at, calendar.looks, side="right")
    days = np.arange(calendar.size)
    ended = np.searchsorted(day, days, side="right")
    whole = _carry(track, _at(values, day, ended, days))
    return Laid(
        track=track,
        calendar=calendar,
        at=at,
        day=day,
        owner=track.owner[inside],
        day_after=values,
        used_after=after,
        whole=whole,
        looked=_looked(track, whole, _at(values, day, known, days)),
        used=_used(track, calendar, after, day, known),
        known=known,
        begin=int(day[0]) if len(day) else calendar.size,
        closed=_closed(track, calendar, after, day, ended),
        sums=totals(whole),
    )


def look_again(laid: Laid, calendar: Calendar) -> Laid:
    """The same days, looked at at other times."""
    days = np.arange(calendar.size)
    known = np.searchsorted(laid.at, calendar.looks, side="right")
    seen = _at(laid.day_after, laid.day, known, days)
    return replace(
        laid,
        calendar=calendar,
        known=known,
        looked=_looked(laid.track, laid.whole, seen),
        used=_used(laid.track, calendar, laid.used_after, laid.day, known),
    )


def _adds(track: Track) -> bool:
    return track.aggregation not in (Aggregation.MAX, Aggregation.LATEST)


def _carried(track: Track) -> bool:
    """Whether a level stays over silent days."""
    return track.aggregation is Aggregation.LATEST or track.kind is MeterKind.CUMULATIVE


def _endless(track: Track, calendar: Calendar) -> bool:
    return track.kind is MeterKind.CUMULATIVE or calendar.kind is PeriodKind.NONE


def _day_values(track: Track, day: Ints, amount: Floats) -> Floats:
    """What each event brought its day to."""
    if track.aggregation is Aggregation.LATEST or not len(day):
        return amount
    if track.aggregation is Aggregation.MAX:
        return _highest_within(amount, day)
    return _sums_within(amount, day)


def _used_after(
    track: Track, calendar: Calendar, day: Ints, amount: Floats, values: Floats
) -> Floats:
    """What each event brought its period to."""
    endless = _endless(track, calendar)
    span = np.zeros(len(day), dtype=np.int64) if endless else calendar.period[day]
    if track.kind is MeterKind.PEAK:
        return _highest_within(values, span)
    if _adds(track):
        return _sums_within(amount, span)
    if track.aggregation is Aggregation.MAX and track.kind is MeterKind.RESET:
        return _highest_within(values, span)
    return values


def _sums_within(amount: Floats, group: Ints) -> Floats:
    """Running sums that begin anew with each group; groups lie together."""
    running = np.cumsum(amount)
    first = _first_within(group)
    return np.round(running - running[first] + amount[first], _PLACES)


def _first_within(group: Ints) -> Ints:
    """For each event the first of its group; groups lie together."""
    index = np.arange(len(group))
    index[1:][group[1:] == group[:-1]] = 0
    first: Ints = np.maximum.accumulate(index)
    return first


def _highest_within(amount: Floats, group: Ints) -> Floats:
    """The highest so far, beginning anew with each group."""
    out = amount.copy()
    edges = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(group)]
    for low, high in pairwise(edges):
        np.maximum.accumulate(amount[low:high], out=out[low:high])
    return out


def _at(values: Floats, day: Ints, count: Ints, days: Ints) -> Floats:
    """Each day's value after `count` events; not a number where none of them was that day's."""
    if not len(values):
        return np.full(len(days), np.nan)
    last = np.maximum(count - 1, 0)
    return np.where((count > 0) & (day[last] == days), values[last], np.nan)


def _carry(track: Track, values: Floats) -> Floats:
    """Silent days filled in: a level that stays is carried, everything else is nothing."""
    if _adds(track) or not _carried(track):
        return np.where(np.isnan(values), 0.0, values)
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    return np.where(last >= 0, values[last], 0.0)


def _looked(track: Track, whole: Floats, values: Floats) -> Floats:
    """Each day as its look knew it."""
    if _adds(track) or not _carried(track):
        return np.where(np.isnan(values), 0.0, values)
    before = np.concatenate(([0.0], whole[:-1]))
    return np.where(np.isnan(values), before, values)


def _used(track: Track, calendar: Calendar, after: Floats, day: Ints, known: Ints) -> Floats:
    """What was used in the period at each look."""
    if not len(after):
        return np.zeros(calendar.size)
    last = np.maximum(known - 1, 0)
    counts = known > 0
    if not _endless(track, calendar):
        counts &= calendar.period[day[last]] == calendar.period
    return np.where(counts, after[last], 0.0)


def _closed(
    track: Track, calendar: Calendar, after: Floats, day: Ints, ended: Ints
) -> tuple[ClosedPeriod, ...]:
    """Every period of the calendar that is over by its last day, in order."""
    if calendar.kind is PeriodKind.NONE:
        return ()
    closed, endless, period = [], _endless(track, calendar), calendar.period
    for number, (start, end) in enumerate(pairwise(calendar.starts.tolist())):
        last_day = end - calendar.first - 1
        if last_day >= calendar.size:
            break
        count = int(ended[last_day]) if last_day >= 0 else 0
        inside = count and (endless or period[day[count - 1]] == number)
        closed.append(
            ClosedPeriod(
                start=date.fromordinal(start),
                end=date.fromordinal(end),
                used=exact(float(after[count - 1])) if inside else _NONE,
                limit=track.limit,
            )
        )
    return tuple(closed)


@lru_cache(maxsize=4096)
def _period(start: int, end: int) -> Period:
    return Period(start=date.fromordinal(start), end=date.fromordinal(end))


def steps(laid: Laid, bars: Floats) -> Flags:
    """Which events brought the period from below one of the bars to it or past it."""
    after = laid.used_after
    if not len(after):
        return np.zeros(0, dtype=np.bool_)
    before = np.concatenate(([0.0], after[:-1]))
    if not _endless(laid.track, laid.calendar):
        period = laid.calendar.period[laid.day]
        before[1:][period[1:] != period[:-1]] = 0.0
    rank_before, rank_after = (np.searchsorted(bars, x, side="right") for x in (before, after))
    stepped: Flags = rank_after > rank_before
    return stepped
