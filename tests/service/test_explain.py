"""Explaining: the decision in force then, all that is behind it, and an honest replay."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from engine.alert import AlertClass, Outcome, ReasonCode
from engine.errors import Invalid, NotFound
from engine.restraint import GATES
from service import configure, detail, explain
from service.detail import Detail, Passed
from store.tables import Decision
from tests.api.live import NOW, Live, live, policy
from tests.backends import SERVER, Backend

BACKENDS = SERVER


@pytest.fixture(scope="module")
def world(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        yield made


@pytest.fixture(scope="module")
def account(world: Live) -> str:
    """Asked on the eighteenth at nine and told "useful"; then silent, day after day."""
    name, alert = world.asked()
    world.widget(name, "fiona").say(alert, "useful")
    for day in range(1, 6):
        world.clock.set(NOW + timedelta(days=day - 1, hours=3))
        world.use(name, 55)
        world.clock.set(NOW + timedelta(days=day))
        world.settle()
    return name


def one(world: Live, account: str, on: str | None = None) -> Detail:
    return detail.one(world.runtime.context, account, on=on)


def outcome(found: Detail) -> str:
    return found.explanation.stored.outcome


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (None, "silent"),
        ("2026-11-18", "ask"),
        ("2026-11-20", "silent"),
        ("2026-11-18T09:00", "ask"),
        ("2026-11-18T10:00:00+02:00", "ask"),
        ("2026-11-18T08:00:00Z", "ask"),
        ("2026-11-19T08:59:59", "ask"),
        ("2026-11-19T09:00", "silent"),
    ],
)
def test_a_day_or_an_instant_names_the_decision_in_force(
    on: str | None, expected: str, world: Live, account: str
) -> None:
    """Nine o'clock in Berlin, where the account lives, is eight in UTC."""
    assert outcome(one(world, account, on)) == expected


def test_days_are_the_accounts_own(world: Live) -> None:
    world.clock.set(NOW)
    name, _ = world.asked(time_zone="Pacific/Auckland")
    assert outcome(one(world, name, "2026-11-18")) == "ask"
    with pytest.raises(NotFound, match="by 2026-11-18"):
        one(world, name, "2026-11-18T20:59")
    assert outcome(one(world, name, "2026-11-18T21:00")) == "ask"


@pytest.mark.parametrize("on", ["yesterday", "2026-13-01", "18.11.2026", "1", "20261118T1"])
def test_what_is_no_day_is_said(on: str, world: Live, account: str) -> None:
    with pytest.raises(Invalid, match="on: "):
        one(world, account, on)


def test_what_is_not_known_is_said(world: Live, account: str) -> None:
    with pytest.raises(NotFound, match="no account 'nobody'"):
        one(world, "nobody")
    with pytest.raises(NotFound, match="nothing was decided"):
        one(world, account, "2026-11-17")


def test_an_ask_tells_its_facts_gates_and_text(world: Live, account: str) -> None:
    found = one(world, account, "2026-11-18")
    facts = found.explanation.facts
    assert facts is not None
    assert facts.meters[0].used == 660
    [judged] = found.judged
    codes = [gate.code for gate in judged.gates]
    assert [c for c in codes if c in {g.code for g in GATES}] == [g.code for g in GATES]
    assert codes[-1] is ReasonCode.HELD_OUT
    assert ReasonCode.COPY_BLOCKED in codes
    passed = {gate.passed for gate in judged.gates}
    assert passed == {Passed.PASSED, Passed.NOT_ASKED}
    [text] = found.texts
    assert text.sent
    assert text.to is not None
    assert (text.to.id, text.locale) == ("priya", "en")
    assert text.message is not None
    assert text.message.title in str(world.sink.messages)
    assert ("summary", "slack", "sent") in {(d.kind, d.channel, d.state) for d in text.deliveries}


def test_a_silence_tells_what_holds_it_and_what_would_be_said(world: Live, account: str) -> None:
    found = one(world, account)
    decision = found.explanation.decision
    assert decision.outcome is Outcome.SILENT
    for judged in found.judged:
        failed = [g for g in judged.gates if g.passed is Passed.FAILED]
        assert [g.code for g in failed] == [r.code for r in judged.candidate.reasons]
        assert [g.reason for g in failed] == list(judged.candidate.reasons)
    [text] = found.texts
    assert not text.sent
    assert text.message is not None
    facts = found.explanation.facts
    assert facts is not None
    assert f"{facts.meters[0].used}" in text.message.body + text.message.title
    assert text.deliveries == ()
    assert [step.reason for step in found.what_if] == [r.code for r in decision.reasons]
    assert ReasonCode.ASK_SPACING in {step.reason for step in found.what_if}
    assert found.what_if[-1].then is not None
    assert found.what_if[-1].then.outcome is Outcome.ASK


def test_a_notice_is_asked_few_gates(world: Live) -> None:
    world.clock.set(NOW)
    name = world.account(limits={"reports": 600})
    world.settle()
    found = one(world, name)
    notice = next(j for j in found.judged if j.candidate.alert_class is AlertClass.NOTICE)
    asked = {g.code for g in notice.gates if g.passed is not Passed.NOT_ASKED}
    assert asked == {
        ReasonCode.POLICY_OFF,
        ReasonCode.SHADOW,
        ReasonCode.DATA_STALE,
        ReasonCode.DATA_SUSPECT,
        ReasonCode.LIMIT_UNKNOWN,
        ReasonCode.DUPLICATE,
    }


def test_open_blockers_are_facts_and_closed_ones_are_not(world: Live) -> None:
    world.clock.set(NOW)
    name = world.account()
    opened, closed = "2026-11-10T08:00:00Z", "2026-11-12T08:00:00Z"
    for id, told in (
        ("t1", {"kind": "ticket", "from": opened}),
        ("t0", {"kind": "ticket", "from": opened, "until": closed}),
    ):
        assert world.admin("PUT", f"/v1/accounts/{name}/blockers/{id}", told).is_success
    world.settle()
    found = one(world, name)
    assert [b.id for b in found.blockers] == ["t1"]
    [step] = found.what_if
    assert step.reason is ReasonCode.TICKET_OPEN
    assert step.then is not None
    assert step.then.outcome is Outcome.ASK


@pytest.mark.parametrize(
    ("limits", "why"),
    [({"reports": None}, "no_limit"), ({"reports": 100_000}, "little_used"), ({}, None)],
)
def test_why_nothing_is_foreseen(limits: dict[str, Any], why: str | None, world: Live) -> None:
    world.clock.set(NOW)
    name = world.account(limits=limits)
    world.settle()
    [outlook] = one(world, name).outlooks
    assert outlook.why_not == why
    assert (outlook.forecast is not None and outlook.forecast.known) is (why is None)


def test_the_policy_of_then_explains_then(world: Live) -> None:
    world.clock.set(NOW)
    name, _ = world.asked()
    before = one(world, name).explanation.policy.version
    configure.apply(world.runtime.context, policy(mode="shadow"), "test")
    try:
        found = one(world, name).explanation
        assert found.policy.version == before
        assert found.replayed
    finally:
        configure.apply(world.runtime.context, policy(), "test")


def test_a_decision_that_was_tampered_with_does_not_replay(world: Live) -> None:
    world.clock.set(NOW)
    name, _ = world.asked()
    assert one(world, name).explanation.replayed
    with world.runtime.context.database.write() as session:
        row = session.exec(select(Decision).where(Decision.account == name)).one()
        row.body = {**row.body, "balance": {**row.body["balance"], "trust": 12.5}}
        session.add(row)
    found = explain.explain(world.runtime.context, name)
    assert not found.replayed
    assert [d.field for d in found.differences] == ["balance.trust"]
    assert found.differences[0].stored == 12.5


def test_two_decisions_of_one_day_know_of_each_other(world: Live) -> None:
    world.clock.set(NOW)
    name = world.account()
    world.settle()
    world.clock.set(NOW + timedelta(hours=5))
    world.use(name, 400)
    world.settle()
    later = one(world, name, "2026-11-18")
    assert later.explanation.stored.at == datetime(2026, 11, 18, 13, tzinfo=UTC)
    assert [d.outcome for d in later.same_day] == ["ask"]
    assert [d.outcome for d in one(world, name, "2026-11-18T10:00").same_day] == [outcome(later)]
