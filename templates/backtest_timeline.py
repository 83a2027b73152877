"""An account's timeline: its use against its limit, what was said, and why nothing was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from engine.alert import AlertClass
from templates.backtest_svg import family, path, svg, text
from templates.backtest_view import Mark, Segment, Timeline
from templates.backtest_words import Words
from templates.plain import plain

_WIDTH, _HEIGHT = 440, 220
_MARKS, _TOP, _FLOOR = 12.0, 38.0, 152.0
_STAGES_Y, _REASONS_Y, _LANE = 182.0, 202.0, 12.0
_LETTER = 6.6
"""About how wide a small letter is; enough to keep labels apart."""
_TALLEST = 2.5
"""A peak of many times the limit is cut off here, or the limit would lie on the floor."""


def timeline(line: Timeline, caption: str, words: Words, *, width: int = _WIDTH) -> Markup:
    """One account's use against its limit, what was said, its stages and what held back."""
    chart = _Chart(line, words, width)
    name = plain(line.name_other, 40)
    alt = words.say(
        "shown.alt",
        account=plain(line.account, 60),
        name=name,
        first=words.day(line.first),
        last=words.day(chart.last),
        caption=caption,
    )
    parts = [
        *chart.months(),
        *chart.use(),
        *chart.cones(),
        *chart.limit(),
        *chart.lanes(),
        *chart.marks(),
    ]
    return svg(width, _HEIGHT, "timeline", alt, parts)


@dataclass
class _Chart:
    """The scales of one timeline."""

    line: Timeline
    words: Words
    width: int

    def __post_init__(self) -> None:
        levels = [level for segment in self.line.segments for _, level in segment.points]
        self.peak = max(levels, default=0.0)
        limits = [self.line.limit, *(limit for _, limit in self.line.limits)]
        limit = max((limit for limit in limits if limit is not None), default=0.0)
        tallest = min(self.peak, limit * _TALLEST) if limit else self.peak
        self.top = max(limit * 1.2, tallest * 1.04, 1e-9)
        self.last = self.line.first + timedelta(days=self.line.days - 1)

    def x(self, day: float) -> float:
        return round(1 + min(max(day / self.line.days, 0), 1) * (self.width - 2), 1)

    def y(self, level: float) -> float:
        share = min(max(level, 0.0) / self.top, 1.02)
        return round(_FLOOR - share * (_FLOOR - _TOP), 1)

    def months(self) -> Iterator[Markup]:
        """Where months begin, as quiet ticks; their names where there is room."""
        yield Markup('<line class="rule" x1="1" x2="{}" y1="{y}" y2="{y}"/>').format(
            self.width - 1, y=_FLOOR
        )
        free = 0.0
        for n, (day, month) in enumerate(self.line.months):
            x = self.x(day)
            yield Markup('<line class="rule" x1="{x}" x2="{x}" y1="{a}" y2="{b}"/>').format(
                x=x, a=_FLOOR, b=_FLOOR + 4
            )
            label = self.words.month(month)
            if month.month == 1 or n == 0:
                label = f"{label} {month.year}"
            width = len(label) * _LETTER
            if x >= free and x + 3 + width <= self.width:
                free = x + width + 6
                yield text(x + 3, _FLOOR + 15, label, "muted small", "start")

    def use(self) -> Iterator[Markup]:
        """Each period's use as a line over its area; what lies above the limit stands out."""
        for segment in self.line.segments:
            points = [(self.x(day), self.y(level)) for day, level in segment.points]
            area = [(points[0][0], _FLOOR), *points, (points[-1][0], _FLOOR)]
            yield Markup('<path class="area" d="{}Z"/>').format(path(area))
            if segment.passed:
                yield Markup('<path class="over" d="{}Z"/>').format(path(self._over(segment)))
            yield Markup('<path class="line" d="{}"/>').format(path(points))

    def _over(self, segment: Segment) -> list[tuple[float, float]]:
        """The area between the limit and what lies above it."""
        end = segment.points[-1][0] - 1e-6  # With the next period another limit may begin.
        over, below = [], []
        for day, level in segment.points:
            limit = self.line.limit_on(min(day, end))
            bar = level if limit is None else limit
            over.append((self.x(day), self.y(max(level, bar))))
            below.append((self.x(day), self.y(bar)))
        under = reversed(below[1:]) if self.line.limits else below[-1:]
        return [below[0], *over, *under]

    def _steps(self) -> Iterator[Markup]:
        """The limit as it changed."""
        ends = [*(day for day, _ in self.line.limits[1:]), float(self.line.days)]
        for (day, limit), end in zip(self.line.limits, ends, strict=True):
            if limit is not None:
                yield Markup('<line class="limit" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
                    self.x(day), self.x(end), y=self.y(limit)
                )

    def limit(self) -> Iterator[Markup]:
        """The limit, and how high a cut-off peak goes."""
        if self.line.limits:
            yield from self._steps()
        if self.line.limit is None:
            yield text(2, _TOP - 6, self.words.say("shown.no_limit"), "muted small", "start")
            return
        y = self.y(self.line.limit)
        if not self.line.limits:
            yield Markup('<line class="limit" x1="1" x2="{}" y1="{y}" y2="{y}"/>').format(
                self.width - 1, y=y
            )
        label = self.words.say("shown.limit", limit=self.words.amount(self.line.limit))
        place, side = (self.width - 2, "end") if self.line.limits else (2, "start")
        yield text(place, y - 5, label, "ink small halo", side)
        if self.peak > self.top * 1.02:
            peak = self.words.say("shown.peak", amount=self.words.amount(self.peak))
            yield text(self.width - 2, _TOP - 6, peak, "muted small", "end")

    def cones(self) -> Iterator[Markup]:
        """The forecast at each ask: from where use stood to the days on the limit."""
        for cone in self.line.cones:
            limit = self.line.limit_on(cone.day)
            if limit is None or cone.used >= limit:
                continue
            low, high = self.x(max(cone.low, cone.day)), self.x(max(cone.high, cone.day + 1))
            top, start = self.y(limit), (self.x(cone.day), self.y(cone.used))
            yield Markup('<path class="cone" d="{}Z"/>').format(
                path([start, (low, top), (high, top)])
            )
            yield Markup('<line class="bracket" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
                low, max(high, low + 3), y=top
            )

    def lanes(self) -> Iterator[Markup]:
        """Stages above, reasons below."""
        for span in self.line.stages:
            name = self.words.stage(span.stage)
            yield self._span(span.start, span.end, _STAGES_Y, f"stage-{span.stage}", name)
            width = self.x(span.end) - self.x(span.start)
            if width > _LETTER * len(name) + 10:
                place = self.x(span.start) + 5
                kind = f"small on-{span.stage}"
                yield text(place, _STAGES_Y + 9.6, name, kind, "start")
        for reason in self.line.reasons:
            name = self.words.reason(reason.reason)
            kind = f"reason-{family(reason.reason)}"
            yield self._span(reason.start, reason.end, _REASONS_Y, kind, name)

    def marks(self) -> Iterator[Markup]:
        """What was said; asks last, so that they lie on top."""
        order = (AlertClass.NOTICE, AlertClass.REFLECTION, AlertClass.ASK)
        for kind in order:
            for mark in self.line.marks:
                if mark.alert_class is kind:
                    yield self._mark(mark)

    def _mark(self, mark: Mark) -> Markup:
        x, title = self.x(mark.day), self._title(mark)
        match mark.alert_class:
            case AlertClass.ASK:
                shape = Markup(
                    '<line class="ask" x1="{x}" x2="{x}" y1="{a}" y2="{b}"/>'
                    '<circle class="ask" cx="{x}" cy="{a}" r="5.5"/>'
                ).format(x=x, a=_MARKS, b=_FLOOR)
            case AlertClass.REFLECTION:
                shape = Markup('<circle class="reflection" cx="{}" cy="{}" r="3.5"/>').format(
                    x, _MARKS
                )
            case AlertClass.NOTICE:
                shape = Markup(
                    '<rect class="notice" x="{}" y="{}" width="6" height="6" rx="1"/>'
                ).format(round(x - 3, 1), _MARKS - 3)
        return Markup("<g><title>{}</title>{}</g>").format(title, shape)

    def _title(self, mark: Mark) -> str:
        kind = self.words.say(f"legend.{mark.alert_class}")
        return f"{self.words.day(mark.at.date())} · {kind}: {self.words.moment(mark.moment)}"

    def _span(self, start: float, end: float, y: float, kind: str, name: str) -> Markup:
        low = self.x(start)
        return Markup(
            '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"><title>{}</title>'
            "</rect>"
        ).format(kind, low, y, max(round(self.x(end) - low, 1), 1.2), _LANE, name)
