"""The night's work: what resolved is learned from, in time, by scale, and replayable ever after."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, update
from sqlmodel import col, select

from engine import calibration
from engine.decide import decide
from engine.record import Foreseen
from engine.snapshot import Calibration
from segue.jobs import Jobs
from service import calibrate, configure, reliability, snapshot
from service.context import Context
from service.explain import explain
from service.secrets import Secrets
from store import forecasts, tables
from store.forecasts import Came, StoredForecast
from tests.api.live import NOW, START, Live, policy
from tests.backends import SERVER, Backend, opened
from tests.fakes.clock import FakeClock

BACKENDS = SERVER

NIGHT = datetime(2026, 11, 18, tzinfo=UTC)


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    yield running
    running.reset()
    apply(running)
    with running.runtime.context.database.write() as session:
        session.execute(delete(tables.Forecast))
        session.execute(delete(tables.LearnedCalibration))


def apply(world: Live, more: str = "", **changes: Any) -> None:
    configure.apply(world.runtime.context, policy(**changes) + more, "test")


def night(world: Live, at: datetime = NIGHT + timedelta(minutes=5)) -> None:
    world.clock.set(at)
    calibrate.nightly(world.runtime.context)


def scale(world: Live) -> str:
    return calibration.scale(world.runtime.context.policy().policy)


def forecast(world: Live, account: str, day: date, raw: float, **changes: Any) -> StoredForecast:
    at = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    made = StoredForecast(
        account=account,
        meter="reports",
        day=day,
        at=at,
        raw=raw,
        p=raw,
        calibration=None,
        scale=scale(world),
        used=Decimal(660),
        limit=Decimal(1000),
        last_at=at,
        ends=day + timedelta(days=9),
        due_at=at + timedelta(days=9),
    )
    return replace(made, **changes)


def past(world: Live, count: int, *, first: int = 0, **changes: Any) -> Foreseen:
    """Resolved forecasts: they came true half as often as they said, the last of them at once."""
    draw, made = Random(first), []
    for n in range(first, first + count):
        day = date(2026, 10, 1) + timedelta(days=n % 30)
        made.append(forecast(world, f"past-{n}", day, draw.random(), **changes))
    came = [Came.CROSSED if draw.random() < one.raw / 2 else Came.NOT_CROSSED for one in made]
    with world.runtime.context.database.write() as session:
        forecasts.add(session, made)
        for one, fate in zip(made, came, strict=True):
            forecasts.resolve(session, [(one, fate)], one.due_at)
    return Foreseen(
        meter="reports",
        at=np.array([one.at.timestamp() for one in made]),
        raw=np.array([one.raw for one in made]),
        resolved=np.array([one.due_at.timestamp() for one in made]),
        crossed=np.array([fate is Came.CROSSED for fate in came]),
    )


def known(world: Live) -> list[tables.LearnedCalibration]:
    with world.runtime.context.database.read() as session:
        c = tables.LearnedCalibration
        return list(session.exec(select(c).order_by(col(c.night), col(c.scale))))


def in_force(world: Live, account: str) -> Calibration | None:
    context = world.runtime.context
    with context.database.read() as session:
        facts = snapshot.load(context, session, account, world.clock.now(), context.policy())
    assert facts is not None
    return facts.calibration


def test_a_night_learns_what_a_backtest_would_have(world: Live) -> None:
    foreseen = past(world, 240)
    night(world)
    [learned] = known(world)
    assert (learned.night, learned.version, learned.forecasts) == (
        NIGHT.date(), "2026-11-18/240", 240,
    )  # fmt: skip
    policy = world.runtime.context.policy().policy
    expected = calibration.learned([foreseen], policy)(NIGHT)
    assert expected is not None
    assert (tuple(learned.raw), tuple(learned.happened)) == (expected.raw, expected.happened)
    assert learned.happened[-1] < 0.7


def test_fewer_than_two_hundred_teach_nothing(world: Live) -> None:
    past(world, 199)
    night(world)
    assert known(world) == []
    past(world, 1, first=199)
    night(world)
    assert len(known(world)) == 1


def test_what_can_not_be_said_of_is_not_learned_from(world: Live) -> None:
    past(world, 199)
    with world.runtime.context.database.write() as session:
        void = forecast(world, "moved", date(2026, 10, 1), 0.5)
        forecasts.add(session, [void, forecast(world, "open", date(2026, 11, 17), 0.5)])
        forecasts.resolve(session, [(void, Came.VOID)], void.due_at)
    night(world)
    assert known(world) == []


def test_a_new_version_only_where_something_differs(world: Live) -> None:
    past(world, 220)
    night(world)
    night(world, NIGHT + timedelta(hours=20))
    night(world, NIGHT + timedelta(days=1, minutes=5))
    assert [one.version for one in known(world)] == ["2026-11-18/220"]
    past(world, 30, first=220)
    night(world, NIGHT + timedelta(days=2, minutes=5))
    assert [one.version for one in known(world)] == ["2026-11-18/220", "2026-11-20/250"]


def test_only_what_had_resolved_before_midnight_is_learned(world: Live) -> None:
    past(world, 199)
    past(world, 1, first=199, due_at=NIGHT)
    night(world)
    assert known(world) == []
    night(world, NIGHT + timedelta(days=1))
    assert [one.version for one in known(world)] == ["2026-11-19/200"]


def test_only_the_last_year_is_learned_from(world: Live) -> None:
    past(world, 220)
    night(world, NIGHT + timedelta(days=400))
    assert known(world) == []


def test_a_calibration_is_in_force_from_when_it_was_learned(world: Live) -> None:
    account = world.account()
    past(world, 240)
    night(world)
    assert in_force(world, account) is not None
    world.clock.set(NIGHT)
    assert in_force(world, account) is None


def test_what_is_said_is_calibrated_and_decided_again_bit_by_bit(world: Live) -> None:
    raw = world.account()
    world.settle()
    assert world.decision(raw)["moment"] == "pace"
    past(world, 240)
    night(world)
    world.clock.set(NOW)
    account = world.account()
    world.settle()
    [before], [after] = (world.decision(name)["forecasts"] for name in (raw, account))
    assert after["p_raw"] == before["p_raw"] > 0.8
    assert after["p"] < 0.7
    with world.runtime.context.database.read() as session:
        [row] = forecasts.open_of(session, [account])[account]
    assert (row.raw, row.p, row.calibration) == (after["p_raw"], after["p"], "2026-11-18/240")

    night(world, NIGHT + timedelta(days=1))
    explained = explain(world.runtime.context, account)
    assert explained.replayed
    assert explained.facts is not None
    again = decide(explained.facts, explained.policy.policy, NOW)
    assert again.digest == explained.stored.digest
    without = replace(explained.facts, calibration=None)
    assert decide(without, explained.policy.policy, NOW).digest != again.digest


def test_forecasts_made_in_another_way_are_not_mixed(world: Live) -> None:
    account = world.account()
    past(world, 150)
    apply(world, "\n[policy.forecast]\nmemory_days = 60\n")
    past(world, 210, first=150)
    night(world)
    [one] = known(world)
    assert (one.forecasts, one.scale) == (210, scale(world))
    assert in_force(world, account) is not None
    apply(world)
    assert in_force(world, account) is None
    past(world, 60, first=360)
    night(world, NIGHT + timedelta(days=1, minutes=5))
    assert sorted(one.forecasts for one in known(world)) == [210, 210]
    assert in_force(world, account) is not None


@pytest.mark.parametrize(
    "change",
    ["[policy.ask]\nspacing_days = 45", "[policy.forecast]\ncalibrate_from = 220\none_off_p = 0.4"],
)
def test_a_policy_that_foresees_alike_keeps_its_calibration(change: str, world: Live) -> None:
    account = world.account()
    past(world, 240)
    night(world)
    before = in_force(world, account)
    apply(world, f"\n{change}\n")
    assert before is not None
    assert in_force(world, account) == before


def overdue(world: Live, account: str) -> None:
    """A forecast of October that no look has resolved."""
    day = date(2026, 10, 20)
    due = datetime(2026, 11, 1, 8, tzinfo=UTC)
    one = forecast(world, account, day, 0.5, ends=date(2026, 11, 1), due_at=due)
    with world.runtime.context.database.write() as session:
        forecasts.add(session, [one])


def came(world: Live) -> dict[str, str | None]:
    with world.runtime.context.database.read() as session:
        rows = session.exec(select(tables.Forecast.account, tables.Forecast.came))
        return dict(rows.all())


def test_what_no_look_resolved_the_night_does(world: Live) -> None:
    used = {date(2026, 10, day): 100 for day in range(1, 11)}
    met, not_met = (
        world.account(usage={**used, date(2026, 10, 11): more} if more else used, people={})
        for more in (50, 0)
    )
    short = world.account(usage={date(2026, 10, 1): 999}, people={})
    for account in (met, not_met, short):
        overdue(world, account)
    night(world)
    night(world)
    assert came(world) == {met: "crossed", not_met: "crossed", short: "not_crossed"}


def test_one_broken_account_keeps_nobody_elses_night(world: Live) -> None:
    broken, sound = world.account(people={}), world.account(people={})
    past(world, 240)
    for account in (broken, sound):
        overdue(world, account)
    with world.runtime.context.database.write() as session:
        statement = update(tables.Account).where(col(tables.Account.id) == broken)
        session.execute(statement.values(time_zone="Mars/Olympus"))
    night(world)
    assert (came(world)[broken], came(world)[sound]) == (None, "not_crossed")
    assert len(known(world)) == 1
    with world.runtime.context.database.write() as session:
        session.execute(statement.values(time_zone=None))
    night(world, NIGHT + timedelta(days=1))
    assert came(world)[broken] == "not_crossed"


def test_forecasts_are_forgotten_two_months_after_they_teach(world: Live) -> None:
    past(world, 220)
    resolved = datetime(2026, 10, 10, tzinfo=UTC)
    night(world, resolved + timedelta(days=366 + 60))
    assert len(came(world)) == 220
    night(world, resolved + timedelta(days=366 + 60 + 15))
    assert 0 < len(came(world)) < 220
    night(world, resolved + timedelta(days=366 + 60 + 60))
    assert came(world) == {}


def test_nothing_is_done_before_a_first_policy(backend: Backend) -> None:
    with opened(backend) as database:
        clock, secrets = FakeClock(START), Secrets(["k"])
        calibrate.nightly(
            Context(database=database, clock=clock, secrets=secrets, public_url="http://test")
        )


async def test_the_night_is_made_up_for_at_the_start() -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    jobs = Jobs(
        tidy=lambda: None,
        pack=lambda: None,
        digests=lambda: None,
        nightly=lambda: loop.call_soon_threadsafe(done.set),
        lead=lambda: 1,
    )
    jobs.start()
    await asyncio.wait_for(done.wait(), 10)
    jobs.stop()


def test_the_table_says_how_well_forecasts_held(world: Live) -> None:
    context = world.runtime.context
    assert reliability.table(context).resolved == 0
    world.clock.set(NIGHT)
    past(world, 210)
    raw = reliability.table(context)
    assert (raw.resolved, raw.scored, raw.calibrated, raw.brier_raw) == (210, 0, (), None)
    assert sum(one.count for one in raw.raw) == 210
    high = raw.raw[-1]
    assert 0.9 < high.said < 1
    assert high.happened < 0.75

    with context.database.write() as session:
        for n in range(40):  # One in four came true, as was said once it was calibrated.
            one = forecast(
                world, f"new-{n}", date(2026, 11, 11), 0.8,
                p=0.25, calibration="v", due_at=NIGHT - timedelta(days=1),
            )  # fmt: skip
            forecasts.add(session, [one])
            fate = Came.CROSSED if n % 4 == 0 else Came.NOT_CROSSED
            forecasts.resolve(session, [(one, fate)], one.due_at)
    table = reliability.table(context)
    assert (table.resolved, table.scored) == (250, 40)
    [calibrated] = table.calibrated
    assert (calibrated.count, calibrated.said, calibrated.happened) == (40, 0.25, 0.25)
    assert table.brier_calibrated == pytest.approx(0.1875)
    assert table.brier_raw == pytest.approx(0.8**2 * 0.75 + 0.2**2 * 0.25)
    assert table.brier_base is not None
    assert table.brier_calibrated <= table.brier_base
