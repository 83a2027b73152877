"""What the usage events of one commit add to each bucket, and to each meter's newest period."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeAlias

from engine.usage import Aggregation
from service.calendar import Calendar
from service.checked import Checked
from service.usage import Kind, Report
from store.types import MICRO
from store.usage import Amount, Cap, How, Rolled
from store.watch import Gain

_HOW = {
    Aggregation.SUM: How.ADD,
    Aggregation.COUNT: How.ADD,
    Aggregation.MAX: How.HIGHER,
    Aggregation.LATEST: How.LATER,
}
_QUARTER = 900
_Group: TypeAlias = tuple[str, str, int]


@dataclass(slots=True, kw_only=True)
class Batch:
    """Rolled up by hour and by day; `events` of a bucket are the plain ones, without totals.

    Of days before `hours_from` the hours would be forgotten at once, so none are made.
    """

    calendar: Calendar
    hours_from: date
    hours: dict[How, Rolled] = field(default_factory=dict)
    days: dict[How, Rolled] = field(default_factory=dict)
    user_days: set[tuple[str, str, date]] = field(default_factory=set)
    first_days: dict[str, date] = field(default_factory=dict)
    caps: list[Cap] = field(default_factory=list)
    told: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def take_all(self, loads: Iterable[tuple[Checked, Iterable[int]]]) -> None:
        """Roll up the events at these places of each load."""
        groups: dict[_Group, tuple[int, int, float]] = {}
        users: set[_Group] = set()
        for load, places in loads:
            rows, reports = load.rows, load.reports
            for place in places:
                if place in reports:
                    self.take(reports[place])
                    continue
                _, _, _, account, meter, stamp, amount, user = rows[place]
                quarter = int(stamp) // _QUARTER
                key = (account, meter.key, quarter)
                known = groups.get(key)
                if known is None:
                    groups[key] = (amount, 1, stamp)
                else:
                    sum, events, last = known
                    groups[key] = (sum + amount, events + 1, stamp if stamp > last else last)
                if user is not None and amount and meter.meaningful:
                    users.add((account, user, quarter))
        for (account, name, quarter), (amount, events, stamp) in groups.items():
            hour, day = self.calendar.place_of(account, quarter)
            self._first(account, day)
            added = (amount, events, datetime.fromtimestamp(stamp, UTC))
            self._join(How.ADD, account, name, hour, day, added)
        for account, user, quarter in users:
            self.user_days.add((account, user, self.calendar.place_of(account, quarter)[1]))

    def take(self, report: Report) -> None:
        """Roll a usage event up; totals that add up and things counted come by `add`."""
        day = self.calendar.place(report.account, report.at)[1]
        self._first(report.account, day)
        plain = report.kind is Kind.USAGE
        value = plain and report.correction is None and report.amount > 0
        if value and report.user is not None and report.meter.meaningful:
            self.user_days.add((report.account, report.user, day))
        how = _HOW.get(report.meter.aggregation)
        if how is None or report.kind is Kind.FRICTION:
            return
        if report.kind is Kind.TOTAL and how is How.ADD:
            pair = (report.account, report.meter.key)
            self.told[pair] = max(report.at, self.told.get(pair, report.at))
            return
        self.add(how, report.account, report.meter.key, report.at, report.amount, int(plain))
        if report.kind is Kind.TOTAL and how is How.HIGHER and report.correction is not None:
            self._cap(report)

    def add(
        self, how: How, account: str, meter: str, at: datetime, amount: int, events: int
    ) -> None:
        """Bring an amount to the hour and the day of its instant."""
        hour, day = self.calendar.place(account, at)
        self._join(how, account, meter, hour, day, (amount, events, at))

    def gains(self) -> dict[How, list[Gain]]:
        """What each meter gained in the newest of its periods that are touched."""
        newest: dict[tuple[str, str], tuple[date, How, Amount]] = {}
        for how, days in self.days.items():
            for (account, meter, day), amount in days.items():
                period = self._period(account, meter, day)
                known = newest.get((account, meter))
                if known is None or known[0] < period:
                    newest[account, meter] = (period, how, amount)
                elif known[0] == period:
                    newest[account, meter] = (period, how, how.joined(known[2], amount))
        for (account, meter), at in self.told.items():
            if (account, meter) not in newest:
                day = self.calendar.place(account, at)[1]
                nothing = (self._period(account, meter, day), How.ADD, (0, 0, at))
                newest[account, meter] = nothing
        gains: dict[How, list[Gain]] = {}
        for pair, (period, how, amount) in newest.items():
            gain = (*pair, period, amount[0] / MICRO, self.told.get(pair))
            gains.setdefault(how, []).append(gain)
        return gains

    def _period(self, account: str, meter: str, day: date) -> date:
        return self.calendar.period_on(account, self.calendar.catalogue.meters[meter], day).start

    def _first(self, account: str, day: date) -> None:
        first = self.first_days.setdefault(account, day)
        if day < first:
            self.first_days[account] = day

    def _join(
        self, how: How, account: str, meter: str, hour: datetime, day: date, amount: Amount
    ) -> None:
        days = self.days.setdefault(how, {})
        known = days.get((account, meter, day))
        days[account, meter, day] = amount if known is None else how.joined(known, amount)
        if day >= self.hours_from:
            hours = self.hours.setdefault(how, {})
            known = hours.get((account, meter, hour))
            hours[account, meter, hour] = amount if known is None else how.joined(known, amount)

    def _cap(self, report: Report) -> None:
        period = self.calendar.period(report.account, report.meter, report.at)
        hour, day = self.calendar.place(report.account, report.at)
        self.caps.append(
            Cap(
                account=report.account,
                meter=report.meter.key,
                days=(period.start, day),
                hours=(period.low, hour),
                amount=report.amount,
            )
        )
