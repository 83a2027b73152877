"""A spike is not growth: what one day or one week brought about is no reason to ask."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.alert import AlertClass, Moment, ReasonCode
from engine.decide import decide
from engine.policy import Policy
from engine.snapshot import Snapshot
from engine.usage import MeterKind, PeriodKind, period_of
from tests.builders import TODAY, at, meter, snapshot, steady

POLICY = Policy()
ONE_OFF = ReasonCode.ONE_OFF


def is_spike(facts: Snapshot, moment: Moment) -> bool:
    """Whether the ask of this moment is held back as a one-off."""
    found = decide(facts, POLICY, at()).candidates
    [ask] = [c for c in found if c.alert_class is AlertClass.ASK and c.moment is moment]
    return ONE_OFF in {reason.code for reason in ask.reasons}


def this_month(amount: float, *, before: float, last_week: float | None = None) -> list[float]:
    """The same every day of a month, another amount before, and maybe another in its last week."""
    month = [amount] * (TODAY.day - 1)
    if last_week is not None:
        month[-7:] = [last_week] * 7
    return [*[before] * 100, *month, 0.0]


@pytest.mark.parametrize(
    ("name", "daily", "age", "spike"),
    [
        ("the month before was as full", this_month(60.0, before=50.0), 400, False),
        ("it was half of the limit", this_month(60.0, before=24.3), 400, False),
        ("it was less, and so was the one before", this_month(60.0, before=20.0), 400, True),
        ("the account is young", this_month(60.0, before=0.0), 44, False),
        ("the account is no longer young", this_month(60.0, before=0.0), 45, True),
        ("last week, kept up, would do", this_month(62.0, before=50.0, last_week=56.0), 400, False),
        ("last week was slower", this_month(64.0, before=50.0, last_week=52.0), 400, True),
    ],
)
def test_a_spike_is_not_growth(name: str, daily: list[float], age: int, spike: bool) -> None:
    facts = snapshot(meter(daily, limit=1500), since=TODAY - timedelta(days=age))
    assert is_spike(facts, Moment.PACE) is spike


@pytest.mark.parametrize(
    ("name", "pace", "one_off"),
    [("the week goes on like that", 60.0, False), ("the week is quiet again", 1.0, True)],
)
def test_at_limit_is_no_one_off_when_the_pace_goes_on(
    name: str, pace: float, one_off: bool
) -> None:
    # October reached half of the limit, and one day of November seven tenths of what is used.
    october = steady(17.0, 17.0, days=90)[:-18]
    november = [0.0] * 9 + [700.0] + [pace / 10 * (10 if i else 1) for i in range(7)] + [0.0]
    facts = snapshot(meter([*october, *november], limit=800 if pace > 2 else 705))
    said = decide(facts, POLICY, at())
    asks = [c for c in said.candidates if c.moment is Moment.AT_LIMIT and c.p is not None]
    codes = {reason.code for c in asks for reason in c.reasons}
    assert asks
    assert (ONE_OFF in codes) is one_off


def test_half_of_the_limit_in_the_month_before_is_enough() -> None:
    half = snapshot(meter(this_month(60.0, before=24.0), limit=24 * 31 * 2))
    assert not is_spike(half, Moment.PACE)


@pytest.mark.parametrize(
    ("august", "september", "october", "spike"),
    [(50.0, 20.0, 20.0, True), (20.0, 50.0, 20.0, False), (20.0, 20.0, 50.0, False)],
)
def test_one_of_the_last_two_months_counts(
    august: float, september: float, october: float, spike: bool
) -> None:
    past = [*[august] * 31, *[september] * 30, *[october] * 31]
    facts = snapshot(meter([*past, *this_month(60.0, before=0.0)[100:]], limit=1500))
    assert is_spike(facts, Moment.PACE) is spike


@pytest.mark.parametrize(("today", "spike"), [(60.0, True), (80.0, False)])
def test_today_counts_for_the_last_seven_days_where_it_helps(today: float, spike: bool) -> None:
    daily = this_month(64.0, before=50.0, last_week=52.0)
    daily[-1] = today
    assert is_spike(snapshot(meter(daily, limit=1500)), Moment.PACE) is spike


def test_the_days_that_are_left_must_bring_this_period_well_past_the_limit() -> None:
    # A whole month like the last week makes 1,110, but this one only 620 + 12 x 37.
    daily = [*[36.0] * 92, *[36.1] * 10, *[37.0] * 7, 0.0]
    assert is_spike(snapshot(meter(daily, limit=1000)), Moment.PACE)


@pytest.mark.parametrize("moment", [Moment.PACE, Moment.APPROACHING])
def test_a_day_that_carries_the_period_is_a_one_off_whatever_came_before(moment: Moment) -> None:
    daily = [*[20.0] * 92, *[20.0] * 13, 500.0, *[20.0] * 3, 0.0]
    assert is_spike(snapshot(meter(daily, limit=1000)), moment)


def carried(week: float, *, october: float = 17.0) -> Snapshot:
    """At its limit: seven tenths of it on the tenth, then the same every day but today."""
    past = [*[25.0] * 61, *[october] * 31]
    daily = [*past, *[0.0] * 9, 700.0, *[week] * 7, 0.0]
    return snapshot(meter(daily, limit=1000))


@pytest.mark.parametrize(
    ("name", "facts", "spike"),
    [
        ("700 + 7 x 48 + 12 x 288 / 7 is more than 1,500", carried(48.0), False),
        ("700 + 7 x 45 + 12 x 270 / 7 is less", carried(45.0), True),
        ("a third of the limit in the month before", carried(48.0, october=10.0), True),
    ],
)
def test_at_the_limit_by_one_day(name: str, facts: Snapshot, spike: bool) -> None:
    assert is_spike(facts, Moment.AT_LIMIT) is spike


def test_at_the_limit_by_one_day_of_the_first_period() -> None:
    [use] = carried(48.0).meters
    assert is_spike(snapshot(replace(use, closed=())), Moment.AT_LIMIT)


def test_a_period_that_never_ends_is_not_kept_up_to_its_end() -> None:
    [use] = carried(48.0).meters
    endless = replace(use, period=period_of(PeriodKind.NONE, TODAY))
    assert is_spike(snapshot(endless), Moment.AT_LIMIT)


def test_what_only_ever_grows_needs_no_week_to_be_kept_up() -> None:
    full = meter([10.0] * 100 + [0.0] * 8, limit=1000, kind=MeterKind.CUMULATIVE)
    assert not is_spike(snapshot(full), Moment.AT_LIMIT)
