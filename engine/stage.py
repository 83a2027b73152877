"""How far the account has come: recomputed day by day from its history, by evidence, not scores.

Every rule is read for all days at once; a stage is then a latch, set on a day its enter rule holds
and cleared on a day its leave rule does.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import ceil, comb, inf

import numpy as np

from engine.decision import Stage, StageView
from engine.history import MONTH, Flags, Floats, History, Ints, totals
from engine.policy import StagePolicy
from engine.snapshot import Snapshot
from engine.usage import ClosedPeriod

WEEKS = 8
"""Complete weeks (or periods) that consistency looks back on."""
COMMITTED = frozenset((Stage.ADOPTED, Stage.EMBEDDED))
"""The stages from which an account may be asked."""
_ORDER = (Stage.EXPERIMENTING, Stage.LEARNING, Stage.ADOPTED, Stage.EMBEDDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The stage and the figures behind it that moments and gates look at.

    `ratio28`: value in the last 28 days over the 28 before. `since`: sign-up, else first value.
    """

    view: StageView
    since: date | None
    ratio28: float
    gap: int | None

    def age(self, today: date) -> int | None:
        """Days since sign-up; None: nothing known."""
        return None if self.since is None else (today - self.since).days


def standing(snapshot: Snapshot, history: History, policy: StagePolicy) -> Standing:
    """The account's stage today."""
    since = snapshot.account.since or history.first_value
    if not history.value.any() or since is None:
        view = StageView(
            stage=Stage.EXPERIMENTING,
            since=since,
            dormant=False,
            outgrowing=False,
            evidence=(("value_days28", "0"),),
        )
        return Standing(view=view, since=since, ratio28=0.0, gap=None)
    days = _Days(snapshot, history, since)
    stages = _stages(days, policy)
    now = int(stages[-1])
    changed = np.flatnonzero(stages != now)
    start = date.fromordinal(history.first + int(changed[-1]) + 1) if len(changed) else None
    gap, usual = _gaps(history.value)
    view = StageView(
        stage=_ORDER[now],
        since=start or history.first_value,
        dormant=gap > max(policy.dormant_days, policy.dormant_gaps * usual),
        outgrowing=False,
        evidence=(*days.evidence(), ("gap", f"{gap} d (usual {usual:g} d)")),
    )
    return Standing(view=view, since=since, ratio28=float(days.ratio[-1]), gap=gap)


class _Days:
    """The features of every day, as they stood at its end (today: so far)."""

    def __init__(self, snapshot: Snapshot, history: History, since: date) -> None:
        self.value = history.value
        size = len(self.value)
        self.index = np.arange(size)
        self.ordinal = history.first + self.index
        self.age = self.ordinal - since.toordinal()
        self.running = totals(self.value)
        self.days28 = _window(self.running, self.index - MONTH + 1)
        self._read_weeks()
        self._read_periods(snapshot, history)
        self.ratio = _ratio(history)
        self._read_breadth(snapshot, history)
        self.features = max(len(history.by_meter), 1)
        self.integrated = bool(snapshot.account.integrations)

    def _read_weeks(self) -> None:
        week = (self.ordinal - 1) // 7  # Ordinal 1 is a Monday, so these are ISO weeks.
        self.week = week - week[0]
        hits = np.flatnonzero(self.value)
        last = np.full(len(self.value), -1)
        last[hits] = hits
        self.last_value = np.maximum.accumulate(last)
        new = np.zeros(len(self.value), dtype=np.bool_)
        weeks = self.week[hits]
        new[hits[0]] = True
        new[hits[1:]] = weeks[1:] > weeks[:-1]
        self.new_week = totals(new)
        weekly = np.zeros(int(self.week[-1]) + 1, dtype=np.bool_)
        weekly[weeks] = True
        self.weekly = totals(weekly)
        self.weeks8 = self.new_week[1:] - self.weekly[np.maximum(self.week - WEEKS + 1, 0)]
        monday = int(self.ordinal[hits[0]] - 1) % 7 == 0
        first_whole = int(weeks[0]) + (0 if monday else 1)
        self.weeks_seen = np.minimum(np.maximum(self.week - first_whole, 0), WEEKS)
        used = self.weekly[self.week] - self.weekly[np.maximum(self.week - self.weeks_seen, 0)]
        self.weeks_used = used.astype(np.int64)

    def _read_periods(self, snapshot: Snapshot, history: History) -> None:
        closed = _periods(snapshot)
        size = len(self.value)
        starts = np.array([p.start.toordinal() - history.first for p in closed], dtype=np.int64)
        ends = np.array([p.end.toordinal() - history.first for p in closed], dtype=np.int64)
        low, high = np.clip(starts, 0, size), np.clip(ends, 0, size)
        before = np.array([p.end.toordinal() <= history.first and p.used > 0 for p in closed])
        used = (self.running[high] - self.running[low] > 0) | before.astype(np.bool_)
        count = np.searchsorted(ends, self.index, side="right")  # Periods closed by each day.
        padded = np.concatenate((np.zeros(2, dtype=np.bool_), used))
        self.both_periods: Flags = padded[count] & padded[count + 1]
        since_open = np.where(count > 0, np.append(0, high)[count], 0)
        in_open = _window(self.running, since_open) > 0
        self.no_period: Flags = ~padded[count] & ~padded[count + 1] & ~in_open & (count >= 2)
        window = np.concatenate((np.zeros(2, dtype=np.int64), low))
        self.two_periods: Ints = np.where(count >= 2, window[count], 0)
        first_whole = int(np.searchsorted(starts, int(np.flatnonzero(self.value)[0])))
        self.periods_seen = np.minimum(np.maximum(count - first_whole, 0), WEEKS)
        running = totals(used)
        self.periods_used = (running[count] - running[count - self.periods_seen]).astype(np.int64)

    def _read_breadth(self, snapshot: Snapshot, history: History) -> None:
        self.anonymous = not snapshot.user_days
        self.seats = 1 if self.anonymous else snapshot.account.seats
        if self.anonymous:
            hits = np.flatnonzero(self.value)
            pairs = (hits[:-1], hits[1:], np.zeros(max(len(hits) - 1, 0), dtype=np.int64))
        else:
            pairs = _pairs(snapshot, history)
        fast = self.index - MONTH + 1
        self.breadth, self.breadth_slow = (_breadth(*pairs, s) for s in (fast, self.two_periods))
        running = [totals(v) for v in history.by_meter]
        self.depth, self.depth_slow = (
            np.sum([_window(r, s) >= 2 for r in running], axis=0) for s in (fast, self.two_periods)
        )

    def evidence(self) -> tuple[tuple[str, str], ...]:
        """The figures of the last day, as label and value."""
        n, k = int(self.weeks_seen[-1]), int(self.weeks_used[-1])
        people = "one seat: usage carries no user ids" if self.anonymous else str(self.breadth[-1])
        return (
            ("age", f"{self.age[-1]} d"),
            ("value_days28", f"{self.days28[-1]:g}"),
            ("weeks8", f"{self.weeks8[-1]:g}"),
            ("both_periods", "yes" if self.both_periods[-1] else "no"),
            ("consistency", f"{beta20(k, n):.2f} ({k} of {n} weeks)"),
            ("breadth28", people),
            ("depth28", str(self.depth[-1])),
            ("ratio28", f"{self.ratio[-1]:.2f}" if np.isfinite(self.ratio[-1]) else "–"),
        )


def _stages(days: _Days, policy: StagePolicy) -> Ints:
    """0 experimenting ... 3 embedded, for every day."""
    daily = (days.days28 >= policy.rhythm_value_days) & (days.weeks8 >= policy.rhythm_weeks)
    slow = days.both_periods & ~daily
    # Whoever works in periods has no 28 days with two value days: theirs are two periods.
    breadth = np.where(slow, days.breadth_slow, days.breadth)
    depth = np.where(slow, days.depth_slow, days.depth)
    wide = breadth >= (1 if days.seats == 1 else policy.adopted_people)
    rhythm = daily | slow
    enter = (
        rhythm
        & wide
        & (days.age >= policy.onboarding_days)
        & (depth >= min(policy.adopted_features, days.features))
    )
    adopted = _latch(enter, _lasting(~(rhythm & wide), policy.leave_days))

    weekly = _quantiles()[days.weeks_seen, days.weeks_used]
    by_period = _quantiles()[days.periods_seen, days.periods_used]
    consistency = np.where(slow, by_period, weekly)
    seen = np.where(
        slow, days.periods_seen >= policy.embedded_periods, days.weeks_seen >= policy.embedded_weeks
    )
    broad = ceil(policy.embedded_seat_share * (days.seats or 0))
    deep = depth >= min(policy.embedded_features, days.features)
    enter = (
        adopted
        & seen
        & (consistency >= policy.embedded_consistency)
        & (breadth >= (1 if days.seats == 1 else max(policy.embedded_people, broad)))
        & (deep | days.integrated)
        & (days.ratio >= policy.embedded_ratio)
    )
    weak = (consistency < policy.embedded_consistency_leave) | (
        days.ratio < policy.embedded_ratio_leave
    )
    embedded = _latch(enter, _lasting(weak, policy.leave_days) | ~adopted)
    learning = _learning(days, policy)
    stages: Ints = np.where(embedded, 3, np.where(adopted, 2, np.where(learning, 1, 0)))
    return stages


def _learning(days: _Days, policy: StagePolicy) -> Flags:
    """Enough value since the last long silence, or value period after period."""
    hits = np.flatnonzero(days.value)
    start = np.zeros(len(days.value), dtype=np.int64)
    start[hits[0]] = hits[0]
    anew = hits[1:] - hits[:-1] > policy.learning_leave_days
    start[hits[1:][anew]] = hits[1:][anew]
    start = np.maximum.accumulate(start)
    silent = (days.last_value < 0) | (days.index - days.last_value >= policy.learning_leave_days)
    enough = (_window(days.running, start) >= policy.learning_value_days) & (
        _window(days.new_week, start) >= policy.learning_weeks
    )
    return (enough & ~silent) | _latch(days.both_periods, days.no_period)


def _latch(enter: Flags, leave: Flags) -> Flags:
    """On from a day `enter` holds until a day `leave` does; entering wins."""
    index = np.arange(1, len(enter) + 1)
    entered = np.maximum.accumulate(np.where(enter, index, 0))
    left = np.maximum.accumulate(np.where(leave & ~enter, index, 0))
    held: Flags = entered > left
    return held


def _lasting(flags: Flags, days: int) -> Flags:
    """Whether `flags` held on each of the last `days` days."""
    held: Flags = _window(totals(flags), np.arange(len(flags)) - days + 1) >= days
    return held


def _window(running: Floats, start: Ints) -> Floats:
    """Sums from `start` (an index for each day) up to and with each day."""
    sums: Floats = running[1:] - running[np.maximum(start, 0)]
    return sums


def _ratio(history: History) -> Floats:
    """Value of the last 28 days over the 28 before; today, unfinished, counts where it helps."""
    flows = history.flows or (history.value.astype(np.float64),)
    index = np.arange(len(history.value))
    now, then = np.zeros(len(index)), np.zeros(len(index))
    for days in flows:
        running = totals(np.maximum(days, 0.0))
        complete = running[index] - running[np.maximum(index - MONTH, 0)]
        recent = np.maximum(_window(running, index - MONTH + 1), complete)
        past = running[np.maximum(index - MONTH + 1, 0)]
        past = past - running[np.maximum(index - 2 * MONTH + 1, 0)]
        # Each meter weighs by its own size, for a seat and a megabyte are no common unit.
        scale = np.maximum(recent + past, 1e-12) if len(flows) > 1 else 1.0
        now, then = now + recent / scale, then + past / scale
    ratio: Floats = np.where(now > 0, inf, 0.0)
    np.divide(now, then, out=ratio, where=then > 0)
    return ratio


def _pairs(snapshot: Snapshot, history: History) -> tuple[Ints, Ints, Ints]:
    """Each user's neighbouring value days as indices (earlier, later), and whose they are."""
    today = history.today.toordinal()
    rows = [
        (owner, day)
        for owner, user in enumerate(snapshot.user_days)
        for day in (d.toordinal() for d in user.days)
        if history.first <= day <= today
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    owner, day = table[:, 0], table[:, 1] - history.first
    same = owner[1:] == owner[:-1]
    return day[:-1][same], day[1:][same], owner[1:][same]


def _breadth(earlier: Ints, later: Ints, owner: Ints, start: Ints) -> Ints:
    """People with two value days from `start` (never falling, one for each day) to each day."""
    ends = np.searchsorted(start, earlier, side="right")  # First day whose window is past it.
    begins = later.copy()
    if len(owner) > 1:
        again = owner[1:] == owner[:-1]
        begins[1:] = np.where(again, np.maximum(begins[1:], ends[:-1]), begins[1:])
    some = begins < ends
    steps = np.zeros(len(start) + 1, dtype=np.int64)
    np.add.at(steps, begins[some], 1)
    np.add.at(steps, ends[some], -1)
    people: Ints = np.cumsum(steps)[:-1]
    return people


def _periods(snapshot: Snapshot) -> tuple[ClosedPeriod, ...]:
    """The closed periods an account lives by: the longest list of a meaningful meter."""
    lists = (m.closed for m in snapshot.meters if m.meaningful)
    return max(lists, key=len, default=())


def _gaps(value: Flags) -> tuple[int, float]:
    """Days since the last value day, and the gap that nine in ten stayed within."""
    hits = np.flatnonzero(value)
    gap = len(value) - 1 - int(hits[-1])
    gaps = np.sort(hits[1:] - hits[:-1])
    return gap, float(gaps[ceil(0.9 * len(gaps)) - 1]) if len(gaps) else 0.0


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


def onboarded(standing: Standing, policy: StagePolicy) -> date | None:
    """The first day on which the account may count as adopted."""
    return None if standing.since is None else standing.since + timedelta(policy.onboarding_days)
