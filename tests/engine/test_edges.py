"""Edges of time: periods and clocks, days in a row, what comes late and what is said once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.alert import AlertClass, Moment, Outcome, ReasonCode
from engine.usage import Period, PeriodKind, period_of
from service.calendar import next_daily
from tests.engine.scenarios_told import DAY, EACH, decided, lived, local, told


def test_crossing_back_and_forth_is_told_once_a_period() -> None:
    scenario = told(
        f"2026-08-03..2026-10-31 weekdays 40 {EACH}",
        f"2026-11-01..2026-11-30 weekdays 60 {EACH}",
        f"2026-11-11 600 {EACH}",
        "2026-11-13 -500",  # Back below the limit ...
        f"2026-11-17 400 {EACH}",  # ... and above it again.
        f"2026-12-01..2026-12-08 weekdays 250 {EACH}",
        custom=True,
    )
    said = lived(scenario, date(2026, 11, 9), date(2026, 12, 8))
    days = [day for day, words in said if "at_limit notice" in words]
    assert days == [date(2026, 11, 11), date(2026, 12, 4)]


def test_a_late_event_corrects_a_closed_period_and_tells_nothing_of_it() -> None:
    days = (
        f"2026-08-03..2026-10-31 weekdays 45 {EACH}",  # October: 990 of 1,000.
        f"2026-11-01..2026-11-30 weekdays 20 {EACH}",
    )
    late = told(*days, f"2026-10-30 30 {EACH}")
    closed = late.snapshot().meters[0].closed[-1]
    assert (closed.used, closed.limit) == (Decimal(1020), Decimal(1000))
    assert [list(lived(s, date(2026, 11, 2), date(2026, 11, 9))) for s in (told(*days), late)] == [
        [],
        [],
    ]


def test_a_late_event_does_not_fire_again_what_was_said() -> None:
    days = (
        f"2026-08-03..2026-10-31 weekdays 50 {EACH}",  # 1,100 each in September and October.
        f"2026-11-01..2026-11-17 weekdays 45 {EACH}",
    )
    before = "2026-11-02 ask sustained_over on reports, delivered to ada"
    late = told(*days, f"2026-10-30 300 {EACH}", diary=[before, "2026-11-03 ada answers useful"])
    decision = decided(late)
    assert decision.outcome is Outcome.SILENT
    assert decision.reason is ReasonCode.DUPLICATE


@pytest.mark.parametrize(
    ("last", "length"),
    [
        (date(2026, 2, 28), 28),
        (date(2024, 2, 29), 29),
        (date(2026, 4, 30), 30),
        (date(2026, 3, 31), 31),
        (date(2026, 12, 31), 31),
    ],
)
def test_a_month_ends_on_its_own_last_day(last: date, length: int) -> None:
    first = last.replace(day=1)
    began = (first - timedelta(120)).isoformat()
    scenario = told(
        f"{began}..{first - DAY} daily 30 {EACH}",
        f"{first}..{last} daily {1000 / length + 0.01:.2f} {EACH}",  # At the limit on the last day.
        f"{last + DAY}..{last + 3 * DAY} daily 30 {EACH}",
        since=first - timedelta(400),
        custom=True,
    )
    evening = local(scenario, last, 20)
    assert [c.moment for c in decided(scenario, evening).notices] == [Moment.AT_LIMIT]
    assert decided(scenario, evening - DAY).notices == ()
    assert decided(scenario, evening + timedelta(hours=4)).notices == ()
    period = scenario.snapshot(evening).meters[0].period
    assert ((period.end or last) - period.start).days == length


PERIODS = {
    "a month of 28 days": (PeriodKind.MONTH, 1, "2026-02-14", "2026-02-01", "2026-03-01"),
    "a leap month": (PeriodKind.MONTH, 1, "2024-02-29", "2024-02-01", "2024-03-01"),
    "a leap year": (PeriodKind.YEAR, 1, "2024-12-31", "2024-01-01", "2025-01-01"),
    "a week over new year": (PeriodKind.WEEK, 1, "2026-01-01", "2025-12-29", "2026-01-05"),
    "the 31st, in February": (PeriodKind.ANNIVERSARY, 31, "2026-02-28", "2026-02-28", "2026-03-31"),
    "the day before that": (PeriodKind.ANNIVERSARY, 31, "2026-02-27", "2026-01-31", "2026-02-28"),
    "the 31st, in April": (PeriodKind.ANNIVERSARY, 31, "2026-04-30", "2026-04-30", "2026-05-31"),
    "the 31st, in May": (PeriodKind.ANNIVERSARY, 31, "2026-05-30", "2026-04-30", "2026-05-31"),
    "the 29th, in a leap year": (
        PeriodKind.ANNIVERSARY,
        29,
        "2024-02-29",
        "2024-02-29",
        "2024-03-29",
    ),
    "the 29th, in another": (PeriodKind.ANNIVERSARY, 29, "2026-02-28", "2026-02-28", "2026-03-29"),
    "the 15th, over new year": (
        PeriodKind.ANNIVERSARY,
        15,
        "2026-01-03",
        "2025-12-15",
        "2026-01-15",
    ),
}


@pytest.mark.parametrize("name", PERIODS)
def test_periods(name: str) -> None:
    kind, anchor, day, start, end = PERIODS[name]
    expected = Period(start=date.fromisoformat(start), end=date.fromisoformat(end))
    assert period_of(kind, date.fromisoformat(day), anchor) == expected


@pytest.mark.parametrize("anchor", [1, 28, 29, 30, 31])
def test_anniversary_periods_leave_out_no_day_and_share_none(anchor: int) -> None:
    day, end = date(2024, 1, 1), date(2028, 3, 1)
    while day < end:
        period = period_of(PeriodKind.ANNIVERSARY, day, anchor)
        assert period.end is not None
        assert period.start <= day < period.end
        assert 28 <= (period.end - period.start).days <= 31
        assert period_of(PeriodKind.ANNIVERSARY, period.end, anchor).start == period.end
        day = period.end


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 6, 1), 24)]
)
def test_the_daily_look_stays_at_nine_when_clocks_change(day: date, hours: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    nine = datetime(day.year, day.month, day.day, 9, tzinfo=berlin)
    following = next_daily("Europe/Berlin", nine)
    assert following.astimezone(berlin).hour == 9
    assert following - nine.astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("asked", "thirtieth", "spaced"),
    [("2026-02-27", date(2026, 3, 29), True), ("2026-09-26", date(2026, 10, 26), False)],
    ids=["an hour short in spring", "an hour over in autumn"],
)
def test_thirty_days_are_thirty_times_24_hours(asked: str, thirtieth: date, spaced: bool) -> None:
    first = thirtieth.replace(day=1)
    scenario = told(
        f"{first - timedelta(120)}..{first - DAY} weekdays 40 {EACH}",
        f"{first}..{thirtieth} weekdays 60 {EACH}",
        diary=[
            f"{asked} ask pace on reports, delivered to ada",
            f"{asked} 10:00 ada answers useful",
        ],
        since=date(2025, 1, 1),
        limits={"reports": 1000},
    )
    now = local(scenario, thirtieth)
    asks = [c for c in decided(scenario, now).candidates if c.alert_class is AlertClass.ASK]
    assert asks
    codes = {reason.code for candidate in asks for reason in candidate.reasons}
    assert (ReasonCode.ASK_SPACING in codes) is spaced


@pytest.mark.parametrize(
    ("zone", "period", "used"),
    [("Pacific/Kiritimati", "2026-12-01", 0), ("Pacific/Pago_Pago", "2026-11-01", 1260)],
)
def test_one_instant_lies_in_two_months(zone: str, period: str, used: int) -> None:
    scenario = told(f"2026-11-01..2026-11-30 weekdays 60 {EACH}", time_zone=zone)
    meter = scenario.snapshot(datetime(2026, 11, 30, 19, tzinfo=UTC)).meters[0]
    assert (meter.period.start.isoformat(), int(meter.used)) == (period, used)
