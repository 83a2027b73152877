"""One meter of an account, drawn over its last days from what is stored: use, limit, decisions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from math import ceil
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, Moment, Outcome, ReasonCode
from engine.decision import Decision, Stage
from engine.usage import MeterUse
from service.backtest_timeline import held_back
from service.daily import Daily
from store.alerts import StoredAlert
from store.decisions import StoredDecision
from templates.backtest_view import Cone, Mark, ReasonSpan, Segment, StageSpan, Timeline

_DAY = timedelta(days=1)
_AHEAD = 30
HELD = frozenset((Outcome.SILENT, Outcome.DEFER, Outcome.HELD_OUT))
"""Outcomes by which nothing was said at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A decision, stored and read again."""

    stored: StoredDecision
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days that are drawn: `days` of them from `first`, the last is today."""

    first: date
    days: int
    zone: ZoneInfo

    def at(self, instant: datetime) -> float:
        """An instant in days since the first."""
        local = instant.astimezone(self.zone)
        passed = local - datetime.combine(local.date(), time(), self.zone)
        return (local.date() - self.first).days + passed / _DAY

    @property
    def start(self) -> datetime:
        """Where they begin."""
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)


def timeline(
    account: str,
    meter: MeterUse,
    days: Sequence[Daily],
    rows: Sequence[Row],
    raised: Iterable[StoredAlert],
    window: Window,
) -> Timeline:
    """The meter over these days, what was said about it, and what held a moment of it back."""
    shown = [day for day in days if day.day >= window.first]
    steps = list(_steps(shown, window))
    cones = tuple(_cones(meter, shown, rows, window))
    return Timeline(
        account=account,
        first=window.first,
        days=window.days + _ahead(cones, window),
        name_other=meter.name_other,
        limit=None if meter.limit is None else float(meter.limit),
        segments=tuple(_segments(days, window)),
        cones=cones,
        marks=tuple(_marks(meter, raised, window)),
        stages=tuple(_stages(rows, window)),
        reasons=tuple(_reasons(meter, rows, window)),
        months=tuple(_months(window)),
        limits=tuple(steps) if len(steps) > 1 else (),
    )


def _segments(days: Sequence[Daily], window: Window) -> Iterator[Segment]:
    """One line a period, from where it began, or from where the drawing does."""
    period = 0
    numbered = []
    for day in days:
        period += day.begins
        numbered.append((period, day))
    before = 0.0
    for _, group in groupby(numbered, key=lambda one: one[0]):
        of = [day for _, day in group]
        before = 0.0 if of[0].begins else before
        points: list[tuple[float, float]] = []
        over = False
        for day in of:
            x = float((day.day - window.first).days)
            if x >= 0:
                points = points or [(x, before)]
                points.append((x + 1, float(day.total)))
                over = over or (day.limit is not None and day.total > day.limit)
            before = float(day.total)
        if points:
            yield Segment(points=tuple(points), passed=over)


def _steps(days: Sequence[Daily], window: Window) -> Iterator[tuple[float, float | None]]:
    """The limit and the days from which on it was that."""
    known: tuple[float | None] | None = None
    for day in days:
        limit = None if day.limit is None else float(day.limit)
        if known != (limit,):
            yield float((day.day - window.first).days) if known else 0.0, limit
            known = (limit,)


def _cones(
    meter: MeterUse, days: Sequence[Daily], rows: Sequence[Row], window: Window
) -> Iterator[Cone]:
    """The forecasts behind the asks, where they had dates."""
    totals = {day.day: float(day.total) for day in days}
    for row in rows:
        decision = row.decision
        if row.stored.outcome != Outcome.ASK or row.stored.meter != meter.key:
            continue
        forecast = next((f for f in decision.forecasts if f.meter == meter.key), None)
        if forecast is None or not (forecast.low and forecast.mid and forecast.high):
            continue
        at, today = row.stored.at, row.stored.at.astimezone(window.zone).date()
        if at >= window.start:
            yield Cone(
                day=window.at(at),
                used=totals.get(today - _DAY, totals.get(today, 0.0)),
                low=(forecast.low - window.first).days + 0.5,
                mid=(forecast.mid - window.first).days + 0.5,
                high=(forecast.high - window.first).days + 0.5,
            )


def _ahead(cones: Sequence[Cone], window: Window) -> int:
    """Days after today that a forecast still points to."""
    last = max((ceil(cone.high) for cone in cones), default=0)
    return min(max(last + 1 - window.days, 0), _AHEAD)


def _marks(meter: MeterUse, raised: Iterable[StoredAlert], window: Window) -> Iterator[Mark]:
    for alert in raised:
        if alert.key.meter == meter.key and alert.closed_as != "held_out":
            yield Mark(
                day=window.at(alert.raised_at),
                at=alert.raised_at.astimezone(window.zone),
                alert_class=AlertClass(alert.key.alert_class),
                moment=Moment(alert.key.moment),
                p=alert.p,
                why="",
            )


def _stages(rows: Sequence[Row], window: Window) -> list[StageSpan]:
    """The stages, neighbours of the same joined."""
    found: list[StageSpan] = []
    for start, end, row in _spans(rows, window):
        stage = Stage(row.stored.stage)
        if found and found[-1].stage is stage:
            start = found.pop().start
        found.append(StageSpan(start=start, end=end, stage=stage))
    return found


def _reasons(meter: MeterUse, rows: Sequence[Row], window: Window) -> list[ReasonSpan]:
    """What held a moment of this meter back."""
    of = (
        (start, end, row.stored)
        for start, end, row in _spans(rows, window)
        if row.stored.outcome in HELD and row.stored.moment and row.stored.meter == meter.key
    )
    return held_back((s, e, ReasonCode(it.reason) if it.reason else None) for s, e, it in of)


def _spans(rows: Sequence[Row], window: Window) -> Iterator[tuple[float, float, Row]]:
    """The decisions within these days, each until the next."""
    starts = [window.at(row.stored.at) for row in rows]
    ends = [*starts[1:], float(window.days)]
    for start, end, row in zip(starts, ends, rows, strict=True):
        low, high = max(start, 0.0), min(end, float(window.days))
        if high > low:
            yield low, high, row


def _months(window: Window) -> Iterator[tuple[float, date]]:
    """Where months begin."""
    day = (window.first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while (day - window.first).days < window.days:
        yield float((day - window.first).days), day
        day = (day + timedelta(days=32)).replace(day=1)
