"""The figures a stage is read from, for every day of every account at once.

A day's own value is what was seen of it when it was looked at; every day before counts whole.
"""

from functools import cache
from math import ceil, comb, inf

import numpy as np

from engine.history import MONTH, Flags, Floats, Ints, totals
from engine.joined import Joined, Seen

WEEKS = 8
"""Complete weeks (or periods) that consistency looks back on."""
_FAR = np.iinfo(np.int64).max


class Days:
    """The features of every day, as they stood when it was looked at; each account has value."""

    def __init__(self, all_days: Joined, seen: Seen) -> None:
        self.all, self.seen = all_days, seen.value
        self.index = np.arange(len(seen.value))
        whole = all_days.whole.value
        self.hits = np.flatnonzero(whole)
        self.first_hit = self.hits[np.searchsorted(self.hits, all_days.begins[:-1])]
        lines = all_days.lines
        since = all_days.of_each([line.since.toordinal() for line in lines if line.since])
        self.age = all_days.ordinal - since.astype(np.int64)
        self.seats = all_days.of_each([line.seats or 0 for line in lines])
        self.integrated = all_days.of_each([line.integrated for line in lines]) > 0
        self._running = totals(whole)
        self._before = all_days.before(whole)
        self.days28 = self.days_since(self.index - MONTH + 1)
        self._read_weeks()
        self._read_periods()
        self.gap = self.index - self.last_value  # Days since the last value day.
        self.ratio = _ratio(all_days, seen)
        self._read_people(seen)
        self._read_meters(seen)

    def days_since(self, start: Ints) -> Floats:
        """Value days from `start` (an index for each day) up to and with each day."""
        return _window(self.all, self._before, start, self.seen)

    def weeks_since(self, start: Ints) -> Floats:
        """ISO weeks that first saw value from `start` on, up to and with each day."""
        return _window(self.all, self._new_weeks, start, self._new_week)

    def has_rhythm(self, value_days: int, weeks: int) -> Flags:
        """Whether so many of the last 28 days had value, in so many of the last weeks."""
        rhythm: Flags = (self.days28 >= value_days) & (self.weeks8 >= weeks)
        return rhythm

    def had_rhythm(self, value_days: int, weeks: int) -> Flags:
        """The same without what came in on the day itself."""
        before: Flags = (self.days28 - self.seen >= value_days) & (
            self.weeks8 - self._new_week >= weeks
        )
        return before

    def begun(self, silence: int) -> Ints:
        """For each whole day where the value began that no longer silence has broken since."""
        start = self.all.begin.copy()
        start[self.first_hit] = self.first_hit
        anew = self.hits[1:][self.hits[1:] - self.hits[:-1] > silence]
        start[anew] = anew
        begun: Ints = np.maximum.accumulate(start)
        return begun

    def usual_gap(self, index: int) -> float:
        """The gap between value days that nine in ten stayed within, as known on a day."""
        low, high = (int(self._running[at]) for at in (self.all.begin[index], index))
        gaps = np.diff(self.hits[low:high])
        if low < high and self.seen[index]:
            # Also where it was undone later: value as it was seen.
            gaps = np.append(gaps, index - int(self.value_before[index]))
        if not len(gaps):
            return 0.0
        return float(np.sort(gaps)[ceil(0.9 * len(gaps)) - 1])

    def _read_weeks(self) -> None:
        whole, ordinal, begin = self.all.whole.value, self.all.ordinal, self.all.begin
        latest = np.maximum.accumulate(np.where(whole, self.index, -1))
        before = np.concatenate(([-1], latest[:-1]))
        self.value_before = np.where(before >= begin, before, -1)
        self.last_value = np.where(self.seen, self.index, self.value_before)
        week = (ordinal - 1) // 7  # Ordinal 1 is a Monday, so these are ISO weeks.
        first_week = self._number_from(week)
        week = week - week[begin] + first_week
        first = (self.value_before < 0) | (week[self.value_before] < week)
        self._new_week, new = self.seen & first, whole & first
        self._new_weeks = self.all.before(new)
        weekly = np.zeros(int(week[-1]) + 1, dtype=np.bool_)
        weekly[week[self.hits]] = True
        of_weeks = totals(weekly)
        so_far = of_weeks[first_week] + self._new_weeks + self._new_week
        self.weeks8 = so_far - of_weeks[np.maximum(week - WEEKS + 1, first_week)]
        monday = (ordinal[self.first_hit] - 1) % 7 == 0
        first_whole = (week[self.first_hit] + np.where(monday, 0, 1))[self.all.account]
        self.weeks_seen = np.clip(week - first_whole, 0, WEEKS)
        used = of_weeks[week] - of_weeks[week - self.weeks_seen]
        self.weeks_used = used.astype(np.int64)
        self.weekly_consistency = _quantiles()[self.weeks_seen, self.weeks_used]

    def _number_from(self, week: Ints) -> Ints:
        """The number of each account's first week, where weeks are numbered through, by day."""
        begins = self.all.begins
        count = week[begins[1:] - 1] - week[begins[:-1]] + 1
        numbers: Ints = (np.cumsum(count) - count)[self.all.account]
        return numbers

    def _read_periods(self) -> None:
        every, begin = self.all, self.all.begin
        closed = [(n, line.first, p) for n, line in enumerate(every.lines) for p in line.closed]
        owner = np.array([n for n, _, _ in closed], dtype=np.int64)
        offset = every.begins[owner]
        size = every.begins[owner + 1] - offset
        starts = np.array([p.start.toordinal() - first for _, first, p in closed], dtype=np.int64)
        ends = np.array([p.end.toordinal() - first for _, first, p in closed], dtype=np.int64)
        low, high = offset + np.clip(starts, 0, size), offset + np.clip(ends, 0, size)
        unseen = (ends <= 0) & np.array([p.used > 0 for _, _, p in closed], dtype=np.bool_)
        used = (self._running[high] - self._running[low] > 0) | unseen
        # Periods of the accounts before, and those of its own that are closed by each day.
        earlier = np.searchsorted(owner, np.arange(len(every.lines)))[every.account]
        count = np.searchsorted(high, self.index, side="right") - earlier
        last = np.maximum(earlier + count - 1, 0)
        last_used, one_before = (
            (count > back) & np.append(used, False)[np.maximum(last - back, 0)] for back in (0, 1)
        )
        self.both_periods: Flags = last_used & one_before
        in_open = self.days_since(np.where(count > 0, np.append(high, 0)[last], begin)) > 0
        self.no_period: Flags = ~last_used & ~one_before & ~in_open & (count >= 2)
        two_back = np.append(low, 0)[np.maximum(last - 1, 0)]
        self.two_periods: Ints = np.where(count >= 2, two_back, begin)
        partial = starts < (self.first_hit - every.begins[:-1])[owner]
        first_whole = np.bincount(owner[partial], minlength=len(every.lines))[every.account]
        self.periods_seen = np.clip(count - first_whole, 0, WEEKS)
        running, until = totals(used), earlier + count
        self.periods_used = (running[until] - running[until - self.periods_seen]).astype(np.int64)
        self.periodic_consistency = _quantiles()[self.periods_seen, self.periods_used]

    def _read_people(self, seen: Seen) -> None:
        hits, account = self.hits, self.all.account
        complete = seen is self.all.whole
        fast, slow = self.index - MONTH + 1, self.two_periods
        fast = np.maximum(fast, self.all.begin)
        same = account[hits[1:]] == account[hits[:-1]]
        alone = hits[:-1][same], hits[1:][same], account[hits[1:][same]]
        early = self.seen[hits[1:][same]] | complete
        self.breadth, self.breadth_slow = (_breadth(*alone, early, s) for s in (fast, slow))
        # Before anybody is named, the account counts as one seat.
        named = np.full(len(self.all.lines), _FAR)
        owner, day, known_early = self._users(complete)
        np.minimum.at(named, account[day], np.where(known_early, day, day + 1))
        self.anonymous = self.index < named[account]
        if not len(day):
            return
        same = owner[1:] == owner[:-1]
        users = day[:-1][same], day[1:][same], owner[1:][same]
        breadth, breadth_slow = (_breadth(*users, known_early[1:][same], s) for s in (fast, slow))
        self.breadth = np.where(self.anonymous, self.breadth, breadth)
        self.breadth_slow = np.where(self.anonymous, self.breadth_slow, breadth_slow)

    def _users(self, complete: bool) -> tuple[Ints, Ints, Flags]:
        """Users' value days: whose, which, and whether it was known when the day was looked at."""
        rows = [line.users for line in self.all.lines]
        heads = np.cumsum([0, *(int(one.owner.max(initial=-1)) + 1 for one in rows[:-1])])
        begins = self.all.begins.tolist()
        owner = np.concatenate([one.owner + head for one, head in zip(rows, heads, strict=True)])
        day = np.concatenate([one.day + b for one, b in zip(rows, begins, strict=False)])
        early = np.concatenate([one.early for one in rows])
        return owner.astype(np.int64), day.astype(np.int64), early | complete

    def _read_meters(self, seen: Seen) -> None:
        fast, slow = self.index - MONTH + 1, self.two_periods
        self.depth, self.depth_slow = (np.zeros(len(self.index), dtype=np.int64) for _ in "12")
        self.features = np.zeros(len(self.index), dtype=np.int64)
        for whole, now in zip(self.all.whole.by_meter, seen.by_meter, strict=True):
            before = self.all.before(whole)
            self.depth += _window(self.all, before, fast, now) >= 2
            self.depth_slow += _window(self.all, before, slow, now) >= 2
            self.features += (before > 0) | now
        np.maximum(self.features, 1, out=self.features)

    def evidence(self, index: int) -> tuple[tuple[str, str], ...]:
        """The figures of one day, as label and value."""
        n, k = int(self.weeks_seen[index]), int(self.weeks_used[index])
        alone = bool(self.anonymous[index])
        people = "one_seat" if alone else str(self.breadth[index])
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


def _window(every: Joined, before: Floats, start: Ints, seen: Flags | Floats) -> Floats:
    """Sums from `start` (an index for each day) to each day, of which `seen` is known."""
    sums: Floats = before - before[np.maximum(start, every.begin)] + seen
    return sums


def _ratio(every: Joined, seen: Seen) -> Floats:
    """Value of the last 28 days over the 28 before; today, unfinished, counts where it helps."""
    size = len(seen.value)
    moved = np.zeros(size, dtype=np.bool_)
    for days, today in zip(every.whole.flows, seen.flows, strict=True):
        moved |= (every.before(days != 0) > 0) | (today != 0)
    several = every.of_each([len(line.whole.flows) > 1 for line in every.lines]) > 0
    ratio = _ratio_of(every, every.whole.flows, seen.flows, several)
    if moved.all():
        return ratio
    # As long as nothing adds up, value days are counted.
    value = (every.whole.value.astype(float),), (seen.value.astype(float),)
    by_day = _ratio_of(every, *value, np.zeros(size, dtype=np.bool_))
    return np.where(moved, ratio, by_day)


def _ratio_of(
    every: Joined, flows: tuple[Floats, ...], now_flows: tuple[Floats, ...], several: Flags
) -> Floats:
    index = np.arange(len(every.account))
    now, then = np.zeros(len(index)), np.zeros(len(index))
    for days, today in zip(flows, now_flows, strict=True):
        before = every.sums_before(np.maximum(days, 0.0))
        month, two = (
            before[np.maximum(index - back, every.begin)] for back in (MONTH - 1, 2 * MONTH - 1)
        )
        complete = before - before[np.maximum(index - MONTH, every.begin)]
        recent = np.maximum(before - month + np.maximum(today, 0.0), complete)
        past = month - two
        # Each meter weighs by its own size, for a seat and a megabyte are no common unit.
        scale = np.where(several, np.maximum(recent + past, 1e-12), 1.0)
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
