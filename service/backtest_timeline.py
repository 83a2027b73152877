"""Draws one account day by day: use against the limit, forecasts, moments, stages and reasons."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from engine.alert import AlertClass, ReasonCode
from engine.record import Raised, Record, Spell, Track
from engine.usage import MeterKind
from service.backtest_lines import evidence
from service.backtest_truth import DAY, edges, levels, passed
from templates.backtest_view import Cone, Mark, ReasonSpan, Segment, StageSpan, Timeline

_LONGEST = 400
_BEFORE = 240
"""Days shown at most, and how many of them lie before what matters."""


def timeline(record: Record, spells: Sequence[Spell], end: datetime) -> Timeline:
    """The months around an account's first ask, or around the limit it passed for good."""
    track = _main(record, spells)
    drawing = _Drawing(record, track, spells, end)
    return Timeline(
        account=record.account.id,
        first=drawing.first,
        days=drawing.days,
        name_other=track.name_other,
        limit=None if track.limit is None else float(track.limit),
        segments=tuple(drawing.segments()),
        cones=tuple(drawing.cones()),
        marks=tuple(drawing.marks()),
        stages=tuple(drawing.stages()),
        reasons=tuple(drawing.reasons()),
        months=tuple(drawing.months()),
    )


def held_back(spans: Iterable[tuple[float, float, ReasonCode | None]]) -> list[ReasonSpan]:
    """The spans with a reason to be silent at a moment, neighbours of the same joined."""
    found: list[ReasonSpan] = []
    for start, end, reason in spans:
        if reason is None or reason is ReasonCode.NO_MOMENT:
            continue
        if found and found[-1].end >= start and found[-1].reason is reason:
            start = found.pop().start
        found.append(ReasonSpan(start=start, end=end, reason=reason))
    return found


def _main(record: Record, spells: Sequence[Spell]) -> Track:
    """The meter that was asked about, else the one that was held back most, else the first."""
    asked = [
        raised.candidate.key.meter
        for spell in spells
        for raised in spell.raised
        if raised.alert_class is AlertClass.ASK
    ]
    held: dict[str, int] = {}
    for spell in spells:
        if spell.meter is not None:
            held[spell.meter] = held.get(spell.meter, 0) + spell.days
    limited = [t.key for t in record.tracks if t.meaningful and t.limit is not None]
    wanted = [*asked, *sorted(held, key=lambda key: -held[key]), *limited]
    tracks = {track.key: track for track in record.tracks}
    return tracks[wanted[0]] if wanted else record.tracks[0]


class _Drawing:
    """One meter of one account, in days since the first that is shown."""

    def __init__(
        self, record: Record, track: Track, spells: Sequence[Spell], end: datetime
    ) -> None:
        self.record, self.track, self.spells = record, track, spells
        self.zone = ZoneInfo(record.account.time_zone)
        self.periods = edges(track, record, end) if len(track.at) else []
        self.reached = levels(track, np.searchsorted(track.at, self.periods))
        start, last = self._day(spells[0].at), self._day(end)
        low = max(start, (self._matters(end) or last) - timedelta(_BEFORE))
        high = min(last, low + timedelta(_LONGEST))
        self.first = max(start, high - timedelta(_LONGEST))
        self.days = (high - self.first).days + 1
        self.zero = datetime.combine(self.first, time(), self.zone).timestamp()

    def segments(self) -> Iterator[Segment]:
        """The level at the end of each day, one line a period; what never resets is one line."""
        limit = np.inf if self.track.limit is None else float(self.track.limit)
        spans = list(pairwise(self.periods))
        if self.track.kind is MeterKind.CUMULATIVE and spans:
            spans = [(spans[0][0], spans[-1][1])]
        for since, until in spans:
            low, high = max(self._at(since), 0.0), min(self._at(until), float(self.days))
            if high <= low:
                continue
            days = [low, *np.arange(np.floor(low) + 1, high).tolist(), high]
            points = [(day, self._level(self.zero + day * DAY, since, until)) for day in days]
            yield Segment(points=tuple(points), passed=max(y for _, y in points) > limit)

    def cones(self) -> Iterator[Cone]:
        """The forecasts behind the asks, where they had dates."""
        for raised in self._raised():
            forecast = raised.forecast
            if raised.alert_class is not AlertClass.ASK or forecast is None:
                continue
            if not (forecast.low and forecast.mid and forecast.high):
                continue
            at = raised.at.timestamp()
            place = max(bisect_right(self.periods, at) - 1, 0)
            yield Cone(
                day=self._at(at),
                used=self._level(at, self.periods[place], np.inf),
                low=(forecast.low - self.first).days + 0.5,
                mid=(forecast.mid - self.first).days + 0.5,
                high=(forecast.high - self.first).days + 0.5,
            )

    def marks(self) -> Iterator[Mark]:
        """What was said within these days."""
        for raised in self._raised():
            yield Mark(
                day=self._at(raised.at.timestamp()),
                at=raised.at,
                alert_class=raised.alert_class,
                moment=raised.moment,
                p=raised.candidate.p,
                why=evidence(raised),
            )

    def stages(self) -> list[StageSpan]:
        """The stages, neighbours of the same joined."""
        found: list[StageSpan] = []
        for start, end, spell in self._spans():
            if found and found[-1].stage is spell.stage:
                start = found.pop().start
            found.append(StageSpan(start=start, end=end, stage=spell.stage))
        return found

    def reasons(self) -> list[ReasonSpan]:
        """What held a moment back."""
        return held_back(
            (start, end, spell.reasons[0] if spell.reasons else None)
            for start, end, spell in self._spans()
        )

    def months(self) -> Iterator[tuple[float, date]]:
        """Where months begin."""
        day = (self.first.replace(day=1) + timedelta(32)).replace(day=1)
        while (day - self.first).days < self.days:
            yield float((day - self.first).days), day
            day = (day + timedelta(32)).replace(day=1)

    def _matters(self, end: datetime) -> date | None:
        """The day the drawing is about: the first ask, else the limit passed for good."""
        for spell in self.spells:
            if any(raised.alert_class is AlertClass.ASK for raised in spell.raised):
                return self._day(spell.at)
        of = passed(self.record, end).get(self.track.key)
        outgrown = of.outgrown() if of else None
        if outgrown is not None:
            return datetime.fromtimestamp(outgrown, self.zone).date()
        held = [s for s in self.spells if s.meter == self.track.key and s.days]
        longest = max(held, key=lambda s: s.days, default=None)
        return self._day(longest.at) if longest else None

    def _raised(self) -> Iterator[Raised]:
        for spell in self.spells:
            for raised in spell.raised:
                if 0 <= self._at(raised.at.timestamp()) < self.days:
                    yield raised

    def _spans(self) -> Iterator[tuple[float, float, Spell]]:
        """The spells within these days, each until the next begins."""
        starts = [self._at(spell.at.timestamp()) for spell in self.spells]
        ends = [*starts[1:], self._at(self.spells[-1].until.timestamp()) + 1]
        for start, end, spell in zip(starts, ends, self.spells, strict=True):
            low, high = max(start, 0.0), min(end, float(self.days))
            if high > low:
                yield low, high, spell

    def _level(self, at: float, since: float, until: float) -> float:
        """The level at an instant of a period, before the next begins."""
        index = int(np.searchsorted(self.track.at, min(at, until - 1), side="right"))
        carries = self.track.kind is MeterKind.CUMULATIVE
        known = index > 0 and (carries or self.track.at[index - 1] >= since)
        return float(self.reached[index - 1]) if known else 0.0

    def _at(self, at: float) -> float:
        """An epoch in days since the first."""
        return (at - self.zero) / DAY

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()
