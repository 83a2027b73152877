"""Which situations are worth speaking about, told as named cases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.alert import AlertClass, Moment, ReasonCode
from engine.decide import decide
from engine.policy import PacePolicy, Policy, RightSizePolicy, SustainedOverPolicy
from engine.snapshot import Snapshot
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind
from tests.builders import (
    TODAY,
    ago,
    at,
    friction,
    growing,
    meter,
    person,
    rising,
    snapshot,
    steady,
)


def due(facts: Snapshot, policy: Policy | None = None, day: date = TODAY) -> set[tuple[str, str]]:
    """Moment and class of everything that holds."""
    said = decide(facts, policy or Policy(), at(day))
    return {(c.moment.value, c.alert_class.value) for c in said.candidates}


def month(*daily: float, before: float = 30.0) -> list[float]:
    """A steady past, then these days from the first of the month, ending today."""
    past = steady(before, before, days=90, today=date(2026, 11, 1))[:-1]
    return [*past, *daily]


def used(amount: float, **others: Any) -> Snapshot:
    """A current month with this much used so far, evenly."""
    days = TODAY.day
    return snapshot(meter(month(*[amount / days] * days, before=20.0), **others))


ASK, NOTICE, REFLECTION = "ask", "notice", "reflection"


@pytest.mark.parametrize(
    ("name", "amount", "others", "expected"),
    [
        ("exactly the limit", 900.0, {"limit": 900}, {("at_limit", ASK), ("at_limit", NOTICE)}),
        ("above it", 1000.0, {"limit": 900}, {("at_limit", ASK), ("at_limit", NOTICE)}),
        ("a hair below it", 899.0, {"limit": 899.01}, {("approaching", ASK)}),
        ("a zero limit, nothing used", 0.0, {"limit": 0}, set()),
        (
            "a zero limit, something used",
            18.0,
            {"limit": 0},
            {("at_limit", ASK), ("at_limit", NOTICE)},
        ),
        ("no limit", 900.0, {"limit": None}, set()),
        ("an unknown limit", 900.0, {"limit": None, "limit_known": False}, set()),
        ("half", 450.0, {"limit": 2000}, set()),
        (
            "most, where work stops",
            900.0,
            {"limit": 1000, "at_limit": AtLimit.STOPS},
            {("approaching", NOTICE)},
        ),
        ("a vanity meter", 900.0, {"limit": 900, "meaningful": False}, set()),
        (
            "a vanity meter that stops work",
            900.0,
            {"limit": 900, "meaningful": False, "at_limit": AtLimit.STOPS},
            {("at_limit", NOTICE)},
        ),
    ],
)
def test_at_limit_and_approaching(
    name: str, amount: float, others: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    facts = used(amount, **others)
    assert {d for d in due(facts) if d[0] in ("at_limit", "approaching")} == expected


def test_most_is_used_but_it_wont_be_met() -> None:
    day = date(2026, 11, 29)
    daily = steady(30.0, 30.0, today=day)
    facts = snapshot(meter(daily, limit=1000, today=day, at_limit=AtLimit.STOPS))
    assert due(facts, day=day) == {("approaching", NOTICE)}


def test_an_ask_as_the_limit_comes_near_needs_it_to_be_likely_met() -> None:
    for day, limit, likely in ((29, 1000, False), (26, 875, True)):
        today = TODAY.replace(day=day)
        daily = steady(30.0, 30.0, today=today)
        facts = snapshot(meter(daily, limit=limit, today=today))
        assert (("approaching", ASK) in due(facts, day=today)) is likely


def test_with_too_few_days_to_tell_the_ask_is_due_and_the_gate_says_so() -> None:
    [ask] = decide(snapshot(meter([90.0] * 9 + [0.0], limit=900)), Policy(), at()).candidates
    assert (ask.moment, ask.p) == (Moment.APPROACHING, None)
    assert ReasonCode.DATA_THIN in {reason.code for reason in ask.reasons}


def test_exactly_four_fifths_counts_as_approaching() -> None:
    for amount, holds in ((720.0, True), (719.0, False)):
        facts = used(amount, limit=900, at_limit=AtLimit.STOPS)
        assert (("approaching", NOTICE) in due(facts)) is holds


def test_pace_speaks_while_there_is_room() -> None:
    assert due(growing()) == {("pace", ASK)}


@pytest.mark.parametrize(("least", "most", "holds"), [(0, 0, True), (1, 1, False), (-1, -1, False)])
def test_pace_speaks_on_the_first_and_the_last_day_of_its_lead(
    least: int, most: int, holds: bool
) -> None:
    [forecast] = decide(growing(), Policy(), at()).forecasts
    assert forecast.mid is not None
    ahead = (forecast.mid - TODAY).days
    lead = PacePolicy(lead_min_days=ahead + least, lead_max_days=ahead + most)
    assert (("pace", ASK) in due(growing(), Policy(pace=lead))) is holds


def flat(amount: float, *, tail: Sequence[float] = ()) -> list[float]:
    return month(*[amount] * (TODAY.day - 1 - len(tail)), *tail, 0.0, before=amount)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("not enough used", snapshot(meter(rising(), limit=1101))),
        ("out of reach", snapshot(meter(rising(), limit=1500))),
        ("crossing in two days", snapshot(meter(rising(), limit=750))),
        (
            "a peak",
            snapshot(meter(flat(70), limit=80, kind=MeterKind.PEAK, aggregation=Aggregation.MAX)),
        ),
    ],
)
def test_pace_is_silent(name: str, facts: Snapshot) -> None:
    assert ("pace", ASK) not in due(facts)


def test_pace_must_hold_at_the_previous_evaluation_too() -> None:
    # Yesterday's burst lifts today's probability; yesterday nobody could have seen it.
    quiet = flat(30.0)
    daily = [*quiet[:-2], 180.0, 0.0]
    facts = snapshot(meter(daily, limit=960))
    forecast = decide(facts, Policy(), at()).forecasts[0]
    assert forecast.p is not None
    assert forecast.p >= 0.8
    assert forecast.p_previous is not None
    assert forecast.p_previous < 0.8
    assert ("pace", ASK) not in due(facts)


SUSTAINED = {
    "both of the last two months over": ([1001.0, 1001.0], 1000, True),
    "exactly at the limit is not over": ([1000.0, 1001.0], 1000, False),
    "only the last": ([900.0, 1500.0], 1000, False),
    "only the one before": ([1500.0, 900.0], 1000, False),
}


@pytest.mark.parametrize("name", SUSTAINED)
def test_sustained_over(name: str) -> None:
    (september, october), limit, holds = SUSTAINED[name]
    daily = [*[september / 30] * 30, *[october / 31] * 31, *[1.0] * 17, 0.0]
    facts = snapshot(meter(daily, limit=limit))
    closed = tuple(
        period.__class__(
            start=period.start, end=period.end, used=Decimal(str(use)), limit=period.limit
        )
        for period, use in zip(facts.meters[0].closed, (september, october), strict=True)
    )
    facts = snapshot(meter(daily, limit=limit, closed=closed))
    assert (("sustained_over", ASK) in due(facts)) is holds


def test_one_month_over_is_enough_where_the_policy_says_so() -> None:
    over = snapshot(meter([*[10.0] * 61, *[40.0] * 31, *[1.0] * 18], limit=1000))
    once = Policy(sustained_over=SustainedOverPolicy(periods=1))
    assert ("sustained_over", ASK) in due(over, once)
    assert ("sustained_over", ASK) not in due(over)


def test_without_a_limit_then_or_now_nothing_was_over() -> None:
    over = meter(steady(60.0), limit=1000)
    free = tuple(replace(period, limit=None) for period in over.closed)
    assert ("sustained_over", ASK) not in due(snapshot(replace(over, closed=free)))
    assert ("sustained_over", ASK) not in due(snapshot(replace(over, limit=None)))


def test_a_limit_raised_since_is_not_over_any_more() -> None:
    over = meter(steady(60.0), limit=1000)
    facts = snapshot(meter(steady(60.0), limit=5000, closed=over.closed))
    assert ("sustained_over", ASK) in due(snapshot(over))
    assert ("sustained_over", ASK) not in due(facts)


FRICTION = {
    "three days, two people": ([(1, "ada"), (2, "bob"), (9, "ada")], True),
    "three days, one person": ([(1, "ada"), (2, "ada"), (9, "ada")], False),
    "five days, one person": ([(d, "ada") for d in (1, 2, 3, 9, 12)], True),
    "two days, two people": ([(1, "ada"), (1, "bob"), (2, "ada")], False),
    "the third day is too long ago": ([(1, "ada"), (2, "bob"), (28, "ada")], False),
    "the third day is today": ([(0, "ada"), (1, "bob"), (2, "ada")], True),
    "the third day is just within": ([(1, "ada"), (2, "bob"), (27, "ada")], True),
}


@pytest.mark.parametrize("name", FRICTION)
def test_recurring_friction(name: str) -> None:
    felt, holds = FRICTION[name]
    facts = snapshot(
        meter(steady(10.0), limit=1000), frictions=tuple(friction(d, user) for d, user in felt)
    )
    assert (("recurring_friction", ASK) in due(facts)) is holds


def test_friction_where_there_is_no_limit_has_another_cause() -> None:
    felt = tuple(friction(d, u) for d, u in ((1, "ada"), (2, "bob"), (3, "cy")))
    for known in (True, False):
        use = meter(steady(10.0), limit=None, limit_known=known)
        facts = snapshot(use, frictions=felt)
        assert (("recurring_friction", ASK) in due(facts)) is not known


def test_friction_on_a_vanity_meter_is_no_reason_to_ask() -> None:
    facts = snapshot(
        meter(steady(10.0)),
        meter(steady(10.0), key="views", meaningful=False),
        frictions=tuple(friction(d, u, "views") for d, u in ((1, "ada"), (2, "bob"), (3, "cy"))),
    )
    assert ("recurring_friction", ASK) not in due(facts)


MILESTONES = {
    "the hundredth today": ([*[5.0] * 19, 5.0], "100"),
    "the hundredth two days ago": ([*[5.0] * 20, 0.0, 0.0], "100"),
    "the hundredth three days ago": ([*[5.0] * 20, 0.0, 0.0, 0.0], None),
    "the tenth and the hundredth at once": ([0.0] * 10 + [120.0], "100"),
    "the ninth": ([*[1.0] * 9], None),
    "the tenth": ([*[1.0] * 10], "10"),
}


@pytest.mark.parametrize("name", MILESTONES)
def test_milestones(name: str) -> None:
    daily, ordinal = MILESTONES[name]
    said = decide(snapshot(meter(daily, limit=None)), Policy(), at())
    found = [c.key.period for c in said.candidates if c.moment is Moment.MILESTONE]
    assert found == ([] if ordinal is None else [ordinal])


def test_the_best_month_by_a_fifth() -> None:
    for amount, best in ((60.0, True), (45.0, False)):
        days = TODAY.day
        daily = month(*[amount] * (days - 3), amount, amount, amount, before=27.0)
        # 16 to 18 days at 60 pass 1.2 x the best month (837) in the last three days.
        said = decide(snapshot(meter(daily, limit=None)), Policy(), at())
        found = [c.key.period for c in said.candidates if c.moment is Moment.MILESTONE]
        assert found == (["best-2026-11-01"] if best else [])


def best(daily: list[float], day: date = TODAY, **others: Any) -> list[str]:
    """The periods of the milestones that are due."""
    use = meter(daily, limit=None, today=day, **others)
    said = decide(snapshot(use), Policy(), at(day))
    return [c.key.period for c in said.candidates if c.moment is Moment.MILESTONE]


@pytest.mark.parametrize(("silent", "said"), [(0, True), (2, True), (3, False), (6, False)])
def test_the_best_month_is_said_for_three_days(silent: int, said: bool) -> None:
    # A fifth above October's 310 are the 372 of twelve days.
    past = month(*[31.0] * 12, *[0.0] * silent, before=10.0)
    assert bool(best(past, date(2026, 11, 12 + silent))) is said


def test_the_best_month_may_come_about_on_its_first_day() -> None:
    past = month(400.0, 1.0, before=5.0)
    assert best(past, date(2026, 11, 2)) == ["best-2026-11-01"]


def test_two_months_in_use_are_enough_to_be_better_than() -> None:
    past = [*[0.0] * 31, *[10.0] * 61, *[31.0] * 12]
    assert best(past, date(2026, 11, 12)) == ["best-2026-11-01"]


@pytest.mark.parametrize(
    ("name", "daily", "others"),
    [
        ("a week is no month", month(*[31.0] * 18, before=10.0), {"period": PeriodKind.WEEK}),
        (
            "a month without use is none to be better than",
            [*[0.0] * 61, *[10.0] * 31, *[21.0] * 18],
            {},
        ),
        (
            "a peak adds up to nothing",
            month(*[9.0] * 16, 99.0, 99.0, before=9.0),
            {"kind": MeterKind.PEAK, "aggregation": Aggregation.MAX},
        ),
    ],
)
def test_no_best_month(name: str, daily: list[float], others: dict[str, Any]) -> None:
    assert best(daily, **others) == []


def right_sized(share: float, **others: Any) -> Snapshot:
    use = meter(steady(share * 1000 / 22), limit=5000, lower_limit=Decimal(1000))
    return snapshot(use, **others)


def test_right_size_is_opt_in_and_needs_three_small_periods() -> None:
    on = Policy(right_size=RightSizePolicy(enabled=True))
    assert ("right_size", REFLECTION) in due(right_sized(0.38), on)
    assert ("right_size", REFLECTION) not in due(right_sized(0.38))
    assert ("right_size", REFLECTION) not in due(right_sized(0.45), on)


def test_right_size_needs_every_meter_to_fit() -> None:
    on = Policy(right_size=RightSizePolicy(enabled=True))
    small = right_sized(0.3).meters[0]
    unknown = meter(steady(1.0), key="seats", limit=50)
    assert ("right_size", REFLECTION) not in due(snapshot(small, unknown), on)


def test_right_size_minds_no_meter_without_a_limit() -> None:
    on = Policy(right_size=RightSizePolicy(enabled=True))
    small = right_sized(0.3).meters[0]
    free = meter(steady(90.0), key="views", limit=None)
    assert ("right_size", REFLECTION) in due(snapshot(small, free), on)


def test_right_size_is_about_the_meter_that_fills_most_of_the_smaller_plan() -> None:
    on = Policy(right_size=RightSizePolicy(enabled=True))
    meters = [
        meter(steady(amount), limit=5000, lower_limit=Decimal(1000), key=key)
        for key, amount in (("a", 0.0), ("b", 5.0), ("c", 10.0), ("d", 5.0))
    ]
    said = decide(snapshot(*meters), on, at()).candidates
    assert [c.key.meter for c in said if c.moment is Moment.RIGHT_SIZE] == ["c"]


def test_right_size_minds_no_meter_that_was_never_used() -> None:
    on = Policy(right_size=RightSizePolicy(enabled=True))
    small = right_sized(0.3).meters[0]
    for since, said in ((None, True), (ago(200), True), (ago(60), False)):
        idle = meter([], key="exports", first_day=None, closed=(), limit_since=since)
        assert (("right_size", REFLECTION) in due(snapshot(idle, small), on)) is said


def test_a_notice_and_an_ask_have_keys_of_their_own() -> None:
    keys = {str(c.key) for c in decide(used(900.0, limit=900), Policy(), at()).candidates}
    assert {"reports/at_limit/ask/2026-11-01", "reports/at_limit/notice/2026-11-01"} <= keys


@pytest.mark.parametrize(
    ("zone", "hour", "month_of_key"),
    [
        ("Pacific/Kiritimati", 11, "2026-12-01"),
        ("UTC", 11, "2026-11-01"),
        ("Pacific/Pago_Pago", 11, "2026-11-01"),
    ],
)
def test_the_accounts_own_calendar_decides(zone: str, hour: int, month_of_key: str) -> None:
    now = at(date(2026, 11, 30), hour)
    today = date(2026, 12, 1) if "Kiritimati" in zone else date(2026, 11, 30)
    daily = [*steady(40.0, today=today)[:-1], 2000.0]
    facts = snapshot(meter(daily, limit=900, today=today), time_zone=zone)
    keys = {
        c.key.period for c in decide(facts, Policy(), now).candidates if c.moment is Moment.AT_LIMIT
    }
    assert keys == {month_of_key}


@pytest.mark.parametrize(
    "today", [date(2024, 2, 29), date(2026, 2, 28), date(2026, 1, 31), date(2026, 12, 31)]
)
def test_the_last_day_of_any_month_still_belongs_to_it(today: date) -> None:
    daily = steady(40.0, today=today)
    facts = snapshot(
        meter(daily, limit=500, today=today), since=today - timedelta(400), live_since=None
    )
    keys = {
        c.key.period
        for c in decide(facts, Policy(), at(today)).candidates
        if c.moment is Moment.AT_LIMIT
    }
    assert keys == {today.replace(day=1).isoformat()}


def test_a_week_is_a_period_too() -> None:
    facts = snapshot(meter(steady(40.0), limit=80, period=PeriodKind.WEEK))
    assert ("at_limit", NOTICE) in due(facts)


def test_only_asks_carry_a_probability() -> None:
    said = decide(used(900.0, limit=900), Policy(), at())
    for candidate in said.candidates:
        assert (candidate.p is None) is (candidate.alert_class is not AlertClass.ASK)


def test_people_are_no_part_of_a_moment() -> None:
    assert due(growing(people=())) == due(growing(people=(person(last_asked=ago(1)),)))
