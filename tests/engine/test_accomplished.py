"""What a digest tells: whole weeks and months, things that add up, and enough people only."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.accomplished import Accomplished, Stretch, accomplished, not_told, told_of
from engine.alert import ReasonCode
from engine.decide import decide
from engine.policy import Digest, Mode, Policy
from engine.snapshot import BlockerKind, Snapshot
from engine.usage import Aggregation, MeterKind
from tests.builders import ago, at, blocker, meter, plan_change, snapshot, steady, user_days

WEEK = Stretch(start=date(2026, 11, 9), end=date(2026, 11, 16))


@pytest.mark.parametrize(
    ("how_often", "today", "start", "end"),
    [
        (Digest.WEEKLY, date(2026, 11, 16), date(2026, 11, 9), date(2026, 11, 16)),
        (Digest.WEEKLY, date(2026, 11, 22), date(2026, 11, 9), date(2026, 11, 16)),
        (Digest.WEEKLY, date(2027, 1, 1), date(2026, 12, 21), date(2026, 12, 28)),
        (Digest.MONTHLY, date(2026, 11, 1), date(2026, 10, 1), date(2026, 11, 1)),
        (Digest.MONTHLY, date(2027, 1, 31), date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_it_tells_of_the_last_whole_period(
    how_often: Digest, today: date, start: date, end: date
) -> None:
    found = told_of(how_often, today)
    assert found == Stretch(start=start, end=end)
    assert found.before == told_of(how_often, start)


def told(facts: Snapshot) -> Accomplished | None:
    return accomplished(facts, "Northwind", Digest.WEEKLY, WEEK, at())


def test_the_days_of_a_week_add_up_beside_those_of_the_week_before() -> None:
    days = [*steady(10.0, 1.0)]
    days[-2] = 500.0  # Yesterday is of this week, and not told of.
    found = told(snapshot(meter(days)))
    assert found is not None
    [done] = found.done
    assert (done.amount, done.before) == (Decimal(52), Decimal(52))


def test_a_week_before_that_is_not_all_known_is_not_compared() -> None:
    found = told(snapshot(meter(steady(10.0, days=12))))
    assert found is not None
    assert found.done[0].before is None


@pytest.mark.parametrize(
    "changes",
    [
        {"meaningful": False},
        {"aggregation": Aggregation.UNIQUE},
        {"aggregation": Aggregation.LATEST},
        {"kind": MeterKind.CUMULATIVE},
        {"kind": MeterKind.PEAK, "aggregation": Aggregation.MAX},
    ],
)
def test_what_does_not_add_up_or_mean_anything_is_not_told(changes: dict[str, Any]) -> None:
    assert told(snapshot(meter(steady(10.0), **changes))) is None


def test_nothing_done_is_nothing_to_tell() -> None:
    days = steady(10.0)
    days[-10:] = [0.0] * 10
    assert told(snapshot(meter(days))) is None
    assert told(snapshot()) is None


@pytest.mark.parametrize(("users", "people"), [(2, None), (3, 3), (12, 12)])
def test_few_people_are_not_counted(users: int, people: int | None) -> None:
    days = tuple(user_days(f"u{n}", 3, 60) for n in range(users))
    later = user_days("other", 0, 60)
    found = told(snapshot(meter(steady(10.0)), user_days=(*days, later)))
    assert found is not None
    assert found.people == people


def why(facts: Snapshot, policy: Policy | None = None) -> ReasonCode | None:
    wanted = policy or Policy()
    return not_told(facts, decide(facts, wanted, at()), wanted, at())


HEALTHY = snapshot(meter(steady(10.0), limit=100_000))


def test_a_healthy_account_is_told_also_where_nothing_may_be_proposed() -> None:
    assert why(HEALTHY) is None
    assert why(replace(HEALTHY, plan_changes=(plan_change(ago(5), 1),))) is None
    assert why(replace(HEALTHY, plan_changes=(plan_change(ago(5), -1),))) is None


@pytest.mark.parametrize("kind", BlockerKind)
def test_at_a_wrong_time_it_is_silent(kind: BlockerKind) -> None:
    assert why(replace(HEALTHY, blockers=(blocker(kind, ago(2)),))) is not None


@pytest.mark.parametrize(
    ("facts", "policy", "reason"),
    [
        (HEALTHY, Policy(mode=Mode.OFF), ReasonCode.POLICY_OFF),
        (HEALTHY, Policy(mode=Mode.SHADOW), ReasonCode.SHADOW),
        (replace(HEALTHY, paused=ago(1)), Policy(), ReasonCode.POLICY_OFF),
        (replace(HEALTHY, rollout_open=False), Policy(), ReasonCode.SHADOW),
        (
            replace(HEALTHY, daily_source=True, last_report=ago(3)),
            Policy(),
            ReasonCode.DATA_STALE,
        ),
        (snapshot(meter(steady(10.0)), objected=True), Policy(), ReasonCode.OBJECTED),
        (snapshot(meter(steady(0.0))), Policy(), ReasonCode.STAGE_EXPERIMENTING),
    ],
    ids=["off", "shadow", "paused", "rollout", "stale", "objected", "trying out"],
)
def test_what_holds_everything_back_holds_it_back(
    facts: Snapshot, policy: Policy, reason: ReasonCode
) -> None:
    assert why(facts, policy) is reason
