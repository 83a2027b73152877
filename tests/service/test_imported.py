"""History that was imported is known, but it is no reason to ask: that takes something live."""

from datetime import date, timedelta
from typing import Any

import pytest

from service.ingest import ingest
from tests.api.live import START, TODAY, Live, event
from tests.backends import FILE

BACKENDS = FILE

AUGUST, OCTOBER, NOVEMBER = START.date(), date(2026, 10, 1), date(2026, 11, 1)


def four_days_a_week(amount: int, since: date = AUGUST, until: date = TODAY) -> dict[date, int]:
    """The same from Monday to Thursday; three days of each week are no import, but quiet."""
    days = (since + timedelta(n) for n in range((until - since).days))
    return {day: amount for day in days if day.weekday() < 4}


def reported(world: Live, account: str, days: dict[date, int], *, imported: bool) -> None:
    """Each day's usage, half by one user and half by another."""
    events = [
        event(account, user=user, value=amount / 2, at=f"{day}T05:00:00Z")
        for day, amount in days.items()
        for user in ("jonas", "mia")
    ]
    receipt = ingest(world.runtime.context, events, imported=imported)
    assert receipt.accepted == len(events), receipt.rejected[:1]


def looked_at(world: Live, account: str) -> dict[str, Any]:
    """What the next daily look comes to."""
    world.clock.advance(days=1)
    world.settle()
    return world.decision(account)


def raised(world: Live, account: str, kind: str = "ask") -> list[str]:
    """The moments of one class that were raised."""
    return [a["moment"] for a in world.alerts(account) if a["class"] == kind]


PASTS = {
    "at_limit": (
        four_days_a_week(50, until=NOVEMBER) | four_days_a_week(120, since=NOVEMBER),
        "at_limit",
    ),
    "sustained_over": (four_days_a_week(80), "sustained_over"),
    "and quiet since": (four_days_a_week(130, until=TODAY - timedelta(1)), "sustained_over"),
    "today as well": (four_days_a_week(80, until=TODAY + timedelta(1)), "sustained_over"),
}


@pytest.mark.parametrize("name", PASTS)
def test_an_import_over_the_limit_asks_nobody_until_something_live_came(
    name: str, world: Live
) -> None:
    days, moment = PASTS[name]
    account = world.account(usage={})
    reported(world, account, days, imported=True)
    world.settle()
    decision = looked_at(world, account)
    assert (decision["moment"], decision["reason"]) == (moment, "data_stale")
    assert "The next report brings the account back." in decision["sentence"]
    assert raised(world, account) == raised(world, account, "reflection") == []
    world.use(account, 120, user="jonas")
    world.settle()
    assert raised(world, account) == [moment], world.decision(account)


@pytest.mark.parametrize("name", ["at_limit", "sustained_over", "and quiet since"])
def test_the_same_live_is_asked_at_once(name: str, world: Live) -> None:
    """So that the cases above are silent for the import alone."""
    days, moment = PASTS[name]
    account = world.account(usage=days)
    world.settle()
    assert raised(world, account) == [moment]


def test_a_limit_that_is_met_is_told_whoever_reported_it(world: Live) -> None:
    account = world.account(usage={})
    reported(world, account, PASTS["at_limit"][0], imported=True)
    looked_at(world, account)
    assert raised(world, account, "notice") == ["at_limit"]


def test_something_live_on_an_imported_day_is_enough(world: Live) -> None:
    account = world.account(usage={})
    days = four_days_a_week(80, until=TODAY + timedelta(1))
    reported(world, account, days, imported=True)
    world.use(account, 1, user="jonas")
    world.settle()
    assert raised(world, account) == ["sustained_over"]


def test_history_that_is_filled_in_later_silences_nobody(world: Live) -> None:
    recent = four_days_a_week(80, since=OCTOBER)
    account = world.account(usage=recent)
    reported(world, account, four_days_a_week(80, until=OCTOBER), imported=True)
    world.settle()
    assert raised(world, account) == ["sustained_over"]
