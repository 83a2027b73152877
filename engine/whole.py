"""What later days know of each day: value, weeks and periods, whole, of all accounts at once.

What holds of a week, or of all days between two period ends, is read once and spread over them.
"""

from functools import cache
from math import comb

import numpy as np

from engine.history import Flags, Floats, Ints, counts
from engine.joined import Figures, Joined

WEEKS = 8
"""Complete weeks (or periods) that consistency looks back on."""


class Whole:
    """The days of accounts each of which has value.

    `hits`: value days; `running`: how many of them lie before each position; `before`: of the same
    account; `value_before`: the last of these, -1 where there is none. Of each meter whose days add
    up `sums`, what came before each day, and `moved`, where each account's first use of it lies.
    """

    def __init__(self, every: Joined) -> None:
        self.all, value = every, every.whole.value
        self.hits = np.flatnonzero(value)
        self.running = counts(value)
        self.earlier_hits = self.running[every.begins[:-1]]
        self.first_hit = self.hits[self.earlier_hits]
        self.before = self.running[:-1] - every.spread(self.earlier_hits)
        last = np.concatenate(([-1], self.hits))[self.running[:-1]]
        self.value_before = np.where(self.before > 0, last, -1)
        self.by_meter = [every.before(days) for days in every.whole.by_meter]
        self.sums = [every.sums_before(np.maximum(days, 0.0)) for days in every.whole.flows]
        self.moved = [_firsts(days != 0, every) for days in every.whole.flows]
        self.weeks = Weeks(self)
        self.periods = Periods(self)
        lines, first = every.lines, np.array([line.first for line in every.lines])
        since = np.array([line.since.toordinal() for line in lines if line.since])
        self.age = every.nth + every.spread(first - since)
        self.seats = every.spread(np.array([float(line.seats or 0) for line in lines]))
        self.integrated = every.spread(np.array([line.integrated for line in lines]))

    def begun(self, silence: int) -> Ints:
        """For each day where the value began that no longer silence has broken since."""
        start = self.all.begin.copy()
        start[self.first_hit] = self.first_hit
        anew = self.hits[1:][np.diff(self.hits) > silence]
        start[anew] = anew
        begun: Ints = np.maximum.accumulate(start)
        return begun


def _firsts(days: Flags, every: Joined) -> Ints:
    """The first of such days from each account's begin on; one past all days for none."""
    found = np.append(np.flatnonzero(days), len(days))
    firsts: Ints = found[counts(days)[every.begins[:-1]]]
    return firsts


class Weeks:
    """ISO weeks, numbered through all accounts.

    Of each day: `of`, its week; `fresh`, whether it is the first of its week that could see value;
    `before`, how many of its account's weeks saw value earlier; `old`, how many of these lie more
    than eight weeks back. Of each week: how many complete ones were `seen` and `used` before it,
    and the `consistency` that speaks of.
    """

    def __init__(self, whole: Whole) -> None:
        every = whole.all
        first = np.array([line.first for line in every.lines], dtype=np.int64)
        into = (first - 1) % 7  # Ordinal 1 is a Monday.
        number = every.nth + every.spread(into)
        week = number // 7
        size = (every.sizes - 1 + into) // 7 + 1
        begins = np.cumsum(size) - size
        self.of = week + every.spread(begins)
        gap = every.index - whole.value_before
        self.fresh: Flags = (whole.value_before < 0) | (gap > number - 7 * week)
        new = every.whole.value & self.fresh
        self.before = every.before(new)
        saw = np.zeros(int(size.sum()), dtype=np.bool_)
        saw[self.of[np.flatnonzero(new)]] = True
        running, number = counts(saw), np.arange(len(saw))
        first_week = np.repeat(begins, size)
        old = running[np.maximum(number - WEEKS + 1, first_week)] - running[first_week]
        self.old = old[self.of]
        # A week that began before the first value is no complete one.
        begun = whole.first_hit - every.begins[:-1] + into
        first_complete = np.repeat(begins + (begun + 6) // 7, size)
        self.seen = np.clip(number - first_complete, 0, WEEKS)
        self.used = running[number] - running[number - self.seen]
        self.consistency = _quantiles()[self.seen, self.used]

    def spread(self, of_weeks: Flags) -> Flags:
        """One answer a week as one a day."""
        of_days: Flags = of_weeks[self.of]
        return of_days


class Periods:
    """Stretches of days between the ends of closed periods: those before the first, and so on.

    Of each stretch: `begins`, its first day; `two_back`, the first day of the last two closed
    periods; how many complete ones were `seen` and `used` before it, and the `consistency` that
    speaks of. Of each day: `both`, whether the last two saw value; `none`, whether neither did.
    """

    def __init__(self, whole: Whole) -> None:
        every, accounts = whole.all, len(whole.all.lines)
        closed = [(n, line.first, p) for n, line in enumerate(every.lines) for p in line.closed]
        owner = np.array([n for n, _, _ in closed], dtype=np.int64)
        starts = np.array([p.start.toordinal() - first for _, first, p in closed], dtype=np.int64)
        ends = np.array([p.end.toordinal() - first for _, first, p in closed], dtype=np.int64)
        offset, size = every.begins[owner], every.sizes[owner]
        low, high = offset + np.clip(starts, 0, size), offset + np.clip(ends, 0, size)
        unseen = (ends <= 0) & np.array([p.used > 0 for _, _, p in closed], dtype=np.bool_)
        used = (whole.running[high] - whole.running[low] > 0) | unseen
        # A stretch before the first end of each account, and one from each end on.
        of_account = np.bincount(owner, minlength=accounts) + 1
        account = np.repeat(np.arange(accounts), of_account)
        head = (np.cumsum(of_account) - of_account)[account]
        count = np.arange(len(account)) - head
        last = np.arange(len(account)) - account - 1
        self.begins = every.begins[account]
        self.begins[count > 0] = high
        self._days = np.diff(np.append(self.begins, every.begins[-1]))
        last_used, one_before = (
            (count > back) & np.append(used, False)[np.maximum(last - back, -1)] for back in (0, 1)
        )
        self.both = self.spread(last_used & one_before)
        self.none = self.spread(~last_used & ~one_before & (count >= 2))
        two_back = np.append(low, 0)[np.maximum(last - 1, -1)]
        self.two_back: Ints = np.where(count >= 2, two_back, every.begins[account])
        partial = starts < (whole.first_hit - every.begins[:-1])[owner]
        first_complete = np.bincount(owner[partial], minlength=accounts)[account]
        self.seen = np.clip(count - first_complete, 0, WEEKS)
        running = counts(used)
        self.used = running[last + 1] - running[last + 1 - self.seen]
        self.consistency = _quantiles()[self.seen, self.used]

    def spread(self, of_stretches: Figures) -> Figures:
        """One figure a stretch as one a day."""
        return np.repeat(of_stretches, self._days)


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
