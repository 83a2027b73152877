"""Every card Teams is given: its schema and version, its size, and hostile data."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.card import Card, Told
from bot.card import card as made
from bot.fit import length
from bot.plain import WORD_JOINER
from bot.refs import Ref
from bot.said import Confirm, Said
from bot.slack.messages import payload
from bot.teams import cards, fields, policy_form, said
from bot.teams.caller import Caller
from bot.teams.dialogs import Shown, task
from bot.teams.forms import Wanted, approvers, pass_on, previews, question
from bot.teams.limits import Limit, size
from bot.teams.text import sound
from bot.words import SLACK, TEAMS, Words
from engine.snapshot import Person
from service import forward
from service.channel import Outgoing, Recipient
from service.context import Context
from store.tables import Account
from store.tables import Person as StoredPerson
from tests.bot.conftest import ACCOUNT, ALERT
from tests.bot.deliveries import KNOWN, STATES, card, forwarded, notice, passed_on, summary
from tests.bot.teams.conftest import MARTA, World, buttons, texts
from tests.fakes.microsoft import problems_of
from tests.fakes.slack_proxy import texts_of
from tests.templates.stories import sample_meter, sample_story

ABOUT = Ref(account="acc_harbor", alert="alert_1")
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLAIN = {
    "paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak",
}  # fmt: skip
EN = Words("en", TEAMS)


def every(part: Any, kind: str) -> Iterator[dict[str, Any]]:
    """The elements of a kind, without what actions carry."""
    if isinstance(part, dict):
        if part.get("type") == kind:
            yield part
        for name, value in part.items():
            if name != "data":
                yield from every(value, kind)
    elif isinstance(part, list):
        for one in part:
            yield from every(one, kind)


def shown_texts(card: dict[str, Any]) -> list[str]:
    """What is read as Markdown."""
    facts = [f for e in every(card, "FactSet") for f in e["facts"]]
    return [
        *(e["text"] for e in every(card, "TextBlock")),
        *(f[name] for f in facts for name in ("title", "value")),
    ]


def labels_of(card: dict[str, Any]) -> list[str]:
    """What is read as it is: on buttons, above fields and in what one chooses from."""
    actions = [a for e in every(card, "ActionSet") for a in e["actions"]]
    found = [a["title"] for a in (*actions, *card.get("actions", ()))]
    for kind in ("Input.Text", "Input.ChoiceSet"):
        for e in every(card, kind):
            found += [e[n] for n in ("label", "placeholder", "errorMessage") if n in e]
            found += [c["title"] for c in e.get("choices", ())]
    return [*found, *(e["subLabel"] for e in every(card, "Chart.Gauge"))]


def formatting_in(text: str) -> list[str]:
    """What Markdown, a mention or a macro of Teams would make of a text."""
    tokens = MARKDOWN.parse(text)
    inside = [c for t in tokens for c in (t.children or ())]
    found = [t.type for t in (*tokens, *inside) if t.type not in PLAIN]
    if "<at" in text.lower() or re.search(r"\{\{\s*(DATE|TIME)", text):
        found.append("macro")
    return found


def check(card: dict[str, Any]) -> None:
    assert problems_of(card) == []
    assert size(card) <= Limit.CARD_BYTES
    for text in shown_texts(card):
        assert formatting_in(text) == [], text
    for text in (*shown_texts(card), *labels_of(card)):
        assert text.strip()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", text)
    json.dumps(card, ensure_ascii=False).encode()


def titles(card: dict[str, Any]) -> list[str]:
    return [a["title"] for e in every(card, "ActionSet") for a in e["actions"]]


def wanted(of: Card) -> list[str]:
    """The buttons that a card is to have, in order."""
    beside = [b for line in of.lines for b in ([line.button] if line.button else [])]
    below = [b for line in of.lines if line.row for b in line.row.buttons]
    rows = [b for row in of.rows for b in row.buttons]
    return [b.label for b in (*beside, *below, *rows)]


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_state_is_a_card_that_teams_takes(name: str, locale: str) -> None:
    of = made(replace(STATES[name], locale=locale), TEAMS)
    card = cards.message(of, refresh=ABOUT)
    check(card)
    assert card["version"] == "1.5"
    assert sorted(titles(card)) == sorted(wanted(of))
    idle = cards.still(card)
    check(idle)
    assert "refresh" not in idle
    assert all(a["isEnabled"] is False for e in every(idle, "ActionSet") for a in e["actions"])


def plainly(text: str) -> str:
    """A text without what either chat needs around it."""
    bare = html.unescape(text).replace(WORD_JOINER, "")
    return re.sub(r"[*_`\u2068\u2069]", "", bare)


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_slack_and_teams_say_the_same(name: str, locale: str) -> None:
    outgoing = replace(STATES[name], locale=locale)
    one, other = made(outgoing, SLACK), made(outgoing, TEAMS)
    assert (one.told, one.lead, one.note, one.summary) == (
        other.told, other.lead, other.note, other.summary,
    )  # fmt: skip
    assert wanted(one) == wanted(other)
    assert [line.text for line in one.lines] == [line.text for line in other.lines]
    here = plainly(json.dumps(texts_of(payload(outgoing)["blocks"]), ensure_ascii=False))
    there = plainly(texts(cards.message(other)))
    told = other.told or Told(
        title="", body="", chart_url=None, chart_alt="", gauge=None, facts=(), source=""
    )
    facts = [word for pair in told.facts for word in pair]
    for said_there in (told.title, told.body, told.source, other.lead, other.why, *facts):
        assert plainly(said_there) in there
        assert plainly(said_there) in here
    if told.gauge:
        assert told.gauge.shown in here
        assert told.gauge.shown in there


def test_the_meter_is_drawn_and_always_said() -> None:
    card = cards.message(made(summary(), TEAMS))
    (gauge,) = every(card, "Chart.Gauge")
    assert (gauge["value"], gauge["max"]) == (8420, 10_000)
    assert "8,420 / 10,000" in texts(gauge["fallback"])
    assert "█" in texts(gauge["fallback"])
    (image,) = every(gauge["fallback"], "Image")
    assert image["altText"]


@pytest.mark.parametrize(
    ("used", "limit", "value", "bar"),
    [
        ("0", "10000", 0, "░" * 20),
        ("5000", "10000", 5000, "█" * 10 + "░" * 10),
        ("12500", "10000", 10_000, "█" * 20),
        ("0.5", "1", 0.5, "█" * 10 + "░" * 10),
        ("1E+20", "1E+21", 10**20, "█" * 2 + "░" * 18),
    ],
)
def test_the_meter_stays_within_its_limit(used: str, limit: str, value: float, bar: str) -> None:
    story = sample_story(main=sample_meter(used=Decimal(used), limit=Decimal(limit)))
    card = cards.message(made(summary(story=story), TEAMS))
    check(card)
    (gauge,) = every(card, "Chart.Gauge")
    assert gauge["value"] == value
    assert f"{bar} " in texts(gauge["fallback"])


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://segue.example.com/chart/a.png", True),
        ("http://segue.example.com/chart/a.png", False),
        ("https://127.0.0.1:8080/chart/a.png", False),
        ("https://[::1]/chart/a.png", False),
        ("https://192.168.1.9/chart/a.png", False),
        ("https://localhost/chart/a.png", False),
        ("https://segue.example.com/" + "x" * 3000, False),
        ("https://[bad/chart.png", False),
        ("javascript:alert(1)", False),
        (None, False),
    ],
)
def test_a_chart_teams_can_not_fetch_is_left_out(url: str | None, shown: bool) -> None:
    card = cards.message(made(summary(chart_url=url), TEAMS))
    check(card)
    assert bool(list(every(card, "Image"))) is shown


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.test", "https://[bad", "x" * 3000])
def test_a_link_that_is_no_web_page_is_no_button(url: str) -> None:
    card = cards.message(made(forwarded(case_url=url), TEAMS))
    check(card)
    assert "Open the case" not in titles(card)
    answer = said.shown(Said(lines=("x",), links=(("Open", url),)), EN)
    check(answer)
    assert "Open" not in [a["title"] for a in answer.get("actions", ())]


HOSTILE = [
    "<at>Mara</at> <at id='0'>all</at> </at>",
    "{{DATE(2026-11-18T15:30:00Z, SHORT)}} {{TIME(2026-11-18T15:30:00Z)}} ${x} {{{DATE(",
    "[Log in](https://evil.test) ![x](https://evil.test/p.png) [a][b] [b]: https://evil.test",
    "[b]: https://evil.test 'x'\n\n[b]",
    "<https://evil.test> <b>bold</b> <!-- x --> <script>alert(1)</script> <mail@evil.test>",
    "**bold** *slanted* _it_ __it__ ~~no~~ `code`\n```\nblock\n```",
    "# heading\n- list\n+ list\n* list\n1. list\n2) list\n> quote\n---\n***\n___\n- - -",
    "title\n===\nother\n---\n\n    code that is indented\n\n\tcode",
    "a | b\n--- | ---\nc | d",
    "&amp; &lt;b&gt; &#42;bold&#42; &#x2a; &nbsp; &copy",
    "\\*not\\* \\[x](y) \\<b> back\\\nslash",
    "مرحبا بكم في الشركة \u202e gnp.exe\u202c",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿👩‍👩‍👧‍👦𝒜𝓁𝓁" * 50,
    "x" * 3000,
    "漢" * 3000,
    "😀" * 3000,
    "&" * 3000,
    "[" * 3000,
    "*" * 3000,
    "{" * 3000,
    "line\nbreak\r\n\x00\x07tab\t",
    "\ud800 alone \udfff",
    "\u2028\u2029\u0085 lines",
    " ",
    "",
]
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=400),
    st.text(alphabet="<>!@#|&*_~`:[](){}\\/.-+=1 \n\t\u202e\u2066é漢😀\ud800", max_size=3000),
)


def told_with(text: str, other: str) -> list[Outgoing]:
    story = sample_story(
        account_name=text,
        product=other,
        main=sample_meter(name_one=text[:200], name_other=other[:200], value=text),
    )
    person = Person(id="p", name=other, email="a@b.test", can_buy=True)
    to = (Recipient(id=sound(text, 256), name=text, role="manager", channel="teams"),)
    waiting, sent = passed_on("waiting", to_name=text), passed_on("sent", to_name=other)
    about = {"story": story, "person": person}
    return [
        summary(**about, recipients=to * 4, why=(text, other), account=sound(text, 256) or "a"),
        notice(**about, why=(text,)),
        card(waiting, sent, **about, recipients=to),
        forwarded(**about, asked_by=Person(id=text, name=other), note=text),
        card(extra={"text": text}, kind="receipt"),
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile, hostile)
def test_hostile_data_makes_no_card_that_formats_links_mentions_or_is_refused(
    text: str, other: str
) -> None:
    for outgoing in told_with(text, other):
        of = made(outgoing, TEAMS)
        ref = Ref(account=outgoing.account, alert=outgoing.alert)
        card = cards.message(of, refresh=ref)
        check(card)
        assert len(titles(card)) == len(wanted(of))
        check(cards.still(card))


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(t[:20]) for t in HOSTILE])
def test_formatting_in_data_stays_text(text: str) -> None:
    for outgoing in told_with(text, text):
        check(cards.message(made(outgoing, TEAMS), refresh=ABOUT))


@pytest.mark.parametrize("odd", ['"\\', "a", "é", "😀", "漢"])
def test_with_very_long_ids_it_loses_its_small_print_and_not_its_buttons(odd: str) -> None:
    long = (odd * 256)[:256]
    known = tuple(replace(r, id=f"{r.id}{long}"[:256]) for r in KNOWN)
    outgoing = summary(account=long, recipients=known * 2, why=("&" * 2000,))
    of = made(outgoing, TEAMS)
    card = cards.message(of, refresh=Ref(account=long, alert=outgoing.alert))
    check(card)
    assert titles(card) == wanted(of)
    carried = [a["data"] for e in every(card, "ActionSet") for a in e["actions"] if "data" in a]
    assert {cards.ref_in(data).account for data in carried} == {long}
    assert {cards.ref_in(data).to for data in carried} - {""} == {r.id for r in known}


def test_a_card_with_a_hundred_forwards_keeps_the_last_of_them() -> None:
    sent = [passed_on("sent", id=f"forward_{n}", to_name=f"{n} {'n' * 500}") for n in range(100)]
    card = cards.message(made(card_of(*sent), TEAMS), refresh=ABOUT)
    check(card)
    assert "Sent to 99" in texts(card)
    assert {"Useful", "Not now", "Don't suggest this again"} <= set(titles(card))


def card_of(*forwards: Any) -> Outgoing:
    return card(*forwards, why=("w" * 2000,))


def test_six_buttons_are_shown_and_the_rest_comes_up_behind() -> None:
    card = cards.message(made(summary(recipients=KNOWN * 2), TEAMS))
    rows = [e["actions"] for e in every(card, "ActionSet")]
    assert max(map(len, rows)) == 7
    for row in rows:
        assert sum(a.get("mode") != "secondary" for a in row) <= Limit.ACTIONS_SHOWN


# Answers


@settings(max_examples=100, deadline=None)
@given(st.lists(hostile, max_size=6), st.integers(0, 60), hostile, hostile)
def test_an_answer_with_hostile_data(lines: list[str], many: int, text: str, other: str) -> None:
    answer = Said(
        title=text,
        lines=(*lines, other),
        pairs=tuple((f"{n} {text}", other) for n in range(many)),
        after=(text,),
        small=(other,),
        links=((text, "https://segue.example.com/x"), (other, "javascript:alert(1)")),
        confirm=Confirm(line=f"policy x {sound(text, 500)}", label=other, version=3),
    )
    card = said.shown(answer, EN)
    check(card)
    names = [a["title"] for a in card["actions"]]
    assert len(names) == 3
    assert names[-1] == EN.say("leave_it")
    check(said.line(text))


def test_an_answer_that_is_too_long_says_less() -> None:
    for answer in (
        Said(title="t", lines=("漢" * 2500,) * 30),
        Said(title="t", lines=("l",), after=("a" * 600,) * 100, small=("s" * 700,) * 100),
        Said(title="t", pairs=(("n" * 200, "v" * 200),) * 40, lines=("x" * 2500,) * 3),
    ):
        card = said.shown(answer, EN)
        check(card)
        assert card["body"][0]["text"] == "t"


# Dialogs


def dialog(card: dict[str, Any], title: str = "x") -> dict[str, Any]:
    """The card as it stands in a dialog."""
    value = task(Shown(title, card))["task"]["value"]
    assert 0 < length(value["title"]) <= Limit.DIALOG_TITLE
    found: dict[str, Any] = value["card"]["content"]
    return found


@settings(max_examples=100, deadline=None)
@given(hostile, hostile, st.integers(0, 80))
def test_a_dialog_with_hostile_data(text: str, other: str, many: int) -> None:
    of = [(f"{text} {n}", f"{sound(other, 250)}{n}") for n in range(many)]
    body = [
        fields.text("a", text, 100, value=other, hint=text, needed=other, lines=True),
        fields.choices("b", other, of, value=of[0][1] if of else "", hint=text, needed=text),
    ]
    check(dialog(cards.whole(body, actions=[fields.send(text, "x", ref="r")]), text))
    check(dialog(question(Ref(account=sound(text, 256), alert="a", case="c"), EN)))


@pytest.fixture
def among_hostile(context: Context, request: pytest.FixtureRequest) -> str:
    """An account and its people, all called the same."""
    text: str = request.param
    stored = text.encode("utf-8", "replace").decode()
    with context.database.write() as session:
        found = session.get_one(Account, ACCOUNT)
        found.name = stored
        session.add(found)
        for n in range(60):
            session.add(StoredPerson(account=ACCOUNT, id=f"p{n}", role="user", name=stored or None))
        for id in ("mara", "marta", "finn"):
            person = session.get_one(StoredPerson, (ACCOUNT, id))
            person.name = stored
            session.add(person)
    return text


@pytest.mark.parametrize(
    "among_hostile", HOSTILE, indirect=True, ids=[ascii(t[:20]) for t in HOSTILE]
)
def test_every_dialog_of_an_account_with_hostile_names(
    context: Context, among_hostile: str
) -> None:
    text = among_hostile
    caller = Caller(account=ACCOUNT, person="mara", tenant="t", member="m")
    ref = Ref(account=ACCOUNT, alert=ALERT)
    held = Wanted(text, text[:254], "manager", note=text[:280])
    check(dialog(pass_on(context, caller, ref, EN, wrong=text, wanted=held), text))
    check(dialog(pass_on(context, caller, ref, Words("de", TEAMS))))
    check(dialog(previews(context, caller, ref, EN)))
    wrong = dict.fromkeys(("manager", "manager_email", "finance_email"), text)
    check(dialog(approvers(context, caller, EN, wrong=text, wanted=wrong)))


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(t[:20]) for t in HOSTILE])
def test_the_settings_with_hostile_values(context: Context, text: str) -> None:
    known = [e["id"] for e in every(policy_form.policy(context, {}, "x", EN), "Input.Text")]
    check(dialog(policy_form.policy(context, {}, "x", EN)))
    for path in known[:3]:
        check(dialog(policy_form.proposed(context, {path: text}, "x", EN)))
    check(dialog(policy_form.proposed(context, dict.fromkeys(known, text), "x", EN)))
    check(dialog(policy_form.agreed(context, {"changes": text, "version": text}, "x", EN)))
    check(dialog(policy_form.agreed(context, {"changes": json.dumps({text: text})}, "x", EN)))


# Links of ours


async def test_an_unfurled_link_is_of_1_3_and_holds_no_number(world: World) -> None:
    await world.link()
    await world.install()
    await world.install(MARTA)
    await world.push()
    await world.drain()
    forward.start(world.context, account=ACCOUNT, alert=ALERT, champion="mara", to="marta")
    world.clock.pass_by(seconds=11)
    await world.drain()
    url = buttons(world.microsoft.last(f"a:{MARTA}").card)["Open the case"]["url"]
    for name in ("anonymousQueryLink", "queryLink"):
        answer = await world.invoke(f"composeExtension/{name}", {"url": url})
        (found,) = answer["composeExtension"]["attachments"]
        card = found["content"]
        check(card)
        assert card["version"] == "1.3"
        assert not re.search(r"\d", texts(card) + texts(found["preview"]["content"]))
        assert list(buttons(card)) == ["Open the case"]
    guessed = f"{world.context.public_url}/case/" + "x" * 20
    answer = await world.invoke("composeExtension/queryLink", {"url": guessed})
    assert answer["composeExtension"]["attachments"] == []


def test_limits_count_as_teams_does() -> None:
    assert size({"a": "😀"}) == 2 * len('{"a":""}') + 4
    assert length("😀") == 2
