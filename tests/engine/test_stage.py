"""Stages are shown by evidence, day by day, and are neither entered nor left in a hurry."""

from datetime import timedelta
from typing import Any

import pytest

from engine.decide import decide
from engine.decision import Stage
from engine.policy import PRESETS, Policy, Preset, StagePolicy
from engine.snapshot import Snapshot
from engine.usage import Aggregation, MeterKind
from engine.whole import beta20
from tests.builders import TODAY, at, meter, snapshot, steady, user_days

DAILY = tuple(range(1, 60))


@pytest.mark.parametrize(
    ("k", "n", "quantile"),
    [(4, 4, 0.58), (6, 8, 0.52), (8, 8, 0.73), (2, 2, 0.42), (3, 4, 0.41), (7, 8, 0.62)],
)
def test_consistency_counts_small_samples_against(k: int, n: int, quantile: float) -> None:
    assert beta20(k, n) == pytest.approx(quantile, abs=0.006)


def days(*ago: int, size: int = 120) -> list[float]:
    """Ten on each of these days before today, nothing otherwise."""
    return [10.0 if size - i in ago else 0.0 for i in range(size + 1)]


def seen(*ago: int, **others: Any) -> Snapshot:
    return snapshot(meter(days(*ago), limit=None), **others)


def integrated(**others: Any) -> Snapshot:
    return snapshot(meter(steady(10), limit=None), **others)


CASES = {
    "nobody came yet": (seen(), Stage.EXPERIMENTING),
    "three value days in one week": (seen(1, 2, 3 - 1), Stage.EXPERIMENTING),
    "three value days in two weeks": (seen(1, 5, 8), Stage.LEARNING),
    "two value days are not three": (seen(1, 8), Stage.EXPERIMENTING),
    "learning is over after 28 silent days": (seen(28, 30, 40), Stage.EXPERIMENTING),
    "27 silent days are not yet 28": (seen(27, 30, 40), Stage.LEARNING),
    "days before a long silence don't count": (seen(1, 40, 44), Stage.EXPERIMENTING),
    "four value days in two weeks": (seen(1, 2, 8, 9), Stage.ADOPTED),
    "four value days in one week": (seen(1, 2), Stage.EXPERIMENTING),
    "onboarding is not over": (
        seen(1, 2, 8, 9, since=TODAY - timedelta(days=13)),
        Stage.LEARNING,
    ),
    "onboarding ended today": (seen(1, 2, 8, 9, since=TODAY - timedelta(days=14)), Stage.ADOPTED),
    "once a month, month after month": (seen(13, 44, 74, 105), Stage.ADOPTED),
    "a month was left out": (seen(13, 74, 105), Stage.LEARNING),
    "every working day": (integrated(), Stage.EMBEDDED),
    "two people each working day": (
        integrated(seats=5, user_days=(user_days("ada", *DAILY), user_days("bob", *DAILY))),
        Stage.ADOPTED,
    ),
    "three people each working day": (
        integrated(
            seats=5,
            user_days=tuple(user_days(name, *DAILY) for name in ("ada", "bob", "cy")),
        ),
        Stage.EMBEDDED,
    ),
    "three of twenty seats are too few": (
        integrated(
            seats=20,
            user_days=tuple(user_days(name, *DAILY) for name in ("ada", "bob", "cy")),
        ),
        Stage.ADOPTED,
    ),
    "one person of many seats": (
        integrated(seats=5, user_days=(user_days("ada", *DAILY),)),
        Stage.LEARNING,
    ),
    "the only seat": (
        integrated(seats=1, user_days=(user_days("ada", *DAILY),)),
        Stage.EMBEDDED,
    ),
    "the second person came once": (
        integrated(seats=5, user_days=(user_days("ada", *DAILY), user_days("bob", 3))),
        Stage.LEARNING,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_stage(name: str) -> None:
    facts, stage = CASES[name]
    assert decide(facts, Policy(), at()).stage.stage is stage


def test_a_rhythm_may_fail_for_thirteen_days_before_it_counts() -> None:
    # Four value days within two weeks; the first leaves the window of 28 days after 27.
    for silent, stage in ((40, Stage.ADOPTED), (41, Stage.EXPERIMENTING)):
        facts = seen(silent, silent - 1, silent - 7, silent - 13, since=TODAY - timedelta(400))
        failing = decide(facts, Policy(), at()).stage
        assert failing.stage is stage, silent


def test_a_vanity_meter_shows_nothing() -> None:
    facts = snapshot(meter(steady(10), limit=None, meaningful=False))
    assert decide(facts, Policy(), at()).stage.stage is Stage.EXPERIMENTING


def test_seats_that_rise_are_value_but_seats_that_stay_are_not() -> None:
    still = meter([8.0] * 90, kind=MeterKind.CUMULATIVE, aggregation=Aggregation.LATEST)
    assert decide(snapshot(still), Policy(), at()).stage.stage is Stage.EXPERIMENTING
    levels = [4.0] * 80 + [5.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 7.0, 8.0, 9.0]
    grown = meter(levels, kind=MeterKind.CUMULATIVE, aggregation=Aggregation.LATEST)
    assert decide(snapshot(grown), Policy(), at()).stage.stage is Stage.ADOPTED


@pytest.mark.parametrize(
    ("name", "ago", "dormant"),
    [
        ("silent for two weeks", range(14, 100), False),
        ("silent for fifteen days", range(15, 100), True),
        ("monthly, silent for fifteen days", (15, 46, 76, 107), False),
        ("never came", (), False),
    ],
)
def test_dormant_by_the_accounts_own_gaps(name: str, ago: range, dormant: bool) -> None:
    assert decide(seen(*ago), Policy(), at()).stage.dormant is dormant


def test_evidence_says_that_usage_carries_no_user_ids() -> None:
    evidence = dict(decide(seen(1, 5, 8), Policy(), at()).stage.evidence)
    assert evidence["breadth28"] == "one_seat"
    assert evidence["value_days28"] == "3"


def test_presets_move_onboarding() -> None:
    facts = seen(1, 2, 8, 9, since=TODAY - timedelta(days=20))
    for preset, stage in ((Preset.QUIET, Stage.LEARNING), (Preset.KEEN, Stage.ADOPTED)):
        policy = Policy(preset=preset, stage=StagePolicy(**PRESETS[preset].get("stage", {})))
        assert decide(facts, policy, at()).stage.stage is stage


def test_since_is_the_first_day_of_the_stage() -> None:
    stage = decide(seen(1, 5, 8), Policy(), at()).stage
    assert stage.since == TODAY - timedelta(days=1)
