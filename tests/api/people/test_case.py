"""The business case behind a link: frozen, private, safe, and answered by a person's own click."""

import asyncio
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

import api.case
from api.app import create
from engine.errors import Gone
from service.press import AGE, KEPT, Press
from tests.api.live import PEOPLE, Live, links
from tests.backends import FILE
from tests.fakes.slack_proxy import problems_of
from tests.servers import serving

BACKENDS = FILE

HOSTILE = "<script>alert(1)</script> <!channel> <https://evil.example|click> & Co"


def body_of(world: Live, kind: str = "plain") -> str:
    part = world.mailbox.messages[-1].get_body((kind,))
    assert part is not None
    return str(part.get_content())


def mailed(world: Live, to: str = "fiona", **account: Any) -> tuple[str, str, str]:
    """(account, alert, page) of a case that was forwarded by e-mail."""
    name, alert = world.asked(slack=False, **account)
    assert world.widget(name).send(alert, to=to).status_code == 200
    world.clock.advance(seconds=10)
    world.settle()
    [page] = links(body_of(world), "case")
    return name, alert, page


def closed_as(world: Live, account: str) -> str | None:
    found: str | None = world.alerts(account)[0]["closed_as"]
    return found


def test_the_link_opens_the_numbers_that_were_frozen(world: Live) -> None:
    account, alert = world.asked(slack=False)
    shown = world.widget(account, "fiona").alert()
    assert shown is not None
    world.use(account, 90)
    world.settle()
    world.widget(account).send(alert, to="fiona", note="For the year to come.")
    world.clock.advance(seconds=10)
    world.settle()
    [page] = links(body_of(world), "case")
    world.use(account, 40)
    world.clock.advance(days=2)
    world.settle()
    html = world.open(page).text
    assert world.widget(account, "fiona").state()["meters"][0]["used"] == "790"
    for fact in shown["facts"]:
        assert fact["value"] in html, fact
    for later in ("750", "790"):
        assert later not in re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", html, flags=re.DOTALL)
    for word in ("For the year to come.", "Priya Raman", "Fiona Becker"):
        assert word in html
    assert html == world.open(page).text


def test_a_price_in_another_currency_is_not_taken_for_theirs(world: Live) -> None:
    _, _, euros = mailed(world)
    assert "€0.30" in world.open(euros).text
    _, _, dollars = mailed(world, currency="USD")
    html = world.open(dollars).text
    assert "0.30" not in html
    assert "490" not in html
    for claim in ("what they cost", "What each choice costs", "net of tax"):
        assert claim in world.open(euros).text
        assert claim not in html


def test_its_headers_keep_it_private_and_alone(world: Live) -> None:
    _, _, page = mailed(world)
    for answer in (world.open(page), world.open(f"{page}x")):
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert "set-cookie" not in answer.headers
        assert not re.search(r"<script|<iframe|<link|\son\w+=|\sstyle=", answer.text)


def test_its_reader_may_choose_the_language(world: Live) -> None:
    _, _, page = mailed(world)
    html = world.open(page).text
    assert '<html lang="en">' in html
    assert 'href="?lang=de"' in html
    german = world.open(f"{page}?lang=de").text
    assert '<html lang="de">' in german
    assert "Was jede Möglichkeit kostet" in german
    assert world.open(f"{page}?lang=../x").text == html


def test_the_same_is_there_as_a_pdf_while_the_link_works(world: Live) -> None:
    _, _, page = mailed(world)
    html = world.open(page).text
    [link] = re.findall(r'href="(/case/[^"]*\.pdf[^"]*)"', html)
    made = world.http.get(link)
    assert made.status_code == 200
    assert made.headers["content-type"] == "application/pdf"
    assert made.headers["cache-control"] == "no-store"
    assert "noindex" in made.headers["x-robots-tag"]
    assert made.content.startswith(b"%PDF-")
    [german] = re.findall(r'href="([^"]*\.pdf[^"]*)"', world.open(f"{page}?lang=de").text)
    assert world.http.get(german).content != made.content
    assert world.open(f"{page}x.pdf").status_code == 404
    world.clock.advance(days=31)
    assert world.http.get(link).status_code == 410


def test_a_pdf_is_laid_out_once_for_what_it_says(world: Live) -> None:
    _, _, page = mailed(world)
    context = world.runtime.context
    press = Press()

    async def many(token: str, languages: Sequence[str]) -> list[bytes]:
        return await asyncio.gather(*(press.pdf(context, token, language=t) for t in languages))

    token = page.rpartition("/")[2]
    first = asyncio.run(many(token, ["en", "de"] * 25))
    assert len(set(first)) == press.made == 2
    world.open(f"{page}/question", "POST", data={"question": "Why now?"})
    press = Press()  # Of another loop.
    [asked] = asyncio.run(many(token, ["en"]))
    assert asked not in first
    assert asked == world.http.get(f"/case/{token}.pdf").content
    world.clock.advance(days=31)
    with pytest.raises(Gone):
        asyncio.run(many(token, ["en"]))


def test_many_who_ask_for_a_pdf_hold_up_nobody(world: Live) -> None:
    pages = [mailed(world)[2] for _ in range(3)]
    with ThreadPoolExecutor(51) as pool:
        asked = [pool.submit(world.open, f"{pages[n % 3]}.pdf") for n in range(50)]
        beside = pool.submit(world.http.get, "/healthz").result(10)
        made = {answer.result(30).content for answer in asked}
    assert beside.status_code == 200
    assert len(made) == 3


def test_what_is_kept_of_pdfs_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    press = Press()
    for n in range(KEPT + 10):
        press._keep(bytes([n]), b"%PDF-")
    assert press._known(bytes([0])) is None
    assert press._known(bytes([KEPT + 9])) == b"%PDF-"
    later = time.monotonic() + AGE
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert press._known(bytes([KEPT + 9])) is None


def test_what_a_chat_shows_of_its_link_holds_no_number(world: Live) -> None:
    _, _, page = mailed(world)
    shared = re.findall(r'<meta property="og:[^"]*" content="([^"]*)">', world.open(page).text)
    assert "Northwind Reports for Acme" in shared
    assert not re.search(r"\d", " ".join(shared))


def test_who_guesses_is_slowed_down_and_a_right_link_still_opens(world: Live) -> None:
    _, _, page = mailed(world)
    context = world.runtime.context
    with serving(create(context, extra=api.case.routes(context))) as url:
        guesses = [httpx.get(f"{url}/case/guess-{n}").status_code for n in range(70)]
        assert guesses[0] == 404
        assert guesses[-1] == 429
        assert httpx.post(f"{url}/case/guess/approve").status_code == 429
        assert httpx.get(f"{url}/case/{page.rpartition('/')[2]}").status_code == 200


def test_only_the_whole_token_opens_it(world: Live) -> None:
    account, alert, page = mailed(world)
    token = page.rpartition("/")[2]
    [chart] = world_chart(world, account, alert)
    wrong = [
        token[:-1],
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token.swapcase(),
        token + "=",
        "x",
        "x" * 5000,
        "%00",
        "..%2f..",
        "\N{SNOWMAN}",
        alert,
        account,
        chart.rpartition("/")[2].removesuffix(".png"),
    ]
    for other in wrong:
        for answer in (
            world.http.get(f"/case/{other}"),
            world.http.post(f"/case/{other}/approve", data={"name": "Eve"}),
        ):
            assert answer.status_code == 404, other
            assert "660" not in answer.text
    assert closed_as(world, account) is None


def world_chart(world: Live, account: str, alert: str) -> list[str]:
    """The chart of the champion's own message: a second account's, sent over Slack."""
    other, _ = world.asked()
    found = links(str(world.sink.messages[-1]), "chart")
    assert other != account
    assert found
    return found[:1]


def test_looking_approves_nothing(world: Live) -> None:
    """Mail gateways and chats open every link, often and at once."""
    account, _, page = mailed(world)
    agents = [{"User-Agent": "Slackbot-LinkExpanding 1.0"}, {"User-Agent": "GoogleImageProxy"}]
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda n: world.open(page, headers=agents[n % 2]), range(50)))
    assert {a.status_code for a in seen} == {200}
    assert len({a.text for a in seen}) == 1
    for method in ("HEAD", "GET", "OPTIONS", "PUT", "DELETE"):
        for kind in ("approve", "decline", "question"):
            assert world.open(f"{page}/{kind}", method).status_code in (204, 404, 405)
        world.open(page, method)
    assert world.open(page, "HEAD").status_code == 200
    assert world.open(f"{page}x", "HEAD").status_code == 404
    assert world.open(f"{page}?answered=approve").text == seen[0].text
    assert closed_as(world, account) is None
    assert world.deliveries(account, "receipt") == []


@pytest.mark.parametrize(
    ("kind", "form", "closed", "said"),
    [
        ("approve", {"name": "F. Becker"}, "approved", "Your approval is recorded"),
        ("approve", {}, "approved", "Your approval is recorded"),
        ("decline", {"reason": "Not this year"}, "declined", "Your answer is recorded"),
        ("question", {"question": "Does it hold for 2027?"}, None, "Your question is on its way"),
    ],
)
def test_an_answer_is_recorded_and_the_champion_is_told(
    kind: str, form: dict[str, str], closed: str | None, said: str, world: Live
) -> None:
    account, alert = world.asked()
    world.widget(account).send(alert, to="tomas")
    world.clock.advance(seconds=10)
    world.settle()
    [page] = links(str(world.sink.messages[-1]), "case")
    answer = world.open(f"{page}/{kind}", "POST", data=form)
    assert answer.status_code == 303
    after = world.open(answer.headers["location"])
    assert said in after.text
    assert after.headers["cache-control"] == "no-store"
    shown = world.open(page).text
    for text in form.values():
        assert text in shown
    assert ("<form" in shown) is (closed is None)
    assert closed_as(world, account) == closed
    assert (world.widget(account).alert() is None) is (closed is not None)
    world.settle()
    receipt = world.sink.messages[-1]
    assert (receipt["channel"], bool(receipt["thread_ts"])) == ("DUPRIYA", True)
    assert "Tomás Vidal" in receipt["text"]
    assert form.get("question", "") in receipt["text"]
    assert world.admin("GET", f"/v1/accounts/{account}").json()["plan"] == "team"


@pytest.mark.parametrize("second", ["approve", "decline"])
def test_a_second_answer_is_refused_kindly(second: str, world: Live) -> None:
    account, _, page = mailed(world)
    world.open(f"{page}/approve", "POST", data={"name": "First"})
    before = world.open(page).text
    again = world.open(f"{page}/{second}", "POST", data={"name": "Second"})
    assert again.status_code == 200
    assert again.text == before
    assert "Second" not in again.text
    assert closed_as(world, account) == "approved"
    assert "Your approval is recorded" in world.open(f"{page}?answered=approve").text
    assert world.open(f"{page}?answered=decline").text == before


def test_a_page_that_says_what_was_recorded_says_what_was_recorded(world: Live) -> None:
    _, _, page = mailed(world)
    world.open(f"{page}/question", "POST", data={"question": "Why?"})
    for claimed in ("approve", "decline"):
        assert "recorded" not in world.open(f"{page}?answered={claimed}").text.lower().replace(
            "the only thing recorded", ""
        ).replace("it records", "")


def test_two_who_approve_at_once_are_one(world: Live) -> None:
    _, _, page = mailed(world)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda n: world.open(f"{page}/approve", "POST", data={"name": f"N{n}"}), range(8)
            )
        )
    assert sorted(a.status_code for a in answers) == [200] * 7 + [303]
    assert len(re.findall(r"Approved\. N\d", world.open(page).text)) == 1


def test_a_date_given_with_a_no_is_kept(world: Live) -> None:
    account, _, page = mailed(world)
    world.open(f"{page}/decline", "POST", data={"not_before": "2027-06-01"})
    assert closed_as(world, account) == "declined"
    world.use(account, 60)
    world.clock.advance(days=1)
    world.settle()
    reasons = {r["code"]: r["until"] for r in world.decision(account)["reasons"]}
    assert reasons["backoff"] == "2027-06-01"


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("question", {}),
        ("question", {"question": "   "}),
        ("question", {"question": "x" * 501}),
        ("decline", {"not_before": "soon"}),
        ("decline", {"reason": "x" * 501}),
        ("buy", {"name": "x"}),
    ],
)
def test_what_can_not_be_recorded_leaves_the_page_open(
    kind: str, form: dict[str, str], world: Live
) -> None:
    account, _, page = mailed(world)
    answer = world.open(f"{page}/{kind}", "POST", data=form)
    assert answer.status_code == 400
    assert "<form" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert closed_as(world, account) is None


@pytest.mark.parametrize("content", [b"\xff\xfe=%ff", b"name=" + b"x" * 100_000, b"{", b""])
def test_no_body_breaks_it(content: bytes, world: Live) -> None:
    _, _, page = mailed(world)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x/y"):
        answer = world.open(
            f"{page}/question", "POST", content=content, headers={"Content-Type": kind}
        )
        assert 400 <= answer.status_code < 500, (kind, answer.text[:200])


def test_after_thirty_days_it_is_over(world: Live) -> None:
    account, _, page = mailed(world)
    world.clock.advance(days=29, hours=23)
    assert world.open(page).status_code == 200
    world.clock.advance(hours=1)
    for answer in (world.open(page), world.open(f"{page}/approve", "POST", data={})):
        assert answer.status_code == 410
        assert "660" not in answer.text
        assert "<form" not in answer.text
    assert closed_as(world, account) in (None, "expired")


def test_a_link_that_was_taken_back_opens_nothing(world: Live) -> None:
    people: dict[str, dict[str, Any]] = {
        **PEOPLE, "fiona": {**PEOPLE["fiona"], "email": None},
    }  # fmt: skip
    account, alert = world.asked(people=people)
    draft = world.widget(account).send(alert, to="fiona").json()
    [page] = links(draft["mailto"].replace("%3A", ":").replace("%2F", "/"), "case")
    assert world.open(page).status_code == 200
    undone = world.widget(account).post(alert, "undo", {"id": draft["forward"]})
    assert undone.json()["undone"] is True
    for answer in (world.open(page), world.open(f"{page}/approve", "POST", data={})):
        assert answer.status_code == 410
        assert "660" not in answer.text
    assert closed_as(world, account) is None


def png(answer: httpx.Response) -> bool:
    return answer.headers["content-type"] == "image/png" and answer.content[:4] == b"\x89PNG"


def test_a_chart_opens_by_its_own_token_and_opens_nothing_else(world: Live) -> None:
    account, alert = world.asked()
    [own] = links(str(world.sink.messages[-1]), "chart")
    world.widget(account).send(alert, to="tomas")
    world.clock.advance(seconds=10)
    world.settle()
    sent = str(world.sink.messages[-1])
    [page], [chart] = links(sent, "case"), links(sent, "chart")
    assert chart != own
    for link in (own, chart):
        assert png(world.open(link)), link
        assert link.endswith(".png")
        view = link.rpartition("/")[2].removesuffix(".png")
        assert world.http.get(f"/case/{view}").status_code == 404
        assert world.http.post(f"/case/{view}/approve").status_code == 404
        assert world.http.get(f"/chart/{view[:-1]}.png").status_code == 404
        bearer = {"Authorization": f"Bearer {view}"}
        assert world.http.get("/v1/widget/state", headers=bearer).status_code == 401
    case = page.rpartition("/")[2]
    assert world.http.get(f"/chart/{case}.png").status_code == 404
    assert closed_as(world, account) is None


def test_hostile_words_are_inert_everywhere(world: Live) -> None:
    people: dict[str, dict[str, Any]] = {
        "priya": {"role": "champion", "name": HOSTILE},
        "tomas": {"role": "manager", "name": f"Tomás {HOSTILE}"},
        "fiona": PEOPLE["fiona"],
    }
    account, alert = world.asked(name=HOSTILE, people=people)
    note = "<!channel> *all* <b>hi</b> & \u202eco"
    assert world.widget(account).send(alert, to="tomas", note=note).status_code == 200
    world.sink.unknown.add(f"fiona@{account}.example")
    assert world.widget(account).send(alert, to="fiona", note=note).status_code == 200
    world.clock.advance(seconds=10)
    world.settle()
    html_mail = body_of(world, "html")
    [page] = links(body_of(world), "case")
    hostile = {"question": f"{HOSTILE}\u202e", "name": "<svg onload=alert(1)>"}
    world.open(f"{page}/question", "POST", data=hostile)
    world.open(f"{page}/decline", "POST", data={"reason": HOSTILE, "name": hostile["name"]})
    world.settle()
    pages = [world.open(page).text, world.open(f"{page}?answered=decline").text, html_mail]
    for html in pages:
        for bad in ("<script", "<svg onload", "<!channel", "<b>hi", "\u202e", 'href="https://evil'):
            assert bad not in html, bad
    assert "&lt;script&gt;" in pages[0]
    assert len(world.sink.messages) >= 4
    for payload in (*world.sink.messages, *world.sink.updates):
        assert problems_of("chat.postMessage", payload) == []
        assert "\u202e" not in str(payload)
    [mail] = world.mailbox.messages
    assert "evil.example" not in str(mail["To"])
    assert "\n" not in str(mail["Subject"])
