"""Every message Slack is given: golden payloads, its published limits, and hostile data."""

import json
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.refs import read
from bot.slack.messages import closed, payload, plainer
from bot.slack.passing_on import looking
from bot.slack.views import forward, question, said
from bot.words import Words
from engine.snapshot import Person
from service.channel import Outgoing, Recipient
from tests.bot.deliveries import KNOWN, MARA, STATES, card, forwarded, notice, passed_on, summary
from tests.fakes.slack_proxy import problems_of, texts_of
from tests.templates.stories import sample_meter, sample_story

GOLDEN = Path(__file__).parent.parent / "golden" / "slack"


@pytest.mark.parametrize("name", STATES)
def test_payload_is_as_agreed(name: str) -> None:
    made = json.dumps(payload(STATES[name]), indent=1, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("SEGUE_GOLDEN") == "write":
        path.write_text(made, "utf-8")
    assert made == path.read_text("utf-8"), "look at it, then write it anew: SEGUE_GOLDEN=write"


@pytest.mark.parametrize("name", STATES)
def test_payload_is_within_what_slack_accepts(name: str) -> None:
    assert problems_of("chat.postMessage", payload(STATES[name])) == []


def test_no_golden_is_left_over() -> None:
    assert {p.stem for p in GOLDEN.glob("*.json")} == set(STATES)


def buttons_of(outgoing: Outgoing) -> dict[str, dict[str, Any]]:
    rows = [b for b in payload(outgoing)["blocks"] if b["type"] == "actions"]
    inside = [b["accessory"] for b in payload(outgoing)["blocks"] if "accessory" in b]
    return {e["text"]["text"]: e for e in [*inside, *(e for r in rows for e in r["elements"])]}


def said_in(outgoing: Outgoing) -> str:
    return json.dumps(payload(outgoing), ensure_ascii=False)


def test_the_champion_can_answer_and_pass_it_on_in_one_click() -> None:
    assert list(buttons_of(summary())) == [
        "Send to Marta Silva",
        "Send to Finn Okafor",
        "Send to somebody",
        "Preview",
        "See what Business would look like",
        "Useful",
        "Not now",
        "Don't suggest this again",
    ]


def test_a_button_carries_ids_and_nothing_else() -> None:
    ref = read(buttons_of(summary())["Send to Marta Silva"]["value"])
    assert (ref.account, ref.alert, ref.to) == ("acc_harbor", "alert_1", "marta")


def test_who_cannot_buy_gets_no_purchase_link() -> None:
    shown = buttons_of(summary(person=replace(MARA, can_buy=False)))
    assert not any("url" in b for b in shown.values())


def test_a_notice_sells_nothing_and_can_be_stopped() -> None:
    assert list(buttons_of(notice())) == ["Stop these messages"]
    assert "Business" not in said_in(notice())


def test_a_forward_says_who_asked_and_approves_only_on_the_page() -> None:
    shown = buttons_of(forwarded())
    assert "Mara Lindt asked us to send you this." in said_in(forwarded())
    assert "This is what we talked about on Monday." in said_in(forwarded())
    assert shown["Open the case"]["url"] == shown["Approve?"]["url"] == forwarded().case_url
    assert "value" not in shown["Approve?"]
    assert read(shown["Ask a question"]["value"]).case == "case_1"
    assert "Not now" in shown


def test_a_forward_without_its_case_still_opens_the_page() -> None:
    shown = buttons_of(forwarded(extra={}))
    assert "Open the case" in shown
    assert "Ask a question" not in shown


def test_while_it_waits_it_can_be_taken_back_and_not_sent_twice() -> None:
    shown = buttons_of(card(passed_on("waiting")))
    assert "Undo" in shown
    assert "Send to Marta Silva" not in shown
    assert "Send to Finn Okafor" in shown


def test_undone_can_be_sent_again() -> None:
    assert "Send to Marta Silva" in buttons_of(card(passed_on("undone")))


def test_once_it_is_gone_there_is_no_undo() -> None:
    assert "Undo" not in buttons_of(card(passed_on("sent")))
    assert "Sent to Marta Silva, 16:20" in said_in(card(passed_on("sent")))


def test_what_was_found_useful_is_not_asked_again() -> None:
    assert "Useful" not in buttons_of(STATES["card_useful"])
    assert "Not now" in buttons_of(STATES["card_useful"])


def test_an_answer_closes_the_card_and_says_until_when() -> None:
    answered = card(closed_as="snoozed", returns="2027-02-16")
    assert buttons_of(answered) == {}
    assert "Noted. This won't come back before 16 February 2027." in said_in(answered)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://segue.example.com/chart/a.png", True),
        ("http://127.0.0.1:8080/chart/a.png", True),
        ("http://localhost:8080/chart/a.png", True),
        ("http://segue.internal/chart/a.png", False),
        ("ftp://segue.example.com/chart/a.png", False),
        ("https://segue.example.com/" + "x" * 3000, False),
        (None, False),
    ],
)
def test_a_chart_slack_can_not_fetch_is_left_out(url: str | None, shown: bool) -> None:
    blocks = payload(summary(chart_url=url))["blocks"]
    assert any(b["type"] == "image" for b in blocks) is shown
    assert any(b.get("block_id") == "meter" for b in blocks)


def test_a_link_that_is_no_web_page_is_no_button() -> None:
    assert "Open the case" not in buttons_of(forwarded(case_url="javascript:alert(1)"))


def test_the_bar_of_text_shows_where_the_meter_stands() -> None:
    def bar(used: int) -> str:
        story = sample_story(main=sample_meter(used=Decimal(used)))
        blocks = payload(summary(story=story))["blocks"]
        found = next(b for b in blocks if b.get("block_id") == "meter")
        return str(found["elements"][0]["text"])

    assert bar(0) == "░" * 20 + " 0 / 10,000"
    assert bar(5000) == "█" * 10 + "░" * 10 + " 5,000 / 10,000"
    assert bar(10_000) == "█" * 20 + " 10,000 / 10,000"
    assert bar(12_500) == "█" * 20 + "▶ 12,500 / 10,000"


def test_a_message_back_from_slack_loses_its_buttons_and_what_slack_added_to_it() -> None:
    made = payload(forwarded())
    back = json.loads(json.dumps({"text": made["text"], "blocks": made["blocks"]}))
    for block in back["blocks"]:
        if block["type"] == "image":
            block |= {"image_width": 1, "image_height": 1, "image_bytes": 9, "fallback": "1x1"}
    shown = closed(back, "Noted.")
    assert problems_of("chat.update", shown) == []
    assert shown["blocks"][-1]["text"]["text"] == "Noted."
    left = [e for b in shown["blocks"] if b["type"] == "actions" for e in b["elements"]]
    assert [e["text"]["text"] for e in left] == ["Open the case", "Approve?"]


HOSTILE = [
    "<!channel> <!here> <@U123456> <#C123> <https://evil.test|Log in>",
    "*bold* _it_ ~no~ `code` ```block``` > quote :tada: @channel",
    "&amp;&lt;!channel&gt; &",
    "مرحبا بكم في الشركة \u202e gnp.exe\u202c",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿👩‍👩‍👧‍👦𝒜𝓁𝓁" * 50,
    "x" * 3000,
    "&" * 3000,
    "line\nbreak\r\n\x00\x07tab\t",
    " ",
]
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=400),
    st.text(alphabet="<>!@#|&*_~`:\u202e\u2066é漢😀", max_size=3000),
)


def told_with(text: str, other: str) -> list[Outgoing]:
    story = sample_story(
        account_name=text,
        product=other,
        main=sample_meter(name_one=text[:200], name_other=other[:200], value=text),
    )
    person = Person(id="p", name=other, email="a@b.test", can_buy=True)
    to = (Recipient(id=text[:200], name=text, role="manager", channel="slack"),)
    waiting = passed_on("waiting", to_name=text)
    return [
        summary(story=story, person=person, recipients=to, why=(text, other), account=text[:256]),
        card(waiting, story=story, person=person, recipients=to),
        forwarded(story=story, person=person, asked_by=Person(id=text, name=other), note=text),
        card(extra={"text": text}, kind="receipt"),
    ]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile, hostile)
def test_hostile_data_never_makes_an_invalid_message_nor_a_ping(text: str, other: str) -> None:
    for outgoing in told_with(text, other):
        made = payload(outgoing)
        assert problems_of("chat.postMessage", made) == []
        assert not any(problems_of("chat.update", less) for less in plainer(made))
        shown = json.dumps([made["text"], texts_of(made["blocks"])], ensure_ascii=False)
        for pinging in ("<!", "<@", "<#", "<http", "\u202e"):
            assert pinging not in shown
    asked = told_with(text, other)[2]
    view = looking([replace(asked, audience=a) for a in ("manager", "finance")] * 2, Words("en"))
    assert problems_of("views.open", {"view": view}) == []


def test_a_message_with_very_long_ids_loses_its_small_print_not_its_buttons() -> None:
    long = '"\\' * 128
    known = tuple(replace(r, id=f"{r.id}{long}"[:256]) for r in KNOWN)
    outgoing = summary(account=long, recipients=known, why=("&" * 2000,))
    made = payload(outgoing)
    assert problems_of("chat.postMessage", made) == []
    names = [b["block_id"] for b in made["blocks"]]
    assert "why" not in names
    assert {"title", "body", "send", "choices"} <= set(names)


@pytest.mark.parametrize("text", HOSTILE)
def test_formatting_in_data_stays_text(text: str) -> None:
    for outgoing in told_with(text, text):
        for block in payload(outgoing)["blocks"]:
            for field in block.get("fields", []):
                bold, _, rest = field["text"].partition("\n")
                inner = bold.removeprefix("*").removesuffix("*") + rest
                assert not set(inner) & set("*_~`")


@settings(max_examples=60, deadline=None)
@given(hostile.filter(bool))
def test_modals_are_valid_whatever_the_ids_are(text: str) -> None:
    words = Words("en")
    ref = replace(read(buttons_of(summary())["Useful"]["value"]), account=text[:200])
    views = [forward(ref, words), question(ref, words)]
    if text.strip():
        views.append(said(text, words))
    for view in views:
        assert problems_of("views.open", {"view": view}) == []
    assert read(views[0]["private_metadata"]) == ref
