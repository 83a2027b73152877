"""The facts of a case: the story's own, and what is calculated from them, each with its source."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import accumulate

from engine.cost import (
    Cost,
    Effect,
    Terms,
    a_year,
    base_price,
    break_even,
    effect,
    period_cost,
    unit_cost,
    yearly_price,
)
from engine.story import PlanStory, Story
from engine.usage import MeterKind
from templates.case_view import CaseView, Offer
from templates.chart_plot import first_day
from templates.facts import (
    CitedFact,
    Fact,
    FactKind,
    Span,
    facts_of,
    formats_of,
    span_of,
    today_of,
)
from templates.formats import Formats
from templates.pack import Pack
from templates.why import meter_sentence

SIDES = ("now", "next")
PRICES = frozenset(
    f"{side}_{name}" for side in SIDES for name in ("price", "annual", "overage", "tier_0")
)
"""The facts one of which is there where anything is said of what the plans cost."""


class Source(StrEnum):
    """Where a number on the page comes from."""

    METER = "meter"
    FORECAST = "forecast"
    PRICES = "prices"
    ACCOUNT = "account"
    CALCULATED = "calculated"
    CONTRACT = "contract"
    CASE = "case"


_BY_KIND = {
    FactKind.VALUE: Source.METER,
    FactKind.DATE: Source.METER,
    FactKind.COUNT: Source.ACCOUNT,
    FactKind.LIMIT: Source.PRICES,
    FactKind.PRICE: Source.PRICES,
    FactKind.FORECAST: Source.FORECAST,
    FactKind.COST: Source.CALCULATED,
}


def source_of(name: str, fact: Fact) -> Source:
    """The source a fact is listed under."""
    if name == "since":
        return Source.ACCOUNT
    if name == "renewal":
        return Source.CONTRACT
    if name.startswith(("at_", "was_", "until_")) or name in ("views", "most"):
        return Source.CASE
    return _BY_KIND[fact.kind]


def case_facts(view: CaseView, pack: Pack) -> dict[str, Fact]:
    """Every fact the page may print, by name; what is unknown is absent."""
    story = view.story
    formats = formats_of(story, pack)
    facts = facts_of(story, pack)
    parts = (
        _instants(view, formats),
        _days(story, formats),
        _past(story, pack, formats),
        _others(story, pack),
        _costs(view, formats),
        _before(view, pack),
    )
    for part in parts:
        for name, kind, value, as_of in part:
            cited = CitedFact(id=f"case.{name}", label=name, value=value, as_of=as_of)
            facts[name] = Fact(kind, cited)
    return facts


_Row = tuple[str, FactKind, str, datetime]


def _instants(view: CaseView, formats: Formats) -> Iterator[_Row]:
    zone, as_of = view.story.time_zone, view.story.as_of
    instants = [("at_created", view.created_at), ("at_expires", view.expires_at)]
    instants += [(f"at_answer_{i}", answer.at) for i, answer in enumerate(view.answers)]
    if view.sender is not None:
        yield "views", FactKind.COUNT, formats.quantity(Decimal(view.sender.views)), as_of
        if view.sender.viewed_at is not None:
            instants.append(("at_viewed", view.sender.viewed_at))
    for i, answer in enumerate(view.answers):
        if answer.until is not None:
            yield f"until_{i}", FactKind.DATE, formats.day(answer.until), as_of
    if view.refused is not None and view.refused.most is not None:
        yield "most", FactKind.COUNT, formats.quantity(Decimal(view.refused.most)), as_of
    for name, at in instants:
        yield name, FactKind.DATE, formats.instant(at, zone), as_of
    yield "frozen", FactKind.DATE, formats.instant(as_of, zone), as_of


def _before(view: CaseView, pack: Pack) -> Iterator[_Row]:
    """What the case said that this one was made anew from, where it now says something else."""
    before = view.previous
    if before is None:
        return
    now, then = facts_of(view.story, pack), facts_of(before, pack)
    names = ["used", "forecast"]
    names += ["limit", "price"] if _same(before.plan, view.story.plan) else []
    names += ["next_price"] if _same(before.next_plan, view.story.next_plan) else []
    for name in names:
        if name in then and (name not in now or now[name].cited.value != then[name].cited.value):
            yield f"was_{name}", then[name].kind, then[name].cited.value, before.as_of
    frozen = formats_of(before, pack).instant(before.as_of, before.time_zone)
    yield "was_frozen", FactKind.DATE, frozen, before.as_of


def _same(one: PlanStory | None, other: PlanStory | None) -> bool:
    return one is not None and other is not None and one.key == other.key


def _days(story: Story, formats: Formats) -> Iterator[_Row]:
    """Day by day, for the table behind the chart and the ends of its axis."""
    main, first = story.main, first_day(story)
    totals = accumulate(main.daily)
    for i, (amount, total) in enumerate(zip(main.daily, totals, strict=True)):
        day = formats.day(first + timedelta(days=i))
        yield f"day_{i}", FactKind.DATE, day, main.as_of
        yield f"day_{i}_used", FactKind.VALUE, formats.quantity(amount), main.as_of
        yield f"day_{i}_total", FactKind.VALUE, formats.quantity(total), main.as_of
    yield "today", FactKind.DATE, formats.day(today_of(story)), main.as_of
    yield "first_day", FactKind.DATE, formats.day(first), main.as_of
    if main.pace is not None:
        decimals = Decimal(1) if main.pace >= 10 else Decimal("0.1")
        pace = main.pace.quantize(decimals, ROUND_HALF_UP)
        yield "pace", FactKind.VALUE, formats.quantity(pace), main.as_of


def _past(story: Story, pack: Pack, formats: Formats) -> Iterator[_Row]:
    main, span = story.main, span_of(story.main)
    for i, stretch in enumerate(main.past[-6:]):
        last = stretch.end - timedelta(days=1)
        match span:
            case Span.MONTH:
                label = formats.month(stretch.start)
            case Span.YEAR:
                label = str(stretch.start.year)
            case _:
                label = formats.days(stretch.start, last)
        yield f"past_{i}", FactKind.DATE, label, main.as_of
        yield f"past_{i}_used", FactKind.VALUE, formats.quantity(stretch.used), main.as_of


def _others(story: Story, pack: Pack) -> Iterator[_Row]:
    for i, meter in enumerate(story.others):
        sentence = meter_sentence(meter, str(pack.babel), zone=story.time_zone)
        yield f"other_{i}", FactKind.VALUE, sentence, meter.as_of


def expected_use(story: Story) -> Decimal | None:
    """What the period comes to if the present pace holds, to three figures; None: can't tell."""
    main = story.main
    if main.kind is not MeterKind.RESET or main.pace is None or main.period_end is None:
        return None
    left = (main.period_end - today_of(story)).days - 1
    whole = main.used + main.pace * max(left, 0)
    if whole <= 0:
        return None
    step = Decimal(1).scaleb(max(whole.adjusted() - 2, 0))
    rounded = (whole / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return max(rounded, main.used)


def terms_of(plan: PlanStory | None, limit: Decimal | None, offer: Offer) -> Terms | None:
    """A plan's terms for the engine's arithmetic; None where there is no plan."""
    if plan is None:
        return None
    return Terms(
        price=plan.price,
        limit=limit,
        overage=offer.overage,
        per_seat=plan.per == "seat",
        seats=plan.seats,
        period=plan.period,
    )


def both_terms(view: CaseView) -> dict[str, Terms | None]:
    """The terms of staying and of moving."""
    main, story = view.story.main, view.story
    now = view.now if view.now.overage is not None else replace(view.now, overage=main.overage)
    return {
        "now": terms_of(story.plan, main.limit, now),
        "next": terms_of(story.next_plan, main.next_limit, view.next),
    }


def _costs(view: CaseView, formats: Formats) -> Iterator[_Row]:
    story, as_of = view.story, view.story.as_of
    expected = expected_use(story)
    if expected is not None:
        yield "expected", FactKind.COST, formats.quantity(expected), as_of
    terms, use = both_terms(view), expected or story.main.used
    costs = {side: _cost(terms, its, use) for side, its in terms.items()}
    for side, offer in zip(SIDES, (view.now, view.next), strict=True):
        its = terms[side]
        if its is not None:
            yield from _side(story, side, its, costs[side], offer, formats, use)
    if any(cost and cost.overage for cost in costs.values()):
        for side, cost in costs.items():
            if cost:
                overage = formats.money(cost.overage, story.currency)
                yield f"{side}_extra", FactKind.COST, overage, as_of
    yield from _effect(view, formats)
    now, then = terms["now"], terms["next"]
    even = break_even(now, then) if now and then else None
    if even is not None and even > 0:
        yield (
            "break_even",
            FactKind.COST,
            formats.quantity(even.to_integral_value(ROUND_CEILING)),
            as_of,
        )


def effect_of(view: CaseView) -> Effect | None:
    """What moving changes; None where that can't be known."""
    terms, use = both_terms(view), expected_use(view.story) or view.story.main.used
    now, then = terms["now"], terms["next"]
    return effect(now, then, use, annual=view.next.annual) if now and then else None


def _effect(view: CaseView, formats: Formats) -> Iterator[_Row]:
    """Amounts without their sign: words say whether it is more or less."""
    moving = effect_of(view)
    if moving is None:
        return
    amounts = {
        "change": moving.period,
        "change_year": moving.year,
        "annual_change": moving.annual,
        "by_year_total": moving.annual_total,
        "as_you_go": moving.as_you_go,
    }
    for name, amount in amounts.items():
        if amount is not None:
            shown = formats.money(abs(amount), view.story.currency)
            yield name, FactKind.COST, shown, view.story.as_of


def _cost(terms: Mapping[str, Terms | None], its: Terms | None, use: Decimal) -> Cost | None:
    """What the use of a period comes to; not told of a plan whose periods are of another length."""
    now = terms["now"]
    if its is None or (now is not None and its.period != now.period):
        return None
    return period_cost(its, use)


def _side(
    story: Story,
    side: str,
    terms: Terms,
    cost: Cost | None,
    offer: Offer,
    formats: Formats,
    use: Decimal,
) -> Iterator[_Row]:
    """One plan's price list and what it comes to at `use`."""
    as_of, currency = story.as_of, story.currency

    def money(name: str, kind: FactKind, amount: Decimal | None) -> Iterator[_Row]:
        if amount is not None:
            yield f"{side}_{name}", kind, formats.money(amount, currency), as_of

    base = base_price(terms)
    yield from money("price", FactKind.PRICE, terms.price)
    # Moving by the year is a card of its own, with the price as listed; staying so is a sum.
    annual = yearly_price(terms, offer.annual) if side == "now" else offer.annual
    yield from money("annual", FactKind.PRICE, annual)
    if terms.per_seat and terms.seats is not None:
        yield f"{side}_seats", FactKind.PRICE, formats.quantity(Decimal(terms.seats)), as_of
        yield from money("base", FactKind.COST, base)
    if base is not None:
        yield from money("year", FactKind.COST, a_year(base, terms.period))
    if cost is not None:
        yield from money("total", FactKind.COST, cost.total)
        yield from _unit(side, cost, use, formats, story)
    yield from _overage(story, side, terms, formats)


def _unit(side: str, cost: Cost, use: Decimal, formats: Formats, story: Story) -> Iterator[_Row]:
    each = unit_cost(cost.total, use)
    if each:
        figures = Decimal(1).scaleb(min(each.adjusted() - 2, -2))
        shown = formats.unit_price(each.quantize(figures), story.currency)
        yield f"{side}_unit", FactKind.COST, shown, story.as_of


def _overage(story: Story, side: str, terms: Terms, formats: Formats) -> Iterator[_Row]:
    """The price above the limit: one, or a row for each tier."""
    overage, as_of = terms.overage, story.as_of
    if overage is None:
        return
    if isinstance(overage, Decimal):
        price = formats.unit_price(overage, story.currency)
        yield f"{side}_overage", FactKind.PRICE, price, as_of
        return
    for i, tier in enumerate(overage):
        price = formats.unit_price(tier.unit, story.currency)
        yield f"{side}_tier_{i}", FactKind.PRICE, price, as_of
        if tier.up_to is not None:
            to = formats.quantity(tier.up_to)
            yield f"{side}_tier_{i}_to", FactKind.PRICE, to, as_of
