"""The geometry of the usage chart: levels by day, the plot's scales, and where labels go."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

from engine.story import MeterStory, Range, Story
from engine.usage import Aggregation, MeterKind
from templates.facts import shown_range, today_of

TEXT = 13
_CHARACTER, _BOLD = 0.56, 0.66
"""Widths of a character in ems; bold ones in the widest font that a page may be shown in."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Scales from days and amounts to pixels, inside margins that hold the labels."""

    width: int
    height: int
    first: date
    days: float
    top_amount: float
    left: int = 2
    right: int = 10
    top: int = 42
    bottom: int = 34

    def x(self, day: float) -> float:
        """Pixels of a position in days since the plot's first day."""
        share = min(max(day / self.days, 0), 1)
        return round(self.left + share * (self.width - self.left - self.right), 1)

    def y(self, amount: float) -> float:
        """Pixels of an amount; the base line is zero."""
        span = self.height - self.top - self.bottom
        return round(self.height - self.bottom - span * max(amount, 0) / self.top_amount, 1)

    def of(self, day: date) -> float:
        """The middle of a day, in days since the first."""
        return (day - self.first).days + 0.5


def text_width(text: str, *, bold: bool = False) -> float:
    """About how wide a label is; enough to keep two from touching."""
    return len(text) * TEXT * (_BOLD if bold else _CHARACTER)


def first_day(story: Story) -> date:
    """The first day drawn: the period's, or the first with data where there is no period."""
    today = today_of(story)
    shown = today - timedelta(days=max(len(story.main.daily) - 1, 0))
    return shown if story.main.period_end is None else min(story.main.period_start, today)


def levels(meter: MeterStory) -> list[Decimal]:
    """The level at the end of each day; the last one is what is used by now."""
    if meter.aggregation is Aggregation.LATEST:
        return list(meter.daily)
    if meter.aggregation is Aggregation.MAX:
        return list(accumulate(meter.daily, max))
    base = meter.used - sum(meter.daily, Decimal(0))
    return [max(base + total, Decimal(0)) for total in accumulate(meter.daily)]


def plot_of(story: Story, width: int, height: int) -> Plot:
    """Scales that hold the period, the forecast, the limit and the period before."""
    main, today = story.main, today_of(story)
    first = first_day(story)
    ahead = shown_range(main, today)
    last_day = main.period_end or max(today, ahead.high if ahead else today) + timedelta(days=7)
    amounts = [main.used, *levels(main), main.limit or Decimal(0)]
    if main.kind is not MeterKind.CUMULATIVE and main.past:
        amounts.append(main.past[-1].used)
    top = float(max(amounts)) * 1.1 or 1.0
    days = max((last_day - first).days, 1)
    return Plot(width=width, height=height, first=first, days=days, top_amount=top)


def line_points(story: Story, plot: Plot) -> list[tuple[float, float]]:
    """The line of use as pixels, from the plot's first instant to the as-of time."""
    main, now = story.main, now_in_days(story, plot)
    steps = levels(main)
    start = steps[0] if main.kind is MeterKind.CUMULATIVE and steps else Decimal(0)
    points = [(0.0, float(start))]
    points += [(i + 1.0, float(level)) for i, level in enumerate(steps[:-1]) if i + 1 < now]
    points.append((now, float(main.used)))
    return [(plot.x(day), plot.y(amount)) for day, amount in points]


def now_in_days(story: Story, plot: Plot) -> float:
    """The as-of time in days since the plot's first day."""
    local = story.main.as_of.astimezone(ZoneInfo(story.time_zone))
    whole = (local.date() - plot.first).days
    return max(whole + (local.hour * 60 + local.minute) / 1440, 0.2)


def cone_points(
    story: Story, ahead: Range, limit: Decimal, plot: Plot
) -> list[tuple[float, float]]:
    """The forecast as a triangle from here, through the range of days on the limit, and beyond."""
    now, used, goal = now_in_days(story, plot), float(story.main.used), float(limit)
    rise = cone_top(goal) - used
    stretch = rise / (goal - used)
    fast, slow = (
        _ray(plot, now, max(day - now, 0.3) * stretch, used, rise)
        for day in (plot.of(ahead.low), plot.of(ahead.high))
    )
    corner = (plot.x(plot.days), plot.y(used + rise))
    cut = slow[1] > corner[1] and fast[0] < corner[0]
    return [(plot.x(now), plot.y(used)), fast, *([corner] if cut else []), slow]


def cone_top(limit: float) -> float:
    """How far the cone is drawn past the limit."""
    return limit * 1.1


def _ray(plot: Plot, now: float, run: float, used: float, rise: float) -> tuple[float, float]:
    """Where a pace that takes `run` days for `rise` leaves the plot."""
    share = min(1.0, max(plot.days - now, 0.0) / run)
    return plot.x(now + run * share), plot.y(used + rise * share)
