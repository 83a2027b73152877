"""What usage says of a limit by itself: passed, passed again, and whether an ask was right."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from engine.record import Record, Track
from engine.snapshot import AccountFacts, PlanChange
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind
from service.backtest_truth import experimenting, passed, verdict

END = datetime(2026, 7, 31, 23, 59, tzinfo=UTC)


def record(
    *events: tuple[date, float],
    aggregation: Aggregation = Aggregation.SUM,
    kind: MeterKind = MeterKind.RESET,
    period: PeriodKind = PeriodKind.MONTH,
    changes: tuple[PlanChange, ...] = (),
) -> Record:
    """An account with a limit of 100, used at noon of these days."""
    at = [datetime(d.year, d.month, d.day, 12, tzinfo=UTC).timestamp() for d, _ in events]
    track = Track(
        key="reports",
        name_one="report",
        name_other="reports",
        value="",
        kind=kind,
        aggregation=aggregation,
        meaningful=True,
        at_limit=AtLimit.CONTINUES,
        limit=Decimal(100),
        limit_known=True,
        at=np.array(at),
        amount=np.array([amount for _, amount in events], dtype=np.float64),
        owner=np.full(len(events), -1),
    )
    facts = AccountFacts(
        id="a",
        name="a",
        plan=None,
        next_plan="larger",
        time_zone="UTC",
        locale="en",
        currency="EUR",
    )
    return Record(account=facts, tracks=(track,), period=period, plan_changes=changes)


def day(month: int, of: int) -> date:
    return date(2026, month, of)


def noon(month: int, of: int) -> float:
    return datetime(2026, month, of, 12, tzinfo=UTC).timestamp()


def test_a_limit_is_passed_by_more_than_all_of_it() -> None:
    exactly = record((day(1, 5), 60), (day(1, 9), 40))
    more = record((day(1, 5), 60), (day(1, 9), 40), (day(1, 11), 0.5))
    assert passed(exactly, END)["reports"].at[0] is None
    assert passed(more, END)["reports"].at[0] == noon(1, 11)


def test_tenths_add_up() -> None:
    tenths = record(*[(day(1, 1 + n % 28), 0.1) for n in range(1000)])
    assert passed(tenths, END)["reports"].at[0] is None


def test_outgrown_is_passed_in_two_periods_running() -> None:
    spike = record((day(1, 5), 150), (day(2, 5), 50), (day(3, 5), 150))
    grown = record((day(1, 5), 50), (day(2, 5), 150), (day(3, 5), 120))
    assert passed(spike, END)["reports"].outgrown() is None
    assert passed(grown, END)["reports"].outgrown() == noon(2, 5)


@pytest.mark.parametrize(
    ("at", "right", "stayed", "lead"),
    [
        ((1, 5), False, False, None),
        ((2, 2), True, True, 3.0),
        ((2, 9), True, True, -4.0),
        ((3, 2), True, False, 8.0),
        ((4, 2), False, False, None),
    ],
)
def test_the_verdict_on_an_ask(
    at: tuple[int, int], right: bool, stayed: bool, lead: float | None
) -> None:
    used = record((day(1, 5), 50), (day(2, 5), 150), (day(3, 10), 120), (day(4, 1), 5))
    asked = datetime.fromtimestamp(noon(*at), UTC)
    found = verdict(passed(used, END)["reports"], asked)
    assert (found.passed, found.stayed, found.lead) == (right, stayed, lead)


def test_an_ask_is_not_judged_before_its_period_is_over() -> None:
    used = record((day(6, 5), 50), (day(7, 5), 50))
    asked = datetime(2026, 7, 10, tzinfo=UTC)
    found = verdict(passed(used, datetime(2026, 7, 20, tzinfo=UTC))["reports"], asked)
    assert (found.passed, found.stayed) == (None, None)


def test_what_was_before_a_change_of_plan_is_not_judged() -> None:
    change = PlanChange(at=datetime(2026, 3, 1, tzinfo=UTC), plan="team", direction=1)
    used = record((day(1, 5), 150), (day(2, 5), 150), (day(4, 5), 10), changes=(change,))
    of = passed(used, END)["reports"]
    assert of.outgrown() is None
    assert verdict(of, datetime(2026, 1, 2, tzinfo=UTC)).passed is None


def test_a_level_that_stays_above_passes_every_month() -> None:
    used = record(
        (day(1, 5), 90),
        (day(2, 5), 110),
        aggregation=Aggregation.LATEST,
        kind=MeterKind.CUMULATIVE,
    )
    assert passed(used, END)["reports"].outgrown() == noon(2, 5)


def test_the_highest_of_a_period_counts_for_a_maximum() -> None:
    used = record((day(1, 5), 60), (day(1, 6), 70), (day(2, 5), 101), aggregation=Aggregation.MAX)
    assert passed(used, END)["reports"].at[:2] == (None, noon(2, 5))


def test_weeks_are_periods_where_the_plan_says_so() -> None:
    used = record((day(1, 5), 60), (day(1, 11), 41), (day(1, 12), 50), period=PeriodKind.WEEK)
    assert passed(used, END)["reports"].at[:2] == (noon(1, 11), None)


def test_who_only_tried_things() -> None:
    few = record(*[(day(1, n), 1) for n in range(1, 5)])
    gone = record(*[(day(1, n), 1) for n in range(1, 20)])
    stayed = record(*[(day(1, 1) + timedelta(n), 1) for n in range(0, 200, 2)])
    assert [experimenting(r, END) for r in (few, gone, stayed)] == [True, True, False]
