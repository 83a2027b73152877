"""The way out of e-mails: one click, no login, at once, and only for whom it was made."""

import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from service import links, recipients
from tests.api.live import NOW, PEOPLE, Live
from tests.backends import FILE

BACKENDS = FILE
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def mailed(world: Live, **account: Any) -> tuple[str, str, EmailMessage]:
    """(account, alert, message) of a case that went to the finance lead by e-mail."""
    name, alert = world.asked(slack=False, **account)
    assert world.widget(name).send(alert, to="fiona").status_code == 200
    world.clock.advance(seconds=10)
    world.settle()
    return name, alert, world.mailbox.messages[-1]


def way_out(message: EmailMessage) -> str:
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<(\S+)>", message["List-Unsubscribe"])
    assert found is not None
    return found[1]


def seen(answer: httpx.Response) -> str:
    text = re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def passed_on(world: Live, account: str, to: str) -> dict[str, Any]:
    """What becomes of the story when it is sent to somebody now."""
    alert = world.alerts(account)[0]["id"]
    told: dict[str, Any] = world.widget(account).send(alert, to=to).json()
    return told


def way_to(world: Live, account: str, to: str) -> str:
    """How a story would go to somebody who was never sent one."""
    found = recipients.known(world.runtime.context, account=account, person="priya")
    return next(one.channel for one in found if one.id == to)


def test_looking_changes_nothing(world: Live) -> None:
    account, _, message = mailed(world)
    link = way_out(message)
    assert link in str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    for _ in range(3):
        answer = world.open(link)
        assert answer.status_code == 200
        assert "Stop these messages?" in seen(answer)
    assert world.open(link, "HEAD").status_code in (200, 405)
    assert world.admin("GET", f"/v1/accounts/{account}/people/fiona").json().get("muted") is None


def test_one_click_stops_mail_to_this_person_and_the_champion_gets_a_draft(world: Live) -> None:
    account, _, message = mailed(world)
    for _ in range(2):  # A mail program may say it twice.
        answer = world.open(way_out(message), "POST", data=ONE_CLICK)
        assert answer.status_code == 200
        assert "You get no more of these" in seen(answer)
    assert world.admin("GET", f"/v1/accounts/{account}/people/fiona").json()["muted"] is True
    assert way_to(world, account, "fiona") == "draft"
    assert passed_on(world, account, "tomas")["channel"] == "email"
    world.clock.advance(seconds=10)
    world.settle()
    assert [to for _, to in world.mailbox.envelopes] == [
        [f"fiona@{account}.example"],
        [f"tomas@{account}.example"],
    ]


def test_what_waits_already_does_not_go_out_either(world: Live) -> None:
    account, alert = world.asked(slack=False)
    world.widget(account).send(alert, to="fiona")
    link = links.unsubscribe(world.runtime.context, account, "fiona")
    world.open(link, "POST", data=ONE_CLICK)
    world.clock.advance(seconds=10)
    world.settle()
    assert world.mailbox.messages == []
    (told,) = world.alerts(account)[0]["forwards"]
    assert (told["state"], told["detail"]) == ("draft", "unsubscribed")


def test_a_no_outlives_what_the_vendor_states_anew_and_can_be_taken_back(world: Live) -> None:
    account, _, message = mailed(world)
    world.open(way_out(message), "POST", data=ONE_CLICK)
    person = {"email": f"fiona@{account}.example", **PEOPLE["fiona"]}
    assert world.admin("PUT", f"/v1/accounts/{account}/people/fiona", person).is_success
    assert way_to(world, account, "fiona") == "draft"
    again = world.open(way_out(message), "POST", data={"again": "1"})
    assert "You get these messages again" in seen(again)
    assert way_to(world, account, "fiona") == "email"


def test_it_is_of_one_account_and_works_for_more_than_a_month(world: Live) -> None:
    account, _, message = mailed(world)
    other, _ = world.asked(slack=False)
    world.clock.set(NOW + timedelta(days=31))
    assert world.open(way_out(message), "POST", data=ONE_CLICK).status_code == 200
    people = {
        name: world.admin("GET", f"/v1/accounts/{name}/people/fiona").json().get("muted", False)
        for name in (account, other)
    }
    assert people == {account: True, other: False}
    assert account not in way_out(message)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"List-Unsubscribe=One-Click", b"a" * 9000])
def test_whatever_a_mail_program_sends_it_stops(world: Live, body: bytes) -> None:
    account, _ = world.asked(slack=False)
    link = links.unsubscribe(world.runtime.context, account, "fiona")
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    assert world.open(link, "POST", content=body, headers=sent).status_code == 200
    assert world.admin("GET", f"/v1/accounts/{account}/people/fiona").json()["muted"] is True


def test_a_link_that_leads_nowhere_says_so(world: Live) -> None:
    account, _, message = mailed(world)
    for method in ("GET", "POST"):
        broken = world.open(f"{way_out(message)[:-9]}x", method)
        assert broken.status_code == 404
        assert "There is nothing here" in seen(broken)
    world.clock.set(NOW + timedelta(days=401))
    assert world.open(way_out(message), "POST", data=ONE_CLICK).status_code == 410
    world.clock.set(NOW)
    assert world.admin("DELETE", f"/v1/accounts/{account}/people/fiona").is_success
    assert world.open(way_out(message), "POST", data=ONE_CLICK).status_code == 200
    assert world.admin("GET", f"/v1/accounts/{account}/people/fiona").status_code == 404


def test_it_speaks_the_readers_language_and_is_private(world: Live) -> None:
    account, _ = world.asked(slack=False, name="<b>Söhne & Co</b>")
    person = {"email": f"fiona@{account}.example", "locale": "de", **PEOPLE["fiona"]}
    assert world.admin("PUT", f"/v1/accounts/{account}/people/fiona", person).is_success
    answer = world.open(links.unsubscribe(world.runtime.context, account, "fiona"))
    assert "Diese Nachrichten abbestellen?" in answer.text
    assert "&lt;b&gt;Söhne &amp; Co&lt;/b&gt;" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text


def test_an_address_that_was_refused_is_not_tried_again_until_it_may_be_right(world: Live) -> None:
    account, alert = world.asked(slack=False)
    world.mailbox.refuse_rcpt.append("550 no such mailbox")
    world.widget(account).send(alert, to="fiona")
    world.clock.advance(seconds=10)
    world.settle()
    (first,) = world.alerts(account)[0]["forwards"]
    assert (first["state"], first["detail"]) == ("draft", "refused: recipient 550")
    again = passed_on(world, account, "fiona")
    assert (again["state"], again["mailto"][:7]) == ("draft", "mailto:")
    world.settle()
    assert world.mailbox.messages == []
    assert [one["detail"] for one in world.alerts(account)[0]["forwards"]] == [
        "refused: recipient 550"
    ], "the draft is found again"
    person = {"email": f"fiona.b@{account}.example", **PEOPLE["fiona"]}
    assert world.admin("PUT", f"/v1/accounts/{account}/people/fiona", person).is_success
    assert passed_on(world, account, "fiona")["channel"] == "email"
    world.clock.advance(seconds=10)
    world.settle()
    assert world.mailbox.envelopes[-1][1] == [f"fiona.b@{account}.example"]


def test_a_message_that_was_refused_says_nothing_of_the_address(world: Live) -> None:
    account, alert = world.asked(slack=False)
    world.mailbox.refuse_data.append("554 looks like spam")
    world.widget(account).send(alert, to="fiona")
    world.clock.advance(seconds=10)
    world.settle()
    assert passed_on(world, account, "fiona")["channel"] == "email"
