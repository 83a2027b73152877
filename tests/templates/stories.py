"""Sample stories: one realistic account, and every way its facts can be missing or odd."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from engine.alert import AlertClass, Moment
from engine.decision import Stage
from engine.story import MeterStory, PlanStory, Range, Story, Stretch
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind

AS_OF = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
CLASSES = {
    Moment.SUSTAINED_OVER: (AlertClass.ASK,),
    Moment.RECURRING_FRICTION: (AlertClass.ASK,),
    Moment.AT_LIMIT: (AlertClass.NOTICE, AlertClass.ASK),
    Moment.PACE: (AlertClass.ASK,),
    Moment.APPROACHING: (AlertClass.NOTICE, AlertClass.ASK),
    Moment.MILESTONE: (AlertClass.REFLECTION,),
    Moment.RIGHT_SIZE: (AlertClass.REFLECTION,),
}
DAILY = [520, 585, 610, 540, 480, 110, 70, 560, 640, 655, 590, 505, 120, 85, 610, 665, 690, 385]
PAST = [(6, 4120), (7, 4480), (8, 5100), (9, 6240), (10, 7310)]


def sample_meter(**changes: object) -> MeterStory:
    """8,420 of 10,000 reports on 18 November, growing every month since June."""
    meter = MeterStory(
        key="reports",
        name_one="report",
        name_other="reports",
        value="delivered to your clients",
        kind=MeterKind.RESET,
        aggregation=Aggregation.SUM,
        at_limit=AtLimit.CONTINUES,
        used=Decimal(8420),
        limit=Decimal(10000),
        next_limit=Decimal(25000),
        period_start=date(2026, 11, 1),
        period_end=date(2026, 12, 1),
        past=tuple(
            Stretch(start=date(2026, m, 1), end=date(2026, m + 1, 1), used=Decimal(used))
            for m, used in PAST
        ),
        daily=tuple(Decimal(day) for day in DAILY),
        pace=Decimal("467.78"),
        forecast=Range(low=date(2026, 11, 20), mid=date(2026, 11, 21), high=date(2026, 11, 24)),
        overage=Decimal("0.08"),
        as_of=AS_OF,
    )
    return replace(meter, **changes)  # type: ignore[arg-type]


def seats_meter(**changes: object) -> MeterStory:
    """18 of 20 seats: a cumulative meter that never resets, and stops at its limit."""
    meter = sample_meter(
        key="seats",
        name_one="seat",
        name_other="seats",
        value="in daily use",
        kind=MeterKind.CUMULATIVE,
        aggregation=Aggregation.LATEST,
        at_limit=AtLimit.STOPS,
        used=Decimal(18),
        limit=Decimal(20),
        next_limit=Decimal(60),
        period_start=date.min,
        period_end=None,
        past=(),
        daily=tuple(Decimal(12 + day // 10) for day in range(61)),
        pace=Decimal("0.1"),
        forecast=Range(
            low=AS_OF.date() + timedelta(days=9),
            mid=AS_OF.date() + timedelta(days=15),
            high=AS_OF.date() + timedelta(days=28),
        ),
        overage=None,
    )
    return replace(meter, **changes)  # type: ignore[arg-type]


def sample_story(**changes: object) -> Story:
    """Harbor Logistics on Northwind Reports: on pace to pass what Team includes."""
    story = Story(
        account="acc_harbor",
        account_name="Harbor Logistics",
        product="Northwind Reports",
        currency="EUR",
        time_zone="Europe/Berlin",
        alert_class=AlertClass.ASK,
        moment=Moment.PACE,
        stage=Stage.EMBEDDED,
        as_of=AS_OF,
        main=sample_meter(),
        others=(seats_meter(),),
        plan=sample_plan("team", "Team", "490.00"),
        next_plan=sample_plan("business", "Business", "890.00"),
        value_since=date(2026, 3, 9),
        value_days28=22,
        people28=14,
        renewal=date(2027, 3, 1),
    )
    return replace(story, **changes)  # type: ignore[arg-type]


def sample_plan(key: str, name: str, price: str | None, **changes: object) -> PlanStory:
    """A monthly plan for the whole account."""
    plan = PlanStory(
        key=key,
        name=name,
        price=None if price is None else Decimal(price),
        per="account",
        period=PeriodKind.MONTH,
        seats=20,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def variants() -> dict[str, Story]:
    """The sample story in every state its facts can be in."""
    story = sample_story()
    over = sample_meter(used=Decimal(11214), forecast=None)
    year = {"period_start": date(2026, 1, 1), "period_end": date(2027, 1, 1)}
    hostile = "<!channel> <script>alert('x')</script> \u202eevil\u202c *bold* " + "x" * 400
    meters = {
        "sample": story.main,
        "soft": sample_meter(at_limit=AtLimit.SOFT),
        "stops": sample_meter(at_limit=AtLimit.STOPS),
        "over": over,
        "over_soft": replace(over, at_limit=AtLimit.SOFT),
        "over_stops": replace(over, at_limit=AtLimit.STOPS),
        "exactly": sample_meter(used=Decimal(10000), forecast=None),
        "no_forecast": sample_meter(forecast=None),
        "no_past": sample_meter(past=()),
        "shrinking": sample_meter(used=Decimal(6100)),
        "no_limit": sample_meter(limit=None, next_limit=None, forecast=None),
        "one_day": sample_meter(daily=(Decimal(9),), used=Decimal(9), past=(), forecast=None),
        "one_thing": sample_meter(used=Decimal(1), daily=(Decimal(1),)),
        "nothing": sample_meter(used=Decimal(0), daily=(), past=(), forecast=None, pace=None),
        "fractions": sample_meter(used=Decimal("8420.255"), limit=Decimal("10000.5")),
        "no_value": sample_meter(value=""),
        "tiered": sample_meter(overage=None),
        "narrow_range": sample_meter(
            forecast=Range(low=date(2026, 11, 21), mid=date(2026, 11, 21), high=date(2026, 11, 21))
        ),
        "across_years": sample_meter(
            forecast=Range(low=date(2026, 12, 29), mid=date(2026, 12, 31), high=date(2027, 1, 4)),
            **year,
        ),
        "week": sample_meter(
            period_start=date(2026, 11, 16), period_end=date(2026, 11, 23), daily=(Decimal(5),) * 3
        ),
        "anniversary": sample_meter(period_start=date(2026, 11, 9), period_end=date(2026, 12, 9)),
        "seats": seats_meter(),
        "seats_full": seats_meter(used=Decimal(20), forecast=None),
        "peak": sample_meter(
            kind=MeterKind.PEAK, aggregation=Aggregation.MAX, forecast=None, used=Decimal(690)
        ),
        "unique": sample_meter(aggregation=Aggregation.UNIQUE),
        "huge": sample_meter(
            used=Decimal(10) ** 15,
            limit=Decimal(10) ** 15 * 3,
            next_limit=Decimal(10) ** 16,
            daily=(Decimal(10) ** 15,),
        ),
        "hostile_meter": sample_meter(name_one=hostile, name_other=hostile, value=hostile),
    }
    stories = {name: replace(story, main=meter) for name, meter in meters.items()}
    return stories | {
        "no_next_plan": replace(story, next_plan=None),
        "no_plan": replace(story, plan=None, next_plan=None),
        "no_price": replace(
            story,
            plan=sample_plan("team", "Team", None),
            next_plan=sample_plan("business", "Business", None),
        ),
        "per_seat": replace(
            story,
            plan=sample_plan("team", "Team", "24.50", per="seat"),
            next_plan=sample_plan("business", "Business", "44.50", per="seat"),
        ),
        "yearly": replace(
            story,
            plan=sample_plan("t", "Team", "4900", period=PeriodKind.YEAR),
            next_plan=sample_plan("b", "Business", "8900", period=PeriodKind.YEAR),
        ),
        "few_people": replace(story, people28=2),
        "no_people": replace(story, people28=None, value_since=None, renewal=None, others=()),
        "milestone": replace(story, milestone=Decimal(1000)),
        "hostile": replace(
            story,
            account_name=hostile,
            product=hostile,
            plan=sample_plan("team", hostile, "490.00"),
            next_plan=sample_plan("business", hostile, "890.00"),
        ),
        "arabic": replace(story, account_name="شركة الميناء", product="تقارير الشمال"),
        "yen": replace(story, currency="JPY"),
    }


def stories() -> list[tuple[str, Story]]:
    """Every variant at every moment and class it may have."""
    return [
        (f"{name}-{moment}-{alert_class}", replace(story, moment=moment, alert_class=alert_class))
        for name, story in variants().items()
        for moment, classes in CLASSES.items()
        for alert_class in classes
    ]
