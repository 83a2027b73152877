"""Scenarios written in a test instead of a file, and days lived one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from engine.alert import Outcome, PastAlert
from engine.decide import decide
from engine.decision import Candidate, Decision
from tests.engine.scenarios import Scenario

EACH = "by ada, bob, cy"
DAY = timedelta(days=1)


def told(
    *usage: str,
    meter: str = "reports",
    now: str = "Wednesday 2026-11-18 09:00",
    diary: Sequence[str] = (),
    people: dict[str, str] | None = None,
    **account: object,
) -> Scenario:
    """A scenario written in place of a file: a committed team of eight in Berlin, on Team."""
    facts = {"plan": "team", "seats": 8, "since": date(2025, 10, 14), **account}
    return Scenario(
        path=Path("nowhere.toml"),
        said={
            "now": now,
            "account": facts,
            "people": people or {"ada": "champion, on slack", "tom": "manager, can buy"},
            "usage": {meter: "\n".join(usage)},
            "past": {"diary": "\n".join(diary)},
        },
    )


def decided(scenario: Scenario, now: datetime | None = None) -> Decision:
    """The decision at the scenario's time, or at another."""
    return decide(scenario.snapshot(now), scenario.applied.policy, now or scenario.now)


def local(scenario: Scenario, day: date, hour: int = 9) -> datetime:
    """An hour of a day where the account is, as an instant in UTC."""
    at = datetime(day.year, day.month, day.day, hour, tzinfo=scenario.zone)
    return at.astimezone(UTC)


def lived(scenario: Scenario, first: date, last: date) -> Iterator[tuple[date, list[str]]]:
    """Each day's look at nine, what goes out delivered at once: the day, and what was said."""
    alerts: list[PastAlert] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        now = local(scenario, day)
        facts = replace(scenario.snapshot(now), alerts=tuple(alerts))
        decision = decide(facts, scenario.applied.policy, now)
        said = list(spoken(decision))
        alerts += [PastAlert(key=c.key, raised_at=now, charged_at=now, closed_at=now) for c in said]
        if said:
            yield day, [f"{c.moment} {c.alert_class}" for c in said]


def spoken(decision: Decision) -> Iterator[Candidate]:
    """What goes out: the notices, then the ask or reflection."""
    yield from decision.notices
    if decision.chosen and decision.outcome in (Outcome.ASK, Outcome.REFLECT):
        yield decision.chosen
