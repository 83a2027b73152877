"""A summary by e-mail: only where it is switched on and no chat is there; and its page."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from service import configure
from service import links as made
from store import feedback, unreachable
from tests.api.live import NOW, PEOPLE, Live, links, live, policy
from tests.api.people.test_case import body_of
from tests.backends import BOTH, Backend

BACKENDS = BOTH
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[Live]:
    with live(backend, summaries="true") as found:
        yield found


def told(world: Live, **account: Any) -> tuple[str, str, str]:
    """(account, alert, page) of a champion without chat who was just mailed the summary."""
    name, alert = world.asked(**{"slack": False, **account})
    [page] = links(body_of(world), "summary")
    return name, alert, page


def form(html: str, what: str) -> dict[str, str]:
    """The hidden fields of a form of the page."""
    found = re.search(rf'<form method="post" action="[^"]*/{what}".*?</form>', html, re.DOTALL)
    assert found, html
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0]))


def say(world: Live, page: str, what: str, **fields: str) -> httpx.Response:
    """Press a button of the page as it stands."""
    data = form(world.open(page).text, what) | fields
    return world.open(f"{page}/{what}", "POST", data=data, follow_redirects=True)


def seen(answer: httpx.Response) -> str:
    text = re.sub(r"<(style|svg)\b.*?</\1>", "", answer.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def kinds(world: Live, account: str, alert: str) -> list[str]:
    """What was answered, and stands."""
    with world.runtime.context.database.read() as session:
        return [str(given.kind) for given in feedback.of_alert(session, account, alert)]


def recipients(world: Live) -> list[str]:
    return [to for _, to in world.mailbox.envelopes for to in to]


def test_it_arrives_once_whole_and_says_why_with_a_way_out(world: Live) -> None:
    account, _, page = told(world)
    for _ in range(3):
        world.settle()
        world.clock.advance(hours=1)
    assert recipients(world) == [f"priya@{account}.example"]
    [message] = world.mailbox.messages
    for kind in ("plain", "html"):
        body = body_of(world, kind)
        assert page in body
        assert "660" in body
        assert "You received this because you work with Northwind Reports at Acme." in body
    assert "Why am I seeing this?" in body_of(world)
    [chart] = [p for p in message.walk() if p.get_content_type() == "image/png"]
    assert chart["Content-ID"] == "<chart>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [delivery] = world.deliveries(account)
    assert (delivery["channel"], delivery["state"]) == ("email", "sent")
    assert world.sink.messages == []


def test_switched_off_nothing_is_mailed(world: Live) -> None:
    configure.apply(world.runtime.context, policy(), "test")
    try:
        account, _ = world.asked(slack=False)
        world.settle()
        assert world.mailbox.messages == []
        assert world.deliveries(account) == []
    finally:
        configure.apply(world.runtime.context, policy(summaries="true"), "test")


def test_what_was_put_off_or_cut_short_goes_out_once(world: Live) -> None:
    account = world.account(slack=False)
    world.mailbox.refuse_rcpt.append("450 later")
    world.settle()
    assert world.mailbox.messages == []
    ledger = world.admin("GET", f"/v1/accounts/{account}/ledger").json()
    assert "ask" not in str(ledger["entries"]), "nothing is spent before it is accepted"
    world.clock.advance(minutes=2)
    for _ in range(2):
        world.settle()
    assert recipients(world) == [f"priya@{account}.example"]


def test_a_refused_address_is_not_tried_again_and_the_banner_remains(world: Live) -> None:
    account = world.account(slack=False)
    world.mailbox.refuse_rcpt.append("550 nobody of this name")
    world.settle()
    assert world.widget(account).alert() is not None
    assert [d["state"] for d in world.deliveries(account)] == ["failed"]
    world.clock.advance(days=1)
    world.settle()
    assert world.mailbox.messages == []


def test_who_has_a_chat_gets_it_there_alone(world: Live) -> None:
    account, _ = world.asked()
    assert world.mailbox.messages == []
    assert [d["channel"] for d in world.deliveries(account)] == ["slack"]


def test_where_the_chat_knows_nobody_of_that_address_it_is_mailed(world: Live) -> None:
    people = {**PEOPLE, "priya": {**PEOPLE["priya"], "email": "nobody@elsewhere.example"}}
    world.sink.unknown.add("nobody@elsewhere.example")
    account, _ = world.asked(people=people)
    for _ in range(2):
        world.settle()
    assert recipients(world) == ["nobody@elsewhere.example"]
    ways = [(d["channel"], d["state"]) for d in world.deliveries(account)]
    assert sorted(ways) == [("email", "sent"), ("slack", "failed")]


@pytest.mark.parametrize("how", ["muted", "unsubscribed", "no address"])
def test_who_wants_none_or_has_no_address_gets_none(how: str, world: Live) -> None:
    changes: dict[str, Any] = {"muted": {"muted": True}, "no address": {"email": None}}.get(how, {})
    people = {"priya": {**PEOPLE["priya"], **changes}}
    account = world.account(slack=False, people=people)
    if how == "unsubscribed":
        link = made.unsubscribe(world.runtime.context, account, "priya")
        assert world.open(link, "POST", data=ONE_CLICK).status_code == 200
        person = {"email": f"priya@{account}.example", "joined": "2026-08-01", **PEOPLE["priya"]}
        assert world.admin("PUT", f"/v1/accounts/{account}/people/priya", person).is_success
    world.settle()
    assert world.mailbox.messages == []
    assert world.deliveries(account) == []


def test_it_waits_for_the_end_of_quiet_hours(world: Live) -> None:
    world.clock.set(NOW + timedelta(hours=12))
    account = world.account(slack=False)
    world.settle()
    assert world.mailbox.messages == []
    world.clock.set(NOW + timedelta(days=1, minutes=1))
    world.settle()
    assert recipients(world) == [f"priya@{account}.example"]


def test_what_waits_is_not_sent_once_it_is_switched_off_or_a_chat_is_there(world: Live) -> None:
    world.clock.set(NOW + timedelta(hours=12))
    one, other = world.account(slack=False), world.account(slack=False)
    world.settle()
    world.install(other)
    configure.apply(world.runtime.context, policy(summaries="false"), "test")
    try:
        world.clock.set(NOW + timedelta(days=1, minutes=1))
        world.settle()
        assert world.mailbox.messages == []
        assert [d["channel"] for d in world.deliveries(one) if d["state"] == "sent"] == []
        assert [d["channel"] for d in world.deliveries(other) if d["state"] == "sent"] == ["slack"]
    finally:
        configure.apply(world.runtime.context, policy(summaries="true"), "test")


def test_looking_changes_nothing(world: Live) -> None:
    account, _, page = told(world)
    before = world.alerts(account)
    for suffix in ("", "?told=over", "?lang=de", "?told=%3Cscript%3E", "/useful", "/forward"):
        world.open(page + suffix)
    assert world.open(page, "HEAD").status_code in (200, 405)
    assert world.alerts(account) == before
    assert world.widget(account).alert() is not None
    answer = world.open(page)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in answer.text
    assert account not in page


def test_one_click_passes_it_on_and_it_can_be_taken_back(world: Live) -> None:
    account, _, page = told(world)
    data = {"to": "fiona", "note": "For the year to come."}
    for _ in range(2):
        answer = world.open(f"{page}/forward", "POST", data=data, follow_redirects=True)
    assert "It goes to Fiona Becker in a moment." in seen(answer)
    [undo] = re.findall(r'name="id" value="(forward_[^"]+)"', answer.text)
    world.open(f"{page}/undo", "POST", data={"id": undo})
    world.clock.advance(seconds=10)
    world.settle()
    assert recipients(world) == [f"priya@{account}.example"]
    world.open(f"{page}/forward", "POST", data=data)
    world.clock.advance(seconds=10)
    world.settle()
    assert recipients(world)[1:] == [f"fiona@{account}.example"]
    assert "For the year to come." in body_of(world)
    assert world.mailbox.messages[-1]["Reply-To"].addresses[0].username == "priya"
    again = seen(world.open(page))
    assert "Sent to Fiona Becker, 18 November 2026" in again
    assert "Send to Tomás Vidal" in again
    assert "Send to Fiona Becker" not in again
    late = world.open(f"{page}/undo", "POST", data={"id": undo}, follow_redirects=True)
    assert late.status_code == 200
    [case] = links(body_of(world), "case")
    world.open(f"{case}/question", "POST", data={"question": "Does it hold for 2027?"})
    world.settle()
    assert recipients(world)[-1] == f"priya@{account}.example"
    assert "Does it hold for 2027?" in body_of(world)


def test_somebody_new_is_of_a_verified_domain_or_gets_a_letter_of_ones_own(world: Live) -> None:
    account, _, page = told(world)
    new = {"email": f"noor@{account}.example", "name": "Noor", "role": "finance"}
    answer = world.open(f"{page}/forward", "POST", data=new, follow_redirects=True)
    assert "It goes to Noor in a moment." in seen(answer)
    outside = {**new, "email": "noor@evil.example"}
    answer = world.open(f"{page}/forward", "POST", data=outside, follow_redirects=True)
    assert "outside the domains known for Acme" in seen(answer)
    assert 'href="mailto:?subject=' in answer.text
    for wrong in (
        {**new, "role": "king"},
        {**new, "email": "nobody"},
        {**new, "note": "www.x.com/"},
    ):
        answer = world.open(f"{page}/forward", "POST", data=wrong, follow_redirects=True)
        assert "was sent" in seen(answer) or "was not sent" in seen(answer)
    people = world.admin("GET", f"/v1/accounts/{account}/alerts").json()["alerts"][0]["forwards"]
    assert len(people) == 1


def test_whom_nothing_reaches_gets_a_draft_and_a_link_to_copy(world: Live) -> None:
    people = {**PEOPLE, "fiona": {**PEOPLE["fiona"], "email": None}}
    _, _, page = told(world, people=people)
    assert "you get a draft to send from your own mailbox" in seen(world.open(page))
    answer = world.open(f"{page}/forward", "POST", data={"to": "fiona"}, follow_redirects=True)
    assert "A draft is ready for your own mailbox." in seen(answer)
    [case] = links(re.sub(r'href="mailto[^"]*"', "", answer.text), "case")
    assert world.open(case).status_code == 200
    assert "mailto:?subject=" in answer.text


@pytest.mark.parametrize(
    ("what", "fields", "said"),
    [
        ("snoozed", {"until": "2027-02-01"}, "This won’t come back before 1 February 2027."),
        ("snoozed", {}, "Noted."),
        ("not_useful", {}, "Noted."),
        ("muted", {}, "We won’t suggest this"),
    ],
)
def test_an_answer_closes_the_banner_everywhere(
    what: str, fields: dict[str, str], said: str, world: Live
) -> None:
    account, alert, page = told(world)
    answer = say(world, page, what, **fields)
    assert said.replace("’", "'") in seen(answer).replace("’", "'").replace("&#39;", "'")
    assert world.widget(account).alert() is None
    assert world.widget(account, "tomas").alert() is None
    [found] = world.alerts(account)
    assert found["closed_as"] == what
    assert "/forward" not in answer.text
    again = world.open(f"{page}/useful", "POST", data={"id": "another-answer"})
    assert again.headers["location"].endswith("?told=over")
    assert kinds(world, account, alert) == [what]


def test_useful_counts_once_and_leaves_it_open(world: Live) -> None:
    account, alert, page = told(world)
    data = form(world.open(page).text, "useful")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: world.open(f"{page}/useful", "POST", data=data), range(4)))
    assert kinds(world, account, alert) == ["useful"]
    assert world.widget(account).alert() is not None
    assert "Thank you, noted." in seen(world.open(page))
    assert "Send to Fiona Becker" in seen(world.open(page))


def test_an_answer_is_taken_back_within_ten_seconds(world: Live) -> None:
    account, _, page = told(world)
    answer = say(world, page, "muted")
    [undo] = re.findall(r'name="id" value="(mail\.[^"]+)"', answer.text)
    world.open(f"{page}/undo", "POST", data={"id": undo})
    assert world.widget(account).alert() is not None
    assert not world.admin("GET", f"/v1/accounts/{account}/people/priya").json().get("muted")
    say(world, page, "muted")
    world.clock.advance(seconds=11)
    assert "/undo" not in world.open(page).text
    assert world.widget(account).alert() is None
    link = made.unsubscribe(world.runtime.context, account, "priya")
    assert world.open(link).status_code == 200


def test_who_had_unsubscribed_before_stays_so(world: Live) -> None:
    account, _, page = told(world)
    link = made.unsubscribe(world.runtime.context, account, "priya")
    world.open(link, "POST", data=ONE_CLICK)
    world.clock.advance(minutes=1)
    answer = say(world, page, "muted")
    [undo] = re.findall(r'name="id" value="(mail\.[^"]+)"', answer.text)
    world.open(f"{page}/undo", "POST", data={"id": undo})
    with world.runtime.context.database.read() as session:
        known = unreachable.get(session, account, "priya", "email")
    assert known is not None


def test_an_answer_in_the_app_shows_on_the_page(world: Live) -> None:
    account, alert, page = told(world)
    world.widget(account).say(alert, "snoozed")
    shown = world.open(page)
    assert "Noted." in seen(shown)
    assert re.findall(r'action="[^"]*/(\w+)"', shown.text) == ["undo"]
    world.clock.advance(seconds=11)
    assert "<form" not in world.open(page).text


def test_a_notice_is_told_by_mail_and_sells_nothing(world: Live) -> None:
    account = world.account(slack=False, usage={})
    world.use(account, 1000)
    world.settle()
    [page] = links(body_of(world), "summary")
    shown = world.open(page)
    for text in (body_of(world), body_of(world, "html"), seen(shown)):
        assert "Business" not in text
        assert "890" not in text
    assert "/forward" not in shown.text
    assert "/snoozed" not in shown.text
    say(world, page, "dismissed")
    assert world.widget(account).alert() is None
    assert world.widget(account, "tomas").alert() is not None


def test_a_link_that_leads_nowhere_or_is_over_says_so(world: Live) -> None:
    account, _, page = told(world)
    broken = f"{page[:-9]}x"
    for method, link in (("GET", broken), ("POST", f"{broken}/useful")):
        answer = world.open(link, method)
        assert answer.status_code == 404
        assert "There is nothing here" in seen(answer)
    other = made.unsubscribe(world.runtime.context, account, "priya").rpartition("/")[2]
    assert world.http.get(f"/summary/{other}").status_code == 404
    world.clock.advance(days=61)
    assert world.open(page).status_code == 410
    assert world.open(f"{page}/useful", "POST", data={"id": "answer-one"}).status_code == 410
    world.clock.set(NOW)
    assert world.admin("DELETE", f"/v1/accounts/{account}/people/priya").is_success
    assert world.open(page).status_code == 410


def test_who_guesses_at_links_is_slowed_down(world: Live) -> None:
    codes = [world.http.get(f"/summary/guess-{n}").status_code for n in range(70)]
    assert set(codes) == {404, 429}
    _, _, page = told(world)
    assert world.open(page).status_code == 200


def test_it_speaks_the_readers_language_and_is_safe(world: Live) -> None:
    people = {**PEOPLE, "priya": {**PEOPLE["priya"], "locale": "de"}}
    _, _, page = told(world, people=people, name="<b>Söhne & Co</b>")
    html = world.open(page).text
    assert "Ihre Antwort" in html
    assert "&lt;b&gt;Söhne &amp; Co&lt;/b&gt;" in html
    assert "<b>Söhne" not in html
    assert "Your answer" in world.open(f"{page}?lang=en").text


@pytest.mark.parametrize(
    "data",
    [
        {"to": "fiona\x00", "note": "a\x00b"},
        {"to": "nobody-of-this-name"},
        {"to": "priya"},
        {"to": "fiona", "note": "x" * 281},
        {"email": "a@b.test\r\nBcc: c@d.test", "role": "finance"},
        {"email": "x" * 300 + "@b.test", "role": "manager"},
        {},
    ],
)
def test_what_is_odd_in_a_form_sends_nothing_to_strangers(
    data: dict[str, str], world: Live
) -> None:
    account, _, page = told(world)
    answer = world.open(f"{page}/forward", "POST", data=data, follow_redirects=True)
    assert answer.status_code == 200
    for what in ("snoozed", "useful", "approved", "seen", "nonsense", "undo"):
        odd = {"id": "x" if what != "snoozed" else "answer-one", "until": "soon"}
        assert world.open(f"{page}/{what}", "POST", data=odd).status_code == 303
    huge = world.open(f"{page}/useful", "POST", content=b"id=" + b"a" * 20_000)
    assert huge.status_code in (303, 413)
    world.clock.advance(seconds=10)
    world.settle()
    allowed = {f"priya@{account}.example", f"fiona@{account}.example"}
    assert set(recipients(world)) <= allowed
    assert world.widget(account).alert() is not None
