"""Forecasts in their table: judged once, found by account, forgotten in parts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from engine.snapshot import Calibration
from store import calibrations, erase, forecasts
from store.calibrations import StoredCalibration
from store.database import Database
from store.forecasts import Came, StoredForecast
from tests.backends import Backend, opened, plan_of

AT = datetime(2026, 11, 18, 8, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.fixture
def database(backend: Backend) -> Iterator[Database]:
    with opened(backend) as made:
        yield made


def forecast(account: str = "acme", day: int = 18, **changes: Any) -> StoredForecast:
    made = StoredForecast(
        account=account,
        meter="reports",
        day=date(2026, 11, day),
        at=AT,
        raw=0.25,
        p=0.125,
        calibration="2026-11-01/200",
        scale="s",
        used=Decimal("660.000001"),
        limit=Decimal(1000),
        last_at=AT,
        ends=date(2026, 12, 1),
        due_at=DUE,
    )
    return replace(made, **changes)


def test_the_first_of_a_day_stays_as_it_was(database: Database) -> None:
    one = forecast()
    with database.write() as session:
        forecasts.add(session, [one, forecast(day=17)])
        forecasts.add(session, [])
    with database.write() as session:
        forecasts.add(session, [replace(one, raw=0.9)])
    with database.read() as session:
        lines = [("acme", "reports"), ("acme", "seats"), ("other", "reports")]
        assert forecasts.newest(session, lines) == {("acme", "reports"): one}
        found = forecasts.open_of(session, ["acme", "other"])
        assert found == {"acme": [forecast(day=17), one]}


def test_nothing_is_judged_twice(database: Database) -> None:
    one = forecast()
    with database.write() as session:
        forecasts.add(session, [one])
        forecasts.resolve(session, [(one, Came.CROSSED)], AT)
        forecasts.resolve(session, [(one, Came.VOID)], DUE)
        forecasts.add(session, [one])
    with database.read() as session:
        assert forecasts.open_of(session, ["acme"]) == {}
        known = forecasts.resolved(session, "s", AT, AT + timedelta(seconds=1))
    assert known.resolved.tolist() == [AT.timestamp()]
    assert known.crossed.tolist() == [True]


def test_what_is_overdue_is_told_account_by_account(database: Database) -> None:
    with database.write() as session:
        names = [f"a{n}" for n in range(5)]
        made = [forecast(name, day) for name in names for day in (17, 18)]
        forecasts.add(session, [*made, forecast("later", due_at=DUE + timedelta(days=1))])
        forecasts.resolve(session, [(one, Came.VOID) for one in made[:2]], AT)
    with database.read() as session:
        assert forecasts.overdue(session, DUE, limit=2) == ["a1", "a2"]
        assert forecasts.overdue(session, DUE, after="a2") == ["a3", "a4"]
        assert forecasts.overdue(session, DUE - timedelta(seconds=1)) == []


def test_what_has_resolved_is_read_by_its_scale_and_time(database: Database) -> None:
    raw = {day: forecast(day=day, raw=day / 100, calibration=None) for day in range(1, 7)}
    with database.write() as session:
        forecasts.add(session, [*raw.values(), forecast("other", scale="t"), forecast("open")])
        for day, one in raw.items():
            fate = Came.VOID if day == 4 else Came.CROSSED if day % 2 else Came.NOT_CROSSED
            forecasts.resolve(session, [(one, fate)], DUE + timedelta(days=day))
        forecasts.resolve(session, [(forecast("other"), Came.CROSSED)], DUE + timedelta(days=3))
    with database.read() as session:
        since, until = DUE + timedelta(days=2), DUE + timedelta(days=6)
        known = forecasts.resolved(session, "s", since, until)
        alone = forecasts.outcomes(session, "s", since, until)
        nothing = forecasts.resolved(session, "u", since, until)
    order = known.raw.argsort()
    assert known.raw[order].tolist() == [0.02, 0.03, 0.05]
    assert known.crossed[order].tolist() == [False, True, True]
    assert sorted(zip(*(part.tolist() for part in alone), strict=True)) == [
        (0.02, False), (0.03, True), (0.05, True),
    ]  # fmt: skip
    assert all(p != p for p in known.p)  # No number: raw was in force.
    assert len(nothing.raw) == len(nothing.crossed) == 0


def test_old_ones_are_forgotten_some_at_a_time(database: Database) -> None:
    made = [forecast(day=day) for day in range(1, 10)]
    with database.write() as session:
        forecasts.add(session, made)
        forecasts.resolve(session, [(one, Came.CROSSED) for one in made[:5]], AT)
        forecasts.resolve(session, [(one, Came.CROSSED) for one in made[5:8]], DUE)
        gone = [forecasts.forget_before(session, DUE, limit=3) for _ in range(3)]
    assert gone == [3, 2, 0]
    with database.read() as session:
        assert len(forecasts.resolved(session, "s", AT, DUE + timedelta(1)).raw) == 3
        assert forecasts.open_of(session, ["acme"]) == {"acme": made[8:]}


def test_an_account_is_erased_with_them(database: Database) -> None:
    with database.write() as session:
        forecasts.add(session, [forecast(), forecast("other")])
        erase.account(session, "acme")
    with database.read() as session:
        found = forecasts.newest(session, [("acme", "reports"), ("other", "reports")])
        assert found == {("other", "reports"): forecast("other")}


def test_no_look_at_an_account_reads_the_whole_table(database: Database) -> None:
    """Nor does the night, but for what is open or new."""
    asked: list[tuple[str, Any]] = []
    with database.write() as session:
        connection = session.connection()
        listen = lambda *a: asked.append((a[2], a[3][0] if a[5] else a[3]))  # noqa: E731
        event.listen(connection, "before_cursor_execute", listen)
        forecasts.newest(session, [("acme", "reports")])
        forecasts.open_of(session, ["acme"])
        forecasts.resolve(session, [(forecast(), Came.VOID)], AT)
        forecasts.overdue(session, AT)
        forecasts.resolved(session, "s", AT, DUE)
        forecasts.outcomes(session, "s", AT, DUE)
        event.remove(connection, "before_cursor_execute", listen)
        assert len(asked) == 6
        for statement, given in asked:
            plan = plan_of(connection, statement, given)
            if connection.dialect.name == "postgresql":
                assert "Seq Scan on forecast" not in plan, plan
                continue
            steps = [step for step in plan.splitlines() if " forecast" in step]
            assert steps
            for step in steps:
                assert "USING" in step, f"{statement}: {step}"
                assert "SEARCH" in step or "forecast_open" in step, f"{statement}: {step}"


def learned(night: int, at: datetime, scale: str = "s") -> StoredCalibration:
    return StoredCalibration(
        scale=scale,
        night=date(2026, 11, night),
        learned_at=at,
        forecasts=200 + night,
        calibration=Calibration(
            version=f"2026-11-{night}/{200 + night}", raw=(0.1, 1 / 3, 0.9), happened=(0.0, 0.5, 1)
        ),
    )


def test_the_newest_calibration_that_was_known_is_in_force(database: Database) -> None:
    one, two = learned(10, AT), learned(11, AT + timedelta(days=1))
    with database.write() as session:
        for each in (one, two, learned(12, AT, scale="t")):
            calibrations.add(session, each)
        calibrations.add(
            session, learned(11, AT - timedelta(days=9))
        )  # The first of a night stays.
    with database.read() as session:
        assert calibrations.newest(session, "s", DUE) == two
        assert calibrations.newest(session, "s", AT) == one
        assert calibrations.in_force(session, "s", AT) == one.calibration
        assert calibrations.in_force(session, "s", AT - timedelta(seconds=1)) is None
        assert calibrations.in_force(session, "u", DUE) is None
