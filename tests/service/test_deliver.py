"""The outbox: pushes wait for the reader's hours, are decided again then, and end one way."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from service import deliver
from service.channel import Failed, Outgoing, Retry, Sent
from store import tables
from tests.api.live import NOW, PEOPLE, Live, growing
from tests.backends import FILE

BACKENDS = FILE


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


EVENING = utc("2026-11-18T19:00")  # Eight o'clock in Berlin.
MORNING = utc("2026-11-19T08:00")
MONDAY = utc("2026-11-23T08:00")


def raised(world: Live, at: datetime, **facts: Any) -> str:
    """An account looked at `at` that instant: its limit was passed in both the last months."""
    world.clock.set(at)
    facts = {"limits": {"reports": 600}} | facts
    account = world.account(usage=growing(at.date()), **facts)
    world.settle()
    assert world.decision(account)["outcome"] == "ask", world.decision(account)
    return account


def summary(world: Live, account: str) -> dict[str, Any]:
    [found] = world.deliveries(account)
    return found


NEW_YORK = {**PEOPLE, "priya": {**PEOPLE["priya"], "time_zone": "America/New_York"}}


@pytest.mark.parametrize(
    ("at", "facts", "reason", "due"),
    [
        ("2026-11-18T10:00", {}, None, "2026-11-18T10:00"),
        ("2026-11-18T16:59", {}, None, "2026-11-18T16:59"),
        ("2026-11-18T17:00", {}, "quiet_hours", "2026-11-19T08:00"),
        ("2026-11-18T02:00", {}, "quiet_hours", "2026-11-18T08:00"),
        ("2026-11-18T08:00", {"people": NEW_YORK}, "quiet_hours", "2026-11-18T14:00"),
        ("2026-11-21T11:00", {}, "weekend", "2026-11-23T08:00"),
        ("2026-11-20T19:00", {}, "quiet_hours", "2026-11-23T08:00"),
        ("2026-12-25T11:00", {}, "holiday", "2026-12-28T08:00"),
        ("2026-12-25T11:00", {"country": "JP"}, None, "2026-12-25T11:00"),
        ("2026-12-25T11:00", {"country": None}, None, "2026-12-25T11:00"),
    ],
)
def test_a_push_waits_for_the_next_opening_and_the_banner_does_not(
    at: str, facts: dict[str, Any], reason: str | None, due: str, world: Live
) -> None:
    account = raised(world, utc(at), **facts)
    push = summary(world, account)
    assert push["reason"] == reason
    assert utc(push["due_at"][:16]) == utc(due)
    assert (push["state"], len(world.sink.messages) > 0) == (
        ("due", False) if reason else ("sent", True)
    )
    assert world.widget(account).alert() is not None
    world.clock.set(utc(due) - timedelta(seconds=1))
    world.settle()
    assert bool(world.sink.messages) is (reason is None)
    world.clock.set(utc(due))
    world.settle()
    push = summary(world, account)
    assert (push["state"], push["attempts"]) == ("sent", 1)
    assert {m["channel"] for m in world.sink.messages} == {"DUPRIYA"}
    titles = [m["text"] for m in world.sink.messages]
    assert len(set(titles)) == len(titles) == len(world.alerts(account))


def test_the_notice_goes_first(world: Live) -> None:
    accounts = [world.account(account=f"{name}-reports") for name in ("ann", "bob", "cid", "dot")]
    for account in accounts:
        world.use(account, 400)
    world.settle()
    for account in accounts:
        sent = [m["blocks"] for m in world.sink.messages if account in str(m["blocks"])]
        assert ["Business" in str(blocks) for blocks in sent] == [False, True]


def test_a_notice_follows_what_was_said_of_its_meter_and_an_ask_stands_by_itself(
    world: Live,
) -> None:
    account, _ = world.asked()
    [ask] = world.sink.messages
    assert "thread_ts" not in ask
    world.clock.advance(hours=1)
    world.use(account, 400)
    world.settle()
    notice = world.sink.messages[-1]
    assert notice is not ask
    with world.runtime.context.database.read() as session:
        sent = session.exec(
            select(tables.Delivery.reference).where(
                tables.Delivery.account == account, tables.Delivery.kind == "summary"
            )
        ).one()
    assert sent == f"T-{account}/DUPRIYA/{notice['thread_ts']}"


def change_plan(world: Live, account: str) -> None:
    world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "business"})


def correct(world: Live, account: str) -> None:
    world.use(account, -300, correction="counted twice")


def trouble(world: Live, account: str) -> None:
    told = {"kind": "ticket", "urgent": True}
    assert world.admin("PUT", f"/v1/accounts/{account}/blockers/t1", told).is_success


def refuse(world: Live, account: str) -> None:
    alert = next(a["id"] for a in world.alerts(account) if a["class"] == "ask")
    assert world.widget(account).say(alert, "snoozed").is_success


@pytest.mark.parametrize(
    ("meanwhile", "reason", "closed_as"),
    [
        (change_plan, "plan_changed", "plan_changed"),
        (correct, "alert_closed", "moment_over"),
        (trouble, "blocked", None),
        (refuse, "alert_closed", "snoozed"),
    ],
)
def test_it_is_decided_again_at_the_opening(
    meanwhile: Any, reason: str, closed_as: str | None, world: Live
) -> None:
    account = raised(world, EVENING, limits={})
    world.clock.set(EVENING + timedelta(hours=1))
    meanwhile(world, account)
    world.settle()
    world.clock.set(MORNING)
    world.settle()
    push = summary(world, account)
    assert (push["state"], push["reason"], push["attempts"]) == ("expired", reason, 0)
    alert = next(a for a in world.alerts(account) if a["class"] == "ask")
    assert alert["closed_as"] == closed_as
    assert alert["charged_at"] is None
    assert "Business" not in str(world.sink.messages)


def test_slack_says_when_to_try_again(world: Live) -> None:
    world.sink.busy.append(120)
    account, _ = world.asked()
    push = summary(world, account)
    assert (push["state"], push["attempts"]) == ("due", 1)
    assert "429" in push["reason"]
    assert world.alerts(account)[0]["charged_at"] is None
    world.clock.advance(seconds=119)
    world.settle()
    assert world.sink.messages == []
    world.clock.advance(seconds=1)
    world.settle()
    assert len(world.sink.messages) == 1
    push = summary(world, account)
    assert (push["state"], push["attempts"]) == ("sent", 2)
    assert utc(world.alerts(account)[0]["charged_at"][:19]) == NOW + timedelta(seconds=120)


def test_after_three_days_of_failure_it_is_given_up(world: Live) -> None:
    world.sink.busy = [3600] * 200
    account, _ = world.asked()
    while (push := summary(world, account))["state"] == "due":
        assert utc(push["due_at"][:19]) <= MONDAY
        world.clock.set(utc(push["due_at"][:19]))
        world.settle()
    assert push["state"] == "failed"
    assert push["attempts"] > 20
    assert world.clock.now() == MONDAY  # Three days were over on the weekend.
    assert world.sink.messages == []
    assert world.widget(account).alert() is not None


def test_the_three_days_begin_with_the_first_try(world: Live) -> None:
    """Over Christmas a push waits longer than that before it is tried at all."""
    account = raised(world, utc("2026-12-24T19:00"))
    world.sink.busy = [60]
    world.clock.set(utc("2026-12-28T08:00"))
    world.settle()
    assert summary(world, account)["state"] == "due"
    world.clock.advance(seconds=60)
    world.settle()
    assert summary(world, account)["state"] == "sent"


@dataclass
class Stub:
    """A channel that does as told for some accounts; all others get their message."""

    name = "slack"
    broken: set[str] = field(default_factory=set)
    answers: dict[str, Sent | Retry | Failed] = field(default_factory=dict)
    got: list[str] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Sent | Retry | Failed:
        if outgoing.account in self.broken:
            raise RuntimeError("nobody foresaw this")
        self.got.append(outgoing.account)
        return self.answers.get(outgoing.account, Sent("T/D/1"))


def waiting(world: Live, count: int) -> list[str]:
    """Accounts whose push waits for the morning."""
    return [raised(world, EVENING) for _ in range(count)]


def drain(world: Live, channel: Stub) -> None:
    context = world.runtime.context
    while asyncio.run(deliver.run_due(context, {"slack": channel})):
        pass


def test_an_exception_in_one_delivery_holds_up_no_other(world: Live) -> None:
    broken, refused, whole = waiting(world, 3)
    stub = Stub(broken={broken}, answers={refused: Failed("room_gone")})
    world.clock.set(MORNING)
    drain(world, stub)
    states = {a: summary(world, a)["state"] for a in (broken, refused, whole)}
    assert states == {broken: "due", refused: "failed", whole: "sent"}
    assert set(stub.got) == {refused, whole}
    stub.broken.clear()
    world.clock.advance(minutes=1)
    drain(world, stub)
    push = summary(world, broken)
    assert (push["state"], push["attempts"]) == ("sent", 2)


def test_what_always_breaks_is_given_up_too(world: Live) -> None:
    [account] = waiting(world, 1)
    stub = Stub(broken={account})
    world.clock.set(MORNING)
    drain(world, stub)
    world.clock.set(MORNING + timedelta(days=4))
    drain(world, stub)
    assert summary(world, account)["state"] == "failed"


def test_an_account_that_is_gone_gets_nothing(world: Live) -> None:
    [account] = waiting(world, 1)
    world.admin("DELETE", f"/v1/accounts/{account}")
    stub = Stub()
    world.clock.set(MORNING)
    drain(world, stub)
    assert stub.got == []


def test_an_alert_nobody_answers_closes_after_fourteen_days(world: Live) -> None:
    start = utc("2026-11-02T08:00")
    account = raised(world, start)
    alert = world.widget(account).alert()
    assert alert is not None
    world.clock.set(start + timedelta(days=14) - timedelta(seconds=1))
    world.settle()
    assert world.alerts(account)[-1]["closed_at"] is None
    world.clock.set(start + timedelta(days=14, seconds=1))
    shown = world.widget(account).alert()  # Even before it was tidied.
    assert shown is None or shown["id"] != alert["id"]
    world.settle()
    assert world.alerts(account)[-1]["closed_as"] == "expired"
    world.settle()
    assert world.sink.updates
    assert [b for b in world.sink.updates[-1]["blocks"] if b["type"] == "actions"] == []


def test_a_plan_change_shows_in_the_message_that_was_sent(world: Live) -> None:
    account, _ = world.asked()
    change_plan(world, account)
    world.settle()
    assert world.widget(account).alert() is None
    assert world.sink.updates
    assert [b for b in world.sink.updates[-1]["blocks"] if b["type"] == "actions"] == []


def test_days_of_growth_are_what_the_tests_think() -> None:
    assert sum(v for d, v in growing().items() if d >= date(2026, 11, 1)) == 660
