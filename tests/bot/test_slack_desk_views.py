"""Answers, forms and homes with hostile data: none is rejected, none pings anybody."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import changes
from bot.replay import Begun
from bot.said import Confirm, Said
from bot.slack import answer, approvers, home_views, messages, policy_modal, previews, simulate
from bot.words import Words
from engine.alert import AlertClass, Moment, ReasonCode
from engine.contradictions import Contradiction
from engine.snapshot import Person, Role
from service.champion import Glance, Meter, Told
from service.channel import Recipient
from service.doctor import Health
from service.policy_edit import Edit, Key
from service.replayed import Replay
from service.week import Overview
from store.overview import Growing, HeldBack, Raised
from store.quiet import StoredQuiet
from tests.bot.test_slack_messages import HOSTILE
from tests.fakes.slack_proxy import problems_of, texts_of

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
LOCALES = [Words("en"), Words("de")]
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="<>!@#|&*_~`:\u202e\u2066é漢😀 ", max_size=500),
)


def of_message(said: Said, words: Words) -> dict[str, Any]:
    return messages.finished(answer.text_of(said), answer.shown(said, words))


def glance(text: str, other: str, many: int) -> Glance:
    return Glance(
        account=text[:256],
        name=text,
        person=Person(id="p", name=other, muted=many % 2 == 0),
        locale="en",
        zone="Europe/Berlin",
        meters=tuple(
            Meter(name=text, used=Decimal(10**n), limit=Decimal(7 * n), sentence=other)
            for n in range(many)
        ),
        told=tuple(
            Told(
                id="a",
                title=text,
                why=(other, text),
                at=NOW,
                alert_class=AlertClass.ASK,
                closed_as="snoozed" if n % 2 else None,
                returns=date(2027, 1, 1),
            )
            for n in range(min(many, 5))
        ),
        recipients=tuple(
            Recipient(id=text[:99], name=other, role="manager", channel="slack")
            for _ in range(many)
        ),
        quiet=StoredQuiet(hours=(time(19), time(8)) if many % 2 else None, until=NOW),
    )


def overview(text: str, many: int) -> Overview:
    return Overview(
        accounts=many,
        raised=[Raised(alert_class=AlertClass.ASK, moment=m, count=3, held=1) for m in Moment],
        held_back=[HeldBack(reason=ReasonCode.ASK_SPACING, accounts=many)] * min(many, 5),
        growing=[
            Growing(
                account=text[:256],
                name=text,
                meter=text[:99],
                p=0.97,
                stage="adopted",
                outcome="silent",
                reason=ReasonCode.BACKOFF,
            )
        ]
        * min(many, 10),
    )


def edits(text: str, other: str) -> list[Edit]:
    odd = (Contradiction(keys=("a",), detail=other),)
    edit = Edit(path="ask.spacing_days", before=text, after=other, version=3, text="", odd=odd)
    return [edit, replace(edit, path="mode", odd=())]


def messages_of(text: str, other: str, many: int, words: Words) -> list[dict[str, Any]]:
    pairs = tuple((text, other) for _ in range(many))
    lines = tuple(other for _ in range(many))
    confirm = Confirm(line=text[:300], label=other[:70] or "x", version=many)
    links = ((text, "https://segue.example.com/x"), (other, f"javascript:{text}"))
    replay = Replay(id="b", done=False, progress=(many, 3), why=text)
    done = replace(
        replay,
        done=True,
        first=date(2026, 1, 1),
        last=date(2026, 2, 1),
        counts=((AlertClass.ASK, many),),
        silences=((ReasonCode.BACKOFF, many),) * 5,
        judged=many,
        passed=1,
    )
    url = "https://segue.example.com/chart/x.png"
    return [
        of_message(Said(title=text, lines=lines, pairs=pairs, small=(other,)), words),
        of_message(
            Said(title=other, pairs=pairs, after=lines, links=links, confirm=confirm), words
        ),
        *(
            of_message(changes.edited(e, words, done=many % 2 == 0), words)
            for e in edits(text, other)
        ),
        messages.finished(text, simulate.progress(text, replay, words)),
        *(
            messages.finished(
                *simulate.result(Begun(id="r", title=text, version=1), r, url, other, words)
            )
            for r in (replay, done)
        ),
        messages.finished(*previews.sample(words)),
    ]


def views_of(text: str, other: str, many: int, words: Words) -> list[dict[str, Any]]:
    health = Health(problems=(text,), paused=(other, text), held=1, drawn=many)
    known = [Key(path="ask.spacing_days", value=text[:50] or "x"), Key(path="mode", value="live"),
             Key(path="quiet.weekends", value=True)]  # fmt: skip
    return [
        home_views.champion(
            glance(text, other, many), other, ("de", "en"), ("18:00", "09:00"), words
        ),
        home_views.admin(overview(text, many), health, {text[:99]: other}, NOW, "UTC", words),
        home_views.line(Said(lines=(text, other)), words),
        policy_modal.form(known, 3, words),
        policy_modal.sure(edits(text[:60], other[:60]), words),
        policy_modal.done(edits(text, other), words),
        policy_modal.said(text, words),
        approvers.form({Role.MANAGER: "U123"}, words),
        approvers.said(other, words),
    ]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile, hostile, st.integers(0, 30), st.sampled_from(LOCALES))
def test_hostile_data_never_makes_an_invalid_payload_nor_a_ping(
    text: str, other: str, many: int, words: Words
) -> None:
    for made in messages_of(text, other, many, words):
        assert problems_of("chat.postMessage", made) == []
        quiet(made)
    for view in views_of(text, other, many, words):
        assert problems_of("views.open", {"view": view}) == []
        assert len(view["blocks"]) <= 100
        quiet(view)


def quiet(made: dict[str, Any]) -> None:
    shown = json.dumps([made.get("text"), texts_of(made["blocks"])], ensure_ascii=False)
    for pinging in ("<!", "<@", "<#", "<http", "\u202e"):
        assert pinging not in shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("ask.spacing_days", "ask.spacing_days"),
        ("_it_", "ˍitˍ"),
        ("a _b c_ d", "a ˍb cˍ d"),
        ("__init__", "ˍˍinitˍˍ"),
    ],
)
def test_a_low_line_stays_where_it_formats_nothing(typed: str, shown: str) -> None:
    made = answer.shown(Said(pairs=((typed, typed),)), LOCALES[0])[0]
    assert made["text"]["text"] == f"*{shown}*\n{shown}"
