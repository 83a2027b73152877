"""What was passed on, as who passed it on sees it: what goes, who looks, and ways back."""

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import Session, col, select

from bot.slack.send import SlackChannel
from service.channel import DeliveryKind, Outgoing
from store import accounts, forwards, tables
from tests.api.live import PEOPLE, Live, links
from tests.api.people.test_case import body_of
from tests.backends import SERVER

BACKENDS = SERVER

READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"}
MACHINES: list[dict[str, str]] = [
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "Mozilla/5.0 (compatible; Google-Safety; scanner)"},
    {"User-Agent": "Mozilla/5.0 SkypeUriPreview Preview/0.5"},
    {**READER, "Sec-Purpose": "prefetch;prerender"},
    {**READER, "Purpose": "prefetch"},
    {**READER, "X-Moz": "prefetch"},
]


def sent(world: Live, **account: Any) -> tuple[str, str, str, str]:
    """(account, alert, page of who sent it, page of who got it) of a case sent by e-mail."""
    name, alert = world.asked(slack=False, **account)
    told = world.widget(name).send(alert, to="fiona", note="For the year to come.").json()
    world.clock.advance(seconds=10)
    world.settle()
    [page] = links(body_of(world), "case")
    return name, alert, told["preview"], page


def sections(html: str) -> list[str]:
    """What a page says, but for what only its recipient gets: the answers."""
    main = html[html.index("<main>") : html.index("</main>")]
    return [part for part in main.split("<section") if "<form" not in part]


def opened(html: str) -> str:
    found = re.search(r"(Opened .*?|Not opened .*?)\.", re.sub(r"<[^>]+>", "", html))
    assert found, html
    return found[1]


def test_it_is_what_the_recipient_gets_but_answers_nothing(world: Live) -> None:
    account, _, own, page = sent(world)
    seen, got = world.open(own).text, world.open(page).text
    assert sections(seen) == sections(got)
    assert "Only the link sent to" in seen
    assert "Only the link sent to" not in got
    for kind in ("approve", "question", "decline"):
        assert kind not in re.findall(r'action="[^"]*/(\w+)"', seen)
        world.open(f"{own}/{kind}", "POST", data={"question": "?"})
    token = own.rpartition("/")[2]
    assert world.http.get(f"/case/{token}").status_code == 404
    assert world.http.post(f"/case/{token}/approve", data={}).status_code == 404
    assert world.alerts(account)[0]["closed_as"] is None
    assert world.http.get(f"/case/sent/{page.rpartition('/')[2]}").status_code == 404
    world.clock.advance(days=61)
    assert world.open(own).status_code == 410


def test_only_people_are_counted_and_not_whom(world: Live) -> None:
    _, _, own, page = sent(world)
    for headers in MACHINES:
        assert world.open(page, headers=headers).status_code == 200
    world.open(page, "HEAD", headers=READER)
    world.open(own, headers=READER)
    assert opened(world.open(own).text).startswith("Not opened")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.open(page, headers=READER), range(50)))
    assert opened(world.open(own).text).startswith("Opened 1 time, last on 18 November 2026")
    world.clock.advance(minutes=11)
    world.open(page, headers=READER)
    assert opened(world.open(own).text).startswith("Opened 2 times")


def test_a_withdrawn_link_is_gone_everywhere_at_once(world: Live) -> None:
    account, alert = world.asked()
    told = world.widget(account).send(alert, to="tomas").json()
    world.clock.advance(seconds=10)
    world.settle()
    message = str(world.sink.messages[-1])
    [page], [chart] = links(message, "case"), links(message, "chart")
    assert world.open(chart).status_code == 200
    gone = world.open(f"{told['preview']}/withdraw", "POST", follow_redirects=True)
    assert gone.status_code == 410
    assert "This was withdrawn" in gone.text
    for link, code in ((page, 410), (told["preview"], 410), (chart, 404)):
        assert world.open(link).status_code == code
    assert world.open(f"{page}/approve", "POST", data={}).status_code == 410
    assert world.alerts(account)[0]["closed_as"] is None
    assert "Sent to Tomás" not in str(world.widget(account).alert())
    again = world.widget(account).send(alert, to="tomas").json()
    assert again["forward"] != told["forward"]


def test_what_still_waits_is_not_sent_once_it_is_withdrawn(world: Live) -> None:
    account, alert = world.asked(slack=False)
    told = world.widget(account).send(alert, to="fiona").json()
    world.open(f"{told['preview']}/withdraw", "POST")
    world.clock.advance(seconds=10)
    world.settle()
    assert world.mailbox.messages == []


def test_sent_anew_it_tells_of_today_and_what_has_changed(world: Live) -> None:
    account, _, own, page = sent(world)
    early = world.open(own).text
    assert "/again" not in early
    too_early = world.open(f"{own}/again", "POST")
    assert too_early.status_code == 409
    assert "not possible any more, or not yet" in too_early.text
    assert len(world.mailbox.messages) == 1
    world.use(account, 90)
    world.clock.advance(days=1)
    assert f"{own.rpartition('/')[2]}/again" in world.open(own).text
    answer = world.open(f"{own}/again", "POST", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    assert "750" in answer.text
    assert world.open(page).status_code == 410, "the link before it opens nothing any more"
    world.clock.advance(seconds=10)
    world.settle()
    [anew] = links(body_of(world), "case")
    assert anew != page
    assert "750" in body_of(world)
    html = world.open(anew).text
    assert "What has changed" in html
    assert "This page replaces that of 18 November 2026, 09:00 (Europe/Berlin)" in html
    plain = re.sub(r"<[^>]+>", "", re.sub(r'<a class="s".*?</a>', "", html))
    assert "Reports: 660 then, 750 now." in plain
    assert world.open(f"{anew}/approve", "POST", data={}).status_code == 303
    assert world.alerts(account)[0]["closed_as"] == "approved"


def test_what_was_answered_is_not_sent_anew(world: Live) -> None:
    _, _, own, page = sent(world)
    world.open(f"{page}/decline", "POST", data={"reason": "Not this year"})
    world.clock.advance(days=1)
    assert "/again" not in world.open(own).text
    world.open(f"{own}/again", "POST")
    world.clock.advance(seconds=10)
    world.settle()
    cases = [m for m in world.mailbox.messages if "fiona@" in m["To"]]
    assert len(cases) == 1


def test_a_question_is_answered_where_it_came_from(world: Live) -> None:
    _, _, own, page = sent(world)
    world.open(f"{own}/reply", "POST", data={"text": "Nobody has asked yet."})
    assert "Nobody has asked yet." not in world.open(page).text
    world.open(f"{page}/question", "POST", data={"question": "Does it hold for 2027?"})
    world.settle()
    told = world.mailbox.messages[-1]
    assert "priya@" in told["To"]
    assert "Does it hold for 2027?" in body_of(world)
    [look] = links(body_of(world), "case/sent")
    asked = world.open(look).text
    assert "Fiona Becker asks: “Does it hold for 2027?”" in asked
    assert f'action="{look[look.index("/case") :]}/reply"' in asked
    for _ in range(2):
        world.open(f"{look}/reply", "POST", data={"text": "It does, <b>in full</b>."})
    world.open(f"{look}/reply", "POST", data={"text": " "})
    world.open(f"{look}/reply", "POST", data={"text": "x" * 501})
    world.settle()
    answered = world.mailbox.messages[-1]
    assert "fiona@" in answered["To"]
    assert "Priya Raman answers: It does, <b>in full</b>." in body_of(world)
    assert page in body_of(world)
    assert sum("answers: It does" in str(m.get_content()) for m in plain(world)) == 1
    html = world.open(page).text
    assert "Priya Raman answered on 18 November 2026" in html
    assert "“It does, &lt;b&gt;in full&lt;/b&gt;.”" in html
    assert "x" * 501 not in html
    assert world.open(f"{page}/approve", "POST", data={}).status_code == 303


def plain(world: Live) -> list[Any]:
    """The mails that are text alone."""
    return [m for m in world.mailbox.messages if not m.is_multipart()]


def test_in_slack_question_and_answer_stay_in_their_threads(world: Live) -> None:
    account, alert = world.asked()
    world.widget(account).send(alert, to="tomas")
    world.clock.advance(seconds=10)
    world.settle()
    forwarded = world.sink.messages[-1]
    [page] = links(str(forwarded), "case")
    world.open(f"{page}/question", "POST", data={"question": "Why now?"})
    world.settle()
    asked = world.sink.messages[-1]
    assert asked["channel"] == "DUPRIYA"
    assert asked["thread_ts"]
    [look] = links(str(asked), "case/sent")
    world.open(f"{look}/reply", "POST", data={"text": "Because of Rotterdam."})
    world.settle()
    answered = world.sink.messages[-1]
    assert answered["channel"] == "DUTOMAS"
    assert answered["thread_ts"]
    assert "Priya Raman answers: Because of Rotterdam." in answered["text"]
    assert links(str(answered), "case") == [page]


def test_many_clicks_at_once_send_it_again_once(world: Live) -> None:
    _, _, own, _ = sent(world)
    world.clock.advance(hours=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.open(f"{own}/again", "POST").status_code, range(8)))
    world.clock.advance(seconds=10)
    world.settle()
    assert sum("fiona@" in m["To"] for m in world.mailbox.messages) == 2


def test_what_is_withdrawn_meanwhile_is_not_answered(world: Live) -> None:
    account, _, own, page = sent(world)
    with world.runtime.context.database.write() as session, ThreadPoolExecutor(2) as pool:
        accounts.hold(session, account)
        [case] = forwards_of(session, account)
        late = [
            pool.submit(world.open, f"{page}/approve", "POST", data={}),
            pool.submit(world.open, f"{own}/again", "POST"),
        ]
        if world.runtime.context.database.is_postgres:
            time.sleep(0.3)  # Both wait for the account now.
        forwards.revoke(session, account, case, world.clock.now())
        session.commit()
        assert late[0].result(30).status_code == 410
        late[1].result(30)
    assert world.alerts(account)[0]["closed_as"] is None
    assert len(forwards_of(session, account)) == 1


def forwards_of(session: Session, account: str) -> list[str]:
    """The cases of an account's forwards."""
    rows = session.exec(select(tables.Forward.case).where(col(tables.Forward.account) == account))
    return list(rows)


def test_a_link_to_what_was_sent_is_only_for_who_sent_it(world: Live) -> None:
    account, alert, _, _ = sent(world)
    told = world.widget(account, "jonas").send(alert, to="fiona")
    assert told.status_code == 200
    assert "preview" not in told.json()
    assert world.widget(account, "fiona").send(alert, to="fiona").status_code == 400


def test_after_the_plan_has_changed_nothing_is_left_to_approve(world: Live) -> None:
    account, _, own, page = sent(world)
    world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "business"})
    html = world.open(page).text
    assert "<form" not in html
    assert "nothing is left to decide" in html
    world.open(f"{page}/approve", "POST", data={})
    world.clock.advance(hours=2)
    assert "/again" not in world.open(own).text
    world.settle()
    assert world.alerts(account)[0]["closed_as"] == "plan_changed"
    assert not [m for m in world.mailbox.messages if "approved" in str(m)]


def test_who_can_not_be_reached_keeps_the_link_they_have(world: Live) -> None:
    people: dict[str, dict[str, Any]] = {
        **PEOPLE, "fiona": {**PEOPLE["fiona"], "email": None},
    }  # fmt: skip
    account, alert = world.asked(people=people, slack=False)
    draft = world.widget(account).send(alert, to="fiona").json()
    [page] = links(draft["mailto"].replace("%3A", ":").replace("%2F", "/"), "case")
    world.clock.advance(hours=2)
    assert "/again" not in world.open(draft["preview"]).text
    world.open(f"{draft['preview']}/again", "POST")
    assert world.open(page).status_code == 200


def test_what_is_withdrawn_while_it_goes_is_taken_back_once_it_has_gone(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, alert = world.asked()
    told = world.widget(account).send(alert, to="tomas").json()
    world.clock.advance(seconds=10)
    send = SlackChannel.send

    async def slowly(self: SlackChannel, outgoing: Outgoing) -> Any:
        if outgoing.kind == DeliveryKind.FORWARD:
            withdraw = f"{told['preview']}/withdraw"
            await asyncio.to_thread(world.open, withdraw, "POST")
        return await send(self, outgoing)

    monkeypatch.setattr(SlackChannel, "send", slowly)
    world.settle()
    monkeypatch.undo()
    world.settle()
    kinds = [d["kind"] for a in world.alerts(account) for d in a["deliveries"]]
    assert "withdrawal" in kinds
    assert "Sent to Tomás" not in str(world.sink.updates[-1])
    assert world.widget(account).send(alert, to="tomas").json()["forward"] != told["forward"]


def test_a_no_comes_back_with_its_day_and_its_reason(world: Live) -> None:
    _, _, _, page = sent(world)
    told = {"reason": "Not in this year's budget", "not_before": "2027-04-01"}
    world.open(f"{page}/decline", "POST", data=told)
    world.settle()
    said = body_of(world)
    assert "Fiona Becker decided not to before 1 April 2027. “Not in this year's budget”" in said
    assert "not before 1 April 2027" in re.sub(r"<[^>]+>", "", world.open(page).text)


def test_who_was_erased_is_called_by_no_number(world: Live) -> None:
    account, _, _, page = sent(world)
    world.admin("DELETE", f"/v1/accounts/{account}/people/fiona")
    html = world.open(page).text
    assert "erased-" not in html
    assert "Prepared for somebody who is no longer there" in html


def test_a_nul_in_a_form_is_nothing(world: Live) -> None:
    _, _, own, page = sent(world)
    asked = world.open(f"{page}/question", "POST", data={"question": "Why\x00 now?"})
    assert asked.status_code == 303
    assert world.open(f"{own}/reply", "POST", data={"text": "a\x00b"}).status_code == 303
    html = world.open(page).text
    assert "“Why now?”" in html
    assert "“ab”" in html
