"""Usage too odd to speak from: a jump of what counts now, a total below nothing."""

from decimal import Decimal

import pytest

from engine.alert import AlertClass, ReasonCode
from engine.decide import decide
from engine.policy import Policy
from engine.usage import PeriodKind
from tests.builders import TODAY, at, friction, meter, rising, snapshot

POLICY = Policy()
SUSPECT = ReasonCode.DATA_SUSPECT

JUMPS: dict[str, tuple[list[float], PeriodKind, bool]] = {
    "in the first four weeks": ([*[2.0] * 27, 41.0], PeriodKind.MONTH, False),
    "in them, seen later": ([*[2.0] * 20, 41.0, *[2.0] * 20], PeriodKind.YEAR, False),
    "right after them": ([*[2.0] * 28, 41.0], PeriodKind.MONTH, True),
    "on the first of this month": ([*[2.0] * 90, 41.0, *[2.0] * 17], PeriodKind.MONTH, True),
    "on the last of the one before": ([*[2.0] * 90, 41.0, *[2.0] * 18], PeriodKind.MONTH, False),
    "four weeks back in a long period": ([*[2.0] * 90, 41.0, *[2.0] * 27], PeriodKind.YEAR, True),
    "a day more": ([*[2.0] * 90, 41.0, *[2.0] * 28], PeriodKind.YEAR, False),
    "as high eight weeks before": ([*[2.0] * 30, 3.0, *[2.0] * 55, 50.0], PeriodKind.MONTH, False),
    "a day longer ago": ([*[2.0] * 30, 3.0, *[2.0] * 56, 50.0], PeriodKind.MONTH, True),
    "from very little": ([*[0.5] * 60, 10.5], PeriodKind.MONTH, True),
    "from nothing": ([*[0.0] * 60, 41.0], PeriodKind.MONTH, False),
}


@pytest.mark.parametrize("name", JUMPS)
def test_a_jump_of_what_counts_now_is_suspect(name: str) -> None:
    daily, period, suspect = JUMPS[name]
    notice = decide(snapshot(meter(daily, limit=1, period=period)), POLICY, at()).candidates[0]
    assert notice.alert_class is AlertClass.NOTICE
    assert (SUSPECT in {reason.code for reason in notice.reasons}) is suspect


def test_a_jump_is_named_by_its_day() -> None:
    use = meter(JUMPS["on the first of this month"][0], limit=1)
    evidence = decide(snapshot(use), POLICY, at()).candidates[0].reasons[0].evidence
    assert evidence == (("day", "2026-11-01"), ("amount", "41"), ("highest_before", "2"))


def test_a_jump_on_the_first_day_of_a_period_is_suspect() -> None:
    first = TODAY.replace(day=1)
    use = meter([*[2.0] * 60, 41.0], limit=1, today=first)
    said = decide(snapshot(use), POLICY, at(first))
    assert said.notices == ()
    assert said.candidates[0].reasons[0].code is SUSPECT


def test_negative_totals_are_suspect() -> None:
    felt = tuple(friction(d, u) for d, u in ((1, "ada"), (2, "bob"), (3, "cy")))
    use = meter(rising(), limit=600, used=Decimal("-0.5"))
    found = decide(snapshot(use, frictions=felt), POLICY, at()).candidates
    assert all(SUSPECT in {reason.code for reason in one.reasons} for one in found)
    assert {one.alert_class for one in found} == {AlertClass.ASK}
