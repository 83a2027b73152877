"""What the new usage events of one request add to each bucket."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from engine.usage import Aggregation
from service.calendar import Calendar
from service.usage import Kind, Report
from store.usage import Bucket, Cap, How

Rolled: TypeAlias = dict[How, dict[tuple[str, str, date], Bucket]]
_HOW = {
    Aggregation.SUM: How.ADD,
    Aggregation.COUNT: How.ADD,
    Aggregation.MAX: How.HIGHER,
    Aggregation.LATEST: How.LATER,
}


@dataclass(slots=True, kw_only=True)
class Batch:
    """Rolled up by hour and by day; `events` of a bucket are the plain ones, without totals."""

    calendar: Calendar
    hours: Rolled = field(default_factory=dict)
    days: Rolled = field(default_factory=dict)
    user_days: dict[tuple[str, str, date], int] = field(default_factory=dict)
    first_days: dict[str, date] = field(default_factory=dict)
    caps: list[Cap] = field(default_factory=list)

    def take(self, report: Report) -> None:
        """Roll a usage event up; totals that add up and things counted come by `add`."""
        day = self.calendar.place(report.account, report.at)[1]
        first = self.first_days.setdefault(report.account, day)
        if day < first:
            self.first_days[report.account] = day
        plain = report.kind is Kind.USAGE
        value = plain and report.correction is None and report.amount > 0
        if value and report.user is not None and report.meter.meaningful:
            key = (report.account, report.user, day)
            self.user_days[key] = self.user_days.get(key, 0) + 1
        how = _HOW.get(report.meter.aggregation)
        if how is None or report.kind is Kind.FRICTION:
            return
        if report.kind is Kind.TOTAL and how is How.ADD:
            return
        self.add(how, report.account, report.meter.key, report.at, report.amount, int(plain))
        if report.kind is Kind.TOTAL and how is How.HIGHER and report.correction is not None:
            self._cap(report)

    def add(
        self, how: How, account: str, meter: str, at: datetime, amount: Decimal, events: int
    ) -> None:
        """Bring an amount to the hour and the day of its instant."""
        hour, day = self.calendar.place(account, at)
        for rolled, start in ((self.hours, hour), (self.days, day)):
            buckets = rolled.setdefault(how, {})
            bucket = buckets.get((account, meter, start))
            if bucket is not None:
                bucket.take(how, amount, events, at)
                continue
            buckets[account, meter, start] = Bucket(
                account=account, meter=meter, start=start, amount=amount, events=events, last_at=at
            )

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
