"""Answers from the widget: kept once, felt everywhere, taken back within ten seconds."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.api.live import PEOPLE, Live, live
from tests.backends import SERVER, Backend

BACKENDS = SERVER


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[Live]:
    with live(backend, milestone_days=3) as made:
        yield made


def sees(world: Live, account: str) -> dict[str, bool]:
    return {who: world.widget(account, who).alert() is not None for who in PEOPLE}


ALL, NONE = dict.fromkeys(PEOPLE, True), dict.fromkeys(PEOPLE, False)


@pytest.mark.parametrize(
    ("by", "kind", "left", "closed_as"),
    [
        ("priya", "seen", ALL, None),
        ("priya", "useful", ALL, None),
        ("priya", "acted", ALL, None),
        ("priya", "forwarded", ALL, None),
        ("priya", "approved", NONE, "approved"),
        ("priya", "declined", NONE, "declined"),
        ("priya", "dismissed", NONE, "dismissed"),
        ("priya", "snoozed", NONE, "snoozed"),
        ("priya", "not_useful", NONE, "not_useful"),
        ("priya", "muted", NONE, "muted"),
        ("tomas", "snoozed", NONE, "snoozed"),
        ("fiona", "dismissed", NONE, "dismissed"),
        ("jonas", "useful", ALL, None),
        ("jonas", "dismissed", {**ALL, "jonas": False}, None),
        ("jonas", "snoozed", {**ALL, "jonas": False}, None),
        ("jonas", "not_useful", {**ALL, "jonas": False}, None),
        ("jonas", "muted", {**ALL, "jonas": False}, None),
    ],
)
def test_who_still_sees_it_after_an_answer(
    by: str, kind: str, left: dict[str, bool], closed_as: str | None, world: Live
) -> None:
    """A champion's and an approver's answer holds everywhere, a user's for that user."""
    account, alert = world.asked()
    assert sees(world, account) == ALL
    assert world.widget(account, by).say(alert, kind).status_code == 200
    assert sees(world, account) == left
    assert world.alerts(account)[0]["closed_as"] == closed_as


@pytest.mark.parametrize("by", ["jonas", "priya"])
def test_a_reflection_too_is_closed_for_all_by_the_champion_alone(by: str, world: Live) -> None:
    usage = {date(2026, 11, n): 6 for n in range(2, 18)} | {date(2026, 11, 17): 20}
    account = world.account(usage=usage)
    world.settle()
    found = world.widget(account).alert()
    assert found is not None, world.decision(account)
    assert found["class"] == "reflection"
    assert "open" not in {a["kind"] for a in found["actions"]}
    assert world.widget(account, by).say(found["id"], "dismissed").status_code == 200
    assert world.widget(account, by).alert() is None
    assert (world.widget(account, "priya").alert() is not None) is (by == "jonas")


def test_the_same_answer_twice_is_one(world: Live) -> None:
    account, alert = world.asked()
    body = {"id": "click-1", "kind": "snoozed"}
    first = world.widget(account).post(alert, "feedback", body)
    before = ledger(world, account)
    second = world.widget(account).post(alert, "feedback", body)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert ledger(world, account) == before
    other = world.widget(account, "fiona").post(alert, "feedback", {**body, "kind": "useful"})
    assert other.status_code == 200
    assert other.json()["kind"] == "useful"


def ledger(world: Live, account: str) -> dict[str, Any]:
    return dict(world.admin("GET", f"/v1/accounts/{account}/ledger").json())


def causes(world: Live, account: str) -> list[tuple[str, float]]:
    """What moved the ledger but for value days."""
    entries = ledger(world, account)["entries"]
    return [(e["cause"], e["change"]) for e in entries if "value day" not in e["cause"]][1:]


@pytest.mark.parametrize(
    ("kind", "entries", "refusals"),
    [
        ("seen", [], 0),
        ("useful", [("useful", 15.0)], 0),
        ("acted", [], 0),
        ("dismissed", [("dismissed", -5.0)], 0.75),
        ("snoozed", [("snoozed", -20.0)], 1),
        ("not_useful", [("not_useful", -30.0)], 1),
    ],
)
def test_what_an_answer_costs(
    kind: str, entries: list[tuple[str, float]], refusals: float, world: Live
) -> None:
    account, alert = world.asked()
    assert causes(world, account) == [("ask delivered", -40.0)]
    world.widget(account).say(alert, kind)
    assert causes(world, account) == [("ask delivered", -40.0), *entries]
    assert ledger(world, account)["refusals"] == refusals


def test_seen_spends_attention_once_where_nothing_was_pushed(world: Live) -> None:
    account, alert = world.asked(slack=False)
    assert causes(world, account) == []
    assert world.alerts(account)[0]["charged_at"] is None
    for who in ("jonas", "priya", "priya", "fiona"):
        assert world.widget(account, who).say(alert, "seen").status_code == 200
    assert causes(world, account) == [("ask delivered", -40.0)]


@pytest.mark.parametrize(
    ("until", "returns"),
    [(None, "2027-01-17"), ("2026-12-01", "2027-01-17"), ("2027-06-01", "2027-06-01"),
     ("2020-01-01", "2027-01-17"), ("9999-12-31", "9999-12-31")],
)  # fmt: skip
def test_not_now_says_when_it_may_come_back(until: str | None, returns: str, world: Live) -> None:
    """30 days doubled by the first refusal, or the day that was asked for, if later."""
    account, alert = world.asked()
    answer = world.widget(account).say(alert, "snoozed", until=until)
    assert answer.status_code == 200, answer.text
    assert answer.json()["returns"] == returns
    assert answer.json()["undo_seconds"] == 10
    world.use(account, 60)
    world.clock.advance(days=1)
    world.settle()
    decision = world.decision(account)
    assert decision["outcome"] == "silent"
    assert {r["code"] for r in decision["reasons"]} >= {"backoff"}


def test_the_message_in_slack_is_changed_for_every_answer(world: Live) -> None:
    account, alert = world.asked()
    assert [m["channel"] for m in world.sink.messages] == ["DUPRIYA"]
    assert "Not now" in str(world.sink.messages[0]["blocks"])
    world.widget(account, "fiona").say(alert, "snoozed")
    cards = world.deliveries(account, "card")
    assert [(c["person"], c["channel"], c["state"]) for c in cards] == [("priya", "slack", "due")]
    world.settle()
    assert [u["channel"] for u in world.sink.updates] == ["DUPRIYA"]
    buttons = [b for b in world.sink.updates[0]["blocks"] if b["type"] == "actions"]
    assert buttons == []
    assert len(world.sink.messages) == 1


@pytest.mark.parametrize(("seconds", "undone"), [(0, True), (10, True), (11, False)])
@pytest.mark.parametrize("kind", ["dismissed", "snoozed", "muted", "not_useful", "useful"])
def test_an_answer_is_taken_back_within_ten_seconds(
    kind: str, seconds: int, undone: bool, world: Live
) -> None:
    account, alert = world.asked()
    before = ledger(world, account)
    priya = world.widget(account)
    priya.post(alert, "feedback", {"id": "c1", "kind": kind})
    after = ledger(world, account)
    world.clock.advance(seconds=seconds)
    answer = priya.post(alert, "undo", {"id": "c1"})
    assert answer.status_code == 200
    assert answer.json() == {"id": "c1", "undone": undone}
    assert (priya.alert() is not None) is (undone or kind == "useful")
    assert ledger(world, account) == (before if undone else after)
    again = priya.post(alert, "undo", {"id": "c1"})
    assert again.json()["undone"] is undone


def test_only_ones_own_answer_is_taken_back(world: Live) -> None:
    account, alert = world.asked()
    world.widget(account).post(alert, "feedback", {"id": "c1", "kind": "snoozed"})
    for who, where, id in (
        ("fiona", alert, "c1"), ("priya", alert, "c2"), ("priya", "alert_none", "c1"),
    ):  # fmt: skip
        answer = world.widget(account, who).post(where, "undo", {"id": id})
        assert answer.status_code == 404, (who, where, id)
    assert world.alerts(account)[0]["closed_as"] == "snoozed"


def test_a_mute_is_remembered(world: Live) -> None:
    """Whoever wants no suggestions hears of the account's next one neither."""
    account, alert = world.asked()
    world.widget(account, "mia").say(alert, "muted")
    world.widget(account, "jonas").say(alert, "muted")
    stored = world.admin("GET", f"/v1/accounts/{account}/people/jonas").json()
    assert (stored["muted"], stored["name"]) == (True, "Jonas Weber")
    assert world.admin("GET", f"/v1/accounts/{account}/people/mia").json()["muted"] is True
    world.use(account, 400)
    world.settle()
    for who in ("mia", "jonas"):
        shown = world.widget(account, who).alert()
        assert shown is not None
        assert shown["class"] == "notice"


def test_the_whole_account_is_muted_by_those_who_carry_it_alone(world: Live) -> None:
    for who, silent in (("jonas", False), ("fiona", True)):
        account, alert = world.asked()
        assert world.widget(account, who).say(alert, "muted", whole_account=True).is_success
        world.use(account, 60)
        world.clock.advance(days=1)
        world.settle()
        codes = {r["code"] for r in world.decision(account)["reasons"]}
        assert ("account_muted" in codes) is silent, who
        assert (ledger(world, account)["trust"] == 0) is silent
        person = world.admin("GET", f"/v1/accounts/{account}/people/{who}").json()
        assert person.get("muted", False) is not silent  # It says nothing about themselves.
        world.reset()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"id": "1"}, ""),
        ({"kind": "useful"}, ""),
        ({"id": "1", "kind": "adored"}, "/kind"),
        ({"id": 1, "kind": "useful"}, "/id"),
        ({"id": "", "kind": "useful"}, "/id"),
        ({"id": "x" * 129, "kind": "useful"}, "/id"),
        ({"id": "1", "kind": "snoozed", "until": "soon"}, "/until"),
        ({"id": "1", "kind": "snoozed", "until": "2026-13-01"}, "/until"),
        ({"id": "1", "kind": "useful", "reason": 3}, "/reason"),
        ({"id": "1", "kind": "useful", "reason": "x" * 501}, "/reason"),
        ({"id": "1", "kind": "useful", "whole_account": "yes"}, "/whole_account"),
        ({"id": "1", "kind": "useful", "extra": 1}, ""),
        ([], ""),
        (b"{", ""),
        (b"", ""),
        (b'{"id": "\xff", "kind": "useful"}', ""),
    ],
)
def test_a_malformed_answer_is_named(body: Any, pointer: str, running: Live) -> None:
    answer = running.widget("acme").post("alert_x", "feedback", body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("pointer", "") == pointer
