"""Running totals among usage events: what each adds, so that buckets sum to the newest total.

Between two totals lie plain usage events. A total adds what it is above the one before it and the
events between them; whatever arrives late before a total is taken off that total's own addition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from sqlmodel import Session

from engine.usage import Aggregation
from service.calendar import Calendar, Stretch
from service.usage import ADDED, Kind, Rejection, Report
from store import totals as stored
from store.totals import Span, Total

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What a total adds to (or takes from) the bucket of its instant."""

    account: str
    meter: str
    at: datetime
    amount: Decimal


@dataclass(slots=True, kw_only=True)
class Settled:
    """What came of totals; `rejections` by the place of the report."""

    rejections: dict[int, Rejection] = field(default_factory=dict)
    additions: list[Addition] = field(default_factory=list)
    totals: list[tuple[str, str, Total]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Line:
    """The totals of one meter in one period, as stored (`old`) and with this request (`new`)."""

    account: str
    meter: str
    period: Stretch
    old: dict[datetime, Decimal] = field(default_factory=dict)
    new: dict[datetime, Decimal] = field(default_factory=dict)
    events: list[tuple[datetime, Decimal]] = field(default_factory=list)
    touched: set[datetime] = field(default_factory=set)

    def know(self, around: stored.Around) -> None:
        """Take in what the store has near an instant."""
        for total in (around.before, around.exact, around.after):
            if total is not None:
                self.old[total.at] = self.new[total.at] = total.amount

    def tell(self, report: Report) -> Rejection | None:
        """Take in a reported total, unless it falls and nobody says why."""
        before = max((at for at in self.new if at <= report.at), default=None)
        after = min((at for at in self.new if at > report.at), default=None)
        if report.correction is None and report.meter.aggregation is not Aggregation.LATEST:
            if before is not None and self.new[before] > report.amount:
                return _fell(report, f"{self.new[before]} was reported for {before.isoformat()}")
            if after is not None and self.new[after] < report.amount:
                return _fell(report, f"{self.new[after]} was reported for {after.isoformat()}")
        self.new[report.at] = report.amount
        self.touched.update(at for at in (report.at, after) if at is not None)
        return None

    def add(self, report: Report) -> None:
        """Take in a plain usage event."""
        self.events.append((report.at, report.amount))
        after = min((at for at in self.new if at >= report.at), default=None)
        if after is not None:
            self.touched.add(after)

    def spans(self) -> list[tuple[datetime | None, datetime]]:
        """The stretches whose stored events matter, from a total (None: the period's start)."""
        spans = {(_before(self.new, at), at) for at in self.touched}
        return sorted(
            spans | {(_before(self.old, at), at) for at in self.touched if at in self.old},
            key=lambda s: (s[1], s[0] or self.period.low),
        )

    def additions(self, known: dict[tuple[datetime | None, datetime], Decimal]) -> list[Addition]:
        """How the addition of each touched total changes."""
        out = []
        for at in sorted(self.touched):
            low = _before(self.new, at)
            between = known[low, at] + sum(
                (a for t, a in self.events if t <= at and (low is None or t > low)), Decimal(0)
            )
            amount = self.new[at] - (self.new[low] if low else 0) - between
            if at in self.old:
                low = _before(self.old, at)
                amount -= self.old[at] - (self.old[low] if low else 0) - known[low, at]
            if amount:
                out.append(Addition(account=self.account, meter=self.meter, at=at, amount=amount))
        return out


def settle(session: Session, reports: Sequence[Report], calendar: Calendar) -> Settled:
    """Place the totals among `reports`, and the plain events that came late before a total."""
    settled = Settled()
    places = _subjects(session, reports)
    if not places:
        return settled
    lines = _lines(session, [reports[place] for place in places], calendar)
    for place in places:
        report = reports[place]
        line = lines[_key(report, calendar)]
        if report.kind is Kind.USAGE:
            line.add(report)
        elif rejection := line.tell(report):
            settled.rejections[place] = rejection
        else:
            total = Total(at=report.at, amount=report.amount)
            settled.totals.append((report.account, report.meter.key, total))
    added = [lines[k] for k in lines if calendar.catalogue.meters[k[1]].aggregation in ADDED]
    settled.additions = _additions(session, added, calendar)
    return settled


def _subjects(session: Session, reports: Sequence[Report]) -> list[int]:
    """The places of totals, and of plain events that a total as late or later may count."""
    told = {(r.account, r.meter.key) for r in reports if r.kind is Kind.TOTAL}
    plain = {
        (r.account, r.meter.key)
        for r in reports
        if r.kind is Kind.USAGE and r.meter.aggregation in ADDED
    }
    newest = stored.newest(session, sorted(plain - told)) if plain - told else {}
    return [
        place
        for place, r in enumerate(reports)
        if r.kind is Kind.TOTAL
        or (
            r.kind is Kind.USAGE
            and r.meter.aggregation in ADDED
            and (
                (r.account, r.meter.key) in told
                or r.at <= newest.get((r.account, r.meter.key), r.at - _HOUR)
            )
        )
    ]


def _key(report: Report, calendar: Calendar) -> tuple[str, str, datetime]:
    period = calendar.period(report.account, report.meter, report.at)
    return report.account, report.meter.key, period.low


def _lines(
    session: Session, subjects: Sequence[Report], calendar: Calendar
) -> dict[tuple[str, str, datetime], Line]:
    periods = [calendar.period(r.account, r.meter, r.at) for r in subjects]
    asked = [
        (Span(account=r.account, meter=r.meter.key, low=p.low, high=p.high), r.at)
        for r, p in zip(subjects, periods, strict=True)
    ]
    lines: dict[tuple[str, str, datetime], Line] = {}
    found = stored.around(session, asked)
    for report, period, around in zip(subjects, periods, found, strict=True):
        key = (report.account, report.meter.key, period.low)
        if key not in lines:
            lines[key] = Line(account=key[0], meter=key[1], period=period)
        lines[key].know(around)
    return lines


def _additions(session: Session, lines: Sequence[Line], calendar: Calendar) -> list[Addition]:
    """Ask the store for events between totals, only where there are any."""
    asked = [(line, low, high) for line in lines for low, high in line.spans()]
    if not asked:
        return []
    spans = [
        Span(
            account=line.account,
            meter=line.meter,
            low=line.period.low if low is None else low - _HOUR,
            high=high,
        )
        for line, low, high in asked
    ]
    eventful = stored.eventful(session, spans)
    known: dict[int, dict[tuple[datetime | None, datetime], Decimal]] = {}
    for n, (line, low, high) in enumerate(asked):
        amount = _between(session, line, low, high, calendar) if n in eventful else Decimal(0)
        known.setdefault(id(line), {})[low, high] = amount
    return [a for line in lines if line.touched for a in line.additions(known[id(line)])]


def _between(
    session: Session, line: Line, low: datetime | None, high: datetime, calendar: Calendar
) -> Decimal:
    """The stored events after `low`; without it, from buckets up to the day, which are kept."""
    base = Decimal(0)
    if low is None:
        day = calendar.place(line.account, high)[1]
        base = stored.before_day(session, line.account, line.meter, (line.period.start, day))
        low = calendar.midnight(line.account, day) - timedelta(microseconds=1)
    span = Span(account=line.account, meter=line.meter, low=low, high=high)
    return base + sum((amount for _, amount in stored.events(session, span)), Decimal(0))


def _before(totals: dict[datetime, Decimal], at: datetime) -> datetime | None:
    return max((t for t in totals if t < at), default=None)


def _fell(report: Report, said: str) -> Rejection:
    return Rejection(
        index=report.index,
        code="total_fell",
        detail=f'total: {said}; a total that falls needs "correction": "why"',
    )
