"""Every text around a message: why it is seen, how a meter stands, the chart, e-mails, the case."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from engine.alert import AlertClass
from engine.story import Story
from templates import case, email, summary
from templates.case_facts import case_facts
from templates.case_view import CaseView
from templates.chart import alt
from templates.facts import Fact
from templates.lint import Problem, check_text, check_words
from templates.message import Audience, message
from templates.pack import pack
from templates.summary import SummaryView, To
from templates.why import meter_sentence, why

_SENDER, _READER = "Ana Petrova", "Marta Silva"
_ADDRESS = "https://segue.example/a"
# No day of a month and no spacing anybody sets: what is masked as this is nothing else.
_DAYS = 397
_NO_WORDS = re.compile(r"<style\b.*?</style>|<svg\b(?:(?!<svg\b).)*?</svg>", re.DOTALL)
# What the vendor alone reads, and what the packs hold for other ends.
_NOT_READ = frozenset(
    (
        "sample",
        "moments",
        "stages",
        "classes",
        "desk",
        "teams_desk",
        "evidence",
        "evidence_values",
        "decided",
        "paused",
        "facts",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """One text around a message: what it is, its words, the story and more facts it may say."""

    what: str
    text: str
    story: Story
    audience: Audience = Audience.CHAMPION
    facts: Mapping[str, Fact] = field(default_factory=dict)


def checked(story: Story, locale: str) -> Iterator[tuple[Around, tuple[Problem, ...]]]:
    """Every text that goes with a story's message, with its breaches."""
    names = (_SENDER, _READER, _ADDRESS, str(_DAYS))
    for text in texts(story, locale):
        yield (
            text,
            check_text(
                text.text,
                text.story,
                locale=locale,
                audience=text.audience,
                facts=text.facts,
                names=names,
            ),
        )


def texts(story: Story, locale: str) -> Iterator[Around]:
    """Every text that goes with a story's message, as it is rendered."""
    explained = "\n".join(why(story, locale=locale, spacing_days=_DAYS))
    yield Around(what="why", text=explained, story=story)
    for meter in (story.main, *story.others):
        standing = meter_sentence(meter, locale, zone=story.time_zone)
        yield Around(what="meter", text=standing, story=replace(story, main=meter))
    yield Around(what="chart", text=alt(story, locale=locale), story=story)
    yield Around(what="email summary", text=_summary(story, locale), story=story)
    page = _Words(summary.page(_opened(story, locale), locale)).text
    yield Around(what="summary's page", text=page, story=story)
    for audience in (Audience.MANAGER, Audience.FINANCE):
        if story.alert_class is AlertClass.NOTICE:
            continue  # A notice is not passed on.
        mail = _forward(story, locale, audience)
        yield Around(what="email forward", text=mail, story=story, audience=audience)
        view = _view(story, audience)
        yield Around(
            what="case",
            text=_Words(case.page(view, locale)).text,
            story=story,
            audience=audience,
            facts=case_facts(view, pack(locale)),
        )


def labels(locale: str) -> Iterator[tuple[str, Problem]]:
    """Every breach in the short words of a pack, by the name they have there."""
    for name, text in _strings(pack(locale).words):
        for found in check_words(text, locale):
            yield name, found


def _strings(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{path}{key}"
        if name in _NOT_READ or name == "silence.admin":
            continue
        if isinstance(value, Mapping):
            yield from _strings(value, f"{name}.")
        else:
            for text in [value] if isinstance(value, str) else value:
                yield name, str(text)


def _summary(story: Story, locale: str) -> str:
    text = message(story, audience=Audience.CHAMPION, locale=locale, can_buy=True)
    mail = email.summary(
        text,
        story,
        locale=locale,
        page_url=_ADDRESS,
        upgrade_url=_ADDRESS,
        unsubscribe_url=_ADDRESS,
    )
    return f"{mail.subject}\n{mail.text}"


def _opened(story: Story, locale: str) -> SummaryView:
    day = story.as_of.date()
    return SummaryView(
        url="/s",
        number="n",
        story=story,
        message=message(story, audience=Audience.CHAMPION, locale=locale, can_buy=True),
        why=why(story, locale=locale, spacing_days=_DAYS),
        open=True,
        today=day,
        tomorrow=day + timedelta(days=1),
        to=(To(id="r", name=_READER, drafted=True),),
        letter="mailto:",
        plan_url=_ADDRESS,
    )


def _forward(story: Story, locale: str, audience: Audience) -> str:
    text = message(
        story,
        audience=audience,
        locale=locale,
        can_buy=False,
        recipient_name=_READER,
        asked_by=_SENDER,
    )
    mail = email.forward(
        text,
        story,
        locale=locale,
        asked_by=_SENDER,
        case_url=_ADDRESS,
        unsubscribe_url=_ADDRESS,
    )
    return f"{mail.subject}\n{mail.text}"


def _view(story: Story, audience: Audience) -> CaseView:
    return CaseView(
        story=story,
        audience=audience,
        champion_name=_SENDER,
        recipient_name=_READER,
        created_at=story.as_of,
        expires_at=story.as_of + timedelta(days=30),
        approve_url="/a",
        decline_url="/d",
        question_url="/q",
    )


class _Words(HTMLParser):
    """What a person reads on a page, without styles, drawings and the sources' raised figures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._skipped = self._drawn = 0
        self.feed(_NO_WORDS.sub("", html))  # Most of a page, and slow to parse.

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "svg" or self._drawn:
            # A drawing's scale claims nothing; what it says is read from its words (`alt`).
            self._drawn += tag == "svg"
        elif tag == "style" or (tag == "a" and ("class", "s") in attrs):
            self._skipped += 1
        elif tag not in ("span", "small", "b"):
            self._parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._drawn:
            self._drawn -= tag == "svg"
        elif self._skipped and tag in ("style", "a"):
            self._skipped -= 1
        elif tag not in ("span", "small", "b", "a"):
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not (self._skipped or self._drawn):
            self._parts.append(data)

    @property
    def text(self) -> str:
        lines = ("".join(self._parts)).split("\n")
        return "\n".join(line.strip() for line in lines if line.strip())
