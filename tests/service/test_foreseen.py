"""What is kept of live forecasts, and what came of them: exactly what a backtest says."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlmodel import col, select

from engine.hindsight import foresee_records
from service import configure, evaluate
from service.ingest import ingest
from service.recorded_stored import record
from store import tables
from store.forecasts import Came
from tests.api.live import NOW, START, TODAY, Live, event, growing, live, policy
from tests.backends import ONE, Backend

BACKENDS = ONE

MORE = """
[[meter]]
key = "seats"
name = { one = "seat", other = "seats" }
aggregation = "latest"
kind = "cumulative"

[[plan]]
key = "weekly"
name = "Weekly"
period = "week"
next = "business"
limits = { reports = 100 }
"""
DAYS = 52
ACCOUNTS = (
    (0, "Europe/Berlin", "team", 500),
    (1, "America/Denver", "team", 650),
    (7, "Pacific/Auckland", "team", 1000),
    (4, "Asia/Kathmandu", "weekly", None),
)
"""How each account lives, where, and what it may use; a weekly plan allows 100."""


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        configure.apply(made.runtime.context, policy() + MORE, "test")
        yield made


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    running.clock.set(START)
    yield running
    running.reset()
    configure.apply(running.runtime.context, policy() + MORE, "test")


def look(world: Live) -> None:
    """Every look that is due at this instant."""
    evaluate.run_due(world.runtime.context)


def rows(world: Live, account: str, meter: str = "reports") -> list[tables.Forecast]:
    f = tables.Forecast
    with world.runtime.context.database.read() as session:
        found = select(f).where(col(f.account) == account, col(f.meter) == meter)
        return list(session.exec(found.order_by(col(f.day))))


def at(day: int, hour: int, zone: str = "UTC") -> datetime:
    """An hour on the clock of a zone, days after the start."""
    local = datetime(2026, 8, 1, hour, tzinfo=ZoneInfo(zone)) + timedelta(days=day)
    return local.astimezone(UTC)


def lived(seed: int, zone: str) -> list[tuple[datetime, str, int]]:
    """Two months of somebody's use: when, which meter, how much; an hour holds one event."""
    draw, level, found = Random(seed), 20, []
    busy, spiky = draw.choice([0.4, 0.8, 1.0]), draw.choice([0, 0, 250])
    growth = draw.choice([0.0, 0.4, 1.0])
    for day in range(DAYS - 1):
        for hour in (2, 14, 23):
            if draw.random() < busy / 2:
                amount = draw.randint(5, 40) + round(growth * day)
                spike = spiky if draw.random() < 0.03 else 0
                found.append((at(day, hour, zone), "reports", amount + spike))
        if draw.random() < 0.4:
            level = max(0, level + draw.choice([-1, 0, 1, 1, 2]))
            found.append((at(day, 11, zone), "seats", level))
    return found


def test_the_log_is_what_a_backtest_says(world: Live) -> None:
    """Every forecast, when it was made, what it said, and when it was known what came of it."""
    context = world.runtime.context
    steps: dict[datetime, list[Any]] = {}
    accounts = []
    for seed, zone, plan, limit in ACCOUNTS:
        own = {"seats": 24} | ({"reports": limit} if limit else {})
        name = world.account(
            people={}, slack=False, usage={}, time_zone=zone, plan=plan, limits=own
        )
        accounts.append(name)
        for when, meter, value in lived(seed, zone):
            sent = event(name, meter=meter, value=value, at=when.isoformat())
            steps.setdefault(when, []).append(sent)
        for day in range(DAYS):
            steps.setdefault(at(day, 9, zone), [])
    for when, events in sorted(steps.items()):
        world.clock.set(when)
        if events:
            assert ingest(context, events).accepted == len(events)
        look(world)

    resolved = crossed = 0
    for name in accounts:
        with context.database.read() as session:
            stored = record(session, name, context.policy().catalogue, when)
        said = {
            one.meter: one for one in foresee_records([stored], context.policy().policy, when)[0]
        }
        for meter in ("reports", "seats"):
            logged, replayed = rows(world, name, meter), said.get(meter)
            if replayed is None:
                assert logged == []
                continue
            told = np.flatnonzero(~np.isnan(replayed.raw))
            assert [row.at.timestamp() for row in logged] == replayed.at[told].tolist()
            assert [row.raw for row in logged] == pytest.approx(replayed.raw[told].tolist())
            known = [row.resolved_at.timestamp() if row.resolved_at else np.inf for row in logged]
            assert known == replayed.resolved[told].tolist()
            for row, happened in zip(logged, replayed.crossed[told].tolist(), strict=True):
                if row.resolved_at is not None:
                    assert row.came == (Came.CROSSED if happened else Came.NOT_CROSSED)
                    resolved, crossed = resolved + 1, crossed + happened
    assert resolved > 30
    assert 5 < crossed < resolved - 5


def foreseen(world: Live, **account: Any) -> str:
    """An account of which a first forecast was made: 660 of 1,000 on the eighteenth."""
    world.clock.set(NOW)
    name = world.account(people={}, slack=False, **account)
    look(world)
    [row] = rows(world, name)
    assert (row.day, row.came, row.resolved_at) == (TODAY, None, None)
    return name


def reported(world: Live, account: str, value: int, **more: Any) -> None:
    """Use that comes in, by default of this instant."""
    at = world.clock.now().isoformat()
    sent = event(account, **{"value": value, "at": at} | more)
    assert ingest(world.runtime.context, [sent]).accepted == 1


def move(world: Live, when: datetime) -> None:
    """Let time pass, with its daily looks."""
    while world.clock.now() < when:
        world.clock.set(min(world.clock.now() + timedelta(days=1), when))
        look(world)


def test_a_forecast_is_kept_with_all_that_it_rests_on(world: Live) -> None:
    account = foreseen(world)
    [row] = rows(world, account)
    assert (row.at, row.used, row.limit) == (NOW, "660", "1000")
    assert (row.ends, row.due_at) == (date(2026, 12, 1), datetime(2026, 12, 1, 8, tzinfo=UTC))
    assert row.calibration is None
    assert row.raw == row.p
    [told] = world.decision(account)["forecasts"]
    assert row.p == told["p"]


def test_only_daily_looks_that_learned_something_count(world: Live) -> None:
    account = foreseen(world)
    world.clock.advance(days=1)
    look(world)
    assert len(rows(world, account)) == 1  # Nothing had come in.
    world.clock.advance(hours=2)
    reported(world, account, 170)
    look(world)
    assert len(rows(world, account)) == 1  # It was looked at, at 83 %, but not for the day.
    world.clock.advance(hours=22)
    look(world)
    assert [row.used for row in rows(world, account)] == ["660", "830"]


@pytest.mark.parametrize("limit", [600, 660, 1200, None])
def test_at_the_limit_or_far_below_nothing_is_foreseen(limit: int | None, world: Live) -> None:
    world.clock.set(NOW)
    account = world.account(people={}, slack=False, limits={"reports": limit})
    look(world)
    assert rows(world, account) == []


def test_a_source_that_reports_late_is_learned_from(world: Live) -> None:
    """Its use is always of the day before the last look, and still it had just come in."""
    account = foreseen(world)
    for day in range(1, 4):
        world.clock.set(NOW + timedelta(days=day, hours=-6))
        reported(world, account, 20, at=(NOW + timedelta(days=day - 2)).isoformat())
        world.clock.set(NOW + timedelta(days=day))
        look(world)
    assert [row.used for row in rows(world, account)] == ["660", "680", "700", "720"]


def test_a_late_source_is_learned_from_without_an_earlier_forecast(world: Live) -> None:
    world.clock.set(NOW - timedelta(days=1))
    past = {day: amount for day, amount in growing().items() if day < date(2026, 11, 16)}
    account = world.account(people={}, slack=False, usage=past, limits={"reports": 700})
    look(world)
    assert rows(world, account) == []  # 550 of 700, but all of it of days ago.
    world.clock.set(NOW - timedelta(hours=6))
    reported(world, account, 20, at=datetime(2026, 11, 15, 23, tzinfo=UTC).isoformat())
    world.clock.set(NOW)
    look(world)
    assert [row.used for row in rows(world, account)] == ["570"]


def test_it_came_true_once_the_limit_was_met_whatever_follows(world: Live) -> None:
    account = foreseen(world)
    world.clock.advance(hours=3)
    reported(world, account, 340)
    look(world)
    [row] = rows(world, account)
    assert (row.came, row.resolved_at) == (Came.CROSSED, NOW + timedelta(hours=3))
    reported(world, account, -100, correction="counted twice")
    move(world, NOW + timedelta(days=14))
    first, *later = rows(world, account)
    assert (first.came, first.resolved_at) == (Came.CROSSED, NOW + timedelta(hours=3))
    assert {row.came for row in later} == {Came.NOT_CROSSED}


END = datetime(2026, 12, 1, 8, tzinfo=UTC)
"""Nine o'clock in Berlin on the day after the period."""


@pytest.mark.parametrize(("late", "came"), [(340, Came.CROSSED), (339, Came.NOT_CROSSED)])
def test_the_last_evening_counts_though_it_comes_at_night(
    late: int, came: Came, world: Live
) -> None:
    account = foreseen(world)
    world.clock.set(END - timedelta(hours=7))
    reported(world, account, late, at=(END - timedelta(hours=11)).isoformat())
    look(world)
    assert rows(world, account)[0].came is None
    world.clock.set(END)
    look(world)
    row = rows(world, account)[0]
    assert (row.came, row.resolved_at) == (came, END)
    world.clock.advance(hours=1)
    reported(world, account, 500, at=(END - timedelta(hours=11)).isoformat())
    move(world, END + timedelta(days=2))
    row = rows(world, account)[0]
    assert (row.came, row.resolved_at) == (came, END)


def raised(world: Live, account: str) -> None:
    stated = {"plan": "team", "since": "2026-08-01", "limits": {"reports": 2000}}
    assert world.admin("PUT", f"/v1/accounts/{account}", stated).is_success


def upgraded(world: Live, account: str) -> None:
    answer = world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "business"})
    assert answer.is_success, answer.text


def repriced(world: Live, account: str) -> None:
    text = policy().replace("reports = 1000", "reports = 1500")
    configure.apply(world.runtime.context, text + MORE, "test")


@pytest.mark.parametrize("change", [raised, upgraded, repriced])
def test_a_limit_that_moves_voids_what_was_said_of_it(change: Any, world: Live) -> None:
    account = foreseen(world)
    world.clock.advance(hours=2)
    change(world, account)
    world.clock.set(NOW + timedelta(days=1))
    look(world)
    assert rows(world, account)[0].came == Came.VOID


def test_a_plan_that_changes_after_the_period_voids_nothing(world: Live) -> None:
    account = foreseen(world)
    world.clock.set(END - timedelta(hours=1))
    upgraded(world, account)
    look(world)
    world.clock.set(END)
    look(world)
    assert rows(world, account)[0].came == Came.NOT_CROSSED


def test_an_erased_account_takes_its_forecasts_along(world: Live) -> None:
    account = foreseen(world)
    world.admin("DELETE", f"/v1/accounts/{account}")
    assert rows(world, account) == []
