"""Passing the story on: it waits ten seconds, goes by the best path, and says where it stands."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from engine.errors import Gone
from service import drafts
from tests.api.live import PEOPLE, Live, links
from tests.api.people.test_sent import forwards_of
from tests.backends import SERVER

BACKENDS = SERVER


def after(world: Live, seconds: float) -> None:
    world.clock.advance(seconds=seconds)
    world.settle()


def forwards(world: Live, account: str) -> list[tuple[str, str]]:
    """(to, state) of the forwards that the champion's banner shows."""
    alert = world.widget(account).alert()
    return [(f["to_name"], f["state"]) for f in alert["forwards"]] if alert else []


def said(answer: httpx.Response) -> dict[str, Any]:
    """What is the same of the same forward: a preview is sealed anew each time."""
    return {name: value for name, value in answer.json().items() if name != "preview"}


def rooms(world: Live) -> list[str]:
    """To whom Slack messages went, but for the champion's own summary."""
    return [m["channel"] for m in world.sink.messages if m["channel"] != "DUPRIYA"]


def test_a_manager_in_slack_gets_it_after_ten_seconds(world: Live) -> None:
    account, alert = world.asked()
    answer = world.widget(account).send(alert, to="tomas", note="For Rotterdam we need this.")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["to_name"], told["channel"], told["state"]) == ("Tomás Vidal", "slack", "waiting")
    assert told["undo_seconds"] == 10
    assert "mailto" not in told
    after(world, 9.9)
    assert rooms(world) == []
    assert forwards(world, account) == [("Tomás Vidal", "waiting")]
    assert "Sending to Tomás Vidal" in str(world.sink.updates[-1])
    after(world, 0.1)
    assert rooms(world) == ["DUTOMAS"]
    sent = str(world.sink.messages[-1])
    assert "For Rotterdam we need this." in sent
    assert "Priya Raman" in sent
    assert len(links(sent, "case")) == 1
    assert forwards(world, account) == [("Tomás Vidal", "sent")]
    assert "Sent to Tomás Vidal" in str(world.sink.updates[-1])
    kinds = [a["to"] for a in world.widget(account).alert()["actions"] if "to" in a]  # type: ignore[index]
    assert kinds == ["fiona"]
    after(world, 3600)
    assert rooms(world) == ["DUTOMAS"]


def test_who_is_in_no_slack_gets_an_email(world: Live) -> None:
    account, alert = world.asked(slack=False)
    told = world.widget(account).send(alert, to="fiona", note="Please look.").json()
    assert (told["channel"], told["state"]) == ("email", "waiting")
    after(world, 10)
    [mail], [(_, to)] = world.mailbox.messages, world.mailbox.envelopes
    assert to == [f"fiona@{account}.example"]
    assert mail["Reply-To"] == f"Priya Raman <priya@{account}.example>"
    assert "Please look." in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert forwards(world, account) == [("Fiona Becker", "sent")]
    assert rooms(world) == []


def test_one_whom_slack_does_not_know_gets_an_email_instead(world: Live) -> None:
    account, alert = world.asked()
    world.sink.unknown.add(f"fiona@{account}.example")
    told = world.widget(account).send(alert, to="fiona").json()
    assert told["channel"] == "slack"
    after(world, 10)
    assert [to for _, to in world.mailbox.envelopes] == [[f"fiona@{account}.example"]]
    assert forwards(world, account) == [("Fiona Becker", "sent")]
    tries = world.deliveries(account, "forward")
    assert [(d["channel"], d["state"]) for d in tries] == [("email", "sent"), ("slack", "failed")]
    assert "person_unreachable" in tries[1]["reason"]
    assert len(world.widget(account).alert()["forwards"]) == 1  # type: ignore[index]


def test_where_every_way_fails_the_champion_is_told(world: Live) -> None:
    account, alert = world.asked()
    world.sink.unknown.add(f"fiona@{account}.example")
    world.mailbox.refuse_rcpt.append("550 no such mailbox")
    world.widget(account).send(alert, to="fiona")
    after(world, 10)
    assert "Fiona Becker" in str(world.sink.updates[-1])
    assert "Sent to Fiona" not in str(world.sink.updates[-1])
    assert forwards(world, account) == []
    assert {d["state"] for d in world.deliveries(account, "forward")} == {"failed"}


def test_taken_back_in_time_nothing_is_sent(world: Live) -> None:
    account, alert = world.asked()
    before = world.admin("GET", f"/v1/accounts/{account}/ledger").json()
    priya = world.widget(account)
    id = priya.send(alert, to="tomas").json()["forward"]
    after(world, 5)
    assert world.widget(account, "fiona").post(alert, "undo", {"id": id}).status_code == 404
    assert priya.post("alert_other", "undo", {"id": id}).status_code == 404
    for _ in range(2):
        assert priya.post(alert, "undo", {"id": id}).json() == {"id": id, "undone": True}
    after(world, 3600)
    assert rooms(world) == []
    assert world.mailbox.messages == []
    assert forwards(world, account) == []
    assert world.admin("GET", f"/v1/accounts/{account}/ledger").json() == before
    again = priya.send(alert, to="tomas").json()
    assert again["forward"] != id
    after(world, 10)
    assert rooms(world) == ["DUTOMAS"]


def test_what_has_gone_is_not_taken_back(world: Live) -> None:
    account, alert = world.asked()
    id = world.widget(account).send(alert, to="tomas").json()["forward"]
    after(world, 10)
    answer = world.widget(account).post(alert, "undo", {"id": id})
    assert answer.json() == {"id": id, "undone": False}
    assert forwards(world, account) == [("Tomás Vidal", "sent")]


def test_the_same_click_twice_is_one_forward(world: Live) -> None:
    account, alert = world.asked()
    priya, jonas = world.widget(account), world.widget(account, "jonas")
    first = said(priya.send(alert, to="tomas"))
    assert said(priya.send(alert, to="tomas")) == first
    assert jonas.send(alert, to="tomas").json()["forward"] == first["forward"]
    after(world, 10)
    assert priya.send(alert, to="tomas").json()["state"] == "sent"
    after(world, 10)
    assert rooms(world) == ["DUTOMAS"]


@pytest.mark.parametrize(
    "note",
    [
        "x" * 281,
        "see https://evil.example",
        "see HTTP://evil.example",
        "ftp://evil.example/x",
        "www.evil.example",
        "bit.ly/3abc",
        "login at evil.com",
        "our-bank.io is the place",
        "evil.xyz/login",
        "mailto:eve@evil.example",
        "slack://open",
    ],
)
def test_a_note_is_short_and_holds_no_link(note: str, world: Live) -> None:
    account, alert = world.asked()
    answer = world.widget(account).send(alert, to="tomas", note=note)
    assert answer.status_code == 400, note
    assert answer.json()["pointer"] == "/note"
    after(world, 60)
    assert rooms(world) == []


@pytest.mark.parametrize(
    "note", ["x" * 280, "e.g. 4.5 more, i.e. 10:30 a.m.", "Ja/nein? z. B. 1.000,50 €", "Q3/Q4 50%"]
)
def test_ordinary_notes_are_none(note: str, world: Live) -> None:
    account, alert = world.asked()
    assert world.widget(account).send(alert, to="tomas", note=note).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "status", "pointer"),
    [
        ({"email": "nina@{a}.example"}, 200, None),
        ({"email": "NINA@{A}.EXAMPLE", "role": "finance", "name": "Nina"}, 200, None),
        ({"email": "nina@elsewhere.example"}, 403, None),
        ({"email": "nina@sub.{a}.example"}, 403, None),
        ({"email": "nina@{a}.example.evil.example"}, 403, None),
        ({"email": "nina@evil.example@{a}.example"}, 400, "/email"),
        ({"email": "nina@{a}.example\r\nBcc: eve@evil.example"}, 400, "/email"),
        ({"email": "nina"}, 400, "/email"),
        ({}, 400, "/to"),
        ({"email": "nina@{a}.example", "role": "admin"}, 400, "/role"),
        ({"to": "stranger"}, 404, None),
    ],
)
def test_somebody_new_must_be_of_a_verified_domain(
    wanted: dict[str, str], status: int, pointer: str | None, world: Live
) -> None:
    account, alert = world.asked()
    filled = {k: v.format(a=account, A=account.upper()) for k, v in wanted.items()}
    answer = world.widget(account).send(alert, **filled)
    assert answer.status_code == status, answer.text
    assert answer.json().get("pointer") == pointer
    known = world.admin("GET", f"/v1/accounts/{account}/people/nina")
    assert known.status_code == 404
    after(world, 10)
    assert len(rooms(world)) == (1 if status == 200 else 0)
    assert world.mailbox.messages == []


def test_a_known_address_is_the_known_person(world: Live) -> None:
    account, alert = world.asked()
    told = world.widget(account).send(alert, email=f"TOMAS@{account}.example", role="finance")
    assert told.json()["to_name"] == "Tomás Vidal"
    assert said(world.widget(account).send(alert, to="tomas")) == said(told)


def test_five_new_recipients_a_day_are_enough(world: Live) -> None:
    account, alert = world.asked()
    priya = world.widget(account)
    for n in range(5):
        assert priya.send(alert, email=f"p{n}@{account}.example").status_code == 200
    for more in ({"email": f"p5@{account}.example"}, {"to": "tomas"}):
        refused = priya.send(alert, **more)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
    assert "p5@" not in str(priya.alert())  # Who was refused is not remembered either.
    assert priya.send(alert, email=f"p0@{account}.example").status_code == 200
    assert world.widget(account, "fiona").send(alert, to="tomas").status_code == 200
    after(world, 10)
    assert len(rooms(world)) == 6
    world.clock.advance(days=1, seconds=1)
    assert priya.send(alert, email=f"p5@{account}.example").status_code == 200


def test_without_a_channel_it_is_a_draft_in_the_champions_own_mail(world: Live) -> None:
    people: dict[str, dict[str, Any]] = {
        **PEOPLE, "fiona": {**PEOPLE["fiona"], "email": None},
    }  # fmt: skip
    account, alert = world.asked(people=people)
    told = world.widget(account).send(alert, to="fiona").json()
    assert (told["state"], told["channel"]) == ("draft", "draft")
    parts = urlsplit(told["mailto"])
    fields = parse_qs(parts.query)
    assert parts.scheme == "mailto"
    assert "660 reports" in fields["body"][0]
    [page] = links(fields["body"][0], "case")
    assert world.open(page).status_code == 200
    after(world, 60)
    assert rooms(world) == []
    assert world.mailbox.messages == []


def outside(world: Live) -> tuple[str, str]:
    """(account, alert): fiona is reached by nothing but her colleagues' own mail."""
    people: dict[str, dict[str, Any]] = {
        **PEOPLE, "fiona": {**PEOPLE["fiona"], "email": None},
    }  # fmt: skip
    return world.asked(people=people)


def case_of(told: dict[str, Any]) -> str:
    [page] = links(parse_qs(urlsplit(told["mailto"]).query)["body"][0], "case")
    return page


def test_a_draft_clicked_twice_is_one_case(world: Live) -> None:
    account, alert = outside(world)
    priya = world.widget(account)
    first = priya.send(alert, to="fiona")
    second = priya.send(alert, to="fiona")
    assert said(second) == said(first)
    with world.runtime.context.database.read() as session:
        assert len(forwards_of(session, account)) == 1
    jonas = world.widget(account, "jonas").send(alert, to="fiona").json()
    assert jonas["forward"] != first.json()["forward"], "a draft is only its sender's"
    undone = priya.post(alert, "undo", {"id": first.json()["forward"]})
    assert undone.json()["undone"] is True
    anew = priya.send(alert, to="fiona").json()
    assert case_of(anew) != case_of(first.json())
    assert world.open(case_of(anew)).status_code == 200
    known = {**PEOPLE["fiona"], "email": f"fiona@{account}.example"}
    put = world.admin("PUT", f"/v1/accounts/{account}/people/fiona", known)
    assert put.is_success, put.text
    sent = priya.send(alert, to="fiona").json()
    assert sent["state"] == "waiting", "who can be reached by now is sent it"


def test_a_note_that_does_not_go_is_not_said_to_have_gone(world: Live) -> None:
    account, alert = world.asked()
    priya, fiona = world.widget(account), world.widget(account, "fiona")
    first = priya.send(alert, to="tomas", note="For Rotterdam.").json()
    assert "note" not in first
    assert "note" not in priya.send(alert, to="tomas", note=" For  Rotterdam. ").json()
    assert "note" not in fiona.send(alert, to="tomas").json()
    for _ in range(2):
        late = fiona.send(alert, to="tomas", note="I agree with Priya.").json()
        assert (late["forward"], late["note"]) == (first["forward"], "without_note")
        after(world, 10)
    assert "I agree" not in str(world.sink.messages)
    labels = fiona.state()["labels"]
    assert "your note was not added" in labels[late["note"]]


def test_a_draft_whose_link_is_over_is_none(world: Live) -> None:
    account, alert = outside(world)
    told = world.widget(account).send(alert, to="fiona").json()
    context = world.runtime.context

    def draft() -> str:
        return drafts.letter(context, account=account, id=told["forward"])

    assert case_of({"mailto": draft()}) == case_of(told)
    world.open(f"{case_of(told)}/approve", "POST", data={})
    with pytest.raises(Gone, match="settled"):
        draft()
    world.clock.advance(days=31)
    with pytest.raises(Gone, match="expired"):
        draft()


def test_what_is_over_is_not_forwarded(world: Live) -> None:
    account, alert = world.asked()
    world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "business"})
    assert world.widget(account).send(alert, to="tomas").status_code == 409


def test_a_notice_is_not_forwarded(world: Live) -> None:
    account = world.account()
    world.use(account, 400)
    world.settle()
    notice = next(a["id"] for a in world.alerts(account) if a["class"] == "notice")
    answer = world.widget(account).send(notice, to="tomas")
    assert answer.status_code == 400
    assert answer.json()["pointer"] == "/alert"
