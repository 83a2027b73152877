"""The story: facts frozen at the decision, each equal to what the snapshot says."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from engine.alert import Moment
from engine.catalogue import Catalogue, Meter, Name, Plan, Product, Tier
from engine.decide import decide
from engine.policy import Policy
from engine.snapshot import Snapshot
from engine.story import Range, Story
from engine.tell import tell
from engine.usage import PeriodKind
from tests.builders import TODAY, at, growing, meter, rising, snapshot, steady, user_days

REPORTS = Meter(key="reports", name=Name(one="report", other="reports"))
CATALOGUE = Catalogue(
    product=Product(name="Northwind Reports"),
    meters={"reports": REPORTS},
    plans={
        "team": Plan(
            key="team",
            name="Team",
            price=Decimal(490),
            next="business",
            limits={"reports": Decimal(1000)},
            overage={"reports": Decimal("0.08")},
        ),
        "business": Plan(key="business", name="Business", prices={"USD": Decimal(990)}),
    },
)


def story(facts: Snapshot, catalogue: Catalogue = CATALOGUE) -> Story:
    decision = decide(facts, Policy(), at())
    assert decision.chosen is not None
    return tell(facts, catalogue, decision.chosen, decision)


def test_numbers_are_the_snapshots() -> None:
    facts = growing()
    told = story(facts)
    assert told.moment is Moment.PACE
    assert told.main.used == Decimal(660)
    assert told.main.limit == Decimal(1000)
    assert told.main.next_limit == Decimal(5000)
    assert [s.used for s in told.main.past] == [period.used for period in facts.meters[0].closed]
    assert told.as_of == at()
    assert told.value_days28 == 19
    assert told.value_since == TODAY - timedelta(days=120)


def test_days_start_with_the_period_and_add_up_to_what_is_used() -> None:
    told = story(growing()).main
    assert len(told.daily) == TODAY.day
    assert sum(told.daily) == told.used
    assert told.daily[1] == Decimal(55)
    young = meter([0.0, *rising()[-15:]], limit=600)
    assert len(story(snapshot(young)).main.daily) == TODAY.day


def test_pace_and_forecast() -> None:
    told = story(growing()).main
    assert told.pace == Decimal(35)
    assert isinstance(told.forecast, Range)
    assert told.forecast.low <= told.forecast.mid <= told.forecast.high


def test_an_unknown_price_is_not_guessed_and_an_agreed_one_goes_first() -> None:
    told = story(growing())
    assert told.plan is not None
    assert told.next_plan is not None
    assert (told.plan.price, told.next_plan.price) == (Decimal(490), None)
    agreed = story(growing(price=Decimal(400), currency="USD"))
    assert agreed.plan is not None
    assert agreed.next_plan is not None
    assert (agreed.plan.price, agreed.next_plan.price) == (Decimal(400), Decimal(990))


def test_tiers_are_no_single_price() -> None:
    assert story(growing()).main.overage == Decimal("0.08")
    tiers: list[Tier] = [
        Tier(up_to=Decimal(5000), unit=Decimal("0.08")),
        Tier(unit=Decimal("0.05")),
    ]
    team = replace(CATALOGUE.plans["team"], overage={"reports": tiers})
    tiered = replace(CATALOGUE, plans=CATALOGUE.plans | {"team": team})
    assert story(growing(), tiered).main.overage is None


def test_people_are_counted_only_where_usage_names_them() -> None:
    assert story(growing()).people28 is None
    named = growing(user_days=(user_days("ada", *range(1, 40)), user_days("bob", 3, 200)), seats=1)
    assert story(named).people28 == 2


def test_other_meaningful_meters_come_along() -> None:
    facts = snapshot(
        *growing().meters,
        meter(steady(1.0), key="seats", limit=100),
        meter(steady(9.0), key="views", meaningful=False),
    )
    assert [other.key for other in story(facts).others] == ["seats"]


def test_a_milestone_is_told_with_its_number() -> None:
    daily = [*[0.0] * 60, *[7.0] * 14, 2.0]
    facts = snapshot(meter(daily, limit=None), since=TODAY - timedelta(30))
    assert story(facts).milestone == Decimal(100)
    assert story(growing()).milestone is None


def test_what_lies_before_the_known_days_is_not_dated() -> None:
    long = [*[30.0] * 281, *rising()]
    assert story(snapshot(meter(long, limit=1000))).value_since is None


def test_a_meter_without_periods_starts_with_its_first_day() -> None:
    daily = steady(30.0, days=30)
    facts = snapshot(meter(daily, limit=600, period=PeriodKind.NONE))
    told = story(facts).main
    assert told.period_start == TODAY - timedelta(days=30)
    assert told.period_end is None
    assert told.period_start > date.min
    assert len(told.daily) == 31
