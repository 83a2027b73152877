"""Running totals ("account X is at 8,420 now"): what each adds, so that buckets sum to the newest.

A meter of an account is told by running totals or by events, not by both in one period: nobody
could say which events a total had counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from engine.catalogue import Meter
from engine.usage import Aggregation
from service.amounts import written
from service.calendar import Calendar, Stretch
from service.usage import ADDED, Kind, Rejection, Report
from store import totals as stored
from store.totals import Span, Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What a total adds to (or takes from) the bucket of its instant, in millionths."""

    account: str
    meter: str
    at: datetime
    amount: int


@dataclass(slots=True, kw_only=True)
class Settled:
    """What came of totals; `rejections` by the place of the report."""

    rejections: dict[int, Rejection] = field(default_factory=dict)
    additions: list[Addition] = field(default_factory=list)
    totals: list[tuple[str, str, Total]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How an event tells of a meter: by its place among those of a commit."""

    place: int
    index: int
    account: str
    meter: Meter
    at: datetime
    total: bool


@dataclass(slots=True, kw_only=True)
class _Line:
    """The totals of one meter in one period, as stored (`old`) and with this request (`new`)."""

    account: str
    meter: str
    old: dict[datetime, int] = field(default_factory=dict)
    new: dict[datetime, int] = field(default_factory=dict)
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
                return _fell(report, before, self.new[before])
            if after is not None and self.new[after] < report.amount:
                return _fell(report, after, self.new[after])
        self.new[report.at] = report.amount
        self.touched.update(at for at in (report.at, after) if at is not None)
        return None

    def additions(self) -> list[Addition]:
        """How the addition of each touched total changes."""
        changes = {at: _above(self.new, at) - _above(self.old, at) for at in sorted(self.touched)}
        return [
            Addition(account=self.account, meter=self.meter, at=at, amount=amount)
            for at, amount in changes.items()
            if amount
        ]


def settle(session: Session, reports: Iterable[tuple[int, Report]], calendar: Calendar) -> Settled:
    """Place the totals among reports (each with its place)."""
    settled = Settled()
    told = [(place, report) for place, report in reports if report.kind is Kind.TOTAL]
    if not told:
        return settled
    periods = [calendar.period(r.account, r.meter, r.at) for _, r in told]
    spans = [
        (Span(account=r.account, meter=r.meter.key, low=p.low, high=p.high), r.at)
        for (_, r), p in zip(told, periods, strict=True)
    ]
    lines: dict[tuple[str, str, datetime], _Line] = {}
    for (span, _), around in zip(spans, stored.around(session, spans), strict=True):
        key = (span.account, span.meter, span.low)
        lines.setdefault(key, _Line(account=span.account, meter=span.meter)).know(around)
    for (place, report), (span, _) in zip(told, spans, strict=True):
        if rejection := lines[span.account, span.meter, span.low].tell(report):
            settled.rejections[place] = rejection
        else:
            total = Total(at=report.at, amount=report.amount)
            settled.totals.append((report.account, report.meter.key, total))
    meters = calendar.catalogue.meters
    added = [line for line in lines.values() if meters[line.meter].aggregation in ADDED]
    settled.additions = [addition for line in added for addition in line.additions()]
    return settled


def mixed(session: Session, told: Sequence[Told], calendar: Calendar) -> dict[int, Rejection]:
    """Which of these, by place, tell of a meter otherwise than its period was told of before."""
    if not told:
        return {}
    periods = [calendar.period(t.account, t.meter, t.at) for t in told]
    keys = [(t.account, t.meter.key, p.start) for t, p in zip(told, periods, strict=True)]
    first = {key: (t, p) for key, t, p in zip(keys, told, periods, strict=True)}
    ways = _ways(session, [(t, p) for t, p in first.values()])
    known = {key: way for key, way in zip(first, ways, strict=True) if way is not None}
    refused = {}
    for key, one in zip(keys, told, strict=True):
        if known.setdefault(key, one.total) is not one.total:
            refused[one.place] = _mixed(one)
    return refused


def _ways(session: Session, told: Sequence[tuple[Told, Stretch]]) -> list[bool | None]:
    """Whether each meter was told by totals in that period, None: by nothing yet."""
    spans = [
        (Span(account=t.account, meter=t.meter.key, low=p.low, high=p.high), (p.start, p.last))
        for t, p in told
    ]
    by_totals = stored.told(session, [span for span, _ in spans])
    by_events = stored.eventful(session, spans)
    return [True if n in by_totals else False if n in by_events else None for n in range(len(told))]


def _above(totals: dict[datetime, int], at: datetime) -> int:
    """What the total at an instant is above the one before it; 0 where there is none."""
    if at not in totals:
        return 0
    before = max((t for t in totals if t < at), default=None)
    return totals[at] - (totals[before] if before is not None else 0)


def _fell(report: Report, at: datetime, amount: int) -> Rejection:
    said = f"{written(amount)} was reported for {at.isoformat()}"
    return Rejection(
        index=report.index,
        code="total_fell",
        detail=f'total: {said}; a total that falls needs "correction": "why"',
    )


def _mixed(told: Told) -> Rejection:
    way, other = ("totals", "events") if told.total else ("events", "totals")
    return Rejection(
        index=told.index,
        code="total_mixed",
        detail=f"meter: {told.meter.key!r} of this account is told by {other} in this period, and "
        f"{way} can't be added to them; begin with {way} in a new period",
    )
