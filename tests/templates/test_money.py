"""Money against a slow reckoning of its own: one unit after the other, in whole fractions."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue import Tier
from engine.cost import Terms, break_even, overage_cost, period_cost
from engine.usage import PeriodKind
from templates.case_facts import effect_of
from templates.case_view import Offer
from templates.formats import Formats
from templates.message import Audience
from templates.pack import pack
from tests.templates.stories import sample_plan, sample_story
from tests.templates.test_case import Page, page, unsourced, view

PRICES = st.decimals(0, 1000, places=4)
UNITS = st.decimals(0, 5, places=4)
CURRENCIES = {"JPY": 0, "EUR": 2, "KWD": 3}


@st.composite
def overages(draw: st.DrawFn) -> Decimal | list[Tier] | None:
    """Nothing, one price, or tiers; the last tier may end or not."""
    ends = sorted(draw(st.sets(st.integers(1, 60), max_size=4)))
    if not ends:
        return draw(st.none() | UNITS)
    tiers = [Tier(unit=draw(UNITS), up_to=Decimal(end)) for end in ends]
    return [*tiers, Tier(unit=draw(UNITS))] if draw(st.booleans()) else tiers


def unit_by_unit(units: int, overage: Decimal | list[Tier] | None) -> Fraction | None:
    """What so many units above the limit cost, each looked up by itself."""
    cost = Fraction(0)
    for number in range(1, units + 1):
        price = overage if isinstance(overage, Decimal) else None
        for tier in overage if isinstance(overage, list) else []:
            if tier.up_to is None or number <= tier.up_to:
                price = tier.unit
                break
        if price is None:
            return None
        cost += Fraction(price)
    return cost


def slow(terms: Terms, used: int) -> Fraction | None:
    """What a period costs."""
    if terms.price is None or (terms.per_seat and terms.seats is None):
        return None
    base = Fraction(terms.price) * (terms.seats or 0 if terms.per_seat else 1)
    above = 0 if terms.limit is None else max(used - int(terms.limit), 0)
    extra = unit_by_unit(above, terms.overage)  # type: ignore[arg-type]
    return None if extra is None else base + extra


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    return Terms(
        price=draw(st.none() | PRICES),
        limit=draw(st.none() | st.integers(0, 40).map(Decimal)),
        overage=draw(overages()),
        per_seat=draw(st.booleans()),
        seats=draw(st.none() | st.integers(0, 9)),
    )


@given(units=st.integers(0, 100), overage=overages())
def test_overage_is_what_its_units_cost(units: int, overage: Decimal | list[Tier] | None) -> None:
    quick = overage_cost(Decimal(units), overage)
    assert (None if quick is None else Fraction(quick)) == unit_by_unit(units, overage)


@given(plan=terms(), used=st.integers(0, 120))
def test_a_period_is_its_price_and_its_overage(plan: Terms, used: int) -> None:
    cost = period_cost(plan, Decimal(used))
    assert (None if cost is None else Fraction(cost.total)) == slow(plan, used)


@given(now=terms(), then=terms())
def test_from_the_break_even_on_moving_costs_no_more(now: Terms, then: Terms) -> None:
    even = break_even(now, then)
    if even is None or not even:
        return
    first = ceil(even)
    if then.limit is not None and first > then.limit:
        return
    costs = [(slow(now, used), slow(then, used)) for used in range(first + 1)]
    stays, moves = costs[first]
    if stays is None:
        return  # The tiers of the plan it is on end in between.
    assert moves is not None
    assert stays >= moves
    assert all(a is None or b is None or a < b for a, b in costs[:first])


@given(
    amount=st.decimals(-(10**9), 10**9, places=6),
    currency=st.sampled_from(sorted(CURRENCIES)),
    locale=st.sampled_from(["en", "de"]),
)
def test_an_amount_is_told_to_its_currencys_smallest_coin(
    amount: Decimal, currency: str, locale: str
) -> None:
    places = CURRENCIES[currency]
    told = Formats(pack(locale).babel, date(2026, 1, 1)).money(amount, currency)
    point = "." if locale == "en" else ","
    whole, _, coins = re.sub(rf"[^\d{re.escape(point)}]", "", told).partition(point)
    assert len(coins) == places
    exact = abs(Fraction(amount)) * 10**places
    assert int(whole + coins) == floor(exact + Fraction(1, 2))


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_the_page_says_what_moving_adds_and_takes(currency: str) -> None:
    story = replace(sample_story(), currency=currency)
    case = view(story=story, audience=Audience.FINANCE)
    effect = effect_of(case)
    assert effect is not None
    assert (effect.period, effect.year) == (Decimal(80), Decimal(960))
    assert (effect.annual_total, effect.annual) == (Decimal(8900), Decimal(-820))
    text = Page(page(case, "en")).text
    formats = Formats(pack("en").babel, date(2026, 1, 1))
    for said in (
        f"costs {formats.money(Decimal(80), currency)} more this month",
        f"{formats.money(Decimal(960), currency)} more over a year",
        f"paid by the year, {formats.money(Decimal(820), currency)} less",
    ):
        assert said in text
    assert unsourced(case, page(case, "en")) == []


def test_a_yearly_price_for_a_seat_counts_the_seats() -> None:
    seats = sample_plan("business", "Business", "10", per="seat")
    story = replace(sample_story(), next_plan=seats)
    effect = effect_of(view(story=story, next=Offer(overage=Decimal(0), annual=Decimal(100))))
    assert effect is not None
    assert effect.annual_total == Decimal(2000)
    unknown = replace(story, next_plan=replace(seats, seats=None))
    assert effect_of(view(story=unknown, next=Offer(annual=Decimal(100)))) is None


def test_plans_of_different_periods_are_not_added_up() -> None:
    yearly = sample_plan("business", "Business", "8900", period=PeriodKind.YEAR)
    case = view(story=replace(sample_story(), next_plan=yearly), audience=Audience.FINANCE)
    assert effect_of(case) is None
    text = Page(page(case, "en")).text
    assert "Included a year 25,000 reports" in text
    assert "Included a month 10,000 reports" in text
    assert "€810.00" in text, "what staying comes to is known"
    for wrong in ("With the same use", "€8,900.00 on Business", "€0.63", "This month comes to"):
        assert wrong not in text
    assert unsourced(case, page(case, "en")) == []


def test_what_is_paid_by_the_year_is_held_against_the_same_use() -> None:
    used = replace(sample_story().main, used=Decimal(30000), pace=Decimal(1000))
    case = view(story=replace(sample_story(), main=used), audience=Audience.FINANCE)
    effect = effect_of(case)
    assert effect is not None
    assert effect.annual_total is not None
    assert effect.as_you_go is not None
    # 890 a month or 8,900 a year, and the same overage beside either.
    assert effect.as_you_go - effect.annual_total == 890 * 12 - 8900
    text = Page(page(case, "en")).text
    assert "The same, paid as you go" in text


def test_many_tiers_are_all_there() -> None:
    tiers = [
        *(Tier(unit=Decimal(n) / 100, up_to=Decimal(n * 1000)) for n in range(1, 9)),
        Tier(unit=Decimal("0.005")),
    ]
    text = Page(page(view(now=Offer(overage=tiers)), "en")).text
    assert "Each further one €0.005" in text


def test_a_plan_without_a_limit_says_so() -> None:
    story = sample_story()
    open_ = replace(story, main=replace(story.main, next_limit=None))
    case = view(story=open_, next=Offer())
    text = Page(page(case, "en")).text
    assert "Included as many reports as there are" in text
    assert "not stated" not in text
    assert "there is no limit to reports" in text
    assert "gibt es kein Limit für" in Page(page(case, "de")).text
