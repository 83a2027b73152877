"""Sample stories in every language: one realistic account, at every moment and in every state."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.accomplished import Accomplished, Done
from engine.accomplished import Stretch as Days
from engine.alert import AlertClass, Moment
from engine.decision import Stage
from engine.policy import Digest
from engine.story import MeterStory, PlanStory, Range, Story, Stretch
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind
from templates.pack import pack

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
_DAILY = [520, 585, 610, 540, 480, 110, 70, 560, 640, 655, 590, 505, 120, 85, 610, 665, 690, 385]
_PAST = [(6, 4120), (7, 4480), (8, 5100), (9, 6240), (10, 7310)]


def sample_meter(locale: str = "en", **changes: Any) -> MeterStory:
    """8,420 of 10,000 reports on 18 November, growing every month since June."""
    words = pack(locale).words["sample"]
    meter = MeterStory(
        key="reports",
        name_one=words["report"],
        name_other=words["reports"],
        value=words["report_value"],
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
            for m, used in _PAST
        ),
        daily=tuple(Decimal(day) for day in _DAILY),
        pace=Decimal("467.78"),
        forecast=Range(low=date(2026, 11, 20), mid=date(2026, 11, 21), high=date(2026, 11, 24)),
        overage=Decimal("0.08"),
        as_of=AS_OF,
    )
    return replace(meter, **changes)


def seats_meter(locale: str = "en", **changes: Any) -> MeterStory:
    """18 of 20 seats: a cumulative meter that never resets, and stops at its limit."""
    words = pack(locale).words["sample"]
    meter = sample_meter(
        locale,
        key="seats",
        name_one=words["seat"],
        name_other=words["seats"],
        value=words["seat_value"],
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
    return replace(meter, **changes)


def sample_story(locale: str = "en", **changes: Any) -> Story:
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
        main=sample_meter(locale),
        others=(seats_meter(locale),),
        plan=sample_plan("team", "Team", "490.00"),
        next_plan=sample_plan("business", "Business", "890.00"),
        value_since=date(2026, 3, 9),
        value_days28=22,
        people28=14,
        renewal=date(2027, 3, 1),
    )
    return replace(story, **changes)


def sample_plan(key: str, name: str, price: str | None, **changes: Any) -> PlanStory:
    """A monthly plan for the whole account."""
    plan = PlanStory(
        key=key,
        name=name,
        price=None if price is None else Decimal(price),
        per="account",
        period=PeriodKind.MONTH,
        seats=20,
    )
    return replace(plan, **changes)


def states(locale: str) -> dict[str, Story]:
    """The account where the limit lies ahead, is passed, is unknown, never resets; with little."""
    story = sample_story(locale)
    little = sample_meter(locale, past=(), forecast=None, overage=None, pace=None, value="")
    return {
        "ahead": story,
        "over": replace(story, main=sample_meter(locale, used=Decimal(11214), forecast=None)),
        "round number": replace(story, milestone=Decimal(1000)),
        "no limit": replace(
            story, main=sample_meter(locale, limit=None, next_limit=None, forecast=None)
        ),
        "seats": replace(story, main=seats_meter(locale)),
        "little known": replace(
            story,
            main=little,
            others=(),
            plan=sample_plan("team", "Team", None),
            next_plan=None,
            value_since=None,
            people28=None,
            renewal=None,
        ),
    }


def typical(locale: str) -> Iterator[Story]:
    """One story for each moment and class it may have, as it would mostly be."""
    known = states(locale)
    full = replace(known["ahead"], main=sample_meter(locale, used=Decimal(10000), forecast=None))
    fitting = {
        Moment.SUSTAINED_OVER: known["over"],
        Moment.AT_LIMIT: full,
        Moment.MILESTONE: known["round number"],
    }
    for moment, classes in CLASSES.items():
        for kind in classes:
            story = fitting.get(moment, known["ahead"])
            yield replace(story, moment=moment, alert_class=kind)


def digests(locale: str) -> Iterator[tuple[Accomplished, Story]]:
    """What a digest may tell: much, little, of a week and of a month; each with its story."""
    main, seats = sample_meter(locale), seats_meter(locale)
    reports = _done(main, "1530", "1420")
    much = (reports, _done(seats, "2", None))
    calm = sample_story(locale, alert_class=AlertClass.REFLECTION, moment=Moment.MILESTONE)
    week = Days(start=date(2026, 11, 9), end=date(2026, 11, 16))
    turn = Days(start=date(2026, 10, 26), end=date(2026, 11, 2))
    month = Days(start=date(2026, 10, 1), end=date(2026, 11, 1))
    told = (
        (Digest.WEEKLY, week, much, 14),
        (Digest.WEEKLY, turn, (replace(reports, amount=Decimal(1), before=Decimal(0)),), None),
        (Digest.MONTHLY, month, much, 14),
        (Digest.MONTHLY, month, (replace(reports, before=None, value=""),), None),
    )
    for how_often, stretch, done, people in told:
        yield (
            Accomplished(
                account_name=calm.account_name,
                product=calm.product,
                time_zone=calm.time_zone,
                how_often=how_often,
                stretch=stretch,
                done=done,
                people=people,
                as_of=AS_OF,
            ),
            calm,
        )


def _done(meter: MeterStory, amount: str, before: str | None) -> Done:
    return Done(
        meter=meter.key,
        name_one=meter.name_one,
        name_other=meter.name_other,
        value=meter.value,
        amount=Decimal(amount),
        before=None if before is None else Decimal(before),
    )


def moments(locale: str) -> Iterator[tuple[str, Story]]:
    """Every state at every moment and class it may have, for every behaviour at the limit."""
    for state, story in states(locale).items():
        for truth in AtLimit:
            main = replace(story.main, at_limit=truth)
            for moment, classes in CLASSES.items():
                for told in classes:
                    yield state, replace(story, main=main, moment=moment, alert_class=told)
