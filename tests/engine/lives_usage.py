"""What a made-up account uses of one meter: an amount a local day, read as the store reads it."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from engine.snapshot import PlanChange
from engine.usage import (
    Aggregation,
    AtLimit,
    ClosedPeriod,
    MeterKind,
    MeterUse,
    Period,
    PeriodKind,
    period_of,
    previous_period,
)

PLANS = ("solo", "team", "business", "enterprise")
STEP = 4
"""By how much each plan allows more than the one before."""
_HISTORY, _CLOSED = 400, 13


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a meter is; `base`: how much the smallest plan allows."""

    key: str = "reports"
    kind: MeterKind = MeterKind.RESET
    aggregation: Aggregation = Aggregation.SUM
    meaningful: bool = True
    at_limit: AtLimit = AtLimit.CONTINUES
    base: int = 300


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The account's day, and the periods its plan is sold by."""

    today: date
    kind: PeriodKind
    anchor: int

    def period(self) -> Period:
        """The period that holds the day."""
        return period_of(self.kind, self.today, self.anchor)


@lru_cache(maxsize=4096)
def _closed(kind: PeriodKind, anchor: int, current: Period) -> tuple[tuple[date, date], ...]:
    """The periods before the current one, oldest first."""
    found = [current]
    for _ in range(0 if kind is PeriodKind.NONE else _CLOSED):
        found.append(previous_period(kind, found[-1], anchor))
    return tuple((period.start, period.end) for period in found[:0:-1] if period.end)


@dataclass(slots=True, kw_only=True)
class Counter:
    """One meter of a life: amounts by day (an ordinal), and a limit where it has its own.

    `own`: a limit that goes before the plan's; `raised_at`: when it was given.
    """

    counts: Counts
    amounts: dict[int, float] = field(default_factory=dict)
    backfilled: set[int] = field(default_factory=set)
    own: Decimal | None = None
    raised_at: datetime | None = None

    @property
    def level(self) -> bool:
        """Whether a day's amount is a level that stays until the next is told."""
        return self.counts.aggregation is Aggregation.LATEST

    def add(self, day: date, amount: float) -> None:
        """Count an amount on a day: added up, the highest, or the newest of it."""
        place = day.toordinal()
        known = self.amounts.get(place, 0.0)
        match self.counts.aggregation:
            case Aggregation.LATEST:
                self.amounts[place] = amount
            case Aggregation.MAX:
                self.amounts[place] = max(known, amount)
            case _:
                self.amounts[place] = known + amount

    def limit(self, plan: int | None) -> Decimal | None:
        """What a plan (its rank) allows, or the account's own."""
        if self.own is not None:
            return self.own
        return None if plan is None else Decimal(self.counts.base * STEP**plan)

    def used(self, calendar: Calendar) -> Decimal:
        """What is held against the limit on the calendar's day."""
        today = calendar.today.toordinal()
        return self._used(sorted(self.amounts), calendar.period().start.toordinal(), today)

    def use(self, calendar: Calendar, plan: int | None, changes: list[PlanChange]) -> MeterUse:
        """The meter as it stands on the calendar's day."""
        counts, today = self.counts, calendar.today.toordinal()
        current = calendar.period()
        known = sorted(day for day in self.amounts if day <= today)
        first = known[0] if known else None
        start = None if first is None else max(first, today - _HISTORY + 1)
        since = [self.raised_at] if self.own is not None and self.raised_at else []
        if changes and self.own is None:
            since = [changes[-1].at]
        small = plan is None or plan == 0
        return MeterUse(
            key=counts.key,
            name_one=counts.key.removesuffix("s"),
            name_other=counts.key,
            value="delivered to your clients",
            kind=counts.kind,
            aggregation=counts.aggregation,
            meaningful=counts.meaningful,
            at_limit=counts.at_limit,
            period=current,
            used=self._used(known, current.start.toordinal(), today),
            limit=self.limit(plan),
            limit_known=self.own is not None or plan is not None,
            next_limit=None if plan is None else Decimal(counts.base * STEP ** (plan + 1)),
            first_day=None if start is None else date.fromordinal(start),
            daily=self._daily(known, start, today),
            closed=tuple(
                ClosedPeriod(
                    start=begin,
                    end=end,
                    used=self._used(known, begin.toordinal(), end.toordinal() - 1),
                    limit=self.limit(_plan_at(end, plan, changes)),
                )
                for begin, end in _closed(calendar.kind, calendar.anchor, current)
                if first is not None and end.toordinal() > first
            ),
            backfilled=frozenset(map(date.fromordinal, self.backfilled)),
            lower_limit=None if small else Decimal(counts.base * STEP ** ((plan or 0) - 1)),
            limit_since=max(since, default=None),
            before=Decimal(str(sum(self.amounts[d] for d in known if start and d < start))),
        )

    def _daily(self, known: list[int], start: int | None, today: int) -> tuple[float, ...]:
        if start is None:
            return ()
        days = range(start, today + 1)
        if not self.level:
            return tuple(self.amounts.get(day, 0.0) for day in days)
        earlier = [day for day in known if day < start]
        carried, out = self.amounts[earlier[-1]] if earlier else 0.0, []
        for day in days:
            carried = self.amounts.get(day, carried)
            out.append(carried)
        return tuple(out)

    def _used(self, known: list[int], start: int, last: int) -> Decimal:
        """What the limit is held against, over the days `start` to `last`."""
        low = 0 if self.counts.kind is MeterKind.CUMULATIVE else bisect_left(known, start)
        inside = [self.amounts[day] for day in known[low : bisect_right(known, last)]]
        if not inside:
            return Decimal(0)
        match self.counts.aggregation:
            case Aggregation.LATEST:
                return Decimal(str(inside[-1]))
            case Aggregation.MAX:
                return Decimal(str(max(inside)))
            case _:
                return Decimal(str(sum(inside)))


def _plan_at(end: date, plan: int | None, changes: list[PlanChange]) -> int | None:
    """The plan in force when a period ended; before the first known change, the oldest known."""
    before = [change for change in changes if change.at.date() < end]
    known = before[-1:] or changes[:1]
    return PLANS.index(known[0].plan) if known else plan
