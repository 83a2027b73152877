"""The laws of a backtest: neither order nor processes nor later usage change what is said."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.backtest import Order, backtest
from service.recorded_rows import Problems
from templates.backtest_view import BacktestView
from tests.service.recorded_usage import KEEN, POLICY, Row, everybody, steady, write

NOW = datetime(2026, 11, 25, tzinfo=UTC)
Lines = list[dict[str, Any]]


class World:
    """A folder in which backtests are run, and what the last one said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.view: BacktestView
        self.alerts: Lines = []
        self.decisions: Lines = []
        self.report = ""

    def run(
        self,
        rows: Sequence[Row],
        *,
        feedback: Sequence[Row] = (),
        against: str | None = None,
        jobs: int = 1,
        report: bool = False,
    ) -> Lines:
        order = Order(
            config=("segue.toml", POLICY),
            against=("other.toml", against) if against else None,
            usage=write(self.folder / "usage.csv", rows),
            feedback=write(self.folder / "feedback.csv", feedback, "account,at,kind,until")
            if feedback
            else None,
            out=self.folder / "alerts.jsonl",
            decisions=self.folder / "decisions.jsonl",
            report=self.folder / "report.html" if report else None,
            jobs=jobs,
        )
        problems = Problems(tell=lambda _: None, strict=True)
        self.view = backtest(order, problems=problems, tell=lambda *_: None, now=NOW)
        self.alerts = read(self.folder / "alerts.jsonl")
        self.decisions = read(self.folder / "decisions.jsonl")
        self.report = (self.folder / "report.html").read_text("utf-8") if report else ""
        return self.alerts


def read(file: Path) -> Lines:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def asks(alerts: Lines, account: str = "growing") -> list[datetime]:
    return [
        datetime.fromisoformat(a["at"])
        for a in alerts
        if a["class"] == "ask" and a["account"] == account
    ]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_who_outgrows_the_plan_is_asked_before_and_nobody_else(world: World) -> None:
    alerts = world.run(everybody())
    assert asks(alerts), "nobody was asked"
    passed = datetime(2026, 4, 24, tzinfo=UTC)
    assert timedelta(days=1) <= passed - asks(alerts)[0] <= timedelta(days=21)
    assert not asks(alerts, "calm")
    assert not asks(alerts, "trying")


def test_the_lines_have_the_fields_that_were_agreed(world: World) -> None:
    world.run(everybody())
    for alert in world.alerts:
        assert list(alert) == ["account", "meter", "at", "class", "moment", "p", "reason"]
        assert datetime.fromisoformat(alert["at"]).tzinfo is not None
        assert alert["reason"]
    for decision in world.decisions:
        assert [name for name in decision if name != "until"] == [
            "account",
            "at",
            "outcome",
            "meter",
            "moment",
            "stage",
            "p",
            "reason",
            "reasons",
        ]
        assert decision["reason"] == (decision["reasons"] or [None])[0]
    names = [alert["account"] for alert in world.decisions]
    assert names == sorted(names)


def test_every_daily_decision_is_in_a_line_once(world: World) -> None:
    world.run(everybody())
    days: dict[str, set[str]] = {}
    for line in world.decisions:
        at = datetime.fromisoformat(line["at"])
        until = datetime.fromisoformat(line.get("until", line["at"]))
        seen = days.setdefault(line["account"], set())
        look = at.replace(hour=9, minute=0, second=0, microsecond=0)
        while look <= until:
            if look >= at:
                assert look.date().isoformat() not in seen
                seen.add(look.date().isoformat())
            look += timedelta(days=1)
    assert sum(map(len, days.values())) == world.view.sides[0].days
    assert len(days["calm"]) >= 170


def test_the_order_of_the_file_does_not_matter(world: World) -> None:
    rows = everybody()
    first = world.run(rows), world.decisions
    random.Random(7).shuffle(rows)
    assert (world.run(rows), world.decisions) == first


def test_the_number_of_processes_does_not_matter(world: World) -> None:
    first = world.run(everybody(), against=KEEN, report=True), world.decisions, world.report
    again = world.run(everybody(), against=KEEN, report=True, jobs=2), world.decisions, world.report
    assert again == first


@pytest.mark.parametrize("day", ["2026-03-02", "2026-04-09", "2026-04-20", "2026-05-11"])
def test_what_comes_later_changes_nothing_before(day: str, world: World) -> None:
    rows = everybody()
    cut = f"{day}T10:00:00Z"
    before = [a for a in world.run(rows) if a["at"] <= cut]
    decided = [d for d in world.decisions if d.get("until", d["at"]) < f"{day}T00"]
    assert [a for a in world.run([r for r in rows if r[1] <= cut]) if a["at"] <= cut] == before
    again = [d for d in world.decisions if d.get("until", d["at"]) < f"{day}T00"]
    assert again[: len(decided)] == decided or set(map(str, decided)) <= set(map(str, again))


def test_a_no_makes_the_next_ask_later_and_a_useful_one_does_not(world: World) -> None:
    rows = steady("growing", [30, 34, 38, 54, 58, 62, 66, 70, 74, 78, 82, 86])
    ignored = asks(world.run(rows))
    assert len(ignored) > 1
    soon = (ignored[0] + timedelta(hours=2)).isoformat()
    refused = asks(world.run(rows, feedback=[("growing", soon, "not_useful", "")]))
    useful = asks(world.run(rows, feedback=[("growing", soon, "useful", "")]))
    assert refused[0] == ignored[0] == useful[0]
    assert len(refused) < 2 or refused[1] > ignored[1]
    assert useful[1] < ignored[1]


def test_a_snooze_holds_until_its_day(world: World) -> None:
    rows = steady("growing", [30, 34, 38, 54, 58, 62, 66, 70, 74, 78, 82, 86])
    first = asks(world.run(rows))[0]
    soon = (first + timedelta(hours=2)).isoformat()
    given = [("growing", soon, "snoozed", "2026-10-15")]
    later = asks(world.run(rows, feedback=given))[1:]
    assert all(at >= datetime(2026, 10, 15, tzinfo=UTC) for at in later)


def test_against_another_policy_only_the_differences_are_told(world: World) -> None:
    alone = world.run(everybody())
    beside = world.run(everybody(), against=POLICY)
    assert beside == alone
    assert world.view.changes == ()
    assert world.view.same == world.view.sides[0].asks == world.view.sides[1].asks
    strict = POLICY + "\n[policy.stage]\nonboarding_days = 400\n"
    assert world.run(everybody(), against=strict) == alone
    assert world.view.sides[1].asks == 0
    assert {c.account for c in world.view.changes} == {
        a["account"] for a in alone if a["class"] == "ask"
    }
    assert all(c.there is None and c.reason is not None for c in world.view.changes)


def test_both_policies_must_count_alike(world: World) -> None:
    other = POLICY.replace('aggregation = "latest"', 'aggregation = "max"')
    with pytest.raises(Exception, match="'storage' is counted differently"):
        world.run(everybody(), against=other)


def test_what_cant_be_finished_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(Exception, match="no time like"):
        world.run([*everybody(), ("late", "never", "1")])
    assert sorted(f.name for f in world.folder.iterdir()) == ["usage.csv"]


def test_the_summary_knows_what_came_of_it(world: World) -> None:
    world.run(everybody())
    figures = world.view.sides[0]
    assert figures.accounts == 4
    assert figures.outgrew == 2
    assert figures.experimenters == 1
    assert figures.bothered == 0
    assert figures.asks == figures.judged
    assert figures.precision == 1.0
    assert any(reason == "no_moment" for reason, _, _ in figures.silences)
