"""The figures a stage is read from, for every day at once.

A day's own value is what was seen of it when it was looked at; every day before counts whole.
"""

from datetime import date
from functools import cache
from math import ceil, comb, inf

import numpy as np

from engine.history import MONTH, Flags, Floats, Ints, totals
from engine.timeline import Days as Seen
from engine.timeline import Timeline

WEEKS = 8
"""Complete weeks (or periods) that consistency looks back on."""


class Days:
    """The features of every day, as they stood when it was looked at."""

    def __init__(self, line: Timeline, seen: Seen, since: date) -> None:
        self.line, self.seen = line, seen.value
        self.index = np.arange(len(seen.value))
        ordinal = line.first + self.index
        self.age = ordinal - since.toordinal()
        self.integrated, self.seats = line.integrated, line.seats
        self.hits = np.flatnonzero(line.whole.value)
        self._read_value(ordinal)
        self._read_periods()
        self.gap = self.index - self.last_value  # Days since the last value day.
        self.ratio = _ratio(line.whole, seen)
        self._read_people(seen)
        self._read_meters(seen)

    def days_since(self, start: Ints) -> Floats:
        """Value days from `start` (an index for each day) up to and with each day."""
        return _window(self._running, start, self.seen)

    def weeks_since(self, start: Ints) -> Floats:
        """ISO weeks that first saw value from `start` on, up to and with each day."""
        return _window(self._new_weeks, start, self._new_week)

    def begun(self, silence: int) -> Ints:
        """For each whole day where the value began that no longer silence has broken since."""
        start = np.zeros(len(self.index), dtype=np.int64)
        start[self.hits[0]] = self.hits[0]
        anew = self.hits[1:][self.hits[1:] - self.hits[:-1] > silence]
        start[anew] = anew
        begun: Ints = np.maximum.accumulate(start)
        return begun

    def _read_value(self, ordinal: Ints) -> None:
        whole = self.line.whole.value
        self._running = totals(whole)
        self.days28 = self.days_since(self.index - MONTH + 1)
        last = np.where(whole, self.index, -1)
        self.value_before = np.concatenate(([-1], np.maximum.accumulate(last)[:-1]))
        self.last_value = np.where(self.seen, self.index, self.value_before)
        week = (ordinal - 1) // 7  # Ordinal 1 is a Monday, so these are ISO weeks.
        week -= week[0]
        first = (self.value_before < 0) | (week[self.value_before] < week)
        self._new_week, new = self.seen & first, whole & first
        self._new_weeks = totals(new)
        weekly = np.zeros(int(week[-1]) + 1, dtype=np.bool_)
        weekly[week[self.hits]] = True
        of_weeks = totals(weekly)
        so_far = self._new_weeks[:-1] + self._new_week
        self.weeks8 = so_far - of_weeks[np.maximum(week - WEEKS + 1, 0)]
        monday = int(ordinal[self.hits[0]] - 1) % 7 == 0
        first_whole = int(week[self.hits[0]]) + (0 if monday else 1)
        self.weeks_seen = np.clip(week - first_whole, 0, WEEKS)
        used = of_weeks[week] - of_weeks[np.maximum(week - self.weeks_seen, 0)]
        self.weeks_used = used.astype(np.int64)
        self.weekly_consistency = _quantiles()[self.weeks_seen, self.weeks_used]

    def _read_periods(self) -> None:
        closed, size = self.line.closed, len(self.index)
        starts = np.array([p.start.toordinal() - self.line.first for p in closed], dtype=np.int64)
        ends = np.array([p.end.toordinal() - self.line.first for p in closed], dtype=np.int64)
        low, high = np.clip(starts, 0, size), np.clip(ends, 0, size)
        before = np.array([p.end.toordinal() <= self.line.first and p.used > 0 for p in closed])
        used = (self._running[high] - self._running[low] > 0) | before.astype(np.bool_)
        count = np.searchsorted(ends, self.index, side="right")  # Periods closed by each day.
        padded = np.concatenate((np.zeros(2, dtype=np.bool_), used))
        self.both_periods: Flags = padded[count] & padded[count + 1]
        since_open = np.where(count > 0, np.append(0, high)[count], 0)
        in_open = self.days_since(since_open) > 0
        self.no_period: Flags = ~padded[count] & ~padded[count + 1] & ~in_open & (count >= 2)
        window = np.concatenate((np.zeros(2, dtype=np.int64), low))
        self.two_periods: Ints = np.where(count >= 2, window[count], 0)
        first_whole = int(np.searchsorted(starts, int(self.hits[0])))
        self.periods_seen = np.clip(count - first_whole, 0, WEEKS)
        running = totals(used)
        self.periods_used = (running[count] - running[count - self.periods_seen]).astype(np.int64)
        self.periodic_consistency = _quantiles()[self.periods_seen, self.periods_used]

    def usual_gap(self, index: int) -> float:
        """The gap between value days that nine in ten stayed within, as known on a day."""
        before = int(self._running[index])
        gaps = np.diff(self.hits[:before])
        if before and self.seen[index]:
            # Also where it was undone later: value as it was seen.
            gaps = np.append(gaps, index - int(self.value_before[index]))
        if not len(gaps):
            return 0.0
        return float(np.sort(gaps)[ceil(0.9 * len(gaps)) - 1])

    def _read_people(self, seen: Seen) -> None:
        users = self.line.users
        # Before anybody is named, the account counts as one seat.
        known = np.where(users.early | (seen is self.line.whole), users.day, users.day + 1)
        self.anonymous = self.index < int(known.min(initial=len(self.index)))
        hits = self.hits
        nobody = np.zeros(max(len(hits) - 1, 0), dtype=np.int64)
        early = self.seen[hits[1:]]
        fast, slow = self.index - MONTH + 1, self.two_periods
        alone = [_breadth(hits[:-1], hits[1:], nobody, early, s) for s in (fast, slow)]
        if len(users.day):
            same = users.owner[1:] == users.owner[:-1]
            pairs = users.day[:-1][same], users.day[1:][same], users.owner[1:][same]
            early = users.early[1:][same] | (seen is self.line.whole)
            named = [_breadth(*pairs, early, s) for s in (fast, slow)]
            alone = [np.where(self.anonymous, *both) for both in zip(alone, named, strict=True)]
        self.breadth, self.breadth_slow = alone

    def _read_meters(self, seen: Seen) -> None:
        fast, slow = self.index - MONTH + 1, self.two_periods
        self.depth, self.depth_slow = (np.zeros(len(self.index), dtype=np.int64) for _ in "12")
        self.features = np.zeros(len(self.index), dtype=np.int64)
        for whole, now in zip(self.line.whole.by_meter, seen.by_meter, strict=True):
            running = totals(whole)
            self.depth += _window(running, fast, now) >= 2
            self.depth_slow += _window(running, slow, now) >= 2
            self.features += (running[:-1] > 0) | now
        np.maximum(self.features, 1, out=self.features)

    def evidence(self, index: int) -> tuple[tuple[str, str], ...]:
        """The figures of one day, as label and value."""
        n, k = int(self.weeks_seen[index]), int(self.weeks_used[index])
        alone = bool(self.anonymous[index])
        people = "one seat: usage carries no user ids" if alone else str(self.breadth[index])
        ratio = float(self.ratio[index])
        return (
            ("age", f"{self.age[index]} d"),
            ("value_days28", f"{self.days28[index]:g}"),
            ("weeks8", f"{self.weeks8[index]:g}"),
            ("both_periods", "yes" if self.both_periods[index] else "no"),
            ("consistency", f"{beta20(k, n):.2f} ({k} of {n} weeks)"),
            ("breadth28", people),
            ("depth28", str(self.depth[index])),
            ("ratio28", f"{ratio:.2f}" if np.isfinite(ratio) else "–"),
        )


def _window(running: Floats, start: Ints, seen: Flags | Floats) -> Floats:
    """Sums from `start` (an index for each day) to each day, of which `seen` is known."""
    sums: Floats = running[:-1] - running[np.maximum(start, 0)] + seen
    return sums


def _ratio(whole: Seen, seen: Seen) -> Floats:
    """Value of the last 28 days over the 28 before; today, unfinished, counts where it helps."""
    index = np.arange(len(whole.value))
    moved = np.zeros(len(index), dtype=np.bool_)
    for days, today in zip(whole.flows, seen.flows, strict=True):
        moved |= (totals(days != 0)[:-1] > 0) | (today != 0)
    ratio = _ratio_of(whole.flows, seen.flows, index)
    if moved.all():
        return ratio
    # As long as nothing adds up, value days are counted.
    by_day = _ratio_of((whole.value.astype(float),), (seen.value.astype(float),), index)
    return np.where(moved, ratio, by_day)


def _ratio_of(flows: tuple[Floats, ...], now_flows: tuple[Floats, ...], index: Ints) -> Floats:
    now, then = np.zeros(len(index)), np.zeros(len(index))
    for days, today in zip(flows, now_flows, strict=True):
        running = totals(np.maximum(days, 0.0))
        complete = running[index] - running[np.maximum(index - MONTH, 0)]
        so_far = np.maximum(today, 0.0)
        recent = np.maximum(_window(running, index - MONTH + 1, so_far), complete)
        past = running[np.maximum(index - MONTH + 1, 0)]
        past = past - running[np.maximum(index - 2 * MONTH + 1, 0)]
        # Each meter weighs by its own size, for a seat and a megabyte are no common unit.
        scale = np.maximum(recent + past, 1e-12) if len(flows) > 1 else 1.0
        now, then = now + recent / scale, then + past / scale
    ratio: Floats = np.where(now > 0, inf, 0.0)
    np.divide(now, then, out=ratio, where=then > 0)
    return ratio


def _breadth(earlier: Ints, later: Ints, owner: Ints, early: Flags, start: Ints) -> Ints:
    """People with two value days from `start` (never falling, one for each day) to each day.

    `early`: whether the later of two neighbouring value days was seen on its own day.
    """
    ends = np.searchsorted(start, earlier, side="right")  # First day whose window is past it.
    begins = np.where(early, later, later + 1)
    if len(owner) > 1:
        again = owner[1:] == owner[:-1]
        begins[1:] = np.where(again, np.maximum(begins[1:], ends[:-1]), begins[1:])
    some = begins < ends
    steps = np.zeros(len(start) + 1, dtype=np.int64)
    np.add.at(steps, begins[some], 1)
    np.add.at(steps, ends[some], -1)
    people: Ints = np.cumsum(steps)[:-1]
    return people


@cache
def beta20(k: int, n: int) -> float:
    """The 20 % quantile of Beta(1 + k, 2 + n - k): small samples count against."""
    a, b = 1 + k, 2 + n - k
    m = a + b - 1

    def below(x: float) -> float:
        return sum(comb(m, j) * x**j * (1 - x) ** (m - j) for j in range(a, m + 1))

    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < 0.2 else (low, middle)
    return low


@cache
def _quantiles() -> Floats:
    size = range(WEEKS + 1)
    return np.array([[beta20(k, n) if k <= n else 0.0 for k in size] for n in size])
