"""Days are 24 hours long whatever zone an instant is told in, and whatever clocks do meanwhile."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.alert import AlertClass, FeedbackKind
from engine.audience import Audience
from engine.blockers import wrong_times
from engine.policy import Policy, QuietPolicy
from engine.release import Ended, Expire, Push, Reader, release
from engine.snapshot import BlockerKind
from tests.builders import alert, answer, blocker, friction, growing, person, plan_change, snapshot

BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = QuietPolicy(hours=("00:00", "00:00"), weekends=False, holidays=False)


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


MONDAY = date(2026, 10, 26)
"""The day after the clocks went back: what was due at nine is due at eight."""
CASES = [(local(MONDAY, 7, 30), True), (local(MONDAY, 8, 30), False)]


@pytest.mark.parametrize(("now", "lasts"), CASES)
def test_a_wrong_time_ends_after_so_many_hours(now: datetime, lasts: bool) -> None:
    began = local(MONDAY - timedelta(14), 9)
    facts = snapshot(blockers=(blocker(BlockerKind.INCIDENT, began, began),))
    assert bool(wrong_times(facts, Policy(), now)) is lasts


@pytest.mark.parametrize(("now", "lasts"), CASES)
def test_a_person_is_spared_for_so_many_hours(now: datetime, lasts: bool) -> None:
    asked = local(MONDAY - timedelta(60), 9)
    for facts in (
        growing(people=(person(last_asked=asked),)),
        growing(alerts=(alert(charged=asked, person="ada"),)),
    ):
        assert ("ada" in Audience(facts, Policy(), now).spared) is lasts


@pytest.mark.parametrize(("now", "lasts"), CASES)
def test_a_push_expires_after_so_many_hours(now: datetime, lasts: bool) -> None:
    push = Push(
        alert_class=AlertClass.ASK,
        raised_at=local(MONDAY - timedelta(7), 9),
        reader=Reader(time_zone="Europe/Berlin"),
    )
    assert (release(push, ALWAYS, now) == Expire(Ended.TOO_OLD)) is not lasts


def test_every_instant_of_a_snapshot_is_kept_in_utc() -> None:
    at = local(MONDAY, 9)
    past = alert(raised=at, charged=at, closed=at)
    facts = growing(
        people=(person(last_asked=at),),
        blockers=(blocker(BlockerKind.INCIDENT, at, at),),
        plan_changes=(plan_change(at, 1),),
        alerts=(past,),
        frictions=(friction(1),),
        last_report=at,
        live_since=at,
    )
    kept = [facts.last_report, facts.live_since, facts.people[0].last_asked]
    kept += [facts.blockers[0].opened, facts.blockers[0].closed, facts.plan_changes[0].at]
    kept += [facts.alerts[0].raised_at, facts.alerts[0].charged_at, facts.alerts[0].closed_at]
    assert kept == [at] * len(kept)
    assert {one.tzinfo for one in (*kept, facts.frictions[0].at) if one} == {UTC}


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="at needs a time zone"):
        answer(alert(), FeedbackKind.SEEN, local(MONDAY, 9).replace(tzinfo=None))
