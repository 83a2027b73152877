"""The cited facts of a story: every number, date and price any text may say, formatted once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.decision import Stage
from engine.story import MeterStory, PlanStory, Range, Story
from engine.usage import MeterKind
from templates.formats import NARROWEST_RANGE, Formats, widened
from templates.pack import Pack
from templates.plain import plain

SMALLEST_GROUP = 3


class FactKind(StrEnum):
    """What a fact tells; the lint's rules about order and price go by it."""

    VALUE = "value"
    LIMIT = "limit"
    FORECAST = "forecast"
    PRICE = "price"
    DATE = "date"
    COUNT = "count"
    COST = "cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedFact:
    """One number, date or price as a text says it, with its meter and its as-of time."""

    id: str
    label: str
    value: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """A cited fact and what kind it is."""

    kind: FactKind
    cited: CitedFact


class Span(StrEnum):
    """The period a meter's limit covers, as people name it."""

    MONTH = "month"
    WEEK = "week"
    YEAR = "year"
    PERIOD = "period"
    NONE = "none"


def today_of(story: Story) -> date:
    """The account's local day on which the story was frozen."""
    return story.as_of.astimezone(ZoneInfo(story.time_zone)).date()


def formats_of(story: Story, pack: Pack) -> Formats:
    """The formats of a pack, as of the story's day."""
    return Formats(pack.babel, today_of(story))


def span_of(meter: MeterStory) -> Span:
    """What to call the meter's period: a calendar month is "this month", anything odd a period."""
    start, end = meter.period_start, meter.period_end
    if end is None or meter.kind is MeterKind.CUMULATIVE:
        return Span.NONE
    if (end - start).days == 7:
        return Span.WEEK
    if start.day == end.day == 1:
        months = (end.year - start.year) * 12 + end.month - start.month
        if months == 1:
            return Span.MONTH
        if months == 12 and start.month == 1:
            return Span.YEAR
    return Span.PERIOD


def passed(meter: MeterStory) -> bool:
    """Whether the limit is already met or passed; exactly 100 % counts."""
    return meter.limit is not None and meter.used >= meter.limit


def shown_range(meter: MeterStory, today: date) -> Range | None:
    """The forecast as it may be shown: still ahead, before the limit, at least three days wide."""
    if meter.forecast is None or meter.limit is None or passed(meter):
        return None
    low, high = widened(meter.forecast.low, meter.forecast.high, today)
    if meter.period_end is not None and meter.kind is MeterKind.RESET and high >= meter.period_end:
        # Counting starts again then: the range can't reach past it, and may not be too narrow.
        high = meter.period_end - timedelta(days=1)
        low = max(min(low, high - NARROWEST_RANGE), today)
        if high - low < NARROWEST_RANGE:
            return None
    return Range(low=low, mid=meter.forecast.mid, high=high)


def label_of(pack: Pack, name: str, **names: str) -> str:
    """What a fact is called, from the pack."""
    return str(pack.words["facts"][name]).format(**names)


def facts_of(story: Story, pack: Pack) -> dict[str, Fact]:
    """Every fact of the story by its short name; what is unknown is absent, never guessed."""
    return dict(_facts(story, pack))


@lru_cache(maxsize=256)
def _facts(story: Story, pack: Pack) -> dict[str, Fact]:
    formats = formats_of(story, pack)
    main = story.main
    facts = _usage(story, pack, formats) | _forecast(story, pack, formats)
    facts |= _beside(story, pack, formats)

    def add(name: str, kind: FactKind, value: str | None, source: str, as_of: datetime) -> None:
        if value is not None:
            label = label_of(pack, name, many=plain(main.name_other, 40))
            fact_id = f"{source}.{name}"
            facts[name] = Fact(kind, CitedFact(id=fact_id, label=label, value=value, as_of=as_of))

    for name, plan in (("price", story.plan), ("next_price", story.next_plan)):
        if plan is not None and plan.price is not None:
            price = formats.money(plan.price, story.currency)
            add(name, FactKind.PRICE, price, f"plan.{plan.key}", story.as_of)
    if main.overage is not None:
        overage = formats.unit_price(main.overage, story.currency)
        add("overage", FactKind.PRICE, overage, main.key, story.as_of)
    since = formats.month(story.value_since) if story.value_since else None
    add("since", FactKind.DATE, since, "account", story.as_of)
    if story.people28 is not None and story.people28 >= SMALLEST_GROUP:
        people = formats.quantity(Decimal(story.people28))
        add("people", FactKind.COUNT, people, "account", story.as_of)
    days = formats.quantity(Decimal(story.value_days28))
    add("value_days", FactKind.COUNT, days, "account", story.as_of)
    renewal = formats.day(story.renewal) if story.renewal else None
    add("renewal", FactKind.DATE, renewal, "account", story.as_of)
    add("as_of", FactKind.DATE, formats.instant(main.as_of, story.time_zone), main.key, main.as_of)
    return facts


def _usage(story: Story, pack: Pack, formats: Formats) -> dict[str, Fact]:
    main = story.main
    last = main.past[-1] if main.past else None
    when = past_when(main, pack, formats)
    ends = main.period_end if span_of(main) is not Span.NONE else None
    amounts: list[tuple[str, FactKind, Decimal | None]] = [
        ("used", FactKind.VALUE, main.used),
        ("last", FactKind.VALUE, last.used if last else None),
        ("milestone", FactKind.VALUE, story.milestone),
        ("limit", FactKind.LIMIT, main.limit),
        ("next_limit", FactKind.LIMIT, main.next_limit),
    ]
    values = [(n, k, None if v is None else formats.quantity(v)) for n, k, v in amounts]
    values.append(("last_when", FactKind.DATE, when))
    values.append(("period_end", FactKind.DATE, formats.day(ends) if ends else None))
    many = plain(main.name_other, 40)
    return {
        name: Fact(
            kind,
            CitedFact(
                id=f"{main.key}.{name}",
                label=label_of(pack, name, many=many),
                value=value,
                as_of=main.as_of,
            ),
        )
        for name, kind, value in values
        if value is not None
    }


def _forecast(story: Story, pack: Pack, formats: Formats) -> dict[str, Fact]:
    main = story.main
    ahead = shown_range(main, formats.today)
    if ahead is None:
        return {}
    cited = CitedFact(
        id=f"{main.key}.forecast",
        label=label_of(pack, "forecast", many=plain(main.name_other, 40)),
        value=formats.days(ahead.low, ahead.high),
        as_of=main.as_of,
    )
    return {"forecast": Fact(FactKind.FORECAST, cited)}


def _beside(story: Story, pack: Pack, formats: Formats) -> dict[str, Fact]:
    """The limits that the same message tells of as well: "beside_0_used", "beside_0_limit" ..."""
    found = {}
    for n, meter in enumerate(story.beside):
        ends = meter.period_end if span_of(meter) is not Span.NONE else None
        limit = None if meter.limit is None else formats.quantity(meter.limit)
        told = (
            ("used", FactKind.VALUE, formats.quantity(meter.used)),
            ("limit", FactKind.LIMIT, limit),
            ("period_end", FactKind.DATE, formats.day(ends) if ends else None),
        )
        for name, kind, value in told:
            if value is not None:
                label = label_of(pack, name, many=plain(meter.name_other, 40))
                fact_id = f"{meter.key}.{name}"
                cited = CitedFact(id=fact_id, label=label, value=value, as_of=meter.as_of)
                found[f"beside_{n}_{name}"] = Fact(kind, cited)
    return found


def past_when(meter: MeterStory, pack: Pack, formats: Formats) -> str | None:
    """When the last closed period was: "in October", "last week", "in 2025"."""
    if not meter.past:
        return None
    span, start = span_of(meter), meter.past[-1].start
    phrase = str(pack.words["past"][span])
    return phrase.format(month=formats.month(start), year=start.year)


def plan_per(plan: PlanStory | None, pack: Pack) -> str:
    """What a price is for: "a month", "a seat and month"."""
    if plan is None:
        return ""
    table = pack.words["per_seat" if plan.per == "seat" else "per"]
    return str(table[plan.period])


def stage_name(stage: Stage, pack: Pack) -> str:
    """What people call a stage."""
    return str(pack.words["stages"][stage])
