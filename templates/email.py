"""E-mails: a story forwarded to an approver, and a summary for the champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from engine.alert import AlertClass
from engine.story import Story
from templates.chart import PALETTES
from templates.message import Message, plain_line
from templates.pack import pack
from templates.plain import plain
from templates.render import context_of, environment, isolated

CHART_CID = "chart"
_NAME, _SUBJECT, _FACTS = 40, 140, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail: its subject on one line, the plain text, which is complete, and the HTML."""

    subject: str
    text: str
    html: str


def forward(
    message: Message,
    story: Story,
    *,
    locale: str,
    asked_by: str,
    case_url: str | None,
    chart: bool = True,
    unsubscribe_url: str | None = None,
) -> Mail:
    """The story for a manager or finance lead: who asked, the note, the chart, the case.

    With `chart`, the HTML shows the picture attached with the content id "chart".
    """
    return _mail(
        message,
        story,
        locale,
        forwarded=True,
        asked_by=isolated(plain(asked_by, _NAME)),
        url=case_url,
        chart=chart,
        unsubscribe_url=unsubscribe_url,
    )


def summary(
    message: Message,
    story: Story,
    *,
    locale: str,
    page_url: str | None = None,
    upgrade_url: str | None = None,
    why: Sequence[str] = (),
    chart: bool = True,
    unsubscribe_url: str | None = None,
) -> Mail:
    """The champion's own summary; a link to the plans only for who may see a price.

    `page_url`: where they pass it on or answer.
    """
    return _mail(
        message,
        story,
        locale,
        forwarded=False,
        url=page_url,
        plan_url=upgrade_url if message.priced else None,
        why=why,
        chart=chart,
        unsubscribe_url=unsubscribe_url,
    )


def _mail(
    message: Message,
    story: Story,
    locale: str,
    *,
    forwarded: bool,
    url: str | None,
    chart: bool,
    unsubscribe_url: str | None,
    plan_url: str | None = None,
    asked_by: str = "",
    why: Sequence[str] = (),
) -> Mail:
    words = pack(locale)
    context = context_of(story, words, room="full") | {
        "message": message,
        "forwarded": forwarded,
        "asks": story.alert_class is AlertClass.ASK,
        "asked_by": asked_by,
        "button_url": safe(url),
        "plan_url": safe(plan_url),
        "why": why,
        "facts": message.facts[:_FACTS],
        "chart_cid": CHART_CID if chart else "",
        "unsubscribe_url": safe(unsubscribe_url),
        "light": PALETTES["light"],
        "dark": PALETTES["dark"],
        "lang": words.babel.language,
        "rtl": words.babel.text_direction == "rtl",
        "words_file": f"{words.name}/email.j2",
    }
    texts = environment(html=False).get_template(context["words_file"])
    spoken: Any = texts.make_module(context)
    subject = spoken.forward_subject() if forwarded else spoken.summary_subject()
    context["subject"] = plain_line(subject)[:_SUBJECT]
    context["button"] = spoken.open_case() if forwarded else spoken.open_page()
    return Mail(
        subject=context["subject"],
        text=environment(html=False).get_template("email/message.txt.j2").render(context),
        html=environment(html=True).get_template("email/message.html.j2").render(context),
    )


def safe(url: str | None) -> str:
    """An address a person may follow; anything but http and https is left out."""
    return url if url and urlsplit(url).scheme in ("https", "http") else ""
