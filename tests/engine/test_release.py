"""At send time: now, at the next opening in the reader's zone, or not at all any more."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.alert import AlertClass, AlertKey, Moment, ReasonCode
from engine.policy import Policy, QuietPolicy
from engine.release import (
    Defer,
    Ended,
    Expire,
    Push,
    Reader,
    Send,
    ended,
    next_opening,
    release,
)
from engine.snapshot import BlockerKind, Snapshot
from tests.builders import (
    TODAY,
    ago,
    alert,
    at,
    blocker,
    growing,
    meter,
    plan_change,
    snapshot,
    steady,
)

QUIET = QuietPolicy()
BERLIN = ZoneInfo("Europe/Berlin")
READER = Reader(time_zone="Europe/Berlin")


def push(now: datetime, reader: Reader = READER, **others: Any) -> Push:
    fields: dict[str, Any] = {"alert_class": AlertClass.ASK, "raised_at": now, "reader": reader}
    return Push(**(fields | others))


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November 2026; the 18th is a Wednesday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


HOLIDAYS = replace(READER, holidays=frozenset({date(2026, 11, 18)}))
WEDNESDAY_OFF = replace(READER, weekend=frozenset({2, 3}))

CASES: dict[str, tuple[Reader, datetime, Send | Defer]] = {
    "in working hours": (READER, berlin(18, 9), Send()),
    "before nine": (READER, berlin(18, 8, 59), Defer(berlin(18, 9), ReasonCode.QUIET_HOURS)),
    "at six": (READER, berlin(18, 18), Defer(berlin(19, 9), ReasonCode.QUIET_HOURS)),
    "a minute to six": (READER, berlin(18, 17, 59), Send()),
    "friday night": (READER, berlin(20, 20), Defer(berlin(23, 9), ReasonCode.QUIET_HOURS)),
    "saturday noon": (READER, berlin(21, 12), Defer(berlin(23, 9), ReasonCode.WEEKEND)),
    "a holiday": (HOLIDAYS, berlin(18, 12), Defer(berlin(19, 9), ReasonCode.HOLIDAY)),
    "another weekend": (WEDNESDAY_OFF, berlin(18, 12), Defer(berlin(20, 9), ReasonCode.WEEKEND)),
    "not to be disturbed until three": (
        replace(READER, do_not_disturb_until=berlin(18, 15)),
        berlin(18, 12),
        Defer(berlin(18, 15), ReasonCode.DO_NOT_DISTURB),
    ),
    "not to be disturbed until the evening": (
        replace(READER, do_not_disturb_until=berlin(18, 19)),
        berlin(18, 12),
        Defer(berlin(19, 9), ReasonCode.DO_NOT_DISTURB),
    ),
    "to be disturbed again": (
        replace(READER, do_not_disturb_until=berlin(18, 15)),
        berlin(18, 15),
        Send(),
    ),
    "the reader's zone counts": (
        Reader(time_zone="Pacific/Kiritimati"),
        datetime(2026, 11, 17, 18, tzinfo=UTC),
        Defer(datetime(2026, 11, 17, 19, tzinfo=UTC), ReasonCode.QUIET_HOURS),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_openings(name: str) -> None:
    reader, now, expected = CASES[name]
    assert release(push(now, reader), QUIET, now) == expected


def test_rules_can_be_switched_off() -> None:
    free = QuietPolicy(hours=("00:00", "00:00"), weekends=False, holidays=False)
    assert release(push(berlin(21, 3)), free, berlin(21, 3)) == Send()


def test_quiet_hours_may_lie_within_a_day() -> None:
    siesta = QuietPolicy(hours=("12:00", "14:00"))
    deferred = release(push(berlin(18, 12)), siesta, berlin(18, 12))
    assert deferred == Defer(berlin(18, 14), ReasonCode.QUIET_HOURS)


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
def test_a_clock_change_moves_no_opening(day: date) -> None:
    saturday = datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN)
    opening = next_opening(READER, QUIET, saturday).astimezone(BERLIN)
    assert (opening.weekday(), opening.hour) == (0, 9)


def test_an_opening_that_a_clock_change_skips_is_found_all_the_same() -> None:
    early = QuietPolicy(hours=("22:00", "02:30"), weekends=False)
    night = datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN)
    opening = next_opening(READER, early, night)
    assert timedelta(0) < opening.astimezone(UTC) - night.astimezone(UTC) <= timedelta(hours=2)


def test_an_opening_in_an_hour_that_a_clock_change_repeats_is_found_the_second_time() -> None:
    early = QuietPolicy(hours=("22:00", "02:30"), weekends=False)
    again = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # Ten past two, for the second time.
    assert next_opening(READER, early, again) == again + timedelta(minutes=20)


def test_an_opening_never_lies_before_now_on_a_local_clock_either() -> None:
    early = QuietPolicy(hours=("22:00", "02:30"), weekends=False)
    again = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    assert next_opening(READER, early, again).timestamp() >= again.timestamp()


def test_a_notice_that_work_stops_never_waits() -> None:
    night = berlin(22, 3)
    notice = push(night, alert_class=AlertClass.NOTICE, stops=True)
    assert release(notice, QUIET, night) == Send()
    waits = release(push(night, alert_class=AlertClass.NOTICE), QUIET, night)
    assert waits == Defer(berlin(23, 9), ReasonCode.QUIET_HOURS)
    ask = release(replace(notice, alert_class=AlertClass.ASK), QUIET, night)
    assert isinstance(ask, Defer)


def test_a_push_is_dropped_after_seven_days() -> None:
    raised = berlin(11, 12)
    assert release(push(raised), QUIET, raised + timedelta(days=7)) == Expire(Ended.TOO_OLD)
    assert release(push(raised), QUIET, raised + timedelta(days=6, hours=23)) == Send()


def test_a_push_whose_next_opening_is_its_last_instant_is_dropped_now() -> None:
    now = berlin(17, 20)
    assert release(push(now, raised_at=berlin(11, 9)), QUIET, now) == Expire(Ended.TOO_OLD)
    later = push(now, raised_at=berlin(11, 10))
    assert release(later, QUIET, now) == Defer(berlin(18, 9), ReasonCode.QUIET_HOURS)


def test_a_push_that_would_be_too_old_at_the_next_opening_is_dropped_now() -> None:
    away = replace(READER, do_not_disturb_until=berlin(30, 9))
    assert release(push(berlin(18, 12), away), QUIET, berlin(18, 12)) == Expire(Ended.TOO_OLD)


def test_what_ended_is_not_sent() -> None:
    over = push(berlin(18, 12), ended=Ended.MOMENT_OVER)
    assert release(over, QUIET, berlin(18, 12)) == Expire(Ended.MOMENT_OVER)


def key(moment: Moment = Moment.PACE, alert_class: AlertClass = AlertClass.ASK) -> AlertKey:
    return AlertKey(
        account="acme",
        meter="reports",
        moment=moment,
        alert_class=alert_class,
        period=TODAY.replace(day=1).isoformat(),
    )


RAISED = ago(1)
OWN = alert(raised=RAISED, closed=ago(0.5), period=TODAY.replace(day=1).isoformat())


@pytest.mark.parametrize(
    ("name", "facts", "expected"),
    [
        ("still so", growing(), None),
        ("the plan changed", growing(plan_changes=(plan_change(ago(0.5), 1),)), Ended.PLAN_CHANGED),
        ("the plan changed before", growing(plan_changes=(plan_change(ago(2), 1),)), Ended.BLOCKED),
        ("somebody answered", growing(alerts=(OWN,)), Ended.ALERT_CLOSED),
        (
            "an incident",
            growing(blockers=(blocker(BlockerKind.INCIDENT, ago(0.1)),)),
            Ended.BLOCKED,
        ),
        ("the account objected", growing(objected=True), Ended.BLOCKED),
        ("use was corrected", snapshot(meter(steady(10.0), limit=1000)), Ended.MOMENT_OVER),
        (
            "the period is over",
            snapshot(meter(steady(55.0, today=date(2026, 12, 2)), today=date(2026, 12, 2))),
            Ended.MOMENT_OVER,
        ),
        ("the meter is gone", snapshot(), Ended.MOMENT_OVER),
        (
            "the plan changes this instant",
            growing(plan_changes=(plan_change(ago(0), 1),)),
            Ended.PLAN_CHANGED,
        ),
        ("nobody answered yet", growing(alerts=(replace(OWN, closed_at=None),)), None),
        (
            "somebody answers this instant",
            growing(alerts=(replace(OWN, closed_at=at()),)),
            Ended.ALERT_CLOSED,
        ),
        ("somebody will", growing(alerts=(replace(OWN, closed_at=ago(-0.1)),)), None),
        (
            "it was raised before and answered then",
            growing(alerts=(replace(OWN, raised_at=ago(9)),)),
            None,
        ),
        (
            "another raised with it was answered",
            growing(alerts=(alert(Moment.AT_LIMIT, raised=RAISED, closed=ago(0.5)),)),
            None,
        ),
    ],
)
def test_ended(name: str, facts: Snapshot, expected: Ended | None) -> None:
    now = at(date(2026, 12, 2)) if "period" in name else at()
    assert ended(key(), RAISED, facts, Policy(), now) is expected


def holds(moment: Moment, period: str, facts: Snapshot, day: date = TODAY) -> bool:
    """Whether what was said of this period still does."""
    said = replace(key(moment), period=period)
    return ended(said, RAISED, facts, Policy(), at(day)) is None


DECEMBER = date(2026, 12, 1)


@pytest.mark.parametrize("moment", sorted(set(Moment) - {Moment.MILESTONE}))
def test_what_was_said_of_a_period_holds_while_it_runs(moment: Moment) -> None:
    used_up = snapshot(meter(steady(55.0), limit=500))
    assert holds(moment, "2026-11-01", used_up)
    assert not holds(moment, "2026-10-01", used_up)
    assert holds(moment, "2026-11-01", used_up, DECEMBER - timedelta(1))
    assert not holds(moment, "2026-11-01", used_up, DECEMBER)


def test_what_was_reached_stays_reached() -> None:
    assert holds(Moment.MILESTONE, "1000", growing(), DECEMBER)


def test_a_notice_minds_no_blocker_but_its_own_limit() -> None:
    incident = (blocker(BlockerKind.INCIDENT, ago(0.1)),)
    reached = key(Moment.AT_LIMIT, AlertClass.NOTICE)
    at_it = snapshot(meter(steady(55.0), limit=500), blockers=incident)
    below = snapshot(meter(steady(55.0), limit=5000), blockers=incident)
    assert ended(reached, RAISED, at_it, Policy(), at()) is None
    assert ended(reached, RAISED, below, Policy(), at()) is Ended.MOMENT_OVER
