"""A meter day by day: what is held against the limit at each day's end, for every kind of meter."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.usage import Aggregation, AtLimit, ClosedPeriod, MeterKind, MeterUse, Period
from service.daily import days_of

TODAY = date(2026, 11, 2)
METER = MeterUse(
    key="reports",
    name_one="report",
    name_other="reports",
    value="",
    kind=MeterKind.RESET,
    aggregation=Aggregation.SUM,
    meaningful=True,
    at_limit=AtLimit.CONTINUES,
    period=Period(start=date(2026, 11, 1), end=date(2026, 12, 1)),
    used=Decimal(9),
    limit=Decimal(100),
    limit_known=True,
    next_limit=None,
    first_day=date(2026, 10, 30),
    daily=(3.0, 5.0, 2.0, 7.0),
    closed=(
        ClosedPeriod(
            start=date(2026, 10, 1), end=date(2026, 11, 1), used=Decimal(8), limit=Decimal(50)
        ),
    ),
)


@pytest.mark.parametrize(
    ("kind", "aggregation", "before", "totals"),
    [
        ("reset", "sum", 0, [3, 8, 2, 9]),
        ("reset", "unique", 0, [3, 8, 2, 9]),
        ("reset", "max", 0, [3, 5, 2, 9]),
        ("reset", "latest", 0, [3, 5, 2, 9]),
        ("peak", "sum", 0, [3, 5, 2, 9]),
        ("cumulative", "sum", 40, [43, 48, 50, 9]),
        ("cumulative", "latest", 40, [3, 5, 2, 9]),
    ],
)
def test_a_day_ends_with_what_was_held_against_the_limit(
    kind: str, aggregation: str, before: int, totals: list[int]
) -> None:
    meter = replace(
        METER,
        kind=MeterKind(kind),
        aggregation=Aggregation(aggregation),
        before=Decimal(before),
    )
    days = days_of(meter, TODAY, "UTC")
    assert [int(day.total) for day in days] == totals  # Today's is what the meter stands at.
    assert [int(day.used) for day in days] == [3, 5, 2, 7]
    starts = [day.day for day in days if day.begins]
    assert starts == ([] if kind == "cumulative" else [date(2026, 11, 1)])


@pytest.mark.parametrize(
    ("since", "limits"),
    [
        (None, [50, 50, 100, 100]),
        (datetime(2026, 6, 1, tzinfo=UTC), [50, 50, 100, 100]),
        (datetime(2026, 11, 2, 10, tzinfo=UTC), [50, 50, 50, 100]),
    ],
)
def test_a_day_has_the_limit_that_held_then(since: datetime | None, limits: list[int]) -> None:
    days = days_of(replace(METER, limit_since=since), TODAY, "UTC")
    assert [int(day.limit or 0) for day in days] == limits


def test_nothing_counted_has_no_days() -> None:
    assert days_of(replace(METER, first_day=None, daily=()), TODAY, "UTC") == []
