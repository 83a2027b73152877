"""Sample stories: one realistic account, and every way its facts can be missing or odd."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from engine.story import Range, Story
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind
from templates.samples import (
    AS_OF,
    CLASSES,
    sample_meter,
    sample_plan,
    sample_story,
    seats_meter,
)

__all__ = [
    "AS_OF",
    "CLASSES",
    "sample_meter",
    "sample_plan",
    "sample_story",
    "seats_meter",
    "several",
    "stories",
    "variants",
]


def variants(locale: str = "en") -> dict[str, Story]:
    """The sample story in every state its facts can be in."""
    story = sample_story(locale)
    over = sample_meter(locale, used=Decimal(11214), forecast=None)
    year = {"period_start": date(2026, 1, 1), "period_end": date(2027, 1, 1)}
    hostile = "<!channel> <script>alert('x')</script> \u202eevil\u202c *bold* " + "x" * 400
    meters = {
        "sample": story.main,
        "soft": sample_meter(locale, at_limit=AtLimit.SOFT),
        "stops": sample_meter(locale, at_limit=AtLimit.STOPS),
        "over": over,
        "over_soft": replace(over, at_limit=AtLimit.SOFT),
        "over_stops": replace(over, at_limit=AtLimit.STOPS),
        "exactly": sample_meter(locale, used=Decimal(10000), forecast=None),
        "no_forecast": sample_meter(locale, forecast=None),
        "no_past": sample_meter(locale, past=()),
        "shrinking": sample_meter(locale, used=Decimal(6100)),
        "no_limit": sample_meter(locale, limit=None, next_limit=None, forecast=None),
        "one_day": sample_meter(
            locale, daily=(Decimal(9),), used=Decimal(9), past=(), forecast=None
        ),
        "one_thing": sample_meter(locale, used=Decimal(1), daily=(Decimal(1),)),
        "nothing": sample_meter(
            locale, used=Decimal(0), daily=(), past=(), forecast=None, pace=None
        ),
        "fractions": sample_meter(locale, used=Decimal("8420.255"), limit=Decimal("10000.5")),
        "no_value": sample_meter(locale, value=""),
        "tiered": sample_meter(locale, overage=None),
        "narrow_range": sample_meter(
            locale,
            forecast=Range(low=date(2026, 11, 21), mid=date(2026, 11, 21), high=date(2026, 11, 21)),
        ),
        "across_years": sample_meter(
            locale,
            forecast=Range(low=date(2026, 12, 29), mid=date(2026, 12, 31), high=date(2027, 1, 4)),
            **year,
        ),
        "week": sample_meter(
            locale,
            period_start=date(2026, 11, 16),
            period_end=date(2026, 11, 23),
            daily=(Decimal(5),) * 3,
        ),
        "anniversary": sample_meter(
            locale, period_start=date(2026, 11, 9), period_end=date(2026, 12, 9)
        ),
        "seats": seats_meter(locale),
        "seats_full": seats_meter(locale, used=Decimal(20), forecast=None),
        "peak": sample_meter(
            locale,
            kind=MeterKind.PEAK,
            aggregation=Aggregation.MAX,
            forecast=None,
            used=Decimal(690),
        ),
        "unique": sample_meter(locale, aggregation=Aggregation.UNIQUE),
        "huge": sample_meter(
            locale,
            used=Decimal(10) ** 15,
            limit=Decimal(10) ** 15 * 3,
            next_limit=Decimal(10) ** 16,
            daily=(Decimal(10) ** 15,),
        ),
        "hostile_meter": sample_meter(locale, name_one=hostile, name_other=hostile, value=hostile),
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
        **{name: replace(story, **told) for name, told in several(locale).items()},
    }


def several(locale: str = "en") -> dict[str, dict[str, Any]]:
    """One message that tells of several limits: alike or not at the limit, long, and many."""
    clients = sample_meter(
        locale,
        key="clients",
        name_one="Mandant",
        name_other="Mandanten" if locale == "de" else "clients",
        value="",
        used=Decimal(72),
        limit=Decimal(70),
        forecast=None,
    )
    over = sample_meter(locale, used=Decimal(11214), forecast=None)
    full = seats_meter(locale, used=Decimal(20), forecast=None)
    long = {"name_one": "x" * 60, "name_other": "y" * 60, "used": Decimal(10) ** 9}
    return {
        "two_limits": {"main": over, "beside": (clients,)},
        "two_limits_ahead": {"beside": (replace(clients, used=Decimal(66)),)},
        "two_limits_stop": {"main": full, "beside": (replace(over, at_limit=AtLimit.STOPS),)},
        "one_of_two_stops": {"main": full, "beside": (clients,)},
        "the_other_stops": {"main": over, "beside": (full,)},
        "the_other_is_soft": {"main": over, "beside": (replace(clients, at_limit=AtLimit.SOFT),)},
        "soft_and_not": {
            "main": replace(over, at_limit=AtLimit.SOFT),
            "beside": (replace(clients, overage=None),),
        },
        "the_other_is_free": {"main": over, "beside": (replace(clients, overage=None),)},
        "three_limits": {"main": over, "beside": (clients, full)},
        "many_limits": {
            "main": replace(over, **long),
            "beside": tuple(
                replace(one, **long, key=f"m{n}", limit=Decimal(10**9))
                for n, one in enumerate((clients, full, full, clients, over))
            ),
        },
    }


def stories(locale: str = "en") -> list[tuple[str, Story]]:
    """Every variant at every moment and class it may have."""
    return [
        (f"{name}-{moment}-{alert_class}", replace(story, moment=moment, alert_class=alert_class))
        for name, story in variants(locale).items()
        for moment, classes in CLASSES.items()
        for alert_class in classes
    ]
