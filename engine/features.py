"""The figures a stage is read from, for every day of every account at once.

A day's own value is what was seen of it when it was looked at; every day before counts whole.
"""

from math import ceil, inf

import numpy as np

from engine.history import MONTH, Flags, Floats, Ints
from engine.joined import Joined, Seen
from engine.whole import Whole, beta20

_FAR = np.iinfo(np.int64).max


class Days:
    """The features of every day, as they stood when it was looked at."""

    def __init__(self, whole: Whole, every: Joined, seen: Seen) -> None:
        """`every`: the accounts as they were looked at, `seen` one of its two sides."""
        self.whole, self.all, self.seen = whole, every, seen.value
        self.index = self.all.index
        self.days28 = whole.before - self.all.earlier(whole.before, MONTH - 1) + self.seen
        self.last_value = np.maximum(whole.value_before, (self.index + 1) * self.seen - 1)
        self.gap = self.index - self.last_value  # Days since the last value day.
        self._new_week = self.seen & whole.weeks.fresh
        self.weeks8 = whole.weeks.before + self._new_week - whole.weeks.old
        open_now = self._since_stretch(whole.before, whole.periods.begins, self.seen)
        self.no_period = whole.periods.none & (open_now == 0)
        self.ratio = _ratio(whole, seen)
        self._read_people(seen)
        self._read_meters(seen)

    def value_since(self, start: Ints) -> Ints:
        """Value days from `start` (a position for each day) up to and with each day."""
        return self.whole.before - self.whole.before[start] + self.seen

    def weeks_since(self, start: Ints) -> Ints:
        """ISO weeks that first saw value from `start` on, up to and with each day."""
        before = self.whole.weeks.before
        return before - before[start] + self._new_week

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

    def usual_gap(self, index: int) -> float:
        """The gap between value days that nine in ten stayed within, as known on a day."""
        whole = self.whole
        low, high = (int(whole.running[at]) for at in (self.all.begin[index], index))
        gaps = np.diff(whole.hits[low:high])
        if low < high and self.seen[index]:
            # Also where it was undone later: value as it was seen.
            gaps = np.append(gaps, index - int(whole.value_before[index]))
        if not len(gaps):
            return 0.0
        return float(np.sort(gaps)[ceil(0.9 * len(gaps)) - 1])

    def _since_stretch(self, before: Ints, begins: Ints, now: Flags) -> Ints:
        """What came in from a day on that all days of a stretch between period ends share."""
        at_begin = before[np.minimum(begins, len(before) - 1)]
        return before - self.whole.periods.spread(at_begin) + now

    def _read_people(self, seen: Seen) -> None:
        every, whole = self.all, self.whole
        complete = seen is every.whole
        rows = [line.users for line in every.lines]
        account = np.repeat(np.arange(len(rows)), [len(one.day) for one in rows])
        heads = np.cumsum([0, *(int(one.owner.max(initial=-1)) + 1 for one in rows[:-1])])
        owner = np.concatenate([one.owner for one in rows]) + heads[account]
        day = np.concatenate([one.day for one in rows]) + every.begins[account]
        early = np.concatenate([one.early for one in rows]) | complete
        # Before anybody is named, the account counts as one seat.
        named = np.full(len(rows), _FAR)
        np.minimum.at(named, account, np.where(early, day, day + 1))
        self.anonymous = self.index < every.spread(named)
        hits, whose = whole.hits, np.diff(np.append(whole.earlier_hits, len(whole.hits)))
        some = np.flatnonzero(hits < np.repeat(named, whose))
        hits, whose = hits[some], np.repeat(np.arange(len(rows)), whose)[some]
        alone = _Pairs(whose, whose, hits, self.seen[hits] | complete)
        self.breadth, self.breadth_slow = alone.breadth(whole)
        if len(day):
            users = _Pairs(owner, account, day, early).breadth(whole)
            self.breadth = np.where(self.anonymous, self.breadth, users[0])
            self.breadth_slow = np.where(self.anonymous, self.breadth_slow, users[1])

    def _read_meters(self, seen: Seen) -> None:
        whole, size = self.whole, len(self.index)
        self.depth, self.depth_slow, self.features = np.zeros((3, size), dtype=np.int64)
        for before, now in zip(whole.by_meter, seen.by_meter, strict=True):
            self.depth += before - self.all.earlier(before, MONTH - 1) + now >= 2
            self.depth_slow += self._since_stretch(before, whole.periods.two_back, now) >= 2
            self.features += (before > 0) | now
        np.maximum(self.features, 1, out=self.features)

    def evidence(self, index: int) -> tuple[tuple[str, str], ...]:
        """The figures of one day, as label and value."""
        weeks, week = self.whole.weeks, self.whole.weeks.of[index]
        n, k = int(weeks.seen[week]), int(weeks.used[week])
        alone = bool(self.anonymous[index])
        people = "one_seat" if alone else str(self.breadth[index])
        ratio = float(self.ratio[index])
        return (
            ("age", f"{self.whole.age[index]} d"),
            ("value_days28", f"{self.days28[index]}"),
            ("weeks8", f"{self.weeks8[index]}"),
            ("both_periods", "yes" if self.whole.periods.both[index] else "no"),
            ("consistency", f"{beta20(k, n):.2f} ({k} of {n} weeks)"),
            ("breadth28", people),
            ("depth28", str(self.depth[index])),
            ("ratio28", f"{ratio:.2f}" if np.isfinite(ratio) else "–"),
        )


class _Pairs:
    """Neighbouring value days of the same person; `early`: whether the later was seen on its day.

    An account of which nobody is named counts as a person.
    """

    def __init__(self, owner: Ints, account: Ints, day: Ints, early: Flags) -> None:
        same = owner[1:] == owner[:-1]
        self.account, self.earlier, self.later = account[1:][same], day[:-1][same], day[1:][same]
        self.early, self.again = early[1:][same], owner[1:][same]

    def breadth(self, whole: Whole) -> tuple[Ints, Ints]:
        """People with two value days, in the last 28 days and in the last two closed periods."""
        every, periods = whole.all, whole.periods
        end = every.begins[self.account + 1]
        month = np.minimum(self.earlier + MONTH, end)
        past = np.searchsorted(periods.two_back, self.earlier, side="right")
        two_periods = np.append(periods.begins, len(every.index))[past]
        return self._people(month, every), self._people(two_periods, every)

    def _people(self, ends: Ints, every: Joined) -> Ints:
        """How many have two value days in a window, that `ends` where it has left the earlier."""
        begins = self.later + ~self.early
        if len(begins) > 1:
            again = self.again[1:] == self.again[:-1]
            begins[1:] = np.where(again, np.maximum(begins[1:], ends[:-1]), begins[1:])
        some, size = begins < ends, len(every.index) + 1
        steps = np.bincount(begins[some], minlength=size) - np.bincount(ends[some], minlength=size)
        people: Ints = np.cumsum(steps)[:-1]
        return people


def _ratio(whole: Whole, seen: Seen) -> Floats:
    """Value of the last 28 days over the 28 before; today, unfinished, counts where it helps."""
    every = whole.all
    moved = np.zeros(len(every.index), dtype=np.bool_)
    for first, today in zip(whole.moved, seen.flows, strict=True):
        moved |= (every.index > every.spread(first)) | (today != 0)
    several = np.array([len(line.whole.flows) > 1 for line in every.lines])
    ratio = _ratio_of(every, whole.sums, seen.flows, several)
    # As long as nothing adds up, value days are counted.
    counted = ~moved & ((whole.before > 0) | seen.value)
    if not counted.any():
        return ratio
    by_day = [whole.before.astype(np.float64)], (seen.value.astype(np.float64),)
    return np.where(moved, ratio, _ratio_of(every, *by_day, np.zeros_like(several)))


def _ratio_of(
    every: Joined, sums: list[Floats], seen: tuple[Floats, ...], several: Flags
) -> Floats:
    size = len(every.index)
    now, then, weighed = np.zeros(size), np.zeros(size), every.spread(several)
    for before, today in zip(sums, seen, strict=True):
        month, two = every.earlier(before, MONTH - 1), every.earlier(before, 2 * MONTH - 1)
        complete = before - every.earlier(before, MONTH)
        recent = np.maximum(before - month + np.maximum(today, 0.0), complete)
        past = month - two
        if several.any():
            # Each meter weighs by its own size, for a seat and a megabyte are no common unit.
            scale = np.where(weighed, np.maximum(recent + past, 1e-12), 1.0)
            recent, past = recent / scale, past / scale
        now, then = now + recent, then + past
    ratio: Floats = np.where(now > 0, inf, 0.0)
    np.divide(now, then, out=ratio, where=then > 0)
    return ratio
